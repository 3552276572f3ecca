//! Rules that divide a slope by its own size, under a slope that stays: L1 without a loss.

use super::expected::{Expected, Reading};
use super::trial::{ROUNDING, Trial};
use crate::direction::{GREATEST_MOMENT, MEAN_SQUARE, MOMENTS, SIGN, SUM_OF_SQUARES};
use crate::kernel::Role;

/// Steps that are summed up, at most.
const MOST: f64 = 1e5;

/// The root of what a rule makes of n equal squares, as a share of their own; and of how many roundings that is wrong, at most.
type Size = Box<dyn Fn(f64) -> (f64, f64)>;

/// What a rule divides by, and its epsilon. A mean that keeps the share beta rounds three times a step, and forgets 1 - beta of it.
fn size(trial: &Trial) -> Option<(Size, f64)> {
    let own = trial.own(Role::Optimizer);
    let is = |direction| std::ptr::eq(trial.kernel.optimizer.rule.direction, direction);
    let kept = |beta: f64| 3.0 / (1.0 - beta);
    // Both of Adam's means are corrected for their beginning, by quotients that are off by a dozen roundings.
    if is(&MOMENTS) || is(&GREATEST_MOMENT) {
        let roundings = 24.0 + kept(own[1]) + kept(own[2]) / 2.0;
        Some((Box::new(move |_| (1.0, roundings)), own[3]))
    } else if is(&MEAN_SQUARE) {
        let (alpha, roundings) = (own[1], 8.0 + kept(own[1]) / 2.0);
        Some((Box::new(move |n| ((1.0 - libm::pow(alpha, n)).sqrt(), roundings)), own[2]))
    } else if is(&SUM_OF_SQUARES) {
        Some((Box::new(|n: f64| (n.sqrt(), 8.0 + n / 2.0)), own[1]))
    } else {
        is(&SIGN).then(|| (Box::new(|_| (1.0, 1.0)) as Size, 0.0))
    }
}

/// Step n is eta lambda / (lambda s_n + epsilon) long: s_n = 1 by Adam and by the sign, (1 - alpha^n)^(1/2) by RMSprop, n^(1/2) by
/// AdaGrad. Each step rounds the weight once.
pub(super) fn crossing(trial: &Trial) -> Vec<Expected> {
    let n = &trial.n;
    let Some((size, epsilon)) = size(trial).filter(|_| n.k == 1.0 && n.a == 0.0 && n.w > 0.0) else {
        return Vec::new();
    };
    let (mut step, mut way, mut off) = (0.0, 0.0, 0.0);
    while step < trial.steps() && way <= n.w {
        if step > MOST {
            return Vec::new();
        }
        step += 1.0;
        let (size, roundings) = size(step);
        let length = n.eta * n.lambda / (n.lambda * size + epsilon);
        way += length;
        off += ROUNDING * (n.w + (roundings + 2.0) * length);
        if (way - n.w).abs() <= off {
            return Vec::new();
        }
    }
    let crossed = if way > n.w { step } else { f64::INFINITY };
    vec![Expected::exactly(Reading::FirstCrossing, crossed)]
}
