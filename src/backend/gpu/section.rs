//! One section of a plan on its way through a device, batch by batch.

use super::buffers::{Buffers, Capacity, Harvest, Loaded};
use super::device::{OpenDevice, Pipelines};
use super::faults::Fault;
use super::job::{self, Job};
use super::pace::Pace;
use super::{GpuError, lists};
use crate::backend::{Batch, Cancel, Deliver, Ending, RunOptions, tallies};
use crate::plan::{Plan, Section};
use crate::verdict::{Outcome, layout};
use wgpu::{Buffer, SubmissionIndex};

/// Times that an unfinished batch is run again, with slices of half the length each time.
const RESUMPTIONS: u32 = 4;

/// One section on its way through the device.
pub struct SectionRun<'a> {
    pub device: &'a OpenDevice,
    pub plan: &'a Plan,
    pub section: &'a Section,
    pub options: &'a RunOptions,
    pub cancel: &'a Cancel,
    pub pipelines: &'a Pipelines,
    pub capacity: Capacity,
    pub longest_slice: u32,
}

/// A batch whose conclusion is under way.
struct Pending<'a> {
    loaded: Loaded<'a>,
    conclusion: SubmissionIndex,
    local: u64,
    trajectories: u32,
}

impl<'a> SectionRun<'a> {
    /// Runs the trajectories that are asked for and delivers batches in order.
    pub async fn all(&self, slots: &'a [Buffers; 2], deliver: Deliver<'_>) -> Result<Ending, GpuError> {
        let tables = self.device.storage("tables", bytemuck::cast_slice(&job::tables(self.section)));
        let mut pace = Pace::new(self.options.slice, self.longest_slice);
        let mut pending: Option<Pending> = None;
        let part = self.options.part_of(self.section);
        let mut local = part.start;
        for slot in slots.iter().cycle() {
            let started = match self.batch_at(local, part.end) {
                0 => None,
                trajectories => Some(self.start(slot, &tables, local, trajectories, &mut pace)?),
            };
            if let Some(earlier) = pending.take() {
                let Some(batch) = self.finish(earlier, &mut pace).await? else {
                    return Ok(Ending::Stopped);
                };
                if deliver(batch).is_break() {
                    return Ok(Ending::Stopped);
                }
            }
            if self.cancel.is_raised() {
                return Ok(Ending::Stopped);
            }
            let Some(started) = started else { break };
            local += u64::from(started.trajectories);
            pending = Some(started);
        }
        Ok(Ending::Complete)
    }

    /// Trajectories of the batch that begins at `local`, of those before `end`.
    fn batch_at(&self, local: u64, end: u64) -> u32 {
        let left = end.saturating_sub(local).min(self.capacity.trajectories);
        if lists(self.section, &self.plan.limits, self.options) {
            return left as u32;
        }
        let cells = self.capacity.tally_words / u64::from(self.pipelines.cell_words);
        let room = (cells * self.section.pool).saturating_sub(local % self.section.pool);
        left.min(room) as u32
    }

    fn start(
        &self,
        slot: &'a Buffers,
        tables: &Buffer,
        local: u64,
        trajectories: u32,
        pace: &mut Pace,
    ) -> Result<Pending<'a>, GpuError> {
        let job = Job::new(&self.plan.limits, self.section, local, trajectories);
        let harvest = if lists(self.section, &self.plan.limits, self.options) {
            Harvest::Outcomes
        } else {
            let cells = (local % self.section.pool + u64::from(trajectories)).div_ceil(self.section.pool);
            Harvest::Tallies { cells }
        };
        let mut loaded = slot.load(self.device, self.pipelines, tables, job, harvest);
        let fault = self.device.next_fault(trajectories);
        loaded.stalls = fault == Some(Fault::Stalled);
        loaded.begin(self.device);
        if fault != Some(Fault::Truncated) {
            self.advance(&loaded, pace)?;
        }
        let conclusion = loaded.conclude(self.device);
        Ok(Pending { loaded, conclusion, local, trajectories })
    }

    /// Takes all steps, slice by slice.
    fn advance(&self, loaded: &Loaded, pace: &mut Pace) -> Result<(), GpuError> {
        let steps = self.plan.limits.steps;
        let mut until = 0;
        while until < steps && !self.cancel.is_raised() {
            until = until.saturating_add(pace.slice()).min(steps);
            pace.submitted(loaded.advance(self.device, until), self.device)?;
        }
        Ok(())
    }

    /// Reads a batch; where a driver cut its steps short, runs it again from its start, for what a killed slice has
    /// written is nobody's promise. `None` if it was cancelled.
    async fn finish(&self, pending: Pending<'a>, pace: &mut Pace) -> Result<Option<Batch>, GpuError> {
        let Pending { loaded, mut conclusion, local, trajectories } = pending;
        let mut resumptions = 0;
        loop {
            let words = loaded.read(self.device, conclusion).await?;
            let (unfinished, harvest) = (words[0], &words[1..]);
            if unfinished == 0 {
                return Ok(Some(self.batch(loaded.harvest(), harvest, local, trajectories)));
            }
            if self.cancel.is_raised() {
                return Ok(None);
            }
            if resumptions == RESUMPTIONS {
                return Err(GpuError::Truncated { unfinished });
            }
            resumptions += 1;
            pace.shorten();
            loaded.begin(self.device);
            self.advance(&loaded, pace)?;
            conclusion = loaded.conclude(self.device);
        }
    }

    fn batch(&self, harvest: Harvest, words: &[u32], local: u64, trajectories: u32) -> Batch {
        let (section, limits) = (self.section, &self.plan.limits);
        let mut batch =
            Batch { first: section.first + local, trajectories: u64::from(trajectories), ..Default::default() };
        match harvest {
            Harvest::Tallies { .. } => {
                let cells = section.first_cell + local / section.pool..;
                let counters = words.chunks_exact(self.pipelines.cell_words as usize);
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
