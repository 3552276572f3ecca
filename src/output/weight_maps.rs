//! Pictures of problems with many weights: how often each weight is zero along lambda, its mean, and how many weights are left.

use super::caption::caption;
use super::drawing::{Picture, files};
use super::figure::MAX_PANELS;
use super::map_table::{MapColumn, MapTable, bits, key_of};
use super::maps::{Maps, MapsError};
use super::{heatmap, lines, words};
use crate::member::kept;
use crate::model::Measured;
use crate::plan::{Plan, WEIGHT};
use crate::spec::{Key, MapRequest, Measure, Spec, Told};
use crate::statistics::{Statistics, Summary};
use crate::verdict::Fate;

/// Draws a sweep of many weights; `by_weight` is the plan that its statistics are of.
///
/// # Errors
/// Where counts cannot be read, or a picture cannot be rasterized.
pub fn weight_maps(spec: &Spec, plan: &Plan, by_weight: &Plan, statistics: &Statistics) -> Result<Maps, MapsError> {
    let Tables { weights, wholes } = Tables::of(by_weight, statistics)?;
    let mut maps = Maps::default();
    let Some(x) = along(&weights) else {
        maps.notes.push("no picture of the weights: no parameter is swept; give lambda a path or a list".to_owned());
        return Ok(maps);
    };
    let facets = facets(&weights, &x);
    let panels: usize =
        facets.iter().filter_map(|name| weights.column(name)).map(|own| weights.columns[own].keys.len()).product();
    if panels > MAX_PANELS {
        maps.notes.push(format!("no picture of the weights: there are {panels} panels, and {MAX_PANELS} are the most"));
        return Ok(maps);
    }
    let caption = caption(spec, plan, plan.trajectories, &[]);
    let noun = words::noun(plan);
    let of_weights = |measure, line| MapRequest {
        x: x.clone(),
        y: WEIGHT.to_owned(),
        facets: facets.clone(),
        measures: vec![measure],
        line,
        ..MapRequest::default()
    };
    // A line for each value of what has most of them, and panels for the rest.
    let count = |name: &String| wholes.column(name).map_or(0, |own| wholes.columns[own].keys.len());
    let y = facets.iter().max_by_key(|name| count(name)).cloned().unwrap_or_default();
    let others = facets.iter().filter(|name| **name != y).cloned().collect();
    let has_held_out = plan.model.as_ref().is_some_and(|model| model.resample.count > 1);
    let told = [Told::Support].into_iter().chain(has_held_out.then_some(Told::HeldOutLoss)).map(Measure::Value);
    let (x, measures) = (x.clone(), told.collect());
    let of_wholes = MapRequest { x, y, facets: others, measures, line: true, ..MapRequest::default() };
    let mut drawn: Vec<Picture> = Vec::new();
    let pictures = [
        heatmap::draw(&weights, &of_weights(Measure::ZERO_RATE, false), &caption, noun),
        lines::draw(&weights, &of_weights(Measure::Value(Told::Coefficient), true), &caption, noun),
        lines::draw(&wholes, &of_wholes, &caption, noun),
    ];
    for pictures in pictures {
        match pictures {
            Ok(pictures) => drawn.extend(pictures),
            Err(error) => maps.notes.push(format!("no picture of the weights: {error}")),
        }
    }
    maps.files = files(drawn)?;
    Ok(maps)
}

/// The cells of all weights, and those of all weights together.
struct Tables {
    weights: MapTable,
    wholes: MapTable,
}

impl Tables {
    fn of(plan: &Plan, statistics: &Statistics) -> Result<Tables, MapsError> {
        let model = plan.model.as_ref().expect("a plan that counts weights should have a model");
        let names: Vec<&'static str> = model.names.iter().map(|name| kept(name.clone())).collect();
        let mut weights = MapTable::of(plan, &[Measure::ZERO_RATE, Measure::Value(Told::Coefficient)]);
        let mut wholes = MapTable::of(plan, &[Told::Support, Told::HeldOutLoss].map(Measure::Value));
        // The weight comes last, by its name, and no cell of all weights together has one.
        weights.columns.pop();
        wholes.columns.pop();
        weights.columns.push(MapColumn::new(WEIGHT, false, false));
        for chunk in statistics.chunks(plan)? {
            let (first, summaries) = chunk?;
            for (place, summary) in (first..).zip(&summaries).filter(|(_, summary)| summary.trajectories > 0) {
                let mut keys = keys(plan, place, &wholes);
                match plan.weight_of(place) {
                    Some(weight) => {
                        keys.push(Key::Text(names[weight]));
                        weights.push(&keys, &of_weight(summary));
                    }
                    None => wholes.push(&keys, &of_whole(summary)),
                }
            }
        }
        Ok(Tables { weights, wholes })
    }
}

fn of_weight(summary: &Summary) -> Vec<(&'static str, u64)> {
    let zeros = ("zero", summary.fates[Fate::Zero as usize]);
    let draws = summary.draws.map(|draws| ("draws", draws));
    let mean = summary.spreads.first().filter(|spread| spread.count > 0);
    let mean = mean.map(|spread| (Told::Coefficient.name(), bits(spread.mean as f32)));
    [("trajectories", summary.trajectories), zeros].into_iter().chain(draws).chain(mean).collect()
}

fn of_whole(summary: &Summary) -> Vec<(&'static str, u64)> {
    let told = [(Measured::Support, Told::Support), (Measured::HeldOutLoss, Told::HeldOutLoss)];
    let told = told.into_iter().filter_map(|(measured, told)| {
        let spread = summary.measured(measured)?;
        Some((told.name(), bits(spread.mean as f32)))
    });
    [("trajectories", summary.trajectories)].into_iter().chain(told).collect()
}

/// The keys of a cell, but for its weight.
fn keys(plan: &Plan, place: u64, table: &MapTable) -> Vec<Key> {
    let cell = plan.cell(place);
    table.columns.iter().map(|column| key_of(plan, &cell, &column.name)).collect()
}

/// What goes to the right: lambda, or else the coordinate with most values.
fn along(table: &MapTable) -> Option<String> {
    let swept =
        || table.columns.iter().filter(|own| own.keys.len() > 1 && own.name != WEIGHT && own.name.contains('.'));
    let lambda = swept().find(|own| own.name == "penalty.lambda");
    lambda.or_else(|| swept().max_by_key(|own| own.keys.len())).map(|own| own.name.clone())
}

/// What makes panels: all else that takes several values.
fn facets(table: &MapTable, x: &str) -> Vec<String> {
    let is_facet = |own: &&MapColumn| own.keys.len() > 1 && own.name != WEIGHT && own.name != x && !own.follows;
    table.columns.iter().filter(is_facet).map(|own| own.name.clone()).collect()
}
