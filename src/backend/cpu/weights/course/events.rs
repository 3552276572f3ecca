//! What happens to the weights of many trajectories on their way.

use super::super::super::tail::Tail;
use crate::formula::verdict;
use crate::lanes::{LANES, Lane};
use crate::plan::Limits;
use crate::verdict::NEVER;

/// What has happened to a weight of each lane.
#[derive(Clone)]
#[repr(align(64))]
pub struct Events {
    pub first_crossing: Lane<u32>,
    pub first_zero: Lane<u32>,
    pub first_within: Lane<u32>,
    pub arrival: Lane<u32>,
    /// 1 where the last landing came by a jump, or nothing has moved from zero.
    pub jumped: Lane<u32>,
    pub tail: Tail,
}

impl Events {
    pub fn new() -> Events {
        let never = [NEVER; LANES];
        Events {
            first_crossing: never,
            first_zero: never,
            first_within: never,
            arrival: never,
            jumped: [0; LANES],
            tail: Tail::new(),
        }
    }

    /// Begins anew in a lane, at this start.
    pub fn begin(&mut self, lane: usize, start: f32, limits: &Limits) {
        let first = |happens: bool| if happens { 0 } else { NEVER };
        self.first_crossing[lane] = NEVER;
        self.first_zero[lane] = first(verdict::is_zero(start));
        self.first_within[lane] = first(start.abs() <= limits.tolerance);
        self.arrival[lane] = self.first_zero[lane];
        self.jumped[lane] = u32::from(verdict::is_zero(start));
        self.tail.begin(lane, start, limits.tail > limits.steps);
    }

    /// Notes the events of a step, which is the step `n + 1` of each lane, where any may have been: in few lanes, at most steps.
    #[inline(always)]
    pub fn note(
        &mut self,
        before: &Lane<f32>,
        after: &Lane<f32>,
        exact: &Lane<f32>,
        n: &Lane<u32>,
        limits: &Limits,
        notable: &[u8; LANES],
    ) {
        for lane in set(notable) {
            let (previous, w, step) = (before[lane], after[lane], n[lane] + 1);
            let first = |so_far: u32, happens: bool| verdict::first_step(so_far, happens, step);
            self.first_crossing[lane] = first(self.first_crossing[lane], verdict::is_crossing(previous, w));
            self.first_zero[lane] = first(self.first_zero[lane], verdict::is_zero(w));
            self.first_within[lane] = first(self.first_within[lane], w.abs() <= limits.tolerance);
            let lands = verdict::is_landing(previous, w);
            let jump = u32::from(verdict::jumps(previous, exact[lane]));
            self.arrival[lane] = if lands { step } else { self.arrival[lane] };
            self.jumped[lane] = if lands { jump } else { self.jumped[lane] };
        }
    }

    /// Adds an iterate to the tails of those lanes that are in theirs.
    pub fn note_tail(&mut self, before: &Lane<f32>, next: &Lane<f32>, n: &Lane<u32>, limits: &Limits) {
        let is_in_tail = |n: u32| n + limits.tail > limits.steps;
        for lane in (0..LANES).filter(|lane| is_in_tail(n[*lane] + 1)) {
            self.tail.note(lane, before[lane], next[lane], is_in_tail(n[lane]));
        }
    }
}

/// Whether a step may hold an event: a landing or a leave, another sign, or the first iterate within the tolerance.
#[inline(always)]
pub fn is_notable(previous: f32, w: f32, tolerance: f32) -> bool {
    (verdict::is_zero(previous) != verdict::is_zero(w))
        | verdict::is_crossing(previous, w)
        | ((w.abs() <= tolerance) & (previous.abs() > tolerance))
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
