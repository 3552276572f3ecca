//! What is done of a sweep, in one folder or in many: status, draw, merge.

use super::backend::{Backend, cancel_on_interrupt};
use super::results::{Counted, NAMES, json_text};
use super::sweep::refusal;
use super::{BackendChoice, Failure, MergeArgs, duration, grouped, print, say, summary, throughput};
use rangemap::RangeSet;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use zerosweep::audit::Audit;
use zerosweep::output::{
    Folder, MachineRecord, OutputError, PROGRESS, Progress, ProgressError, RECORD, SPEC, Shard, is_busy, percent,
};
use zerosweep::plan::Plan;
use zerosweep::spec::{Format, LoadedSpec, Spec};
use zerosweep::statistics::{Collector, Counts};

/// Where `draw` puts what it draws of an unfinished sweep.
const PARTIAL: &str = "partial";

/// A sweep as far as it is done.
struct Held {
    path: PathBuf,
    spec: Spec,
    text: String,
    plan: Plan,
    progress: Progress<()>,
    counts: Counts,
}

impl Held {
    /// What the folder `path` holds of a sweep.
    fn load(path: &Path) -> Result<Held, Failure> {
        let file = path.join(PROGRESS);
        let unusable = |source| OutputError::Unusable { path: file.clone(), source };
        let Some(progress) = Progress::load(&file).map_err(unusable)? else {
            let shown = path.display();
            let message = if path.join(RECORD).exists() {
                format!("{shown} holds finished results, and no sweep that is under way")
            } else {
                format!(
                    "{shown} holds nothing of a sweep: there is no {PROGRESS} in it; a run writes one every few seconds"
                )
            };
            return Err(Failure::Other(message));
        };
        if progress.origin.version != env!("CARGO_PKG_VERSION") {
            return Err(unusable(ProgressError::OtherVersion).into());
        }
        let (progress, counts) = progress.split();
        let LoadedSpec { spec, text } = Spec::parse(&progress.origin.spec, Format::Toml, SPEC, &[])?;
        let plan = Plan::new(&spec);
        Ok(Held { path: path.to_owned(), spec, text, plan, progress, counts })
    }
}

/// Adds `counts`, which the folder `path` holds.
fn add(collector: &mut Collector, counts: Counts, path: &Path) -> Result<(), Failure> {
    let damaged = |_| OutputError::Unusable { path: path.join(PROGRESS), source: ProgressError::Damaged };
    Ok(collector.merge(counts).map_err(damaged)?)
}

/// A collector of `counts`, which the folder `path` holds.
fn collector<'a>(plan: &'a Plan, counts: Counts, path: &Path) -> Result<Collector<'a>, Failure> {
    let mut collector = Collector::new(plan)?;
    add(&mut collector, counts, path)?;
    Ok(collector)
}

/// `zerosweep status`.
pub fn status(path: &Path, as_json: bool) -> Result<(), Failure> {
    let held = Held::load(path)?;
    let wanted = held.progress.wanted();
    let (count, of) = (held.progress.count(), wanted.end - wanted.start);
    let seconds = held.progress.seconds;
    let is_running = is_busy(path);
    let since = SystemTime::now().duration_since(UNIX_EPOCH + Duration::from_secs(held.progress.saved_at));
    let since = since.unwrap_or_default().as_secs_f64();
    let rate = count as f64 / seconds;
    let left = (of - count) as f64 / rate;
    let Held { spec, plan, progress, counts, .. } = held;
    let statistics = collector(&plan, counts, path)?.so_far();
    let whole = statistics.cells.iter().filter(|cell| cell.trajectories > 0).count();
    let steps_per_second = rate * f64::from(plan.limits.steps);
    let shard = progress.origin.shard;
    if as_json {
        let answer = json!({
            "name": spec.name,
            "spec_hash": progress.origin.spec_hash,
            "backend": progress.origin.backend,
            "shard": shard.to_string(),
            "running": is_running,
            "trajectories": of,
            "done": count,
            "whole_cells": whole,
            "cells": plan.cells,
            "seconds": seconds,
            "seconds_left": left.is_finite().then_some(left),
            "steps_per_second": rate.is_finite().then_some(steps_per_second),
            "saved_seconds_ago": since,
        });
        return print(&format!("{answer:#}\n"));
    }
    let state = match count == of {
        _ if is_running => "running",
        true if shard != Shard::WHOLE => "done; see zerosweep merge",
        _ => "not running; run the same again to go on",
    };
    let part = if shard == Shard::WHOLE { String::new() } else { format!(", shard {shard}") };
    let mut text = format!("{}{part}: {state}\n", spec.name);
    let done = format!("{} of {} trajectories ({} %)", grouped(count), grouped(of), percent(count, of));
    text += &format!("{done}, {whole} of {} cells whole; saved {} ago\n", grouped(plan.cells), duration(since));
    if count > 0 {
        let (took, speed, left) = (duration(seconds), throughput(steps_per_second), duration(left));
        text += &format!("{took} so far on {} ({speed}), about {left} left\n", progress.origin.backend);
    }
    if !statistics.groups.is_empty() {
        text += &format!(
            "\nWhole cells alone; rows may be of different parts of the grid:\n{}",
            summary::table(&statistics, &plan.limits.tolerances)
        );
    }
    print(&text)
}

/// `zerosweep draw`.
pub fn draw(path: &Path) -> Result<(), Failure> {
    let Held { spec, text, plan, progress, counts, .. } = Held::load(path)?;
    let share = percent(progress.count(), plan.trajectories);
    let statistics = collector(&plan, counts, path)?.so_far();
    if statistics.groups.is_empty() {
        let path = path.display();
        return Err(Failure::Other(format!("no cell in {path} is whole so far; try again when more of it is done")));
    }
    let out = path.join(PARTIAL);
    let counted = Counted { spec: &spec, text: &text, plan: &plan, statistics: &statistics };
    let results = counted.results(|| Ok(Audit::default()))?;
    let mut folder = Folder::open(&out, &spec.hash(), &NAMES, false)?;
    counted.put(&mut folder, &results, None)?;
    folder.publish()?;
    say(&format!("{share} % is done; tables and pictures of the cells that are whole are in {}", out.display()));
    Ok(())
}

/// `zerosweep merge`.
pub fn merge(args: &MergeArgs) -> Result<(), Failure> {
    let mut folders = args.folders.iter();
    let first = Held::load(folders.next().expect("clap should ask for a folder"))?;
    let cancel = cancel_on_interrupt();
    let Held { path, spec, text, plan, mut progress, counts } = first;
    let mut shards = vec![progress.origin.shard];
    if progress.origin.rows {
        let path = path.display();
        return Err(Failure::Other(format!("{path} holds a run with --rows, which goes on in its own folder alone")));
    }
    progress.origin.shard = Shard::WHOLE;
    let mut collector = collector(&plan, counts, &path)?;
    let mut merged = vec![(path, progress.done.clone())];
    for path in folders {
        let mut other = Held::load(path)?;
        shards.push(other.progress.origin.shard);
        other.progress.origin.shard = Shard::WHOLE;
        if let Some((what, _)) = refusal(&other.progress.origin, &progress.origin) {
            let (first, path) = (merged[0].0.display(), path.display());
            return Err(Failure::Other(format!("{path} cannot be merged with {first}: it holds the work of {what}")));
        }
        let overlaps = |(_, done): &&(PathBuf, RangeSet<u64>)| other.progress.done.iter().any(|own| done.overlaps(own));
        if let Some((twice, _)) = merged.iter().find(overlaps) {
            let (twice, path) = (twice.display(), path.display());
            return Err(Failure::Other(format!("{path} and {twice} hold the same trajectories; give each part once")));
        }
        add(&mut collector, other.counts, path)?;
        progress.done.extend(other.progress.done.iter().cloned());
        progress.seconds += other.progress.seconds;
        progress.saved_at = progress.saved_at.max(other.progress.saved_at);
        merged.push((path.clone(), other.progress.done));
    }
    let mut folder = Folder::open(&args.out, &spec.hash(), &NAMES, args.force)?;
    if let Some(held) = folder.progress()? {
        let share = percent(held.count(), held.trajectories);
        let out = args.out.display();
        return Err(Failure::Other(format!("{out} holds {share} % of a sweep; give another folder with --out")));
    }
    let out = args.out.display();
    if !progress.is_complete() {
        folder.keep_progress(&progress.with(collector.counts()))?;
        let share = percent(progress.count(), plan.trajectories);
        say(&format!("merged {share} % of the sweep into {out}; missing: {}", missing(&progress, &shards)));
        return Ok(());
    }
    let backend = backend_of(&progress.origin.backend, args)?;
    let statistics = collector.finish();
    let counted = Counted { spec: &spec, text: &text, plan: &plan, statistics: &statistics };
    let (seconds, started_at_unix_seconds) = (progress.seconds, progress.saved_at);
    let steps_per_second = plan.steps() as f64 / seconds;
    let machine = MachineRecord { device: backend.device(None), started_at_unix_seconds, seconds, steps_per_second };
    let audit = || super::audit::audit(&plan, &statistics, args.audit, &backend, &cancel);
    let records = counted.publish(folder, machine, audit, (&cancel, Failure::Interrupted))?;
    say(&format!("merged {} folders; results in {out}", merged.len()));
    print(&if args.json { json_text(&records) } else { summary::table(&statistics, &plan.limits.tolerances) })
}

/// The backend whose results are to be merged: the audit looks again at some of its trajectories.
fn backend_of(identity: &str, args: &MergeArgs) -> Result<Backend, Failure> {
    let choice = if identity == "cpu" { BackendChoice::Cpu } else { BackendChoice::Gpu };
    let backend = Backend::choose(choice, args.adapter.as_deref())?;
    let own = backend.device(None).identity();
    if own == identity {
        return Ok(backend);
    }
    let message =
        format!("the parts are of {identity}, and this is {own}; merge where that one is, or name it with --adapter");
    Err(Failure::Other(message))
}

/// What a merged sweep lacks: shards where all parts are shards of as many, else shares of the order in which it runs.
fn missing(progress: &Progress<()>, shards: &[Shard]) -> String {
    let total = progress.trajectories;
    let count = shards[0].count;
    let gaps: Vec<_> = progress.done.gaps(&(0..total)).collect();
    let lacks = |shard: &Shard| {
        let own = shard.positions(total);
        gaps.iter().any(|gap| gap.start < own.end && own.start < gap.end)
    };
    if count > 1 && shards.iter().all(|shard| shard.count == count) {
        let missing = (1..=count).map(|number| Shard { number, count }).filter(lacks);
        let texts: Vec<String> = missing.map(|shard| shard.to_string()).collect();
        return format!("shard {}", texts.join(", "));
    }
    let percent = |position: u64| format!("{:.2}", 100.0 * position as f64 / total as f64);
    let texts: Vec<String> =
        gaps.iter().map(|gap| format!("{} to {} %", percent(gap.start), percent(gap.end))).collect();
    format!("{}; run its spec into this folder to fill them in", texts.join(", "))
}
