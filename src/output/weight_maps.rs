//! Pictures of problems with many weights: how often each weight is zero along lambda and how often it is selected, its mean, how many
//! weights are left, and how often they are the true ones.

use super::caption::caption;
use super::chosen_lambdas::LAMBDA;
use super::contours::contours;
use super::drawing::files;
use super::figure::MAX_PANELS;
use super::map_table::{MapColumn, MapTable, bits, key_of};
use super::maps::{Maps, MapsError, Pictures};
use super::marks::{Dash, Marks, Point, Upright};
use super::weight_cells::{Coefficient, OfWeight, OfWhole, WeightCells};
use super::{Rule, grouped, heatmap, lines, percent, recoveries, words};
use crate::member::kept;
use crate::plan::{Plan, WEIGHT};
use crate::spec::{Key, MapRequest, Measure, Spec, Told};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Draws a sweep of many weights, and the contours of two; `told` is what run.json tells of chosen lambdas.
///
/// # Errors
/// Where a picture cannot be rasterized.
pub fn weight_maps(
    spec: &Spec,
    plan: &Plan,
    by_weight: &Plan,
    cells: &WeightCells,
    told: &Map<String, Value>,
) -> Result<Maps, MapsError> {
    let Pictures { mut pictures, mut notes } = weight_pictures(spec, plan, by_weight, cells, told);
    match contours(spec, plan) {
        Ok(picture) => pictures.extend(picture),
        Err(note) => notes.push(note),
    }
    Ok(Maps { files: files(pictures)?, notes, ..Maps::default() })
}

/// The pictures that follow from the cells alone.
pub fn weight_pictures(
    spec: &Spec,
    plan: &Plan,
    by_weight: &Plan,
    cells: &WeightCells,
    told: &Map<String, Value>,
) -> Pictures {
    let Tables { weights, selections, selected, wholes } = Tables::of(by_weight, cells);
    let mut found = Pictures::default();
    let mut caption = caption(spec, plan, plan.trajectories, &[]);
    caption.detail += &unsolved(plan, cells);
    let noun = words::noun(plan);
    let map = recoveries::request(&wholes);
    if let Some(request) = &map {
        match heatmap::draw(&wholes, request, &caption, noun, &Marks::default()) {
            Ok(pictures) => found.pictures.extend(pictures),
            Err(error) => found.notes.push(format!("no picture of the designs: {error}")),
        }
    }
    let x = match along(spec, plan, &wholes, cells) {
        // The map shows what else is swept.
        x if map.is_some() && x.as_deref() != Some(LAMBDA) => return found,
        Some(x) => x,
        None => {
            let what = match cells.settings.len() {
                1 => "no parameter is swept",
                _ => {
                    "lambda is not swept, nor anything else for lines to go along: report.html has all settings in a table"
                }
            };
            found.notes.push(format!("no picture of the weights: {what}; give lambda a path or a list"));
            return found;
        }
    };
    let (facets, by_penalty) = facets(&wholes, &x);
    let panels = wholes.combinations(&facets);
    if panels > MAX_PANELS {
        found
            .notes
            .push(format!("no picture of the weights: there are {panels} panels, and {MAX_PANELS} are the most"));
        return found;
    }
    by_penalty.iter().for_each(|name| caption.detail += &format!("; {}", of_each_penalty(&wholes, name)));
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
        .filter(|name| shares(&wholes, name, &x) && is_everywhere(&wholes, name))
        .max_by_key(|name| count(name))
        .cloned()
        .unwrap_or_default();
    let others: Vec<String> = facets.iter().filter(|name| **name != y).cloned().collect();
    let of_wholes = |measure| MapRequest {
        x: x.clone(),
        y: y.clone(),
        facets: others.clone(),
        measures: vec![measure],
        line: true,
        ..MapRequest::default()
    };
    let line = |table, request: &MapRequest, marks: &Marks| lines::draw(table, request, &caption, noun, marks);
    let chosen = told_list(told, "held_out");
    let (on_lines, across) = (held_out(cells, &chosen), across(cells, &chosen));
    // The cell of a row of weights is that of all weights of it.
    let of_weight = |cell: usize| cell * cells.cells.first().map_or(1, |cell| cell.weights.len());
    let across_weights = across.of_rows(of_weight);
    let mut pictures = Vec::new();
    let model = plan.model.as_ref().expect("a plan of many weights should have a model");
    // Where each draw has true weights of its own, a weight is another one in each.
    let has_same_weights = model.designs.is_none();
    if has_same_weights {
        let zero = of_weights(Measure::ZERO_RATE, false);
        pictures.push(heatmap::draw(&weights, &zero, &caption, noun, &across_weights));
        pictures.push(line(&weights, &of_weights(Measure::Value(Told::Coefficient), true), &across_weights));
    }
    if model.has_truth() {
        // Where lambda is not swept, none is better than others.
        let best = if x == LAMBDA { best_recoveries(cells, &told_list(told, "recovered")) } else { Marks::default() };
        let mistakes = [Told::FalseSelections, Told::Missed].map(Measure::Value);
        let all = [Measure::RECOVERED_RATE].into_iter().chain(mistakes);
        pictures.extend(all.map(|measure| line(&wholes, &of_wholes(measure), &best)));
    }
    pictures.push(line(&wholes, &of_wholes(Measure::Value(Told::Support)), &on_lines));
    if cells.cells.iter().any(|cell| cell.whole.held_out.is_some()) {
        pictures.push(line(&wholes, &of_wholes(Measure::Value(Told::HeldOutLoss)), &on_lines));
    }
    if has_same_weights && model.resample.count > 1 {
        let of_selection = |cell: usize| selected.iter().position(|own| *own == cell).unwrap_or(selected.len());
        let marks = stable(spec, cells, told).and(across).of_rows(of_selection);
        pictures.push(line(&selections, &of_weights(Measure::SELECTION_FREQUENCY, true), &marks));
    }
    for pictures in pictures {
        match pictures {
            Ok(pictures) => found.pictures.extend(pictures),
            Err(error) => found.notes.push(format!("no picture of the weights: {error}")),
        }
    }
    found
}

/// Which part of the trajectories diverged, and where some are no solution.
fn unsolved(plan: &Plan, cells: &WeightCells) -> String {
    let (diverged, all) = cells.diverged();
    let mut words = String::new();
    if diverged > 0 {
        words += &format!(
            "; {} % of the trajectories diverged: they count as neither zero nor selected, and in no mean",
            percent(diverged, all)
        );
    }
    if let Some(kkt) = plan.model.as_ref().and_then(|model| model.kkt) {
        let unsolved = cells.unsolved(kkt);
        if unsolved > 0 {
            words += &format!(
                "; in {} of {} cells some trajectory never came to stop.kkt = {kkt:e}",
                grouped(unsolved),
                grouped(cells.cells.len())
            );
        }
    }
    words
}

fn told_list(told: &Map<String, Value>, name: &str) -> Vec<Value> {
    told.get(name).and_then(Value::as_array).cloned().unwrap_or_default()
}

/// The place of the cell of a setting with this lambda.
fn place(cells: &WeightCells, of: &Value, lambda: &Value) -> Option<usize> {
    cells.place(of.as_str()?, lambda.as_f64()? as f32)
}

/// The lambdas that held-out loss chooses, on lines of all weights together: a row of the table is a cell.
fn held_out(cells: &WeightCells, chosen: &[Value]) -> Marks {
    let at = |own: &Value, name: &str| place(cells, &own["of"], &own[name]["lambda"]);
    let least = chosen.iter().filter_map(|own| at(own, "least")).map(|row| Point { row, is_filled: true });
    let within = chosen.iter().filter_map(|own| at(own, "within_an_error")).map(|row| Point { row, is_filled: false });
    let points: Vec<Point> = within.chain(least).collect();
    let mut note = String::new();
    if !points.is_empty() {
        note +=
            "A dot is at the lambda of the least held-out loss, a ring at the largest within a standard error of that.";
    }
    if chosen.iter().any(|own| own["beyond"].as_array().is_some_and(|beyond| !beyond.is_empty())) {
        note += " Beyond the end of a line that has one there may be a better one.";
    }
    Marks { note, points, ..Marks::default() }
}

/// The lambdas of the greatest recovered rates, on lines of all weights together.
fn best_recoveries(cells: &WeightCells, told: &[Value]) -> Marks {
    let rows = told.iter().filter_map(|own| place(cells, &own["of"], &own["lambda"]));
    let points: Vec<Point> = rows.map(|row| Point { row, is_filled: true }).collect();
    let note = "A dot is at the lambda of the greatest recovered rate; of equal ones at that with the fewest mistakes.";
    Marks { note: if points.is_empty() { String::new() } else { note.to_owned() }, points, ..Marks::default() }
}

/// The lambdas that held-out loss chooses, across the panels of the weights; the rows are cells.
fn across(cells: &WeightCells, chosen: &[Value]) -> Marks {
    let upright = |(rule, dash): (Rule, Dash)| {
        let places = chosen.iter().filter_map(move |own| place(cells, &own["of"], &own[rule.name()]["lambda"]));
        places.map(move |row| Upright { row, dash })
    };
    let uprights: Vec<Upright> =
        [(Rule::Least, Dash::Solid), (Rule::WithinAnError, Dash::Dotted)].into_iter().flat_map(upright).collect();
    let note = "A solid upright line is at the lambda of the least held-out loss, a dotted one at the largest within a standard error of that, if that is \
                another.";
    Marks { note: if uprights.is_empty() { String::new() } else { note.to_owned() }, uprights, ..Marks::default() }
}

/// What stability selection asked for and chose; the rows are cells.
fn stable(spec: &Spec, cells: &WeightCells, told: &Map<String, Value>) -> Marks {
    let Some(asked) = &spec.report.stability else { return Marks::default() };
    let chosen = told.get("stability").and_then(|own| own["chosen"].as_array()).cloned().unwrap_or_default();
    let chosen = chosen.iter().filter(|own| !own["stable"].is_null());
    let rows = chosen.filter_map(|own| place(cells, &own["of"], &own["lambda"]));
    let uprights: Vec<Upright> = rows.map(|row| Upright { row, dash: Dash::Dashed }).collect();
    let upright = if uprights.is_empty() { "" } else { ", the upright one at the lambda that is chosen" };
    let note = format!("The level dashed line is at the threshold, {}{upright}.", asked.threshold);
    Marks { level: Some(asked.threshold), uprights, note, ..Marks::default() }
}

/// The cells of all weights, and those of all weights together.
struct Tables {
    weights: MapTable,
    /// How often those that have a penalty are selected.
    selections: MapTable,
    /// The place of the cell that each row of these is of.
    selected: Vec<usize>,
    /// A row a cell.
    wholes: MapTable,
}

impl Tables {
    fn of(plan: &Plan, cells: &WeightCells) -> Tables {
        let model = plan.model.as_ref().expect("a plan that counts weights should have a model");
        let names: Vec<&'static str> = (0..model.weights()).map(|weight| kept(words::weight(model, weight))).collect();
        let of_coefficients = [Told::Coefficient, Told::CoefficientP10, Told::CoefficientP90].map(Measure::Value);
        let mut weights = MapTable::of(plan, &[&[Measure::ZERO_RATE][..], &of_coefficients].concat());
        let mut selections = MapTable::of(plan, &[Measure::SELECTION_FREQUENCY]);
        let losses = [Told::HeldOutLoss, Told::HeldOutLossLow, Told::HeldOutLossHigh];
        let of_wholes = [Told::Support, Told::FalseSelections, Told::Missed].into_iter().chain(losses);
        let shares = [Measure::RECOVERED_RATE, Measure::ACCURATE_RATE];
        let mut wholes = MapTable::of(plan, &of_wholes.map(Measure::Value).chain(shares).collect::<Vec<_>>());
        // The weight comes last, by its name, and no cell of all weights together has one.
        wholes.columns.pop();
        for table in [&mut weights, &mut selections] {
            table.columns.pop();
            table.columns.push(MapColumn::new(WEIGHT, false, false));
        }
        let mut selected = Vec::new();
        for (number, cell) in cells.cells.iter().enumerate() {
            let own = plan.cell(cell.first);
            let mut keys: Vec<Key> = wholes.columns.iter().map(|column| key_of(plan, &own, &column.name)).collect();
            let place = cell.first + cell.weights.len() as u64;
            let predicted = recoveries::predicted(plan, place, cell.whole.trajectories);
            wholes.push(&keys, &of_whole(&cell.whole).into_iter().chain(predicted).collect::<Vec<_>>());
            keys.push(Key::Absent);
            for (weight, own) in cell.weights.iter().enumerate() {
                keys[wholes.columns.len()] = Key::Text(names[weight]);
                weights.push(&keys, &of_weight(own));
                if model.factors[weight] > 0.0 {
                    selections.push(&keys, &of_selection(own));
                    selected.push(number);
                }
            }
        }
        Tables { weights, selections, selected, wholes }
    }
}

fn of_weight(own: &OfWeight) -> Vec<(&'static str, u64)> {
    let counts = [("trajectories", own.trajectories), ("zero", own.zero)];
    let draws = own.draws.map(|draws| ("draws", draws));
    let told = own.coefficient.into_iter().flat_map(|Coefficient { mean, p10, p90, .. }| {
        [(Told::Coefficient, mean), (Told::CoefficientP10, p10), (Told::CoefficientP90, p90)]
    });
    let told = told.map(|(told, number)| (told.name(), bits(number)));
    counts.into_iter().chain(draws).chain(told).collect()
}

fn of_selection(own: &OfWeight) -> Vec<(&'static str, u64)> {
    let counts = [("trajectories", own.trajectories), ("selected", own.selected())];
    counts.into_iter().chain(own.draws.map(|draws| ("draws", draws))).collect()
}

fn of_whole(own: &OfWhole) -> Vec<(&'static str, u64)> {
    let means =
        [(Told::Support, own.support), (Told::FalseSelections, own.false_selections), (Told::Missed, own.missed)];
    let means = means.into_iter().filter_map(|(told, mean)| Some((told, mean?)));
    let loss = own.held_out.map(|(loss, _)| (Told::HeldOutLoss, loss));
    let band = own.held_out.and_then(|(loss, error)| {
        Some([(Told::HeldOutLossLow, loss - error?), (Told::HeldOutLossHigh, loss + error?)])
    });
    let told = means.chain(loss).chain(band.into_iter().flatten());
    let told = told.map(|(told, number)| (told.name(), bits(number)));
    let counts = [("recovered", own.recovered), ("accurate", own.accurate), ("draws", own.draws)];
    let counts = counts.into_iter().filter_map(|(name, count)| Some((name, count?)));
    [("trajectories", own.trajectories)].into_iter().chain(told).chain(counts).collect()
}

/// What goes to the right: lambda, where a setting has several, or else the coordinate with most values that all cells have and that does not
/// tell one penalty from another.
fn along(spec: &Spec, plan: &Plan, table: &MapTable, cells: &WeightCells) -> Option<String> {
    if cells.cells.len() > cells.settings.len() {
        return Some(LAMBDA.to_owned());
    }
    let is_shape = |name: &str| plan.sections.iter().any(|own| own.grid.slot(name).is_some_and(|slot| slot.shapes));
    let tells_apart = |name: &str| name == LAMBDA || is_shape(name);
    let is_step = |own: &&MapColumn| {
        own.keys.len() > 1
            && own.name.contains('.')
            && is_everywhere(table, &own.name)
            && !(spec.penalties.len() > 1 && tells_apart(&own.name))
    };
    table.columns.iter().filter(is_step).max_by_key(|own| own.keys.len()).map(|own| own.name.clone())
}

/// Whether every value of one coordinate has every value of another, so that its lines have no gaps.
fn shares(table: &MapTable, name: &str, x: &str) -> bool {
    let (Some(own), Some(x)) = (table.column(name), table.column(x)) else { return false };
    let [own, x] = [own, x].map(|column| &table.columns[column]);
    let pairs: BTreeSet<(u32, u32)> = own.codes.iter().copied().zip(x.codes.iter().copied()).collect();
    pairs.len() == own.keys.len() * x.keys.len()
}

/// Whether every cell has a value of a coordinate.
fn is_everywhere(table: &MapTable, name: &str) -> bool {
    table.column(name).is_some_and(|own| !table.columns[own].keys.contains(&Key::Absent))
}

/// What makes panels: all else that takes several values; and what does not, for each penalty has a single value of it.
fn facets(table: &MapTable, x: &str) -> (Vec<String>, Vec<String>) {
    let is_facet = |own: &&MapColumn| own.keys.len() > 1 && own.name != x && !own.follows;
    let names = table.columns.iter().filter(is_facet).map(|own| own.name.clone());
    names.partition(|name| name == PENALTY || by_penalty(table, name).is_none())
}

/// The column of the penalties.
const PENALTY: &str = "penalty";

/// The only value that each penalty has of a column, both by their codes; `None` where one has several, or where there is a single penalty.
fn by_penalty(table: &MapTable, name: &str) -> Option<BTreeMap<u32, u32>> {
    let [penalty, own] = [table.column(PENALTY)?, table.column(name)?].map(|column| &table.columns[column].codes);
    let mut found = BTreeMap::new();
    let is_single = penalty.iter().zip(own).all(|(penalty, own)| found.entry(*penalty).or_insert(*own) == own);
    is_single.then_some(found)
}

/// What each penalty has of such a column, in words: `optimizer = fista_restart (lk), proximal (mcp, scad)`.
fn of_each_penalty(table: &MapTable, name: &str) -> String {
    let key = |column: &str, code: u32| {
        let place = table.column(column).expect("a column of the table should be one");
        table.columns[place].keys[code as usize]
    };
    let mut owners: Vec<(Key, Vec<String>)> = Vec::new();
    for (penalty, own) in by_penalty(table, name).into_iter().flatten() {
        let (penalty, own) = (key(PENALTY, penalty), key(name, own));
        match owners.iter_mut().find(|(known, _)| *known == own) {
            Some((_, penalties)) => penalties.push(penalty.to_string()),
            None => owners.push((own, vec![penalty.to_string()])),
        }
    }
    let told = owners.iter().filter(|(own, _)| *own != Key::Absent);
    let told: Vec<String> = told.map(|(own, penalties)| format!("{own} ({})", penalties.join(", "))).collect();
    format!("{name} = {}", told.join(", "))
}
