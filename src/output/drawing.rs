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
}

impl Picture {
    /// A picture that no page tells more of.
    pub fn new(stem: impl Into<String>, svg: String) -> Picture {
        Picture { stem: stem.into(), svg, places: None }
    }
}

/// A PNG and an SVG of each picture: names and contents. They are rasterized beside each other.
pub(super) fn files(pictures: Vec<Picture>) -> Result<Vec<(String, Vec<u8>)>, PictureError> {
    let both = pictures.into_par_iter().map(|Picture { stem, svg, .. }| {
        Ok::<_, PictureError>([(format!("{stem}.png"), png(&svg)?), (format!("{stem}.svg"), svg.into_bytes())])
    });
    Ok(both.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}
