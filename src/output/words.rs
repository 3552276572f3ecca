//! What pictures show, in words.

use super::drawing::labels::labels;
use super::drawing::number::exact;
use super::grouped;
use crate::model::{INTERCEPT, Model};
use crate::plan::Plan;
use crate::problem::Response;
use crate::spec::{Counted, Difference, Event, MapRequest, Measure, Side, Told, Trait};
use crate::verdict::Fate;
use serde_json::Value;

/// What a picture shows of its cells, in words.
#[derive(Clone, Debug)]
pub struct Words {
    /// `share of starts that end at exact zero`
    pub shown: String,
    /// In the spec's own names: `zero_rate over penalty.lambda × problem.target`
    pub named: String,
    /// What it means where there is nothing to show.
    pub never: &'static str,
    /// The words for cells in which it differs in f64.
    pub differing: &'static str,
}

impl Words {
    /// Those of a measure, where trajectories are called `noun`.
    pub fn of(measure: Measure, request: &MapRequest, noun: &str) -> Words {
        let y = if request.y.is_empty() { String::new() } else { format!(" × {}", request.y) };
        let (shown, name) = (shown(measure, noun), measure.name());
        let (shown, named) = match &request.difference {
            None => (shown, format!("{name} over {}{y}", request.x)),
            Some(Difference { name: of, of: a, minus: b }) => {
                let [a, b] = [a, b].map(|key| labels(&[*key]).concat());
                let along = of.rsplit('.').next().unwrap_or(of);
                let shown = match measure {
                    Measure::Step(..) => format!("{shown}: {along} {a} over {b}, as a ratio"),
                    _ => format!("{shown}: {along} {a} minus {b}"),
                };
                let sign = if matches!(measure, Measure::Step(..)) { "/" } else { "−" };
                (shown, format!("{name} over {}{y}; {of}: {a} {sign} {b}", request.x))
            }
        };
        Words { shown, named, never: never(measure, request.difference.is_some()), differing: differing(measure) }
    }
}

/// Trajectories as pictures call them: starts where nothing else is pooled.
pub fn noun(plan: &Plan) -> &'static str {
    if plan.model.as_ref().is_some_and(|model| model.resample.count > 1) {
        return "draws";
    }
    let pooled =
        plan.sections.iter().flat_map(|section| &section.grid.slots).filter(|slot| slot.pooled && !slot.derived);
    let mut pooled = pooled.filter(|slot| slot.values.len() > 1).peekable();
    if pooled.peek().is_some() && pooled.all(|slot| slot.path == "start.w") { "starts" } else { "trajectories" }
}

/// Whether a model has an intercept, as a weight or centred out.
fn has_intercept(model: &Model) -> bool {
    model.centred || model.names.last().is_some_and(|name| name == INTERCEPT)
}

/// The loss of a model, as its formula.
pub fn loss(model: &Model) -> String {
    let formula = model.problem.member.formula;
    match has_intercept(model) {
        true => formula.to_owned(),
        false => formula.replace(" - intercept", "").replace("intercept + ", ""),
    }
}

/// What the draws of a model are.
pub fn draws(model: &Model) -> &'static str {
    if model.designs.is_some() { "fresh designs" } else { "draws of rows" }
}

/// That penalties are not convex, what follows from that, and what shows more; `None` where all are.
pub fn not_convex(plan: &Plan) -> Option<String> {
    let kinds = plan.not_convex();
    let is = if kinds.len() == 1 { "is" } else { "are" };
    let told = format!(
        "{} {is} not convex, so that beside where a trajectory ends another minimum may be: zeros, shares and intervals are those of the starts and the \
         optimizer that were run; drawn starts show others (end_points.csv)",
        kinds.join(", ")
    );
    (!kinds.is_empty()).then_some(told)
}

/// That draws have one class alone, or counts of 0 alone, as run.json tells of the model; `None` where none has.
pub fn one_sided(model: &Model, told: &Value) -> Option<String> {
    let count = told["one_sided_draws"].as_u64().filter(|count| *count > 0)?;
    let have = if count == 1 { "has" } else { "have" };
    let what = if model.of_rows.response == Response::Classes { "one class alone" } else { "counts of 0 alone" };
    Some(format!(
        "{} of {} {} {have} {what} in the response: a weight that no penalty holds, as an intercept, has no best value there and ends far away or as \
         diverged; problem.resample = {{ folds = 10 }} keeps more rows in a draw, and spreads classes evenly",
        grouped(count),
        grouped(model.resample.count),
        draws(model)
    ))
}

/// What a sweep counts, one and all of them: trajectories, or of many weights each weight of each.
pub fn counted(plan: &Plan) -> [&'static str; 2] {
    if plan.model.is_some() { ["weight", "weights"] } else { ["trajectory", "trajectories"] }
}

/// A weight as pictures name it: `bmi (body)` where it is of a group that has a name.
pub fn weight(model: &Model, weight: usize) -> String {
    let name = &model.names[weight];
    match model.groups.names.get(weight).filter(|group| !group.is_empty()) {
        Some(group) => format!("{name} ({group})"),
        None => name.clone(),
    }
}

fn shown(measure: Measure, noun: &str) -> String {
    match measure {
        Measure::Fate => format!("commonest fate of {noun}"),
        Measure::PredictedFate => format!("fate that theory predicts for all {noun} of a cell"),
        Measure::Share(of, side) => {
            let share = format!("share of {noun} {}", holds(of));
            match side {
                Side::Rate => share,
                Side::Low => format!("lower end of the 95 % interval of the {share}"),
                Side::High => format!("upper end of the 95 % interval of the {share}"),
                Side::Width => format!("width of the 95 % interval of the {share}"),
            }
        }
        Measure::Step(event, 50) => format!("median step of {}", happens(event)),
        Measure::Step(event, percent) => {
            format!("step by which {percent} % had {}", happens(event))
        }
        Measure::Count(counted) => format!("{noun} of a cell{}", counts(counted)),
        Measure::Value(Told::Coefficient) => format!("mean coefficient, over the {noun} of a cell"),
        Measure::Value(Told::CoefficientP10) => format!("10 % quantile of the coefficient, over the {noun} of a cell"),
        Measure::Value(Told::CoefficientP90) => format!("90 % quantile of the coefficient, over the {noun} of a cell"),
        Measure::Value(Told::Support) => format!("mean number of weights that are not zero, over the {noun} of a cell"),
        Measure::Value(Told::HeldOutLoss) => format!("mean loss of rows that were left out, over the {noun} of a cell"),
        Measure::Value(Told::HeldOutLossLow) => format!("that a standard error less, over the {noun} of a cell"),
        Measure::Value(Told::HeldOutLossHigh) => format!("that and a standard error, over the {noun} of a cell"),
        Measure::Value(Told::FalseSelections) => {
            format!("mean number of weights that are not zero, and zero in truth, over the {noun} of a cell")
        }
        Measure::Value(Told::Missed) => {
            format!("mean number of weights that are zero, and not in truth, over the {noun} of a cell")
        }
        Measure::StandsFor => "cells of the grid for each one that was run".to_owned(),
        Measure::Uncut => "share of cells that would be sharper if more were run".to_owned(),
    }
}

fn holds(of: Trait) -> String {
    match of {
        Trait::Ends(Fate::Zero) => "that end at exact zero",
        Trait::Ends(Fate::Diverged) => "that diverge",
        Trait::Ends(Fate::Decayed) => "that decay towards zero and never reach it",
        Trait::Ends(Fate::NearZero) => "that end near zero and not at it",
        Trait::Ends(Fate::Settled) => "that settle away from zero",
        Trait::Ends(Fate::Oscillating) => "that end oscillating",
        Trait::Ends(Fate::Moving) => "that are still on their way at the end",
        Trait::Crossed => "that cross zero",
        Trait::Selects => "that select a weight: they end, and not at exact zero",
        Trait::Recovered => "that find exactly the true weights: these are not zero, and all others are",
        Trait::Accurate => "that end within a tenth of the true weights",
        Trait::Within(tolerance) => return format!("whose tail is within {} of zero", exact(tolerance)),
    }
    .to_owned()
}

fn counts(counted: Counted) -> &'static str {
    match counted {
        Counted::Trajectories => "",
        Counted::PredictedZero => " that theory predicts to end at exact zero, of those it looks at",
        Counted::PredictedOther => " that theory predicts to end otherwise, of those it looks at",
        Counted::PredictedSilent => " that theory is silent about, of those it looks at",
        Counted::Audited => " that were run again in f64",
        Counted::AuditDiffers => " whose fate differs in f64",
        Counted::AuditDiffersZero => " that end at zero in f32 alone or in f64 alone",
    }
}

fn happens(event: Event) -> &'static str {
    match event {
        Event::FirstZero => "the first exact zero, over those that have one",
        Event::FirstCrossing => "the first crossing of zero or landing on it, over those that have one",
        Event::Arrival => "the arrival at exact zero, over those that stay there",
    }
}

fn never(measure: Measure, is_difference: bool) -> &'static str {
    match measure {
        Measure::PredictedFate => "theory is silent, or fates are mixed",
        Measure::Step(..) if is_difference => "none has it on one side or the other",
        Measure::Step(..) => "none has it",
        Measure::Count(_) => "none was run again in f64",
        _ => "no interval: of several cells, or nothing random",
    }
}

fn differing(measure: Measure) -> &'static str {
    match measure {
        Measure::Fate => "fate differs in f64 (audit)",
        _ => "zero in f64 alone, or in f32 alone (audit)",
    }
}
