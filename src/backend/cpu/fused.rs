//! The kernels that are worth a loop of their own: plain gradient descent on this crate's own losses with `lk`. All others run
//! in stages, with the same bits.

use super::driver::{Advance, fused, proven};
use crate::formula::{self, none, quadratic};
use crate::kernel::Kernel;
use crate::lanes::{Compiled, Composed, InLoss, Proximal, Truncated};
use crate::optimizer::PenaltyStep;
use crate::penalty::LK;
use crate::problem::{NONE, Problem, QUADRATIC};

/// One loop a problem, variant of `lk` and penalty step.
struct Fused {
    problem: &'static Problem,
    variant: &'static str,
    penalty_step: PenaltyStep,
    advance: Compiled<Advance>,
}

/// The product of problems, variants and penalty steps; a variant is its module in [`formula`], behind the loop that serves it: one
/// with proofs where it is convex.
macro_rules! fused {
    ([$(($problem:ident, $loss:ident)),+], $variants:tt) => {
        &[$(fused!(@problem $problem, $loss, $variants)),+]
    };
    (@problem $problem:ident, $loss:ident, [$($advance:ident $variant:ident),+]) => {
        &[$(
            fused!(@one $problem, $loss, $advance, $variant, InLoss),
            fused!(@one $problem, $loss, $advance, $variant, Truncated),
            fused!(@one $problem, $loss, $advance, $variant, Proximal)
        ),+]
    };
    (@one $problem:ident, $loss:ident, $advance:ident, $variant:ident, $step:ident) => {
        Fused {
            problem: &$problem,
            variant: formula::$variant::TEXT,
            penalty_step: PenaltyStep::$step,
            advance: $advance::<
                Composed<$loss::Formulas, formula::$variant::Formulas, $step<formula::$variant::Formulas>>,
            >(),
        }
    };
}

static FUSED: &[&[Fused]] = fused!(
    [(NONE, none), (QUADRATIC, quadratic)],
    [
        fused lk_half,
        fused lk_two_thirds,
        proven lk_one,
        proven lk_three_halves,
        proven lk_two,
        proven lk_three,
        fused lk_integer,
        fused lk_concave,
        fused lk_convex
    ]
);

/// The kernel's own loop, if it has one.
pub(super) fn find(kernel: Kernel) -> Option<Compiled<Advance>> {
    if kernel.penalty != &LK || !kernel.optimizer.is_plain() {
        return None;
    }
    let is_it = |fused: &&Fused| {
        fused.problem == kernel.problem
            && fused.variant == kernel.variant().text
            && fused.penalty_step == kernel.optimizer.penalty_step
    };
    FUSED.iter().copied().flatten().find(is_it).map(|fused| fused.advance)
}
