//! A part of a plan that is large, taken evenly along each of its axes.

use crate::plan::{Plan, is_of_draws};

/// Trajectories of a sample, at the most.
pub const MOST_TRAJECTORIES: u64 = 1 << 21;

/// Steps of a sample, at the most, unless it is a few trajectories that take so many.
pub const MOST_STEPS: u64 = 10_000_000_000;

/// A plan that holds some of the trajectories of another.
#[derive(Clone, Debug)]
pub struct Sample<'a> {
    whole: &'a Plan,
    /// For each section the digits that are left, dimension by dimension.
    left: Vec<Vec<Vec<u32>>>,
    pub plan: Plan,
}

impl<'a> Sample<'a> {
    /// The whole plan, if it has no more than `most` trajectories; else the plan with values left out of its longest
    /// dimensions, pooled ones first, until it has. First and last values stay, and so do all draws of rows, by whose number each is known.
    pub fn new(whole: &'a Plan, most: u64) -> Sample<'a> {
        let left = whole.sections.iter().map(|section| section.grid.all()).collect();
        let mut sample = Sample { whole, left, plan: whole.clone() };
        while sample.plan.trajectories > most
            && let Some(path) = longest(&sample.plan)
        {
            sample.thin(&path);
        }
        sample
    }

    /// Takes half of the digits that are left of a dimension, spread over all.
    fn thin(&mut self, path: &str) {
        for (section, left) in self.whole.sections.iter().zip(&mut self.left) {
            for (dimension, digits) in section.grid.dimensions.iter().zip(left) {
                if dimension.path == path && digits.len() > 1 {
                    let kept = digits.len() / 2;
                    *digits = (0..kept).map(|index| spread(index, kept, dimension.len) as u32).collect();
                }
            }
        }
        let sections = self.whole.sections.iter().zip(&self.left);
        self.plan = self.whole.on_grids(sections.map(|(section, left)| section.grid.part(left)));
    }

    /// The index in the whole plan of the sample's trajectory `index`.
    pub fn index(&self, index: u64) -> u64 {
        let position = self.plan.sections.partition_point(|section| section.first <= index) - 1;
        let (section, whole) = (&self.plan.sections[position], &self.whole.sections[position]);
        let digits = section.digits(index - section.first);
        let dimensions = digits.iter().zip(&self.left[position]).zip(&whole.grid.dimensions);
        whole.first
            + dimensions.fold(0, |local, ((digit, left), dimension)| {
                local * dimension.len as u64 + u64::from(left[*digit as usize])
            })
    }

    /// Whether anything was left out.
    pub fn is_whole(&self) -> bool {
        self.plan.trajectories == self.whole.trajectories
    }
}

/// The path of the longest dimension, of the pooled ones if any has more than one value.
fn longest(plan: &Plan) -> Option<String> {
    let dimensions = plan.sections.iter().flat_map(|section| &section.grid.dimensions);
    let long = dimensions.filter(|dimension| dimension.len > 1 && !is_of_draws(dimension));
    long.max_by_key(|dimension| (dimension.pooled, dimension.len)).map(|dimension| dimension.path.clone())
}

/// The place among `all` values of the one at `index` among `kept`.
fn spread(index: usize, kept: usize, all: usize) -> usize {
    if kept == 1 { 0 } else { index * (all - 1) / (kept - 1) }
}
