//! What one batch asks of the device, in the layout of `shaders/driver.wgsl`.

use crate::lanes::MOST_PARAMETERS;
use crate::plan::{Limits, Section};
use crate::verdict::{Scale, layout};
use bytemuck::{Pod, Zeroable};

/// Words of the tallies before the first cell.
pub const HEADER_WORDS: u64 = layout::HEADER as u64;

/// Bytes of a trajectory on its way: `struct Course`.
pub const COURSE_BYTES: u64 = 60;

/// The most slots: one a parameter, and the start; in whole vectors of four.
const MOST_SLOTS: usize = (MOST_PARAMETERS + 1).next_multiple_of(4);

const _: () = assert!(MOST_SLOTS == 4 * 6, "SLOT_VECTORS of shaders/driver.wgsl should be MOST_SLOTS / 4");

/// `struct Dimension`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
struct DeviceDimension {
    len: u32,
    first_digit: u32,
    padding: [u32; 2],
    strides: [u32; MOST_SLOTS],
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
    /// Words of one cell's counters.
    pub words: u32,
    buckets: u32,
    tolerance_count: u32,
    until: u32,
    dimension_count: u32,
    /// The first trajectory's place in its cell.
    first_place: u32,
    /// The place of a cell's first trajectory.
    base_place: u32,
    /// Where `tables` holds the places of an excerpt's trajectories, two halves each; 0 where they are counted.
    places: u32,
    /// 1 where invocations take their trajectories from the list of `compact`.
    is_compacted: u32,
    tolerances: [f32; 8],
    offsets: [u32; MOST_SLOTS],
    dimensions: [DeviceDimension; MOST_SLOTS],
}

impl Job {
    /// The `trajectories` of `section` from its trajectory `local` on.
    pub fn new(limits: &Limits, section: &Section, local: u64, trajectories: u32) -> Job {
        let mut tolerances = [0.0; 8];
        tolerances[..limits.tolerances.len()].copy_from_slice(&limits.tolerances);
        let Layout { offsets, dimensions } = Layout::new(section, local);
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
            dimension_count: section.grid.dimensions.len() as u32,
            first_place: section.place(local),
            base_place: section.first_place as u32,
            places: section.places.as_ref().map_or(0, |_| (table_len(section) + 2 * local) as u32),
            is_compacted: 0,
            tolerances,
            offsets,
            dimensions,
        }
    }

    /// The same batch, for a slice that ends at the step `until`; only those that are listed take part where it is compacted.
    pub fn until(self, until: u32, is_compacted: bool) -> Job {
        Job { until, is_compacted: u32::from(is_compacted), ..self }
    }
}

/// Where a trajectory finds its numbers.
struct Layout {
    offsets: [u32; MOST_SLOTS],
    dimensions: [DeviceDimension; MOST_SLOTS],
}

impl Layout {
    fn new(section: &Section, local: u64) -> Layout {
        let slots = &section.grid.slots;
        let mut offsets = [0; MOST_SLOTS];
        let mut end = 0;
        for (offset, slot) in offsets.iter_mut().zip(slots) {
            *offset = end;
            end += slot.values.len() as u32;
        }
        let mut dimensions = [DeviceDimension::zeroed(); MOST_SLOTS];
        let digits = section.digits(local);
        let own = section.grid.dimensions.iter().zip(digits).rev();
        for (place, (own, first_digit)) in dimensions.iter_mut().zip(own) {
            *place = DeviceDimension { len: own.len as u32, first_digit, ..*place };
        }
        let count = section.grid.dimensions.len();
        for (number, slot) in slots.iter().enumerate() {
            for &(dimension, stride) in &slot.strides {
                dimensions[count - 1 - dimension].strides[number] = stride as u32;
            }
        }
        Layout { offsets, dimensions }
    }
}

/// The tables of all slots, in the places that [`Job`] gives them; behind them the places of an excerpt's trajectories, whose halves
/// f32 holds.
pub fn tables(section: &Section) -> Vec<f32> {
    let places = section.places.iter().flat_map(|places| places.iter());
    let halves = places.flat_map(|place| [(place >> 16) as f32, (place & 0xffff) as f32]);
    section.grid.slots.iter().flat_map(|slot| slot.values.iter().copied()).chain(halves).collect()
}

/// How many values the tables of all slots have together.
fn table_len(section: &Section) -> u64 {
    section.grid.slots.iter().map(|slot| slot.values.len() as u64).sum()
}

/// Bytes of the tables of a section.
pub fn table_bytes(section: &Section) -> u64 {
    let places = section.places.as_ref().map_or(0, |places| places.len() as u64);
    (table_len(section) + 2 * places) * 4
}

/// Words of one cell's counters.
pub fn cell_words(limits: &Limits) -> u64 {
    layout::words(limits.steps) as u64
}
