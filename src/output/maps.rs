//! The heatmaps of a run: those that its spec asks for, or one that shows most of it.

use super::caption::{caption, named};
use super::drawing::{PictureError, files};
use super::heatmap::{self, Key, MapColumn, MapRow, MapTable, Shape};
use crate::audit::Audit;
use crate::plan::{Cell, Plan};
use crate::spec::{Coordinate, Spec};
use crate::statistics::Statistics;
use crate::theory::{Forecast, ZeroForecast};

/// Pictures as files, and what a reader should know of those that were not drawn.
#[derive(Debug, Default)]
pub struct Maps {
    /// Name and contents.
    pub files: Vec<(String, Vec<u8>)>,
    pub notes: Vec<String>,
}

/// Draws every map as SVG and PNG, with the boundaries of zero that the forecasts, one a cell, draw, dots where they are
/// silent, and a hatching where the audit found another fate.
pub fn maps(
    spec: &Spec,
    plan: &Plan,
    statistics: &Statistics,
    forecasts: &[Forecast],
    audit: &Audit,
) -> Result<Maps, PictureError> {
    if spec.report.maps.as_ref().is_some_and(Vec::is_empty) {
        return Ok(Maps::default());
    }
    let table = table(plan, statistics, forecasts, audit);
    let requests = match &spec.report.maps {
        Some(requests) => requests.clone(),
        None => heatmap::choose(&table).into_iter().collect(),
    };
    let mut maps = Maps::default();
    if requests.is_empty() {
        maps.notes.push(
            "no map drawn: no parameter is swept outside the pool; give one a list, linspace or geomspace".to_owned(),
        );
    }
    let caption = caption(spec, plan, statistics, &[]);
    let mut pictures = Vec::new();
    for request in &requests {
        match heatmap::draw(&table, request, &caption) {
            Ok(drawn) => pictures.extend(drawn),
            Err(error) => maps.notes.push(format!("no map drawn: {error}")),
        }
    }
    maps.files = files(pictures)?;
    Ok(maps)
}

/// The cells with the roles that have several alternatives and all coordinates.
fn table(plan: &Plan, statistics: &Statistics, forecasts: &[Forecast], audit: &Audit) -> MapTable {
    let named = named(plan);
    let cell = |index: u64| {
        let cell = plan.cell(index);
        Cell { optimizer: named(cell.optimizer), ..cell }
    };
    let cells: Vec<Cell> = (0..plan.cells).map(cell).collect();
    let varied: Vec<usize> =
        (0..3).filter(|&role| cells.iter().any(|cell| cell.kinds()[role] != cells[0].kinds()[role])).collect();
    let roles = varied.iter().map(|&role| cells[0].kinds()[role].0);
    let role_columns = roles.map(|name| MapColumn { name: name.to_owned(), geometric: false, follows: false });
    let coordinates = plan.coordinates.iter();
    let coordinate_columns = coordinates.map(|coordinate| {
        let Coordinate { path, geometric, follows } = coordinate.clone();
        MapColumn { name: path, geometric, follows }
    });
    let rows = (0..).zip(&cells).zip(&statistics.cells).zip(forecasts).map(|(((index, cell), summary), forecast)| {
        let roles = varied.iter().map(|&role| Key::Text(cell.kinds()[role].1));
        let numbers = cell.coordinates.iter().map(|value| value.map_or(Key::Absent, Key::Number));
        MapRow {
            keys: roles.chain(numbers).collect(),
            trajectories: summary.trajectories,
            fates: summary.fates,
            // Of a cell that was not run nothing is drawn.
            predicted: if summary.trajectories > 0 { forecast.zeros() } else { ZeroForecast::default() },
            differs: [audit.cell(index).differs, audit.cell(index).about_zero],
        }
    });
    MapTable { columns: role_columns.chain(coordinate_columns).collect(), rows: rows.collect(), shapes: shapes(plan) }
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
