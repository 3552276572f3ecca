//! The loop over steps of trajectories of many weights: 64 of one draw in lockstep, each at a step of its own.

mod followed;

pub use followed::EachIterate;

use super::super::staged::OfWeights;
use super::super::tail::Tail;
use super::product::PRODUCT;
use crate::backend::weights::{Drawn, Ending, Form, Judge, Last, Stand};
use crate::formula::verdict;
use crate::kernel::Kernel;
use crate::lanes::{Compiled, LANES, Lane, Lanes, MOST_PARAMETERS, Parameters, Vectors, compiled};
use crate::model::{Model, Penalized};
use crate::plan::{Limits, Point, Section};
use crate::verdict::{NEVER, Outcome};
use std::ops::Range;

/// Steps between two looks at whether to stop.
const LOOK: u32 = 1 << 10;

/// Trajectories on their way.
pub struct Course {
    kernel: Kernel,
    vectors: Vectors,
    steps: OfWeights,
    parameters: Parameters,
    /// Steps taken by the trajectory in each lane.
    n: Lane<u32>,
    /// One a weight: its state, and where its slope is taken.
    states: Vec<State>,
    places: Vec<Lane<f32>>,
    slopes: Vec<Lane<f32>>,
    /// Where loss and penalty take each weight, of penalties over groups.
    moved: Vec<State>,
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
    /// Whether some lane may have had an event, of the weight that was looked at last.
    notable: bool,
    /// Not 0 where the lane's trajectory may have ended, and whether any has.
    ends: Lane<u32>,
    any_ends: bool,
}

/// What is in a lane.
struct Trajectory<'a> {
    local: u64,
    point: Point,
    penalized: Penalized<'a>,
}

/// A weight of each lane, with what the optimizer remembers of it.
#[derive(Clone)]
#[repr(align(64))]
struct State {
    w: Lane<f32>,
    a: Lane<f32>,
    b: Lane<f32>,
    c: Lane<f32>,
}

/// What has happened to a weight of each lane.
#[derive(Clone)]
#[repr(align(64))]
struct Events {
    first_crossing: Lane<u32>,
    first_zero: Lane<u32>,
    first_within: Lane<u32>,
    arrival: Lane<u32>,
    /// 1 where the last landing came by a jump, or nothing has moved from zero.
    jumped: Lane<u32>,
    tail: Tail,
}

/// The trajectories of a draw that no lane has taken.
struct Queue<'a> {
    drawn: &'a Drawn<'a>,
    kernel: Kernel,
    section: &'a Section,
    left: Range<u64>,
}

impl<'a> Queue<'a> {
    /// The last one first: along a path of lambdas that is the one that takes longest.
    fn next(&mut self) -> Option<Trajectory<'a>> {
        let Queue { drawn, kernel, section, left } = self;
        let local = left.next_back()?;
        let point = section.at(local);
        let penalized = drawn.penalized(*kernel, &point);
        Some(Trajectory { local, point, penalized })
    }
}

impl Course {
    pub fn new(kernel: Kernel, model: &Model, vectors: Vectors) -> Course {
        let (weights, zero) = (model.weights(), [0.0; LANES]);
        let state = State { w: zero, a: zero, b: zero, c: zero };
        let never = [NEVER; LANES];
        let events = Events {
            first_crossing: never,
            first_zero: never,
            first_within: never,
            arrival: never,
            jumped: [0; LANES],
            tail: Tail::new(),
        };
        let steps = OfWeights::new(kernel, vectors);
        Course {
            kernel,
            vectors,
            moved: vec![state.clone(); if steps.is_over_groups() { weights } else { 0 }],
            steps,
            parameters: [zero; MOST_PARAMETERS],
            n: [0; LANES],
            states: vec![state; weights],
            places: vec![zero; weights],
            slopes: vec![zero; weights],
            events: vec![events; weights],
            predictors: Vec::new(),
            last: LastStep { moved: zero, beyond: [0; LANES], notable: false, ends: [0; LANES], any_ends: false },
            judge: Judge::new(weights),
            scratch: Lanes::default(),
        }
    }

    /// Runs these trajectories of `section`, which share a draw, and shows how each ends; `None` if it was stopped.
    pub fn run(
        &mut self,
        drawn: &Drawn,
        section: &Section,
        trajectories: Range<u64>,
        limits: &Limits,
        stopped: &dyn Fn() -> bool,
        show: &mut dyn FnMut(u64, &[Outcome], &Ending),
    ) -> Option<()> {
        let mut queue = Queue { drawn, kernel: self.kernel, section, left: trajectories };
        self.predictors.resize(drawn.form.rows(), [0.0; LANES]);
        let mut lanes: [Option<Trajectory>; LANES] = std::array::from_fn(|_| queue.next());
        (0..LANES).for_each(|lane| self.begin(lane, lanes[lane].as_ref(), drawn, limits));
        let mut busy = lanes.iter().flatten().count();
        let mut steps = 0_u32;
        while busy > 0 {
            if steps.is_multiple_of(LOOK) && stopped() {
                return None;
            }
            steps = steps.wrapping_add(1);
            // SAFETY: whoever names instructions has them of `Vectors::available`.
            unsafe { STEP.get(self.vectors)(self, drawn, limits) };
            for lane in self.may_have_ended() {
                let Some(trajectory) = &mut lanes[lane] else { continue };
                let (stand, weights) = (self.stand(lane), self.states.iter().zip(&self.events));
                let last = weights.map(|own| last(lane, own));
                let ended = self.judge.ending(&stand, last, &mut trajectory.penalized, drawn, limits);
                let Some(ending) = ended else { continue };
                show(trajectory.local, &self.judge.outcomes, &ending);
                lanes[lane] = queue.next();
                self.begin(lane, lanes[lane].as_ref(), drawn, limits);
                busy -= usize::from(lanes[lane].is_none());
            }
        }
        Some(())
    }

    /// The lanes whose trajectories the last step may have ended.
    fn may_have_ended(&self) -> impl Iterator<Item = usize> + use<> {
        let LastStep { any_ends, ends, .. } = self.last;
        (0..LANES).filter(move |lane| any_ends && ends[*lane] != 0)
    }

    /// Puts a trajectory into a lane, at its start; nothing leaves the lane to itself.
    fn begin(&mut self, lane: usize, trajectory: Option<&Trajectory>, drawn: &Drawn, limits: &Limits) {
        self.n[lane] = 0;
        let number = match trajectory {
            None => None,
            Some(Trajectory { point, .. }) => {
                for (lanes, value) in self.parameters.iter_mut().zip(drawn.parameters(self.kernel, point)) {
                    lanes[lane] = value;
                }
                Some(point.start)
            }
        };
        let in_tail = limits.tail > limits.steps;
        let first = |happens: bool| if happens { 0 } else { NEVER };
        for (place, (state, events)) in self.states.iter_mut().zip(&mut self.events).enumerate() {
            let start = number.map_or(0.0, |number| verdict::stored(drawn.rows.start(place, number)));
            (state.w[lane], state.a[lane], state.b[lane], state.c[lane]) = (start, 0.0, 0.0, 0.0);
            events.first_crossing[lane] = NEVER;
            events.first_zero[lane] = first(verdict::is_zero(start));
            events.first_within[lane] = first(start.abs() <= limits.tolerance);
            events.arrival[lane] = events.first_zero[lane];
            events.jumped[lane] = u32::from(verdict::is_zero(start));
            events.tail.begin(lane, start, in_tail);
        }
    }

    /// Takes the next step of every lane.
    #[inline(always)]
    fn step(&mut self, drawn: &Drawn, limits: &Limits) {
        let model = drawn.rows.model;
        self.steps.begin(&mut self.scratch, &self.parameters, &self.n);
        let looks_ahead = self.steps.looks_ahead();
        for (state, place) in self.states.iter_mut().zip(&mut self.places) {
            if !looks_ahead {
                *place = state.w;
                continue;
            }
            state.load(&mut self.scratch);
            self.steps.look_ahead(&mut self.scratch);
            *place = self.scratch.w;
            state.store(&self.scratch);
        }
        self.find_slopes(drawn);
        if self.steps.is_over_groups() {
            self.move_groups(model);
        }
        (self.last.moved, self.last.beyond) = ([0.0; LANES], [0; LANES]);
        let any_in_tail = self.n.iter().any(|n| n + 1 + limits.tail > limits.steps);
        for weight in 0..self.states.len() {
            let (state, events) = (&mut self.states[weight], &mut self.events[weight]);
            self.scratch.slope = self.slopes[weight];
            match self.moved.get(weight) {
                None => {
                    state.load(&mut self.scratch);
                    self.steps.move_on(&mut self.scratch, &self.parameters, model.factors[weight]);
                }
                Some(moved) => {
                    moved.load(&mut self.scratch);
                    self.steps.move_after(&mut self.scratch, &self.parameters);
                }
            }
            if !self.steps.is_narrowed() {
                self.scratch.exact = self.scratch.w;
            }
            // Every direction that looks ahead keeps the weight itself in `a`.
            let before = if looks_ahead { &state.a } else { &state.w };
            let place = &self.places[weight];
            settle(before, place, limits, &mut self.scratch.w, &mut self.last);
            if self.last.notable {
                note(before, &self.scratch, &self.n, limits, events);
            }
            if any_in_tail {
                events.note_tail(before, &self.scratch.w, &self.n, limits);
            }
            state.store(&self.scratch);
        }
        if self.steps.restarts() {
            restart(&mut self.states);
        }
        self.n.iter_mut().for_each(|n| *n += 1);
        may_have_ended(&mut self.last, &self.n, &self.scratch.rate, limits.steps, drawn.bound() as f32);
    }

    /// Moves each weight down the slope of the loss, and each group x then to v x / |x|_2 with v the proximal map at its norm.
    fn move_groups(&mut self, model: &Model) {
        let Course { steps, parameters, scratch, states, slopes, moved, .. } = self;
        for (weight, moved) in moved.iter_mut().enumerate() {
            states[weight].load(scratch);
            scratch.slope = slopes[weight];
            steps.move_alone(scratch, parameters, model.factors[weight]);
            slopes[weight] = scratch.slope;
            moved.store(scratch);
        }
        for (weights, strength) in model.groups.iter().filter(|(_, strength)| *strength > 0.0) {
            let norms = norms(moved, weights);
            scratch.w = norms;
            steps.shorten(scratch, parameters, strength);
            weights.iter().for_each(|weight| shorten(&mut moved[*weight].w, &norms, &scratch.w));
        }
    }

    /// The slopes of the loss at the places of all lanes.
    fn find_slopes(&mut self, drawn: &Drawn) {
        let Course { vectors, places, slopes, predictors, scratch, .. } = self;
        let model = drawn.rows.model;
        // SAFETY: whoever names instructions has them of `Vectors::available`.
        let product = |matrix: &[f32], columns: &[Lane<f32>], rows: &mut [Lane<f32>]| unsafe {
            PRODUCT.get(*vectors)(matrix, columns, rows);
        };
        match &drawn.form {
            Form::Gram { gram, slopes: at_zero } => {
                product(gram, places, slopes);
                for (slope, at_zero) in slopes.iter_mut().zip(at_zero) {
                    slope.iter_mut().for_each(|own| *own -= at_zero);
                }
            }
            Form::Rows { forth, back, shares, responses } => {
                product(forth, places, predictors);
                let mut own: Vec<Lane<f32>> =
                    model.of_rows.own.iter().map(|own| [own.unwrap_or_default(); LANES]).collect();
                let of_response = model.of_rows.own.iter().position(Option::is_none);
                for ((predictor, response), share) in predictors.iter_mut().zip(responses).zip(shares) {
                    of_response.into_iter().for_each(|place| own[place] = [*response; LANES]);
                    scratch.w = *predictor;
                    model.problem.slope.run(*vectors, scratch, &own);
                    *predictor = scratch.slope.map(|slope| share * slope);
                }
                product(back, predictors, slopes);
            }
        }
    }

    /// Where the trajectory in a lane stands.
    fn stand(&self, lane: usize) -> Stand {
        Stand {
            n: self.n[lane],
            diverged: self.last.beyond[lane] != 0,
            moved: self.last.moved[lane],
            rate: self.scratch.rate[lane],
        }
    }
}

/// A weight in a lane as the last step left it.
fn last(lane: usize, (state, events): (&State, &Events)) -> Last {
    Last {
        w: state.w[lane],
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
static STEP: Compiled<unsafe fn(&mut Course, &Drawn, &Limits)> =
    compiled!(step(course: &mut Course, drawn: &Drawn, limits: &Limits));

#[inline(always)]
fn step(_: Vectors, course: &mut Course, drawn: &Drawn, limits: &Limits) {
    course.step(drawn, limits);
}

impl State {
    #[inline(always)]
    fn load(&self, lanes: &mut Lanes) {
        (lanes.w, lanes.a, lanes.b, lanes.c) = (self.w, self.a, self.b, self.c);
    }

    #[inline(always)]
    fn store(&mut self, lanes: &Lanes) {
        (self.w, self.a, self.b, self.c) = (lanes.w, lanes.a, lanes.b, lanes.c);
    }
}

/// Looks for lanes that went beyond the limit, took their last step, or moved by no more than the bound on slopes allows.
#[inline(always)]
fn may_have_ended(last: &mut LastStep, n: &Lane<u32>, rate: &Lane<f32>, steps: u32, bound: f32) {
    let mut any = 0;
    for lane in 0..LANES {
        let rests = last.moved[lane] <= bound * rate[lane];
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
    let mut notable = 0;
    for lane in 0..LANES {
        let w = verdict::stored(next[lane]);
        next[lane] = w;
        let moved = (w - place[lane]).abs();
        // Not a maximum: what is no number stays one.
        last.moved[lane] = if moved <= last.moved[lane] { last.moved[lane] } else { moved };
        last.beyond[lane] |= u32::from(verdict::is_diverged(w, divergence));
        notable |= u32::from(is_notable(before[lane], w, tolerance));
    }
    last.notable = notable != 0;
}

/// The norms of a group of weights, one a lane: they are divided by the largest of them first, whose square f32 may not hold.
#[inline(always)]
fn norms(states: &[State], group: &[usize]) -> Lane<f32> {
    let (mut largest, mut sum) = ([0.0_f32; LANES], [0.0_f32; LANES]);
    for weight in group {
        let w = &states[*weight].w;
        for lane in 0..LANES {
            largest[lane] = largest[lane].max(w[lane].abs());
        }
    }
    for weight in group {
        let w = &states[*weight].w;
        for lane in 0..LANES {
            let part = if largest[lane] > 0.0 { w[lane] / largest[lane] } else { 0.0 };
            sum[lane] += part * part;
        }
    }
    std::array::from_fn(|lane| largest[lane] * sum[lane].sqrt())
}

/// Takes a weight with its group from the norm that this has to another.
#[inline(always)]
fn shorten(w: &mut Lane<f32>, norms: &Lane<f32>, left: &Lane<f32>) {
    for lane in 0..LANES {
        let shorter = if left[lane] == 0.0 { 0.0 } else { left[lane] * (w[lane] / norms[lane]) };
        w[lane] = if left[lane] == norms[lane] { w[lane] } else { shorter };
    }
}

/// Begins the momentum anew where the step goes against it, all weights of a lane together: where the sum of (y - w') (w' - w) is more
/// than 0 (O'Donoghue and Candes, Found. Comput. Math. 15, 2015, gradient scheme).
#[inline(always)]
#[expect(clippy::needless_range_loop, reason = "arrays indexed alike become vectors")]
fn restart(states: &mut [State]) {
    let mut against = [0.0_f32; LANES];
    for state in &*states {
        for lane in 0..LANES {
            against[lane] += (state.c[lane] - state.w[lane]) * (state.w[lane] - state.a[lane]);
        }
    }
    for state in states {
        for lane in 0..LANES {
            state.b[lane] = if against[lane] > 0.0 { 0.0 } else { state.b[lane] };
        }
    }
}

/// Whether a step may hold an event: a landing or a leave, another sign, or the first iterate within the tolerance.
#[inline(always)]
fn is_notable(previous: f32, w: f32, tolerance: f32) -> bool {
    (verdict::is_zero(previous) != verdict::is_zero(w))
        | verdict::is_crossing(previous, w)
        | ((w.abs() <= tolerance) & (previous.abs() > tolerance))
}

/// Notes the events of a step, which is the step `n + 1` of each lane.
#[inline(always)]
fn note(before: &Lane<f32>, after: &Lanes, n: &Lane<u32>, limits: &Limits, events: &mut Events) {
    for lane in 0..LANES {
        let (previous, w, step) = (before[lane], after.w[lane], n[lane] + 1);
        let first = |so_far: u32, happens: bool| verdict::first_step(so_far, happens, step);
        events.first_crossing[lane] = first(events.first_crossing[lane], verdict::is_crossing(previous, w));
        events.first_zero[lane] = first(events.first_zero[lane], verdict::is_zero(w));
        events.first_within[lane] = first(events.first_within[lane], w.abs() <= limits.tolerance);
        let lands = verdict::is_landing(previous, w);
        let jump = u32::from(verdict::jumps(previous, after.exact[lane]));
        events.arrival[lane] = if lands { step } else { events.arrival[lane] };
        events.jumped[lane] = if lands { jump } else { events.jumped[lane] };
    }
}

impl Events {
    /// Adds an iterate to the tails of those lanes that are in theirs.
    fn note_tail(&mut self, before: &Lane<f32>, next: &Lane<f32>, n: &Lane<u32>, limits: &Limits) {
        let is_in_tail = |n: u32| n + limits.tail > limits.steps;
        for lane in (0..LANES).filter(|lane| is_in_tail(n[*lane] + 1)) {
            self.tail.note(lane, before[lane], next[lane], is_in_tail(n[lane]));
        }
    }
}
