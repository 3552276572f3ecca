//! The dots of cells that theory is silent about.

/// Distance of the dots within a large cell, in pixels.
const PITCH: f64 = 8.0;

/// The least distance of the dots of smaller cells, along either side.
const LEAST: f64 = 4.0;

/// The dots of the silent cells: the index of each dot's cell, which counts row by row from the bottom, and its place in
/// pixels from the panel's left bottom corner. Every silent cell bears one, or one that does is less than [`LEAST`] away.
pub(super) fn stipple(
    [columns, rows]: [usize; 2],
    [across, up]: [f64; 2],
    is_silent: impl Fn(usize) -> bool,
) -> Vec<(usize, (f64, f64))> {
    let [reach, reach_up] = [across, up].map(|size| (LEAST / size).ceil() as usize);
    let mut dots = Vec::new();
    // For each column the row from which on it may bear another dot.
    let mut free_from = vec![0; columns];
    for (row, column) in (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column))) {
        let index = row * columns + column;
        if free_from[column] > row || !is_silent(index) {
            continue;
        }
        let near = column.saturating_sub(reach - 1)..(column + reach).min(columns);
        free_from[near].fill(row + reach_up);
        for y in places(row, up) {
            dots.extend(places(column, across).map(|x| (index, (x, y))));
        }
    }
    dots
}

/// Where the dots of the cell number `cell` lie along a side of cells of this size: evenly, the outer ones half a step inside.
fn places(cell: usize, size: f64) -> impl Iterator<Item = f64> {
    let count = (size / PITCH).round().max(1.0) as usize;
    (0..count).map(move |number| (cell as f64 + (number as f64 + 0.5) / count as f64) * size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_cells_are_filled_evenly() {
        let dots = stipple([2, 1], [16.0, 8.0], |index| index == 1);
        assert_eq!(dots, [(1, (20.0, 4.0)), (1, (28.0, 4.0))]);
        // Neighbouring cells do not change each other.
        assert_eq!(stipple([2, 1], [16.0, 8.0], |_| true)[2..], dots);
    }

    #[test]
    fn no_small_cell_is_passed_over_and_no_two_dots_are_close() {
        // A pattern of single cells, lines and areas.
        let is_silent = |index: usize| (index / 7).is_multiple_of(5) || index.is_multiple_of(11) || index % 64 > 40;
        for size in [0.5, 1.0, 1.5, 2.0, 3.5, 4.0] {
            let dots = stipple([64, 64], [size, size], is_silent);
            let apart = |a: (f64, f64), b: (f64, f64)| (a.0 - b.0).abs().max((a.1 - b.1).abs());
            for (index, _) in dots.iter().map(|(index, at)| (*index, at)) {
                assert!(is_silent(index));
            }
            for (number, (_, at)) in dots.iter().enumerate() {
                assert!(dots[..number].iter().all(|(_, other)| apart(*at, *other) >= LEAST), "{size}: {at:?}");
            }
            for index in (0..64 * 64).filter(|&index| is_silent(index)) {
                let middle = ((index % 64) as f64 + 0.5, (index / 64) as f64 + 0.5);
                let middle = (middle.0 * size, middle.1 * size);
                assert!(dots.iter().any(|(_, at)| apart(*at, middle) < LEAST), "{size}: {index}");
            }
        }
    }
}
