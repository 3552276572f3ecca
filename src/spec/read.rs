//! The tree of a spec read into a [`Spec`], whole and checked.

use super::alternatives::{Alternative, Alternatives, read_role};
use super::axis::{AxisReader, Setting, to_f32};
use super::derived::{Givers, read_grids};
use super::document::{Node, Value};
use super::error::{Fault, quote_all};
use super::fields::{Fields, integer, text, wrong_value};
use super::maps::{Scope, names_slope, read_maps};
use super::model::{read_model, refuse_several, refuse_stop};
use super::refine::read_refine;
use super::report::{Part, axes as axes_of, first_repeat, read_report};
use super::role::Row;
use super::stability::read_stability;
use super::starts::{START, Starts, read_starts};
use super::together::{Draws, read_zip};
use super::{
    AUTOMATIC_RATE, MAX_DIVERGENCE, MAX_NAME_LENGTH, MAX_STEPS, MAX_TAIL, MAX_TOLERANCES, MIN_TOLERANCE, ModelSpec,
    Spacing, Spec, Together, ZeroRule,
};
use crate::member::{Domain, Family};
use crate::optimizer::{FISTA_RESTART, Optimizer, PROXIMAL, PenaltyStep, UpdateRule};
use crate::penalty::Penalty;
use crate::problem::{NONE, Problem};

/// The keys of a spec, in the order of the documentation.
const KEYS: [&str; 12] =
    ["name", "steps", "zip", "sample", "problem", "penalty", "optimizer", "start", "stop", "zero", "report", SCHEMA];

/// Where an editor finds the schema; it means nothing for the sweep.
const SCHEMA: &str = "$schema";

pub(super) fn read_spec(root: &Node, family: &'static Family) -> Result<Spec, Fault> {
    let fields = Fields::of_spec(root)?;
    fields.refuse_others(&KEYS)?;
    if let Some(node) = fields.get(SCHEMA) {
        text(node, &format!("`{SCHEMA}`"))?;
    }
    let name = read_name(fields.require("name", "the sweep and its result folder are called by it", || {
        "add name = \"first-sweep\" above the first [table]".to_owned()
    })?)?;
    let steps = fields.require("steps", "how many updates a trajectory has", || {
        "add steps = 2000 above the first [table]".to_owned()
    })?;
    let steps = integer(steps, "`steps`", 1, u64::from(MAX_STEPS))? as u32;
    let sample = fields.get("sample").map(Draws::read).transpose()?;
    let mut axes = AxisReader::new(sample);
    let problems = match fields.get(<&Problem>::NAME) {
        Some(node) => read_role::<&Problem>(node, family, &mut axes)?,
        None => vec![no_problem()],
    };
    let mut model = read_model_of(&problems, &fields)?;
    axes.of_model = model.is_some();
    let penalties = read_required_role::<&Penalty>(&fields, family, &mut axes)?;
    penalties.iter().try_for_each(refuse_bent_path)?;
    let (optimizers, usual_optimizers) = match fields.get(<&UpdateRule>::NAME) {
        None if model.is_some() => usual_optimizers(&penalties),
        _ => (read_required_role::<&UpdateRule>(&fields, family, &mut axes)?, None),
    };
    for optimizer in &optimizers {
        penalties.iter().try_for_each(|penalty| refuse_misfit(optimizer, penalty.choice, family))?;
    }
    refuse_groups(&penalties, model.as_ref(), fields.get(<&Problem>::NAME), family)?;
    let start = match fields.get("start") {
        None if model.is_some() => Setting::by_default(START.to_owned(), 0.0),
        _ => {
            let node = start_of(&fields)?;
            match &mut model {
                None => axes.read(node, START.to_owned(), Domain::Finite)?,
                Some(model) => {
                    let (start, starts) = read_starts(node, problems[0].choice, &mut axes)?;
                    model.starts = starts;
                    start
                }
            }
        }
    };
    if model.is_some() {
        refuse_of_model(&optimizers, fields.get("sample"))?;
    }
    let zero = read_zero(fields.get("zero"), steps)?;
    let sections = [
        Part::of_role(<&Problem>::NAME, &problems),
        Part::of_role(<&Penalty>::NAME, &penalties),
        Part::of_role(<&UpdateRule>::NAME, &optimizers),
        Part::of_start(&start),
    ];
    if model.as_ref().is_some_and(|model| matches!(model.starts, Starts::Drawn(_)))
        && let Some(axis) = axes_of(&sections).find(|axis| axis.uses(START))
    {
        let message = format!("`{}` uses `{START}`, of which each weight has a number of its own", axis.path);
        return Err(Fault::new(start.node.map(|node| node.place), message).help("write it as numbers"));
    }
    if let (Some(node), true) = (fields.get("sample"), axes_of(&sections).all(|axis| axis.spacing != Spacing::Random)) {
        let message = "`sample` draws all random axes together, and this spec has none";
        let help = "take it out, or draw an axis, for example w = { uniform = [-5.0, 5.0] } in [start]";
        return Err(Fault::new(node.place, message).help(help));
    }
    let together = Together {
        zip: match fields.get("zip") {
            Some(node) => read_zip(node, &sections, sample.is_some())?,
            None => Vec::new(),
        },
        sample: sample.is_some(),
    };
    let report = read_report(fields.get("report"), &sections, &together)?;
    let givers = Givers::new(&start).with(&problems).with(&penalties).with(&optimizers);
    let mut spec = Spec {
        name,
        steps,
        problems: problems.into_iter().map(Alternative::into_choice).collect(),
        penalties: penalties.into_iter().map(Alternative::into_choice).collect(),
        optimizers: optimizers.into_iter().map(Alternative::into_choice).collect(),
        usual_optimizers,
        start: start.axis,
        model,
        together,
        zero,
        report,
    };
    let report = fields.get("report").map(|report| Fields::of(report, "report")).transpose()?;
    let of_report = |key| report.as_ref().and_then(|report| report.get(key));
    let maps = of_report("maps");
    let grids = read_grids(&spec, &givers, &mut axes, maps.is_some_and(names_slope))?;
    if let Some(maps) = maps {
        let requests = read_maps(maps, &Scope::new(&spec, &grids, of_report("refine").is_some()))?;
        spec.report.maps = Some(requests);
    }
    if let Some(refine) = of_report("refine") {
        let refine = read_refine(refine, &spec, &Scope::new(&spec, &grids, true))?;
        spec.report.refine = Some(refine);
    }
    spec.report.stability = of_report("stability").map(|node| read_stability(node, &spec)).transpose()?;
    Ok(spec)
}

/// A path of lambda begins where all weights are 0, which depends on the other parameters of its penalty.
fn refuse_bent_path(penalty: &Alternative<&'static Penalty>) -> Result<(), Fault> {
    let has_path = penalty.settings.iter().any(|setting| setting.axis.is_path());
    let is_number = |setting: &&Setting| setting.axis.is_path() || setting.axis.values.len() == 1;
    let Some(setting) = penalty.settings.iter().find(|setting| has_path && !is_number(setting)) else { return Ok(()) };
    let path = &setting.axis.path;
    let message = format!(
        "a path of lambda begins where all weights are 0, which depends on `{path}`, and that is not one number"
    );
    let place = setting.node.map(|node| node.place);
    Err(Fault::new(place, message).help("give each value a [[penalty]] table of its own"))
}

/// Without a `[problem]` the penalty alone moves the weight.
fn no_problem() -> Alternative<'static, &'static Problem> {
    Alternative { choice: &NONE, name: NONE.member.kind, place: None, settings: Vec::new() }
}

/// What a problem of many weights is over.
fn read_model_of(problems: &[Alternative<&'static Problem>], fields: &Fields) -> Result<Option<ModelSpec>, Fault> {
    let stop = fields.get("stop");
    let many = problems.iter().find(|problem| problem.choice.of_rows.is_some());
    match (many, fields.get(<&Problem>::NAME)) {
        (Some(many), Some(Node { value: Value::List(tables), .. })) if tables.len() == 1 => {
            read_model(many.choice, &tables[0], stop).map(Some)
        }
        (Some(many), Some(node)) if problems.len() == 1 => read_model(many.choice, node, stop).map(Some),
        (Some(many), Some(node)) => Err(refuse_several(many.choice, node)),
        _ => stop.map_or(Ok(None), |stop| Err(refuse_stop(stop))),
    }
}

/// What many weights take where the spec names no optimizer: FISTA with restarts for a penalty that is convex, plain proximal steps for others;
/// and, where these are both, which of them each penalty takes.
fn usual_optimizers(
    penalties: &[Alternative<&'static Penalty>],
) -> (Vec<Alternative<'static, Optimizer>>, Option<Vec<usize>>) {
    let of_rule = |rule| {
        let rate = Setting::by_default("optimizer.learning_rate".to_owned(), f64::from(AUTOMATIC_RATE));
        let choice = Optimizer::new(rule, PenaltyStep::Proximal);
        Alternative { choice, name: choice.name(), place: None, settings: vec![rate] }
    };
    let is_convex = |penalty: &Alternative<&'static Penalty>| {
        let values = penalty.settings.iter().map(|setting| &setting.axis.values[..]);
        penalty.choice.is_convex(&values.collect::<Vec<_>>())
    };
    let convex: Vec<bool> = penalties.iter().map(is_convex).collect();
    match (convex.contains(&true), convex.contains(&false)) {
        (true, true) => {
            let places = convex.iter().map(|is_convex| usize::from(!is_convex)).collect();
            (vec![of_rule(&FISTA_RESTART), of_rule(&PROXIMAL)], Some(places))
        }
        (true, false) => (vec![of_rule(&FISTA_RESTART)], None),
        _ => (vec![of_rule(&PROXIMAL)], None),
    }
}

/// What many weights do not take.
fn refuse_of_model(optimizers: &[Alternative<Optimizer>], sample: Option<&Node>) -> Result<(), Fault> {
    if let Some(noisy) = optimizers.iter().find(|optimizer| optimizer.choice.noise.is_some()) {
        let message = "`optimizer.noise` is for a single weight, and this problem has many";
        return Err(Fault::new(noisy.place, message).help("take it out"));
    }
    if let Some(sample) = sample {
        let message = "`sample` is for a single weight, and this problem has many";
        return Err(Fault::new(sample.place, message).help("give each random axis its own count"));
    }
    Ok(())
}

/// A penalty step asks for a slope or for a proximal map, and not every penalty has both.
fn refuse_misfit(
    optimizer: &Alternative<Optimizer>,
    penalty: &'static Penalty,
    family: &'static Family,
) -> Result<(), Fault> {
    let step = optimizer.choice.penalty_step;
    let kind = penalty.member.kind;
    if optimizer.choice.lambda_schedule.rate.is_some() && penalty.member.place("lambda").is_none() {
        let message = format!("`optimizer.lambda_schedule` needs a penalty with a lambda, and `{kind}` has none");
        return Err(Fault::new(optimizer.place, message).help("leave it out"));
    }
    let is_uneven = |rule: &UpdateRule, step| step == PenaltyStep::Proximal && rule.direction.reach.is_some();
    let fits =
        |rule: &UpdateRule, step| penalty.takes(step) && !(penalty.over_groups.is_some() && is_uneven(rule, step));
    if fits(optimizer.choice.rule, step) {
        return Ok(());
    }
    let message = match penalty.takes(step) {
        false => format!("`{}` needs the {} of the penalty, and `{kind}` has none", optimizer.name, step.needs()),
        true => format!(
            "`{}` goes as far along each weight as its slopes say, and `{kind}` needs steps of one length",
            optimizer.name
        ),
    };
    let fitting = family.optimizers.iter().flat_map(|rule| {
        let steps = rule.penalty_steps.iter().filter(|&&step| fits(rule, step));
        steps.map(|&penalty_step| Optimizer::new(rule, penalty_step).name())
    });
    let fitting: Vec<&str> = fitting.collect();
    Err(Fault::new(optimizer.place, message).help(format!("optimizers that fit `{kind}`: {}", quote_all(&fitting))))
}

/// Penalties over groups need groups, and groups a penalty over them.
fn refuse_groups(
    penalties: &[Alternative<&'static Penalty>],
    model: Option<&ModelSpec>,
    problem: Option<&Node>,
    family: &'static Family,
) -> Result<(), Fault> {
    let has_groups = model.is_some_and(|model| !model.groups.is_empty());
    let over_groups = penalties.iter().find(|penalty| penalty.choice.over_groups.is_some());
    match (over_groups, model) {
        (Some(penalty), None) => {
            let message = format!("`{}` takes several weights together, and this problem has one", penalty.name);
            Err(Fault::new(penalty.place, message)
                .help("of a weight alone, group_lasso is lk with k = 1, and group_mcp is mcp"))
        }
        (Some(penalty), Some(_)) if !has_groups => {
            let message = format!("`{}` is over groups of columns, and the problem has none", penalty.name);
            Err(Fault::new(penalty.place, message)
                .help("write groups = { name = [\"column\", \"column\"] } in [problem]"))
        }
        (None, Some(_)) if has_groups => {
            let kinds: Vec<&str> = family.group_penalties.iter().map(|penalty| penalty.member.kind).collect();
            let message = "`problem.groups` is for penalties over groups, and this spec has none";
            let help = format!("take it out, or choose a penalty over groups: {}", quote_all(&kinds));
            Err(Fault::new(problem.map(|node| node.place), message).help(help))
        }
        _ => Ok(()),
    }
}

fn read_required_role<'a, R: Row>(
    fields: &Fields<'a>,
    family: &'static Family,
    axes: &mut AxisReader,
) -> Result<Alternatives<'a, R>, Fault> {
    let node = fields.require(R::NAME, "a table, or an array of tables", || {
        format!("add [{}] with a `kind`; {}", R::NAME, R::list_kinds(family))
    })?;
    read_role::<R>(node, family, axes)
}

/// A name that is a folder's name on every system.
fn read_name(node: &Node) -> Result<String, Fault> {
    let name = text(node, "`name`")?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if (1..=MAX_NAME_LENGTH).contains(&name.len()) && name.chars().all(is_plain) && !name.starts_with(['.', '-']) {
        return Ok(name.to_owned());
    }
    let allowed = format!("1 to {MAX_NAME_LENGTH} letters, digits, `.`, `_` or `-`, the first not `.` or `-`");
    Err(wrong_value(node, "`name`", &allowed).help("results are written to a folder of this name"))
}

/// What gives the starting weight.
fn start_of<'a>(fields: &Fields<'a>) -> Result<&'a Node, Fault> {
    let example = "{ uniform = [-5.0, 5.0], count = 64 }";
    let start =
        fields.require("start", "the starting weight", || format!("add [start] with w = 1.0 or w = {example}"))?;
    let start = Fields::of(start, "start")?;
    start.refuse_others(&["w"])?;
    start
        .require("w", "the starting weight, a finite number", || format!("add a line such as w = 1.0 or w = {example}"))
}

fn read_zero(node: Option<&Node>, steps: u32) -> Result<ZeroRule, Fault> {
    let mut rule = ZeroRule { tolerances: vec![1e-3, 1e-6], divergence: 1e6, tail: (steps / 10).clamp(1, 1000) };
    let Some(node) = node else {
        return Ok(rule);
    };
    let fields = Fields::of(node, "zero")?;
    fields.refuse_others(&["tolerances", "divergence", "tail"])?;
    if let Some(node) = fields.get("tail") {
        let most = steps.min(MAX_TAIL);
        rule.tail = integer(node, "`zero.tail`", 1, u64::from(most))? as u32;
    }
    let divergence = fields.get("divergence");
    if let Some(node) = divergence {
        rule.divergence = read_divergence(node)?;
    }
    match fields.get("tolerances") {
        Some(node) => rule.tolerances = read_tolerances(node, rule.divergence)?,
        None => {
            if let (Some(node), true) = (divergence, rule.tolerances.iter().any(|&t| t >= rule.divergence)) {
                let message = format!(
                    "`zero.divergence` must be greater than every tolerance ({:?} by default), found {}",
                    rule.tolerances,
                    node.found()
                );
                return Err(Fault::new(node.place, message).help("give smaller `tolerances` beside it"));
            }
        }
    }
    Ok(rule)
}

fn read_divergence(node: &Node) -> Result<f32, Fault> {
    match node.number() {
        Some(value) if value > 0.0 && value <= MAX_DIVERGENCE => to_f32(value, Domain::Positive, || node.found())
            .map_err(|wrong| Fault::new(node.place, format!("`zero.divergence` {wrong}"))),
        _ => Err(wrong_value(
            node,
            "`zero.divergence`",
            &format!("a number greater than 0 and at most {MAX_DIVERGENCE:?}"),
        )),
    }
}

fn read_tolerances(node: &Node, divergence: f32) -> Result<Vec<f32>, Fault> {
    let items = match &node.value {
        Value::List(items) if (1..=MAX_TOLERANCES).contains(&items.len()) => items,
        _ => {
            let allowed = format!("a list of 1 to {MAX_TOLERANCES} numbers");
            return Err(wrong_value(node, "`zero.tolerances`", &allowed));
        }
    };
    let tolerances: Result<Vec<f32>, Fault> = items.iter().map(|item| read_tolerance(item, divergence)).collect();
    let tolerances = tolerances?;
    match first_repeat(&[&tolerances]) {
        None => Ok(tolerances),
        Some((_, second)) => {
            let message = format!("`zero.tolerances` has the value {:?} twice, rounded to f32", tolerances[second]);
            Err(Fault::new(items[second].place, message))
        }
    }
}

fn read_tolerance(node: &Node, divergence: f32) -> Result<f32, Fault> {
    let rounded = node.number().map(|value| value as f32);
    match rounded {
        Some(tolerance) if tolerance >= MIN_TOLERANCE && tolerance < divergence => Ok(tolerance),
        _ => {
            let allowed = format!(
                "a number of at least 2^-64 = {MIN_TOLERANCE:?} and less than `zero.divergence` = {divergence:?}"
            );
            Err(wrong_value(node, "each of `zero.tolerances`", &allowed))
        }
    }
}
