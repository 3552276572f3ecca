//! The reference: one trajectory in f64 by the plainest loop, and its fate by the words of the definitions.

use super::rules::Rule;
use crate::direction::StateInF64;
use crate::plan::Limits;
use crate::verdict::Fate;

/// Steps between two looks at a wish to stop.
const SLICE: u32 = 1 << 16;

/// 2^-64: from there a landing is a jump.
const JUMP: f64 = 1.0 / (1u128 << 64) as f64;

/// What became of a trajectory in f64.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ending {
    pub fate: Fate,
    /// First step with the opposite sign, or a landing.
    pub first_crossing: Option<u32>,
    /// Least and greatest iterate of the tail, or what there was of it before the trajectory diverged.
    pub tail: (f64, f64),
    pub last: f64,
}

/// The iterates of `rule` from `start`, as long as they do not diverge.
pub fn iterates(rule: Rule, start: f32, limits: &Limits) -> impl Iterator<Item = f64> {
    let next = move |&(state, n): &(StateInF64, u32)| Some((rule.step(state, n).state, n + 1));
    std::iter::successors(Some((begun(start), 0)), next)
        .map(|(state, _)| state.w)
        .take_while(|&w| !is_diverged(w, limits))
}

fn begun(start: f32) -> StateInF64 {
    StateInF64 { w: start.into(), ..StateInF64::default() }
}

fn is_diverged(w: f64, limits: &Limits) -> bool {
    !w.is_finite() || w.abs() > limits.divergence.into()
}

/// Follows `rule` from `start`; `None` if it was stopped.
pub fn follow(rule: &Rule, start: f32, limits: &Limits, stopped: &dyn Fn() -> bool) -> Option<Ending> {
    let mut state = begun(start);
    let mut first_crossing = None;
    // Whether what is zero now was jumped to, or has not moved.
    let mut exact = state.w == 0.0;
    let mut tail = Tail { low: f64::INFINITY, high: f64::NEG_INFINITY, direction: 0.0, reversals: 0 };
    let mut step = 0;
    loop {
        let w = state.w;
        if is_diverged(w, limits) {
            return Some(Ending { fate: Fate::Diverged, first_crossing, tail: (tail.low, tail.high), last: w });
        }
        if step + limits.tail > limits.steps {
            tail.low = tail.low.min(w);
            tail.high = tail.high.max(w);
        }
        if step == limits.steps {
            break;
        }
        if step % SLICE == 0 && stopped() {
            return None;
        }
        let previous = w;
        let stepped = rule.step(state, step);
        state = stepped.state;
        let w = state.w;
        step += 1;
        if previous != 0.0 && w == 0.0 {
            exact = previous.abs() >= JUMP && stepped.exact == 0.0;
        }
        if first_crossing.is_none() && previous != 0.0 && (w == 0.0 || (w > 0.0) != (previous > 0.0)) {
            first_crossing = Some(step);
        }
        // The iterate before belongs to the tail, too.
        if step - 1 + limits.tail > limits.steps {
            tail.turn(w - previous);
        }
    }
    Some(Ending { fate: tail.fate(exact, limits), first_crossing, tail: (tail.low, tail.high), last: state.w })
}

struct Tail {
    low: f64,
    high: f64,
    /// The last difference that was not 0.
    direction: f64,
    reversals: u32,
}

impl Tail {
    fn turn(&mut self, difference: f64) {
        if difference != 0.0 {
            self.reversals += u32::from(self.direction * difference.signum() < 0.0);
            self.direction = difference.signum();
        }
    }

    /// The first rule that holds, once the trajectory has not diverged.
    fn fate(&self, exact: bool, limits: &Limits) -> Fate {
        let amplitude = self.low.abs().max(self.high.abs());
        if amplitude == 0.0 && exact {
            Fate::Zero
        } else if amplitude < JUMP {
            Fate::Decayed
        } else if amplitude <= limits.tolerance.into() {
            Fate::NearZero
        } else if self.high - self.low <= 1e-4 * amplitude {
            Fate::Settled
        } else if self.reversals >= 2 {
            Fate::Oscillating
        } else {
            Fate::Moving
        }
    }
}
