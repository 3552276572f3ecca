//! The hatching of cells in which the fate of an audited trajectory differs in f64: slanted lines, as no other line is.

use crate::output::drawing::page::Stroke;

/// Distance between two lines, along either side of a cell.
const PITCH: f64 = 8.0;

/// A hatching is at least this wide and high; over a smaller cell it stands out on all sides.
const SMALLEST: f64 = 7.0;

/// In a larger cell lines end so far from its edges that their casing stays inside.
const INSET: f64 = 2.0;

/// Lines that rise to the right over a rectangle, the middle one through its centre.
pub(super) fn hatch(left: f64, top: f64, width: f64, height: f64) -> Vec<Stroke> {
    let (left, width) = fitted(left, width);
    let (top, height) = fitted(top, height);
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

/// The side of a hatching, about the middle of the cell's.
fn fitted(from: f64, length: f64) -> (f64, f64) {
    let fitted = (length - 2.0 * INSET).max(SMALLEST);
    (from + (length - fitted) / 2.0, fitted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(lines: &[Stroke]) -> Vec<[f64; 4]> {
        lines.iter().map(|line| [line.from.0, line.from.1, line.to.0, line.to.1]).collect()
    }

    #[test]
    fn lines_rise_from_edge_to_edge() {
        assert_eq!(
            ends(&hatch(10.0, 20.0, 16.0, 16.0)),
            [[12.0, 26.0, 16.0, 22.0], [12.0, 34.0, 24.0, 22.0], [20.0, 34.0, 24.0, 30.0]]
        );
        for line in hatch(3.0, 5.0, 40.0, 18.0) {
            let [x1, y1, x2, y2] = ends(&[line])[0];
            assert!(x1 >= 5.0 && x2 <= 41.0 && x1 < x2 && y2 >= 7.0 && y1 <= 21.0, "{line:?}");
            assert_eq!(x1 + y1, x2 + y2);
        }
    }

    #[test]
    fn a_small_cell_bears_one_line_that_stands_out() {
        assert_eq!(ends(&hatch(10.0, 20.0, 3.0, 2.0)), [[8.0, 24.5, 15.0, 17.5]]);
    }
}
