//! An open device: compiles kernels, sizes batches, waits, and says what went wrong.

use super::buffers::{Buffers, Capacity};
use super::faults::{Fault, Faults, Seam, quietly};
use super::weights::WeightPipelines;
use super::{AdapterRecord, GpuError, job, lists};
#[cfg(not(target_arch = "wasm32"))]
use crate::backend::cpu;
use crate::backend::{Cancel, RunOptions};
use crate::kernel::{Kernel, Teams};
use crate::plan::Plan;
use crate::work::Work;
use futures_channel::oneshot;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use web_time::{Duration, Instant};
use wgpu::{
    Adapter, BindGroup, BindGroupLayout, Buffer, BufferUsages, CommandEncoder, CommandEncoderDescriptor,
    ComputePipeline, Device, MapMode, PollError, PollType, Queue, ShaderModule, ShaderStages, SubmissionIndex,
};

/// Invocations of a workgroup that the shaders' texts have.
pub const WORKGROUP: u32 = 64;

/// Those that a kernel can be compiled for; every device takes them.
pub const WORKGROUPS: [u32; 4] = [32, 64, 128, 256];

/// Time after which a submission that shows no sign of life is given up.
const PATIENCE: Duration = Duration::from_secs(60);

/// Bytes that the counters of one batch may take.
const TALLY_BYTES: u64 = 64 << 20;

pub struct OpenDevice {
    pub handle: Device,
    pub queue: Queue,
    pub bindings: BindGroupLayout,
    pub max_width: u32,
    pub faults: Faults,
    name: String,
    /// Trajectories of a batch where nobody says otherwise.
    pub default_batch: u64,
    patience: Duration,
    seam: Arc<Seam>,
    panics: AtomicBool,
    compiled: Mutex<HashMap<Wanted, Arc<Pipelines>>>,
    compiled_weights: Mutex<HashMap<(Kernel, Teams), Arc<WeightPipelines>>>,
    /// Steps that a slice has come to for batches of so many trajectories.
    slices: Mutex<HashMap<(Wanted, u64), u32>>,
    /// Those of the last run.
    slots: Mutex<Option<[Buffers; 2]>>,
}

/// What is compiled: a kernel, whether it brings back outcomes or tallies, and for how many invocations of a workgroup.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Wanted {
    pub kernel: Kernel,
    pub lists: bool,
    pub workgroup: u32,
}

/// What was submitted up to a moment. A browser tells when it is done only if it is asked before.
#[cfg(not(target_arch = "wasm32"))]
pub struct Mark(SubmissionIndex);
#[cfg(target_arch = "wasm32")]
pub struct Mark(oneshot::Receiver<()>);

/// One kernel, compiled.
pub struct Pipelines {
    pub workgroup: u32,
    pub begin: ComputePipeline,
    pub compact: ComputePipeline,
    pub advance: ComputePipeline,
    /// `list` or `tally`.
    pub conclude: ComputePipeline,
}

/// A text for so many invocations of a workgroup.
pub fn for_workgroup(text: &str, workgroup: u32) -> String {
    text.replace(&format!("const WORKGROUP: u32 = {WORKGROUP};"), &format!("const WORKGROUP: u32 = {workgroup};"))
}

impl OpenDevice {
    pub async fn open(adapter: &Adapter, seam: Arc<Seam>) -> Result<OpenDevice, GpuError> {
        let record = AdapterRecord::of(adapter);
        let allowed = adapter.limits();
        let base = wgpu::Limits::downlevel_defaults();
        let required_limits = wgpu::Limits {
            max_buffer_size: allowed.max_buffer_size.min(1 << 30).max(base.max_buffer_size),
            max_storage_buffer_binding_size: allowed.max_storage_buffer_binding_size.min(1 << 30),
            ..base
        };
        let descriptor = wgpu::DeviceDescriptor { label: Some("zerosweep"), required_limits, ..Default::default() };
        let unfit = |reason: String| GpuError::Unfit { adapter: record.name.clone(), reason };
        let (handle, queue) = adapter.request_device(&descriptor).await.map_err(|error| unfit(error.to_string()))?;
        let allowed_width = handle.limits().max_compute_workgroups_per_dimension;
        Ok(OpenDevice {
            faults: Faults::of(&handle),
            bindings: binding_layout(&handle),
            max_width: seam.tampering.max_width.unwrap_or(allowed_width).min(allowed_width),
            default_batch: record.default_batch(),
            name: record.name,
            patience: seam.tampering.patience.unwrap_or(PATIENCE),
            seam,
            panics: AtomicBool::new(false),
            compiled: Mutex::default(),
            compiled_weights: Mutex::default(),
            slices: Mutex::default(),
            slots: Mutex::default(),
            handle,
            queue,
        })
    }

    /// Kernels, each of which is compiled once; `None` if that was cancelled.
    pub fn compiled(&self, wanted: Vec<Wanted>, cancel: &Cancel) -> Option<HashMap<Wanted, Arc<Pipelines>>> {
        let known = |wanted: &Wanted| self.known().get(wanted).map(Arc::clone);
        let fresh: Vec<Wanted> = wanted.iter().filter(|wanted| known(wanted).is_none()).copied().collect();
        let next = AtomicUsize::new(0);
        let compile = || {
            while let Some(&wanted) = fresh.get(next.fetch_add(1, Ordering::Relaxed))
                && !cancel.is_raised()
            {
                let pipelines = Arc::new(self.compile(wanted));
                self.known().insert(wanted, pipelines);
            }
        };
        // A driver takes a tenth of a second and one thread for a kernel.
        #[cfg(not(target_arch = "wasm32"))]
        std::thread::scope(|scope| {
            let helpers = cpu::available_threads().min(fresh.len());
            (1..helpers).for_each(|_| _ = scope.spawn(compile));
            compile();
        });
        #[cfg(target_arch = "wasm32")]
        compile();
        wanted.into_iter().map(|wanted| Some((wanted, known(&wanted)?))).collect()
    }

    fn known(&self) -> MutexGuard<'_, HashMap<Wanted, Arc<Pipelines>>> {
        self.compiled.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Steps that slices of such a batch had the last time.
    pub fn slice(&self, batch: (Wanted, u64)) -> Option<u32> {
        self.slices.lock().unwrap_or_else(PoisonError::into_inner).get(&batch).copied()
    }

    pub fn keep_slice(&self, batch: (Wanted, u64), slice: u32) {
        self.slices.lock().unwrap_or_else(PoisonError::into_inner).insert(batch, slice);
    }

    /// Two slots that hold `capacity`. A driver takes milliseconds to make them, so those of the last run are taken where they do.
    pub fn slots(&self, capacity: Capacity) -> [Buffers; 2] {
        let kept = self.slots.lock().unwrap_or_else(PoisonError::into_inner).take();
        let fitting = kept.filter(|slots| slots[0].hold(capacity));
        fitting.unwrap_or_else(|| std::array::from_fn(|_| Buffers::new(self, capacity)))
    }

    pub fn keep_slots(&self, slots: [Buffers; 2]) {
        *self.slots.lock().unwrap_or_else(PoisonError::into_inner) = Some(slots);
    }

    /// A kernel of many weights, which is compiled once.
    pub fn compiled_weights(&self, kernel: Kernel, teams: Teams) -> Arc<WeightPipelines> {
        let mut compiled = self.compiled_weights.lock().unwrap_or_else(PoisonError::into_inner);
        let compile = || {
            let module = self.trusted_module(&kernel.label(), self.tampered(kernel.wgsl_of_weights(teams)));
            let pipeline = |entry| self.pipeline(&module, entry);
            Arc::new(WeightPipelines {
                begin: pipeline("begin"),
                advance: pipeline("advance"),
                gather: pipeline("gather"),
            })
        };
        Arc::clone(compiled.entry((kernel, teams)).or_insert_with(compile))
    }

    /// A text with what tests change in it.
    fn tampered(&self, text: String) -> String {
        match &self.seam.tampering.replace {
            Some((from, to)) => text.replace(from, to),
            None => text,
        }
    }

    fn compile(&self, Wanted { kernel, lists, workgroup }: Wanted) -> Pipelines {
        let label = kernel.label();
        let module = self.trusted_module(&label, self.tampered(for_workgroup(&kernel.wgsl(), workgroup)));
        let pipeline = |entry| self.pipeline(&module, entry);
        Pipelines {
            workgroup,
            begin: pipeline("begin"),
            compact: pipeline("compact"),
            advance: pipeline("advance"),
            conclude: pipeline(if lists { "list" } else { "tally" }),
        }
    }

    /// A module whose loops run without naga's own bound, which costs a 64-bit countdown an iteration.
    pub fn trusted_module(&self, label: &str, text: String) -> ShaderModule {
        let descriptor =
            wgpu::ShaderModuleDescriptor { label: Some(label), source: wgpu::ShaderSource::Wgsl(text.into()) };
        let checks = wgpu::ShaderRuntimeChecks { force_loop_bounding: false, ..wgpu::ShaderRuntimeChecks::checked() };
        // SAFETY: every loop of the driver and of the probe ends by a count that it raises itself; all other checks stay on.
        unsafe { self.handle.create_shader_module_trusted(descriptor, checks) }
    }

    pub fn pipeline(&self, module: &ShaderModule, entry: &str) -> ComputePipeline {
        let layout = self.handle.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: None,
            bind_group_layouts: &[Some(&self.bindings)],
            immediate_size: 0,
        });
        self.handle.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: Some(entry),
            layout: Some(&layout),
            module,
            entry_point: Some(entry),
            // Every kernel clears what it reads.
            compilation_options: wgpu::PipelineCompilationOptions {
                zero_initialize_workgroup_memory: false,
                ..Default::default()
            },
            cache: None,
        })
    }

    /// Binds buffers in the order of the driver: one uniform, one to read, three to write.
    pub fn bind(&self, buffers: [&Buffer; 5]) -> BindGroup {
        let entries: Vec<_> = (0..)
            .zip(buffers)
            .map(|(binding, buffer)| wgpu::BindGroupEntry { binding, resource: buffer.as_entire_binding() })
            .collect();
        let layout = &self.bindings;
        self.handle.create_bind_group(&wgpu::BindGroupDescriptor { label: None, layout, entries: &entries })
    }

    /// What the buffers of a slot must hold for batches of at most `most` trajectories.
    pub fn capacity(&self, plan: &Plan, work: &Work, options: &RunOptions, most: u64) -> Result<Capacity, GpuError> {
        let allowed = self.handle.limits().max_storage_buffer_binding_size;
        let longest = work.stretches().iter().map(|stretch| stretch.len).max().unwrap_or(1);
        // Whoever plans work in stretches that fill the device rounds them up.
        let wanted =
            options.batch.unwrap_or(2 * self.default_batch).clamp(1, u64::from(u32::MAX >> 1)).min(longest).min(most);
        let trajectories = if options.batch.is_some() { wanted } else { wanted.min(allowed / job::COURSE_BYTES) };
        let needed = trajectories * job::COURSE_BYTES;
        if needed > allowed {
            let most = allowed / job::COURSE_BYTES;
            return Err(GpuError::Memory { adapter: self.name.clone(), needed, allowed, most });
        }
        let tables = plan.sections.iter().map(job::table_bytes).max().unwrap_or(0);
        if tables > allowed {
            let (needed, most) = (tables.div_ceil(1 << 20), allowed >> 20);
            return Err(
                self.unfit(format!("the values of its axes need {needed} MiB and the adapter allows {most} MiB"))
            );
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

    /// A buffer that holds `contents`. It is written by the queue: wgpu panics where it cannot map a new buffer.
    pub fn storage(&self, label: &str, contents: &[u8]) -> Buffer {
        let buffer = self.buffer(label, contents.len() as u64, BufferUsages::STORAGE);
        self.queue.write_buffer(&buffer, 0, contents);
        buffer
    }

    /// A buffer of so many bytes, which can be copied to.
    pub fn buffer(&self, label: &str, size: u64, usage: BufferUsages) -> Buffer {
        let usage = usage | BufferUsages::COPY_DST;
        let descriptor = wgpu::BufferDescriptor { label: Some(label), size, usage, mapped_at_creation: false };
        self.handle.create_buffer(&descriptor)
    }

    /// Runs so many workgroups of a kernel, and `then` what is copied from what they leave.
    pub fn dispatch(
        &self,
        pipeline: &ComputePipeline,
        bindings: &BindGroup,
        groups: u32,
        then: impl FnOnce(&mut CommandEncoder),
    ) -> SubmissionIndex {
        let width = groups.min(self.max_width);
        let mut encoder = self.handle.create_command_encoder(&CommandEncoderDescriptor::default());
        let mut pass = encoder.begin_compute_pass(&Default::default());
        pass.set_pipeline(pipeline);
        pass.set_bind_group(0, bindings, &[]);
        pass.dispatch_workgroups(width, groups.div_ceil(width), 1);
        drop(pass);
        then(&mut encoder);
        self.queue.submit([encoder.finish()])
    }

    /// Marks all that was submitted so far, the last of it as `submission`.
    pub fn mark(&self, submission: SubmissionIndex) -> Mark {
        #[cfg(target_arch = "wasm32")]
        {
            _ = submission;
            let (sender, receiver) = oneshot::channel();
            self.queue.on_submitted_work_done(move || _ = sender.send(()));
            Mark(receiver)
        }
        #[cfg(not(target_arch = "wasm32"))]
        Mark(submission)
    }

    /// Waits until what is marked is done.
    pub async fn reach(&self, mark: Mark) -> Result<(), GpuError> {
        #[cfg(target_arch = "wasm32")]
        {
            self.arrival(mark.0).await?;
            self.faults.take().map_or(Ok(()), Err)
        }
        #[cfg(not(target_arch = "wasm32"))]
        self.wait(mark.0)
    }

    /// Waits until `submission` is done; in a browser, where no one can wait, not at all.
    pub fn wait(&self, submission: SubmissionIndex) -> Result<(), GpuError> {
        self.poll(PollType::Wait { submission_index: Some(submission), timeout: Some(self.patience) })
    }

    /// What `receiver` gets from a callback of work that is done.
    pub async fn arrival<T>(&self, mut receiver: oneshot::Receiver<T>) -> Result<T, GpuError> {
        let gone = |_| GpuError::Lost("it gave up a result".to_owned());
        if cfg!(target_arch = "wasm32") {
            return receiver.await.map_err(gone);
        }
        let began = Instant::now();
        loop {
            if let Some(arrived) = receiver.try_recv().map_err(gone)? {
                return Ok(arrived);
            }
            if began.elapsed() > self.patience {
                return Err(self.stalled());
            }
            std::thread::sleep(Duration::from_millis(1));
            self.poll(PollType::Poll)?;
        }
    }

    fn poll(&self, poll: PollType) -> Result<(), GpuError> {
        // wgpu panics where a device is lost while it waits.
        let polled = quietly(|| {
            assert!(!self.panics.load(Ordering::Relaxed), "injected");
            self.handle.poll(poll)
        });
        if let Some(fault) = self.faults.take() {
            return Err(fault);
        }
        match polled {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(PollError::Timeout)) => Err(self.stalled()),
            Ok(Err(PollError::WrongSubmissionIndex(..))) => Err(GpuError::Lost("it takes no commands".to_owned())),
            Err(panic) => Err(GpuError::Lost(panic)),
        }
    }

    /// Waits for `submission` and lets `take` see the first `bytes` that it left in `staging`; where it `stalls`, they never come.
    pub async fn read<T>(
        &self,
        staging: &Buffer,
        bytes: u64,
        submission: SubmissionIndex,
        stalls: bool,
        take: impl FnOnce(&[u32]) -> T,
    ) -> Result<T, GpuError> {
        let slice = staging.slice(..bytes);
        let (sender, receiver) = oneshot::channel();
        if stalls {
            std::mem::forget(sender);
        } else {
            slice.map_async(MapMode::Read, move |result| _ = sender.send(result));
        }
        self.wait(submission)?;
        let mapped = self.arrival(receiver).await?;
        mapped.map_err(|error| self.faults.take().unwrap_or(GpuError::Device(error.to_string())))?;
        let view = slice.get_mapped_range().map_err(|error| GpuError::Device(error.to_string()))?;
        let taken = take(bytemuck::cast_slice(&view));
        drop(view);
        staging.unmap();
        Ok(taken)
    }

    /// That the device cannot run the sweep, and why.
    pub fn unfit(&self, reason: String) -> GpuError {
        GpuError::Unfit { adapter: self.name.clone(), reason }
    }

    fn stalled(&self) -> GpuError {
        GpuError::Stalled { patience: self.patience }
    }

    /// Lets the fault that tests have in store for the next batch befall the device; those of a batch alone are returned.
    pub fn next_fault(&self, trajectories: u32) -> Option<Fault> {
        let fault = self.seam.next_batch(trajectories)?;
        match fault {
            Fault::Lost => self.handle.destroy(),
            Fault::Panic => self.panics.store(true, Ordering::Relaxed),
            // The usages contradict each other.
            Fault::Refused => {
                _ = self.handle.create_buffer(&wgpu::BufferDescriptor {
                    label: Some("refused"),
                    size: 4,
                    usage: BufferUsages::MAP_READ | BufferUsages::STORAGE,
                    mapped_at_creation: false,
                })
            }
            Fault::OutOfMemory { .. } => self.faults.refused(wgpu::Error::OutOfMemory { source: "injected".into() }),
            Fault::Stalled | Fault::Truncated => {}
        }
        Some(fault)
    }

    /// Lets a faulty device go. It may panic or hang at that, which is kept from the run; one that is out of memory gives
    /// it back first.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn retire(device: Arc<OpenDevice>, fault: &GpuError) {
        let gone = std::thread::Builder::new().spawn(move || quietly(|| drop(device)));
        if let (Ok(thread), GpuError::OutOfMemory) = (gone, fault) {
            _ = thread.join();
        }
    }

    /// Lets a faulty device go.
    #[cfg(target_arch = "wasm32")]
    pub fn retire(_: Arc<OpenDevice>, _: &GpuError) {}
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
