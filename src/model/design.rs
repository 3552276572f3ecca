//! Designs that are drawn, so that the true weights are known.

use super::draw::shuffle;
use crate::problem::Response;
use crate::spec::{Design, points};
use rand_chacha::rand_core::Rng;

/// The largest logarithm of the mean of a count.
const MOST_LOG_MEAN: f64 = 12.0;

/// The rows of a design, and the weights behind them.
#[derive(Clone, Debug)]
pub struct DrawnDesign {
    /// The values of each column, row by row.
    pub columns: Vec<Vec<f64>>,
    pub responses: Vec<f64>,
    pub truth: Vec<f64>,
}

impl Design {
    /// Draws that of this pair of rows and support ([`Design::pair`]) and this number, with such responses: `None` for the only one. Each column has random numbers of its own: a design of more rows or columns has the same ones first,
    /// whatever its correlation, and that of another `noise` the same noise, larger or smaller.
    ///
    /// # Errors
    /// Where a count has too large a mean to be drawn.
    pub fn drawn(&self, response: Response, pair: usize, number: Option<u32>) -> Result<DrawnDesign, String> {
        let (rows, support) = self.pair(pair);
        let number = number.map_or(String::new(), |number| format!("{number}."));
        let path = |part: &str| format!("problem.design.{number}{part}");
        let normals = |part: &str| points::normal(0.0, 1.0, self.seed, &path(part)).take(rows);
        // x_1 = z_1 and x_j = r x_(j-1) + sqrt(1 - r^2) z_j: the autoregressive process of order 1.
        let (own, rest) = (self.correlation, libm::sqrt((1.0 - self.correlation) * (1.0 + self.correlation)));
        let mut columns: Vec<Vec<f64>> = Vec::with_capacity(self.columns);
        for number in 1..=self.columns {
            let fresh = normals(&format!("w{number}"));
            let column = match columns.last() {
                None => fresh.collect(),
                Some(before) => before.iter().zip(fresh).map(|(before, fresh)| own * before + rest * fresh).collect(),
            };
            columns.push(column);
        }
        let truth = self.truth(support, &path("support"));
        let mut predictors = vec![0.0; rows];
        for (column, w) in columns.iter().zip(&truth).filter(|(_, w)| **w != 0.0) {
            predictors.iter_mut().zip(column).for_each(|(own, value)| *own += w * value);
        }
        let responses = self.responses(response, predictors, path)?;
        Ok(DrawnDesign { columns, responses, truth })
    }

    /// The responses of rows with these predictors x w.
    fn responses(
        &self,
        response: Response,
        predictors: Vec<f64>,
        path: impl Fn(&str) -> String,
    ) -> Result<Vec<f64>, String> {
        let mut uniform = points::fractions(self.seed, &path("response"));
        let mut uniform = || uniform.next().expect("random numbers should not end");
        let count = |predictor: f64, uniform: &mut dyn FnMut() -> f64| {
            if predictor > MOST_LOG_MEAN {
                return Err(format!(
                    "a row has a count of the mean e^{predictor:.0}, and e^{MOST_LOG_MEAN} is the most; write a smaller support"
                ));
            }
            // Arrivals at a rate of 1, up to the mean.
            let mean = libm::exp(predictor);
            let (mut time, mut count) = (-libm::log(1.0 - uniform()), 0.0);
            while time < mean {
                time -= libm::log(1.0 - uniform());
                count += 1.0;
            }
            Ok(count)
        };
        match response {
            Response::Any | Response::None => {
                let noise = points::normal(0.0, self.noise, self.seed, &path("noise"));
                Ok(predictors.into_iter().zip(noise).map(|(predictor, noise)| predictor + noise).collect())
            }
            Response::Classes => {
                let share = |predictor: f64| 1.0 / (1.0 + libm::exp(-predictor));
                Ok(predictors.into_iter().map(|own| f64::from(u8::from(uniform() < share(own)))).collect())
            }
            Response::Counts => predictors.into_iter().map(|own| count(own, &mut uniform)).collect(),
        }
    }

    /// The true weights: 1 or -1 at as many random places as `support` says, and 0 elsewhere; a larger support has the same ones first.
    fn truth(&self, support: usize, path: &str) -> Vec<f64> {
        let mut random = points::stream(self.seed, path);
        let mut places: Vec<u32> = (0..self.columns as u32).collect();
        shuffle(&mut places, &mut random);
        let mut truth = vec![0.0; self.columns];
        for place in &places[..support] {
            truth[*place as usize] = if random.next_u32().is_multiple_of(2) { 1.0 } else { -1.0 };
        }
        truth
    }
}
