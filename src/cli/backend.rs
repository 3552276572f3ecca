//! Where sweeps run, and how they are told to stop.

use super::{BackendChoice, Failure, say, throughput};
use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};
use zerosweep::backend::gpu::{Gpu, GpuError};
use zerosweep::backend::{Cancel, Deliver, Ending, RunOptions, cpu};
use zerosweep::output::{Device, ProbeCache};
use zerosweep::plan::Plan;
use zerosweep::probe::Probe;
use zerosweep::verdict::Outcome;
use zerosweep::work::Work;

/// Time after which a further interrupt is no double press but a wish to end at once.
const IMPATIENCE: Duration = Duration::from_secs(2);

/// The CPU, or an open adapter, and why it was chosen.
pub enum Backend {
    Cpu { why: String },
    Gpu { gpu: Box<Gpu>, probe: Box<Probe>, why: String },
}

impl Backend {
    pub fn choose(choice: BackendChoice, adapter: Option<&str>) -> Result<Backend, Failure> {
        if choice == BackendChoice::Cpu {
            if let Some(name) = adapter {
                let message =
                    format!("--adapter {name} names a GPU adapter, but --backend cpu uses none; drop one of the two");
                return Err(Failure::Usage(message));
            }
            return Ok(Backend::Cpu { why: "cpu, as asked for".to_owned() });
        }
        match open(adapter) {
            Ok((gpu, probe)) => {
                let why = match (adapter, choice) {
                    (Some(_), _) => "gpu, by the adapter's name",
                    (None, BackendChoice::Gpu) => "gpu, as asked for",
                    (None, _) => "gpu, because a hardware adapter answers",
                };
                Ok(Backend::Gpu { gpu: Box::new(gpu), probe: Box::new(probe), why: why.to_owned() })
            }
            Err(error) if choice == BackendChoice::Gpu || adapter.is_some() => Err(error.into()),
            Err(GpuError::NoAdapter { .. }) => {
                Ok(Backend::Cpu { why: "cpu, because no hardware GPU answers".to_owned() })
            }
            Err(error) => Ok(Backend::Cpu { why: format!("cpu, because the GPU cannot be used: {error}") }),
        }
    }

    pub fn device(&self, threads: Option<u16>) -> Device {
        match self {
            Backend::Cpu { why } => Device::Cpu {
                threads: threads.map_or_else(cpu::available_threads, usize::from),
                vectors: cpu::Vectors::widest().name(),
                why: why.clone(),
            },
            Backend::Gpu { gpu, probe, why } => {
                Device::Gpu { adapter: gpu.record().clone(), probe: probe.clone(), why: why.clone() }
            }
        }
    }

    /// All of `plan`, in an order that spreads over it early; it depends on nothing but the plan and the kind of the device.
    pub fn coarse_first(&self, plan: &Plan) -> Work {
        let least = match self {
            Backend::Cpu { .. } => cpu::default_batch(plan),
            Backend::Gpu { gpu, .. } => gpu.fill(),
        };
        Work::coarse_first(plan, least)
    }

    pub fn run(
        &self,
        plan: &Plan,
        options: &RunOptions,
        cancel: &Cancel,
        deliver: Deliver,
    ) -> Result<Ending, GpuError> {
        match self {
            Backend::Cpu { .. } => Ok(cpu::run(plan, options, cancel, deliver)),
            Backend::Gpu { gpu, .. } => pollster::block_on(gpu.run(plan, options, cancel, deliver)),
        }
    }

    /// The outcomes of the trajectories with these indices, which ascend, as the sweep had them.
    pub fn outcomes_of(&self, plan: &Plan, trajectories: &[u64], cancel: &Cancel) -> Result<Vec<Outcome>, Failure> {
        if let Backend::Cpu { .. } = self {
            return cpu::outcomes_of(plan, trajectories, cancel).ok_or(Failure::Interrupted);
        }
        let options = RunOptions { rows: true, ..RunOptions::default() };
        let mut outcomes = Vec::new();
        let ending = self.run(&plan.excerpt(trajectories), &options, cancel, &mut |mut batch| {
            outcomes.append(&mut batch.outcomes);
            ControlFlow::Continue(())
        });
        if ending? == Ending::Stopped { Err(Failure::Interrupted) } else { Ok(outcomes) }
    }
}

/// Opens an adapter and heeds how it computes, which is asked once for each driver.
fn open(name: Option<&str>) -> Result<(Gpu, Probe), GpuError> {
    let mut gpu = pollster::block_on(Gpu::open(name))?;
    let cache = ProbeCache::of_user();
    let probe = match cache.load(gpu.record()) {
        Some(probe) => probe,
        None => {
            let probe = pollster::block_on(gpu.probe())?;
            cache.keep(gpu.record(), &probe);
            probe
        }
    };
    gpu.heed(&probe)?;
    Ok((gpu, probe))
}

/// The first interrupt ends the run in order; one that comes two seconds later or more ends the program at once. A hangup
/// that the program was started to ignore, as by nohup, stays ignored.
pub fn cancel_on_interrupt() -> Arc<Cancel> {
    let cancel = Arc::new(Cancel::default());
    let raised = Arc::clone(&cancel);
    let mut first: Option<Instant> = None;
    let handler = move || {
        if first.get_or_insert_with(Instant::now).elapsed() > IMPATIENCE {
            std::process::exit(130);
        }
        raised.raise();
    };
    #[cfg(unix)]
    // SAFETY: SIG_IGN is valid for SIGHUP, and no handler of ours is installed yet.
    let hangup = unsafe { libc::signal(libc::SIGHUP, libc::SIG_IGN) };
    let handled = ctrlc::set_handler(handler);
    #[cfg(unix)]
    if hangup == libc::SIG_IGN || handled.is_err() {
        // SAFETY: this is what was in force when the program began.
        unsafe { libc::signal(libc::SIGHUP, hangup) };
    }
    if let Err(error) = handled {
        say(&format!("note: an interrupt will leave temporary files behind ({error})"));
    }
    cancel
}

/// A bar of `length` parts of `steps` steps each, with throughput and time left, on a terminal only.
pub fn progress(length: u64, steps: f64) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:30} {percent:>3} %  {speed}  {eta} left")
        .expect("the template should be valid")
        .with_key("speed", move |state: &indicatif::ProgressState, out: &mut dyn std::fmt::Write| {
            _ = write!(out, "{}", throughput(state.per_sec() * steps));
        });
    ProgressBar::new(length).with_style(style)
}
