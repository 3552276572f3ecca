//! A part of a plan that is large, taken evenly along each of its axes.

use crate::plan::{Dimension, Plan};

/// Trajectories of a sample, at the most.
pub const MOST_TRAJECTORIES: u64 = 1 << 21;

/// Steps of a sample, at the most, unless it is a few trajectories that take so many.
pub const MOST_STEPS: u64 = 10_000_000_000;

/// A plan that holds some of the trajectories of another.
#[derive(Clone, Debug)]
pub struct Sample<'a> {
    whole: &'a Plan,
    pub plan: Plan,
}

impl<'a> Sample<'a> {
    /// The whole plan, if it has no more than `most` trajectories; else the plan with values left out of its longest axes,
    /// pooled ones first, until it has. First and last values stay.
    pub fn new(whole: &'a Plan, most: u64) -> Sample<'a> {
        let mut plan = whole.clone();
        while plan.trajectories > most
            && let Some(path) = longest(&plan)
        {
            let thinned = |(dimension, all): (&Dimension, &Dimension)| {
                let is_thinned = dimension.path == path && dimension.values.len() > 1;
                if is_thinned { thin(dimension, all) } else { dimension.clone() }
            };
            let axes =
                plan.sections.iter().zip(&whole.sections).map(|(section, of_whole)| {
                    section.dimensions.iter().zip(&of_whole.dimensions).map(thinned).collect()
                });
            plan = whole.on_axes(axes);
        }
        Sample { whole, plan }
    }

    /// The index in the whole plan of the sample's trajectory `index`.
    pub fn index(&self, index: u64) -> u64 {
        let position = self.plan.sections.partition_point(|section| section.first <= index) - 1;
        let (section, whole) = (&self.plan.sections[position], &self.whole.sections[position]);
        let digits = section.digits(index - section.first);
        let dimensions = digits.iter().zip(&section.dimensions).zip(&whole.dimensions);
        whole.first
            + dimensions.fold(0, |local, ((digit, kept), all)| {
                let (kept, all) = (kept.values.len(), all.values.len());
                local * all as u64 + spread(*digit as usize, kept, all) as u64
            })
    }

    /// Whether anything was left out.
    pub fn is_whole(&self) -> bool {
        self.plan.trajectories == self.whole.trajectories
    }
}

/// The path of the axis with the most values, of the pooled ones if any has more than one.
fn longest(plan: &Plan) -> Option<String> {
    let dimensions = plan.sections.iter().flat_map(|section| &section.dimensions);
    let long = dimensions.filter(|dimension| dimension.values.len() > 1);
    long.max_by_key(|dimension| (dimension.pooled, dimension.values.len())).map(|dimension| dimension.path.clone())
}

/// Half of the values that are left, spread over all.
fn thin(dimension: &Dimension, all: &Dimension) -> Dimension {
    let kept = dimension.values.len() / 2;
    let values = (0..kept).map(|index| all.values[spread(index, kept, all.values.len())]).collect();
    Dimension { values, ..all.clone() }
}

/// The place among `all` values of the one at `index` among `kept`.
fn spread(index: usize, kept: usize, all: usize) -> usize {
    if kept == 1 { 0 } else { index * (all - 1) / (kept - 1) }
}
