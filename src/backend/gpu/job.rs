//! What one batch asks of the device, in the layout of `shaders/driver.wgsl`.

use crate::plan::{Limits, Section, Slot};
use crate::verdict::{Fate, Histogram, OCTAVES, Tally};
use bytemuck::{Pod, Zeroable};

/// Words of the tallies before the first cell.
pub const HEADER_WORDS: u64 = 1;

/// Bytes of a trajectory's state: `struct State`.
pub const STATE_BYTES: u64 = 44;

#[repr(C)]
#[derive(Clone, Copy, Debug, Default, Pod, Zeroable)]
struct DeviceDimension {
    slot: u32,
    offset: u32,
    len: u32,
    first_digit: u32,
}

/// `struct Job`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
pub struct Job {
    pub trajectories: u32,
    steps: u32,
    tail: u32,
    divergence: f32,
    tolerance: f32,
    first_pool: u32,
    pool: u32,
    buckets: u32,
    tolerance_count: u32,
    until: u32,
    padding: [u32; 2],
    tolerances: [f32; 8],
    dimensions: [DeviceDimension; Slot::COUNT],
}

impl Job {
    /// The `trajectories` of `section` from its trajectory `local` on.
    pub fn new(limits: &Limits, section: &Section, local: u64, trajectories: u32) -> Job {
        let mut tolerances = [0.0; 8];
        tolerances[..limits.tolerances.len()].copy_from_slice(&limits.tolerances);
        let first_pool = (section.pool - local % section.pool).min(u64::from(trajectories));
        Job {
            trajectories,
            steps: limits.steps,
            tail: limits.tail,
            divergence: limits.divergence,
            tolerance: limits.tolerance,
            first_pool: first_pool as u32,
            pool: section.pool.min(u64::from(u32::MAX)) as u32,
            buckets: Histogram::buckets(limits.steps) as u32,
            tolerance_count: limits.tolerances.len() as u32,
            until: 0,
            padding: [0; 2],
            tolerances,
            dimensions: dimensions(section, local),
        }
    }

    /// The same batch, for a slice that ends at the step `until`.
    pub fn until(self, until: u32) -> Job {
        Job { until, ..self }
    }
}

/// The section's axes, fastest first; slots without an axis hold the single value 0 at the table's start.
fn dimensions(section: &Section, local: u64) -> [DeviceDimension; Slot::COUNT] {
    let digits = section.digits(local);
    let mut offset = 1;
    let mut placed = Vec::new();
    for (dimension, first_digit) in section.dimensions.iter().zip(digits) {
        let len = dimension.values.len() as u32;
        placed.push(DeviceDimension { slot: dimension.slot as u32, offset, len, first_digit });
        offset += len;
    }
    placed.reverse();
    for slot in 0..Slot::COUNT as u32 {
        if placed.iter().all(|dimension| dimension.slot != slot) {
            placed.push(DeviceDimension { slot, offset: 0, len: 1, first_digit: 0 });
        }
    }
    placed.try_into().expect("a section should have at most one axis a slot")
}

/// The values of all axes, in the places that [`Job`] gives them.
pub fn tables(section: &Section) -> Vec<f32> {
    let values = section.dimensions.iter().flat_map(|dimension| dimension.values.iter().copied());
    std::iter::once(0.0).chain(values).collect()
}

/// Words of one cell's counters.
pub fn cell_words(limits: &Limits) -> u64 {
    (Fate::ALL.len() + 1 + limits.tolerances.len() + OCTAVES + 2 * Histogram::buckets(limits.steps)) as u64
}

/// One cell's counters as a tally.
pub fn tally(words: &[u32], limits: &Limits) -> Tally {
    let (fates, rest) = words.split_at(Fate::ALL.len());
    let crossed = u64::from(rest[0]);
    let (within, rest) = rest[1..].split_at(limits.tolerances.len());
    let (amplitudes, histograms) = rest.split_at(OCTAVES);
    let (first_zero, first_crossing) = histograms.split_at(histograms.len() / 2);
    let histogram = |counts: &[u32]| {
        let mut histogram = Histogram::default();
        let counted = counts.iter().enumerate().filter(|(_, count)| **count > 0);
        counted.for_each(|(bucket, count)| histogram.add(bucket, u64::from(*count)));
        histogram
    };
    Tally {
        trajectories: fates.iter().map(|&count| u64::from(count)).sum(),
        fates: std::array::from_fn(|fate| u64::from(fates[fate])),
        crossed,
        within: within.iter().map(|&count| u64::from(count)).collect(),
        amplitudes: histogram(amplitudes),
        first_zero: histogram(first_zero),
        first_crossing: histogram(first_crossing),
    }
}
