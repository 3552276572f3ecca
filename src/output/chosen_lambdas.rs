//! The lambdas that draws, or true weights, speak for.

use super::Number;
use super::best_recovery::{BestRecovery, Recovery};
use super::held_out::{ChosenLambda, HeldOut, Rule};
use super::stability::StableSet;
use super::weight_cells::WeightCells;
use crate::plan::{Cell, Plan, WEIGHT};
use crate::spec::Spec;
use crate::statistics::{Statistics, Summary};
use serde_json::{Map, Value};
use std::io;

/// The path of what is chosen.
pub(super) const LAMBDA: &str = "penalty.lambda";

/// What is chosen of lambda, for each choice of all else, in the order of the cells.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ChosenLambdas {
    /// By the loss of rows that draws leave out; none where they leave none out.
    pub held_out: Vec<ChosenLambda>,
    /// By stability selection; none where the spec does not ask for it.
    pub stable: Vec<StableSet>,
    /// By how often exactly the true weights are found; none where these are not known.
    pub recovered: Vec<BestRecovery>,
}

impl ChosenLambdas {
    /// Those of a problem of many weights; `plan` is the one by weight that the statistics are of.
    ///
    /// # Errors
    /// Where counts cannot be read.
    pub fn of(spec: &Spec, plan: &Plan, statistics: &Statistics) -> io::Result<ChosenLambdas> {
        let Some(model) = &plan.model else { return Ok(ChosenLambdas::default()) };
        let held_out = along_lambda(plan, statistics, |at| HeldOut::of(at, model))?;
        let held_out = held_out.into_iter().filter_map(|(of, cells)| ChosenLambda::of(of, &cells)).collect();
        let stable = match &spec.report.stability {
            None => Vec::new(),
            Some(asked) => StableSet::all(plan, statistics, asked)?,
        };
        let recovered = along_lambda(plan, statistics, Recovery::of)?;
        let recovered = recovered.into_iter().filter_map(|(of, cells)| BestRecovery::of(of, cells)).collect();
        Ok(ChosenLambdas { held_out, stable, recovered })
    }

    /// What run.json has of it.
    pub fn json(&self, spec: &Spec) -> Map<String, Value> {
        let mut told = Map::new();
        if !self.held_out.is_empty() {
            told.insert("held_out".to_owned(), self.held_out.iter().map(ChosenLambda::json).collect());
        }
        if !self.recovered.is_empty() {
            told.insert("recovered".to_owned(), self.recovered.iter().map(BestRecovery::json).collect());
        }
        if let Some(asked) = &spec.report.stability {
            told.insert("stability".to_owned(), StableSet::json(&self.stable, asked));
        }
        told
    }
}

/// The setting of which run.json tells a chosen lambda that none of these cells has, where there is one.
pub fn without_cell<'r>(record: &'r Value, cells: &WeightCells) -> Option<&'r str> {
    let own = |list: &'r Value| list.as_array().into_iter().flatten();
    let held_out = own(&record["held_out"]).flat_map(|told| Rule::ALL.map(|rule| (told, &told[rule.name()]["lambda"])));
    let others = own(&record["stability"]["chosen"]).chain(own(&record["recovered"]));
    let others = others.map(|told| (told, &told["lambda"]));
    let mut all = held_out.chain(others).map(|(told, lambda)| (told["of"].as_str().unwrap_or_default(), lambda));
    let has_cell = |of: &str, lambda: &Value| cells.place(of, lambda.as_f64()? as f32);
    all.find(|(of, lambda)| has_cell(of, lambda).is_none()).map(|(of, _)| of)
}

/// A cell that has a lambda, with all that was counted of it.
pub struct AtLambda<'a> {
    pub lambda: f32,
    /// The cell of its first weight in the plan by weight.
    pub first: u64,
    /// One a weight.
    pub weights: &'a [Summary],
    /// All weights together.
    pub whole: &'a Summary,
}

/// What `read` gives of the cells that differ in lambda alone, for each choice of all else, which comes in words:
/// `lk, penalty.k = 1, fista_restart`. `plan` is the one by weight.
///
/// # Errors
/// Where counts cannot be read.
pub fn along_lambda<T>(
    plan: &Plan,
    statistics: &Statistics,
    read: impl Fn(AtLambda) -> Option<T>,
) -> io::Result<Vec<(String, Vec<T>)>> {
    let mut settings: Vec<(String, Vec<T>)> = Vec::new();
    let mut weights: Vec<Summary> = Vec::new();
    for chunk in statistics.chunks(plan)? {
        let (first, summaries) = chunk?;
        for (place, summary) in (first..).zip(summaries) {
            if !plan.is_whole(place) {
                weights.push(summary);
                continue;
            }
            let own = plan.value(place, LAMBDA).and_then(|lambda| {
                read(AtLambda { lambda, first: place - weights.len() as u64, weights: &weights, whole: &summary })
            });
            weights.clear();
            let Some(own) = own else { continue };
            let of = setting(plan, place);
            match settings.iter_mut().find(|(known, _)| *known == of) {
                Some((_, cells)) => cells.push(own),
                None => settings.push((of, vec![own])),
            }
        }
    }
    Ok(settings)
}

/// What a cell of a plan has in common with those that differ from it in lambda alone, in words: `lk, penalty.k = 1, fista_restart`. Of several
/// penalties it says which this one is, of a single one what varies.
pub(super) fn setting(plan: &Plan, cell: u64) -> String {
    let (section, _) = plan.trajectory_of_cell(cell, 0);
    let Cell { penalty, optimizer, coordinates, .. } = plan.cell(cell);
    let is_one_of_several = plan.sections.iter().any(|own| own.kernel.penalty != penalty);
    let is_coordinate = |path: &str| plan.coordinates.iter().any(|own| own.path == path);
    let shapes =
        section.grid.slots.iter().filter(|slot| is_one_of_several && slot.shapes && !is_coordinate(&slot.path));
    let shapes = shapes.map(|slot| (&slot.path, Some(slot.values[0])));
    let others = plan.coordinates.iter().zip(coordinates);
    let others = others.filter(|(own, _)| ![LAMBDA, WEIGHT].contains(&own.path.as_str()) && !own.follows);
    let others = others.map(|(own, value)| (&own.path, value));
    let numbers = shapes.chain(others).filter_map(|(path, value)| Some(format!("{path} = {}", Number(value?))));
    let [kind, optimizer] = [penalty.member.kind, optimizer.name()].map(str::to_owned);
    let words: Vec<String> = [kind].into_iter().chain(numbers).chain([optimizer]).collect();
    words.join(", ")
}
