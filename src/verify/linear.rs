//! L2, k = 2: every rule is linear, w_{n+1} - w* = r (w_n - w*).

use super::expected::{Expected, Reading};
use super::trial::{LOOSE, ROUNDING, Trial};
use crate::optimizer::PenaltyStep;
use crate::theory::l2_factor;

/// r and w* of each rule; `None` where weights do not come nearer to w*, or where a truncated step would cross.
fn law(trial: &Trial) -> Option<(f64, f64)> {
    let n = &trial.n;
    let factor = l2_factor(trial.penalty_step, n.a, n.lambda, n.eta);
    // The minimiser a t / (a + 2 lambda); truncated steps take the penalty's share after the loss's, and off it.
    let fixed = match trial.penalty_step {
        PenaltyStep::Truncated => (1.0 - 2.0 * n.c()) * n.q() * n.t / (1.0 - factor),
        _ => n.a * n.t / (n.a + 2.0 * n.lambda),
    };
    let crosses = trial.penalty_step == PenaltyStep::Truncated && 2.0 * n.c() > 1.0 - 1e-3;
    (n.k == 2.0 && factor.abs() < 1.0 && !crosses).then_some((factor, fixed))
}

/// Each step rounds a whole weight once by subgradient, twice by the rules that take the loss first, and the moves of loss
/// and penalty five times; a sum and a division of a whole weight count for six more.
/// What comes of it shrinks as distances do: n |r|^(n-1) times the share of the distance, 1 / (1 - |r|) that of w*.
fn error(trial: &Trial, factor: f64, fixed: f64) -> f64 {
    let (n, steps) = (&trial.n, trial.steps());
    let whole = match trial.penalty_step {
        PenaltyStep::InLoss | PenaltyStep::InLossRight | PenaltyStep::Decoupled => 1.0,
        PenaltyStep::Truncated | PenaltyStep::Cumulative | PenaltyStep::Sticky => 2.0,
        PenaltyStep::Proximal | PenaltyStep::ProximalPlain | PenaltyStep::InFactors => 8.0,
    };
    let rounded = whole + 5.0 * (n.q() + 2.0 * n.c());
    let distance = steps * libm::pow(factor.abs(), steps - 1.0) * (n.w - fixed).abs();
    let remembered = steps.min(1.0 / (1.0 - factor.abs()));
    ROUNDING * rounded * (distance + remembered * (fixed + n.q() * n.t))
}

pub(super) fn line(trial: &Trial) -> Vec<Expected> {
    let Some((factor, fixed)) = law(trial) else { return Vec::new() };
    let steps = trial.horizon.last;
    let sign = if factor < 0.0 && steps % 2 == 1 { -1.0 } else { 1.0 };
    let last = fixed + (trial.n.w - fixed) * sign * libm::pow(factor.abs(), steps.into());
    let off = error(trial, factor, fixed);
    let is_held = last.abs() > 1e-30 && off < 0.01 * last.abs();
    if is_held { vec![Expected::near(Reading::Last, last, off)] } else { Vec::new() }
}

pub(super) fn within(trial: &Trial) -> Vec<Expected> {
    let (n, eps) = (&trial.n, trial.horizon.tolerance);
    let Some((factor, _)) = law(trial).filter(|(factor, _)| n.t == 0.0 && factor.abs() > 1e-3) else {
        return Vec::new();
    };
    if n.w <= eps {
        return vec![Expected::exactly(Reading::FirstWithin, 0.0)];
    }
    let moment = libm::log(n.w / eps) / -libm::log(factor.abs());
    // Each step's factor is off by some roundings of 1, so that the logarithm of the weight is off by as many a step.
    let off = LOOSE * (moment + 1.0) / -libm::log(factor.abs());
    trial.event(Reading::FirstWithin, moment, off).into_iter().collect()
}

/// Where all numbers are powers of two and the sum of the slopes is one, f32 computes without rounding.
pub(super) fn one_step(trial: &Trial) -> Vec<Expected> {
    let n = &trial.n;
    let is_power = |x: f64| x == 0.0 || x.to_bits() & ((1 << 52) - 1) == 0;
    let exact = [n.a, n.lambda, n.eta].into_iter().all(is_power) && n.q() + 2.0 * n.c() == 1.0;
    let holds = n.k == 2.0 && trial.penalty_step == PenaltyStep::InLoss && n.t == 0.0 && n.w != 0.0 && exact;
    if holds { vec![Expected::exactly(Reading::FirstZero, 1.0)] } else { Vec::new() }
}
