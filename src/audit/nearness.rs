//! How near a trajectory came to another fate. Every distance is relative: 0 at the boundary, 1 far from it.

use crate::plan::{Limits, Point};
use crate::verdict::{Fate, Outcome};

/// |a - b| as a share of the larger; 0 where both are 0.
pub fn gap(a: f32, b: f32) -> f64 {
    share(a.into(), b.into())
}

fn share(a: f64, b: f64) -> f64 {
    if a == b { 0.0 } else { ((a - b).abs() / a.abs().max(b.abs())).min(1.0) }
}

/// The gap between two points in the number that they differ in most.
pub fn apart(a: &Point, b: &Point) -> f64 {
    let parameters = a.parameters.iter().zip(&b.parameters);
    parameters.chain([(&a.start, &b.start)]).map(|(&a, &b)| gap(a, b)).fold(0.0, f64::max)
}

/// The gap between a trajectory's tail and the nearest of the limits that fates are judged by: 2^-64, the largest
/// tolerance, the limit of divergence, and for the spread 1e-4 of the largest |w|.
pub fn margin(outcome: &Outcome, limits: &Limits) -> f64 {
    const JUMP: f64 = 1.0 / (1u128 << 64) as f64;
    if outcome.fate() == Fate::Diverged {
        return 1.0;
    }
    let (amplitude, tolerance) = (f64::from(outcome.amplitude()), f64::from(limits.tolerance));
    let spread = f64::from(outcome.tail_high) - f64::from(outcome.tail_low);
    let of_spread = if amplitude > tolerance { share(spread, 1e-4 * amplitude) } else { 1.0 };
    [share(amplitude, JUMP), share(amplitude, tolerance), share(amplitude, limits.divergence.into())]
        .into_iter()
        .fold(of_spread, f64::min)
}
