//! What a reader finds in a picture.

use std::collections::BTreeSet;
use std::sync::Arc;

use resvg::tiny_skia::Pixmap;
use resvg::usvg::{self, Node, Options, Tree, fontdb};
use zerosweep::output::drawing::{Picture, png};

/// The colours of a rate of 0 and of 1.
pub const DARK_END: u32 = 0x00224e;
pub const LIGHT_END: u32 = 0xfee838;

/// An SVG as its reader sees it, laid out with the bundled font.
pub fn tree(svg: &str) -> Tree {
    let mut fonts = fontdb::Database::new();
    fonts.load_font_data(include_bytes!("../../../fonts/DejaVuSans-subset.ttf").to_vec());
    Tree::from_str(svg, &Options { fontdb: Arc::new(fonts), ..Options::default() }).unwrap()
}

/// Every text and the box of its glyphs' ascents and descents.
pub fn texts(svg: &str) -> Vec<(String, usvg::Rect)> {
    fn collect(group: &usvg::Group, found: &mut Vec<(String, usvg::Rect)>) {
        for node in group.children() {
            match node {
                Node::Group(group) => collect(group, found),
                Node::Text(text) => {
                    let words = text.chunks().iter().map(|chunk| chunk.text()).collect();
                    found.push((words, text.abs_bounding_box()));
                }
                _ => {}
            }
        }
    }
    let mut found = Vec::new();
    collect(tree(svg).root(), &mut found);
    found
}

pub fn words(svg: &str) -> Vec<String> {
    texts(svg).into_iter().map(|(words, _)| words).collect()
}

/// A panel: the left bottom corner of its cells and the size of one, in SVG pixels.
#[derive(Clone, Copy, Debug)]
pub struct Panel {
    pub left: f32,
    pub bottom: f32,
    pub across: f32,
    pub up: f32,
}

impl Panel {
    /// Centre of the cell in a column from the left and a row from the bottom.
    pub fn centre(self, column: usize, row: usize) -> (f32, f32) {
        (self.left + (column as f32 + 0.5) * self.across, self.bottom - (row as f32 + 0.5) * self.up)
    }
}

/// The panels in the order of the document.
pub fn panels(svg: &str) -> Vec<Panel> {
    let groups = svg.lines().filter_map(|line| line.strip_prefix("<g transform=\"translate("));
    let numbers = groups.map(|line| {
        let numbers = line.split(['(', ')', ' ', '"']).filter_map(|word| word.parse::<f32>().ok());
        numbers.collect::<Vec<_>>()
    });
    numbers.map(|n| Panel { left: n[0], bottom: n[1], across: n[2], up: -n[3] }).collect()
}

/// Two cells that meet, as columns and rows from the left bottom: the lower or left one first.
pub type Edge = [(usize, usize); 2];

/// The pairs of cells of a panel between which lines of a class run.
pub fn edges(svg: &str, class: &str, panel: Panel, [columns, rows]: [usize; 2]) -> BTreeSet<Edge> {
    let path = svg.lines().find(|line| line.starts_with(&format!("<path class=\"{class}\"")));
    let path = path.map_or("", |line| line.split(" d=\"").nth(1).unwrap().trim_end_matches("\"/>"));
    let mut edges = BTreeSet::new();
    for line in path.split('M').skip(1) {
        let corners = line.split('L').map(|point| {
            let (x, y) = point.split_once(' ').unwrap();
            let (x, y) = (x.parse::<f32>().unwrap(), y.parse::<f32>().unwrap());
            ((x - panel.left) / panel.across, (panel.bottom - y) / panel.up)
        });
        let corners: Vec<(f32, f32)> = corners.collect();
        let inside = |&(x, y): &(f32, f32)| (0.0..=columns as f32).contains(&x) && (0.0..=rows as f32).contains(&y);
        if !corners.iter().all(inside) {
            continue;
        }
        for pair in corners.windows(2) {
            let [(x1, y1), (x2, y2)] = [pair[0], pair[1]].map(|(x, y)| (x.round() as usize, y.round() as usize));
            for row in y1.min(y2)..y1.max(y2) {
                edges.insert([(x1 - 1, row), (x1, row)]);
            }
            for column in x1.min(x2)..x1.max(x2) {
                edges.insert([(column, y1 - 1), (column, y1)]);
            }
        }
    }
    edges
}

/// Where dots stand in a panel of so many cells, in half pixels from its left bottom corner.
pub fn dots(svg: &str, panel: Panel, [columns, rows]: [usize; 2]) -> BTreeSet<(i32, i32)> {
    let paths = svg.lines().filter_map(|line| line.strip_prefix("<path class=\"dots\""));
    let dots = paths.flat_map(|line| line.split(" d=\"M").nth(1).unwrap().split('M'));
    let places = dots.map(|dot| {
        let (x, rest) = dot.split_once(' ').unwrap();
        let y = rest.split('h').next().unwrap();
        let (x, y) = (x.parse::<f32>().unwrap() + 0.5, y.parse::<f32>().unwrap() + 0.5);
        (((x - panel.left) * 2.0) as i32, ((panel.bottom - y) * 2.0) as i32)
    });
    let size = (2.0 * panel.across * columns as f32, 2.0 * panel.up * rows as f32);
    places.filter(|&(x, y)| (0..size.0 as i32).contains(&x) && (0..size.1 as i32).contains(&y)).collect()
}

/// The colour that the PNG shows at a place of the SVG.
pub fn pixel(pixels: &Pixmap, (x, y): (f32, f32)) -> u32 {
    // The PNG has two pixels for each of the SVG's.
    let colour = pixels.pixel((x * 2.0) as u32, (y * 2.0) as u32).unwrap().demultiply();
    u32::from_be_bytes([0, colour.red(), colour.green(), colour.blue()])
}

pub fn pixels(picture: &Picture) -> Pixmap {
    Pixmap::decode_png(&png(&picture.svg).unwrap()).unwrap()
}

/// The panels' frames, from the path that draws them.
pub fn plots(svg: &str) -> Vec<usvg::Rect> {
    let path = svg.lines().find(|line| line.starts_with("<path fill=\"none\"")).unwrap();
    let path = path.split('"').rfind(|part| part.starts_with('M')).unwrap();
    let frames = path.split('M').filter(|part| part.ends_with('z'));
    let frame = |frame: &str| {
        let n: Vec<f32> = frame.split(['M', 'h', 'v', 'z', ' ']).filter_map(|word| word.parse().ok()).collect();
        usvg::Rect::from_xywh(n[0], n[1], n[2], n[3]).unwrap()
    };
    frames.map(frame).collect()
}
