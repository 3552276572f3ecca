//! The cells of a sweep as panels: grids of places along the refined coordinates.

use crate::kernel::Role;
use crate::plan::{Plan, Section};
use std::collections::HashMap;

/// A place along each of the two refined coordinates; 0 along one that there is not.
pub type At = [u32; 2];

/// Cells that differ in the refined coordinates alone.
#[derive(Clone, Debug)]
pub struct Panel {
    /// Places along each coordinate; 1 along one that there is not.
    pub lens: [u32; 2],
    /// What each section has of them, in order.
    parts: Vec<Part>,
}

#[derive(Clone, Debug)]
struct Part {
    /// The first place of it.
    from: At,
    /// The cell there.
    first: u64,
    /// Cells from one place to the next.
    strides: [u64; 2],
}

impl Panel {
    /// The cell at a place.
    pub fn cell(&self, at: At) -> u64 {
        let is_before = |part: &&Part| (0..2).all(|way| part.from[way] <= at[way]);
        let part = self.parts.iter().rev().find(is_before).expect("a place should be in a part of its panel");
        let along = |way: usize| u64::from(at[way] - part.from[way]) * part.strides[way];
        part.first + along(0) + along(1)
    }

    pub fn cells(&self) -> u64 {
        self.lens.map(u64::from).iter().product()
    }
}

/// All panels of a sweep.
#[derive(Clone, Debug)]
pub struct Panels {
    pub all: Vec<Panel>,
    /// For each section that has cells of its own.
    sections: Vec<Ways>,
    /// Panel and part by the first cell of the part.
    parts: HashMap<u64, (usize, usize)>,
}

/// The refined coordinates of a section.
#[derive(Clone, Debug)]
struct Ways {
    first_cell: u64,
    cells: u64,
    /// The dimension of each, if it has it.
    dimensions: [Option<usize>; 2],
    lens: [u32; 2],
    strides: [u64; 2],
}

impl Ways {
    fn of(section: &Section, along: &[String]) -> Ways {
        let dimension = |way: usize| {
            let slot = section.grid.slot(along.get(way)?)?;
            slot.strides.first().map(|&(dimension, _)| dimension)
        };
        let dimensions = [0, 1].map(dimension);
        let own = &section.grid.dimensions;
        Ways {
            first_cell: section.first_cell,
            cells: section.cells,
            dimensions,
            lens: dimensions.map(|dimension| dimension.map_or(1, |dimension| own[dimension].len as u32)),
            strides: dimensions.map(|dimension| dimension.map_or(0, |dimension| stride(section, dimension))),
        }
    }

    /// How far a cell is along each coordinate, within the section.
    fn digits(&self, cell: u64) -> At {
        let digit = |way: usize| match self.strides[way] {
            0 => 0,
            stride => ((cell - self.first_cell) / stride % u64::from(self.lens[way])) as u32,
        };
        [digit(0), digit(1)]
    }
}

/// Cells from one value of a dimension to the next.
fn stride(section: &Section, dimension: usize) -> u64 {
    let faster = section.grid.dimensions[dimension + 1..].iter().filter(|dimension| !dimension.pooled);
    faster.map(|dimension| dimension.len as u64).product()
}

/// The dimension along which the sections of one combination part, if it picks the formula of a penalty.
fn parting(section: &Section) -> Option<usize> {
    let (place, _) = section.kernel.penalty.variant_by?;
    let slot = &section.grid.slots[section.kernel.own(Role::Penalty).start + place];
    slot.strides.first().map(|&(dimension, _)| dimension)
}

impl Panels {
    /// The panels of `plan` along these paths, one or two.
    pub fn new(plan: &Plan, along: &[String]) -> Panels {
        let mut panels = Panels { all: Vec::new(), sections: Vec::new(), parts: HashMap::new() };
        for sections in plan.sections.chunk_by(|a, b| a.combination == b.combination) {
            // Those that share their cells are one.
            let own: Vec<&Section> =
                sections.chunk_by(|a, b| a.first_cell == b.first_cell).map(|sharing| &sharing[0]).collect();
            let ways: Vec<Ways> = own.iter().map(|section| Ways::of(section, along)).collect();
            let parted = parting(own[0])
                .and_then(|parting| ways[0].dimensions.iter().position(|dimension| *dimension == Some(parting)));
            match parted {
                Some(way) => panels.add(&own, &ways, way),
                None => own.iter().zip(&ways).for_each(|(own, ways)| {
                    panels.add(std::slice::from_ref(own), std::slice::from_ref(ways), 0);
                }),
            }
            panels.sections.extend(ways);
        }
        panels
    }

    /// Adds the panels of sections that follow each other along `way`: one for each choice of other coordinates.
    fn add(&mut self, sections: &[&Section], ways: &[Ways], way: usize) {
        let dimensions = &sections[0].grid.dimensions;
        let is_other = |place: &usize| !dimensions[*place].pooled && !ways[0].dimensions.contains(&Some(*place));
        let others: Vec<usize> = (0..dimensions.len()).filter(is_other).collect();
        let lens: Vec<usize> = dimensions.iter().map(|dimension| dimension.len).collect();
        let mut lens_of_panel = ways[0].lens;
        lens_of_panel[way] = ways.iter().map(|ways| ways.lens[way]).sum();
        crate::spec::visit(&lens, &others, |digits| {
            let (mut from, mut parts) = ([0, 0], Vec::new());
            for (section, ways) in sections.iter().zip(ways) {
                let offset = others.iter().map(|&place| u64::from(digits[place]) * stride(section, place)).sum::<u64>();
                let first = ways.first_cell + offset;
                self.parts.insert(first, (self.all.len(), parts.len()));
                parts.push(Part { from, first, strides: ways.strides });
                from[way] += ways.lens[way];
            }
            self.all.push(Panel { lens: lens_of_panel, parts });
        });
    }

    /// The panel of a cell, and its place there; `None` beyond the last cell.
    pub fn locate(&self, cell: u64) -> Option<(usize, At)> {
        let after = self.sections.partition_point(|ways| ways.first_cell <= cell);
        let ways = self.sections.get(after.checked_sub(1)?)?;
        if cell - ways.first_cell >= ways.cells {
            return None;
        }
        let digits = ways.digits(cell);
        let along = |way: usize| u64::from(digits[way]) * ways.strides[way];
        let (panel, part) = *self.parts.get(&(cell - along(0) - along(1)))?;
        let from = self.all[panel].parts[part].from;
        Some((panel, [from[0] + digits[0], from[1] + digits[1]]))
    }
}
