//! `report.stability`: which weights count as stable, and at which lambda.

use super::document::{Node, quote};
use super::error::{Fault, quote_all};
use super::fields::{Fields, text, wrong_value};
use super::{Axis, Method, Spec};
use serde_json::{Value, json};

/// Stability selection: weights that half samples select often enough, at the least lambda that bounds how many of them are there by chance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stability {
    /// The share of half samples that must select a weight, above 1/2.
    pub threshold: f64,
    /// What the bound on weights that are there by chance may be, in the mean.
    pub pfer: f64,
    pub assumption: Assumption,
}

/// What the bound takes for granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assumption {
    /// Nothing of how selections are distributed.
    None,
    /// That the share of pairs both of whose halves select a weight has a distribution with one peak.
    Unimodal,
}

impl Assumption {
    pub const ALL: [Assumption; 2] = [Assumption::None, Assumption::Unimodal];

    /// Its word in a spec.
    pub fn name(self) -> &'static str {
        match self {
            Assumption::None => "none",
            Assumption::Unimodal => "unimodal",
        }
    }
}

const KEYS: [&str; 3] = ["threshold", "pfer", "assumption"];

/// The threshold of a spec that gives none.
const THRESHOLD: f64 = 0.75;

/// The table in the schema.
pub(super) fn schema_of_stability() -> Value {
    json!({
        "description": "Stability selection over half samples: the weights that most of them select, at the least lambda that bounds how many are there by chance.",
        "type": "object",
        "additionalProperties": false,
        "required": ["pfer"],
        "properties": {
            "threshold": {
                "description": "The share of half samples that must select a weight.",
                "type": "number",
                "exclusiveMinimum": 0.5,
                "maximum": 1,
                "default": THRESHOLD,
            },
            "pfer": {
                "description": "How many weights may be there by chance, in the mean: the per-family error rate.",
                "type": "number",
                "exclusiveMinimum": 0,
            },
            "assumption": {
                "description": "What the bound takes for granted: nothing, or that a distribution has one peak.",
                "enum": Assumption::ALL.map(Assumption::name),
                "default": Assumption::None.name(),
            },
        },
    })
}

/// Reads the table, of a spec that is read but for what it reports.
pub(super) fn read_stability(node: &Node, spec: &Spec) -> Result<Stability, Fault> {
    let fields = Fields::of(node, "report.stability")?;
    fields.refuse_others(&KEYS)?;
    let threshold = match fields.get("threshold") {
        None => THRESHOLD,
        Some(node) => node
            .number()
            .filter(|own| *own > 0.5 && *own <= 1.0)
            .ok_or_else(|| wrong_value(node, "`report.stability.threshold`", "a number above 0.5, at most 1"))?,
    };
    let pfer = fields.require("pfer", "how many stable weights may be there by chance, in the mean", || {
        "write stability = { threshold = 0.75, pfer = 1.0 }".to_owned()
    })?;
    let pfer = pfer
        .number()
        .filter(|own| *own > 0.0 && own.is_finite())
        .ok_or_else(|| wrong_value(pfer, "`report.stability.pfer`", "a number above 0"))?;
    let assumption = fields.get("assumption").map_or(Ok(Assumption::None), read_assumption)?;
    refuse_misfit(node, spec)?;
    Ok(Stability { threshold, pfer, assumption })
}

fn read_assumption(node: &Node) -> Result<Assumption, Fault> {
    let name = text(node, "`report.stability.assumption`")?;
    Assumption::ALL.into_iter().find(|own| own.name() == name).ok_or_else(|| {
        let message = format!("`report.stability.assumption` is {}, which is none", quote(name));
        Fault::new(node.place, message)
            .help(format!("write one of {}", quote_all(&Assumption::ALL.map(Assumption::name))))
    })
}

/// Weights are selected by each half sample, along lambda.
fn refuse_misfit(node: &Node, spec: &Spec) -> Result<(), Fault> {
    let refuse = |message: String, help: &str| Err(Fault::new(node.place, message).help(help.to_owned()));
    let Some(model) = &spec.model else {
        let message = "`report.stability` is for problems of many weights, and this one has a single weight";
        return refuse(message.to_owned(), "take it out");
    };
    if model.resample.method != Method::HalfSample {
        let message = match model.resample.method {
            Method::Whole => "`report.stability` needs half samples, and this spec draws no rows".to_owned(),
            _ => format!("`report.stability` needs half samples, and this spec draws by `{}`", model.resample.name()),
        };
        return refuse(message, "write resample = { half_sample = 100, seed = 1 } in [problem]");
    }
    let is_pooled = |axis: &&Axis| spec.report.pool.contains(&axis.path) && axis.values.len() > 1;
    if let Some(pooled) = spec.axes().find(is_pooled) {
        let message =
            format!("`report.stability` pools half samples alone, and `report.pool` has `{}`, too", pooled.path);
        return refuse(message, "take it out of report.pool");
    }
    for penalty in &spec.penalties {
        let lambda = penalty.parameters.iter().find(|axis| axis.path == "penalty.lambda");
        if lambda.is_none_or(|lambda| lambda.values.len() < 2) {
            let kind = penalty.kind.member.kind;
            let message =
                format!("`report.stability` chooses one of several lambdas, which `{kind}` does not have here");
            return refuse(message, "write lambda = { path = 40 }, or a list");
        }
    }
    Ok(())
}
