//! The panels of a map: their sides, and the counts of every drawn cell.

use std::collections::BTreeMap;

use super::axis::Axis;
use super::boundary::{Boundary, Corner, boundaries};
use super::mesh::Mesh;
use super::{Key, MapRow};
use crate::output::drawing::page::BOLD_WIDTH;
use crate::theory::ZeroForecast;

/// The share of a panel that boundaries may cover: beyond it they are a thicket.
const MOST_COVERED: f64 = 0.25;

/// The cells that share every facet.
pub(super) struct Panel {
    /// For each facet the index of its value.
    pub facets: Vec<usize>,
    pub x: Side,
    pub y: Side,
    /// Row by row from the bottom, each from the left: the drawn cells.
    pub cells: Vec<Counts>,
    /// Which cells of the grid were not run, or in part alone; empty where none is.
    lacking: Vec<bool>,
    /// The predicted boundaries of exact zero.
    pub boundaries: Vec<(Boundary, Vec<Corner>)>,
}

impl Panel {
    pub(super) fn new(facets: Vec<usize>, [x, y]: [Side; 2]) -> Panel {
        let cells = vec![Counts::default(); x.mesh.count * y.mesh.count];
        Panel { facets, x, y, cells, lacking: Vec::new(), boundaries: Vec::new() }
    }

    /// Draws the boundaries between its cells, none where they would cover too much of it: then it says true.
    pub(super) fn draw_boundaries(&mut self) -> bool {
        let ordered = [&self.x, &self.y].map(|side| !side.axis.is_text());
        self.boundaries = boundaries(&self.cells, self.x.mesh.count, ordered);
        let [across, up] = [self.x.mesh.pixels, self.y.mesh.pixels];
        let length = |line: &Vec<Corner>| -> f64 {
            line.windows(2).map(|ends| across * apart(ends, |end| end.0) + up * apart(ends, |end| end.1)).sum()
        };
        let covered = BOLD_WIDTH * self.boundaries.iter().map(|(_, line)| length(line)).sum::<f64>();
        let is_thicket = covered > MOST_COVERED * self.x.mesh.extent() * self.y.mesh.extent();
        if is_thicket {
            self.boundaries.clear();
        }
        is_thicket
    }

    /// Notes that a row was not run: then the cell of the grid that it belongs to is not summed.
    pub(super) fn note_lack(&mut self, row: &MapRow) {
        let place = self.place(row);
        self.lacking.resize(self.x.axis.keys.len() * self.y.axis.keys.len(), false);
        self.lacking[place] = true;
        self.drawn_cell(row).lacks_some = true;
    }

    pub(super) fn add(&mut self, row: &MapRow) {
        if !self.lacking.get(self.place(row)).is_some_and(|lacks| *lacks) {
            self.drawn_cell(row).add(row);
        }
    }

    /// The cell of the grid that a row belongs to.
    fn place(&self, row: &MapRow) -> usize {
        self.y.cell(row) * self.x.axis.keys.len() + self.x.cell(row)
    }

    fn drawn_cell(&mut self, row: &MapRow) -> &mut Counts {
        let (column, line) = (self.x.cell(row) / self.x.mesh.block, self.y.cell(row) / self.y.mesh.block);
        &mut self.cells[line * self.x.mesh.count + column]
    }
}

/// The distance of two corners in columns or rows.
fn apart(ends: &[Corner], side: fn(&Corner) -> usize) -> f64 {
    side(&ends[0]).abs_diff(side(&ends[1])) as f64
}

/// One side of a panel: the values that its cells have, and the drawn cells.
pub(super) struct Side {
    column: Option<usize>,
    pub axis: Axis,
    pub mesh: Mesh,
    cells: BTreeMap<Key, usize>,
}

impl Side {
    pub(super) fn new(column: Option<usize>, axis: Axis, mesh: Mesh) -> Side {
        let cells = axis.keys.iter().enumerate().map(|(cell, &key)| (key, cell)).collect();
        Side { column, axis, mesh, cells }
    }

    fn cell(&self, row: &MapRow) -> usize {
        self.cells[&key(row, self.column)]
    }
}

/// The key of a column, if there is one.
pub(super) fn key(row: &MapRow, column: Option<usize>) -> Key {
    column.map_or(Key::Absent, |column| row.keys[column])
}

/// Counts of a drawn cell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub trajectories: u64,
    pub fates: [u64; 7],
    /// What theory says of exact zeros.
    pub predicted: ZeroForecast,
    /// Audited trajectories whose fate differs in f64, and those of them that are zero in one of the two alone.
    pub differs: [u64; 2],
    /// Whether some of what it sums was not run.
    pub lacks_some: bool,
}

impl Counts {
    fn add(&mut self, row: &MapRow) {
        self.trajectories += row.trajectories;
        for (sum, count) in self.fates.iter_mut().zip(&row.fates) {
            *sum += count;
        }
        self.predicted += row.predicted;
        self.differs = [0, 1].map(|i| self.differs[i] + row.differs[i]);
    }
}
