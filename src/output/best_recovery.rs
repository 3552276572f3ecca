//! At which lambda most trajectories find exactly the true weights, where these are known.

use super::chosen_lambdas::AtLambda;
use super::held_out::Edge;
use crate::model::Measured;
use crate::statistics::Rate;
use serde_json::{Value, json};

/// A lambda, and how often the true weights were found there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Recovery {
    pub lambda: f32,
    pub trajectories: u64,
    /// Those of them of which the true weights are not zero, and no others ([`Measured::Recovered`]).
    pub recovered: u64,
    /// Independent draws; `None` where nothing is drawn.
    pub draws: Option<u64>,
    /// Weights that are not zero here, and zero in truth; and the other way; in the mean.
    pub false_selections: f64,
    pub missed: f64,
    /// Weights that are not zero, in the mean.
    pub support: f64,
}

impl Recovery {
    /// That of a cell; `None` where no truth is known, or all diverged.
    pub fn of(at: AtLambda) -> Option<Recovery> {
        let mean = |measured| at.whole.measured(measured).filter(|spread| spread.count > 0).map(|spread| spread.mean);
        Some(Recovery {
            lambda: at.lambda,
            trajectories: at.whole.trajectories,
            recovered: at.whole.measured(Measured::Recovered).map(|spread| spread.negative + spread.positive)?,
            draws: at.whole.draws,
            false_selections: mean(Measured::FalseSelections)?,
            missed: mean(Measured::Missed)?,
            support: mean(Measured::Support)?,
        })
    }

    /// The share that found them, with its interval where something is drawn.
    pub fn rate(&self) -> Rate {
        Rate::of_draws(self.recovered, self.trajectories, self.draws)
    }

    /// The wrong selections of one kind and the other, in the mean.
    fn mistakes(&self) -> f64 {
        self.false_selections + self.missed
    }
}

/// The lambda of the greatest recovered rate, for one choice of all else.
#[derive(Clone, Debug, PartialEq)]
pub struct BestRecovery {
    /// What else the cells have in common, in words: `lk, penalty.k = 1, fista_restart`.
    pub of: String,
    /// Of equal rates the one with the fewest mistakes, and of these the largest lambda.
    pub best: Recovery,
    /// The end of the lambdas at which that is, beyond which a better one may be.
    pub edge: Option<Edge>,
}

impl BestRecovery {
    /// Of cells that differ in lambda alone; `None` of no cell.
    pub fn of(of: String, mut cells: Vec<Recovery>) -> Option<BestRecovery> {
        cells.sort_by(|a, b| a.lambda.total_cmp(&b.lambda));
        let rank = |a: &Recovery, b: &Recovery| {
            a.rate().rate.total_cmp(&b.rate().rate).then(b.mistakes().total_cmp(&a.mistakes()))
        };
        // Of equals `max_by` takes the last.
        let best = cells.iter().copied().max_by(rank)?;
        let ends = [cells[0].lambda, cells[cells.len() - 1].lambda];
        // Nothing is better than all, and one lambda has no end.
        let can_rise = best.recovered < best.trajectories && cells.len() > 1;
        let edge = can_rise.then(|| Edge::of(best.lambda, best.support, ends)).flatten();
        Some(BestRecovery { of, best, edge })
    }

    /// What may be beyond the end, and what to change.
    pub fn beyond(&self) -> Option<String> {
        self.edge.map(|edge| {
            let (name, beyond, advice) = (edge.name(), edge.beyond(), edge.advice());
            format!(
                "the recovered rate is greatest at the {name} lambda, and may be greater at a {beyond} one: {advice}"
            )
        })
    }

    /// As run.json tells it.
    pub fn json(&self) -> Value {
        let Recovery { lambda, trajectories, recovered, draws, false_selections, missed, support } = self.best;
        let Rate { rate, low, high } = self.best.rate();
        json!({
            "of": self.of,
            "lambda": lambda,
            "trajectories": trajectories,
            "recovered": recovered,
            "rate": rate,
            "low": draws.map(|_| low),
            "high": draws.map(|_| high),
            "false_selections": false_selections,
            "missed": missed,
            "support": support,
            "edge": self.edge.map(Edge::name),
            "beyond": self.beyond(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lambda_that_most_often_finds_the_truth_is_best() {
        let cell = |(lambda, recovered, false_selections, missed)| {
            let (trajectories, draws, support) = (10, Some(10), 3.0);
            Recovery { lambda, trajectories, recovered, draws, false_selections, missed, support }
        };
        for (cells, expected) in [
            (&[(1.0, 2, 0.0, 3.0), (0.5, 7, 0.2, 0.2), (0.1, 4, 2.0, 0.0)][..], (0.5, None)),
            // Of equal rates it is the one with the fewest mistakes, of these the largest lambda, in whatever order they come.
            (&[(0.1, 0, 5.0, 0.0), (0.5, 0, 1.0, 1.0), (1.0, 0, 0.0, 2.0), (2.0, 0, 0.0, 3.0)], (1.0, None)),
            (&[(2.0, 9, 0.1, 0.0), (1.0, 9, 0.1, 0.0)], (2.0, Some(Edge::Largest))),
            (&[(2.0, 1, 0.1, 0.0), (1.0, 9, 0.1, 0.0)], (1.0, Some(Edge::Smallest))),
            // Nothing is better than all, nor beyond a lambda of 0; of one lambda there are no ends.
            (&[(2.0, 10, 0.0, 0.0), (1.0, 9, 0.1, 0.0)], (2.0, None)),
            (&[(0.0, 9, 0.1, 0.0), (1.0, 8, 0.1, 0.0)], (0.0, None)),
            (&[(0.3, 9, 0.1, 0.0)], (0.3, None)),
        ] {
            let own = BestRecovery::of(String::new(), cells.iter().copied().map(cell).collect()).expect("a best one");
            assert_eq!((own.best.lambda, own.edge), expected, "{cells:?}");
        }
        assert_eq!(BestRecovery::of(String::new(), Vec::new()), None);
    }
}
