//! Penalties that are flat from some weight on (l0, mcp, scad, capped_l1), log_sum, and penalties that are round at 0. c = eta lambda,
//! q = eta a.

use super::linear::Linear;
use super::numbers::{Blur, Horizon, MARGIN, Numbers, ROUNDING};
use super::{FLAT, HELD, Prediction, ROUND, zero_threshold};
use crate::kernel::Kernel;
use crate::optimizer::{Optimizer, PenaltyStep};
use crate::penalty::{CAPPED_L1, ELASTIC_NET, HUBERIZED_L1, L0, LK, LOG_SUM, MCP, Penalty, SCAD};
use crate::verdict::Fate;

/// The greatest |x| whose proximal map is 0, of a penalty that starts with the slope `pull` and is flat at `height` in the end, both
/// times the step: min(pull, sqrt(2 height)). It holds for l0 (whose slope is infinite), mcp, scad and capped_l1.
///
/// ```
/// use zerosweep::theory::flat_threshold;
/// assert_eq!(flat_threshold(f64::INFINITY, 2.0), 2.0); // l0, step lambda = 2
/// assert_eq!(flat_threshold(0.5, 2.0), 0.5);
/// ```
pub fn flat_threshold(pull: f64, height: f64) -> f64 {
    pull.min(libm::sqrt(2.0 * height))
}

/// The same for step lambda log(1 + |w| / delta) with u = step lambda: u / delta where u <= delta^2, else v + u / (delta + v) at the
/// v > 0 whose value is that of 0: v^2 / 2 = u (log(1 + q) - q / (1 + q)), q = v / delta.
///
/// ```
/// use zerosweep::theory::log_sum_threshold;
/// assert_eq!(log_sum_threshold(0.5, 1.0), 0.5);
/// assert!(log_sum_threshold(4.0, 1.0) < 4.0);
/// ```
pub fn log_sum_threshold(u: f64, delta: f64) -> f64 {
    if u <= delta * delta {
        return u / delta;
    }
    let excess = |v: f64| {
        let q = v / delta;
        v * v / 2.0 - u * (libm::log1p(q) - q / (1.0 + q))
    };
    let (mut low, mut high) = (0.0, libm::sqrt(u));
    while excess(high) < 0.0 {
        (low, high) = (high, 2.0 * high);
    }
    loop {
        let middle = (low + high) / 2.0;
        if middle <= low || middle >= high {
            return high + u / (delta + high);
        }
        if excess(middle) < 0.0 { low = middle } else { high = middle }
    }
}

/// Amplitude of the 2-cycle around the target 0 of lambda (w^2 + delta^2)^(k/2), k < 2, in the loss: sqrt(w_c^2 - delta^2) with w_c that of
/// lambda |w|^k; `None` from delta = w_c on, where 0 attracts.
///
/// ```
/// use zerosweep::theory::smoothed_cycle_amplitude;
/// assert_eq!(smoothed_cycle_amplitude(0.0, 1.0, 1.0, 10.0, 3.0), Some(4.0));
/// assert_eq!(smoothed_cycle_amplitude(0.0, 1.0, 1.0, 10.0, 5.0), None);
/// ```
pub fn smoothed_cycle_amplitude(curvature: f64, k: f64, lambda: f64, learning_rate: f64, delta: f64) -> Option<f64> {
    let sharp = super::cycle_amplitude(curvature, k, lambda, learning_rate);
    (delta < sharp).then(|| libm::sqrt((sharp - delta) * (sharp + delta)))
}

/// The greatest |x| whose proximal map is 0, for the penalties that hold 0.
pub(crate) fn threshold(penalty: &Penalty, n: &Numbers) -> Option<f64> {
    let (pull, lambda) = (n.c(), n.lambda);
    let threshold = match penalty {
        _ if penalty == &L0 => flat_threshold(f64::INFINITY, pull),
        _ if penalty == &MCP => flat_threshold(pull, n.eta * n.gamma * lambda * lambda / 2.0),
        _ if penalty == &SCAD => flat_threshold(pull, n.eta * (n.gamma + 1.0) * lambda * lambda / 2.0),
        _ if penalty == &CAPPED_L1 => flat_threshold(pull, pull * n.cap),
        _ if penalty == &LOG_SUM => log_sum_threshold(pull, n.delta),
        _ if penalty == &ELASTIC_NET => pull * n.l1_ratio,
        _ if penalty == &LK && n.k <= 1.0 => zero_threshold(n.k, pull),
        _ => return None,
    };
    Some(threshold)
}

/// The weight beyond which a penalty leaves alone what the loss does: from there it is flat, or its proximal map is the identity.
fn flat_from(penalty: &Penalty, penalty_step: PenaltyStep, n: &Numbers) -> Option<f64> {
    let (eta, lambda, gamma, u) = (n.eta, n.lambda, n.gamma, n.c());
    let by_map = penalty_step == PenaltyStep::Proximal;
    let from = match penalty {
        _ if penalty == &L0 && by_map => libm::sqrt(2.0 * u),
        _ if penalty == &MCP && by_map => lambda * gamma.max(libm::sqrt(eta * gamma)),
        _ if penalty == &MCP => lambda * gamma,
        _ if penalty == &SCAD && by_map && eta < gamma + 1.0 => lambda * gamma.max((gamma + 1.0 + eta) / 2.0),
        _ if penalty == &SCAD && by_map => lambda * gamma.max(libm::sqrt(eta * (gamma + 1.0))),
        _ if penalty == &SCAD => lambda * gamma,
        _ if penalty == &CAPPED_L1 && by_map && u < 2.0 * n.cap => n.cap + u / 2.0,
        _ if penalty == &CAPPED_L1 && by_map => libm::sqrt(2.0 * u * n.cap),
        _ if penalty == &CAPPED_L1 => n.cap,
        _ => return None,
    };
    Some(from)
}

/// From 0, by proximal steps, against any loss.
pub(super) fn held(kernel: Kernel, n: &Numbers, horizon: &Horizon) -> Prediction {
    let drawn = n.eta * (n.loss.slope(0.0).abs() + n.loss.doubt(0.0));
    let holds = |threshold: f64| drawn < threshold * (1.0 - MARGIN) && threshold > 1e-10;
    let tells = kernel.optimizer.penalty_step == PenaltyStep::Proximal && n.w == 0.0;
    let held = tells && threshold(kernel.penalty, n).is_some_and(holds);
    if held { horizon.zero_after(0.0).map(|fate| (fate, &HELD)) } else { None }
}

pub(super) fn flat(kernel: Kernel, n: &Numbers, horizon: &Horizon) -> Prediction {
    let Kernel { penalty, optimizer: Optimizer { penalty_step, .. }, .. } = kernel;
    if let Some(told) = held(kernel, n, horizon) {
        return Some(told);
    }
    let from = flat_from(penalty, penalty_step, n)?;
    if n.q() > 1.0 - MARGIN || n.a == 0.0 || n.w.min(n.t) < from * (1.0 + MARGIN) {
        return None;
    }
    let blur = n.loss_blur(2.0, n.t);
    Linear { fixed: n.t, factor: n.rho(), start: n.w, blur }.fate(horizon).map(|fate| (fate, &FLAT))
}

/// lambda R''(0) of a penalty that is round there, and lambda R'(w) / w, which is less.
fn bends(penalty: &Penalty, n: &Numbers) -> (f64, f64) {
    let delta = n.delta;
    if penalty == &HUBERIZED_L1 {
        (n.lambda / delta, n.lambda / delta.max(n.w.abs()))
    } else {
        let of = |root: f64| n.lambda * n.k * libm::pow(root, n.k - 2.0);
        (of(delta), of(libm::hypot(n.w, delta)))
    }
}

/// Target 0, the penalty in the loss: w keeps a share of itself that lies between those at 0 and at the start.
pub(super) fn round(kernel: Kernel, n: &Numbers, horizon: &Horizon) -> Prediction {
    let penalty = kernel.penalty;
    let is_steep = penalty != &HUBERIZED_L1 && n.k > 2.0;
    if n.t != 0.0 || is_steep || !(1e-6..1e6).contains(&n.delta) {
        return None;
    }
    let (steepest, flattest) = bends(penalty, n);
    let (at_zero, at_start) = (1.0 - n.q() - n.eta * steepest, 1.0 - n.q() - n.eta * flattest);
    let rate = at_zero.abs().max(at_start.abs());
    // A power through log2 and exp2 adds four roundings for each octave of it; a share of 0 would jump to zero.
    let octaves =
        libm::log2(n.delta).abs().max(libm::log2(libm::hypot(n.w, n.delta)).abs()) * (n.k - 1.0).abs().max(1.0);
    let octaves = if n.k.is_nan() { 0.0 } else { octaves };
    let share = n.loss_blur(2.0, 0.0).share + ROUNDING * (20.0 + 8.0 * octaves) * n.eta * steepest;
    let kept = rate + share;
    // Between shares of two signs lies one of 0, which some weight may meet.
    let least = at_zero.abs().min(at_start.abs());
    if kept > 1.0 - 1e-6 || least < 1e-3 + share || (at_zero < 0.0) != (at_start < 0.0) {
        return None;
    }
    let blur = Blur { share, floor: 0.0, rest: 0.0 };
    match horizon.rest(0.0, blur.distance(n.w.abs(), rate, horizon.first.into())) {
        Some(Fate::Decayed) => Some((Fate::Decayed, &ROUND)),
        _ => None,
    }
}
