//! A choice of members, as a WGSL text and as a Rust type.

use crate::formula::Model;
use crate::optimizer::Optimizer;
use crate::problem::Problem;

/// The exponents k of lambda |w|^k that have a kernel of their own; what they share is data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Exponent {
    /// k = 1/2.
    Half,
    /// k = 2/3.
    TwoThirds,
    /// k = 1.
    One,
    /// k = 3/2.
    ThreeHalves,
    /// k = 2.
    Two,
    /// k = 3.
    Three,
    /// Whole k from 4 to 32: slopes by products.
    Integer,
    /// Every other k below 1.
    Concave,
    /// Every other k above 1.
    Convex,
}

impl Exponent {
    pub const ALL: &'static [Exponent] = &[
        Exponent::Half,
        Exponent::TwoThirds,
        Exponent::One,
        Exponent::ThreeHalves,
        Exponent::Two,
        Exponent::Three,
        Exponent::Integer,
        Exponent::Concave,
        Exponent::Convex,
    ];

    /// The kernel that serves `k`, which is greater than 0.
    pub fn of(k: f32) -> Exponent {
        const TWO_THIRDS: f32 = 2.0 / 3.0;
        match k {
            0.5 => Exponent::Half,
            TWO_THIRDS => Exponent::TwoThirds,
            1.0 => Exponent::One,
            1.5 => Exponent::ThreeHalves,
            2.0 => Exponent::Two,
            3.0 => Exponent::Three,
            k if (4.0..=32.0).contains(&k) && k.fract() == 0.0 => Exponent::Integer,
            k if k < 1.0 => Exponent::Concave,
            _ => Exponent::Convex,
        }
    }

    /// The exponents of the kernel in words: `k = 1/2`, `k in 4..32`, `k < 1`.
    pub fn label(self) -> &'static str {
        match self {
            Exponent::Half => "k = 1/2",
            Exponent::TwoThirds => "k = 2/3",
            Exponent::One => "k = 1",
            Exponent::ThreeHalves => "k = 3/2",
            Exponent::Two => "k = 2",
            Exponent::Three => "k = 3",
            Exponent::Integer => "k in 4..32",
            Exponent::Concave => "k < 1",
            Exponent::Convex => "k > 1",
        }
    }
}

/// One choice of members and exponent: one WGSL text, one CPU function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Kernel {
    pub problem: Problem,
    pub exponent: Exponent,
    pub optimizer: Optimizer,
}

/// Work that is written once for every [`Model`].
pub trait Visitor {
    type Output;
    fn visit<M: Model>(self) -> Self::Output;
}

impl Kernel {
    /// Every kernel there is.
    pub fn all() -> impl Iterator<Item = Kernel> {
        Problem::ALL.iter().flat_map(|&problem| {
            Exponent::ALL.iter().flat_map(move |&exponent| {
                Optimizer::ALL.iter().map(move |&optimizer| Kernel { problem, exponent, optimizer })
            })
        })
    }

    /// For people: `quadratic, k = 1, proximal`.
    pub fn label(self) -> String {
        let (problem, optimizer) = (self.problem.member().kind, self.optimizer.member().kind);
        format!("{problem}, {}, {optimizer}", self.exponent.label())
    }

    /// The whole WGSL module: words, formulas, the members under their link names `loss_slope`, `penalty_slope`,
    /// `penalty_prox` and `step`, then the driver.
    pub fn wgsl(self) -> String {
        struct Members;
        impl Visitor for Members {
            type Output = String;
            fn visit<M: Model>(self) -> String {
                M::MEMBERS.concat() + M::OPTIMIZER
            }
        }
        let mut text = String::new();
        text += include_str!("../shaders/prelude.wgsl");
        text += include_str!("../shaders/math.wgsl");
        text += include_str!("../shaders/verdict.wgsl");
        text += &self.visit(Members);
        text += include_str!("../shaders/driver.wgsl");
        #[cfg(feature = "mutants")]
        let text = crate::mutant::applied(text);
        text
    }
}

/// Compiles the update rules of one problem and penalty, whose link names and `MEMBERS` are in scope.
macro_rules! optimizers {
    ($($optimizer:ident $module:ident $file:literal),+) => {
        $(mod $module {
            use super::*;
            shared!("optimizer/", $file);
        }

        pub struct $optimizer;

        impl crate::formula::Model for $optimizer {
            const MEMBERS: &'static [&'static str] = MEMBERS;
            const OPTIMIZER: &'static str = include_str!(concat!("../shaders/optimizer/", $file, ".wgsl"));

            #[inline(always)]
            fn step(w: f32, parameters: Parameters) -> f32 {
                $module::step(w, parameters)
            }
        })+
    };
}

/// One row a problem and exponent: the shared files that define `loss_slope`, `penalty_slope` and `penalty_prox`.
macro_rules! kernels {
    ($($module:ident: $problem:ident $problem_file:literal, $exponent:ident [$($penalty_file:literal),+];)+) => {
        $(mod $module {
            #![allow(unused, reason = "a member's file defines all that any optimizer may ask of it")]
            #![allow(clippy::needless_return, clippy::approx_constant, clippy::excessive_precision, reason = "WGSL wants it so")]
            use crate::formula::{math::*, verdict::*, words::*};
            shared!("problem/", $problem_file);
            $(shared!("penalty/", $penalty_file);)+
            const MEMBERS: &[&str] = &[
                include_str!(concat!("../shaders/problem/", $problem_file, ".wgsl")),
                $(include_str!(concat!("../shaders/penalty/", $penalty_file, ".wgsl"))),+
            ];
            optimizers!(
                Subgradient subgradient "subgradient",
                Truncated truncated "truncated",
                Proximal proximal "proximal"
            );
        })+

        impl Kernel {
            /// Calls `visitor` with the kernel's model.
            pub fn visit<V: Visitor>(self, visitor: V) -> V::Output {
                match (self.problem, self.exponent, self.optimizer) {
                    $(
                        (Problem::$problem, Exponent::$exponent, Optimizer::Subgradient) =>
                            visitor.visit::<$module::Subgradient>(),
                        (Problem::$problem, Exponent::$exponent, Optimizer::Truncated) =>
                            visitor.visit::<$module::Truncated>(),
                        (Problem::$problem, Exponent::$exponent, Optimizer::Proximal) =>
                            visitor.visit::<$module::Proximal>(),
                    )+
                }
            }
        }
    };
}

kernels! {
    none_half: None "none", Half ["lk_half"];
    none_two_thirds: None "none", TwoThirds ["lk_slope", "lk_two_thirds"];
    none_one: None "none", One ["lk_one"];
    none_three_halves: None "none", ThreeHalves ["lk_three_halves"];
    none_two: None "none", Two ["lk_two"];
    none_three: None "none", Three ["lk_three"];
    none_integer: None "none", Integer ["lk_integer", "lk_convex"];
    none_concave: None "none", Concave ["lk_slope", "lk_concave"];
    none_convex: None "none", Convex ["lk_slope", "lk_convex"];
    quadratic_half: Quadratic "quadratic", Half ["lk_half"];
    quadratic_two_thirds: Quadratic "quadratic", TwoThirds ["lk_slope", "lk_two_thirds"];
    quadratic_one: Quadratic "quadratic", One ["lk_one"];
    quadratic_three_halves: Quadratic "quadratic", ThreeHalves ["lk_three_halves"];
    quadratic_two: Quadratic "quadratic", Two ["lk_two"];
    quadratic_three: Quadratic "quadratic", Three ["lk_three"];
    quadratic_integer: Quadratic "quadratic", Integer ["lk_integer", "lk_convex"];
    quadratic_concave: Quadratic "quadratic", Concave ["lk_slope", "lk_concave"];
    quadratic_convex: Quadratic "quadratic", Convex ["lk_slope", "lk_convex"];
}
