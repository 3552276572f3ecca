//! Steps that need not be watched: where a bound on their length proves that none of the next ones holds an event.
//!
//! Let f be a step w - rate (L' + lambda R') or a penalty step after w - rate L', on one side of zero, where L and R are convex and
//! rate times their second derivatives is at most 2. The exact f brings no two weights farther apart: |f'| <= 1. If e bounds what
//! rounding adds to f, a step is longer than the one before by at most 2 e. So if the next step has the length d, n steps lead
//! no farther than
//!
//! ```text
//! d + (d + 2 e) + ... + (d + 2 (n - 1) e) <= n d + n^2 e.
//! ```
//!
//! If that is less than |w| / 2, every iterate is between |w| / 2 and 3 |w| / 2 in size and has the sign of w, which was assumed: it
//! crosses nothing and is not zero. The tolerance and the limit of divergence must lie outside.

use super::{Composed, InLoss, Model, Proximal, Truncated, descended};
use crate::formula::{
    LossSlope, PenaltyProx, PenaltySlope, lk_one, lk_three, lk_three_halves, lk_two, none, quadratic,
};
use crate::formula::{math, words};
use crate::plan::Limits;

/// The most steps that the proof is asked for at a time.
pub(crate) const MOST_STEPS: f32 = 128.0;

/// What a step's at most 12 roundings add to it: 2^-24 of the numbers that it is made of, each, and a third more. The penalties' proximal
/// maps have 8 of them.
const ROUNDING: f32 = 16.0 / 16_777_216.0;

/// Below it, about 2^-40, the sizes of subnormal numbers would have to be looked at.
const LEAST: f32 = 1e-12;

/// A convex loss with bounds of its slope, where |w| <= `high`.
pub trait ConvexLoss: LossSlope {
    /// Of L''.
    fn bend(high: f32, own: impl Fn(usize) -> f32) -> f32;

    /// Of the numbers that L' is made of.
    fn size(high: f32, own: impl Fn(usize) -> f32) -> f32;
}

/// A penalty that is convex on each side of zero, with bounds of its slope, where 0 < `low` <= |w| <= `high`, and its formulas on
/// one side: of weights that have the sign of `side`, which is not 0.
pub trait ConvexPenalty: PenaltySlope + PenaltyProx {
    /// Of lambda R''.
    fn bend(low: f32, high: f32, own: impl Fn(usize) -> f32) -> f32;

    /// Of lambda |R'|.
    fn size(high: f32, own: impl Fn(usize) -> f32) -> f32;

    /// lambda R'(w).
    #[inline(always)]
    fn slope_on_side(w: f32, _side: f32, own: impl Fn(usize) -> f32) -> f32 {
        Self::penalty_slope(w, own)
    }

    /// The proximal map at x, which gives a weight of that side, too.
    #[inline(always)]
    fn prox_on_side(x: f32, _side: f32, step: f32, own: impl Fn(usize) -> f32) -> f32 {
        Self::penalty_prox(x, step, own)
    }
}

impl ConvexLoss for none::Formulas {
    #[inline(always)]
    fn bend(_: f32, _: impl Fn(usize) -> f32) -> f32 {
        0.0
    }

    #[inline(always)]
    fn size(_: f32, _: impl Fn(usize) -> f32) -> f32 {
        0.0
    }
}

/// curvature (w - target).
impl ConvexLoss for quadratic::Formulas {
    #[inline(always)]
    fn bend(_: f32, own: impl Fn(usize) -> f32) -> f32 {
        own(0)
    }

    #[inline(always)]
    fn size(high: f32, own: impl Fn(usize) -> f32) -> f32 {
        own(0) * (high + own(1).abs())
    }
}

/// lambda sign(w).
impl ConvexPenalty for lk_one::Formulas {
    #[inline(always)]
    fn bend(_: f32, _: f32, _: impl Fn(usize) -> f32) -> f32 {
        0.0
    }

    #[inline(always)]
    fn size(_: f32, own: impl Fn(usize) -> f32) -> f32 {
        own(1)
    }

    #[inline(always)]
    fn slope_on_side(_: f32, side: f32, own: impl Fn(usize) -> f32) -> f32 {
        math::signed(side, own(1))
    }

    #[inline(always)]
    fn prox_on_side(x: f32, side: f32, step: f32, own: impl Fn(usize) -> f32) -> f32 {
        x - math::signed(side, step * own(1))
    }
}

/// 3/2 lambda sign(w) |w|^(1/2).
impl ConvexPenalty for lk_three_halves::Formulas {
    #[inline(always)]
    fn bend(low: f32, _: f32, own: impl Fn(usize) -> f32) -> f32 {
        0.75 * own(1) / low.sqrt()
    }

    #[inline(always)]
    fn size(high: f32, own: impl Fn(usize) -> f32) -> f32 {
        1.5 * own(1) * high.sqrt()
    }
}

/// 2 lambda w.
impl ConvexPenalty for lk_two::Formulas {
    #[inline(always)]
    fn bend(_: f32, _: f32, own: impl Fn(usize) -> f32) -> f32 {
        2.0 * own(1)
    }

    #[inline(always)]
    fn size(high: f32, own: impl Fn(usize) -> f32) -> f32 {
        2.0 * own(1) * high
    }
}

/// 3 lambda w |w|.
impl ConvexPenalty for lk_three::Formulas {
    #[inline(always)]
    fn bend(_: f32, high: f32, own: impl Fn(usize) -> f32) -> f32 {
        6.0 * own(1) * high
    }

    #[inline(always)]
    fn size(high: f32, own: impl Fn(usize) -> f32) -> f32 {
        3.0 * own(1) * high * high
    }
}

/// A step whose length has a bound.
pub trait Bounded: Model {
    type Loss: ConvexLoss;
    type Penalty: ConvexPenalty;

    /// The step, where all weights have the sign of `side`, which is not 0.
    fn step_on_side(w: f32, side: f32, parameters: impl Fn(usize) -> f32) -> f32;

    /// How many steps from w are proven to hold no event, 128 at most; the first leads to `next`.
    #[inline(always)]
    fn uneventful_steps(w: f32, next: f32, limits: &Limits, parameters: impl Fn(usize) -> f32) -> f32 {
        let of_penalty = |index| parameters(Self::Loss::COUNT + index);
        let rate = parameters(Self::Loss::COUNT + <Self::Penalty as PenaltySlope>::COUNT);
        let (low, high) = (0.5 * w.abs(), 1.5 * w.abs());
        let by_loss = rate * Self::Loss::size(high, &parameters);
        // A penalty that comes after the loss meets weights beyond those of the trajectory.
        let beyond = high + by_loss;
        let bend = rate * (Self::Loss::bend(high, &parameters) + Self::Penalty::bend(low, beyond, of_penalty));
        let size = by_loss + rate * Self::Penalty::size(beyond, of_penalty);
        // Products may underflow.
        let error = ROUNDING * (high + size) + 16.0 * f32::MIN_POSITIVE * (1.0 + rate);
        let steps = words::min(0.49 * w.abs() / ((next - w).abs() + MOST_STEPS * error), MOST_STEPS);
        let is_inside = (low > limits.tolerance) & (low > LEAST) & (high <= limits.divergence);
        // What is not a number proves nothing.
        words::select(0.0, steps, is_inside & (bend <= 1.99) & (steps >= 0.0))
    }
}

impl<P: ConvexLoss, Q: ConvexPenalty> Bounded for Composed<P, Q, InLoss<Q>> {
    type Loss = P;
    type Penalty = Q;

    #[inline(always)]
    fn step_on_side(w: f32, side: f32, parameters: impl Fn(usize) -> f32) -> f32 {
        let slope = P::loss_slope(w, &parameters) + Q::slope_on_side(w, side, |index| parameters(P::COUNT + index));
        descended(w, slope, parameters(P::COUNT + <Q as PenaltySlope>::COUNT))
    }
}

impl<P: ConvexLoss, Q: ConvexPenalty> Bounded for Composed<P, Q, Truncated<Q>> {
    type Loss = P;
    type Penalty = Q;

    #[inline(always)]
    fn step_on_side(w: f32, side: f32, parameters: impl Fn(usize) -> f32) -> f32 {
        let rate = parameters(P::COUNT + <Q as PenaltySlope>::COUNT);
        let v = descended(w, P::loss_slope(w, &parameters), rate);
        v - rate * Q::slope_on_side(v, side, |index| parameters(P::COUNT + index))
    }
}

impl<P: ConvexLoss, Q: ConvexPenalty> Bounded for Composed<P, Q, Proximal<Q>> {
    type Loss = P;
    type Penalty = Q;

    #[inline(always)]
    fn step_on_side(w: f32, side: f32, parameters: impl Fn(usize) -> f32) -> f32 {
        let rate = parameters(P::COUNT + <Q as PenaltySlope>::COUNT);
        let v = descended(w, P::loss_slope(w, &parameters), rate);
        Q::prox_on_side(v, side, rate, |index| parameters(P::COUNT + index))
    }
}
