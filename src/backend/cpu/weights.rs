//! Trajectories of many weights: a party of lanes is trajectories that share a draw of the table's rows, so that what the rows make of the loss
//! is read once for all of them. A lane that is done takes the next trajectory of its draw, a party that is done the next draw.

mod course;
mod product;

use super::super::weights::{Counted, Drawn, Ending, Form};
use super::super::{Batch, RunOptions};
use crate::lanes::{LANES, Vectors};
use crate::model::{Draws, Model};
use crate::plan::{Limits, Plan, Section};
use crate::verdict::Outcome;
use crate::work::Stretch;
pub use course::EachIterate;
use course::{Course, Queue};

/// Draws whose trajectories a batch holds at the most: they are counted together.
const DRAWS_OF_A_BATCH: u64 = 125;

/// Multiplications that a batch should take, some tenths of a second of one core, and those that one draw may take, whose trajectories are best
/// off together.
const WORK_OF_A_BATCH: u64 = 1 << 31;
const WORK_OF_A_DRAW: u64 = 1 << 34;

/// Counts of weights that a batch brings at the most, unless its lanes bring more: each takes some 500 bytes while it is on its way.
const COUNTS_OF_A_BATCH: u64 = 1 << 14;

/// Steps of a trajectory that goes on until it is solved, as far as anyone can tell.
const STEPS_TO_SOLVE: u32 = 1 << 10;

/// Trajectories of a batch where nobody says otherwise: whole draws, unless one is too long.
pub(super) fn default_batch(plan: &Plan, model: &Model) -> u64 {
    let of_draw = plan.sections.iter().map(|section| section.per_draw(model)).max().unwrap_or(1);
    let steps = plan.limits.steps.min(if model.kkt.is_some() { STEPS_TO_SOLVE } else { u32::MAX });
    let work = Form::multiplications(model).saturating_mul(steps.into());
    let draws = (WORK_OF_A_BATCH / work / of_draw).clamp(1, DRAWS_OF_A_BATCH.min(model.resample.count.into()));
    let cells = (COUNTS_OF_A_BATCH / Plan::places_of_cell(model.weights())).max(1);
    let pool = plan.sections.iter().map(|section| section.pool).min().unwrap_or(1);
    let most = (WORK_OF_A_DRAW / work).min(if of_draw > cells.saturating_mul(pool) { cells * pool } else { u64::MAX });
    (draws * of_draw).min(most.max(LANES as u64))
}

/// Runs one batch; `None` if it was stopped. Its tallies are those of [`Plan::by_weight`].
pub(super) fn run_batch(
    plan: &Plan,
    model: &Model,
    stretch: Stretch,
    options: &RunOptions,
    stopped: &dyn Fn() -> bool,
) -> Option<Batch> {
    let section = &plan.sections[stretch.section];
    let vectors = options.vectors.unwrap_or_else(Vectors::widest);
    let (draws, per_draw) = (Draws::new(model), section.per_draw(model));
    let mut counted = Counted::new(section, model, &plan.limits, stretch.len);
    let mut course = Course::new(section.kernel, model, vectors);
    let weights = model.weights();
    let mut all = if options.rows { vec![Outcome::default(); stretch.len as usize * weights] } else { Vec::new() };
    let (mut local, end) = (stretch.local, stretch.local + stretch.len);
    let mut next_draw = || {
        let (from, draw) = (local, local / per_draw);
        local = end.min((draw + 1) * per_draw);
        (from < local).then(|| Queue::new(Drawn::new(&draws, draw as u32, section), from..local))
    };
    course.run(model, section, &mut next_draw, &plan.limits, stopped, &mut |drawn, local, outcomes, ending| {
        counted.add(local, outcomes, ending, drawn);
        if options.rows {
            all[(local - stretch.local) as usize * weights..][..weights].copy_from_slice(outcomes);
        }
    })?;
    let Stretch { local, len: trajectories, position, .. } = stretch;
    Some(Batch { first: section.first + local, position, trajectories, tallies: counted.tallies(), outcomes: all })
}

/// Takes some trajectories of a section of [`Plan::by_draw`], at most [`LANES`] and all of one draw, to their ends, and tells of every iterate
/// of each; gives what became of them.
pub(crate) fn follow(
    section: &Section,
    drawn: &Drawn,
    locals: &[u64],
    limits: &Limits,
    each: EachIterate,
) -> Vec<(Vec<Outcome>, Ending)> {
    let mut course = Course::new(section.kernel, drawn.rows.model, Vectors::widest());
    course.follow(drawn, section, locals, limits, each)
}
