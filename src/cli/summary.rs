//! The table that closes a run: by penalty, exponent and optimizer.

use zerosweep::output::number;
use zerosweep::statistics::{Rate, Statistics, Summary};

/// Rows that a terminal is shown; run.json holds all of them.
const MOST_ROWS: usize = 60;

const HEADER: [&str; 8] =
    ["penalty", "k", "optimizer", "trajectories", "zero rate", "95 % interval", "commonest fate", "median step"];

/// One line a group, columns aligned.
pub fn table(statistics: &Statistics) -> String {
    let mut rows = vec![HEADER.map(str::to_owned)];
    for (group, summary) in statistics.groups.iter().take(MOST_ROWS) {
        let Rate { rate, low, high } = summary.zero;
        rows.push([
            group.penalty.member().kind.to_owned(),
            group.k.map_or("pooled".to_owned(), number),
            group.optimizer.member().kind.to_owned(),
            super::grouped(summary.trajectories),
            format!("{rate:.4}"),
            format!("[{low:.4}, {high:.4}]"),
            commonest(summary),
            summary.first_zero.p50.map_or("-".to_owned(), |step| step.to_string()),
        ]);
    }
    let mut text = aligned(&rows);
    if statistics.groups.len() > MOST_ROWS {
        text += &format!("... and {} more; run.json has them all\n", statistics.groups.len() - MOST_ROWS);
    }
    text + "zero rate: share of trajectories with fate zero. median step: of the first zero iterate, where there was one.\n"
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
