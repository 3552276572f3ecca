//! The loop over steps of trajectories of many weights: 64 in lockstep, each at a step of its own, and parties of them of one draw each.

mod followed;

pub use followed::EachIterate;

use super::super::staged::OfWeights;
use super::super::tail::Tail;
use super::product::PRODUCT;
use crate::backend::weights::{Drawn, Ending, Form, Judge, Last, Stand};
use crate::formula::verdict;
use crate::kernel::Kernel;
use crate::lanes::{Compiled, LANES, Lane, Lanes, MOST_PARAMETERS, Parameters, Vectors, Weight, compiled};
use crate::model::Model;
use crate::plan::{Limits, Point, Section};
use crate::verdict::{NEVER, Outcome};
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
            moved: vec![Weight::default(); if steps.is_over_groups() { weights } else { 0 }],
            steps,
            parameters: [zero; MOST_PARAMETERS],
            n: [0; LANES],
            bounds: zero,
            weights: vec![Weight::default(); weights],
            places: vec![zero; weights],
            slopes: vec![zero; weights],
            events: vec![events; weights],
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
                for lane in party * PARTY..(party + 1) * PARTY {
                    lanes[lane] = queue.as_ref().and_then(|queue| queue.next(section));
                    self.begin(lane, lanes[lane].as_ref().zip(queue.as_ref().map(|queue| &queue.drawn)), limits);
                    busy[party] += usize::from(lanes[lane].is_some());
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
        let in_tail = limits.tail > limits.steps;
        let first = |happens: bool| if happens { 0 } else { NEVER };
        for (place, (weight, events)) in self.weights.iter_mut().zip(&mut self.events).enumerate() {
            let own = |(trajectory, drawn): (&Trajectory, &Drawn)| drawn.rows.start(place, trajectory.point.start);
            let start = trajectory.map_or(0.0, |trajectory| verdict::stored(own(trajectory)));
            (weight.w[lane], weight.a[lane], weight.b[lane], weight.c[lane]) = (start, 0.0, 0.0, 0.0);
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
            note(before, &weight.w, &terms.exact, &self.n, limits, &self.last.notable, events);
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

    /// Moves each weight down the slope of the loss, and each group x then to v x / |x|_2 with v the proximal map at its norm.
    fn move_groups(&mut self, model: &Model) {
        let Course { steps, parameters, scratch, weights, slopes, moved, .. } = self;
        for (number, moved) in moved.iter_mut().enumerate() {
            moved.clone_from(&weights[number]);
            scratch.terms.slope = slopes[number];
            steps.move_alone(moved, &mut scratch.terms, parameters, model.factors[number]);
            slopes[number] = scratch.terms.slope;
        }
        for (members, strength) in model.groups.iter().filter(|(_, strength)| *strength > 0.0) {
            let norms = norms(moved, members);
            scratch.weight.w = norms;
            steps.shorten(scratch, parameters, strength);
            members.iter().for_each(|weight| shorten(&mut moved[*weight].w, &norms, &scratch.weight.w));
        }
    }

    /// The slopes of the loss at the places of all lanes that have a draw.
    fn find_slopes(&mut self, model: &Model, forms: &Forms) {
        let Course { vectors, places, slopes, predictors, scratch, .. } = self;
        // SAFETY: whoever names instructions has them of `Vectors::available`.
        let product = |matrix: &[f32], columns: &[Lane<f32>], rows: &mut [Lane<f32>], lanes: &Range<usize>| unsafe {
            PRODUCT.get(*vectors)(matrix, columns, rows, lanes.clone());
        };
        let mut most_rows = 0;
        for (lanes, form) in together(forms) {
            match form {
                Form::Gram { gram, slopes: at_zero } => {
                    product(gram, places, slopes, &lanes);
                    for (slope, at_zero) in slopes.iter_mut().zip(at_zero) {
                        slope[lanes.clone()].iter_mut().for_each(|own| *own -= at_zero);
                    }
                }
                Form::Rows { forth, .. } => {
                    most_rows = most_rows.max(form.rows());
                    predictors.resize(predictors.len().max(most_rows), [0.0; LANES]);
                    product(forth, places, &mut predictors[..form.rows()], &lanes);
                }
            }
        }
        if most_rows == 0 {
            return;
        }
        // What a row of each party makes of its predictor: of all lanes together, as all are of one kind.
        let mut own: Vec<Lane<f32>> = model.of_rows.own.iter().map(|own| [own.unwrap_or_default(); LANES]).collect();
        let of_response = model.of_rows.own.iter().position(Option::is_none);
        let mut share_of = [0.0; LANES];
        for (row, predictor) in predictors[..most_rows].iter_mut().enumerate() {
            for (lanes, form) in together(forms) {
                let Form::Rows { shares, responses, .. } = form else { continue };
                let (Some(share), Some(response)) = (shares.get(row), responses.get(row)) else { continue };
                of_response.into_iter().for_each(|place| own[place][lanes.clone()].fill(*response));
                share_of[lanes].fill(*share);
            }
            scratch.weight.w = *predictor;
            model.problem.slope.run(*vectors, &mut scratch.weight, &mut scratch.terms, &own);
            *predictor = std::array::from_fn(|lane| share_of[lane] * scratch.terms.slope[lane]);
        }
        for (lanes, form) in together(forms) {
            let Form::Rows { back, .. } = form else { continue };
            product(back, &predictors[..form.rows()], slopes, &lanes);
        }
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

/// What the draw of each party makes of the loss; `None` where the party has none.
type Forms<'a> = [Option<&'a Form>; PARTIES];

/// The forms, each with the lanes of the parties beside each other that have it.
#[inline(always)]
fn together<'a>(forms: &Forms<'a>) -> impl Iterator<Item = (Range<usize>, &'a Form)> {
    let mut party = 0;
    std::iter::from_fn(move || {
        loop {
            let first = party;
            let form = *forms.get(first)?;
            party += 1;
            let Some(form) = form else { continue };
            while forms.get(party).is_some_and(|next| next.is_some_and(|next| std::ptr::eq(next, form))) {
                party += 1;
            }
            return Some((first * PARTY..party * PARTY, form));
        }
    })
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

/// The norms of a group of weights, one a lane: they are divided by the largest of them first, whose square f32 may not hold.
#[inline(always)]
fn norms(weights: &[Weight], group: &[usize]) -> Lane<f32> {
    let (mut largest, mut sum) = ([0.0_f32; LANES], [0.0_f32; LANES]);
    for weight in group {
        let w = &weights[*weight].w;
        for lane in 0..LANES {
            largest[lane] = largest[lane].max(w[lane].abs());
        }
    }
    for weight in group {
        let w = &weights[*weight].w;
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

/// The places of those bytes that are not 0, which are looked at some at a time.
#[inline(always)]
fn set(bytes: &[u8; LANES]) -> impl Iterator<Item = usize> {
    let (words, _) = bytes.as_chunks::<8>();
    words.iter().enumerate().flat_map(|(place, word)| {
        let mut left = u64::from_le_bytes(*word);
        std::iter::from_fn(move || {
            let byte = (left != 0).then(|| left.trailing_zeros() / 8)?;
            left &= left - 1;
            Some(8 * place + byte as usize)
        })
    })
}

/// Whether a step may hold an event: a landing or a leave, another sign, or the first iterate within the tolerance.
#[inline(always)]
fn is_notable(previous: f32, w: f32, tolerance: f32) -> bool {
    (verdict::is_zero(previous) != verdict::is_zero(w))
        | verdict::is_crossing(previous, w)
        | ((w.abs() <= tolerance) & (previous.abs() > tolerance))
}

/// Notes the events of a step, which is the step `n + 1` of each lane, where any may have been: in few lanes, at most steps.
#[inline(always)]
fn note(
    before: &Lane<f32>,
    after: &Lane<f32>,
    exact: &Lane<f32>,
    n: &Lane<u32>,
    limits: &Limits,
    notable: &[u8; LANES],
    events: &mut Events,
) {
    for lane in set(notable) {
        let (previous, w, step) = (before[lane], after[lane], n[lane] + 1);
        let first = |so_far: u32, happens: bool| verdict::first_step(so_far, happens, step);
        events.first_crossing[lane] = first(events.first_crossing[lane], verdict::is_crossing(previous, w));
        events.first_zero[lane] = first(events.first_zero[lane], verdict::is_zero(w));
        events.first_within[lane] = first(events.first_within[lane], w.abs() <= limits.tolerance);
        let lands = verdict::is_landing(previous, w);
        let jump = u32::from(verdict::jumps(previous, exact[lane]));
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
