//! The table of directions: how a slope moves a weight.

use crate::formula;
use crate::lanes::Pass;

/// How a slope moves a weight.
#[derive(Debug)]
pub struct Direction {
    /// WGSL that defines `moved(state, slope, rate, factors, parameters...)`, and where the row has them
    /// `factors(n, parameters...)`, `momentum(b)`, `ahead(state, momentum)`, `reach(after, rate, factors, parameters...)` and `kept(after, w, rate)`.
    pub text: &'static str,
    /// The state after a step.
    pub moved: Pass,
    /// What it makes of the number of the step; `None` where that makes no difference to it.
    pub factors: Option<Pass>,
    /// What it makes of `b`, which is the same in all weights of a trajectory: `ahead` needs it, in the place of `factors`.
    pub momentum: Option<Pass>,
    /// The state with the weight at the place where the slope is taken; `None` where that is the weight's own.
    pub ahead: Option<Pass>,
    /// How far a slope of 1 moved the weight; `None` where that is the rate.
    pub reach: Option<Pass>,
    /// The state where a penalty step takes the weight on from there; `None` where that changes the weight alone.
    pub kept: Option<Pass>,
    pub in_f64: InF64,
}

/// A direction in f64, written on its own. `own` are its kind's parameters, `n` are the steps before this one.
#[derive(Clone, Copy, Debug)]
pub struct InF64 {
    /// The state after a step of this rate along this slope.
    pub moved: fn(state: StateInF64, slope: f64, rate: f64, n: u32, own: &[f64]) -> StateInF64,
    /// The state with the weight at the place where the slope is taken.
    pub ahead: fn(StateInF64) -> StateInF64,
    /// How far a slope of 1 moved the weight of `after`.
    pub reach: fn(after: StateInF64, rate: f64, n: u32, own: &[f64]) -> f64,
    /// The state where a penalty step takes the weight of `after` on to `w`.
    pub kept: fn(after: StateInF64, w: f64, rate: f64) -> StateInF64,
}

impl InF64 {
    /// One that moves a weight as this says, and is plain in all else.
    pub const fn of(moved: fn(StateInF64, f64, f64, u32, &[f64]) -> StateInF64) -> InF64 {
        InF64 {
            moved,
            ahead: |state| state,
            reach: |_, rate, _, _| rate,
            kept: |after, w, _| StateInF64 { w, ..after },
        }
    }
}

/// A weight in f64 with what its optimizer remembers of it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct StateInF64 {
    pub w: f64,
    pub a: f64,
    pub b: f64,
    pub c: f64,
}

/// A direction, from the module that [`formulas!`](crate::formulas) makes of its formulas. Its parameters are those of the
/// kinds that take it; it remembers 0 to 3 numbers of a weight. `has` lists which of `factors`, `momentum`, `ahead`, `reach` and
/// `kept` the module defines beside `moved`.
#[macro_export]
macro_rules! direction {
    (
        $(#[$doc:meta])* $vis:vis static $row:ident = $($module:ident)::+, ($($name:ident),+ $(,)?),
        remembers: $remembers:expr,
        has: [$($has:ident),*],
        in_f64: $in_f64:expr $(,)?
    ) => {
        const _: () = {
            use $($module)::+ as own;
            impl $crate::formula::Move for own::Formulas {
                const COUNT: usize = $crate::parameters!(@count $($name)+);
                const REMEMBERS: usize = $remembers;

                #[inline(always)]
                fn moved(
                    state: $crate::formula::State,
                    slope: f32,
                    rate: f32,
                    factors: $crate::formula::Factors,
                    parameters: impl Fn(usize) -> f32,
                ) -> $crate::formula::State {
                    $crate::called!(own::moved(state, slope, rate, factors), parameters, $($name)+)
                }
            }
        };
        $crate::direction!(@formulas ($($module)::+) ($($name)+) $($has)*);

        $(#[$doc])*
        $vis static $row: $crate::direction::Direction = {
            use $($module)::+ as own;
            $crate::direction::Direction {
                $($has: Some($crate::direction!(@pass $has own)),)*
                ..$crate::direction::Direction {
                    text: own::TEXT,
                    moved: $crate::lanes::Pass::of::<$crate::lanes::Moved<own::Formulas>>(),
                    factors: None,
                    momentum: None,
                    ahead: None,
                    reach: None,
                    kept: None,
                    in_f64: $in_f64,
                }
            }
        };
    };
    (@formulas $module:tt $names:tt) => {};
    (@formulas $module:tt $names:tt $has:ident $($more:ident)*) => {
        $crate::direction!(@formula $has $module $names);
        $crate::direction!(@formulas $module $names $($more)*);
    };
    (@pass factors $($module:ident)::+) => { $crate::lanes::Pass::of::<$crate::lanes::Factored<$($module)::+::Formulas>>() };
    (@pass momentum $($module:ident)::+) => { $crate::lanes::Pass::of::<$crate::lanes::WithMomentum<$($module)::+::Formulas>>() };
    (@pass ahead $($module:ident)::+) => { $crate::lanes::Pass::of::<$crate::lanes::LookedAhead<$($module)::+::Formulas>>() };
    (@pass reach $($module:ident)::+) => { $crate::lanes::Pass::of::<$crate::lanes::Reached<$($module)::+::Formulas>>() };
    (@pass kept $($module:ident)::+) => { $crate::lanes::Pass::of::<$crate::lanes::Kept<$($module)::+::Formulas>>() };
    (@formula factors ($($module:ident)::+) ($($name:ident)+)) => {
        impl $crate::formula::Factor for $($module)::+::Formulas {
            #[inline(always)]
            fn factors(n: i32, parameters: impl Fn(usize) -> f32) -> $crate::formula::Factors {
                $crate::called!($($module)::+::factors(n), parameters, $($name)+)
            }
        }
    };
    (@formula momentum ($($module:ident)::+) ($($name:ident)+)) => {
        impl $crate::formula::Momentum for $($module)::+::Formulas {
            #[inline(always)]
            fn momentum(b: f32) -> $crate::formula::Factors {
                $($module)::+::momentum(b)
            }
        }
    };
    (@formula ahead ($($module:ident)::+) ($($name:ident)+)) => {
        impl $crate::formula::Ahead for $($module)::+::Formulas {
            #[inline(always)]
            fn ahead(state: $crate::formula::State, momentum: $crate::formula::Factors) -> $crate::formula::State {
                $($module)::+::ahead(state, momentum)
            }
        }
    };
    (@formula reach ($($module:ident)::+) ($($name:ident)+)) => {
        impl $crate::formula::Reach for $($module)::+::Formulas {
            #[inline(always)]
            fn reach(
                after: $crate::formula::State,
                rate: f32,
                factors: $crate::formula::Factors,
                parameters: impl Fn(usize) -> f32,
            ) -> f32 {
                $crate::called!($($module)::+::reach(after, rate, factors), parameters, $($name)+)
            }
        }
    };
    (@formula kept ($($module:ident)::+) ($($name:ident)+)) => {
        impl $crate::formula::Keep for $($module)::+::Formulas {
            #[inline(always)]
            fn kept(after: $crate::formula::State, w: f32, rate: f32) -> $crate::formula::State {
                $($module)::+::kept(after, w, rate)
            }
        }
    };
}

crate::direction! {
    /// w - rate slope.
    pub static GRADIENT_DESCENT = formula::gradient_descent, (learning_rate),
    remembers: 0,
    has: [],
    in_f64: InF64::of(|state, slope, rate, _, _| StateInF64 { w: state.w - rate * slope, ..state }),
}

crate::direction! {
    /// a = momentum a + slope, then w - rate a.
    pub static MOMENTUM = formula::heavy_ball, (learning_rate, momentum),
    remembers: 1,
    has: [kept],
    in_f64: InF64 {
        kept: |after, w, rate| {
            let counted = if rate == 0.0 { 0.0 } else { (after.w - w) / rate };
            StateInF64 { w, a: after.a + counted, ..after }
        },
        ..InF64::of(|state, slope, rate, _, own| {
            let velocity = own[1] * state.a + slope;
            StateInF64 { w: state.w - rate * velocity, a: velocity, ..state }
        })
    },
}

crate::direction! {
    /// a = momentum a + slope, then w - rate (slope + momentum a).
    pub static NESTEROV_MOMENTUM = formula::nesterov, (learning_rate, momentum),
    remembers: 1,
    has: [],
    in_f64: InF64::of(|state, slope, rate, _, own| {
        let velocity = own[1] * state.a + slope;
        StateInF64 { w: state.w - rate * (slope + own[1] * velocity), a: velocity, ..state }
    }),
}

/// In f64, b is t_n, a the iterate before and c the place of the slope.
const ACCELERATED: InF64 = InF64 {
    ahead: |state| {
        let t = 0.5 + (0.25 + state.b * state.b).sqrt();
        let momentum = if state.b > 1.0 { (state.b - 1.0) / t } else { 0.0 };
        let place = state.w + momentum * (state.w - state.a);
        StateInF64 { w: place, a: state.w, b: t, c: place }
    },
    ..InF64::of(|state, slope, rate, _, _| StateInF64 { w: state.w - rate * slope, ..state })
};

crate::direction! {
    /// A step from w + (t_n - 1) / t_(n+1) (w - the w before), t_(n+1) = (1 + sqrt(1 + 4 t_n^2)) / 2, t_1 = 1.
    pub static LOOKAHEAD = formula::fista, (learning_rate),
    remembers: 3,
    has: [momentum, ahead],
    in_f64: ACCELERATED,
}

crate::direction! {
    /// The same, with t = 1 again where the step goes against the momentum.
    pub static RESTARTED = formula::fista_restart, (learning_rate),
    remembers: 3,
    has: [momentum, ahead, kept],
    in_f64: InF64 {
        kept: |after, w, _| {
            let turns = (after.c > w && w > after.a) || (after.c < w && w < after.a);
            StateInF64 { w, b: if turns { 0.0 } else { after.b }, ..after }
        },
        ..ACCELERATED
    },
}

/// What is left of 1 after n + 1 steps that keep beta of it, taken from 1.
fn seen(beta: f64, n: u32) -> f64 {
    -libm::expm1((f64::from(n) + 1.0) * libm::log(beta))
}

crate::direction! {
    /// Means of slopes and of their squares, each over 1 - beta^(n+1): w - rate a / (root of b + epsilon).
    pub static MOMENTS = formula::adam, (learning_rate, beta1, beta2, epsilon),
    remembers: 2,
    has: [factors, reach],
    in_f64: InF64 {
        reach: |after, rate, n, own| rate / ((after.b / seen(own[2], n)).sqrt() + own[3]),
        ..InF64::of(|state, slope, rate, n, own| {
            let a = own[1] * state.a + (1.0 - own[1]) * slope;
            let b = own[2] * state.b + (1.0 - own[2]) * slope * slope;
            let (mean, square) = (a / seen(own[1], n), b / seen(own[2], n));
            StateInF64 { w: state.w - rate * mean / (square.sqrt() + own[3]), a, b, ..state }
        })
    },
}

crate::direction! {
    /// The same over the root of the greatest mean of squares so far.
    pub static GREATEST_MOMENT = formula::amsgrad, (learning_rate, beta1, beta2, epsilon),
    remembers: 3,
    has: [factors, reach],
    in_f64: InF64 {
        reach: |after, rate, n, own| rate / ((after.c / seen(own[2], n)).sqrt() + own[3]),
        ..InF64::of(|state, slope, rate, n, own| {
            let a = own[1] * state.a + (1.0 - own[1]) * slope;
            let b = own[2] * state.b + (1.0 - own[2]) * slope * slope;
            let c = state.c.max(b);
            let (mean, square) = (a / seen(own[1], n), c / seen(own[2], n));
            StateInF64 { w: state.w - rate * mean / (square.sqrt() + own[3]), a, b, c }
        })
    },
}

crate::direction! {
    /// a = alpha a + (1 - alpha) slope^2, then w - rate slope / (root of a + epsilon).
    pub static MEAN_SQUARE = formula::rmsprop, (learning_rate, alpha, epsilon),
    remembers: 1,
    has: [reach],
    in_f64: InF64 {
        reach: |after, rate, _, own| rate / (after.a.sqrt() + own[2]),
        ..InF64::of(|state, slope, rate, _, own| {
            let a = own[1] * state.a + (1.0 - own[1]) * slope * slope;
            StateInF64 { w: state.w - rate * slope / (a.sqrt() + own[2]), a, ..state }
        })
    },
}

crate::direction! {
    /// a = a + slope^2, then w - rate slope / (root of a + epsilon).
    pub static SUM_OF_SQUARES = formula::adagrad, (learning_rate, epsilon),
    remembers: 1,
    has: [reach],
    in_f64: InF64 {
        reach: |after, rate, _, own| rate / (after.a.sqrt() + own[1]),
        ..InF64::of(|state, slope, rate, _, own| {
            let a = state.a + slope * slope;
            StateInF64 { w: state.w - rate * slope / (a.sqrt() + own[1]), a, ..state }
        })
    },
}

crate::direction! {
    /// w - rate, w or w + rate.
    pub static SIGN = formula::sign_descent, (learning_rate),
    remembers: 0,
    has: [],
    in_f64: InF64::of(|state, slope, rate, _, _| {
        let sign = if slope == 0.0 { 0.0 } else { slope.signum() };
        StateInF64 { w: state.w - rate * sign, ..state }
    }),
}

crate::direction! {
    /// w = a b, which a penalty step moves; at first a = root of |w| and b = w / a.
    pub static PRODUCT = formula::factored, (learning_rate),
    remembers: 3,
    has: [],
    in_f64: InF64::of(|state, _, _, _, _| {
        if state.a == 0.0 && state.b == 0.0 && state.w != 0.0 {
            let a = state.w.abs().sqrt();
            return StateInF64 { a, b: state.w / a, ..state };
        }
        state
    }),
}
