//! The panels of a figure: their sides, and where their cells are.

use std::ops::Range;

use crate::output::drawing::axis::Axis;
use crate::output::drawing::mesh::Mesh;
use crate::output::map_table::MapTable;
use crate::spec::Key;

/// The cells that share every facet.
pub(in crate::output) struct Panel {
    /// For each facet the index of its value.
    pub facets: Vec<usize>,
    pub x: Side,
    pub y: Side,
    /// Its drawn cells among those of the figure: row by row from the bottom, each from the left.
    pub cells: Range<usize>,
}

impl Panel {
    /// A panel whose drawn cells begin at `first`.
    pub(super) fn new(facets: Vec<usize>, [x, y]: [Side; 2], first: usize) -> Panel {
        let cells = first..first + x.mesh.count * y.mesh.count;
        Panel { facets, x, y, cells }
    }

    /// The cell of the grid that a row belongs to.
    pub(in crate::output) fn place(&self, table: &MapTable, row: usize) -> u64 {
        self.y.cell(table, row) as u64 * self.x.axis.keys.len() as u64 + self.x.cell(table, row) as u64
    }

    /// The drawn cell that a row belongs to, among those of the figure.
    pub(super) fn drawn_cell(&self, table: &MapTable, row: usize) -> usize {
        let (column, line) = (self.x.cell(table, row) / self.x.mesh.block, self.y.cell(table, row) / self.y.mesh.block);
        self.cells.start + line * self.x.mesh.count + column
    }
}

/// One side of a panel: the values that its cells have, and the drawn cells.
pub(in crate::output) struct Side {
    column: Option<usize>,
    pub axis: Axis,
    pub mesh: Mesh,
    /// By the code of a value its cell.
    cells: Vec<u32>,
}

impl Side {
    /// A side that shows a column with these `keys`, or none.
    pub(super) fn new(column: Option<usize>, axis: Axis, mesh: Mesh, keys: &[Key]) -> Side {
        let mut cells = vec![0; keys.len()];
        // Both in the order of the values, so that each is found beside the one before it.
        let mut places: Vec<usize> = (0..axis.keys.len()).collect();
        places.sort_by_key(|place| axis.keys[*place]);
        for (code, key) in keys.iter().enumerate() {
            if let Ok(found) = places.binary_search_by(|place| axis.keys[*place].cmp(key)) {
                cells[code] = places[found] as u32;
            }
        }
        Side { column, axis, mesh, cells }
    }

    /// A side that shows no column.
    pub(in crate::output) fn plain(axis: Axis, mesh: Mesh) -> Side {
        Side { column: None, axis, mesh, cells: Vec::new() }
    }

    fn cell(&self, table: &MapTable, row: usize) -> usize {
        self.column.map_or(0, |column| self.cells[table.columns[column].codes[row] as usize] as usize)
    }
}
