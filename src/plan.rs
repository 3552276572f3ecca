//! A spec as a list of work: sections of one kernel each, cells, and the way from an index to its parameters.
//!
//! A *section* is one alternative of each role with one kernel: a grid of axes whose pooled axes vary fastest, so that the
//! trajectories of a cell are neighbours. Parameters that shape a penalty vary slowest, so that the cells of a group are
//! neighbours, too, and one alternative with many exponents falls into few sections. Trajectories are numbered through all
//! sections; so are cells, except that the sections into which a *pooled* parameter falls share their cells.

use crate::kernel::{Kernel, Role};
use crate::lanes::MOST_PARAMETERS;
use crate::optimizer::Optimizer;
use crate::penalty::Penalty;
use crate::problem::Problem;
use crate::spec::{Axis, Choice, Spacing, Spec};
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

/// One axis of a section: a table of values and what it varies.
#[derive(Clone, Debug)]
pub struct Dimension {
    /// The parameter's place among those of the kernel; one beyond the last for the start.
    pub slot: usize,
    pub path: String,
    pub values: Arc<[f32]>,
    pub pooled: bool,
    /// Drawn from a distribution.
    pub random: bool,
}

/// A grid of trajectories that one kernel runs.
#[derive(Clone, Debug)]
pub struct Section {
    pub kernel: Kernel,
    /// Slowest first: coordinates, then pooled axes.
    pub dimensions: Vec<Dimension>,
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
}

impl Section {
    pub fn trajectories(&self) -> u64 {
        self.cells * self.pool
    }

    /// The values of the axis that varies fastest.
    fn fastest(&self) -> &[f32] {
        self.dimensions.last().map_or(&[], |dimension| &dimension.values)
    }

    /// One digit a dimension for the trajectory `local` of the section.
    pub fn digits(&self, mut local: u64) -> Vec<u32> {
        let mut digits = vec![0; self.dimensions.len()];
        for (digit, dimension) in digits.iter_mut().zip(&self.dimensions).rev() {
            let len = dimension.values.len() as u64;
            *digit = (local % len) as u32;
            local /= len;
        }
        digits
    }

    /// The digits of the next trajectory.
    pub fn advance(&self, digits: &mut [u32]) {
        for (digit, dimension) in digits.iter_mut().zip(&self.dimensions).rev() {
            *digit += 1;
            if (*digit as usize) < dimension.values.len() {
                return;
            }
            *digit = 0;
        }
    }

    /// The numbers of the trajectory `local` of the section.
    pub fn at(&self, local: u64) -> Point {
        self.point(local, &self.digits(local))
    }

    /// The same, where its digits are known.
    pub fn point(&self, local: u64, digits: &[u32]) -> Point {
        let mut point = Point { parameters: [0.0; MOST_PARAMETERS], start: 0.0, place: self.place(local) };
        let start = self.dimensions.len() - 1;
        for (digit, dimension) in digits.iter().zip(&self.dimensions) {
            let value = dimension.values[*digit as usize];
            if dimension.slot == start { point.start = value } else { point.parameters[dimension.slot] = value }
        }
        point
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
        let index = self.dimensions.iter().position(|dimension| dimension.path == path)?;
        Some(self.dimensions[index].values[digits[index] as usize])
    }
}

/// A coordinate of the cells: a parameter that takes several values and is not pooled.
#[derive(Clone, Debug, PartialEq)]
pub struct Coordinate {
    pub path: String,
    /// Its values are spaced geometrically wherever it takes several.
    pub geometric: bool,
}

/// What a cell is: the kinds, and one value a coordinate (`None` where it does not apply).
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
    /// The values of the parameters that shape the penalty, in the order of its row; `None` where one is pooled.
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
        let mut plan = Plan { limits, sections: Vec::new(), coordinates: coordinates(spec), cells: 0, trajectories: 0 };
        for problem in &spec.problems {
            for penalty in &spec.penalties {
                for optimizer in &spec.optimizers {
                    plan.add(spec, problem, penalty, optimizer);
                }
            }
        }
        plan.count_cells();
        plan
    }

    /// Adds the sections of one alternative of each role: one for each run of values that one variant of the penalty serves.
    fn add(
        &mut self,
        spec: &Spec,
        problem: &Choice<&'static Problem>,
        penalty: &Choice<&'static Penalty>,
        optimizer: &Choice<Optimizer>,
    ) {
        let in_order = problem.parameters.iter().chain(&penalty.parameters).chain(&optimizer.parameters);
        let dimension = |(slot, axis): (usize, &Axis)| Dimension {
            slot,
            path: axis.path.clone(),
            values: axis.values.as_slice().into(),
            pooled: spec.report.pool.contains(&axis.path),
            random: axis.spacing == Spacing::Random,
        };
        let mut dimensions: Vec<Dimension> = in_order.chain([&spec.start]).enumerate().map(dimension).collect();
        let first_of_penalty = problem.parameters.len();
        let shapes: Vec<usize> = penalty.kind.shapes().map(|(place, _)| first_of_penalty + place).collect();
        let varied = penalty.kind.variant_by.map(|(place, _)| first_of_penalty + place);
        let runs = varied.map_or_else(|| vec![(0, None)], |slot| runs(penalty.kind, &dimensions[slot]));
        let pools_variants = varied.is_some_and(|slot| dimensions[slot].pooled);
        dimensions.sort_by_key(|dimension| (dimension.pooled, !shapes.contains(&dimension.slot)));
        for (index, (variant, values)) in runs.into_iter().enumerate() {
            let kernel = Kernel { problem: problem.kind, penalty: penalty.kind, variant, optimizer: optimizer.kind };
            let mut own = dimensions.clone();
            for dimension in own.iter_mut().filter(|dimension| Some(dimension.slot) == varied) {
                dimension.values = values.clone().unwrap_or(dimension.values.clone());
            }
            self.push(kernel, own, pools_variants && index > 0);
        }
    }

    fn push(&mut self, kernel: Kernel, dimensions: Vec<Dimension>, shares_cells: bool) {
        let product = |pooled: bool| {
            let lens = dimensions.iter().filter(|dimension| dimension.pooled == pooled);
            lens.map(|dimension| dimension.values.len() as u64).product::<u64>()
        };
        let (cells, pool) = (product(false), product(true));
        let first_cell = if shares_cells { self.cells - cells } else { self.cells };
        let first = self.trajectories;
        self.cells = first_cell + cells;
        self.trajectories += cells * pool;
        self.sections.push(Section {
            kernel,
            dimensions,
            first,
            first_cell,
            cells,
            pool,
            cell_size: 0,
            first_place: 0,
            places: None,
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

    /// The same sections on other axes, numbered anew; those that share cells still do.
    pub fn on_axes(&self, axes: impl Iterator<Item = Vec<Dimension>>) -> Plan {
        let (limits, coordinates) = (self.limits.clone(), self.coordinates.clone());
        let mut plan = Plan { limits, sections: Vec::new(), coordinates, cells: 0, trajectories: 0 };
        let mut before = None;
        for (section, dimensions) in self.sections.iter().zip(axes) {
            plan.push(section.kernel, dimensions, before == Some(section.first_cell));
            before = Some(section.first_cell);
        }
        plan.count_cells();
        plan
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

    /// The given trajectories, which ascend, as a plan of their own, numbered from 0. Those that differ in the fastest axis
    /// alone share a section.
    pub fn excerpt(&self, trajectories: &[u64]) -> Plan {
        let mut excerpt = Plan {
            limits: self.limits.clone(),
            sections: Vec::new(),
            coordinates: Vec::new(),
            cells: 0,
            trajectories: 0,
        };
        let locate = |index| self.locate(index).expect("an excerpt should hold trajectories of the plan");
        let row = |index| {
            let (section, local) = locate(index);
            (section.first, local / section.fastest().len() as u64)
        };
        for row in trajectories.chunk_by(|&a, &b| row(a) == row(b)) {
            let (section, local) = locate(row[0]);
            let mut dimensions = section.dimensions.clone();
            for (dimension, digit) in dimensions.iter_mut().zip(section.digits(local)) {
                dimension.values = [dimension.values[digit as usize]].into();
                dimension.pooled = false;
            }
            let fastest = section.fastest();
            let taken = row.iter().map(|index| fastest[((index - section.first) % fastest.len() as u64) as usize]);
            dimensions.last_mut().expect("a section should have axes").values = taken.collect();
            let places = row.iter().map(|index| section.place(index - section.first)).collect();
            excerpt.push(section.kernel, dimensions, false);
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
        let coordinates = self.coordinates.iter().map(|coordinate| section.value(&digits, &coordinate.path)).collect();
        Cell { problem, penalty, optimizer, coordinates }
    }

    /// Trajectories of the cell `index`.
    pub fn cell_size(&self, index: u64) -> u64 {
        self.section_of_cell(index).cell_size
    }

    /// Independent draws behind a share of the cell `index`; `None` where nothing in it is drawn. Pooled axes are
    /// crossed, so where several are random, each draw of one meets every draw of the others, and the variance of a share
    /// p is at most p (1 - p) / n with n the fewest draws of any of them.
    pub fn draws(&self, index: u64) -> Option<u64> {
        let dimensions = self.section_of_cell(index).dimensions.iter();
        let random = dimensions.filter(|dimension| dimension.pooled && dimension.random && dimension.values.len() > 1);
        random.map(|dimension| dimension.values.len() as u64).min()
    }

    /// The group that the cell `index` belongs to.
    pub fn group(&self, index: u64) -> Group {
        let section = self.section_of_cell(index);
        let Kernel { problem, penalty, optimizer, .. } = section.kernel;
        let first_of_penalty = section.kernel.own(Role::Penalty).start;
        let digits = section.digits((index - section.first_cell) * section.pool);
        let value = |slot: usize| {
            let at = section.dimensions.iter().position(|dimension| dimension.slot == slot && !dimension.pooled)?;
            Some(section.dimensions[at].values[digits[at] as usize])
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

/// The values of an axis by the penalty's variant that serves them: neighbours in order; all of one variant together where the
/// axis is pooled.
fn runs(penalty: &Penalty, axis: &Dimension) -> Vec<(usize, Option<Arc<[f32]>>)> {
    let mut values = axis.values.to_vec();
    if axis.pooled {
        values.sort_by_key(|&value| penalty.variant(value));
    }
    let runs = values.chunk_by(|&a, &b| penalty.variant(a) == penalty.variant(b));
    runs.map(|run| (penalty.variant(run[0]), Some(run.into()))).collect()
}

/// The parameters that take several values and are not pooled, in the order of the members' tables.
fn coordinates(spec: &Spec) -> Vec<Coordinate> {
    let axes: Vec<&Axis> = spec.axes().collect();
    let mut coordinates: Vec<Coordinate> = Vec::new();
    for axis in &axes {
        let known = coordinates.iter().any(|coordinate| coordinate.path == axis.path);
        if known || spec.report.pool.contains(&axis.path) {
            continue;
        }
        let same: Vec<&&Axis> = axes.iter().filter(|other| other.path == axis.path).collect();
        if same.iter().any(|other| other.values.iter().any(|value| *value != axis.values[0])) {
            let swept = || same.iter().filter(|other| other.values.len() > 1);
            let geometric = swept().count() > 0 && swept().all(|other| other.spacing == Spacing::Geometric);
            coordinates.push(Coordinate { path: axis.path.clone(), geometric });
        }
    }
    coordinates
}
