//! The kernels that a law speaks of, by their members alone: no number is read before this is settled.

use crate::direction::{
    Direction, GRADIENT_DESCENT, GREATEST_MOMENT, LOOKAHEAD, MEAN_SQUARE, MOMENTS, MOMENTUM, RESTARTED, SIGN,
    SUM_OF_SQUARES,
};
use crate::kernel::Kernel;
use crate::optimizer::PenaltyStep::{
    self, Cumulative, Decoupled, InFactors, InLoss, Proximal, ProximalPlain, Sticky, Truncated,
};
use crate::penalty::{CAPPED_L1, ELASTIC_NET, HUBERIZED_L1, L0, LK, LOG_SUM, MCP, Penalty, SCAD, SMOOTHED_LK};
use crate::precision::Precision;
use crate::problem::{
    DOUBLE_WELL, HUBER, LEAST_SQUARES, LINEAR, LOGISTIC, LOGISTIC_REGRESSION, NONE, POISSON, POISSON_REGRESSION,
    Problem, QUADRATIC, QUADRATIC_FORM, QUARTIC,
};

/// Kernels of these members with a lambda that stays. Noise is none of it: it is a number, and where that is not 0 every law is
/// silent.
#[derive(Debug)]
pub struct Domain {
    problems: &'static [&'static Problem],
    penalties: &'static [&'static Penalty],
    penalty_steps: &'static [PenaltyStep],
    directions: &'static [&'static Direction],
    /// The kind of the learning rate's schedule.
    schedule: &'static str,
    precisions: &'static [Precision],
}

impl Domain {
    /// Plain gradient descent at a constant learning rate, on a parabola or without a loss.
    const fn plain(penalties: &'static [&'static Penalty], penalty_steps: &'static [PenaltyStep]) -> Domain {
        Domain {
            problems: PARABOLAS,
            penalties,
            penalty_steps,
            directions: PLAIN,
            schedule: "constant",
            precisions: SINGLE,
        }
    }

    pub fn contains(&self, kernel: Kernel) -> bool {
        let Kernel { problem, penalty, optimizer, .. } = kernel.without_idle_slope();
        self.problems.contains(&problem)
            && self.penalties.contains(&penalty)
            && self.penalty_steps.contains(&optimizer.penalty_step)
            && self.directions.iter().any(|&direction| std::ptr::eq(direction, optimizer.rule.direction))
            && self.schedule == optimizer.schedule.member.kind
            && self.precisions.contains(&optimizer.precision)
            && optimizer.lambda_schedule.rate.is_none()
    }
}

const PARABOLAS: &[&Problem] = &[&NONE, &QUADRATIC];
const EVERY_LOSS: &[&Problem] = &[&NONE, &QUADRATIC, &LINEAR, &HUBER, &LOGISTIC, &POISSON, &QUARTIC, &DOUBLE_WELL];

const PLAIN: &[&Direction] = &[&GRADIENT_DESCENT];

const SINGLE: &[Precision] = &[Precision::F32];

/// The penalty steps of `subgradient`, `truncated` and `proximal`.
const BY_KIND: &[PenaltyStep] = &[InLoss, Truncated, Proximal];

const EVERY_PENALTY: &[&Penalty] =
    &[&LK, &ELASTIC_NET, &L0, &MCP, &SCAD, &LOG_SUM, &CAPPED_L1, &HUBERIZED_L1, &SMOOTHED_LK];

/// |w|^k by plain gradient descent at a constant learning rate, and parts of it.
pub(crate) static LK_PLAIN: Domain = Domain::plain(&[&LK], BY_KIND);
pub(crate) static IN_LOSS: Domain = Domain::plain(&[&LK], &[InLoss]);
pub(crate) static TRUNCATED: Domain = Domain::plain(&[&LK], &[Truncated]);
pub(crate) static PROXIMAL: Domain = Domain::plain(&[&LK], &[Proximal]);
/// Rules that stop at zero.
pub(crate) static STOPPING: Domain = Domain::plain(&[&LK], &[Truncated, Proximal]);
/// Rules that follow the flow of a high power.
pub(crate) static FLOWING: Domain = Domain::plain(&[&LK], &[InLoss, Proximal]);

/// Every penalty has the slope 0 at 0, unless a spec wants that right of it, and rests there.
pub(crate) static RESTING: Domain = Domain {
    problems: EVERY_LOSS,
    penalties: EVERY_PENALTY,
    penalty_steps: &[InLoss, Truncated, Cumulative, Sticky, Decoupled, Proximal, ProximalPlain, InFactors],
    directions: &[&GRADIENT_DESCENT, &MOMENTUM],
    schedule: "constant",
    precisions: SINGLE,
};
/// Without strength all of these penalties are none.
pub(crate) static BARE: Domain = Domain::plain(EVERY_PENALTY, &PenaltyStep::ALL);

pub(crate) static NET_PROXIMAL: Domain = Domain::plain(&[&ELASTIC_NET], &[Proximal]);

/// Proximal maps of all but |w|^k, which have checks of their own.
pub(crate) static MAPS: Domain =
    Domain::plain(&[&ELASTIC_NET, &L0, &MCP, &SCAD, &LOG_SUM, &CAPPED_L1, &HUBERIZED_L1], &[Proximal]);
/// Penalties that hold 0 against any loss up to a threshold, and those of them that flatten, or go on ever flatter.
pub(crate) static HOLDING: Domain = Domain {
    problems: EVERY_LOSS,
    ..Domain::plain(&[&LK, &ELASTIC_NET, &L0, &MCP, &SCAD, &LOG_SUM, &CAPPED_L1], &[Proximal])
};
pub(crate) static FLATTENING: Domain =
    Domain { problems: EVERY_LOSS, ..Domain::plain(&[&L0, &MCP, &SCAD, &LOG_SUM, &CAPPED_L1], &[Proximal]) };
pub(crate) static NET_HOLDING: Domain = Domain { problems: EVERY_LOSS, ..Domain::plain(&[&ELASTIC_NET], &[Proximal]) };
/// Penalties that are flat from some weight on.
pub(crate) static FLAT: Domain = Domain::plain(&[&L0, &MCP, &SCAD, &CAPPED_L1], BY_KIND);
/// Penalties that are round at 0, in the loss.
pub(crate) static ROUND: Domain = Domain::plain(&[&HUBERIZED_L1, &SMOOTHED_LK], &[InLoss]);
pub(crate) static SMOOTHED: Domain = Domain::plain(&[&SMOOTHED_LK], &[InLoss]);

/// Heavy ball with |w|^k in the loss.
pub(crate) static BALL_IN_LOSS: Domain = Domain { directions: &[&MOMENTUM], ..Domain::plain(&[&LK], &[InLoss]) };

/// Rules that divide a slope by its own size, with |w|^k in the loss.
pub(crate) static ADAPTIVE_IN_LOSS: Domain = Domain {
    directions: &[&MOMENTS, &GREATEST_MOMENT, &MEAN_SQUARE, &SUM_OF_SQUARES, &SIGN],
    ..Domain::plain(&[&LK], &[InLoss])
};

/// Rules that stop at zero, at a falling learning rate.
pub(crate) static SLOWING: Domain = Domain { schedule: "inverse", ..Domain::plain(&[&LK], &[Truncated, Proximal]) };

/// |w|^k in the loss, with weights in 16 bits.
pub(crate) static NARROW: Domain =
    Domain { precisions: &[Precision::Bf16, Precision::F16], ..Domain::plain(&[&LK], &[InLoss]) };
/// All losses but parabolas.
pub(crate) static OTHER_LOSSES: Domain = Domain {
    problems: &[&LINEAR, &HUBER, &LOGISTIC, &POISSON, &QUARTIC, &DOUBLE_WELL],
    ..Domain::plain(EVERY_PENALTY, BY_KIND)
};
/// Those of them whose slope never falls, with what holds 0 up to a slope: L1 and elastic nets.
pub(crate) static CONVEX: Domain = Domain {
    problems: &[&LINEAR, &HUBER, &LOGISTIC, &POISSON, &QUARTIC],
    ..Domain::plain(&[&LK, &ELASTIC_NET], &[Proximal])
};
/// The same of all convex losses.
pub(crate) static EVERY_CONVEX: Domain = Domain {
    problems: &[&NONE, &QUADRATIC, &LINEAR, &HUBER, &LOGISTIC, &POISSON, &QUARTIC],
    ..Domain::plain(&[&LK, &ELASTIC_NET], &[Proximal])
};
/// Any loss with any penalty that has a proximal map.
pub(crate) static DESCENDING: Domain = Domain { problems: EVERY_LOSS, ..Domain::plain(EVERY_PENALTY, &[Proximal]) };
/// Many weights by proximal steps, with every penalty that has a proximal map in f64.
pub(crate) static MODELS: Domain = Domain {
    problems: &[&LEAST_SQUARES, &LOGISTIC_REGRESSION, &POISSON_REGRESSION, &QUADRATIC_FORM],
    directions: &[&GRADIENT_DESCENT, &LOOKAHEAD, &RESTARTED],
    ..Domain::plain(&[&LK, &ELASTIC_NET, &L0, &MCP, &SCAD, &LOG_SUM, &CAPPED_L1], &[Proximal])
};
pub(crate) static LINEAR_LK: Domain = Domain { problems: &[&LINEAR], ..Domain::plain(&[&LK], BY_KIND) };
