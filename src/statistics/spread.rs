//! Samples of numbers in a few of them.

use crate::verdict::Sample;
use serde::{Deserialize, Serialize};

/// What is told of a sample. All of it is 0 where the sample is empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    pub count: u64,
    pub negative: u64,
    pub positive: u64,
    pub mean: f64,
    /// The standard deviation, with ddof 1; 0 of a single number.
    pub deviation: f64,
    /// The least, the quantiles at 10, 50 and 90 %, and the greatest. A quantile is the number of rank ceil(share * count).
    pub least: f32,
    pub p10: f32,
    pub p50: f32,
    pub p90: f32,
    pub greatest: f32,
}

/// The numbers in the order of [`f32::total_cmp`]: they are sorted as integers that have the same order, which takes half as long.
fn sorted(numbers: &[f32]) -> Vec<f32> {
    // Of a negative number all bits but the sign are turned; twice is not at all.
    let turned = |bits: i32| bits ^ ((bits >> 31) & i32::MAX);
    let mut keys: Vec<i32> = numbers.iter().map(|number| turned(number.to_bits().cast_signed())).collect();
    keys.sort_unstable();
    keys.into_iter().map(|key| f32::from_bits(turned(key).cast_unsigned())).collect()
}

impl Spread {
    pub fn of(sample: &Sample) -> Spread {
        let others = sorted(&sample.others);
        let count = sample.zeros + others.len() as u64;
        if count == 0 {
            return Spread::default();
        }
        let negative = others.partition_point(|own| *own < 0.0) as u64;
        // The zeros lie between the negative numbers and the positive ones.
        let at = |rank: u64| match rank {
            rank if rank < negative => others[rank as usize],
            rank if rank < negative + sample.zeros => 0.0,
            rank => others[(rank - sample.zeros) as usize],
        };
        let quantile = |share: f64| at((share * count as f64).ceil().max(1.0) as u64 - 1);
        let exact = || others.iter().copied().map(f64::from);
        // An empty sum is -0.
        let mean = (0.0 + exact().sum::<f64>()) / count as f64;
        let squares = exact().map(|own| (own - mean) * (own - mean)).sum::<f64>() + sample.zeros as f64 * mean * mean;
        let deviation = if count > 1 { (squares / (count - 1) as f64).sqrt() } else { 0.0 };
        Spread {
            count,
            negative,
            positive: others.len() as u64 - negative,
            mean,
            deviation,
            least: at(0),
            p10: quantile(0.1),
            p50: quantile(0.5),
            p90: quantile(0.9),
            greatest: at(count - 1),
        }
    }

    /// The share of the numbers that are not 0 with the commoner sign; `None` where all are 0.
    pub fn sign_agreement(&self) -> Option<f64> {
        let signed = self.negative + self.positive;
        (signed > 0).then(|| self.negative.max(self.positive) as f64 / signed as f64)
    }
}
