//! `report.refine`: which cells of a sweep are run, where not all are.

use super::document::{Node, quote};
use super::error::{Fault, quote_all};
use super::fields::{Fields, integer, list, text, wrong_value};
use super::maps::{ROLES, Scope, read_measure};
use super::{MAX_CELLS, Measure, Side, Spec};

/// What is refined: cells are run where a measure changes, and stand for their neighbours where it does not.
#[derive(Clone, Debug, PartialEq)]
pub struct Refine {
    pub measure: Measure,
    /// Cells that are run at the most.
    pub cells: u64,
    /// Shares that are no further apart are alike.
    pub tolerance: f64,
    /// The swept paths along which cells stand for others, one or two.
    pub along: Vec<String>,
}

/// The fewest cells that make a map.
pub(super) const FEWEST: u64 = 100;

const KEYS: [&str; 4] = ["measure", "cells", "along", "tolerance"];

/// Reads the table, of a spec whose maps are read.
pub(super) fn read_refine(node: &Node, spec: &Spec, scope: &Scope) -> Result<Refine, Fault> {
    let fields = Fields::of(node, "report.refine")?;
    fields.refuse_others(&KEYS)?;
    let measure = read_refined(
        fields.require("measure", "what is to be sharp", || "add measure = \"zero_rate\"".to_owned())?,
        spec,
    )?;
    let cells = fields.require("cells", "how many cells are run at the most", || "add cells = 100000".to_owned())?;
    let cells = integer(cells, "`report.refine.cells`", FEWEST, MAX_CELLS as u64)?;
    let along = match fields.get("along") {
        Some(node) => read_along(node, scope)?,
        None => usual(spec, scope).ok_or_else(|| {
            let message = "`report.refine` does not say along which paths cells stand for others";
            Fault::new(node.place, message).help(format!("add along; {}", scope.list_coordinates()))
        })?,
    };
    for path in &along {
        let place = fields.get("along").unwrap_or(node).place;
        refuse_disorder(path, spec).map_err(|message| {
            Fault::new(place, message).help("use linspace, geomspace, or a list that ascends or descends")
        })?;
    }
    let tolerance = fields.get("tolerance").map_or(Ok(0.0), |node| read_tolerance(node, measure))?;
    Ok(Refine { measure, cells, tolerance, along })
}

/// A measure that each cell has of itself, and that can be compared.
fn read_refined(node: &Node, spec: &Spec) -> Result<Measure, Fault> {
    let all = Measure::all(&spec.zero.tolerances);
    let can = |measure: &Measure| matches!(measure, Measure::Fate | Measure::Step(..) | Measure::Share(_, Side::Rate));
    let fitting: Vec<Measure> = all.iter().copied().filter(can).collect();
    let name = text(node, "`report.refine.measure`")?;
    if all.iter().chain(&Measure::OF_REFINED).any(|measure| measure.name() == name && !can(measure)) {
        let names: Vec<String> = fitting.iter().map(|measure| measure.name()).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let message = format!("cells cannot be refined for {}", quote(name));
        return Err(Fault::new(node.place, message).help(format!("they can for: {}", quote_all(&names))));
    }
    read_measure(node, "`report.refine` is for", &fitting)
}

/// How far shares may be apart and yet be alike.
fn read_tolerance(node: &Node, measure: Measure) -> Result<f64, Fault> {
    let subject = "`report.refine.tolerance`";
    if !matches!(measure, Measure::Share(..)) {
        let message = format!("{subject} is for shares, and `{}` is none", measure.name());
        return Err(Fault::new(node.place, message).help("leave it out"));
    }
    let tolerance = node.number().filter(|tolerance| (0.0..1.0).contains(tolerance));
    tolerance.ok_or_else(|| wrong_value(node, subject, "a number from 0 to less than 1"))
}

fn read_along(node: &Node, scope: &Scope) -> Result<Vec<String>, Fault> {
    let items = list(node, "`report.refine.along`")?;
    if items.is_empty() || items.len() > 2 {
        let message = format!("`report.refine.along` must name one or two paths, found {}", items.len());
        return Err(Fault::new(node.place, message).help(scope.list_coordinates()));
    }
    let mut along: Vec<String> = Vec::new();
    for item in items {
        let path = text(item, "each path in `report.refine.along`")?;
        if ROLES.contains(&path) {
            let message = format!(
                "`report.refine.along` uses `{path}`, a choice, and cells stand for others along numbers alone"
            );
            return Err(Fault::new(item.place, message).help(scope.list_coordinates()));
        }
        scope.refuse_other_than_coordinate(item, "`report.refine.along`", path)?;
        if scope.computed(path).next().is_some() {
            let message = format!("`report.refine.along` uses `{path}`, which is computed from others");
            return Err(Fault::new(item.place, message).help("name what it is computed from"));
        }
        if along.iter().any(|earlier| scope.moves_with(earlier, path)) {
            let message = format!("`report.refine.along` uses `{}` and `{path}`, which are one axis", along[0]);
            return Err(Fault::new(item.place, message).help("name one of them"));
        }
        along.push(path.to_owned());
    }
    Ok(along)
}

/// The sides of the first map, if none of them is computed, else the only axes there are.
fn usual(spec: &Spec, scope: &Scope) -> Option<Vec<String>> {
    let Some(first) = spec.report.maps.iter().flatten().next() else {
        let axes = scope.axes();
        return (1..=2).contains(&axes.len()).then_some(axes);
    };
    let is_number = |name: &&String| !name.is_empty() && !ROLES.contains(&name.as_str());
    let sides: Vec<String> = [&first.x, &first.y].into_iter().filter(is_number).cloned().collect();
    sides.iter().all(|side| scope.computed(side).next().is_none()).then_some(sides)
}

/// Cells that are neighbours must have neighbouring values.
fn refuse_disorder(path: &str, spec: &Spec) -> Result<(), String> {
    for axis in spec.axes().filter(|axis| axis.path == path) {
        let sorted = |ascends: bool| axis.values.windows(2).all(|two| (two[0] < two[1]) == ascends);
        if axis.values.len() > 1 && !sorted(true) && !sorted(false) {
            return Err(format!("`report.refine` goes along `{path}`, whose values are in no order"));
        }
    }
    Ok(())
}
