//! L1, k = 1, at a constant step. c = eta lambda, u = lambda / a, rho = 1 - eta a.

use super::linear::Linear;
use super::numbers::{Blur, Horizon, MARGIN, Numbers};
use super::{L1_CHATTER, L1_DESCENT, L1_LANDING, L1_LONG_CYCLE, L1_SETTLES, Prediction};
use crate::verdict::Fate;

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
    let pull = learning_rate * lambda - learning_rate * curvature * target;
    crossing(w, pull, learning_rate * curvature)
}

/// The moment at which w' = (1 - `drawn`) w - `pull` takes `w` to 0: infinite where nothing pulls it there.
fn crossing(w: f64, pull: f64, drawn: f64) -> f64 {
    match drawn {
        // What begins at 0 is there.
        _ if w == 0.0 => 0.0,
        _ if pull <= 0.0 => f64::INFINITY,
        0.0 => w / pull,
        drawn => libm::log1p(w * drawn / pull) / -libm::log1p(-drawn),
    }
}

/// Whether each step is long enough for f32 to take it to a thousandth.
fn is_resolved(n: &Numbers) -> bool {
    let scale = n.w.abs().max(n.t);
    n.c() > 1e-10 && n.q() * scale + n.c() > 1e-4 * scale
}

/// The moment of the first crossing from w_0, which is on the other side of the target or drawn past it; and the moments
/// before and after which rounding does not let it be. Loss steps that f32 may take for whole ones land on either side of zero.
struct Moment {
    early: f64,
    real: f64,
    late: f64,
}

impl Moment {
    fn of(n: &Numbers, blur: &Blur) -> Moment {
        let (q, ahead) = (n.q(), n.q() * n.t * n.w.signum());
        let drawn = q.min(2.0 - q);
        let farthest = if n.rho() > 10.0 * blur.share { ahead } else { q * n.t };
        Moment {
            early: crossing(n.w.abs(), n.c() - ahead + blur.floor, (drawn + blur.share).min(1.0)),
            real: crossing(n.w.abs(), n.c() - ahead, drawn),
            late: crossing(n.w.abs(), n.c() - farthest - blur.floor, drawn - blur.share),
        }
    }
}

/// The line on which w moves until it crosses.
fn descent(n: &Numbers, weights: f64) -> Linear {
    let fixed = n.t - n.w.signum() * n.u();
    Linear { fixed, factor: n.rho(), start: n.w, blur: n.blur(weights, fixed) }
}

/// By proximal and by truncated steps, which are the same for k = 1.
pub(super) fn landing(n: &Numbers, horizon: &Horizon) -> Prediction {
    let (q, u, blur) = (n.q(), n.u(), n.blur(2.0, n.t - n.u()));
    if !is_resolved(n) || q >= 2.0 * (1.0 - MARGIN) {
        return None;
    }
    let moment = Moment::of(n, &blur);
    if n.t < u * (1.0 - MARGIN) {
        return match horizon.zero_after(moment.late) {
            Some(fate) => Some((fate, &L1_LANDING)),
            None if q < 1.0 => approach(n, horizon, &moment, 2.0),
            None => None,
        };
    }
    if n.t < u * (1.0 + MARGIN) {
        return None;
    }
    let fixed = n.t - u;
    let fate = match q {
        q if q < 1.0 && n.w > 0.0 => descent(n, 2.0).fate(horizon),
        // The map is monotone: from below it comes no farther than w*, but for the rounding of the step across.
        q if q < 1.0 => {
            horizon.rest(fixed, blur.distance(fixed + blur.at(n.w.abs()), n.rho(), horizon.after(moment.late)))
        }
        q => horizon.rest(fixed, blur.distance((n.w - fixed).abs(), q - 1.0, horizon.first.into())),
    };
    fate.map(|fate| (fate, &L1_SETTLES))
}

/// Before the moment of the first crossing.
fn approach(n: &Numbers, horizon: &Horizon, moment: &Moment, weights: f64) -> Prediction {
    let fate = if !horizon.precedes(moment.early) {
        None
    } else if n.a == 0.0 {
        drift(n, horizon)
    } else {
        descent(n, weights).fate(horizon)
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
    let (q, u, blur) = (n.q(), n.u(), n.blur(1.0, n.t - n.u()));
    if !is_resolved(n) || q >= 2.0 * (1.0 - MARGIN) {
        return None;
    }
    let amplitude = l1_cycle_amplitude(n.a, n.lambda, n.eta);
    if n.t < amplitude.min(u) * (1.0 - MARGIN) {
        return two_cycle(n, horizon, amplitude);
    }
    if n.t > u * (1.0 + MARGIN) {
        return settling(n, horizon, blur).map(|fate| (fate, &L1_SETTLES));
    }
    let between = q < 1.0 && n.t > amplitude * (1.0 + MARGIN) && n.t < u * (1.0 - MARGIN);
    if between { long_cycle(n, horizon, blur).map(|fate| (fate, &L1_LONG_CYCLE)) } else { None }
}

/// |t| < amplitude: after the first crossing the sign alternates for ever.
fn two_cycle(n: &Numbers, horizon: &Horizon, amplitude: f64) -> Prediction {
    let (q, rho, c) = (n.q(), n.rho(), n.c());
    let blur = n.blur(1.0, 0.0);
    if n.w == 0.0 {
        return None;
    }
    let moment = Moment::of(n, &blur);
    if !horizon.outlasts(moment.late.max(1.0)) {
        return if q < 1.0 { approach(n, horizon, &moment, 1.0) } else { None };
    }
    let steps = if q < 1.0 { moment.real.ceil() } else { 1.0 };
    let [before, crossed, returned] = around_crossing(n, steps);
    // A zero iterate would break the cycle, and may by chance.
    let strayed = |steps: f64| blur.strayed(n.w.abs(), rho.abs(), steps);
    let error = strayed(steps) + blur.at(crossed.abs());
    let doubts = [(before, strayed(steps - 1.0)), (crossed, strayed(steps)), (returned, error)];
    if doubts.iter().any(|(w, error)| w.abs() < MARGIN * c + 10.0 * error) {
        return None;
    }
    let now = crossed.abs().max(returned.abs());
    let (limit, error) = match n.a {
        0.0 => (now, error),
        _ => (amplitude + n.t, error + blur.at(amplitude + n.t) / (1.0 - rho.abs())),
    };
    let rest = (now - limit).abs() * libm::pow(rho.abs(), horizon.after(moment.late)) + 2.0 * error;
    let fate = horizon.chatter((limit - rest).max(now.min(limit) - error), (limit + rest).min(now.max(limit) + error));
    fate.map(|fate| (fate, &L1_CHATTER))
}

/// The last iterate before the step `steps`, which crosses, that one and the next, as if w_0 > 0: before it |w_n| is
/// rho^n |w_0| - (c - q t) (1 - rho^n) / q; where q >= 1 the first step crosses.
fn around_crossing(n: &Numbers, steps: f64) -> [f64; 3] {
    let (q, rho, c) = (n.q(), n.rho(), n.c());
    let pushed = n.w.signum() * q * n.t;
    let taken = |steps: f64| if q == 0.0 { steps } else { -libm::expm1(steps * libm::log1p(-q)) / q };
    let before = if steps > 1.0 {
        n.w.abs() * libm::pow(rho, steps - 1.0) - (c - pushed) * taken(steps - 1.0)
    } else {
        n.w.abs()
    };
    let crossed = rho * before + pushed - c;
    [before, crossed, rho * crossed + pushed + c]
}

/// amplitude < |t| < u: one step up across zero, some down, and again.
fn long_cycle(n: &Numbers, horizon: &Horizon, blur: Blur) -> Option<Fate> {
    let (q, c) = (n.q(), n.c());
    let begun = if n.w == 0.0 { 1.0 } else { Moment::of(n, &blur).late };
    let top = c + q * n.t;
    let period = crossing(top, c - q * n.t, q) + 2.0;
    if !horizon.outlasts(begun) || f64::from(horizon.tail()) < 2.0 * period + 4.0 || q < 1e-3 {
        return None;
    }
    // The step up is at least `top` long, from 0 itself q t.
    horizon.chatter((0.5 * top).min(q * n.t), top)
}

/// |t| > u.
fn settling(n: &Numbers, horizon: &Horizon, blur: Blur) -> Option<Fate> {
    let fixed = n.t - n.u();
    if n.w > 0.0 {
        // Distances from w* shrink, so the lowest iterates are the first ones or w* itself; none may be across zero.
        let line = descent(n, 1.0);
        let lowest = line.at(1).min(line.at(2)).min(fixed);
        let stays = lowest > MARGIN * fixed + line.error(1, horizon.last);
        return if stays { line.fate(horizon) } else { None };
    }
    let farthest = n.c() + n.q() * n.t + fixed + blur.at(n.w.abs());
    let steps = horizon.after(Moment::of(n, &blur).late);
    if n.q() < 1.0 { horizon.rest(fixed, blur.distance(farthest, n.rho(), steps)) } else { None }
}
