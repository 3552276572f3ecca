//! One trajectory, iterate by iterate: the plainest driver there is.

use crate::formula::{Model, verdict};
use crate::kernel::{Kernel, Visitor};
use crate::plan::{Limits, Point};
use crate::verdict::{NEVER, Outcome};
use std::ops::ControlFlow;

/// One iterate and the events that happen at it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Iterate {
    pub step: u32,
    pub w: f32,
    pub crosses: bool,
    pub is_zero: bool,
    /// |w| is at most the largest tolerance.
    pub is_within: bool,
    pub diverges: bool,
    pub in_tail: bool,
}

/// Takes each iterate; `Break` ends the replay.
pub type Each<'a> = &'a mut dyn FnMut(Iterate) -> ControlFlow<()>;

/// Calls `each` with every iterate of the trajectory at `point`, and says what became of it; `None` if `each` ended it.
pub fn replay(kernel: Kernel, point: Point, limits: &Limits, each: Each) -> Option<Outcome> {
    kernel.visit(Replay { point, limits, each })
}

struct Replay<'a> {
    point: Point,
    limits: &'a Limits,
    each: Each<'a>,
}

impl Visitor for Replay<'_> {
    type Output = Option<Outcome>;

    fn visit<M: Model>(self) -> Option<Outcome> {
        let mut outcome = Course::new(self.limits);
        let mut w = verdict::stored(self.point.start);
        let mut flow = (self.each)(outcome.note(0, w, w));
        while flow.is_continue() && outcome.last_step < self.limits.steps && !outcome.diverged {
            let previous = w;
            w = verdict::stored(M::step(previous, self.point.parameters));
            flow = (self.each)(outcome.note(outcome.last_step + 1, previous, w));
        }
        flow.is_continue().then(|| outcome.conclude(w))
    }
}

/// What has happened so far.
struct Course<'a> {
    limits: &'a Limits,
    last_step: u32,
    diverged: bool,
    first_crossing: u32,
    first_zero: u32,
    first_within: u32,
    jumped: bool,
    /// Tail iterates so far: their least, their greatest, the last direction and the reversals.
    low: f32,
    high: f32,
    direction: f32,
    reversals: u32,
}

impl<'a> Course<'a> {
    fn new(limits: &'a Limits) -> Course<'a> {
        Course {
            limits,
            last_step: 0,
            diverged: false,
            first_crossing: NEVER,
            first_zero: NEVER,
            first_within: NEVER,
            jumped: false,
            low: f32::INFINITY,
            high: f32::NEG_INFINITY,
            direction: 0.0,
            reversals: 0,
        }
    }

    /// Notes the iterate `w` of `step`; for the start, `previous` is the start itself.
    fn note(&mut self, step: u32, previous: f32, w: f32) -> Iterate {
        let limits = self.limits;
        self.last_step = step;
        self.diverged = verdict::is_diverged(w, limits.divergence);
        let lives = !self.diverged;
        let crosses = lives && step > 0 && verdict::is_crossing(previous, w);
        let is_zero = lives && verdict::is_zero(w);
        let is_within = lives && w.abs() <= limits.tolerance;
        self.first_crossing = verdict::first_step(self.first_crossing, crosses, step);
        self.first_zero = verdict::first_step(self.first_zero, is_zero, step);
        self.first_within = verdict::first_step(self.first_within, is_within, step);
        if step == 0 {
            self.jumped = is_zero;
        } else if verdict::is_landing(previous, w) {
            self.jumped = verdict::is_jump(previous);
        }
        let in_tail = lives && step + limits.tail > limits.steps;
        if in_tail {
            self.low = self.low.min(w);
            self.high = self.high.max(w);
            if step > 0 && step - 1 + limits.tail > limits.steps {
                self.reversals += u32::from(verdict::is_reversal(self.direction, w - previous));
                self.direction = verdict::next_direction(self.direction, w - previous);
            }
        }
        Iterate { step, w, crosses, is_zero, is_within, diverges: self.diverged, in_tail }
    }

    fn conclude(self, w: f32) -> Outcome {
        let kept = |value: f32| if self.diverged { 0.0 } else { value };
        let (low, high, tolerance) = (self.low, self.high, self.limits.tolerance);
        Outcome {
            fate: verdict::fate(self.diverged, low, high, self.jumped, tolerance, self.reversals),
            first_crossing: self.first_crossing,
            first_zero: self.first_zero,
            first_within: self.first_within,
            tail_low: kept(low),
            tail_high: kept(high),
            last: kept(w),
            last_step: self.last_step,
        }
    }
}
