//! `zerosweep run`.

use super::{BackendChoice, Failure, RunArgs, duration, grouped, print, say, summary, throughput};
use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use zerosweep::backend::gpu::{Gpu, GpuError};
use zerosweep::backend::{Cancel, Deliver, Ending, RunOptions, cpu};
use zerosweep::output::{
    CELLS, CHARTS, CURVE, Device, Draft, Folder, OutputError, ProbeCache, RECORD, ROWS, Rows, RunRecord, SPEC,
};
use zerosweep::output::{cells_csv, charts, curve_csv, maps};
use zerosweep::plan::Plan;
use zerosweep::probe::Probe;
use zerosweep::spec::LoadedSpec;
use zerosweep::statistics::{Collector, Statistics};
use zerosweep::theory::forecasts;
use zerosweep::verdict::Outcome;

/// Time after which a further interrupt is no double press but a wish to end at once.
const IMPATIENCE: Duration = Duration::from_secs(2);

/// Runs the sweep and writes all that it leaves behind.
pub fn run(args: &RunArgs) -> Result<(), Failure> {
    let LoadedSpec { spec, text } = args.spec.load()?;
    let plan = Plan::new(&spec);
    let out = args.out.clone().unwrap_or_else(|| PathBuf::from("results").join(&spec.name));
    let hash = spec.hash();
    let cancel = cancel_on_interrupt();
    let rows = args.rows.then_some(ROWS);
    let names: Vec<&str> = [SPEC, CELLS, CURVE].into_iter().chain(CHARTS).chain(rows).collect();
    let mut folder = Folder::open(&out, &hash, &names, args.force)?;
    let backend = Backend::choose(args)?;
    let device = backend.device(args);
    say(&format!("{}: {} on {}", spec.name, size(&plan), device.describe()));
    say(&format!("backend: {}", device.why()));
    if let (Device::Gpu { .. }, Some(threads)) = (&device, args.threads) {
        say(&format!("note: --threads {threads} has no effect on a GPU"));
    }
    let began = Instant::now();
    let started_at = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let statistics = sweep(&plan, args, &backend, &cancel, &mut folder)?;
    let seconds = began.elapsed().as_secs_f64();
    folder.add(SPEC, text.as_bytes())?;
    let forecasts = forecasts(&plan);
    let audit = super::audit::audit(&plan, &statistics, args, &backend, &cancel)?;
    folder.add(CELLS, &cells_csv(&plan, &statistics, &forecasts, &audit))?;
    folder.add(CURVE, &curve_csv(&statistics))?;
    let maps = maps(&spec, &plan, &statistics, &forecasts, &audit)?;
    maps.notes.iter().for_each(|note| say(&format!("note: {note}")));
    let charts = charts(&spec, &plan, &statistics)?;
    for (name, contents) in maps.files.iter().chain(&charts) {
        folder.add(name, contents)?;
    }
    let mut files = folder.files();
    files.push(RECORD.to_owned());
    let record = RunRecord { name: &spec.name, spec_hash: hash, device, seconds, started_at, files };
    let record = format!("{:#}\n", record.json(&plan, &statistics, &audit));
    folder.add(RECORD, record.as_bytes())?;
    if cancel.is_raised() {
        return Err(Failure::Interrupted);
    }
    folder.publish()?;
    super::audit::report(&audit, &out.join(SPEC));
    let speed = throughput(plan.steps() as f64 / seconds);
    say(&format!("done in {} ({speed}); results in {}", duration(seconds), out.display()));
    print(&if args.json { record } else { summary::table(&statistics, &plan.limits.tolerances) })
}

fn size(plan: &Plan) -> String {
    let counted =
        |count: u64, one: &str, many: &str| format!("{} {}", grouped(count), if count == 1 { one } else { many });
    let cells = counted(plan.cells, "cell", "cells");
    let trajectories = counted(plan.trajectories, "trajectory", "trajectories");
    let steps = counted(u64::from(plan.limits.steps), "step", "steps");
    format!("{cells}, {trajectories} of {steps}")
}

pub(super) enum Backend {
    Cpu { why: String },
    Gpu { gpu: Box<Gpu>, probe: Box<Probe>, why: String },
}

impl Backend {
    fn choose(args: &RunArgs) -> Result<Backend, Failure> {
        if args.backend == BackendChoice::Cpu {
            if let Some(name) = &args.adapter {
                let message =
                    format!("--adapter {name} names a GPU adapter, but --backend cpu uses none; drop one of the two");
                return Err(Failure::Usage(message));
            }
            return Ok(Backend::Cpu { why: "cpu, as asked for".to_owned() });
        }
        match open(args.adapter.as_deref()) {
            Ok((gpu, probe)) => {
                let why = match (&args.adapter, args.backend) {
                    (Some(_), _) => "gpu, by the adapter's name",
                    (None, BackendChoice::Gpu) => "gpu, as asked for",
                    (None, _) => "gpu, because a hardware adapter answers",
                };
                Ok(Backend::Gpu { gpu: Box::new(gpu), probe: Box::new(probe), why: why.to_owned() })
            }
            Err(error) if args.backend == BackendChoice::Gpu || args.adapter.is_some() => Err(error.into()),
            Err(GpuError::NoAdapter { .. }) => {
                Ok(Backend::Cpu { why: "cpu, because no hardware GPU answers".to_owned() })
            }
            Err(error) => Ok(Backend::Cpu { why: format!("cpu, because the GPU cannot be used: {error}") }),
        }
    }

    fn device(&self, args: &RunArgs) -> Device {
        match self {
            Backend::Cpu { why } => Device::Cpu {
                threads: args.threads.map_or_else(cpu::available_threads, usize::from),
                vectors: cpu::Vectors::widest().name(),
                why: why.clone(),
            },
            Backend::Gpu { gpu, probe, why } => {
                Device::Gpu { adapter: gpu.record().clone(), probe: probe.clone(), why: why.clone() }
            }
        }
    }

    fn run(&self, plan: &Plan, options: &RunOptions, cancel: &Cancel, deliver: Deliver) -> Result<Ending, GpuError> {
        match self {
            Backend::Cpu { .. } => Ok(cpu::run(plan, options, cancel, deliver)),
            Backend::Gpu { gpu, .. } => pollster::block_on(gpu.run(plan, options, cancel, deliver)),
        }
    }

    /// The outcomes of the trajectories with these indices, which ascend, as the sweep had them.
    pub(super) fn outcomes_of(
        &self,
        plan: &Plan,
        trajectories: &[u64],
        cancel: &Cancel,
    ) -> Result<Vec<Outcome>, Failure> {
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

/// Runs every trajectory and counts it; writes the rows if asked for.
fn sweep(
    plan: &Plan,
    args: &RunArgs,
    backend: &Backend,
    cancel: &Cancel,
    folder: &mut Folder,
) -> Result<Statistics, Failure> {
    let options = RunOptions {
        threads: args.threads.map(usize::from),
        batch: args.batch,
        slice: args.slice,
        rows: args.rows,
        ..RunOptions::default()
    };
    let rows = Rows::new(plan);
    let mut draft = if args.rows { Some(folder.draft(ROWS)?) } else { None };
    let mut written = write_rows(&mut draft, || rows.header());
    let mut collector = Collector::new(plan)?;
    let progress = progress(plan);
    let ending = backend.run(plan, &options, cancel, &mut |batch| {
        if written.is_ok() {
            written = write_rows(&mut draft, || rows.lines(&batch));
        }
        progress.inc(batch.trajectories);
        collector.add(batch.tallies);
        if written.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    progress.finish_and_clear();
    written?;
    if ending? == Ending::Stopped {
        return Err(Failure::Interrupted);
    }
    if let Some(draft) = draft {
        folder.keep(draft)?;
    }
    Ok(collector.finish())
}

fn write_rows(draft: &mut Option<Draft>, lines: impl FnOnce() -> Vec<u8>) -> Result<(), OutputError> {
    draft.as_mut().map_or(Ok(()), |draft| draft.write(&lines()))
}

/// The first interrupt ends the run in order; one that comes two seconds later or more ends the program at once. A hangup
/// that the program was started to ignore, as by nohup, stays ignored.
fn cancel_on_interrupt() -> Arc<Cancel> {
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

/// A bar with throughput and time left, on a terminal only.
fn progress(plan: &Plan) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let steps = f64::from(plan.limits.steps);
    let style = ProgressStyle::with_template("{bar:30} {percent:>3} %  {speed}  {eta} left")
        .expect("the template should be valid")
        .with_key("speed", move |state: &indicatif::ProgressState, out: &mut dyn std::fmt::Write| {
            _ = write!(out, "{}", throughput(state.per_sec() * steps));
        });
    ProgressBar::new(plan.trajectories).with_style(style)
}
