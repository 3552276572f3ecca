//! Blocks of trajectories in vector lanes, and what is compiled for them once an instruction set: passes, each of which
//! does one part of a step for all lanes, and fused steps, which do all of it.
//!
//! Every part of a step is a [`Pass`], made of one formula of one member. So code grows with the sum of the members, not
//! with their product; only the combinations that are worth it are fused ([`Composed`]).

use crate::formula::words::{Factors, State, Words};
use crate::formula::{
    Ahead, Factor, Keep, LossSlope, Move, Narrow, PenaltyProx, PenaltySlope, RateAt, Reach, cumulative,
    gradient_descent, in_factors, noise, sticky, truncated,
};
use std::marker::PhantomData;

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
    pub c: Lane<f32>,
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
    pub seed: Words,
    /// The pair of random numbers of two steps.
    pub radius: Lane<f32>,
    pub word: Lane<u32>,
}

impl Default for Lanes {
    fn default() -> Lanes {
        let zero = [0.0; LANES];
        Lanes {
            w: zero,
            a: zero,
            b: zero,
            c: zero,
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
            seed: Words::default(),
            radius: zero,
            word: [0; LANES],
        }
    }
}

impl Lanes {
    #[inline(always)]
    fn state(&self, lane: usize) -> State {
        State(self.w[lane], self.a[lane], self.b[lane], self.c[lane])
    }

    #[inline(always)]
    fn factors(&self, lane: usize) -> Factors {
        Factors(self.first[lane], self.second[lane])
    }

    #[inline(always)]
    fn set(&mut self, lane: usize, state: State) {
        self.w[lane] = state.w;
        self.a[lane] = state.a;
        self.b[lane] = state.b;
        self.c[lane] = state.c;
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

/// slope += the normal number of this step, times its standard deviation.
pub struct Disturbed<const IS_SECOND: bool>;

impl<const IS_SECOND: bool> Part for Disturbed<IS_SECOND> {
    const COUNT: usize = 1;

    #[inline(always)]
    fn apply(lanes: &mut Lanes, lane: usize, own: impl Fn(usize) -> f32) {
        lanes.slope[lane] += own(0) * noise::normal_of(lanes.radius[lane], lanes.word[lane], IS_SECOND);
    }
}

/// The pair of normal numbers that this step and its neighbour use: steps 2 m and 2 m + 1.
pub struct Drawn;

impl Part for Drawn {
    const COUNT: usize = 0;

    #[inline(always)]
    fn apply(lanes: &mut Lanes, lane: usize, _: impl Fn(usize) -> f32) {
        let pair = lanes.n[lane].cast_unsigned() >> 1;
        let words = noise::threefry(Words(pair, lanes.place[lane]), lanes.seed);
        lanes.radius[lane] = noise::radius_of(words.first);
        lanes.word[lane] = words.second;
    }
}

/// What the direction makes of the number of the step.
pub struct Factored<M>(PhantomData<M>);

impl<M: Factor> Part for Factored<M> {
    const COUNT: usize = M::COUNT;

    #[inline(always)]
    fn apply(lanes: &mut Lanes, lane: usize, own: impl Fn(usize) -> f32) {
        let factors = M::factors(lanes.n[lane], own);
        lanes.first[lane] = factors.first;
        lanes.second[lane] = factors.second;
    }
}

/// The state with the weight at the place where the slope is taken.
pub struct LookedAhead<M>(PhantomData<M>);

impl<M: Ahead> Part for LookedAhead<M> {
    const COUNT: usize = 0;

    #[inline(always)]
    fn apply(lanes: &mut Lanes, lane: usize, _: impl Fn(usize) -> f32) {
        let state = lanes.state(lane);
        lanes.set(lane, M::ahead(state));
    }
}

/// The state after a step of this rate along this slope.
pub struct Moved<M>(PhantomData<M>);

impl<M: Move> Part for Moved<M> {
    const COUNT: usize = M::COUNT;

    #[inline(always)]
    fn apply(lanes: &mut Lanes, lane: usize, own: impl Fn(usize) -> f32) {
        let moved = M::moved(lanes.state(lane), lanes.slope[lane], lanes.rate[lane], lanes.factors(lane), own);
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
    if M::REMEMBERS > 2 {
        lanes.c[lane] = state.c;
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
        lanes.reach[lane] = M::reach(lanes.state(lane), lanes.rate[lane], lanes.factors(lane), own);
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
        let after = State { w: lanes.slope[lane], ..lanes.state(lane) };
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

/// w - reach lambda R'(w), and 0 for ever once that has crossed it.
pub struct Sticky<P>(PhantomData<P>);

impl<P: PenaltySlope> Part for Sticky<P> {
    const COUNT: usize = P::COUNT;

    #[inline(always)]
    fn apply(lanes: &mut Lanes, lane: usize, own: impl Fn(usize) -> f32) {
        let stuck = sticky::stuck(lanes.state(lane), lanes.reach[lane] * P::penalty_slope(lanes.w[lane], own));
        lanes.w[lane] = stuck.w;
        lanes.c[lane] = stuck.c;
    }
}

/// w less all that the penalty is due and has not got, as far as zero.
pub struct Cumulative<P>(PhantomData<P>);

impl<P: PenaltySlope> Part for Cumulative<P> {
    const COUNT: usize = P::COUNT;

    #[inline(always)]
    fn apply(lanes: &mut Lanes, lane: usize, own: impl Fn(usize) -> f32) {
        let due = lanes.reach[lane] * P::penalty_slope(cumulative::off_zero(lanes.w[lane]), own);
        let paid = cumulative::paid(lanes.state(lane), due);
        lanes.w[lane] = paid.w;
        lanes.b[lane] = paid.b;
        lanes.c[lane] = paid.c;
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

/// A step of both factors of the weight, a and b.
pub struct InFactors<P>(PhantomData<P>);

impl<P: PenaltySlope> Part for InFactors<P> {
    const COUNT: usize = P::COUNT;

    #[inline(always)]
    fn apply(lanes: &mut Lanes, lane: usize, own: impl Fn(usize) -> f32) {
        let [of_a, of_b] = [lanes.a[lane], lanes.b[lane]].map(|factor| P::penalty_slope(factor, &own));
        let moved = in_factors::refactored(lanes.state(lane), lanes.slope[lane], lanes.rate[lane], of_a, of_b);
        lanes.set(lane, moved);
    }
}

/// The learning rate of this step, which is the reach of most directions, too.
pub struct Scheduled<S>(PhantomData<S>);

impl<S: RateAt> Part for Scheduled<S> {
    const COUNT: usize = S::COUNT;

    #[inline(always)]
    fn apply(lanes: &mut Lanes, lane: usize, own: impl Fn(usize) -> f32) {
        lanes.rate[lane] = S::rate_at(lanes.learning_rate[lane], lanes.n[lane], own);
        lanes.reach[lane] = lanes.rate[lane];
    }
}

/// The penalty's strength in this step.
pub struct Strengthened<S>(PhantomData<S>);

impl<S: RateAt> Part for Strengthened<S> {
    const COUNT: usize = S::COUNT;

    #[inline(always)]
    fn apply(lanes: &mut Lanes, lane: usize, own: impl Fn(usize) -> f32) {
        lanes.lambda[lane] = S::rate_at(lanes.strength[lane], lanes.n[lane], own);
    }
}

/// The weight in the format that it is stored in.
pub struct Narrowed<F>(PhantomData<F>);

impl<F: Narrow> Part for Narrowed<F> {
    const COUNT: usize = 0;

    #[inline(always)]
    fn apply(lanes: &mut Lanes, lane: usize, _: impl Fn(usize) -> f32) {
        lanes.exact[lane] = lanes.w[lane];
        lanes.w[lane] = F::narrowed(lanes.w[lane]);
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
    gradient_descent::moved(State(w, 0.0, 0.0, 0.0), slope, rate, Factors::default(), rate).w
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
