//! The JSON Schema of a spec, made from the tables of members, for editors of TOML and JSON.

mod tables;

use super::axis::{Form, PER_DRAW};
use super::model;
use super::refine::FEWEST;
use super::role::{OfLambda, Row};
use super::stability::schema_of_stability;
use super::{
    MAX_AXIS_VALUES, MAX_CELLS, MAX_DIVERGENCE, MAX_NAME_LENGTH, MAX_STEPS, MAX_TAIL, MAX_TOLERANCES, MIN_TOLERANCE,
};
use crate::member::{Domain, FAMILY};
use crate::noise::NORMAL;
use crate::optimizer::{PenaltyStep, SLOPE_AT_ZERO, UpdateRule};
use crate::penalty::Penalty;
use crate::precision::Precision;
use crate::problem::Problem;
use crate::schedule::Schedule;
use serde_json::{Map, Value, json};
use tables::{one_or_several, role, tables};

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
        "required": ["name", "steps", "penalty"],
        "properties": {
            "$schema": { "description": "Where this schema is: for editors alone.", "type": "string" },
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
            "stop": model::schema_of_stop(),
            "zero": zero(),
            "report": report(),
        },
        "if": of_many_weights(),
        "else": {
            "required": ["optimizer", "start"],
            "properties": {
                "stop": false,
                "optimizer": { "required": [RATE], "items": { "required": [RATE] } },
            },
        },
        "$defs": definitions(),
    })
}

/// The learning rate, which each draw of a table's rows has one for, so that only a spec of one weight must give it.
const RATE: &str = "learning_rate";

/// Whether the problem is over a table, and so of many weights.
fn of_many_weights() -> Value {
    let kinds: Vec<&str> = FAMILY.regressions.iter().map(|problem| problem.member.kind).collect();
    let kind = json!({ "enum": kinds });
    let either = json!({ "anyOf": [kind, { "type": "array", "contains": kind }] });
    let table = json!({ "required": ["kind"], "properties": { "kind": either } });
    let array = json!({ "type": "array", "contains": table });
    json!({ "required": ["problem"], "properties": { "problem": { "anyOf": [{ "type": "object", "allOf": [table] }, array] } } })
}

/// What the schema says in several places.
fn definitions() -> Map<String, Value> {
    let tables = [
        (<&Problem>::NAME, tables::<&Problem>()),
        (<&Penalty>::NAME, tables::<&Penalty>()),
        (<&UpdateRule>::NAME, tables::<&UpdateRule>()),
        (<&Schedule>::NAME, tables::<&Schedule>()),
        (OfLambda::NAME, tables::<OfLambda>()),
    ];
    let numbers = Domain::ALL.map(|domain| (definition(domain), numeric(domain)));
    tables.into_iter().chain(numbers).map(|(name, said)| (name.to_owned(), said)).collect()
}

/// How the penalty enters a step: one of these, or several.
pub(super) fn penalty_step(steps: &[PenaltyStep]) -> Value {
    words("How the penalty enters a step; a list makes one alternative of each.", steps, PenaltyStep::name)
}

/// The penalty's slope at zero, in the loss.
pub(super) fn slope_at_zero() -> Value {
    let mut either = one_or_several(&[0, 1]);
    either["description"] = SLOPE_AT_ZERO.into();
    either["default"] = 0.into();
    either
}

/// One of some words, or several.
fn words<T: Copy>(description: &str, known: &[T], name: fn(T) -> &'static str) -> Value {
    let names: Vec<&str> = known.iter().map(|&one| name(one)).collect();
    let mut either = one_or_several(&names);
    either["description"] = description.into();
    either
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

/// The grammar of a numeric parameter: what constrains a number, a list or a table says nothing of the others.
fn numeric(domain: Domain) -> Value {
    let number = number(domain);
    let tuple = |description: &str, items: &[&Value]| json!({ "description": description, "type": "array", "prefixItems": items, "minItems": items.len(), "maxItems": items.len() });
    let spaced = |description: &str| tuple(description, &[&number, &number, &count()]);
    let range = |description: &str| tuple(description, &[&number, &number]);
    let normal = [self::number(Domain::Finite), self::number(Domain::Positive)];
    let normal = tuple("[mean, deviation]: drawn from a normal distribution.", &normal.each_ref());
    let mut either = forms();
    either["description"] =
        "A number, a list of numbers, a table that generates numbers, or an expression over other parameters: 0.1 / optimizer.learning_rate.".into();
    either["type"] = json!(["number", "array", "object", "string"]);
    for (bound, value) in number.as_object().into_iter().flatten().filter(|(key, _)| *key != "type") {
        either[bound] = value.clone();
    }
    either["minItems"] = 1.into();
    either["maxItems"] = MAX_AXIS_VALUES.into();
    either["properties"] = json!({
        "linspace": spaced("[first, last, count]: evenly spaced, both ends exact."),
        "geomspace": spaced("[first, last, count]: evenly spaced logarithms, both ends exact."),
        "uniform": range("[low, high]: drawn uniformly."),
        "log_uniform": range("[low, high]: drawn with a uniform logarithm."),
        "normal": normal,
        "sobol": range("[low, high]: evenly filled by Sobol's sequence."),
        "path": with(count(), "How many lambdas a path has, from the least at which all weights are 0 downwards: over a table alone."),
        "ratio": { "description": "The last lambda of a path over its first.", "type": "number", "minimum": 1e-9, "exclusiveMaximum": 1, "default": 1e-3 },
        PER_DRAW: { "description": "Whether each draw of rows has a path that begins at a lambda of its own.", "type": "boolean", "default": false },
        "count": count(),
        "seed": seed(),
    });
    either["items"] = number;
    either
}

/// Which keys a table that generates numbers has, by its form; one that draws them has a count, unless `sample` has it, and may have
/// a seed.
fn forms() -> Value {
    let no_form = json!({ "minProperties": 1, "additionalProperties": false, "properties": {} });
    let forms =
        Form::ALL.map(|form| (form.name(), form.keys())).into_iter().chain([("path", &["ratio", PER_DRAW][..])]);
    forms.rev().fold(no_form, |others, (name, keys)| {
        let keys = std::iter::once(name).chain(keys.iter().copied());
        let keys: Map<String, Value> = keys.map(|key| (key.to_owned(), true.into())).collect();
        json!({
            "if": { "required": [name] },
            "then": { "additionalProperties": false, "properties": keys },
            "else": others,
        })
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

fn start() -> Value {
    json!({
        "description": "Where trajectories start.",
        "type": "object",
        "additionalProperties": false,
        "required": ["w"],
        "properties": {
            "w": {
                "description": "The starting weight; of many weights each draws numbers of its own, or all start at \"least_squares\" or as the \"null_model\".",
                "$ref": "#/$defs/finite",
            },
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
                "description": "Pictures to draw; by default the program chooses.",
                "type": "array",
                "items": map(),
            },
            "refine": refine(),
            "stability": schema_of_stability(),
        },
    })
}

fn refine() -> Value {
    json!({
        "description": "Run only some cells, close together where a measure changes; each stands for those around it.",
        "type": "object",
        "additionalProperties": false,
        "required": ["measure", "cells"],
        "properties": {
            "measure": { "description": "What is to be sharp: zero_rate, fate, another share or step.", "type": "string" },
            "cells": {
                "description": "How many cells are run at the most.",
                "type": "integer",
                "minimum": FEWEST,
                "maximum": MAX_CELLS as u64,
            },
            "tolerance": {
                "description": "Shares that are no further apart are alike.",
                "type": "number",
                "minimum": 0,
                "exclusiveMaximum": 1,
                "default": 0,
            },
            "along": {
                "description": "The swept paths along which cells stand for others; by default the sides of the first map.",
                "type": "array",
                "uniqueItems": true,
                "minItems": 1,
                "maxItems": 2,
                "items": path(),
            },
        },
    })
}

fn map() -> Value {
    let name = json!({ "type": "string" });
    let value = json!({ "type": ["number", "string"] });
    let flag = |description: &str| json!({ "description": description, "type": "boolean", "default": false });
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["x"],
        "properties": {
            "x": with(path(), "Path of the coordinate that goes to the right."),
            "y": with(name.clone(), "Path or role that goes up; without it a map is a single strip."),
            "facets": {
                "description": "Paths or roles: one panel for each of their values.",
                "type": "array",
                "uniqueItems": true,
                "items": name,
                "default": [],
            },
            "measure": {
                "description": "What is shown: columns of cells.csv, or fate; by default zero_rate and fate.",
                "type": ["string", "array"],
                "items": name,
            },
            "where": {
                "description": "Paths or roles, each with the values of the cells that are shown.",
                "type": "object",
                "additionalProperties": { "type": ["number", "string", "array", "object"] },
            },
            "difference": {
                "description": "A path or role with two of its values: the first minus the second is shown.",
                "type": "object",
                "minProperties": 1,
                "maxProperties": 1,
                "additionalProperties": { "type": ["array", "object"], "items": value, "minItems": 2, "maxItems": 2 },
            },
            "interval": flag("Show how wide the 95 % interval of a share is."),
            "line": flag("Draw lines over x, one for each value of y."),
        },
    })
}

/// The same with a description.
fn with(mut schema: Value, description: &str) -> Value {
    schema["description"] = description.into();
    schema
}
