//! Counts by cell and weight.

use super::ending::held;
use super::{Drawn, Ending, Meetings};
use crate::model::{EndPoint, MEASURES, Model};
use crate::plan::{Limits, Plan, Section};
use crate::verdict::{Fate, Outcome, Tally};
use std::collections::BTreeMap;

/// Outcomes that wait to be counted, in bytes: they go cell by cell then, for all tallies together are more than a core has near at hand.
const WAITING: usize = 1 << 19;

/// Trajectories of a batch, counted as [`Plan::by_weight`] has them.
pub struct Counted<'a> {
    /// Cell and weight of the first tally, as one number.
    first: u64,
    pool: u64,
    per_draw: u64,
    /// Draws whose trajectories share cells, which are neighbours.
    sharing: u64,
    weights: usize,
    /// Trajectories that a cell has here at the most.
    expected: usize,
    limits: &'a Limits,
    /// By cell, those of its weights and that of all together.
    tallies: BTreeMap<u64, Vec<Tally>>,
    meetings: Meetings<'a>,
    waiting: Vec<Waiting>,
    /// Those of the weights of each that waits, and that of all together.
    outcomes: Vec<Outcome>,
}

/// A trajectory that waits to be counted.
struct Waiting {
    cell: u64,
    /// That of its first outcome.
    outcome: usize,
    measures: [Option<f32>; MEASURES],
}

impl<'a> Counted<'a> {
    /// For a batch of so many trajectories.
    pub fn new(section: &'a Section, model: &Model, limits: &'a Limits, trajectories: u64) -> Counted<'a> {
        let weights = model.weights();
        let draws = u64::from(model.resample.count);
        let places = Plan::places_of_cell(weights);
        let cells = section.cells / draws;
        Counted {
            first: section.first_cell / draws * places,
            pool: section.pool,
            per_draw: section.per_draw(model),
            sharing: draws,
            weights,
            expected: trajectories.div_ceil(cells).max(section.pool.min(trajectories)) as usize,
            limits,
            tallies: BTreeMap::new(),
            meetings: Meetings::new(section),
            waiting: Vec::new(),
            outcomes: Vec::new(),
        }
    }

    /// Counts the trajectory `local` of the section, whose rows are drawn so.
    pub fn add(&mut self, local: u64, outcomes: &[Outcome], ending: &Ending, drawn: &Drawn) {
        let of_design = local / self.per_draw / self.sharing * (self.per_draw / self.pool);
        let cell = of_design + local % self.per_draw / self.pool;
        self.waiting.push(Waiting { cell, outcome: self.outcomes.len(), measures: ending.measures });
        self.outcomes.extend_from_slice(outcomes);
        self.outcomes.push(ending.whole);
        if let Some(points) = self.meetings.add(local, outcomes, ending, drawn) {
            let tallies = tallies_of(&mut self.tallies, cell, self.weights);
            sample_end_points(&mut tallies[self.weights], &points, self.expected);
        }
        if size_of_val(&self.outcomes[..]) >= WAITING {
            self.count();
        }
    }

    /// Counts all that wait.
    fn count(&mut self) {
        let Counted { weights, expected, limits, tallies, waiting, outcomes, .. } = self;
        waiting.sort_unstable_by_key(|own| own.cell);
        for Waiting { cell, outcome, measures } in waiting.drain(..) {
            let tallies = tallies_of(tallies, cell, *weights);
            let outcomes = &outcomes[outcome..=outcome + *weights];
            for (place, (tally, outcome)) in tallies.iter_mut().zip(outcomes).enumerate() {
                tally.add(outcome, &limits.tolerances);
                match place == *weights {
                    true => tally.sample(&measures, *expected),
                    false => {
                        tally.sample(&[(outcome.fate() != Fate::Diverged).then_some(outcome.last)], *expected);
                    }
                }
            }
        }
        outcomes.clear();
    }

    pub fn tallies(mut self) -> Vec<(u64, Tally)> {
        self.count();
        let (first, places) = (self.first, Plan::places_of_cell(self.weights));
        let of_cell = |(cell, tallies): (u64, Vec<Tally>)| (first + cell * places..).zip(tallies);
        self.tallies.into_iter().flat_map(of_cell).collect()
    }
}

/// The tallies of a cell, which are made where there are none.
fn tallies_of(tallies: &mut BTreeMap<u64, Vec<Tally>>, cell: u64, weights: usize) -> &mut [Tally] {
    tallies.entry(cell).or_insert_with(|| vec![Tally::default(); weights + 1])
}

/// Keeps what is known of the end points of a draw, behind the measures of the weights together: of each in its turn, the best first.
fn sample_end_points(whole: &mut Tally, points: &[EndPoint], expected: usize) {
    let of_point = |point: &EndPoint| {
        let EndPoint { trajectories, support, objective, gap, gap_max } = *point;
        [trajectories as f64, support, objective, gap, gap_max].map(|own| Some(held(own)))
    };
    let values: Vec<Option<f32>> = [None; MEASURES].into_iter().chain(points.iter().flat_map(of_point)).collect();
    whole.sample(&values, expected);
}
