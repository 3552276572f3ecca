//! What a member of the family is: its kind, its formula in words, and the parameters it needs.
//!
//! A member is a row: a `static` of [`Problem`], [`Penalty`], [`UpdateRule`](crate::optimizer::UpdateRule) (an optimizer as a spec names
//! it) or [`Schedule`]. Specs, schema, plan, both backends, the audit, tables and pictures follow the rows; none of them
//! knows a parameter by name. The macros [`formulas!`](crate::formulas!), [`problem!`](crate::problem!),
//! [`penalty!`](crate::penalty!), [`direction!`](crate::direction!) and [`schedule!`](crate::schedule!) make rows, those of
//! another crate, too.

use crate::optimizer;
use crate::penalty::{self, Penalty};
use crate::problem::{self, Problem};
use crate::schedule::{self, Schedule};
use std::collections::BTreeSet;
use std::hash::{Hash, Hasher};
use std::sync::{Mutex, PoisonError};

/// The values that a parameter may take. Every domain holds finite numbers only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Domain {
    /// Any finite number.
    Finite,
    /// Greater than zero.
    Positive,
    /// Zero or greater.
    NonNegative,
    /// From 0 to 1.
    Share,
    /// At least 0 and less than 1.
    BelowOne,
    /// Greater than 2.
    AboveTwo,
}

impl Domain {
    /// Every domain.
    pub const ALL: [Domain; 6] =
        [Domain::Finite, Domain::Positive, Domain::NonNegative, Domain::Share, Domain::BelowOne, Domain::AboveTwo];

    /// Whether `value` is finite and in the domain.
    pub fn contains(self, value: f64) -> bool {
        value.is_finite()
            && match self {
                Domain::Finite => true,
                Domain::Positive => value > 0.0,
                Domain::NonNegative => value >= 0.0,
                Domain::Share => (0.0..=1.0).contains(&value),
                Domain::BelowOne => (0.0..1.0).contains(&value),
                Domain::AboveTwo => value > 2.0,
            }
    }

    /// The domain as what follows a name: ` > 0`.
    pub fn sign(self) -> &'static str {
        match self {
            Domain::Finite => "",
            Domain::Positive => " > 0",
            Domain::NonNegative => " >= 0",
            Domain::Share => " in [0, 1]",
            Domain::BelowOne => " in [0, 1)",
            Domain::AboveTwo => " > 2",
        }
    }

    /// The domain in words that complete "must be ...".
    pub fn describe(self) -> &'static str {
        match self {
            Domain::Finite => "a finite number",
            Domain::Positive => "a number greater than 0",
            Domain::NonNegative => "a number of at least 0",
            Domain::Share => "a number from 0 to 1",
            Domain::BelowOne => "a number of at least 0 and less than 1",
            Domain::AboveTwo => "a number greater than 2",
        }
    }
}

/// A number that a member needs, named in a spec by `role.name`, for example `penalty.lambda`.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    pub name: &'static str,
    pub meaning: &'static str,
    pub domain: Domain,
    /// The value where the spec gives none; `None` where the spec must give one.
    pub default: Option<f64>,
    /// Whether it tells which penalty it is (k) rather than how strong (lambda): results are summed up for each value of it.
    pub shapes: bool,
}

impl Parameter {
    /// A parameter that a spec must give. The row names it.
    pub const fn new(domain: Domain, meaning: &'static str) -> Parameter {
        Parameter { name: "", meaning, domain, default: None, shapes: false }
    }

    /// One that a spec may leave out.
    pub const fn or(self, default: f64) -> Parameter {
        Parameter { default: Some(default), ..self }
    }

    /// One that tells which penalty it is.
    pub const fn shape(self) -> Parameter {
        Parameter { shapes: true, ..self }
    }
}

/// What every row has.
#[derive(Debug)]
pub struct Member {
    /// The name that a spec's `kind` gives.
    pub kind: &'static str,
    /// The formula, in plain text.
    pub formula: &'static str,
    /// In the order in which its formulas take them.
    pub parameters: &'static [Parameter],
}

impl Member {
    /// The place of the parameter called `name` among the member's own.
    pub fn place(&self, name: &str) -> Option<usize> {
        self.parameters.iter().position(|parameter| parameter.name == name)
    }
}

/// A name that a row does not have by itself, kept for ever: there are few.
pub(crate) fn kept(name: String) -> &'static str {
    static NAMES: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = names.get(name.as_str()) {
        return known;
    }
    let new: &'static str = name.leak();
    names.insert(new);
    new
}

/// Rows are told apart by their kinds.
impl PartialEq for Member {
    fn eq(&self, other: &Member) -> bool {
        self.kind == other.kind
    }
}

impl Eq for Member {}

impl Hash for Member {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.kind.hash(state);
    }
}

/// Rows are equal where their members are.
macro_rules! by_member {
    ($($row:ty),+) => {
        $(impl PartialEq for $row {
            fn eq(&self, other: &$row) -> bool {
                self.member == other.member
            }
        }

        impl Eq for $row {}

        impl std::hash::Hash for $row {
            fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
                std::hash::Hash::hash(&self.member, state);
            }
        })+
    };
}
pub(crate) use by_member;

/// The rows that a spec may choose from.
#[derive(Clone, Copy, Debug)]
pub struct Family {
    /// Those of one weight.
    pub problems: &'static [&'static Problem],
    /// Those of many weights.
    pub regressions: &'static [&'static Problem],
    /// Those of a weight alone.
    pub penalties: &'static [&'static Penalty],
    /// Those over groups of weights.
    pub group_penalties: &'static [&'static Penalty],
    pub optimizers: &'static [&'static optimizer::UpdateRule],
    pub schedules: &'static [&'static Schedule],
}

impl Family {
    /// All problems, those of one weight first.
    pub fn all_problems(&self) -> Vec<&'static Problem> {
        [self.problems, self.regressions].concat()
    }

    /// All penalties, those of a weight alone first.
    pub fn all_penalties(&self) -> Vec<&'static Penalty> {
        [self.penalties, self.group_penalties].concat()
    }
}

/// The rows of this crate, in the order of the documentation.
pub static FAMILY: Family = Family {
    problems: &[
        &problem::NONE,
        &problem::QUADRATIC,
        &problem::LINEAR,
        &problem::HUBER,
        &problem::LOGISTIC,
        &problem::POISSON,
        &problem::QUARTIC,
        &problem::DOUBLE_WELL,
    ],
    regressions: &[
        &problem::LEAST_SQUARES,
        &problem::LOGISTIC_REGRESSION,
        &problem::POISSON_REGRESSION,
        &problem::QUADRATIC_FORM,
    ],
    penalties: &[
        &penalty::LK,
        &penalty::ELASTIC_NET,
        &penalty::L0,
        &penalty::MCP,
        &penalty::SCAD,
        &penalty::LOG_SUM,
        &penalty::CAPPED_L1,
        &penalty::HUBERIZED_L1,
        &penalty::SMOOTHED_LK,
    ],
    group_penalties: &[&penalty::GROUP_LASSO, &penalty::GROUP_MCP],
    optimizers: &[
        &optimizer::SUBGRADIENT,
        &optimizer::TRUNCATED,
        &optimizer::PROXIMAL,
        &optimizer::PLAIN_DESCENT,
        &optimizer::HEAVY_BALL,
        &optimizer::NESTEROV,
        &optimizer::FISTA,
        &optimizer::FISTA_RESTART,
        &optimizer::ADAM,
        &optimizer::AMSGRAD,
        &optimizer::RMSPROP,
        &optimizer::ADAGRAD,
        &optimizer::SIGN_DESCENT,
        &optimizer::SPRED,
    ],
    schedules: &[
        &schedule::CONSTANT,
        &schedule::RISE,
        &schedule::INVERSE,
        &schedule::INVERSE_SQRT,
        &schedule::EXPONENTIAL,
        &schedule::STEP,
        &schedule::COSINE,
        &schedule::RAMP,
    ],
};

/// The parameters of a row, each by its name.
#[doc(hidden)]
#[macro_export]
macro_rules! parameters {
    (@count $($name:ident)*) => {{
        const NAMES: &[&str] = &[$(stringify!($name)),*];
        NAMES.len()
    }};
    ({ $($name:ident: $parameter:expr),* $(,)? }) => {
        &[$($crate::member::Parameter { name: stringify!($name), ..$parameter }),*]
    };
}
