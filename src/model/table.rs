//! The user's own table of numbers, a CSV or a Parquet file.

use ::parquet::file::reader::FileReader;
use sha2::{Digest, Sha256};
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use strsim::osa_distance;

mod csv;
mod parquet;
#[cfg(test)]
mod tests;

/// Bytes that a file may have: 1 GiB.
pub const MAX_TABLE_BYTES: u64 = 1 << 30;

/// Columns that a table may have.
pub const MAX_COLUMNS: usize = 4096;

/// Rows that a table may have, without the names.
pub const MAX_ROWS: usize = 1 << 24;

/// Characters of a name or a cell that an error shows.
const SHOWN: usize = 40;

/// Columns up to which an error lists them all.
const LISTED: usize = 12;

// What is wrong with a cell.
const NO_NUMBER: &str = "is no number; fill it in, or drop the row or the column";
const EMPTY: &str = "is empty; fill it in, or drop the row";
const NOT_FINITE: &str = "is no finite number; change it, or drop the row or the column";

/// Why a table, or a column of it, cannot be read; its text begins with the path of the file.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    #[error("{path}: there is no such file; check its name and its folder")]
    NoFile { path: PathBuf },
    #[error("{path}: is a folder; name a .csv or .parquet file")]
    Folder { path: PathBuf },
    #[error("{path}: cannot be read: {source}; check that it is a file that you may read")]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("{path}: has {bytes} bytes, but at most {MAX_TABLE_BYTES} (1 GiB) are read; leave out rows or columns")]
    TooLarge { path: PathBuf, bytes: u64 },
    #[error("{path}: goes on after {MAX_TABLE_BYTES} bytes (1 GiB), where reading ends; leave out rows or columns")]
    Endless { path: PathBuf },
    #[error("{path}: line {line} is not UTF-8; save the file as UTF-8")]
    NotUtf8 { path: PathBuf, line: usize },
    #[error("{path}: is empty; give it a name for each column, and rows of numbers")]
    Empty { path: PathBuf },
    #[error("{path}: has names of columns but no rows; add rows of numbers")]
    NoRows { path: PathBuf },
    #[error("{path}: is separated by {separator}; save it with commas between fields and points in numbers")]
    Separator { path: PathBuf, separator: &'static str },
    #[error("{path}: the first line must be names, but has only numbers; put a line of names above it")]
    NoNames { path: PathBuf },
    #[error("{path}: column {column} of {columns} has no name; give it one, or leave it out")]
    NoName { path: PathBuf, column: usize, columns: usize },
    #[error("{path}: two columns have the name {name}; rename one of them")]
    SameName { path: PathBuf, name: String },
    #[error("{path}: has {columns} columns, but at most {MAX_COLUMNS} are read; leave some out")]
    TooManyColumns { path: PathBuf, columns: usize },
    #[error("{path}: has more than the {MAX_ROWS} rows that are read; leave some out")]
    TooManyRows { path: PathBuf },
    #[error(
        "{path}: {place}: the number of fields is {found}, but the first line has {expected}; write one for each column"
    )]
    Ragged { path: PathBuf, place: Place, found: usize, expected: usize },
    #[error("{path}: a quote is open from line {line} to the end of the file; close it, or take it out")]
    OpenQuote { path: PathBuf, line: usize },
    #[error("{path}: {place}, column {column}: {found} {wrong}")]
    Cell { path: PathBuf, place: Place, column: String, found: String, wrong: &'static str },
    #[error("{path}: has no column {name}; {help}")]
    NoColumn { path: PathBuf, name: String, help: String },
    #[error("{path}: has no column of index {index}; its {columns} columns are counted from 0")]
    NoIndex { path: PathBuf, index: usize, columns: usize },
    #[error("{path}: cannot be read as Parquet: {reason}; write the file anew")]
    Corrupt { path: PathBuf, reason: String },
    #[error("{path}: is compressed with {codec}, which this program does not read; write it uncompressed")]
    Compressed { path: PathBuf, codec: String },
    #[error("{path}: column {column} holds {kind}, not {allowed}; convert it")]
    Kind { path: PathBuf, column: String, kind: String, allowed: &'static str },
}

/// A row of a table, counted from 1 without the names, and its line where the file has lines.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    pub row: usize,
    pub line: Option<usize>,
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "row {}", self.row)?;
        self.line.map_or(Ok(()), |line| write!(out, " (line {line})"))
    }
}

/// A table's columns by name, whose values are not read yet.
pub struct TableFile {
    path: PathBuf,
    digest: String,
    names: Vec<String>,
    content: Content,
}

/// The bytes of the file, of which the digest was taken.
enum Content {
    Csv(String),
    Parquet(Box<dyn FileReader>),
}

impl TableFile {
    /// Opens `path`: Parquet if its name ends in `.parquet`, else CSV in UTF-8 with commas and a first line of names.
    ///
    /// # Errors
    /// There is no such file, it cannot be read or is too large, or it lacks a name for each column.
    pub fn open(path: &Path) -> Result<TableFile, TableError> {
        let bytes = read_file(path)?;
        let digest = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        let is_parquet = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("parquet"));
        let (names, content) = if is_parquet { parquet::open(path, bytes) } else { csv::open(path, bytes) }?;
        check_names(path, &names)?;
        Ok(TableFile { path: path.to_owned(), digest, names, content })
    }

    /// Names of the columns in their order.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// SHA-256 of the file's bytes as lower-case hex.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Values of these columns (indices into [`names`](Self::names)), one `Vec` a column, in the order asked for: all
    /// finite, and a column has as many as the table has rows, which is at least one.
    ///
    /// # Errors
    /// A cell of these columns is no finite number, or the rows do not fit the names.
    pub fn read(&self, columns: &[usize]) -> Result<Vec<Vec<f64>>, TableError> {
        if let Some(&index) = columns.iter().find(|&&index| index >= self.names.len()) {
            return Err(TableError::NoIndex { path: self.path.clone(), index, columns: self.names.len() });
        }
        match &self.content {
            Content::Csv(text) => self.read_csv(text, columns),
            Content::Parquet(file) => self.read_parquet(file.as_ref(), columns),
        }
    }

    /// The group of each row by the values of a column, which may be texts: equal values are one, whose number is that of its appearance.
    /// Numbers of a CSV file are texts, too: 1 and 1.0 are two.
    ///
    /// # Errors
    /// A cell of the column is empty, or the rows do not fit the names.
    pub fn groups(&self, column: usize) -> Result<Vec<u32>, TableError> {
        let mut numbers = HashMap::new();
        let mut groups = Vec::new();
        let mut add = |value: &str| {
            let next = numbers.len() as u32;
            groups.push(match numbers.get(value) {
                Some(number) => *number,
                None => *numbers.entry(value.to_owned()).or_insert(next),
            });
        };
        match &self.content {
            Content::Csv(text) => self.each_row(text, |row| match row.cell(column) {
                "" => Err(self.cell(row.place(), column, shown(""), EMPTY)),
                value => {
                    add(value);
                    Ok(())
                }
            })?,
            Content::Parquet(file) => self.read_texts(file.as_ref(), column)?.iter().for_each(|value| add(value)),
        }
        Ok(groups)
    }

    /// The index of the column called `name`.
    ///
    /// # Errors
    /// There is none; the error lists the names close to it, or all of them where they are few.
    pub fn column(&self, name: &str) -> Result<usize, TableError> {
        self.names.iter().position(|known| known == name).ok_or_else(|| TableError::NoColumn {
            path: self.path.clone(),
            name: shown(name),
            help: suggest(name, &self.names),
        })
    }

    fn check_rows(&self, rows: usize) -> Result<(), TableError> {
        match rows {
            0 => Err(TableError::NoRows { path: self.path.clone() }),
            1..=MAX_ROWS => Ok(()),
            _ => Err(TableError::TooManyRows { path: self.path.clone() }),
        }
    }

    fn cell(&self, place: Place, column: usize, found: String, wrong: &'static str) -> TableError {
        TableError::Cell { path: self.path.clone(), place, column: shown(&self.names[column]), found, wrong }
    }
}

fn read_file(path: &Path) -> Result<Vec<u8>, TableError> {
    let unreadable = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound => TableError::NoFile { path: path.to_owned() },
        _ => TableError::Unreadable { path: path.to_owned(), source },
    };
    let metadata = fs::metadata(path).map_err(unreadable)?;
    if metadata.is_dir() {
        return Err(TableError::Folder { path: path.to_owned() });
    }
    if metadata.len() > MAX_TABLE_BYTES {
        return Err(TableError::TooLarge { path: path.to_owned(), bytes: metadata.len() });
    }
    let bytes = read_up_to(File::open(path).map_err(unreadable)?, MAX_TABLE_BYTES).map_err(unreadable)?;
    bytes.ok_or_else(|| TableError::Endless { path: path.to_owned() })
}

/// What a reader holds; `None` where it is more than `limit` bytes, as a device may go on for ever.
fn read_up_to(reader: impl Read, limit: u64) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    reader.take(limit + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= limit).then_some(bytes))
}

fn check_names(path: &Path, names: &[String]) -> Result<(), TableError> {
    let (path, columns) = (path.to_owned(), names.len());
    if columns == 0 {
        return Err(TableError::Empty { path });
    }
    if columns > MAX_COLUMNS {
        return Err(TableError::TooManyColumns { path, columns });
    }
    if let Some(nameless) = names.iter().position(|name| name.trim().is_empty()) {
        return Err(TableError::NoName { path, column: nameless + 1, columns });
    }
    let mut seen = HashSet::new();
    match names.iter().find(|&name| !seen.insert(name)) {
        Some(twice) => Err(TableError::SameName { path, name: shown(twice) }),
        None => Ok(()),
    }
}

/// The beginning of a text, in quotes and on one line.
fn shown(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{:?}", format!("{}…", &text[..end])),
        None => format!("{text:?}"),
    }
}

/// Help for a name that is none of `known`: those within a slip of the fingers for every three letters, or all if few.
pub(super) fn suggest(name: &str, known: &[String]) -> String {
    let slips = |other: &String| {
        let (length, allowed) = (name.chars().count(), (other.chars().count() / 3).max(1));
        // The distance of two long names would take their product in time.
        let is_near = length <= 4 * SHOWN && length.abs_diff(other.chars().count()) <= allowed;
        is_near.then(|| osa_distance(&name.to_lowercase(), &other.to_lowercase())).filter(|&slips| slips <= allowed)
    };
    let mut near: Vec<_> = known.iter().filter_map(|other| Some((slips(other)?, shown(other)))).collect();
    near.sort_by_key(|&(slips, _)| slips);
    let list = |names: &mut dyn Iterator<Item = String>, between: &str| names.collect::<Vec<_>>().join(between);
    match known {
        _ if !near.is_empty() => {
            format!("did you mean {}?", list(&mut near.into_iter().take(3).map(|(_, other)| other), " or "))
        }
        [first, .., last] if known.len() > LISTED => {
            format!("it has {} columns, from {} to {}", known.len(), shown(first), shown(last))
        }
        _ => format!("it has {}", list(&mut known.iter().map(|other| shown(other)), ", ")),
    }
}
