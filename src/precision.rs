//! What a weight is stored in: it is rounded to that format after every step. All else is computed in f32.

use crate::formula::{self, Narrow};
use crate::lanes::{Narrowed, Pass};

/// A format of binary floating-point numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Precision {
    #[default]
    F32,
    /// bfloat16: the range of f32, 8 significant bits.
    Bf16,
    /// IEEE half: from 2^-14 to 65504, 11 significant bits.
    F16,
}

impl Narrow for formula::bf16::Formulas {
    #[inline(always)]
    fn narrowed(w: f32) -> f32 {
        formula::bf16::narrowed(w)
    }
}

impl Narrow for formula::f16::Formulas {
    #[inline(always)]
    fn narrowed(w: f32) -> f32 {
        formula::f16::narrowed(w)
    }
}

impl Precision {
    pub const ALL: [Precision; 3] = [Precision::F32, Precision::Bf16, Precision::F16];

    /// Its word in a spec.
    pub fn name(self) -> &'static str {
        match self {
            Precision::F32 => "f32",
            Precision::Bf16 => "bf16",
            Precision::F16 => "f16",
        }
    }

    /// WGSL that defines `narrowed(w)`.
    pub fn text(self) -> &'static str {
        match self {
            Precision::F32 => "fn narrowed(w: f32) -> f32 {\n    return w;\n}\n",
            Precision::Bf16 => formula::bf16::TEXT,
            Precision::F16 => formula::f16::TEXT,
        }
    }

    /// Rounds every weight; `None` where it is one of the format already.
    pub fn pass(self) -> Option<Pass> {
        match self {
            Precision::F32 => None,
            Precision::Bf16 => Some(Pass::of::<Narrowed<formula::bf16::Formulas>>()),
            Precision::F16 => Some(Pass::of::<Narrowed<formula::f16::Formulas>>()),
        }
    }

    /// Significant bits of a normal number.
    pub fn significant_bits(self) -> i32 {
        match self {
            Precision::F32 => 24,
            Precision::Bf16 => 8,
            Precision::F16 => 11,
        }
    }

    /// The least and the greatest exponent of a normal number.
    fn exponents(self) -> (i32, i32) {
        match self {
            Precision::F32 | Precision::Bf16 => (-126, 127),
            Precision::F16 => (-14, 15),
        }
    }

    /// The nearest number of the format in f64, ties to even, written on its own: 0 where that is no normal one, infinite where it
    /// is too large. Of f32, whose place f64 takes there, every number stays as it is.
    pub fn nearest_in_f64(self, w: f64) -> f64 {
        if self == Precision::F32 || w == 0.0 || !w.is_finite() {
            return w;
        }
        let (least, greatest) = self.exponents();
        let unit = libm::ldexp(1.0, libm::ilogb(w) + 1 - self.significant_bits());
        let nearest = (w / unit).round_ties_even() * unit;
        if nearest.abs() < libm::ldexp(1.0, least) {
            0.0
        } else if nearest.abs() >= libm::ldexp(1.0, greatest + 1) {
            f64::INFINITY.copysign(w)
        } else {
            nearest
        }
    }
}
