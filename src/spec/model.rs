//! Problems of many weights: the table, the design or the matrix that they are over, how rows are drawn again, and when a trajectory is done.

use super::axis::to_f32;
use super::design::{DESIGN, Design, read_design};
use super::document::{Node, Value, quote};
use super::error::Fault;
use super::fields::{Fields, integer, list, text, wrong_value};
use super::matrix::{Matrix, read_matrix};
use super::starts::Starts;
use crate::member::Domain;
use crate::problem::{Curvature, Problem, Response};
use serde_json::{Value as Json, json};
use std::path::PathBuf;

/// A problem of many weights.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelSpec {
    pub over: Over,
    /// What lambda is multiplied by for a weight; 1 for those that are not here.
    pub penalty_factor: Vec<(String, f32)>,
    /// Weights that penalties over groups take together, by the group's name; all others are alone.
    pub groups: Vec<(String, Vec<String>)>,
    pub resample: Resample,
    /// A trajectory is done where its optimality residual is at most this share of the largest slope of the null model.
    pub kkt: Option<f64>,
    pub starts: Starts,
    /// SHA-256 of the table's file; empty until it is read, or where there is none.
    pub digest: String,
}

impl ModelSpec {
    /// The rows of a table, where it is over these.
    pub fn rows(&self) -> Option<&Rows> {
        if let Over::Rows(rows) = &self.over { Some(rows) } else { None }
    }
}

/// What it is over.
#[derive(Clone, Debug, PartialEq)]
pub enum Over {
    Rows(Rows),
    Design(Design),
    Matrix(Matrix),
}

/// What a regression is over: the columns of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Rows {
    /// A relative path begins at the working directory.
    pub table: PathBuf,
    /// The column that is explained.
    pub response: String,
    /// The columns that explain it; `None` for all others.
    pub columns: Option<Vec<String>>,
    /// Columns that do not, though they would.
    pub exclude: Vec<String>,
    /// Whether columns are centred and divided by their standard deviations (with ddof 0).
    pub standardize: bool,
    /// Whether there is an intercept, which no penalty is on.
    pub intercept: bool,
    /// The column of whole numbers that says how often each row counts.
    pub row_weights: Option<String>,
    /// The column whose equal values keep rows together: they fall into one fold.
    pub group: Option<String>,
}

/// How the rows of a table are drawn again: each draw is a whole number a row, by which the row counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resample {
    pub method: Method,
    /// Draws.
    pub count: u32,
    pub seed: u64,
}

/// The ways to draw rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// All rows as they are.
    Whole,
    /// As many rows as there are, with replacement (Efron, Ann. Statist. 7, 1979).
    Bootstrap,
    /// Half of the rows; each draw of odd number is what the one before left (Shah and Samworth, J. R. Stat. Soc. B 75, 2013).
    HalfSample,
    /// A design of its own, with true weights of its own.
    Designs,
    /// All rows but one of so many parts; a repeat parts the rows anew. With classes each part has its share of each.
    Folds { folds: u32 },
}

impl Resample {
    /// All rows, once.
    pub const WHOLE: Resample = Resample { method: Method::Whole, count: 1, seed: 0 };

    /// Whether draws leave rows out; a bootstrap of few rows may leave none.
    pub fn leaves_out(self) -> bool {
        matches!(self.method, Method::Bootstrap | Method::HalfSample | Method::Folds { .. })
    }

    /// The method's word, in a spec and in tables.
    pub fn name(self) -> &'static str {
        match self.method {
            Method::Whole => "whole",
            Method::Bootstrap => "bootstrap",
            Method::HalfSample => "half_sample",
            Method::Designs => "designs",
            Method::Folds { .. } => "folds",
        }
    }
}

/// The path of the draws, along which a sweep is pooled.
pub const RESAMPLE: &str = "problem.resample";

/// The most draws of a table's rows.
const MOST_DRAWS: u64 = 1 << 22;

/// The most folds, and the most times that rows are parted into them.
const MOST_FOLDS: u64 = 1 << 16;

/// The keys that say what of a table a regression is over.
pub(super) const OF_TABLE: [&str; 7] =
    ["table", "response", "columns", "exclude", "standardize", "intercept", "row_weights"];

/// Those of a regression beside them and its kind.
pub(super) const BESIDE: [&str; 4] = [DESIGN, "penalty_factor", GROUPS, "resample"];

/// The key of the groups of columns.
pub(super) const GROUPS: &str = "groups";

/// Those of a table that must be there.
pub(super) const MUST: [&str; 2] = ["table", "response"];

/// What the schema asks of a regression that may have a design, or a table.
pub(super) fn schema_of_either() -> Json {
    let none: serde_json::Map<String, Json> = OF_TABLE.iter().map(|key| ((*key).to_owned(), false.into())).collect();
    json!({ "if": { "required": [DESIGN] }, "then": { "properties": none }, "else": { "required": MUST } })
}

/// What the schema says of one of these.
pub(super) fn schema_of(key: &str) -> Json {
    let name = |description: &str| json!({ "description": description, "type": "string" });
    let flag = |description: &str| json!({ "description": description, "type": "boolean", "default": true });
    let names = |description: &str| json!({ "description": description, "type": "array", "minItems": 1, "uniqueItems": true, "items": { "type": "string" } });
    let count = |description: &str, most: u64| json!({ "description": description, "type": "integer", "minimum": 1, "maximum": most });
    match key {
        "table" => name(
            "The table: a CSV file with a line of names, or a Parquet file; a relative path begins at the working directory.",
        ),
        "response" => name("The column that is explained."),
        "columns" => names("The columns that explain it; all others by default."),
        "exclude" => names("Columns that do not explain it."),
        "standardize" => flag("Whether columns are centred and divided by their standard deviations (with ddof 0)."),
        "intercept" => flag("Whether there is an intercept, which no penalty is on."),
        "row_weights" => name("The column of whole numbers that says how often each row counts."),
        "penalty_factor" => json!({
            "description": "What lambda is multiplied by for a column; 1 by default, 0 for no penalty.",
            "type": "object",
            "additionalProperties": { "type": "number", "minimum": 0 },
        }),
        GROUPS => json!({
            "description": "Columns that penalties over groups take together, by a name of their own; a column in none is alone.",
            "type": "object",
            "minProperties": 1,
            "additionalProperties": { "type": "array", "minItems": 2, "uniqueItems": true, "items": { "type": "string" } },
        }),
        _ => json!({
            "description": "Draws the rows again, and pools the draws.",
            "type": "object",
            "additionalProperties": false,
            "properties": {
                "bootstrap": count("So many draws of as many rows as there are, with replacement.", MOST_DRAWS),
                "half_sample": count("So many draws of half the rows, in pairs that share none; an even number.", MOST_DRAWS),
                "designs": count("So many designs, each with rows and true weights of its own; with a design, of least squares.", MOST_DRAWS),
                "folds": json!({ "description": "All rows but one of so many parts.", "type": "integer", "minimum": 2, "maximum": MOST_FOLDS }),
                "repeats": count("How often rows are parted into folds.", MOST_FOLDS),
                "group": name("The column whose equal values keep rows together: they fall into one fold."),
                "seed": json!({ "description": "Which rows are drawn.", "type": "integer", "minimum": 0, "maximum": i64::MAX, "default": 0 }),
            },
        }),
    }
}

/// When a trajectory is done, in the schema.
pub(super) fn schema_of_stop() -> Json {
    json!({
        "description": "When a trajectory of many weights is done before its last step.",
        "type": "object",
        "additionalProperties": false,
        "required": ["kkt"],
        "properties": {
            "kkt": {
                "description": "The optimality residual, as a share of the largest slope of the loss at the null model.",
                "type": "number",
                "exclusiveMinimum": 0,
                "exclusiveMaximum": 1,
            },
        },
    })
}

/// What a problem of many weights is over, and `stop`.
pub(super) fn read_model(problem: &'static Problem, node: &Node, stop: Option<&Node>) -> Result<ModelSpec, Fault> {
    let fields = Fields::of(node, "problem")?;
    let has_rows = problem.of_rows.is_some_and(|of_rows| of_rows.response != Response::None);
    let (resample, group) = fields.get("resample").map_or(Ok((Resample::WHOLE, None)), read_resample)?;
    if let (Some(node), Some(_), true) = (fields.get("resample"), &group, fields.entry(DESIGN).is_some()) {
        let message = "`problem.resample.group` names a column of a table, and a design has none";
        return Err(Fault::new(node.place, message).help("take it out"));
    }
    let over = match fields.entry(DESIGN) {
        _ if !has_rows => Over::Matrix(read_matrix(&fields)?),
        Some(entry) => Over::Design(read_design(problem, &fields, entry, &OF_TABLE)?),
        None => Over::Rows(read_rows(&fields, group)?),
    };
    refuse_designs(problem, &over, resample, node)?;
    Ok(ModelSpec {
        over,
        penalty_factor: fields.get("penalty_factor").map(read_factors).transpose()?.unwrap_or_default(),
        groups: fields.get(GROUPS).map(read_groups).transpose()?.unwrap_or_default(),
        resample,
        kkt: stop.map(read_stop).transpose()?,
        starts: Starts::NullModel,
        digest: String::new(),
    })
}

/// Designs are drawn anew where there is one, of a loss that is a parabola; and several sizes of them are for this alone.
fn refuse_designs(problem: &Problem, over: &Over, resample: Resample, node: &Node) -> Result<(), Fault> {
    const PATH: &str = "problem.resample.designs";
    let refuse = |message: String, help: &str| Err(Fault::new(node.place, message).help(help));
    let is_parabola = problem.of_rows.is_some_and(|of_rows| of_rows.curvature == Curvature::Constant);
    match (over, resample.method) {
        (Over::Design(_), Method::Designs) if !is_parabola => {
            let kind = problem.member.kind;
            refuse(
                format!("`{PATH}` goes with `least_squares`, and not with `{kind}`"),
                "draw rows by bootstrap instead",
            )
        }
        (Over::Design(design), Method::Designs) if (design.pairs() as u64) > MOST_DRAWS / u64::from(resample.count) => {
            let (pairs, count) = (design.pairs(), resample.count);
            refuse(
                format!("{count} designs of each of {pairs} sizes are more than {MOST_DRAWS}"),
                "draw fewer designs, or fewer values of rows and support",
            )
        }
        (Over::Design(design), method) if method != Method::Designs && design.pairs() > 1 => refuse(
            "`problem.design` has several rows or supports, and its draws are of one".to_owned(),
            "write resample = { designs = 100 }, so that each draw is a design of its own",
        ),
        (Over::Rows(_) | Over::Matrix(_), Method::Designs) => refuse(
            format!("`{PATH}` draws the design anew, and there is none"),
            "write bootstrap, half_sample or folds",
        ),
        _ => Ok(()),
    }
}

/// The table of a regression, and the column that keeps rows together.
fn read_rows(fields: &Fields, group: Option<String>) -> Result<Rows, Fault> {
    let table =
        fields.require("table", "the file of the rows", || "add a line such as table = \"data.csv\"".to_owned())?;
    let response = fields
        .require("response", "the column that is explained", || "add a line such as response = \"y\"".to_owned())?;
    let columns = fields.get("columns").map(|node| names(node, "columns")).transpose()?;
    let exclude = fields.get("exclude").map(|node| names(node, "exclude")).transpose()?.unwrap_or_default();
    if let (Some(_), Some(node)) = (&columns, fields.get("exclude")) {
        return Err(
            Fault::new(node.place, "`problem.exclude` does not go with `problem.columns`").help("keep one of the two")
        );
    }
    Ok(Rows {
        table: PathBuf::from(text(table, "`problem.table`")?),
        response: text(response, "`problem.response`")?.to_owned(),
        columns,
        exclude,
        standardize: flag(fields, "standardize")?,
        intercept: flag(fields, "intercept")?,
        row_weights: fields
            .get("row_weights")
            .map(|node| text(node, "`problem.row_weights`").map(str::to_owned))
            .transpose()?,
        group,
    })
}

/// `stop` is of many weights, where nothing else says that a trajectory is done.
pub(super) fn refuse_stop(node: &Node) -> Fault {
    let message = "`stop` is for problems of many weights, and this one has a single weight";
    Fault::new(node.place, message).help("take it out: the steps of one weight that rests cost nothing")
}

/// A regression has one table, and so one kind.
pub(super) fn refuse_several(problem: &'static Problem, node: &Node) -> Fault {
    let message = format!("`{}` is a problem of many weights, and such a spec has no other", problem.member.kind);
    Fault::new(node.place, message).help("write one [problem] with one kind")
}

fn flag(fields: &Fields, key: &str) -> Result<bool, Fault> {
    match fields.get(key) {
        None => Ok(true),
        Some(Node { value: Value::Bool(value), .. }) => Ok(*value),
        Some(node) => Err(wrong_value(node, &format!("`problem.{key}`"), "true or false")),
    }
}

fn names(node: &Node, key: &str) -> Result<Vec<String>, Fault> {
    let subject = format!("`problem.{key}`");
    let mut names: Vec<String> = Vec::new();
    for item in list(node, &subject)? {
        let name = text(item, &format!("each name in {subject}"))?;
        if names.iter().any(|own| own == name) {
            return Err(Fault::new(item.place, format!("{subject} names {} twice", quote(name))));
        }
        names.push(name.to_owned());
    }
    if names.is_empty() { Err(wrong_value(node, &subject, "a list of names")) } else { Ok(names) }
}

fn read_factors(node: &Node) -> Result<Vec<(String, f32)>, Fault> {
    let Value::Table(entries) = &node.value else {
        return Err(
            wrong_value(node, "`problem.penalty_factor`", "a table").help("write penalty_factor = { age = 0.0 }")
        );
    };
    let factor = |entry: &super::document::Entry| {
        let subject = format!("`problem.penalty_factor.{}`", entry.key);
        let number = entry.node.number().ok_or_else(|| wrong_value(&entry.node, &subject, "a number"))?;
        let factor = to_f32(number, Domain::NonNegative, || entry.node.found());
        Ok((entry.key.clone(), factor.map_err(|wrong| Fault::new(entry.node.place, format!("{subject} {wrong}")))?))
    };
    entries.iter().map(factor).collect()
}

/// Columns by group, each in one.
fn read_groups(node: &Node) -> Result<Vec<(String, Vec<String>)>, Fault> {
    let example = "write groups = { pressure = [\"systolic\", \"diastolic\"] }";
    let entries = match &node.value {
        Value::Table(entries) if !entries.is_empty() => entries,
        _ => return Err(wrong_value(node, "`problem.groups`", "a table of one group or more").help(example)),
    };
    let mut groups: Vec<(String, Vec<String>)> = Vec::new();
    for entry in entries {
        let own = names(&entry.node, &format!("{GROUPS}.{}", entry.key))?;
        if let [only] = &own[..] {
            let message = format!("`problem.groups.{}` holds {} alone", entry.key, quote(only));
            return Err(Fault::new(entry.node.place, message).help("take it out: a column in no group is alone"));
        }
        let is_in = |(_, other): &&(String, Vec<String>)| other.iter().any(|name| own.contains(name));
        if let Some((other, columns)) = groups.iter().find(is_in) {
            let shared = columns.iter().find(|name| own.contains(name)).map_or("", |name| name);
            let message = format!("`problem.groups` has {} in `{other}` and in `{}`", quote(shared), entry.key);
            return Err(Fault::new(entry.node.place, message).help("a column is in one group at the most"));
        }
        groups.push((entry.key.clone(), own));
    }
    Ok(groups)
}

/// How rows are drawn, and the column that keeps some together.
fn read_resample(node: &Node) -> Result<(Resample, Option<String>), Fault> {
    const PATH: &str = "problem.resample";
    const METHODS: [&str; 4] = ["bootstrap", "half_sample", "folds", "designs"];
    let fields = Fields::of(node, PATH)?;
    const OF_FOLDS: [&str; 2] = ["repeats", "group"];
    fields.refuse_others(&[&METHODS[..], &OF_FOLDS[..], &["seed"]].concat())?;
    let mut given = METHODS.into_iter().filter_map(|method| Some((method, fields.entry(method)?)));
    let Some((method, entry)) = given.next() else {
        let message = format!("`{PATH}` needs one of the keys `bootstrap`, `half_sample`, `folds`, `designs`");
        return Err(Fault::new(node.place, message).help("write resample = { bootstrap = 1000, seed = 1 }"));
    };
    if let Some((other, second)) = given.next() {
        let message = format!("`{PATH}` has both `{method}` and `{other}`");
        return Err(Fault::new(second.key_place, message).help("keep one of the two"));
    }
    let subject = format!("`{PATH}.{method}`");
    let seed = fields.get("seed").map_or(Ok(0), |node| integer(node, &format!("`{PATH}.seed`"), 0, i64::MAX as u64))?;
    if let (Some(entry), true) = (OF_FOLDS.iter().find_map(|key| fields.entry(key)), method != "folds") {
        let message = format!("`{PATH}.{}` goes with `folds`, and not with `{method}`", entry.key);
        return Err(Fault::new(entry.key_place, message).help("take it out"));
    }
    let group = fields.get("group").map(|node| text(node, &format!("`{PATH}.group`"))).transpose()?;
    let (method, count) = match method {
        "bootstrap" => (Method::Bootstrap, integer(&entry.node, &subject, 1, MOST_DRAWS)?),
        "half_sample" => {
            let count = integer(&entry.node, &subject, 2, MOST_DRAWS)?;
            if count % 2 == 1 {
                return Err(wrong_value(&entry.node, &subject, "an even number").help("half samples come in pairs"));
            }
            (Method::HalfSample, count)
        }
        "designs" => {
            if let Some(entry) = fields.entry("seed") {
                let message = format!("`{PATH}.seed` does not go with `designs`");
                return Err(
                    Fault::new(entry.key_place, message).help("take it out: problem.design.seed says which are drawn")
                );
            }
            (Method::Designs, integer(&entry.node, &subject, 1, MOST_DRAWS)?)
        }
        _ => {
            let folds = integer(&entry.node, &subject, 2, MOST_FOLDS)?;
            let most = (MOST_DRAWS / folds).min(MOST_FOLDS);
            let repeats =
                fields.get("repeats").map_or(Ok(1), |node| integer(node, &format!("`{PATH}.repeats`"), 1, most))?;
            (Method::Folds { folds: folds as u32 }, folds * repeats)
        }
    };
    Ok((Resample { method, count: count as u32, seed }, group.map(str::to_owned)))
}

fn read_stop(node: &Node) -> Result<f64, Fault> {
    let fields = Fields::of(node, "stop")?;
    fields.refuse_others(&["kkt"])?;
    let kkt = fields
        .require("kkt", "the residual at which a trajectory is done", || "write stop = { kkt = 1e-5 }".to_owned())?;
    match kkt.number() {
        Some(bound) if bound > 0.0 && bound < 1.0 => Ok(bound),
        _ => Err(wrong_value(
            kkt,
            "`stop.kkt`",
            "a number between 0 and 1, as a share of the largest slope of the null model",
        )),
    }
}
