//! The table of schedules: what becomes of a number, the learning rate or lambda, in the course of a trajectory.

use crate::formula;
use crate::lanes::Pass;
use crate::member::{Domain, Member, Parameter, by_member};

/// A number x, the learning rate or lambda, in the course of a trajectory.
#[derive(Debug)]
pub struct Schedule {
    pub member: Member,
    /// WGSL that defines `rate_at(rate, n, parameters...)`.
    pub text: &'static str,
    /// Turns the learning rate of every lane into that of the step; `None` where it stays.
    pub rate: Option<Pass>,
    /// The same for lambda.
    pub strength: Option<Pass>,
    /// x in step n in f64, written on its own.
    pub in_f64: fn(rate: f64, n: u32, own: &[f64]) -> f64,
}

by_member!(Schedule);

/// A schedule, from the module that [`formulas!`](crate::formulas) makes of its formula.
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
                fn rate_at(rate: f32, n: i32, parameters: impl Fn(usize) -> f32) -> f32 {
                    $crate::called!(own::rate_at(rate, n), parameters, $($name)*)
                }
            }
        };

        $(#[$doc])*
        $vis static $row: $crate::schedule::Schedule = {
            use $($module)::+ as own;
            $crate::schedule::Schedule {
                member: $crate::member::Member {
                    kind: $kind,
                    formula: $formula,
                    parameters: $crate::parameters!({ $($name: $parameter),* }),
                },
                text: own::TEXT,
                rate: Some($crate::lanes::Pass::of::<$crate::lanes::Scheduled<own::Formulas>>()),
                strength: Some($crate::lanes::Pass::of::<$crate::lanes::Strengthened<own::Formulas>>()),
                in_f64: $in_f64,
            }
        };
    };
}

/// x stays.
pub static CONSTANT: Schedule = Schedule {
    member: Member { kind: "constant", formula: "x", parameters: &[] },
    text: formula::constant::TEXT,
    rate: None,
    strength: None,
    in_f64: |rate, _, _| rate,
};

/// A schedule begins once x has come up to its own, in steps of one length.
const WARMUP: Parameter = Parameter::new(Domain::NonNegative, "steps in which x first comes up, linearly").or(0.0);

const DECAY: Parameter = Parameter::new(Domain::NonNegative, "how fast x falls, a step");

const FACTOR: Parameter = Parameter::new(Domain::Share, "what x keeps each time");

const OVER: Parameter = Parameter::new(Domain::Positive, "steps until it is there");

crate::schedule! {
    /// x once it has come up to it, in steps of one length.
    pub static RISE = formula::rise, "warmup", "x (n + 1) / over; x from n = over - 1 on",
    { over: OVER },
    in_f64: |rate, n, own| warmed(n, own[0], |_| rate),
}

crate::schedule! {
    /// x / (1 + decay n).
    pub static INVERSE = formula::inverse, "inverse", "x / (1 + decay n)",
    { decay: DECAY, warmup: WARMUP },
    in_f64: |rate, n, own| warmed(n, own[1], |since| rate / (1.0 + own[0] * since)),
}

crate::schedule! {
    /// x / sqrt(1 + decay n).
    pub static INVERSE_SQRT = formula::inverse_sqrt, "inverse_sqrt", "x / sqrt(1 + decay n)",
    { decay: DECAY, warmup: WARMUP },
    in_f64: |rate, n, own| warmed(n, own[1], |since| rate / (1.0 + own[0] * since).sqrt()),
}

crate::schedule! {
    /// x factor^n.
    pub static EXPONENTIAL = formula::exponential, "exponential", "x factor^n",
    { factor: FACTOR, warmup: WARMUP },
    in_f64: |rate, n, own| warmed(n, own[1], |since| rate * libm::pow(own[0], since)),
}

crate::schedule! {
    /// x factor^floor(n / every).
    pub static STEP = formula::step, "step", "x factor^floor(n / every)",
    { factor: FACTOR, every: Parameter::new(Domain::Positive, "steps from one fall to the next"), warmup: WARMUP },
    in_f64: |rate, n, own| warmed(n, own[2], |since| rate * libm::pow(own[0], (since / own[1]).floor())),
}

crate::schedule! {
    /// to + (x - to) (1 + cos(pi n / over)) / 2, then to.
    pub static COSINE = formula::cosine, "cosine", "to + (x - to) (1 + cos(pi n / over)) / 2; to from n = over on",
    { over: OVER, to: Parameter::new(Domain::NonNegative, "x at the end").or(0.0), warmup: WARMUP },
    in_f64: |rate, n, own| warmed(n, own[2], |since| {
        let course = (since / own[0]).min(1.0);
        own[1] + (rate - own[1]) * (1.0 + libm::cos(std::f64::consts::PI * course)) / 2.0
    }),
}

crate::schedule! {
    /// x + (to - x) n / over, then to.
    pub static RAMP = formula::ramp, "ramp", "x + (to - x) n / over; to from n = over on",
    { over: OVER, to: Parameter::new(Domain::NonNegative, "x at the end") },
    in_f64: |rate, n, own| rate + (own[1] - rate) * (f64::from(n) / own[0]).min(1.0),
}

/// The rate of step n after a warm-up, by the steps since it ended.
fn warmed(n: u32, warmup: f64, rate: impl Fn(f64) -> f64) -> f64 {
    let n = f64::from(n);
    if n + 1.0 < warmup { rate(0.0) * (n + 1.0) / warmup } else { rate((n - warmup).max(0.0)) }
}
