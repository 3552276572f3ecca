//! The gradient flow dw/dtau = -a w - lambda k w^(k-1), t = 0, which gradient descent follows in steps of eta.
//! c = eta lambda, q = eta a, p = abs(2 - k).

use super::cycles::is_free;
use super::expected::{Expected, Reading};
use super::trial::{ROUNDING, Trial};
use crate::optimizer::PenaltyStep;
use crate::theory::{arrival_time, cycle_amplitude, steps_to_size};

/// Let N = tau / eta and y = w^p. A step takes the share s = q + c k / y off w, so y becomes y (1-s)^p, which by Taylor is
/// y (1 - p s) but for p abs(1-p)/2 s^2 2^(2-p) y as long as s <= 1/2. What the flow needs for the same way is eta (1 + e)
/// with abs(e) <= abs(1-p)/2 2^(2-p) s + 2^(1+p) p q. Neighbouring y lie at least min(p, 1) c k apart, so the shares c k / y
/// of all steps sum to less than ln(y_0 / 2ck) / min(p, 1) + 1/2; the last way, where s > 1/2, takes 2/p + 2 steps at most.
/// Rounding costs at most four units of w a step, of which s is what the step takes. A tenth more for what is of second
/// order where the bound is less than a twentieth of N.
pub(super) fn arrival(trial: &Trial) -> Vec<Expected> {
    let n = &trial.n;
    if !is_free(trial) || n.k >= 2.0 {
        return Vec::new();
    }
    let steps = arrival_time(n.a, n.k, n.lambda, n.w) / n.eta;
    let p = 2.0 - n.k;
    let share = n.c() * n.k / libm::pow(n.w, p);
    let bent = (1.0 - p).abs() / 2.0 * libm::exp2(2.0 - p);
    let shares = n.q() * steps + libm::log((0.5 / share).max(1.0)) / p.min(1.0) + 0.5;
    let drawn = libm::exp2(1.0 + p) * p * n.q() * steps;
    let rounded = steps * 4.0 * ROUNDING / (n.q() + share);
    let bound = 1.1 * (bent * shares + drawn + 2.0 / p + 2.0 + rounded);
    // What crosses must be a size that f32 holds.
    let cycle = cycle_amplitude(n.a, n.k, n.lambda, n.eta);
    let chance = far_jump(trial, cycle);
    let tells = bound < 0.05 * steps && steps + bound < trial.steps() && cycle > 1e-30 && chance < 1e-3;
    if tells { vec![Expected { chance, ..Expected::near(Reading::FirstCrossing, steps, bound) }] } else { Vec::new() }
}

/// The chance that the step across zero is a divergence. k > 1: none, for what crosses is no larger than (c k / rho)^(1/p), and
/// what takes many steps to arrive began farther out. k < 1: it jumps by c k |w|^(k-1), which passes the limit d from
/// |w| < r (r/d)^(1/(1-k)), r = (c k)^(1/p) < 4 w_c. Iterates come to zero about r apart, so one stands as near as that with a
/// chance of that over r, or less than twice it.
fn far_jump(trial: &Trial, cycle: f64) -> f64 {
    let k = trial.n.k;
    if k > 1.0 { 0.0 } else { 2.0 * libm::pow(4.0 * cycle / trial.horizon.divergence, 1.0 / (1.0 - k)) }
}

/// With x = eta (a + 2 lambda), n ln(1 - x) is -n x but for n x^2 / (2 (1 - x)) or less.
pub(super) fn exponential(trial: &Trial) -> Vec<Expected> {
    let (n, steps) = (&trial.n, trial.steps());
    let x = n.q() + 2.0 * n.c();
    let bent = steps * x * x / (2.0 * (1.0 - x));
    if n.k != 2.0 || n.t != 0.0 || trial.penalty_step != PenaltyStep::InLoss || x >= 1.0 || bent > 0.05 {
        return Vec::new();
    }
    let last = n.w * libm::exp(-steps * x);
    // One rounding a step, and five of what it takes off.
    let rounded = steps * ROUNDING * (1.0 + 5.0 * x);
    if last < 1e-30 {
        Vec::new()
    } else {
        vec![Expected::near(Reading::Last, last, last * (libm::expm1(bent) + rounded))]
    }
}

/// The steps by which gradient descent with a = 0 and k > 2 may be ahead of the flow, or proximal steps behind it, when |w|
/// has come down from w_0 to `size` after `steps`; `None` where the first step is too long to tell.
///
/// With z = w^(-p) and the share s = c k / z, a step adds p c k to z and at most p (p+1)/2 (1-s)^(-p-2) s^2 z beside; the
/// shares of all steps sum to less than s_0 + ln(z_n / z_0) / p. A unit of rounding in w is a unit over s in steps.
pub(super) fn lead(trial: &Trial, size: f64, steps: f64) -> Option<f64> {
    let n = &trial.n;
    let p = n.k - 2.0;
    let share = |w: f64| n.c() * n.k * libm::pow(w, p);
    let first = share(n.w);
    if n.k <= 2.0 || n.a != 0.0 || n.w == 0.0 || first > 0.05 / (p + 1.0) {
        return None;
    }
    let bent = (p + 1.0) / 2.0 * libm::pow(1.0 - first, -(p + 2.0)) * (first + libm::log(n.w / size));
    let octaves = ((n.k - 1.0) * libm::log2(size)).abs() + libm::log2(n.lambda * n.k).abs();
    let rounded = steps * ROUNDING * (3.0 / share(size) + 8.0 + 4.0 * octaves);
    let lead = bent + rounded;
    (lead < 0.05 * steps).then_some(lead)
}

pub(super) fn power(trial: &Trial) -> Vec<Expected> {
    let (n, steps) = (&trial.n, trial.steps());
    if n.k <= 2.0 || n.a != 0.0 || n.w == 0.0 {
        return Vec::new();
    }
    let p = n.k - 2.0;
    let last = libm::pow(libm::pow(n.w, -p) + steps * n.c() * n.k * p, -1.0 / p);
    let Some(lead) = lead(trial, last, steps) else { return Vec::new() };
    // Steps more or less add p c k each to z = w^(-p), which is y of it.
    let y = 1.05 * lead * p * n.c() * n.k * libm::pow(last, p);
    let off = libm::expm1(-libm::log1p(-y) / p);
    let tells = last > 1e-30 && n.is_power_held(last) && y < 0.5 && off < 0.05;
    if tells { vec![Expected::near(Reading::Last, last, off * last)] } else { Vec::new() }
}

/// As `power`, the other way round.
pub(super) fn time(trial: &Trial) -> Option<(f64, f64)> {
    let (n, eps) = (&trial.n, trial.horizon.tolerance);
    if n.k <= 2.0 || n.a != 0.0 || n.w <= eps {
        return None;
    }
    let steps = steps_to_size(n.k, n.lambda, n.eta, n.w, eps);
    lead(trial, eps, steps).map(|lead| (steps, 1.05 * lead + 1.0))
}
