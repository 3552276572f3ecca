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
            use crate::formula::{math::*, words::*};
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
            use $crate::formula::{math::*, words::*};
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
    /// A weight with what its optimizer remembers of it: at most two numbers, 0 at the start.
    #[derive(Clone, Copy, Debug, Default, PartialEq)]
    pub struct State {
        pub w: f32,
        pub a: f32,
        pub b: f32,
    }

    /// The state of these numbers, as WGSL makes it.
    #[allow(non_snake_case, reason = "WGSL constructs a struct by its name")]
    #[inline(always)]
    pub fn State(w: f32, a: f32, b: f32) -> State {
        State { w, a, b }
    }

    /// What a step knows beside weight and parameters.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct Context {
        /// Steps taken before this one.
        pub n: i32,
        /// Tells trajectories apart that draw random numbers.
        pub key: u32,
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
    /// Steps over the root of a mean of squared slopes, along a mean of slopes.
    adam: "optimizer/adam";
    /// Steps over the root of a mean of squared slopes.
    rmsprop: "optimizer/rmsprop";
    /// Steps over the root of a sum of squared slopes.
    adagrad: "optimizer/adagrad";
    /// Steps of one length.
    sign_descent: "optimizer/sign_descent";
    /// A step that stops at zero.
    truncated: "optimizer/truncated";
    /// A learning rate that stays.
    constant: "schedule/constant";
    /// A learning rate that falls as 1 / n.
    inverse: "schedule/warmup" "schedule/inverse";
    /// A learning rate that falls as 1 / sqrt n.
    inverse_sqrt: "schedule/warmup" "schedule/inverse_sqrt";
    /// A learning rate that falls as a power of a factor.
    exponential: "schedule/warmup" "schedule/exponential";
    /// A learning rate that falls now and then.
    step: "schedule/warmup" "schedule/step";
    /// A learning rate that falls as half a cosine.
    cosine: "schedule/warmup" "schedule/cosine";
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

    /// Numbers that it remembers of a weight: none, `a`, or `a` and `b`; the others stay 0.
    const REMEMBERS: usize;

    /// The state after a step of this learning rate along this slope.
    fn moved(state: State, slope: f32, rate: f32, context: Context, own: impl Fn(usize) -> f32) -> State;
}

/// A direction with a metric of its own.
pub trait Reach: Move {
    /// How far a slope of 1 moved the weight of `after`: the step of a proximal map in that metric.
    fn reach(after: State, rate: f32, context: Context, own: impl Fn(usize) -> f32) -> f32;
}

/// A direction that must know what a penalty step does after it.
pub trait Keep: Move {
    /// The state where a penalty step then takes the weight of `after` on to `w`.
    fn kept(after: State, w: f32, rate: f32) -> State;
}

/// A learning rate in the course of a trajectory.
pub trait RateAt {
    /// The member's own parameters.
    const COUNT: usize;

    /// The learning rate of the step `context`, where it began as `rate`.
    fn rate_at(rate: f32, context: Context, own: impl Fn(usize) -> f32) -> f32;
}

pub use words::{Context, State};
