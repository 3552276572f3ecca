//! One trajectory, iterate by iterate: a block of one on the CPU, a step at a time.

use crate::backend::cpu::{LANES, Vectors, Way, driver::Block};
use crate::formula::verdict;
use crate::kernel::Kernel;
use crate::plan::{Limits, Point};
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
