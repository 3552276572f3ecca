//! Every formula of `shaders/`, compiled as Rust.
//!
//! A formula stands once, as a scalar WGSL function that is valid Rust too, so GPU and CPU cannot drift apart. All of
//! them use correctly rounded operations alone (`+ - * /`, `sqrt`, integers; no fused multiply-add), so every processor
//! computes the same bits, whatever its vectors.

/// Compiles shared files: each module holds the functions of its files, their WGSL as `TEXT`, and a type `Formulas` that
/// stands for them.
macro_rules! formula_files {
    ($($(#[$doc:meta])* $module:ident: $($file:literal)+;)+) => {
        $($(#[$doc])*
        pub mod $module {
            #![allow(unused, reason = "a member's file defines all that any step may ask of it")]
            #![allow(
                missing_docs,
                clippy::needless_return,
                clippy::approx_constant,
                clippy::excessive_precision,
                clippy::manual_range_contains,
                clippy::too_many_arguments,
                reason = "WGSL wants it so"
            )]
            use crate::formula::{math::*, warmup::*, words::*};
            $(include!(concat!(env!("OUT_DIR"), "/", $file, ".wgsl"));)+

            /// The functions as WGSL.
            pub const TEXT: &str = concat!($(include_str!(concat!("../shaders/", $file, ".wgsl"))),+);

            /// Stands for the functions where a type is wanted.
            pub struct Formulas;
        })+
    };
}

/// As this crate's modules of formulas, from functions that are written out in the common subset of WGSL and Rust.
///
/// ```
/// zerosweep::formulas! {
///     pub mod doubling {
///         fn loss_slope(w: f32, factor: f32) -> f32 {
///             return factor * (2.0 * w);
///         }
///     }
/// }
/// assert_eq!(doubling::loss_slope(1.5, 2.0), 6.0);
/// assert!(doubling::TEXT.contains("fn loss_slope"));
/// ```
#[macro_export]
macro_rules! formulas {
    ($vis:vis mod $module:ident { $(fn $name:ident($($argument:ident: $type:ty),* $(,)?) -> $result:ty $body:block)+ }) => {
        $vis mod $module {
            #![allow(
                unused,
                clippy::needless_return,
                clippy::approx_constant,
                clippy::excessive_precision,
                clippy::manual_range_contains,
                clippy::too_many_arguments,
                reason = "WGSL wants it so"
            )]
            use $crate::formula::{math::*, warmup::*, words::*};
            $(#[inline(always)]
            pub fn $name($($argument: $type),*) -> $result $body)+

            /// The functions as WGSL.
            pub const TEXT: &str =
                concat!($(stringify!(fn $name($($argument: $type),*) -> $result $body), "\n"),+);

            /// Stands for the functions where a type is wanted.
            pub struct Formulas;
        }
    };
}

/// Calls a formula with the member's own parameters, in their order, behind its other arguments.
#[doc(hidden)]
#[macro_export]
macro_rules! called {
    ($($function:ident)::+($($argument:expr),*), $own:ident, $($name:ident)*) => {{
        #[allow(unused, reason = "a member may have no parameter")]
        let (mut index, own) = (0, &$own);
        #[allow(unused, reason = "a member may have no parameter")]
        let mut next = |_name: &str| {
            index += 1;
            own(index - 1)
        };
        $($function)::+($($argument,)* $(next(stringify!($name))),*)
    }};
}

/// The words of the shared formulas that WGSL has built in, or that `shaders/prelude.wgsl` defines.
pub mod words {
    /// Structs that are made as WGSL makes them.
    macro_rules! structs {
        ($($(#[$doc:meta])* $name:ident { $($(#[$of_field:meta])* $field:ident: $type:ty),+ })+) => {
            $($(#[$doc])*
            #[derive(Clone, Copy, Debug, Default, PartialEq)]
            pub struct $name {
                $($(#[$of_field])* pub $field: $type),+
            }

            #[allow(non_snake_case, reason = "WGSL constructs a struct by its name")]
            #[inline(always)]
            pub fn $name($($field: $type),+) -> $name {
                $name { $($field),+ }
            })+
        };
    }

    structs! {
        /// A weight with what its optimizer remembers of it: at most three numbers, 0 at the start.
        State { w: f32, a: f32, b: f32, c: f32 }

        /// What an optimizer makes of its parameters and the number of the step.
        Factors { first: f32, second: f32 }

        /// Two words of random bits.
        Words { first: u32, second: u32 }
    }

    /// The sum modulo 2^32.
    #[inline(always)]
    pub fn plus(a: u32, b: u32) -> u32 {
        a.wrapping_add(b)
    }

    /// The bits, moved up by some places and round the end.
    #[inline(always)]
    pub fn rotated(x: u32, by: u32) -> u32 {
        x.rotate_left(by)
    }

    #[inline(always)]
    pub fn to_i32(x: u32) -> i32 {
        x.cast_signed()
    }

    #[inline(always)]
    pub fn abs(x: f32) -> f32 {
        x.abs()
    }

    /// -1, 0 or 1; 0 at 0, unlike [`f32::signum`].
    #[inline(always)]
    pub fn sign(x: f32) -> f32 {
        select(0.0, from_bits((bits(x) & i32::MIN) | 0x3f80_0000), x != 0.0)
    }

    #[inline(always)]
    pub fn sqrt(x: f32) -> f32 {
        x.sqrt()
    }

    #[inline(always)]
    pub fn floor(x: f32) -> f32 {
        x.floor()
    }

    /// The lesser of two; comparisons and selects, which become one vector instruction each.
    #[inline(always)]
    pub fn min<T: PartialOrd>(a: T, b: T) -> T {
        if a < b { a } else { b }
    }

    /// The greater of two.
    #[inline(always)]
    pub fn max<T: PartialOrd>(a: T, b: T) -> T {
        if a > b { a } else { b }
    }

    /// WGSL's order: what holds if the condition is false, what holds if it is true, the condition.
    #[inline(always)]
    pub fn select<T>(if_false: T, if_true: T, condition: bool) -> T {
        if condition { if_true } else { if_false }
    }

    #[inline(always)]
    pub fn bits(x: f32) -> i32 {
        x.to_bits().cast_signed()
    }

    #[inline(always)]
    pub fn from_bits(x: i32) -> f32 {
        f32::from_bits(x.cast_unsigned())
    }

    #[inline(always)]
    pub fn to_f32(x: i32) -> f32 {
        x as f32
    }

    /// The nearest integer, ties to even, for |x| < 2^22: beside 1.5 * 2^23 the last bit of an f32 is worth 1.
    #[inline(always)]
    pub fn round_to_i32(x: f32) -> i32 {
        const ANCHOR: f32 = 12_582_912.0;
        bits(x + ANCHOR) - bits(ANCHOR)
    }
}

/// log2, exp2 and powers (`shaders/math.wgsl`).
pub mod math {
    #![allow(
        clippy::needless_return,
        clippy::approx_constant,
        clippy::excessive_precision,
        clippy::manual_range_contains,
        reason = "WGSL wants it so"
    )]
    use super::words::*;
    include!(concat!(env!("OUT_DIR"), "/math.wgsl"));
}

/// What schedules begin with (`shaders/schedule/warmup.wgsl`).
pub mod warmup {
    #![allow(clippy::needless_return, reason = "WGSL wants it so")]
    use super::words::*;
    include!(concat!(env!("OUT_DIR"), "/schedule/warmup.wgsl"));

    /// The functions as WGSL.
    pub const TEXT: &str = include_str!("../shaders/schedule/warmup.wgsl");
}

/// Zero, events and fates (`shaders/verdict.wgsl`).
pub mod verdict {
    #![allow(
        clippy::needless_return,
        clippy::approx_constant,
        clippy::excessive_precision,
        clippy::manual_range_contains,
        reason = "WGSL wants it so"
    )]
    use super::words::*;
    include!(concat!(env!("OUT_DIR"), "/verdict.wgsl"));
}

formula_files! {
    /// L(w) = 0.
    none: "problem/none";
    /// A parabola.
    quadratic: "problem/quadratic";
    /// A line.
    linear: "problem/linear";
    /// A parabola between two lines.
    huber: "problem/huber";
    /// Two classes.
    logistic: "problem/logistic";
    /// Counts.
    poisson: "problem/poisson";
    /// A fourth power.
    quartic: "problem/quartic";
    /// Two minima.
    double_well: "problem/double_well";
    /// |w|^(1/2).
    lk_half: "penalty/lk_half";
    /// |w|^(2/3).
    lk_two_thirds: "penalty/lk_slope" "penalty/lk_two_thirds";
    /// |w|.
    lk_one: "penalty/lk_one";
    /// |w|^(3/2).
    lk_three_halves: "penalty/lk_three_halves";
    /// w^2.
    lk_two: "penalty/lk_two";
    /// |w|^3.
    lk_three: "penalty/lk_three";
    /// |w|^k, whole k.
    lk_integer: "penalty/lk_integer" "penalty/lk_convex";
    /// |w|^k, k < 1.
    lk_concave: "penalty/lk_slope" "penalty/lk_concave";
    /// |w|^k, k > 1.
    lk_convex: "penalty/lk_slope" "penalty/lk_convex";
    /// A mixture of |w| and w^2.
    elastic_net: "penalty/elastic_net";
    /// A constant for every weight that is not zero.
    l0: "penalty/l0";
    /// |w|, flattened from the start.
    mcp: "penalty/mcp";
    /// |w|, flattened later.
    scad: "penalty/scad";
    /// log(1 + |w|).
    log_sum: "penalty/log_sum";
    /// |w|, cut off.
    capped_l1: "penalty/capped_l1";
    /// |w|, rounded at 0.
    huberized_l1: "penalty/huberized_l1";
    /// |w|^k, rounded at 0.
    smoothed_lk: "penalty/smoothed_lk";
    /// A step down the slope.
    gradient_descent: "optimizer/gradient_descent";
    /// A step along a sum of slopes.
    heavy_ball: "optimizer/heavy_ball";
    /// The same, looking ahead.
    nesterov: "optimizer/nesterov";
    /// A step from a place that looks ahead, ever farther.
    fista: "optimizer/fista";
    /// The same, begun anew where it goes back.
    fista_restart: "optimizer/fista" "optimizer/restart";
    /// Steps over the root of a mean of squared slopes, along a mean of slopes.
    adam: "optimizer/bias" "optimizer/adam";
    /// The same over the greatest such mean.
    amsgrad: "optimizer/bias" "optimizer/amsgrad";
    /// Steps over the root of a mean of squared slopes.
    rmsprop: "optimizer/rmsprop";
    /// Steps over the root of a sum of squared slopes.
    adagrad: "optimizer/adagrad";
    /// Steps of one length.
    sign_descent: "optimizer/sign_descent";
    /// A weight as a product.
    factored: "optimizer/factors";
    /// A step of the penalty that stops at zero.
    truncated: "penalized/stop";
    /// One that stops there for ever.
    sticky: "penalized/stick";
    /// One that pays what is due.
    cumulative: "penalized/beside" "penalized/pay";
    /// A slope at zero as beside it.
    beside: "penalized/beside";
    /// A step of both factors.
    in_factors: "penalized/refactor";
    /// Random numbers.
    noise: "noise";
    /// A weight in 16 bits, 8 of them behind the point.
    bf16: "precision/bf16";
    /// A weight in 16 bits, 11 of them behind the point.
    f16: "precision/f16";
    /// A number that stays.
    constant: "schedule/constant";
    /// A number that comes up and stays.
    rise: "schedule/rise";
    /// A learning rate that falls as 1 / n.
    inverse: "schedule/inverse";
    /// A learning rate that falls as 1 / sqrt n.
    inverse_sqrt: "schedule/inverse_sqrt";
    /// A learning rate that falls as a power of a factor.
    exponential: "schedule/exponential";
    /// A learning rate that falls now and then.
    step: "schedule/step";
    /// A learning rate that falls as half a cosine.
    cosine: "schedule/cosine";
    /// A learning rate that goes to another.
    ramp: "schedule/ramp";
}

/// The slope of a problem.
pub trait LossSlope {
    /// The member's own parameters.
    const COUNT: usize;

    /// L'(w), where `own` gives the member's parameters.
    fn loss_slope(w: f32, own: impl Fn(usize) -> f32) -> f32;
}

/// The slope of a penalty.
pub trait PenaltySlope {
    /// The member's own parameters.
    const COUNT: usize;

    /// lambda R'(w).
    fn penalty_slope(w: f32, own: impl Fn(usize) -> f32) -> f32;
}

/// The proximal map of a penalty.
pub trait PenaltyProx {
    /// The member's own parameters.
    const COUNT: usize;

    /// argmin over v of (v - x)^2 / 2 + step lambda R(v): the global minimiser, at a tie 0.
    fn penalty_prox(x: f32, step: f32, own: impl Fn(usize) -> f32) -> f32;
}

/// How an optimizer moves a weight down a slope.
pub trait Move {
    /// The member's own parameters, the learning rate first.
    const COUNT: usize;

    /// Numbers that it remembers of a weight: none, `a`, `a` and `b`, or all three; the others stay as they are.
    const REMEMBERS: usize;

    /// The state after a step of this learning rate along this slope.
    fn moved(state: State, slope: f32, rate: f32, factors: Factors, own: impl Fn(usize) -> f32) -> State;
}

/// A direction that depends on the number of the step.
pub trait Factor: Move {
    /// What step n needs of that and of the parameters.
    fn factors(n: i32, own: impl Fn(usize) -> f32) -> Factors;
}

/// A direction that takes the slope at another place than the weight.
pub trait Ahead: Move {
    /// The state with the weight at that place.
    fn ahead(state: State, momentum: Factors) -> State;
}

/// A direction with a momentum that changes.
pub trait Momentum: Move {
    /// What a step makes of the number `b` of the state.
    fn momentum(b: f32) -> Factors;
}

/// A direction with a metric of its own.
pub trait Reach: Move {
    /// How far a slope of 1 moved the weight of `after`: the step of a proximal map in that metric.
    fn reach(after: State, rate: f32, factors: Factors, own: impl Fn(usize) -> f32) -> f32;
}

/// A direction that must know what a penalty step does after it.
pub trait Keep: Move {
    /// The state where a penalty step then takes the weight of `after` on to `w`.
    fn kept(after: State, w: f32, rate: f32) -> State;
}

/// A number in the course of a trajectory.
pub trait RateAt {
    /// The member's own parameters.
    const COUNT: usize;

    /// The number in step n, where it began as `rate`.
    fn rate_at(rate: f32, n: i32, own: impl Fn(usize) -> f32) -> f32;
}

/// A format that weights are rounded to.
pub trait Narrow {
    /// The nearest number of the format, 0 where that is no normal one.
    fn narrowed(w: f32) -> f32;
}

pub use words::{Factors, State, Words};
