//! What one batch asks of the device, in the layout of `shaders/driver.wgsl`.

use crate::lanes::MOST_PARAMETERS;
use crate::plan::{Limits, Section};
use crate::verdict::{Scale, layout};
use bytemuck::{Pod, Zeroable};

/// Words of the tallies before the first cell.
pub const HEADER_WORDS: u64 = layout::HEADER as u64;

/// Bytes of a trajectory on its way: `struct Course`.
pub const COURSE_BYTES: u64 = 60;

/// The most axes: one a parameter, and the start.
const MOST_AXES: usize = MOST_PARAMETERS + 1;

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
    words: u32,
    buckets: u32,
    tolerance_count: u32,
    until: u32,
    /// The first trajectory's place in its cell.
    first_place: u32,
    /// The place of a cell's first trajectory.
    base_place: u32,
    /// Where `tables` holds the places of an excerpt's trajectories, two halves each; 0 where they are counted.
    places: u32,
    padding: [u32; 2],
    tolerances: [f32; 8],
    /// Those of the kernel's slots come first; the device reads no other.
    dimensions: [DeviceDimension; MOST_AXES],
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
            words: cell_words(limits) as u32,
            buckets: Scale::COARSE.buckets(limits.steps) as u32,
            tolerance_count: limits.tolerances.len() as u32,
            until: 0,
            first_place: section.place(local),
            base_place: section.first_place as u32,
            places: section.places.as_ref().map_or(0, |_| (values(section) as u64 + 2 * local) as u32),
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

/// The section's axes, fastest first.
fn dimensions(section: &Section, local: u64) -> [DeviceDimension; MOST_AXES] {
    let digits = section.digits(local);
    let mut offset = 0;
    let mut placed = [DeviceDimension::default(); MOST_AXES];
    let places = placed[..digits.len()].iter_mut().rev();
    for ((dimension, first_digit), place) in section.dimensions.iter().zip(digits).zip(places) {
        let len = dimension.values.len() as u32;
        *place = DeviceDimension { slot: dimension.slot as u32, offset, len, first_digit };
        offset += len;
    }
    placed
}

/// How many values the axes have together.
fn values(section: &Section) -> usize {
    section.dimensions.iter().map(|dimension| dimension.values.len()).sum()
}

/// The values of all axes, in the places that [`Job`] gives them; behind them the places of an excerpt's trajectories, whose halves f32
/// holds.
pub fn tables(section: &Section) -> Vec<f32> {
    let places = section.places.iter().flat_map(|places| places.iter());
    let halves = places.flat_map(|place| [(place >> 16) as f32, (place & 0xffff) as f32]);
    section.dimensions.iter().flat_map(|dimension| dimension.values.iter().copied()).chain(halves).collect()
}

/// Words of one cell's counters.
pub fn cell_words(limits: &Limits) -> u64 {
    layout::words(limits.steps) as u64
}
