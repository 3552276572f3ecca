//! Which weights are stable, at which lambda: what run.json says of it, and stability.csv.

use super::Number;
use super::chosen_lambdas::{AtLambda, along_lambda};
use super::table::{Table, identity, identity_header};
use crate::plan::Plan;
use crate::spec::Stability;
use crate::statistics::{Rate, Selections, Statistics, Summary};
use crate::verdict::Fate;
use serde_json::{Value, json};
use std::io;
use std::ops::Range;

/// What a bound of [`Selections::bound`] is on.
pub const BOUNDED: &str =
    "the expected number of stable weights that half of the rows select with a probability of at most theta";

/// The weights that are stable at one lambda, for one choice of all else.
#[derive(Clone, Debug, PartialEq)]
pub struct StableSet {
    /// What else the cells have in common, in words: `lk, penalty.k = 1, fista_restart`.
    pub of: String,
    /// The least lambda whose bound is at most what was asked for; where there is none, that of the least bound.
    pub at: Selected,
    pub bound: f64,
    /// The stable weights; `None` where no lambda has a bound that low.
    pub stable: Option<Vec<String>>,
}

/// How often half samples select weights, at one lambda.
#[derive(Clone, Debug, PartialEq)]
pub struct Selected {
    pub lambda: f32,
    /// The cell of the first weight in the plan by weight.
    pub first: u64,
    pub selections: Selections,
}

impl Selected {
    /// The cells of its weights in the plan by weight.
    pub fn places(&self) -> Range<u64> {
        self.first..self.first + self.selections.counts.len() as u64
    }
}

impl StableSet {
    /// Those of all choices, at the lambdas at which no half sample diverged; `plan` is the one by weight.
    ///
    /// # Errors
    /// Where counts cannot be read.
    pub fn all(plan: &Plan, statistics: &Statistics, asked: &Stability) -> io::Result<Vec<StableSet>> {
        let model = plan.model.as_ref().expect("a plan that counts weights should have a model");
        let selected = |AtLambda { lambda, first, weights, whole }: AtLambda| {
            // What a half sample that diverged selects, nobody knows.
            if whole.fates[Fate::Diverged as usize] > 0 {
                return None;
            }
            let count = |(summary, factor): (&Summary, &f32)| (*factor > 0.0).then(|| summary.selected());
            let counts = weights.iter().zip(&model.factors).map(count).collect();
            Some(Selected { lambda, first, selections: Selections { draws: whole.trajectories, counts } })
        };
        let settings = along_lambda(plan, statistics, selected)?;
        Ok(settings.into_iter().filter_map(|(of, cells)| StableSet::of(of, cells, &model.names, asked)).collect())
    }

    /// That of cells with several lambdas, whose weights have these names; `None` of no cell.
    pub fn of(of: String, cells: Vec<Selected>, names: &[String], asked: &Stability) -> Option<StableSet> {
        let bounded = cells.into_iter().map(|own| (own.selections.bound(asked), own));
        let is_within = |bound: f64| bound <= asked.pfer;
        let (bound, at) = bounded.reduce(|best, own| {
            let is_better = match (is_within(own.0), is_within(best.0)) {
                (true, true) => own.1.lambda < best.1.lambda,
                (false, false) => own.0 < best.0,
                (own, _) => own,
            };
            if is_better { own } else { best }
        })?;
        let is_stable =
            |count: &Option<u64>| count.is_some_and(|count| at.selections.is_stable(count, asked.threshold));
        let stable = || names.iter().zip(&at.selections.counts).filter(|(_, count)| is_stable(count));
        let stable = is_within(bound).then(|| stable().map(|(name, _)| name.clone()).collect());
        Some(StableSet { of, at, bound, stable })
    }

    /// As run.json tells of all of them.
    pub fn json(all: &[StableSet], asked: &Stability) -> Value {
        let told = |own: &StableSet| {
            let Selected { lambda, selections, .. } = &own.at;
            json!({
                "of": own.of,
                "lambda": lambda,
                "weights": selections.weights(),
                "selected_mean": selections.mean(),
                "theta": selections.share(),
                "bound": own.bound,
                "stable": own.stable,
            })
        };
        json!({
            "threshold": asked.threshold,
            "pfer": asked.pfer,
            "assumption": asked.assumption.name(),
            "bound_is_on": BOUNDED,
            "chosen": all.iter().map(told).collect::<Vec<_>>(),
        })
    }

    /// stability.csv: for each choice of all but lambda that has a lambda with a bound that low, a row for each weight with a penalty.
    pub fn csv(all: &[StableSet], plan: &Plan, asked: &Stability) -> Vec<u8> {
        let names = &plan.model.as_ref().expect("a plan that counts weights should have a model").names;
        let mut table = Table::default();
        // The last coordinate of the plan is the weight.
        identity_header(plan, &mut table);
        let header =
            ["draws", "selected", "frequency", "frequency_low", "frequency_high", "stable", "selected_mean", "bound"];
        header.iter().for_each(|name| table.field(name));
        table.end_row();
        for StableSet { at, bound, .. } in all.iter().filter(|own| own.stable.is_some()) {
            let selections = &at.selections;
            for (place, (name, count)) in at.places().zip(names.iter().zip(&selections.counts)) {
                let Some(count) = *count else { continue };
                let mut cell = plan.cell(place);
                cell.coordinates.pop();
                identity(&cell, &mut table);
                table.field(name);
                table.field(selections.draws);
                table.field(count);
                let Rate { rate, low, high } = selections.frequency(count);
                [rate, low, high].iter().for_each(|rate| table.field(format_args!("{rate:.6}")));
                table.field(selections.is_stable(count, asked.threshold));
                [selections.mean(), *bound].iter().for_each(|own| table.field(Number(*own as f32)));
                table.end_row();
            }
        }
        table.finish()
    }
}
