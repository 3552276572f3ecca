//! A sweep's cells, column by column, as far as pictures need them.

mod fill;
mod read;

pub use read::CellsError;
pub(super) use read::key_of;

use crate::kernel::Kernel;
use crate::output::caption::named;
use crate::plan::{Plan, Section, kinds};
use crate::spec::{Coordinate, Key, Measure, SLOPE_AT_ZERO};
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

/// A column of numbers, blank for some cells: most are small, and a sweep may have millions.
#[derive(Clone, Debug, Default)]
pub struct Numbers {
    small: Vec<u32>,
    /// Those that are not, by cell.
    large: BTreeMap<usize, u64>,
    /// Where cells stand for others: these are then the numbers of rows.
    fill: Option<Arc<Fill>>,
    /// Whether they hold of cells alone that were run.
    of_runs: bool,
}

/// The cells of a table of which some were not run.
#[derive(Debug, Default)]
struct Fill {
    /// The row that stands for each cell.
    rows: Vec<u32>,
    /// Whether that is its own.
    is_run: Vec<bool>,
}

/// What stands for a blank, and for a number that is kept elsewhere.
const BLANK: u32 = u32::MAX;
const LARGE: u32 = u32::MAX - 1;

impl Numbers {
    /// Adds the number of the next cell.
    fn push(&mut self, number: Option<u64>) {
        self.small.push(match number {
            None => BLANK,
            Some(number) if number < u64::from(LARGE) => number as u32,
            Some(number) => {
                self.large.insert(self.small.len(), number);
                LARGE
            }
        });
    }

    /// Adds the cells of `other`.
    fn append(&mut self, mut other: Numbers) {
        let before = self.small.len();
        self.small.append(&mut other.small);
        self.large.extend(other.large.into_iter().map(|(cell, number)| (before + cell, number)));
    }

    /// The number of a cell that is not whole ([`bits`]); `None` where it is blank.
    pub fn value(&self, cell: usize) -> Option<f32> {
        self.get(cell).map(|bits| f32::from_bits(bits as u32))
    }

    /// The number of a cell; `None` where it is blank, or the table lacks the column.
    pub fn get(&self, cell: usize) -> Option<u64> {
        let row = match &self.fill {
            None => cell,
            Some(fill) if self.of_runs && !*fill.is_run.get(cell)? => return None,
            Some(fill) => *fill.rows.get(cell)? as usize,
        };
        match *self.small.get(row)? {
            BLANK => None,
            LARGE => self.large.get(&row).copied(),
            number => Some(number.into()),
        }
    }
}

/// A number that is not whole, as a column keeps it.
pub fn bits(value: f32) -> u64 {
    value.to_bits().into()
}

/// A sweep's cells, as far as pictures need them.
#[derive(Clone, Debug, Default)]
pub struct MapTable {
    /// The roles that have several alternatives, and all numeric coordinates.
    pub columns: Vec<MapColumn>,
    /// What tells which penalty it is, where that is one value.
    pub shapes: Vec<Shape>,
    /// Numbers of each cell by their column's name.
    numbers: BTreeMap<String, Numbers>,
    rows: usize,
    run: Option<Run>,
}

/// What was run, where not all cells were.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    pub cells: usize,
    /// Those of them that stand for several although a neighbour differs.
    pub uncut: usize,
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
    /// A table without a cell, with the columns of numbers that are `wanted`.
    pub fn new(columns: Vec<MapColumn>, shapes: Vec<Shape>, wanted: &[Measure]) -> MapTable {
        let names = wanted.iter().flat_map(|measure| measure.columns()).chain(["trajectories".to_owned()]);
        let numbers = names.map(|name| (name, Numbers::default())).collect();
        MapTable { columns, shapes, numbers, ..MapTable::default() }
    }

    /// A table for the cells of `plan`, which knows all values of its columns.
    pub(super) fn of(plan: &Plan, wanted: &[Measure]) -> MapTable {
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
            values.push(numbers.iter().find(|(own, _)| own == name).map(|(_, value)| *value));
        }
        self.rows += 1;
    }

    /// What was run, where that stands for the rest.
    pub fn run(&self) -> Option<Run> {
        self.run
    }

    /// How many cells it holds.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The numbers of a column; none where the table lacks it.
    pub fn numbers(&self, name: &str) -> &Numbers {
        const NONE: &Numbers = &Numbers { small: Vec::new(), large: BTreeMap::new(), fill: None, of_runs: false };
        self.numbers.get(name).unwrap_or(NONE)
    }

    /// The place of the column of that name.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }

    /// How many combinations of values rows have in these columns, as far as they are there.
    pub fn combinations(&self, names: &[String]) -> usize {
        let columns: Vec<&MapColumn> =
            names.iter().filter_map(|name| Some(&self.columns[self.column(name)?])).collect();
        let of_row = |row: usize| columns.iter().map(|column| column.codes[row]).collect::<Vec<u32>>();
        (0..self.rows).map(of_row).collect::<HashSet<Vec<u32>>>().len()
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
