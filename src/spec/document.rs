//! TOML or JSON text read into one tree in which every key and value knows its place.

use super::Format;
use super::error::Fault;
use super::json;
use super::source::Place;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use toml_parser::Source;
use toml_parser::lexer::TokenKind;

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
    /// A number too large or too small for f64, as it was written.
    Beyond(String),
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

/// Numbers longer than this, in characters, are cut where an error shows them.
const LONGEST_NUMBER: usize = 20;

/// No spec nests deeper than 6 levels; the bound keeps a hostile text from exhausting the stack.
const DEEPEST: usize = 32;

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
            Value::Beyond(number) => shorten(number),
            Value::Bool(value) => value.to_string(),
            Value::Foreign(words) => (*words).to_owned(),
        }
    }

    /// The number, where it is one: the nearest f64 that is finite, and 0 for 0 alone.
    pub fn number(&self) -> Option<f64> {
        match &self.value {
            Value::Integer(integer) => Some(*integer as f64),
            Value::Float(float) => Some(*float),
            Value::Beyond(number) => Some(match number.parse() {
                Ok(0.0) if number.starts_with('-') => -f64::from_bits(1),
                Ok(0.0) => f64::from_bits(1),
                parsed => parsed.unwrap_or(f64::NAN).clamp(f64::MIN, f64::MAX),
            }),
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

/// The number as it was written, of bounded length.
fn shorten(number: &str) -> String {
    match number.get(..LONGEST_NUMBER) {
        Some(head) if number.len() > LONGEST_NUMBER => {
            format!("{head}... ({} digits)", number.bytes().filter(u8::is_ascii_digit).count())
        }
        _ => number.to_owned(),
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
            let table = DeTable::parse(text).map_err(|error| syntax_fault(&error, text, source, 0))?;
            Converter { source, offset: 0 }.convert(map_spanned(table, DeValue::Table), 0)
        }
        Format::Json => json::parse(text, source),
    }
}

/// Reads one TOML value that stands `offset` bytes into the text of `source`.
pub(super) fn parse_value(text: &str, source: usize, offset: usize) -> Result<Node, Fault> {
    let value = DeValue::parse(text).map_err(|error| syntax_fault(&error, text, source, offset))?;
    Converter { source, offset }.convert(value, 0)
}

fn syntax_fault(error: &toml::de::Error, text: &str, source: usize, offset: usize) -> Fault {
    let place = |span: Range<usize>| Place { source, start: span.start + offset, end: span.end + offset };
    let span = error.span();
    // The parser names no place of a key with too many parts.
    if let (None, Some(part)) = (&span, deep_key(text)) {
        return refuse_depth(place(part));
    }
    let message = error.message().lines().collect::<Vec<_>>().join(", ");
    Fault::new(span.map(place), format!("this is not valid TOML: {message}"))
}

/// Where a dotted key first goes deeper than any spec.
fn deep_key(text: &str) -> Option<Range<usize>> {
    let mut points = 0;
    Source::new(text).lex().find_map(|token| {
        match token.kind() {
            TokenKind::Dot => points += 1,
            TokenKind::Atom | TokenKind::BasicString | TokenKind::LiteralString if points >= DEEPEST => {
                return Some(token.span().start()..token.span().end());
            }
            TokenKind::Atom | TokenKind::BasicString | TokenKind::LiteralString | TokenKind::Whitespace => {}
            _ => points = 0,
        }
        None
    })
}

/// Checks the depth of a value; readers ask before they go deeper.
pub(super) fn check_depth(depth: usize, place: Place) -> Result<(), Fault> {
    if depth > DEEPEST { Err(refuse_depth(place)) } else { Ok(()) }
}

fn refuse_depth(place: Place) -> Fault {
    Fault::new(place, format!("values are nested more than {DEEPEST} deep")).help("no key of a spec lies this deep")
}

/// A float, where f64 can hold it.
pub(super) fn read_float(text: &str) -> Value {
    match text.parse() {
        Ok(f64::INFINITY | f64::NEG_INFINITY) if text.contains(|c: char| c.is_ascii_digit()) => {
            Value::Beyond(text.to_owned())
        }
        Ok(0.0) if text.split(['e', 'E']).next().is_some_and(|digits| digits.contains(|c| matches!(c, '1'..='9'))) => {
            Value::Beyond(text.to_owned())
        }
        parsed => Value::Float(parsed.unwrap_or(f64::NAN)),
    }
}

fn map_spanned<A, B>(spanned: Spanned<A>, map: impl FnOnce(A) -> B) -> Spanned<B> {
    Spanned::new(spanned.span(), map(spanned.into_inner()))
}

/// Turns the parser's tree into ours.
struct Converter {
    source: usize,
    offset: usize,
}

impl Converter {
    fn convert(&self, spanned: Spanned<DeValue>, depth: usize) -> Result<Node, Fault> {
        let place = self.place(spanned.span());
        check_depth(depth, place)?;
        let value = match spanned.into_inner() {
            DeValue::Table(table) => Value::Table(self.entries(table, depth + 1)?),
            DeValue::Array(array) => {
                let nodes: Result<_, _> = array.into_iter().map(|item| self.convert(item, depth + 1)).collect();
                Value::List(nodes?)
            }
            DeValue::String(text) => Value::Text(text.into_owned()),
            DeValue::Integer(integer) => {
                let value = i64::from_str_radix(integer.as_str(), integer.radix())
                    .map_err(|_| Fault::new(place, "this integer does not fit in 64 bits"))?;
                Value::Integer(value)
            }
            DeValue::Float(float) => read_float(float.as_str()),
            DeValue::Boolean(value) => Value::Bool(value),
            DeValue::Datetime(_) => Value::Foreign("a date or time"),
        };
        Ok(Node { value, place })
    }

    fn entries(&self, table: DeTable, depth: usize) -> Result<Vec<Entry>, Fault> {
        table
            .into_iter()
            .map(|(key, value)| {
                Ok(Entry {
                    key_place: self.place(key.span()),
                    key: key.into_inner().into_owned(),
                    node: self.convert(value, depth)?,
                })
            })
            .collect()
    }

    fn place(&self, span: Range<usize>) -> Place {
        Place { source: self.source, start: span.start + self.offset, end: span.end + self.offset }
    }
}
