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
    /// L(w) in f64.
    pub value_in_f64: fn(f64, &[f64]) -> f64,
    /// L'(w) in f64. Both are written from the mathematics and not from `shaders/`.
    pub slope_in_f64: fn(f64, &[f64]) -> f64,
    /// How it is the mean over the rows of a table, or what these make of it; `None` where it is the loss of a single weight, or of each weight alone.
    pub of_rows: Option<OfRows>,
}

by_member!(Problem);

/// A loss that is a mean over the rows of a table: each row has the loss of one weight at its linear predictor, x w + intercept, and its
/// response is one of that loss's parameters.
#[derive(Clone, Copy, Debug)]
pub struct OfRows {
    /// The parameters of the loss of one weight: `None` for the response.
    pub own: &'static [Option<f32>],
    pub curvature: Curvature,
    /// The responses that it is made for.
    pub response: Response,
}

impl OfRows {
    /// The parameters of the loss of a row with this response.
    pub fn of(self, response: f64) -> Vec<f64> {
        self.own.iter().map(|own| own.map_or(response, f64::from)).collect()
    }

    /// The second derivative of a row's loss, or a bound on it. Where there is none: the greatest of those that are met on the way from a
    /// predictor of 0, where it is 1, by that of all rows alike, where it is the mean of the responses, to that of the row's own response.
    pub fn bend(self, response: f64, mean_response: f64) -> f64 {
        match self.curvature {
            Curvature::Constant => 1.0,
            Curvature::AtMost(bound) => bound,
            Curvature::Mean => response.max(mean_response).max(1.0),
        }
    }
}

/// The second derivative of a row's loss by its linear predictor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Curvature {
    /// 1: the loss is a parabola.
    Constant,
    /// No more than this.
    AtMost(f64),
    /// The mean that the predictor gives the row, which has no bound.
    Mean,
}

/// What the responses of a table's rows may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Response {
    /// Any finite numbers, not all of them the same.
    Any,
    /// 0 and 1, both of them.
    Classes,
    /// Numbers of at least 0, not all of them the same.
    Counts,
    /// There are none, and no rows: a matrix says what they would make of the loss.
    None,
}

/// A row of the table, from the module that [`formulas!`](crate::formulas) makes of its formulas.
#[macro_export]
macro_rules! problem {
    (
        $(#[$doc:meta])* $vis:vis static $row:ident = $($module:ident)::+, $kind:literal, $formula:literal,
        { $($name:ident: $parameter:expr),* $(,)? },
        value_in_f64: $value:expr,
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
            value_in_f64: $value,
            slope_in_f64: $in_f64,
            of_rows: None,
        };
    };
}

const CURVATURE: Parameter = Parameter::new(Domain::NonNegative, "second derivative of the loss").or(1.0);
const SCALE: Parameter =
    Parameter::new(Domain::Positive, "what a weight of 1 adds to the log-odds, or to the logarithm of a mean").or(1.0);
const TARGET: Parameter = Parameter::new(Domain::Finite, "weight at which the loss is least");

crate::problem! {
    /// L(w) = 0: the penalty alone moves the weight.
    pub static NONE = formula::none, "none", "L(w) = 0", {},
    value_in_f64: |_, _| 0.0,
    slope_in_f64: |_, _| 0.0,
}

crate::problem! {
    /// L(w) = curvature / 2 (w - target)^2.
    pub static QUADRATIC = formula::quadratic, "quadratic", "L(w) = curvature / 2 (w - target)^2", {
        curvature: CURVATURE,
        target: TARGET,
    },
    value_in_f64: |w, own| own[0] / 2.0 * (w - own[1]) * (w - own[1]),
    slope_in_f64: |w, own| own[0] * (w - own[1]),
}

crate::problem! {
    /// L(w) = d0 w: the same slope everywhere.
    pub static LINEAR = formula::linear, "linear", "L(w) = d0 w", {
        d0: Parameter::new(Domain::Finite, "slope of the loss"),
    },
    value_in_f64: |w, own| own[0] * w,
    slope_in_f64: |_, own| own[0],
}

crate::problem! {
    /// A parabola up to a distance delta from its target, a line of the same slope beyond (Huber, Ann. Math. Statist. 35, 1964).
    pub static HUBER = formula::huber, "huber",
    "L(w) = curvature / 2 (w - target)^2 up to |w - target| = delta, curvature delta (|w - target| - delta / 2) beyond",
    {
        curvature: CURVATURE,
        target: TARGET,
        delta: Parameter::new(Domain::Positive, "distance from the target at which a line goes on from the parabola").or(1.0),
    },
    value_in_f64: |w, own| {
        let ([curvature, delta], distance) = ([own[0], own[2]], (w - own[1]).abs());
        curvature * if distance <= delta { distance * distance / 2.0 } else { delta * (distance - delta / 2.0) }
    },
    slope_in_f64: |w, own| {
        let distance = w - own[1];
        own[0] * if distance.abs() <= own[2] { distance } else { own[2].copysign(distance) }
    },
}

crate::problem! {
    /// The mean log-loss of a logistic model of one weight, where a share of the samples with feature `scale` is positive.
    pub static LOGISTIC = formula::logistic, "logistic", "L(w) = log(1 + e^(scale w)) - share scale w", {
        scale: SCALE,
        share: Parameter::new(Domain::Share, "share of positive samples; their log-odds are where the loss is least"),
    },
    value_in_f64: |w, own| {
        let odds = own[0] * w;
        libm::log1p(libm::exp(-odds.abs())) + odds.max(0.0) - own[1] * odds
    },
    slope_in_f64: |w, own| own[0] * (1.0 / (1.0 + libm::exp(-own[0] * w)) - own[1]),
}

crate::problem! {
    /// The mean loss of a Poisson model of one weight, without what no weight changes: counts of this mean, all with the feature `scale`.
    pub static POISSON = formula::poisson, "poisson", "L(w) = e^(scale w) - mean scale w", {
        scale: SCALE,
        mean: Parameter::new(Domain::NonNegative, "mean of the counts; its logarithm over scale is where the loss is least"),
    },
    value_in_f64: |w, own| {
        let logarithm = own[0] * w;
        libm::exp(logarithm) - own[1] * logarithm
    },
    slope_in_f64: |w, own| own[0] * (libm::exp(own[0] * w) - own[1]),
}

crate::problem! {
    /// L(w) = curvature / 4 (w - target)^4: flat at its target.
    pub static QUARTIC = formula::quartic, "quartic", "L(w) = curvature / 4 (w - target)^4", {
        curvature: STEEPNESS,
        target: TARGET,
    },
    value_in_f64: |w, own| {
        let square = (w - own[1]) * (w - own[1]);
        own[0] / 4.0 * square * square
    },
    slope_in_f64: |w, own| own[0] * (w - own[1]) * (w - own[1]) * (w - own[1]),
}

crate::problem! {
    /// Two minima near +-target, with a barrier of curvature / 4 target^4 between them; `tilt` makes one of them the lower.
    pub static DOUBLE_WELL = formula::double_well, "double_well", "L(w) = curvature / 4 (w^2 - target^2)^2 + tilt w", {
        curvature: STEEPNESS,
        target: Parameter::new(Domain::Positive, "size of the two weights at which the loss is least, without a tilt"),
        tilt: Parameter::new(Domain::Finite, "slope of the loss at 0").or(0.0),
    },
    value_in_f64: |w, own| {
        let below_top = w * w - own[1] * own[1];
        own[0] / 4.0 * below_top * below_top + own[2] * w
    },
    slope_in_f64: |w, own| own[0] * (w * w * w - own[1] * own[1] * w) + own[2],
}

const STEEPNESS: Parameter = Parameter::new(Domain::NonNegative, "four times the factor of the fourth power").or(1.0);

/// 1/(2n) |y - X w - intercept|^2: of a table with n rows.
pub static LEAST_SQUARES: Problem = Problem {
    member: Member { kind: "least_squares", formula: "L(w) = 1/(2n) |y - intercept - X w|^2", parameters: &[] },
    of_rows: Some(OfRows { own: &[Some(1.0), None], curvature: Curvature::Constant, response: Response::Any }),
    ..QUADRATIC
};

/// The mean log-loss of a logistic model of the classes 0 and 1: of a table with n rows, whose linear predictors are eta = intercept + X w.
pub static LOGISTIC_REGRESSION: Problem = Problem {
    member: Member {
        kind: "logistic_regression",
        formula: "L(w) = 1/n sum of log(1 + e^eta) - y eta, eta = intercept + X w",
        parameters: &[],
    },
    of_rows: Some(OfRows { own: &[Some(1.0), None], curvature: Curvature::AtMost(0.25), response: Response::Classes }),
    ..LOGISTIC
};

/// The mean loss of a Poisson model of counts, without what no weight changes: of a table with n rows, whose linear predictors are eta =
/// intercept + X w.
pub static POISSON_REGRESSION: Problem = Problem {
    member: Member {
        kind: "poisson_regression",
        formula: "L(w) = 1/n sum of e^eta - y eta, eta = intercept + X w",
        parameters: &[],
    },
    of_rows: Some(OfRows { own: &[Some(1.0), None], curvature: Curvature::Mean, response: Response::Counts }),
    ..POISSON
};

/// A parabola of many weights, whose matrix a spec gives.
pub static QUADRATIC_FORM: Problem = Problem {
    member: Member {
        kind: "quadratic_form",
        formula: "L(w) = 1/2 (w - minimum)' matrix (w - minimum)",
        parameters: &[],
    },
    of_rows: Some(OfRows { own: &[Some(1.0), None], curvature: Curvature::Constant, response: Response::None }),
    ..QUADRATIC
};
