//! Which lambda the rows speak for that draws leave out.

use super::Number;
use super::coefficients::error;
use crate::model::Measured;
use crate::plan::{Plan, WEIGHT};
use crate::statistics::Statistics;
use serde_json::{Value, json};
use std::io;

/// The path of what is chosen.
const LAMBDA: &str = "penalty.lambda";

/// A lambda, and what is known of the rows that draws left out there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HeldOut {
    pub lambda: f32,
    /// The mean loss, and its standard error, as of independent draws.
    pub loss: f64,
    pub error: f64,
    /// Weights that are not zero, in the mean.
    pub support: f64,
}

/// The lambdas that are chosen of one choice of all else.
#[derive(Clone, Debug, PartialEq)]
pub struct ChosenLambda {
    /// What else the cells have in common, in words: `lk, penalty.k = 1, fista_restart`.
    pub of: String,
    /// That with the least mean loss; of equals the largest.
    pub least: HeldOut,
    /// The largest whose mean loss is within a standard error of the least one.
    pub within_an_error: HeldOut,
}

impl ChosenLambda {
    /// Of cells with several lambdas; `None` of fewer.
    pub fn of(of: String, cells: &[HeldOut]) -> Option<ChosenLambda> {
        let mut cells = cells.to_vec();
        cells.sort_by(|a, b| b.lambda.total_cmp(&a.lambda));
        let least = *cells.iter().reduce(|least, own| if own.loss < least.loss { own } else { least })?;
        let within_an_error = *cells.iter().find(|own| own.loss <= least.loss + least.error)?;
        (cells.len() > 1).then_some(ChosenLambda { of, least, within_an_error })
    }

    /// As run.json tells it.
    pub fn json(&self) -> Value {
        let told = |own: &HeldOut| json!({ "lambda": own.lambda, "loss": own.loss, "error": own.error, "support": own.support });
        json!({ "of": self.of, "least": told(&self.least), "within_an_error": told(&self.within_an_error) })
    }
}

/// The lambdas that the rows speak for that draws leave out, one for each choice of all else, in the order of the cells; none where draws
/// leave out no rows. `plan` is the one by weight that the statistics are of.
///
/// # Errors
/// Where counts cannot be read.
pub fn chosen_lambdas(plan: &Plan, statistics: &Statistics) -> io::Result<Vec<ChosenLambda>> {
    let Some(lambda) = plan.coordinates.iter().position(|own| own.path == LAMBDA) else { return Ok(Vec::new()) };
    let mut lines: Vec<(String, Vec<HeldOut>)> = Vec::new();
    for chunk in statistics.chunks(plan)? {
        let (first, summaries) = chunk?;
        for (place, summary) in (first..).zip(&summaries).filter(|(place, _)| plan.is_whole(*place)) {
            let measured = [Measured::HeldOutLoss, Measured::Support].map(|measured| summary.measured(measured));
            let [Some(loss), Some(support)] = measured else { continue };
            let cell = plan.cell(place);
            let Some(Some(value)) = cell.coordinates.get(lambda).copied() else { continue };
            let others = plan.coordinates.iter().zip(&cell.coordinates);
            let others = others.filter(|(own, _)| ![LAMBDA, WEIGHT].contains(&own.path.as_str()));
            let others = others.filter_map(|(own, value)| Some(format!("{} = {}", own.path, Number((*value)?))));
            let words: Vec<String> = [cell.penalty.member.kind.to_owned()]
                .into_iter()
                .chain(others)
                .chain([cell.optimizer.name().to_owned()])
                .collect();
            let of = words.join(", ");
            let error = error(loss, summary.draws);
            let own = HeldOut { lambda: value, loss: loss.mean, error, support: support.mean };
            match lines.iter_mut().find(|(known, _)| *known == of) {
                Some((_, cells)) => cells.push(own),
                None => lines.push((of, vec![own])),
            }
        }
    }
    Ok(lines.into_iter().filter_map(|(of, cells)| ChosenLambda::of(of, &cells)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_lambda_within_an_error_of_the_least_is_chosen() {
        let cell = |lambda, loss, error| HeldOut { lambda, loss, error, support: 1.0 };
        let cells =
            [cell(1.0, 2.0, 0.3), cell(4.0, 1.51, 0.1), cell(2.0, 1.2, 0.3), cell(3.0, 1.5, 0.1), cell(0.5, 1.2, 0.1)];
        let chosen = ChosenLambda::of(String::new(), &cells).expect("a choice");
        assert_eq!((chosen.least.lambda, chosen.within_an_error.lambda), (2.0, 3.0));
        assert_eq!(ChosenLambda::of(String::new(), &cells[..1]), None);
    }
}
