//! `zerosweep run`.

use super::backend::{Backend, cancel_on_interrupt};
use super::parts::status;
use super::results::{Counted, NAMES, has_room_for_maps, json_text};
use super::sweep::{Plans, Sweep, changed_table, refuse_too_few};
use super::{Failure, RunArgs, duration, grouped, print, say, summary, throughput, unix_seconds};
use std::path::PathBuf;
use std::time::Instant;
use zerosweep::estimate::Memory;
use zerosweep::output::{
    BestRecovery, CELLS_PARQUET, CHOSEN, COEFFICIENTS, ChosenLambda, ChosenLambdas, Device, END_POINTS, Folder,
    HeldOut, MachineRecord, Number, Origin, OutputError, ROWS, Recovery, SPEC, STABILITY, Selected, Shard, StableSet,
    WeightCells, has_end_points, in_words, not_convex, one_sided, percent,
};
use zerosweep::plan::Plan;
use zerosweep::refine::Refined;
use zerosweep::spec::{LoadedSpec, Refine, Spec, Stability};
use zerosweep::statistics::{Rate, Statistics, Summary};
use zerosweep::verdict::Fate;

/// Cells whose tables take some time.
const MANY: u64 = 200_000;

/// Runs the sweep and writes all that it leaves behind.
pub fn run(args: &RunArgs) -> Result<(), Failure> {
    let started = Instant::now();
    // Before signals are heeded: a spec that waits for somebody must not keep them waiting.
    let LoadedSpec { spec, text, model } = args.spec.load()?;
    let cancel = cancel_on_interrupt();
    let plan = Plan::new(&spec).with_model(model);
    let (run_plan, counted_plan) = (plan.by_draw(), plan.by_weight());
    let refine = spec.report.refine.as_ref();
    refuse_parts(args, refine)?;
    refuse_of_many_weights(args, &spec)?;
    refuse_too_few(&plan, refine)?;
    let memory = Memory::of(&spec, &plan, args.memory.as_u64())?;
    memory.ask()?;
    let shard = args.shard.unwrap_or(Shard::WHOLE);
    let out = args.out.clone().unwrap_or_else(|| folder_of(&spec.name, shard));
    let asked = [(args.rows, ROWS), (args.parquet, CELLS_PARQUET)].into_iter().filter(|(asked, _)| *asked);
    let of_weights = spec.model.iter().map(|_| COEFFICIENTS).chain(has_end_points(&plan).then_some(END_POINTS));
    let of_weights = of_weights.chain(spec.report.stability.iter().map(|_| STABILITY));
    let of_weights = of_weights.chain(spec.model.iter().filter(|own| own.resample.leaves_out()).map(|_| CHOSEN));
    let names: Vec<&str> = NAMES.into_iter().chain(of_weights).chain(asked.map(|(_, name)| name)).collect();
    let folder = Folder::open(&out, &spec.hash(), &names, args.force).map_err(|error| of_table(error, &text))?;
    let replaces = folder.has_results();
    let backend = Backend::choose(args.backend, args.adapter.as_deref())?;
    if args.rows && !backend.is_ordered() {
        let message = "--rows goes with one device, which brings trajectories in their order; name one with --adapter";
        return Err(Failure::Usage(message.to_owned()));
    }
    let device = backend.device(args.threads);
    announce(&spec, &plan, &device, args.threads);
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
    let plans = Plans { run: &run_plan, counted: &counted_plan, refine };
    let mut sweep = Sweep::begin(plans, folder, origin, memory.counts, args.restart)?;
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
    let (statistics, folder, selection) = sweep.finish()?;
    let run = selection.as_ref().map_or(&plan, |selection| &selection.plan);
    let lambdas = match spec.model {
        None => ChosenLambdas::default(),
        Some(_) => ChosenLambdas::of(&spec, &counted_plan, &statistics)?,
    };
    let weights = spec.model.as_ref().map(|_| WeightCells::of(&counted_plan, &statistics)).transpose()?;
    let counted = Counted {
        spec: &spec,
        text: &text,
        plan: &plan,
        by_weight: weights.as_ref().map(|cells| (&counted_plan, cells)),
        lambdas: &lambdas,
        selection: selection.as_ref(),
        statistics: &statistics,
        has_room_for_maps,
        as_parquet: args.parquet,
    };
    let steps_per_second = run.steps() as f64 / seconds;
    let machine = MachineRecord { device, started_at_unix_seconds, seconds, steps_per_second };
    let audit = || match spec.model {
        None => super::audit::audit(run, &statistics, args.audit, &backend, &cancel),
        Some(_) => super::audit::of_weights(&run_plan, args.audit, &backend, &cancel),
    };
    let records = counted.publish(folder, machine, audit, (&cancel, paused))?;
    if spec.model.is_some() {
        not_convex(&plan).iter().for_each(|own| say(&format!("note: {own}")));
        say_diverged(&statistics, spec.zero.divergence);
    }
    let sided = plan.model.as_ref().zip(records.get("model")).and_then(|(model, told)| one_sided(model, told));
    sided.iter().for_each(|own| say(&format!("note: {own}")));
    if let Some((kkt, cells)) = spec.model.as_ref().and_then(|model| model.kkt).zip(weights.as_ref()) {
        say_unsolved(cells, kkt);
    }
    lambdas.held_out.iter().for_each(say_chosen);
    if let Some(asked) = &spec.report.stability {
        lambdas.stable.iter().for_each(|own| say_stable(own, asked));
    }
    say_recovered(&lambdas.recovered);
    if let Some(selection) = &selection {
        say_refined(&selection.refined);
    }
    let (whole, sweep) = (duration(started.elapsed().as_secs_f64()), duration(seconds));
    let (speed, out) = (throughput(steps_per_second), out.display());
    say(&match resumed {
        true => {
            format!("done; this run took {whole}, the sweep {sweep} in all runs together ({speed}); results in {out}")
        }
        false => format!("done in {whole} (sweep {sweep}, {speed}); results in {out}"),
    });
    let table = || summary::table(&plan, &statistics, selection.is_some());
    print(&if args.json { json_text(&records) } else { table() })
}

/// Whose results are in the way: those of the spec that is run, where its table has changed since.
fn of_table(error: OutputError, text: &str) -> OutputError {
    let OutputError::OtherSpec { path, found } = error else { return error };
    let held = std::fs::read_to_string(path.join(SPEC)).unwrap_or_default();
    match changed_table(&held, text) {
        Some(table) => OutputError::OtherTable { path, table },
        None => OutputError::OtherSpec { path, found },
    }
}

/// `results/NAME`, or `results/NAME-3-of-16`.
fn folder_of(name: &str, shard: Shard) -> PathBuf {
    let Shard { number, count } = shard;
    let name = if shard == Shard::WHOLE { name.to_owned() } else { format!("{name}-{number}-of-{count}") };
    PathBuf::from("results").join(name)
}

/// What is refined is one piece of work: which cell comes next follows from those before it.
fn refuse_parts(args: &RunArgs, refine: Option<&Refine>) -> Result<(), Failure> {
    let given = [(args.rows, "--rows"), (args.shard.is_some(), "--shard")];
    match given.iter().find(|(is_given, _)| *is_given && refine.is_some()) {
        None => Ok(()),
        Some((_, option)) => Err(Failure::Usage(format!(
            "{option} goes with sweeps all of whose cells are run, and this spec has report.refine; leave out one of the two"
        ))),
    }
}

/// What a sweep of many weights does not have.
fn refuse_of_many_weights(args: &RunArgs, spec: &Spec) -> Result<(), Failure> {
    let given = [
        (args.rows, "--rows"),
        (args.parquet, "--parquet"),
        (args.shard.is_some(), "--shard"),
        (spec.report.refine.is_some(), "report.refine"),
        (spec.report.maps.as_ref().is_some_and(|maps| !maps.is_empty()), "report.maps"),
    ];
    match given.iter().find(|(is_given, _)| *is_given && spec.model.is_some()) {
        None => Ok(()),
        Some((_, option)) => {
            Err(Failure::Usage(format!("{option} is for problems of one weight, and this one has many; leave it out")))
        }
    }
}

/// Says that some trajectories of many weights have no end.
fn say_diverged(statistics: &Statistics, divergence: f32) {
    let count = |of: fn(&Summary) -> u64| {
        statistics.groups_by_penalty().into_iter().map(|group| of(&group.summary)).sum::<u64>()
    };
    let diverged = count(|summary| summary.fates[Fate::Diverged as usize]);
    if diverged > 0 {
        let share = percent(diverged, count(|summary| summary.trajectories));
        say(&format!(
            "note: {share} % of the trajectories diverged, with a weight beyond zero.divergence = {divergence:e}: give a smaller optimizer.learning_rate, \
             starts nearer to 0, or divide a large response"
        ));
    }
}

/// Settings that a note names, and those of which lines tell at which lambda the true weights are found.
const MOST_SETTINGS: usize = 4;
const MOST_RECOVERED: usize = 12;

/// Says that some trajectories took all their steps and are no solution.
fn say_unsolved(cells: &WeightCells, kkt: f64) {
    let (unsolved, largest) = (cells.unsolved_by_setting(kkt), cells.largest_residual());
    if unsolved.is_empty() {
        return;
    }
    let all: usize = unsolved.iter().map(|(_, count)| count).sum();
    let (shown, more) = unsolved.split_at(unsolved.len().min(MOST_SETTINGS));
    let mut by_setting: Vec<String> = shown.iter().map(|(of, count)| format!("{} of {of}", grouped(*count))).collect();
    by_setting.extend((!more.is_empty()).then(|| format!("and {} settings more", more.len())));
    let by_setting = if cells.settings.len() > 1 { format!(" ({})", by_setting.join("; ")) } else { String::new() };
    say(&format!(
        "note: in {} of {} cells some trajectory never came to stop.kkt = {kkt:e}{by_setting}; the largest residual is {largest:.1e}: give more steps, \
         another optimizer, or a larger kkt",
        grouped(all),
        grouped(cells.cells.len())
    ));
}

/// Says which lambdas the rows speak for that were left out.
fn say_chosen(chosen: &ChosenLambda) {
    let ChosenLambda { of, least, within_an_error, .. } = chosen;
    let HeldOut { lambda, loss, error, support } = least;
    let shown = |loss: f64| if (1e-4..1e7).contains(&loss) { format!("{loss:.4}") } else { format!("{loss:.1e}") };
    let error = error.map_or_else(|| "of a single draw".to_owned(), |error| format!("standard error {}", shown(error)));
    say(&format!(
        "held out: {of}: the least loss is {} ({error}) at lambda = {}, with {support:.1} weights; within an error of it is \
         lambda = {}, with {:.1}",
        shown(*loss),
        Number(*lambda),
        Number(within_an_error.lambda),
        within_an_error.support
    ));
    chosen.beyond().iter().for_each(|beyond| say(&format!("note: {of}: {beyond}")));
}

/// Says which weights or groups are stable, at which lambda, and what is bounded.
fn say_stable(own: &StableSet, asked: &Stability) {
    let StableSet { of, noun, at: Selected { lambda, selections, .. }, bound, stable } = own;
    if let Some(why) = own.why_none(asked) {
        return say(&format!("stable: {of}: {why}"));
    }
    let stable = stable.as_deref().unwrap_or_default();
    let names = if stable.is_empty() { String::new() } else { format!(": {}", stable.join(", ")) };
    say(&format!(
        "stable: {of}: at lambda = {} {} of {} {noun} are selected by at least {} of the half samples{names}; in the mean one selects {}, \
         a share of theta = {}, and no more than {} are expected among the stable ones that half of the rows select with a probability of at most theta",
        Number(*lambda),
        stable.len(),
        selections.selectable(),
        asked.threshold,
        in_words(selections.mean()),
        in_words(selections.share()),
        in_words(*bound)
    ));
}

/// Says at which lambda the true weights are found most often.
fn say_recovered(all: &[BestRecovery]) {
    for own in all.iter().take(MOST_RECOVERED) {
        let Recovery { lambda, trajectories, recovered, draws, false_selections, missed, .. } = own.best;
        let Rate { low, high, .. } = own.best.rate();
        let share = draws.map(|_| {
            let share = percent(recovered, trajectories);
            format!(" ({share} %; 95 %: {:.1} to {:.1} %)", 100.0 * low, 100.0 * high)
        });
        let of = &own.of;
        say(&format!(
            "recovered: {of}: {} of {} trajectories{} find exactly the true weights at lambda = {}, with {false_selections:.2} false and {missed:.2} \
             missed selections in the mean",
            grouped(recovered),
            grouped(trajectories),
            share.unwrap_or_default(),
            Number(lambda)
        ));
        own.beyond().iter().for_each(|beyond| say(&format!("note: {of}: {beyond}")));
    }
    if all.len() > MOST_RECOVERED {
        say(&format!("recovered: run.json has {} settings more", grouped(all.len() - MOST_RECOVERED)));
    }
}

/// Says how much was run, and what may have been missed.
fn say_refined(refined: &Refined) {
    let (run, all) = (refined.cells.len() as u64, refined.all);
    say(&format!("refined: {} of {} cells were run ({} %)", grouped(run), grouped(all), percent(run, all)));
    if run == all {
        return;
    }
    let uncut = refined.uncut();
    if uncut > 0 {
        let most = refined.cells.iter().filter(|own| own.uncut).map(|own| own.stands_for).max().unwrap_or(1);
        say(&format!(
            "refined: {} of them differ from a neighbour and stand for up to {} cells each; report.refine.cells ended there: give more",
            grouped(uncut),
            grouped(most)
        ));
    }
    let Rate { rate, low, high } = refined.wrong();
    if refined.checked > 0 {
        say(&format!(
            "refined: of {} others that were then run as a check, {} differed from what stood for them: {:.3} % (95 %: {:.3} to {:.3} %), \
             before the last cuts",
            grouped(refined.checked),
            grouped(refined.differed),
            100.0 * rate,
            100.0 * low,
            100.0 * high
        ));
    }
    say(&format!(
        "refined: an island or a gap that is narrower than {} cells may be missed; more cells make that less",
        refined.widest
    ));
}

fn announce(spec: &Spec, plan: &Plan, device: &Device, threads: Option<u16>) {
    let most = spec.report.refine.as_ref().map(|refine| refine.cells).filter(|cells| *cells < plan.cells);
    let most = most.map(|cells| format!(", of which at most {} cells are run,", grouped(cells))).unwrap_or_default();
    say(&format!("{}: {}{most} on {}", spec.name, size(plan), device.describe()));
    if let Some(Refine { measure, along, .. }) = &spec.report.refine {
        say(&format!("refined: for {} alone, along {}", measure.name(), along.join(" and ")));
    }
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
