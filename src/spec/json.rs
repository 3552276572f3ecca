//! JSON text read into the tree of [`document`](super::document).
//!
//! serde_json tells no spans, but a borrowed [`RawValue`] is a slice of the text, and a slice knows where it lies. So
//! the text is split level by level into raw slices; the first pass over the whole has checked the syntax of all.

use super::document::{Entry, Node, Value, check_depth, read_float};
use super::error::Fault;
use super::source::Place;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::collections::HashSet;
use std::fmt;

pub(super) fn parse(text: &str, source: usize) -> Result<Node, Fault> {
    let reader = Reader { text, source };
    let raw: &RawValue = serde_json::from_str(text).map_err(|error| reader.fault(&error, text))?;
    reader.read(raw, 0)
}

struct Reader<'a> {
    text: &'a str,
    source: usize,
}

impl<'a> Reader<'a> {
    fn read(&self, raw: &'a RawValue, depth: usize) -> Result<Node, Fault> {
        let place = self.place(raw);
        check_depth(depth, place)?;
        let value = match raw.get().as_bytes()[0] {
            b'{' => Value::Table(self.entries(raw, depth)?),
            b'[' => {
                let items: Vec<&RawValue> = self.split(raw)?;
                let nodes: Result<_, _> = items.into_iter().map(|item| self.read(item, depth + 1)).collect();
                Value::List(nodes?)
            }
            b'"' => Value::Text(self.split(raw)?),
            b't' => Value::Bool(true),
            b'f' => Value::Bool(false),
            b'n' => Value::Foreign("null"),
            _ => raw.get().parse().map_or_else(|_| read_float(raw.get()), Value::Integer),
        };
        Ok(Node { value, place })
    }

    fn entries(&self, raw: &'a RawValue, depth: usize) -> Result<Vec<Entry>, Fault> {
        let Pairs(pairs) = self.split(raw)?;
        let mut entries = Vec::with_capacity(pairs.len());
        let mut seen = HashSet::new();
        for (raw_key, raw_value) in pairs {
            let key: String = self.split(raw_key)?;
            let key_place = self.place(raw_key);
            if !seen.insert(key.clone()) {
                return Err(Fault::new(key_place, format!("the key {key:?} is given twice")));
            }
            let node = self.read(raw_value, depth + 1)?;
            entries.push(Entry { key, key_place, node });
        }
        Ok(entries)
    }

    fn split<T: Deserialize<'a>>(&self, raw: &'a RawValue) -> Result<T, Fault> {
        serde_json::from_str(raw.get()).map_err(|error| self.fault(&error, raw.get()))
    }

    fn place(&self, raw: &RawValue) -> Place {
        let start = raw.get().as_ptr() as usize - self.text.as_ptr() as usize;
        Place { source: self.source, start, end: start + raw.get().len() }
    }

    /// An error that serde_json found in `part`, a slice of the text. Its lines and columns count from 1, in bytes.
    fn fault(&self, error: &serde_json::Error, part: &str) -> Fault {
        let message = error.to_string();
        let message = message.rsplit_once(" at line ").map_or(&*message, |(head, _)| head);
        let line_start = match error.line() {
            0 | 1 => 0,
            line => part.match_indices('\n').nth(line - 2).map_or(part.len(), |(newline, _)| newline + 1),
        };
        let base = part.as_ptr() as usize - self.text.as_ptr() as usize;
        let start = base + (line_start + error.column().saturating_sub(1)).min(part.len());
        let place = Place { source: self.source, start, end: start };
        Fault::new(place, format!("this is not valid JSON: {message}"))
    }
}

/// The raw keys and values of an object, repeated keys included.
struct Pairs<'a>(Vec<(&'a RawValue, &'a RawValue)>);

impl<'de> Deserialize<'de> for Pairs<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(PairsVisitor)
    }
}

struct PairsVisitor;

impl<'de> Visitor<'de> for PairsVisitor {
    type Value = Pairs<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs<'de>, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = map.next_entry()? {
            pairs.push(pair);
        }
        Ok(Pairs(pairs))
    }
}
