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
    /// WGSL that defines `moved(state, slope, rate, context, parameters...)`, and where the row has them
    /// `reach(after, rate, context, parameters...)` and `kept(after, w, rate)`.
    pub text: &'static str,
    /// The state after a step.
    pub moved: Pass,
    /// How far a slope of 1 moved the weight; `None` where that is the rate.
    pub reach: Option<Pass>,
    /// The state where a penalty step takes the weight on from there; `None` where that changes the weight alone.
    pub kept: Option<Pass>,
    /// Whether the number of the step makes no difference to it.
    pub is_autonomous: bool,
    /// The same in f64, written on its own: the state after a step of this rate along this slope.
    pub in_f64: fn(state: StateInF64, slope: f64, rate: f64, n: u32, own: &[f64]) -> StateInF64,
    /// How far a slope of 1 moved the weight of `after`.
    pub reach_in_f64: fn(after: StateInF64, rate: f64, n: u32, own: &[f64]) -> f64,
    /// And where a penalty step takes the weight of `after` on to `w`.
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
    /// After the loss has moved w to v: v - reach lambda R'(v) where that keeps the sign of v, else 0.
    Truncated,
    /// Before the loss moves w: w - rate lambda R'(w), and the loss's slope is that at w (Loshchilov and Hutter, ICLR 2019).
    Decoupled,
    /// After the loss has moved w to v: the proximal map of reach lambda R at v.
    Proximal,
}

impl PenaltyStep {
    pub const ALL: [PenaltyStep; 4] =
        [PenaltyStep::InLoss, PenaltyStep::Truncated, PenaltyStep::Decoupled, PenaltyStep::Proximal];

    /// Its word in a spec.
    pub fn name(self) -> &'static str {
        match self {
            PenaltyStep::InLoss => "in_loss",
            PenaltyStep::Truncated => "truncated",
            PenaltyStep::Decoupled => "decoupled",
            PenaltyStep::Proximal => "proximal",
        }
    }

    /// What a penalty must have for it.
    pub fn needs(self) -> &'static str {
        match self {
            PenaltyStep::InLoss | PenaltyStep::Truncated | PenaltyStep::Decoupled => "slope",
            PenaltyStep::Proximal => "proximal map",
        }
    }

    /// WGSL that defines `slope_at`, `decayed` and `penalized`.
    pub fn text(self) -> &'static str {
        match self {
            PenaltyStep::InLoss => include_str!("../shaders/penalty_step/in_loss.wgsl"),
            PenaltyStep::Truncated => concat!(
                include_str!("../shaders/optimizer/truncated.wgsl"),
                include_str!("../shaders/penalty_step/truncated.wgsl")
            ),
            PenaltyStep::Decoupled => include_str!("../shaders/penalty_step/decoupled.wgsl"),
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
/// kinds that take it; it remembers 0, 1 or 2 numbers of a weight. A module defines `reach` or `kept` where the row has them in f64.
#[macro_export]
macro_rules! direction {
    (
        $(#[$doc:meta])* $vis:vis static $row:ident = $($module:ident)::+, ($($name:ident),+ $(,)?),
        remembers: $remembers:expr,
        is_autonomous: $autonomous:expr,
        in_f64: $in_f64:expr
        $(, reach_in_f64: $reach:expr)?
        $(, kept_in_f64: $kept:expr)? $(,)?
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
            }
        };
        $crate::direction!(@reach ($($module)::+), ($($name)+), $($reach)?);
        $crate::direction!(@kept ($($module)::+), $($kept)?);

        $(#[$doc])*
        $vis static $row: $crate::optimizer::Direction = {
            use $($module)::+ as own;
            #[allow(unused_mut, reason = "a direction may have neither")]
            let mut direction = $crate::optimizer::Direction {
                text: own::TEXT,
                moved: $crate::lanes::Pass::of::<$crate::lanes::Moved<own::Formulas>>(),
                reach: None,
                kept: None,
                is_autonomous: $autonomous,
                in_f64: $in_f64,
                reach_in_f64: |_, rate, _, _| rate,
                kept_in_f64: |after, w, _| $crate::optimizer::StateInF64 { w, ..after },
            };
            $(direction.reach = Some($crate::lanes::Pass::of::<$crate::lanes::Reached<own::Formulas>>());
            direction.reach_in_f64 = $reach;)?
            $(direction.kept = Some($crate::lanes::Pass::of::<$crate::lanes::Kept<own::Formulas>>());
            direction.kept_in_f64 = $kept;)?
            direction
        };
    };
    (@reach ($($module:ident)::+), ($($name:ident)+),) => {};
    (@reach ($($module:ident)::+), ($($name:ident)+), $reach:expr) => {
        const _: () = {
            use $($module)::+ as own;
            impl $crate::formula::Reach for own::Formulas {
                #[inline(always)]
                fn reach(
                    after: $crate::formula::State,
                    rate: f32,
                    context: $crate::formula::Context,
                    parameters: impl Fn(usize) -> f32,
                ) -> f32 {
                    $crate::called!(own::reach(after, rate, context), parameters, $($name)+)
                }
            }
        };
    };
    (@kept ($($module:ident)::+),) => {};
    (@kept ($($module:ident)::+), $kept:expr) => {
        const _: () = {
            use $($module)::+ as own;
            impl $crate::formula::Keep for own::Formulas {
                #[inline(always)]
                fn kept(after: $crate::formula::State, w: f32, rate: f32) -> $crate::formula::State {
                    own::kept(after, w, rate)
                }
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
    kept_in_f64: |after, w, rate| {
        let counted = if rate == 0.0 { 0.0 } else { (after.w - w) / rate };
        StateInF64 { w, a: after.a + counted, b: 0.0 }
    },
}

crate::direction! {
    /// a = momentum a + slope, then w - rate (slope + momentum a).
    pub static NESTEROV_MOMENTUM = formula::nesterov, (learning_rate, momentum),
    remembers: 1,
    is_autonomous: true,
    in_f64: |state, slope, rate, _, own| {
        let velocity = own[1] * state.a + slope;
        StateInF64 { w: state.w - rate * (slope + own[1] * velocity), a: velocity, b: 0.0 }
    },
}

crate::direction! {
    /// Means of slopes and of their squares, each over 1 - beta^(n+1): w - rate a / (root of b + epsilon).
    pub static MOMENTS = formula::adam, (learning_rate, beta1, beta2, epsilon),
    remembers: 2,
    is_autonomous: false,
    in_f64: |state, slope, rate, n, own| {
        let a = own[1] * state.a + (1.0 - own[1]) * slope;
        let b = own[2] * state.b + (1.0 - own[2]) * slope * slope;
        let (mean, square) = (a / seen(own[1], n), b / seen(own[2], n));
        StateInF64 { w: state.w - rate * mean / (square.sqrt() + own[3]), a, b }
    },
    reach_in_f64: |after, rate, n, own| rate / ((after.b / seen(own[2], n)).sqrt() + own[3]),
}

/// 1 - beta^(n+1)
fn seen(beta: f64, n: u32) -> f64 {
    -libm::expm1((f64::from(n) + 1.0) * libm::log(beta))
}

crate::direction! {
    /// a = alpha a + (1 - alpha) slope^2, then w - rate slope / (root of a + epsilon).
    pub static MEAN_SQUARE = formula::rmsprop, (learning_rate, alpha, epsilon),
    remembers: 1,
    is_autonomous: true,
    in_f64: |state, slope, rate, _, own| {
        let a = own[1] * state.a + (1.0 - own[1]) * slope * slope;
        StateInF64 { w: state.w - rate * slope / (a.sqrt() + own[2]), a, b: 0.0 }
    },
    reach_in_f64: |after, rate, _, own| rate / (after.a.sqrt() + own[2]),
}

crate::direction! {
    /// a = a + slope^2, then w - rate slope / (root of a + epsilon).
    pub static SUM_OF_SQUARES = formula::adagrad, (learning_rate, epsilon),
    remembers: 1,
    is_autonomous: true,
    in_f64: |state, slope, rate, _, own| {
        let a = state.a + slope * slope;
        StateInF64 { w: state.w - rate * slope / (a.sqrt() + own[1]), a, b: 0.0 }
    },
    reach_in_f64: |after, rate, _, own| rate / (after.a.sqrt() + own[1]),
}

crate::direction! {
    /// w - rate, w or w + rate.
    pub static SIGN = formula::sign_descent, (learning_rate),
    remembers: 0,
    is_autonomous: true,
    in_f64: |state, slope, rate, _, _| {
        let sign = if slope == 0.0 { 0.0 } else { slope.signum() };
        StateInF64 { w: state.w - rate * sign, a: 0.0, b: 0.0 }
    },
}

/// The learning rate stays.
pub static CONSTANT: Schedule = Schedule {
    member: Member { kind: "constant", formula: "learning_rate", parameters: &[] },
    text: formula::constant::TEXT,
    rate: None,
    in_f64: |rate, _, _| rate,
};

/// A schedule begins once the learning rate has come up to its own, in steps of one length.
const WARMUP: Parameter =
    Parameter::new(Domain::NonNegative, "steps in which the learning rate first comes up, linearly").or(0.0);

const DECAY: Parameter = Parameter::new(Domain::NonNegative, "how fast the learning rate falls, a step");

const FACTOR: Parameter = Parameter::new(Domain::Share, "what the learning rate keeps each time");

const OVER: Parameter = Parameter::new(Domain::Positive, "steps until it is there");

crate::schedule! {
    /// learning_rate / (1 + decay n).
    pub static INVERSE = formula::inverse, "inverse", "learning_rate / (1 + decay n)",
    { decay: DECAY, warmup: WARMUP },
    in_f64: |rate, n, own| warmed(n, own[1], |since| rate / (1.0 + own[0] * since)),
}

crate::schedule! {
    /// learning_rate / sqrt(1 + decay n).
    pub static INVERSE_SQRT = formula::inverse_sqrt, "inverse_sqrt", "learning_rate / sqrt(1 + decay n)",
    { decay: DECAY, warmup: WARMUP },
    in_f64: |rate, n, own| warmed(n, own[1], |since| rate / (1.0 + own[0] * since).sqrt()),
}

crate::schedule! {
    /// learning_rate factor^n.
    pub static EXPONENTIAL = formula::exponential, "exponential", "learning_rate factor^n",
    { factor: FACTOR, warmup: WARMUP },
    in_f64: |rate, n, own| warmed(n, own[1], |since| rate * libm::pow(own[0], since)),
}

crate::schedule! {
    /// learning_rate factor^floor(n / every).
    pub static STEP = formula::step, "step", "learning_rate factor^floor(n / every)",
    { factor: FACTOR, every: Parameter::new(Domain::Positive, "steps from one fall to the next"), warmup: WARMUP },
    in_f64: |rate, n, own| warmed(n, own[2], |since| rate * libm::pow(own[0], (since / own[1]).floor())),
}

crate::schedule! {
    /// to + (learning_rate - to) (1 + cos(pi n / over)) / 2, then to.
    pub static COSINE = formula::cosine, "cosine", "to + (learning_rate - to) (1 + cos(pi n / over)) / 2; to from n = over on",
    { over: OVER, to: Parameter::new(Domain::NonNegative, "the learning rate at the end").or(0.0), warmup: WARMUP },
    in_f64: |rate, n, own| warmed(n, own[2], |since| {
        let course = (since / own[0]).min(1.0);
        own[1] + (rate - own[1]) * (1.0 + libm::cos(std::f64::consts::PI * course)) / 2.0
    }),
}

crate::schedule! {
    /// learning_rate + (to - learning_rate) n / over, then to.
    pub static RAMP = formula::ramp, "ramp", "learning_rate + (to - learning_rate) n / over; to from n = over on",
    { over: OVER, to: Parameter::new(Domain::NonNegative, "the learning rate at the end") },
    in_f64: |rate, n, own| rate + (own[1] - rate) * (f64::from(n) / own[0]).min(1.0),
}

/// The rate of step n after a warm-up, by the steps since it ended.
fn warmed(n: u32, warmup: f64, rate: impl Fn(f64) -> f64) -> f64 {
    let n = f64::from(n);
    if n + 1.0 < warmup { rate(0.0) * (n + 1.0) / warmup } else { rate((n - warmup).max(0.0)) }
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

/// w - learning_rate slope, with any penalty step: as `subgradient`, `truncated` or `proximal`.
pub static PLAIN_DESCENT: UpdateRule = UpdateRule {
    member: Member { kind: "gradient_descent", formula: "w - learning_rate slope", parameters: PLAIN },
    direction: &GRADIENT_DESCENT,
    penalty_steps: &[PenaltyStep::InLoss, PenaltyStep::Truncated, PenaltyStep::Proximal],
};

const SHARE_OF_VELOCITY: Parameter =
    Parameter { name: "momentum", ..Parameter::new(Domain::BelowOne, "share of its velocity that a weight keeps") };

/// What keeps a step finite where no slope was felt yet.
const EPSILON: Parameter =
    Parameter { name: "epsilon", ..Parameter::new(Domain::Positive, "added to the root of the squares").or(1e-8) };

/// a = momentum a + slope; w - learning_rate a: PyTorch's SGD with momentum, without dampening. What a proximal step adds to the
/// move counts in the velocity as a slope would (iPiano), so that it rests at the minimum of loss and penalty.
pub static HEAVY_BALL: UpdateRule = UpdateRule {
    member: Member {
        kind: "heavy_ball",
        formula: "a = momentum a + slope; w - learning_rate a",
        parameters: &[LEARNING_RATE, SHARE_OF_VELOCITY],
    },
    direction: &MOMENTUM,
    penalty_steps: &[PenaltyStep::InLoss, PenaltyStep::Proximal],
};

/// a = momentum a + slope; w - learning_rate (slope + momentum a): PyTorch's SGD with `nesterov=True`. A proximal step after it would
/// not rest at the minimum, so there is none.
pub static NESTEROV: UpdateRule = UpdateRule {
    member: Member {
        kind: "nesterov",
        formula: "a = momentum a + slope; w - learning_rate (slope + momentum a)",
        parameters: &[LEARNING_RATE, SHARE_OF_VELOCITY],
    },
    direction: &NESTEROV_MOMENTUM,
    penalty_steps: &[PenaltyStep::InLoss],
};

const OF_SLOPES: Parameter =
    Parameter { name: "beta1", ..Parameter::new(Domain::BelowOne, "what the mean of slopes keeps a step").or(0.9) };

const OF_SQUARES: Parameter = Parameter {
    name: "beta2",
    ..Parameter::new(Domain::BelowOne, "what the mean of squared slopes keeps a step").or(0.999)
};

const ADAPTIVE: &[PenaltyStep] = &[PenaltyStep::InLoss, PenaltyStep::Decoupled, PenaltyStep::Proximal];

/// PyTorch's Adam (Kingma and Ba, ICLR 2015), and AdamW where the penalty is `decoupled`: PyTorch's decay w - learning_rate decay w is that
/// of L2 with lambda = decay / 2.
pub static ADAM: UpdateRule = UpdateRule {
    member: Member {
        kind: "adam",
        formula: "a = mean of slopes, b = of their squares, both bias-corrected; w - learning_rate a / (sqrt(b) + epsilon)",
        parameters: &[LEARNING_RATE, OF_SLOPES, OF_SQUARES, EPSILON],
    },
    direction: &MOMENTS,
    penalty_steps: ADAPTIVE,
};

/// PyTorch's RMSprop, without momentum and not centred (Hinton, 2012).
pub static RMSPROP: UpdateRule = UpdateRule {
    member: Member {
        kind: "rmsprop",
        formula: "a = mean of squared slopes; w - learning_rate slope / (sqrt(a) + epsilon)",
        parameters: &[
            LEARNING_RATE,
            Parameter {
                name: "alpha",
                ..Parameter::new(Domain::BelowOne, "what the mean of squared slopes keeps a step").or(0.99)
            },
            EPSILON,
        ],
    },
    direction: &MEAN_SQUARE,
    penalty_steps: ADAPTIVE,
};

/// PyTorch's Adagrad (Duchi, Hazan and Singer, J. Mach. Learn. Res. 12, 2011).
pub static ADAGRAD: UpdateRule = UpdateRule {
    member: Member {
        kind: "adagrad",
        formula: "a = sum of squared slopes; w - learning_rate slope / (sqrt(a) + epsilon)",
        parameters: &[
            LEARNING_RATE,
            Parameter {
                name: "epsilon",
                ..Parameter::new(Domain::Positive, "added to the root of the squares").or(1e-10)
            },
        ],
    },
    direction: &SUM_OF_SQUARES,
    penalty_steps: ADAPTIVE,
};

/// w - learning_rate sign(slope): steps of one length.
pub static SIGN_DESCENT: UpdateRule = UpdateRule {
    member: Member { kind: "sign_descent", formula: "w - learning_rate sign(slope)", parameters: PLAIN },
    direction: &SIGN,
    penalty_steps: ADAPTIVE,
};
