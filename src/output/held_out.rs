//! Which lambda the rows speak for that draws leave out.

use super::chosen_lambdas::AtLambda;
use crate::model::{Measured, Model};
use crate::spec::Method;
use crate::statistics::Spread;
use serde_json::{Value, json};

/// A lambda, and what is known of the rows that draws left out there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HeldOut {
    pub lambda: f32,
    /// The mean loss, and its standard error as of a mean over all rows; none of a single draw.
    pub loss: f64,
    pub error: Option<f64>,
    /// Weights that are not zero, in the mean.
    pub support: f64,
}

impl HeldOut {
    /// That of a cell; `None` where its draws leave out no rows.
    pub fn of(at: AtLambda, model: &Model) -> Option<HeldOut> {
        let loss = at.whole.measured(Measured::HeldOutLoss)?;
        let support = at.whole.measured(Measured::Support)?.mean;
        Some(HeldOut { lambda: at.lambda, loss: loss.mean, error: error(loss, at.whole.draws, model), support })
    }
}

/// The standard error of the mean loss of rows that draws leave out: of a mean over all rows, each left out once, however many draws there are.
/// `None` of a single draw.
///
/// S sqrt(q / (1 - q)) where draws have the standard deviation S, and each leaves out the share q of the rows: the variance of a mean over q n of n rows
/// is (1 - q) / q of that over all (Cochran, Sampling Techniques, 1977, section 2.5). For k folds, however often repeated, that is their
/// deviation with ddof 1 over sqrt(k). Of bootstraps q is (1 - 1/n)^n in the mean.
pub fn error(loss: &Spread, draws: Option<u64>, model: &Model) -> Option<f64> {
    let draws = draws.unwrap_or(1).min(loss.count) as f64;
    let rows = model.counts.iter().map(|count| f64::from(*count)).sum::<f64>();
    // Folds and halves leave out each row equally often, so that the mean over all of them is that of the rows.
    let (left_out, within) = match model.resample.method {
        Method::Folds { folds } => (1.0 / f64::from(folds), (draws - 1.0) / draws),
        Method::HalfSample => (0.5, (draws - 1.0) / draws),
        Method::Bootstrap => ((1.0 - 1.0 / rows).powf(rows), 1.0),
        Method::Whole | Method::Designs => return None,
    };
    (draws > 1.0).then(|| loss.deviation * (within * left_out / (1.0 - left_out)).sqrt())
}

/// By what a lambda is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// The least mean loss; of equals the largest.
    Least,
    /// The largest whose mean loss is within a standard error of the least one.
    WithinAnError,
}

impl Rule {
    pub const ALL: [Rule; 2] = [Rule::Least, Rule::WithinAnError];

    /// As run.json and chosen.csv have it.
    pub fn name(self) -> &'static str {
        match self {
            Rule::Least => "least",
            Rule::WithinAnError => "within_an_error",
        }
    }

    /// As pages have it.
    pub fn words(self) -> &'static str {
        match self {
            Rule::Least => "least loss",
            Rule::WithinAnError => "within a standard error",
        }
    }
}

/// An end of the lambdas of a setting, beyond which a better one may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edge {
    Smallest,
    Largest,
}

impl Edge {
    /// The end at which a lambda is that keeps so many weights; `None` within, and where nothing is beyond: below 0, or above what keeps no weight.
    pub fn of(lambda: f32, support: f64, [smallest, largest]: [f32; 2]) -> Option<Edge> {
        match lambda {
            0.0 => None,
            lambda if lambda == smallest => Some(Edge::Smallest),
            lambda if lambda == largest && support > 0.0 => Some(Edge::Largest),
            _ => None,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Edge::Smallest => "smallest",
            Edge::Largest => "largest",
        }
    }

    /// On which side of it a better one may be.
    pub fn beyond(self) -> &'static str {
        match self {
            Edge::Smallest => "smaller",
            Edge::Largest => "larger",
        }
    }

    /// What to type to have lambdas beyond it.
    pub fn advice(self) -> &'static str {
        match self {
            Edge::Smallest => "give a path a smaller ratio, or a list smaller lambdas",
            Edge::Largest => "give a list with larger lambdas, a path begins no higher",
        }
    }
}

/// The lambdas that are chosen of one choice of all else.
#[derive(Clone, Debug, PartialEq)]
pub struct ChosenLambda {
    /// What else the cells have in common, in words: `lk, penalty.k = 1, fista_restart`.
    pub of: String,
    /// By [`Rule::Least`].
    pub least: HeldOut,
    /// By [`Rule::WithinAnError`].
    pub within_an_error: HeldOut,
    /// The smallest and the largest lambda that there are.
    pub ends: [f32; 2],
}

impl ChosenLambda {
    /// Of cells with several lambdas; `None` of fewer.
    pub fn of(of: String, cells: &[HeldOut]) -> Option<ChosenLambda> {
        let mut cells = cells.to_vec();
        cells.sort_by(|a, b| b.lambda.total_cmp(&a.lambda));
        let least = *cells.iter().reduce(|least, own| if own.loss < least.loss { own } else { least })?;
        let within_an_error = *cells.iter().find(|own| own.loss <= least.loss + least.error.unwrap_or_default())?;
        let ends = [cells.last()?.lambda, cells[0].lambda];
        (cells.len() > 1).then_some(ChosenLambda { of, least, within_an_error, ends })
    }

    /// The end at which the lambda by a rule is, beyond which a better one may be ([`Edge::of`]).
    pub fn edge(&self, rule: Rule) -> Option<Edge> {
        let HeldOut { lambda, support, .. } = *self.by(rule);
        Edge::of(lambda, support, self.ends)
    }

    /// What may be beyond the ends, and what to change.
    pub fn beyond(&self) -> Vec<String> {
        let least = self.edge(Rule::Least);
        let of_least = least.map(|edge| {
            let (name, beyond, advice) = (edge.name(), edge.beyond(), edge.advice());
            format!("the least loss is at the {name} lambda, and may be less at a {beyond} one: {advice}")
        });
        let is_open = least != Some(Edge::Largest) && self.edge(Rule::WithinAnError) == Some(Edge::Largest);
        let of_error = is_open.then(|| {
            let advice = Edge::Largest.advice();
            format!("the largest lambda is within a standard error of the least loss, and a larger one may be, too: {advice}")
        });
        of_least.into_iter().chain(of_error).collect()
    }

    pub fn by(&self, rule: Rule) -> &HeldOut {
        match rule {
            Rule::Least => &self.least,
            Rule::WithinAnError => &self.within_an_error,
        }
    }

    /// As run.json tells it.
    pub fn json(&self) -> Value {
        let mut told = json!({ "of": self.of, "beyond": self.beyond() });
        for rule in Rule::ALL {
            let HeldOut { lambda, loss, error, support } = self.by(rule);
            let edge = self.edge(rule).map(Edge::name);
            told[rule.name()] =
                json!({ "lambda": lambda, "loss": loss, "error": error, "support": support, "edge": edge });
        }
        told
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_lambda_within_an_error_of_the_least_is_chosen() {
        let cell = |lambda, loss, error| HeldOut { lambda, loss, error: Some(error), support: 1.0 };
        let cells =
            [cell(1.0, 2.0, 0.3), cell(4.0, 1.51, 0.1), cell(2.0, 1.2, 0.3), cell(3.0, 1.5, 0.1), cell(0.5, 1.2, 0.1)];
        let chosen = ChosenLambda::of(String::new(), &cells).expect("a choice");
        assert_eq!((chosen.least.lambda, chosen.within_an_error.lambda), (2.0, 3.0));
        assert_eq!(ChosenLambda::of(String::new(), &cells[..1]), None);
        assert_eq!((chosen.edge(Rule::Least), chosen.beyond()), (None, Vec::new()));
    }

    /// Beyond an end may be less, but not below 0, nor above a lambda that leaves no weight.
    #[test]
    fn a_lambda_at_an_end_is_told() {
        let chosen = |lambdas: [f32; 3], losses: [f64; 3], largest: f64| {
            let cells: Vec<HeldOut> = (0..3)
                .map(|place| HeldOut {
                    lambda: lambdas[place],
                    loss: losses[place],
                    error: Some(0.25),
                    support: if place == 2 { largest } else { 1.0 },
                })
                .collect();
            let own = ChosenLambda::of(String::new(), &cells).expect("a choice");
            (Rule::ALL.map(|rule| own.edge(rule)), own.beyond().len())
        };
        let (smallest, largest) = (Some(Edge::Smallest), Some(Edge::Largest));
        for (lambdas, losses, support, expected) in [
            ([1.0, 2.0, 3.0], [1.0, 2.0, 3.0], 1.0, ([smallest, smallest], 1)),
            ([1.0, 2.0, 3.0], [1.0, 1.2, 3.0], 1.0, ([smallest, None], 1)),
            ([1.0, 2.0, 3.0], [1.0, 2.0, 1.1], 1.0, ([smallest, largest], 2)),
            ([1.0, 2.0, 3.0], [2.0, 1.0, 1.1], 1.0, ([None, largest], 1)),
            ([1.0, 2.0, 3.0], [3.0, 2.0, 1.0], 1.0, ([largest, largest], 1)),
            ([1.0, 2.0, 3.0], [3.0, 2.0, 1.0], 0.0, ([None, None], 0)),
            ([0.0, 2.0, 3.0], [1.0, 2.0, 3.0], 1.0, ([None, None], 0)),
            ([1.0, 2.0, 3.0], [2.0, 1.0, 3.0], 1.0, ([None, None], 0)),
        ] {
            assert_eq!(chosen(lambdas, losses, support), expected, "{lambdas:?} {losses:?} {support}");
        }
    }
}
