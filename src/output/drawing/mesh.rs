//! Cells to pixels: how large the panels of a map are, and how many cells they can show.

use super::axis::Axis;
use super::page::TICK_SIZE;
use super::text::width;
use crate::spec::Key;

/// How the cells along one side of a panel become drawn cells of whole half pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mesh {
    /// Cells merged into one drawn cell, because a panel has too few pixels for each.
    pub block: usize,
    /// Drawn cells.
    pub count: usize,
    /// Size of a drawn cell in pixels: a multiple of 1/2, which is a whole pixel of the PNG.
    pub pixels: f64,
}

/// Cells are no larger than this many pixels, so that small maps stay small.
const LARGEST_CELL: f64 = 64.0;

impl Mesh {
    /// Cells of a size near `side` / `count`.
    fn fit(count: usize, side: f64, smallest: f64) -> Mesh {
        let block = (count as f64 * smallest / side).ceil().max(1.0) as usize;
        let count = count.div_ceil(block);
        let exact = side / count as f64;
        let grain = if exact < 4.0 { 2.0 } else { 1.0 };
        Mesh { block, count, pixels: ((exact * grain).round() / grain).clamp(smallest, LARGEST_CELL) }
    }

    /// One drawn cell for each of `count`, `pixels` large.
    pub fn each(count: usize, pixels: f64) -> Mesh {
        Mesh { block: 1, count, pixels: pixels.ceil() }
    }

    /// A pixel for each cell of `axis`.
    pub fn pixels(axis: &Axis) -> Mesh {
        Mesh::each(axis.keys.len(), 1.0)
    }

    /// The same length for `count` cells, each drawn alone.
    pub fn whole(self, count: usize) -> Mesh {
        Mesh { block: 1, count, pixels: self.extent() / count as f64 }
    }

    /// Length of the panel's side in pixels.
    pub fn extent(&self) -> f64 {
        self.count as f64 * self.pixels
    }

    /// Pixels from the panel's edge to a place in cell units.
    pub fn offset(&self, cells: f64) -> f64 {
        cells * self.pixels / self.block as f64
    }
}

/// Length in pixels of a panel's side, and the size of its smallest cells, by the number of panels on the page.
fn panel_side(panels: usize) -> (f64, f64) {
    match panels {
        0..=1 => (500.0, 0.5),
        2 => (320.0, 0.5),
        3..=4 => (260.0, 0.5),
        5..=6 => (220.0, 1.0),
        7..=12 => (180.0, 1.0),
        13..=36 => (140.0, 1.0),
        _ => (100.0, 1.0),
    }
}

/// The cells of a panel from left to right; those of alternatives are wide enough for their names.
pub fn x_mesh(axis: &Axis, panels: usize) -> Mesh {
    let (side, smallest) = panel_side(panels);
    let fitted = Mesh::fit(axis.keys.len(), side, smallest);
    if !axis.is_text() {
        return fitted;
    }
    let name = |key: &Key| {
        if let Key::Text(text) = key { width(text, TICK_SIZE) + 14.0 } else { 0.0 }
    };
    let widest = axis.keys.iter().map(name).fold(0.0, f64::max);
    Mesh::each(axis.keys.len(), widest.max(fitted.pixels))
}

/// The cells of a panel from bottom to top; those of alternatives make strips.
pub fn y_mesh(axis: &Axis, panels: usize) -> Mesh {
    let (side, smallest) = panel_side(panels);
    if axis.is_text() || axis.name.is_empty() {
        let count = axis.keys.len();
        return Mesh::each(count, (side / count as f64).clamp(18.0, 36.0));
    }
    Mesh::fit(axis.keys.len(), side, smallest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_whole_half_pixels_and_panels_keep_their_size() {
        for count in 1..3000 {
            for panels in [1, 2, 4, 6, 12, 36, 100] {
                let (side, smallest) = panel_side(panels);
                let mesh = Mesh::fit(count, side, smallest);
                assert_eq!((mesh.pixels * 2.0).fract(), 0.0);
                assert!(mesh.pixels >= smallest && mesh.pixels <= LARGEST_CELL);
                assert!((mesh.count - 1) * mesh.block < count && count <= mesh.count * mesh.block);
                // At worst three quarters of a pixel round to one.
                assert!(mesh.extent() <= side / 0.75, "{count} cells in {panels} panels: {mesh:?}");
            }
        }
    }

    #[test]
    fn cells_merge_only_where_pixels_run_out() {
        assert_eq!(Mesh::fit(880, 440.0, 0.5).block, 1);
        assert_eq!(Mesh::fit(881, 440.0, 0.5).block, 2);
        let merged = Mesh::fit(1000, 220.0, 1.0);
        assert_eq!((merged.block, merged.count), (5, 200));
        assert_eq!(merged.offset(1000.0), merged.extent());
    }
}
