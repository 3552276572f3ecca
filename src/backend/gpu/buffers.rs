//! The buffers of one batch on the device. Two slots take turns, so that one is read while the other computes.

use super::GpuError;
use super::device::{OpenDevice, Pipelines};
use super::job::{COURSE_BYTES, HEADER_WORDS, Job};
use crate::verdict::Outcome;
use wgpu::{BindGroup, Buffer, BufferUsages, CommandEncoder, CommandEncoderDescriptor, ComputePipeline};

const OUTCOME_BYTES: u64 = size_of::<Outcome>() as u64;

/// What a batch brings back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Harvest {
    /// Counters for each of this many cells.
    Tallies { cells: u64 },
    /// One outcome a trajectory.
    Outcomes,
}

/// Sizes that every batch of a run fits into.
#[derive(Clone, Copy, Debug)]
pub struct Capacity {
    pub trajectories: u64,
    pub tally_words: u64,
    pub outcomes: u64,
}

pub struct Buffers {
    capacity: Capacity,
    job: Buffer,
    courses: Buffer,
    tallies: Buffer,
    outcomes: Buffer,
    /// The header of the tallies, then the harvest.
    staging: Buffer,
}

/// A batch that is ready to be dispatched.
pub struct Loaded<'a> {
    slot: &'a Buffers,
    bindings: BindGroup,
    pipelines: &'a Pipelines,
    job: Job,
    harvest: Harvest,
    /// What it leaves is never mapped: a fault that tests inject.
    pub stalls: bool,
}

impl Buffers {
    pub fn new(device: &OpenDevice, capacity: Capacity) -> Buffers {
        let storage = BufferUsages::STORAGE | BufferUsages::COPY_SRC;
        let buffer = |label, size, usage| device.buffer(label, size, usage);
        let tally_bytes = (HEADER_WORDS + capacity.tally_words) * 4;
        let outcome_bytes = capacity.outcomes * OUTCOME_BYTES;
        let staging_bytes = tally_bytes.max(HEADER_WORDS * 4 + outcome_bytes);
        // Until there are outcomes, their place holds the trajectories that advance.
        let listed_bytes = (1 + capacity.trajectories) * 4;
        Buffers {
            capacity,
            job: buffer("job", size_of::<Job>() as u64, BufferUsages::UNIFORM),
            courses: buffer("courses", capacity.trajectories * COURSE_BYTES, storage),
            tallies: buffer("tallies", tally_bytes, storage),
            outcomes: buffer("outcomes", outcome_bytes.max(listed_bytes), storage),
            staging: buffer("staging", staging_bytes, BufferUsages::MAP_READ),
        }
    }

    /// Whether batches of these sizes fit.
    pub fn hold(&self, wanted: Capacity) -> bool {
        let Capacity { trajectories, tally_words, outcomes } = self.capacity;
        trajectories >= wanted.trajectories && tally_words >= wanted.tally_words && outcomes >= wanted.outcomes
    }

    /// Binds the slot to a batch.
    pub fn load<'a>(
        &'a self,
        device: &OpenDevice,
        pipelines: &'a Pipelines,
        tables: &Buffer,
        job: Job,
        harvest: Harvest,
    ) -> Loaded<'a> {
        let buffers = [&self.job, tables, &self.courses, &self.tallies, &self.outcomes];
        let bindings = device.bind(buffers);
        Loaded { slot: self, bindings, pipelines, job, harvest, stalls: false }
    }
}

impl Loaded<'_> {
    /// Puts every trajectory at its start.
    pub fn begin(&self, device: &OpenDevice) -> wgpu::SubmissionIndex {
        device.queue.write_buffer(&self.slot.job, 0, bytemuck::bytes_of(&self.job));
        self.dispatch(device, &self.pipelines.begin, |_| ())
    }

    /// Advances every trajectory to the step `until`; where `is_compacted`, those that have ended leave their lanes to others.
    pub fn advance(&self, device: &OpenDevice, until: u32, is_compacted: bool) -> wgpu::SubmissionIndex {
        let job = self.job.until(until, is_compacted);
        device.queue.write_buffer(&self.slot.job, 0, bytemuck::bytes_of(&job));
        if is_compacted {
            let mut encoder = device.handle.create_command_encoder(&CommandEncoderDescriptor::default());
            encoder.clear_buffer(&self.slot.outcomes, 0, Some(4));
            device.queue.submit([encoder.finish()]);
            self.dispatch(device, &self.pipelines.compact, |_| ());
        }
        self.dispatch(device, &self.pipelines.advance, |_| ())
    }

    /// Concludes the batch and copies its harvest to where it can be read.
    pub fn conclude(&self, device: &OpenDevice) -> wgpu::SubmissionIndex {
        let (header, harvest) = (HEADER_WORDS * 4, self.harvest_bytes());
        let Buffers { tallies, outcomes, staging, .. } = self.slot;
        // What the kernel counts up from, and what it leaves behind.
        let (cleared, outcome_bytes) = match self.harvest {
            Harvest::Tallies { .. } => (header + harvest, 0),
            Harvest::Outcomes => (header, harvest),
        };
        let mut encoder = device.handle.create_command_encoder(&CommandEncoderDescriptor::default());
        encoder.clear_buffer(tallies, 0, Some(cleared));
        device.queue.submit([encoder.finish()]);
        self.dispatch(device, &self.pipelines.conclude, |encoder| {
            encoder.copy_buffer_to_buffer(tallies, 0, staging, 0, cleared);
            if outcome_bytes > 0 {
                encoder.copy_buffer_to_buffer(outcomes, 0, staging, header, outcome_bytes);
            }
        })
    }

    /// Waits for `conclusion` and lets `take` see the words it left: trajectories that did not come to their last step, then
    /// the harvest.
    pub async fn read<T>(
        &self,
        device: &OpenDevice,
        conclusion: wgpu::SubmissionIndex,
        take: impl FnOnce(&[u32]) -> T,
    ) -> Result<T, GpuError> {
        let bytes = HEADER_WORDS * 4 + self.harvest_bytes();
        device.read(&self.slot.staging, bytes, conclusion, self.stalls, take).await
    }

    pub fn harvest(&self) -> Harvest {
        self.harvest
    }

    fn harvest_bytes(&self) -> u64 {
        match self.harvest {
            Harvest::Tallies { cells } => cells * u64::from(self.job.words) * 4,
            Harvest::Outcomes => u64::from(self.job.trajectories) * OUTCOME_BYTES,
        }
    }

    fn dispatch(
        &self,
        device: &OpenDevice,
        pipeline: &ComputePipeline,
        then: impl FnOnce(&mut CommandEncoder),
    ) -> wgpu::SubmissionIndex {
        let groups = self.job.trajectories.div_ceil(self.pipelines.workgroup);
        device.dispatch(pipeline, &self.bindings, groups, then)
    }
}
