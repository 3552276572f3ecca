//! The table of problems: the losses L(w).

use crate::formula;
use crate::lanes::Pass;
use crate::member::{Domain, Member, Parameter, by_member};

/// A loss L(w).
#[derive(Debug)]
pub struct Problem {
    pub member: Member,
    /// WGSL that defines `loss_slope(w, parameters...)`.
    pub text: &'static str,
    /// Sets the slope of every lane to L'(w).
    pub slope: Pass,
    /// L'(w) in f64, written on its own.
    pub slope_in_f64: fn(f64, &[f64]) -> f64,
}

by_member!(Problem);

/// A row of the table, from the module that [`formulas!`](crate::formulas) makes of its formulas.
#[macro_export]
macro_rules! problem {
    (
        $(#[$doc:meta])* $vis:vis static $row:ident = $($module:ident)::+, $kind:literal, $formula:literal,
        { $($name:ident: $parameter:expr),* $(,)? },
        slope_in_f64: $in_f64:expr $(,)?
    ) => {
        impl $crate::formula::LossSlope for $($module)::+::Formulas {
            const COUNT: usize = $crate::parameters!(@count $($name)*);

            #[inline(always)]
            fn loss_slope(w: f32, own: impl Fn(usize) -> f32) -> f32 {
                $crate::called!($($module)::+::loss_slope(w), own, $($name)*)
            }
        }

        $(#[$doc])*
        $vis static $row: $crate::problem::Problem = $crate::problem::Problem {
            member: $crate::member::Member {
                kind: $kind,
                formula: $formula,
                parameters: $crate::parameters!({ $($name: $parameter),* }),
            },
            text: $($module)::+::TEXT,
            slope: $crate::lanes::Pass::of::<$crate::lanes::OfLoss<$($module)::+::Formulas>>(),
            slope_in_f64: $in_f64,
        };
    };
}

crate::problem! {
    /// L(w) = 0: the penalty alone moves the weight.
    pub static NONE = formula::none, "none", "L(w) = 0", {},
    slope_in_f64: |_, _| 0.0,
}

crate::problem! {
    /// L(w) = curvature / 2 (w - target)^2.
    pub static QUADRATIC = formula::quadratic, "quadratic", "L(w) = curvature / 2 (w - target)^2", {
        curvature: Parameter::new(Domain::NonNegative, "second derivative of the loss").or(1.0),
        target: Parameter::new(Domain::Finite, "weight at which the loss is least"),
    },
    slope_in_f64: |w, own| own[0] * (w - own[1]),
}
