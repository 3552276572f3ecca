//! The JSON Schema of a spec, made from the tables of members, for editors of TOML and JSON.

use super::alternatives::same_keys;
use super::role::{OfLambda, PENALTY_STEP, Row};
use super::{MAX_AXIS_VALUES, MAX_DIVERGENCE, MAX_NAME_LENGTH, MAX_STEPS, MAX_TAIL, MAX_TOLERANCES, MIN_TOLERANCE};
use crate::member::{Domain, FAMILY, Member, Parameter};
use crate::noise::NORMAL;
use crate::optimizer::{PenaltyStep, SLOPE_AT_ZERO, UpdateRule};
use crate::penalty::Penalty;
use crate::precision::Precision;
use crate::problem::Problem;
use crate::schedule::Schedule;
use serde_json::{Map, Value, json};

/// The JSON Schema (draft 2020-12) of a spec file.
///
/// It knows every key, kind, parameter, type and range of a single value. What relates values to each other (repeated
/// values, counts beside a `sample`, the size of the sweep, paths in `report`) is left to [`Spec::parse`](super::Spec::parse).
pub fn schema() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "zerosweep spec",
        "description": "A sweep of regularized gradient-descent trajectories.",
        "type": "object",
        "additionalProperties": false,
        "required": ["name", "steps", "penalty", "optimizer", "start"],
        "properties": {
            "name": {
                "description": "Name of the sweep and of its result folder.",
                "type": "string",
                "pattern": "^[A-Za-z0-9_][A-Za-z0-9._-]*$",
                "maxLength": MAX_NAME_LENGTH,
            },
            "steps": {
                "description": "Updates of one trajectory, T.",
                "type": "integer",
                "minimum": 1,
                "maximum": MAX_STEPS,
            },
            "zip": {
                "description": "Lists of paths: the axes of one list move together, value by value.",
                "type": "array",
                "items": { "type": "array", "minItems": 2, "uniqueItems": true, "items": path() },
            },
            "sample": {
                "description": "Draws all random axes together, one point a draw; they have no count and no seed of their own.",
                "type": "object",
                "additionalProperties": false,
                "required": ["count"],
                "properties": { "count": count(), "seed": seed() },
            },
            "problem": role::<&Problem>("The loss L(w); without it the penalty alone moves the weight."),
            "penalty": role::<&Penalty>("The penalty lambda R(w)."),
            "optimizer": role::<&UpdateRule>("The update rule."),
            "start": start(),
            "zero": zero(),
            "report": report(),
        },
        "$defs": Domain::ALL.map(|domain| (definition(domain).to_owned(), numeric(domain))).into_iter().collect::<Map<_, _>>(),
    })
}

/// A table of the role, or an array of such tables.
fn role<R: Row>(description: &str) -> Value {
    let tables: Vec<Value> = R::all(&FAMILY)
        .into_iter()
        .map(single_kind)
        .chain(groups::<R>().iter().map(|group| several_kinds(group)))
        .collect();
    let table = json!({ "type": "object", "required": ["kind"], "oneOf": tables });
    json!({
        "description": description,
        "oneOf": [table, { "type": "array", "minItems": 1, "items": table }],
    })
}

/// The rows that can share one table, each in exactly one group.
fn groups<R: Row>() -> Vec<Vec<R>> {
    let mut groups: Vec<Vec<R>> = Vec::new();
    for row in R::all(&FAMILY) {
        match groups.iter_mut().find(|group| same_keys(group[0], row)) {
            Some(group) => group.push(row),
            None => groups.push(vec![row]),
        }
    }
    groups
}

fn single_kind<R: Row>(row: R) -> Value {
    let member = row.member();
    let kind = json!({ "const": member.kind, "description": member.formula });
    let parameters = member.parameters.iter().map(|p| (p, p.domain));
    table(member.kind, member.formula, kind, parameters, row)
}

/// A table whose `kind` is a list; a value that not all members accept is left to the program to refuse.
fn several_kinds<R: Row>(rows: &[R]) -> Value {
    let members: Vec<&Member> = rows.iter().map(|row| row.member()).collect();
    let kinds: Vec<&str> = members.iter().map(|member| member.kind).collect();
    let kind = json!({
        "description": "Kinds that take the same keys: one alternative each.",
        "type": "array",
        "minItems": 1,
        "uniqueItems": true,
        "items": { "enum": kinds },
    });
    let parameters = members[0].parameters.iter().map(|p| {
        let same = |member: &&Member| member.parameters.iter().any(|q| q.name == p.name && q.domain == p.domain);
        let domain = if members.iter().all(same) { p.domain } else { Domain::Finite };
        (p, domain)
    });
    table(&kinds.join(", "), "Several kinds with the same keys.", kind, parameters, rows[0])
}

fn table<'a, R: Row>(
    title: &str,
    description: &str,
    kind: Value,
    parameters: impl Iterator<Item = (&'a Parameter, Domain)>,
    row: R,
) -> Value {
    let mut required = vec!["kind"];
    let mut properties = Map::from_iter([("kind".to_owned(), kind)]);
    for (parameter, domain) in parameters {
        let mut property = json!({
            "description": format!("{}: {}.", parameter.meaning, parameter.domain.describe()),
            "$ref": format!("#/$defs/{}", definition(domain)),
        });
        match parameter.default {
            Some(default) => property["default"] = default.into(),
            None => required.push(parameter.name),
        }
        properties.insert(parameter.name.to_owned(), property);
    }
    for part in row.parts() {
        properties.insert(part.to_owned(), row.schema_of(part));
        required.extend((part == PENALTY_STEP).then_some(part));
    }
    json!({
        "title": title,
        "description": description,
        "type": "object",
        "additionalProperties": false,
        "required": required,
        "properties": properties,
    })
}

/// How the penalty enters a step: one of these, or several.
pub(super) fn penalty_step(steps: &[PenaltyStep]) -> Value {
    words("How the penalty enters a step; a list makes one alternative of each.", steps, PenaltyStep::name)
}

/// The penalty's slope at zero, in the loss.
pub(super) fn slope_at_zero() -> Value {
    json!({
        "description": SLOPE_AT_ZERO,
        "default": 0,
        "oneOf": [
            { "enum": [0, 1] },
            { "type": "array", "minItems": 1, "uniqueItems": true, "items": { "enum": [0, 1] } },
        ],
    })
}

/// One of some words, or several.
fn words<T: Copy>(description: &str, known: &[T], name: fn(T) -> &'static str) -> Value {
    let names: Vec<&str> = known.iter().map(|&one| name(one)).collect();
    json!({
        "description": description,
        "oneOf": [
            { "enum": names },
            { "type": "array", "minItems": 1, "uniqueItems": true, "items": { "enum": names } },
        ],
    })
}

/// What weights are stored in.
pub(super) fn precision() -> Value {
    words("What a weight is rounded to after each step; f32 by default.", &Precision::ALL, Precision::name)
}

/// Noise on the slope of the loss.
pub(super) fn noise() -> Value {
    let [normal] = NORMAL.parameters else { unreachable!("noise should have one parameter") };
    json!({
        "description": "Noise on the loss's slope; without it there is none.",
        "type": "object",
        "additionalProperties": false,
        "required": [normal.name],
        "properties": {
            normal.name: { "description": normal.meaning, "$ref": format!("#/$defs/{}", definition(normal.domain)) },
            "seed": seed(),
        },
    })
}

/// The course of the learning rate.
pub(super) fn schedule() -> Value {
    role::<&Schedule>("The learning rate in the course of a trajectory; without it the rate stays.")
}

/// The course of the penalty's lambda.
pub(super) fn lambda_schedule() -> Value {
    role::<OfLambda>("Lambda in the course of a trajectory; without it lambda stays.")
}

fn definition(domain: Domain) -> &'static str {
    match domain {
        Domain::Finite => "finite",
        Domain::Positive => "positive",
        Domain::NonNegative => "non_negative",
        Domain::Share => "share",
        Domain::BelowOne => "below_one",
        Domain::AboveTwo => "above_two",
    }
}

fn number(domain: Domain) -> Value {
    match domain {
        Domain::Finite => json!({ "type": "number" }),
        Domain::Positive => json!({ "type": "number", "exclusiveMinimum": 0 }),
        Domain::NonNegative => json!({ "type": "number", "minimum": 0 }),
        Domain::Share => json!({ "type": "number", "minimum": 0, "maximum": 1 }),
        Domain::BelowOne => json!({ "type": "number", "minimum": 0, "exclusiveMaximum": 1 }),
        Domain::AboveTwo => json!({ "type": "number", "exclusiveMinimum": 2 }),
    }
}

/// The grammar of a numeric parameter.
fn numeric(domain: Domain) -> Value {
    let number = number(domain);
    let count = count();
    let tuple = |items: &[&Value]| json!({ "type": "array", "prefixItems": items, "minItems": items.len(), "maxItems": items.len() });
    let spaced = tuple(&[&number, &number, &count]);
    let range = tuple(&[&number, &number]);
    let normal = tuple(&[&json!({ "type": "number" }), &json!({ "type": "number", "exclusiveMinimum": 0 })]);
    json!({
        "description": "A number, a list of numbers, a table that generates numbers, or an expression over other parameters.",
        "oneOf": [
            number,
            { "description": "Computed from other parameters: 0.1 / optimizer.learning_rate.", "type": "string" },
            { "type": "array", "minItems": 1, "maxItems": MAX_AXIS_VALUES, "items": number },
            generator("linspace", "[first, last, count]: evenly spaced, both ends exact.", &spaced, None),
            generator("geomspace", "[first, last, count]: evenly spaced logarithms, both ends exact.", &spaced, None),
            generator("uniform", "[low, high]: drawn uniformly.", &range, Some(&count)),
            generator("log_uniform", "[low, high]: drawn with a uniform logarithm.", &range, Some(&count)),
            generator("normal", "[mean, deviation]: drawn from a normal distribution.", &normal, Some(&count)),
            generator("sobol", "[low, high]: evenly filled by Sobol's sequence.", &range, Some(&count)),
        ],
    })
}

/// How many values there are.
fn count() -> Value {
    json!({ "description": "How many values.", "type": "integer", "minimum": 1, "maximum": MAX_AXIS_VALUES })
}

fn seed() -> Value {
    json!({
        "description": "Which values are drawn: the same seed draws the same values.",
        "type": "integer",
        "minimum": 0,
        "maximum": i64::MAX,
        "default": 0,
    })
}

/// A table that generates numbers; one that draws them has a count, unless `sample` has it, and may have a seed.
fn generator(name: &str, description: &str, value: &Value, count: Option<&Value>) -> Value {
    let mut value = value.clone();
    value["description"] = description.into();
    let mut table = json!({
        "title": name,
        "type": "object",
        "additionalProperties": false,
        "required": [name],
        "properties": { name: value },
    });
    if let Some(count) = count {
        table["properties"]["count"] = count.clone();
        table["properties"]["seed"] = seed();
    }
    table
}

fn start() -> Value {
    json!({
        "description": "Where trajectories start.",
        "type": "object",
        "additionalProperties": false,
        "required": ["w"],
        "properties": {
            "w": { "description": "The starting weight.", "$ref": "#/$defs/finite" },
        },
    })
}

fn zero() -> Value {
    json!({
        "description": "What counts as zero and as diverged.",
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "tolerances": {
                "description": "Bounds on |w| within which a tail is counted as near zero.",
                "type": "array",
                "minItems": 1,
                "maxItems": MAX_TOLERANCES,
                "uniqueItems": true,
                "items": { "type": "number", "minimum": f64::from(MIN_TOLERANCE) },
                "default": [1e-3, 1e-6],
            },
            "divergence": {
                "description": "|w| above which a trajectory has diverged.",
                "type": "number",
                "exclusiveMinimum": 0,
                "maximum": MAX_DIVERGENCE,
                "default": 1e6,
            },
            "tail": {
                "description": "Iterates of the tail, at most steps; by default steps / 10, from 1 to 1000.",
                "type": "integer",
                "minimum": 1,
                "maximum": MAX_TAIL,
            },
        },
    })
}

fn path() -> Value {
    json!({ "type": "string", "pattern": "^[a-z_]+(\\.[a-z0-9_]+)+$" })
}

fn report() -> Value {
    let path = path();
    json!({
        "description": "What is reported.",
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "pool": {
                "description": "Paths of the axes pooled into a cell; by default those drawn at random.",
                "type": "array",
                "uniqueItems": true,
                "items": path,
            },
            "maps": {
                "description": "Heatmaps to draw; by default the program chooses.",
                "type": "array",
                "items": {
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["x", "y"],
                    "properties": {
                        "x": path,
                        "y": path,
                        "facets": {
                            "description": "Paths or roles: one panel for each of their values.",
                            "type": "array",
                            "uniqueItems": true,
                            "items": { "type": "string" },
                            "default": [],
                        },
                    },
                },
            },
        },
    })
}
