//! Elastic nets, lambda (r |w| + (1-r)/2 w^2), by proximal steps: what L1 of strength lambda r leaves, shrunk as by L2.
//! c = eta lambda, q = eta a; a step keeps the share f = (1 - q) / (1 + c (1-r)).

use super::linear::Linear;
use super::numbers::{Horizon, MARGIN, Numbers};
use super::{NET_LANDING, NET_SETTLES, Prediction};
use crate::verdict::Fate;

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

pub(super) fn proximal(n: &Numbers, horizon: &Horizon) -> Prediction {
    let (q, c, r) = (n.q(), n.c(), n.l1_ratio);
    let (pull, shrink) = (c * r, 1.0 + c * (1.0 - r));
    let scale = n.w.abs().max(n.t);
    // Each step must be long enough for f32 to take it to a thousandth.
    let resolved = (q + c * (1.0 - r)) * scale + pull > 1e-4 * scale && pull > 1e-10;
    if !resolved || q > 1.0 - MARGIN || scale > 0.1 * horizon.divergence {
        return None;
    }
    let factor = n.rho() / shrink;
    if q * n.t < pull * (1.0 - MARGIN) {
        // Drawn past zero from this side by `gap` at the least, from the other by more; what crosses lands.
        let toward = q * n.t * n.w.signum();
        let steps = match shrink - n.rho() {
            still if still < 1e-9 => n.w.abs() / pull,
            moved => libm::log1p(n.w.abs() * moved / (pull - toward)) / -libm::log(factor),
        };
        return horizon.zero_after(steps.max(1.0)).map(|fate| (fate, &NET_LANDING));
    }
    if q * n.t < pull * (1.0 + MARGIN) {
        return None;
    }
    let fixed = net_minimiser(n.a, n.t, n.lambda, r);
    let fate = if n.w > 0.0 {
        Linear { fixed, factor, start: n.w, push: 3.0 * q * n.t + 2.0 * pull }.fate(horizon)
    } else {
        below(n, horizon, fixed, factor)
    };
    fate.map(|fate| (fate, &NET_SETTLES))
}

/// From below the map comes to the fixed point no later than from 0, once the loss has drawn it there.
fn below(n: &Numbers, horizon: &Horizon, fixed: f64, factor: f64) -> Option<Fate> {
    let begun = libm::log1p(n.w.abs() / n.t) / -libm::log(n.rho());
    horizon.rest(fixed, fixed * libm::pow(factor, horizon.after(begun)), factor)
}
