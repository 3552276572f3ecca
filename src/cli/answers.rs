//! The commands that run nothing: plan, adapters, members, schema.

use super::results::memory_option;
use super::summary::aligned;
use super::sweep::{most_trajectories, refuse_too_few};
use super::{Failure, SpecArgs, bytes, duration, grouped, print, say, throughput};
use clap::ValueEnum;
use serde_json::json;
use std::fmt::Write;
use std::fs;
use std::path::Path;
use zerosweep::backend::cpu;
use zerosweep::backend::gpu::{self, GpuError};
use zerosweep::estimate::{self, Memory, MemoryError, cells_run};
use zerosweep::output::drawing::{Picture, PictureError, pdf, png};
use zerosweep::output::{Number, OutputError, ProbeCache, members, portraits, put};
use zerosweep::plan::Plan;
use zerosweep::probe::Probe;
use zerosweep::spec::{Axis, Refine, Spec};

/// `zerosweep plan`.
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
    if as_json {
        let answer = json!({
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
        return print(&format!("{answer:#}\n"));
    }
    let mut text = String::new();
    let mut line = |name: &str, value: String| _ = writeln!(text, "{name:<14}{value}");
    line("sweep", spec.name.clone());
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

/// `zerosweep adapters`.
pub fn adapters(name: Option<&str>, probe: bool) -> Result<(), Failure> {
    let header = ["name", "kind", "interface", "driver", "version", "PCI bus", "storage binding", "workgroups"];
    let threads = format!("{} threads", cpu::available_threads());
    let instructions = cpu::Vectors::widest().name();
    let own = ["cpu", "native", "-", instructions, &threads, "-", "-", "-"].map(str::to_owned);
    let adapters = pollster::block_on(gpu::list());
    let none = adapters.is_empty();
    let rows = adapters.into_iter().map(|adapter| {
        let shown = |text: String| if text.is_empty() { "-".to_owned() } else { text };
        [
            adapter.name,
            adapter.kind.to_owned(),
            adapter.interface,
            shown(adapter.driver),
            shown(adapter.driver_version),
            shown(adapter.pci_bus_id),
            bytes(adapter.max_storage_binding),
            adapter.max_workgroups.to_string(),
        ]
    });
    let rows: Vec<_> = [header.map(str::to_owned), own].into_iter().chain(rows).collect();
    print(&aligned(&rows))?;
    if none {
        say("no Vulkan, Metal or DX12 adapter answers here; sweeps run on the CPU");
    }
    if probe || name.is_some() { probes(name) } else { Ok(()) }
}

/// How the CPU and the adapter of that name, or the best hardware adapter, compute. A fresh probe, which is kept.
fn probes(name: Option<&str>) -> Result<(), Failure> {
    let own = Probe::of_cpu();
    let found = match pollster::block_on(gpu::Gpu::open(name)) {
        Ok(gpu) => {
            let probe = pollster::block_on(gpu.probe())?;
            ProbeCache::of_user().keep(gpu.record(), &probe);
            Some((gpu.record().name.clone(), probe))
        }
        Err(GpuError::NoAdapter { .. }) if name.is_none() => None,
        Err(error) => return Err(error.into()),
    };
    let mut rows = vec![[String::new(), "cpu".to_owned(), String::new()]];
    rows.extend(own.rows().into_iter().map(|(question, answer)| [question.to_owned(), answer, String::new()]));
    if let Some((name, probe)) = &found {
        rows[0][2].clone_from(name);
        rows.iter_mut().skip(1).zip(probe.rows()).for_each(|(row, (_, answer))| row[2] = answer);
    }
    print(&format!("\n{}", aligned(&rows)))?;
    if found.is_none() {
        say("no hardware adapter to probe; name a software one with --adapter");
    }
    if let Some(reason) = found.and_then(|(_, probe)| probe.refusal()) {
        say(&format!("no sweep can run on this adapter: {reason}"));
    }
    Ok(())
}

/// `zerosweep members`.
pub fn members(as_json: bool, as_markdown: bool, pictures: Option<&Path>) -> Result<(), Failure> {
    if let Some(folder) = pictures {
        return print(&write_pictures(folder, portraits(), &[PictureFormat::Svg])?);
    }
    if as_json {
        return print(&format!("{:#}\n", members::json()));
    }
    if as_markdown {
        return print(&members::markdown());
    }
    let tables = members::tables().map(|table| aligned(&table.lines()));
    print(&tables.join("\n"))
}

/// What a picture is written as.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PictureFormat {
    Svg,
    Png,
    Pdf,
    /// One page with all pictures, and what else there is to say
    Html,
}

impl PictureFormat {
    /// The picture in a file of its own; `None` where that holds all of them.
    fn file(self, Picture { stem, svg, .. }: &Picture) -> Result<Option<(String, Vec<u8>)>, PictureError> {
        Ok(Some(match self {
            PictureFormat::Svg => (format!("{stem}.svg"), svg.clone().into_bytes()),
            PictureFormat::Png => (format!("{stem}.png"), png(svg)?),
            PictureFormat::Pdf => (format!("{stem}.pdf"), pdf(svg)?),
            PictureFormat::Html => return Ok(None),
        }))
    }
}

/// Writes pictures into a folder, each in these formats; the lines say where each is.
pub fn write_pictures(
    folder: &Path,
    pictures: impl IntoIterator<Item = Picture>,
    formats: &[PictureFormat],
) -> Result<String, Failure> {
    let failed = |path: &Path, source| OutputError::Picture { path: path.to_owned(), source };
    fs::create_dir_all(folder).map_err(|source| failed(folder, source))?;
    let mut written = String::new();
    for picture in pictures {
        for format in formats {
            let pixels = picture.pixel_files().filter(|_| *format == PictureFormat::Png);
            for (name, contents) in format.file(&picture)?.into_iter().chain(pixels) {
                let path = folder.join(name);
                put(&path, &contents).map_err(|source| failed(&path, source))?;
                _ = writeln!(written, "{}", path.display());
            }
        }
    }
    Ok(written)
}

/// `zerosweep schema`.
pub fn schema() -> Result<(), Failure> {
    print(&format!("{:#}\n", zerosweep::spec::schema()))
}
