//! The audit of many weights: where trajectories ended, put to coordinate descent in f64.

use super::at_random;
use crate::backend::Cancel;
use crate::backend::weights::Drawn;
use crate::kernel::Role;
use crate::model::{Draws, Model};
use crate::plan::Plan;
use crate::statistics::Rate;
use crate::verdict::{Fate, Outcome};
use rayon::prelude::*;

/// Trajectories of many weights that were judged, and what the judge changed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct WeightAudit {
    pub judged: u64,
    /// Of these, those of which other weights are zero at the minimum beside them.
    pub differs: u64,
    /// Of these, those whose penalty is not convex: the minimum may be another one than they were on the way to.
    pub differs_not_convex: u64,
    /// How far a weight went at the most, as a share of the largest weight before or after it.
    pub largest_move: f64,
    /// Trajectories that the judge does not know of: it came to no end by its effort, or the penalty has no proximal map in f64.
    pub undecided: u64,
}

impl WeightAudit {
    /// The share of which other weights are zero.
    pub fn rate(&self) -> Rate {
        Rate::wilson(self.differs, self.judged, self.judged)
    }

    fn and(self, other: WeightAudit) -> WeightAudit {
        WeightAudit {
            judged: self.judged + other.judged,
            differs: self.differs + other.differs,
            differs_not_convex: self.differs_not_convex + other.differs_not_convex,
            largest_move: self.largest_move.max(other.largest_move),
            undecided: self.undecided + other.undecided,
        }
    }
}

/// The trajectories that are judged where nobody names a number: at most 64, and no more than take some tenths of a second.
pub fn default_weights_size(model: &Model) -> u64 {
    const BUDGET: u64 = 1 << 30;
    let a_slope = if model.is_parabola() { model.weights() } else { model.weights() * model.rows() };
    (BUDGET / (1_000 * (a_slope * model.weights()) as u64)).clamp(4, 64)
}

/// Judges `size` random trajectories of `plan`, which is one by draw; `outcomes_of` brings those of their weights as the sweep had them, and
/// `tell` hears of each that is judged. `None` if it was cancelled.
///
/// # Errors
/// Those of `outcomes_of`.
///
/// # Panics
/// If the plan has no model.
pub fn audit_weights<E>(
    plan: &Plan,
    size: u64,
    cancel: &Cancel,
    outcomes_of: impl FnOnce(&[u64]) -> Result<Vec<Outcome>, E>,
    tell: impl Fn() + Sync,
) -> Result<Option<WeightAudit>, E> {
    let model = plan.model.as_ref().expect("a plan of many weights should have a model");
    let chosen: Vec<u64> = at_random(plan, size).into_iter().collect();
    let outcomes = outcomes_of(&chosen)?;
    let draws = Draws::new(model);
    let judge = |(index, outcomes)| {
        let found = (!cancel.is_raised()).then(|| judged(plan, &draws, index, outcomes, cancel));
        tell();
        found.filter(|_| !cancel.is_raised())
    };
    // Some take much longer than others, and those are neighbours: each is shared out by itself.
    let judged = chosen.into_par_iter().zip(outcomes.par_chunks_exact(model.weights())).with_max_len(1).map(judge);
    Ok(judged.try_reduce(WeightAudit::default, |a, b| Some(a.and(b))))
}

/// What the judge says of a trajectory; nothing of one that diverged, or of any once it was cancelled.
fn judged(plan: &Plan, draws: &Draws, index: u64, outcomes: &[Outcome], cancel: &Cancel) -> WeightAudit {
    let (section, local) = plan.locate(index).expect("an audit should be of trajectories of the plan");
    if outcomes.iter().any(|outcome| outcome.fate() == Fate::Diverged) {
        return WeightAudit::default();
    }
    let drawn = Drawn::new(draws, (local / section.per_draw(draws.model())) as u32, section);
    let (kernel, point) = (section.kernel, section.at(local));
    let mut penalized = drawn.penalized(kernel, &point);
    let w: Vec<f64> = outcomes.iter().map(|outcome| outcome.last.into()).collect();
    let Some(minimum) = drawn.rows.judged_unless(&mut penalized, &w, &|| cancel.is_raised()) else {
        return WeightAudit { undecided: 1, ..WeightAudit::default() };
    };
    // Where all are zero at the minimum, it is a share of what they were.
    let largest = w.iter().chain(&minimum).fold(0.0, |most: f64, own| most.max(own.abs()));
    let moved = w.iter().zip(&minimum).fold(0.0, |most: f64, (w, own)| most.max((w - own).abs()));
    let differs = w.iter().zip(&minimum).any(|(w, own)| (*w == 0.0) != (*own == 0.0));
    let largest_move = if moved == 0.0 { 0.0 } else { moved / largest };
    let own: Vec<f64> = kernel.values(Role::Penalty, &point).iter().map(|own| (*own).into()).collect();
    let is_convex = (kernel.penalty.convex)(&own);
    WeightAudit {
        judged: 1,
        differs: differs.into(),
        differs_not_convex: (differs && !is_convex).into(),
        largest_move,
        undecided: 0,
    }
}
