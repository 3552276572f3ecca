//! The table of penalties: lambda R(w).

use crate::audit::rules;
use crate::formula::{self, PenaltyProx, PenaltySlope};
use crate::lanes::{InLoss, Pass, Proximal, Truncated};
use crate::member::{Domain, Member, Parameter, by_member};
use crate::optimizer::PenaltyStep;

/// A penalty lambda R(w).
#[derive(Debug)]
pub struct Penalty {
    pub member: Member,
    /// Its formulas: several where some values of a parameter have cheaper ones of their own.
    pub variants: &'static [Variant],
    /// The parameter that decides between the variants, by its place, and how.
    pub variant_by: Option<VariantBy>,
    pub in_f64: InF64,
}

/// The place of a parameter in its row, and the variant that serves a value of it.
pub type VariantBy = (usize, fn(f32) -> usize);

by_member!(Penalty);

impl Penalty {
    /// The variant for this value of the parameter that decides.
    pub fn variant(&self, value: f32) -> usize {
        self.variant_by.map_or(0, |(_, of)| of(value))
    }

    /// The parameters that shape it: their places in its row, and their names.
    pub fn shapes(&'static self) -> impl Iterator<Item = (usize, &'static str)> {
        let parameters = self.member.parameters.iter().enumerate();
        parameters.filter(|(_, parameter)| parameter.shapes).map(|(place, parameter)| (place, parameter.name))
    }

    /// Whether every variant has what a penalty step needs.
    pub fn takes(&self, step: PenaltyStep) -> bool {
        self.variants.iter().all(|variant| variant.pass(step).is_some())
    }
}

/// A penalty in f64, written from the mathematics and not from `shaders/`. `own` are the member's parameters.
#[derive(Clone, Copy, Debug)]
pub struct InF64 {
    /// lambda R(w).
    pub value: fn(w: f64, own: &[f64]) -> f64,
    /// lambda R'(w), 0 at w = 0.
    pub slope: fn(w: f64, own: &[f64]) -> f64,
    /// Its proximal map, where there is something better than to minimise `value` by search.
    pub prox: Option<ProxInF64>,
}

/// argmin over v of (v - x)^2 / 2 + step lambda R(v), at a tie 0.
pub type ProxInF64 = fn(x: f64, step: f64, own: &[f64]) -> f64;

/// The formulas of a penalty, for all values of its parameters or for some.
#[derive(Debug)]
pub struct Variant {
    /// In words: `k = 1/2`, `k in 4..32`.
    pub label: &'static str,
    /// WGSL that defines `penalty_slope(w, parameters...)` and `penalty_prox(x, step, parameters...)`, or one of the two.
    pub text: &'static str,
    in_loss: Option<Pass>,
    truncated: Option<Pass>,
    proximal: Option<Pass>,
}

impl Variant {
    /// A variant that has nothing yet.
    pub const fn new(label: &'static str, text: &'static str) -> Variant {
        Variant { label, text, in_loss: None, truncated: None, proximal: None }
    }

    /// The same with a slope.
    pub const fn slope<P: PenaltySlope>(self) -> Variant {
        Variant { in_loss: Some(Pass::of::<InLoss<P>>()), truncated: Some(Pass::of::<Truncated<P>>()), ..self }
    }

    /// The same with a proximal map.
    pub const fn prox<P: PenaltyProx>(self) -> Variant {
        Variant { proximal: Some(Pass::of::<Proximal<P>>()), ..self }
    }

    /// The penalty's part of a step; `None` where the variant lacks what it needs.
    pub fn pass(&self, step: PenaltyStep) -> Option<Pass> {
        match step {
            PenaltyStep::InLoss => self.in_loss,
            PenaltyStep::Truncated => self.truncated,
            PenaltyStep::Proximal => self.proximal,
        }
    }

    pub fn has_slope(&self) -> bool {
        self.in_loss.is_some()
    }

    pub fn has_prox(&self) -> bool {
        self.proximal.is_some()
    }
}

/// A row of the table, from the modules that [`formulas!`](crate::formulas) makes of its formulas. `slope` and `prox` say
/// which of the two a module defines.
#[macro_export]
macro_rules! penalty {
    (
        $(#[$doc:meta])* $vis:vis static $row:ident = $kind:literal, $formula:literal,
        $parameters:tt,
        variants: [$($($module:ident)::+ => $label:literal $parts:tt),+ $(,)?],
        $(variant_by: $by:expr,)?
        in_f64: $in_f64:expr $(,)?
    ) => {
        $($crate::penalty!(@impl ($($module)::+), $parts, $parameters);)+

        $(#[$doc])*
        $vis static $row: $crate::penalty::Penalty = $crate::penalty::Penalty {
            member: $crate::member::Member {
                kind: $kind,
                formula: $formula,
                parameters: $crate::parameters!($parameters),
            },
            variants: &[$($crate::penalty!(@variant ($($module)::+), $label, $parts)),+],
            variant_by: $crate::penalty!(@by $($by)?),
            in_f64: $in_f64,
        };
    };
    (@by) => { None };
    (@by $by:expr) => { Some($by) };
    (@variant ($($module:ident)::+), $label:literal, [$($part:ident)+]) => {{
        use $($module)::+ as own;
        $crate::penalty::Variant::new($label, own::TEXT)$(.$part::<own::Formulas>())+
    }};
    (@impl $module:tt, [$($part:ident)+], $parameters:tt) => {
        $($crate::penalty!(@$part $module, $parameters);)+
    };
    (@slope ($($module:ident)::+), { $($name:ident: $parameter:expr),* $(,)? }) => {
        const _: () = {
            use $($module)::+ as own;
            impl $crate::formula::PenaltySlope for own::Formulas {
                const COUNT: usize = $crate::parameters!(@count $($name)*);

                #[inline(always)]
                fn penalty_slope(w: f32, parameters: impl Fn(usize) -> f32) -> f32 {
                    $crate::called!(own::penalty_slope(w), parameters, $($name)*)
                }
            }
        };
    };
    (@prox ($($module:ident)::+), { $($name:ident: $parameter:expr),* $(,)? }) => {
        const _: () = {
            use $($module)::+ as own;
            impl $crate::formula::PenaltyProx for own::Formulas {
                const COUNT: usize = $crate::parameters!(@count $($name)*);

                #[inline(always)]
                fn penalty_prox(x: f32, step: f32, parameters: impl Fn(usize) -> f32) -> f32 {
                    $crate::called!(own::penalty_prox(x, step), parameters, $($name)*)
                }
            }
        };
    };
}

const LAMBDA: Parameter = Parameter::new(Domain::NonNegative, "strength of the penalty");

crate::penalty! {
    /// lambda |w|^k for any real k > 0.
    pub static LK = "lk", "lambda |w|^k",
    {
        k: Parameter::new(Domain::Positive, "exponent of |w|").shape(),
        lambda: LAMBDA,
    },
    variants: [
        formula::lk_half => "k = 1/2" [slope prox],
        formula::lk_two_thirds => "k = 2/3" [slope prox],
        formula::lk_one => "k = 1" [slope prox],
        formula::lk_three_halves => "k = 3/2" [slope prox],
        formula::lk_two => "k = 2" [slope prox],
        formula::lk_three => "k = 3" [slope prox],
        formula::lk_integer => "k in 4..32" [slope prox],
        formula::lk_concave => "k < 1" [slope prox],
        formula::lk_convex => "k > 1" [slope prox],
    ],
    variant_by: (0, lk_variant),
    in_f64: InF64 {
        value: |w, own| own[1] * libm::pow(w.abs(), own[0]),
        slope: |w, own| own[1] * rules::slope(own[0], w),
        prox: Some(|x, step, own| rules::prox(own[0], step * own[1], x)),
    },
}

/// The variant of `lk` that serves `k`: those with a cheap exact form, then whole k, then all others.
fn lk_variant(k: f32) -> usize {
    const TWO_THIRDS: f32 = 2.0 / 3.0;
    match k {
        0.5 => 0,
        TWO_THIRDS => 1,
        1.0 => 2,
        1.5 => 3,
        2.0 => 4,
        3.0 => 5,
        k if (4.0..=32.0).contains(&k) && k.fract() == 0.0 => 6,
        k if k < 1.0 => 7,
        _ => 8,
    }
}

crate::penalty! {
    /// lambda (l1_ratio |w| + (1 - l1_ratio) / 2 w^2).
    pub static ELASTIC_NET = "elastic_net", "lambda (l1_ratio |w| + (1 - l1_ratio) / 2 w^2)",
    {
        lambda: LAMBDA,
        l1_ratio: Parameter::new(Domain::Share, "share of |w| in the penalty").shape(),
    },
    variants: [formula::elastic_net => "elastic_net" [slope prox]],
    in_f64: InF64 {
        value: |w, own| own[0] * (own[1] * w.abs() + (1.0 - own[1]) / 2.0 * w * w),
        slope: |w, own| {
            let sign = if w == 0.0 { 0.0 } else { w.signum() };
            own[0] * (own[1] * sign + (1.0 - own[1]) * w)
        },
        prox: Some(|x, step, own| {
            let u = step * own[0];
            ((x.abs() - u * own[1]).max(0.0) / (1.0 + u * (1.0 - own[1]))).copysign(x)
        }),
    },
}
