//! The table that closes a run: by problem, penalty, exponent and optimizer.

use zerosweep::output::{Number, percent};
use zerosweep::statistics::{GroupSummary, Kind, Rate, Statistics, Summary};

/// Rows that a terminal is shown; run.json holds all of them.
const MOST_ROWS: usize = 60;

const NOTES: &str = "\
Shares in %; every trajectory is in one column. zero: an exact zero, with its 95 % interval for the draws of the random axes (-
where nothing is drawn). decayed: below 2^-64, zero in the limit alone. near_zero: small by that tolerance alone, no exact zero.
first zero: median step of the first iterate below 2^-126, over the share that had one; not all stay there.
";

/// One line a group, columns aligned; a role of one kind throughout stands above.
pub fn table(statistics: &Statistics, tolerances: &[f32]) -> String {
    let groups = statistics.groups_by_penalty();
    let shown = &groups[..groups.len().min(MOST_ROWS)];
    let first = shown[0].group.roles();
    let (varied, single): (Vec<usize>, Vec<usize>) =
        (0..2).partition(|&role| shown.iter().any(|group| group.group.roles()[role] != first[role]));
    let mut rows = vec![header(shown[0], &varied, tolerances)];
    rows.extend(shown.iter().map(|group| row(group, &varied, tolerances)));
    let single: Vec<String> = single.into_iter().map(|role| format!("{} {}", first[role].0, first[role].1)).collect();
    let mut text = if single.is_empty() { String::new() } else { format!("{}\n", single.join(", ")) };
    text += &aligned(&rows);
    if groups.len() > MOST_ROWS {
        text += &format!("... and {} more; run.json has them all\n", groups.len() - MOST_ROWS);
    }
    text + NOTES
}

fn header(first: &GroupSummary, roles: &[usize], tolerances: &[f32]) -> Vec<String> {
    let mut names: Vec<String> = roles.iter().map(|&role| first.group.roles()[role].0.to_owned()).collect();
    names.extend(["k", "optimizer", "trajectories"].map(str::to_owned));
    for (kind, _) in first.summary.kinds(tolerances) {
        names.push(kind.to_string());
        names.extend((kind == Kind::Zero).then(|| "interval".to_owned()));
    }
    names.push("first zero".to_owned());
    names
}

fn row(group: &GroupSummary, roles: &[usize], tolerances: &[f32]) -> Vec<String> {
    let GroupSummary { group, summary, .. } = group;
    let mut row: Vec<String> = roles.iter().map(|&role| group.roles()[role].1.to_owned()).collect();
    row.push(group.k.map_or("pooled".to_owned(), |k| Number(k).to_string()));
    row.push(group.optimizer.member().kind.to_owned());
    row.push(super::grouped(summary.trajectories));
    for (kind, count) in summary.kinds(tolerances) {
        row.push(percent(count, summary.trajectories));
        row.extend((kind == Kind::Zero).then(|| interval(summary)));
    }
    row.push(steps_to_zero(summary));
    row
}

/// `17 (55.2 %)`: the median step, and the share of trajectories that it is a median of.
fn steps_to_zero(summary: &Summary) -> String {
    let share = percent(summary.reached_zero, summary.trajectories);
    summary.first_zero.p50.map_or("-".to_owned(), |step| format!("{step} ({share} %)"))
}

fn interval(summary: &Summary) -> String {
    let Rate { low, high, .. } = summary.zero;
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
