//! The hatching of cells in which the fate of an audited trajectory differs in f64: slanted lines, as no other line is.

use crate::output::drawing::page::{Plot, Stroke};

/// Distance between two lines, along either side of a cell.
const PITCH: f64 = 8.0;

/// A hatching is at least this wide and high; over a smaller cell it stands out on all sides, but never from its panel.
const SMALLEST: f64 = 7.0;

/// In a larger cell lines end so far from its edges that their casing stays inside.
const INSET: f64 = 2.0;

/// Lines that rise to the right over a cell of a panel, the middle one through its centre.
pub(super) fn hatch(cell: Plot, panel: &Plot) -> Vec<Stroke> {
    let (left, width) = fitted((cell.left, cell.width), (panel.left, panel.width));
    let (top, height) = fitted((cell.top, cell.height), (panel.top, panel.height));
    // A line holds the places whose distances from the left and from the top add up to `sum`.
    let middle = (width + height) / 2.0;
    let beside = ((middle - 1.0) / PITCH).floor() as i32;
    let line = |number: i32| {
        let sum = middle + f64::from(number) * PITCH;
        let place = |across: f64| (left + across, top + sum - across);
        Stroke { from: place((sum - height).max(0.0)), to: place(sum.min(width)) }
    };
    (-beside..=beside).map(line).collect()
}

/// The side of a hatching, where the cell's and the panel's begin and how long they are: about the middle of the cell's, as far
/// as the panel's has room.
fn fitted((from, length): (f64, f64), (first, room): (f64, f64)) -> (f64, f64) {
    let fitted = (length - 2.0 * INSET).max(SMALLEST);
    let least = first + INSET;
    let most = (first + room - INSET - fitted).max(least);
    ((from + (length - fitted) / 2.0).clamp(least, most), fitted)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The hatching over a cell of a panel of 100 by 50 pixels.
    fn over([left, top, width, height]: [f64; 4]) -> Vec<Stroke> {
        hatch(Plot { left, top, width, height }, &Plot { left: 0.0, top: 0.0, width: 100.0, height: 50.0 })
    }

    fn ends(lines: &[Stroke]) -> Vec<[f64; 4]> {
        lines.iter().map(|line| [line.from.0, line.from.1, line.to.0, line.to.1]).collect()
    }

    #[test]
    fn lines_rise_from_edge_to_edge() {
        assert_eq!(
            ends(&over([10.0, 20.0, 16.0, 16.0])),
            [[12.0, 26.0, 16.0, 22.0], [12.0, 34.0, 24.0, 22.0], [20.0, 34.0, 24.0, 30.0]]
        );
        for line in over([3.0, 5.0, 40.0, 18.0]) {
            let [x1, y1, x2, y2] = ends(&[line])[0];
            assert!(x1 >= 5.0 && x2 <= 41.0 && x1 < x2 && y2 >= 7.0 && y1 <= 21.0, "{line:?}");
            assert_eq!(x1 + y1, x2 + y2);
        }
    }

    #[test]
    fn a_small_cell_bears_one_line_that_stands_out() {
        assert_eq!(ends(&over([10.0, 20.0, 3.0, 2.0])), [[8.0, 24.5, 15.0, 17.5]]);
    }

    /// The cells in the corners of a panel of 100 by 50 pixels.
    #[test]
    fn no_hatching_stands_out_from_its_panel() {
        for [left, top] in [[0.0, 0.0], [97.0, 0.0], [0.0, 48.0], [97.0, 48.0]] {
            let [[x1, y1, x2, y2]] = ends(&over([left, top, 3.0, 2.0]))[..] else { panic!("one line") };
            assert!(x1 >= INSET && x2 <= 100.0 - INSET && y2 >= INSET && y1 <= 50.0 - INSET, "{left} {top}");
            assert_eq!((x2 - x1, y1 - y2), (SMALLEST, SMALLEST));
        }
    }
}
