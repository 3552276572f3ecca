//! The tables of a role in the schema: what may stand in one, by its `kind`.

use super::{RATE, definition};
use crate::member::{Domain, FAMILY, Member, Parameter};
use crate::spec::alternatives::same_keys;
use crate::spec::role::Row;
use serde::Serialize;
use serde_json::{Map, Value, json};

/// A table of the role, or an array of such tables: what constrains tables says nothing of arrays, and the other way round.
pub(super) fn role<R: Row>(description: &str) -> Value {
    let table = json!({ "$ref": format!("#/$defs/{}", R::NAME) });
    json!({
        "description": description,
        "type": ["object", "array"],
        "allOf": [table],
        "minItems": 1,
        "items": { "type": "object", "allOf": [table] },
    })
}

/// What a table of the role may hold, by its `kind`.
pub(super) fn tables<R: Row>() -> Value {
    let rows = R::all(&FAMILY);
    let groups = groups(&rows);
    let several = groups.iter().map(|group| Table::of_several(group));
    let tables: Vec<Table> = rows.iter().copied().map(Table::of_one).chain(several).collect();
    let known = known_keys(&tables);
    let unknown_kind = json!({ "properties": { "kind": one_or_several(&R::kinds(&FAMILY)) } });
    let mut by_kind = tables.into_iter().rev().fold(unknown_kind, |others, table| table.or(others, &known));
    by_kind["required"] = json!(["kind"]);
    by_kind["properties"] = known.into();
    by_kind
}

/// The rows that can share one table, each in exactly one group.
fn groups<R: Row>(rows: &[R]) -> Vec<Vec<R>> {
    let mut groups: Vec<Vec<R>> = Vec::new();
    for &row in rows {
        match groups.iter_mut().find(|group| same_keys(group[0], row)) {
            Some(group) => group.push(row),
            None => groups.push(vec![row]),
        }
    }
    groups
}

/// Every key of some table: what all that have it say of it, or what some say, as a suggestion.
fn known_keys(tables: &[Table]) -> Map<String, Value> {
    let mut known: Map<String, Value> = Map::new();
    for (key, _) in tables.iter().flat_map(|table| &table.properties) {
        let mut said: Vec<&Value> = tables.iter().filter_map(|table| table.properties.get(key)).collect();
        said.dedup();
        let said = match said[..] {
            [all] => all.clone(),
            _ => suggestions(&said),
        };
        known.entry(key).or_insert(said);
    }
    known
}

/// Allows everything: editors complete what they find in `anyOf`, and not all of them look into `if`.
fn suggestions(of: &[impl Serialize]) -> Value {
    let mut of: Vec<Value> = of.iter().map(|one| json!(one)).collect();
    of.push(true.into());
    json!({ "anyOf": of })
}

/// One of these values, or a list of some.
pub(super) fn one_or_several(values: &[impl Serialize]) -> Value {
    let one = json!({ "enum": values });
    let mut either = suggestions(&[&one]);
    either["if"] = json!({ "type": "array" });
    either["then"] = json!({ "minItems": 1, "uniqueItems": true, "items": one });
    either["else"] = one;
    either
}

/// What a table of one kind, or of several that share it, may hold.
struct Table {
    title: String,
    description: &'static str,
    /// What tells by its `kind` that it is such a table.
    chosen: Value,
    required: Vec<&'static str>,
    properties: Map<String, Value>,
    of_all: Option<Value>,
}

impl Table {
    fn of_one<R: Row>(row: R) -> Table {
        let member = row.member();
        let parameters = member.parameters.iter().map(|p| (p, p.domain));
        let kind = json!({ "const": member.kind, "description": member.formula });
        let chosen = json!({ "const": member.kind });
        Table::new(member.kind.to_owned(), member.formula, chosen, kind, parameters, row)
    }

    /// A table whose `kind` is a list; a value that not all members accept is left to the program to refuse.
    fn of_several<R: Row>(rows: &[R]) -> Table {
        let members: Vec<&Member> = rows.iter().map(|row| row.member()).collect();
        let kinds: Vec<&str> = members.iter().map(|member| member.kind).collect();
        let kind = json!({
            "description": "Kinds that take the same keys: one alternative each.",
            "type": "array",
            "uniqueItems": true,
            "items": { "enum": kinds },
        });
        let parameters = members[0].parameters.iter().map(|p| {
            let same = |member: &&Member| member.parameters.iter().any(|q| q.name == p.name && q.domain == p.domain);
            let domain = if members.iter().all(same) { p.domain } else { Domain::Finite };
            (p, domain)
        });
        let chosen = json!({ "type": "array", "contains": { "enum": kinds } });
        Table::new(kinds.join(", "), "Several kinds with the same keys.", chosen, kind, parameters, rows[0])
    }

    fn new<R: Row>(
        title: String,
        description: &'static str,
        chosen: Value,
        kind: Value,
        parameters: impl Iterator<Item = (&'static Parameter, Domain)>,
        row: R,
    ) -> Table {
        let mut required = Vec::new();
        let mut properties = Map::from_iter([("kind".to_owned(), kind)]);
        for (parameter, domain) in parameters {
            let mut property = json!({
                "description": format!("{}: {}.", parameter.meaning, parameter.domain.describe()),
                "$ref": format!("#/$defs/{}", definition(domain)),
            });
            match parameter.default {
                Some(default) => property["default"] = default.into(),
                // What a table of rows gives is asked for elsewhere.
                None if parameter.name == RATE => {}
                None => required.push(parameter.name),
            }
            properties.insert(parameter.name.to_owned(), property);
        }
        for (part, said) in row.parts().into_iter().filter_map(|part| Some((part, row.schema_of(part)?))) {
            properties.insert(part.to_owned(), said);
            required.extend(row.must_have(part).then_some(part));
        }
        Table { title, description, chosen, required, properties, of_all: row.schema_of_all() }
    }

    /// This table where its kind is chosen, else `others`. What all tables say of a key is said once, among the `known`.
    fn or(self, others: Value, known: &Map<String, Value>) -> Value {
        let mut properties = self.properties;
        properties.iter_mut().filter(|(key, said)| known[*key] == **said).for_each(|(_, said)| *said = true.into());
        let mut own = json!({
            "title": self.title,
            "description": self.description,
            "additionalProperties": false,
            "required": self.required,
            "properties": properties,
        });
        if let Some(Value::Object(of_all)) = self.of_all {
            own.as_object_mut().expect("a schema should be an object").extend(of_all);
        }
        json!({
            "if": { "required": ["kind"], "properties": { "kind": self.chosen } },
            "then": own,
            "else": others,
        })
    }
}
