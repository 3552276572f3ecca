//! `report.refine`: which cells of a sweep are run, where not all are.

use super::document::{Node, quote};
use super::error::{Fault, quote_all};
use super::fields::{Fields, integer, list, text};
use super::maps::{ROLES, Scope, read_measure};
use super::{MAX_CELLS, Measure, Side, Spec};

/// What is refined: cells are run where a measure changes, and stand for their neighbours where it does not.
#[derive(Clone, Debug, PartialEq)]
pub struct Refine {
    pub measure: Measure,
    /// Cells that are run at the most.
    pub cells: u64,
    /// The swept paths along which cells stand for others, one or two.
    pub along: Vec<String>,
}

/// The fewest cells that make a map.
pub(super) const FEWEST: u64 = 100;

const KEYS: [&str; 3] = ["measure", "cells", "along"];

/// What it takes to name the paths.
const ALONG: &str = "name them, for example along = [\"penalty.lambda\", \"problem.target\"]";

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
            Fault::new(node.place, message).help(ALONG)
        })?,
    };
    for path in &along {
        let place = fields.get("along").unwrap_or(node).place;
        refuse_disorder(path, spec)
            .map_err(|message| Fault::new(place, message).help("use linspace, geomspace, or a list that ascends"))?;
    }
    Ok(Refine { measure, cells, along })
}

/// A measure that each cell has of itself, and that can be compared.
fn read_refined(node: &Node, spec: &Spec) -> Result<Measure, Fault> {
    let all = Measure::all(&spec.zero.tolerances);
    let can = |measure: &Measure| matches!(measure, Measure::Fate | Measure::Step(..) | Measure::Share(_, Side::Rate));
    let measure = read_measure(node, "`report.refine` is for", &all)?;
    if can(&measure) {
        return Ok(measure);
    }
    let names: Vec<String> = all.iter().filter(|measure| can(measure)).map(|measure| measure.name()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let message = format!("cells cannot be refined for {}", quote(&measure.name()));
    Err(Fault::new(node.place, message).help(format!("they can for: {}", quote_all(&names))))
}

fn read_along(node: &Node, scope: &Scope) -> Result<Vec<String>, Fault> {
    let items = list(node, "`report.refine.along`")?;
    if items.is_empty() || items.len() > 2 {
        let message = format!("`report.refine.along` must name one or two paths, found {}", items.len());
        return Err(Fault::new(node.place, message).help(ALONG));
    }
    let mut along: Vec<String> = Vec::new();
    for item in items {
        let path = text(item, "each path in `report.refine.along`")?;
        if ROLES.contains(&path) {
            let message = format!(
                "`report.refine.along` uses `{path}`, a choice, and cells stand for others along numbers alone"
            );
            return Err(Fault::new(item.place, message).help(ALONG));
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

/// The sides of the first map that names an x, else the only axes there are.
fn usual(spec: &Spec, scope: &Scope) -> Option<Vec<String>> {
    let axes: Vec<String> = scope.axes();
    let first = spec.report.maps.iter().flatten().next();
    let sides = first.map(|map| [&map.x, &map.y].into_iter().filter(|name| axes.contains(name)).cloned().collect());
    let sides: Vec<String> = sides.unwrap_or(axes);
    (1..=2).contains(&sides.len()).then_some(sides)
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
