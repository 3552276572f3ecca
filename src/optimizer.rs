//! The table of optimizers: the update rules w_n -> w_{n+1}, each a way to move down a slope ([`Direction`]), a way in which
//! the penalty enters ([`PenaltyStep`]) and a course of the learning rate ([`Schedule`]).

use crate::formula;
use crate::lanes::Pass;
use crate::member::{Domain, Member, Parameter, by_member};
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

/// An update rule. It sees slopes and proximal maps, never a formula of a problem or a penalty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Optimizer {
    pub rule: &'static UpdateRule,
    pub penalty_step: PenaltyStep,
    pub schedule: &'static Schedule,
}

/// An optimizer as a spec's `kind` names it.
#[derive(Debug)]
pub struct UpdateRule {
    /// Its parameters are the learning rate and those of its direction.
    pub member: Member,
    pub direction: &'static Direction,
    /// What a spec's `penalty_step` may choose from; the only one where there is nothing to choose.
    pub penalty_steps: &'static [PenaltyStep],
}

by_member!(UpdateRule);

/// How a slope moves a weight.
#[derive(Debug)]
pub struct Direction {
    /// WGSL that defines `moved(state, slope, rate, context, parameters...)` and `kept(after, w, rate)`.
    pub text: &'static str,
    /// The state after a step.
    pub moved: Pass,
    /// The state where a penalty step takes the weight on from there; `None` where nothing is remembered.
    pub kept: Option<Pass>,
    /// Whether the number of the step makes no difference to it.
    pub is_autonomous: bool,
    /// The same in f64, written on its own: the state after a step of this rate along this slope.
    pub in_f64: fn(state: StateInF64, slope: f64, rate: f64, n: u32, own: &[f64]) -> StateInF64,
    /// And where a penalty step of this rate takes the weight of `after` on to `w`.
    pub kept_in_f64: fn(after: StateInF64, w: f64, rate: f64) -> StateInF64,
}

/// A weight in f64 with what its optimizer remembers of it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct StateInF64 {
    pub w: f64,
    pub a: f64,
    pub b: f64,
}

/// How the penalty enters a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PenaltyStep {
    /// Its slope is added to that of the loss, with R'(0) = 0.
    InLoss,
    /// After the loss has moved w to v: v - rate lambda R'(v) where that keeps the sign of v, else 0.
    Truncated,
    /// After the loss has moved w to v: the proximal map of rate lambda R at v.
    Proximal,
}

impl PenaltyStep {
    pub const ALL: [PenaltyStep; 3] = [PenaltyStep::InLoss, PenaltyStep::Truncated, PenaltyStep::Proximal];

    /// Its word in a spec.
    pub fn name(self) -> &'static str {
        match self {
            PenaltyStep::InLoss => "in_loss",
            PenaltyStep::Truncated => "truncated",
            PenaltyStep::Proximal => "proximal",
        }
    }

    /// What a penalty must have for it.
    pub fn needs(self) -> &'static str {
        match self {
            PenaltyStep::InLoss | PenaltyStep::Truncated => "slope",
            PenaltyStep::Proximal => "proximal map",
        }
    }

    /// WGSL that defines `slope_at` and `penalized`.
    pub fn text(self) -> &'static str {
        match self {
            PenaltyStep::InLoss => include_str!("../shaders/penalty_step/in_loss.wgsl"),
            PenaltyStep::Truncated => concat!(
                include_str!("../shaders/optimizer/truncated.wgsl"),
                include_str!("../shaders/penalty_step/truncated.wgsl")
            ),
            PenaltyStep::Proximal => include_str!("../shaders/penalty_step/proximal.wgsl"),
        }
    }
}

/// The learning rate in the course of a trajectory.
#[derive(Debug)]
pub struct Schedule {
    pub member: Member,
    /// WGSL that defines `rate_at(rate, context, parameters...)`.
    pub text: &'static str,
    /// Turns the learning rate of every lane into that of the step; `None` where it stays.
    pub rate: Option<Pass>,
    /// The rate of step n in f64, written on its own.
    pub in_f64: fn(rate: f64, n: u32, own: &[f64]) -> f64,
}

by_member!(Schedule);

impl Optimizer {
    /// Its word in tables and pictures: the kind, and the parts that a spec chose beside it.
    pub fn name(self) -> &'static str {
        let mut name = self.rule.member.kind.to_owned();
        if self.rule.penalty_steps.len() > 1 {
            name = format!("{name} {}", self.penalty_step.name());
        }
        if self.schedule.rate.is_some() {
            name = format!("{name} {}", self.schedule.member.kind);
        }
        kept(name)
    }

    /// Whether equal states take equal steps at any time.
    pub fn is_autonomous(self) -> bool {
        self.rule.direction.is_autonomous && self.schedule.rate.is_none()
    }

    /// Whether it is plain gradient descent at a constant learning rate.
    pub fn is_plain(self) -> bool {
        std::ptr::eq(self.rule.direction, &GRADIENT_DESCENT) && self.is_autonomous()
    }
}

/// The name, kept for ever: there are few.
fn kept(name: String) -> &'static str {
    static NAMES: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = names.get(name.as_str()) {
        return known;
    }
    let new: &'static str = name.leak();
    names.insert(new);
    new
}

/// A direction, from the module that [`formulas!`](crate::formulas) makes of its formula. Its parameters are those of the
/// kinds that take it; it remembers 0, 1 or 2 numbers of a weight.
#[macro_export]
macro_rules! direction {
    (
        $(#[$doc:meta])* $vis:vis static $row:ident = $($module:ident)::+, ($($name:ident),+ $(,)?),
        remembers: $remembers:expr,
        is_autonomous: $autonomous:expr,
        in_f64: $in_f64:expr, kept_in_f64: $kept:expr $(,)?
    ) => {
        const _: () = {
            use $($module)::+ as own;
            impl $crate::formula::Move for own::Formulas {
                const COUNT: usize = $crate::parameters!(@count $($name)+);
                const REMEMBERS: usize = $remembers;

                #[inline(always)]
                fn moved(
                    state: $crate::formula::State,
                    slope: f32,
                    rate: f32,
                    context: $crate::formula::Context,
                    parameters: impl Fn(usize) -> f32,
                ) -> $crate::formula::State {
                    $crate::called!(own::moved(state, slope, rate, context), parameters, $($name)+)
                }

                #[inline(always)]
                fn kept(after: $crate::formula::State, w: f32, rate: f32) -> $crate::formula::State {
                    own::kept(after, w, rate)
                }
            }
        };

        $(#[$doc])*
        $vis static $row: $crate::optimizer::Direction = {
            use $($module)::+ as own;
            $crate::optimizer::Direction {
                text: own::TEXT,
                moved: $crate::lanes::Pass::of::<$crate::lanes::Moved<own::Formulas>>(),
                kept: if $remembers > 0 {
                    Some($crate::lanes::Pass::of::<$crate::lanes::Kept<own::Formulas>>())
                } else {
                    None
                },
                is_autonomous: $autonomous,
                in_f64: $in_f64,
                kept_in_f64: $kept,
            }
        };
    };
}

/// A schedule of the learning rate, from the module that [`formulas!`](crate::formulas) makes of its formula.
#[macro_export]
macro_rules! schedule {
    (
        $(#[$doc:meta])* $vis:vis static $row:ident = $($module:ident)::+, $kind:literal, $formula:literal,
        { $($name:ident: $parameter:expr),* $(,)? },
        in_f64: $in_f64:expr $(,)?
    ) => {
        const _: () = {
            use $($module)::+ as own;
            impl $crate::formula::RateAt for own::Formulas {
                const COUNT: usize = $crate::parameters!(@count $($name)*);

                #[inline(always)]
                fn rate_at(rate: f32, context: $crate::formula::Context, parameters: impl Fn(usize) -> f32) -> f32 {
                    $crate::called!(own::rate_at(rate, context), parameters, $($name)*)
                }
            }
        };

        $(#[$doc])*
        $vis static $row: $crate::optimizer::Schedule = {
            use $($module)::+ as own;
            $crate::optimizer::Schedule {
                member: $crate::member::Member {
                    kind: $kind,
                    formula: $formula,
                    parameters: $crate::parameters!({ $($name: $parameter),* }),
                },
                text: own::TEXT,
                rate: Some($crate::lanes::Pass::of::<$crate::lanes::Scheduled<own::Formulas>>()),
                in_f64: $in_f64,
            }
        };
    };
}

crate::direction! {
    /// w - rate slope.
    pub static GRADIENT_DESCENT = formula::gradient_descent, (learning_rate),
    remembers: 0,
    is_autonomous: true,
    in_f64: |state, slope, rate, _, _| StateInF64 { w: state.w - rate * slope, a: 0.0, b: 0.0 },
    kept_in_f64: |after, w, _| StateInF64 { w, ..after },
}

crate::direction! {
    /// a = momentum a + slope, then w - rate a.
    pub static MOMENTUM = formula::heavy_ball, (learning_rate, momentum),
    remembers: 1,
    is_autonomous: true,
    in_f64: |state, slope, rate, _, own| {
        let velocity = own[1] * state.a + slope;
        StateInF64 { w: state.w - rate * velocity, a: velocity, b: 0.0 }
    },
    kept_in_f64: |after, w, rate| StateInF64 { w, a: after.a + (after.w - w) / rate, b: 0.0 },
}

/// The learning rate stays.
pub static CONSTANT: Schedule = Schedule {
    member: Member { kind: "constant", formula: "learning_rate", parameters: &[] },
    text: formula::constant::TEXT,
    rate: None,
    in_f64: |rate, _, _| rate,
};

crate::schedule! {
    /// learning_rate / (1 + decay n).
    pub static INVERSE = formula::inverse, "inverse", "learning_rate / (1 + decay n)",
    { decay: Parameter::new(Domain::NonNegative, "how fast the learning rate falls, a step") },
    in_f64: |rate, n, own| rate / (1.0 + own[0] * f64::from(n)),
}

/// The parameter that every optimizer begins with.
pub const LEARNING_RATE: Parameter =
    Parameter { name: "learning_rate", ..Parameter::new(Domain::Positive, "step size eta") };

const PLAIN: &[Parameter] = &[LEARNING_RATE];

/// w - learning_rate (L'(w) + lambda R'(w)), with R'(0) = 0.
pub static SUBGRADIENT: UpdateRule = UpdateRule {
    member: Member {
        kind: "subgradient",
        formula: "w - learning_rate (L'(w) + lambda R'(w)), with R'(0) = 0",
        parameters: PLAIN,
    },
    direction: &GRADIENT_DESCENT,
    penalty_steps: &[PenaltyStep::InLoss],
};

/// v = w - learning_rate L'(w); then v - learning_rate lambda R'(v) where that keeps the sign of v, else 0.
pub static TRUNCATED: UpdateRule = UpdateRule {
    member: Member {
        kind: "truncated",
        formula: "v = w - learning_rate L'(w); v - learning_rate lambda R'(v) if that keeps the sign of v, else 0",
        parameters: PLAIN,
    },
    direction: &GRADIENT_DESCENT,
    penalty_steps: &[PenaltyStep::Truncated],
};

/// The proximal map of learning_rate lambda R at w - learning_rate L'(w).
pub static PROXIMAL: UpdateRule = UpdateRule {
    member: Member {
        kind: "proximal",
        formula: "argmin over v of (v - x)^2 / 2 + learning_rate lambda R(v), x = w - learning_rate L'(w)",
        parameters: PLAIN,
    },
    direction: &GRADIENT_DESCENT,
    penalty_steps: &[PenaltyStep::Proximal],
};

/// a = momentum a + slope; w - learning_rate a: PyTorch's SGD with momentum, without dampening. What a proximal step adds to the
/// move counts in the velocity as a slope would (iPiano), so that it rests at the minimum of loss and penalty.
pub static HEAVY_BALL: UpdateRule = UpdateRule {
    member: Member {
        kind: "heavy_ball",
        formula: "a = momentum a + slope; w - learning_rate a",
        parameters: &[
            LEARNING_RATE,
            Parameter {
                name: "momentum",
                ..Parameter::new(Domain::BelowOne, "share of its velocity that a weight keeps")
            },
        ],
    },
    direction: &MOMENTUM,
    penalty_steps: &[PenaltyStep::InLoss, PenaltyStep::Proximal],
};
