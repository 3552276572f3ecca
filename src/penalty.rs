//! Penalties: what a row of their table says, and what its formulas make of it. The rows are in `penalty/rows.rs`.

use crate::formula::{PenaltyProx, PenaltySlope};
use crate::lanes::{Cumulative, Decoupled, InFactors, InLoss, InLossRight, Pass, Proximal, Sticky, Truncated};
use crate::member::{Member, by_member};
use crate::optimizer::PenaltyStep;
use crate::spec::visit;

mod rows;

pub use rows::{CAPPED_L1, ELASTIC_NET, GROUP_LASSO, GROUP_MCP, HUBERIZED_L1, L0, LK, LOG_SUM, MCP, SCAD, SMOOTHED_LK};

/// A penalty lambda R(w).
#[derive(Debug)]
pub struct Penalty {
    pub member: Member,
    /// Its formulas: several where some values of a parameter have cheaper ones of their own.
    pub variants: &'static [Variant],
    /// The parameter that decides between the variants, by its place, and how.
    pub variant_by: Option<VariantBy>,
    /// The power of |w| that R is like near 0; below 1 it holds every weight there, above 1 none.
    pub power_at_zero: OfOwn<f64>,
    pub convex: OfOwn<bool>,
    /// Of those over groups of weights, which are a penalty on the norm of each group.
    pub over_groups: Option<OverGroups>,
    pub in_f64: InF64,
}

/// A penalty over groups: lambda (1 - alone) sqrt(p) R(|w|_2) for each group of p weights, and lambda alone R(w) for each weight. A weight
/// alone is a group: its penalty is lambda R(w).
#[derive(Clone, Copy, Debug)]
pub struct OverGroups {
    /// The place of the parameter that is the share of lambda on each weight alone; `None` where there is none. R is |w| where there is one.
    pub alone: Option<usize>,
}

/// The most parameters that a penalty has.
pub const MOST_OWN: usize = 4;

/// What a penalty's parameters say of it.
pub type OfOwn<T> = fn(own: &[f64]) -> T;

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

    /// Whether it is convex for all these values of its parameters.
    pub fn is_convex(&'static self, values: &[&[f32]]) -> bool {
        let mut digits = vec![0; values.len()];
        let lens: Vec<usize> = values.iter().map(|values| values.len()).collect();
        let shapes: Vec<usize> = self.shapes().map(|(place, _)| place).collect();
        let mut all = values.iter().all(|values| !values.is_empty());
        if all {
            visit(&lens, &shapes, |places| {
                digits.iter_mut().zip(places).for_each(|(digit, place)| *digit = *place as usize);
                let own: Vec<f64> = values.iter().zip(&digits).map(|(values, &digit)| values[digit].into()).collect();
                all &= (self.convex)(&own);
            });
        }
        all
    }

    /// The least lambda at which 0 is a minimum along a weight alone, where the loss falls from there with this slope and bends with this
    /// curvature, and `own` are the parameters with a lambda of 1; `None` where no lambda is enough, as from the power 1 on upwards.
    ///
    /// For R like |w| at 0: |slope| over R'(0+), which is exact for every convex loss. For |w|^k with k < 1, where 0 is always a local
    /// minimum, the least lambda at which it is the global one of a parabola: max of (|slope| w - curvature / 2 w^2) / w^k.
    pub fn zeroing_lambda(&self, slope: f64, curvature: f64, own: &[f64]) -> Option<f64> {
        let (slope, power) = (slope.abs(), (self.power_at_zero)(own));
        if let Some(kink) = self.kink(own) {
            return Some(slope / kink);
        }
        if power > 1.0 {
            return None;
        }
        let w = 2.0 * (1.0 - power) / (2.0 - power) * slope / curvature;
        let gained = slope * w - curvature / 2.0 * w * w;
        Some(if w > 0.0 { gained / libm::pow(w, power) } else { 0.0 })
    }

    /// Its slope beside 0, lambda R'(0+), where R is like |w| there.
    pub fn kink(&self, own: &[f64]) -> Option<f64> {
        ((self.power_at_zero)(own) == 1.0).then(|| (self.in_f64.slope)(f64::MIN_POSITIVE, own))
    }

    /// Whether every variant has what a penalty step needs.
    pub fn takes(&self, step: PenaltyStep) -> bool {
        self.variants.iter().all(|variant| variant.pass(step).is_some())
    }

    /// The share of lambda on each weight alone, of penalties over groups.
    pub fn share_alone(&self, own: &[f64]) -> f64 {
        self.over_groups.and_then(|over| over.alone).map_or(0.0, |place| own[place])
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
    /// Its parts of steps that ask for its slope.
    by_slope: Option<BySlope>,
    /// In the loss, with the slope right of 0 at 0: of penalties whose slope jumps there, from one finite value to another.
    kink: Option<Pass>,
    proximal: Option<Pass>,
}

/// A penalty's parts of steps, made of its slope.
#[derive(Clone, Copy, Debug)]
struct BySlope {
    in_loss: Pass,
    truncated: Pass,
    cumulative: Pass,
    sticky: Pass,
    decoupled: Pass,
    in_factors: Pass,
}

impl Variant {
    /// A variant that has nothing yet.
    pub const fn new(label: &'static str, text: &'static str) -> Variant {
        Variant { label, text, by_slope: None, kink: None, proximal: None }
    }

    /// The same with a slope.
    pub const fn slope<P: PenaltySlope>(self) -> Variant {
        let by_slope = BySlope {
            in_loss: Pass::of::<InLoss<P>>(),
            truncated: Pass::of::<Truncated<P>>(),
            cumulative: Pass::of::<Cumulative<P>>(),
            sticky: Pass::of::<Sticky<P>>(),
            decoupled: Pass::of::<Decoupled<P>>(),
            in_factors: Pass::of::<InFactors<P>>(),
        };
        Variant { by_slope: Some(by_slope), ..self }
    }

    /// The same with a slope that jumps at 0.
    pub const fn kink<P: PenaltySlope>(self) -> Variant {
        Variant { kink: Some(Pass::of::<InLossRight<P>>()), ..self.slope::<P>() }
    }

    /// The same with a proximal map.
    pub const fn prox<P: PenaltyProx>(self) -> Variant {
        Variant { proximal: Some(Pass::of::<Proximal<P>>()), ..self }
    }

    /// The same with the proximal map of another row, which has as many parameters.
    pub const fn shared_prox<P: PenaltyProx>(self) -> Variant {
        self.prox::<P>()
    }

    /// The penalty's part of a step; `None` where the variant lacks what it needs.
    pub fn pass(&self, step: PenaltyStep) -> Option<Pass> {
        let by_slope = |pass: fn(&BySlope) -> Pass| self.by_slope.as_ref().map(pass);
        match step {
            PenaltyStep::InLoss => by_slope(|of| of.in_loss),
            PenaltyStep::InLossRight => self.kink.or(by_slope(|of| of.in_loss)),
            PenaltyStep::Truncated => by_slope(|of| of.truncated),
            PenaltyStep::Cumulative => by_slope(|of| of.cumulative),
            PenaltyStep::Sticky => by_slope(|of| of.sticky),
            PenaltyStep::Decoupled => by_slope(|of| of.decoupled),
            PenaltyStep::InFactors => by_slope(|of| of.in_factors),
            PenaltyStep::Proximal | PenaltyStep::ProximalPlain => self.proximal,
        }
    }

    pub fn has_slope(&self) -> bool {
        self.by_slope.is_some()
    }

    /// Whether its slope jumps at 0, from one finite value to another.
    pub fn has_kink(&self) -> bool {
        self.kink.is_some()
    }

    pub fn has_prox(&self) -> bool {
        self.proximal.is_some()
    }
}

/// A row of the table, from the modules that [`formulas!`](crate::formulas) makes of its formulas. `slope` and `prox` say
/// which of the two a module defines; `kink` is a slope
/// that jumps at 0, and `shared_prox` a proximal map that another row's module has.
#[macro_export]
macro_rules! penalty {
    (
        $(#[$doc:meta])* $vis:vis static $row:ident = $kind:literal, $formula:literal,
        $parameters:tt,
        variants: [$($($module:ident)::+ => $label:literal $parts:tt),+ $(,)?],
        $(variant_by: $by:expr,)?
        $(power_at_zero: $power:expr,)?
        $(convex: $convex:expr,)?
        $(over_groups: $over_groups:expr,)?
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
            power_at_zero: $crate::penalty!(@or $($power)?, |_| 1.0),
            convex: $crate::penalty!(@or $($convex)?, |_| false),
            over_groups: $crate::penalty!(@by $($over_groups)?),
            in_f64: $in_f64,
        };
    };
    (@or , $default:expr) => { $default };
    (@or $given:expr, $default:expr) => { $given };
    (@by) => { None };
    (@by $by:expr) => { Some($by) };
    (@variant ($($module:ident)::+), $label:literal, [$($part:ident)+]) => {{
        use $($module)::+ as own;
        $crate::penalty::Variant::new($label, own::TEXT)$(.$part::<own::Formulas>())+
    }};
    (@impl $module:tt, [$($part:ident)+], $parameters:tt) => {
        $($crate::penalty!(@$part $module, $parameters);)+
    };
    (@shared_prox $module:tt, $parameters:tt) => {};
    (@kink $module:tt, $parameters:tt) => { $crate::penalty!(@slope $module, $parameters); };
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
