//! The alternatives of a role: its tables and kinds, expanded in order.

use super::axis::{AxisReader, Setting};
use super::document::{Entry, Node, Value, quote};
use super::error::{Fault, quote_all, suggest};
use super::fields::{Fields, text, wrong_value};
use super::role::Row;
use super::source::{FILE, Place};
use super::{Choice, MAX_ALTERNATIVES};
use crate::member::{Domain, Family, Parameter};

/// One choice of a role with its parameters, as the spec gives them.
pub(super) struct Alternative<'a, C> {
    pub choice: C,
    /// Its word in tables.
    pub name: &'static str,
    /// Where the spec names the kind; nowhere if the role is left out.
    pub place: Option<Place>,
    /// In the order of the rows.
    pub settings: Vec<Setting<'a>>,
}

impl<C> Alternative<'_, C> {
    pub fn into_choice(self) -> Choice<C> {
        Choice { kind: self.choice, parameters: self.settings.into_iter().map(|setting| setting.axis).collect() }
    }
}

/// The alternatives of a role.
pub(super) type Alternatives<'a, R> = Vec<Alternative<'a, <R as Row>::Choice>>;

/// Reads the table or array of tables of a role.
pub(super) fn read_role<'a, R: Row>(
    node: &'a Node,
    family: &'static Family,
    axes: &mut AxisReader,
) -> Result<Alternatives<'a, R>, Fault> {
    let mut alternatives = Vec::new();
    match &node.value {
        Value::List(tables) if !tables.is_empty() => {
            for table in tables {
                read_table::<R>(table, tables, family, axes, &mut alternatives)?;
            }
        }
        Value::Table(_) => read_table::<R>(node, &[], family, axes, &mut alternatives)?,
        _ => {
            return Err(wrong_value(node, &format!("`{}`", R::NAME), "a table or an array of tables"));
        }
    }
    if alternatives.len() > MAX_ALTERNATIVES {
        let place = alternatives[MAX_ALTERNATIVES].place;
        let message =
            format!("`{}` must have at most {MAX_ALTERNATIVES} alternatives, found {}", R::NAME, alternatives.len());
        return Err(Fault::new(place, message).help("put values that differ into one list"));
    }
    Ok(alternatives)
}

/// Reads one table, of an array of these `tables`.
fn read_table<'a, R: Row>(
    node: &'a Node,
    tables: &[Node],
    family: &'static Family,
    axes: &mut AxisReader,
    alternatives: &mut Alternatives<'a, R>,
) -> Result<(), Fault> {
    let fields = Fields::of(node, R::NAME)?;
    let kinds = fields.require("kind", &format!("which {} it is", R::NAME), || R::list_kinds(family))?;
    let kinds = read_kinds::<R>(kinds, family)?;
    let keys: Vec<&str> = std::iter::once("kind").chain(kinds[0].0.keys()).collect();
    fields.refuse_others_with(&keys, |entry| place_of::<R>(entry, kinds[0].0, tables, family))?;
    for (row, place) in kinds {
        let parameters = row.member().parameters;
        let settings: Result<Vec<Setting>, _> = parameters
            .iter()
            .map(|parameter| read_parameter(&fields, R::path(parameter.name), parameter, axes))
            .collect();
        let settings = settings?;
        for (choice, name, more) in row.choices(&fields, family, axes)? {
            let settings = settings.iter().cloned().chain(more).collect();
            alternatives.push(Alternative { choice, name, place: Some(place), settings });
        }
    }
    Ok(())
}

/// Where a key belongs that a table of the kind `row` does not take: it is a kind, or a key of others, or a `--set` was meant for other tables alone.
fn place_of<R: Row>(entry: &Entry, row: R, tables: &[Node], family: &'static Family) -> Option<String> {
    let key = entry.key.as_str();
    if R::kinds(family).contains(&key) {
        if R::all(family).iter().any(|other| other.keys().contains(&key)) {
            return Some(taken(row));
        }
        return Some(format!("it is a kind: write kind = \"{key}\""));
    }
    let takes = |table: &Node| {
        let kind = Fields::of(table, R::NAME).ok()?.get("kind")?;
        Some(read_kinds::<R>(kind, family).ok()?[0].0.keys().contains(&key))
    };
    let taking = tables.iter().enumerate().filter(|(_, table)| takes(table) == Some(true));
    let paths: Vec<String> = taking.map(|(index, _)| format!("`{}.{index}.{key}`", R::NAME)).collect();
    let is_set = entry.key_place.source != FILE && !paths.is_empty();
    is_set.then(|| format!("not every table takes it; to set it where it is taken, write {}", paths.join(", ")))
}

/// One kind or a list of distinct kinds that take the same keys.
fn read_kinds<R: Row>(node: &Node, family: &'static Family) -> Result<Vec<(R, Place)>, Fault> {
    let subject = format!("`{}.kind`", R::NAME);
    let nodes = match &node.value {
        Value::List(items) if !items.is_empty() => items.as_slice(),
        Value::Text(_) => std::slice::from_ref(node),
        _ => return Err(wrong_value(node, &subject, "a string or a list of strings")),
    };
    let mut kinds: Vec<(R, Place)> = Vec::new();
    for node in nodes {
        let kind = read_kind(text(node, &format!("each kind in {subject}"))?, node, family)?;
        if kinds.iter().any(|&(earlier, _)| earlier == kind) {
            return Err(Fault::new(node.place, format!("{subject} names {} twice", node.found())));
        }
        kinds.push((kind, node.place));
    }
    let first = kinds[0].0;
    match kinds.iter().find(|(row, _)| !same_keys(first, *row)) {
        None => Ok(kinds),
        Some((row, place)) => Err(different_keys(first, *row, *place)),
    }
}

fn read_kind<R: Row>(word: &str, node: &Node, family: &'static Family) -> Result<R, Fault> {
    R::all(family).into_iter().find(|row| row.member().kind == word).ok_or_else(|| {
        Fault::new(node.place, format!("unknown kind {} of `{}`", quote(word), R::NAME)).help(suggest(
            word,
            &R::kinds(family),
            "the kinds are",
        ))
    })
}

/// Whether two rows can share one table: the same keys, in whatever order.
pub(super) fn same_keys<R: Row>(a: R, b: R) -> bool {
    let covers = |a: R, b: R| a.keys().iter().all(|name| b.keys().contains(name));
    covers(a, b) && covers(b, a)
}

fn different_keys<R: Row>(a: R, b: R, place: Place) -> Fault {
    let role = R::NAME;
    let message = format!("the kinds of one `{role}` must take the same keys, but {} and {}", taken(a), taken(b));
    Fault::new(place, message).help(format!("give each kind a [[{role}]] table of its own"))
}

/// `` `ramp` takes `over`, `to` ``
fn taken<R: Row>(row: R) -> String {
    match row.keys()[..] {
        [] => format!("`{}` takes none", row.member().kind),
        ref keys => format!("`{}` takes {}", row.member().kind, quote_all(keys)),
    }
}

fn read_parameter<'a>(
    fields: &Fields<'a>,
    path: String,
    parameter: &Parameter,
    axes: &mut AxisReader,
) -> Result<Setting<'a>, Fault> {
    let default = parameter.default.or_else(|| axes.default_of(&path));
    if let (None, Some(value)) = (fields.get(parameter.name), default) {
        return Ok(Setting::by_default(path, value));
    }
    let node = fields.require(parameter.name, &describe(parameter), || {
        format!("add a line such as {} = {:?}", parameter.name, sample(parameter.domain))
    })?;
    axes.read(node, path, parameter.domain)
}

fn describe(parameter: &Parameter) -> String {
    format!("{}, {}", parameter.meaning, parameter.domain.describe())
}

/// A plain value that the domain contains, to show how a line is written.
fn sample(domain: Domain) -> f64 {
    let plain = [1.0, 0.5, 2.0, 5.0, -1.0];
    plain.into_iter().find(|&value| domain.contains(value)).unwrap_or(0.0)
}
