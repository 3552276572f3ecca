//! Concave penalties, k < 1, and the landings of truncated steps.

use super::minimiser::{basins, fold, smallest_minimiser, survival_threshold, zero_threshold};
use super::numbers::{BLUNT, Horizon, MARGIN, Numbers};
use super::powers::arrival_time;
use super::{CONCAVE_GRADIENT, CONCAVE_LANDING, CONCAVE_SURVIVAL, Law, TRUNCATED_LANDING};
use crate::verdict::Fate;

type Prediction = Option<(Fate, &'static Law)>;

/// (eta lambda k)^(1/(2-k)), k < 2: a truncated step takes every weight up to this, after its loss step, to zero.
pub fn truncation_threshold(k: f64, lambda: f64, learning_rate: f64) -> f64 {
    libm::pow(learning_rate * lambda * k, 1.0 / (2.0 - k))
}

/// By truncated steps, k < 2, k != 1.
pub(super) fn truncated(n: &Numbers, horizon: &Horizon) -> Prediction {
    let reach = truncation_threshold(n.k, n.lambda, n.eta);
    let pushed = n.q() * n.t;
    // 0 holds only where the loss does not push out of reach.
    if reach < 1e-10 || n.q() > 1.0 || pushed > reach * (1.0 - MARGIN) {
        return None;
    }
    let steps = if (n.rho() * n.w + pushed).abs() < reach * (1.0 - MARGIN) {
        Some(1.0)
    } else {
        let resolved = n.q() + n.c() * n.k * libm::pow(n.w.abs(), n.k - 2.0) > 1e-4;
        (n.t == 0.0 && resolved).then(|| truncated_steps(n, reach))
    };
    horizon.zero_after(steps?).map(|fate| (fate, &TRUNCATED_LANDING))
}

/// t = 0: |w|^(2-k) falls by at least c k min(1, 2-k) a step, and |w| by the factor 1 - eta a.
fn truncated_steps(n: &Numbers, reach: f64) -> f64 {
    let by_penalty = libm::pow(n.w.abs(), 2.0 - n.k) / (n.c() * n.k * (2.0 - n.k).min(1.0));
    by_penalty.min(n.steps_to(reach, n.rho())) + 1.0
}

/// By truncated steps, k > 2, where the first overshoots and 0 holds.
pub(super) fn truncated_overshoot(n: &Numbers, horizon: &Horizon) -> Prediction {
    let (pushed, begun) = (n.q() * n.t, (n.rho() * n.w + n.q() * n.t).abs());
    let steep = |v: f64| n.is_power_held(v) && n.c() * n.k * libm::pow(v, n.k - 2.0) > 1.0 + MARGIN;
    let holds = n.t == 0.0 || steep(pushed);
    let fate = if holds && steep(begun) { horizon.zero_after(1.0) } else { None };
    fate.map(|fate| (fate, &TRUNCATED_LANDING))
}

/// By proximal steps, k < 1, eta a <= 1.
pub(super) fn proximal(n: &Numbers, horizon: &Horizon) -> Prediction {
    if n.q() > 1.0 || n.w.abs() + n.t > 0.1 * horizon.divergence || n.c() < 1e-8 {
        return None;
    }
    let resolved = n.q() + n.c() * n.k * libm::pow(n.w.abs().max(n.t), n.k - 2.0) > 1e-4;
    if !resolved {
        return None;
    }
    if n.a == 0.0 {
        let steps = arrival_time(0.0, n.k, n.lambda, n.w.abs()) / n.eta + 1.0;
        return horizon.zero_after(steps).map(|fate| (fate, &CONCAVE_LANDING));
    }
    let holding = zero_threshold(n.k, n.c());
    let survives = survival_threshold(n.k, n.u(), n.q());
    let pushed = n.q() * n.t;
    let caught = (n.rho() * n.w + pushed).abs() < holding * (1.0 - MARGIN);
    // From the other side of 0 no loss step reaches farther than from 0 itself.
    let opposite = n.w < 0.0 && n.t > 0.0;
    if pushed < holding * (1.0 - MARGIN) && (caught || opposite || n.t < survives * (1.0 - MARGIN)) {
        let steps = match (caught, opposite) {
            (true, _) => 1.0,
            (_, true) => libm::log1p(n.w.abs() / n.t) / -libm::log(n.rho()) + 1.0,
            _ => steps_home(n, survives),
        };
        return horizon.zero_after(steps).map(|fate| (fate, &CONCAVE_LANDING));
    }
    if n.t > survives * (1.0 + MARGIN) {
        return basin(n, horizon, holding);
    }
    None
}

/// t < `survives`: beyond `survives` the loss draws |w| in by its share of the distance, below it the slope is at least
/// a (survives - t).
fn steps_home(n: &Numbers, survives: f64) -> f64 {
    let far = libm::log((n.w.abs() / survives).max(1.0)) / -libm::log(n.rho());
    far + (n.w.abs().min(n.t + survives) + n.t) / (n.q() * (survives - n.t)) + 3.0
}

/// t > `survives`: above the barrier w_- to w_+, below it to 0, unless the loss pushes off zero.
fn basin(n: &Numbers, horizon: &Horizon, holding: f64) -> Prediction {
    let (lower, upper) = basins(n.k, n.u(), n.t);
    let pushed = n.q() * n.t;
    if pushed > holding * (1.0 - MARGIN) || n.w >= lower * (1.0 + 10.0 * MARGIN) {
        return upper_minimum(n, horizon, holding, upper).map(|fate| (fate, &CONCAVE_SURVIVAL));
    }
    // Where proximal steps cannot stand as low as w_-, it is no barrier to them.
    if n.w > lower * (1.0 - 10.0 * MARGIN) || lower < smallest_minimiser(n.k, n.c()) * (1.0 + MARGIN) {
        return None;
    }
    // Every step down is longer than the one before.
    horizon.zero_after(n.w / -gained(n) + 2.0).map(|fate| (fate, &CONCAVE_LANDING))
}

/// What a gradient step from w_0 > 0 adds to it; a proximal step moves no less far.
fn gained(n: &Numbers) -> f64 {
    n.q() * (n.t - n.w) - n.c() * n.k * libm::pow(n.w, n.k - 1.0)
}

fn upper_minimum(n: &Numbers, horizon: &Horizon, holding: f64, upper: f64) -> Option<Fate> {
    let pull = n.c() * n.k * (1.0 - n.k) * libm::pow(upper, n.k - 2.0);
    let rate = (n.rho() / (1.0 - pull)).max(BLUNT);
    if n.w >= upper {
        return horizon.rest(upper, (n.w - upper) * libm::pow(rate, horizon.first.into()), rate);
    }
    if n.q() * n.t < holding * (1.0 + MARGIN) {
        let kept = n.w > 0.0 && gained(n) > 0.0 && n.rho() * n.w + n.q() * n.t > holding * (1.0 + MARGIN);
        if !kept || n.w > upper * (1.0 - 1e-6) {
            return None;
        }
        let chord = rate.max(1.0 - gained(n) / (upper - n.w));
        if chord > 1.0 - 1e-4 {
            return None;
        }
        return horizon.rest(upper, upper * libm::pow(chord, horizon.first.into()), chord);
    }
    // The map is concave there, so it lies above its chord from the smallest nonzero value to w_+.
    let chord = rate.max(1.0 - smallest_minimiser(n.k, n.c()) / upper);
    let below = if n.w < 0.0 { libm::log1p(n.w.abs() / n.t) / -libm::log(n.rho()) } else { 0.0 };
    horizon.rest(upper, upper * libm::pow(chord, horizon.after(below)), chord)
}

/// By subgradient steps, k < 1, eta a < 1: above the barrier w_- it goes to the local minimum w_+.
pub(super) fn subgradient(n: &Numbers, horizon: &Horizon) -> Prediction {
    let (q, k) = (n.q(), n.k);
    if n.a == 0.0 || q > 1.0 - MARGIN || n.t < fold(k, n.u()) * (1.0 + MARGIN) || n.w > 0.1 * horizon.divergence {
        return None;
    }
    let (lower, upper) = basins(k, n.u(), n.t);
    if n.w < lower * (1.0 + 10.0 * MARGIN) {
        return None;
    }
    let flattest = 1.0 - q + n.c() * k * (1.0 - k) * libm::pow(upper, k - 2.0);
    // The map is concave: between w_0 < w_+ and w_+ it lies above its chord.
    let rate = if n.w < upper * (1.0 - 1e-6) { flattest.max(1.0 - gained(n) / (upper - n.w)) } else { flattest };
    if rate > 1.0 - 1e-4 {
        return None;
    }
    let distance = (n.w - upper).abs() * libm::pow(rate, horizon.first.into());
    horizon.rest(upper, distance, rate).map(|fate| (fate, &CONCAVE_GRADIENT))
}
