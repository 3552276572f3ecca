//! The batches of a plan, by index. None of them is stored: there may be 10^9.

use super::LANES;
use crate::backend::RunOptions;
use crate::plan::Plan;

/// Steps that a batch takes: some ten milliseconds of one core.
const STEPS_OF_A_BATCH: u64 = 1 << 25;

/// Neighbouring trajectories of one section.
#[derive(Clone, Copy)]
pub struct Stretch {
    pub section: usize,
    /// First trajectory, counted within the section.
    pub local: u64,
    pub len: u64,
}

pub struct Batches {
    size: u64,
    /// For each section the index of its first batch, and its trajectories.
    sections: Vec<(usize, std::ops::Range<u64>)>,
    len: usize,
}

impl Batches {
    pub fn new(plan: &Plan, options: &RunOptions) -> Batches {
        let lanes = LANES as u64;
        let chosen = (STEPS_OF_A_BATCH / u64::from(plan.limits.steps)).clamp(lanes, 1 << 16);
        let size = options.batch.unwrap_or(chosen / lanes * lanes).max(1);
        let mut len = 0;
        let mut sections = Vec::new();
        for section in &plan.sections {
            let part = options.part_of(section);
            let batches = part.end.saturating_sub(part.start).div_ceil(size);
            sections.push((len, part));
            len += batches as usize;
        }
        Batches { size, sections, len }
    }

    pub fn len(&self) -> usize {
        self.len
    }

    pub fn get(&self, index: usize) -> Option<Stretch> {
        if index >= self.len {
            return None;
        }
        let section = self.sections.partition_point(|(first, _)| *first <= index) - 1;
        let (first, part) = &self.sections[section];
        let local = part.start + (index - first) as u64 * self.size;
        Some(Stretch { section, local, len: self.size.min(part.end - local) })
    }
}
