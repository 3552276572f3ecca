//! cells.csv, read back.

use super::{MapColumn, MapTable, Numbers, fill};
use crate::output::caption::named;
use crate::plan::{Cell, Plan, kinds};
use crate::spec::{Key, Measure, Only, Refine, column};
use crate::verdict::Fate;
use csv::{ByteRecord, Reader, ReaderBuilder};
use memchr::{memchr, memrchr};
use rayon::prelude::*;
use std::cmp::Ordering;
use std::io::{self, Read};

/// Bytes that are read and taken apart together.
const BLOCK: usize = 16 << 20;

/// Parts of a block, each the work of one thread.
const PARTS: usize = 8;

/// Characters of a field that an error shows.
const LONGEST: usize = 60;

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
    #[error("the table has {found} cells, and this sweep has {cells}: some are missing; run the sweep again")]
    TooFew { found: u64, cells: u64 },
    #[error("the table has {found} cells, and this sweep has {cells}, in another order: it is of another spec")]
    OtherCells { found: u64, cells: u64 },
    #[error(
        "line {line} of the table of cells is not of the cell that the sweep has there; put the lines into the order of the run, or run it again"
    )]
    Order { line: usize },
    #[error("line {line} of the table of cells has {found} fates for {trajectories} trajectories; run the sweep again")]
    Sum { line: usize, found: u64, trajectories: u64 },
    #[error(
        "line {line} of the table of cells does not stand for the cells that it says, with the others; run the sweep again"
    )]
    Standing { line: usize },
}

impl MapTable {
    /// Reads a table of cells of `plan`, those alone that have the values of `only`; what `wanted` follows from comes with them. Where
    /// the sweep is not whole, a cell that has no line was not run: it has no trajectories. Where it was refined, a line stands for
    /// other cells, too.
    ///
    /// # Errors
    /// Where `input` cannot be read, lacks a column or holds what no cell of this plan has.
    pub fn read(
        plan: &Plan,
        refine: Option<&Refine>,
        is_whole: bool,
        only: &[Only],
        wanted: &[Measure],
        input: impl Read + Send,
    ) -> Result<MapTable, CellsError> {
        let mut table = MapTable::of(plan, wanted);
        let Some(refine) = refine else {
            let lines = table.read_lines(only, input)?;
            return match lines.cmp(&plan.cells) {
                Ordering::Less if is_whole => Err(CellsError::TooFew { found: lines, cells: plan.cells }),
                Ordering::Less => table.with_gaps(plan, only, lines),
                Ordering::Equal => Ok(table),
                Ordering::Greater => Err(CellsError::OtherCells { found: lines, cells: plan.cells }),
            };
        };
        table.numbers.extend(fill::columns(refine).into_iter().map(|name| (name, Numbers::default())));
        table.read_lines(&[], input)?;
        table.filled(plan, refine, only)
    }

    /// Adds the lines of `input` that have the values of `only`; gives how many there are in all.
    fn read_lines(&mut self, only: &[Only], mut input: impl Read + Send) -> Result<u64, CellsError> {
        let mut block = Vec::new();
        let mut ended = fill(&mut block, &mut input)?;
        let header = memchr(b'\n', &block).map_or(block.len(), |end| end + 1);
        let columns = Columns::of(&block[..header], self, only)?;
        block.drain(..header);
        let mut lines = 0;
        loop {
            let whole = if ended { block.len() } else { memrchr(b'\n', &block).map_or(0, |end| end + 1) };
            let mut next = block[whole..].to_vec();
            let take_apart = || split(&block[..whole]).into_par_iter().map(|text| columns.part(text, self)).collect();
            let (parts, filled): (Vec<Result<Part, (u64, Wrong)>>, _) =
                rayon::join(take_apart, || if ended { Ok(true) } else { fill(&mut next, &mut input) });
            // Lines are counted from 1, and the header is the first.
            for part in parts {
                let part = part.map_err(|(line, wrong)| wrong.at(lines + line + 2))?;
                lines += part.lines;
                self.append(part);
            }
            if ended {
                return Ok(lines);
            }
            (block, ended) = (next, filled?);
        }
    }

    fn append(&mut self, part: Part) {
        self.columns.iter_mut().zip(part.codes).for_each(|(column, mut codes)| column.codes.append(&mut codes));
        self.numbers.values_mut().zip(part.numbers).for_each(|(column, numbers)| column.append(numbers));
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
        let is_wanted = |cell: &Cell| only.iter().all(|only| only.keys.contains(&key_of(plan, cell, &only.name)));
        let mut filled = MapTable { rows: 0, ..self.clone() };
        filled.columns.iter_mut().for_each(|column| column.codes.clear());
        filled.numbers.values_mut().for_each(|numbers| *numbers = Numbers::default());
        let mut next = 0;
        for cell in (0..plan.cells).map(|cell| plan.cell(cell)).filter(is_wanted) {
            let codes = codes_of(&cell);
            let is_there =
                next < self.rows && self.columns.iter().zip(&codes).all(|(own, code)| own.codes[next] == *code);
            filled.columns.iter_mut().zip(&codes).for_each(|(column, code)| column.codes.push(*code));
            for ((name, column), own) in filled.numbers.iter_mut().zip(self.numbers.values()) {
                let missing = (name == "trajectories").then_some(0);
                column.push(if is_there { own.get(next) } else { missing });
            }
            filled.rows += 1;
            next += usize::from(is_there);
        }
        let of_other = CellsError::OtherCells { found: lines, cells: plan.cells };
        if next == self.rows { Ok(filled) } else { Err(of_other) }
    }
}

/// Reads on until there is a whole block; whether that is the end.
fn fill(block: &mut Vec<u8>, input: &mut impl Read) -> io::Result<bool> {
    block.reserve(BLOCK);
    let read = input.by_ref().take(BLOCK as u64).read_to_end(block)?;
    Ok(read < BLOCK)
}

/// What a cell has of a role or of a path.
pub fn key_of(plan: &Plan, cell: &Cell, name: &str) -> Key {
    let kinds = cell.kinds();
    let kind = kinds.iter().find(|(role, _)| *role == name);
    kind.map_or_else(|| coordinate(plan, cell, name), |(_, kind)| Key::Text(kind))
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
    numbers: Vec<Numbers>,
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
    /// The places in a line of the table's columns.
    keys: Vec<usize>,
    /// The texts of each column's keys, by code.
    texts: Vec<Vec<String>>,
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
        let keys = table.columns.iter().map(|own| place(&own.name)).collect::<Result<_, CellsError>>()?;
        let texts = table.columns.iter().map(|own| own.keys.iter().map(Key::to_string).collect()).collect();
        let numbers = table.numbers.keys().map(|name| Ok((place(name)?, name == "predicted_fate")));
        let numbers = numbers.collect::<Result<_, CellsError>>()?;
        let only = only.iter().map(|only| Ok((place(&only.name)?, only.keys.clone())));
        let only = only.collect::<Result<_, CellsError>>()?;
        Ok(Columns { keys, texts, numbers, only, names })
    }

    /// Takes lines apart; an error comes with the number of its line, from 0.
    fn part(&self, text: &[u8], table: &MapTable) -> Result<Part, (u64, Wrong)> {
        let mut part = Part {
            codes: vec![Vec::new(); self.keys.len()],
            numbers: vec![Numbers::default(); self.numbers.len()],
            ..Part::default()
        };
        if memchr(b'"', text).is_some() {
            let mut reader = reader(text);
            let mut record = ByteRecord::new();
            while reader.read_byte_record(&mut record).map_err(|source| (part.lines, Wrong::Line(source)))? {
                self.add(|place| record.get(place).unwrap_or_default(), table, &mut part)?;
            }
            return Ok(part);
        }
        // Without a quote in it a line is what stands between commas.
        let mut ends: Vec<usize> = Vec::with_capacity(self.names.len());
        let mut from = 0;
        let mut end_field = |at: usize| {
            ends.push(at);
            if text.get(at) == Some(&b',') {
                return Ok(());
            }
            let field = |place: usize| {
                let Some(end) = ends.get(place) else { return &[][..] };
                let field = &text[if place == 0 { from } else { ends[place - 1] + 1 }..*end];
                if *end == at { field.strip_suffix(b"\r").unwrap_or(field) } else { field }
            };
            let is_blank = ends.len() == 1 && field(0).is_empty();
            let added = if is_blank { Ok(()) } else { self.add(field, table, &mut part) };
            ends.clear();
            from = at + 1;
            added
        };
        separators(text, &mut end_field)?;
        if text.last().is_some_and(|last| *last != b'\n') {
            end_field(text.len())?;
        }
        Ok(part)
    }

    /// Adds a line, which has a field at each place, to `part`.
    fn add<'t>(
        &self,
        field: impl Fn(usize) -> &'t [u8],
        table: &MapTable,
        part: &mut Part,
    ) -> Result<(), (u64, Wrong)> {
        let line = part.lines;
        let wrong = |place: usize, allowed| {
            let found = String::from_utf8_lossy(field(place)).chars().take(LONGEST).collect();
            let column = self.names[place].clone();
            (line, Wrong::Value { column, found, allowed })
        };
        part.lines += 1;
        for (place, keys) in &self.only {
            let is = |key: &Key| match key {
                Key::Text(text) => text.as_bytes() == field(*place),
                key => number(field(*place)).is_some_and(|own| own == *key),
            };
            if !keys.iter().any(is) {
                return Ok(());
            }
        }
        let columns = self.keys.iter().zip(&self.texts).zip(&table.columns);
        for (((place, texts), column), codes) in columns.zip(&mut part.codes) {
            let code = code(field(*place), texts, column, codes.last().copied().unwrap_or_default());
            codes.push(code.ok_or_else(|| wrong(*place, "no cell of this spec has that"))?);
        }
        for ((place, is_fate), values) in self.numbers.iter().zip(&mut part.numbers) {
            let value = match field(*place) {
                b"" => Ok(None),
                name if *is_fate => match Fate::NAMES.iter().position(|own| own.as_bytes() == name) {
                    Some(fate) => Ok(Some(fate as u64)),
                    None => Err(()),
                },
                digits => whole(digits).map(Some).ok_or(()),
            };
            let allowed = if *is_fate { "a fate belongs there" } else { "a count or a step belongs there" };
            values.push(value.map_err(|()| wrong(*place, allowed))?);
        }
        part.rows += 1;
        Ok(())
    }
}

/// Calls `each` with the place of every comma and line end: 64 bytes are looked at together, as fields are a few bytes long.
fn separators<E>(text: &[u8], each: &mut impl FnMut(usize) -> Result<(), E>) -> Result<(), E> {
    for (number, bytes) in text.chunks(64).enumerate() {
        let mut marks = [0; 64];
        marks.iter_mut().zip(bytes).for_each(|(mark, byte)| *mark = u8::from(matches!(byte, b',' | b'\n')));
        let mut bits = marks.chunks_exact(8).enumerate().fold(0, |bits, (place, eight)| {
            // The product brings the lowest bit of byte k to bit k of the highest byte, and no sum carries into that.
            let eight = u64::from_le_bytes(eight.try_into().expect("eight bytes"));
            bits | (eight.wrapping_mul(0x0102_0408_1020_4080) >> 56) << (8 * place)
        });
        while bits != 0 {
            each(64 * number + bits.trailing_zeros() as usize)?;
            bits &= bits - 1;
        }
    }
    Ok(())
}

/// The code of a key: cells stand in such an order that it is that of the cell before, or the next.
fn code(field: &[u8], texts: &[String], column: &MapColumn, before: u32) -> Option<u32> {
    let next = if before as usize + 1 < texts.len() { before + 1 } else { 0 };
    if let Some(code) = [before, next].into_iter().find(|code| texts[*code as usize].as_bytes() == field) {
        return Some(code);
    }
    let as_number = number(field).and_then(|key| column.place_of(key));
    let is_it = |key: &Key| key.text().is_some_and(|text| text.as_bytes() == field);
    as_number.or_else(|| column.places.iter().find(|(key, _)| is_it(key)).map(|(_, code)| *code))
}

fn reader(text: &[u8]) -> Reader<&[u8]> {
    ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text)
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
