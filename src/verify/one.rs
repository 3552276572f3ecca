//! L1, k = 1. c = eta lambda, u = lambda / a, rho = 1 - eta a.

use super::expected::{Expected, Reading};
use super::trial::{MARGIN, ROUNDING, Trial};
use crate::optimizer::PenaltyStep;
use crate::theory::{self, l1_crossing, l1_cycle_amplitude};
use crate::verdict::Fate;

/// What `steps` steps may be off by in all: each rounds a whole weight once, after the loss's step again, and the moves of
/// loss and penalty four times; the loss forgets what is older than 1 / (eta a) steps.
fn error(trial: &Trial, steps: f64) -> f64 {
    let n = &trial.n;
    let size = n.w.abs() + n.t;
    let remembered = if n.a == 0.0 { steps } else { steps.min(1.0 / n.q()) };
    ROUNDING * remembered * (2.0 * size + 4.0 * (n.q() * size + n.c()))
}

/// The moment of the first crossing from a start on this side, and its error in steps: what rounding has moved the weight
/// by over how far a step moves it at zero. For 0 < eta a < 1 and a start that is drawn past zero.
fn moment(trial: &Trial) -> Option<(f64, f64)> {
    let n = &trial.n;
    let toward = n.t * n.w.signum();
    let speed = n.c() - n.q() * toward;
    let crosses = n.k == 1.0 && n.w != 0.0 && n.q() < 1.0 - MARGIN && speed > MARGIN * n.c();
    let moment = l1_crossing(n.a, toward, n.lambda, n.eta, n.w.abs());
    let error = if divided(trial).is_some() { 0.0 } else { error(trial, moment) / speed };
    crosses.then_some((moment, error))
}

fn is_by_subgradient(trial: &Trial) -> bool {
    trial.penalty_step == PenaltyStep::InLoss
}

pub(super) fn crossing(trial: &Trial) -> Vec<Expected> {
    let moment = moment(trial).filter(|_| is_by_subgradient(trial));
    moment.and_then(|(moment, error)| trial.event(Reading::FirstCrossing, moment, error)).into_iter().collect()
}

pub(super) fn landing(trial: &Trial) -> Vec<Expected> {
    let holds = !is_by_subgradient(trial) && trial.n.t < trial.n.u() * (1.0 - MARGIN);
    let moment = moment(trial).filter(|_| holds);
    moment.and_then(|(moment, error)| trial.event(Reading::FirstZero, moment, error)).into_iter().collect()
}

/// |w_0| / c without a loss, where that is whole, c = m 2^e with m odd, and |w_0| / c m < 2^24: then f32 holds every
/// iterate, and no step is rounded.
fn divided(trial: &Trial) -> Option<f64> {
    let n = &trial.n;
    // Of two f32 the product in f64 is exact.
    let steps = n.w.abs() / n.c();
    let is_exact = n.a == 0.0 && steps == steps.floor() && odd_part(n.c()) * steps < f64::from(1 << 24);
    is_exact.then_some(steps)
}

pub(super) fn division(trial: &Trial) -> Vec<Expected> {
    let n = &trial.n;
    if n.k != 1.0 || n.a != 0.0 || !is_by_subgradient(trial) || n.w == 0.0 {
        return Vec::new();
    }
    if let Some(steps) = divided(trial) {
        let step = if steps <= trial.steps() { steps } else { f64::INFINITY };
        return vec![Expected::exactly(Reading::FirstZero, step)];
    }
    let steps = n.w / n.c();
    let doubt = error(trial, steps.min(trial.steps())) / n.c() + MARGIN;
    let past = steps - steps.floor();
    let never = past > doubt && past < 1.0 - doubt;
    if never { vec![Expected::exactly(Reading::FirstZero, f64::INFINITY)] } else { Vec::new() }
}

/// m of x = m 2^e, m odd.
fn odd_part(x: f64) -> f64 {
    let mantissa = (x.to_bits() & ((1 << 52) - 1)) | (1 << 52);
    (mantissa >> mantissa.trailing_zeros()) as f64
}

pub(super) fn cycle(trial: &Trial) -> Vec<Expected> {
    let n = &trial.n;
    let told = trial.is_told_by(&[&theory::L1_CHATTER]);
    if !matches!(told, Some(Fate::Oscillating | Fate::NearZero)) || trial.horizon.tail() < 2 {
        return Vec::new();
    }
    let c = n.c();
    let (high, low, off) = if n.a == 0.0 {
        let steps = n.w / c;
        let rest = (steps - steps.floor()) * c;
        (rest, rest - c, error(trial, steps + 1.0) + 4.0 * ROUNDING * c)
    } else {
        let amplitude = l1_cycle_amplitude(n.a, n.lambda, n.eta);
        // The first crossing ends within c + eta a t of zero, so within 3 c of the cycle, and each step takes the share
        // |rho| of what is left; for eta a >= 1 every step crosses, from the first on.
        let crossed = if n.q() < 1.0 { moment(trial).map_or(f64::INFINITY, |(moment, _)| moment) } else { 1.0 };
        let strayed = if n.q() < 1.0 { 3.0 * c } else { n.w.abs() + n.t + amplitude };
        let left = n.blur(1.0, n.t + amplitude).distance(strayed, n.rho().abs(), trial.horizon.after(crossed));
        (n.t + amplitude, n.t - amplitude, left)
    };
    if off > 0.01 * c {
        return Vec::new();
    }
    vec![Expected::near(Reading::TailHigh, high, off), Expected::near(Reading::TailLow, low, off)]
}

pub(super) fn long_cycle(trial: &Trial) -> Vec<Expected> {
    let n = &trial.n;
    if trial.is_told_by(&[&theory::L1_LONG_CYCLE]).is_none() {
        return Vec::new();
    }
    let off = 6.0 * ROUNDING * (n.c() + n.q() * n.t + n.t);
    let (high, low) = (n.c() + n.q() * n.t, n.q() * n.t - n.c());
    vec![Expected::at_most(Reading::TailHigh, high, off), Expected::at_least(Reading::TailLow, low, off)]
}

pub(super) fn line(trial: &Trial) -> Vec<Expected> {
    let n = &trial.n;
    let steps = trial.steps();
    let drawn_back = n.w > 0.0 && n.t > n.u() * (1.0 + MARGIN);
    let early = moment(trial).is_some_and(|(moment, error)| steps < moment - error - 1.0);
    if n.k != 1.0 || n.w == 0.0 || n.q() > 1.0 - MARGIN || !(drawn_back || early) {
        return Vec::new();
    }
    let side = n.w.signum();
    let last = if n.a == 0.0 {
        n.w - steps * n.c()
    } else {
        let rest = n.t - side * n.u();
        // For small eta a the rest is far away: its share must not come of a difference.
        n.w + (rest - n.w) * -libm::expm1(steps * libm::log1p(-n.q()))
    };
    let off = error(trial, steps);
    if off > 1e-3 * last.abs() { Vec::new() } else { vec![Expected::near(Reading::Last, last, off)] }
}
