//! What laws that hold for any loss know of it, or for any convex one.

use super::numbers::ROUNDING;
use crate::kernel::{Kernel, Role};
use crate::plan::Point;
use crate::problem::{DOUBLE_WELL, HUBER, LINEAR, LOGISTIC, POISSON, Problem, QUADRATIC, QUARTIC};

/// sup over w of (L(0) - L(w)) / |w|^k: 0 is a global minimiser of L(w) + lambda |w|^k iff lambda is at least this. By search, over
/// weights up to `farthest` and down to 2^-20 of it; beside 0, |L'(0)| for k = 1. `own` are the loss's parameters.
///
/// ```
/// use zerosweep::problem::{DOUBLE_WELL, QUADRATIC};
/// use zerosweep::theory::zero_strength;
/// // |t| <= u: L1 holds 0 against a parabola from lambda = a |t| on.
/// assert_eq!(zero_strength(&QUADRATIC, &[2.0, 0.3], 1.0, 10.0), 0.6);
/// // L(0) - L(1) = 1/4.
/// assert!(zero_strength(&DOUBLE_WELL, &[1.0, 1.0, 0.0], 1.0, 10.0) > 0.25);
/// ```
pub fn zero_strength(problem: &Problem, own: &[f64], k: f64, farthest: f64) -> f64 {
    const OCTAVES: u32 = 20;
    const PARTS: u32 = 64;
    let gain = |w: f64| {
        let gained = (problem.value_in_f64)(0.0, own) - (problem.value_in_f64)(w, own);
        gained / libm::pow(w.abs(), k)
    };
    let at = |side: f64, part: f64| side * farthest * libm::exp2(-part / f64::from(PARTS));
    let parts = (0..=OCTAVES * PARTS).flat_map(|part| [-1.0, 1.0].map(|side| (side, f64::from(part))));
    let (side, part) = parts
        .max_by(|a, b| gain(at(a.0, a.1)).total_cmp(&gain(at(b.0, b.1))))
        .expect("there are some weights to look at");
    // Around the best of them, thirds of what is left.
    let (mut low, mut high) = ((part - 1.0).max(0.0), part + 1.0);
    for _ in 0..80 {
        let [first, second] = [low + (high - low) / 3.0, high - (high - low) / 3.0];
        if gain(at(side, first)) < gain(at(side, second)) { low = first } else { high = second }
    }
    let slope = (problem.slope_in_f64)(0.0, own).abs();
    let beside = match k {
        k if k < 1.0 || slope == 0.0 => 0.0,
        1.0 => slope,
        _ => f64::INFINITY,
    };
    gain(at(side, low)).max(gain(at(side, part))).max(beside)
}

/// The most parameters that a loss of the laws has.
const MOST: usize = 3;

/// A loss with its parameters. Of one that no law knows nothing is asked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Loss {
    problem: &'static Problem,
    own: [f64; MOST],
}

impl Loss {
    pub(crate) fn of(kernel: Kernel, point: &Point) -> Loss {
        let mut own = [0.0; MOST];
        own.iter_mut().zip(kernel.values(Role::Problem, point)).for_each(|(own, &value)| *own = value.into());
        Loss { problem: kernel.problem, own }
    }

    /// The parabola of curvature `a` around `t`; of none both are 0.
    pub(crate) fn parabola(a: f64, t: f64) -> Loss {
        Loss { problem: &QUADRATIC, own: [a, t, 0.0] }
    }

    /// The sizes of its parameters.
    pub(crate) fn sizes(self) -> impl Iterator<Item = f64> {
        self.own.into_iter().map(f64::abs)
    }

    /// L(w) - L(0).
    pub(crate) fn gain(&self, w: f64) -> f64 {
        (self.problem.value_in_f64)(w, &self.own) - (self.problem.value_in_f64)(0.0, &self.own)
    }

    /// L'(w).
    pub(crate) fn slope(&self, w: f64) -> f64 {
        (self.problem.slope_in_f64)(w, &self.own)
    }

    /// L''(w); of Huber's loss, whose slope bends in two places, that on the inner side.
    fn bend(&self, w: f64) -> f64 {
        let [a, t, ..] = self.own;
        match self.problem {
            problem if problem == &QUADRATIC => a,
            problem if problem == &HUBER => a * f64::from(u8::from((w - t).abs() <= self.own[2])),
            problem if problem == &LOGISTIC => {
                let half = libm::cosh(a * w / 2.0);
                a * a / (4.0 * half * half)
            }
            problem if problem == &POISSON => a * a * libm::exp(a * w),
            problem if problem == &QUARTIC => 3.0 * a * (w - t) * (w - t),
            problem if problem == &DOUBLE_WELL => a * (3.0 * w * w - t * t),
            _ => 0.0,
        }
    }

    /// The least and the greatest L'' from one weight to another: at these two, or at the one place between at which it turns.
    pub(crate) fn bends(&self, one: f64, other: f64) -> (f64, f64) {
        let turns_at = if [&HUBER, &QUARTIC].contains(&self.problem) { self.own[1] } else { 0.0 };
        let bends = [one, other, turns_at.clamp(one.min(other), one.max(other))].map(|w| self.bend(w));
        (bends.into_iter().fold(f64::INFINITY, f64::min), bends.into_iter().fold(f64::NEG_INFINITY, f64::max))
    }

    /// The greatest L'' on a stretch around 0 that holds `w`, and out of which the loss leads nowhere, if there is one.
    pub(crate) fn steepest(&self, w: f64) -> f64 {
        let mut size = w.abs().max(1e-6);
        for _ in 0..60 {
            if self.slope(size) >= 0.0 && self.slope(-size) <= 0.0 {
                break;
            }
            size *= 2.0;
        }
        self.bends(-size, size).1
    }

    /// What f32 may have L' wrong by at weights of this size: eight roundings of the greatest term.
    pub(crate) fn doubt(&self, size: f64) -> f64 {
        let [a, t, third] = self.own;
        let far = size + t.abs();
        let term = match self.problem {
            problem if problem == &QUADRATIC || problem == &HUBER => a * far,
            problem if problem == &LOGISTIC || problem == &LINEAR => a.abs(),
            // A rounding of scale w is one of the power times scale w.
            problem if problem == &POISSON => a * ((1.0 + a * size) * libm::exp(a * size) + t.abs()),
            problem if problem == &QUARTIC => a * far * far * far,
            problem if problem == &DOUBLE_WELL => a * size * far * far + third.abs(),
            _ => 0.0,
        };
        8.0 * ROUNDING * term
    }
}
