//! Stability selection: how often half samples select each weight, and how many of those that they select often are there by chance.
//!
//! A weight is selected by a trajectory that does not end at an exact zero with it. With p weights that have a penalty, q of them selected in
//! the mean, and a threshold pi > 1/2 on the share of half samples that select a weight, the stable weights are those that reach it. The
//! expected number of stable weights whose probability to be selected from half of the rows is at most theta = q / p is at most
//!
//! - q^2 / ((2 pi - 1) p), whatever selects and whatever the rows are (Shah and Samworth, J. R. Stat. Soc. B 75, 2013, theorem 1, for halves
//!   in pairs that share no row). Where weights that explain nothing are exchangeable, and selection is no worse than guessing, all of these
//!   are among them, and it is a bound on false selections (Meinshausen and Bühlmann, J. R. Stat. Soc. B 72, 2010, theorem 1);
//! - C(pi, B) q^2 / p for B pairs, where the share of pairs both of whose halves select such a weight has a distribution with one peak
//!   (Shah and Samworth, theorem 2).
//!
//! Both hold for one lambda, and speak of q as expected, for which the mean over the half samples stands.

use super::Rate;
use crate::spec::{Assumption, Stability};

/// How often half samples select the weights, or the groups that a penalty keeps or drops as a whole, at one lambda. What is said of weights
/// is then said of groups.
#[derive(Clone, Debug, PartialEq)]
pub struct Selections {
    /// Half samples, an even number.
    pub draws: u64,
    /// By how many of them each weight is selected; `None` of a weight without a penalty, which nothing selects.
    pub counts: Vec<Option<u64>>,
}

impl Selections {
    /// Those with a penalty, p.
    pub fn selectable(&self) -> u64 {
        self.counts.iter().flatten().count() as u64
    }

    /// Weights that a half sample selects, in the mean, q.
    pub fn mean(&self) -> f64 {
        self.counts.iter().flatten().sum::<u64>() as f64 / self.draws as f64
    }

    /// The share of weights that a half sample selects, in the mean, theta = q / p.
    pub fn share(&self) -> f64 {
        self.mean() / self.selectable() as f64
    }

    /// The share of half samples that select a weight, with its interval.
    pub fn frequency(&self, count: u64) -> Rate {
        Rate::wilson(count, self.draws, self.draws)
    }

    /// Whether a weight that so many half samples select is stable.
    pub fn is_stable(&self, count: u64, threshold: f64) -> bool {
        count as f64 / self.draws as f64 >= threshold
    }

    /// What the expected number of stable weights is at most whose probability to be selected is at most theta.
    pub fn bound(&self, asked: &Stability) -> f64 {
        let pairs = self.draws / 2;
        self.mean() * self.share() * factor(asked.threshold, self.share(), pairs, asked.assumption)
    }
}

/// What q^2 / p is multiplied by: C(pi, B) where one peak is assumed and the theorem covers `threshold`, `share` and `pairs`, else 1 / (2 pi - 1).
pub fn factor(threshold: f64, share: f64, pairs: u64, assumption: Assumption) -> f64 {
    let one = 1.0 / pairs as f64;
    let square = share * share;
    let is_covered =
        3.0 * square <= 1.0 && threshold >= 0.5 + one && threshold > 0.5 + square.min(one / 2.0 + 0.75 * square);
    match assumption {
        Assumption::Unimodal if is_covered && threshold <= 0.75 => 0.5 / (2.0 * threshold - 1.0 - one / 2.0),
        Assumption::Unimodal if is_covered => 4.0 * (1.0 - threshold + one / 2.0) / (1.0 + one),
        Assumption::Unimodal | Assumption::None => 1.0 / (2.0 * threshold - 1.0),
    }
}
