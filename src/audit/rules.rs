//! The members of the family in f64, written from the mathematics and not from `shaders/`: what an error there would
//! change, it cannot change here.

use crate::direction::StateInF64;
use crate::kernel::{Kernel, ROLES, Role};
use crate::lanes::MOST_PARAMETERS;
use crate::optimizer::PenaltyStep;
use crate::penalty::InF64;
use crate::plan::Point;
use std::f64::consts::FRAC_PI_2;
use std::ops::Range;

/// One trajectory's update rule, with its f32 parameters as f64.
#[derive(Clone, Debug)]
pub struct Rule {
    kernel: Kernel,
    parameters: [f64; MOST_PARAMETERS],
    /// Where each role's are among them.
    own: [Range<usize>; ROLES],
    place: u32,
}

/// A state after a step, and its weight before that was rounded to its format.
#[derive(Clone, Copy, Debug)]
pub struct Stepped {
    pub state: StateInF64,
    pub exact: f64,
}

impl Rule {
    pub fn new(kernel: Kernel, point: &Point) -> Rule {
        let own = Role::ALL.map(|role| kernel.own(role));
        Rule { kernel, parameters: point.parameters.map(f64::from), own, place: point.place }
    }

    fn own(&self, role: Role) -> &[f64] {
        &self.parameters[self.own[role as usize].clone()]
    }

    /// The state after step `n`, counted from 0. What is too small for f64 is zero, as what is too small for f32 is there. From 2^-126 to
    /// 2^-1022 a weight that f32 has lost goes on shrinking here, so that nothing but an exact zero is ever jumped to.
    pub fn step(&self, state: StateInF64, n: u32) -> Stepped {
        let moved = self.moved(state, n);
        let exact = if moved.w.abs() < f64::MIN_POSITIVE { 0.0 } else { moved.w };
        let w = self.kernel.optimizer.precision.nearest_in_f64(exact);
        Stepped { state: StateInF64 { w, ..moved }, exact }
    }

    /// The state after step `n` of all parts but the format.
    fn moved(&self, state: StateInF64, n: u32) -> StateInF64 {
        let Kernel { problem, penalty, optimizer, .. } = self.kernel;
        let of_optimizer = self.own(Role::Optimizer);
        let mut of_penalty = self.parameters;
        let of_penalty = &mut of_penalty[self.own[Role::Penalty as usize].clone()];
        if let Some(lambda) = self.kernel.place_of_lambda() {
            let scheduled = optimizer.lambda_schedule.in_f64;
            of_penalty[lambda] = scheduled(of_penalty[lambda], n, self.own(Role::LambdaSchedule));
        }
        let of_penalty = &*of_penalty;
        let rate = (optimizer.schedule.in_f64)(of_optimizer[0], n, self.own(Role::Schedule));
        let direction = optimizer.rule.direction.in_f64;
        let state = (direction.ahead)(state);
        let noise = optimizer.noise.map_or(0.0, |noise| self.own(Role::Noise)[0] * noise.normal_in_f64(n, self.place));
        let by_loss = (problem.slope_in_f64)(state.w, self.own(Role::Problem)) + noise;
        let by_penalty = |w: f64| (penalty.in_f64.slope)(w, of_penalty);
        let (begun, slope) = match optimizer.penalty_step {
            PenaltyStep::InLossRight if state.w == 0.0 && self.kernel.variant().has_kink() => {
                (state, by_loss + by_penalty(f64::MIN_POSITIVE))
            }
            PenaltyStep::InLoss | PenaltyStep::InLossRight => (state, by_loss + by_penalty(state.w)),
            PenaltyStep::Decoupled => (StateInF64 { w: state.w - rate * by_penalty(state.w), ..state }, by_loss),
            _ => (state, by_loss),
        };
        let after = (direction.moved)(begun, slope, rate, n, of_optimizer);
        let v = after.w;
        let reach = (direction.reach)(after, rate, n, of_optimizer);
        let have_same_sign = |a: f64, b: f64| (a > 0.0 && b > 0.0) || (a < 0.0 && b < 0.0);
        let kept = |w: f64| (direction.kept)(after, w, rate);
        let mapped = |step: f64| match penalty.in_f64.prox {
            Some(prox) => prox(v, step, of_penalty),
            None => searched(&penalty.in_f64, v, step, of_penalty),
        };
        match optimizer.penalty_step {
            PenaltyStep::Proximal => kept(mapped(reach)),
            PenaltyStep::ProximalPlain => kept(mapped(rate)),
            PenaltyStep::Truncated => {
                let w = v - reach * by_penalty(v);
                kept(if have_same_sign(w, v) { w } else { 0.0 })
            }
            PenaltyStep::Sticky => {
                let w = v - reach * by_penalty(v);
                let is_dead = after.c != 0.0 || have_same_sign(-w, v);
                StateInF64 { w: if is_dead { 0.0 } else { w }, c: if is_dead { 1.0 } else { 0.0 }, ..after }
            }
            PenaltyStep::Cumulative => {
                // b is all that was due, c what was paid, with its sign.
                let due = after.b + (reach * by_penalty(if v == 0.0 { f64::MIN_POSITIVE } else { v })).abs();
                let w = match v {
                    v if v > 0.0 => (v - (due + after.c)).max(0.0),
                    v if v < 0.0 => (v + (due - after.c)).min(0.0),
                    _ => 0.0,
                };
                StateInF64 { w, b: due, c: after.c + (w - v), ..after }
            }
            PenaltyStep::InFactors => {
                let a = after.a - rate * (by_loss * after.b + by_penalty(after.a));
                let b = after.b - rate * (by_loss * after.a + by_penalty(after.b));
                StateInF64 { w: a * b, a, b, ..after }
            }
            PenaltyStep::InLoss | PenaltyStep::InLossRight | PenaltyStep::Decoupled => after,
        }
    }
}

/// The best of 0 and `candidates` (sizes of weights, not negative), each the minimum of one piece of
/// (v - |x|)^2 / 2 + step lambda R(v); at a tie, and where rounding may hide one, 0. With the sign of x.
pub fn best(penalty: InF64, x: f64, step: f64, own: &[f64], candidates: &[f64]) -> f64 {
    let size = x.abs();
    // Less (x^2)/2, so that 0 has 0; both terms are off by a few 2^-53 of themselves.
    let excess = |v: f64| {
        let (gained, paid) = (v * (size - v / 2.0), step * (penalty.value)(v, own));
        (paid - gained, 8.0 * f64::EPSILON * (paid + gained.abs()))
    };
    let mut best = (0.0, 0.0);
    for &v in candidates {
        let (excess, hidden) = excess(v);
        if v > 0.0 && excess < best.0 - if best.1 == 0.0 { hidden } else { 0.0 } {
            best = (excess, v);
        }
    }
    best.1.copysign(x)
}

/// argmin over v of (v - x)^2 / 2 + step lambda R(v), R even and growing with |v|, by search: the best of 0, x and all places
/// between them where the slope v - x + step lambda R'(v) turns from falling to rising; at a tie 0. A minimum that is
/// narrower than a tenth of its distance from 0 may be missed.
pub fn searched(penalty: &InF64, x: f64, step: f64, own: &[f64]) -> f64 {
    let size = x.abs();
    let excess = |v: f64| v * v / 2.0 - v * size + step * ((penalty.value)(v, own) - (penalty.value)(0.0, own));
    let slope = |v: f64| v - size + step * (penalty.slope)(v, own);
    let mut best = (0.0, 0.0);
    let mut high = size;
    let mut consider = |v: f64| {
        if excess(v) < best.0 {
            best = (excess(v), v);
        }
    };
    consider(size);
    let mut slope_at_high = slope(high);
    // What is too small for f64 is zero, and below it a tenth less is no less.
    while high > (size * 1e-30).max(f64::MIN_POSITIVE) {
        let low = high * 0.9;
        let slope_at_low = slope(low);
        if slope_at_low < 0.0 && slope_at_high >= 0.0 {
            consider(bisected(&slope, low, high));
        }
        (high, slope_at_high) = (low, slope_at_low);
    }
    best.1.copysign(x)
}

/// Where `slope` passes 0 between `low` and `high`, as near as f64 goes.
fn bisected(slope: &dyn Fn(f64) -> f64, mut low: f64, mut high: f64) -> f64 {
    loop {
        let middle = low + (high - low) / 2.0;
        if middle <= low || middle >= high {
            return high;
        }
        if slope(middle) < 0.0 { low = middle } else { high = middle }
    }
}

/// d/dw |w|^k = k |w|^(k-1) sgn(w), with 0 at 0.
pub fn slope(k: f64, w: f64) -> f64 {
    if w == 0.0 {
        return 0.0;
    }
    let size = w.abs();
    let power = match k {
        0.5 => 1.0 / size.sqrt(),
        1.0 => 1.0,
        1.5 => size.sqrt(),
        2.0 => size,
        3.0 => size * size,
        k => libm::pow(size, k - 1.0),
    };
    (k * power).copysign(w)
}

/// argmin over v of (v - x)^2 / 2 + u |v|^k: the global minimiser, at a tie 0. Where k > 1 it is 0 at x = 0 alone: one that is
/// too small for f64 becomes its smallest normal number. The f32 next to 2/3 stands for 2/3 itself.
pub fn prox(k: f64, u: f64, x: f64) -> f64 {
    let size = x.abs();
    let k = if k == f64::from(2.0_f32 / 3.0) { 2.0 / 3.0 } else { k };
    if u == 0.0 || size == 0.0 || !size.is_finite() {
        return x;
    }
    let root = match k {
        1.0 => size - u,
        1.5 => {
            let s = 2.0 * size / (1.5 * u + (2.25 * u * u + 4.0 * size).sqrt());
            s * s
        }
        2.0 => size / (1.0 + 2.0 * u),
        3.0 => 2.0 * size / (1.0 + (1.0 + 12.0 * u * size).sqrt()),
        k if k < 1.0 && size <= threshold(k, u) => 0.0,
        0.5 => half(u, size),
        k => root(k, u, size),
    };
    root.max(if k > 1.0 { f64::MIN_POSITIVE } else { 0.0 }).copysign(x)
}

/// T_k(u) = (2-k) / (2 (1-k)) (2 u (1-k))^(1/(2-k)), k < 1: up to there 0 is the minimiser. Rounding must hide no tie, so it is
/// more by what rounding may take. In units of 2^-53: z = 2 u (1-k) is off by 3, the exponent by 2, which count |ln z|
/// times, the power by 2, what stands before it by 4, and there are 3 products.
fn threshold(k: f64, u: f64) -> f64 {
    let z = 2.0 * u * (1.0 - k);
    let hidden = (6.0 + libm::log(z).abs()) * f64::EPSILON;
    (2.0 - k) / (2.0 * (1.0 - k)) * libm::pow(z, 1.0 / (2.0 - k)) * (1.0 + hidden)
}

/// k = 1/2 beyond the threshold: (2x/3) (1 + cos(2/3 arccos(-(3 sqrt 3 / 4) u x^(-3/2)))) (Xu, Chang, Xu and Zhang, IEEE
/// Trans. Neural Netw. 23, 2012). Here arccos(-c) = pi/2 + arcsin(c).
fn half(u: f64, x: f64) -> f64 {
    let c = 0.75 * 3.0_f64.sqrt() * u / (x * x.sqrt());
    2.0 * x / 3.0 * (1.0 + libm::cos((FRAC_PI_2 + libm::asin(c.min(1.0))) * 2.0 / 3.0))
}

/// The larger root w of w + u k w^(k-1) = x > 0. With w = e^y the left side is a sum of exponentials, convex in y, so
/// Newton's method comes down to the root from any y above it; one more step in w takes off the rounding of y.
fn root(k: f64, u: f64, x: f64) -> f64 {
    let c = u * k;
    let highest = libm::log(x);
    let mut y = if k > 1.0 { highest.min(libm::log(x / c) / (k - 1.0)) } else { highest };
    for _ in 0..200 {
        let (w, pulled) = (libm::exp(y), c * libm::exp((k - 1.0) * y));
        let lower = y - (w + pulled - x) / (w + (k - 1.0) * pulled);
        if lower.is_nan() || lower >= y - 1e-15 * y.abs().max(1.0) {
            break;
        }
        y = lower;
    }
    let w = libm::exp(y);
    let pulled = c * libm::pow(w, k - 1.0);
    let corrected = w - w * (w + pulled - x) / (w + (k - 1.0) * pulled);
    if corrected.is_finite() { corrected } else { w }
}
