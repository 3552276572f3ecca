//! What tells cells apart: parameters that take several values and are not pooled.

use super::grid::SLOPE_AT_ZERO;
use super::{Axis, Grid, Slot, Spec};

/// A coordinate of the cells.
#[derive(Clone, Debug, PartialEq)]
pub struct Coordinate {
    pub path: String,
    /// Its values are spaced geometrically wherever it takes several.
    pub geometric: bool,
    /// It is computed from others, or moves together with an earlier one.
    pub follows: bool,
}

impl Coordinate {
    /// Its column in tables.
    pub fn column(&self) -> &str {
        column(&self.path)
    }
}

/// The column of a path in tables.
pub fn column(path: &str) -> &str {
    if path == SLOPE_AT_ZERO { "d0" } else { path }
}

/// The coordinates of `spec` in the order of the members' tables, and at last the slope at 0. The `grids` of all its
/// combinations matter only where something is computed.
pub(crate) fn coordinates<'a>(spec: &Spec, grids: impl Iterator<Item = &'a Grid> + Clone) -> Vec<Coordinate> {
    let axes: Vec<&Axis> = spec.axes().collect();
    let mut paths: Vec<&str> = Vec::new();
    for path in axes.iter().map(|axis| axis.path.as_str()).chain([SLOPE_AT_ZERO]) {
        if !paths.contains(&path) && !spec.report.pool.iter().any(|pooled| pooled == path) {
            paths.push(path);
        }
    }
    let mut coordinates = Vec::new();
    let mut lists = Vec::new();
    for path in paths {
        let plain: Vec<&&Axis> = axes.iter().filter(|axis| axis.path == path && !axis.is_derived()).collect();
        let slots = grids.clone().flat_map(|grid| grid.slots.iter().chain(&grid.beside));
        let derived: Vec<&Slot> = slots.filter(|slot| slot.derived && !slot.pooled && slot.path == path).collect();
        let tables = || plain.iter().map(|axis| &axis.values[..]).chain(derived.iter().map(|slot| &slot.values[..]));
        let Some(first) = tables().find_map(|values| values.first()) else { continue };
        if tables().flatten().all(|value| value == first) {
            continue;
        }
        let swept = tables().map(|values| values.len() > 1);
        let spaced = plain.iter().map(|axis| axis.spacing.is_geometric());
        let spaced: Vec<bool> = spaced.chain(derived.iter().map(|slot| slot.geometric)).collect();
        let swept: Vec<bool> = swept.zip(spaced).filter(|(swept, _)| *swept).map(|(_, spaced)| spaced).collect();
        let geometric = !swept.is_empty() && swept.iter().all(|spaced| *spaced);
        let list = plain.iter().find_map(|axis| spec.together.of(axis));
        let follows = plain.is_empty() || list.is_some() && lists.contains(&list);
        lists.push(list);
        coordinates.push(Coordinate { path: path.to_owned(), geometric, follows });
    }
    coordinates
}
