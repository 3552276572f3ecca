//! Work on its way through a device, batch by batch.

use super::buffers::{Buffers, Capacity, Harvest, Loaded};
use super::device::{OpenDevice, Pipelines, Wanted};
#[cfg(not(target_arch = "wasm32"))]
use super::expected::first_slice;
use super::faults::Fault;
use super::job::{self, Job};
use super::pace::{Habits, Pace, SEGMENT};
use super::{GpuError, lists};
use crate::backend::{Batch, Cancel, Deliver, Ending, RunOptions, tallies};
use crate::plan::{Limits, Plan, Section};
use crate::verdict::{Outcome, layout};
use crate::work::{Stretch, Work};
use std::collections::HashMap;
use std::sync::Arc;
use wgpu::{Buffer, SubmissionIndex};

/// Where a slice ends that begins at `begun` and should end at `until`: with a segment, if it is as long. A compiler may round the sums of a
/// step otherwise in a whole segment than in a part of one, and how long slices are is a matter of time.
fn whole_segments(begun: u32, until: u32, steps: u32, tail: u32) -> u32 {
    let tail_start = steps - tail.min(steps);
    let first = if until > tail_start { tail_start } else { 0 };
    let end = first + (until - first) / SEGMENT * SEGMENT;
    if until == steps || until - begun < SEGMENT || end <= begun { until } else { end }
}

/// Times that an unfinished batch is run again, with slices of half the length each time.
const RESUMPTIONS: u32 = 4;

/// Steps of a slice that are worth listing the trajectories that have not ended.
const LEAST_COMPACTED: u32 = 256;

/// Work on its way through the device.
pub struct Passage<'a> {
    device: &'a OpenDevice,
    plan: &'a Plan,
    options: &'a RunOptions,
    cancel: &'a Cancel,
    capacity: Capacity,
    habits: Habits,
    pipelines: HashMap<Wanted, Arc<Pipelines>>,
}

/// The section whose batches begin.
struct Current<'a> {
    index: usize,
    section: &'a Section,
    pipelines: &'a Pipelines,
    tables: Buffer,
    pace: Pace,
}

/// A batch whose conclusion is under way.
struct Pending<'a> {
    section: &'a Section,
    loaded: Loaded<'a>,
    conclusion: SubmissionIndex,
    batch: Stretch,
}

impl<'a> Passage<'a> {
    /// Compiles all that `work` needs; `None` if it was cancelled.
    pub fn new(
        device: &'a OpenDevice,
        plan: &'a Plan,
        work: &Work,
        options: &'a RunOptions,
        cancel: &'a Cancel,
        capacity: Capacity,
        habits: Habits,
    ) -> Option<Passage<'a>> {
        let mut wanted: Vec<Wanted> = Vec::new();
        for stretch in work.stretches() {
            let section = &plan.sections[stretch.section];
            let lists = lists(section, &plan.limits, options);
            let one = Wanted { kernel: section.kernel, lists, workgroup: habits.workgroup };
            if !wanted.contains(&one) {
                wanted.push(one);
            }
        }
        let pipelines = device.compiled(wanted, cancel)?;
        Some(Passage { device, plan, options, cancel, capacity, habits, pipelines })
    }

    /// Runs `work` and delivers batches in its order.
    pub async fn all(&'a self, work: &Work, slots: &'a [Buffers; 2], deliver: Deliver<'_>) -> Result<Ending, GpuError> {
        let mut slots = slots.iter().cycle();
        let mut paces: HashMap<usize, Pace> = HashMap::new();
        let mut current: Option<Current> = None;
        let mut pending: Option<Pending> = None;
        for stretch in work.stretches() {
            if current.as_ref().is_none_or(|current| current.index != stretch.section) {
                let pace = paces.remove(&stretch.section);
                let next = self.current(stretch.section, pace);
                let before = current.replace(next);
                paces.extend(before.map(|Current { index, pace, .. }| (index, pace)));
            }
            let current = current.as_mut().expect("a section should be current");
            let mut begun = 0;
            while begun < stretch.len {
                // In parts of about one size: a small one would not fill the device.
                let (left, most) = (stretch.len - begun, self.fitting(current, stretch.local + begun));
                let batch = stretch.part(begun, left.div_ceil(left.div_ceil(most)));
                begun += batch.len;
                let slot = slots.next().expect("a cycle should have no end");
                let started = self.start(slot, current, batch).await?;
                if let Some(earlier) = pending.replace(started)
                    && self.hand_on(earlier, &mut current.pace, deliver).await? == Ending::Stopped
                {
                    return Ok(Ending::Stopped);
                }
                if self.cancel.is_raised() {
                    return Ok(Ending::Stopped);
                }
            }
        }
        match (pending, current) {
            (Some(last), Some(mut current)) => self.hand_on(last, &mut current.pace, deliver).await,
            _ => Ok(Ending::Complete),
        }
    }

    /// The section `index`, with the pace that it had when it was current before.
    fn current(&'a self, index: usize, pace: Option<Pace>) -> Current<'a> {
        let section = &self.plan.sections[index];
        let wanted = self.wanted(section);
        let pipelines = &self.pipelines[&wanted];
        let tables = self.device.storage("tables", bytemuck::cast_slice(&job::tables(section)));
        let known = || self.device.slice((wanted, self.capacity.trajectories)).or_else(|| self.expected(section));
        let fixed = self.options.slice;
        let begun = || Pace::new(fixed, fixed.is_none().then(known).flatten(), self.habits.longest_slice);
        let mut pace = pace.unwrap_or_else(begun);
        pace.resume();
        Current { index, section, pipelines, tables, pace }
    }

    /// The first slice of batches of a section, by the probe.
    #[cfg(not(target_arch = "wasm32"))]
    fn expected(&self, section: &Section) -> Option<u32> {
        let share = (self.device.default_batch as f64 / self.capacity.trajectories as f64).min(1.0);
        let plain = f64::from(self.habits.plain_steps?) * share;
        Some(first_slice(plain, section.kernel))
    }

    /// A browser's program brings no compiler that counts operations.
    #[cfg(target_arch = "wasm32")]
    fn expected(&self, _: &Section) -> Option<u32> {
        None
    }

    fn wanted(&self, section: &Section) -> Wanted {
        Wanted { kernel: section.kernel, lists: self.lists(section), workgroup: self.habits.workgroup }
    }

    fn lists(&self, section: &Section) -> bool {
        lists(section, &self.plan.limits, self.options)
    }

    /// Trajectories that fit into a batch which begins at `local`.
    fn fitting(&self, current: &Current, local: u64) -> u64 {
        let section = current.section;
        if self.lists(section) {
            return self.capacity.trajectories;
        }
        let cells = self.capacity.tally_words / job::cell_words(&self.plan.limits);
        self.capacity.trajectories.min((cells * section.pool).saturating_sub(local % section.pool))
    }

    async fn start(
        &self,
        slot: &'a Buffers,
        current: &mut Current<'a>,
        batch: Stretch,
    ) -> Result<Pending<'a>, GpuError> {
        let Current { section, pipelines, tables, pace, .. } = current;
        let trajectories = batch.len as u32;
        let job = Job::new(&self.plan.limits, section, batch.local, trajectories);
        let harvest = if self.lists(section) {
            Harvest::Outcomes
        } else {
            let cells = (batch.local % section.pool + batch.len).div_ceil(section.pool);
            Harvest::Tallies { cells }
        };
        let mut loaded = slot.load(self.device, pipelines, tables, job, harvest);
        let fault = self.device.next_fault(trajectories);
        loaded.stalls = fault == Some(Fault::Stalled);
        loaded.begin(self.device);
        if fault != Some(Fault::Truncated) {
            self.advance(&loaded, pace).await?;
        }
        // Of a much smaller batch slices come to be longer than a full one bears.
        if let Some(slice) = pace.found().filter(|_| batch.len > self.capacity.trajectories / 2) {
            self.device.keep_slice((self.wanted(section), self.capacity.trajectories), slice);
        }
        let conclusion = loaded.conclude(self.device);
        Ok(Pending { section, loaded, conclusion, batch })
    }

    /// Takes all steps, slice by slice.
    async fn advance(&self, loaded: &Loaded<'_>, pace: &mut Pace) -> Result<(), GpuError> {
        let Limits { steps, tail, .. } = self.plan.limits;
        let mut until = 0;
        while until < steps && !self.cancel.is_raised() {
            let begun = until;
            until = whole_segments(begun, until.saturating_add(pace.slice()).min(steps), steps, tail);
            let is_compacted = begun > 0 && until - begun >= LEAST_COMPACTED;
            pace.submitted(loaded.advance(self.device, until, is_compacted), self.device).await?;
        }
        Ok(())
    }

    /// Delivers a batch when it is done.
    async fn hand_on(&self, pending: Pending<'a>, pace: &mut Pace, deliver: Deliver<'_>) -> Result<Ending, GpuError> {
        let Some(batch) = self.finish(pending, pace).await? else { return Ok(Ending::Stopped) };
        Ok(if deliver(batch).is_break() { Ending::Stopped } else { Ending::Complete })
    }

    /// Reads a batch; where a driver cut its steps short, runs it again from its start, for what a killed slice has
    /// written is nobody's promise. `None` if it was cancelled.
    async fn finish(&self, pending: Pending<'a>, pace: &mut Pace) -> Result<Option<Batch>, GpuError> {
        let Pending { section, loaded, mut conclusion, batch } = pending;
        let mut resumptions = 0;
        loop {
            let harvest = |words: &[u32]| match words[0] {
                0 => Ok(self.batch(section, loaded.harvest(), &words[1..], batch)),
                unfinished => Err(unfinished),
            };
            let unfinished = match loaded.read(self.device, conclusion, harvest).await? {
                Ok(batch) => return Ok(Some(batch)),
                Err(unfinished) => unfinished,
            };
            if self.cancel.is_raised() {
                return Ok(None);
            }
            if resumptions == RESUMPTIONS {
                return Err(GpuError::Truncated { unfinished });
            }
            resumptions += 1;
            pace.shorten();
            loaded.begin(self.device);
            self.advance(&loaded, pace).await?;
            conclusion = loaded.conclude(self.device);
        }
    }

    fn batch(&self, section: &Section, harvest: Harvest, words: &[u32], stretch: Stretch) -> Batch {
        let (limits, Stretch { local, len, position, .. }) = (&self.plan.limits, stretch);
        let mut batch = Batch { first: section.first + local, position, trajectories: len, ..Default::default() };
        match harvest {
            Harvest::Tallies { .. } => {
                let cells = section.first_cell + local / section.pool..;
                let counters = words.chunks_exact(layout::words(limits.steps));
                batch.tallies = cells
                    .zip(counters.map(|words| layout::tally(words, limits.steps, limits.tolerances.len())))
                    .collect();
            }
            Harvest::Outcomes => {
                let outcomes: &[Outcome] = bytemuck::cast_slice(words);
                batch.tallies = tallies(section, local, outcomes, &limits.tolerances);
                if self.options.rows {
                    batch.outcomes = outcomes.to_vec();
                }
            }
        }
        batch
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whatever the slices, a segment is cut by none that is as long.
    #[test]
    fn slices_end_with_segments() {
        for (steps, tail, slice) in [(1000, 100, 64), (1000, 77, 50), (333, 333, 32), (90, 1, 1000), (4097, 410, 96)] {
            let (mut begun, tail_start) = (0, steps - tail);
            while begun < steps {
                let end = whole_segments(begun, (begun + slice).min(steps), steps, tail);
                assert!(begun < end && end <= begun + slice, "{begun} to {end}");
                let is_whole = end.is_multiple_of(SEGMENT) && end <= tail_start;
                let is_whole_in_tail = end >= tail_start && (end - tail_start).is_multiple_of(SEGMENT);
                assert!(end == steps || is_whole || is_whole_in_tail, "{end} of {steps} with a tail of {tail}");
                begun = end;
            }
        }
        // Slices that are shorter than a segment are as asked for.
        assert_eq!(whole_segments(31, 62, 1000, 100), 62);
    }
}
