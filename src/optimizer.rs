//! The table of optimizers: the update rules w_n -> w_{n+1}.

use crate::member::{Domain, Member, Parameter};

/// An update rule. It sees slopes and proximal maps, never a formula of a problem or a penalty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Optimizer {
    /// w - learning_rate (L'(w) + lambda R'(w)), with R'(0) = 0.
    Subgradient,
    /// v = w - learning_rate L'(w); then v - learning_rate lambda R'(v) where that keeps the sign of v, else 0.
    Truncated,
    /// The proximal map of learning_rate lambda R at w - learning_rate L'(w).
    Proximal,
}

const LEARNING_RATE: Parameter =
    Parameter { name: "learning_rate", meaning: "step size eta", domain: Domain::Positive, default: None };

impl Optimizer {
    /// Every optimizer, in the order of the documentation.
    pub const ALL: &'static [Optimizer] = &[Optimizer::Subgradient, Optimizer::Truncated, Optimizer::Proximal];

    /// The optimizer's row of the table.
    pub fn member(self) -> &'static Member {
        match self {
            Optimizer::Subgradient => &Member {
                kind: "subgradient",
                formula: "w - learning_rate (L'(w) + lambda R'(w)), with R'(0) = 0",
                parameters: &[LEARNING_RATE],
            },
            Optimizer::Truncated => &Member {
                kind: "truncated",
                formula: "v = w - learning_rate L'(w); v - learning_rate lambda R'(v) if that keeps the sign of v, else 0",
                parameters: &[LEARNING_RATE],
            },
            Optimizer::Proximal => &Member {
                kind: "proximal",
                formula: "argmin over v of (v - x)^2 / 2 + learning_rate lambda R(v), x = w - learning_rate L'(w)",
                parameters: &[LEARNING_RATE],
            },
        }
    }
}
