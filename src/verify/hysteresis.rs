//! Proximal gradient with k < 1 and eta a <= 1: what start and learning rate decide. c = eta lambda, q = eta a.

use super::expected::{Expected, Reading};
use super::trial::{LOOSE, MARGIN, ROUNDING, Trial};
use crate::optimizer::PenaltyStep;
use crate::theory::{departure_threshold, fold, smallest_minimiser, survival_threshold, zero_threshold};

fn holds(trial: &Trial) -> bool {
    let n = &trial.n;
    trial.penalty_step == PenaltyStep::Proximal && n.k < 1.0 && n.a > 0.0 && n.q() <= 1.0 && n.t > 0.0
}

/// What a step near weights of the size of t is off by, as an error of x relative to t: loss, map and pull, the latter with
/// 4 roundings for each octave of its powers.
fn step_error(trial: &Trial) -> f64 {
    let n = &trial.n;
    let octaves = libm::log2(n.c()).abs() / (2.0 - n.k) + libm::log2(n.t).abs();
    4.0 * LOOSE + 4.0 * ROUNDING * octaves
}

/// The first step decides: the map is monotone, so what leaves 0 never comes back.
pub(super) fn departure(trial: &Trial) -> Vec<Expected> {
    let n = &trial.n;
    if !holds(trial) || n.w != 0.0 {
        return Vec::new();
    }
    let least = departure_threshold(n.k, n.u(), n.q());
    let octaves = libm::log2(2.0 * n.c() * (1.0 - n.k)).abs() / (2.0 - n.k);
    let doubt = (44.0 + 4.0 * octaves) * ROUNDING * least;
    if (n.t - least).abs() < doubt { Vec::new() } else { vec![Expected::flag(Reading::IsZero, n.t < least)] }
}

/// From above both fixed points the way leads down. A target longer than the threshold by more than rounding stops it;
/// a shorter one does not: each step is at least q times what is missing, once |w| has come down to the threshold's size by
/// the factor 1 - q.
pub(super) fn survival(trial: &Trial) -> Vec<Expected> {
    let n = &trial.n;
    if !holds(trial) || n.w < n.t {
        return Vec::new();
    }
    let least = survival_threshold(n.k, n.u(), n.q());
    if (n.t - least).abs() < 2.0 * step_error(trial) * n.t / n.q() {
        return Vec::new();
    }
    if n.t > least {
        return vec![Expected::flag(Reading::IsZero, false)];
    }
    let far = libm::log((n.w / least).max(1.0)) / -libm::log1p(-n.q());
    let steps = far + (n.w.min(n.t + least) + n.t) / (n.q() * (least - n.t)) + 3.0;
    if 1.1 * steps < trial.steps() { vec![Expected::flag(Reading::IsZero, true)] } else { Vec::new() }
}

/// The smaller root w_- of w + u k w^(k-1) = t, by bisection on log w below where that is least.
fn lower_root(k: f64, u: f64, t: f64) -> f64 {
    let mut high = libm::pow(u * k * (1.0 - k), 1.0 / (2.0 - k));
    let mut low = high * 1e-40;
    for _ in 0..60 {
        let middle = libm::sqrt(low) * libm::sqrt(high);
        if middle + u * k * libm::pow(middle, k - 1.0) > t { low = middle } else { high = middle }
    }
    high
}

/// At w_- a step repels by (1 - q) / (1 - c k (1-k) w_-^(k-2)), and more below it; it must do so by more than rounding. Where
/// proximal steps cannot stand as low as w_- it is no barrier to them.
pub(super) fn barrier(trial: &Trial) -> Vec<Expected> {
    let n = &trial.n;
    let stays = |bound: f64| n.q() * n.t < bound * (1.0 - MARGIN);
    if !holds(trial) || n.w <= 0.0 || n.t < fold(n.k, n.u()) * (1.0 + MARGIN) || !stays(zero_threshold(n.k, n.c())) {
        return Vec::new();
    }
    let lower = lower_root(n.k, n.u(), n.t);
    let flat = 1.0 - n.c() * n.k * (1.0 - n.k) * libm::pow(lower, n.k - 2.0);
    let rate = n.rho() / flat;
    if lower < smallest_minimiser(n.k, n.c()) * (1.0 + MARGIN) || rate < 1.0 + MARGIN {
        return Vec::new();
    }
    let distance = n.w / lower - 1.0;
    let off = step_error(trial) * n.t / (flat * lower);
    if distance.abs() < 2.0 * off / (rate - 1.0) {
        return Vec::new();
    }
    let steps = libm::log(2.0 / distance.abs()) / libm::log(rate) + 3.0;
    if distance < 0.0 && 1.1 * steps > trial.steps() {
        return Vec::new();
    }
    vec![Expected::flag(Reading::IsZero, distance < 0.0)]
}
