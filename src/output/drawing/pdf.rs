//! SVG to PDF, of what pages hold: filled and stroked paths, hatchings, and texts as outlines of the bundled font.

use miniz_oxide::deflate::compress_to_vec_zlib;
use pdf_writer::types::{LineCapStyle, LineJoinStyle};
use pdf_writer::{Content, Filter, Finish, Name, Pdf, Rect, Ref};
use resvg::tiny_skia::{Path, PathSegment, Transform};
use resvg::usvg::{self, Fill, FillRule, Group, LineCap, LineJoin, Node, Paint, Stroke};
use std::collections::BTreeSet;

use super::png::{PictureError, tree};

/// zlib's usual level.
const LEVEL: u8 = 6;

/// A picture as a PDF of one page, a point an SVG pixel.
///
/// # Errors
/// Where `svg` is no valid SVG.
pub fn pdf(svg: &str) -> Result<Vec<u8>, PictureError> {
    let tree = tree(svg)?;
    let (width, height) = (tree.size().width(), tree.size().height());
    let mut writer = Writer { content: Content::new(), opacities: BTreeSet::new() };
    // PDF counts upward from the bottom.
    writer.content.transform([1.0, 0.0, 0.0, -1.0, 0.0, height]);
    writer.group(tree.root(), Transform::identity());
    let Writer { content, opacities } = writer;
    let compressed = compress_to_vec_zlib(&content.finish(), LEVEL);

    let [catalog, pages, page, stream] = [1, 2, 3, 4].map(Ref::new);
    let mut pdf = Pdf::new();
    pdf.catalog(catalog).pages(pages);
    pdf.pages(pages).kids([page]).count(1);
    let mut sheet = pdf.page(page);
    sheet.media_box(Rect::new(0.0, 0.0, width, height)).parent(pages).contents(stream);
    let mut resources = sheet.resources();
    let mut states = resources.ext_g_states();
    for percent in opacities {
        let share = f32::from(percent) / 100.0;
        states
            .insert(Name(state(percent).as_bytes()))
            .start::<pdf_writer::writers::ExtGraphicsState>()
            .non_stroking_alpha(share);
    }
    states.finish();
    resources.finish();
    sheet.finish();
    pdf.stream(stream, &compressed).filter(Filter::FlateDecode);
    Ok(pdf.finish())
}

/// The name of what makes fills so opaque, in per cent.
fn state(percent: u8) -> String {
    format!("O{percent}")
}

struct Writer {
    content: Content,
    /// Those of fills that are used, in per cent.
    opacities: BTreeSet<u8>,
}

impl Writer {
    fn group(&mut self, group: &Group, outer: Transform) {
        for node in group.children() {
            match node {
                Node::Group(group) => self.group(group, outer),
                Node::Path(path) => {
                    let place = outer.pre_concat(path.abs_transform());
                    let Some(data) = path.data().clone().transform(place) else { continue };
                    path.fill().into_iter().for_each(|fill| self.fill(&data, fill));
                    path.stroke().into_iter().for_each(|stroke| self.stroke(&data, stroke));
                }
                Node::Text(text) => self.group(text.flattened(), outer),
                // No page holds one.
                Node::Image(_) => {}
            }
        }
    }

    fn fill(&mut self, path: &Path, fill: &Fill) {
        let nonzero = fill.rule() == FillRule::NonZero;
        self.content.save_state();
        match fill.paint() {
            Paint::Color(colour) => {
                let percent = (fill.opacity().get() * 100.0).round() as u8;
                if percent < 100 {
                    self.opacities.insert(percent);
                    self.content.set_parameters(Name(state(percent).as_bytes()));
                }
                let [red, green, blue] = shares(colour);
                self.content.set_fill_rgb(red, green, blue);
                self.path(path);
                if nonzero {
                    self.content.fill_nonzero()
                } else {
                    self.content.fill_even_odd()
                };
            }
            Paint::Pattern(pattern) => {
                self.path(path);
                self.content.clip_nonzero().end_path();
                let (bounds, tile) = (path.bounds(), pattern.rect());
                let steps = |from: f32, to: f32, size: f32| (from / size).floor() as i32..(to / size).ceil() as i32;
                for row in steps(bounds.top(), bounds.bottom(), tile.height()) {
                    for column in steps(bounds.left(), bounds.right(), tile.width()) {
                        let (x, y) = (column as f32 * tile.width(), row as f32 * tile.height());
                        self.group(pattern.root(), Transform::from_translate(x, y));
                    }
                }
            }
            // No page has one.
            Paint::LinearGradient(_) | Paint::RadialGradient(_) => {}
        }
        self.content.restore_state();
    }

    fn stroke(&mut self, path: &Path, stroke: &Stroke) {
        let Paint::Color(colour) = stroke.paint() else { return };
        let [red, green, blue] = shares(colour);
        self.content.save_state().set_stroke_rgb(red, green, blue).set_line_width(stroke.width().get());
        self.content.set_line_cap(match stroke.linecap() {
            LineCap::Butt => LineCapStyle::ButtCap,
            LineCap::Round => LineCapStyle::RoundCap,
            LineCap::Square => LineCapStyle::ProjectingSquareCap,
        });
        self.content.set_line_join(match stroke.linejoin() {
            LineJoin::Round => LineJoinStyle::RoundJoin,
            LineJoin::Bevel => LineJoinStyle::BevelJoin,
            LineJoin::Miter | LineJoin::MiterClip => LineJoinStyle::MiterJoin,
        });
        if let Some(dashes) = stroke.dasharray() {
            self.content.set_dash_pattern(dashes.iter().copied(), stroke.dashoffset());
        }
        self.path(path);
        self.content.stroke().restore_state();
    }

    fn path(&mut self, path: &Path) {
        let mut last = resvg::tiny_skia::Point::zero();
        for segment in path.segments() {
            match segment {
                PathSegment::MoveTo(to) => {
                    self.content.move_to(to.x, to.y);
                    last = to;
                }
                PathSegment::LineTo(to) => {
                    self.content.line_to(to.x, to.y);
                    last = to;
                }
                PathSegment::QuadTo(by, to) => {
                    // The same curve, of the third degree.
                    let third = |end: f32, by: f32| end + 2.0 / 3.0 * (by - end);
                    let [a, b] = [(third(last.x, by.x), third(last.y, by.y)), (third(to.x, by.x), third(to.y, by.y))];
                    self.content.cubic_to(a.0, a.1, b.0, b.1, to.x, to.y);
                    last = to;
                }
                PathSegment::CubicTo(a, b, to) => {
                    self.content.cubic_to(a.x, a.y, b.x, b.y, to.x, to.y);
                    last = to;
                }
                PathSegment::Close => _ = self.content.close_path(),
            }
        }
    }
}

fn shares(colour: &usvg::Color) -> [f32; 3] {
    [colour.red, colour.green, colour.blue].map(|byte| f32::from(byte) / 255.0)
}
