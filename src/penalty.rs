//! The table of penalties: lambda R(w).

use crate::audit::rules;
use crate::formula::{self, PenaltyProx, PenaltySlope};
use crate::lanes::{Cumulative, Decoupled, InFactors, InLoss, InLossRight, Pass, Proximal, Sticky, Truncated};
use crate::member::{Domain, Member, Parameter, by_member};
use crate::optimizer::PenaltyStep;
use crate::spec::visit;

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
        if power > 1.0 {
            return None;
        }
        if power == 1.0 {
            return Some(slope / (self.in_f64.slope)(f64::MIN_POSITIVE, own));
        }
        let w = 2.0 * (1.0 - power) / (2.0 - power) * slope / curvature;
        let gained = slope * w - curvature / 2.0 * w * w;
        Some(if w > 0.0 { gained / libm::pow(w, power) } else { 0.0 })
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
        formula::lk_one => "k = 1" [kink prox],
        formula::lk_three_halves => "k = 3/2" [slope prox],
        formula::lk_two => "k = 2" [slope prox],
        formula::lk_three => "k = 3" [slope prox],
        formula::lk_integer => "k in 4..32" [slope prox],
        formula::lk_concave => "k < 1" [slope prox],
        formula::lk_convex => "k > 1" [slope prox],
    ],
    variant_by: (0, lk_variant),
    power_at_zero: |own| own[0],
    convex: |own| own[0] >= 1.0,
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
    variants: [formula::elastic_net => "elastic_net" [kink prox]],
    power_at_zero: |own| if own[1] > 0.0 { 1.0 } else { 2.0 },
    convex: |_| true,
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

crate::penalty! {
    /// lambda for every weight that is not zero.
    pub static L0 = "l0", "lambda [w != 0]",
    { lambda: LAMBDA },
    variants: [formula::l0 => "l0" [prox]],
    power_at_zero: |_| 0.0,
    in_f64: InF64 {
        value: |w, own| if w == 0.0 { 0.0 } else { own[0] },
        slope: |_, _| 0.0,
        prox: Some(|x, step, own| rules::best(L0.in_f64, x, step, own, &[x.abs()])),
    },
}

crate::penalty! {
    /// The minimax concave penalty (Zhang, Ann. Statist. 38, 2010).
    pub static MCP = "mcp", "lambda |w| - w^2 / (2 gamma) up to |w| = gamma lambda, constant beyond",
    {
        lambda: LAMBDA,
        gamma: Parameter::new(Domain::Positive, "where the penalty becomes flat, in lambdas").or(3.0).shape(),
    },
    variants: [formula::mcp => "mcp" [kink prox]],
    in_f64: InF64 {
        value: |w, own| {
            let [lambda, gamma] = [own[0], own[1]];
            let held = w.abs().min(gamma * lambda);
            lambda * held - held * held / (2.0 * gamma)
        },
        slope: |w, own| {
            let [lambda, gamma] = [own[0], own[1]];
            if w == 0.0 || w.abs() > gamma * lambda { 0.0 } else { (lambda - w.abs() / gamma).copysign(w) }
        },
        prox: Some(|x, step, own| {
            let ([lambda, gamma], y) = ([own[0], own[1]], x.abs());
            let inside = ((y - step * lambda) / (1.0 - step / gamma)).clamp(0.0, gamma * lambda);
            rules::best(MCP.in_f64, x, step, own, &[inside, y.max(gamma * lambda)])
        }),
    },
}

crate::penalty! {
    /// The smoothly clipped absolute deviation (Fan and Li, J. Amer. Statist. Assoc. 96, 2001).
    pub static SCAD = "scad", "lambda |w| up to |w| = lambda, a parabola up to gamma lambda, constant beyond",
    {
        lambda: LAMBDA,
        gamma: Parameter::new(Domain::AboveTwo, "where the penalty becomes flat, in lambdas").or(3.7).shape(),
    },
    variants: [formula::scad => "scad" [kink prox]],
    in_f64: InF64 {
        value: |w, own| {
            let ([lambda, gamma], size) = ([own[0], own[1]], w.abs());
            if size <= lambda {
                lambda * size
            } else if size <= gamma * lambda {
                (2.0 * gamma * lambda * size - size * size - lambda * lambda) / (2.0 * (gamma - 1.0))
            } else {
                lambda * lambda * (gamma + 1.0) / 2.0
            }
        },
        slope: |w, own| {
            let ([lambda, gamma], size) = ([own[0], own[1]], w.abs());
            let slope = if size == 0.0 || size > gamma * lambda {
                0.0
            } else if size <= lambda {
                lambda
            } else {
                (gamma * lambda - size) / (gamma - 1.0)
            };
            slope.copysign(w)
        },
        prox: Some(|x, step, own| {
            let ([lambda, gamma], y) = ([own[0], own[1]], x.abs());
            let first = (y - step * lambda).clamp(0.0, lambda);
            let second = ((gamma - 1.0) * y - gamma * step * lambda) / (gamma - 1.0 - step);
            let second = second.clamp(lambda, gamma * lambda);
            rules::best(SCAD.in_f64, x, step, own, &[first, second, y.max(gamma * lambda)])
        }),
    },
}

crate::penalty! {
    /// The logarithmic penalty of reweighted L1 (Candes, Wakin and Boyd, J. Fourier Anal. Appl. 14, 2008).
    pub static LOG_SUM = "log_sum", "lambda log(1 + |w| / delta)",
    {
        lambda: LAMBDA,
        delta: Parameter::new(Domain::Positive, "weight below which it is nearly L1 of strength lambda / delta").shape(),
    },
    variants: [formula::log_sum => "log_sum" [kink prox]],
    in_f64: InF64 {
        value: |w, own| own[0] * libm::log1p(w.abs() / own[1]),
        slope: |w, own| if w == 0.0 { 0.0 } else { (own[0] / (own[1] + w.abs())).copysign(w) },
        prox: Some(|x, step, own| {
            let ([u, delta], y) = ([step * own[0], own[1]], x.abs());
            let middle = (y - delta) / 2.0;
            let square = middle * middle + y * delta - u;
            let root = square.max(0.0).sqrt();
            // The product of the two roots is u - y delta: of two terms that nearly cancel, the other form.
            let root = if middle < 0.0 { (y * delta - u) / (root - middle) } else { middle + root };
            // One step of the fixed point takes off what is left of their rounding.
            let root = if square < 0.0 { 0.0 } else { (y - u / (delta + root.max(0.0))).clamp(0.0, y) };
            rules::best(LOG_SUM.in_f64, x, step, own, &[root])
        }),
    },
}

crate::penalty! {
    /// L1 up to a cap (Zhang, J. Mach. Learn. Res. 11, 2010).
    pub static CAPPED_L1 = "capped_l1", "lambda min(|w|, cap)",
    {
        lambda: LAMBDA,
        cap: Parameter::new(Domain::Positive, "the weight from which on the penalty is flat").shape(),
    },
    variants: [formula::capped_l1 => "capped_l1" [kink prox]],
    in_f64: InF64 {
        value: |w, own| own[0] * w.abs().min(own[1]),
        slope: |w, own| if w == 0.0 || w.abs() >= own[1] { 0.0 } else { own[0].copysign(w) },
        prox: Some(|x, step, own| {
            let ([lambda, cap], y) = ([own[0], own[1]], x.abs());
            rules::best(CAPPED_L1.in_f64, x, step, own, &[(y - step * lambda).clamp(0.0, cap), y.max(cap)])
        }),
    },
}

crate::penalty! {
    /// L1 with a parabola around 0.
    pub static HUBERIZED_L1 = "huberized_l1", "lambda (w^2 / (2 delta) up to |w| = delta, |w| - delta / 2 beyond)",
    {
        lambda: LAMBDA,
        delta: DELTA,
    },
    variants: [formula::huberized_l1 => "huberized_l1" [slope prox]],
    power_at_zero: |_| 2.0,
    convex: |_| true,
    in_f64: InF64 {
        value: |w, own| {
            let ([lambda, delta], size) = ([own[0], own[1]], w.abs());
            lambda * if size <= delta { size * size / (2.0 * delta) } else { size - delta / 2.0 }
        },
        slope: |w, own| own[0] * (w / own[1]).clamp(-1.0, 1.0),
        prox: Some(|x, step, own| {
            let ([u, delta], y) = ([step * own[0], own[1]], x.abs());
            (if y <= delta + u { y / (1.0 + u / delta) } else { y - u }).copysign(x)
        }),
    },
}

crate::penalty! {
    /// lambda |w|^k with its corner or cusp at 0 rounded off.
    pub static SMOOTHED_LK = "smoothed_lk", "lambda (w^2 + delta^2)^(k/2)",
    {
        k: Parameter::new(Domain::Positive, "exponent far from 0").shape(),
        lambda: LAMBDA,
        delta: DELTA,
    },
    variants: [formula::smoothed_lk => "smoothed_lk" [slope]],
    power_at_zero: |_| 2.0,
    convex: |own| own[0] >= 1.0,
    in_f64: InF64 {
        value: |w, own| own[1] * libm::pow(libm::hypot(w, own[2]), own[0]),
        slope: |w, own| {
            let root = libm::hypot(w, own[2]);
            own[0] * own[1] * (w / root) * libm::pow(root, own[0] - 1.0)
        },
        prox: None,
    },
}

crate::penalty! {
    /// The group lasso (Yuan and Lin, J. R. Stat. Soc. B 68, 2006), and from l1_ratio above 0 on the sparse one (Simon, Friedman, Hastie and
    /// Tibshirani, J. Comput. Graph. Stat. 22, 2013).
    pub static GROUP_LASSO = "group_lasso",
        "lambda ((1 - l1_ratio) sqrt(p) |w|_2 + l1_ratio |w|_1) for each group of p weights",
    {
        l1_ratio: Parameter::new(Domain::Share, "share of each |w| alone; 0 unless given").or(0.0).shape(),
        lambda: LAMBDA,
    },
    variants: [formula::lk_one => "group_lasso" [shared_prox]],
    convex: |_| true,
    over_groups: OverGroups { alone: Some(0) },
    in_f64: InF64 {
        value: |w, own| own[1] * w.abs(),
        slope: |w, own| if w == 0.0 { 0.0 } else { own[1].copysign(w) },
        prox: Some(|x, step, own| (x.abs() - step * own[1]).max(0.0).copysign(x)),
    },
}

crate::penalty! {
    /// MCP of the norms of groups (Huang, Breheny and Ma, Stat. Sci. 27, 2012).
    pub static GROUP_MCP = "group_mcp", "mcp of |w|_2 with lambda sqrt(p) for each group of p weights",
    {
        lambda: LAMBDA,
        gamma: Parameter::new(Domain::Positive, "where the penalty becomes flat, in lambdas sqrt(p)").or(3.0).shape(),
    },
    variants: [formula::mcp => "group_mcp" [shared_prox]],
    over_groups: OverGroups { alone: None },
    in_f64: MCP.in_f64,
}

const DELTA: Parameter = Parameter::new(Domain::Positive, "weight below which it bends to a smooth bottom").shape();
