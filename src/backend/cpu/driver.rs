//! The loop over steps, for a block of trajectories in lockstep: the CPU's twin of `shaders/driver.wgsl`. The contract of
//! both stands in [`backend`](crate::backend).

use super::tail::Tail;
use crate::formula::verdict;
use crate::lanes::{
    Bounded, Compiled, LANES, Lane, Lanes, MOST_PARAMETERS, MOST_STEPS, Model, Parameters, Vectors, compiled,
};
use crate::plan::{Limits, Point};
use crate::verdict::{NEVER, Outcome};
use std::marker::PhantomData;

/// Steps that run quietly at a time. A power of two: a block that is where it was a segment ago repeats for ever.
const SEGMENT: u32 = 32;

/// Bits of the smallest normal number.
const LEAST_NORMAL: i32 = 0x0080_0000;

/// The state of a block of trajectories. No vector of it lies across two cache lines.
#[derive(Clone)]
#[repr(C, align(64))]
pub struct Block {
    parameters: Parameters,
    w: Lane<f32>,
    /// What the optimizer remembers of each weight.
    a: Lane<f32>,
    b: Lane<f32>,
    c: Lane<f32>,
    /// Which of its cell's random numbers each trajectory draws.
    place: Lane<u32>,
    first_crossing: Lane<u32>,
    first_zero: Lane<u32>,
    first_within: Lane<u32>,
    /// Step of the last landing.
    arrival: Lane<u32>,
    /// Step at which the trajectory diverged.
    diverged: Lane<u32>,
    /// 1 where the last landing came by a jump, or nothing has moved from zero.
    jumped: Lane<u32>,
    tail: Tail,
    /// Steps taken.
    step: u32,
}

impl Block {
    /// Trajectories at step 0, one a lane.
    pub fn new(points: &Lane<Point>, limits: &Limits) -> Block {
        let mut block = Block {
            parameters: [[0.0; LANES]; MOST_PARAMETERS],
            w: [0.0; LANES],
            a: [0.0; LANES],
            b: [0.0; LANES],
            c: [0.0; LANES],
            place: [0; LANES],
            first_crossing: [NEVER; LANES],
            first_zero: [NEVER; LANES],
            first_within: [NEVER; LANES],
            arrival: [NEVER; LANES],
            diverged: [NEVER; LANES],
            jumped: [0; LANES],
            tail: Tail::new(),
            step: 0,
        };
        block.begin(points, MOST_PARAMETERS, limits);
        block
    }

    /// Begins anew with other trajectories of a kernel with so many parameters.
    pub fn begin(&mut self, points: &Lane<Point>, parameters: usize, limits: &Limits) {
        for (place, lanes) in self.parameters[..parameters].iter_mut().enumerate() {
            *lanes = points.each_ref().map(|point| point.parameters[place]);
        }
        let in_tail = limits.tail > limits.steps;
        let w = points.each_ref().map(|point| verdict::stored(point.start));
        let first = |happens: fn(f32, &Limits) -> bool| w.map(|w| if happens(w, limits) { 0 } else { NEVER });
        self.w = w;
        (self.a, self.b, self.c) = ([0.0; LANES], [0.0; LANES], [0.0; LANES]);
        self.place = points.each_ref().map(|point| point.place);
        self.first_crossing = [NEVER; LANES];
        self.first_zero = first(|w, _| verdict::is_zero(w));
        self.first_within = first(|w, limits| w.abs() <= limits.tolerance);
        self.arrival = self.first_zero;
        self.diverged = first(|w, limits| verdict::is_diverged(w, limits.divergence));
        self.jumped = w.map(|w| u32::from(verdict::is_zero(w)));
        (0..LANES).for_each(|lane| self.tail.begin(lane, w[lane], in_tail));
        self.step = 0;
    }

    /// What became of the trajectory in `lane`, once all steps are taken.
    pub fn outcome(&self, lane: usize, limits: &Limits) -> Outcome {
        let diverged = self.diverged[lane] != NEVER;
        let [low, high] = [self.tail.low[lane], self.tail.high[lane]].map(verdict::stored);
        let jumped = self.jumped[lane] != 0;
        Outcome {
            fate: verdict::fate(diverged, low, high, jumped, limits.tolerance, self.tail.reversals[lane]),
            first_crossing: self.first_crossing[lane],
            first_zero: self.first_zero[lane],
            first_within: self.first_within[lane],
            arrival: self.arrival[lane],
            tail_low: if diverged { 0.0 } else { low },
            tail_high: if diverged { 0.0 } else { high },
            last: if diverged { 0.0 } else { self.w[lane] },
            last_step: if diverged { self.diverged[lane] } else { self.step },
        }
    }

    /// Steps taken.
    pub fn step(&self) -> u32 {
        self.step
    }

    /// The weight in `lane`; where the trajectory diverged in the last step, the iterate beyond the limit.
    pub fn weight(&self, lane: usize) -> f32 {
        self.w[lane]
    }

    /// Whether the trajectory in `lane` has diverged.
    pub fn has_diverged(&self, lane: usize) -> bool {
        self.diverged[lane] != NEVER
    }
}

/// Takes steps of a block: all parts at once, or part by part ([`Staged`](super::staged::Staged)).
pub trait Stepper {
    /// Whether a weight has a state beside it.
    const IS_STATEFUL: bool;

    /// Whether a step's length has a bound.
    const IS_BOUNDED: bool = false;

    /// Whether equal states take equal steps at any time.
    fn is_autonomous(&self) -> bool;

    /// Makes itself and `lanes` ready for steps from the step `n` on.
    fn prepare(&mut self, _lanes: &mut Lanes, _parameters: &Parameters, _n: u32) {}

    /// Takes a step: `each` gets a lane, its weight, the next one, and that before it was rounded to its format; it gives the
    /// weight to go on with.
    fn step(&mut self, lanes: &mut Lanes, parameters: &Parameters, each: impl FnMut(usize, f32, f32, f32) -> f32);

    /// Takes `len` steps: `each` gets the steps taken before, a lane, its weight and the next one; those of a lane in their
    /// order.
    #[inline(always)]
    fn steps(
        &mut self,
        _vectors: Vectors,
        lanes: &mut Lanes,
        parameters: &Parameters,
        len: u32,
        mut each: impl FnMut(u32, usize, f32, f32),
    ) {
        for taken in 0..len {
            self.step(lanes, parameters, |lane, previous, next, _| {
                each(taken, lane, previous, next);
                next
            });
        }
    }

    /// The steps, of `room` at most, that are proven to hold no event in any living lane of `lanes`.
    #[inline(always)]
    fn uneventful(&self, _lanes: &Lanes, _block: &Block, _limits: &Limits, _room: u32) -> u32 {
        0
    }

    /// Takes `len` such steps; in the tail, `each` gets a lane, its weight and the next one.
    #[inline(always)]
    fn bare<const IN_TAIL: bool>(
        &mut self,
        _vectors: Vectors,
        _lanes: &mut Lanes,
        _parameters: &Parameters,
        _len: u32,
        _each: impl FnMut(usize, f32, f32),
    ) {
        unreachable!("steps should be bare only where that is proven");
    }
}

/// All of a step as one formula.
struct Fused<M>(PhantomData<M>);

impl<M: Model> Stepper for Fused<M> {
    const IS_STATEFUL: bool = false;

    #[inline(always)]
    fn is_autonomous(&self) -> bool {
        true
    }

    #[inline(always)]
    fn step(&mut self, lanes: &mut Lanes, parameters: &Parameters, mut each: impl FnMut(usize, f32, f32, f32) -> f32) {
        #[expect(clippy::needless_range_loop, reason = "arrays indexed alike become vectors")]
        for lane in 0..LANES {
            let next = M::step(lanes.weight.w[lane], |place| parameters[place][lane]);
            lanes.weight.w[lane] = each(lane, lanes.weight.w[lane], next, next);
        }
    }

    /// Takes all steps of some lanes before those of the others: what is gathered of a lane stays in registers.
    #[inline(always)]
    fn steps(
        &mut self,
        vectors: Vectors,
        lanes: &mut Lanes,
        parameters: &Parameters,
        len: u32,
        mut each: impl FnMut(u32, usize, f32, f32),
    ) {
        let together = vectors.together();
        for first in (0..LANES).step_by(together) {
            for taken in 0..len {
                #[expect(clippy::needless_range_loop, reason = "arrays indexed alike become vectors")]
                for lane in first..first + together {
                    let w = lanes.weight.w[lane];
                    let next = M::step(w, |place| parameters[place][lane]);
                    each(taken, lane, w, next);
                    lanes.weight.w[lane] = next;
                }
            }
        }
    }
}

/// The same, where a step's length has a bound.
struct Proven<M>(PhantomData<M>);

impl<M: Bounded> Stepper for Proven<M> {
    const IS_STATEFUL: bool = false;
    const IS_BOUNDED: bool = true;

    #[inline(always)]
    fn is_autonomous(&self) -> bool {
        true
    }

    #[inline(always)]
    fn step(&mut self, lanes: &mut Lanes, parameters: &Parameters, each: impl FnMut(usize, f32, f32, f32) -> f32) {
        Fused::<M>(PhantomData).step(lanes, parameters, each);
    }

    #[inline(always)]
    fn steps(
        &mut self,
        vectors: Vectors,
        lanes: &mut Lanes,
        parameters: &Parameters,
        len: u32,
        each: impl FnMut(u32, usize, f32, f32),
    ) {
        Fused::<M>(PhantomData).steps(vectors, lanes, parameters, len, each);
    }

    #[inline(always)]
    fn uneventful(&self, lanes: &Lanes, block: &Block, limits: &Limits, room: u32) -> u32 {
        // Numbers that are not negative are ordered as their bits, whose least the vectors find.
        let mut least = MOST_STEPS.to_bits();
        for lane in 0..LANES {
            let (w, of_lane) = (lanes.weight.w[lane], |place: usize| block.parameters[place][lane]);
            let steps = M::uneventful_steps(w, M::step(w, of_lane), limits, of_lane).to_bits();
            least = least.min(if block.diverged[lane] == NEVER { steps } else { u32::MAX });
        }
        let steps = f32::from_bits(least).min(room as f32) as u32;
        if steps == room { room } else { steps / SEGMENT * SEGMENT }
    }

    #[inline(always)]
    fn bare<const IN_TAIL: bool>(
        &mut self,
        vectors: Vectors,
        lanes: &mut Lanes,
        parameters: &Parameters,
        len: u32,
        mut each: impl FnMut(usize, f32, f32),
    ) {
        let together = vectors.together();
        let side = lanes.weight.w;
        for first in (0..LANES).step_by(together) {
            for _ in 0..len {
                for lane in first..first + together {
                    let w = lanes.weight.w[lane];
                    let next = M::step_on_side(w, side[lane], |place| parameters[place][lane]);
                    if IN_TAIL {
                        each(lane, w, next);
                    }
                    lanes.weight.w[lane] = next;
                }
            }
        }
    }
}

/// The loop over fused steps, for each instruction set.
pub(super) type Advance = unsafe fn(&mut Block, &Limits, u32);

/// The loop over the fused steps of a model.
pub(super) const fn fused<M: Model>() -> Compiled<Advance> {
    compiled!(advance_fused::<M>(block: &mut Block, limits: &Limits, until: u32) where M: Model)
}

/// The same, of steps whose length has a bound.
pub(super) const fn proven<M: Bounded>() -> Compiled<Advance> {
    compiled!(advance_proven::<M>(block: &mut Block, limits: &Limits, until: u32) where M: Bounded)
}

#[inline(always)]
fn advance_proven<M: Bounded>(vectors: Vectors, block: &mut Block, limits: &Limits, until: u32) {
    advance(vectors, &mut Proven::<M>(PhantomData), block, limits, until);
}

#[inline(always)]
fn advance_fused<M: Model>(vectors: Vectors, block: &mut Block, limits: &Limits, until: u32) {
    advance(vectors, &mut Fused::<M>(PhantomData), block, limits, until);
}

/// Advances `block` by `stepper`, with these instructions, to the step `until`, which is at most `limits.steps`, or beyond it
/// where it repeats for ever.
pub fn advance_staged<S: Stepper>(vectors: Vectors, stepper: &mut S, block: &mut Block, limits: &Limits, until: u32) {
    let advance = compiled!(
        advance::<S>(stepper: &mut S, block: &mut Block, limits: &Limits, until: u32) where S: Stepper
    );
    // SAFETY: whoever names instructions has them of `Vectors::available`.
    unsafe { advance.get(vectors)(stepper, block, limits, until) }
}

/// Advances `block` to the step `until`, which is at most `limits.steps`, or beyond it where it repeats for ever.
#[inline(always)]
fn advance<S: Stepper>(vectors: Vectors, stepper: &mut S, block: &mut Block, limits: &Limits, until: u32) {
    let mut lanes = Lanes::default();
    let tail_start = limits.steps.saturating_sub(limits.tail);
    let head_end = until.min(tail_start);
    while block.step < head_end {
        let before = State::of(block);
        let begun = block.step;
        let room = head_end - begun;
        if bare::<S, false>(vectors, stepper, &mut lanes, block, limits, room)
            || quiet::<S, false>(vectors, stepper, &mut lanes, block, limits, SEGMENT.min(room))
        {
            let taken = block.step - begun;
            if taken.is_multiple_of(SEGMENT) && stepper.is_autonomous() && is_where_it_was::<S>(block, &before) {
                block.step += (tail_start - block.step) / taken * taken;
            }
        } else {
            watched::<S, false>(stepper, &mut lanes, block, limits, SEGMENT.min(room));
        }
    }
    while block.step < until {
        let has_begun = block.step + limits.tail > limits.steps;
        if has_begun && stepper.is_autonomous() && rests(stepper, &mut lanes, block) {
            block.step = until;
            return;
        }
        let room = until - block.step;
        // The first iterate alone where none is before it: from then on the tail may rest, or run bare.
        let len = if has_begun { SEGMENT.min(room) } else { 1 };
        let is_taken = has_begun && bare::<S, true>(vectors, stepper, &mut lanes, block, limits, room)
            || quiet::<S, true>(vectors, stepper, &mut lanes, block, limits, len);
        if !is_taken {
            watched::<S, true>(stepper, &mut lanes, block, limits, len);
        }
    }
}

/// What decides the steps that follow, where the rule is autonomous.
#[repr(align(64))]
struct State([Lane<f32>; 4]);

/// What a segment gathers, as bits: its first weight, the least and the greatest without their signs, and which signs flip.
#[repr(C, align(64))]
struct Gathered {
    start: Lane<i32>,
    least: Lane<i32>,
    greatest: Lane<i32>,
    flips: Lane<i32>,
}

impl State {
    #[inline(always)]
    fn of(block: &Block) -> State {
        State([block.w, block.a, block.b, block.c])
    }
}

#[inline(always)]
fn is_where_it_was<S: Stepper>(block: &Block, State(before): &State) -> bool {
    let same = |now: &Lane<f32>, before: &Lane<f32>| now.map(f32::to_bits) == before.map(f32::to_bits);
    let State(now) = State::of(block);
    let parts = if S::IS_STATEFUL { 4 } else { 1 };
    now.iter().zip(before).take(parts).all(|(now, before)| same(now, before))
}

/// Makes `lanes` ready for the next step of a block. Trajectories that have diverged are put to zero: what their lanes do is
/// never looked at, but must not grow.
#[inline(always)]
fn load<S: Stepper>(lanes: &mut Lanes, stepper: &mut S, block: &Block) {
    let living =
        |values: &Lane<f32>| std::array::from_fn(|lane| if block.diverged[lane] == NEVER { values[lane] } else { 0.0 });
    lanes.weight.w = living(&block.w);
    if S::IS_STATEFUL {
        (lanes.weight.a, lanes.weight.b, lanes.weight.c) = (living(&block.a), living(&block.b), living(&block.c));
        lanes.terms.place = block.place;
    }
    stepper.prepare(lanes, &block.parameters, block.step);
}

/// Whether no living trajectory moves any more.
#[inline(always)]
fn rests<S: Stepper>(stepper: &mut S, lanes: &mut Lanes, block: &Block) -> bool {
    load(lanes, stepper, block);
    let mut moves = false;
    stepper.step(lanes, &block.parameters, |lane, previous, next, _| {
        moves |= (block.diverged[lane] == NEVER) & (previous.to_bits() != verdict::stored(next).to_bits());
        next
    });
    let same = |lane: usize, before: &Lane<f32>, after: &Lane<f32>| before[lane].to_bits() == after[lane].to_bits();
    !moves
        && (!S::IS_STATEFUL
            || (0..LANES).all(|lane| {
                block.diverged[lane] != NEVER
                    || same(lane, &block.a, &lanes.weight.a)
                        & same(lane, &block.b, &lanes.weight.b)
                        & same(lane, &block.c, &lanes.weight.c)
            }))
}

/// Takes as many of the next `room` steps as are proven to hold no event; says whether there were any. In the tail they must not turn
/// either, for then the first and the last iterate bound the others.
#[inline(always)]
fn bare<S: Stepper, const IN_TAIL: bool>(
    vectors: Vectors,
    stepper: &mut S,
    lanes: &mut Lanes,
    block: &mut Block,
    limits: &Limits,
    room: u32,
) -> bool {
    if !S::IS_BOUNDED {
        return false;
    }
    load(lanes, stepper, block);
    let len = stepper.uneventful(lanes, block, limits, room);
    if len == 0 {
        return false;
    }
    let (mut least, mut greatest) = ([0.0_f32; LANES], [0.0_f32; LANES]);
    stepper.bare::<IN_TAIL>(vectors, lanes, &block.parameters, len, |lane, previous, next| {
        let difference = next - previous;
        least[lane] = if difference < least[lane] { difference } else { least[lane] };
        greatest[lane] = if difference > greatest[lane] { difference } else { greatest[lane] };
    });
    if IN_TAIL {
        let turns = (0..LANES).fold(false, |turns, lane| {
            turns | (block.diverged[lane] == NEVER) & (least[lane] < 0.0) & (greatest[lane] > 0.0)
        });
        if turns {
            return false;
        }
        for lane in 0..LANES {
            block.tail.note(lane, block.w[lane], lanes.weight.w[lane], true);
        }
    }
    block.w = lanes.weight.w;
    block.step += len;
    true
}

/// Takes `len` steps if none of them holds an event, in the tail with its statistics; says whether it did.
#[inline(always)]
fn quiet<S: Stepper, const IN_TAIL: bool>(
    vectors: Vectors,
    stepper: &mut S,
    lanes: &mut Lanes,
    block: &mut Block,
    limits: &Limits,
    len: u32,
) -> bool {
    let tail_has_started = block.step + limits.tail > limits.steps;
    let mut gathered = Gathered {
        start: block.w.map(|w| w.to_bits().cast_signed()),
        least: [i32::MAX; LANES],
        greatest: [0; LANES],
        flips: [0; LANES],
    };
    load(lanes, stepper, block);
    let mut tail = block.tail.clone();
    stepper.steps(vectors, lanes, &block.parameters, len, |taken, lane, previous, next| {
        let word = next.to_bits().cast_signed();
        gathered.least[lane] = gathered.least[lane].min(word & i32::MAX);
        gathered.greatest[lane] = gathered.greatest[lane].max(word & i32::MAX);
        gathered.flips[lane] |= word ^ gathered.start[lane];
        if IN_TAIL {
            tail.note(lane, previous, next, tail_has_started || taken > 0);
        }
    });
    let (divergence, tolerance) = (limits.divergence.to_bits().cast_signed(), limits.tolerance.to_bits().cast_signed());
    let Gathered { start, least, greatest, flips } = gathered;
    let mut eventful = 0;
    for lane in 0..LANES {
        let lives = block.diverged[lane] == NEVER;
        let blew_up = greatest[lane] > divergence;
        let crossed = (flips[lane] < 0) & (block.first_crossing[lane] == NEVER);
        let came_within = (least[lane] <= tolerance) & (block.first_within[lane] == NEVER);
        let touched_zero = (least[lane] < LEAST_NORMAL) & ((greatest[lane] | start[lane]) != 0);
        eventful |= u32::from(lives & (blew_up | crossed | came_within | touched_zero));
    }
    if eventful == 0 {
        block.w = lanes.weight.w.map(verdict::stored);
        if S::IS_STATEFUL {
            (block.a, block.b, block.c) = (lanes.weight.a, lanes.weight.b, lanes.weight.c);
        }
        if IN_TAIL {
            block.tail = tail;
        }
        block.step += len;
    }
    eventful == 0
}

/// Takes `len` steps and notes every event; in the tail its statistics, too.
#[inline(always)]
fn watched<S: Stepper, const IN_TAIL: bool>(
    stepper: &mut S,
    lanes: &mut Lanes,
    block: &mut Block,
    limits: &Limits,
    len: u32,
) {
    let tail_has_started = block.step + limits.tail > limits.steps;
    load(lanes, stepper, block);
    let Block { parameters, first_crossing, first_zero, first_within, arrival, diverged, jumped, tail, .. } = block;
    for taken in 0..len {
        let step = block.step + taken + 1;
        let turns = tail_has_started || taken > 0;
        stepper.step(lanes, parameters, |lane, previous, next, exact| {
            let w = verdict::stored(next);
            let lives = diverged[lane] == NEVER;
            let diverges = verdict::is_diverged(w, limits.divergence);
            diverged[lane] = verdict::first_step(diverged[lane], diverges, step);
            let lives = lives & !diverges;
            let crosses = lives & verdict::is_crossing(previous, w);
            first_crossing[lane] = verdict::first_step(first_crossing[lane], crosses, step);
            let zero = lives & verdict::is_zero(w);
            first_zero[lane] = verdict::first_step(first_zero[lane], zero, step);
            let within = lives & (w.abs() <= limits.tolerance);
            first_within[lane] = verdict::first_step(first_within[lane], within, step);
            let lands = lives & verdict::is_landing(previous, w);
            arrival[lane] = if lands { step } else { arrival[lane] };
            let jump = u32::from(verdict::jumps(previous, exact));
            jumped[lane] = if lands { jump } else { jumped[lane] };
            if IN_TAIL {
                tail.note(lane, previous, w, turns);
            }
            w
        });
    }
    (block.w, block.a, block.b, block.c) = (lanes.weight.w, lanes.weight.a, lanes.weight.b, lanes.weight.c);
    block.step += len;
}
