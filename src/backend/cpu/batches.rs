//! The batches of a run, by index. None of them is stored: there may be 10^9.

use super::LANES;
use crate::backend::RunOptions;
use crate::backend::weights::Meetings;
use crate::plan::Plan;
use crate::work::{Stretch, Work};
use std::borrow::Cow;

/// Steps that a batch takes: some ten milliseconds of one core.
const STEPS_OF_A_BATCH: u64 = 1 << 25;

/// Cells that a batch counts at the most: each takes some hundred bytes while it is on its way.
const CELLS_OF_A_BATCH: u64 = 1 << 11;

/// Outcomes that a batch brings at the most.
const OUTCOMES_OF_A_BATCH: u64 = 1 << 13;

/// Trajectories of a batch where nobody says otherwise.
pub fn default_batch(plan: &Plan) -> u64 {
    if let Some(model) = &plan.model {
        return super::weights::default_batch(plan, model);
    }
    let lanes = LANES as u64;
    let pool = plan.sections.iter().map(|section| section.pool).min().unwrap_or(1);
    let most = (1 << 16).min(pool.saturating_mul(CELLS_OF_A_BATCH));
    (STEPS_OF_A_BATCH / u64::from(plan.limits.steps)).clamp(lanes, most) / lanes * lanes
}

pub struct Batches<'a> {
    /// The most trajectories of a batch, for each stretch.
    sizes: Vec<u64>,
    work: Cow<'a, Work>,
    /// The index of the first batch of each stretch.
    first: Vec<usize>,
    len: usize,
}

impl<'a> Batches<'a> {
    pub fn new(plan: &Plan, options: &'a RunOptions) -> Batches<'a> {
        let most = if options.rows { OUTCOMES_OF_A_BATCH } else { u64::MAX };
        let size = options.batch.unwrap_or_else(|| default_batch(plan).min(most)).max(1);
        let work = options.work_on(plan);
        // Of many weights those that start from different places are looked at together.
        let together = |stretch: &Stretch| match plan.model {
            Some(_) => Meetings::together(&plan.sections[stretch.section]),
            None => 1,
        };
        let sizes: Vec<u64> = work.stretches().iter().map(|stretch| size.next_multiple_of(together(stretch))).collect();
        let mut len = 0;
        let first = work.stretches().iter().zip(&sizes).map(|(stretch, size)| {
            let first = len;
            len += stretch.len.div_ceil(*size) as usize;
            first
        });
        let first = first.collect();
        Batches { sizes, work, first, len }
    }

    pub fn len(&self) -> usize {
        self.len
    }

    pub fn get(&self, index: usize) -> Option<Stretch> {
        if index >= self.len {
            return None;
        }
        let place = self.first.partition_point(|first| *first <= index) - 1;
        let offset = (index - self.first[place]) as u64 * self.sizes[place];
        Some(self.work.stretches()[place].part(offset, self.sizes[place]))
    }
}
