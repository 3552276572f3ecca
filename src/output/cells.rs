//! The cells of a sweep: cells.csv, and the table that maps are drawn from.

use super::Number;
use super::caption::named;
use super::heatmap::{Key, MapColumn, MapRow, MapTable, Shape};
use super::table::{Table, identity, identity_header};
use crate::audit::Audit;
use crate::kernel::Kernel;
use crate::plan::{Plan, Section, kinds};
use crate::spec::Coordinate;
use crate::statistics::{Quantiles, Statistics, Summary};
use crate::theory::{Forecast, forecast};
use crate::verdict::Fate;
use rayon::prelude::*;
use std::io;

/// Rows that are made together.
const ROWS: usize = 256;

/// Gives `write` the lines of cells.csv, some thousand at a time, and gives back the cells as maps need them, if these are `mapped`.
///
/// # Errors
/// Those of `write`, and where counts cannot be read.
pub fn cells<E: From<io::Error>>(
    plan: &Plan,
    statistics: &Statistics,
    audit: &Audit,
    mapped: bool,
    mut write: impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<Option<MapTable>, E> {
    let rows = CellRows { plan, audit };
    write(&rows.header())?;
    let mut tabulated = mapped.then(|| Tabulated::new(plan, audit));
    for chunk in statistics.chunks(plan)? {
        let (first, summaries) = chunk?;
        let part = |(number, summaries): (usize, &[Summary])| {
            let first = first + (number * ROWS) as u64;
            // Of a cell that was not run nothing is told.
            let said = |(cell, summary): (u64, &Summary)| {
                if summary.trajectories > 0 { forecast(plan, cell) } else { Forecast::default() }
            };
            let forecasts: Vec<Forecast> = (first..).zip(summaries).map(said).collect();
            (rows.lines(first, summaries, &forecasts), forecasts)
        };
        let parts: Vec<(Vec<u8>, Vec<Forecast>)> = summaries.par_chunks(ROWS).enumerate().map(part).collect();
        parts.iter().try_for_each(|(lines, _)| write(lines))?;
        if let Some(tabulated) = &mut tabulated {
            let forecasts: Vec<Forecast> = parts.into_iter().flat_map(|(_, forecasts)| forecasts).collect();
            tabulated.add(first, &summaries, &forecasts);
        }
    }
    Ok(tabulated.map(|tabulated| tabulated.table))
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
        table.field("trajectories");
        Fate::NAMES.iter().for_each(|name| table.field(name));
        table.field("crossed");
        plan.limits.tolerances.iter().for_each(|tolerance| table.field(format_args!("within_{}", Number(*tolerance))));
        ["zero_rate", "zero_rate_low", "zero_rate_high"].iter().for_each(|name| table.field(name));
        for event in ["first_zero", "first_crossing"] {
            ["p10", "p50", "p90"].iter().for_each(|quantile| table.field(format_args!("{event}_{quantile}")));
        }
        ["arrival_p10", "arrival_p50", "arrival_p90"].iter().for_each(|name| table.field(name));
        ["predicted_fate", "audited", "audit_differs"].iter().for_each(|name| table.field(name));
        table.end_row();
        table.finish()
    }

    /// The lines of cells from the index `first` on.
    fn lines(&self, first: u64, summaries: &[Summary], forecasts: &[Forecast]) -> Vec<u8> {
        let mut table = Table::default();
        let cells = (first..).zip(summaries).zip(forecasts);
        for ((index, summary), forecast) in cells.filter(|((_, summary), _)| summary.trajectories > 0) {
            identity(&self.plan.cell(index), &mut table);
            table.field(summary.trajectories);
            summary.fates.iter().for_each(|count| table.field(count));
            table.field(summary.crossed);
            summary.within.iter().for_each(|count| table.field(count));
            let zero = summary.zero();
            [zero.rate, zero.low, zero.high].iter().for_each(|rate| table.field(format_args!("{rate:.6}")));
            for Quantiles { p10, p50, p90 } in [summary.first_zero, summary.first_crossing, summary.arrival] {
                [p10, p50, p90].into_iter().for_each(|step| table.optional(step));
            }
            table.optional(forecast.unanimous().map(Fate::name));
            let audited = self.audit.cell(index);
            [audited.replayed, audited.differs].iter().for_each(|count| table.field(count));
            table.end_row();
        }
        table.finish()
    }
}

/// The cells of a sweep for its maps, with the roles that have several alternatives and all coordinates.
struct Tabulated<'a> {
    plan: &'a Plan,
    audit: &'a Audit,
    /// Roles that have several alternatives.
    varied: Vec<usize>,
    table: MapTable,
}

impl<'a> Tabulated<'a> {
    /// No cell yet.
    fn new(plan: &'a Plan, audit: &'a Audit) -> Tabulated<'a> {
        let named = named(plan);
        let kinds = |section: &Section| {
            let Kernel { problem, penalty, optimizer, .. } = section.kernel;
            kinds(problem, penalty, named(optimizer))
        };
        let first = kinds(&plan.sections[0]);
        let varies = |role: &usize| plan.sections.iter().any(|section| kinds(section)[*role] != first[*role]);
        let varied: Vec<usize> = (0..3).filter(varies).collect();
        let roles = varied.iter().map(|&role| first[role].0);
        let role_columns = roles.map(|name| MapColumn { name: name.to_owned(), geometric: false, follows: false });
        let coordinate_columns = plan.coordinates.iter().map(|coordinate| {
            let Coordinate { path, geometric, follows } = coordinate.clone();
            MapColumn { name: path, geometric, follows }
        });
        let columns = role_columns.chain(coordinate_columns).collect();
        let rows = Vec::with_capacity(plan.cells as usize);
        Tabulated { plan, audit, varied, table: MapTable { columns, rows, shapes: shapes(plan) } }
    }

    /// Adds cells from the index `first` on.
    fn add(&mut self, first: u64, summaries: &[Summary], forecasts: &[Forecast]) {
        let Tabulated { plan, audit, varied, table } = self;
        let named = named(plan);
        table.rows.extend((first..).zip(summaries).zip(forecasts).map(|((index, summary), forecast)| {
            let cell = plan.cell(index);
            let kinds = kinds(cell.problem, cell.penalty, named(cell.optimizer));
            let roles = varied.iter().map(|&role| Key::Text(kinds[role].1));
            let numbers = cell.coordinates.iter().map(|value| value.map_or(Key::Absent, Key::Number));
            MapRow {
                keys: roles.chain(numbers).collect(),
                trajectories: summary.trajectories,
                fates: summary.fates,
                predicted: forecast.zeros(),
                differs: [audit.cell(index).differs, audit.cell(index).about_zero],
            }
        }));
    }
}

/// What tells which penalty it is and has one value, kind by kind.
fn shapes(plan: &Plan) -> Vec<Shape> {
    let mut found: Vec<(Shape, bool)> = Vec::new();
    for section in &plan.sections {
        let kind = section.kernel.penalty.member.kind;
        for slot in section.grid.slots.iter().filter(|slot| slot.shapes) {
            let shape = Shape { kind, path: slot.path.clone(), value: slot.values[0] };
            let known = found.iter().position(|(own, _)| own.kind == kind && own.path == slot.path);
            let place = known.unwrap_or(found.len());
            found.extend(known.is_none().then_some((shape, true)));
            let (first, is_single) = &mut found[place];
            *is_single &= slot.values.iter().all(|value| *value == first.value);
        }
    }
    found.into_iter().filter(|(_, is_single)| *is_single).map(|(shape, _)| shape).collect()
}
