//! cells.csv: the cells of a sweep.

use super::Number;
use super::table::{Table, identity, identity_header};
use crate::audit::Audit;
use crate::plan::Plan;
use crate::statistics::{Quantiles, Statistics, Summary};
use crate::theory::forecast;
use crate::verdict::Fate;
use rayon::prelude::*;
use std::io;

/// Rows that are made together.
const ROWS: usize = 256;

/// Gives `write` the lines of cells.csv, some thousand at a time.
///
/// # Errors
/// Those of `write`, and where counts cannot be read.
pub fn cells<E: From<io::Error>>(
    plan: &Plan,
    statistics: &Statistics,
    audit: &Audit,
    mut write: impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), E> {
    let rows = CellRows { plan, audit };
    write(&rows.header())?;
    for chunk in statistics.chunks(plan)? {
        let (first, summaries) = chunk?;
        let part = |(number, summaries): (usize, &[Summary])| rows.lines(first + (number * ROWS) as u64, summaries);
        let parts: Vec<Vec<u8>> = summaries.par_chunks(ROWS).enumerate().map(part).collect();
        parts.iter().try_for_each(|lines| write(lines))?;
    }
    Ok(())
}

/// cells.csv: one row a cell that is whole; no time, path or machine in it.
struct CellRows<'a> {
    plan: &'a Plan,
    audit: &'a Audit,
}

impl CellRows<'_> {
    /// The line of column names.
    fn header(&self) -> Vec<u8> {
        let plan = self.plan;
        let mut table = Table::default();
        identity_header(plan, &mut table);
        ["trajectories", "draws"].iter().for_each(|name| table.field(name));
        Fate::NAMES.iter().for_each(|name| table.field(name));
        table.field("crossed");
        plan.limits.tolerances.iter().for_each(|tolerance| table.field(format_args!("within_{}", Number(*tolerance))));
        ["zero_rate", "zero_rate_low", "zero_rate_high"].iter().for_each(|name| table.field(name));
        for event in ["first_zero", "first_crossing"] {
            ["p10", "p50", "p90"].iter().for_each(|quantile| table.field(format_args!("{event}_{quantile}")));
        }
        ["arrival_p10", "arrival_p50", "arrival_p90"].iter().for_each(|name| table.field(name));
        ["predicted_fate", "predicted_zero", "predicted_other", "predicted_silent"]
            .iter()
            .for_each(|name| table.field(name));
        ["audited", "audit_differs", "audit_differs_zero"].iter().for_each(|name| table.field(name));
        table.end_row();
        table.finish()
    }

    /// The lines of cells from the index `first` on.
    fn lines(&self, first: u64, summaries: &[Summary]) -> Vec<u8> {
        let mut table = Table::default();
        for (index, summary) in (first..).zip(summaries).filter(|(_, summary)| summary.trajectories > 0) {
            let forecast = forecast(self.plan, index);
            identity(&self.plan.cell(index), &mut table);
            table.field(summary.trajectories);
            table.optional(summary.draws);
            summary.fates.iter().for_each(|count| table.field(count));
            table.field(summary.crossed);
            summary.within.iter().for_each(|count| table.field(count));
            let zero = summary.zero();
            [zero.rate, zero.low, zero.high].iter().for_each(|rate| table.field(format_args!("{rate:.6}")));
            for Quantiles { p10, p50, p90 } in [summary.first_zero, summary.first_crossing, summary.arrival] {
                [p10, p50, p90].into_iter().for_each(|step| table.optional(step));
            }
            table.optional(forecast.unanimous().map(Fate::name));
            let predicted = forecast.zeros();
            [predicted.zero, predicted.other, predicted.silent].iter().for_each(|count| table.field(count));
            let audited = self.audit.cell(index);
            [audited.replayed, audited.differs, audited.about_zero].iter().for_each(|count| table.field(count));
            table.end_row();
        }
        table.finish()
    }
}
