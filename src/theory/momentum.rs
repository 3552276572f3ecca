//! Heavy ball, PyTorch's momentum: v_{n+1} = mu v_n + slope, w_{n+1} = w_n - eta v_{n+1}, v_0 = 0. c = eta lambda.

use super::numbers::{Horizon, Numbers, ROUNDING};
use super::{BALL_STABLE, Prediction};
use crate::kernel::Kernel;
use crate::verdict::Fate;

/// Modulus of the larger root of z^2 - (1 + mu - x) z + mu, x = `step` times the curvature: what a step keeps of a distance
/// from the minimum of a parabola. Less than 1 iff 0 < x < 2 (1 + mu).
///
/// ```
/// use zerosweep::theory::ball_rate;
/// assert_eq!(ball_rate(0.0, 0.25), 0.75);
/// assert!(ball_rate(0.9, 3.7) < 1.0 && ball_rate(0.9, 3.9) > 1.0);
/// ```
pub fn ball_rate(momentum: f64, step: f64) -> f64 {
    let half = (1.0 + momentum - step) / 2.0;
    let square = half * half - momentum;
    if square < 0.0 { libm::sqrt(momentum) } else { half.abs() + libm::sqrt(square) }
}

/// Amplitude eta lambda / (2 (1 + mu) - eta a) of the 2-cycle of L1 around the target 0.
pub fn ball_cycle_amplitude(curvature: f64, lambda: f64, learning_rate: f64, momentum: f64) -> f64 {
    learning_rate * lambda / (2.0 * (1.0 + momentum) - learning_rate * curvature)
}

/// How far L1 alone, by heavy ball, has gone after n steps on one side of 0, in units of c: (n - mu (1 - mu^n) / (1 - mu)) / (1 - mu).
pub fn ball_way(momentum: f64, n: f64) -> f64 {
    (n - momentum * -libm::expm1(n * libm::log(momentum)) / (1.0 - momentum)) / (1.0 - momentum)
}

/// The first step n at which L1 alone, by heavy ball from `w` > 0, has come to 0 or crossed it: where
/// c [`ball_way`] >= w. Steps beyond 2^52, which f64 does not count, are told roughly.
///
/// ```
/// use zerosweep::theory::ball_crossing;
/// assert_eq!(ball_crossing(1.0, 1.0, 0.5, 2.5), 2.0);
/// assert!(ball_crossing(0.035, 1.8e-12, 0.69, 3500.0) > 1e16);
/// ```
pub fn ball_crossing(lambda: f64, learning_rate: f64, momentum: f64, w: f64) -> f64 {
    let rest = 1.0 - momentum;
    let sought = w / (learning_rate * lambda);
    // At its end a step is c / (1 - mu) long, before that shorter.
    let (mut low, mut high) = ((sought * rest).ceil(), (sought * rest + momentum / rest).ceil() + 1.0);
    while high > low && high < (1_u64 << 52) as f64 {
        let middle = ((low + high) / 2.0).floor();
        if ball_way(momentum, middle) >= sought { high = middle } else { low = middle + 1.0 }
    }
    low
}

/// With the penalty in the loss: k = 2, where the whole is a parabola.
pub(super) fn in_loss(_: Kernel, n: &Numbers, horizon: &Horizon) -> Prediction {
    /// How far from the bound of stability, relatively.
    const BESIDE: f64 = 0.02;
    let (mu, x) = (n.momentum, n.q() + 2.0 * n.c());
    let bound = 2.0 * (1.0 + mu);
    let fixed = if n.t == 0.0 { 0.0 } else { n.q() * n.t / x };
    let distance = (n.w - fixed).abs();
    if n.k != 2.0 || x < 1e-4 || distance < 1e-6 * (n.w.abs() + fixed) {
        return None;
    }
    let (rate, first) = (ball_rate(mu, x), f64::from(horizon.first));
    if x > bound * (1.0 + BESIDE) {
        // One real root beyond -1 takes over: of the distance it has a share of at least (rate + 1 - x) / (2 rate).
        let share = (rate - (1.0 - x).abs()).abs() / (2.0 * rate);
        let steps = libm::log(horizon.divergence / (distance * share.max(1e-3))) / libm::log(rate);
        let tells = share > 1e-3 && steps * 1.1 + 5.0 < f64::from(horizon.last);
        return tells.then_some((Fate::Diverged, &BALL_STABLE));
    }
    if x > bound * (1.0 - BESIDE) || rate > 1.0 - 1e-3 {
        return None;
    }
    // e_n is a sum of n + 1 products of n roots at most, with e_1 = (1 - x) e_0; rounding comes back as often.
    let most = |n: f64| libm::pow(rate, n - 1.0) * (rate + n * ((1.0 - x).abs() + rate));
    let widest = (0..64).map(|step| most(f64::from(step).max(1.0))).fold(1.0, f64::max) * distance + fixed;
    if widest > 0.1 * horizon.divergence || !(1e-6..=1.0 - 1e-6).contains(&rate) {
        return None;
    }
    // Beyond its peak the bound falls.
    if first < 2.0 / (1.0 - rate) {
        return None;
    }
    let rounded = 16.0 * ROUNDING * fixed / ((1.0 - rate) * (1.0 - rate));
    horizon.rest(fixed, distance * most(first) + rounded).map(|fate| (fate, &BALL_STABLE))
}
