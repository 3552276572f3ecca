//! Blocks of trajectories in vector lanes, and what is compiled for them once an instruction set: passes, each of which
//! does one part of a step for all lanes, and fused steps, which do all of it.
//!
//! Every part of a step is a [`Pass`], made of one formula of one member. So code grows with the sum of the members, not
//! with their product; only the combinations that are worth it are fused ([`Composed`]).

use crate::formula::gradient_descent;
use crate::formula::words::{Context, State};
use crate::formula::{Keep, LossSlope, Move, PenaltyProx, PenaltySlope, RateAt, Reach, truncated};
use std::marker::PhantomData;

/// Trajectories that advance in lockstep: four of the widest vectors, to cover the latency of one by the others.
pub const LANES: usize = 64;

/// One value a trajectory of a block.
pub type Lane<T> = [T; LANES];

/// The most parameters that a kernel may have.
pub const MOST_PARAMETERS: usize = 16;

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
/// the instructions before its arguments.
macro_rules! compiled {
    ($body:ident::<$($generic:ident),+>($($argument:ident: $type:ty),*) where $($bound:tt)+) => {{
        fn baseline<$($bound)+>($($argument: $type),*) {
            $body::<$($generic),+>($crate::lanes::Vectors::Baseline, $($argument),*);
        }
        #[cfg(target_arch = "x86_64")]
        #[target_feature(enable = "avx2,bmi2")]
        fn avx2<$($bound)+>($($argument: $type),*) {
            $body::<$($generic),+>($crate::lanes::Vectors::Avx2, $($argument),*);
        }
        #[cfg(target_arch = "x86_64")]
        #[target_feature(enable = "avx2,bmi2,avx512f,avx512bw,avx512dq,avx512vl")]
        fn avx512<$($bound)+>($($argument: $type),*) {
            $body::<$($generic),+>($crate::lanes::Vectors::Avx512, $($argument),*);
        }
        $crate::lanes::Compiled {
            baseline: baseline::<$($generic),+> as unsafe fn($($type),*),
            #[cfg(target_arch = "x86_64")]
            avx2: avx2::<$($generic),+> as unsafe fn($($type),*),
            #[cfg(target_arch = "x86_64")]
            avx512: avx512::<$($generic),+> as unsafe fn($($type),*),
        }
    }};
}
pub(crate) use compiled;

/// What the passes of one step hand on to each other.
#[derive(Clone, Debug)]
pub struct Lanes {
    pub w: Lane<f32>,
    pub a: Lane<f32>,
    pub b: Lane<f32>,
    /// Of the loss, and of the penalty where that is part of it; once the weight has moved, where the loss left it.
    pub slope: Lane<f32>,
    /// As the spec gives it.
    pub learning_rate: Lane<f32>,
    /// The learning rate of this step.
    pub rate: Lane<f32>,
    /// The step of a proximal map, or of a truncated one.
    pub reach: Lane<f32>,
    pub context: Context,
}

impl Default for Lanes {
    fn default() -> Lanes {
        let zero = [0.0; LANES];
        Lanes {
            w: zero,
            a: zero,
            b: zero,
            slope: zero,
            learning_rate: zero,
            rate: zero,
            reach: zero,
            context: Context::default(),
        }
    }
}

/// One part of a step, for one lane.
pub trait Part {
    /// Parameters of the member that the formula belongs to.
    const COUNT: usize;

    fn apply(lanes: &mut Lanes, lane: usize, own: impl Fn(usize) -> f32);
}

/// One part of a step, for all lanes.
#[derive(Clone, Copy, Debug)]
pub struct Pass(Compiled<PassFn>);

/// Takes the lanes and the parameters of the pass's member.
type PassFn = unsafe fn(&mut Lanes, &[Lane<f32>]);

#[inline(always)]
fn pass<P: Part>(_: Vectors, lanes: &mut Lanes, own: &[Lane<f32>]) {
    assert_eq!(own.len(), P::COUNT, "a pass should get its member's parameters");
    #[expect(clippy::needless_range_loop, reason = "arrays indexed alike become vectors")]
    for lane in 0..LANES {
        P::apply(lanes, lane, |index| own[index][lane]);
    }
}

impl Pass {
    pub const fn of<P: Part>() -> Pass {
        Pass(compiled!(pass::<P>(lanes: &mut Lanes, own: &[Lane<f32>]) where P: Part))
    }

    /// Does the part for all lanes, with the parameters of its member alone.
    #[inline]
    pub fn run(&self, vectors: Vectors, lanes: &mut Lanes, own: &[Lane<f32>]) {
        // SAFETY: whoever names instructions has them of `Vectors::available`.
        unsafe { self.0.get(vectors)(lanes, own) }
    }
}

/// slope = L'(w).
pub struct OfLoss<P>(PhantomData<P>);

impl<P: LossSlope> Part for OfLoss<P> {
    const COUNT: usize = P::COUNT;

    #[inline(always)]
    fn apply(lanes: &mut Lanes, lane: usize, own: impl Fn(usize) -> f32) {
        lanes.slope[lane] = P::loss_slope(lanes.w[lane], own);
    }
}

/// slope += lambda R'(w).
pub struct InLoss<P>(PhantomData<P>);

impl<P: PenaltySlope> Part for InLoss<P> {
    const COUNT: usize = P::COUNT;

    #[inline(always)]
    fn apply(lanes: &mut Lanes, lane: usize, own: impl Fn(usize) -> f32) {
        lanes.slope[lane] += P::penalty_slope(lanes.w[lane], own);
    }
}

/// The state after a step of this rate along this slope.
pub struct Moved<M>(PhantomData<M>);

impl<M: Move> Part for Moved<M> {
    const COUNT: usize = M::COUNT;

    #[inline(always)]
    fn apply(lanes: &mut Lanes, lane: usize, own: impl Fn(usize) -> f32) {
        let state = State(lanes.w[lane], lanes.a[lane], lanes.b[lane]);
        let moved = M::moved(state, lanes.slope[lane], lanes.rate[lane], lanes.context, own);
        keep::<M>(lanes, lane, moved);
    }
}

/// Stores what a direction has of a state.
#[inline(always)]
fn keep<M: Move>(lanes: &mut Lanes, lane: usize, state: State) {
    lanes.w[lane] = state.w;
    if M::REMEMBERS > 0 {
        lanes.a[lane] = state.a;
    }
    if M::REMEMBERS > 1 {
        lanes.b[lane] = state.b;
    }
}

/// w -= rate lambda R'(w).
pub struct Decoupled<P>(PhantomData<P>);

impl<P: PenaltySlope> Part for Decoupled<P> {
    const COUNT: usize = P::COUNT;

    #[inline(always)]
    fn apply(lanes: &mut Lanes, lane: usize, own: impl Fn(usize) -> f32) {
        lanes.w[lane] -= lanes.rate[lane] * P::penalty_slope(lanes.w[lane], own);
    }
}

/// How far a slope of 1 moved the weight.
pub struct Reached<M>(PhantomData<M>);

impl<M: Reach> Part for Reached<M> {
    const COUNT: usize = M::COUNT;

    #[inline(always)]
    fn apply(lanes: &mut Lanes, lane: usize, own: impl Fn(usize) -> f32) {
        let after = State(lanes.w[lane], lanes.a[lane], lanes.b[lane]);
        lanes.reach[lane] = M::reach(after, lanes.rate[lane], lanes.context, own);
    }
}

/// slope = w, where the loss left it.
pub struct Left;

impl Part for Left {
    const COUNT: usize = 0;

    #[inline(always)]
    fn apply(lanes: &mut Lanes, lane: usize, _: impl Fn(usize) -> f32) {
        lanes.slope[lane] = lanes.w[lane];
    }
}

/// The state once the penalty has taken the weight on from where the loss moved it, which stands in `slope`.
pub struct Kept<M>(PhantomData<M>);

impl<M: Keep> Part for Kept<M> {
    const COUNT: usize = 0;

    #[inline(always)]
    fn apply(lanes: &mut Lanes, lane: usize, _: impl Fn(usize) -> f32) {
        let after = State(lanes.slope[lane], lanes.a[lane], lanes.b[lane]);
        let kept = M::kept(after, lanes.w[lane], lanes.rate[lane]);
        keep::<M>(lanes, lane, kept);
    }
}

/// w - reach lambda R'(w) where that keeps the sign of w, else 0.
pub struct Truncated<P>(PhantomData<P>);

impl<P: PenaltySlope> Part for Truncated<P> {
    const COUNT: usize = P::COUNT;

    #[inline(always)]
    fn apply(lanes: &mut Lanes, lane: usize, own: impl Fn(usize) -> f32) {
        let v = lanes.w[lane];
        lanes.w[lane] = truncated::truncated(v, v - lanes.reach[lane] * P::penalty_slope(v, own));
    }
}

/// The proximal map of reach lambda R at w.
pub struct Proximal<P>(PhantomData<P>);

impl<P: PenaltyProx> Part for Proximal<P> {
    const COUNT: usize = P::COUNT;

    #[inline(always)]
    fn apply(lanes: &mut Lanes, lane: usize, own: impl Fn(usize) -> f32) {
        lanes.w[lane] = P::penalty_prox(lanes.w[lane], lanes.reach[lane], own);
    }
}

/// The learning rate of this step.
pub struct Scheduled<S>(PhantomData<S>);

impl<S: RateAt> Part for Scheduled<S> {
    const COUNT: usize = S::COUNT;

    #[inline(always)]
    fn apply(lanes: &mut Lanes, lane: usize, own: impl Fn(usize) -> f32) {
        lanes.rate[lane] = S::rate_at(lanes.learning_rate[lane], lanes.context, own);
        lanes.reach[lane] = lanes.rate[lane];
    }
}

/// A whole step w_n -> w_{n+1} of gradient descent at a constant learning rate, as one formula: a problem P, a penalty Q
/// and, by its pass, how the penalty enters. The parameters are those of P, those of Q, and the learning rate.
pub struct Composed<P, Q, S>(PhantomData<(P, Q, S)>);

/// A step of a weight that needs neither a state nor its number.
pub trait Model {
    fn step(w: f32, parameters: impl Fn(usize) -> f32) -> f32;
}

#[inline(always)]
fn descended(w: f32, slope: f32, rate: f32) -> f32 {
    gradient_descent::moved(State(w, 0.0, 0.0), slope, rate, Context::default(), rate).w
}

impl<P: LossSlope, Q: PenaltySlope> Model for Composed<P, Q, InLoss<Q>> {
    #[inline(always)]
    fn step(w: f32, parameters: impl Fn(usize) -> f32) -> f32 {
        let slope = P::loss_slope(w, &parameters) + Q::penalty_slope(w, |index| parameters(P::COUNT + index));
        descended(w, slope, parameters(P::COUNT + Q::COUNT))
    }
}

impl<P: LossSlope, Q: PenaltySlope> Model for Composed<P, Q, Truncated<Q>> {
    #[inline(always)]
    fn step(w: f32, parameters: impl Fn(usize) -> f32) -> f32 {
        let rate = parameters(P::COUNT + Q::COUNT);
        let v = descended(w, P::loss_slope(w, &parameters), rate);
        truncated::truncated(v, v - rate * Q::penalty_slope(v, |index| parameters(P::COUNT + index)))
    }
}

impl<P: LossSlope, Q: PenaltyProx> Model for Composed<P, Q, Proximal<Q>> {
    #[inline(always)]
    fn step(w: f32, parameters: impl Fn(usize) -> f32) -> f32 {
        let rate = parameters(P::COUNT + Q::COUNT);
        let v = descended(w, P::loss_slope(w, &parameters), rate);
        Q::penalty_prox(v, rate, |index| parameters(P::COUNT + index))
    }
}
