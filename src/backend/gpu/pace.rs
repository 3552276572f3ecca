//! The length of slices, from how long they take.

use super::GpuError;
use super::device::{Mark, OpenDevice, WORKGROUP, WORKGROUPS};
use crate::probe::Probe;
use std::collections::VecDeque;
use web_time::{Duration, Instant};
use wgpu::SubmissionIndex;

/// Steps that a kernel takes together; see `shaders/driver.wgsl`.
pub const SEGMENT: u32 = 32;

/// The least steps of the first slice of a kernel, before any was timed; also a multiple that keeps segments whole.
pub const FIRST_SLICE: u32 = 64;

/// Steps that a slice takes at the most, whatever a device bears.
pub const LONGEST_SLICE: u32 = 16_384;

/// Time that a slice should take: far below every watchdog, far above the cost of a submission.
pub const SLICE_TIME: Duration = Duration::from_millis(30);

/// Slices that are submitted before the first of them is done.
const SLICES_AHEAD: usize = 2;

/// What suits a device, by its probe.
#[derive(Clone, Copy, Debug)]
pub struct Habits {
    /// Steps of a slice at the most.
    pub longest_slice: u32,
    /// Iterations after which loops end; `None` where they never do.
    pub loops_end_after: Option<u32>,
    /// Invocations of a workgroup.
    pub workgroup: u32,
    /// Plain steps of a full batch that fit into 50 ms.
    #[cfg_attr(target_arch = "wasm32", expect(dead_code, reason = "no operations are counted in a browser"))]
    pub plain_steps: Option<u32>,
}

impl Default for Habits {
    /// What suits every device.
    fn default() -> Habits {
        Habits { longest_slice: LONGEST_SLICE, loops_end_after: None, workgroup: WORKGROUP, plain_steps: None }
    }
}

impl Habits {
    pub fn of(probe: &Probe) -> Habits {
        Habits {
            longest_slice: longest_slice(probe.loops_end_after),
            loops_end_after: probe.loops_end_after,
            workgroup: probe.best_workgroup.filter(|best| WORKGROUPS.contains(best)).unwrap_or(WORKGROUP),
            plain_steps: probe.steps_in_50_ms,
        }
    }
}

/// Steps of a slice at the most where loops end after so many iterations. A segment of 32 steps takes up to 41
/// iterations, so two a step are never exceeded.
pub fn longest_slice(loops_end_after: Option<u32>) -> u32 {
    loops_end_after.map_or(LONGEST_SLICE, |end| (end / 2).clamp(1, LONGEST_SLICE))
}

/// The length of slices, as it comes to be.
pub struct Pace {
    slice: u32,
    longest: u32,
    fixed: bool,
    ahead: VecDeque<(Mark, u32)>,
    last_done: Option<Instant>,
}

impl Pace {
    /// Slices of `fixed` steps, or such as are found by trying, from `known` on where that is known.
    pub fn new(fixed: Option<u32>, known: Option<u32>, longest: u32) -> Pace {
        let slice = fixed.unwrap_or(known.unwrap_or(FIRST_SLICE).min(longest)).max(1);
        Pace { slice, longest, fixed: fixed.is_some(), ahead: VecDeque::new(), last_done: None }
    }

    pub fn slice(&self) -> u32 {
        self.slice
    }

    /// What was found by trying.
    pub fn found(&self) -> Option<u32> {
        (!self.fixed).then_some(self.slice)
    }

    /// Notes a submitted slice and waits until no more than [`SLICES_AHEAD`] are under way.
    pub async fn submitted(&mut self, submission: SubmissionIndex, device: &OpenDevice) -> Result<(), GpuError> {
        self.ahead.push_back((device.mark(submission), self.slice));
        while self.ahead.len() > SLICES_AHEAD {
            let Some((mark, slice)) = self.ahead.pop_front() else {
                break;
            };
            device.reach(mark).await?;
            let now = Instant::now();
            if let Some(before) = self.last_done.replace(now)
                && slice == self.slice
            {
                self.adapt(now - before);
            }
        }
        Ok(())
    }

    fn adapt(&mut self, took: Duration) {
        if self.fixed {
            return;
        }
        if took * 2 < SLICE_TIME {
            self.slice = (self.slice * 2).min(self.longest);
        } else if took > SLICE_TIME * 2 {
            self.slice = (self.slice / 2).max(FIRST_SLICE / 2);
        }
    }

    /// Forgets what is under way: other work came between.
    pub fn resume(&mut self) {
        self.ahead.clear();
        self.last_done = None;
    }

    pub fn shorten(&mut self) {
        self.slice = (self.slice / 2).clamp(1, self.longest);
    }
}
