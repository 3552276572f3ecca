//! The loop over steps, for a block of trajectories in lockstep: the CPU's twin of `shaders/driver.wgsl`.
//!
//! Most steps of most trajectories hold no event. So a segment of steps first runs *quietly*: it keeps the least and the
//! greatest |w| and whether the sign flipped, which together show whether any event was possible. If one was, the
//! segment is thrown away and runs again *watched*, step by step. Both ways give the same iterates, so the length of
//! segments shows in no result.

use crate::formula::{Model, Parameters, verdict};
use crate::plan::{Limits, Point};
use crate::verdict::{NEVER, Outcome};

/// Trajectories that advance in lockstep: four of the widest vectors, to cover the latency of one by the others.
pub const LANES: usize = 64;

/// Steps that run quietly at a time. A power of two: a block that is where it was a segment ago repeats for ever.
const SEGMENT: u32 = 32;

/// Bits of the smallest normal number.
const LEAST_NORMAL: i32 = 0x0080_0000;

type Lane<T> = [T; LANES];

/// The state of a block of trajectories.
#[derive(Clone)]
pub struct Block {
    parameters: LaneParameters,
    w: Lane<f32>,
    /// Steps taken.
    step: u32,
    first_crossing: Lane<u32>,
    first_zero: Lane<u32>,
    first_within: Lane<u32>,
    /// Step at which the trajectory diverged.
    diverged: Lane<u32>,
    /// 1 where the last landing came by a jump, or nothing has moved from zero.
    jumped: Lane<u32>,
    tail: Tail,
}

#[derive(Clone)]
struct LaneParameters {
    curvature: Lane<f32>,
    target_weight: Lane<f32>,
    k: Lane<f32>,
    lambda: Lane<f32>,
    learning_rate: Lane<f32>,
}

#[derive(Clone)]
struct Tail {
    low: Lane<f32>,
    high: Lane<f32>,
    direction: Lane<f32>,
    reversals: Lane<u32>,
}

impl Tail {
    /// Notes the tail iterate `w`; `turns` says that `previous` belongs to the tail, too.
    #[inline(always)]
    fn note(&mut self, lane: usize, previous: f32, w: f32, turns: bool) {
        self.low[lane] = if w < self.low[lane] { w } else { self.low[lane] };
        self.high[lane] = if w > self.high[lane] { w } else { self.high[lane] };
        let difference = if turns { w - previous } else { 0.0 };
        self.reversals[lane] += u32::from(verdict::is_reversal(self.direction[lane], difference));
        self.direction[lane] = verdict::next_direction(self.direction[lane], difference);
    }
}

impl LaneParameters {
    #[inline(always)]
    fn at(&self, lane: usize) -> Parameters {
        Parameters {
            curvature: self.curvature[lane],
            target_weight: self.target_weight[lane],
            k: self.k[lane],
            lambda: self.lambda[lane],
            learning_rate: self.learning_rate[lane],
        }
    }
}

impl Block {
    /// Trajectories at step 0, one a lane.
    pub fn new(points: &Lane<Point>, limits: &Limits) -> Block {
        let lanes = |value: fn(&Point) -> f32| points.each_ref().map(value);
        let parameters = LaneParameters {
            curvature: lanes(|point| point.parameters.curvature),
            target_weight: lanes(|point| point.parameters.target_weight),
            k: lanes(|point| point.parameters.k),
            lambda: lanes(|point| point.parameters.lambda),
            learning_rate: lanes(|point| point.parameters.learning_rate),
        };
        let w = lanes(|point| verdict::stored(point.start));
        let first = |happens: fn(f32, &Limits) -> bool| w.map(|w| if happens(w, limits) { 0 } else { NEVER });
        let in_tail = limits.tail > limits.steps;
        let mut block = Block {
            parameters,
            w,
            step: 0,
            first_crossing: [NEVER; LANES],
            first_zero: first(|w, _| verdict::is_zero(w)),
            first_within: first(|w, limits| w.abs() <= limits.tolerance),
            diverged: first(|w, limits| verdict::is_diverged(w, limits.divergence)),
            jumped: w.map(|w| u32::from(verdict::is_zero(w))),
            tail: Tail {
                low: w.map(|w| if in_tail { w } else { f32::INFINITY }),
                high: w.map(|w| if in_tail { w } else { f32::NEG_INFINITY }),
                direction: [0.0; LANES],
                reversals: [0; LANES],
            },
        };
        block.retire();
        block
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

    /// A trajectory that diverged stops: its lane stands still at zero, where no step moves it.
    fn retire(&mut self) {
        for lane in 0..LANES {
            if self.diverged[lane] != NEVER {
                self.w[lane] = 0.0;
                self.parameters.learning_rate[lane] = 0.0;
            }
        }
    }
}

/// Advances `block` to the step `until`, which is at most `limits.steps`.
#[inline(always)]
pub fn advance<M: Model>(block: &mut Block, limits: &Limits, until: u32) {
    let head_end = until.min(limits.steps.saturating_sub(limits.tail));
    while block.step < head_end {
        let len = SEGMENT.min(head_end - block.step);
        let before = block.w;
        if quiet::<M, false>(block, limits, len) {
            if len == SEGMENT && block.w.map(f32::to_bits) == before.map(f32::to_bits) {
                block.step += (head_end - block.step) / SEGMENT * SEGMENT;
            }
        } else {
            watched::<M, false>(block, limits, len);
            block.retire();
        }
    }
    while block.step < until {
        let len = SEGMENT.min(until - block.step);
        if !quiet::<M, true>(block, limits, len) {
            watched::<M, true>(block, limits, len);
            block.retire();
        }
    }
}

/// Takes `len` steps if none of them holds an event, in the tail with its statistics; says whether it did.
#[inline(always)]
fn quiet<M: Model, const IN_TAIL: bool>(block: &mut Block, limits: &Limits, len: u32) -> bool {
    let tail_has_started = block.step + limits.tail > limits.steps;
    let start = block.w;
    let (mut w, mut tail) = (start, block.tail.clone());
    let mut least = [i32::MAX; LANES];
    let mut greatest = [0; LANES];
    let mut flips = [0; LANES];
    for taken in 0..len {
        let turns = tail_has_started || taken > 0;
        for lane in 0..LANES {
            let next = M::step(w[lane], block.parameters.at(lane));
            let size = next.to_bits().cast_signed() & i32::MAX;
            least[lane] = least[lane].min(size);
            greatest[lane] = greatest[lane].max(size);
            flips[lane] |= (next.to_bits() ^ start[lane].to_bits()).cast_signed();
            if IN_TAIL {
                tail.note(lane, w[lane], next, turns);
            }
            w[lane] = next;
        }
    }
    let (divergence, tolerance) = (limits.divergence.to_bits().cast_signed(), limits.tolerance.to_bits().cast_signed());
    let mut eventful = 0;
    for lane in 0..LANES {
        let blew_up = greatest[lane] > divergence;
        let crossed = (flips[lane] < 0) & (block.first_crossing[lane] == NEVER);
        let came_within = (least[lane] <= tolerance) & (block.first_within[lane] == NEVER);
        let touched_zero = (least[lane] < LEAST_NORMAL) & ((greatest[lane] | start[lane].to_bits().cast_signed()) != 0);
        eventful |= u32::from(blew_up | crossed | came_within | touched_zero);
    }
    if eventful == 0 {
        block.w = w.map(verdict::stored);
        if IN_TAIL {
            block.tail = tail;
        }
        block.step += len;
    }
    eventful == 0
}

/// Takes `len` steps and notes every event; in the tail its statistics, too.
#[inline(always)]
fn watched<M: Model, const IN_TAIL: bool>(block: &mut Block, limits: &Limits, len: u32) {
    let tail_has_started = block.step + limits.tail > limits.steps;
    for taken in 0..len {
        let step = block.step + taken + 1;
        let turns = tail_has_started || taken > 0;
        for lane in 0..LANES {
            let previous = block.w[lane];
            let w = verdict::stored(M::step(previous, block.parameters.at(lane)));
            let lives = block.diverged[lane] == NEVER;
            let diverges = verdict::is_diverged(w, limits.divergence);
            block.diverged[lane] = verdict::first_step(block.diverged[lane], diverges, step);
            let lives = lives & !diverges;
            let crosses = lives & verdict::is_crossing(previous, w);
            block.first_crossing[lane] = verdict::first_step(block.first_crossing[lane], crosses, step);
            let zero = lives & verdict::is_zero(w);
            block.first_zero[lane] = verdict::first_step(block.first_zero[lane], zero, step);
            let within = lives & (w.abs() <= limits.tolerance);
            block.first_within[lane] = verdict::first_step(block.first_within[lane], within, step);
            let jump = u32::from(verdict::is_jump(previous));
            block.jumped[lane] = if verdict::is_landing(previous, w) { jump } else { block.jumped[lane] };
            if IN_TAIL {
                block.tail.note(lane, previous, w, turns);
            }
            block.w[lane] = w;
        }
    }
    block.step += len;
}
