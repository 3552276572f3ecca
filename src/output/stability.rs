//! Which weights are stable, or which groups of them, at which lambda: what run.json says of it, and stability.csv.

use super::Number;
use super::chosen_lambdas::{AtLambda, along_lambda};
use super::table::{Table, identity, identity_header};
use crate::kernel::Role;
use crate::model::{Groups, Model};
use crate::plan::Plan;
use crate::spec::Stability;
use crate::statistics::{Rate, Selections, Statistics};
use crate::verdict::Fate;
use serde_json::{Value, json};
use std::io;

/// Significant digits of numbers in words.
const DIGITS: usize = 3;

/// The weights, or groups of weights, that are stable at one lambda, for one choice of all else.
#[derive(Clone, Debug, PartialEq)]
pub struct StableSet {
    /// What else the cells have in common, in words: `lk, penalty.k = 1, fista_restart`.
    pub of: String,
    /// What is selected: `weights`, or `groups` where the penalty keeps or drops these as a whole.
    pub noun: &'static str,
    /// The least lambda at which half samples select something and whose bound is at most what was asked for; where there is none, that of
    /// the least bound.
    pub at: Selected,
    pub bound: f64,
    /// The names of the stable ones; `None` where no lambda has a bound that low.
    pub stable: Option<Vec<String>>,
}

/// How often half samples select weights or groups, at one lambda.
#[derive(Clone, Debug, PartialEq)]
pub struct Selected {
    pub lambda: f32,
    /// The cell of the first weight in the plan by weight.
    pub first: u64,
    pub selections: Selections,
}

/// What the penalty of a cell of the plan by weight selects: its groups where it keeps or drops these as a whole, else each weight.
fn selectable<'m>(plan: &Plan, model: &'m Model, cell: u64) -> &'m Groups {
    let (section, local) = plan.trajectory_of_cell(cell, 0);
    let (penalty, point) = (section.kernel.penalty, section.at(local));
    let own: Vec<f64> = section.kernel.values(Role::Penalty, &point).iter().map(|own| f64::from(*own)).collect();
    // With a share of lambda on each weight alone, weights of a group come and go one by one.
    if penalty.share_alone(&own) > 0.0 { &model.alone } else { model.groups_of(penalty) }
}

/// The name of what has this weight first.
fn name<'m>(model: &'m Model, groups: &'m Groups, weight: usize) -> &'m str {
    groups.names.get(weight).filter(|name| !name.is_empty()).unwrap_or(&model.names[weight])
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
            let count = |(members, strength): (&[usize], f32)| {
                // A weight of a group that is kept may be 0 by chance.
                let most = members.iter().map(|weight| weights[*weight].selected()).max();
                most.filter(|_| strength > 0.0)
            };
            let counts = selectable(plan, model, first).iter().map(count).collect();
            Some(Selected { lambda, first, selections: Selections { draws: whole.trajectories, counts } })
        };
        let settings = along_lambda(plan, statistics, selected)?;
        Ok(settings.into_iter().filter_map(|(of, cells)| StableSet::of(of, cells, plan, asked)).collect())
    }

    /// That of cells with several lambdas; `None` of no cell.
    fn of(of: String, cells: Vec<Selected>, plan: &Plan, asked: &Stability) -> Option<StableSet> {
        let model = plan.model.as_ref()?;
        // Where nothing is selected, every bound holds and says nothing.
        let is_told = |own: &Selected, bound: f64| own.selections.mean() > 0.0 && bound <= asked.pfer;
        let rank = |own: &Selected| match own.selections.bound(asked) {
            bound if is_told(own, bound) => (0, f64::from(own.lambda)),
            bound if own.selections.mean() > 0.0 => (1, bound),
            _ => (2, f64::from(own.lambda)),
        };
        let order = |a: &Selected, b: &Selected| {
            let (a, b) = (rank(a), rank(b));
            a.0.cmp(&b.0).then(a.1.total_cmp(&b.1))
        };
        let at = cells.into_iter().min_by(order)?;
        let (bound, groups) = (at.selections.bound(asked), selectable(plan, model, at.first));
        let is_stable =
            |count: &Option<u64>| count.is_some_and(|count| at.selections.is_stable(count, asked.threshold));
        let stable = groups.iter().zip(&at.selections.counts).filter(|(_, count)| is_stable(count));
        let stable = stable.map(|((members, _), _)| name(model, groups, members[0]).to_owned()).collect();
        let noun = if groups.names.is_empty() { "weights" } else { "groups" };
        Some(StableSet { of, noun, stable: is_told(&at, bound).then_some(stable), bound, at })
    }

    /// Why none is told to be stable, and what to change; `None` where some may be.
    pub fn why_none(&self, asked: &Stability) -> Option<String> {
        let StableSet { noun, at: Selected { lambda, selections, .. }, bound, stable, .. } = self;
        let one = noun.trim_end_matches('s');
        match stable {
            Some(_) => None,
            None if selections.mean() == 0.0 => {
                Some(format!("half samples select no {one} at any lambda: give smaller lambdas"))
            }
            None => Some(format!(
                "no lambda at which half samples select a {one} has a bound of at most pfer = {}; the least is {}, at lambda = {}, where they select {} of \
                 {} in the mean: give more lambdas above that, a higher threshold or a larger pfer",
                Number(asked.pfer),
                in_words(*bound),
                Number(*lambda),
                in_words(selections.mean()),
                selections.selectable()
            )),
        }
    }

    /// What the bound is on, in the words of run.json.
    fn bounded(&self) -> String {
        let noun = self.noun;
        format!(
            "the expected number of stable {noun} that half of the rows select with a probability of at most theta = selected_mean / {noun}"
        )
    }

    /// As run.json tells of all of them.
    pub fn json(all: &[StableSet], asked: &Stability) -> Value {
        let told = |own: &StableSet| {
            let Selected { lambda, selections, .. } = &own.at;
            json!({
                "of": own.of,
                "lambda": lambda,
                (own.noun): selections.selectable(),
                "selected_mean": selections.mean(),
                "theta": selections.share(),
                "bound": own.bound,
                "bound_is_on": own.bounded(),
                "stable": own.stable,
                "why_none": own.why_none(asked),
            })
        };
        json!({
            "threshold": asked.threshold,
            "pfer": asked.pfer,
            "assumption": asked.assumption.name(),
            "chosen": all.iter().map(told).collect::<Vec<_>>(),
        })
    }

    /// stability.csv: for each choice of all but lambda that has a lambda with a bound that low, a row for each weight or group with a
    /// penalty; that of a group has no weight.
    pub fn csv(all: &[StableSet], plan: &Plan, asked: &Stability) -> Vec<u8> {
        let model = plan.model.as_ref().expect("a plan that counts weights should have a model");
        let mut table = Table::default();
        // The last coordinate of the plan is the weight.
        identity_header(plan, &mut table);
        model.groups.names.first().iter().for_each(|_| table.field("group"));
        let header =
            ["draws", "selected", "frequency", "frequency_low", "frequency_high", "stable", "selected_mean", "bound"];
        header.iter().for_each(|name| table.field(name));
        table.end_row();
        for StableSet { at, bound, .. } in all.iter().filter(|own| own.stable.is_some()) {
            let (selections, groups) = (&at.selections, selectable(plan, model, at.first));
            for ((members, _), count) in groups.iter().zip(&selections.counts) {
                let Some(count) = *count else { continue };
                let weight = members[0];
                let mut cell = plan.cell(at.first + weight as u64);
                cell.coordinates.pop();
                identity(&cell, &mut table);
                let is_group = groups.names.get(weight).is_some_and(|group| !group.is_empty());
                table.optional((!is_group).then_some(&model.names[weight]));
                model.groups.names.get(weight).iter().for_each(|group| table.field(group));
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

/// A number as sentences have it, to a few digits.
pub fn in_words(number: f64) -> Number<f64> {
    Number(format!("{number:.*e}", DIGITS - 1).parse().unwrap_or(number))
}
