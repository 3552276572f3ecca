//! The bundled font: how wide a text is, and where to break it.

use skrifa::instance::{LocationRef, Size};
use skrifa::{FontRef, MetadataProvider};

/// DejaVu Sans, reduced to Latin, Greek and a few signs, without kerning: a text is as wide as its glyphs together.
pub const FONT: &[u8] = include_bytes!("../../../fonts/DejaVuSans-subset.ttf");

/// Family name of [`FONT`].
pub const FAMILY: &str = "DejaVu Sans";

/// Distance of two lines of text, in ems: ascent and descent of the font are 1.17 together.
pub const LINE: f64 = 1.3;

/// Half the height of a digit or capital, in ems: it centres a text on a line.
pub const HALF_CAPITAL: f64 = 0.365;

/// Width of `text` in pixels at a font size in pixels.
pub fn width(text: &str, size: f64) -> f64 {
    let font = FontRef::new(FONT).expect("the bundled font should be a font");
    let glyphs = font.charmap();
    let metrics = font.glyph_metrics(Size::unscaled(), LocationRef::default());
    let em = f64::from(font.metrics(Size::unscaled(), LocationRef::default()).units_per_em);
    let advance = |c: char| metrics.advance_width(glyphs.map(c).unwrap_or_default()).unwrap_or_default();
    text.chars().map(|c| f64::from(advance(c))).sum::<f64>() * size / em
}

/// Width of the widest of `texts`; 0 where there is none.
pub fn widest<T: AsRef<str>>(texts: impl IntoIterator<Item = T>, size: f64) -> f64 {
    texts.into_iter().map(|text| width(text.as_ref(), size)).fold(0.0, f64::max)
}

/// Breaks `text` into lines no wider than `limit` pixels (a single character may be): between words, else within a
/// word after a dot or underscore, else anywhere. A no-break space holds its words together and is drawn as a space.
pub fn wrap(text: &str, size: f64, limit: f64) -> Vec<String> {
    let breaks = |c: char| c.is_whitespace() && c != '\u{a0}';
    let words = text.split(breaks).filter(|word| !word.is_empty());
    let lines = fill(words, " ", size, limit, |word| {
        fill(word.split_inclusive(['.', '_']), "", size, limit, |part| {
            let letters = part.char_indices().map(|(at, letter)| &part[at..at + letter.len_utf8()]);
            fill(letters, "", size, limit, |letter| vec![letter.to_string()])
        })
    });
    lines.into_iter().map(|line| line.replace('\u{a0}', " ")).collect()
}

/// Puts as many pieces on each line as fit; a piece wider than a line is broken by `split`.
fn fill<'a>(
    pieces: impl Iterator<Item = &'a str>,
    glue: &str,
    size: f64,
    limit: f64,
    split: impl Fn(&str) -> Vec<String>,
) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for piece in pieces {
        let longer = lines.last().map(|line| format!("{line}{glue}{piece}"));
        match longer {
            Some(longer) if width(&longer, size) <= limit => {
                *lines.last_mut().expect("a line should be there") = longer
            }
            _ if width(piece, size) <= limit => lines.push(piece.to_string()),
            _ => lines.extend(split(piece)),
        }
    }
    lines
}
