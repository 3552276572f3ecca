//! What every picture is made of: a page of shapes and labels, as SVG and as PNG.
//!
//! Positions come from integer arithmetic, from `libm` and from the bundled font alone, so the same counts give the same
//! bytes on every machine.

pub(super) mod axis;
pub(crate) mod colour;
pub(super) mod labels;
pub(super) mod mesh;
pub(super) mod number;
pub(super) mod page;
mod pdf;
pub(super) mod pens;
mod png;
pub(super) mod svg;
pub(super) mod text;
pub(super) mod ticks;

pub use pdf::pdf;
pub(in crate::output) use png::pixels_png;
pub use png::{PictureError, png};

use rayon::prelude::*;
use serde_json::Value;

/// A colour as 0xRRGGBB.
pub(super) type Colour = u32;

/// The words above a picture.
#[derive(Clone, Debug)]
pub struct Caption {
    /// Name of the sweep.
    pub sweep: String,
    /// What was run, in a line: members, trajectories a cell, steps, fixed parameters.
    pub detail: String,
}

/// One drawn picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// File name without its ending, distinct among the pictures of a sweep.
    pub stem: String,
    /// A whole SVG document.
    pub svg: String,
    /// Where a heatmap's cells are, for pages that tell of them; `None` of other pictures.
    pub places: Option<Value>,
    /// PNG files with a pixel for each cell of the grid, panel by panel, where the picture has too few for them.
    pub pixels: Vec<Vec<u8>>,
}

impl Picture {
    /// A picture that no page tells more of.
    pub fn new(stem: impl Into<String>, svg: String) -> Picture {
        Picture { stem: stem.into(), svg, places: None, pixels: Vec::new() }
    }

    /// Names and contents of the files with a pixel a cell.
    pub fn pixel_files(&self) -> impl Iterator<Item = (String, Vec<u8>)> {
        let name = |number: usize| match self.pixels.len() {
            1 => format!("{}-pixels.png", self.stem),
            _ => format!("{}-pixels-{}.png", self.stem, number + 1),
        };
        self.pixels.iter().enumerate().map(move |(number, file)| (name(number), file.clone()))
    }
}

/// A PNG and an SVG of each picture, and its pixels: names and contents. They are rasterized beside each other.
pub(super) fn files(pictures: Vec<Picture>) -> Result<Vec<(String, Vec<u8>)>, PictureError> {
    let both = pictures.into_par_iter().map(|picture| {
        let pixels: Vec<(String, Vec<u8>)> = picture.pixel_files().collect();
        let Picture { stem, svg, .. } = picture;
        let own = [(format!("{stem}.png"), png(&svg)?), (format!("{stem}.svg"), svg.into_bytes())];
        Ok::<_, PictureError>(own.into_iter().chain(pixels).collect::<Vec<_>>())
    });
    Ok(both.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}
