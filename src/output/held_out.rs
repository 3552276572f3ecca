//! Which lambda the rows speak for that draws leave out.

use super::chosen_lambdas::AtLambda;
use super::coefficients::error;
use crate::model::Measured;
use serde_json::{Value, json};

/// A lambda, and what is known of the rows that draws left out there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HeldOut {
    pub lambda: f32,
    /// The mean loss, and its standard error, as of independent draws.
    pub loss: f64,
    /// None of a single draw.
    pub error: Option<f64>,
    /// Weights that are not zero, in the mean.
    pub support: f64,
}

impl HeldOut {
    /// That of a cell; `None` where its draws leave out no rows.
    pub fn of(at: AtLambda) -> Option<HeldOut> {
        let loss = at.whole.measured(Measured::HeldOutLoss)?;
        let support = at.whole.measured(Measured::Support)?.mean;
        Some(HeldOut { lambda: at.lambda, loss: loss.mean, error: error(loss, at.whole.draws), support })
    }
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

/// The lambdas that are chosen of one choice of all else.
#[derive(Clone, Debug, PartialEq)]
pub struct ChosenLambda {
    /// What else the cells have in common, in words: `lk, penalty.k = 1, fista_restart`.
    pub of: String,
    /// By [`Rule::Least`].
    pub least: HeldOut,
    /// By [`Rule::WithinAnError`].
    pub within_an_error: HeldOut,
}

impl ChosenLambda {
    /// Of cells with several lambdas; `None` of fewer.
    pub fn of(of: String, cells: &[HeldOut]) -> Option<ChosenLambda> {
        let mut cells = cells.to_vec();
        cells.sort_by(|a, b| b.lambda.total_cmp(&a.lambda));
        let least = *cells.iter().reduce(|least, own| if own.loss < least.loss { own } else { least })?;
        let within_an_error = *cells.iter().find(|own| own.loss <= least.loss + least.error.unwrap_or_default())?;
        (cells.len() > 1).then_some(ChosenLambda { of, least, within_an_error })
    }

    pub fn by(&self, rule: Rule) -> &HeldOut {
        match rule {
            Rule::Least => &self.least,
            Rule::WithinAnError => &self.within_an_error,
        }
    }

    /// As run.json tells it.
    pub fn json(&self) -> Value {
        let mut told = json!({ "of": self.of });
        for rule in Rule::ALL {
            let HeldOut { lambda, loss, error, support } = self.by(rule);
            told[rule.name()] = json!({ "lambda": lambda, "loss": loss, "error": error, "support": support });
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
    }
}
