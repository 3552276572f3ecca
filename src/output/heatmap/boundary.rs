//! The predicted boundary of exact zero: edges between cells that theory calls zero and cells that it calls otherwise.

use super::figure::Tally;

/// Whether the commonest prediction for a cell is zero, at a tie, too, as for fates; `None` where there are none.
fn prediction(cell: &Tally) -> Option<bool> {
    let [zero, other] = cell.predicted;
    (zero + other > 0).then_some(zero >= other)
}

/// Whether a boundary runs before the cell `at` of a line of cells: between zero and another fate, and where theory is
/// silent about a single cell between the two, beside the zero.
fn parts(line: &dyn Fn(usize) -> Option<Option<bool>>, at: usize) -> bool {
    let near = |step: usize| line(at.wrapping_add(step)).flatten();
    let silent = |step: usize| line(at.wrapping_add(step)) == Some(None);
    const BEFORE: usize = usize::MAX;
    const SECOND_BEFORE: usize = usize::MAX - 1;
    match (near(BEFORE), near(0)) {
        (Some(before), Some(after)) => before != after,
        (Some(true), None) => silent(0) && near(1) == Some(false),
        (None, Some(true)) => silent(BEFORE) && near(SECOND_BEFORE) == Some(false),
        _ => false,
    }
}

/// The boundary's ends in cell units, y growing upward: one line for each run of edges. Sides along which cells have no
/// order have none.
pub(super) fn boundary(cells: &[Tally], columns: usize, ordered: [bool; 2]) -> Vec<[(usize, usize); 2]> {
    let rows = cells.len() / columns;
    let cell = |column: usize, row: usize| {
        let is_there = column < columns && row < rows;
        is_there.then(|| prediction(&cells[row * columns + column]))
    };
    let mut lines = Vec::new();
    for row in if ordered[1] { 1..rows } else { 0..0 } {
        let edge = |column: usize| parts(&|row| cell(column, row), row);
        runs(columns, edge, |from, length| lines.push([(from, row), (from + length, row)]));
    }
    for column in if ordered[0] { 1..columns } else { 0..0 } {
        let edge = |row: usize| parts(&|column| cell(column, row), column);
        runs(rows, edge, |from, length| lines.push([(column, from), (column, from + length)]));
    }
    lines
}

/// Calls `draw` with the start and the length of every run of edges.
fn runs(count: usize, edge: impl Fn(usize) -> bool, mut draw: impl FnMut(usize, usize)) {
    let edges: Vec<bool> = (0..count).map(edge).collect();
    let mut from = 0;
    for run in edges.chunk_by(|a, b| a == b) {
        if run[0] {
            draw(from, run.len());
        }
        from += run.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_stand_between_predictions_of_zero_and_of_anything_else_alone() {
        let cell = |predicted| Tally { trajectories: 3, predicted, ..Tally::default() };
        let (zero, other, silent) = (cell([3, 0]), cell([1, 2]), cell([0, 0]));
        // From the bottom: a row of zeros, one with a cell of another fate, one that theory is silent about.
        let cells = [zero, zero, zero, zero, other, zero, silent, silent, silent];
        let all = [true; 2];
        assert_eq!(boundary(&cells, 3, all), [[(1, 1), (2, 1)], [(1, 1), (1, 2)], [(2, 1), (2, 2)]]);
        assert_eq!(boundary(&cells, 3, [true, false]), [[(1, 1), (1, 2)], [(2, 1), (2, 2)]]);
        assert!(boundary(&[zero; 9], 3, all).is_empty());
        // One silent cell between the two leaves the boundary beside the zero, from either side; two leave none.
        assert_eq!(boundary(&[zero, silent, other, other], 4, all), [[(1, 0), (1, 1)]]);
        assert_eq!(boundary(&[other, other, silent, zero], 4, all), [[(3, 0), (3, 1)]]);
        assert!(boundary(&[zero, silent, silent, other], 4, all).is_empty());
        assert!(boundary(&[zero, silent, zero, silent], 4, all).is_empty());
    }
}
