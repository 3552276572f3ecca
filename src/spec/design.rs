//! A regression whose rows are drawn, so that the true weights are known.

use super::axis::to_f32;
use super::document::{Entry, Node, Value};
use super::error::Fault;
use super::fields::{Fields, integer, wrong_value};
use super::{Axis, Spacing};
use crate::member::Domain;
use crate::model::{MAX_ROWS, MAX_WEIGHTS};
use crate::problem::{Problem, Response};
use serde_json::{Value as Json, json};

/// Rows x ~ N(0, S) with S_ij = correlation^|i - j|, and responses y = x w + noise z with z ~ N(0, 1); classes that are 1 with the
/// probability 1 / (1 + e^(-x w)), or Poisson counts of the mean e^(x w).
#[derive(Clone, Debug, PartialEq)]
pub struct Design {
    /// How many rows there are: several numbers where each draw is a design of its own.
    pub rows: Axis,
    pub columns: usize,
    /// How many of the true weights w are 1 or -1; the others are 0. Several numbers, too.
    pub support: Axis,
    pub correlation: f64,
    /// 0 where responses are no numbers of any kind.
    pub noise: f64,
    pub seed: u64,
}

/// The key of a design in a problem.
pub(super) const DESIGN: &str = "design";

/// The most numbers that its columns have together, as many as fill a table of the largest size.
const MOST_NUMBERS: usize = 1 << 27;

/// What a design may look like.
const EXAMPLE: &str =
    "write design = { rows = 100, columns = 200, support = 10, correlation = 0.5, noise = 0.1, seed = 1 }";

/// What the schema says of that of `problem`.
pub(super) fn schema(problem: &Problem) -> Json {
    let count = |description: &str, least: usize, most: usize| json!({ "description": description, "type": "integer", "minimum": least, "maximum": most });
    let counts = |description: &str, least: usize, most: usize| {
        let one = count("", least, most);
        let mut either = one.clone();
        either["description"] = format!("{description} A list where resample has designs.").into();
        either["type"] = json!(["integer", "array"]);
        (either["minItems"], either["maxItems"], either["uniqueItems"]) = (1.into(), MOST_COUNTS.into(), true.into());
        either["items"] = json!({ "type": "integer", "minimum": least, "maximum": most });
        either
    };
    let mut schema = json!({
        "description": "In place of a table: rows that are drawn, and a response with known weights, w1, w2, ...",
        "type": "object",
        "additionalProperties": false,
        "required": ["rows", "columns", "support"],
        "properties": {
            "rows": counts("How many rows are drawn.", 2, MAX_ROWS),
            "columns": count("How many weights there are.", 1, MAX_WEIGHTS),
            "support": counts("How many true weights, at random places, are 1 or -1; the others are 0.", 0, MAX_WEIGHTS),
            "correlation": {
                "description": "That of columns beside each other; r^2 of those two apart, and so on.",
                "type": "number",
                "exclusiveMinimum": -1,
                "exclusiveMaximum": 1,
                "default": 0,
            },
            "seed": { "description": "Which design is drawn.", "type": "integer", "minimum": 0, "maximum": i64::MAX, "default": 0 },
        },
    });
    if takes_noise(problem) {
        schema["properties"][NOISE] = json!({ "description": "The standard deviation of what is added to the response.", "type": "number", "minimum": 0, "default": 0 });
    }
    schema
}

/// The key of what is added to responses.
const NOISE: &str = "noise";

/// Whether noise is added to responses: classes and counts are random by themselves.
fn takes_noise(problem: &Problem) -> bool {
    problem.of_rows.is_some_and(|of_rows| of_rows.response == Response::Any)
}

/// The design of `problem`, which has none of the keys of a table.
pub(super) fn read_design(
    problem: &'static Problem,
    own: &Fields,
    entry: &Entry,
    of_table: &[&'static str],
) -> Result<Design, Fault> {
    if let Some(other) = of_table.iter().find_map(|key| own.entry(key)) {
        let message = format!("`problem.{}` does not go with `problem.{DESIGN}`, which has no table", other.key);
        return Err(Fault::new(other.key_place, message).help("keep one of the two"));
    }
    let path = format!("problem.{DESIGN}");
    let fields = Fields::of(&entry.node, &path)?;
    fields.refuse_others(&["rows", "columns", "support", "correlation", NOISE, "seed"])?;
    if let Some(entry) = fields.entry(NOISE).filter(|_| !takes_noise(problem)) {
        let message = format!("`{path}.{NOISE}` is added to any numbers, and `{}` has others", problem.member.kind);
        return Err(
            Fault::new(entry.key_place, message).help("take it out: classes and counts are random by themselves")
        );
    }
    let subject = |key: &str| format!("`{path}.{key}`");
    let required = |key: &str, meaning: &str| fields.require(key, meaning, || EXAMPLE.to_owned());
    let number = |key: &str| match fields.get(key) {
        None => Ok(0.0),
        Some(node) => node.number().ok_or_else(|| wrong_value(node, &subject(key), "a number")),
    };
    let rows_node = required("rows", "how many rows are drawn")?;
    let rows = counts(rows_node, format!("{path}.rows"), 2, MAX_ROWS)?;
    let columns = required("columns", "how many weights there are")?;
    let columns = integer(columns, &subject("columns"), 1, MAX_WEIGHTS as u64)? as usize;
    let support_node = required("support", "how many true weights are not 0")?;
    let supports = counts(support_node, format!("{path}.support"), 0, MAX_WEIGHTS)?;
    let most = |axis: &Axis| axis.values.iter().copied().fold(0.0, f32::max) as usize;
    let support = most(&supports);
    if support > columns {
        let message = format!("{} is {support}, but the weights are {columns}", subject("support"));
        return Err(Fault::new(support_node.place, message).help(format!("write support = {columns}, or less")));
    }
    if most(&rows) * columns > MOST_NUMBERS {
        let (rows, numbers) = (most(&rows), most(&rows) * columns);
        let message =
            format!("{rows} rows of {columns} columns are {numbers} numbers, and {MOST_NUMBERS} are the most");
        return Err(
            Fault::new(rows_node.place, message).help(format!("write rows = {}, or less", MOST_NUMBERS / columns))
        );
    }
    let correlation = number("correlation")?;
    if let Some(node) = fields.get("correlation").filter(|_| !(correlation > -1.0 && correlation < 1.0)) {
        return Err(wrong_value(node, &subject("correlation"), "a number between -1 and 1"));
    }
    let noise = number(NOISE)?;
    if let Some(node) = fields.get(NOISE) {
        let wrong = |wrong| Fault::new(node.place, format!("{} {wrong}", subject(NOISE)));
        to_f32(noise, Domain::NonNegative, || node.found()).map_err(wrong)?;
    }
    let seed = fields.get("seed").map_or(Ok(0), |node| integer(node, &subject("seed"), 0, i64::MAX as u64))?;
    Ok(Design { rows, columns, support: supports, correlation, noise, seed })
}

/// The most values that rows and support have each.
const MOST_COUNTS: usize = 512;

/// A whole number within bounds, or a list of such.
fn counts(node: &Node, path: String, least: usize, most: usize) -> Result<Axis, Fault> {
    let subject = format!("`{path}`");
    let one = |node: &Node| integer(node, &subject, least as u64, most as u64).map(|own| own as f32);
    let Value::List(items) = &node.value else {
        return Ok(Axis { path, values: vec![one(node)?], spacing: Spacing::Fixed });
    };
    if items.is_empty() || items.len() > MOST_COUNTS {
        return Err(wrong_value(node, &subject, &format!("a list of 1 to {MOST_COUNTS} values")));
    }
    let values = items.iter().map(one).collect::<Result<Vec<f32>, Fault>>()?;
    if let Some(again) = (1..values.len()).find(|place| values[..*place].contains(&values[*place])) {
        return Err(Fault::new(items[again].place, format!("{subject} has {} twice", values[again])));
    }
    Ok(Axis { path, values, spacing: Spacing::List })
}

impl Design {
    /// How many pairs there are of a number of rows and a support.
    pub fn pairs(&self) -> usize {
        self.rows.values.len() * self.support.values.len()
    }

    /// The rows and the support of a pair; the support varies faster.
    pub fn pair(&self, number: usize) -> (usize, usize) {
        let supports = &self.support.values;
        (self.rows.values[number / supports.len()] as usize, supports[number % supports.len()] as usize)
    }
}
