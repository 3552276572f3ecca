//! A spec as a list of work: sections of one kernel each, cells, and the way from an index to its parameters.
//!
//! A *section* is one alternative of each role with one kernel: a [`Grid`] whose pooled axes vary fastest, so that the
//! trajectories of a cell are neighbours. Parameters that shape a penalty vary slowest, so that the cells of a group are
//! neighbours, too, and one alternative with many exponents falls into few sections. Trajectories are numbered through all
//! sections; so are cells, except that the sections into which a *pooled* parameter falls share their cells.

mod find;
mod weights;

pub use find::{At, FindError, Found};
pub use weights::{WEIGHT, is_of_draws};

use crate::kernel::{Kernel, Role};
use crate::lanes::MOST_PARAMETERS;
use crate::model::Model;
use crate::optimizer::Optimizer;
use crate::penalty::Penalty;
use crate::problem::Problem;
use crate::spec::{Combination, Coordinate, PathOf, Spacing, Spec, coordinates};
pub use crate::spec::{Dimension, Grid, Slot};
use std::ops::Range;
use std::sync::Arc;

/// One trajectory's numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// In the order of the kernel ([`Kernel::parameters`]); 0 beyond its last.
    pub parameters: [f32; MOST_PARAMETERS],
    pub start: f32,
    /// Its place in its cell, by which it draws random numbers.
    pub place: u32,
}

/// What every trajectory of a sweep shares.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    /// Updates of a trajectory, T.
    pub steps: u32,
    /// Iterates of the tail, M; at most T + 1.
    pub tail: u32,
    pub divergence: f32,
    /// The largest of `tolerances`.
    pub tolerance: f32,
    pub tolerances: Vec<f32>,
}

/// A grid of trajectories that one kernel runs.
#[derive(Clone, Debug)]
pub struct Section {
    pub kernel: Kernel,
    pub grid: Grid,
    /// Index of its first trajectory among all.
    pub first: u64,
    /// Index of its first cell among all.
    pub first_cell: u64,
    pub cells: u64,
    /// Trajectories that the section adds to each of its cells.
    pub pool: u64,
    /// Trajectories of each of its cells, those from other sections included.
    pub cell_size: u64,
    /// Those of each of its cells that come from sections before it.
    pub first_place: u64,
    /// The place of each trajectory in the cell that it had, if this is an excerpt of another section.
    pub places: Option<Arc<[u32]>>,
    /// Which of the spec's choices of one alternative of each role it is of; those of one choice follow each other.
    pub combination: u32,
    /// The first lambda of the whole table, where each draw of rows has a path of lambda of its own: its lambda is so many times as large as its
    /// first is.
    pub first_lambda: Option<f64>,
    /// The index in the whole sweep of the first trajectory that it adds to each of its cells, if these are some of another section's.
    selected: Option<Arc<[u64]>>,
}

impl Section {
    pub fn trajectories(&self) -> u64 {
        self.cells * self.pool
    }

    /// One digit a dimension for the trajectory `local` of the section.
    pub fn digits(&self, local: u64) -> Vec<u32> {
        self.grid.digits(local)
    }

    /// The digits of the next trajectory.
    pub fn advance(&self, digits: &mut [u32]) {
        self.grid.advance(digits);
    }

    /// The numbers of the trajectory `local` of the section.
    pub fn at(&self, local: u64) -> Point {
        // Each parameter adds a dimension at the most, and so do the start and the draws of rows.
        let mut digits = [0; MOST_PARAMETERS + 4];
        let digits = &mut digits[..self.grid.dimensions.len()];
        self.grid.digits_into(local, digits);
        self.point(local, digits)
    }

    /// The same, where its digits are known.
    pub fn point(&self, local: u64, digits: &[u32]) -> Point {
        let mut parameters = [0.0; MOST_PARAMETERS];
        let (start, own) = self.grid.slots.split_last().expect("a grid should have a start");
        for (parameter, slot) in parameters.iter_mut().zip(own) {
            *parameter = slot.value(digits);
        }
        Point { parameters, start: start.value(digits), place: self.place(local) }
    }

    /// The place of the trajectory `local` in its cell, modulo 2^32.
    pub fn place(&self, local: u64) -> u32 {
        match &self.places {
            Some(places) => places[local as usize],
            None => (self.first_place + local % self.pool) as u32,
        }
    }

    /// The value of the parameter `path` at these digits, `None` where no member of the section has it.
    pub fn value(&self, digits: &[u32], path: &str) -> Option<f32> {
        self.grid.slot(path).map(|slot| slot.value(digits))
    }
}

/// What a cell is: the kinds, and one value a coordinate (`None` where it does not apply, or varies within the cell).
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    pub problem: &'static Problem,
    pub penalty: &'static Penalty,
    pub optimizer: Optimizer,
    pub coordinates: Vec<Option<f32>>,
}

impl Cell {
    /// The kind of each role.
    pub fn kinds(&self) -> [(&'static str, &'static str); 3] {
        kinds(self.problem, self.penalty, self.optimizer)
    }
}

/// Each role with what a sweep has of it.
pub fn kinds(problem: &Problem, penalty: &Penalty, optimizer: Optimizer) -> [(&'static str, &'static str); 3] {
    [("problem", problem.member.kind), ("penalty", penalty.member.kind), ("optimizer", optimizer.name())]
}

/// The cells that share a problem, a penalty with its shape, and an optimizer.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    pub problem: &'static Problem,
    pub penalty: &'static Penalty,
    /// The values of the parameters that shape the penalty, in the order of its row; `None` where one is pooled, or tells no groups apart.
    pub shape: Vec<Option<f32>>,
    pub optimizer: Optimizer,
}

/// What tells a group from others, but for its optimizer: problem, penalty and shape (by bits).
pub type PenaltyKey = (&'static Problem, &'static Penalty, Vec<Option<u32>>);

impl Group {
    /// What it shares with the groups of other optimizers.
    pub fn penalty_key(&self) -> PenaltyKey {
        (self.problem, self.penalty, self.shape.iter().map(|value| value.map(f32::to_bits)).collect())
    }

    /// What tells it from others, to look it up by.
    pub fn key(&self) -> (PenaltyKey, Optimizer) {
        (self.penalty_key(), self.optimizer)
    }

    /// The kinds of its problem and its penalty.
    pub fn roles(&self) -> [(&'static str, &'static str); 2] {
        [("problem", self.problem.member.kind), ("penalty", self.penalty.member.kind)]
    }

    /// The value of the parameter called `name`, if it shapes the penalty and is not pooled.
    pub fn shape_called(&self, name: &str) -> Option<f32> {
        self.shapes().find(|(own, _)| *own == name)?.1
    }

    /// The parameters that shape its penalty, by name, with their values.
    pub fn shapes(&self) -> impl Iterator<Item = (&'static str, Option<f32>)> {
        self.penalty.shapes().map(|(_, name)| name).zip(self.shape.iter().copied())
    }
}

/// The names of all parameters that shape a penalty of `groups`, each once, in their order.
pub fn shape_names<'a>(groups: impl Iterator<Item = &'a Group>) -> Vec<&'static str> {
    let mut names = Vec::new();
    for (name, _) in groups.flat_map(Group::shapes) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// A spec as work to do.
#[derive(Clone, Debug)]
pub struct Plan {
    pub limits: Limits,
    pub sections: Vec<Section>,
    pub coordinates: Vec<Coordinate>,
    /// What a problem of many weights is made of.
    pub model: Option<Arc<Model>>,
    /// Whether a cell is one of a weight ([`Plan::by_weight`]).
    pub counts_weights: bool,
    /// Paths that tell no groups apart, though they may shape a penalty: along these it is not the spec that chooses the cells.
    pub ungrouped: Vec<String>,
    /// For each combination of the spec, [`Section::first_lambda`].
    pub first_lambdas: Vec<Option<f64>>,
    pub cells: u64,
    pub trajectories: u64,
}

impl Plan {
    /// Lays out the work of `spec`.
    pub fn new(spec: &Spec) -> Plan {
        let zero = &spec.zero;
        let limits = Limits {
            steps: spec.steps,
            tail: zero.tail,
            divergence: zero.divergence,
            tolerance: zero.tolerances.iter().copied().fold(0.0, f32::max),
            tolerances: zero.tolerances.clone(),
        };
        let ungrouped = spec.report.refine.as_ref().map(|refine| refine.along.clone()).unwrap_or_default();
        let mut plan = Plan {
            limits,
            sections: Vec::new(),
            coordinates: Vec::new(),
            model: None,
            counts_weights: false,
            ungrouped,
            first_lambdas: spec.combinations().map(first_lambda).collect(),
            cells: 0,
            trajectories: 0,
        };
        (0..).zip(spec.combinations()).for_each(|(number, combination)| plan.add(spec, number, combination));
        plan.coordinates = coordinates(spec, plan.sections.iter().map(|section| &section.grid));
        plan.count_cells();
        plan
    }

    /// Adds the sections of one alternative of each role: one for each run of values that one variant of the penalty serves.
    fn add(&mut self, spec: &Spec, number: u32, combination: Combination) {
        let Combination { problem, penalty, optimizer, .. } = combination;
        let grid = Grid::new(spec, combination);
        let kernel =
            |variant| Kernel { problem: problem.kind, penalty: penalty.kind, variant, optimizer: optimizer.kind };
        let Some((place, _)) = penalty.kind.variant_by else { return self.push(number, kernel(0), grid, false) };
        let slot = &grid.slots[problem.parameters.len() + place];
        let [(varied, _)] = slot.strides[..] else {
            return self.push(number, kernel(penalty.kind.variant(slot.values[0])), grid, false);
        };
        let mut kept = grid.all();
        for (index, (variant, digits)) in runs(penalty.kind, &slot.values, slot.pooled).into_iter().enumerate() {
            kept[varied] = digits;
            self.push(number, kernel(variant), grid.part(&kept), slot.pooled && index > 0);
        }
    }

    fn push(&mut self, combination: u32, kernel: Kernel, grid: Grid, shares_cells: bool) {
        let product = |pooled: bool| {
            let own = grid.dimensions.iter().filter(|dimension| dimension.pooled == pooled);
            own.map(|dimension| dimension.len as u64).product::<u64>()
        };
        let (cells, pool) = (product(false), product(true));
        let first_cell = if shares_cells { self.cells - cells } else { self.cells };
        let first = self.trajectories;
        self.cells = first_cell + cells;
        self.trajectories += cells * pool;
        self.sections.push(Section {
            kernel,
            grid,
            first,
            first_cell,
            cells,
            pool,
            cell_size: 0,
            first_place: 0,
            places: None,
            combination,
            first_lambda: self.first_lambdas[combination as usize],
            selected: None,
        });
    }

    /// Sets the size of every cell, and where in it a section begins: sections that share their cells add up.
    fn count_cells(&mut self) {
        for sharing in self.sections.chunk_by_mut(|a, b| a.first_cell == b.first_cell) {
            let size = sharing.iter().map(|section| section.pool).sum();
            let mut before = 0;
            for section in sharing {
                (section.cell_size, section.first_place) = (size, before);
                before += section.pool;
            }
        }
    }

    fn without_sections(&self) -> Plan {
        Plan {
            limits: self.limits.clone(),
            sections: Vec::new(),
            coordinates: self.coordinates.clone(),
            model: self.model.clone(),
            counts_weights: self.counts_weights,
            ungrouped: self.ungrouped.clone(),
            first_lambdas: self.first_lambdas.clone(),
            cells: 0,
            trajectories: 0,
        }
    }

    /// The same sections on other grids, numbered anew; those that share cells still do.
    pub fn on_grids(&self, grids: impl Iterator<Item = Grid>) -> Plan {
        let mut plan = self.without_sections();
        let mut before = None;
        for (section, grid) in self.sections.iter().zip(grids) {
            plan.push(section.combination, section.kernel, grid, before == Some(section.first_cell));
            before = Some(section.first_cell);
        }
        plan.count_cells();
        plan
    }

    /// The given cells, which ascend, as a plan of their own, numbered from 0.
    pub fn of_cells(&self, cells: &[u64]) -> Plan {
        let mut plan = self.without_sections();
        let mut before = None;
        for section in &self.sections {
            let from = cells.partition_point(|cell| *cell < section.first_cell);
            let to = cells.partition_point(|cell| *cell < section.first_cell + section.cells);
            if from == to {
                continue;
            }
            let locals = || cells[from..to].iter().map(|cell| (cell - section.first_cell) * section.pool);
            let digits: Vec<Vec<u32>> = locals().map(|local| section.digits(local)).collect();
            let grid = section.grid.of_cells(&digits);
            plan.push(section.combination, section.kernel, grid, before == Some(section.first_cell));
            let selected = locals().map(|local| section.first + local).collect();
            plan.sections.last_mut().expect("a section should have been added").selected = Some(selected);
            before = Some(section.first_cell);
        }
        plan.count_cells();
        plan
    }

    /// Where these trajectories are in the whole sweep: runs of neighbours, each with the index of its first one here.
    pub fn in_whole(&self, trajectories: Range<u64>) -> impl Iterator<Item = (u64, Range<u64>)> {
        let mut at = trajectories.start;
        std::iter::from_fn(move || {
            let own = at;
            let (section, local) = self.locate(own).filter(|_| own < trajectories.end)?;
            let (first, len) = match &section.selected {
                None => (own, section.trajectories() - local),
                Some(firsts) => {
                    let (cell, place) = (local / section.pool, local % section.pool);
                    (firsts[cell as usize] + place, section.pool - place)
                }
            };
            let len = len.min(trajectories.end - own);
            at += len;
            Some((own, first..first + len))
        })
    }

    /// The section and the trajectory within it of the trajectory `index` among all; `None` beyond the last.
    pub fn locate(&self, index: u64) -> Option<(&Section, u64)> {
        let after = self.sections.partition_point(|section| section.first <= index);
        let section = self.sections.get(after.checked_sub(1)?)?;
        (index - section.first < section.trajectories()).then_some((section, index - section.first))
    }

    /// The section and the trajectory within it of the trajectory `place` of a cell, counted through the cell's sections.
    pub fn trajectory_of_cell(&self, cell: u64, mut place: u64) -> (&Section, u64) {
        let sections = self.sections_of_cell(cell);
        let mut section = &sections[0];
        for next in &sections[1..] {
            if place >= section.pool {
                place -= section.pool;
                section = next;
            }
        }
        (section, (cell - section.first_cell) * section.pool + place)
    }

    /// The given trajectories, which ascend, as a plan of their own, numbered from 0, each in a cell of its own. Those that
    /// differ in the fastest dimension alone share a section.
    pub fn excerpt(&self, trajectories: &[u64]) -> Plan {
        let mut excerpt = self.without_sections();
        let locate = |index| self.locate(index).expect("an excerpt should hold trajectories of the plan");
        let row = |index| {
            let (section, local) = locate(index);
            let fastest = section.grid.dimensions.last().map_or(1, |dimension| dimension.len as u64);
            (section.first, local / fastest)
        };
        for row in trajectories.chunk_by(|&a, &b| row(a) == row(b)) {
            let (section, local) = locate(row[0]);
            let mut kept: Vec<Vec<u32>> = section.digits(local).into_iter().map(|digit| vec![digit]).collect();
            if let Some(fastest) = kept.last_mut() {
                let digit = |index| section.digits(index - section.first).last().copied();
                *fastest = row.iter().filter_map(|&index| digit(index)).collect();
            }
            let mut grid = section.grid.part(&kept);
            grid.dimensions.iter_mut().for_each(|dimension| dimension.pooled = false);
            let places = row.iter().map(|index| section.place(index - section.first)).collect();
            excerpt.push(section.combination, section.kernel, grid, false);
            excerpt.sections.last_mut().expect("a section should have been added").places = Some(places);
        }
        excerpt.count_cells();
        excerpt
    }

    /// What the cell `index` is.
    pub fn cell(&self, index: u64) -> Cell {
        let section = self.section_of_cell(index);
        let digits = section.digits((index - section.first_cell) * section.pool);
        let Kernel { problem, penalty, optimizer, .. } = section.kernel;
        let value = |coordinate: &Coordinate| {
            let slot = section.grid.slot(&coordinate.path).filter(|slot| !slot.pooled)?;
            Some(slot.value(&digits))
        };
        let coordinates = self.coordinates.iter().map(value).collect();
        Cell { problem, penalty, optimizer, coordinates }
    }

    /// The value of the parameter at `path` in the cell `index`, a coordinate or not; `None` where it has none there, or several.
    pub fn value(&self, index: u64, path: &str) -> Option<f32> {
        let section = self.section_of_cell(index);
        let slot = section.grid.slot(path).filter(|slot| !slot.pooled)?;
        Some(slot.value(&section.digits((index - section.first_cell) * section.pool)))
    }

    /// Trajectories of the cell `index`.
    pub fn cell_size(&self, index: u64) -> u64 {
        self.section_of_cell(index).cell_size
    }

    /// Independent draws behind a share of the cell `index`; `None` where nothing in it is drawn. Pooled axes are
    /// crossed, so where several are random, each draw of one meets every draw of the others, and the variance of a share
    /// p is at most p (1 - p) / n with n the fewest draws of any of them.
    pub fn draws(&self, index: u64) -> Option<u64> {
        let dimensions = self.section_of_cell(index).grid.dimensions.iter();
        let random = dimensions.filter(|dimension| dimension.pooled && dimension.random && dimension.len > 1);
        random.map(|dimension| dimension.len as u64).min()
    }

    /// The group that the cell `index` belongs to.
    pub fn group(&self, index: u64) -> Group {
        let section = self.section_of_cell(index);
        let Kernel { problem, penalty, optimizer, .. } = section.kernel;
        let first_of_penalty = section.kernel.own(Role::Penalty).start;
        let digits = section.digits((index - section.first_cell) * section.pool);
        let value = |slot: usize| {
            let slot = &section.grid.slots[slot];
            (!slot.pooled && !self.ungrouped.contains(&slot.path)).then(|| slot.value(&digits))
        };
        let shape = penalty.shapes().map(|(place, _)| value(first_of_penalty + place)).collect();
        Group { problem, penalty, shape, optimizer }
    }

    /// The last of the sections that the cell `index` belongs to.
    fn section_of_cell(&self, index: u64) -> &Section {
        let after = self.sections.partition_point(|section| section.first_cell <= index);
        &self.sections[after - 1]
    }

    /// The sections that the cell `index` belongs to: several where what parts a penalty's variants is pooled.
    pub fn sections_of_cell(&self, index: u64) -> &[Section] {
        let after = self.sections.partition_point(|section| section.first_cell <= index);
        let of_cell = |section: &&Section| index < section.first_cell + section.cells;
        let count = self.sections[..after].iter().rev().take_while(of_cell).count();
        &self.sections[after - count..after]
    }

    /// The kernels of the plan, each once.
    pub fn kernels(&self) -> Vec<Kernel> {
        let mut kernels: Vec<Kernel> = Vec::new();
        for section in &self.sections {
            if !kernels.contains(&section.kernel) {
                kernels.push(section.kernel);
            }
        }
        kernels
    }

    /// Updates of the whole sweep if no trajectory diverges.
    pub fn steps(&self) -> u128 {
        u128::from(self.trajectories) * u128::from(self.limits.steps)
    }
}

/// The first lambda of the whole table, where each draw of rows has a path of its own.
fn first_lambda(combination: Combination) -> Option<f64> {
    combination.penalty.parameters.iter().find_map(|axis| match axis.spacing {
        Spacing::Path(PathOf::EachDraw(first)) => Some(first),
        _ => None,
    })
}

/// The digits of a dimension along which these `values` lie, by the penalty's variant that serves them: neighbours in order; all
/// of one variant together where they are pooled.
fn runs(penalty: &Penalty, values: &[f32], pooled: bool) -> Vec<(usize, Vec<u32>)> {
    let variant = |digit: u32| penalty.variant(values[digit as usize]);
    let mut digits: Vec<u32> = (0..values.len() as u32).collect();
    if pooled {
        digits.sort_by_key(|&digit| variant(digit));
    }
    let runs = digits.chunk_by(|&a, &b| variant(a) == variant(b));
    runs.map(|run| (variant(run[0]), run.to_vec())).collect()
}
