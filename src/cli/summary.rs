//! The table that closes a run: by problem, penalty, exponent and optimizer.

use zerosweep::output::Number;
use zerosweep::statistics::{Rate, Statistics, Summary};

/// Rows that a terminal is shown; run.json holds all of them.
const MOST_ROWS: usize = 60;

const HEADER: [&str; 9] = [
    "problem",
    "penalty",
    "k",
    "optimizer",
    "trajectories",
    "zero rate",
    "95 % interval",
    "commonest fate",
    "first zero (median step)",
];

const NOTES: &str = "\
zero rate: share that ends at an exact zero (fate zero); its interval is for the draws of the random axes, - where nothing is drawn.
first zero: the first iterate below 2^-126, over the share that had one; not all stay there, and decays count, too.
";

/// One line a group, columns aligned.
pub fn table(statistics: &Statistics) -> String {
    let mut rows = vec![HEADER.map(str::to_owned)];
    for (group, summary) in statistics.groups.iter().take(MOST_ROWS) {
        let Rate { rate, low, high } = summary.zero;
        rows.push([
            group.problem.member().kind.to_owned(),
            group.penalty.member().kind.to_owned(),
            group.k.map_or("pooled".to_owned(), |k| Number(k).to_string()),
            group.optimizer.member().kind.to_owned(),
            super::grouped(summary.trajectories),
            format!("{rate:.4}"),
            summary.draws.map_or("-".to_owned(), |_| format!("[{low:.4}, {high:.4}]")),
            commonest(summary),
            steps_to_zero(summary),
        ]);
    }
    let mut text = aligned(&rows);
    if statistics.groups.len() > MOST_ROWS {
        text += &format!("... and {} more; run.json has them all\n", statistics.groups.len() - MOST_ROWS);
    }
    text + NOTES
}

/// `17 (55 %)`: the median step, and the share of trajectories that it is a median of.
fn steps_to_zero(summary: &Summary) -> String {
    let share = 100.0 * summary.reached_zero as f64 / summary.trajectories.max(1) as f64;
    match summary.first_zero.p50 {
        Some(step) if share >= 0.1 => format!("{step} ({share:.1} %)"),
        Some(step) => format!("{step} ({} of them)", summary.reached_zero),
        None => "-".to_owned(),
    }
}

fn commonest(summary: &Summary) -> String {
    let count = summary.fates[summary.commonest as usize];
    format!("{} ({:.0} %)", summary.commonest.name(), 100.0 * count as f64 / summary.trajectories.max(1) as f64)
}

/// Columns as wide as their longest text, numbers to the right.
pub fn aligned<const N: usize>(rows: &[[String; N]]) -> String {
    let widths: [usize; N] =
        std::array::from_fn(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0));
    let right: [bool; N] = std::array::from_fn(|column| {
        rows.iter().skip(1).all(|row| row[column].starts_with(|c: char| c.is_ascii_digit() || c == '-'))
    });
    let mut text = String::new();
    for row in rows {
        let cells =
            row.iter().zip(widths).zip(right).map(|((cell, width), right)| {
                if right { format!("{cell:>width$}") } else { format!("{cell:<width$}") }
            });
        text += cells.collect::<Vec<_>>().join("  ").trim_end();
        text.push('\n');
    }
    text
}
