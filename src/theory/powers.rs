//! Convex penalties with k neither 1 nor 2. c = eta lambda, q = eta a.

use super::minimiser::convex_minimiser;
use super::numbers::{Blur, Horizon, MARGIN, Numbers, ROUNDING, Size};
use super::{
    CONVEX_PROXIMAL, CYCLE_BELOW_TWO, MONOTONE_BELOW_TWO, POWER_LAW, Prediction, STEEP_BLOW_UP, STEEP_DESCENT,
};
use crate::verdict::Fate;

/// What a tail may come down to and count as decayed, with room to spare: 2^-66.
const DECAYED: f64 = 1.0 / (1u128 << 66) as f64;

/// w_c = (eta lambda k / (2 - eta a))^(1/(2-k)): by subgradient with 1 < k < 2 and t = 0, +-w_c is an attracting 2-cycle.
///
/// ```
/// let amplitude = zerosweep::theory::cycle_amplitude(0.0, 1.5, 0.2, 0.1);
/// assert!((amplitude - 2.25e-4).abs() < 1e-12);
/// ```
pub fn cycle_amplitude(curvature: f64, k: f64, lambda: f64, learning_rate: f64) -> f64 {
    libm::pow(learning_rate * lambda * k / (2.0 - learning_rate * curvature), 1.0 / (2.0 - k))
}

/// By how much a step changes the distance from that cycle: 1 - eta a - (k-1) (2 - eta a).
pub fn cycle_multiplier(curvature: f64, k: f64, learning_rate: f64) -> f64 {
    let q = learning_rate * curvature;
    1.0 - q - (k - 1.0) * (2.0 - q)
}

/// W = ((2 / eta - a) / (lambda k))^(1/(k-2)): by subgradient with k > 2 and t = 0 a weight shrinks iff |w_0| < W, else
/// it diverges.
pub fn divergence_threshold(curvature: f64, k: f64, lambda: f64, learning_rate: f64) -> f64 {
    libm::pow((2.0 / learning_rate - curvature) / (lambda * k), 1.0 / (k - 2.0))
}

/// Whether gradient descent stays at the minimum `w` of a/2 (w - t)^2 + lambda |w|^k:
/// eta (a + lambda k (k-1) |w|^(k-2)) < 2.
pub fn is_stable(curvature: f64, k: f64, lambda: f64, learning_rate: f64, w: f64) -> bool {
    learning_rate * (curvature + lambda * k * (k - 1.0) * libm::pow(w.abs(), k - 2.0)) < 2.0
}

/// Time tau = n eta in which the gradient flow without a target takes |w_0| = `w` to 0, k < 2: |w|^(2-k) / (lambda k (2-k)),
/// with a loss ln(1 + a |w|^(2-k) / (lambda k)) / ((2-k) a).
pub fn arrival_time(curvature: f64, k: f64, lambda: f64, w: f64) -> f64 {
    let drawn = libm::pow(w, 2.0 - k) / (lambda * k);
    (if curvature == 0.0 { drawn } else { libm::log1p(curvature * drawn) / curvature }) / (2.0 - k)
}

/// Steps in which gradient descent with a = 0 and k > 2 shrinks |w_0| = `w` to `size`:
/// (size^(2-k) - w^(2-k)) / (eta lambda k (k-2)).
pub fn steps_to_size(k: f64, lambda: f64, learning_rate: f64, w: f64, size: f64) -> f64 {
    (libm::pow(size, 2.0 - k) - libm::pow(w, 2.0 - k)) / (learning_rate * lambda * k * (k - 2.0))
}

/// By proximal steps: a contraction toward the minimiser by |1 - q| for every k > 1.
pub(super) fn proximal(n: &Numbers, horizon: &Horizon) -> Prediction {
    let rate = (1.0 - n.q()).abs();
    // At k so near to 1 the proximal map blows rounding up a hundredfold.
    if n.k < 1.02 || n.q() > 2.0 * (1.0 - MARGIN) || n.w.abs() + n.t > 0.1 * horizon.divergence {
        return None;
    }
    let fate = if n.t == 0.0 { fading(n, horizon, rate) } else { contraction(n, horizon, rate) };
    match fate {
        Some(fate) => Some((fate, &CONVEX_PROXIMAL)),
        None if n.a == 0.0 && n.k > 2.0 => power_law(n, horizon),
        None => None,
    }
}

/// t = 0: no step makes |w| grow, and each takes what the loss or the penalty alone would.
fn fading(n: &Numbers, horizon: &Horizon, rate: f64) -> Option<Fate> {
    let share = n.loss_blur(2.0, 0.0).share;
    let by_loss = n.steps_to(DECAYED, rate + share);
    let by_penalty = if n.k < 2.0 {
        // A backward Euler step lags behind the flow by less than a factor of 2 until |w|^(2-k) = c k; then it halves w.
        let knee = libm::pow(n.c() * n.k, 1.0 / (2.0 - n.k));
        2.0 * arrival_time(0.0, n.k, n.lambda, n.w.abs()) / n.eta + libm::log2(knee.max(DECAYED) / DECAYED) + 4.0
    } else {
        f64::INFINITY
    };
    // A loss step that is whole but for rounding would land on zero by luck.
    let resolved = rate > 4.0 * share && n.resolves(n.q() + n.share(n.w.abs()));
    (resolved && horizon.outlasts(by_loss.min(by_penalty))).then_some(Fate::Decayed)
}

fn contraction(n: &Numbers, horizon: &Horizon, rate: f64) -> Option<Fate> {
    let fixed = convex_minimiser(n.k, n.u(), n.t);
    let (blur, distance) = (n.blur(3.0, fixed), n.w.abs() + fixed);
    // Within w* / 100 k the map's slope is 1 / (1 + bend) but for a fiftieth, and so is what comes of errors of x and of the pull.
    let flat = 1.0 + 0.98 * (n.k - 1.0) * n.share(fixed);
    let near = Blur { rest: n.blur(1.0, fixed).rest / flat + 2.0 * ROUNDING * fixed, ..blur };
    let steps = horizon.first.into();
    horizon.rest(fixed, blur.distance_near(distance, rate, steps, 0.01 * fixed / n.k, (near, rate / flat)))
}

/// By subgradient steps, 1 < k < 2, q < 1.
pub(super) fn below_two(n: &Numbers, horizon: &Horizon) -> Prediction {
    let resolved = n.resolves(n.q() + n.share(n.w.abs().max(n.t)));
    if n.q() > 1.0 - MARGIN || !resolved || n.w.abs() + n.t > 0.1 * horizon.divergence {
        return None;
    }
    if n.t == 0.0 {
        return cycle(n, horizon).map(|fate| (fate, &CYCLE_BELOW_TWO));
    }
    monotone(n, horizon).map(|fate| (fate, &MONOTONE_BELOW_TWO))
}

/// t = 0: forward Euler arrives no later than the flow, then the sign alternates for ever. Only a step onto zero itself,
/// which f32 makes of one start in some millions, would end that.
fn cycle(n: &Numbers, horizon: &Horizon) -> Option<Fate> {
    let arrived = arrival_time(n.a, n.k, n.lambda, n.w.abs()) / n.eta + 1.0;
    let amplitude = cycle_amplitude(n.a, n.k, n.lambda, n.eta);
    // What first crosses is no larger than (c k / rho)^(1/(2-k)).
    let widest = libm::pow(n.c() * n.k / n.rho(), 1.0 / (2.0 - n.k));
    // f32 lands there from some of the starts, and from near `widest` itself.
    let chance = 4.0 * ROUNDING / (n.rho() * (2.0 - n.k));
    let missed = n.blur(1.0, widest).at(widest) / (widest * n.rho() * (2.0 - n.k));
    let by_chance = chance > 1e-4 || (n.w.abs() / widest - 1.0).abs() < 4.0 * missed;
    if widest > 0.1 * horizon.divergence || by_chance {
        return None;
    }
    if widest < DECAYED {
        return horizon.outlasts(arrived).then_some(Fate::Decayed);
    }
    let rate = cycle_multiplier(n.a, n.k, n.eta).abs().max(n.k - 1.0);
    // From 2^-24 of the amplitude to a thousandth of it.
    let caught = arrived + 20.0 + 24.0 / -libm::log(rate);
    if horizon.outlasts(caught) {
        horizon.chatter(amplitude * (1.0 - MARGIN), amplitude * (1.0 + MARGIN))
    } else {
        None
    }
}

/// t > 0 and eta F''(w*) <= 1: after at most one step across zero, monotone convergence to w*.
fn monotone(n: &Numbers, horizon: &Horizon) -> Option<Fate> {
    let (q, c, k) = (n.q(), n.c(), n.k);
    let fixed = convex_minimiser(k, n.u(), n.t);
    if q + (k - 1.0) * n.share(fixed) > 1.0 - MARGIN {
        return None;
    }
    let blur = n.blur(1.0, fixed);
    let below = if n.w < 0.0 { libm::log1p(n.w.abs() / n.t) / -libm::log(n.rho() + blur.share) } else { 0.0 };
    let turn = libm::pow((k - 1.0) * c * k / n.rho(), 1.0 / (2.0 - k));
    let jump = q * n.t + turn * n.rho() * (2.0 - k) / (k - 1.0);
    if n.w.abs() + fixed + jump > 0.9 * horizon.divergence {
        return None;
    }
    let farthest = fixed + n.w.max(jump);
    // Within a hundredth of w* the slope is rho - bend but for a fiftieth of that.
    let closer = (n.rho() - 0.98 * (k - 1.0) * n.share(fixed)).max(0.0);
    let steps = horizon.after(below);
    horizon.rest(fixed, blur.distance_near(farthest, n.rho(), steps, 0.01 * fixed, (blur, closer)))
}

/// By subgradient steps, k > 2.
pub(super) fn above_two(n: &Numbers, horizon: &Horizon) -> Prediction {
    if n.w.abs() > 0.1 * horizon.divergence {
        return None;
    }
    let q = n.q();
    let steepness = n.share(n.w.abs());
    // Of a pull that f32 does not hold all the way nothing is said: the loss alone may carry it off.
    let held = if n.is_power_held(n.w.abs()) && n.pulls_past(horizon.divergence) { steepness } else { 0.0 };
    if let Some(fate) = blow_up(n, horizon, q + held - 1.0 - q * n.t / n.w.abs()) {
        return Some((fate, &STEEP_BLOW_UP));
    }
    let fate = if n.t == 0.0 { shrinking(n, horizon, steepness) } else { trough(n, horizon) };
    match fate {
        Some(fate) => Some((fate, &STEEP_DESCENT)),
        None if n.a == 0.0 => power_law(n, horizon),
        None => None,
    }
}

/// Each step makes |w| at least `factor` times as large, and the larger the more.
pub(super) fn blow_up(n: &Numbers, horizon: &Horizon, factor: f64) -> Option<Fate> {
    if factor < 1.02 {
        return None;
    }
    let steps = libm::log(horizon.divergence / n.w.abs()) / libm::log(factor);
    (steps * 1.1 + 5.0 < f64::from(horizon.last)).then_some(Fate::Diverged)
}

/// t = 0, |w_0| < W, q < 2: each factor is no farther from 0 than the first or 1 - q.
fn shrinking(n: &Numbers, horizon: &Horizon, steepness: f64) -> Option<Fate> {
    let rate = n.rho().abs().max((n.rho() - steepness).abs());
    let decays = rate < 1.0 - MARGIN && horizon.outlasts(n.steps_to(DECAYED, rate + n.loss_blur(1.0, 0.0).share));
    (decays && !is_lucky(n)).then_some(Fate::Decayed)
}

/// Whether some step is whole but for rounding, and would land on zero by luck. The factors rise to 1 - q as |w| falls.
fn is_lucky(n: &Numbers) -> bool {
    let mut size = n.w.abs();
    let lucky = |factor: f64, size: f64| factor.abs() < 4.0 * n.blur(1.0, size).at(size) / size;
    for _ in 0..100 {
        let factor = n.rho() - n.share(size);
        if lucky(factor, size) {
            return true;
        }
        if factor > 0.0 {
            break;
        }
        size *= -factor;
    }
    n.rho().abs() < 4.0 * n.loss_blur(1.0, 0.0).share
}

/// t > 0: within |w_0 - w*| of w* the map is a contraction.
fn trough(n: &Numbers, horizon: &Horizon) -> Option<Fate> {
    let fixed = convex_minimiser(n.k, n.u(), n.t);
    let distance = (n.w - fixed).abs();
    let steepest = n.q() + (n.k - 1.0) * n.share(fixed + distance);
    let rate = n.rho().abs().max((1.0 - steepest).abs());
    // A pull that f32 takes for 0 must be none beside the loss.
    let is_held = n.is_power_held(fixed) || n.share(fixed) < ROUNDING * n.q();
    if !is_held || steepest > 2.0 * (1.0 - MARGIN) || rate > 1.0 - 1e-4 {
        return None;
    }
    horizon.rest(fixed, n.blur(1.0, fixed).distance(distance, rate, horizon.first.into()))
}

/// a = 0, k > 2: |w_n|^(2-k) grows by c k (k-2) a step, and a little more or less at first.
fn power_law(n: &Numbers, horizon: &Horizon) -> Prediction {
    let (c, k) = (n.c(), n.k);
    let p = k - 2.0;
    let growth = c * k * p;
    let begun = libm::pow(n.w.abs(), -p);
    // Share of itself that w loses in its first step, which bounds how far Euler's steps are from the flow.
    let share = c * k / begun;
    if share > 0.05 / (p + 1.0) {
        return None;
    }
    let size = |step: u32, growth: f64| libm::pow(begun + f64::from(step) * growth, -1.0 / p);
    let (first, last) = (size(horizon.first, growth), size(horizon.last, growth));
    // By less than rounding's thousandfold f32 hardly moves w.
    if !n.resolves(n.share(last)) || !n.is_power_held(last) || horizon.tail() < 2 {
        return None;
    }
    let rounded = n.blur(3.0, last).at(last) / (c * k * libm::pow(last, k - 1.0));
    let off = libm::pow(1.0 - share, -(p + 1.0)) * (1.0 + rounded);
    let (highest, lowest) = (size(horizon.first, growth / off), size(horizon.first, growth * off));
    let fate = match horizon.small(lowest, highest) {
        Size::Known(fate) => fate,
        Size::Large if (first - last) / first > 3e-4 => Fate::Moving,
        _ => return None,
    };
    Some((fate, &POWER_LAW))
}
