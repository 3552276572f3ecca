//! Steep penalties, k > 2. c = eta lambda, q = eta a.

use super::cycles::{is_free, step_error};
use super::expected::{Expected, Reading};
use super::flow;
use super::trial::{MARGIN, ROUNDING, Trial};
use crate::optimizer::PenaltyStep;
use crate::theory::divergence_threshold;

/// With x = ln(|w| / W) a step gives x + ln((2-q) e^((k-2) x) - (1-q)), which is at least (k-1) x where x > 0 and q < 1: so
/// x grows by a factor of k - 1 at least, and rounding must be less than what it grows by.
pub(super) fn threshold(trial: &Trial) -> Vec<Expected> {
    let n = &trial.n;
    let is_held = n.is_power_held(n.w) && n.pulls_past(trial.horizon.divergence);
    if !is_free(trial) || n.k < 2.05 || n.q() >= 1.0 || !is_held {
        return Vec::new();
    }
    let bound = divergence_threshold(n.a, n.k, n.lambda, n.eta);
    let (x, beyond) = (libm::log(n.w / bound), libm::log(trial.horizon.divergence / bound));
    let doubt = 2.0 * step_error(trial, bound) / (n.k - 2.0);
    let steps = libm::log(beyond / (x.abs() - doubt / 2.0)) / libm::log(n.k - 1.0) + 2.0;
    if x.abs() < doubt || beyond < 1.0 || (x > 0.0 && steps > trial.steps()) {
        return Vec::new();
    }
    vec![Expected::flag(Reading::Diverged, x > 0.0)]
}

pub(super) fn within(trial: &Trial) -> Vec<Expected> {
    let Some((steps, off)) = flow::time(trial) else { return Vec::new() };
    if steps - off > trial.steps() {
        vec![Expected::exactly(Reading::FirstWithin, f64::INFINITY)]
    } else if steps + off < trial.steps() {
        vec![Expected::near(Reading::FirstWithin, steps, off)]
    } else {
        Vec::new()
    }
}

/// Half a unit in the last place of w is between 2^-25 and 2^-24 of it.
pub(super) fn frozen(trial: &Trial) -> Vec<Expected> {
    let n = &trial.n;
    let holds = n.k > 2.0 && n.a == 0.0 && n.w > 0.0 && trial.penalty_step == PenaltyStep::InLoss;
    let share = n.c() * n.k * libm::pow(n.w, n.k - 2.0);
    let stalls = holds && share < 0.5 * ROUNDING * (1.0 - MARGIN);
    if stalls { vec![Expected::exactly(Reading::Last, n.w)] } else { Vec::new() }
}
