//! The predicted boundary of exact zero: edges between cells that theory calls zero and cells that it calls otherwise.

use super::figure::Tally;

/// Whether the commonest prediction for a cell is zero, at a tie, too, as for fates; `None` where there are none.
fn prediction(cell: &Tally) -> Option<bool> {
    let [zero, other] = cell.predicted;
    (zero + other > 0).then_some(zero >= other)
}

/// Whether a boundary runs between two cells.
fn parts(a: &Tally, b: &Tally) -> bool {
    matches!((prediction(a), prediction(b)), (Some(a), Some(b)) if a != b)
}

/// The boundary's ends in cell units, y growing upward: one line for each run of edges.
pub(super) fn boundary(cells: &[Tally], columns: usize) -> Vec<[(usize, usize); 2]> {
    let rows = cells.len() / columns;
    let cell = |column: usize, row: usize| &cells[row * columns + column];
    let mut lines = Vec::new();
    for row in 1..rows {
        let edge = |column: usize| parts(cell(column, row - 1), cell(column, row));
        runs(columns, edge, |from, length| lines.push([(from, row), (from + length, row)]));
    }
    for column in 1..columns {
        let edge = |row: usize| parts(cell(column - 1, row), cell(column, row));
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
        assert_eq!(boundary(&cells, 3), [[(1, 1), (2, 1)], [(1, 1), (1, 2)], [(2, 1), (2, 2)]]);
        assert!(boundary(&[zero; 9], 3).is_empty());
    }
}
