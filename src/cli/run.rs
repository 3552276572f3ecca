//! `zerosweep run`.

use super::backend::{Backend, cancel_on_interrupt, progress};
use super::{Failure, RunArgs, duration, grouped, print, say, summary, throughput};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::{Instant, SystemTime, UNIX_EPOCH};
use zerosweep::backend::{Cancel, Ending, RunOptions};
use zerosweep::output::{
    CELLS, CHARTS, CURVE, Device, Draft, Folder, OutputError, RECORD, ROWS, Rows, RunRecord, SPEC,
};
use zerosweep::output::{cells_csv, charts, curve_csv, maps};
use zerosweep::plan::Plan;
use zerosweep::spec::LoadedSpec;
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
    let names: Vec<&str> = [SPEC, CELLS, CURVE].into_iter().chain(CHARTS).chain(rows).collect();
    let mut folder = Folder::open(&out, &hash, &names, args.force)?;
    let backend = Backend::choose(args.backend, args.adapter.as_deref())?;
    let device = backend.device(args.threads);
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
    let (whole, sweep) = (duration(started.elapsed().as_secs_f64()), duration(seconds));
    say(&format!("done in {whole} (sweep {sweep}, {speed}); results in {}", out.display()));
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
