//! The words above every picture of a sweep.

use super::drawing::Caption;
use super::{Number, percent, words};
use crate::model::Model;
use crate::noise::Noise;
use crate::optimizer::Optimizer;
use crate::plan::{Plan, Section, Slot, kinds};
use crate::spec::{AUTOMATIC_RATE, Axis, Design, Method, ModelSpec, Over, Refine, Resample, Spacing, Spec};

/// The sweep's name and what was run, of which so many trajectories are `counted`; `summed` are the coordinates that no part of the picture shows.
pub fn caption(spec: &Spec, plan: &Plan, counted: u64, summed: &[&str]) -> Caption {
    let mut parts = partial(plan, counted);
    parts.extend(detail(plan));
    parts.extend(spec.model.as_ref().zip(plan.model.as_ref()).map(|(own, model)| model_in_words(own, model)));
    if plan.first_lambdas.iter().any(Option::is_some) {
        parts.push(
            "lambda is that of the whole table; a draw takes it times its own first lambda over the table's".to_owned(),
        );
    }
    let pooled = pooled(plan);
    let draws = Draws::of(spec);
    for (words, paths) in [("pooled over", &pooled[..]), ("summed over every cell:", summed)] {
        if !paths.is_empty() {
            parts.push(format!("{words} {}", list(paths, draws.as_ref())));
        }
    }
    let is_said = |draws: &Draws| pooled.iter().chain(summed).any(|path| draws.paths.contains(path));
    parts.extend(draws.filter(|draws| !is_said(draws)).map(|draws| draws.words()));
    parts.extend(along(spec));
    if let Some(Refine { measure, along, .. }) = &spec.report.refine {
        parts.push(format!("refined for {} alone, along {}", measure.name(), along.join(" and ")));
    }
    Caption { sweep: spec.name.clone(), detail: parts.join("; ") }
}

/// Which share of the sweep is counted, if not all of it is.
fn partial(plan: &Plan, counted: u64) -> Vec<String> {
    if counted == plan.trajectories {
        return Vec::new();
    }
    vec![format!("PARTIAL: {} % of the trajectories", percent(counted, plan.trajectories))]
}

/// The rows of a problem of many weights, and how its loss is scaled: `L(w) = ... over 442 rows of diabetes.csv, columns standardized, 1000
/// draws by bootstrap`, `L(w) = ... over 10 to 90 rows of each of 10 fresh designs, ...`.
pub fn model_in_words(own: &ModelSpec, model: &Model) -> String {
    let formula = words::loss(model);
    let of = match &own.over {
        Over::Rows(rows) => {
            let table = rows.table.file_name().unwrap_or_default().to_string_lossy();
            let group = rows.group.as_ref().map(|group| format!(", rows with the same {group} in one fold"));
            let standardized = if rows.standardize { ", columns standardized" } else { "" };
            format!("{table}{standardized}{}", group.unwrap_or_default())
        }
        Over::Design(Design { columns, support, correlation, noise, .. }) => {
            let support = counts(support);
            let designs = match own.resample {
                Resample { method: Method::Designs, count, .. } => format!("each of {count} {}", words::draws(model)),
                _ => "a design".to_owned(),
            };
            format!("{designs}, {support} of {columns} true weights not 0, correlation {correlation}, noise {noise}")
        }
        Over::Matrix(_) => return formula,
    };
    let draws = match own.resample {
        Resample::WHOLE | Resample { method: Method::Designs, .. } => String::new(),
        resample => format!(", {} draws by {}", resample.count, resample.name()),
    };
    let rows = match &own.over {
        Over::Design(design) => counts(&design.rows),
        _ => model.rows().to_string(),
    };
    format!("{formula} over {rows} rows of {of}{draws}")
}

/// The only value of an axis, or from which to which it goes.
fn counts(axis: &Axis) -> String {
    let over = |better: fn(f32, f32) -> f32| axis.values.iter().copied().reduce(better).unwrap_or_default();
    let (least, most) = (over(f32::min), over(f32::max));
    if least == most { least.to_string() } else { format!("{least} to {most}") }
}

/// What `sample` draws.
struct Draws<'a> {
    count: usize,
    paths: Vec<&'a str>,
}

impl<'a> Draws<'a> {
    fn of(spec: &'a Spec) -> Option<Draws<'a>> {
        let is_drawn = |axis: &&Axis| axis.spacing == Spacing::Random && axis.values.len() > 1;
        let drawn = spec.axes().filter(|_| spec.together.sample).find(is_drawn)?;
        Some(Draws { count: drawn.values.len(), paths: spec.together_with(drawn) })
    }

    /// `10000 joint draws of penalty.lambda, optimizer.learning_rate`
    fn words(&self) -> String {
        let joint = if self.paths.len() > 1 { "joint " } else { "" };
        format!("{} {joint}draws of {}", self.count, self.paths.join(", "))
    }
}

/// The paths, those that are drawn together at the end.
fn list(paths: &[&str], draws: Option<&Draws>) -> String {
    let is_drawn = |path: &&str| draws.is_some_and(|draws| draws.paths.contains(path));
    let (drawn, others): (Vec<&str>, Vec<&str>) = paths.iter().partition(|path| is_drawn(path));
    let drawn = draws.filter(|_| !drawn.is_empty()).map(Draws::words);
    others.into_iter().map(str::to_owned).chain(drawn).collect::<Vec<_>>().join(", ")
}

/// What no axis shows, for it follows from others: `penalty.lambda = 0.1 / optimizer.learning_rate`, and what a `zip` moves with its first.
fn along(spec: &Spec) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    for axis in spec.axes() {
        let is_drawn = spec.together.sample && axis.spacing == Spacing::Random;
        let part = match (axis.expression(), spec.together_with(axis).first()) {
            (Some(expression), _) => format!("{} = {}", axis.path, expression.text),
            (None, Some(first)) if *first != axis.path && !is_drawn => format!("{} moves with {first}", axis.path),
            _ => continue,
        };
        if !parts.contains(&part) {
            parts.push(part);
        }
    }
    parts
}

/// What was run: `64 trajectories a cell, 2000 steps`, `problem quadratic`, `penalty lk`, `problem.curvature = 1`.
fn detail(plan: &Plan) -> Vec<String> {
    let mut sizes: Vec<u64> = plan.sections.iter().map(|section| section.cell_size).collect();
    sizes.sort_unstable();
    let (least, most) = (sizes[0], sizes[sizes.len() - 1]);
    let size = if least == most { least.to_string() } else { format!("{least} to {most}") };
    let plural = if most == 1 { "trajectory" } else { "trajectories" };
    let is_solved = plan.model.as_ref().is_some_and(|model| model.kkt.is_some());
    let at_most = if is_solved { "at most " } else { "" };
    let mut parts = vec![format!("{size} {plural} a cell, {at_most}{} steps", plan.limits.steps)];
    let named = named(plan);
    let all: Vec<_> = plan
        .sections
        .iter()
        .map(|Section { kernel, .. }| kinds(kernel.problem, kernel.penalty, named(kernel.optimizer)))
        .collect();
    let single = (0..3).filter(|&role| all.iter().all(|kinds| kinds[role] == all[0][role]));
    parts.extend(single.map(|role| format!("{} {}", all[0][role].0, all[0][role].1)));
    let is_fixed = |path: &str| !plan.coordinates.iter().any(|coordinate| coordinate.path == path);
    let slots = plan.sections.iter().flat_map(|section| &section.grid.slots);
    // What each draw has its own is said with the draws.
    let is_own = |slot: &Slot| {
        plan.model.is_some() && slot.path == "optimizer.learning_rate" && slot.values[0] == AUTOMATIC_RATE
    };
    let of_draw = plan.model.as_ref().and_then(|model| model.starts_of_draw?.word());
    let fixed = slots.filter(|slot| slot.values.len() == 1 && is_fixed(&slot.path) && !is_own(slot));
    let fixed = fixed.filter(|slot| !(of_draw.is_some() && slot.path == "start.w"));
    parts.extend(sorted(
        fixed.map(|slot| format!("{} = {}{}", slot.path, Number(slot.values[0]), owners(plan, &all, &slot.path))),
    ));
    parts.extend(of_draw.map(|word| format!("start.w = {word}")));
    parts.extend(shared_noise(plan).map(|noise| format!("optimizer.noise.seed = {}", noise.seed)));
    parts
}

/// Which members have a parameter, where others of their role have none of that name: ` (mcp)`. `all` are the members of each section.
fn owners(plan: &Plan, all: &[[(&str, &str); 3]], path: &str) -> String {
    let role = path.split('.').next().unwrap_or_default();
    let Some(role) = all[0].iter().position(|(own, _)| *own == role) else { return String::new() };
    let named = |has: bool| {
        let sections = plan.sections.iter().zip(all).filter(|(section, _)| section.grid.slot(path).is_some() == has);
        sorted(sections.map(|(_, kinds)| kinds[role].1))
    };
    if named(false).is_empty() { String::new() } else { format!(" ({})", named(true).join(", ")) }
}

/// The noise that all optimizers have.
fn shared_noise(plan: &Plan) -> Option<Noise> {
    let noise = plan.sections[0].kernel.optimizer.noise?;
    plan.sections.iter().all(|section| section.kernel.optimizer.noise == Some(noise)).then_some(noise)
}

/// An optimizer as pictures name it: without the noise that all have, which their captions say.
pub fn named(plan: &Plan) -> impl Fn(Optimizer) -> Optimizer {
    let is_shared = shared_noise(plan).is_some();
    move |optimizer| if is_shared { Optimizer { noise: None, ..optimizer } } else { optimizer }
}

/// The axes whose values share a cell.
fn pooled(plan: &Plan) -> Vec<&str> {
    let slots = plan.sections.iter().flat_map(|section| &section.grid.slots);
    let pooled = slots.filter(|slot| slot.pooled && slot.values.len() > 1 && !slot.derived);
    sorted(pooled.map(|slot| slot.path.as_str()))
}

fn sorted<T: Ord>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut items: Vec<T> = items.collect();
    items.sort();
    items.dedup();
    items
}
