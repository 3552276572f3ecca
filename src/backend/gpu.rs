//! The WGSL backend, on Vulkan, Metal or DX12.
//!
//! A batch lives in one slot of buffers: its trajectories begin, advance by slices of steps that are short enough for any
//! watchdog, and are concluded into counters or outcomes. Every trajectory carries its step, so a slice that a driver cuts
//! short is seen and made up for. A device that is lost, stalls or runs out of memory is replaced, and the run goes on with
//! smaller batches from the first one that was not delivered.

mod adapter;
mod bench;
mod buffers;
mod device;
#[cfg(not(target_arch = "wasm32"))]
mod expected;
mod faults;
mod job;
mod pace;
mod passage;
mod weights;

pub use adapter::{AdapterRecord, hardware, list};
pub use device::WORKGROUPS;
#[doc(hidden)]
pub use faults::{Fault, Injection, Tampering};

use super::{Batch, Cancel, Deliver, Ending, Roofs, RunOptions};
use crate::plan::{Limits, Plan, Section};
use crate::probe::{Answers, Probe};
use crate::verdict::Outcome;
use crate::work::Work;
use device::OpenDevice;
use faults::Seam;
use pace::Habits;
use passage::Passage;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Devices that a run may lose before it delivers another batch.
const RECOVERIES: u32 = 3;

/// Time that a machine is given, before the second try to recover and longer before later ones, to get its adapter back.
#[cfg(not(target_arch = "wasm32"))]
const PAUSE: Duration = Duration::from_millis(250);

/// Trajectories below which a batch is not halved to recover.
const SMALLEST_BATCH: u64 = 1 << 10;

/// What can go wrong on a device.
#[derive(Debug, thiserror::Error)]
pub enum GpuError {
    #[error("{}", no_adapter(wanted.as_deref(), found))]
    NoAdapter { wanted: Option<String>, found: Vec<String> },
    #[error("adapter \"{adapter}\" cannot run the sweep: {reason}; use --backend cpu")]
    Unfit { adapter: String, reason: String },
    #[error(
        "batch needs {} MiB but adapter \"{adapter}\" allows {} MiB; lower --batch to {most}",
        needed.div_ceil(1 << 20),
        allowed >> 20
    )]
    Memory { adapter: String, needed: u64, allowed: u64, most: u64 },
    #[error(
        "the device is out of memory, however small the batches; close other programs that use it, or use --backend cpu"
    )]
    OutOfMemory,
    #[error("the device was lost and not recovered: {0}; run again with a smaller --batch, or with --backend cpu")]
    Lost(String),
    #[error(
        "the device did not finish within {} seconds, nor in smaller batches; run again with a smaller --batch, or with \
         --backend cpu",
        patience.as_secs_f64()
    )]
    Stalled { patience: Duration },
    #[error(
        "the driver ended the steps of {unfinished} trajectories early, again and again; no result was made of them; \
         update the driver, or use --backend cpu"
    )]
    Truncated { unfinished: u32 },
    #[error("the device refused a command; update the driver, or use --backend cpu: {0}")]
    Device(String),
}

impl GpuError {
    /// Whether a new device and smaller batches may do what this one could not.
    fn is_recoverable(&self) -> bool {
        matches!(self, GpuError::OutOfMemory | GpuError::Lost(_) | GpuError::Stalled { .. })
    }
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

/// An adapter, and a device of it as long as none is lost.
pub struct Gpu {
    record: AdapterRecord,
    device: Mutex<Option<Arc<OpenDevice>>>,
    seam: Arc<Seam>,
    habits: Habits,
}

impl Gpu {
    /// Opens the adapter whose name contains `name`, or the best hardware adapter.
    pub async fn open(name: Option<&str>) -> Result<Gpu, GpuError> {
        Gpu::open_tampered(name, Tampering::default()).await
    }

    /// As [`Gpu::open`], with changes that tests make.
    #[doc(hidden)]
    pub async fn open_tampered(name: Option<&str>, tampering: Tampering) -> Result<Gpu, GpuError> {
        Gpu::on(adapter::choose(name).await?, tampering).await
    }

    /// Opens the adapter that `record` tells of.
    pub async fn open_again(record: &AdapterRecord) -> Result<Gpu, GpuError> {
        Gpu::on(adapter::again(record).await?, Tampering::default()).await
    }

    async fn on(adapter: wgpu::Adapter, tampering: Tampering) -> Result<Gpu, GpuError> {
        let seam = Seam::new(tampering);
        let device = OpenDevice::open(&adapter, Arc::clone(&seam)).await?;
        let record = AdapterRecord::of(&adapter);
        Ok(Gpu { record, device: Mutex::new(Some(Arc::new(device))), seam, habits: Habits::default() })
    }

    /// What the adapter says of itself.
    pub fn record(&self) -> &AdapterRecord {
        &self.record
    }

    /// Asks the device how it computes.
    pub async fn probe(&self) -> Result<Probe, GpuError> {
        let probed = bench::probe(&*self.device().await?).await;
        probed.inspect_err(|fault| self.give_up(fault))
    }

    /// As [`Gpu::probe`], without what tells only how fast it is.
    pub async fn questions(&self) -> Result<Probe, GpuError> {
        let probed = bench::questions(&*self.device().await?).await;
        probed.inspect_err(|fault| self.give_up(fault))
    }

    /// What the device makes of each of the probe's samples.
    pub async fn answers(&self) -> Result<Vec<Answers>, GpuError> {
        let answers = bench::answers(&*self.device().await?).await;
        answers.inspect_err(|fault| self.give_up(fault))
    }

    /// Measures what the device can do at the most.
    pub async fn roofs(&self) -> Result<Roofs, GpuError> {
        let roofs = bench::roofs(&*self.device().await?).await;
        roofs.inspect_err(|fault| self.give_up(fault))
    }

    /// Runs sweeps as `probe` says that the device can.
    ///
    /// # Errors
    /// [`GpuError::Unfit`] where it says that no result of the device can be trusted.
    pub fn heed(&mut self, probe: &Probe) -> Result<(), GpuError> {
        if let Some(reason) = probe.refusal() {
            return Err(GpuError::Unfit { adapter: self.record.name.clone(), reason });
        }
        self.habits = Habits::of(probe);
        Ok(())
    }

    /// Trajectories of a batch of `plan` where nobody says otherwise: they fill the device.
    pub fn default_batch(&self, plan: &Plan) -> u64 {
        let of_one_weight = self.record.default_batch();
        plan.model.as_ref().map_or(of_one_weight, |model| weights::default_batch(model, of_one_weight))
    }

    /// Steps of a slice at the most.
    pub fn longest_slice(&self) -> u32 {
        self.habits.longest_slice
    }

    /// Runs the work on `plan` that is asked for and delivers batches in its order. Where the device fails, goes on with
    /// another one and with batches of half the size.
    ///
    /// # Errors
    /// What could not be recovered from. Batches that were delivered before it are whole, and none comes after it.
    pub async fn run(
        &self,
        plan: &Plan,
        options: &RunOptions,
        cancel: &Cancel,
        deliver: Deliver<'_>,
    ) -> Result<Ending, GpuError> {
        let work = options.work_on(plan);
        let mut done = 0;
        let mut recovery = Recovery::default();
        loop {
            let before = done;
            let rest = work.after(done);
            let mut delivered = |batch: Batch| {
                done += batch.trajectories;
                deliver(batch)
            };
            let fault = match self.attempt(plan, &rest, options, cancel, &mut recovery, &mut delivered).await {
                Ok(ending) => return Ok(ending),
                Err(fault) => fault,
            };
            self.give_up(&fault);
            if !recovery.goes_on(&fault, done > before) {
                return Err(fault);
            }
            if cancel.is_raised() {
                return Ok(Ending::Stopped);
            }
        }
    }

    /// Runs `work` on one device until its end or the first fault.
    async fn attempt(
        &self,
        plan: &Plan,
        work: &Work,
        options: &RunOptions,
        cancel: &Cancel,
        recovery: &mut Recovery,
        deliver: Deliver<'_>,
    ) -> Result<Ending, GpuError> {
        let device = &*self.device().await?;
        if let Some(model) = &plan.model {
            let ways = (options, cancel, self.habits);
            let mut lanes = recovery.most;
            let ended = weights::run(device, plan, model, work, ways, &mut lanes, deliver).await;
            recovery.batch = lanes;
            return ended;
        }
        let capacity = device.capacity(plan, work, options, recovery.most)?;
        recovery.batch = capacity.trajectories;
        let slots = device.slots(capacity);
        let habits = Habits { workgroup: options.workgroup.unwrap_or(self.habits.workgroup), ..self.habits };
        let ending = match Passage::new(device, plan, work, options, cancel, capacity, habits) {
            Some(passage) => passage.all(work, &slots, deliver).await?,
            None => Ending::Stopped,
        };
        device.keep_slots(slots);
        Ok(ending)
    }

    /// The open device; where none is left, a new one of the same adapter.
    async fn device(&self) -> Result<Arc<OpenDevice>, GpuError> {
        if let Some(device) = &*self.slot() {
            return Ok(Arc::clone(device));
        }
        let adapter = adapter::again(&self.record).await?;
        let reopened = OpenDevice::open(&adapter, Arc::clone(&self.seam)).await;
        let device = Arc::new(reopened.map_err(|error| GpuError::Lost(error.to_string()))?);
        *self.slot() = Some(Arc::clone(&device));
        Ok(device)
    }

    /// Lets a faulty device go, so that the next run opens another.
    fn give_up(&self, fault: &GpuError) {
        if let (true, Some(device)) = (fault.is_recoverable(), self.slot().take()) {
            OpenDevice::retire(device, fault);
        }
    }

    fn slot(&self) -> MutexGuard<'_, Option<Arc<OpenDevice>>> {
        self.device.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How a run goes on after faults.
struct Recovery {
    /// Trajectories of a batch at the most.
    most: u64,
    /// Trajectories of a batch of the last attempt.
    batch: u64,
    /// Faults since a batch was delivered.
    in_a_row: u32,
}

impl Default for Recovery {
    fn default() -> Recovery {
        Recovery { most: u64::MAX, batch: SMALLEST_BATCH, in_a_row: 0 }
    }
}

impl Recovery {
    /// Whether another attempt is worth it after `fault`, with smaller batches then.
    fn goes_on(&mut self, fault: &GpuError, progressed: bool) -> bool {
        self.in_a_row = if progressed { 1 } else { self.in_a_row + 1 };
        let halved = (self.batch / 2).max(SMALLEST_BATCH.min(self.batch));
        self.most = halved;
        match fault {
            GpuError::OutOfMemory => halved < self.batch,
            fault if fault.is_recoverable() && self.in_a_row <= RECOVERIES => {
                #[cfg(not(target_arch = "wasm32"))]
                std::thread::sleep(PAUSE * (self.in_a_row - 1));
                true
            }
            _ => false,
        }
    }
}

/// Whether a section's outcomes come back one by one: where asked for, and where they are much smaller than its counters, for
/// the host then counts.
fn lists(section: &Section, limits: &Limits, options: &RunOptions) -> bool {
    options.rows || section.pool * (size_of::<Outcome>() as u64) * 4 < job::cell_words(limits) * 4
}
