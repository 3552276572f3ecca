//! The table of penalties: lambda R(w).

use crate::member::{Domain, Member, Parameter};

/// A penalty lambda R(w).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Penalty {
    /// lambda |w|^k for any real k > 0.
    Lk,
}

impl Penalty {
    /// Every penalty, in the order of the documentation.
    pub const ALL: &'static [Penalty] = &[Penalty::Lk];

    /// The penalty's row of the table.
    pub fn member(self) -> &'static Member {
        match self {
            Penalty::Lk => &Member {
                kind: "lk",
                formula: "lambda |w|^k",
                parameters: &[
                    Parameter { name: "k", meaning: "exponent of |w|", domain: Domain::Positive, default: None },
                    Parameter {
                        name: "lambda",
                        meaning: "strength of the penalty",
                        domain: Domain::NonNegative,
                        default: None,
                    },
                ],
            },
        }
    }
}
