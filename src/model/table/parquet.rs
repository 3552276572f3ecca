//! A table from a Parquet file.

use super::{Content, EMPTY, NO_NUMBER, NOT_FINITE, Place, TableError, TableFile, shown};
use parquet::basic::{CompressionCodec, ConvertedType as Converted, LogicalType};
use parquet::column::page::{Page, PageMetadata, PageReader};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl, get_column_reader};
use parquet::data_type::DataType;
use parquet::errors::ParquetError;
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::schema::types::ColumnDescriptor;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

// What a column may hold that is read as numbers, or as texts.
const NUMBERS: &str = "plain BOOLEAN, INT32, INT64, FLOAT or DOUBLE";
const TEXTS: &str = "plain texts, BOOLEAN, INT32 or INT64";

/// Rows of a Parquet file that are decoded at once.
const BATCH: usize = 1 << 16;

/// The cells of a column in one group of rows, `None` where null.
type ReadChunk<V> = Result<Vec<Option<V>>, ParquetError>;

impl TableFile {
    /// The values of these columns of a Parquet file.
    pub(super) fn read_parquet(&self, file: &dyn FileReader, columns: &[usize]) -> Result<Vec<Vec<f64>>, TableError> {
        let claims = || file.metadata().row_groups().iter().map(|group| group.num_rows());
        if let Some(rows) = claims().find(|&rows| rows < 0) {
            return Err(corrupt(&self.path, &ParquetError::General(format!("a group claims {rows} rows"))));
        }
        self.check_rows(usize::try_from(claims().fold(0, i64::saturating_add)).unwrap_or(usize::MAX))?;
        columns.iter().map(|&column| self.read_chunks(file, column)).collect()
    }

    /// The values of a column in all groups of rows.
    fn read_chunks(&self, file: &dyn FileReader, column: usize) -> Result<Vec<f64>, TableError> {
        if let Some(kind) = unfit(&file.metadata().file_metadata().schema_descr().column(column)) {
            return Err(self.kind(column, kind, NUMBERS));
        }
        let mut values = Vec::new();
        self.each_cell(file, column, read_chunk, |place, cell| match cell {
            Some(value) if value.is_finite() => {
                values.push(value);
                Ok(())
            }
            Some(value) if value.is_nan() => Err(self.cell(place, column, "NaN".into(), NO_NUMBER)),
            Some(value) => Err(self.cell(place, column, value.to_string(), NOT_FINITE)),
            None => Err(self.cell(place, column, "null".into(), NO_NUMBER)),
        })?;
        Ok(values)
    }

    /// The values of a column of a Parquet file as texts.
    pub(super) fn read_texts(&self, file: &dyn FileReader, column: usize) -> Result<Vec<String>, TableError> {
        let about = file.metadata().file_metadata().schema_descr().column(column);
        if let Some(kind) = unfit_text(&about) {
            return Err(self.kind(column, kind, TEXTS));
        }
        let mut texts = Vec::new();
        self.each_cell(file, column, read_text_chunk, |place, cell| match cell {
            Some(text) => {
                texts.push(text);
                Ok(())
            }
            None => Err(self.cell(place, column, "null".into(), EMPTY)),
        })?;
        Ok(texts)
    }

    fn kind(&self, column: usize, kind: String, allowed: &'static str) -> TableError {
        TableError::Kind { path: self.path.clone(), column: shown(&self.names[column]), kind, allowed }
    }

    /// Gives `add` the cells of a column in all groups of rows, as `chunk` reads them.
    fn each_cell<V>(
        &self,
        file: &dyn FileReader,
        column: usize,
        chunk: fn(&dyn FileReader, usize, usize) -> ReadChunk<V>,
        mut add: impl FnMut(Place, Option<V>) -> Result<(), TableError>,
    ) -> Result<(), TableError> {
        let mut row = 0;
        for (group, about) in file.metadata().row_groups().iter().enumerate() {
            if let Some(codec) = about.columns().get(column).and_then(codec) {
                return Err(TableError::Compressed { path: self.path.clone(), codec });
            }
            let cells = caught(|| chunk(file, group, column));
            for cell in cells.map_err(|error| corrupt(&self.path, &error))? {
                row += 1;
                add(Place { row, line: None }, cell)?;
            }
        }
        Ok(())
    }
}

/// The names of the columns, and the file.
pub(super) fn open(path: &Path, bytes: Vec<u8>) -> Result<(Vec<String>, Content), TableError> {
    let file = caught(|| SerializedFileReader::new(shared(bytes, Page::buffer)));
    let file = file.map_err(|error| corrupt(path, &error))?;
    let columns = file.metadata().file_metadata().schema_descr().columns();
    let names = columns.iter().map(|column| column.path().string()).collect();
    Ok((names, Content::Parquet(Box::new(file))))
}

fn corrupt(path: &Path, error: &ParquetError) -> TableError {
    let reason = error.to_string();
    let reason = reason.strip_prefix("Parquet error: ").unwrap_or(&reason).to_owned();
    TableError::Corrupt { path: path.to_owned(), reason }
}

/// Bytes in the type that pages have, which the crate does not name.
pub(super) fn shared<B: From<Vec<u8>>>(bytes: Vec<u8>, _of_a_page: fn(&Page) -> &B) -> B {
    bytes.into()
}

/// What `read` gives; an error, too, where the crate trusts a damaged file so far that it panics.
fn caught<T>(read: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, ParquetError> {
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| Err(ParquetError::General("it is damaged".to_owned())))
}

/// The codec of a chunk that is compressed.
fn codec(chunk: &ColumnChunkMetaData) -> Option<String> {
    let codec = chunk.compression_codec();
    (codec != CompressionCodec::UNCOMPRESSED).then(|| codec.to_string())
}

/// What a column holds where it is none of the kinds that are read.
fn unfit(column: &ColumnDescriptor) -> Option<String> {
    use parquet::basic::Type::{BOOLEAN, DOUBLE, FLOAT, INT32, INT64};
    match column.physical_type() {
        _ if column.path().parts().len() > 1 || column.max_rep_level() > 0 => Some("nested values".to_owned()),
        BOOLEAN | INT32 | INT64 | FLOAT | DOUBLE if is_signed(column).is_some() => None,
        BOOLEAN | INT32 | INT64 | FLOAT | DOUBLE => Some("decimals, dates or times".to_owned()),
        other => Some(other.to_string()),
    }
}

/// What a column holds where it is no text, nor anything else whose equal values are equal texts.
fn unfit_text(column: &ColumnDescriptor) -> Option<String> {
    use parquet::basic::Type::{BYTE_ARRAY, DOUBLE, FLOAT};
    match column.physical_type() {
        BYTE_ARRAY if column.path().parts().len() > 1 || column.max_rep_level() > 0 => Some("nested values".to_owned()),
        BYTE_ARRAY => match (column.logical_type_ref(), column.converted_type()) {
            (Some(LogicalType::String | LogicalType::Enum), _)
            | (None, Converted::UTF8 | Converted::ENUM | Converted::NONE) => None,
            _ => Some("bytes that are no text".to_owned()),
        },
        own @ (FLOAT | DOUBLE) => Some(own.to_string()),
        _ => unfit(column),
    }
}

/// Whether integers of a column are signed; `None` where its numbers are digits or ticks of something else.
fn is_signed(column: &ColumnDescriptor) -> Option<bool> {
    match (column.logical_type_ref(), column.converted_type()) {
        (Some(LogicalType::Integer(kind)), _) => Some(kind.is_signed),
        (Some(LogicalType::Unknown), _) => Some(true),
        (Some(_), _) => None,
        (None, Converted::NONE | Converted::INT_8 | Converted::INT_16 | Converted::INT_32 | Converted::INT_64) => {
            Some(true)
        }
        (None, Converted::UINT_8 | Converted::UINT_16 | Converted::UINT_32 | Converted::UINT_64) => Some(false),
        (None, _) => None,
    }
}

/// The cells of a column in one group of rows, `None` where null.
fn read_chunk(file: &dyn FileReader, group: usize, column: usize) -> Result<Vec<Option<f64>>, ParquetError> {
    let is_signed = is_signed(&file.metadata().file_metadata().schema_descr().column(column)) != Some(false);
    let (chunk, rows) = open_chunk(file, group, column)?;
    match chunk {
        ColumnReader::BoolColumnReader(chunk) => cells(chunk, rows, |value| f64::from(u8::from(value))),
        ColumnReader::Int32ColumnReader(chunk) if is_signed => cells(chunk, rows, f64::from),
        ColumnReader::Int32ColumnReader(chunk) => cells(chunk, rows, |value| f64::from(value as u32)),
        ColumnReader::Int64ColumnReader(chunk) if is_signed => cells(chunk, rows, |value| value as f64),
        ColumnReader::Int64ColumnReader(chunk) => cells(chunk, rows, |value| value as u64 as f64),
        ColumnReader::FloatColumnReader(chunk) => cells(chunk, rows, f64::from),
        ColumnReader::DoubleColumnReader(chunk) => cells(chunk, rows, f64::from),
        _ => Err(ParquetError::General("it holds no numbers".to_owned())),
    }
}

/// The texts of a column in one group of rows, `None` where null.
fn read_text_chunk(file: &dyn FileReader, group: usize, column: usize) -> Result<Vec<Option<String>>, ParquetError> {
    let (chunk, rows) = open_chunk(file, group, column)?;
    match chunk {
        ColumnReader::BoolColumnReader(chunk) => cells(chunk, rows, |value| value.to_string()),
        ColumnReader::Int32ColumnReader(chunk) => cells(chunk, rows, |value| value.to_string()),
        ColumnReader::Int64ColumnReader(chunk) => cells(chunk, rows, |value| value.to_string()),
        // Two texts that are not UTF-8 are no text, and stay two.
        ColumnReader::ByteArrayColumnReader(chunk) => {
            cells(chunk, rows, |value| value.data().escape_ascii().to_string())
        }
        _ => Err(ParquetError::General("it holds no texts".to_owned())),
    }
}

/// A column in one group of rows, and how many these are.
fn open_chunk(file: &dyn FileReader, group: usize, column: usize) -> Result<(ColumnReader, usize), ParquetError> {
    let about = file.metadata().file_metadata().schema_descr().column(column);
    let rows = usize::try_from(file.metadata().row_group(group).num_rows())?;
    let pages = Pages(file.get_row_group(group)?.get_column_page_reader(column)?);
    Ok((get_column_reader(about, Box::new(pages)), rows))
}

fn cells<T: DataType, V>(
    mut chunk: ColumnReaderImpl<T>,
    rows: usize,
    value: fn(T::T) -> V,
) -> Result<Vec<Option<V>>, ParquetError> {
    let (mut cells, mut levels, mut values) = (Vec::new(), Vec::new(), Vec::new());
    while cells.len() <= rows && chunk.read_records(BATCH, Some(&mut levels), None, &mut values)?.0 > 0 {
        let mut found = values.drain(..).map(value);
        if levels.is_empty() {
            cells.extend(found.map(Some));
        } else {
            cells.extend(levels.drain(..).map(|level| if level > 0 { found.next() } else { None }));
        }
    }
    if cells.len() != rows {
        return Err(ParquetError::General(format!("a column has {} rows of {rows}", cells.len())));
    }
    Ok(cells)
}

/// The pages of a column. No dictionary among them claims more values than it has bytes: the crate makes room for all.
struct Pages(Box<dyn PageReader>);

impl Iterator for Pages {
    type Item = Result<Page, ParquetError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.get_next_page().transpose()
    }
}

impl PageReader for Pages {
    fn get_next_page(&mut self) -> Result<Option<Page>, ParquetError> {
        match self.0.get_next_page()? {
            Some(Page::DictionaryPage { buf, num_values, .. }) if num_values as usize > buf.len() => {
                Err(ParquetError::General(format!("a dictionary has {num_values} values in {} bytes", buf.len())))
            }
            page => Ok(page),
        }
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>, ParquetError> {
        self.0.peek_next_page()
    }

    fn skip_next_page(&mut self) -> Result<(), ParquetError> {
        self.0.skip_next_page()
    }
}
