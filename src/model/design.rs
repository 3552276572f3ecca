//! Designs that are drawn, so that the true weights are known.

use super::draw::shuffle;
use crate::spec::{Design, points};
use rand_chacha::rand_core::Rng;

/// The rows of a design, and the weights behind them.
#[derive(Clone, Debug)]
pub struct DrawnDesign {
    /// The values of each column, row by row.
    pub columns: Vec<Vec<f64>>,
    pub responses: Vec<f64>,
    pub truth: Vec<f64>,
}

impl Design {
    /// Draws it. Each column has random numbers of its own: a design of more rows or columns has the same ones first, whatever its correlation,
    /// and that of another `noise` the same noise, larger or smaller.
    pub fn drawn(&self) -> DrawnDesign {
        let path = |part: &str| format!("problem.design.{part}");
        let normals = |part: &str| points::normal(0.0, 1.0, self.seed, &path(part)).take(self.rows);
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
        let truth = self.truth();
        let mut responses: Vec<f64> = normals("noise").map(|noise| self.noise * noise).collect();
        for (column, w) in columns.iter().zip(&truth).filter(|(_, w)| **w != 0.0) {
            responses.iter_mut().zip(column).for_each(|(own, value)| *own += w * value);
        }
        DrawnDesign { columns, responses, truth }
    }

    /// The true weights: 1 or -1 at as many random places as `support` says, and 0 elsewhere.
    fn truth(&self) -> Vec<f64> {
        let mut random = points::stream(self.seed, "problem.design.support");
        let mut places: Vec<u32> = (0..self.columns as u32).collect();
        shuffle(&mut places, &mut random);
        let mut truth = vec![0.0; self.columns];
        for place in &places[..self.support] {
            truth[*place as usize] = if random.next_u32().is_multiple_of(2) { 1.0 } else { -1.0 };
        }
        truth
    }
}
