//! L1, k = 1, at a constant step. c = eta lambda, u = lambda / a, rho = 1 - eta a.

use super::linear::Linear;
use super::numbers::{BLUNT, Horizon, MARGIN, Numbers, ROUNDING};
use super::{L1_CHATTER, L1_DESCENT, L1_LANDING, L1_LONG_CYCLE, L1_SETTLES, Law};
use crate::verdict::Fate;

type Prediction = Option<(Fate, &'static Law)>;

/// Amplitude eta lambda / (2 - eta a) of the attracting 2-cycle t +- amplitude that L1 by subgradient ends in where
/// |t| is less than it (with a = 0: of the cycle in the middle of its family); eta a < 2.
pub fn l1_cycle_amplitude(curvature: f64, lambda: f64, learning_rate: f64) -> f64 {
    learning_rate * lambda / (2.0 - learning_rate * curvature)
}

/// The moment ln(1 + w / (u - t)) / -ln rho, whose ceiling is the step at which L1 first crosses (subgradient) or lands on
/// (proximal, truncated; |t| <= u) zero from `w` > 0; t < u, 0 < eta a < 1. Without a loss (`curvature` = 0) it is
/// w / (eta lambda).
///
/// ```
/// let moment = zerosweep::theory::l1_crossing(1.0, 0.3, 0.8, 0.05, 4.0);
/// assert_eq!(moment.ceil(), 43.0);
/// ```
pub fn l1_crossing(curvature: f64, target: f64, lambda: f64, learning_rate: f64, w: f64) -> f64 {
    if curvature == 0.0 {
        return w / (learning_rate * lambda);
    }
    crossing(w, lambda / curvature - target, 1.0 - learning_rate * curvature)
}

/// The moment at which w_n = (w + gap) rho^n - gap is 0.
fn crossing(w: f64, gap: f64, rho: f64) -> f64 {
    libm::log1p(w / gap) / -libm::log(rho)
}

/// Whether each step is long enough for f32 to take it to a thousandth.
fn is_resolved(n: &Numbers) -> bool {
    let scale = n.w.abs().max(n.t);
    n.c() > 1e-10 && n.q() * scale + n.c() > 1e-4 * scale
}

/// The moment of the first crossing from w_0, which is on the other side of the target or drawn past it.
fn moment(n: &Numbers) -> f64 {
    l1_crossing(n.a, n.t * n.w.signum(), n.lambda, n.eta, n.w.abs())
}

/// The line on which w moves until it crosses.
fn descent(n: &Numbers) -> Linear {
    Linear { fixed: n.t - n.w.signum() * n.u(), factor: n.rho(), start: n.w, push: 3.0 * n.q() * n.t + 2.0 * n.c() }
}

/// By proximal and by truncated steps, which are the same for k = 1.
pub(super) fn landing(n: &Numbers, horizon: &Horizon) -> Prediction {
    let (q, u) = (n.q(), n.u());
    if !is_resolved(n) || q >= 2.0 * (1.0 - MARGIN) {
        return None;
    }
    if n.t < u * (1.0 - MARGIN) {
        let steps = match q {
            q if q < 1.0 => moment(n),
            1.0 => 1.0,
            // |w| shrinks by eta a - 1 and by at least c - eta a t.
            q => crossing(n.w.abs(), u - n.t, q - 1.0),
        };
        return match horizon.zero_after(steps) {
            Some(fate) => Some((fate, &L1_LANDING)),
            None if q < 1.0 => approach(n, horizon, steps),
            None => None,
        };
    }
    if n.t < u * (1.0 + MARGIN) {
        return None;
    }
    let fixed = n.t - u;
    let fate = match q {
        q if q < 1.0 && n.w > 0.0 => descent(n).fate(horizon),
        // The map is monotone: from below it comes no farther than w*.
        q if q < 1.0 => horizon.rest(fixed, fixed * libm::pow(n.rho(), horizon.after(moment(n))), n.rho()),
        q => {
            let distance = (n.w - fixed).abs() * libm::pow((q - 1.0).max(BLUNT), f64::from(horizon.first));
            horizon.rest(fixed, distance, q - 1.0)
        }
    };
    fate.map(|fate| (fate, &L1_SETTLES))
}

/// Before the moment of the first crossing.
fn approach(n: &Numbers, horizon: &Horizon, moment: f64) -> Prediction {
    let fate = if !horizon.precedes(moment) {
        None
    } else if n.a == 0.0 {
        drift(n, horizon)
    } else {
        descent(n).fate(horizon)
    };
    fate.map(|fate| (fate, &L1_DESCENT))
}

/// w_n = w_0 - n c, a = 0.
fn drift(n: &Numbers, horizon: &Horizon) -> Option<Fate> {
    let size = |step: u32| n.w.abs() - f64::from(step) * n.c();
    let (high, low) = (size(horizon.first), size(horizon.last));
    if low < horizon.tolerance * (1.0 + MARGIN) + MARGIN * n.w.abs() {
        return None;
    }
    match (high - low) / high {
        share if share > 1.1e-4 => Some(Fate::Moving),
        share if share < 0.9e-4 => Some(Fate::Settled),
        _ => None,
    }
}

/// By subgradient steps.
pub(super) fn chatter(n: &Numbers, horizon: &Horizon) -> Prediction {
    let (q, u) = (n.q(), n.u());
    if !is_resolved(n) || q >= 2.0 * (1.0 - MARGIN) {
        return None;
    }
    let amplitude = l1_cycle_amplitude(n.a, n.lambda, n.eta);
    if n.t < amplitude.min(u) * (1.0 - MARGIN) {
        return two_cycle(n, horizon, amplitude);
    }
    if q >= 1.0 {
        let beside = n.t > u * (1.0 + MARGIN) && (n.w - (n.t - u)).abs() < (n.t - u) * (1.0 - MARGIN);
        return if beside { descent(n).fate(horizon).map(|fate| (fate, &L1_SETTLES)) } else { None };
    }
    if n.t > u * (1.0 + MARGIN) {
        return settling(n, horizon).map(|fate| (fate, &L1_SETTLES));
    }
    let between = n.t > amplitude * (1.0 + MARGIN) && n.t < u * (1.0 - MARGIN);
    if between { long_cycle(n, horizon).map(|fate| (fate, &L1_LONG_CYCLE)) } else { None }
}

/// |t| < amplitude: after the first crossing the sign alternates for ever.
fn two_cycle(n: &Numbers, horizon: &Horizon, amplitude: f64) -> Prediction {
    let (q, rho, c) = (n.q(), n.rho(), n.c());
    if n.w == 0.0 {
        return None;
    }
    let side = n.w.signum();
    let (moment, before) = if q >= 1.0 {
        (1.0, n.w.abs())
    } else {
        let moment = moment(n);
        let n0 = moment.ceil();
        let gap = n.u() - side * n.t;
        let size = |step: f64| {
            if n.a == 0.0 { n.w.abs() - step * c } else { (n.w.abs() + gap) * libm::pow(rho, step) - gap }
        };
        (moment, size(n0 - 1.0))
    };
    if !horizon.outlasts(moment) {
        return approach(n, horizon, moment);
    }
    let crossed = rho * before + side * q * n.t - c;
    let returned = rho * crossed + side * q * n.t + c;
    // A zero iterate would break the cycle, and may by chance.
    let scale = if n.a == 0.0 { n.w.abs() } else { n.w.abs().min(2.0 * n.u()) + n.u() / q.min(1.0) / moment };
    let error = 2.0 * ROUNDING * moment * scale;
    if [before, crossed, returned].iter().any(|w| w.abs() < MARGIN * c + 2.0 * error) {
        return None;
    }
    let now = crossed.abs().max(returned.abs());
    let limit = if n.a == 0.0 { now } else { amplitude + n.t };
    let rest = (now - limit).abs() * libm::pow(rho.abs(), horizon.after(moment)) + 2.0 * error;
    let fate = horizon.chatter((limit - rest).max(now.min(limit) - error), (limit + rest).min(now.max(limit) + error));
    fate.map(|fate| (fate, &L1_CHATTER))
}

/// amplitude < |t| < u: one step up across zero, some down, and again.
fn long_cycle(n: &Numbers, horizon: &Horizon) -> Option<Fate> {
    let (q, c) = (n.q(), n.c());
    let begun = if n.w == 0.0 { 1.0 } else { moment(n) };
    let top = c + q * n.t;
    let period = crossing(top, n.u() - n.t, n.rho()) + 2.0;
    if !horizon.outlasts(begun) || f64::from(horizon.tail()) < 2.0 * period + 4.0 || q < 1e-3 {
        return None;
    }
    // The step up is at least `top` long, from 0 itself q t.
    horizon.chatter((0.5 * top).min(q * n.t), top)
}

/// |t| > u, eta a < 1.
fn settling(n: &Numbers, horizon: &Horizon) -> Option<Fate> {
    if n.w > 0.0 {
        return descent(n).fate(horizon);
    }
    let fixed = n.t - n.u();
    let farthest = n.c() + n.q() * n.t + fixed;
    horizon.rest(fixed, farthest * libm::pow(n.rho(), horizon.after(moment(n))), n.rho())
}
