//! The texts that a spec is made of (its file and each `--set`), and excerpts of them for errors.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::ops::Range;
use unicode_width::UnicodeWidthChar;

/// A range of bytes in one of the [`Sources`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub source: usize,
    pub start: usize,
    pub end: usize,
}

/// Every text that a [`Place`] can lie in: first the spec file, then the `--set` arguments in order.
pub(super) struct Sources<'a> {
    file_name: &'a str,
    texts: Vec<Cow<'a, str>>,
}

/// The index of the spec file in [`Sources`].
pub(super) const FILE: usize = 0;

/// A line longer than this, in characters, is cut around the caret.
const LONGEST_LINE: usize = 100;

/// Line numbers of one digit leave the gutter this wide, so that the excerpts of short specs line up.
const NARROWEST_GUTTER: usize = 2;

impl<'a> Sources<'a> {
    pub fn new(file_name: &'a str, text: &'a str, sets: &'a [String]) -> Self {
        let mut texts = vec![Cow::Borrowed(text)];
        texts.extend(sets.iter().map(|set| Cow::Owned(format!("--set {set}"))));
        Sources { file_name, texts }
    }

    /// How many texts there are: the file and the `--set` arguments.
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    pub fn text(&self, source: usize) -> &str {
        &self.texts[source]
    }

    /// The `part` of the string at `place` that says `content`; the whole of it where it is written with escapes.
    pub fn narrow(&self, place: Place, content: &str, part: Range<usize>) -> Place {
        let found = self.text(place.source).get(place.start..place.end).and_then(|written| written.find(content));
        found.map_or(place, |before| {
            let first = place.start + before;
            Place { start: first + part.start, end: first + part.end, ..place }
        })
    }

    /// Appends where `place` lies (the whole file without one), the line it is on and a caret under it, then `help`.
    pub fn show(&self, place: Option<Place>, help: Option<&str>, out: &mut String) {
        let gutter = match place {
            None => {
                let _ = write!(out, "\n{:NARROWEST_GUTTER$}--> {}", "", self.file_name);
                NARROWEST_GUTTER
            }
            Some(place) => self.show_place(place, out),
        };
        if let Some(help) = help {
            let _ = write!(out, "\n{:gutter$} = help: {help}", "");
        }
    }

    fn show_place(&self, place: Place, out: &mut String) -> usize {
        let text = self.text(place.source);
        let line = Line::around(text, place);
        let (shown, caret) = line.draw();
        let (number, origin) = match place.source {
            FILE => (line.number.to_string(), format!("{}:{}:{}", self.file_name, line.number, line.column())),
            _ => (String::new(), "command line".to_owned()),
        };
        let gutter = number.len().max(NARROWEST_GUTTER);
        let _ = write!(out, "\n{0:gutter$}--> {origin}\n{0:gutter$} |\n{number:>gutter$} | {shown}", "");
        // An empty line must not leave a blank at the end.
        out.truncate(out.trim_end().len());
        let _ = write!(out, "\n{:gutter$} | {caret}", "");
        gutter
    }
}

/// The line on which a place starts; `start` and `end` are the place's bytes in it.
struct Line<'a> {
    text: &'a str,
    number: usize,
    start: usize,
    end: usize,
}

impl<'a> Line<'a> {
    fn around(text: &'a str, place: Place) -> Self {
        let start = text.floor_char_boundary(place.start);
        let first = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
        let rest = &text[first..];
        let line = rest.split('\n').next().unwrap_or(rest);
        let line = line.strip_suffix('\r').unwrap_or(line);
        let number = 1 + text[..first].bytes().filter(|&byte| byte == b'\n').count();
        let start = (start - first).min(line.len());
        let end = place.end.saturating_sub(first).clamp(start, line.len());
        Line { text: line, number, start, end }
    }

    /// The column of the place, counted from 1 in characters.
    fn column(&self) -> usize {
        1 + self.text[..self.start].chars().count()
    }

    /// The line as a terminal shows it, and the carets under the place.
    fn draw(&self) -> (String, String) {
        let length = self.text.chars().count();
        let first = if length <= LONGEST_LINE {
            0
        } else {
            (self.column() - 1).saturating_sub(LONGEST_LINE / 3).min(length - LONGEST_LINE)
        };
        let mut shown = String::new();
        let (mut indent, mut carets) = (0, 0);
        if first > 0 {
            shown.push_str("...");
            indent += 3;
        }
        for (offset, character) in self.text.char_indices().skip(first).take(LONGEST_LINE) {
            let width = show_character(character, &mut shown);
            if offset < self.start {
                indent += width;
            } else if offset < self.end {
                carets += width;
            }
        }
        if first + LONGEST_LINE < length {
            shown.push_str("...");
        }
        (shown, format!("{:indent$}{}", "", "^".repeat(carets.max(1))))
    }
}

/// Appends `character` and returns the columns that it takes on a terminal.
fn show_character(character: char, out: &mut String) -> usize {
    match character {
        '\t' => {
            out.push_str("    ");
            4
        }
        // Control and bidirectional characters could move the caret or make the line read otherwise than it is.
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            out.push(char::REPLACEMENT_CHARACTER);
            1
        }
        _ => match character.width() {
            Some(width) => {
                out.push(character);
                width
            }
            None => {
                out.push(char::REPLACEMENT_CHARACTER);
                1
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, range: std::ops::Range<usize>) -> String {
        let place = Place { source: FILE, start: range.start, end: range.end };
        let mut out = String::new();
        Sources::new("x.toml", text, &[]).show(Some(place), None, &mut out);
        out
    }

    #[test]
    fn a_wide_character_moves_the_caret_by_two_and_the_column_by_one() {
        assert_eq!(shown("a = ['重', 7]", 12..13), "\n  --> x.toml:1:11\n   |\n 1 | a = ['重', 7]\n   |            ^");
    }

    #[test]
    fn a_tab_is_four_blanks_and_a_combining_accent_none() {
        assert_eq!(shown("\te\u{301} = 7", 7..8), "\n  --> x.toml:1:7\n   |\n 1 |     e\u{301} = 7\n   |         ^");
    }

    #[test]
    fn control_characters_are_shown_as_replacements() {
        // U+009B begins an escape sequence as ESC [ does.
        assert_eq!(shown("\u{9b}31mx", 5..6), "\n  --> x.toml:1:5\n   |\n 1 | \u{fffd}31mx\n   |     ^");
        assert_eq!(
            shown("\u{1b}[31m\u{202e}x", 8..9),
            "\n  --> x.toml:1:7\n   |\n 1 | \u{fffd}[31m\u{fffd}x\n   |       ^"
        );
    }

    #[test]
    fn a_carriage_return_is_no_part_of_the_line() {
        assert_eq!(shown("a = 1\r\nb = 2\r\n", 12..14), "\n  --> x.toml:2:6\n   |\n 2 | b = 2\n   |      ^");
    }

    #[test]
    fn the_end_of_the_text_has_a_place() {
        assert_eq!(shown("a = 1\n", 6..6), "\n  --> x.toml:2:1\n   |\n 2 |\n   | ^");
        assert_eq!(shown("", 0..0), "\n  --> x.toml:1:1\n   |\n 1 |\n   | ^");
    }

    #[test]
    fn a_place_over_several_lines_ends_with_its_first() {
        assert_eq!(shown("a = [\n1,\n]", 4..10), "\n  --> x.toml:1:5\n   |\n 1 | a = [\n   |     ^");
    }

    #[test]
    fn a_long_line_is_cut_on_both_sides_of_the_caret() {
        let text = format!("a = [{}x, {}]", "1, ".repeat(100), "2, ".repeat(100));
        let out = shown(&text, 305..306);
        let lines: Vec<&str> = out.lines().collect();
        assert_eq!(lines[1], "  --> x.toml:1:306");
        let caret = lines[4].find('^').expect("a caret");
        assert_eq!(&lines[3][caret..=caret], "x");
        assert!(lines[3].starts_with(" 1 | ...") && lines[3].ends_with("..."));
        assert_eq!(lines[3].len(), 5 + 3 + LONGEST_LINE + 3);
    }

    #[test]
    fn a_place_inside_a_character_is_shown_at_the_character() {
        assert_eq!(shown("é", 1..2), "\n  --> x.toml:1:1\n   |\n 1 | é\n   | ^");
    }
}
