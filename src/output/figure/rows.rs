//! The rows of a table that a figure draws: their values, their panels, and the cells of the grid that they belong to.

use std::collections::{BTreeMap, HashMap};

use super::notes::{list, sides};
use super::{MAX_PANELS, MapError, Panel, no_coordinate};
use crate::output::drawing::axis::{Axis, Scale};
use crate::output::drawing::labels::labels;
use crate::output::map_table::MapTable;
use crate::spec::{Key, MapRequest};

/// The rows that a map draws: those that have both x and y.
pub(super) struct Drawn<'a> {
    pub table: &'a MapTable,
    pub rows: Vec<u32>,
    /// How many rows lack x or y.
    pub left_out: usize,
}

/// The distinct keys of one column among the drawn rows, numbered in their order of appearance.
pub(super) struct Values<'a> {
    pub column: usize,
    pub name: &'a str,
    pub keys: Vec<Key>,
    /// For each place among the column's keys the place here, if some row has it.
    index: Vec<Option<usize>>,
}

impl Values<'_> {
    /// `penalty.k = 0.5` for each value; the no-break space keeps a value with its sign of equality.
    pub(super) fn headers(&self) -> Vec<String> {
        let labels = labels(&self.keys);
        let header = |(key, label): (&Key, String)| match key {
            Key::Absent => format!("no {}", self.name),
            _ => format!("{} =\u{a0}{label}", self.name),
        };
        self.keys.iter().zip(labels).map(header).collect()
    }

    /// `optimizer (subgradient and proximal)`, `penalty.k (0.5 and 1)`, `penalty.lambda (41 values)`
    pub(super) fn summary(&self) -> String {
        let present: Vec<Key> = self.keys.iter().copied().filter(|&key| key != Key::Absent).collect();
        match present.len() {
            2..=4 => format!("{} ({})", self.name, list(&labels(&present))),
            1 => format!("{} (1 value)", self.name),
            count => format!("{} ({count} values)", self.name),
        }
    }
}

impl<'a> Drawn<'a> {
    pub(super) fn new(
        table: &'a MapTable,
        sides: [Option<usize>; 2],
        request: &MapRequest,
    ) -> Result<Drawn<'a>, MapError> {
        let absent = sides.map(|side| {
            side.and_then(|column| Some((&table.columns[column].codes, table.columns[column].place_of(Key::Absent)?)))
        });
        let has = |row: usize| absent.iter().flatten().all(|(codes, absent)| codes[row] != *absent);
        let rows: Vec<u32> = (0..table.rows()).filter(|row| has(*row)).map(|row| row as u32).collect();
        let left_out = table.rows() - rows.len();
        let mut drawn = Drawn { table, rows, left_out };
        if let Some(difference) = &request.difference {
            let keys = [difference.of, difference.minus];
            let Some(column) = table.column(&difference.name) else {
                return Err(no_coordinate(table, &difference.name));
            };
            let code = |key: Key| {
                let none = || MapError::NoValue { name: difference.name.clone(), value: labels(&[key]).concat() };
                table.columns[column].place_of(key).ok_or_else(none)
            };
            let codes = [code(keys[0])?, code(keys[1])?];
            drawn.rows.retain(|row| codes.contains(&table.columns[column].codes[*row as usize]));
        }
        Ok(drawn)
    }

    /// The codes of a column, for the drawn rows.
    fn codes(&self, column: usize) -> impl Iterator<Item = u32> {
        let codes = &self.table.columns[column].codes;
        self.rows.iter().map(move |row| codes[*row as usize])
    }

    pub(super) fn values(&self, column: usize) -> Values<'a> {
        let own = &self.table.columns[column];
        let mut keys = Vec::new();
        let mut index = vec![None; own.keys.len()];
        for code in self.codes(column) {
            if index[code as usize].is_none() {
                index[code as usize] = Some(keys.len());
                keys.push(own.keys[code as usize]);
            }
        }
        Values { column, name: &own.name, keys, index }
    }

    /// The kinds of a role that have no such coordinate; `None` where the table does not tell them apart.
    pub(super) fn kinds_without(&self, column: usize, role: &str) -> Option<String> {
        let role = self.table.column(role)?;
        let absent = self.table.columns[column].place_of(Key::Absent)?;
        let mut kinds: Vec<Key> = Vec::new();
        for (own, kind) in self.codes(column).zip(self.codes(role)) {
            let kind = self.table.columns[role].keys[kind as usize];
            if own == absent && !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
        Some(list(&labels(&kinds)))
    }

    /// The values of a side that each panel has.
    pub(super) fn axes(&self, column: Option<usize>, upward: bool, panels: usize, panel_of: &[u32]) -> Vec<Axis> {
        let Some(column) = column else { return vec![Axis::single(); panels] };
        let own = &self.table.columns[column];
        let all = self.values(column);
        let mut has = vec![vec![false; all.keys.len()]; panels];
        for (code, panel) in self.codes(column).zip(panel_of) {
            if let Some(place) = all.index[code as usize] {
                has[*panel as usize][place] = true;
            }
        }
        let axis = |has: &Vec<bool>| {
            let keys: Vec<Key> = all.keys.iter().zip(has).filter(|(_, has)| **has).map(|(key, _)| *key).collect();
            let count = keys.len();
            let axis = Axis::new(all.name, keys, own.geometric);
            // Alternatives may be spaced otherwise than the column as a whole.
            let is_uneven = axis.scale == Scale::Listed && count < all.keys.len();
            let mut axis = if is_uneven { Axis::new(all.name, axis.keys, !own.geometric) } else { axis };
            if upward && axis.is_text() {
                // Numbers grow upward, but a list of names is read from its top.
                axis.keys.reverse();
            }
            axis
        };
        has.iter().map(axis).collect()
    }
}

/// The cells of the grid, before several are drawn as one, that rows belong to.
pub(super) struct Placed {
    /// For each drawn row.
    pub cells: Vec<u64>,
    /// How many there are in all.
    count: u64,
}

/// The most cells of a grid of which a list is made.
const LISTED: u64 = 1 << 25;

impl Placed {
    pub(super) fn new(drawn: &Drawn, panels: &[Panel], panel_of: &[u32]) -> Placed {
        let mut first = Vec::with_capacity(panels.len());
        let mut count = 0;
        for panel in panels {
            first.push(count);
            count += panel.x.axis.keys.len() as u64 * panel.y.axis.keys.len() as u64;
        }
        let rows = drawn.rows.iter().zip(panel_of);
        let cell = |(row, panel): (&u32, &u32)| {
            first[*panel as usize] + panels[*panel as usize].place(drawn.table, *row as usize)
        };
        Placed { cells: rows.map(cell).collect(), count }
    }

    /// Whether some cell of the grid holds several values of the column.
    pub(super) fn is_summed(&self, drawn: &Drawn, column: usize) -> bool {
        let mut rows = self.cells.iter().zip(drawn.codes(column));
        if self.count > LISTED {
            let mut known = HashMap::new();
            return rows.any(|(cell, code)| *known.entry(*cell).or_insert(code) != code);
        }
        const NONE: u32 = u32::MAX;
        let mut known = vec![NONE; self.count as usize];
        rows.any(|(cell, code)| {
            let own = &mut known[*cell as usize];
            if *own == NONE {
                *own = code;
            }
            *own != code
        })
    }
}

/// The places of a facet's value, facet by facet, of each panel in their order of appearance.
pub(super) type Places = Vec<Vec<usize>>;

/// The panels, and the panel of each drawn row.
pub(super) fn panels(drawn: &Drawn, request: &MapRequest, facets: &[&Values]) -> Result<(Places, Vec<u32>), MapError> {
    let mut numbers: BTreeMap<Vec<usize>, u32> = BTreeMap::new();
    let mut ordered: Places = Vec::new();
    let mut panel_of = Vec::with_capacity(drawn.rows.len());
    let (mut before, mut place) = ((usize::MAX, 0), Vec::new());
    for &row in &drawn.rows {
        // Neighbours share a panel more often than not.
        let code = |values: &&Values| drawn.table.columns[values.column].codes[row as usize];
        let mixed = facets.iter().fold(0, |sum, values| sum * (values.index.len() + 1) + code(values) as usize);
        if mixed != before.0 {
            place.clear();
            place.extend(facets.iter().map(|values| values.index[code(values) as usize].unwrap_or(0)));
            let next = numbers.len() as u32;
            let panel = numbers.get(&place).copied().unwrap_or_else(|| {
                numbers.insert(place.clone(), next);
                ordered.push(place.clone());
                next
            });
            before = (mixed, panel);
        }
        panel_of.push(before.1);
    }
    if numbers.len() > MAX_PANELS {
        let names: Vec<String> = facets.iter().map(|values| format!("`{}`", values.name)).collect();
        return Err(MapError::TooManyPanels {
            axes: format!("`{}`", sides(request, "` and `")),
            panels: numbers.len(),
            facets: list(&names),
        });
    }
    Ok((ordered, panel_of))
}
