//! The linear loss L(w) = d0 w with L1, k = 1: a slope of d0 + lambda sgn w. c = eta lambda.

use super::expected::{Expected, Reading};
use super::trial::{MARGIN, ROUNDING, Trial};
use crate::optimizer::PenaltyStep;
use crate::theory::drift_crossing;

/// What `steps` steps may be off by in all, with weights up to `size`: each rounds a whole weight twice, and its moves four times.
fn error(trial: &Trial, steps: f64, size: f64) -> f64 {
    let n = &trial.n;
    ROUNDING * steps * (2.0 * size + 4.0 * (n.c() + n.eta * n.loss.slope(0.0).abs()))
}

/// The moment of the first crossing, with its error; infinite where w moves away from zero. Nothing where L1 and the loss are as strong
/// as each other on this side, or nearly, or where a step may pass the limit of divergence.
fn moment(trial: &Trial) -> Option<(f64, f64)> {
    let (n, d0) = (&trial.n, trial.n.loss.slope(0.0));
    let speed = n.eta * (n.lambda + d0 * n.w.signum());
    let longest = n.c() + n.eta * d0.abs();
    let bounded = longest.max(n.w.abs()) < 0.9 * trial.horizon.divergence;
    let certain = n.k == 1.0 && n.w != 0.0 && bounded && speed.abs() > MARGIN * longest;
    let moment = drift_crossing(d0, n.lambda, n.eta, n.w);
    let off = if moment.is_finite() { error(trial, moment, n.w.abs()) / speed } else { 0.0 };
    certain.then_some((moment, off))
}

pub(super) fn crossing(trial: &Trial) -> Vec<Expected> {
    let Some((moment, off)) = moment(trial) else { return Vec::new() };
    let stops =
        trial.penalty_step != PenaltyStep::InLoss && trial.n.loss.slope(0.0).abs() < trial.n.lambda * (1.0 - MARGIN);
    let readings = [Reading::FirstCrossing, Reading::FirstZero];
    readings[..if stops { 2 } else { 1 }].iter().filter_map(|&reading| trial.event(reading, moment, off)).collect()
}

pub(super) fn line(trial: &Trial) -> Vec<Expected> {
    let (n, steps) = (&trial.n, trial.steps());
    let Some((moment, off)) = moment(trial) else { return Vec::new() };
    let last = n.w - steps * n.eta * (n.loss.slope(0.0) + n.lambda * n.w.signum());
    let error = error(trial, steps, n.w.abs().max(last.abs()));
    let stays = steps < moment - off - 1.0 && last.abs() < 0.9 * trial.horizon.divergence;
    if stays && error < 1e-3 * last.abs() { vec![Expected::near(Reading::Last, last, error)] } else { Vec::new() }
}

pub(super) fn cycle(trial: &Trial) -> Vec<Expected> {
    let (n, d0) = (&trial.n, trial.n.loss.slope(0.0));
    let begun = moment(trial).map(|(moment, off)| moment + off + 1.0);
    let holds = trial.penalty_step == PenaltyStep::InLoss && d0.abs() < n.lambda * (1.0 - MARGIN);
    if !holds || !begun.is_some_and(|begun| trial.horizon.outlasts(begun)) {
        return Vec::new();
    }
    let off = 8.0 * ROUNDING * (n.c() + n.eta * d0.abs());
    vec![
        Expected::at_most(Reading::TailHigh, n.c() - n.eta * d0, off),
        Expected::at_least(Reading::TailLow, -n.c() - n.eta * d0, off),
    ]
}
