//! A sweep's cells, column by column, as far as pictures need them.

mod read;

pub use read::CellsError;

use crate::kernel::Kernel;
use crate::output::caption::named;
use crate::plan::{Plan, Section, kinds};
use crate::spec::{Coordinate, Key, Measure, SLOPE_AT_ZERO};
use std::collections::BTreeMap;

/// The number of a cell for which a column is blank.
pub const BLANK: u64 = u64::MAX;

/// The columns of numbers that every picture needs: trajectories, the independent draws behind a share of them, those that theory
/// predicts to be zero, to have any other fate and is silent about, and audited ones whose fate differs in f64, and is zero in one of the
/// two alone.
pub const ALWAYS: [&str; 7] = [
    "trajectories",
    "draws",
    "predicted_zero",
    "predicted_other",
    "predicted_silent",
    "audit_differs",
    "audit_differs_zero",
];

/// A sweep's cells, as far as pictures need them.
#[derive(Clone, Debug, Default)]
pub struct MapTable {
    /// The roles that have several alternatives, and all numeric coordinates.
    pub columns: Vec<MapColumn>,
    /// What tells which penalty it is, where that is one value.
    pub shapes: Vec<Shape>,
    /// Numbers of each cell by their column's name; [`BLANK`] where there is none.
    numbers: BTreeMap<String, Vec<u64>>,
    rows: usize,
}

/// The only value that a parameter has of one kind of penalty.
#[derive(Clone, Debug)]
pub struct Shape {
    pub kind: &'static str,
    /// `penalty.k`
    pub path: String,
    pub value: f32,
}

/// One coordinate of the table.
#[derive(Clone, Debug, Default)]
pub struct MapColumn {
    /// Path of a parameter (`penalty.lambda`) or a role (`optimizer`).
    pub name: String,
    /// What it is, in words, where all alternatives agree.
    pub meaning: Option<&'static str>,
    /// Whether the values grow by a constant factor, so that the axis is logarithmic.
    pub geometric: bool,
    /// Whether another column decides its values, so that no map is chosen by it.
    pub follows: bool,
    /// Its distinct values in the order of the spec.
    pub keys: Vec<Key>,
    /// For each cell the place of its value among the keys.
    pub codes: Vec<u32>,
    places: BTreeMap<Key, u32>,
}

impl MapColumn {
    /// A column without a cell.
    pub fn new(name: &str, geometric: bool, follows: bool) -> MapColumn {
        MapColumn { name: name.to_owned(), geometric, follows, ..MapColumn::default() }
    }

    /// The place of a value among the keys, if it has it.
    pub fn place_of(&self, key: Key) -> Option<u32> {
        self.places.get(&key).copied()
    }

    /// The place of a value, which is added if it is new.
    fn place(&mut self, key: Key) -> u32 {
        let next = self.keys.len() as u32;
        let place = *self.places.entry(key).or_insert(next);
        if place == next {
            self.keys.push(key);
        }
        place
    }
}

impl MapTable {
    /// A table without a cell, with the columns of numbers that are `wanted` beside those that every picture needs.
    pub fn new(columns: Vec<MapColumn>, shapes: Vec<Shape>, wanted: &[Measure]) -> MapTable {
        let names = ALWAYS.map(str::to_owned).into_iter().chain(wanted.iter().flat_map(|measure| measure.columns()));
        MapTable { columns, shapes, numbers: names.map(|name| (name, Vec::new())).collect(), rows: 0 }
    }

    /// A table for the cells of `plan`, which knows all values of its columns.
    fn of(plan: &Plan, wanted: &[Measure]) -> MapTable {
        let named = named(plan);
        let named_kinds = |section: &Section| {
            let Kernel { problem, penalty, optimizer, .. } = section.kernel;
            kinds(problem, penalty, named(optimizer))
        };
        let first = named_kinds(&plan.sections[0]);
        let varies = |role: &usize| plan.sections.iter().any(|section| named_kinds(section)[*role] != first[*role]);
        let mut columns = Vec::new();
        for role in (0..3).filter(varies) {
            let mut column = MapColumn::new(first[role].0, false, false);
            for section in &plan.sections {
                let place = column.place(Key::Text(named_kinds(section)[role].1));
                // Tables and specs name the whole of an optimizer.
                let Kernel { problem, penalty, optimizer, .. } = section.kernel;
                column.places.insert(Key::Text(kinds(problem, penalty, optimizer)[role].1), place);
            }
            columns.push(column);
        }
        for Coordinate { path, geometric, follows } in &plan.coordinates {
            let mut column = MapColumn { meaning: meaning(plan, path), ..MapColumn::new(path, *geometric, *follows) };
            // Sections share their tables.
            let mut known: Vec<*const f32> = Vec::new();
            for section in &plan.sections {
                match section.grid.slot(path).filter(|slot| !slot.pooled) {
                    Some(slot) if known.contains(&slot.values.as_ptr()) => {}
                    Some(slot) => {
                        known.push(slot.values.as_ptr());
                        slot.values.iter().for_each(|value| _ = column.place(Key::Number(*value)));
                    }
                    None => _ = column.place(Key::Absent),
                }
            }
            columns.push(column);
        }
        MapTable::new(columns, shapes(plan), wanted)
    }

    /// Adds a cell: a key a column, and its numbers by name; those that are not given are blank.
    pub fn push(&mut self, keys: &[Key], numbers: &[(&str, u64)]) {
        for (column, key) in self.columns.iter_mut().zip(keys) {
            let place = column.place(*key);
            column.codes.push(place);
        }
        for (name, values) in &mut self.numbers {
            values.push(numbers.iter().find(|(own, _)| own == name).map_or(BLANK, |(_, value)| *value));
        }
        self.rows += 1;
    }

    /// How many cells it holds.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The numbers of a column, a cell after the other; none where the table lacks it.
    pub fn numbers(&self, name: &str) -> &[u64] {
        self.numbers.get(name).map_or(&[], Vec::as_slice)
    }

    /// The place of the column of that name.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }

    /// The key that a cell has on a column; absent where there is no such column.
    pub fn key(&self, row: usize, column: Option<usize>) -> Key {
        column.map_or(Key::Absent, |column| self.columns[column].keys[self.columns[column].codes[row] as usize])
    }
}

/// What a coordinate is, in words, where all that have it agree.
fn meaning(plan: &Plan, path: &str) -> Option<&'static str> {
    match path {
        "start.w" => return Some("starting weight"),
        SLOPE_AT_ZERO => return Some("slope of the loss at 0"),
        _ => {}
    }
    let mut all = plan.sections.iter().filter_map(|section| section.kernel.meaning(path));
    let first = all.next()?;
    all.all(|other| other == first).then_some(first)
}

/// What tells which penalty it is and has one value, kind by kind.
fn shapes(plan: &Plan) -> Vec<Shape> {
    let mut found: Vec<(Shape, bool)> = Vec::new();
    for section in &plan.sections {
        let kind = section.kernel.penalty.member.kind;
        for slot in section.grid.slots.iter().filter(|slot| slot.shapes) {
            let shape = Shape { kind, path: slot.path.clone(), value: slot.values[0] };
            let known = found.iter().position(|(own, _)| own.kind == kind && own.path == slot.path);
            let place = known.unwrap_or(found.len());
            found.extend(known.is_none().then_some((shape, true)));
            let (first, is_single) = &mut found[place];
            *is_single &= slot.values.iter().all(|value| *value == first.value);
        }
    }
    found.into_iter().filter(|(_, is_single)| *is_single).map(|(shape, _)| shape).collect()
}
