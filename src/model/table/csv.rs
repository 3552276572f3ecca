//! A table from a CSV file.

use super::{Content, NO_NUMBER, NOT_FINITE, Place, TableError, TableFile, shown};
use std::io::{self, Read};
use std::path::Path;

/// What the parser is given after the text: of a record that takes all of it, a quote is open.
const TAIL: &[u8] = b"\n\n";

const A_WORD: &str =
    "is no number; write classes and categories as 0 and 1, a column each, or drop the row or the column";
const WITH_COMMAS: &str = "is no number; write it without commas, and decimals after a point";

impl TableFile {
    /// The values of these columns in the text of a CSV file.
    pub(super) fn read_csv(&self, text: &str, columns: &[usize]) -> Result<Vec<Vec<f64>>, TableError> {
        let mut values = vec![Vec::new(); columns.len()];
        self.each_row(text, |row| {
            for (values, &column) in values.iter_mut().zip(columns) {
                let cell = row.cell(column);
                values.push(number(cell).ok_or_else(|| self.cell(row.place(), column, shown(cell), wrong(cell)))?);
            }
            Ok(())
        })?;
        Ok(values)
    }

    /// Gives `read` each row of the text of a CSV file; there is one at the least.
    pub(super) fn each_row(
        &self,
        text: &str,
        mut read: impl FnMut(Row) -> Result<(), TableError>,
    ) -> Result<(), TableError> {
        let mut rows = Rows::new(&self.path, text, b',');
        rows.advance()?;
        let mut number = 0;
        while rows.advance()? {
            number += 1;
            self.check_rows(number)?;
            let row = Row { rows: &rows, number };
            let (found, expected) = (rows.record.len(), self.names.len());
            if found != expected {
                return Err(TableError::Ragged { path: self.path.clone(), place: row.place(), found, expected });
            }
            read(row)?;
        }
        self.check_rows(number)
    }
}

/// A row of the table.
pub(super) struct Row<'a> {
    rows: &'a Rows<'a>,
    number: usize,
}

impl Row<'_> {
    /// The cell of a column, without spaces and quotes around it.
    pub(super) fn cell(&self, column: usize) -> &str {
        bare(&self.rows.record[column])
    }

    /// Where it is; its line takes a look at all before it.
    pub(super) fn place(&self) -> Place {
        Place { row: self.number, line: Some(self.rows.line()) }
    }
}

/// The names of the columns, and the text.
pub(super) fn open(path: &Path, bytes: Vec<u8>) -> Result<(Vec<String>, Content), TableError> {
    let text = String::from_utf8(bytes).map_err(|error| {
        let line = line(&error.as_bytes()[..error.utf8_error().valid_up_to()]);
        TableError::NotUtf8 { path: path.to_owned(), line }
    })?;
    let names = first_line(path, &text, b',')?;
    if names.len() == 1 {
        for (byte, separator) in [(b';', "semicolons"), (b'\t', "tabs")] {
            if first_line(path, &text, byte)?.len() > 1 {
                return Err(TableError::Separator { path: path.to_owned(), separator });
            }
        }
    }
    if !names.is_empty() && names.iter().all(|name| number(name).is_some()) {
        return Err(TableError::NoNames { path: path.to_owned() });
    }
    Ok((names, Content::Csv(text)))
}

fn first_line(path: &Path, text: &str, separator: u8) -> Result<Vec<String>, TableError> {
    let mut rows = Rows::new(path, text, separator);
    rows.advance()?;
    Ok(rows.record.iter().map(|name| bare(name).to_owned()).collect())
}

/// The records of a CSV text, the names among them.
pub(super) struct Rows<'a> {
    path: &'a Path,
    text: &'a str,
    reader: csv::Reader<io::Chain<&'a [u8], &'a [u8]>>,
    record: csv::StringRecord,
}

impl<'a> Rows<'a> {
    fn new(path: &'a Path, text: &'a str, separator: u8) -> Rows<'a> {
        let mut builder = csv::ReaderBuilder::new();
        builder.has_headers(false).flexible(true).delimiter(separator);
        let reader = builder.from_reader(text.as_bytes().chain(TAIL));
        Rows { path, text, reader, record: csv::StringRecord::new() }
    }

    /// Goes to the next record that is no blank line; `false` where there is none.
    fn advance(&mut self) -> Result<bool, TableError> {
        loop {
            let read = self.reader.read_record(&mut self.record);
            if !read.map_err(|error| TableError::Unreadable { path: self.path.to_owned(), source: error.into() })? {
                return Ok(false);
            }
            if self.reader.position().byte() as usize == self.text.len() + TAIL.len() {
                return Err(TableError::OpenQuote { path: self.path.to_owned(), line: self.line() });
            }
            let is_blank = self.record.len() == 1
                && self.text[self.start()..].split(['\r', '\n']).next().is_none_or(|line| line.trim().is_empty());
            if !is_blank {
                return Ok(true);
            }
        }
    }

    /// The byte where the record begins; the parser counts blank lines, and a mark of the byte order, before it in.
    fn start(&self) -> usize {
        let position = self.record.position().map_or(0, |position| position.byte() as usize);
        let rest = self.text.get(position..).unwrap_or_default();
        self.text.len() - rest.trim_start_matches(['\u{feff}', '\r', '\n']).len()
    }

    fn line(&self) -> usize {
        line(&self.text.as_bytes()[..self.start()])
    }
}

/// The number of the line that begins or goes on after these bytes.
fn line(before: &[u8]) -> usize {
    let ends = |(at, &byte): (usize, &u8)| byte == b'\n' || byte == b'\r' && before.get(at + 1) != Some(&b'\n');
    1 + before.iter().enumerate().filter(|&end| ends(end)).count()
}

/// A field without the spaces around it, nor the quotes that a space before them makes part of it.
fn bare(field: &str) -> &str {
    let field = field.trim();
    field.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).map_or(field, str::trim)
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|value: &f64| value.is_finite())
}

/// Whether a cell is a word for nothing.
fn says_nothing(cell: &str) -> bool {
    ["na", "nan", "nil", "none", "null"].contains(&cell.to_lowercase().as_str())
}

/// What is wrong with a cell that is no [`number`].
fn wrong(cell: &str) -> &'static str {
    if cell.parse::<f64>().is_ok_and(f64::is_infinite) {
        NOT_FINITE
    } else if number(&cell.replace(',', "")).is_some() {
        WITH_COMMAS
    } else if !cell.is_empty() && cell.chars().all(char::is_alphabetic) && !says_nothing(cell) {
        A_WORD
    } else {
        NO_NUMBER
    }
}
