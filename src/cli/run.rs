//! `zerosweep run`.

use super::backend::{Backend, cancel_on_interrupt};
use super::parts::status;
use super::results::{Counted, NAMES, has_room_for_maps, json_text};
use super::sweep::Sweep;
use super::{Failure, RunArgs, duration, grouped, print, say, summary, throughput, unix_seconds};
use std::path::PathBuf;
use std::time::Instant;
use zerosweep::estimate::Memory;
use zerosweep::output::{CELLS_PARQUET, Device, Folder, MachineRecord, Origin, ROWS, Shard};
use zerosweep::plan::Plan;
use zerosweep::spec::LoadedSpec;

/// Cells whose tables take some time.
const MANY: u64 = 200_000;

/// Runs the sweep and writes all that it leaves behind.
pub fn run(args: &RunArgs) -> Result<(), Failure> {
    let started = Instant::now();
    // Before signals are heeded: a spec that waits for somebody must not keep them waiting.
    let LoadedSpec { spec, text } = args.spec.load()?;
    let cancel = cancel_on_interrupt();
    let plan = Plan::new(&spec);
    let memory = Memory::of(&spec, &plan, args.memory.as_u64())?;
    memory.ask()?;
    let shard = args.shard.unwrap_or(Shard::WHOLE);
    let out = args.out.clone().unwrap_or_else(|| folder_of(&spec.name, shard));
    let asked = [(args.rows, ROWS), (args.parquet, CELLS_PARQUET)].into_iter().filter(|(asked, _)| *asked);
    let names: Vec<&str> = NAMES.into_iter().chain(asked.map(|(_, name)| name)).collect();
    let folder = Folder::open(&out, &spec.hash(), &names, args.force)?;
    let replaces = folder.has_results();
    let backend = Backend::choose(args.backend, args.adapter.as_deref())?;
    if args.rows && !backend.is_ordered() {
        let message = "--rows goes with one device, which brings trajectories in their order; name one with --adapter";
        return Err(Failure::Usage(message.to_owned()));
    }
    let device = backend.device(args.threads);
    announce(&spec.name, &plan, &device, args.threads);
    bound_threads(args.threads);
    let started_at_unix_seconds = unix_seconds();
    let origin = Origin {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        spec: text.clone(),
        spec_hash: folder.spec_hash().to_owned(),
        backend: device.identity(),
        rows: args.rows,
        shard,
    };
    let mut sweep = Sweep::begin(&plan, folder, origin, memory.counts, args.restart)?;
    if replaces {
        let loses_rows = !args.rows && out.join(ROWS).exists();
        let rows = if loses_rows { format!(", without {ROWS}: add --rows to have that, too") } else { String::new() };
        say(&format!("note: {} holds finished results; this run makes them anew{rows}", out.display()));
    }
    let has_room_for_maps = shard != Shard::WHOLE || has_room_for_maps(&memory);
    sweep.run(args, &backend, &cancel)?;
    if shard != Shard::WHOLE {
        sweep.save()?;
        let (whole, shown) = (duration(sweep.seconds()), out.display());
        say(&format!("shard {shard} is done (sweep {whole}) and kept in {shown}; see zerosweep merge"));
        drop(sweep);
        return if args.json { status(&out, true) } else { Ok(()) };
    }
    let (seconds, paused, resumed) = (sweep.seconds(), sweep.paused(), sweep.is_resumed());
    if plan.cells > MANY {
        say(&format!("the sweep took {}; on to its tables and pictures", duration(seconds)));
    }
    let (statistics, folder) = sweep.finish()?;
    let counted = Counted {
        spec: &spec,
        text: &text,
        plan: &plan,
        statistics: &statistics,
        has_room_for_maps,
        as_parquet: args.parquet,
    };
    let steps_per_second = plan.steps() as f64 / seconds;
    let machine = MachineRecord { device, started_at_unix_seconds, seconds, steps_per_second };
    let audit = || super::audit::audit(&plan, &statistics, args.audit, &backend, &cancel);
    let records = counted.publish(folder, machine, audit, (&cancel, paused))?;
    let (whole, sweep) = (duration(started.elapsed().as_secs_f64()), duration(seconds));
    let (speed, out) = (throughput(steps_per_second), out.display());
    say(&match resumed {
        true => {
            format!("done; this run took {whole}, the sweep {sweep} in all runs together ({speed}); results in {out}")
        }
        false => format!("done in {whole} (sweep {sweep}, {speed}); results in {out}"),
    });
    let table = || summary::table(&statistics, &plan.limits.tolerances);
    print(&if args.json { json_text(&records) } else { table() })
}

/// `results/NAME`, or `results/NAME-3-of-16`.
fn folder_of(name: &str, shard: Shard) -> PathBuf {
    let Shard { number, count } = shard;
    let name = if shard == Shard::WHOLE { name.to_owned() } else { format!("{name}-{number}-of-{count}") };
    PathBuf::from("results").join(name)
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

fn size(plan: &Plan) -> String {
    let counted =
        |count: u64, one: &str, many: &str| format!("{} {}", grouped(count), if count == 1 { one } else { many });
    let cells = counted(plan.cells, "cell", "cells");
    let trajectories = counted(plan.trajectories, "trajectory", "trajectories");
    let steps = counted(u64::from(plan.limits.steps), "step", "steps");
    format!("{cells}, {trajectories} of {steps}")
}
