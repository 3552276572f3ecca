//! The WGSL backend, on Vulkan, Metal or DX12.
//!
//! A batch lives in one slot of buffers: its trajectories begin, advance by slices of steps that are short enough for any
//! watchdog, and are concluded into counters or outcomes. Every trajectory carries its step, so a slice that a driver cuts
//! short is seen and made up for.

mod adapter;
mod job;
mod slot;

pub use adapter::{AdapterRecord, list};

use super::{Batch, Cancel, Deliver, Ending, RunOptions, tallies};
use crate::kernel::Kernel;
use crate::plan::{Limits, Plan, Section};
use crate::verdict::Outcome;
use job::Job;
use slot::{Capacity, Harvest, Loaded, Slot};
use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use wgpu::util::DeviceExt;
use wgpu::{BindGroupLayout, Buffer, ComputePipeline, Device, PollType, Queue, ShaderStages, SubmissionIndex};

/// Invocations of a workgroup: `WORKGROUP` of the driver.
const WORKGROUP: u32 = 64;

/// Steps of the first slice of a kernel, before any was timed; also a multiple that keeps segments whole.
const FIRST_SLICE: u32 = 64;

/// Steps that a slice takes at the most, so that no invocation runs more than 32,768 loop iterations: Mesa's lavapipe ends
/// loops after 65,535 without a word.
const LONGEST_SLICE: u32 = 16_384;

/// Time that a slice should take: far below every watchdog, far above the cost of a submission.
const SLICE_TIME: Duration = Duration::from_millis(30);

/// Slices that are submitted before the first of them is done.
const SLICES_AHEAD: usize = 2;

/// Times that an unfinished batch is taken up again, with slices of half the length each time.
const RESUMPTIONS: u32 = 4;

/// Time after which a submission that shows no sign of life is given up.
const PATIENCE: Duration = Duration::from_secs(60);

/// Bytes that the counters of one batch may take.
const TALLY_BYTES: u64 = 64 << 20;

/// What can go wrong on a device.
#[derive(Debug, thiserror::Error)]
pub enum GpuError {
    #[error("{}", no_adapter(wanted.as_deref(), found))]
    NoAdapter { wanted: Option<String>, found: Vec<String> },
    #[error("adapter \"{adapter}\" cannot run the sweep: {reason}; use --backend cpu")]
    Unfit { adapter: String, reason: String },
    #[error("a batch needs {needed} bytes of device memory but the adapter allows {allowed}; lower --batch")]
    Memory { needed: u64, allowed: u64 },
    #[error("the device is out of memory; lower --batch")]
    OutOfMemory,
    #[error("the device was lost: {0}; run again with a smaller --batch, or with --backend cpu")]
    Lost(String),
    #[error("the device did not finish within {} seconds; run again with a smaller --batch, or with --backend cpu", PATIENCE.as_secs())]
    Stalled,
    #[error(
        "the driver ended the steps of {unfinished} trajectories early, again and again; no result was made of them; \
         update the driver, or use --backend cpu"
    )]
    Truncated { unfinished: u32 },
    #[error("the device refused a command: {0}")]
    Device(String),
}

fn no_adapter(wanted: Option<&str>, found: &[String]) -> String {
    let found = match found {
        [] => "this machine shows none".to_owned(),
        names => format!("this machine has \"{}\"", names.join("\", \"")),
    };
    match wanted {
        Some(name) => format!("no adapter's name contains \"{name}\": {found}; see `zerosweep adapters`"),
        None => format!("no hardware adapter: {found}; use --backend cpu, or name a software adapter with --adapter"),
    }
}

/// Changes to a run that tests make to see faults found.
#[derive(Clone, Debug, Default)]
pub struct Tampering {
    /// Replaces this text of every kernel by that one.
    pub replace: Option<(String, String)>,
    /// Workgroups that a dispatch may have in one dimension.
    pub max_width: Option<u32>,
}

/// An open device.
pub struct Gpu {
    device: Device,
    queue: Queue,
    record: AdapterRecord,
    bindings: BindGroupLayout,
    max_width: u32,
    software: bool,
    /// The first fault that the device reported.
    fault: Arc<Mutex<Option<GpuError>>>,
    tampering: Tampering,
}

/// One kernel, compiled.
struct Pipelines {
    begin: ComputePipeline,
    advance: ComputePipeline,
    /// `list` or `tally`.
    conclude: ComputePipeline,
    cell_words: u32,
}

impl Gpu {
    /// Opens the adapter whose name contains `name`, or the best hardware adapter.
    pub async fn open(name: Option<&str>) -> Result<Gpu, GpuError> {
        Gpu::open_tampered(name, Tampering::default()).await
    }

    /// As [`Gpu::open`], with changes that tests make.
    #[doc(hidden)]
    pub async fn open_tampered(name: Option<&str>, tampering: Tampering) -> Result<Gpu, GpuError> {
        let adapter = adapter::choose(name).await?;
        let record = AdapterRecord::of(&adapter.get_info());
        let allowed = adapter.limits();
        let base = wgpu::Limits::downlevel_defaults();
        let required_limits = wgpu::Limits {
            max_buffer_size: allowed.max_buffer_size.min(1 << 30).max(base.max_buffer_size),
            max_storage_buffer_binding_size: allowed.max_storage_buffer_binding_size.min(1 << 30),
            ..base
        };
        let descriptor = wgpu::DeviceDescriptor { label: Some("zerosweep"), required_limits, ..Default::default() };
        let unfit = |reason: String| GpuError::Unfit { adapter: record.name.clone(), reason };
        let (device, queue) = adapter.request_device(&descriptor).await.map_err(|error| unfit(error.to_string()))?;
        let fault = Arc::new(Mutex::new(None));
        watch(&device, &fault);
        let allowed_width = device.limits().max_compute_workgroups_per_dimension;
        let max_width = tampering.max_width.unwrap_or(allowed_width).min(allowed_width);
        let bindings = binding_layout(&device);
        let software = record.kind == "software";
        Ok(Gpu { device, queue, record, bindings, max_width, software, fault, tampering })
    }

    /// What the adapter says of itself.
    pub fn record(&self) -> &AdapterRecord {
        &self.record
    }

    /// Runs every trajectory of `plan` and delivers batches in order.
    pub async fn run(
        &self,
        plan: &Plan,
        options: &RunOptions,
        cancel: &Cancel,
        deliver: Deliver<'_>,
    ) -> Result<Ending, GpuError> {
        let capacity = self.capacity(plan, options)?;
        let slots = [Slot::new(self, capacity), Slot::new(self, capacity)];
        let mut compiled = HashMap::new();
        for section in &plan.sections {
            let lists = lists(section, &plan.limits, options);
            let pipelines = compiled.entry((section.kernel, lists));
            let pipelines = &*pipelines.or_insert_with(|| self.compile(section.kernel, lists, &plan.limits));
            let run = SectionRun { gpu: self, plan, section, options, cancel, pipelines, capacity };
            if run.all(&slots, deliver).await? == Ending::Stopped {
                return Ok(Ending::Stopped);
            }
        }
        Ok(Ending::Complete)
    }

    fn compile(&self, kernel: Kernel, lists: bool, limits: &Limits) -> Pipelines {
        let mut text = kernel.wgsl();
        if let Some((from, to)) = &self.tampering.replace {
            text = text.replace(from, to);
        }
        let label = kernel.label();
        let descriptor =
            wgpu::ShaderModuleDescriptor { label: Some(&label), source: wgpu::ShaderSource::Wgsl(text.into()) };
        // naga's own bound on every loop costs a 64-bit countdown an iteration.
        let checks = wgpu::ShaderRuntimeChecks { force_loop_bounding: false, ..wgpu::ShaderRuntimeChecks::checked() };
        // SAFETY: every loop of the driver ends by a count that it raises itself; all other checks stay on.
        let module = unsafe { self.device.create_shader_module_trusted(descriptor, checks) };
        let layout = self.device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: None,
            bind_group_layouts: &[Some(&self.bindings)],
            immediate_size: 0,
        });
        let pipeline = |entry| {
            self.device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
                label: Some(entry),
                layout: Some(&layout),
                module: &module,
                entry_point: Some(entry),
                compilation_options: Default::default(),
                cache: None,
            })
        };
        Pipelines {
            begin: pipeline("begin"),
            advance: pipeline("advance"),
            conclude: pipeline(if lists { "list" } else { "tally" }),
            cell_words: job::cell_words(limits) as u32,
        }
    }

    /// What the buffers of a slot must hold.
    fn capacity(&self, plan: &Plan, options: &RunOptions) -> Result<Capacity, GpuError> {
        let allowed = self.device.limits().max_storage_buffer_binding_size;
        let default = if self.software { 1 << 15 } else { 1 << 20 };
        let longest = plan.sections.iter().map(Section::trajectories).max().unwrap_or(1);
        let wanted = options.batch.unwrap_or(default).clamp(1, u64::from(u32::MAX >> 1)).min(longest);
        let trajectories = if options.batch.is_some() { wanted } else { wanted.min(allowed / job::STATE_BYTES) };
        let needed = trajectories * job::STATE_BYTES;
        if needed > allowed {
            return Err(GpuError::Memory { needed, allowed });
        }
        let words = job::cell_words(&plan.limits);
        let tallied = plan.sections.iter().filter(|section| !lists(section, &plan.limits, options));
        let cells = tallied.map(|section| trajectories.div_ceil(section.pool) + 1).max().unwrap_or(0);
        let most_cells = TALLY_BYTES.min(allowed) / 4 / words;
        let lists_any = plan.sections.iter().any(|section| lists(section, &plan.limits, options));
        Ok(Capacity {
            trajectories,
            tally_words: cells.min(most_cells) * words,
            outcomes: if lists_any { trajectories } else { 0 },
        })
    }

    /// Waits until `submission` is done.
    fn wait(&self, submission: SubmissionIndex) -> Result<(), GpuError> {
        let poll = PollType::Wait { submission_index: Some(submission), timeout: Some(PATIENCE) };
        // wgpu panics where a device is lost while it waits.
        let polled = catch_unwind(AssertUnwindSafe(|| self.device.poll(poll)));
        if let Some(fault) = self.fault() {
            return Err(fault);
        }
        match polled {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) => Err(GpuError::Stalled),
            Err(_) => Err(GpuError::Lost("it stopped answering".to_owned())),
        }
    }

    fn fault(&self) -> Option<GpuError> {
        self.fault.lock().map_or(None, |mut fault| fault.take())
    }
}

/// Whether a section's outcomes come back one by one: where asked for, and where they are smaller than its counters.
fn lists(section: &Section, limits: &Limits, options: &RunOptions) -> bool {
    options.rows || section.pool * (size_of::<Outcome>() as u64) < job::cell_words(limits) * 4
}

/// Keeps the first fault that `device` reports.
fn watch(device: &Device, fault: &Arc<Mutex<Option<GpuError>>>) {
    let keep = |fault: &Arc<Mutex<Option<GpuError>>>| {
        let fault = Arc::clone(fault);
        move |error| {
            if let Ok(mut fault) = fault.lock() {
                fault.get_or_insert(error);
            }
        }
    };
    let (of_commands, of_loss) = (keep(fault), keep(fault));
    device.on_uncaptured_error(Arc::new(move |error| {
        of_commands(match error {
            wgpu::Error::OutOfMemory { .. } => GpuError::OutOfMemory,
            other => GpuError::Device(other.to_string()),
        });
    }));
    device.set_device_lost_callback(move |reason, message| {
        if reason != wgpu::DeviceLostReason::Destroyed {
            of_loss(GpuError::Lost(message));
        }
    });
}

fn binding_layout(device: &Device) -> BindGroupLayout {
    let buffer = |ty| wgpu::BindingType::Buffer { ty, has_dynamic_offset: false, min_binding_size: None };
    let storage = |read_only| buffer(wgpu::BufferBindingType::Storage { read_only });
    let kinds =
        [buffer(wgpu::BufferBindingType::Uniform), storage(true), storage(false), storage(false), storage(false)];
    let entries: Vec<_> = (0..)
        .zip(kinds)
        .map(|(binding, ty)| wgpu::BindGroupLayoutEntry { binding, visibility: ShaderStages::COMPUTE, ty, count: None })
        .collect();
    device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor { label: None, entries: &entries })
}

/// One section on its way through the device.
struct SectionRun<'a> {
    gpu: &'a Gpu,
    plan: &'a Plan,
    section: &'a Section,
    options: &'a RunOptions,
    cancel: &'a Cancel,
    pipelines: &'a Pipelines,
    capacity: Capacity,
}

/// A batch whose conclusion is under way.
struct Pending<'a> {
    loaded: Loaded<'a>,
    conclusion: SubmissionIndex,
    local: u64,
    trajectories: u32,
}

impl<'a> SectionRun<'a> {
    async fn all(&self, slots: &'a [Slot; 2], deliver: Deliver<'_>) -> Result<Ending, GpuError> {
        let tables = self.gpu.device.create_buffer_init(&wgpu::util::BufferInitDescriptor {
            label: Some("tables"),
            contents: bytemuck::cast_slice(&job::tables(self.section)),
            usage: wgpu::BufferUsages::STORAGE,
        });
        let mut pace = Pace::new(self.options.slice);
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
        slot: &'a Slot,
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
        let loaded = slot.load(self.gpu, self.pipelines, tables, job, harvest);
        loaded.begin(self.gpu);
        self.advance(&loaded, pace)?;
        let conclusion = loaded.conclude(self.gpu);
        Ok(Pending { loaded, conclusion, local, trajectories })
    }

    /// Takes all steps, slice by slice.
    fn advance(&self, loaded: &Loaded, pace: &mut Pace) -> Result<(), GpuError> {
        let steps = self.plan.limits.steps;
        let mut until = 0;
        while until < steps && !self.cancel.is_raised() {
            until = until.saturating_add(pace.slice()).min(steps);
            pace.submitted(loaded.advance(self.gpu, until), self.gpu)?;
        }
        Ok(())
    }

    /// Reads a batch; where a driver cut its steps short, takes it up again. `None` if it was cancelled.
    async fn finish(&self, pending: Pending<'a>, pace: &mut Pace) -> Result<Option<Batch>, GpuError> {
        let Pending { loaded, mut conclusion, local, trajectories } = pending;
        let mut resumptions = 0;
        loop {
            let words = loaded.read(self.gpu, conclusion).await?;
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
            self.advance(&loaded, pace)?;
            conclusion = loaded.conclude(self.gpu);
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
                batch.tallies = cells.zip(counters.map(|words| job::tally(words, limits))).collect();
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

/// The length of slices, from how long they take.
struct Pace {
    slice: u32,
    fixed: bool,
    ahead: VecDeque<(SubmissionIndex, u32)>,
    last_done: Option<Instant>,
}

impl Pace {
    fn new(fixed: Option<u32>) -> Pace {
        let slice = fixed.unwrap_or(FIRST_SLICE).max(1);
        Pace { slice, fixed: fixed.is_some(), ahead: VecDeque::new(), last_done: None }
    }

    fn slice(&self) -> u32 {
        self.slice
    }

    /// Notes a submitted slice and waits until no more than [`SLICES_AHEAD`] are under way.
    fn submitted(&mut self, submission: SubmissionIndex, gpu: &Gpu) -> Result<(), GpuError> {
        self.ahead.push_back((submission, self.slice));
        while self.ahead.len() > SLICES_AHEAD {
            let Some((submission, slice)) = self.ahead.pop_front() else {
                break;
            };
            gpu.wait(submission)?;
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
            self.slice = (self.slice * 2).min(LONGEST_SLICE);
        } else if took > SLICE_TIME * 2 {
            self.slice = (self.slice / 2).max(FIRST_SLICE / 2);
        }
    }

    fn shorten(&mut self) {
        self.slice = (self.slice / 2).clamp(1, LONGEST_SLICE);
    }
}
