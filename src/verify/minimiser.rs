//! Minimisers and proximal maps, by search: nothing here is a closed form but the thresholds that are to be checked.

use super::expected::{Expected, Reading};
use super::trial::{LOOSE, MARGIN, ROUNDING, Trial};
use crate::optimizer::PenaltyStep;
use crate::theory::{self, zero_threshold};
use crate::verdict::Fate;

/// v + u k v^(k-1), which is x where the derivative of (v - x)^2 / 2 + u v^k vanishes.
fn balance(v: f64, u: f64, k: f64) -> f64 {
    v + pull(v, u, k)
}

fn pull(v: f64, u: f64, k: f64) -> f64 {
    u * k * libm::pow(v, k - 1.0)
}

/// The larger root v of v + u k v^(k-1) = x, x > 0, by bisection on log v from where that is least; `None` where there
/// is no root.
pub(super) fn root(k: f64, u: f64, x: f64) -> Option<f64> {
    let mut low = if k < 1.0 { libm::pow(u * k * (1.0 - k), 1.0 / (2.0 - k)) } else { 1e-60 };
    let mut high = x;
    if low >= high || balance(low, u, k) >= x {
        return None;
    }
    while high > low * (1.0 + 1e-13) {
        let middle = libm::sqrt(low) * libm::sqrt(high);
        if middle <= low || middle >= high {
            break;
        }
        if balance(middle, u, k) < x { low = middle } else { high = middle }
    }
    Some(high)
}

/// By how much (v - x)^2 / 2 + u v^k exceeds its value at 0.
fn excess(v: f64, k: f64, u: f64, x: f64) -> f64 {
    v * v / 2.0 - v * x + u * libm::pow(v, k)
}

/// The proximal map of u |v|^k at x > 0, and how far off f32 may be where x is off by `error`; `None` where both minima
/// are level but for rounding, or where a minimum is too small for f32.
///
/// At the root v (1 + (k-1) pull/v) dv = dx - d(pull), so errors in x and in the pull come back v/n times as large, n = v +
/// (k-1) pull. A power through log2 and exp2 adds 4 roundings for each octave of its exponents (`tests/formulas/`).
fn map(k: f64, u: f64, x: f64, error: f64) -> Option<(f64, f64)> {
    let zero = Some((0.0, 0.0));
    if k == 1.0 {
        let near = (x - u).abs() <= error + 4.0 * ROUNDING * u;
        return if near {
            None
        } else {
            Some(((x - u).max(0.0), if x > u { error + 4.0 * ROUNDING * x } else { 0.0 }))
        };
    }
    let Some(v) = root(k, u, x) else { return if k < 1.0 { zero } else { None } };
    let pull = pull(v, u, k);
    let octaves = 2.0 * ((k - 1.0) * libm::log2(v)).abs() + libm::log2(u * k).abs() + 1.0;
    let of_pull = (LOOSE + 4.0 * ROUNDING * octaves) * pull;
    let n = v + (k - 1.0) * pull;
    let off = v / n * (error + of_pull) + LOOSE * v;
    if k < 1.0 {
        // The excess changes by v for each unit of x, and by u v^k relatively as the pull does.
        let level = v * (error + of_pull / k + LOOSE * x);
        match excess(v, k, u, x) {
            excess if excess > level => return zero,
            excess if excess > -level => return None,
            _ => {}
        }
    }
    (n > 0.0 && v > 1e-25 && off < 0.01 * v).then_some((v, off))
}

/// The point w_0 - eta L'(w_0) of the first step, as an absolute value, its sign, and its error: four roundings of terms
/// no larger than |w_0| + t.
pub(super) fn first_point(trial: &Trial) -> Option<(f64, f64, f64)> {
    let n = &trial.n;
    let x = n.rho() * n.w + n.q() * n.t;
    let error = if n.a == 0.0 { 0.0 } else { 4.0 * ROUNDING * (n.w.abs() + n.t) * n.q().max(1.0) };
    let lasts = x.abs() < 0.9 * trial.horizon.divergence;
    (lasts && x.abs() > 1e-10 && error < 1e-3 * x.abs()).then_some((x.abs(), x.signum(), error))
}

pub(super) fn is_one_step(trial: &Trial) -> bool {
    trial.penalty_step == PenaltyStep::Proximal && trial.horizon.last == 1
}

/// Proximal steps that take the whole way to the target, whatever the weight: eta a = 1. The map of the step after `before` is
/// taken at w - (w - t), which is off by this from t.
fn target_error(trial: &Trial, before: f64) -> Option<f64> {
    let n = &trial.n;
    let whole = trial.penalty_step == PenaltyStep::Proximal && (n.q() - 1.0).abs() < ROUNDING && n.t > 0.0;
    let (blur, rate) = (n.loss_blur(1.0, n.t), n.rho().abs());
    let distance = if before == 0.0 { n.w.abs() + n.t } else { blur.distance(n.w.abs() + n.t, rate, before) };
    let error = rate * distance + blur.at(distance + n.t);
    (whole && error < 1e-3 * n.t).then_some(error)
}

/// The same of the last step.
fn last_error(trial: &Trial) -> Option<f64> {
    target_error(trial, trial.steps() - 1.0)
}

pub(super) fn is_zero(trial: &Trial) -> Vec<Expected> {
    last_error(trial).and_then(|error| threshold(trial.n.k, trial.n.u(), trial.n.t, error)).into_iter().collect()
}

/// Whether the map of u |v|^k at x > 0 is 0. T_k is as wrong as u^(1/(2-k)) by its power, and as its own few roundings.
fn threshold(k: f64, u: f64, x: f64, error: f64) -> Option<Expected> {
    let least = zero_threshold(k, u);
    if k > 1.0 {
        return (libm::pow(x / (u * k), 1.0 / (k - 1.0)).min(x) > 1e-25)
            .then(|| Expected::flag(Reading::IsZero, false));
    }
    let octaves = if k < 1.0 { libm::log2(2.0 * u * (1.0 - k)).abs() / (2.0 - k) } else { 0.0 };
    let doubt = error + (40.0 + 4.0 * octaves) * ROUNDING * least;
    ((x - least).abs() > doubt).then(|| Expected::flag(Reading::IsZero, x < least))
}

/// Each step goes from the target, wherever the last one led, so errors do not add up.
pub(super) fn whole_step(trial: &Trial) -> Vec<Expected> {
    let value = last_error(trial).and_then(|error| map(trial.n.k, trial.n.u(), trial.n.t, error));
    value.map(|(v, off)| Expected::near(Reading::Last, v, off)).into_iter().collect()
}

/// |w_1| <= eps iff the balance at eps is at least t.
pub(super) fn within(trial: &Trial) -> Vec<Expected> {
    let (n, eps) = (&trial.n, trial.horizon.tolerance);
    let Some(error) = target_error(trial, 0.0).filter(|_| n.k >= 1.0 && n.w.abs() > eps) else { return Vec::new() };
    let pull = pull(eps, n.u(), n.k);
    let octaves = ((n.k - 1.0) * libm::log2(eps)).abs() + libm::log2(n.u() * n.k).abs() + 1.0;
    // The map's own error in v counts as one in the balance, whose slope there is n / v.
    let doubt = error + 2.0 * LOOSE * (eps + pull * n.k.max(1.0)) + 8.0 * ROUNDING * octaves * pull;
    let bound = eps + pull;
    let step = if n.t <= bound { 1.0 } else { f64::INFINITY };
    let certain = (n.t - bound).abs() > doubt;
    certain.then(|| Expected::exactly(Reading::FirstWithin, step)).into_iter().collect()
}

/// A fate `settled` that is told because the tail has come to within 0.45e-4 of a minimum tells where it is, too.
pub(super) fn settled(trial: &Trial) -> Vec<Expected> {
    let n = &trial.n;
    let laws = [
        &theory::CONVEX_PROXIMAL,
        &theory::MONOTONE_BELOW_TWO,
        &theory::STEEP_DESCENT,
        &theory::CONCAVE_SURVIVAL,
        &theory::CONCAVE_GRADIENT,
    ];
    if trial.is_told_by(&laws) != Some(Fate::Settled) {
        return Vec::new();
    }
    let Some(w) = root(n.k, n.u(), n.t) else { return Vec::new() };
    let stalled = stall(trial, w);
    if stalled > 1e-3 { Vec::new() } else { vec![Expected::near(Reading::Last, w, (0.45e-4 + stalled) * w)] }
}

/// How far from its fixed point `w` a rule may stop, relatively: a step goes toward it by the share 1 - r of what is missing,
/// r the map's slope there, and rounds. By subgradient it rounds the weight once and the moves, which are less than q t, six
/// times and as its power does. A proximal map rounds a whole weight many times, and its point and pull as `map` has it.
fn stall(trial: &Trial, w: f64) -> f64 {
    let n = &trial.n;
    let share = n.c() * n.k * libm::pow(w, n.k - 2.0);
    let bend = (n.k - 1.0) * share;
    let octaves = 2.0 * ((n.k - 1.0) * libm::log2(w)).abs() + libm::log2(n.c() * n.k).abs() + 1.0;
    let of_pull = (LOOSE + 4.0 * ROUNDING * octaves) * share;
    let (slope, rounded) = match trial.penalty_step {
        PenaltyStep::Proximal => {
            (n.rho() / (1.0 + bend), LOOSE + (4.0 * ROUNDING * (1.0 + share) + of_pull) / (1.0 + bend))
        }
        _ => (n.rho() - bend, ROUNDING * (1.0 + 6.0 * n.q() * n.t / w) + of_pull),
    };
    rounded / (1.0 - slope.abs())
}

fn one_map(trial: &Trial) -> Vec<Expected> {
    let Some((x, sign, error)) = first_point(trial).filter(|_| is_one_step(trial)) else { return Vec::new() };
    let value = map(trial.n.k, trial.n.c(), x, error);
    value.map(|(v, off)| Expected::near(Reading::Last, sign * v, off)).into_iter().collect()
}

pub(super) fn concave_map(trial: &Trial) -> Vec<Expected> {
    if trial.n.k < 1.0 { one_map(trial) } else { Vec::new() }
}

pub(super) fn convex_map(trial: &Trial) -> Vec<Expected> {
    // Nearer to 1 the map blows rounding up more than a hundredfold.
    if trial.n.k == 1.0 || trial.n.k > 1.0 + 10.0 * MARGIN { one_map(trial) } else { Vec::new() }
}

pub(super) fn map_threshold(trial: &Trial) -> Vec<Expected> {
    let point = first_point(trial).filter(|_| is_one_step(trial) && trial.n.k <= 1.0);
    point.and_then(|(x, _, error)| threshold(trial.n.k, trial.n.c(), x, error)).into_iter().collect()
}
