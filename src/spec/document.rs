//! TOML or JSON text read into one tree in which every key and value knows its place.

use super::Format;
use super::error::Fault;
use super::json;
use super::source::Place;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A value and where it stands. A table that was opened by a `[header]` stands at that header.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub value: Value,
    pub place: Place,
}

#[derive(Clone, Debug)]
pub(super) enum Value {
    Table(Vec<Entry>),
    List(Vec<Node>),
    Text(String),
    Integer(i64),
    Float(f64),
    Bool(bool),
    /// A value that no spec has a use for, in words: a date or a null.
    Foreign(&'static str),
}

/// A key and its value; the keys of a table are distinct and in the order of the text.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub key: String,
    pub key_place: Place,
    pub node: Node,
}

/// Strings longer than this, in characters, are cut where an error quotes them.
const LONGEST_QUOTE: usize = 60;

impl Node {
    /// The value in words that complete "found ...".
    pub fn found(&self) -> String {
        match &self.value {
            Value::Table(_) => "a table".to_owned(),
            Value::List(list) => match list.len() {
                0 => "an empty list".to_owned(),
                1 => "a list of 1 value".to_owned(),
                length => format!("a list of {length} values"),
            },
            Value::Text(text) => quote(text),
            Value::Integer(integer) => integer.to_string(),
            Value::Float(float) => show_float(*float),
            Value::Bool(value) => value.to_string(),
            Value::Foreign(words) => (*words).to_owned(),
        }
    }

    /// The number, where it is one.
    pub fn number(&self) -> Option<f64> {
        match self.value {
            Value::Integer(integer) => Some(integer as f64),
            Value::Float(float) => Some(float),
            _ => None,
        }
    }
}

/// The string in double quotes, on one line and of bounded length.
pub(super) fn quote(text: &str) -> String {
    match text.char_indices().nth(LONGEST_QUOTE) {
        None => format!("{text:?}"),
        Some((cut, _)) => format!("{:?}...", &text[..cut]),
    }
}

/// The number as a spec would write it: the shortest digits that read back as the same f64.
pub(super) fn show_float(value: f64) -> String {
    if value.is_nan() { "nan".to_owned() } else { format!("{value:?}") }
}

/// Reads the whole of `text`, which is the text of `source`.
pub(super) fn parse(text: &str, format: Format, source: usize) -> Result<Node, Fault> {
    match format {
        Format::Toml => {
            let table = DeTable::parse(text).map_err(|error| syntax_fault(&error, source, 0))?;
            Converter { source, offset: 0 }.convert(map_spanned(table, DeValue::Table))
        }
        Format::Json => json::parse(text, source),
    }
}

/// Reads one TOML value that stands `offset` bytes into the text of `source`.
pub(super) fn parse_value(text: &str, source: usize, offset: usize) -> Result<Node, Fault> {
    let value = DeValue::parse(text).map_err(|error| syntax_fault(&error, source, offset))?;
    Converter { source, offset }.convert(value)
}

fn syntax_fault(error: &toml::de::Error, source: usize, offset: usize) -> Fault {
    let place = error.span().map(|span| Place { source, start: span.start + offset, end: span.end + offset });
    let message = error.message().lines().collect::<Vec<_>>().join(", ");
    Fault::new(place, format!("this is not valid TOML: {message}"))
}

fn map_spanned<A, B>(spanned: Spanned<A>, map: impl FnOnce(A) -> B) -> Spanned<B> {
    Spanned::new(spanned.span(), map(spanned.into_inner()))
}

/// Turns the parser's tree into ours. The parser bounds the depth, so recursion is safe.
struct Converter {
    source: usize,
    offset: usize,
}

impl Converter {
    fn convert(&self, spanned: Spanned<DeValue>) -> Result<Node, Fault> {
        let place = self.place(spanned.span());
        let value = match spanned.into_inner() {
            DeValue::Table(table) => Value::Table(self.entries(table)?),
            DeValue::Array(array) => {
                let nodes: Result<_, _> = array.into_iter().map(|item| self.convert(item)).collect();
                Value::List(nodes?)
            }
            DeValue::String(text) => Value::Text(text.into_owned()),
            DeValue::Integer(integer) => {
                let value = i64::from_str_radix(integer.as_str(), integer.radix())
                    .map_err(|_| Fault::new(place, "this integer does not fit in 64 bits"))?;
                Value::Integer(value)
            }
            DeValue::Float(float) => Value::Float(float.as_str().parse().unwrap_or(f64::NAN)),
            DeValue::Boolean(value) => Value::Bool(value),
            DeValue::Datetime(_) => Value::Foreign("a date or time"),
        };
        Ok(Node { value, place })
    }

    fn entries(&self, table: DeTable) -> Result<Vec<Entry>, Fault> {
        table
            .into_iter()
            .map(|(key, value)| {
                Ok(Entry {
                    key_place: self.place(key.span()),
                    key: key.into_inner().into_owned(),
                    node: self.convert(value)?,
                })
            })
            .collect()
    }

    fn place(&self, span: std::ops::Range<usize>) -> Place {
        Place { source: self.source, start: span.start + self.offset, end: span.end + self.offset }
    }
}
