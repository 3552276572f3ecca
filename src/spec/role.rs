//! The three roles that a spec fills with members of the family.

use super::error::quote_all;
use crate::member::Member;
use crate::optimizer::Optimizer;
use crate::penalty::Penalty;
use crate::problem::Problem;

/// A role, as the type whose values are its members.
pub(super) trait Role: Copy + PartialEq + 'static {
    /// The key of the role in a spec, and the head of its parameters' paths.
    const NAME: &'static str;
    const ALL: &'static [Self];
    fn member(self) -> &'static Member;

    /// The kinds that a spec may give, in the order of the table.
    fn kinds() -> Vec<&'static str> {
        Self::ALL.iter().map(|kind| kind.member().kind).collect()
    }

    /// The kinds, for the help of an error.
    fn list_kinds() -> String {
        format!("the kinds are: {}", quote_all(&Self::kinds()))
    }

    /// The path of a parameter of the role's members.
    fn path(parameter: &str) -> String {
        format!("{}.{parameter}", Self::NAME)
    }
}

impl Role for Problem {
    const NAME: &'static str = "problem";
    const ALL: &'static [Self] = Problem::ALL;
    fn member(self) -> &'static Member {
        Problem::member(self)
    }
}

impl Role for Penalty {
    const NAME: &'static str = "penalty";
    const ALL: &'static [Self] = Penalty::ALL;
    fn member(self) -> &'static Member {
        Penalty::member(self)
    }
}

impl Role for Optimizer {
    const NAME: &'static str = "optimizer";
    const ALL: &'static [Self] = Optimizer::ALL;
    fn member(self) -> &'static Member {
        Optimizer::member(self)
    }
}
