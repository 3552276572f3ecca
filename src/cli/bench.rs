//! `zerosweep bench`.

use super::answers::{PictureFormat, write_pictures};
use super::backend::{Backend, cancel_on_interrupt};
use super::summary::aligned;
use super::{BenchArgs, Failure, duration, print, refuse_many_weights, say, throughput};
use serde_json::{Value, json};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;
use zerosweep::backend::{Cancel, Deliver, Roofs, RunOptions};
use zerosweep::bench::{Effect, Quartiles, STEPS, Speed, compare, measure, splits};
use zerosweep::operations::Operations;
use zerosweep::output::{OutputError, speeds as draw};
use zerosweep::plan::Plan;
use zerosweep::spec::{Format, Spec};

/// Measures kernels, or compares what was measured.
pub fn bench(args: &BenchArgs) -> Result<(), Failure> {
    if let [first, second] = &args.compare[..] {
        return compared(first, second, args.json);
    }
    let spec = match &args.spec {
        Some(spec) => Spec::load(spec, &args.sets)?.spec,
        None => Spec::parse(STEPS, Format::Toml, "the built-in spec", &args.sets)?.spec,
    };
    refuse_many_weights(&spec, "bench")?;
    let plan = Plan::new(&spec);
    let filter = args.kernel.as_deref().unwrap_or_default();
    let mut kernels = plan.kernels();
    kernels.retain(|kernel| kernel.label().contains(filter));
    if kernels.is_empty() {
        let all: Vec<String> = plan.kernels().into_iter().map(|kernel| kernel.label()).collect();
        let message = format!("no kernel's name contains \"{filter}\"; there are:\n  {}", all.join("\n  "));
        return Err(Failure::Usage(message));
    }
    let cancel = cancel_on_interrupt();
    let backend = Backend::choose(args.backend, args.adapter.as_deref())?;
    // Before hours of measuring, not after.
    let taken = |path: PathBuf| is_there(&path).then(|| Failure::Usage(taken_name(&path)));
    let pictures = args.pictures.iter().flat_map(|folder| ["speeds.svg", "roofline.svg"].map(|name| folder.join(name)));
    if let Some(refusal) = args.out.clone().into_iter().chain(pictures).find_map(taken) {
        return Err(refusal);
    }
    if let Some(folder) = &args.pictures {
        write_pictures(folder, [], &[])?;
    }
    let out = args.out.as_ref().map(|path| begun(path)).transpose()?;
    let device = backend.device(None);
    say(&format!("{}: {} kernels on {}", spec.name, kernels.len(), device.describe()));
    let roofs = backend.roofs()?;
    let (all, least) = (backend.coarse_first(&plan), backend.least_measured(&plan));
    let mut speeds: Vec<Speed> = Vec::new();
    let mut effects: Vec<Effect> = Vec::new();
    for (index, kernel) in kernels.iter().enumerate() {
        let run = |options: &RunOptions, cancel: &Cancel, deliver: Deliver| {
            backend.run(&plan, &backend.evenly(options), cancel, deliver)
        };
        let speed = measure(&plan, *kernel, (&all, least), run, &cancel)?.ok_or(Failure::Interrupted)?;
        let splits = if args.effects { splits(backend.has_gpu()) } else { Vec::new() };
        for (setting, value, split) in splits {
            let run = |options: &RunOptions, cancel: &Cancel, deliver: Deliver| {
                backend.run(&plan, &RunOptions { work: options.work.clone(), ..split.clone() }, cancel, deliver)
            };
            let other = measure(&plan, *kernel, (&all, least), run, &cancel)?.ok_or(Failure::Interrupted)?;
            let steps_per_second = other.steps_per_second;
            effects.push(Effect { kernel: other.kernel, setting, value, steps_per_second });
        }
        let rate = throughput(speed.steps_per_second.p50);
        say(&format!("{} of {}: {}: {rate}", index + 1, kernels.len(), speed.kernel));
        speeds.push(speed);
    }
    let record = json!({
        "zerosweep": env!("CARGO_PKG_VERSION"),
        "spec": { "name": spec.name, "hash": spec.hash() },
        "device": device,
        "roofs": roofs,
        "kernels": speeds,
        "effects": effects,
    });
    if let (Some(file), Some(path)) = (out, &args.out) {
        publish(file, path, &format!("{record:#}\n"))?;
    }
    if let Some(folder) = &args.pictures {
        let title = format!("{} on {}", spec.name, device.describe());
        say(write_pictures(folder, draw(&speeds, &roofs, &title), &[PictureFormat::Svg])?.trim_end());
    }
    match (args.json, args.csv) {
        (true, _) => print(&format!("{record:#}\n")),
        (_, true) => print(&csv(&speeds, &roofs)),
        _ => print(&format!("{}{}{}", table(&speeds, &roofs), effects_table(&speeds, &effects), limits(&roofs))),
    }
}

/// Whether there is anything of this name, a link that leads nowhere among it: it is the user's.
fn is_there(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

fn taken_name(path: &Path) -> String {
    format!("{} is there already; give another name, or take it away", path.display())
}

/// A file that becomes `path` once it is whole, and nothing until then.
fn begun(path: &Path) -> Result<NamedTempFile, Failure> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let begun = NamedTempFile::new_in(folder);
    begun.map_err(|source| OutputError::Write { path: path.to_owned(), source }.into())
}

/// Gives `file`, whole, its name.
fn publish(mut file: NamedTempFile, path: &Path, text: &str) -> Result<(), Failure> {
    let failed = |source| OutputError::Write { path: path.to_owned(), source };
    file.write_all(text.as_bytes()).and_then(|()| file.as_file().sync_all()).map_err(failed)?;
    file.persist_noclobber(path).map_err(|error| match error.error.kind() {
        std::io::ErrorKind::AlreadyExists => Failure::Usage(taken_name(path)),
        _ => failed(error.error).into(),
    })?;
    Ok(())
}

fn table(speeds: &[Speed], roofs: &Roofs) -> String {
    let header = ["kernel", "steps/s", "quartiles", "runs", "first run", "operations", "of limit"].map(str::to_owned);
    let rows = speeds.iter().map(|speed| {
        let rates = speed.steps_per_second;
        let quartiles = format!("{} to {}", throughput(rates.p25), throughput(rates.p75));
        let first = format!("+{}", duration(speed.first_run_extra_seconds));
        let Operations { plain, special } = speed.operations;
        let operations = if special > 0 { format!("{plain} + {special}") } else { plain.to_string() };
        let share = format!("{:.0} %", 100.0 * speed.share(roofs));
        [speed.kernel.clone(), throughput(rates.p50), quartiles, speed.runs.to_string(), first, operations, share]
    });
    aligned(&std::iter::once(header).chain(rows).collect::<Vec<_>>())
}

/// How fast each kernel is where a run is split in another way; nothing where that was not measured.
fn effects_table(speeds: &[Speed], effects: &[Effect]) -> String {
    if effects.is_empty() {
        return String::new();
    }
    let header = ["kernel", "split", "steps/s", "as fast"].map(str::to_owned);
    let rows = effects.iter().map(|effect| {
        let usual = speeds.iter().find(|speed| speed.kernel == effect.kernel).map(|speed| speed.steps_per_second.p50);
        let rate = effect.steps_per_second.p50;
        let ratio = usual.map_or(String::new(), |usual| format!("{:.2}", rate / usual));
        [effect.kernel.clone(), format!("{} {}", effect.setting, effect.value), throughput(rate), ratio]
    });
    format!("\n{}", aligned(&std::iter::once(header).chain(rows).collect::<Vec<_>>()))
}

/// What the device can do at the most, and what the table's shares mean.
fn limits(roofs: &Roofs) -> String {
    let giga = |rate: f64| format!("{:.1}", rate / 1e9);
    format!(
        "\nThis device at the most, in 10^9 a second: {} sums and products of f32, {} where each waits for the one before,\n\
         {} roots, {} bytes from memory and to it. A step's operations, as its formulas are written: sums, products, choices, logic;\n\
         + quotients and roots. Of limit: the steps' operations against the first and the third of these. It can be above 100 %:\n\
         compilers drop operations, and a step touches no memory.\n",
        giga(roofs.independent_operations_per_second),
        giga(roofs.dependent_operations_per_second),
        giga(roofs.special_operations_per_second),
        giga(roofs.bytes_per_second),
    )
}

fn csv(speeds: &[Speed], roofs: &Roofs) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let header = [
        "kernel",
        "steps_per_second_p25",
        "steps_per_second_p50",
        "steps_per_second_p75",
        "runs",
        "first_run_extra_seconds",
        "plain_operations",
        "special_operations",
        "share_of_limit",
    ];
    let rows = speeds.iter().map(|speed| {
        let rates = speed.steps_per_second;
        let rates = [rates.p25, rates.p50, rates.p75].map(|rate| format!("{rate:.0}"));
        let [p25, p50, p75] = rates;
        let Operations { plain, special } = speed.operations;
        let extra = format!("{:.6}", speed.first_run_extra_seconds);
        let (plain, special, share) = (plain.to_string(), special.to_string(), format!("{:.4}", speed.share(roofs)));
        [speed.kernel.clone(), p25, p50, p75, speed.runs.to_string(), extra, plain, special, share]
    });
    let written = std::iter::once(header.map(str::to_owned)).chain(rows).try_for_each(|row| writer.write_record(row));
    written.expect("rows in memory should be written");
    String::from_utf8(writer.into_inner().expect("a table in memory should be whole"))
        .expect("kernels' names are UTF-8")
}

/// Prints how many times as fast each kernel of the second file is.
fn compared(first: &Path, second: &Path, as_json: bool) -> Result<(), Failure> {
    let ((device, earlier), (other, later)) = (measured(first)?, measured(second)?);
    if device != other {
        say("note: the two were measured on different devices, or chosen in different ways");
    }
    let ratios = compare(&earlier, &later);
    let alone = earlier.len() + later.len() - 2 * ratios.len();
    if alone > 0 && !ratios.is_empty() {
        say(&format!("note: {alone} kernels are in one of the two files alone"));
    }
    if ratios.is_empty() {
        let (first, second) = (first.display(), second.display());
        return Err(Failure::Other(format!("{first} and {second} have no kernel in common")));
    }
    if as_json {
        return print(&format!("{:#}\n", json!({ "ratios": ratios })));
    }
    let header = ["kernel", "ratio", "range", ""].map(str::to_owned);
    let rows = ratios.into_iter().map(|ratio| {
        let verdict = if ratio.low > 1.0 {
            "faster"
        } else if ratio.high < 1.0 {
            "slower"
        } else {
            ""
        };
        let range = format!("{:.3} to {:.3}", ratio.low, ratio.high);
        [ratio.kernel, format!("{:.3}", ratio.ratio), range, verdict.to_owned()]
    });
    let table = aligned(&std::iter::once(header).chain(rows).collect::<Vec<_>>());
    print(&format!(
        "{table}How many times as fast the second is; faster and slower where their quartiles lie apart.\nA busy \
         machine drifts between two measurements: repeat both on an idle one before you believe a small difference.\n"
    ))
}

/// The device and the speeds that a file keeps.
fn measured(path: &Path) -> Result<(Value, Vec<Speed>), Failure> {
    let unfit =
        |reason: String| Failure::Other(format!("{} is no result of zerosweep bench: {reason}", path.display()));
    let text = fs::read_to_string(path).map_err(|error| unfit(error.to_string()))?;
    let record: Value = serde_json::from_str(&text).map_err(|error| unfit(error.to_string()))?;
    let kernels = record.get("kernels").cloned().unwrap_or_default();
    let speeds: Vec<Speed> = serde_json::from_value(kernels).map_err(|error| unfit(error.to_string()))?;
    let is_rate = |rates: Quartiles| rates.p25 > 0.0 && rates.p25 <= rates.p50 && rates.p50 <= rates.p75;
    match speeds.iter().find(|speed| !is_rate(speed.steps_per_second)) {
        Some(speed) => Err(unfit(format!("{} has no rates that ascend from above 0", speed.kernel))),
        None => Ok((record["device"].clone(), speeds)),
    }
}
