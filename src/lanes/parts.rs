//! The parts of a step, each made of one formula of one member, and whole steps made of them.

use super::{Part, Terms, Weight};
use crate::formula::words::{Factors, State, Words};
use crate::formula::{
    Ahead, Factor, Keep, LossSlope, Momentum, Move, Narrow, PenaltyProx, PenaltySlope, RateAt, Reach, beside,
    cumulative, gradient_descent, in_factors, math, noise, sticky, truncated,
};
use std::marker::PhantomData;

/// slope = L'(w).
pub struct OfLoss<P>(PhantomData<P>);

impl<P: LossSlope> Part for OfLoss<P> {
    const COUNT: usize = P::COUNT;

    #[inline(always)]
    fn apply(weight: &mut Weight, terms: &mut Terms, lane: usize, own: impl Fn(usize) -> f32) {
        terms.slope[lane] = P::loss_slope(weight.w[lane], own);
    }
}

/// slope += lambda R'(w).
pub struct InLoss<P>(PhantomData<P>);

impl<P: PenaltySlope> Part for InLoss<P> {
    const COUNT: usize = P::COUNT;

    #[inline(always)]
    fn apply(weight: &mut Weight, terms: &mut Terms, lane: usize, own: impl Fn(usize) -> f32) {
        terms.slope[lane] += P::penalty_slope(weight.w[lane], own);
    }
}

/// The same with the slope beside 0, on the right, at 0.
pub struct InLossRight<P>(PhantomData<P>);

impl<P: PenaltySlope> Part for InLossRight<P> {
    const COUNT: usize = P::COUNT;

    #[inline(always)]
    fn apply(weight: &mut Weight, terms: &mut Terms, lane: usize, own: impl Fn(usize) -> f32) {
        terms.slope[lane] += P::penalty_slope(beside::off_zero(weight.w[lane]), own);
    }
}

/// slope += the normal number of this step, times its standard deviation.
pub struct Disturbed<const IS_SECOND: bool>;

impl<const IS_SECOND: bool> Part for Disturbed<IS_SECOND> {
    const COUNT: usize = 1;

    #[inline(always)]
    fn apply(_: &mut Weight, terms: &mut Terms, lane: usize, own: impl Fn(usize) -> f32) {
        terms.slope[lane] += math::held(own(0) * noise::normal_of(terms.radius[lane], terms.word[lane], IS_SECOND));
    }
}

/// The pair of normal numbers that this step and its neighbour use: steps 2 m and 2 m + 1.
pub struct Drawn;

impl Part for Drawn {
    const COUNT: usize = 0;

    #[inline(always)]
    fn apply(_: &mut Weight, terms: &mut Terms, lane: usize, _: impl Fn(usize) -> f32) {
        let pair = terms.n[lane].cast_unsigned() >> 1;
        let words = noise::threefry(Words(pair, terms.place[lane]), terms.seed);
        terms.radius[lane] = noise::radius_of(words.first);
        terms.word[lane] = words.second;
    }
}

/// What the direction makes of the number of the step.
pub struct Factored<M>(PhantomData<M>);

impl<M: Factor> Part for Factored<M> {
    const COUNT: usize = M::COUNT;

    #[inline(always)]
    fn apply(_: &mut Weight, terms: &mut Terms, lane: usize, own: impl Fn(usize) -> f32) {
        terms.set_factors(lane, M::factors(terms.n[lane], own));
    }
}

/// What the direction makes of the number `b` of the state.
pub struct WithMomentum<M>(PhantomData<M>);

impl<M: Momentum> Part for WithMomentum<M> {
    const COUNT: usize = 0;

    #[inline(always)]
    fn apply(weight: &mut Weight, terms: &mut Terms, lane: usize, _: impl Fn(usize) -> f32) {
        terms.set_factors(lane, M::momentum(weight.b[lane]));
    }
}

/// The state with the weight at the place where the slope is taken.
pub struct LookedAhead<M>(PhantomData<M>);

impl<M: Ahead> Part for LookedAhead<M> {
    const COUNT: usize = 0;

    #[inline(always)]
    fn apply(weight: &mut Weight, terms: &mut Terms, lane: usize, _: impl Fn(usize) -> f32) {
        let state = weight.state(lane);
        weight.set(lane, M::ahead(state, terms.factors(lane)));
    }
}

/// The state after a step of this rate along this slope.
pub struct Moved<M>(PhantomData<M>);

impl<M: Move> Part for Moved<M> {
    const COUNT: usize = M::COUNT;

    #[inline(always)]
    fn apply(weight: &mut Weight, terms: &mut Terms, lane: usize, own: impl Fn(usize) -> f32) {
        let moved = M::moved(weight.state(lane), terms.slope[lane], terms.rate[lane], terms.factors(lane), own);
        keep::<M>(weight, lane, moved);
    }
}

/// Stores what a direction has of a state.
#[inline(always)]
fn keep<M: Move>(weight: &mut Weight, lane: usize, state: State) {
    weight.w[lane] = state.w;
    if M::REMEMBERS > 0 {
        weight.a[lane] = state.a;
    }
    if M::REMEMBERS > 1 {
        weight.b[lane] = state.b;
    }
    if M::REMEMBERS > 2 {
        weight.c[lane] = state.c;
    }
}

/// w -= rate lambda R'(w).
pub struct Decoupled<P>(PhantomData<P>);

impl<P: PenaltySlope> Part for Decoupled<P> {
    const COUNT: usize = P::COUNT;

    #[inline(always)]
    fn apply(weight: &mut Weight, terms: &mut Terms, lane: usize, own: impl Fn(usize) -> f32) {
        weight.w[lane] -= terms.rate[lane] * P::penalty_slope(weight.w[lane], own);
    }
}

/// How far a slope of 1 moved the weight.
pub struct Reached<M>(PhantomData<M>);

impl<M: Reach> Part for Reached<M> {
    const COUNT: usize = M::COUNT;

    #[inline(always)]
    fn apply(weight: &mut Weight, terms: &mut Terms, lane: usize, own: impl Fn(usize) -> f32) {
        terms.reach[lane] = M::reach(weight.state(lane), terms.rate[lane], terms.factors(lane), own);
    }
}

/// slope = w, where the loss left it.
pub struct Left;

impl Part for Left {
    const COUNT: usize = 0;

    #[inline(always)]
    fn apply(weight: &mut Weight, terms: &mut Terms, lane: usize, _: impl Fn(usize) -> f32) {
        terms.slope[lane] = weight.w[lane];
    }
}

/// The state once the penalty has taken the weight on from where the loss moved it, which stands in `slope`.
pub struct Kept<M>(PhantomData<M>);

impl<M: Keep> Part for Kept<M> {
    const COUNT: usize = 0;

    #[inline(always)]
    fn apply(weight: &mut Weight, terms: &mut Terms, lane: usize, _: impl Fn(usize) -> f32) {
        let after = State { w: terms.slope[lane], ..weight.state(lane) };
        let kept = M::kept(after, weight.w[lane], terms.rate[lane]);
        keep::<M>(weight, lane, kept);
    }
}

/// w - reach lambda R'(w) where that keeps the sign of w, else 0.
pub struct Truncated<P>(PhantomData<P>);

impl<P: PenaltySlope> Part for Truncated<P> {
    const COUNT: usize = P::COUNT;

    #[inline(always)]
    fn apply(weight: &mut Weight, terms: &mut Terms, lane: usize, own: impl Fn(usize) -> f32) {
        let v = weight.w[lane];
        weight.w[lane] = truncated::truncated(v, v - terms.reach[lane] * P::penalty_slope(v, own));
    }
}

/// w - reach lambda R'(w), and 0 for ever once that has crossed it.
pub struct Sticky<P>(PhantomData<P>);

impl<P: PenaltySlope> Part for Sticky<P> {
    const COUNT: usize = P::COUNT;

    #[inline(always)]
    fn apply(weight: &mut Weight, terms: &mut Terms, lane: usize, own: impl Fn(usize) -> f32) {
        let stuck = sticky::stuck(weight.state(lane), terms.reach[lane] * P::penalty_slope(weight.w[lane], own));
        weight.w[lane] = stuck.w;
        weight.c[lane] = stuck.c;
    }
}

/// w less all that the penalty is due and has not got, as far as zero.
pub struct Cumulative<P>(PhantomData<P>);

impl<P: PenaltySlope> Part for Cumulative<P> {
    const COUNT: usize = P::COUNT;

    #[inline(always)]
    fn apply(weight: &mut Weight, terms: &mut Terms, lane: usize, own: impl Fn(usize) -> f32) {
        let due = terms.reach[lane] * P::penalty_slope(cumulative::off_zero(weight.w[lane]), own);
        let paid = cumulative::paid(weight.state(lane), due);
        weight.w[lane] = paid.w;
        weight.b[lane] = paid.b;
        weight.c[lane] = paid.c;
    }
}

/// The proximal map of reach lambda R at w.
pub struct Proximal<P>(PhantomData<P>);

impl<P: PenaltyProx> Part for Proximal<P> {
    const COUNT: usize = P::COUNT;

    #[inline(always)]
    fn apply(weight: &mut Weight, terms: &mut Terms, lane: usize, own: impl Fn(usize) -> f32) {
        weight.w[lane] = P::penalty_prox(weight.w[lane], terms.reach[lane], own);
    }
}

/// A step of both factors of the weight, a and b.
pub struct InFactors<P>(PhantomData<P>);

impl<P: PenaltySlope> Part for InFactors<P> {
    const COUNT: usize = P::COUNT;

    #[inline(always)]
    fn apply(weight: &mut Weight, terms: &mut Terms, lane: usize, own: impl Fn(usize) -> f32) {
        let [of_a, of_b] = [weight.a[lane], weight.b[lane]].map(|factor| P::penalty_slope(factor, &own));
        let moved = in_factors::refactored(weight.state(lane), terms.slope[lane], terms.rate[lane], of_a, of_b);
        weight.set(lane, moved);
    }
}

/// The learning rate of this step, which is the reach of most directions, too.
pub struct Scheduled<S>(PhantomData<S>);

impl<S: RateAt> Part for Scheduled<S> {
    const COUNT: usize = S::COUNT;

    #[inline(always)]
    fn apply(_: &mut Weight, terms: &mut Terms, lane: usize, own: impl Fn(usize) -> f32) {
        terms.rate[lane] = S::rate_at(terms.learning_rate[lane], terms.n[lane], own);
        terms.reach[lane] = terms.rate[lane];
    }
}

/// The penalty's strength in this step.
pub struct Strengthened<S>(PhantomData<S>);

impl<S: RateAt> Part for Strengthened<S> {
    const COUNT: usize = S::COUNT;

    #[inline(always)]
    fn apply(_: &mut Weight, terms: &mut Terms, lane: usize, own: impl Fn(usize) -> f32) {
        terms.lambda[lane] = S::rate_at(terms.strength[lane], terms.n[lane], own);
    }
}

/// The weight in the format that it is stored in.
pub struct Narrowed<F>(PhantomData<F>);

impl<F: Narrow> Part for Narrowed<F> {
    const COUNT: usize = 0;

    #[inline(always)]
    fn apply(weight: &mut Weight, terms: &mut Terms, lane: usize, _: impl Fn(usize) -> f32) {
        terms.exact[lane] = weight.w[lane];
        weight.w[lane] = F::narrowed(weight.w[lane]);
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
pub(super) fn descended(w: f32, slope: f32, rate: f32) -> f32 {
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
