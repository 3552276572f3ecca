//! The alternatives of a role: its tables and kinds, expanded in order.

use super::axis::{AxisReader, Setting};
use super::document::{Node, Value, quote};
use super::error::{Fault, quote_all, suggest};
use super::fields::{Fields, text, wrong_value};
use super::role::Role;
use super::source::Place;
use super::{Choice, MAX_ALTERNATIVES};
use crate::member::{Domain, Member, Parameter};

/// One member of a role with its parameters, as the spec gives them.
pub(super) struct Alternative<'a, K> {
    pub kind: K,
    /// Where the spec names the kind; nowhere if the role is left out.
    pub place: Option<Place>,
    /// In the order of the member's table.
    pub settings: Vec<Setting<'a>>,
}

impl<K> Alternative<'_, K> {
    pub fn into_choice(self) -> Choice<K> {
        Choice { kind: self.kind, parameters: self.settings.into_iter().map(|setting| setting.axis).collect() }
    }
}

/// Reads the table or array of tables of a role.
pub(super) fn read_role<'a, K: Role>(node: &'a Node, axes: &mut AxisReader) -> Result<Vec<Alternative<'a, K>>, Fault> {
    let mut alternatives = Vec::new();
    match &node.value {
        Value::List(tables) if !tables.is_empty() => {
            for table in tables {
                read_table(table, axes, &mut alternatives)?;
            }
        }
        Value::Table(_) => read_table(node, axes, &mut alternatives)?,
        _ => {
            return Err(wrong_value(node, &format!("`{}`", K::NAME), "a table or an array of tables"));
        }
    }
    if alternatives.len() > MAX_ALTERNATIVES {
        let place = alternatives[MAX_ALTERNATIVES].place;
        let message =
            format!("`{}` must have at most {MAX_ALTERNATIVES} alternatives, found {}", K::NAME, alternatives.len());
        return Err(Fault::new(place, message).help("put values that differ into one list"));
    }
    Ok(alternatives)
}

fn read_table<'a, K: Role>(
    node: &'a Node,
    axes: &mut AxisReader,
    alternatives: &mut Vec<Alternative<'a, K>>,
) -> Result<(), Fault> {
    let fields = Fields::of(node, K::NAME)?;
    let kinds = fields.require("kind", &format!("which {} it is", K::NAME), K::list_kinds)?;
    let kinds = read_kinds::<K>(kinds)?;
    let keys: Vec<&str> = std::iter::once("kind").chain(names(kinds[0].0.member())).collect();
    fields.refuse_others(&keys)?;
    for (kind, place) in kinds {
        let parameters = kind.member().parameters;
        let settings: Result<_, _> = parameters
            .iter()
            .map(|parameter| read_parameter(&fields, K::path(parameter.name), parameter, axes))
            .collect();
        alternatives.push(Alternative { kind, place: Some(place), settings: settings? });
    }
    Ok(())
}

/// One kind or a list of distinct kinds that take the same keys.
fn read_kinds<K: Role>(node: &Node) -> Result<Vec<(K, Place)>, Fault> {
    let subject = format!("`{}.kind`", K::NAME);
    let nodes = match &node.value {
        Value::List(items) if !items.is_empty() => items.as_slice(),
        Value::Text(_) => std::slice::from_ref(node),
        _ => return Err(wrong_value(node, &subject, "a string or a list of strings")),
    };
    let mut kinds: Vec<(K, Place)> = Vec::new();
    for node in nodes {
        let kind = read_kind(text(node, &format!("each kind in {subject}"))?, node)?;
        if kinds.iter().any(|&(earlier, _)| earlier == kind) {
            return Err(Fault::new(node.place, format!("{subject} names {} twice", node.found())));
        }
        kinds.push((kind, node.place));
    }
    let first = kinds[0].0.member();
    match kinds.iter().find(|(kind, _)| !same_keys(first, kind.member())) {
        None => Ok(kinds),
        Some((kind, place)) => Err(different_keys(K::NAME, first, kind.member(), *place)),
    }
}

fn read_kind<K: Role>(word: &str, node: &Node) -> Result<K, Fault> {
    K::ALL.iter().copied().find(|kind| kind.member().kind == word).ok_or_else(|| {
        Fault::new(node.place, format!("unknown kind {} of `{}`", quote(word), K::NAME)).help(suggest(
            word,
            &K::kinds(),
            "the kinds are",
        ))
    })
}

fn names(member: &Member) -> impl Iterator<Item = &'static str> {
    member.parameters.iter().map(|parameter| parameter.name)
}

/// Whether two members can share one table: the same names, in whatever order.
pub(super) fn same_keys(a: &Member, b: &Member) -> bool {
    let covers = |a: &Member, b: &Member| names(a).all(|name| names(b).any(|other| other == name));
    covers(a, b) && covers(b, a)
}

fn different_keys(role: &str, a: &Member, b: &Member, place: Place) -> Fault {
    let keys = |member: &Member| match member.parameters {
        [] => format!("`{}` takes none", member.kind),
        _ => format!("`{}` takes {}", member.kind, quote_all(&names(member).collect::<Vec<_>>())),
    };
    let message = format!("the kinds of one `{role}` must take the same keys, but {} and {}", keys(a), keys(b));
    Fault::new(place, message).help(format!("give each kind a [[{role}]] table of its own"))
}

fn read_parameter<'a>(
    fields: &Fields<'a>,
    path: String,
    parameter: &Parameter,
    axes: &mut AxisReader,
) -> Result<Setting<'a>, Fault> {
    if let (None, Some(value)) = (fields.get(parameter.name), parameter.default) {
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
