//! Trajectories of many weights: lanes are trajectories that share a draw of the table's rows, so that what the rows make of the loss is
//! read once for all of them. A lane that is done takes the next trajectory of its draw.

mod course;
mod drawn;
mod ending;
mod product;

use super::super::{Batch, RunOptions};
use crate::kernel::Role;
use crate::lanes::{LANES, Vectors};
use crate::model::{DrawnRows, Draws, End, EndPoint, MEASURES, Model, Penalized, end_points};
use crate::plan::{Limits, Plan, Section};
use crate::verdict::{Fate, Tally};
use crate::work::Stretch;
use course::Course;
use drawn::Drawn;
use ending::{Ending, held};
use std::collections::BTreeMap;

/// Draws whose trajectories a batch holds at the most: they are counted together.
const DRAWS_OF_A_BATCH: u64 = 125;

/// Multiplications that a batch should take, at about a thousand steps a trajectory: some tenths of a second of one core.
const WORK_OF_A_BATCH: u64 = 1 << 31;

/// Trajectories of a batch where nobody says otherwise: whole draws, unless one is too long.
pub(super) fn default_batch(plan: &Plan, model: &Model) -> u64 {
    let of_draw = plan.sections.iter().map(|section| section.per_draw(model)).max().unwrap_or(1);
    let weights = model.weights() as u64;
    let steps = u64::from(plan.limits.steps).min(1 << 10);
    let across = if model.moments.is_some() { weights } else { weights.min(2 * model.rows() as u64) };
    let most = (WORK_OF_A_BATCH / (steps * weights * across)).max(LANES as u64);
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
    let starts = together(section);
    let (mut local, end) = (stretch.local, stretch.local + stretch.len);
    while local < end {
        let draw = local / per_draw;
        let until = end.min((draw + 1) * per_draw);
        let rows = DrawnRows::new(&draws, draw as u32);
        let mut meetings = Meetings { section, rows: &rows, starts, open: BTreeMap::new() };
        course.run(&Drawn::new(&rows), section, local..until, &plan.limits, stopped, &mut |local, ending| {
            counted.add(local % per_draw, ending, &plan.limits);
            if let Some(points) = meetings.add(local, ending) {
                counted.add_end_points(local % per_draw, &points);
            }
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

/// The most starts whose ends are put together.
const MOST_STARTS: u64 = 1 << 12;

/// Trajectories that are in one batch, as their ends are put together; 1 where none are.
pub(super) fn together(section: &Section) -> u64 {
    section.starts().filter(|starts| *starts <= MOST_STARTS).unwrap_or(1)
}

/// The ends of trajectories that have a draw and a cell in common and start from different places.
struct Meetings<'a> {
    section: &'a Section,
    rows: &'a DrawnRows<'a>,
    starts: u64,
    /// Those that are not all there yet, by cell: how many are, and the ends of those that did not diverge.
    open: BTreeMap<u64, (u64, Vec<End>)>,
}

impl Meetings<'_> {
    /// Adds an end, and puts all of them together where it is the last.
    fn add(&mut self, local: u64, ending: &Ending) -> Option<Vec<EndPoint>> {
        if self.starts == 1 {
            return None;
        }
        let cell = local / self.starts;
        let (count, ends) = self.open.entry(cell).or_default();
        *count += 1;
        let end = ending.judged.filter(|(_, objective)| objective.is_finite()).map(|(judged, objective)| End {
            w: ending.outcomes.iter().map(|outcome| outcome.last).collect(),
            objective,
            residual: judged.residual,
        });
        ends.extend(end);
        if *count < self.starts {
            return None;
        }
        let (_, ends) = self.open.remove(&cell)?;
        let (kernel, point) = (self.section.kernel, self.section.at(local));
        let mut penalized = Penalized::new(self.rows, kernel.penalty, kernel.values(Role::Penalty, &point));
        Some(end_points(&mut penalized, ends))
    }
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

    /// Keeps what is known of the end points of a draw, behind the measures of the weights together: of each in its turn, the best first.
    fn add_end_points(&mut self, of_draw: u64, points: &[EndPoint]) {
        let place = (of_draw / self.pool + 1) * Plan::places_of_cell(self.weights) - 1;
        let of_point = |point: &EndPoint| {
            [point.trajectories as f64, point.support as f64, point.objective, point.gap].map(|own| Some(held(own)))
        };
        let values: Vec<Option<f32>> = [None; MEASURES].into_iter().chain(points.iter().flat_map(of_point)).collect();
        self.tallies[place as usize].get_or_insert_default().sample(&values);
    }

    fn tallies(self) -> Vec<(u64, Tally)> {
        (self.first..).zip(self.tallies).filter_map(|(place, tally)| Some((place, tally?))).collect()
    }
}
