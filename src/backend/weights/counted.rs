//! Counts by cell and weight.

use super::ending::held;
use super::{Drawn, Ending, Meetings};
use crate::model::{EndPoint, MEASURES, Model};
use crate::plan::{Limits, Plan, Section};
use crate::verdict::{Fate, Outcome, Tally};

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
    tallies: Vec<Option<Tally>>,
    meetings: Meetings<'a>,
}

impl<'a> Counted<'a> {
    /// For a batch of so many trajectories.
    pub fn new(section: &'a Section, model: &Model, trajectories: u64) -> Counted<'a> {
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
            tallies: vec![None; (cells * places) as usize],
            meetings: Meetings::new(section),
        }
    }

    /// Counts the trajectory `local` of the section, whose rows are drawn so.
    pub fn add(&mut self, local: u64, outcomes: &[Outcome], ending: &Ending, drawn: &Drawn, limits: &Limits) {
        let of_design = local / self.per_draw / self.sharing * (self.per_draw / self.pool);
        let cell = of_design + local % self.per_draw / self.pool;
        let first = (cell * Plan::places_of_cell(self.weights)) as usize;
        let own = &mut self.tallies[first..=first + self.weights];
        let (whole, weights) = own.split_last_mut().expect("a cell should have a tally for the whole");
        for (tally, outcome) in weights.iter_mut().zip(outcomes) {
            let tally = tally.get_or_insert_default();
            tally.add(outcome, &limits.tolerances);
            tally.sample(&[(outcome.fate() != Fate::Diverged).then_some(outcome.last)], self.expected);
        }
        let whole = whole.get_or_insert_default();
        whole.add(&ending.whole, &limits.tolerances);
        whole.sample(&ending.measures, self.expected);
        if let Some(points) = self.meetings.add(local, outcomes, ending, drawn) {
            sample_end_points(whole, &points, self.expected);
        }
    }

    pub fn tallies(self) -> Vec<(u64, Tally)> {
        (self.first..).zip(self.tallies).filter_map(|(place, tally)| Some((place, tally?))).collect()
    }
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
