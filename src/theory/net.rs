//! Elastic nets, lambda (r |w| + (1-r)/2 w^2), by proximal steps: what L1 of strength lambda r leaves, shrunk as by L2.
//! c = eta lambda, q = eta a; a step keeps the share f = (1 - q) / (1 + c (1-r)).

use super::linear::Linear;
use super::numbers::{Blur, Horizon, MARGIN, Numbers, ROUNDING};
use super::{NET_LANDING, NET_SETTLES, Prediction};
use crate::kernel::Kernel;

/// The minimiser of a/2 (w - t)^2 + lambda (r |w| + (1-r)/2 w^2), a > 0, t >= 0: 0 iff a t <= lambda r.
///
/// ```
/// use zerosweep::theory::net_minimiser;
/// assert_eq!(net_minimiser(1.0, 0.5, 1.0, 0.5), 0.0);
/// assert_eq!(net_minimiser(1.0, 2.0, 1.0, 0.5), 1.0);
/// ```
pub fn net_minimiser(curvature: f64, target: f64, lambda: f64, l1_ratio: f64) -> f64 {
    (curvature * target - lambda * l1_ratio).max(0.0) / (curvature + lambda * (1.0 - l1_ratio))
}

/// What rounding adds to a step: the loss's; the map rounds a whole weight three times more, and its moves three times.
fn blur(n: &Numbers, place: f64) -> Blur {
    let loss = n.loss_blur(5.0, place);
    let pull = 3.0 * ROUNDING * n.c() * n.l1_ratio;
    Blur { floor: loss.floor + pull, rest: loss.rest + pull, ..loss }
}

pub(super) fn proximal(_: Kernel, n: &Numbers, horizon: &Horizon) -> Prediction {
    let (q, c, r) = (n.q(), n.c(), n.l1_ratio);
    let (pull, shrink) = (c * r, 1.0 + c * (1.0 - r));
    if q > 1.0 - MARGIN || pull < 1e-10 || n.w.abs().max(n.t) > 0.1 * horizon.divergence {
        return None;
    }
    let factor = n.rho() / shrink;
    if q * n.t < pull * (1.0 - MARGIN) {
        return horizon.zero_after(latest(n, factor, shrink)).map(|fate| (fate, &NET_LANDING));
    }
    if q * n.t < pull * (1.0 + MARGIN) {
        return None;
    }
    let fixed = net_minimiser(n.a, n.t, n.lambda, r);
    let blur = blur(n, fixed);
    let fate = if n.w > 0.0 {
        Linear { fixed, factor, start: n.w, blur }.fate(horizon)
    } else {
        // The map is monotone: once the loss has drawn it across zero it comes from below.
        let begun = libm::log1p(n.w.abs() / n.t) / -libm::log(n.rho());
        horizon.rest(fixed, blur.distance(fixed + blur.at(n.w.abs()), factor, horizon.after(begun)))
    };
    fate.map(|fate| (fate, &NET_SETTLES))
}

/// The latest moment of landing: |w| falls to f |w| - g a step, where rounding may keep a little more; infinite where it may
/// keep it all. What crosses zero comes no farther than eta a t, and lands.
fn latest(n: &Numbers, factor: f64, shrink: f64) -> f64 {
    let blur = blur(n, 0.0);
    let kept = factor + blur.share;
    let gap = (n.c() * n.l1_ratio - n.q() * n.t * n.w.signum()) / shrink - blur.floor;
    if gap <= 0.0 {
        return f64::INFINITY;
    }
    match 1.0 - kept {
        lost if lost < 1e-9 => n.w.abs() / (gap - (kept - 1.0).max(0.0) * n.w.abs()).max(0.0),
        lost => (libm::log1p(n.w.abs() * lost / gap) / -libm::log(kept)).max(1.0),
    }
}
