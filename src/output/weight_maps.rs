//! Pictures of problems with many weights: how often each weight is zero along lambda and how often it is selected, its mean, and how many
//! weights are left.

use super::caption::caption;
use super::chosen_lambdas::ChosenLambdas;
use super::drawing::{Picture, files};
use super::figure::MAX_PANELS;
use super::lines::Marks;
use super::map_table::{MapColumn, MapTable, bits, key_of};
use super::maps::{Maps, MapsError};
use super::{heatmap, lines, words};
use crate::member::kept;
use crate::model::Measured;
use crate::penalty::LK;
use crate::plan::{Plan, WEIGHT};
use crate::spec::{Key, MapRequest, Measure, Spec, Told};
use crate::statistics::{Statistics, Summary};
use crate::theory::recovery_threshold;
use crate::verdict::Fate;
use std::collections::BTreeSet;

/// Draws a sweep of many weights; `by_weight` is the plan that its statistics are of, and `lambdas` are marked.
///
/// # Errors
/// Where counts cannot be read, or a picture cannot be rasterized.
pub fn weight_maps(
    spec: &Spec,
    plan: &Plan,
    by_weight: &Plan,
    statistics: &Statistics,
    lambdas: &ChosenLambdas,
) -> Result<Maps, MapsError> {
    let Tables { weights, selections, places, wholes } = Tables::of(by_weight, statistics)?;
    let mut maps = Maps::default();
    if [ROWS, SUPPORT].iter().all(|path| wholes.columns.iter().any(|own| own.name == *path)) {
        return recoveries(spec, plan, &wholes);
    }
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
    // A line for each value of what has most of them, of what shares its values of x, and panels for the rest.
    let count = |name: &String| wholes.column(name).map_or(0, |own| wholes.columns[own].keys.len());
    let y = facets
        .iter()
        .filter(|name| shares(&wholes, name, &x))
        .max_by_key(|name| count(name))
        .cloned()
        .unwrap_or_default();
    let others = facets.iter().filter(|name| **name != y).cloned().collect();
    let has_draws = plan.model.as_ref().is_some_and(|model| model.resample.count > 1);
    let told = [Told::Support].into_iter().chain(has_draws.then_some(Told::HeldOutLoss)).map(Measure::Value);
    let (x, measures) = (x.clone(), told.collect());
    let of_wholes = MapRequest { x, y, facets: others, measures, line: true, ..MapRequest::default() };
    let mut drawn: Vec<Picture> = Vec::new();
    let line = |table, measure, marks: &Marks| lines::draw(table, &of_weights(measure, true), &caption, noun, marks);
    let selected = has_draws.then(|| line(&selections, Measure::SELECTION_FREQUENCY, &marks(spec, lambdas, &places)));
    let pictures = [
        heatmap::draw(&weights, &of_weights(Measure::ZERO_RATE, false), &caption, noun),
        line(&weights, Measure::Value(Told::Coefficient), &Marks::default()),
        lines::draw(&wholes, &of_wholes, &caption, noun, &Marks::default()),
    ];
    for pictures in pictures.into_iter().chain(selected) {
        match pictures {
            Ok(pictures) => drawn.extend(pictures),
            Err(error) => maps.notes.push(format!("no picture of the weights: {error}")),
        }
    }
    maps.files = files(drawn)?;
    Ok(maps)
}

/// The path of a design's rows, and that of its support.
const ROWS: &str = "problem.design.rows";
const SUPPORT: &str = "problem.design.support";

/// How often the true weights are found, by the rows and the support of designs.
fn recoveries(spec: &Spec, plan: &Plan, wholes: &MapTable) -> Result<Maps, MapsError> {
    let is_facet =
        |own: &&MapColumn| own.keys.len() > 1 && ![ROWS, SUPPORT].contains(&own.name.as_str()) && !own.follows;
    let request = MapRequest {
        x: ROWS.to_owned(),
        y: SUPPORT.to_owned(),
        facets: wholes.columns.iter().filter(is_facet).map(|own| own.name.clone()).collect(),
        measures: vec![Measure::ACCURATE_RATE],
        ..MapRequest::default()
    };
    let caption = caption(spec, plan, plan.trajectories, &[]);
    let mut maps = Maps::default();
    match heatmap::draw(wholes, &request, &caption, words::noun(plan)) {
        Ok(pictures) => maps.files = files(pictures)?,
        Err(error) => maps.notes.push(format!("no picture of the designs: {error}")),
    }
    Ok(maps)
}

/// What theory says of a cell of designs of independent columns without noise: whether L1 finds the true weights, as lambda goes to 0 and
/// they become many.
fn predicted(plan: &Plan, place: u64, trajectories: u64) -> Option<(&'static str, u64)> {
    let design = plan.model.as_ref()?.designs.as_ref()?;
    let (section, _) = plan.trajectory_of_cell(place, 0);
    let kernel = section.kernel;
    let is_l1 = kernel.penalty == &LK && kernel.variant().label == "k = 1";
    if design.correlation != 0.0 || design.noise != 0.0 || !is_l1 {
        return None;
    }
    let cell = plan.cell(place);
    let [rows, support] = [ROWS, SUPPORT].map(|path| match key_of(plan, &cell, path) {
        Key::Number(value) => f64::from(value),
        _ => f64::NAN,
    });
    if rows.is_nan() || support.is_nan() || rows > design.columns as f64 {
        return None;
    }
    let most = rows * recovery_threshold(rows / design.columns as f64);
    Some((if support <= most { "predicted_zero" } else { "predicted_other" }, trajectories))
}

/// What stability selection asked for and chose; `places` are the cells of the rows.
fn marks(spec: &Spec, lambdas: &ChosenLambdas, places: &[u64]) -> Marks {
    let Some(asked) = &spec.report.stability else { return Marks::default() };
    let chosen = lambdas.stable.iter().filter(|own| own.stable.is_some());
    let chosen: Vec<_> = chosen.map(|own| own.at.places()).collect();
    let rows: Vec<usize> =
        (0..places.len()).filter(|row| chosen.iter().any(|own| own.contains(&places[*row]))).collect();
    let upright = if rows.is_empty() { "" } else { ", the upright one at the lambda that is chosen" };
    let note = format!("The level dashed line is at the threshold, {}{upright}.", asked.threshold);
    Marks { level: Some(asked.threshold), rows, note }
}

/// The cells of all weights, and those of all weights together.
struct Tables {
    weights: MapTable,
    /// How often those that have a penalty are selected.
    selections: MapTable,
    /// The cell that each row of these is of, in the plan by weight.
    places: Vec<u64>,
    wholes: MapTable,
}

impl Tables {
    fn of(plan: &Plan, statistics: &Statistics) -> Result<Tables, MapsError> {
        let model = plan.model.as_ref().expect("a plan that counts weights should have a model");
        let names: Vec<&'static str> = model.names.iter().map(|name| kept(name.clone())).collect();
        let of_coefficients = [Told::Coefficient, Told::CoefficientP10, Told::CoefficientP90].map(Measure::Value);
        let mut weights = MapTable::of(plan, &[&[Measure::ZERO_RATE][..], &of_coefficients].concat());
        let mut selections = MapTable::of(plan, &[Measure::SELECTION_FREQUENCY]);
        let told = [Told::Support, Told::HeldOutLoss].map(Measure::Value);
        let mut wholes = MapTable::of(plan, &[&told[..], &[Measure::ACCURATE_RATE]].concat());
        // The weight comes last, by its name, and no cell of all weights together has one.
        wholes.columns.pop();
        for table in [&mut weights, &mut selections] {
            table.columns.pop();
            table.columns.push(MapColumn::new(WEIGHT, false, false));
        }
        let mut places = Vec::new();
        for chunk in statistics.chunks(plan)? {
            let (first, summaries) = chunk?;
            for (place, summary) in (first..).zip(&summaries).filter(|(_, summary)| summary.trajectories > 0) {
                let mut keys = keys(plan, place, &wholes);
                match plan.weight_of(place) {
                    Some(weight) => {
                        keys.push(Key::Text(names[weight]));
                        weights.push(&keys, &of_weight(summary));
                        if model.factors[weight] > 0.0 {
                            selections.push(&keys, &selected(summary));
                            places.push(place);
                        }
                    }
                    None => {
                        let predicted = predicted(plan, place, summary.trajectories);
                        wholes.push(&keys, &of_whole(summary).into_iter().chain(predicted).collect::<Vec<_>>());
                    }
                }
            }
        }
        Ok(Tables { weights, selections, places, wholes })
    }
}

fn of_weight(summary: &Summary) -> Vec<(&'static str, u64)> {
    let counts = [("trajectories", summary.trajectories), ("zero", summary.fates[Fate::Zero as usize])];
    let draws = summary.draws.map(|draws| ("draws", draws));
    let spread = summary.spreads.first().filter(|spread| spread.count > 0);
    let told = spread.into_iter().flat_map(|spread| {
        let numbers = [
            (Told::Coefficient, spread.mean as f32),
            (Told::CoefficientP10, spread.p10),
            (Told::CoefficientP90, spread.p90),
        ];
        numbers.map(|(told, number)| (told.name(), bits(number)))
    });
    counts.into_iter().chain(draws).chain(told).collect()
}

fn selected(summary: &Summary) -> Vec<(&'static str, u64)> {
    let counts = [("trajectories", summary.trajectories), ("selected", summary.selected())];
    counts.into_iter().chain(summary.draws.map(|draws| ("draws", draws))).collect()
}

fn of_whole(summary: &Summary) -> Vec<(&'static str, u64)> {
    let told = [(Measured::Support, Told::Support), (Measured::HeldOutLoss, Told::HeldOutLoss)];
    let told = told.into_iter().filter_map(|(measured, told)| {
        let spread = summary.measured(measured)?;
        Some((told.name(), bits(spread.mean as f32)))
    });
    let accurate = summary.measured(Measured::Accurate).map(|spread| ("accurate", spread.negative + spread.positive));
    let draws = summary.draws.map(|draws| ("draws", draws));
    [("trajectories", summary.trajectories)].into_iter().chain(told).chain(accurate).chain(draws).collect()
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

/// Whether every value of one coordinate has every value of another, so that its lines have no gaps.
fn shares(table: &MapTable, name: &str, x: &str) -> bool {
    let (Some(own), Some(x)) = (table.column(name), table.column(x)) else { return false };
    let [own, x] = [own, x].map(|column| &table.columns[column]);
    let pairs: BTreeSet<(u32, u32)> = own.codes.iter().copied().zip(x.codes.iter().copied()).collect();
    pairs.len() == own.keys.len() * x.keys.len()
}

/// What makes panels: all else that takes several values.
fn facets(table: &MapTable, x: &str) -> Vec<String> {
    let is_facet = |own: &&MapColumn| own.keys.len() > 1 && own.name != WEIGHT && own.name != x && !own.follows;
    table.columns.iter().filter(is_facet).map(|own| own.name.clone()).collect()
}
