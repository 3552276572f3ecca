//! The table of a sweep's cells, row by row, and as CSV.

use super::Number;
use super::table::Table;
use crate::audit::Audit;
use crate::plan::Plan;
use crate::refine::Refined;
use crate::spec::column;
use crate::statistics::{Quantiles, Statistics, Summary};
use crate::theory::forecast;
use crate::verdict::Fate;
use rayon::prelude::*;
use std::io;

/// Rows that are made together.
const ROWS: usize = 256;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Text,
    /// The value of a parameter.
    Value,
    /// Trajectories, draws or a step.
    Count,
    Rate,
}

/// What a row says in a column.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Field {
    Blank,
    Text(&'static str),
    Value(f32),
    Count(u64),
    Rate(f64),
}

/// Of a row for each column a field.
type Row = Vec<Field>;

/// The column of a cell's number in the whole sweep, and of how many cells it stands for, where not all were run.
pub const CELL: &str = "cell";
pub const STANDS_FOR: &str = "stands_for";

/// The column that says whether a cell could stand for fewer: a neighbour differs.
pub const UNCUT: &str = "uncut";

/// The columns of the first place that a cell stands for along a path, and of that after the last.
pub fn places(path: &str) -> [String; 2] {
    ["from", "to"].map(|end| format!("{}_{end}", column(path)))
}

/// What a refined sweep's cells stand for, and the paths along which they do.
#[derive(Clone, Copy)]
pub struct Standings<'a> {
    pub refined: &'a Refined,
    pub along: &'a [String],
}

/// The columns of a sweep's cells, in order: their names, what they hold, and whether some cell may lack it.
pub fn columns(plan: &Plan, standings: Option<Standings>) -> Vec<(String, Kind, bool)> {
    let mut columns = Vec::new();
    let mut add = |kind, may_lack, name: &str| columns.push((name.to_owned(), kind, may_lack));
    ["problem", "penalty", "optimizer"].iter().for_each(|role| add(Kind::Text, false, role));
    plan.coordinates.iter().for_each(|coordinate| add(Kind::Value, true, coordinate.column()));
    add(Kind::Count, false, "trajectories");
    add(Kind::Count, true, "draws");
    Fate::NAMES.iter().chain(&["crossed"]).for_each(|name| add(Kind::Count, false, name));
    let within = |tolerance: &f32| format!("within_{}", Number(*tolerance));
    plan.limits.tolerances.iter().for_each(|tolerance| add(Kind::Count, false, &within(tolerance)));
    ["zero_rate", "zero_rate_low", "zero_rate_high"].iter().for_each(|name| add(Kind::Rate, false, name));
    for event in ["first_zero", "first_crossing", "arrival"] {
        ["p10", "p50", "p90"].iter().for_each(|quantile| add(Kind::Count, true, &format!("{event}_{quantile}")));
    }
    add(Kind::Text, true, "predicted_fate");
    let counts =
        ["predicted_zero", "predicted_other", "predicted_silent", "audited", "audit_differs", "audit_differs_zero"];
    counts.iter().for_each(|name| add(Kind::Count, false, name));
    if let Some(Standings { along, .. }) = standings {
        [CELL, STANDS_FOR].iter().for_each(|name| add(Kind::Count, false, name));
        along.iter().flat_map(|path| places(path)).for_each(|name| add(Kind::Count, false, &name));
        add(Kind::Count, false, UNCUT);
    }
    columns
}

/// What the row of a cell says.
fn row(plan: &Plan, audit: &Audit, standings: Option<Standings>, index: u64, summary: &Summary) -> Row {
    let (cell, forecast, audited) = (plan.cell(index), forecast(plan, index), audit.cell(index));
    let (zero, predicted) = (summary.zero(), forecast.zeros());
    let optional = |step: Option<u64>| step.map_or(Field::Blank, Field::Count);
    let mut row: Row = cell.kinds().iter().map(|(_, kind)| Field::Text(kind)).collect();
    row.extend(cell.coordinates.iter().map(|value| value.map_or(Field::Blank, Field::Value)));
    row.extend([Field::Count(summary.trajectories), optional(summary.draws)]);
    row.extend(summary.fates.iter().chain([&summary.crossed]).chain(&summary.within).map(|count| Field::Count(*count)));
    row.extend([zero.rate, zero.low, zero.high].map(Field::Rate));
    for Quantiles { p10, p50, p90 } in [summary.first_zero, summary.first_crossing, summary.arrival] {
        row.extend([p10, p50, p90].map(|step| optional(step.map(u64::from))));
    }
    row.push(forecast.unanimous().map_or(Field::Blank, |fate| Field::Text(fate.name())));
    let of_theory = [predicted.zero, predicted.other, predicted.silent];
    let of_audit = [audited.replayed, audited.differs, audited.about_zero];
    row.extend(of_theory.into_iter().chain(of_audit).map(Field::Count));
    if let Some(Standings { refined, along }) = standings {
        let own = &refined.cells[index as usize];
        row.extend([own.cell, own.stands_for].map(Field::Count));
        let places = (0..along.len()).flat_map(|way| [own.from[way], own.to[way]]);
        row.extend(places.map(|place| Field::Count(place.into())));
        row.push(Field::Count(own.uncut.into()));
    }
    row
}

/// Gives `write` the lines of cells.csv, some thousand at a time, each time with the rows that they are of: one a cell that is whole.
/// No time, path or machine is in them.
///
/// # Errors
/// Those of `write`, and where counts cannot be read.
pub fn cells<E: From<io::Error>>(
    (plan, standings): (&Plan, Option<Standings>),
    statistics: &Statistics,
    audit: &Audit,
    mut write: impl FnMut(&[u8], &[Row]) -> Result<(), E>,
) -> Result<(), E> {
    let mut header = Table::default();
    columns(plan, standings).iter().for_each(|(name, ..)| header.field(name));
    header.end_row();
    write(&header.finish(), &[])?;
    for chunk in statistics.chunks(plan)? {
        let (first, summaries) = chunk?;
        let part = |(number, summaries): (usize, &[Summary])| {
            let cells = (first + (number * ROWS) as u64..).zip(summaries);
            let whole = cells.filter(|(_, summary)| summary.trajectories > 0);
            let rows: Vec<Row> = whole.map(|(index, summary)| row(plan, audit, standings, index, summary)).collect();
            (lines(&rows), rows)
        };
        let parts: Vec<(Vec<u8>, Vec<Row>)> = summaries.par_chunks(ROWS).enumerate().map(part).collect();
        parts.iter().try_for_each(|(lines, rows)| write(lines, rows))?;
    }
    Ok(())
}

fn lines(rows: &[Row]) -> Vec<u8> {
    let mut table = Table::default();
    for row in rows {
        for field in row {
            match *field {
                Field::Blank => table.optional(None::<u64>),
                Field::Text(text) => table.field(text),
                Field::Value(value) => table.field(Number(value)),
                Field::Count(count) => table.field(count),
                Field::Rate(rate) => table.field(format_args!("{rate:.6}")),
            }
        }
        table.end_row();
    }
    table.finish()
}
