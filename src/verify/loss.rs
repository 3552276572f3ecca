//! Any loss by proximal steps: which ends are zero. h is lambda for L1 and lambda r for an elastic net; c = eta lambda.

use super::expected::{Expected, Reading};
use super::trial::{LOOSE, MARGIN, ROUNDING, Trial};
use crate::kernel::Role;
use crate::penalty::LK;
use crate::theory::convex::{pull, step_error, steps_home};

/// Where eta L'' <= 1 the map is monotone. |L'(0)| < h: it leads home in so many steps. Else it leads off 0 on the side that the loss
/// draws to, and stays there; from the other side each step is eta (|L'(0)| + h) long, or longer.
pub(super) fn ends_at_zero(trial: &Trial) -> Vec<Expected> {
    let n = &trial.n;
    let Some(h) = held(trial) else { return Vec::new() };
    let (slope, doubt) = (n.loss.slope(0.0), n.loss.doubt(0.0) + LOOSE * h);
    if n.eta * n.loss.steepest(n.w) > 1.0 || n.eta * h.max(slope.abs()) < 1e-10 {
        return Vec::new();
    }
    if slope.abs() < h - doubt {
        let home = steps_home(n, h).is_some_and(|steps| trial.horizon.outlasts(steps));
        return if home { vec![Expected::flag(Reading::IsZero, true)] } else { Vec::new() };
    }
    let (step, error) = (n.eta * (slope.abs() + h), step_error(n, n.w.abs()));
    let across = if n.w * slope > 0.0 { n.w.abs() / (step - error) + 2.0 } else { 1.0 };
    // What is left of a slope at 0 must be more than what rounding adds there.
    let leaves = n.eta * (slope.abs() - h) > 4.0 * step_error(n, 0.0) && error < MARGIN * step;
    let tells = slope.abs() > h + doubt && leaves && 1.1 * across < trial.steps();
    if tells { vec![Expected::flag(Reading::IsZero, false)] } else { Vec::new() }
}

/// The slope up to which the penalty holds 0: none for k > 1, where the minimum must be a weight that f32 holds, with room to spare.
fn held(trial: &Trial) -> Option<f64> {
    let n = &trial.n;
    if trial.kernel.penalty != &LK || n.k <= 1.0 {
        return pull(trial.kernel, n).map(|(h, _)| h);
    }
    let slope = n.loss.slope(0.0).abs();
    let least = libm::pow(slope / (2.0 * n.lambda * n.k), 1.0 / (n.k - 1.0));
    let bent = slope / (2.0 * n.loss.steepest(0.0));
    (slope > 0.0 && least.min(bent) > 1e-20).then_some(0.0)
}

/// A proximal step takes F = L + lambda R no higher where eta L'' <= 1 on a stretch that it does not leave: that of a map that is
/// monotone there. What rounding adds must be little beside what F is below F(0): relatively to its own terms, and to the squares that
/// a map weighs against them.
pub(super) fn below_zero(trial: &Trial) -> Vec<Expected> {
    let (n, own) = (&trial.n, trial.own(Role::Penalty));
    let gained = -n.loss.gain(n.w);
    if gained <= 0.0 || n.eta * n.loss.steepest(n.w) > 1.0 {
        return Vec::new();
    }
    let value = trial.kernel.penalty.in_f64.value;
    let paid = value(n.w, &own) - value(0.0, &own);
    let squares = n.w * n.w / n.eta + n.eta * n.loss.slope(0.0) * n.loss.slope(0.0);
    let octaves = 1.0 + libm::log2(n.w.abs()).abs() + libm::log2(n.c()).abs();
    let hidden = MARGIN * (gained.abs() + paid) + 64.0 * LOOSE * octaves * squares + trial.steps() * step_cost(trial);
    if gained - paid > hidden { vec![Expected::flag(Reading::IsZero, false)] } else { Vec::new() }
}

/// What rounding may add to F in a step that it outweighs: the square of it over eta.
fn step_cost(trial: &Trial) -> f64 {
    let error = step_error(&trial.n, trial.n.w.abs()) + ROUNDING * trial.n.w.abs();
    4.0 * error * error / trial.n.eta
}
