//! Trajectories of many weights: lanes are trajectories that share a draw of the table's rows, so that what the rows make of the loss is
//! read once for all of them. A lane that is done takes the next trajectory of its draw.

mod course;
mod drawn;
mod ending;
mod product;

use super::super::{Batch, RunOptions};
use crate::lanes::{LANES, Vectors};
use crate::model::{DrawnRows, Draws, Model};
use crate::plan::{Limits, Plan, Section};
use crate::verdict::{Fate, Tally};
use crate::work::Stretch;
use course::Course;
use drawn::Drawn;
use ending::Ending;

/// Draws whose trajectories a batch holds at the most: they are counted together.
const DRAWS_OF_A_BATCH: u64 = 125;

/// Multiplications that a batch should take, at about a thousand steps a trajectory: some tenths of a second of one core.
const WORK_OF_A_BATCH: u64 = 1 << 31;

/// Trajectories of a batch where nobody says otherwise: whole draws, unless one is too long.
pub(super) fn default_batch(plan: &Plan, model: &Model) -> u64 {
    let of_draw = plan.sections.iter().map(|section| section.per_draw(model)).max().unwrap_or(1);
    let weights = model.weights() as u64;
    let steps = u64::from(plan.limits.steps).min(1 << 10);
    let most = (WORK_OF_A_BATCH / (steps * weights * weights.min(2 * model.rows() as u64))).max(LANES as u64);
    let wanted = DRAWS_OF_A_BATCH.min(u64::from(model.resample.count)).min(most / of_draw);
    if wanted == 0 { most.min(of_draw) } else { wanted * of_draw }
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
    let mut counted = Counted::new(section, model);
    let mut course = Course::new(section.kernel, model, vectors);
    let (mut local, end) = (stretch.local, stretch.local + stretch.len);
    while local < end {
        let draw = local / per_draw;
        let until = end.min((draw + 1) * per_draw);
        let rows = DrawnRows::new(&draws, draw as u32);
        course.run(&Drawn::new(&rows), section, local..until, &plan.limits, stopped, &mut |local, ending| {
            counted.add(local % per_draw, ending, &plan.limits);
        })?;
        local = until;
    }
    let Stretch { local, len: trajectories, position, .. } = stretch;
    Some(Batch {
        first: section.first + local,
        position,
        trajectories,
        tallies: counted.tallies(),
        outcomes: Vec::new(),
    })
}

/// The last weights of a trajectory, whose draw is of these rows; `None` if it diverged.
pub(super) fn last(section: &Section, rows: &DrawnRows, local: u64, limits: &Limits) -> Option<Vec<f32>> {
    let mut course = Course::new(section.kernel, rows.model, Vectors::widest());
    let mut last = None;
    course.run(&Drawn::new(rows), section, local..local + 1, limits, &|| false, &mut |_, ending| {
        let weights = || ending.outcomes.iter().map(|outcome| outcome.last).collect();
        last = (ending.whole.fate() != Fate::Diverged).then(weights);
    })?;
    last
}

/// Counts by cell and weight.
struct Counted {
    /// Cell and weight of the first tally, as one number.
    first: u64,
    pool: u64,
    weights: usize,
    tallies: Vec<Option<Tally>>,
}

impl Counted {
    fn new(section: &Section, model: &Model) -> Counted {
        let weights = model.weights();
        let draws = u64::from(model.resample.count);
        let places = Plan::places_of_cell(weights);
        let cells = section.cells / draws;
        Counted {
            first: section.first_cell / draws * places,
            pool: section.pool,
            weights,
            tallies: vec![None; (cells * places) as usize],
        }
    }

    /// Counts the trajectory that is at this place of its draw.
    fn add(&mut self, of_draw: u64, ending: &Ending, limits: &Limits) {
        let first = (of_draw / self.pool * Plan::places_of_cell(self.weights)) as usize;
        let own = &mut self.tallies[first..=first + self.weights];
        let (whole, weights) = own.split_last_mut().expect("a cell should have a tally for the whole");
        for (tally, outcome) in weights.iter_mut().zip(ending.outcomes) {
            let tally = tally.get_or_insert_default();
            tally.add(outcome, &limits.tolerances);
            tally.sample(&[(outcome.fate() != Fate::Diverged).then_some(outcome.last)]);
        }
        let whole = whole.get_or_insert_default();
        whole.add(&ending.whole, &limits.tolerances);
        whole.sample(&ending.measures);
    }

    fn tallies(self) -> Vec<(u64, Tally)> {
        (self.first..).zip(self.tallies).filter_map(|(place, tally)| Some((place, tally?))).collect()
    }
}
