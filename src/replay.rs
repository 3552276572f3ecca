//! One trajectory, iterate by iterate: a block of one on the CPU, a step at a time.

use crate::backend::cpu::{LANES, Vectors, Way, driver::Block, weights};
use crate::backend::weights::{Drawn, Ending};
use crate::formula::verdict;
use crate::kernel::Kernel;
use crate::model::Draws;
use crate::plan::{Limits, Point, Section};
use crate::verdict::Outcome;
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
    let mut way = Way::of(kernel, Vectors::widest(), false);
    let mut block = Block::new(&[point; LANES], limits);
    let mut previous = verdict::stored(point.start);
    let mut step = 0;
    loop {
        let (w, lives) = (block.weight(0), !block.has_diverged(0));
        let iterate = Iterate {
            step,
            w,
            crosses: lives && step > 0 && verdict::is_crossing(previous, w),
            is_zero: lives && verdict::is_zero(w),
            is_within: lives && w.abs() <= limits.tolerance,
            diverges: !lives,
            in_tail: lives && step + limits.tail > limits.steps,
        };
        if each(iterate).is_break() {
            return None;
        }
        if !lives || step == limits.steps {
            return Some(block.outcome(0, limits));
        }
        previous = w;
        step += 1;
        way.advance(&mut block, limits, step);
    }
}

/// The most iterates that are kept of a course.
const MOST_KEPT: usize = 1024;

/// A trajectory of many weights on its way.
#[derive(Clone, Debug, PartialEq)]
pub struct WeightCourse {
    /// Steps and weights there, in their order: the start, every iterate or one of every 2, 4, 8 ..., and the last.
    pub places: Vec<(u32, Vec<f32>)>,
    /// What became of each weight.
    pub outcomes: Vec<Outcome>,
    /// Loss and penalty at its end in f64, and the optimality residual there as a share of the largest slope of the null model; `None` if it diverged.
    pub end: Option<(f64, f64)>,
}

/// The courses of trajectories of a section of [`Plan::by_draw`](crate::plan::Plan::by_draw), at most [`LANES`], all of the same draw of rows: by the steps of the CPU backend
/// in f32, as a sweep takes them.
///
/// # Panics
/// If they are more, or of several draws.
pub fn replay_weights(section: &Section, draws: &Draws, locals: &[u64], limits: &Limits) -> Vec<WeightCourse> {
    let per_draw = section.per_draw(draws.model());
    let Some(draw) = locals.first().map(|local| local / per_draw) else { return Vec::new() };
    assert!(locals.iter().all(|local| local / per_draw == draw), "courses should be of one draw of rows");
    let drawn = Drawn::new(draws, draw as u32, section);
    let mut kept: Vec<Thinned> = locals.iter().map(|_| Thinned::default()).collect();
    let ended = weights::follow(section, &drawn, locals, limits, &mut |place, step, w| kept[place].push(step, w));
    let course = |(kept, (outcomes, ending)): (Thinned, (Vec<Outcome>, Ending))| {
        let end = ending.judged.map(|judged| (judged.objective, drawn.share(judged.residual)));
        WeightCourse { places: kept.places(), outcomes, end }
    };
    kept.into_iter().zip(ended).map(course).collect()
}

/// Some of many iterates, evenly spread over the steps.
#[derive(Default)]
struct Thinned {
    places: Vec<(u32, Vec<f32>)>,
    /// One of so many steps is kept, as a power of 2.
    halvings: u32,
    last: Option<(u32, Vec<f32>)>,
}

impl Thinned {
    fn push(&mut self, step: u32, w: &[f32]) {
        self.last = Some((step, w.to_vec()));
        if step.trailing_zeros() < self.halvings {
            return;
        }
        self.places.push((step, w.to_vec()));
        if self.places.len() > MOST_KEPT {
            self.halvings += 1;
            self.places.retain(|(step, _)| step.trailing_zeros() >= self.halvings);
        }
    }

    /// Those that are left, and the last one.
    fn places(self) -> Vec<(u32, Vec<f32>)> {
        let Thinned { mut places, last, .. } = self;
        let is_new = |last: &(u32, Vec<f32>)| places.last().is_none_or(|own| own.0 < last.0);
        let last = last.filter(is_new);
        places.extend(last);
        places
    }
}
