//! Cells of a map that would come to lie on each other, because it shows something computed.

use super::error::Fault;
use super::grid::visit;
use super::maps::{Name, Scope};
use super::{Grid, SLOPE_AT_ZERO, Slot};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Where a map uses something computed instead of what it is computed from, no two cells may come to lie on each other, or so
/// near that rounding alone parts them.
pub(super) fn refuse_overlay(names: &[Name], scope: &Scope) -> Result<(), Fault> {
    let Some((node, name)) = names.iter().find(|(_, name)| scope.computed(name).next().is_some()) else {
        return Ok(());
    };
    for nearness in [0.0, NEARNESS] {
        let overlays =
            scope.grids_of_losses().filter_map(|(grid, loss)| Some((Overlay::of(grid, name, names, nearness)?, loss)));
        let overlays: Vec<(Overlay, &str)> = overlays.collect();
        let Some((Overlay { value, replaced, telling }, _)) = overlays.first() else { continue };
        let but = if nearness > 0.0 { " but for rounding" } else { "" };
        let message = format!(
            "the map uses `{name}`, which is {value:?}{but} in several cells of one panel{}, at several values of {}",
            scope.of_losses(overlays.iter().map(|(_, loss)| *loss)),
            quote_paths(replaced, ", "),
        );
        return Err(Fault::new(node.place, message).help(match telling[..] {
            [] => format!("make facets of {}, or give them one value each", quote_paths(replaced, ", ")),
            _ => format!("make a facet of {}, or give it one value", quote_paths(telling, " or ")),
        }));
    }
    Ok(())
}

/// Of values this near, as a share of the larger, rounding alone may have made two: some roundings of f32.
const NEARNESS: f32 = 1e-6;

/// Whether two ascending values, unequal or not, are so near.
fn are_near(low: f32, high: f32, nearness: f32) -> bool {
    high - low <= nearness * low.abs().max(high.abs())
}

/// A value that a map's computed axis or facet has in several cells of one panel.
struct Overlay<'s> {
    value: f32,
    /// What tells these cells apart, and is no part of the map; of those that move together the first.
    replaced: Vec<&'s Slot>,
    /// Each of those that as a facet would put them into panels of their own.
    telling: Vec<&'s Slot>,
}

impl<'s> Overlay<'s> {
    /// The first in a grid of what is computed under `name`, on a map of these `names`.
    fn of(grid: &'s Grid, name: &str, names: &[Name], nearness: f32) -> Option<Overlay<'s>> {
        let slot = grid.slot(name)?;
        let used: Vec<&Slot> =
            names.iter().filter_map(|(_, name)| grid.slot(name)).filter(|slot| !slot.pooled).collect();
        let mut along: Vec<usize> =
            used.iter().filter(|slot| slot.derived).flat_map(|slot| slot.dimensions()).collect();
        along.sort_unstable();
        along.dedup();
        let is_inside = |slot: &&Slot| slot.dimensions().iter().all(|dimension| along.contains(dimension));
        let shown: Vec<&Slot> = used.iter().copied().filter(is_inside).collect();
        let digits = overlaid(grid, &along, &shown, nearness)?;
        let is_replaced = |slot: &&Slot| !slot.derived && is_inside(slot) && !slot.dimensions().is_empty();
        let mut replaced: Vec<&Slot> = grid.slots.iter().filter(is_replaced).collect();
        // Of those that move together the first stands for all.
        let mut taken: Vec<Vec<usize>> =
            shown.iter().filter(|slot| !slot.derived).map(|slot| slot.dimensions()).collect();
        replaced.retain(|slot| {
            let is_new = !taken.contains(&slot.dimensions());
            taken.push(slot.dimensions());
            is_new
        });
        let tells = |slot: &&&Slot| overlaid(grid, &along, &[&shown[..], &[**slot]].concat(), nearness).is_none();
        let telling = replaced.iter().filter(tells).copied().collect();
        Some(Overlay { value: slot.value(&digits), replaced, telling })
    }
}

/// The digits of a cell that has the same values of the slots `shown` as one before it, or computed ones so near.
fn overlaid(grid: &Grid, along: &[usize], shown: &[&Slot], nearness: f32) -> Option<Vec<u32>> {
    let lens: Vec<usize> = grid.dimensions.iter().map(|dimension| dimension.len).collect();
    let merged: Vec<Option<HashMap<u32, u32>>> =
        shown.iter().map(|slot| (slot.derived && nearness > 0.0).then(|| merged(&slot.values, nearness))).collect();
    let mut known = HashSet::new();
    let mut overlaid = None;
    visit(&lens, along, |digits| {
        let value = |(slot, merged): (&&Slot, &Option<HashMap<u32, u32>>)| {
            let own = slot.value(digits).to_bits();
            merged.as_ref().map_or(own, |merged| merged[&own])
        };
        let values: Vec<u32> = shown.iter().zip(&merged).map(value).collect();
        if !known.insert(values) && overlaid.is_none() {
            overlaid = Some(digits.to_vec());
        }
    });
    overlaid
}

/// For the bits of each value those of the least of all that stand, one near the next, beside it.
fn merged(values: &[f32], nearness: f32) -> HashMap<u32, u32> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f32::total_cmp);
    let mut least = 0;
    let merge = |place: usize| {
        if place > 0 && !are_near(sorted[place - 1], sorted[place], nearness) {
            least = place;
        }
        (sorted[place].to_bits(), sorted[least].to_bits())
    };
    (0..sorted.len()).map(merge).collect()
}

/// Where no facet tells losses apart, rows of two of them that rounding alone parts may not stand beside each other.
pub(super) fn refuse_nearness((axes, facets): (&[Name], &[Name]), scope: &Scope) -> Result<(), Fault> {
    let of_slope = axes.iter().find(|(_, name)| *name == SLOPE_AT_ZERO);
    let (Some((node, name)), false) = (of_slope, axes.iter().chain(facets).any(|(_, name)| *name == "problem")) else {
        return Ok(());
    };
    let mut panels: BTreeMap<Vec<Option<u32>>, Vec<(f32, &str)>> = BTreeMap::new();
    for (grid, loss) in scope.grids_of_losses() {
        if axes.iter().any(|(_, axis)| grid.slot(axis).is_none()) {
            continue;
        }
        let Some(slot) = grid.slot(name) else { continue };
        let lens: Vec<usize> = grid.dimensions.iter().map(|dimension| dimension.len).collect();
        let along = slot.dimensions();
        let facets: Vec<Option<&Slot>> = facets.iter().map(|(_, name)| grid.slot(name)).collect();
        visit(&lens, &along, |digits| {
            // A facet that the slope does not depend on is the same for every loss.
            let value = |slot: &Slot| {
                let tells = slot.dimensions().iter().all(|dimension| along.contains(dimension));
                if tells { slot.value(digits).to_bits() } else { u32::MAX }
            };
            let panel = facets.iter().map(|facet| facet.map(value)).collect();
            panels.entry(panel).or_default().push((slot.value(digits), loss));
        });
    }
    for mut values in panels.into_values() {
        values.sort_unstable_by(|(a, of_a), (b, of_b)| a.total_cmp(b).then(of_a.cmp(of_b)));
        values.dedup();
        let parted = |pair: &&[(f32, &str)]| {
            let [(low, of_low), (high, of_high)] = [pair[0], pair[1]];
            low < high && of_low != of_high && are_near(low, high, NEARNESS)
        };
        if let Some([(low, of_low), (high, of_high), ..]) = values.windows(2).find(parted) {
            let message = format!(
                "the map uses `{name}`, which is {low:?} of the loss `{of_low}` and {high:?} of `{of_high}`: \
                 rounding alone may part them"
            );
            return Err(Fault::new(node.place, message).help("make a facet of \"problem\""));
        }
    }
    Ok(())
}

fn quote_paths(slots: &[&Slot], between: &str) -> String {
    slots.iter().map(|slot| format!("`{}`", slot.path)).collect::<Vec<_>>().join(between)
}
