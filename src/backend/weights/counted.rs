//! Counts by cell and weight.

use super::Ending;
use super::ending::held;
use crate::model::{EndPoint, MEASURES, Model};
use crate::plan::{Limits, Plan, Section};
use crate::verdict::{Fate, Outcome, Tally};

/// Trajectories of a batch, counted as [`Plan::by_weight`] has them.
pub struct Counted {
    /// Cell and weight of the first tally, as one number.
    first: u64,
    pool: u64,
    weights: usize,
    tallies: Vec<Option<Tally>>,
}

impl Counted {
    pub fn new(section: &Section, model: &Model) -> Counted {
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
    pub fn add(&mut self, of_draw: u64, outcomes: &[Outcome], ending: &Ending, limits: &Limits) {
        let first = (of_draw / self.pool * Plan::places_of_cell(self.weights)) as usize;
        let own = &mut self.tallies[first..=first + self.weights];
        let (whole, weights) = own.split_last_mut().expect("a cell should have a tally for the whole");
        for (tally, outcome) in weights.iter_mut().zip(outcomes) {
            let tally = tally.get_or_insert_default();
            tally.add(outcome, &limits.tolerances);
            tally.sample(&[(outcome.fate() != Fate::Diverged).then_some(outcome.last)]);
        }
        let whole = whole.get_or_insert_default();
        whole.add(&ending.whole, &limits.tolerances);
        whole.sample(&ending.measures);
    }

    /// Keeps what is known of the end points of a draw, behind the measures of the weights together: of each in its turn, the best first.
    pub fn add_end_points(&mut self, of_draw: u64, points: &[EndPoint]) {
        let place = (of_draw / self.pool + 1) * Plan::places_of_cell(self.weights) - 1;
        let of_point = |point: &EndPoint| {
            let EndPoint { trajectories, support, objective, gap, gap_max } = *point;
            [trajectories as f64, support, objective, gap, gap_max].map(|own| Some(held(own)))
        };
        let values: Vec<Option<f32>> = [None; MEASURES].into_iter().chain(points.iter().flat_map(of_point)).collect();
        self.tallies[place as usize].get_or_insert_default().sample(&values);
    }

    pub fn tallies(self) -> Vec<(u64, Tally)> {
        (self.first..).zip(self.tallies).filter_map(|(place, tally)| Some((place, tally?))).collect()
    }
}
