//! `zerosweep run`.

use super::backend::{Backend, cancel_on_interrupt, progress};
use super::{Failure, RunArgs, duration, grouped, print, say, summary, throughput};
use serde_json::{Map, Value};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::{Instant, SystemTime, UNIX_EPOCH};
use zerosweep::audit::Audit;
use zerosweep::backend::{Cancel, Ending, RunOptions};
use zerosweep::output::{
    CELLS, CHARTS, CURVE, Device, Draft, Folder, MACHINE, MachineRecord, Maps, OutputError, RECORD, ROWS, Rows,
    RunRecord, SPEC,
};
use zerosweep::output::{cells_csv, charts, curve_csv, maps};
use zerosweep::plan::Plan;
use zerosweep::spec::{LoadedSpec, Spec};
use zerosweep::statistics::{Collector, Statistics};
use zerosweep::theory::forecasts;

/// Runs the sweep and writes all that it leaves behind.
pub fn run(args: &RunArgs) -> Result<(), Failure> {
    let (cancel, started) = (cancel_on_interrupt(), Instant::now());
    let LoadedSpec { spec, text } = args.spec.load()?;
    let plan = Plan::new(&spec);
    let out = args.out.clone().unwrap_or_else(|| PathBuf::from("results").join(&spec.name));
    let hash = spec.hash();
    let rows = args.rows.then_some(ROWS);
    let names: Vec<&str> = [SPEC, CELLS, CURVE, MACHINE].into_iter().chain(CHARTS).chain(rows).collect();
    let mut folder = Folder::open(&out, &hash, &names, args.force)?;
    let backend = Backend::choose(args.backend, args.adapter.as_deref())?;
    let device = backend.device(args.threads);
    announce(&spec.name, &plan, &device, args.threads);
    bound_threads(args.threads);
    let began = Instant::now();
    let started_at_unix_seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let statistics = sweep(&plan, args, &backend, &cancel, &mut folder)?;
    let seconds = began.elapsed().as_secs_f64();
    let audit = || super::audit::audit(&plan, &statistics, args, &backend, &cancel);
    let Results { audit, files } = results(&spec, &plan, &statistics, audit)?;
    folder.add(SPEC, text.as_bytes())?;
    files.iter().try_for_each(|(name, contents)| folder.add(name, contents))?;
    let files = folder.files().into_iter().chain([MACHINE, RECORD].map(str::to_owned)).collect();
    let record = RunRecord { name: &spec.name, spec_hash: hash, files }.json(&plan, &statistics, &audit);
    let steps_per_second = plan.steps() as f64 / seconds;
    let machine = MachineRecord { device, started_at_unix_seconds, seconds, steps_per_second }.json();
    folder.add(MACHINE, json_text(&machine).as_bytes())?;
    folder.add(RECORD, json_text(&record).as_bytes())?;
    if cancel.is_raised() {
        return Err(Failure::Interrupted);
    }
    folder.publish()?;
    super::audit::report(&audit, &out.join(SPEC));
    let (whole, sweep) = (duration(started.elapsed().as_secs_f64()), duration(seconds));
    let speed = throughput(steps_per_second);
    say(&format!("done in {whole} (sweep {sweep}, {speed}); results in {}", out.display()));
    let table = || summary::table(&statistics, &plan.limits.tolerances);
    print(&if args.json { json_text(&record.into_iter().chain(machine).collect()) } else { table() })
}

fn announce(name: &str, plan: &Plan, device: &Device, threads: Option<u16>) {
    say(&format!("{name}: {} on {}", size(plan), device.describe()));
    say(&format!("backend: {}", device.why()));
    if let (Device::Gpu { .. }, Some(threads)) = (device, threads) {
        say(&format!("note: --threads {threads} has no effect on a GPU"));
    }
}

/// Keeps what follows a sweep, as well, on so many threads; a sweep on the CPU has its own.
fn bound_threads(threads: Option<u16>) {
    if let Some(threads) = threads {
        // Fails where the threads of the process have begun already: then all cores it is.
        _ = rayon::ThreadPoolBuilder::new().num_threads(threads.into()).build_global();
    }
}

/// What is made of a sweep's counts.
struct Results {
    audit: Audit,
    /// Names and contents.
    files: Vec<(String, Vec<u8>)>,
}

/// Draws, audits and writes down beside each other what does not wait for the other.
fn results(
    spec: &Spec,
    plan: &Plan,
    statistics: &Statistics,
    audit: impl FnOnce() -> Result<Audit, Failure> + Send,
) -> Result<Results, Failure> {
    let (charts, (forecasts, audit)) = rayon::join(|| charts(spec, plan, statistics), || (forecasts(plan), audit()));
    let audit = audit?;
    let (maps, cells) = rayon::join(
        || maps(spec, plan, statistics, &forecasts, &audit),
        || cells_csv(plan, statistics, &forecasts, &audit),
    );
    let Maps { files: maps, notes } = maps?;
    notes.iter().for_each(|note| say(&format!("note: {note}")));
    let tables = [(CELLS, cells), (CURVE, curve_csv(statistics))].map(|(name, text)| (name.to_owned(), text));
    let files = tables.into_iter().chain(maps).chain(charts?).collect();
    Ok(Results { audit, files })
}

fn json_text(object: &Map<String, Value>) -> String {
    format!("{}\n", serde_json::to_string_pretty(object).expect("a record should be JSON"))
}

fn size(plan: &Plan) -> String {
    let counted =
        |count: u64, one: &str, many: &str| format!("{} {}", grouped(count), if count == 1 { one } else { many });
    let cells = counted(plan.cells, "cell", "cells");
    let trajectories = counted(plan.trajectories, "trajectory", "trajectories");
    let steps = counted(u64::from(plan.limits.steps), "step", "steps");
    format!("{cells}, {trajectories} of {steps}")
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
    let progress = progress(plan.trajectories, plan.limits.steps.into());
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
