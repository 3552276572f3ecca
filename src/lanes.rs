//! Blocks of trajectories in vector lanes, and what is compiled for them once an instruction set: passes, each of which
//! does one part of a step for all lanes, and fused steps, which do all of it.
//!
//! Every part of a step is a [`Pass`], made of one formula of one member. So code grows with the sum of the members, not
//! with their product; only the combinations that are worth it are fused ([`Composed`]).

use crate::formula::words::{Factors, State, Words};

mod bounded;
mod parts;

pub use bounded::Bounded;
pub(crate) use bounded::MOST_STEPS;
pub use parts::*;

/// Trajectories that advance in lockstep: four of the widest vectors, to cover the latency of one by the others.
pub const LANES: usize = 64;

/// One value a trajectory of a block.
pub type Lane<T> = [T; LANES];

/// The most parameters that a kernel may have.
pub const MOST_PARAMETERS: usize = 20;

/// The parameters of a block, in the order of its kernel.
pub type Parameters = [Lane<f32>; MOST_PARAMETERS];

/// A set of vector instructions that code is compiled for. All of them compute the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vectors {
    /// What every processor of the target has: SSE2 on x86-64, NEON on aarch64.
    Baseline,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

impl Vectors {
    /// What this processor can run, the widest last.
    pub fn available() -> Vec<Vectors> {
        #[cfg_attr(not(target_arch = "x86_64"), expect(unused_mut, reason = "the baseline is all there is"))]
        let mut available = vec![Vectors::Baseline];
        #[cfg(target_arch = "x86_64")]
        {
            let avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("bmi2");
            let avx512 = is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512dq")
                && is_x86_feature_detected!("avx512vl");
            available.extend(avx2.then_some(Vectors::Avx2));
            available.extend((avx2 && avx512).then_some(Vectors::Avx512));
        }
        available
    }

    /// The widest that this processor can run.
    pub fn widest() -> Vectors {
        *Vectors::available().last().expect("every processor should run the baseline")
    }

    /// Lanes whose state fits the registers: four vectors of each of its parts.
    #[inline(always)]
    pub(crate) const fn together(self) -> usize {
        match self {
            Vectors::Baseline => 16,
            #[cfg(target_arch = "x86_64")]
            Vectors::Avx2 => 32,
            #[cfg(target_arch = "x86_64")]
            Vectors::Avx512 => 64,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Vectors::Baseline if cfg!(target_arch = "aarch64") => "NEON",
            Vectors::Baseline => "baseline",
            #[cfg(target_arch = "x86_64")]
            Vectors::Avx2 => "AVX2",
            #[cfg(target_arch = "x86_64")]
            Vectors::Avx512 => "AVX-512",
        }
    }
}

/// One function, compiled for each instruction set.
#[derive(Clone, Copy, Debug)]
pub struct Compiled<F> {
    pub(crate) baseline: F,
    #[cfg(target_arch = "x86_64")]
    pub(crate) avx2: F,
    #[cfg(target_arch = "x86_64")]
    pub(crate) avx512: F,
}

impl<F: Copy> Compiled<F> {
    /// The function for these instructions, which must be among [`Vectors::available`].
    #[inline]
    pub fn get(&self, vectors: Vectors) -> F {
        match vectors {
            Vectors::Baseline => self.baseline,
            #[cfg(target_arch = "x86_64")]
            Vectors::Avx2 => self.avx2,
            #[cfg(target_arch = "x86_64")]
            Vectors::Avx512 => self.avx512,
        }
    }
}

/// A generic function compiled for each instruction set: `compiled!(function::<T>(argument: Type) where T: Bound)`. It gets
/// the instructions before its arguments. A function without types is named alone.
macro_rules! compiled {
    ($body:ident::<$($generic:ident),+>($($argument:ident: $type:ty),*) where $($bound:tt)+) => {
        $crate::lanes::compiled!(@each $body [::<$($generic),+>] [<$($bound)+>] ($($argument: $type),*))
    };
    ($body:ident($($argument:ident: $type:ty),*)) => {
        $crate::lanes::compiled!(@each $body [] [] ($($argument: $type),*))
    };
    (@each $body:ident [$($types:tt)*] [$($bounds:tt)*] ($($argument:ident: $type:ty),*)) => {{
        fn baseline $($bounds)* ($($argument: $type),*) {
            $body $($types)* ($crate::lanes::Vectors::Baseline, $($argument),*);
        }
        #[cfg(target_arch = "x86_64")]
        #[target_feature(enable = "avx2,bmi2")]
        fn avx2 $($bounds)* ($($argument: $type),*) {
            $body $($types)* ($crate::lanes::Vectors::Avx2, $($argument),*);
        }
        #[cfg(target_arch = "x86_64")]
        #[target_feature(enable = "avx2,bmi2,avx512f,avx512bw,avx512dq,avx512vl")]
        fn avx512 $($bounds)* ($($argument: $type),*) {
            $body $($types)* ($crate::lanes::Vectors::Avx512, $($argument),*);
        }
        $crate::lanes::Compiled {
            baseline: baseline $($types)* as unsafe fn($($type),*),
            #[cfg(target_arch = "x86_64")]
            avx2: avx2 $($types)* as unsafe fn($($type),*),
            #[cfg(target_arch = "x86_64")]
            avx512: avx512 $($types)* as unsafe fn($($type),*),
        }
    }};
}
pub(crate) use compiled;

/// A weight of each lane, with what the optimizer remembers of it. No vector of it lies across two cache lines.
#[derive(Clone, Debug)]
#[repr(C, align(64))]
pub struct Weight {
    pub w: Lane<f32>,
    pub a: Lane<f32>,
    pub b: Lane<f32>,
    pub c: Lane<f32>,
}

/// What the passes of one step hand on to each other.
#[derive(Clone, Debug)]
#[repr(C, align(64))]
pub struct Terms {
    /// Of the loss, and of the penalty where that is part of it; once the weight has moved, where the loss left it, for
    /// directions that ask for it.
    pub slope: Lane<f32>,
    /// The weight before it was rounded to the format that it is stored in.
    pub exact: Lane<f32>,
    /// The learning rate as the spec gives it, and that of this step.
    pub learning_rate: Lane<f32>,
    pub rate: Lane<f32>,
    /// The penalty's strength as the spec gives it, and that of this step.
    pub strength: Lane<f32>,
    pub lambda: Lane<f32>,
    /// The step of the penalty, in the metric of the direction.
    pub reach: Lane<f32>,
    /// Steps taken before this one.
    pub n: Lane<i32>,
    /// What the direction makes of that and of its parameters.
    pub first: Lane<f32>,
    pub second: Lane<f32>,
    /// What tells the trajectories of a cell apart that draw random numbers, and which numbers they draw.
    pub place: Lane<u32>,
    /// The pair of random numbers of two steps.
    pub radius: Lane<f32>,
    pub word: Lane<u32>,
    pub seed: Words,
}

/// The weights of a block, and the terms of their step.
#[derive(Clone, Debug, Default)]
pub struct Lanes {
    pub weight: Weight,
    pub terms: Terms,
}

impl Default for Weight {
    fn default() -> Weight {
        let zero = [0.0; LANES];
        Weight { w: zero, a: zero, b: zero, c: zero }
    }
}

impl Default for Terms {
    fn default() -> Terms {
        let zero = [0.0; LANES];
        Terms {
            slope: zero,
            exact: zero,
            learning_rate: zero,
            rate: zero,
            strength: zero,
            lambda: zero,
            reach: zero,
            n: [0; LANES],
            first: zero,
            second: zero,
            place: [0; LANES],
            radius: zero,
            word: [0; LANES],
            seed: Words::default(),
        }
    }
}

impl Weight {
    #[inline(always)]
    fn state(&self, lane: usize) -> State {
        State(self.w[lane], self.a[lane], self.b[lane], self.c[lane])
    }

    #[inline(always)]
    fn set(&mut self, lane: usize, state: State) {
        self.w[lane] = state.w;
        self.a[lane] = state.a;
        self.b[lane] = state.b;
        self.c[lane] = state.c;
    }
}

impl Terms {
    #[inline(always)]
    fn factors(&self, lane: usize) -> Factors {
        Factors(self.first[lane], self.second[lane])
    }

    #[inline(always)]
    fn set_factors(&mut self, lane: usize, factors: Factors) {
        self.first[lane] = factors.first;
        self.second[lane] = factors.second;
    }
}

/// One part of a step, for one lane.
pub trait Part {
    /// Parameters of the member that the formula belongs to.
    const COUNT: usize;

    fn apply(weight: &mut Weight, terms: &mut Terms, lane: usize, own: impl Fn(usize) -> f32);
}

/// One part of a step, for all lanes.
#[derive(Clone, Copy, Debug)]
pub struct Pass(Compiled<PassFn>);

/// Takes a weight of each lane, the terms of its step, and the parameters of the pass's member.
type PassFn = unsafe fn(&mut Weight, &mut Terms, &[Lane<f32>]);

#[inline(always)]
fn pass<P: Part>(_: Vectors, weight: &mut Weight, terms: &mut Terms, own: &[Lane<f32>]) {
    assert_eq!(own.len(), P::COUNT, "a pass should get its member's parameters");
    #[expect(clippy::needless_range_loop, reason = "arrays indexed alike become vectors")]
    for lane in 0..LANES {
        P::apply(weight, terms, lane, |index| own[index][lane]);
    }
}

impl Pass {
    pub const fn of<P: Part>() -> Pass {
        Pass(compiled!(pass::<P>(weight: &mut Weight, terms: &mut Terms, own: &[Lane<f32>]) where P: Part))
    }

    /// Does the part for all lanes, with the parameters of its member alone.
    #[inline]
    pub fn run(&self, vectors: Vectors, weight: &mut Weight, terms: &mut Terms, own: &[Lane<f32>]) {
        // SAFETY: whoever names instructions has them of `Vectors::available`.
        unsafe { self.0.get(vectors)(weight, terms, own) }
    }
}
