//! The table of penalties: lambda R(w).

use super::{InF64, OverGroups};
use crate::audit::rules;
use crate::formula;
use crate::member::{Domain, Parameter};

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
