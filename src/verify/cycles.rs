//! The 2-cycle +-w_c of gradient descent without a target, k != 1, 2: w -> rho w - c k w^(k-1) sends w_c to -w_c where
//! c k w_c^(k-2) = 2 - q. For k > 2 it is the bound W between shrinking and divergence. c = eta lambda, q = eta a.

use super::expected::{Expected, Reading};
use super::trial::{LOOSE, MARGIN, ROUNDING, Trial};
use crate::optimizer::PenaltyStep;
use crate::theory::{self, cycle_amplitude, cycle_multiplier};
use crate::verdict::Fate;

/// By how much one step is off, relatively, near w_c: the pull is (2 - q) w_c there, and a power through log2 and exp2 adds
/// 4 roundings for each octave of its exponents.
pub(super) fn step_error(trial: &Trial, size: f64) -> f64 {
    let n = &trial.n;
    let octaves = ((n.k - 1.0) * libm::log2(size)).abs() + libm::log2(n.lambda * n.k).abs();
    ROUNDING * (6.0 + 2.0 * (8.0 + 4.0 * octaves))
}

pub(super) fn is_free(trial: &Trial) -> bool {
    let n = &trial.n;
    trial.penalty_step == PenaltyStep::InLoss && n.t == 0.0 && n.w > 0.0 && n.q() < 2.0 && n.k != 1.0 && n.k != 2.0
}

/// A cycle that the tail has come to: its amplitude. By theory's own account it is within a thousandth of it some steps
/// after the flow's arrival; from there the multiplier takes it on.
pub(super) fn amplitude(trial: &Trial) -> Vec<Expected> {
    let n = &trial.n;
    let told = trial.is_told_by(&[&theory::CYCLE_BELOW_TWO]);
    if !is_free(trial) || !matches!(told, Some(Fate::Oscillating | Fate::NearZero)) || trial.horizon.tail() < 2 {
        return Vec::new();
    }
    let amplitude = cycle_amplitude(n.a, n.k, n.lambda, n.eta);
    let rate = cycle_multiplier(n.a, n.k, n.eta).abs();
    let slowest = rate.max(n.k - 1.0);
    let arrived = theory::arrival_time(n.a, n.k, n.lambda, n.w) / n.eta + 1.0;
    let caught = arrived + 20.0 + 24.0 / -libm::log(slowest);
    let left = MARGIN * libm::pow(slowest, trial.horizon.after(caught));
    let off = amplitude * (left + step_error(trial, amplitude) / (1.0 - rate));
    // Powers of less count as 0.
    if amplitude < 1e-12 || off > 0.01 * amplitude {
        return Vec::new();
    }
    // What first crosses may land on zero instead: one start in some millions.
    let chance = 8.0 * ROUNDING;
    let high = Expected { chance, ..Expected::near(Reading::TailHigh, amplitude, off) };
    vec![high, Expected::near(Reading::TailLow, -amplitude, off)]
}

/// A start a small part d of w_c beside it is d m^n beside it after n steps, m the multiplier: |w_n| = w_c (1 + d m^n) up to
/// the map's second derivative, (k-1)(k-2)(2-q) relatively, and what rounding becomes on the way.
fn beside(trial: &Trial) -> Vec<Expected> {
    let n = &trial.n;
    let cycle = cycle_amplitude(n.a, n.k, n.lambda, n.eta);
    let begun = n.w / cycle - 1.0;
    if !is_free(trial) || begun.abs() > 1e-2 || begun.abs() < 1e-6 || !(1e-6..1e6).contains(&cycle) {
        return Vec::new();
    }
    let (steps, multiplier) = (trial.steps(), cycle_multiplier(n.a, n.k, n.eta));
    let m = multiplier.abs();
    let strayed = begun.abs() * libm::pow(m, steps);
    let farthest = begun.abs().max(strayed);
    // Sums of m^(n-1-j), and of the same times m^2j.
    let (mut rounded, mut bent) = (0.0, 0.0);
    let half_bend = 0.5 * ((n.k - 1.0) * (n.k - 2.0) * (2.0 - n.q())).abs() * libm::pow(1.0 + farthest, n.k.max(2.0));
    for step in 0..trial.horizon.last.min(200) {
        let distance = begun * begun * libm::pow(m, 2.0 * f64::from(step));
        rounded = rounded * m + step_error(trial, cycle);
        bent = bent * m + 1.1 * half_bend * distance;
    }
    let off = rounded + bent;
    // Of a distance that is lost in that nothing is to be seen.
    if steps > 200.0 || farthest > 0.05 || off > 0.2 * strayed {
        return Vec::new();
    }
    let signed = |x: f64| if trial.horizon.last % 2 == 1 { -x } else { x };
    // |w| goes by minus the map, whose slope has the other sign.
    let distance = begun.signum() * if multiplier > 0.0 { signed(strayed) } else { strayed };
    vec![Expected::near(Reading::Last, signed(cycle * (1.0 + distance)), cycle * off)]
}

pub(super) fn attracting(trial: &Trial) -> Vec<Expected> {
    if trial.n.k > 1.0 && trial.n.k < 2.0 { beside(trial) } else { Vec::new() }
}

pub(super) fn unstable(trial: &Trial) -> Vec<Expected> {
    if trial.n.k < 1.0 && trial.n.a == 0.0 { beside(trial) } else { Vec::new() }
}

pub(super) fn repelling(trial: &Trial) -> Vec<Expected> {
    if trial.n.k > 2.0 { beside(trial) } else { Vec::new() }
}

/// Of two iterates in turn one is at least w_c: what is smaller jumps beyond it. Only a weight within rounding of the root
/// of w = c k w^(k-1) lands on zero; a step meets that f32, on one side or the other, no more often than once in 2^23.
pub(super) fn repulsion(trial: &Trial) -> Vec<Expected> {
    let n = &trial.n;
    // Nearer to 1 powers take so few values in f32, some (1-k) 2^23 of them, that sums of them meet 0 more often.
    if !is_free(trial) || n.k > 0.99 || n.a != 0.0 || trial.horizon.tail() < 2 || n.c() < 1e-8 {
        return Vec::new();
    }
    let least = cycle_amplitude(0.0, n.k, n.lambda, n.eta);
    let root = least * libm::exp2(1.0 / (2.0 - n.k));
    if (n.w / root - 1.0).abs() < 1e-6 {
        return Vec::new();
    }
    let arrived = theory::arrival_time(0.0, n.k, n.lambda, n.w) / n.eta;
    let chance = (trial.steps() - arrived).max(1.0) * 2.0 * ROUNDING;
    let bound = Expected::at_least(Reading::Amplitude, least, (LOOSE + step_error(trial, least)) * least);
    vec![Expected { chance, ..bound }]
}
