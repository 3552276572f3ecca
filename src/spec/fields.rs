//! Tables taken apart key by key, and the checks of single values.

use super::document::{Entry, Node, Value};
use super::error::{Fault, suggest};
use super::source::{FILE, Place};

/// The keys of one table, whose own path is `path` (empty for the whole spec).
pub(super) struct Fields<'a> {
    pub path: &'a str,
    entries: &'a [Entry],
    /// Where a missing key is reported; the whole spec has no place of its own.
    place: Option<Place>,
}

impl<'a> Fields<'a> {
    pub fn of_spec(root: &'a Node) -> Result<Self, Fault> {
        match &root.value {
            Value::Table(entries) => Ok(Fields { path: "", entries, place: None }),
            _ => Err(wrong_value(root, "a spec", "an object (a table)")),
        }
    }

    pub fn of(node: &'a Node, path: &'a str) -> Result<Self, Fault> {
        match &node.value {
            Value::Table(entries) => Ok(Fields { path, entries, place: Some(node.place) }),
            _ => Err(wrong_value(node, &format!("`{path}`"), "a table")),
        }
    }

    /// Refuses the first key that is none of `known`.
    pub fn refuse_others(&self, known: &[&str]) -> Result<(), Fault> {
        self.refuse_others_with(known, |_| None)
    }

    /// The same, with a help of its own for some of them.
    pub fn refuse_others_with(&self, known: &[&str], help: impl Fn(&Entry) -> Option<String>) -> Result<(), Fault> {
        let Some(entry) = self.entries.iter().find(|entry| !known.contains(&&*entry.key)) else {
            return Ok(());
        };
        let help = help(entry).unwrap_or_else(|| suggest(&entry.key, known, "the keys here are"));
        Err(self.unknown(entry).help(help))
    }

    /// An entry that the table has no use for.
    pub fn unknown(&self, entry: &Entry) -> Fault {
        let place = match self.path {
            "" => String::new(),
            path => format!(" in `{path}`"),
        };
        Fault::new(entry.key_place, format!("unknown key `{}`{place}", entry.key.escape_debug()))
    }

    pub fn entry(&self, key: &str) -> Option<&'a Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }

    pub fn get(&self, key: &str) -> Option<&'a Node> {
        self.entry(key).map(|entry| &entry.node)
    }

    /// The value of `key`; `what` says in an error what is missing, `help` what to type.
    pub fn require(&self, key: &str, what: &str, help: impl FnOnce() -> String) -> Result<&'a Node, Fault> {
        self.get(key).ok_or_else(|| {
            let owner = match self.path {
                "" => "the spec".to_owned(),
                path => format!("`{path}`"),
            };
            Fault::new(self.place, format!("{owner} needs the key `{key}`: {what}")).help(help())
        })
    }
}

/// `subject` must be `allowed`, but `node` is something else.
pub(super) fn wrong_value(node: &Node, subject: &str, allowed: &str) -> Fault {
    Fault::new(node.place, format!("{subject} must be {allowed}, found {}", node.found()))
}

/// From here on a float may stand for a whole number that is not its own: 2^53.
const INEXACT: f64 = 9_007_199_254_740_992.0;

/// A whole number from `least` to `most`, however it is written: `10000`, `1e4` and `10000.0` are one.
pub(super) fn integer(node: &Node, subject: &str, least: u64, most: u64) -> Result<u64, Fault> {
    let whole = match node.value {
        Value::Integer(value) => u64::try_from(value).ok(),
        Value::Float(value) => (value.fract() == 0.0 && (0.0..INEXACT).contains(&value)).then_some(value as u64),
        _ => None,
    };
    whole.filter(|whole| (least..=most).contains(whole)).ok_or_else(|| {
        let allowed = match most - least {
            0 => format!("{least}"),
            1 => format!("{least} or {most}"),
            _ => format!("an integer from {least} to {most}"),
        };
        let fault = wrong_value(node, subject, &allowed);
        match node.value {
            Value::Float(value) if (INEXACT..most as f64).contains(&value) => {
                fault.help("write all its digits: with a point or an exponent a number of 2^53 or more is inexact")
            }
            _ => fault,
        }
    })
}

/// A string.
pub(super) fn text<'a>(node: &'a Node, subject: &str) -> Result<&'a str, Fault> {
    let fault = || wrong_value(node, subject, "a string");
    match &node.value {
        Value::Text(text) => Ok(text),
        Value::Integer(_) | Value::Float(_) | Value::Bool(_) => {
            let quoted = format!("\"{}\"", node.found());
            Err(fault().help(match node.place.source {
                FILE => format!("write {quoted}"),
                _ => format!("write '{quoted}', so that the shell leaves the double quotes"),
            }))
        }
        _ => Err(fault()),
    }
}

/// The items of a list.
pub(super) fn list<'a>(node: &'a Node, subject: &str) -> Result<&'a [Node], Fault> {
    match &node.value {
        Value::List(items) => Ok(items),
        _ => Err(wrong_value(node, subject, "a list")),
    }
}
