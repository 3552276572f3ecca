//! cells.parquet: the columns of cells.csv, typed.

use super::cells::{Field, Kind, Standings, columns};
use crate::plan::Plan;
use parquet::basic::{LogicalType, Repetition, Type as Physical};
use parquet::data_type::{ByteArray, ByteArrayType, DataType, DoubleType, FloatType, Int64Type};
use parquet::errors::{ParquetError, Result};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::Type;
use std::io::{self, Write};
use std::sync::Arc;

/// Rows of a row group.
const GROUP: usize = 1 << 16;

/// Writes the rows of a sweep's cells: kinds and fates as strings, values of parameters as FLOAT, counts, draws and steps as INT64,
/// rates as DOUBLE; null where cells.csv is blank.
pub struct CellsParquet<W: Write + Send> {
    columns: Vec<(String, Kind, bool)>,
    file: SerializedFileWriter<W>,
    rows: Vec<Vec<Field>>,
}

impl<W: Write + Send> CellsParquet<W> {
    /// Begins a file for the cells of `plan`, and what they stand for.
    ///
    /// # Errors
    /// Where `out` cannot be written.
    pub fn new(plan: &Plan, standings: Option<Standings>, out: W) -> io::Result<CellsParquet<W>> {
        let columns = columns(plan, standings);
        let field = |(name, kind, may_lack): &(String, Kind, bool)| {
            let (physical, logical) = match kind {
                Kind::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
                Kind::Value => (Physical::FLOAT, None),
                Kind::Count => (Physical::INT64, None),
                Kind::Rate => (Physical::DOUBLE, None),
            };
            let repetition = if *may_lack { Repetition::OPTIONAL } else { Repetition::REQUIRED };
            let builder = Type::primitive_type_builder(name, physical).with_repetition(repetition);
            builder.with_logical_type(logical).build().map(Arc::new)
        };
        let fields = columns.iter().map(field).collect::<Result<Vec<_>>>().map_err(plain)?;
        let schema = Type::group_type_builder("cells").with_fields(fields).build().map_err(plain)?;
        // Neither a time nor a machine is in the file.
        let properties = WriterProperties::builder().set_created_by("zerosweep".to_owned()).build();
        let file = SerializedFileWriter::new(out, Arc::new(schema), Arc::new(properties)).map_err(plain)?;
        Ok(CellsParquet { columns, file, rows: Vec::new() })
    }

    /// Adds rows.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn add(&mut self, rows: &[Vec<Field>]) -> io::Result<()> {
        self.rows.extend_from_slice(rows);
        if self.rows.len() >= GROUP { self.flush().map_err(plain) } else { Ok(()) }
    }

    /// Writes what is left, and the end of the file.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn finish(mut self) -> io::Result<()> {
        self.flush().and_then(|()| self.file.close()).map(drop).map_err(plain)
    }

    fn flush(&mut self) -> Result<()> {
        let mut group = self.file.next_row_group()?;
        for (place, (_, kind, may_lack)) in self.columns.iter().enumerate() {
            let mut column = group.next_column()?.ok_or_else(|| ParquetError::General("too few columns".to_owned()))?;
            let fields = || self.rows.iter().map(|row| row[place]);
            match kind {
                Kind::Text => put::<ByteArrayType>(&mut column, *may_lack, fields(), |field| match field {
                    Field::Text(text) => Some(ByteArray::from(text)),
                    _ => None,
                }),
                Kind::Value => put::<FloatType>(&mut column, *may_lack, fields(), |field| match field {
                    Field::Value(value) => Some(value),
                    _ => None,
                }),
                Kind::Count => put::<Int64Type>(&mut column, *may_lack, fields(), |field| match field {
                    Field::Count(count) => Some(count as i64),
                    _ => None,
                }),
                Kind::Rate => put::<DoubleType>(&mut column, *may_lack, fields(), |field| match field {
                    Field::Rate(rate) => Some(rate),
                    _ => None,
                }),
            }?;
            column.close()?;
        }
        self.rows.clear();
        group.close().map(drop)
    }
}

/// Writes a column of a row group; of what may be missing, where it is.
fn put<T: DataType>(
    column: &mut SerializedColumnWriter,
    may_lack: bool,
    fields: impl Iterator<Item = Field>,
    value: impl Fn(Field) -> Option<T::T>,
) -> Result<()> {
    let found: Vec<Option<T::T>> = fields.map(value).collect();
    let levels: Vec<i16> = found.iter().map(|value| i16::from(value.is_some())).collect();
    let values: Vec<T::T> = found.into_iter().flatten().collect();
    column.typed::<T>().write_batch(&values, may_lack.then_some(&levels), None).map(drop)
}

/// The disk's own error, where it is one.
fn plain(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(source) => match source.downcast::<io::Error>() {
            Ok(error) => *error,
            Err(other) => io::Error::other(other),
        },
        other => io::Error::other(other),
    }
}
