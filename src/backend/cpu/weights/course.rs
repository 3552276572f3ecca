//! The loop over steps of trajectories of many weights: 64 in lockstep, each at a step of its own, and parties of them of one draw each.

mod events;
mod followed;
mod groups;
mod slopes;

pub use followed::EachIterate;

use super::super::staged::OfWeights;
use crate::backend::weights::{Drawn, Ending, Judge, Last, Stand};
use crate::formula::verdict;
use crate::kernel::Kernel;
use crate::lanes::{Compiled, LANES, Lane, Lanes, MOST_PARAMETERS, Parameters, Vectors, Weight, compiled};
use crate::model::Model;
use crate::plan::{Limits, Point, Section};
use crate::verdict::Outcome;
use events::{Events, is_notable};
use slopes::Forms;
use std::cell::Cell;
use std::ops::Range;
use std::rc::Rc;

/// Steps between two looks at whether to stop.
const LOOK: u32 = 1 << 10;

/// Lanes that share a draw. A draw has some hundred trajectories in most sweeps, whose steps differ much: the fewer lanes they have, the less time
/// do these wait for the last.
const PARTY: usize = LANES / 2;
const PARTIES: usize = LANES / PARTY;

/// Trajectories on their way.
pub struct Course {
    kernel: Kernel,
    vectors: Vectors,
    steps: OfWeights,
    parameters: Parameters,
    /// Steps taken by the trajectory in each lane, and the bound on slopes at which it is done.
    n: Lane<u32>,
    bounds: Lane<f32>,
    /// One a weight: itself, and where its slope is taken.
    weights: Vec<Weight>,
    places: Vec<Lane<f32>>,
    slopes: Vec<Lane<f32>>,
    /// Where loss and penalty take each weight, of penalties over groups.
    moved: Vec<Weight>,
    events: Vec<Events>,
    /// The linear predictors of rows, where slopes go by them.
    predictors: Vec<Lane<f32>>,
    last: LastStep,
    judge: Judge,
    scratch: Lanes,
}

/// What is known of the last step.
#[repr(align(64))]
struct LastStep {
    /// How far it went at the most, over all weights of a lane.
    moved: Lane<f32>,
    /// 1 where a weight of the lane went beyond the limit of divergence.
    beyond: Lane<u32>,
    /// 1 where the lane may have had an event, of the weight that was looked at last.
    notable: [u8; LANES],
    /// Not 0 where the lane's trajectory may have ended, and whether any has.
    ends: Lane<u32>,
    any_ends: bool,
}

/// What is in a lane.
struct Trajectory {
    local: u64,
    point: Point,
}

/// The trajectories of a draw that no lane has taken.
pub struct Queue<'a> {
    drawn: Drawn<'a>,
    first: u64,
    end: Cell<u64>,
}

impl<'a> Queue<'a> {
    pub fn new(drawn: Drawn<'a>, trajectories: Range<u64>) -> Queue<'a> {
        Queue { drawn, first: trajectories.start, end: Cell::new(trajectories.end) }
    }

    fn is_empty(&self) -> bool {
        self.end.get() == self.first
    }

    /// The last one first: along a path of lambdas that is the one that takes longest.
    fn next(&self, section: &Section) -> Option<Trajectory> {
        let local = self.end.get().checked_sub(1).filter(|local| *local >= self.first)?;
        self.end.set(local);
        Some(Trajectory { local, point: section.at(local) })
    }
}

/// Takes a trajectory that has ended: its draw, its number, its weights' outcomes, and its own.
pub type Show<'a, 'd> = &'a mut dyn FnMut(&Drawn<'d>, u64, &[Outcome], &Ending);

impl Course {
    pub fn new(kernel: Kernel, model: &Model, vectors: Vectors) -> Course {
        let (weights, zero) = (model.weights(), [0.0; LANES]);
        let steps = OfWeights::new(kernel, vectors);
        Course {
            kernel,
            vectors,
            moved: vec![Weight::default(); if steps.is_over_groups() { weights } else { 0 }],
            steps,
            parameters: [zero; MOST_PARAMETERS],
            n: [0; LANES],
            bounds: zero,
            weights: vec![Weight::default(); weights],
            places: vec![zero; weights],
            slopes: vec![zero; weights],
            events: vec![Events::new(); weights],
            predictors: Vec::new(),
            last: LastStep { moved: zero, beyond: [0; LANES], notable: [0; LANES], ends: [0; LANES], any_ends: false },
            judge: Judge::new(weights),
            scratch: Lanes::default(),
        }
    }

    /// Runs the trajectories of `section` that `next_draw` gives, draw by draw, and shows how each ends; `None` if it was stopped.
    pub fn run<'d>(
        &mut self,
        model: &Model,
        section: &Section,
        next_draw: &mut dyn FnMut() -> Option<Queue<'d>>,
        limits: &Limits,
        stopped: &dyn Fn() -> bool,
        show: Show<'_, 'd>,
    ) -> Option<()> {
        let mut queues: [Option<Rc<Queue>>; PARTIES] = [const { None }; PARTIES];
        let mut lanes: [Option<Trajectory>; LANES] = [const { None }; LANES];
        let mut busy = [0; PARTIES];
        let mut steps = 0_u32;
        loop {
            for party in 0..PARTIES {
                if busy[party] > 0 {
                    continue;
                }
                // Where there is no other draw a party helps another with its own.
                let others = || queues.iter().flatten().find(|queue| !queue.is_empty()).cloned();
                let queue = next_draw().map(Rc::new).or_else(others);
                for (lane, held) in lanes.iter_mut().enumerate().skip(party * PARTY).take(PARTY) {
                    *held = queue.as_ref().and_then(|queue| queue.next(section));
                    self.begin(lane, held.as_ref().zip(queue.as_ref().map(|queue| &queue.drawn)), limits);
                    busy[party] += usize::from(held.is_some());
                }
                queues[party] = queue;
            }
            if busy == [0; PARTIES] {
                return Some(());
            }
            if steps.is_multiple_of(LOOK) && stopped() {
                return None;
            }
            steps = steps.wrapping_add(1);
            let forms = queues.each_ref().map(|queue| queue.as_ref().map(|queue| &queue.drawn.form));
            // SAFETY: whoever names instructions has them of `Vectors::available`.
            unsafe { STEP.get(self.vectors)(self, model, &forms, limits) };
            for lane in self.may_have_ended() {
                let (party, Some(trajectory)) = (lane / PARTY, &lanes[lane]) else { continue };
                let queue = queues[party].as_ref().expect("a lane that is busy should have a draw");
                let Some(ending) = self.ending(lane, trajectory, &queue.drawn, limits) else { continue };
                show(&queue.drawn, trajectory.local, &self.judge.outcomes, &ending);
                lanes[lane] = queue.next(section);
                self.begin(lane, lanes[lane].as_ref().map(|own| (own, &queue.drawn)), limits);
                busy[party] -= usize::from(lanes[lane].is_none());
            }
        }
    }

    /// How the trajectory in a lane has ended, whose outcomes the judge has then; `None` if it goes on.
    fn ending(&mut self, lane: usize, trajectory: &Trajectory, drawn: &Drawn, limits: &Limits) -> Option<Ending> {
        let (stand, weights) = (self.stand(lane), self.weights.iter().zip(&self.events));
        let last = weights.map(|own| last(lane, own));
        let mut penalized = drawn.penalized(self.kernel, &trajectory.point);
        self.judge.ending(&stand, last, &mut penalized, drawn, limits)
    }

    /// The lanes whose trajectories the last step may have ended.
    fn may_have_ended(&self) -> impl Iterator<Item = usize> + use<> {
        let LastStep { any_ends, ends, .. } = self.last;
        (0..LANES).filter(move |lane| any_ends && ends[*lane] != 0)
    }

    /// Puts a trajectory of a draw into a lane, at its start; nothing leaves the lane to itself.
    fn begin(&mut self, lane: usize, trajectory: Option<(&Trajectory, &Drawn)>, limits: &Limits) {
        self.n[lane] = 0;
        if let Some((Trajectory { point, .. }, drawn)) = trajectory {
            self.bounds[lane] = drawn.bound() as f32;
            for (lanes, value) in self.parameters.iter_mut().zip(drawn.parameters(self.kernel, point)) {
                lanes[lane] = value;
            }
        }
        for (place, (weight, events)) in self.weights.iter_mut().zip(&mut self.events).enumerate() {
            let own = |(trajectory, drawn): (&Trajectory, &Drawn)| drawn.rows.start(place, trajectory.point.start);
            let start = trajectory.map_or(0.0, |trajectory| verdict::stored(own(trajectory)));
            (weight.w[lane], weight.a[lane], weight.b[lane], weight.c[lane]) = (start, 0.0, 0.0, 0.0);
            events.begin(lane, start, limits);
        }
    }

    /// Takes the next step of every lane.
    #[inline(always)]
    fn step(&mut self, model: &Model, forms: &Forms, limits: &Limits) {
        self.steps.begin(&mut self.scratch, &self.parameters, &self.n);
        let looks_ahead = self.steps.looks_ahead();
        if looks_ahead {
            self.scratch.weight.b = self.weights[0].b;
            self.steps.find_momentum(&mut self.scratch);
        }
        for (weight, place) in self.weights.iter_mut().zip(&mut self.places) {
            self.steps.look_ahead(weight, &mut self.scratch.terms);
            *place = weight.w;
        }
        self.find_slopes(model, forms);
        if self.steps.is_over_groups() {
            self.move_groups(model);
        }
        (self.last.moved, self.last.beyond) = ([0.0; LANES], [0; LANES]);
        let any_in_tail = self.n.iter().any(|n| n + 1 + limits.tail > limits.steps);
        let terms = &mut self.scratch.terms;
        let each = self.weights.iter_mut().zip(&mut self.events).zip(&self.places).zip(&self.slopes).enumerate();
        for (number, (((weight, events), place), slope)) in each {
            terms.slope = *slope;
            match self.moved.get(number) {
                None => self.steps.move_on(weight, terms, &self.parameters, model.factors[number]),
                Some(moved) => {
                    weight.clone_from(moved);
                    self.steps.move_after(weight, terms, &self.parameters);
                }
            }
            if !self.steps.is_narrowed() {
                terms.exact = weight.w;
            }
            // Every direction that looks ahead keeps the weight itself in `a`.
            let before = if looks_ahead { &weight.a } else { place };
            settle(before, place, limits, &mut weight.w, &mut self.last);
            events.note(before, &weight.w, &terms.exact, &self.n, limits, &self.last.notable);
            if any_in_tail {
                events.note_tail(before, &weight.w, &self.n, limits);
            }
        }
        if self.steps.restarts() {
            restart(&mut self.weights);
        }
        self.n.iter_mut().for_each(|n| *n += 1);
        may_have_ended(&mut self.last, &self.n, &self.scratch.terms.rate, limits.steps, &self.bounds);
    }

    /// Where the trajectory in a lane stands.
    fn stand(&self, lane: usize) -> Stand {
        Stand {
            n: self.n[lane],
            diverged: self.last.beyond[lane] != 0,
            moved: self.last.moved[lane],
            rate: self.scratch.terms.rate[lane],
        }
    }
}

/// A weight in a lane as the last step left it.
fn last(lane: usize, (weight, events): (&Weight, &Events)) -> Last {
    Last {
        w: weight.w[lane],
        first_crossing: events.first_crossing[lane],
        first_zero: events.first_zero[lane],
        first_within: events.first_within[lane],
        arrival: events.arrival[lane],
        jumped: events.jumped[lane] != 0,
        tail_low: events.tail.low[lane],
        tail_high: events.tail.high[lane],
        reversals: events.tail.reversals[lane],
    }
}

/// The next step of every lane, for each instruction set.
static STEP: Compiled<unsafe fn(&mut Course, &Model, &Forms, &Limits)> =
    compiled!(step(course: &mut Course, model: &Model, forms: &Forms, limits: &Limits));

#[inline(always)]
fn step(_: Vectors, course: &mut Course, model: &Model, forms: &Forms, limits: &Limits) {
    course.step(model, forms, limits);
}

/// Looks for lanes that went beyond the limit, took their last step, or moved by no more than the bound on slopes allows.
#[inline(always)]
fn may_have_ended(last: &mut LastStep, n: &Lane<u32>, rate: &Lane<f32>, steps: u32, bounds: &Lane<f32>) {
    let mut any = 0;
    for lane in 0..LANES {
        let rests = last.moved[lane] <= bounds[lane] * rate[lane];
        let ends = last.beyond[lane] | u32::from(n[lane] >= steps) | u32::from(rests);
        last.ends[lane] = ends;
        any |= ends;
    }
    last.any_ends = any != 0;
}

/// Stores the next weights of all lanes as they count, and looks at how far they went and whether anything happened.
#[inline(always)]
fn settle(before: &Lane<f32>, place: &Lane<f32>, limits: &Limits, next: &mut Lane<f32>, last: &mut LastStep) {
    let (tolerance, divergence) = (limits.tolerance, limits.divergence);
    for lane in 0..LANES {
        let w = verdict::stored(next[lane]);
        next[lane] = w;
        let moved = (w - place[lane]).abs();
        // Not a maximum: what is no number stays one.
        last.moved[lane] = if moved <= last.moved[lane] { last.moved[lane] } else { moved };
        last.beyond[lane] |= u32::from(verdict::is_diverged(w, divergence));
        last.notable[lane] = u8::from(is_notable(before[lane], w, tolerance));
    }
}

/// Begins the momentum anew where the step goes against it, all weights of a lane together: where the sum of (y - w') (w' - w) is more
/// than 0 (O'Donoghue and Candes, Found. Comput. Math. 15, 2015, gradient scheme).
#[inline(always)]
#[expect(clippy::needless_range_loop, reason = "arrays indexed alike become vectors")]
fn restart(weights: &mut [Weight]) {
    let mut against = [0.0_f32; LANES];
    for weight in &*weights {
        for lane in 0..LANES {
            against[lane] += (weight.c[lane] - weight.w[lane]) * (weight.w[lane] - weight.a[lane]);
        }
    }
    for weight in weights {
        for lane in 0..LANES {
            weight.b[lane] = if against[lane] > 0.0 { 0.0 } else { weight.b[lane] };
        }
    }
}
