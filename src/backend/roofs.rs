//! What a device can do at the most, by small loops that do nothing else.

use serde::{Deserialize, Serialize};
use std::iter::Sum;
use web_time::{Duration, Instant};

/// Time that a measured run should take.
const LONG_ENOUGH: Duration = Duration::from_millis(20);

/// Measured runs; the fastest counts.
const RUNS: usize = 3;

/// The limits of a device, each as the fastest of three runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Roofs {
    /// Sums and products of f32, each of which waits for the one before: what latency leaves of a device that is full of such chains.
    pub dependent_operations_per_second: f64,
    /// The same in eight chains beside each other.
    pub independent_operations_per_second: f64,
    /// Roots of f32, in eight chains.
    pub special_operations_per_second: f64,
    /// Bytes from memory and to it.
    pub bytes_per_second: f64,
}

/// Of several devices together.
impl Sum for Roofs {
    fn sum<I: Iterator<Item = Roofs>>(roofs: I) -> Roofs {
        roofs.fold(Roofs::default(), |a, b| Roofs {
            dependent_operations_per_second: a.dependent_operations_per_second + b.dependent_operations_per_second,
            independent_operations_per_second: a.independent_operations_per_second
                + b.independent_operations_per_second,
            special_operations_per_second: a.special_operations_per_second + b.special_operations_per_second,
            bytes_per_second: a.bytes_per_second + b.bytes_per_second,
        })
    }
}

/// How often a second `run` does what it does so many times, `most` at a time.
pub(super) fn rate<E>(most: u32, mut run: impl FnMut(u32) -> Result<(), E>) -> Result<f64, E> {
    let mut seconds = |times: u32| {
        let began = Instant::now();
        run(times).map(|()| began.elapsed())
    };
    let mut times = 1.max(most.min(64) / 8);
    while seconds(times)? < LONG_ENOUGH && times < most {
        times = times.saturating_mul(2).min(most);
    }
    let mut best = Duration::MAX;
    for _ in 0..RUNS {
        best = best.min(seconds(times)?);
    }
    Ok(f64::from(times) / best.as_secs_f64().max(1e-9))
}
