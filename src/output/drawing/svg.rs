//! A page as an SVG document.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::Colour;
use super::page::{Anchor, BOLD_WIDTH, Band, Block, Curve, Dash, Direction, Dot, Fill, Label, Page, Stroke};
use super::text::FAMILY;

const LINE_INK: Colour = 0x777777;

/// The whole document; `cells` adds rectangles that are no shapes of the page, above its blocks.
pub fn write(page: &Page, cells: impl FnOnce(&mut String)) -> String {
    let (width, height) = (number(page.width), number(page.height));
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"'{FAMILY}', Verdana, sans-serif\">\n<title>{}</title>\n",
        escape(&page.title)
    );
    for (fill, pattern) in PATTERNS {
        if page.blocks.iter().any(|block| block.fill == fill) {
            svg.push_str(pattern);
        }
    }
    push(&mut svg, format_args!("<rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>"));
    svg.push_str("<g shape-rendering=\"crispEdges\">\n");
    page.blocks.iter().for_each(|block| write_block(&mut svg, block));
    cells(&mut svg);
    svg.push_str("</g>\n");
    page.bands.iter().for_each(|band| write_band(&mut svg, band));
    page.curves.iter().for_each(|curve| write_curve(&mut svg, curve));
    write_dots(&mut svg, &page.dots);
    // Later ones lie above the earlier.
    for dash in [Dash::Dotted, Dash::Dashed, Dash::Solid] {
        let lines = page.bold.iter().filter(|line| line.dash == dash);
        write_cased(&mut svg, bold(dash), &lines.map(|line| polyline(&line.points)).collect::<String>());
    }
    write_cased(&mut svg, HATCH, &path(&page.hatching));
    write_lines(&mut svg, page);
    page.labels.iter().for_each(|label| write_label(&mut svg, label));
    svg.push_str("</svg>\n");
    svg
}

/// The fills that are hatchings, each with its pattern.
const PATTERNS: [(Fill, &str); 2] = [(Fill::NoData, NO_DATA), (Fill::Never, NEVER)];

/// Grey strokes the other way on white.
const NEVER: &str = "<defs><pattern id=\"never\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\">\
     <rect width=\"6\" height=\"6\" fill=\"#ffffff\"/>\
     <path d=\"M-1.5 4.5l3 3M0 0l6 6M4.5 -1.5l3 3\" stroke=\"#c8c8c8\"/></pattern></defs>\n";

/// Grey strokes on light grey: no colour of any scale.
const NO_DATA: &str = "<defs><pattern id=\"no-data\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\">\
     <rect width=\"6\" height=\"6\" fill=\"#f0f0f0\"/>\
     <path d=\"M-1.5 1.5l3 -3M0 6l6 -6M4.5 7.5l3 -3\" stroke=\"#b0b0b0\"/></pattern></defs>\n";

pub fn push(svg: &mut String, line: std::fmt::Arguments) {
    writeln!(svg, "{line}").expect("writing to a string should not fail");
}

fn write_block(svg: &mut String, block: &Block) {
    let [left, top, width, height] = [block.left, block.top, block.width, block.height].map(number);
    let fill = fill_of(block.fill);
    push(svg, format_args!("<rect x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{height}\" fill=\"{fill}\"/>"));
}

pub fn fill_of(fill: Fill) -> String {
    match fill {
        Fill::Colour(colour) => hex(colour),
        Fill::NoData => "url(#no-data)".to_string(),
        Fill::Never => "url(#never)".to_string(),
    }
}

fn write_band(svg: &mut String, band: &Band) {
    let (ink, path) = (hex(band.ink), polyline(&band.points));
    push(svg, format_args!("<path fill=\"{ink}\" fill-opacity=\"0.18\" d=\"{path}z\"/>"));
}

fn write_curve(svg: &mut String, curve: &Curve) {
    let (ink, width, path) = (hex(curve.ink), number(curve.width), polyline(&curve.points));
    let dashes = match curve.dash {
        Dash::Solid => "",
        Dash::Dashed => " stroke-dasharray=\"4 3\"",
        Dash::Dotted => " stroke-dasharray=\"1.5 2.5\"",
    };
    push(
        svg,
        format_args!(
            "<path fill=\"none\" stroke=\"{ink}\" stroke-width=\"{width}\" stroke-linejoin=\"round\"{dashes} d=\"{path}\"/>"
        ),
    );
}

/// Squares as large as a pixel, half transparent.
fn write_dots(svg: &mut String, dots: &[Dot]) {
    let mut paths: BTreeMap<Colour, String> = BTreeMap::new();
    for Dot { at: (x, y), ink } in dots {
        let [left, top] = [x - 0.5, y - 0.5].map(number);
        let path = paths.entry(*ink).or_default();
        write!(path, "M{left} {top}h1v1h-1z").expect("writing to a string should not fail");
    }
    for (ink, path) in paths {
        push(svg, format_args!("<path class=\"dots\" fill=\"{}\" fill-opacity=\"0.6\" d=\"{path}\"/>", hex(ink)));
    }
}

/// How a cased line is drawn: its class, the widths of its casing and its core, and the ends or the dashes of its core.
struct Cased {
    class: &'static str,
    casing: f64,
    core: f64,
    pattern: &'static str,
}

const SQUARE: &str = "stroke-linecap=\"square\"";
const HATCH: Cased = Cased { class: "hatch", casing: 2.5, core: 1.0, pattern: SQUARE };

fn bold(dash: Dash) -> Cased {
    let (class, pattern) = match dash {
        Dash::Solid => ("solid", SQUARE),
        Dash::Dashed => ("dashed", "stroke-dasharray=\"6 4\""),
        Dash::Dotted => ("dotted", "stroke-dasharray=\"1.5 2.5\""),
    };
    Cased { class, casing: BOLD_WIDTH, core: 1.5, pattern }
}

/// White lines in a dark casing, which no colour of a map hides; nothing where there is none.
fn write_cased(svg: &mut String, style: Cased, path: &str) {
    if path.is_empty() {
        return;
    }
    let Cased { class, casing, core, pattern } = style;
    for (colour, width, pattern) in [("#000000", casing, SQUARE), ("#ffffff", core, pattern)] {
        let ink = format_args!("stroke=\"{colour}\" stroke-width=\"{}\" {pattern}", number(width));
        push(svg, format_args!("<path class=\"{class}\" fill=\"none\" {ink} d=\"{path}\"/>"));
    }
}

/// A path from point to point.
fn polyline(points: &[(f64, f64)]) -> String {
    let mut path = String::new();
    for (index, (x, y)) in points.iter().enumerate() {
        let command = if index == 0 { 'M' } else { 'L' };
        write!(path, "{command}{} {}", number(*x), number(*y)).expect("writing to a string should not fail");
    }
    path
}

fn path(lines: &[Stroke]) -> String {
    let mut path = String::new();
    for Stroke { from, to } in lines {
        let [x1, y1, x2, y2] = [from.0, from.1, to.0, to.1].map(number);
        write!(path, "M{x1} {y1}L{x2} {y2}").expect("writing to a string should not fail");
    }
    path
}

/// Frames and ticks in one path.
fn write_lines(svg: &mut String, page: &Page) {
    let mut path = String::new();
    for plot in &page.plots {
        // Half a pixel outside, so that the frame hides no cell.
        let [left, top] = [plot.left - 0.5, plot.top - 0.5].map(number);
        let [width, height] = [plot.width + 1.0, plot.height + 1.0].map(number);
        write!(path, "M{left} {top}h{width}v{height}h-{width}z").expect("writing to a string should not fail");
    }
    path += &self::path(&page.strokes);
    push(svg, format_args!("<path fill=\"none\" stroke=\"{}\" d=\"{path}\"/>", hex(LINE_INK)));
}

fn write_label(svg: &mut String, label: &Label) {
    let [x, y, size] = [label.x, label.y, label.size].map(number);
    let anchor = match label.anchor {
        Anchor::Start => "",
        Anchor::Middle => " text-anchor=\"middle\"",
        Anchor::End => " text-anchor=\"end\"",
    };
    let turn = match label.direction {
        Direction::Right => String::new(),
        Direction::Up => format!(" transform=\"rotate(-90 {x} {y})\""),
        Direction::Down => format!(" transform=\"rotate(90 {x} {y})\""),
    };
    let (ink, text) = (hex(label.ink), escape(&label.text));
    push(
        svg,
        format_args!("<text x=\"{x}\" y=\"{y}\" font-size=\"{size}\" fill=\"{ink}\"{anchor}{turn}>{text}</text>"),
    );
}

pub fn hex(colour: Colour) -> String {
    format!("#{colour:06x}")
}

/// A length to a hundredth of a pixel, through an integer, so that it is written alike everywhere.
pub fn number(value: f64) -> String {
    let hundredths = (value * 100.0).round() as i64;
    let sign = if hundredths < 0 { "-" } else { "" };
    let (whole, part) = (hundredths.unsigned_abs() / 100, hundredths.unsigned_abs() % 100);
    match part {
        0 => format!("{sign}{whole}"),
        part if part % 10 == 0 => format!("{sign}{whole}.{}", part / 10),
        part => format!("{sign}{whole}.{part:02}"),
    }
}

/// Text as XML character data; what XML cannot hold becomes the replacement character.
pub(in crate::output) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\t' | '\n' | '\r' => escaped.push(' '),
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => escaped.push(char::REPLACEMENT_CHARACTER),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_have_at_most_two_decimals() {
        let lengths = [0.0, -0.001, 1.0, 2.5, -3.25, 0.05, 1.0 / 3.0].map(number);
        assert_eq!(lengths, ["0", "0", "1", "2.5", "-3.25", "0.05", "0.33"]);
    }

    #[test]
    fn markup_in_texts_is_text() {
        assert_eq!(escape("a<b> & \"c\"\n\u{1}"), "a&lt;b&gt; &amp; &quot;c&quot; \u{fffd}");
    }
}
