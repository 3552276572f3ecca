//! What a member of the family is: its kind, its formula in words, and the parameters it needs.

/// The values that a parameter may take. Every domain holds finite numbers only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Domain {
    /// Any finite number.
    Finite,
    /// Greater than zero.
    Positive,
    /// Zero or greater.
    NonNegative,
}

impl Domain {
    /// Whether `value` is finite and in the domain.
    pub fn contains(self, value: f64) -> bool {
        value.is_finite()
            && match self {
                Domain::Finite => true,
                Domain::Positive => value > 0.0,
                Domain::NonNegative => value >= 0.0,
            }
    }

    /// The domain in words that complete "must be ...".
    pub fn describe(self) -> &'static str {
        match self {
            Domain::Finite => "a finite number",
            Domain::Positive => "a number greater than 0",
            Domain::NonNegative => "a number of at least 0",
        }
    }
}

/// A number that a member needs, named in a spec by `role.name`, for example `penalty.lambda`.
#[derive(Debug)]
pub struct Parameter {
    pub name: &'static str,
    pub meaning: &'static str,
    pub domain: Domain,
    /// The value where the spec gives none; `None` where the spec must give one.
    pub default: Option<f64>,
}

/// One problem, penalty or optimizer of the family, as a spec names it.
#[derive(Debug)]
pub struct Member {
    /// The name that a spec's `kind` gives.
    pub kind: &'static str,
    /// The formula, in plain text.
    pub formula: &'static str,
    pub parameters: &'static [Parameter],
}
