//! The loss over two weights, and the lines along which it has one value.

use crate::model::DrawnRows;
use std::collections::BTreeMap;

/// Places along a side of the grid, where the loss is a parabola, and where each place goes through all rows.
const PLACES: usize = 161;
const PLACES_BY_ROWS: usize = 61;
const PLACES_BY_MANY_ROWS: usize = 41;

/// Rows that are many.
const MANY_ROWS: usize = 1000;

/// Lines of equal loss.
const LEVELS: usize = 9;

/// A place in the picture: both weights.
pub type Place = (f64, f64);

/// The loss of a draw of rows on a grid over two weights, from -reach to reach along each. Where there is an intercept among the weights,
/// it is at its best at every place.
pub struct Surface {
    reach: [f64; 2],
    /// Places along a side.
    count: usize,
    /// Row by row from the bottom, each from the left.
    values: Vec<f64>,
}

impl Surface {
    pub fn of(rows: &DrawnRows, reach: [f64; 2]) -> Surface {
        let count = match rows.model.is_parabola() {
            true => PLACES,
            false if rows.model.rows() > MANY_ROWS => PLACES_BY_MANY_ROWS,
            false => PLACES_BY_ROWS,
        };
        let mut values = Vec::with_capacity(count * count);
        let at = |place: usize, reach: f64| reach * (2.0 * place as f64 - (count - 1) as f64) / (count - 1) as f64;
        for row in 0..count {
            let mut before = Vec::new();
            values.extend((0..count).map(|column| {
                let w = with_intercept(rows, (at(column, reach[0]), at(row, reach[1])), &before);
                let loss = loss(rows, &w);
                before = w;
                loss
            }));
        }
        Surface { reach, count, values }
    }

    /// Values between which the areas are as those between circles that are evenly spaced: so lines of a bowl are evenly spaced.
    pub fn levels(&self) -> Vec<f64> {
        let mut sorted: Vec<f64> = self.values.iter().copied().filter(|value| value.is_finite()).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let share = |number: usize| (number * number) as f64 / (LEVELS * LEVELS) as f64;
        let level = |number: usize| Some(*sorted.get((share(number) * sorted.len() as f64) as usize)?);
        (1..LEVELS).filter_map(level).collect()
    }

    /// The lines along which the loss has this value.
    pub fn lines(&self, level: f64) -> Vec<Vec<Place>> {
        let mut next: BTreeMap<Edge, Vec<Edge>> = BTreeMap::new();
        for row in 0..self.count - 1 {
            for column in 0..self.count - 1 {
                for [from, to] in self.crossings(column, row, level) {
                    next.entry(from).or_default().push(to);
                    next.entry(to).or_default().push(from);
                }
            }
        }
        let mut lines = Vec::new();
        // Lines that end at the frame first, so that each begins at one of its ends.
        for ends in [1, 2] {
            while let Some(first) = next.iter().find(|(_, others)| others.len() == ends).map(|(edge, _)| *edge) {
                let (mut line, mut edge) = (vec![self.crossing(first, level)], first);
                while let Some(to) = take(&mut next, edge) {
                    line.push(self.crossing(to, level));
                    edge = to;
                }
                lines.push(line);
            }
        }
        lines
    }

    fn value(&self, column: usize, row: usize) -> f64 {
        self.values[row * self.count + column]
    }

    /// The edges of a cell that a line of this value goes through, in pairs.
    fn crossings(&self, column: usize, row: usize, level: f64) -> Vec<[Edge; 2]> {
        let (right, top) = (column + 1, row + 1);
        let corners = [(column, row), (right, row), (right, top), (column, top)];
        let values = corners.map(|(column, row)| self.value(column, row));
        let below = values.map(|value| value <= level);
        let edges = [Edge::Across(column, row), Edge::Up(right, row), Edge::Across(column, top), Edge::Up(column, row)];
        let crossed: Vec<usize> = (0..4).filter(|side| below[*side] != below[(side + 1) % 4]).collect();
        match crossed[..] {
            [from, to] => vec![[edges[from], edges[to]]],
            // A saddle: what is in the middle belongs together.
            [_, _, _, _] => {
                let is_low = values.iter().sum::<f64>() / 4.0 <= level;
                let (first, second) = if is_low == below[0] { ([0, 1], [2, 3]) } else { ([3, 0], [1, 2]) };
                [first, second].map(|pair| pair.map(|side| edges[side])).to_vec()
            }
            _ => Vec::new(),
        }
    }

    /// Where on an edge the loss has this value, as if it were straight there.
    fn crossing(&self, edge: Edge, level: f64) -> Place {
        let ((column, row), (right, top)) = match edge {
            Edge::Across(column, row) => ((column, row), (column + 1, row)),
            Edge::Up(column, row) => ((column, row), (column, row + 1)),
        };
        let (from, to) = (self.value(column, row), self.value(right, top));
        let share = Some((level - from) / (to - from)).filter(|share| share.is_finite()).unwrap_or(0.5);
        let last = (self.count - 1) as f64;
        let at = |from: usize, to: usize, reach: f64| {
            reach * (2.0 * (from as f64 + share * (to - from) as f64) - last) / last
        };
        (at(column, right, self.reach[0]), at(row, top, self.reach[1]))
    }
}

/// The edge to the right of a place of the grid, or the one above it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Edge {
    Across(usize, usize),
    Up(usize, usize),
}

/// Goes on from an edge, and takes the way there out.
fn take(next: &mut BTreeMap<Edge, Vec<Edge>>, from: Edge) -> Option<Edge> {
    let to = *next.get(&from)?.last()?;
    for (one, other) in [(from, to), (to, from)] {
        let others = next.get_mut(&one)?;
        let own = others.iter().position(|edge| *edge == other)?;
        others.swap_remove(own);
        if others.is_empty() {
            next.remove(&one);
        }
    }
    Some(to)
}

/// All weights at a place: an intercept, where it is one, at its best, looked for from where it is in `near`.
pub fn with_intercept(rows: &DrawnRows, (x, y): Place, near: &[f64]) -> Vec<f64> {
    let mut w = vec![x, y];
    if rows.model.weights() > 2 {
        w.push(near.get(2).copied().unwrap_or(0.0));
        // Of a convex loss of one weight it has an end, unless that is beyond all numbers.
        return rows.at_best(&[2], w.clone()).unwrap_or(w);
    }
    w
}

/// The loss at these weights.
pub fn loss(rows: &DrawnRows, w: &[f64]) -> f64 {
    let slopes = if rows.model.is_parabola() { rows.slopes(w) } else { Vec::new() };
    rows.loss(w, &slopes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Draws, Model};
    use crate::spec::{Format, LoadedSpec, Spec};
    use std::sync::Arc;

    fn form() -> Arc<Model> {
        let text = "name = \"t\"\nsteps = 1\n[problem]\nkind = \"quadratic_form\"\nmatrix = [[1.0, 0.5], [0.5, 2.0]]\nminimum = [0.3, -0.1]\n\
                    [penalty]\nkind = \"lk\"\nk = 1.0\nlambda = 0.1\n";
        let loaded = Spec::parse(text, Format::Toml, "t.toml", &[]).and_then(LoadedSpec::with_table);
        loaded.unwrap_or_else(|error| panic!("{error}")).model.expect("a model")
    }

    /// An ellipse inside the picture is one closed line, one that leaves it twice is two; the loss is the same on all of them, but for what a
    /// straight way between two places of the grid is off: a quarter of the greatest curvature times the square of half of it, at the most.
    #[test]
    fn lines_are_those_of_equal_loss() {
        let model = form();
        let draws = Draws::new(&model);
        let rows = DrawnRows::new(&draws, 0);
        let surface = Surface::of(&rows, [1.0, 1.0]);
        let half = 1.0 / (PLACES - 1) as f64;
        for (level, count) in [(0.05, 1), (0.4, 1), (0.8, 2)] {
            let lines = surface.lines(level);
            assert_eq!(lines.len(), count, "level {level}");
            for (x, y) in lines.concat() {
                let (a, b) = (x - 0.3, y + 0.1);
                let loss = 0.5 * (a * a + a * b + 2.0 * b * b);
                assert!((loss - level).abs() <= 2.3 / 2.0 * half * half, "{loss} at {x}, {y}, for {level}");
            }
        }
        let [line] = &surface.lines(0.05)[..] else { panic!("one line") };
        assert_eq!(line.first(), line.last());
    }

    /// The areas inside lines of a bowl grow with the squares of their numbers.
    #[test]
    fn levels_of_a_bowl_are_evenly_spaced() {
        let model = form();
        let draws = Draws::new(&model);
        let surface = Surface::of(&DrawnRows::new(&draws, 0), [8.0, 8.0]);
        let levels = surface.levels();
        assert_eq!(levels.len(), LEVELS - 1);
        // Inside the picture the loss goes with the square of the distance: 1, 4, 9 ... times the first.
        for (number, level) in levels.iter().enumerate().skip(1).take(4) {
            let times = level / levels[0];
            let square = ((number + 1) * (number + 1)) as f64;
            assert!((times / square - 1.0).abs() < 0.03, "{times} for {square}");
        }
    }
}
