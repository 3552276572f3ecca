//! Concave penalties, k < 1, and the landings of truncated steps.

use super::minimiser::{basins, fold, smallest_minimiser, survival_threshold, zero_threshold};
use super::numbers::{Blur, Horizon, MARGIN, Numbers};
use super::powers::arrival_time;
use super::{CONCAVE_GRADIENT, CONCAVE_LANDING, CONCAVE_SURVIVAL, Prediction, TRUNCATED_LANDING};
use crate::verdict::Fate;

/// (eta lambda k)^(1/(2-k)), k < 2: a truncated step takes every weight up to this, after its loss step, to zero.
pub fn truncation_threshold(k: f64, lambda: f64, learning_rate: f64) -> f64 {
    libm::pow(learning_rate * lambda * k, 1.0 / (2.0 - k))
}

/// By truncated steps, k < 2, k != 1.
pub(super) fn truncated(n: &Numbers, horizon: &Horizon) -> Prediction {
    let reach = truncation_threshold(n.k, n.lambda, n.eta);
    let (pushed, blur) = (n.q() * n.t, n.loss_blur(2.0, 0.0));
    // 0 holds only where the loss does not push out of reach.
    if reach < 1e-10 || n.q() > 1.0 || pushed > reach * (1.0 - MARGIN) {
        return None;
    }
    let steps = if (n.rho() * n.w + pushed).abs() + blur.at(n.w.abs()) < reach * (1.0 - MARGIN) {
        Some(1.0)
    } else {
        let resolved = n.resolves(n.q() + n.share(n.w.abs()));
        (n.t == 0.0 && resolved).then(|| truncated_steps(n, reach, blur))
    };
    horizon.zero_after(steps?).map(|fate| (fate, &TRUNCATED_LANDING))
}

/// t = 0: |w|^(2-k) falls by at least c k min(1, 2-k) a step, and |w| by the factor 1 - eta a.
fn truncated_steps(n: &Numbers, reach: f64, blur: Blur) -> f64 {
    let by_penalty = libm::pow(n.w.abs(), 2.0 - n.k) / (n.c() * n.k * (2.0 - n.k).min(1.0));
    by_penalty.min(n.steps_to(reach, n.rho() + blur.share)) + 1.0
}

/// By truncated steps, k > 2, where the first overshoots and 0 holds.
pub(super) fn truncated_overshoot(n: &Numbers, horizon: &Horizon) -> Prediction {
    let pushed = n.q() * n.t;
    let begun = (n.rho() * n.w + pushed).abs() - n.loss_blur(1.0, 0.0).at(n.w.abs());
    let steep = |v: f64| v > 0.0 && n.is_power_held(v) && n.share(v) > 1.0 + MARGIN;
    let holds = n.t == 0.0 || steep(pushed);
    let fate = if holds && steep(begun) { horizon.zero_after(1.0) } else { None };
    fate.map(|fate| (fate, &TRUNCATED_LANDING))
}

/// By proximal steps, k < 1, eta a <= 1.
pub(super) fn proximal(n: &Numbers, horizon: &Horizon) -> Prediction {
    if n.q() > 1.0 || n.w.abs() + n.t > 0.1 * horizon.divergence || n.c() < 1e-8 {
        return None;
    }
    if !n.resolves(n.q() + n.share(n.w.abs().max(n.t))) {
        return None;
    }
    if n.a == 0.0 {
        let steps = arrival_time(0.0, n.k, n.lambda, n.w.abs()) / n.eta + 1.0;
        return horizon.zero_after(steps).map(|fate| (fate, &CONCAVE_LANDING));
    }
    let blur = n.loss_blur(2.0, 0.0);
    let holding = zero_threshold(n.k, n.c());
    let survives = survival_threshold(n.k, n.u(), n.q());
    let pushed = n.q() * n.t;
    let missed = blur.at(n.w.abs());
    let caught = (n.rho() * n.w + pushed).abs() + missed < holding * (1.0 - MARGIN);
    // From the other side of 0 no loss step reaches farther than from 0 itself, but by rounding.
    let opposite = n.w < 0.0 && n.t > 0.0 && pushed + missed < holding * (1.0 - MARGIN);
    if pushed < holding * (1.0 - MARGIN) && (caught || opposite || n.t < survives * (1.0 - MARGIN)) {
        let steps = match (caught, opposite) {
            (true, _) => 1.0,
            (_, true) => across(n, blur) + 1.0,
            _ => steps_home(n, survives, blur)?,
        };
        return horizon.zero_after(steps).map(|fate| (fate, &CONCAVE_LANDING));
    }
    if n.t > survives * (1.0 + MARGIN) {
        return basin(n, horizon, holding);
    }
    None
}

/// Steps from w_0 < 0 across zero: |w| and the target are drawn together by the loss alone.
fn across(n: &Numbers, blur: Blur) -> f64 {
    let kept = n.rho() + blur.share;
    match n.w < 0.0 {
        false => 0.0,
        true if kept < 1.0 => libm::log1p(n.w.abs() / n.t) / -libm::log(kept),
        true => f64::INFINITY,
    }
}

/// t < `survives`: beyond `survives` the loss draws |w| in by its share of the distance, below it the slope is at least
/// a (survives - t), which must be more than rounding.
fn steps_home(n: &Numbers, survives: f64, blur: Blur) -> Option<f64> {
    let (kept, afar) = (n.rho() + blur.share, (n.w.abs() / survives).max(1.0));
    let far = if afar == 1.0 { 0.0 } else { libm::log(afar) / -libm::log(kept) };
    if afar > 1.0 && kept >= 1.0 {
        return None;
    }
    let from = n.w.abs().min(n.t + survives);
    let step = n.q() * (survives - n.t) - blur.at(from);
    (step > 0.0).then(|| far + (from + n.t) / step + 3.0)
}

/// t > `survives`: above the barrier w_- to w_+, below it to 0, unless the loss pushes off zero.
fn basin(n: &Numbers, horizon: &Horizon, holding: f64) -> Prediction {
    let (lower, upper) = basins(n.k, n.u(), n.t);
    let (pushed, blur) = (n.q() * n.t, n.blur(2.0, upper));
    if pushed > holding * (1.0 - MARGIN) || n.w >= lower * (1.0 + 10.0 * MARGIN) {
        return upper_minimum(n, horizon, holding, [lower, upper], blur).map(|fate| (fate, &CONCAVE_SURVIVAL));
    }
    // Where proximal steps cannot stand as low as w_-, it is no barrier to them.
    if n.w > lower * (1.0 - 10.0 * MARGIN) || lower < smallest_minimiser(n.k, n.c()) * (1.0 + MARGIN) {
        return None;
    }
    // Every step down is longer than the one before.
    let step = -gained(n) - n.blur(2.0, n.w.abs()).at(n.w.abs());
    if step > 0.0 { horizon.zero_after(n.w / step + 2.0).map(|fate| (fate, &CONCAVE_LANDING)) } else { None }
}

/// What a gradient step from w_0 > 0 adds to it; a proximal step moves no less far.
fn gained(n: &Numbers) -> f64 {
    n.q() * (n.t - n.w) - n.w * n.share(n.w)
}

fn upper_minimum(n: &Numbers, horizon: &Horizon, holding: f64, roots: [f64; 2], blur: Blur) -> Option<Fate> {
    let [lower, upper] = roots;
    // The map is no steeper than 1 / (1 - k/2) where it is not 0, and so is what comes of errors of x and of the pull.
    let flat = 1.0 - (1.0 - n.k) * n.share(upper);
    let rate = n.rho() / flat;
    let blur = Blur { share: 2.0 * blur.share, rest: blur.rest / flat, ..blur };
    // Within a hundredth of w_+ the slope is that, but for a fiftieth of the bend.
    let near = (blur, n.rho() / (1.0 - 1.02 * (1.0 - flat)));
    let spread = |chord: f64, distance: f64, steps: f64| blur.distance_near(distance, chord, steps, 0.01 * upper, near);
    let steps = f64::from(horizon.first);
    // Rounding must not carry a weight down across the barrier.
    let missed = blur.at(n.w.abs());
    if n.w >= upper {
        let stays = 2.0 * missed < upper - lower;
        return if stays { horizon.rest(upper, blur.distance(n.w - upper, rate, steps)) } else { None };
    }
    if n.q() * n.t < holding * (1.0 + MARGIN) {
        let kept = n.w > 0.0
            && gained(n) > n.blur(2.0, n.w).at(n.w)
            && n.rho() * n.w + n.q() * n.t - missed > holding * (1.0 + MARGIN);
        if !kept || n.w > upper * (1.0 - 1e-6) {
            return None;
        }
        let chord = rate.max(1.0 - gained(n) / (upper - n.w));
        return if chord < 1.0 - 1e-4 { horizon.rest(upper, spread(chord, upper, steps)) } else { None };
    }
    // The map is concave there, so it lies above its chord from the smallest nonzero value to w_+.
    let chord = rate.max(1.0 - smallest_minimiser(n.k, n.c()) / upper);
    horizon.rest(upper, spread(chord, upper + missed, horizon.after(across(n, blur))))
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
    let flattest = 1.0 - q + (1.0 - k) * n.share(upper);
    // The map is concave: between w_0 < w_+ and w_+ it lies above its chord.
    let rate = if n.w < upper * (1.0 - 1e-6) { flattest.max(1.0 - gained(n) / (upper - n.w)) } else { flattest };
    if rate > 1.0 - 1e-4 {
        return None;
    }
    let blur = n.blur(1.0, upper);
    if n.w < upper && gained(n) < n.blur(1.0, n.w).at(n.w) {
        return None;
    }
    let spread = blur.distance((n.w - upper).abs(), rate, horizon.first.into());
    horizon.rest(upper, spread).map(|fate| (fate, &CONCAVE_GRADIENT))
}
