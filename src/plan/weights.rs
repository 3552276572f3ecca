//! Plans of problems with many weights: as they are run, draw by draw, and as they are counted, weight by weight.

use super::{Plan, Section};
use crate::kernel::Kernel;
use crate::model::Model;
use crate::penalty::Penalty;
use crate::spec::{Coordinate, Dimension, RESAMPLE, Slot};
use std::sync::Arc;

/// What the paths of a design's sizes begin with.
const DESIGN: &str = "problem.design.";

/// The path of the weights, which are a coordinate of what is counted.
pub const WEIGHT: &str = "weight";

/// Whether a dimension counts draws of rows, or the designs that they are of.
pub fn is_of_draws(dimension: &Dimension) -> bool {
    dimension.path == RESAMPLE || dimension.path.starts_with(DESIGN)
}

impl Section {
    /// How many trajectories of a draw of rows and a cell differ in where they start, and in nothing else; `None` where there is one, or where
    /// they differ otherwise.
    pub fn starts(&self) -> Option<u64> {
        let dimensions = &self.grid.dimensions;
        let along = |place: usize| dimensions[place].pooled && dimensions[place].path != RESAMPLE;
        let (_, others) = self.grid.slots.split_last()?;
        let differ = others.iter().flat_map(|slot| &slot.strides).any(|(place, _)| along(*place));
        let count =
            (0..dimensions.len()).filter(|place| along(*place)).map(|place| dimensions[place].len as u64).product();
        (count > 1 && !differ).then_some(count)
    }

    /// Trajectories that share a draw of rows, of a section of [`Plan::by_draw`]: they are neighbours.
    pub fn per_draw(&self, model: &Model) -> u64 {
        self.trajectories() / model.draws()
    }
}

impl Plan {
    /// The same plan of a problem of many weights, which `model` is made of.
    pub fn with_model(mut self, model: Option<Arc<Model>>) -> Plan {
        self.model = model;
        self
    }

    /// The kinds of penalties that are not convex, each once, and those of which some are not: `mcp`, `lk with some k`.
    pub fn not_convex(&self) -> Vec<String> {
        let mut found: Vec<(&'static Penalty, [bool; 2])> = Vec::new();
        for Section { kernel: Kernel { penalty, .. }, grid, .. } in &self.sections {
            let slot = |name: &str| grid.slot(&format!("penalty.{name}")).map_or(&[][..], |slot| &slot.values);
            let values: Vec<&[f32]> = penalty.member.parameters.iter().map(|own| slot(own.name)).collect();
            let known = found.iter().position(|(own, _)| own == penalty);
            let place = known.unwrap_or(found.len());
            found.extend(known.is_none().then_some((*penalty, [false; 2])));
            found[place].1[usize::from(penalty.is_convex(&values))] = true;
        }
        let told = |(penalty, is_found): (&'static Penalty, [bool; 2])| match is_found {
            [false, _] => None,
            [true, false] => Some(penalty.member.kind.to_owned()),
            [true, true] => {
                let shapes: Vec<&str> = penalty.shapes().map(|(_, name)| name).collect();
                Some(format!("{} with some {}", penalty.member.kind, shapes.join(" and ")))
            }
        };
        found.into_iter().filter_map(told).collect()
    }

    /// Cells of [`Plan::by_weight`] that a cell falls into: one a weight, and then one for all of them together.
    pub fn places_of_cell(weights: usize) -> u64 {
        weights as u64 + 1
    }

    /// The same trajectories, those of a draw of rows beside each other: each section first counts the designs, then the draws, then the cells.
    pub fn by_draw(&self) -> Plan {
        self.on_grids(self.sections.iter().map(|section| {
            let grid = &section.grid;
            let Some(draws) = grid.dimensions.iter().position(|own| own.path == RESAMPLE) else { return grid.clone() };
            let designs = grid.dimensions.iter().take_while(|own| own.path.starts_with(DESIGN)).count();
            let rest = (designs..grid.dimensions.len()).filter(|own| *own != draws);
            let order: Vec<usize> = (0..designs).chain([draws]).chain(rest).collect();
            let mut grid = grid.in_order(&order);
            grid.dimensions[designs].pooled = false;
            grid
        }))
    }

    /// The same cells, each once a weight and then once for all weights together.
    pub fn by_weight(&self) -> Plan {
        let Some(model) = &self.model else { return self.clone() };
        let len = Plan::places_of_cell(model.weights()) as usize;
        let mut plan = self.on_grids(self.sections.iter().map(|section| {
            let mut grid = section.grid.clone();
            let place = grid.dimensions.iter().take_while(|own| !own.pooled).count();
            for (dimension, _) in grid.slots.iter_mut().chain(&mut grid.beside).flat_map(|slot| &mut slot.strides) {
                *dimension += usize::from(*dimension >= place);
            }
            let dimension = Dimension { path: WEIGHT.to_owned(), len, pooled: false, random: false };
            grid.dimensions.insert(place, dimension);
            grid.beside.push(Slot {
                path: WEIGHT.to_owned(),
                values: (0..len).map(|place| place as f32).collect(),
                strides: vec![(place, 1)],
                pooled: false,
                shapes: false,
                derived: false,
                geometric: false,
            });
            grid
        }));
        plan.coordinates.push(Coordinate { path: WEIGHT.to_owned(), geometric: false, follows: false });
        plan.counts_weights = true;
        plan
    }

    /// The weight that a cell of [`Plan::by_weight`] is of; `None` where it is of all together, or the plan counts no weights.
    pub fn weight_of(&self, cell: u64) -> Option<usize> {
        let weights = self.model.as_ref().filter(|_| self.counts_weights)?.weights();
        let place = (cell % Plan::places_of_cell(weights)) as usize;
        (place < weights).then_some(place)
    }

    /// Whether a cell is one of all weights together.
    pub fn is_whole(&self, cell: u64) -> bool {
        self.counts_weights && self.weight_of(cell).is_none()
    }
}
