//! `zerosweep plan`: what a sweep would be and take; it runs nothing but samples.

use super::results::memory_option;
use super::sweep::{most_trajectories, refuse_too_few};
use super::{Failure, SpecArgs, bytes, duration, grouped, print, throughput};
use serde_json::{Value, json};
use std::fmt::Write;
use zerosweep::backend::cpu;
use zerosweep::estimate::{self, Memory, MemoryError, cells_run};
use zerosweep::model::{INTERCEPT, Model};
use zerosweep::output::{Number, model_in_words, of_model};
use zerosweep::plan::Plan;
use zerosweep::spec::{Axis, ModelSpec, Refine, Resample, Spec};

/// Says what the sweep would be.
pub fn plan(args: &SpecArgs, bound: u64, as_json: bool) -> Result<(), Failure> {
    let loaded = args.load()?;
    let spec = &loaded.spec;
    let plan = Plan::new(spec).with_model(loaded.model.clone());
    refuse_too_few(&plan, spec.report.refine.as_ref())?;
    let memory_for = |bound| Memory::of(spec, &plan, bound);
    let memory = memory_for(bound).or_else(|error| match error {
        MemoryError::Bound { least, .. } => memory_for(least),
        other => Err(other),
    })?;
    let (cells_run, trajectories) = (cells_run(spec, &plan), most_trajectories(&plan, spec.report.refine.as_ref()));
    // Cells of a refinement may take longer or less than others.
    let share = trajectories as f64 / plan.trajectories as f64;
    let (time, table_seconds) = (estimate::cpu_time(&plan), estimate::table_seconds(spec, &plan));
    let cpu_seconds = share * time.seconds;
    let kernels: Vec<String> = plan.kernels().into_iter().map(|kernel| kernel.label()).collect();
    let threads = cpu::available_threads();
    let model = spec.model.as_ref().zip(plan.model.as_ref());
    if as_json {
        let mut answer = json!({
            "name": spec.name,
            "hash": spec.hash(),
            "cells": plan.cells,
            "cells_run": cells_run,
            "trajectories": plan.trajectories,
            "steps_per_trajectory": plan.limits.steps,
            "steps": plan.steps() as f64,
            "tail": plan.limits.tail,
            "kernels": kernels,
            "memory_bytes": memory.bytes,
            "counts_on_disk_bytes": memory.on_disk,
            "table_bytes": memory.table,
            "cpu_threads": threads,
            "cpu_seconds": cpu_seconds,
            "table_seconds": table_seconds,
        });
        if let Some((own, model)) = model {
            answer["model"] = json_of_model(own, model);
        }
        return print(&format!("{answer:#}\n"));
    }
    let mut text = String::new();
    let mut line = |name: &str, value: String| _ = writeln!(text, "{name:<14}{value}");
    line("sweep", spec.name.clone());
    for (name, value) in model.map(|(own, model)| lines_of_model(own, model)).unwrap_or_default() {
        line(name, value);
    }
    line("cells", grouped(plan.cells));
    if let Some(Refine { measure, along, .. }) = &spec.report.refine {
        let (run, along) = (grouped(cells_run), along.join(" and "));
        line(
            "refined",
            format!("at most {run} cells are run, close together along {along} where {} changes", measure.name()),
        );
    }
    line("trajectories", grouped(plan.trajectories));
    // Those that end when they are solved take fewer.
    let is_solved = plan.model.as_ref().is_some_and(|model| model.kkt.is_some());
    let at_most = if is_solved { "at most " } else { "" };
    let (each, all, tail) = (grouped(plan.limits.steps), grouped(plan.steps()), grouped(plan.limits.tail));
    line("steps", format!("{at_most}{each} each, {all} in all; tail {tail}"));
    axes(spec, &plan).into_iter().for_each(|axis| line("axis", axis));
    for kernel in kernels {
        line("kernel", kernel);
    }
    let Memory { bytes: held, on_disk, table, with_maps, .. } = memory;
    let beyond = if held > bound { ", more than --memory allows" } else { "" };
    let maps = with_maps.map(|needed| format!("; no maps: with --memory {} there would be", memory_option(needed)));
    line("memory", format!("about {}{beyond}{}", bytes(held), maps.unwrap_or_default()));
    let spilled = if on_disk > 0 { format!(", and {} of counts on its way", bytes(on_disk)) } else { String::new() };
    line("disk", format!("about {} for the table of cells{spilled}", bytes(table)));
    // What takes no time that a clock shows has no speed.
    let speed = throughput(share * plan.steps() as f64 / cpu_seconds.max(1e-6));
    let speed = if is_solved { String::new() } else { format!("{speed}, ") };
    let table =
        if table_seconds < 1.0 { String::new() } else { format!(", then {} for tables", duration(table_seconds)) };
    let about = if time.is_most { "at most" } else { "about" };
    line("time", format!("{about} {} on {threads} CPU threads ({speed}sampled){table}", duration(cpu_seconds)));
    print(&text)
}

/// What a problem of many weights is made of, and what a trajectory of it is.
fn lines_of_model(own: &ModelSpec, model: &Model) -> Vec<(&'static str, String)> {
    let weights = model.weights();
    let mut lines = vec![("loss", model_in_words(own, model))];
    lines.extend(own.rows().map(|rows| ("response", rows.response.clone())));
    let intercept = match Intercept::of(model) {
        Intercept::None => "",
        Intercept::Eliminated => ", and an intercept that each draw eliminates",
        Intercept::Weight => ", the intercept among them, which no penalty is on",
    };
    lines.push(("weights", format!("{weights}{intercept}")));
    let groups = model.named_groups();
    if !groups.is_empty() {
        let shown = |(name, weights): &(&str, Vec<&str>)| format!("{name} ({})", weights.join(", "));
        let alone = weights - groups.iter().map(|(_, weights)| weights.len()).sum::<usize>();
        let alone = if alone > 0 { format!("; {alone} in none") } else { String::new() };
        let groups: Vec<String> = groups.iter().map(shown).collect();
        lines.push(("groups", format!("{}{alone}", groups.join(", "))));
    }
    let draws = match (own.resample, model.draws()) {
        (Resample::WHOLE, 1) if model.moments.is_some() => "none, there are no rows".to_owned(),
        (Resample::WHOLE, 1) => "none, all rows as they are".to_owned(),
        (resample, draws) => format!("{} by {}, seed {}", grouped(draws), resample.name(), model.seed()),
    };
    lines.push(("draws", draws));
    let slopes = match model.has_gram() {
        true => format!("from the {weights} x {weights} Gram matrix of a draw"),
        false => "from the rows of a draw, there and back".to_owned(),
    };
    lines.push(("slopes", slopes));
    let done = match model.kkt {
        Some(kkt) => format!("; done where its residual is {kkt:e} of the largest slope of the null model"),
        None => String::new(),
    };
    lines.push(("trajectory", format!("all weights together, of one draw at one value of each axis{done}")));
    lines
}

/// The same as JSON: what run.json tells of it, and more.
fn json_of_model(own: &ModelSpec, model: &Model) -> Value {
    let mut told = of_model(model);
    told["response"] = own.rows().map(|rows| rows.response.clone()).into();
    told["draws_in_all"] = model.draws().into();
    told["intercept"] = match Intercept::of(model) {
        Intercept::None => Value::Null,
        Intercept::Eliminated => "eliminated".into(),
        Intercept::Weight => "weight".into(),
    };
    told["slopes_from"] = if model.has_gram() { "gram" } else { "rows" }.into();
    told
}

/// What an intercept is, if there is one.
enum Intercept {
    None,
    /// None of the weights: rows are centred.
    Eliminated,
    /// The last of them.
    Weight,
}

impl Intercept {
    fn of(model: &Model) -> Intercept {
        match model.names.last() {
            _ if model.centred => Intercept::Eliminated,
            Some(name) if name == INTERCEPT => Intercept::Weight,
            _ => Intercept::None,
        }
    }
}

/// One line a swept axis: its path, its values, whether it is pooled and what it moves with.
fn axes(spec: &Spec, plan: &Plan) -> Vec<String> {
    let mut lines = Vec::new();
    for axis in spec.axes() {
        let Axis { path, values, .. } = axis;
        if let Some(expression) = axis.expression() {
            lines.push(format!("{path}: {}", expression.text));
            continue;
        }
        let varies = values.len() > 1 || plan.coordinates.iter().any(|coordinate| coordinate.path == *path);
        let least = Number(values.iter().copied().fold(f32::INFINITY, f32::min));
        let most = Number(values.iter().copied().fold(f32::NEG_INFINITY, f32::max));
        let pooled = if spec.report.pool.contains(path) { ", pooled" } else { "" };
        let with = with(spec, axis);
        let line = match values.len() {
            1 => format!("{path}: {least}{pooled}{with}"),
            count => format!("{path}: {} values from {least} to {most}{pooled}{with}", grouped(count)),
        };
        if varies && !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines.dedup();
    lines
}

/// `, together with problem.target`; nothing where the axis moves alone.
fn with(spec: &Spec, axis: &Axis) -> String {
    let others: Vec<&str> = spec.together_with(axis).into_iter().filter(|path| *path != axis.path).collect();
    if others.is_empty() { String::new() } else { format!(", together with {}", others.join(", ")) }
}
