//! The penalties beside |w|^k: their proximal maps by search, what holds 0, and the cycle of smoothed ones. c = eta lambda, q = eta a.

use super::expected::{Expected, Reading};
use super::minimiser::{first_point, is_one_step};
use super::trial::{LOOSE, MARGIN, ROUNDING, Trial};
use crate::audit::rules::searched;
use crate::kernel::Role;
use crate::theory::{family::threshold, smoothed_cycle_amplitude};

/// One step from w_0. The map grows with x and shrinks as step and strength grow, so what it is lies between its values where rounding
/// has moved all three by as much as it may.
pub(super) fn map(trial: &Trial) -> Vec<Expected> {
    let Some((x, sign, error)) = first_point(trial).filter(|_| is_one_step(trial)) else { return Vec::new() };
    // A search by tenths must come down to where the penalty bends.
    if trial.n.delta < 1e-20 * x {
        return Vec::new();
    }
    let penalty = trial.kernel.penalty;
    let strength = penalty.member.place("lambda");
    let at = |share: f64| {
        let mut own = trial.own(Role::Penalty);
        if let Some(place) = strength {
            own[place] *= 1.0 - share;
        }
        searched(&penalty.in_f64, x * (1.0 + share) + share.signum() * error, trial.n.eta * (1.0 - share), &own)
    };
    let [low, value, high] = [-LOOSE, 0.0, LOOSE].map(at);
    if value != 0.0 && value < 1e-25 {
        return Vec::new();
    }
    let slack = LOOSE * high;
    let expected = Expected {
        below: value - low + slack,
        above: high - value + slack,
        ..Expected::near(Reading::Last, value, 0.0)
    };
    vec![if sign < 0.0 { expected.mirrored() } else { expected }]
}

/// The first step decides, whatever the loss: where the map is monotone, what leaves 0 never comes back.
pub(super) fn departure(trial: &Trial) -> Vec<Expected> {
    let n = &trial.n;
    let Some(threshold) = threshold(trial.kernel.penalty, n) else { return Vec::new() };
    let slope = n.loss.slope(0.0).abs();
    let (drawn, doubt) = (n.eta * slope, n.eta * n.loss.doubt(0.0));
    let tells = n.w == 0.0
        && slope > 0.0
        && n.eta * n.loss.steepest(0.0) < 1.0
        && (drawn - threshold).abs() > LOOSE * drawn.max(threshold) + doubt
        && threshold > 1e-10;
    if tells { vec![Expected::flag(Reading::IsZero, drawn < threshold)] } else { Vec::new() }
}

/// Beside the cycle a step changes the distance from it by m = -1 + (2 - q) (2 - k) (1 - (delta / w_c)^2).
pub(super) fn cycle(trial: &Trial) -> Vec<Expected> {
    let n = &trial.n;
    if n.t != 0.0 || !(1.0..2.0).contains(&n.k) || n.q() > 1.0 - MARGIN || !(1e-6..1e6).contains(&n.delta) {
        return Vec::new();
    }
    let Some(amplitude) = smoothed_cycle_amplitude(n.a, n.k, n.lambda, n.eta, n.delta) else { return Vec::new() };
    let sharp = libm::hypot(amplitude, n.delta);
    let turned = (2.0 - n.q()) * (2.0 - n.k) * (amplitude / sharp) * (amplitude / sharp);
    let multiplier = (turned - 1.0).abs();
    // From afar L1's way, or that of a power, leads there; what is left of the distance then counts in units of the amplitude.
    let way = n.w.abs() / (n.c() * n.k * libm::pow(n.w.abs().max(amplitude), n.k - 1.0)).max(1e-30);
    let steps = f64::from(trial.horizon.first) - 4.0 * way - 100.0;
    let left = (1.0 + n.w.abs() / amplitude) * libm::pow(multiplier, steps);
    // The balance of a step, 2 - q = eta R'(w) / w, is off by the roundings of a power; w by 1 / `turned` of it. What each step rounds
    // may part the two ends of the cycle until the multiplier draws them together.
    let octaves = libm::log2(sharp).abs() + libm::log2(n.delta).abs() + 1.0;
    let rounded = ROUNDING * (8.0 + 16.0 * octaves);
    let off = (LOOSE + rounded) * 4.0 / turned + rounded / (1.0 - multiplier);
    let tells = steps > 0.0 && left < 1e-4 && off < 0.01 && n.w.abs() > 1e-3 * amplitude && amplitude > 1e-3 * n.delta;
    if !tells {
        return Vec::new();
    }
    let tolerance = (off + 2.0 * left) * amplitude;
    vec![
        Expected::near(Reading::TailHigh, amplitude, tolerance),
        Expected::near(Reading::TailLow, -amplitude, tolerance),
    ]
}
