//! The table that closes a run: by problem, penalty, exponent and optimizer.

use zerosweep::model::{INTERCEPT, Model};
use zerosweep::output::{Number, counted, percent};
use zerosweep::plan::{Group, Plan, shape_names};
use zerosweep::statistics::{GroupSummary, Kind, Rate, Statistics, Summary, thinned};

/// Rows that a terminal is shown; run.json holds all of them.
const MOST_ROWS: usize = 60;

const NOTES: &str = "\
Shares in %, of all cells of a row together; every trajectory is in one column. zero: an exact zero. decayed: below 2^-64, zero in the
limit alone. near_zero: small by that tolerance alone, no exact zero. arrival: median step at which those that end at an exact zero
came there to stay; below 2^-126 counts as there.
";

const INTERVAL: &str =
    "interval: 95 %, for the draws of the random axes, where a row is one cell; a share of several is the grid's.\n";

/// What stands over the table of many weights.
fn of_weights(model: &Model) -> String {
    let intercept = if model.names.iter().any(|name| name == INTERCEPT) { ", the intercept among them" } else { "" };
    format!("Each weight of each trajectory is counted by itself{intercept}: `weights` is how many these are.\n")
}

const REFINED: &str =
    "Of the cells that were run, close together where the map changes: these are not shares of the grid.\n";

/// One line a group, columns aligned; a role of one kind throughout stands above, and that not all cells were run, or that weights are counted.
pub fn table(plan: &Plan, statistics: &Statistics, is_refined: bool) -> String {
    let (tolerances, model) = (&plan.limits.tolerances, plan.model.as_deref());
    let [one, many] = counted(plan);
    let groups = statistics.groups_by_penalty();
    let shown = &thinned(&groups, tolerances, MOST_ROWS, MOST_ROWS)[..];
    let first = shown[0].group.roles();
    let (varied, single): (Vec<usize>, Vec<usize>) =
        (0..2).partition(|&role| shown.iter().any(|group| group.group.roles()[role] != first[role]));
    let shapes = shape_names(shown.iter().map(|group| &group.group));
    let has_intervals = has_intervals(shown);
    let mut rows = vec![header(shown[0], &varied, &shapes, many, tolerances, has_intervals)];
    rows.extend(shown.iter().map(|group| row(group, &varied, &shapes, tolerances, has_intervals)));
    let single: Vec<String> = single.into_iter().map(|role| format!("{} {}", first[role].0, first[role].1)).collect();
    let mut text = if single.is_empty() { String::new() } else { format!("{}\n", single.join(", ")) };
    text += &aligned(&rows);
    if shown.len() < groups.len() {
        let (shown, all) = (shown.len(), groups.len());
        text +=
            &format!("{shown} of {all} rows: the ends, and those between which most changes; run.json has them all\n");
    }
    if is_refined {
        text.insert_str(0, REFINED);
    }
    text = model.map(of_weights).unwrap_or_default() + &text;
    text + &NOTES.replace("trajectory", one) + if has_intervals { INTERVAL } else { "" }
}

/// Whether some share is drawn.
fn has_intervals(groups: &[&GroupSummary]) -> bool {
    groups.iter().any(|group| group.summary.draws.is_some())
}

fn header(
    first: &GroupSummary,
    roles: &[usize],
    shapes: &[&str],
    counted: &str,
    tolerances: &[f32],
    has_intervals: bool,
) -> Vec<String> {
    let mut names: Vec<String> = roles.iter().map(|&role| first.group.roles()[role].0.to_owned()).collect();
    names.extend(shapes.iter().chain(&["optimizer", counted]).map(|&name| name.to_owned()));
    for (kind, _) in first.summary.kinds(tolerances) {
        names.push(kind.to_string());
        names.extend((kind == Kind::Zero && has_intervals).then(|| "interval".to_owned()));
    }
    names.push("arrival".to_owned());
    names
}

fn row(group: &GroupSummary, roles: &[usize], shapes: &[&str], tolerances: &[f32], has_intervals: bool) -> Vec<String> {
    let GroupSummary { group, summary, .. } = group;
    let mut row: Vec<String> = roles.iter().map(|&role| group.roles()[role].1.to_owned()).collect();
    row.extend(shapes.iter().map(|name| shape(group, name)));
    row.push(group.optimizer.name().to_owned());
    row.push(super::grouped(summary.trajectories));
    for (kind, count) in summary.kinds(tolerances) {
        row.push(percent(count, summary.trajectories));
        row.extend((kind == Kind::Zero && has_intervals).then(|| interval(summary)));
    }
    row.push(arrival(summary));
    row
}

/// The value of a parameter that shapes the penalty; - where the penalty has none of that name.
fn shape(group: &Group, name: &str) -> String {
    match group.shapes().find(|(own, _)| *own == name) {
        Some((_, Some(value))) => Number(value).to_string(),
        Some((_, None)) => "pooled".to_owned(),
        None => "-".to_owned(),
    }
}

fn arrival(summary: &Summary) -> String {
    summary.arrival.p50.map_or("-".to_owned(), |step| step.to_string())
}

fn interval(summary: &Summary) -> String {
    let Rate { low, high, .. } = summary.zero();
    summary.draws.map_or("-".to_owned(), |_| format!("[{:.1}, {:.1}]", 100.0 * low, 100.0 * high))
}

/// Columns as wide as their longest text, numbers to the right.
pub fn aligned<R: AsRef<[String]>>(rows: &[R]) -> String {
    let columns = rows.first().map_or(0, |row| row.as_ref().len());
    let texts = |column: usize| rows.iter().map(move |row| row.as_ref()[column].as_str());
    let widths: Vec<usize> =
        (0..columns).map(|column| texts(column).map(|text| text.chars().count()).max().unwrap_or(0)).collect();
    let is_number = |text: &str| text.starts_with(|c: char| c.is_ascii_digit() || "-<>[".contains(c));
    let right: Vec<bool> = (0..columns).map(|column| texts(column).skip(1).all(is_number)).collect();
    let mut text = String::new();
    for row in rows {
        let cells =
            row.as_ref().iter().zip(&widths).zip(&right).map(|((cell, &width), &right)| {
                if right { format!("{cell:>width$}") } else { format!("{cell:<width$}") }
            });
        text += cells.collect::<Vec<_>>().join("  ").trim_end();
        text.push('\n');
    }
    text
}
