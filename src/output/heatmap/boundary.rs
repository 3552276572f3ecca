//! The predicted boundaries of exact zero: edges between cells, and only such as theory is sure of on both sides.

use std::collections::BTreeMap;

use crate::output::drawing::page::Dash;
use crate::output::figure::Counts;
use crate::theory::ZeroForecast;

/// A corner of cells: a column and a row, y growing upward.
pub(super) type Corner = (usize, usize);

/// A boundary from corner to corner.
pub(super) type Line = (Boundary, Vec<Corner>);

/// What ends at an edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Boundary {
    /// All are zero on one side, none on the other.
    AllNone,
    /// All are zero on one side, not all on the other.
    AllFewer,
    /// Some are zero on one side, none on the other.
    SomeNone,
}

impl Boundary {
    pub(super) const ALL: [Boundary; 3] = [Boundary::AllNone, Boundary::AllFewer, Boundary::SomeNone];

    /// Between two cells; `None` also where theory leaves open what one of them is.
    fn between(a: &ZeroForecast, b: &ZeroForecast) -> Option<Boundary> {
        let differ = |a: Option<bool>, b: Option<bool>| a.is_some() && b.is_some() && a != b;
        match (differ(a.all(), b.all()), differ(a.some(), b.some())) {
            (true, true) => Some(Boundary::AllNone),
            (true, false) => Some(Boundary::AllFewer),
            (false, true) => Some(Boundary::SomeNone),
            (false, false) => None,
        }
    }

    /// How its lines are drawn.
    pub(super) fn dash(self) -> Dash {
        match self {
            Boundary::AllNone => Dash::Solid,
            Boundary::AllFewer => Dash::Dashed,
            Boundary::SomeNone => Dash::Dotted,
        }
    }

    /// The predicted zeros of a cell on either side, in the legend's words.
    pub(super) fn words(self) -> &'static str {
        match self {
            Boundary::AllNone => "all | none",
            Boundary::AllFewer => "all | not all",
            Boundary::SomeNone => "some | none",
        }
    }
}

/// The lines between the cells of a panel. Sides along which cells have no order have none.
pub(super) fn boundaries(cells: &[Counts], columns: usize, ordered: [bool; 2]) -> Vec<Line> {
    let rows = cells.len() / columns;
    let between = |a: usize, b: usize| Boundary::between(&cells[a].predicted, &cells[b].predicted);
    let mut straight: BTreeMap<Boundary, Vec<[Corner; 2]>> = BTreeMap::new();
    for row in if ordered[1] { 1..rows } else { 0..0 } {
        let edge = |column: usize| between((row - 1) * columns + column, row * columns + column);
        runs(columns, edge, |kind, from, to| straight.entry(kind).or_default().push([(from, row), (to, row)]));
    }
    for column in if ordered[0] { 1..columns } else { 0..0 } {
        let edge = |row: usize| between(row * columns + column - 1, row * columns + column);
        runs(rows, edge, |kind, from, to| straight.entry(kind).or_default().push([(column, from), (column, to)]));
    }
    straight.into_iter().flat_map(|(kind, lines)| joined(lines).into_iter().map(move |line| (kind, line))).collect()
}

/// Calls `draw` with the kind, the start and the end of every run of equal edges.
fn runs(count: usize, edge: impl Fn(usize) -> Option<Boundary>, mut draw: impl FnMut(Boundary, usize, usize)) {
    let edges: Vec<Option<Boundary>> = (0..count).map(edge).collect();
    let mut from = 0;
    for run in edges.chunk_by(|a, b| a == b) {
        if let Some(kind) = run[0] {
            draw(kind, from, from + run.len());
        }
        from += run.len();
    }
}

/// The same lines, end to end where just two of them end, so that dashes go on around corners.
fn joined(straight: Vec<[Corner; 2]>) -> Vec<Vec<Corner>> {
    let mut ending: BTreeMap<Corner, Vec<usize>> = BTreeMap::new();
    for (index, ends) in straight.iter().enumerate() {
        ends.iter().for_each(|&end| ending.entry(end).or_default().push(index));
    }
    let mut is_drawn = vec![false; straight.len()];
    let mut lines = Vec::new();
    for first in 0..straight.len() {
        if is_drawn[first] {
            continue;
        }
        is_drawn[first] = true;
        let mut line = straight[first].to_vec();
        // On from its last end, then from its first.
        for _ in 0..2 {
            while let [a, b] = ending[&line[line.len() - 1]][..]
                && let Some(next) = [a, b].into_iter().find(|&index| !is_drawn[index])
            {
                is_drawn[next] = true;
                let [from, to] = straight[next];
                line.push(if from == line[line.len() - 1] { to } else { from });
            }
            line.reverse();
        }
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::Boundary::{AllFewer, AllNone, SomeNone};
    use super::*;

    fn cell([zero, other, silent]: [u64; 3]) -> Counts {
        Counts { trajectories: 3, predicted: ZeroForecast { zero, other, silent }, ..Counts::default() }
    }

    const ALL: [u64; 3] = [3, 0, 0];
    const NONE: [u64; 3] = [0, 3, 0];
    const SOME: [u64; 3] = [1, 2, 0];

    /// The line between a row of two cells.
    fn between(a: [u64; 3], b: [u64; 3]) -> Option<Boundary> {
        let lines = boundaries(&[cell(a), cell(b)], 2, [true; 2]);
        let mirrored = boundaries(&[cell(b), cell(a)], 2, [true; 2]);
        assert_eq!(lines, mirrored);
        assert!(lines.iter().all(|(_, line)| *line == [(1, 0), (1, 1)]));
        lines.first().map(|(kind, _)| *kind)
    }

    #[test]
    fn a_line_says_what_is_known_of_both_its_sides() {
        assert_eq!(between(ALL, NONE), Some(AllNone));
        assert_eq!(between(ALL, SOME), Some(AllFewer));
        assert_eq!(between(SOME, NONE), Some(SomeNone));
        for same in [ALL, SOME, NONE] {
            assert_eq!(between(same, same), None);
        }
        // Silent about one trajectory, yet some are zero and some not.
        assert_eq!(between(ALL, [1, 1, 1]), Some(AllFewer));
        assert_eq!(between([1, 1, 1], NONE), Some(SomeNone));
        // Not all are zero; whether any is, is open. And the other way round.
        assert_eq!(between(ALL, [0, 1, 2]), Some(AllFewer));
        assert_eq!(between([1, 0, 2], NONE), Some(SomeNone));
    }

    #[test]
    fn no_line_runs_where_theory_leaves_a_side_open() {
        for silent in [[0, 0, 3], [1, 0, 2]] {
            assert_eq!(between(ALL, silent), None, "all of {silent:?} may be zero");
        }
        for silent in [[0, 0, 3], [0, 1, 2]] {
            assert_eq!(between(NONE, silent), None, "none of {silent:?} may be zero");
            assert_eq!(between(SOME, silent), None);
        }
        // One silent cell between the two is no boundary on either of its sides.
        let row = [ALL, [0, 0, 3], NONE].map(cell);
        assert!(boundaries(&row, 3, [true; 2]).is_empty());
    }

    #[test]
    fn sides_without_an_order_have_no_lines() {
        // From the bottom: a row of zeros, one with a cell of another fate.
        let cells = [ALL, ALL, ALL, ALL, NONE, ALL].map(cell);
        let around = vec![(1, 2), (1, 1), (2, 1), (2, 2)];
        assert_eq!(boundaries(&cells, 3, [true; 2]), [(AllNone, around)]);
        assert_eq!(boundaries(&cells, 3, [false, true]), [(AllNone, vec![(1, 1), (2, 1)])]);
        let upright = [(AllNone, vec![(1, 1), (1, 2)]), (AllNone, vec![(2, 1), (2, 2)])];
        assert_eq!(boundaries(&cells, 3, [true, false]), upright);
        assert!(boundaries(&[cell(ALL); 9], 3, [true; 2]).is_empty());
    }

    #[test]
    fn lines_go_on_around_corners_but_through_no_crossing() {
        let ring = boundaries(&[ALL, ALL, ALL, ALL, NONE, ALL, ALL, ALL, ALL].map(cell), 3, [true; 2]);
        assert_eq!(ring.len(), 1);
        assert_eq!((ring[0].1.len(), ring[0].1.first()), (5, ring[0].1.last()));
        let crossing = boundaries(&[ALL, NONE, NONE, ALL].map(cell), 2, [true; 2]);
        assert_eq!(crossing, [(AllNone, vec![(0, 1), (2, 1)]), (AllNone, vec![(1, 0), (1, 2)])]);
        // All, some, none from left to right, and a silent cell above the first: the second line is the longer.
        let cells = [ALL, SOME, NONE, [0, 0, 3], SOME, NONE].map(cell);
        let expected = [(AllFewer, vec![(1, 0), (1, 1)]), (SomeNone, vec![(2, 0), (2, 2)])];
        assert_eq!(boundaries(&cells, 3, [true; 2]), expected);
    }
}
