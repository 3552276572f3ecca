//! The table of problems: the losses L(w).

use crate::member::{Domain, Member, Parameter};

/// A loss L(w).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Problem {
    /// L(w) = 0: the penalty alone moves the weight.
    None,
    /// L(w) = curvature / 2 (w - target)^2.
    Quadratic,
}

impl Problem {
    /// Every problem, in the order of the documentation.
    pub const ALL: &'static [Problem] = &[Problem::None, Problem::Quadratic];

    /// The problem's row of the table.
    pub fn member(self) -> &'static Member {
        match self {
            Problem::None => &Member { kind: "none", formula: "L(w) = 0", parameters: &[] },
            Problem::Quadratic => &Member {
                kind: "quadratic",
                formula: "L(w) = curvature / 2 (w - target)^2",
                parameters: &[
                    Parameter {
                        name: "curvature",
                        meaning: "second derivative of the loss",
                        domain: Domain::NonNegative,
                        default: Some(1.0),
                    },
                    Parameter {
                        name: "target",
                        meaning: "weight at which the loss is least",
                        domain: Domain::Finite,
                        default: None,
                    },
                ],
            },
        }
    }
}
