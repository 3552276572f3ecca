//! An audit of a run: some of its trajectories again, in f64, by a driver that shares no formula and no loop with the
//! backends, and how many of them end otherwise there.
//!
//! Half of them are drawn from all trajectories, which says how far f32 can be trusted at large; half lie near a boundary
//! between two fates, where rounding decides if anywhere. What rounding decides is no error: a share of differing fates is a
//! share of trajectories whose answer is one of f32 and not of mathematics.

mod nearness;
pub mod reference;
pub mod rules;
mod selection;
mod weights;

use crate::backend::{Cancel, cpu};
use crate::plan::{Limits, Plan, Point};
use crate::statistics::{Rate, Statistics};
use crate::verdict::{Fate, Outcome};
use rayon::prelude::*;
use rules::Rule;
use std::collections::BTreeMap;

pub use selection::{at_random, near_boundary};
use web_time::Instant;
pub use weights::{WeightAudit, audit_weights, default_weights_size};

/// The most trajectories of each sample.
pub const LARGEST: u64 = 1_000_000;

/// Differences that are told one by one.
const TOLD: usize = 20;

/// Trajectories that are run again together.
const CHUNK: usize = 1 << 13;

/// Trajectories of one sample, and how many of them have another fate in f64.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Replayed {
    pub replayed: u64,
    pub differs: u64,
    /// Those of them that are zero in one of the two and not in the other.
    pub about_zero: u64,
}

impl Replayed {
    fn count(&mut self, fate: Fate, fate_in_f64: Fate) {
        self.replayed += 1;
        self.differs += u64::from(fate != fate_in_f64);
        self.about_zero += u64::from((fate == Fate::Zero) != (fate_in_f64 == Fate::Zero));
    }

    /// The share that differs.
    pub fn rate(&self) -> Rate {
        Rate::wilson(self.differs, self.replayed, self.replayed)
    }
}

/// Why a trajectory was audited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Reason {
    Random,
    Boundary,
    /// Drawn at random, and near a boundary, too.
    Both,
}

/// A trajectory whose fate differs in f64.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Difference {
    pub trajectory: u64,
    pub cell: u64,
    pub fate: Fate,
    pub fate_in_f64: Fate,
    pub reason: Reason,
}

/// What an audit found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Audit {
    pub random: Replayed,
    pub boundary: Replayed,
    /// The first of those that differ, by their index.
    pub differences: Vec<Difference>,
    cells: BTreeMap<u64, Replayed>,
    /// What it found of many weights.
    pub weights: Option<WeightAudit>,
}

impl Audit {
    /// The audit of many weights, if there was one.
    pub fn of_weights(weights: Option<WeightAudit>) -> Audit {
        Audit { weights, ..Audit::default() }
    }

    /// What was audited of the cell `index`. A trajectory of both samples counts once.
    pub fn cell(&self, index: u64) -> Replayed {
        self.cells.get(&index).copied().unwrap_or_default()
    }
}

/// The size of each sample where nobody names one: as many as take 30,000 steps and 1/50,000 of the sweep's, at most 64.
pub fn default_size(plan: &Plan) -> u64 {
    let budget = 30_000 + plan.steps() / 50_000;
    (budget / (2 * u128::from(plan.limits.steps))).min(64) as u64
}

/// The time that an audit of this size takes all cores, from the first steps of some trajectories.
pub fn estimate_seconds(plan: &Plan, size: u64) -> f64 {
    const LOOKS: u64 = 8;
    const STEPS: u32 = 256;
    let steps = plan.limits.steps.min(STEPS);
    let limits = Limits { steps, tail: plan.limits.tail.min(steps), ..plan.limits.clone() };
    let began = Instant::now();
    for look in 0..LOOKS {
        let index = u128::from(plan.trajectories - 1) * u128::from(look) / u128::from(LOOKS - 1);
        std::hint::black_box(fate_in_f64(plan, &limits, index as u64, &Cancel::default()));
    }
    let a_step = began.elapsed().as_secs_f64() / f64::from(steps) / LOOKS as f64;
    let replays = size.min(plan.trajectories) * 2;
    a_step * f64::from(plan.limits.steps) * replays as f64 / cpu::available_threads() as f64
}

/// Replays `size` trajectories at random and `size` near a boundary, fewer where there are no more. `outcomes_of` gives what
/// the backend of the run makes of the trajectories with these indices, which ascend. `None` if it was cancelled.
///
/// # Errors
/// Those of `outcomes_of`.
pub fn audit<E>(
    plan: &Plan,
    statistics: &Statistics,
    size: u64,
    cancel: &Cancel,
    mut outcomes_of: impl FnMut(&[u64]) -> Result<Vec<Outcome>, E>,
) -> Result<Option<Audit>, E> {
    let mut audit = Audit::default();
    if size == 0 {
        return Ok(Some(audit));
    }
    let random = at_random(plan, size);
    let Some(boundary) = near_boundary(plan, &statistics.endings, size, cancel) else { return Ok(None) };
    let all: Vec<u64> = random.union(&boundary).copied().collect();
    for chunk in all.chunks(CHUNK) {
        let found = outcomes_of(chunk)?;
        assert_eq!(found.len(), chunk.len(), "every trajectory asked for should have an outcome");
        let expected: Option<Vec<Fate>> =
            chunk.par_iter().map(|&index| fate_in_f64(plan, &plan.limits, index, cancel)).collect();
        let Some(expected) = expected else { return Ok(None) };
        for ((&index, outcome), fate_in_f64) in chunk.iter().zip(&found).zip(expected) {
            let reason = match (random.contains(&index), boundary.contains(&index)) {
                (true, true) => Reason::Both,
                (true, false) => Reason::Random,
                _ => Reason::Boundary,
            };
            audit.add(plan, index, outcome.fate(), fate_in_f64, reason);
        }
    }
    Ok(Some(audit))
}

impl Audit {
    fn add(&mut self, plan: &Plan, trajectory: u64, fate: Fate, fate_in_f64: Fate, reason: Reason) {
        let (section, local) = plan.locate(trajectory).expect("a plan should hold the trajectories chosen from it");
        let cell = section.first_cell + local / section.pool;
        let differs = fate != fate_in_f64;
        self.cells.entry(cell).or_default().count(fate, fate_in_f64);
        if reason != Reason::Boundary {
            self.random.count(fate, fate_in_f64);
        }
        if reason != Reason::Random {
            self.boundary.count(fate, fate_in_f64);
        }
        if differs && self.differences.len() < TOLD {
            let (_, in_whole) =
                plan.in_whole(trajectory..trajectory + 1).next().expect("it should be in the whole sweep, too");
            self.differences.push(Difference { trajectory: in_whole.start, cell, fate, fate_in_f64, reason });
        }
    }
}

/// The fate of the trajectory `index` in f64; `None` if it was cancelled.
fn fate_in_f64(plan: &Plan, limits: &Limits, index: u64, cancel: &Cancel) -> Option<Fate> {
    let (section, local) = plan.locate(index)?;
    let point: Point = section.at(local);
    let rule = Rule::new(section.kernel, &point);
    reference::follow(&rule, point.start, limits, &|| cancel.is_raised()).map(|ending| ending.fate)
}
