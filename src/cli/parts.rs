//! What is done of a sweep, and `zerosweep status`.

use super::{Failure, duration, grouped, print, summary, throughput};
use serde_json::{Value, json};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use zerosweep::output::{
    MACHINE, OutputError, PROGRESS, Progress, ProgressError, RECORD, SPEC, Shard, is_busy, percent, read_plain,
    recorded_groups,
};
use zerosweep::plan::Plan;
use zerosweep::spec::{Format, LoadedSpec, Spec};
use zerosweep::statistics::{Collector, Counts, Statistics};

/// A sweep as far as it is done.
pub struct Held {
    pub path: PathBuf,
    pub spec: Spec,
    /// The spec as run.
    pub text: String,
    pub plan: Plan,
    /// What the counts are of: the cells of the plan, or their weights.
    pub counted: Plan,
    pub progress: Progress<()>,
    pub counts: Counts,
}

impl Held {
    /// What the folder `path` holds of a sweep.
    pub fn load(path: &Path) -> Result<Held, Failure> {
        let unusable = |source| OutputError::Unusable { path: path.join(PROGRESS), source };
        let Some(progress) = Progress::load(path, PROGRESS).map_err(unusable)? else {
            let shown = path.display();
            let message = if path.join(RECORD).exists() {
                format!("{shown} holds finished results, and no part of a sweep that is under way")
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
        let LoadedSpec { spec, text, model } =
            Spec::parse(&progress.origin.spec, Format::Toml, SPEC, &[])?.with_table()?;
        let plan = Plan::new(&spec).with_model(model);
        let counted = plan.by_weight();
        Ok(Held { path: path.to_owned(), spec, text, plan, counted, progress, counts })
    }
}

/// Adds `counts`, which the folder `path` holds.
pub fn add(collector: &mut Collector, counts: Counts, path: &Path) -> Result<(), Failure> {
    let damaged = |_| OutputError::Unusable { path: path.join(PROGRESS), source: ProgressError::Damaged };
    Ok(collector.merge(counts).map_err(damaged)?)
}

/// What `counts` say so far, which the folder `path` holds.
pub fn so_far(plan: &Plan, counts: Counts, path: &Path) -> Result<Statistics, Failure> {
    let mut collector = Collector::new(plan);
    add(&mut collector, counts, path)?;
    Ok(collector.so_far()?)
}

/// Whether the folder `path` holds finished results, and no sweep that is under way.
pub fn is_finished(path: &Path) -> bool {
    path.join(RECORD).exists() && !path.join(PROGRESS).exists()
}

/// What the file `name` of `path` says; `None` where there is none, or what cannot be read as JSON.
pub fn record(path: &Path, name: &str) -> Option<Value> {
    serde_json::from_slice(&read_plain(&path.join(name)).ok()??).ok()
}

/// A sweep that is done.
pub struct Finished {
    pub spec: Spec,
    /// The spec as run.
    pub text: String,
    pub plan: Plan,
    /// What its record says.
    pub told: Value,
}

impl Finished {
    /// What the folder `path` holds of it.
    pub fn load(path: &Path) -> Result<Finished, Failure> {
        let unusable = |name: &str, source| OutputError::Unusable { path: path.join(name), source };
        let told = record(path, RECORD).unwrap_or_default();
        let Some(hash) = told["spec"]["hash"].as_str() else { return Err(Finished::unreadable(path, &told)) };
        if !told["partial"].is_null() {
            let path = path.display();
            return Err(Failure::Other(format!(
                "{path} holds what was drawn of a sweep that was not done; give the folder of the sweep"
            )));
        }
        let text = read_plain(&path.join(SPEC)).and_then(|text| text.ok_or_else(|| io::ErrorKind::NotFound.into()));
        let text = text.map_err(|error| unusable(SPEC, error.into()))?;
        let text = String::from_utf8_lossy(&text).into_owned();
        let LoadedSpec { spec, text, model } = Spec::parse(&text, Format::Toml, SPEC, &[])?.with_table()?;
        if let Some(own) = &spec.model
            && let Some(rows) = own.rows()
            && told["model"]["table_sha256"].as_str().is_some_and(|digest| digest != own.digest)
        {
            return Err(Failure::Other(format!(
                "{} has changed since {} was made of it; put it back as it was, or run it anew with --force",
                rows.table.display(),
                path.display()
            )));
        }
        if hash != spec.hash() {
            return Err(Failure::Other(format!(
                "{} is not the spec that {RECORD} tells of; run it anew with --force, or give another folder",
                path.join(SPEC).display()
            )));
        }
        let plan = Plan::new(&spec).with_model(model);
        Ok(Finished { spec, text, plan, told })
    }

    /// Why the record `told` of the folder `path` tells nothing.
    fn unreadable(path: &Path, told: &Value) -> Failure {
        let is_foreign = told["zerosweep"].as_str().is_some_and(|version| version != env!("CARGO_PKG_VERSION"));
        let source = if is_foreign { ProgressError::OtherVersion } else { ProgressError::Damaged };
        OutputError::Unusable { path: path.join(RECORD), source }.into()
    }
}

/// `zerosweep status` of finished results.
fn status_of_results(path: &Path, as_json: bool) -> Result<(), Failure> {
    let Finished { spec, plan, told, .. } = Finished::load(path)?;
    let statistics = recorded_groups(&told, &plan).ok_or_else(|| Finished::unreadable(path, &told))?;
    let record = |name: &str| record(path, name);
    let machine = record(MACHINE).unwrap_or_default();
    let backend = machine["device"]["backend"].as_str().map(|_| backend_named(&machine["device"]));
    let is_running = is_busy(path);
    if as_json {
        let answer = json!({
            "name": spec.name,
            "spec_hash": spec.hash(),
            "backend": backend,
            "shard": Shard::WHOLE.to_string(),
            "running": is_running,
            "finished": true,
            "trajectories": told["trajectories"],
            "done": told["trajectories"],
            "whole_cells": told["cells"],
            "cells": told["cells"],
            "seconds": machine["seconds"],
            "seconds_left": 0,
            "steps_per_second": machine["steps_per_second"],
            "saved_seconds_ago": null,
        });
        return print(&format!("{answer:#}\n"));
    }
    let state = if is_running { "finished; a run is writing to the folder" } else { "finished" };
    let mut text = format!("{}: {state}\n", spec.name);
    let [trajectories, cells] = ["trajectories", "cells"].map(|name| grouped(told[name].as_u64().unwrap_or_default()));
    text += &match spec.report.refine {
        None => format!("all {trajectories} trajectories, {cells} cells\n"),
        Some(_) => {
            format!("{trajectories} trajectories of {cells} cells, of the {} of the grid\n", grouped(plan.cells))
        }
    };
    let number = |name: &str| machine[name].as_f64();
    if let (Some(backend), Some(seconds), Some(speed), Some(started)) =
        (backend, number("seconds"), number("steps_per_second"), machine["started_at_unix_seconds"].as_u64())
    {
        let (took, speed) = (duration(seconds), throughput(speed));
        text +=
            &format!("{took} on {backend} ({speed}), its last run begun {} ago\n", duration(seconds_since(started)));
    }
    print(&(text + "\n" + &summary::table(&plan, &statistics, spec.report.refine.is_some())))
}

/// The device of a record of the machine, by the names of its parts.
fn backend_named(device: &Value) -> String {
    if let Some(devices) = device["devices"].as_array() {
        return devices.iter().map(backend_named).collect::<Vec<_>>().join(" and ");
    }
    let backend = device["backend"].as_str().unwrap_or("an unknown device");
    device["adapter"]["name"].as_str().map_or(backend.to_owned(), |name| format!("{backend} {name}"))
}

/// From this Unix time to now.
fn seconds_since(time: u64) -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH + Duration::from_secs(time)).unwrap_or_default().as_secs_f64()
}

/// `zerosweep status`.
pub fn status(path: &Path, as_json: bool) -> Result<(), Failure> {
    if is_finished(path) {
        return status_of_results(path, as_json);
    }
    let held = Held::load(path)?;
    let wanted = held.progress.wanted();
    let (count, of) = (held.progress.count(), wanted.end - wanted.start);
    let seconds = held.progress.seconds;
    let is_running = is_busy(path);
    let since = seconds_since(held.progress.saved_at);
    let rate = count as f64 / seconds;
    let left = (of - count) as f64 / rate;
    let Held { spec, plan, counted, progress, counts, .. } = held;
    let statistics = so_far(&counted, counts, path)?;
    let whole = statistics.whole_cells / (counted.cells / plan.cells);
    let steps_per_second = rate * f64::from(plan.limits.steps);
    let shard = progress.origin.shard;
    if as_json {
        let answer = json!({
            "name": spec.name,
            "spec_hash": progress.origin.spec_hash,
            "backend": progress.origin.backend,
            "shard": shard.to_string(),
            "running": is_running,
            "finished": false,
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
        true if shard != Shard::WHOLE => "done; put it together with the others: zerosweep merge DIR... --out DIR",
        _ => "not running; run the same again to go on",
    };
    let part = if shard == Shard::WHOLE { String::new() } else { format!(", shard {shard}") };
    let mut text = format!("{}{part}: {state}\n", spec.name);
    let done = format!("{} of {} trajectories ({} %)", grouped(count), grouped(of), percent(count, of));
    let whole = grouped(whole);
    text += &format!("{done}, {whole} of {} cells whole; saved {} ago\n", grouped(plan.cells), duration(since));
    if count > 0 {
        let (took, speed, on) = (duration(seconds), throughput(steps_per_second), &progress.origin.backend);
        text += &match count == of {
            true => format!("{took} on {on} ({speed})\n"),
            false => format!("{took} so far on {on} ({speed}), about {} left\n", duration(left)),
        };
    }
    if !statistics.groups.is_empty() {
        text += &format!(
            "\nWhole cells alone; rows may be of different parts of the grid:\n{}",
            summary::table(&plan, &statistics, spec.report.refine.is_some())
        );
    }
    print(&text)
}
