//! The buffers of many weights on the device, and the kernels that work on them: `shaders/weights/driver.wgsl`.

use crate::backend::gpu::GpuError;
use crate::backend::gpu::device::OpenDevice;
use crate::backend::gpu::faults::Fault;
use crate::backend::weights::{Drawn, Form, Last, Stand};
use crate::kernel::{Kernel, Teams};
use crate::model::{Groups, Model};
use crate::plan::Limits;
use bytemuck::{Pod, Zeroable};
use std::sync::Arc;
use wgpu::{BindGroup, Buffer, BufferUsages, CommandEncoder, ComputePipeline};

/// The kernels of one choice of members.
pub struct WeightPipelines {
    pub begin: ComputePipeline,
    pub advance: ComputePipeline,
    pub gather: ComputePipeline,
}

/// Invocations of a workgroup.
const WORKGROUP: usize = 64;

/// `struct Job`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
struct Job {
    listed: u32,
    lanes: u32,
    len: u32,
    steps: u32,
    tail: u32,
    divergence: f32,
    tolerance: f32,
    padding: u32,
}

/// What a trajectory brings that begins in a lane.
pub struct Arrival {
    pub lane: u32,
    /// The place of its draw.
    pub draw: u32,
    pub bound: f32,
    /// Its parameters, in the order of the kernel.
    pub parameters: Vec<f32>,
    /// Where its weights start.
    pub start: Vec<f32>,
}

/// Lanes for trajectories, and places for draws of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    pub lanes: u32,
    pub draws: u32,
}

/// Bytes that all draws on the device may take.
const DRAW_BYTES: u64 = 256 << 20;

impl Sizes {
    /// As many lanes as `wanted`, or as the device has room for.
    ///
    /// # Errors
    /// [`GpuError::Unfit`] where a draw has no room.
    pub fn new(device: &OpenDevice, kernels: &[Kernel], teams: Teams, wanted: u64) -> Result<Sizes, GpuError> {
        let allowed = device.handle.limits().max_storage_buffer_binding_size;
        let parameters = kernels.iter().map(|kernel| kernel.parameters().count()).max().unwrap_or(0);
        let of_draw = 4 * teams.draw_words() as u64;
        let for_draws = allowed.min(DRAW_BYTES.max(of_draw)).saturating_sub(4 * teams.header_words() as u64);
        if for_draws < of_draw {
            let (needed, most) = (of_draw.div_ceil(1 << 20), allowed >> 20);
            let reason = format!("a draw of the table's rows takes {needed} MiB and the adapter allows {most} MiB");
            return Err(device.unfit(reason));
        }
        // In the list and behind it.
        let message = 1 + teams.message_words(parameters + 1);
        let of_lane = 4 * message.max(teams.padded() * Teams::WORDS) as u64;
        let lanes = wanted.min(allowed / of_lane).max(1);
        Ok(Sizes { lanes: lanes as u32, draws: (for_draws / of_draw).min(lanes) as u32 })
    }
}

/// Trajectories of one kernel on the device.
pub struct WeightBuffers<'a> {
    device: &'a OpenDevice,
    teams: Teams,
    pipelines: Arc<WeightPipelines>,
    sizes: Sizes,
    limits: &'a Limits,
    bindings: BindGroup,
    job: Buffer,
    draws: Buffer,
    heads: Buffer,
    messages: Buffer,
    staging: Buffer,
}

impl<'a> WeightBuffers<'a> {
    pub fn new(
        device: &'a OpenDevice,
        kernel: Kernel,
        teams: Teams,
        model: &Model,
        sizes: Sizes,
        limits: &'a Limits,
    ) -> WeightBuffers<'a> {
        let buffer = |label, words: usize, usage| device.buffer(label, 4 * words as u64, usage);
        let storage = BufferUsages::STORAGE | BufferUsages::COPY_SRC;
        let lanes = sizes.lanes as usize;
        let slots = kernel.parameters().count() + 1;
        let message = teams.message_words(slots);
        let job = buffer("job", size_of::<Job>() / 4, BufferUsages::UNIFORM);
        let draws = buffer("draws", teams.header_words() + sizes.draws as usize * teams.draw_words(), storage);
        let courses = buffer("courses", lanes * Teams::WORDS * teams.padded(), storage);
        let heads = buffer("heads", lanes * (Teams::HEAD + slots), storage);
        let messages = buffer("messages", lanes * (1 + message), storage);
        let staging = buffer("staging", lanes * message.max(Teams::STAND), BufferUsages::MAP_READ);
        device.queue.write_buffer(&draws, 0, bytemuck::cast_slice(&header(teams, model)));
        let bindings = device.bind([&job, &draws, &courses, &heads, &messages]);
        let pipelines = device.compiled_weights(kernel, teams);
        WeightBuffers { device, teams, pipelines, sizes, limits, bindings, job, draws, heads, messages, staging }
    }

    /// Puts a draw into its place.
    pub fn put_draw(&self, place: u32, drawn: &Drawn) {
        let words = record(self.teams, &drawn.form);
        let first = self.teams.header_words() + place as usize * words.len();
        self.device.queue.write_buffer(&self.draws, 4 * first as u64, bytemuck::cast_slice(&words));
    }

    /// Puts trajectories at their starts.
    pub fn begin(&self, arrivals: &[Arrival]) {
        if arrivals.is_empty() {
            return;
        }
        let mut words = Vec::new();
        for Arrival { draw, bound, parameters, start, .. } in arrivals {
            words.extend([*draw, bound.to_bits()]);
            // A start is the last of a kernel's values; here each weight has its own.
            words.extend(parameters.iter().chain([&0.0]).chain(start).map(|value| value.to_bits()));
        }
        let behind_list = 4 * u64::from(self.sizes.lanes);
        self.device.queue.write_buffer(&self.messages, behind_list, bytemuck::cast_slice(&words));
        let lanes: Vec<u32> = arrivals.iter().map(|arrival| arrival.lane).collect();
        let groups = (lanes.len() * self.teams.padded()).div_ceil(WORKGROUP);
        self.dispatch(&self.pipelines.begin, &lanes, 0, groups, |_| ());
    }

    /// Takes the trajectories in `lanes` on by at most `len` steps, and tells how each stands.
    ///
    /// # Errors
    /// Those of the device.
    pub async fn advance(&self, lanes: &[u32], len: u32, fault: Option<Fault>) -> Result<Vec<Stand>, GpuError> {
        let listed = if fault == Some(Fault::Truncated) { &[] } else { lanes };
        let all = self.sizes.lanes as usize;
        let bytes = 4 * (all * Teams::STAND) as u64;
        let groups = if self.teams.is_alone() { lanes.len().div_ceil(WORKGROUP) } else { lanes.len() };
        let submission = self.dispatch(&self.pipelines.advance, listed, len, groups, |encoder| {
            encoder.copy_buffer_to_buffer(&self.heads, 0, &self.staging, 0, bytes);
        });
        let stands = |words: &[u32]| {
            let stand = |&lane: &u32| {
                let word = |place: usize| words[place * all + lane as usize];
                let (moved, rate) = (f32::from_bits(word(2)), f32::from_bits(word(3)));
                Stand { n: word(0), diverged: word(1) != 0, moved, rate }
            };
            lanes.iter().map(stand).collect()
        };
        self.device.read(&self.staging, bytes, submission, fault == Some(Fault::Stalled), stands).await
    }

    /// The weights of the trajectories in `lanes`, one after another.
    ///
    /// # Errors
    /// Those of the device.
    pub async fn gather(&self, lanes: &[u32]) -> Result<Vec<Last>, GpuError> {
        let weights = lanes.len() * self.teams.weights;
        let (first, bytes) = (4 * u64::from(self.sizes.lanes), 4 * (weights * Teams::LEFT) as u64);
        let submission = self.dispatch(&self.pipelines.gather, lanes, 0, weights.div_ceil(WORKGROUP), |encoder| {
            encoder.copy_buffer_to_buffer(&self.messages, first, &self.staging, 0, bytes);
        });
        let last = |words: &[u32]| Last {
            w: f32::from_bits(words[0]),
            first_crossing: words[1],
            first_zero: words[2],
            first_within: words[3],
            arrival: words[4],
            jumped: words[5] != 0,
            tail_low: f32::from_bits(words[6]),
            tail_high: f32::from_bits(words[7]),
            reversals: words[8],
        };
        let take = |words: &[u32]| words.chunks_exact(Teams::LEFT).map(last).collect();
        self.device.read(&self.staging, bytes, submission, false, take).await
    }

    fn dispatch(
        &self,
        pipeline: &ComputePipeline,
        lanes: &[u32],
        len: u32,
        groups: usize,
        then: impl FnOnce(&mut CommandEncoder),
    ) -> wgpu::SubmissionIndex {
        let Limits { steps, tail, divergence, tolerance, .. } = *self.limits;
        let listed = lanes.len() as u32;
        let job = Job { listed, lanes: self.sizes.lanes, len, steps, tail, divergence, tolerance, padding: 0 };
        self.device.queue.write_buffer(&self.job, 0, bytemuck::bytes_of(&job));
        self.device.queue.write_buffer(&self.messages, 0, bytemuck::cast_slice(lanes));
        self.device.dispatch(pipeline, &self.bindings, groups as u32, then)
    }
}

/// What all draws of a model have in common, as the device has it.
fn header(teams: Teams, model: &Model) -> Vec<f32> {
    let mut words = model.factors.clone();
    words.resize(teams.padded(), 0.0);
    if teams.groups > 0 {
        let Groups { members, firsts, strengths, .. } = &model.groups;
        words.extend(strengths);
        words.extend(firsts.iter().chain(members).map(|place| *place as f32));
    }
    words
}

/// A draw as the device has it.
fn record(teams: Teams, form: &Form) -> Vec<f32> {
    let (weights, padded, most) = (teams.weights, teams.padded(), teams.padded_rows());
    let mut words = vec![0.0; teams.draw_words()];
    let fill = |words: &mut [f32], stride: usize, lines: &[f32], len: usize| {
        if len > 0 {
            words.chunks_mut(stride).zip(lines.chunks(len)).for_each(|(to, from)| to[..len].copy_from_slice(from));
        }
    };
    match form {
        Form::Gram { gram, slopes } => {
            fill(&mut words[1..], padded, slopes, weights);
            fill(&mut words[1 + padded..], padded, gram, weights);
        }
        Form::Rows { forth, back, shares, responses } => {
            let rows = responses.len();
            // Rows that fill up a team count for nothing.
            words[0] = rows.next_multiple_of(teams.team()) as f32;
            fill(&mut words[1..], most, responses, rows);
            fill(&mut words[1 + most..], most, shares, rows);
            fill(&mut words[1 + 2 * most..], padded, forth, weights);
            fill(&mut words[1 + 2 * most + most * padded..], most, back, rows);
        }
    }
    words
}
