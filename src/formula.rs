//! Every formula of `shaders/`, compiled as Rust.
//!
//! A formula stands once, as a scalar WGSL function that is valid Rust too, so GPU and CPU cannot drift apart. All of
//! them use correctly rounded operations alone (`+ - * /`, `sqrt`, integers; no fused multiply-add), so every processor
//! computes the same bits, whatever its vectors.

/// Includes one shared file as Rust.
macro_rules! shared {
    ($($part:expr),+) => {
        include!(concat!(env!("OUT_DIR"), "/", $($part,)+ ".wgsl"));
    };
}

/// The words of the shared formulas that WGSL has built in, or that `shaders/prelude.wgsl` defines.
pub mod words {
    /// Every parameter that a member of the family may read; 0 where a kernel does not need it.
    #[derive(Clone, Copy, Debug, Default, PartialEq)]
    pub struct Parameters {
        pub curvature: f32,
        pub target_weight: f32,
        pub k: f32,
        pub lambda: f32,
        pub learning_rate: f32,
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
        reason = "WGSL wants it so"
    )]
    use super::words::*;
    shared!("math");
}

/// Zero, events and fates (`shaders/verdict.wgsl`).
pub mod verdict {
    #![allow(
        clippy::needless_return,
        clippy::approx_constant,
        clippy::excessive_precision,
        reason = "WGSL wants it so"
    )]
    use super::words::*;
    shared!("verdict");
}

pub use words::Parameters;

/// One choice of members with its update w_n -> w_{n+1}.
pub trait Model {
    /// The WGSL texts of its problem and penalty, which define `loss_slope`, `penalty_slope` and `penalty_prox`.
    const MEMBERS: &'static [&'static str];
    /// The WGSL text of its optimizer, which defines `step`.
    const OPTIMIZER: &'static str;

    /// The iterate after `w`.
    fn step(w: f32, parameters: Parameters) -> f32;
}
