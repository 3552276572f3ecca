//! cells.csv, read back.

use super::{BLANK, MapTable};
use crate::output::caption::named;
use crate::plan::{Cell, Plan, kinds};
use crate::spec::{Key, Measure, Only, column};
use crate::verdict::Fate;
use csv::{ByteRecord, Reader, ReaderBuilder};
use memchr::{memchr, memrchr};
use rayon::prelude::*;
use std::io::{self, Read};

/// Bytes that are read and taken apart together.
const BLOCK: usize = 16 << 20;

/// Parts of a block, each the work of one thread.
const PARTS: usize = 8;

/// Why a table of cells cannot be drawn from.
#[derive(Debug, thiserror::Error)]
pub enum CellsError {
    #[error("cannot read the table of cells: {0}")]
    Unreadable(#[from] io::Error),
    #[error("the table of cells has no column `{0}`; this version of zerosweep writes one: run the sweep again")]
    NoColumn(String),
    #[error("line {line} of the table of cells says `{found}` in the column `{column}`, and {allowed}")]
    Value { line: u64, column: String, found: String, allowed: &'static str },
    #[error("line {line} of the table of cells is damaged: {source}")]
    Line { line: u64, source: csv::Error },
    #[error("the table has {found} cells, and this sweep has {cells}, in another order: it is of another spec")]
    OtherCells { found: u64, cells: u64 },
}

impl MapTable {
    /// Reads a table of cells of `plan`, those alone that have the values of `only`; what `wanted` follows from comes with them. A cell that
    /// has no line was not run: it has no trajectories.
    ///
    /// # Errors
    /// Where `input` cannot be read, lacks a column or holds what no cell of this plan has.
    pub fn read(plan: &Plan, only: &[Only], wanted: &[Measure], mut input: impl Read) -> Result<MapTable, CellsError> {
        let mut table = MapTable::of(plan, wanted);
        let mut block = Vec::new();
        let mut lines = 0;
        let mut columns = None;
        loop {
            let held = block.len();
            let ended = input.by_ref().take((BLOCK - held) as u64).read_to_end(&mut block)? + held < BLOCK;
            let whole = if ended { block.len() } else { 1 + memrchr(b'\n', &block).unwrap_or(held) };
            let mut text = &block[..whole];
            if columns.is_none() {
                let (header, rest) = text.split_at(memchr(b'\n', text).map_or(text.len(), |end| end + 1));
                columns = Some(Columns::of(header, &table, only)?);
                text = rest;
            }
            let columns = columns.as_ref().expect("the header was just read");
            let parts: Vec<Part> =
                split(text).into_par_iter().map(|text| columns.part(text, &table)).collect::<Result<_, _>>().map_err(
                    // Lines are counted from 1, and the header is the first.
                    |(line, error): (u64, Wrong)| error.at(lines + line + 2),
                )?;
            for part in parts {
                lines += part.lines;
                table.append(part);
            }
            if ended {
                break;
            }
            block.drain(..whole);
        }
        if lines < plan.cells {
            return table.with_gaps(plan, only, lines);
        }
        if lines > plan.cells { Err(CellsError::OtherCells { found: lines, cells: plan.cells }) } else { Ok(table) }
    }

    fn append(&mut self, part: Part) {
        self.columns.iter_mut().zip(part.codes).for_each(|(column, mut codes)| column.codes.append(&mut codes));
        self.numbers.values_mut().zip(part.numbers).for_each(|(column, mut numbers)| column.append(&mut numbers));
        self.rows += part.rows;
    }

    /// The same with a cell without trajectories for each that has no line.
    fn with_gaps(self, plan: &Plan, only: &[Only], lines: u64) -> Result<MapTable, CellsError> {
        let named = named(plan);
        let codes_of = |cell: &Cell| -> Vec<u32> {
            let kinds = kinds(cell.problem, cell.penalty, named(cell.optimizer));
            let key = |name: &str| match kinds.iter().find(|(role, _)| *role == name) {
                Some((_, kind)) => Key::Text(kind),
                None => coordinate(plan, cell, name),
            };
            self.columns.iter().map(|column| column.places[&key(&column.name)]).collect()
        };
        let is_wanted = |cell: &Cell| {
            let kinds = cell.kinds();
            only.iter().all(|only| {
                let kind = kinds.iter().find(|(role, _)| *role == only.name);
                let key = kind.map_or_else(|| coordinate(plan, cell, &only.name), |(_, kind)| Key::Text(kind));
                only.keys.contains(&key)
            })
        };
        let mut filled = MapTable { rows: 0, ..self.clone() };
        filled.columns.iter_mut().for_each(|column| column.codes.clear());
        filled.numbers.values_mut().for_each(Vec::clear);
        let mut next = 0;
        for cell in (0..plan.cells).map(|cell| plan.cell(cell)).filter(is_wanted) {
            let codes = codes_of(&cell);
            let is_there = next < self.rows && self.columns.iter().zip(&codes).all(|(own, code)| own.codes[next] == *code);
            filled.columns.iter_mut().zip(&codes).for_each(|(column, code)| column.codes.push(*code));
            for ((name, column), own) in filled.numbers.iter_mut().zip(self.numbers.values()) {
                let missing = if name == "trajectories" { 0 } else { BLANK };
                column.push(if is_there { own[next] } else { missing });
            }
            filled.rows += 1;
            next += usize::from(is_there);
        }
        let of_other = CellsError::OtherCells { found: lines, cells: plan.cells };
        if next == self.rows { Ok(filled) } else { Err(of_other) }
    }
}

fn coordinate(plan: &Plan, cell: &Cell, path: &str) -> Key {
    let place = plan.coordinates.iter().position(|coordinate| coordinate.path == path);
    place.and_then(|place| cell.coordinates[place]).map_or(Key::Absent, Key::Number)
}

/// Pieces of about the same length, each of whole lines.
fn split(text: &[u8]) -> Vec<&[u8]> {
    let mut parts = Vec::new();
    let mut rest = text;
    for left in (1..=PARTS).rev() {
        let about = rest.len() / left;
        let end = memchr(b'\n', &rest[about..]).map_or(rest.len(), |end| about + end + 1);
        let (part, after) = rest.split_at(end);
        parts.push(part);
        rest = after;
    }
    parts
}

/// Cells of one piece of the table.
#[derive(Default)]
struct Part {
    /// As those of the table's columns.
    codes: Vec<Vec<u32>>,
    numbers: Vec<Vec<u64>>,
    /// Those that are wanted.
    rows: usize,
    lines: u64,
}

/// What is wrong with a line.
enum Wrong {
    Line(csv::Error),
    Value { column: String, found: String, allowed: &'static str },
}

impl Wrong {
    fn at(self, line: u64) -> CellsError {
        match self {
            Wrong::Line(source) => CellsError::Line { line, source },
            Wrong::Value { column, found, allowed } => CellsError::Value { line, column, found, allowed },
        }
    }
}

/// Where a line has what.
struct Columns {
    /// For each of the table's columns: its place in a line and, where it is a role, the place of each kind among the keys.
    keys: Vec<(usize, Option<Vec<(&'static str, u32)>>)>,
    /// For each of the table's columns of numbers its place in a line; whether it holds the names of fates.
    numbers: Vec<(usize, bool)>,
    /// For each condition its place in a line and what it allows.
    only: Vec<(usize, Vec<Key>)>,
    names: Vec<String>,
}

impl Columns {
    fn of(header: &[u8], table: &MapTable, only: &[Only]) -> Result<Columns, CellsError> {
        let damaged = |source| CellsError::Line { line: 1, source };
        let record = reader(header).byte_records().next().transpose().map_err(damaged)?.unwrap_or_default();
        let names: Vec<String> = record.iter().map(|name| String::from_utf8_lossy(name).into_owned()).collect();
        let place = |name: &str| {
            let found = names.iter().position(|own| own == column(name));
            found.ok_or_else(|| CellsError::NoColumn(column(name).to_owned()))
        };
        let keys = table.columns.iter().map(|own| {
            let kinds = own.places.iter().filter_map(|(key, code)| Some((key.text()?, *code)));
            let kinds: Vec<(&'static str, u32)> = kinds.collect();
            Ok((place(&own.name)?, (!kinds.is_empty()).then_some(kinds)))
        });
        let keys = keys.collect::<Result<_, CellsError>>()?;
        let numbers = table.numbers.keys().map(|name| Ok((place(name)?, name == "predicted_fate")));
        let numbers = numbers.collect::<Result<_, CellsError>>()?;
        let only = only.iter().map(|only| Ok((place(&only.name)?, only.keys.clone())));
        let only = only.collect::<Result<_, CellsError>>()?;
        Ok(Columns { keys, numbers, only, names })
    }

    /// Takes lines apart; an error comes with the number of its line, from 0.
    fn part(&self, text: &[u8], table: &MapTable) -> Result<Part, (u64, Wrong)> {
        let mut part = Part {
            codes: vec![Vec::new(); self.keys.len()],
            numbers: vec![Vec::new(); self.numbers.len()],
            ..Part::default()
        };
        let mut reader = reader(text);
        let mut record = ByteRecord::new();
        while reader.read_byte_record(&mut record).map_err(|source| (part.lines, Wrong::Line(source)))? {
            let line = part.lines;
            self.add(&record, table, &mut part).map_err(|wrong| (line, wrong))?;
            part.lines += 1;
        }
        Ok(part)
    }

    fn add(&self, record: &ByteRecord, table: &MapTable, part: &mut Part) -> Result<(), Wrong> {
        let field = |place: usize| record.get(place).unwrap_or_default();
        let wrong = |place: usize, allowed| Wrong::Value {
            column: self.names[place].clone(),
            found: String::from_utf8_lossy(field(place)).into_owned(),
            allowed,
        };
        for (place, keys) in &self.only {
            let is = |key: &Key| match key {
                Key::Text(text) => text.as_bytes() == field(*place),
                key => number(field(*place)).is_some_and(|own| own == *key),
            };
            if !keys.iter().any(is) {
                return Ok(());
            }
        }
        for (((place, kinds), column), codes) in self.keys.iter().zip(&table.columns).zip(&mut part.codes) {
            let own = field(*place);
            let code = match kinds {
                Some(kinds) => kinds.iter().find(|(kind, _)| kind.as_bytes() == own).map(|(_, code)| *code),
                None => number(own).and_then(|key| column.places.get(&key).copied()),
            };
            codes.push(code.ok_or_else(|| wrong(*place, "no cell of this spec has that"))?);
        }
        for ((place, is_fate), values) in self.numbers.iter().zip(&mut part.numbers) {
            let value = match field(*place) {
                b"" => Some(BLANK),
                name if *is_fate => Fate::NAMES.iter().position(|own| own.as_bytes() == name).map(|at| at as u64),
                digits => whole(digits),
            };
            values.push(value.ok_or_else(|| wrong(*place, "a count or a step belongs there"))?);
        }
        part.rows += 1;
        Ok(())
    }
}

fn reader(text: &[u8]) -> Reader<&[u8]> {
    ReaderBuilder::new().has_headers(false).from_reader(text)
}

/// The value of a coordinate; absent where the field is blank.
fn number(field: &[u8]) -> Option<Key> {
    if field.is_empty() {
        return Some(Key::Absent);
    }
    std::str::from_utf8(field).ok()?.parse().ok().map(Key::Number)
}

/// A whole number of at most 18 digits.
fn whole(digits: &[u8]) -> Option<u64> {
    let add = |sum: u64, digit: &u8| digit.is_ascii_digit().then(|| 10 * sum + u64::from(digit - b'0'));
    if digits.len() > 18 { None } else { digits.iter().try_fold(0, add) }
}
