//! The last iterates of the trajectories in a block: what they lie between, and how often they turn.

use crate::formula::verdict;
use crate::lanes::{LANES, Lane};

/// The tails of all lanes.
#[derive(Clone)]
#[repr(C, align(64))]
pub struct Tail {
    pub low: Lane<f32>,
    pub high: Lane<f32>,
    direction: Lane<f32>,
    pub reversals: Lane<u32>,
}

impl Tail {
    pub fn new() -> Tail {
        Tail { low: [0.0; LANES], high: [0.0; LANES], direction: [0.0; LANES], reversals: [0; LANES] }
    }

    /// Begins anew with the start of a trajectory, which may be in its tail.
    pub fn begin(&mut self, lane: usize, w: f32, in_tail: bool) {
        self.low[lane] = if in_tail { w } else { f32::INFINITY };
        self.high[lane] = if in_tail { w } else { f32::NEG_INFINITY };
        (self.direction[lane], self.reversals[lane]) = (0.0, 0);
    }

    /// Notes the tail iterate `w`; `turns` says that `previous` belongs to the tail, too.
    #[inline(always)]
    pub fn note(&mut self, lane: usize, previous: f32, w: f32, turns: bool) {
        self.low[lane] = if w < self.low[lane] { w } else { self.low[lane] };
        self.high[lane] = if w > self.high[lane] { w } else { self.high[lane] };
        let difference = if turns { w - previous } else { 0.0 };
        self.reversals[lane] += u32::from(verdict::is_reversal(self.direction[lane], difference));
        self.direction[lane] = verdict::next_direction(self.direction[lane], difference);
    }
}
