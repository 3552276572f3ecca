//! The first slice of a kernel that was never timed, from its operations and the device's probe.

use super::pace::{FIRST_SLICE, LONGEST_SLICE, SLICE_TIME};
use crate::kernel::Kernel;
use crate::operations::Operations;

/// Operations of the probe's plain step, and those by which a driver sees the events of a step, or more.
const PLAIN_STEP: f64 = 5.0;
const EVENTS: f64 = 20.0;

/// Sums that a quotient or a root is as long as, or more.
const SPECIAL: f64 = 8.0;

/// Steps of the first slice of `kernel`, where so many `plain` steps of a batch as large fit into 50 ms: rather too few than too
/// many.
pub fn first_slice(plain: f64, kernel: Kernel) -> u32 {
    let operations = Operations::of_step(kernel);
    let step = f64::from(operations.plain) + SPECIAL * f64::from(operations.special) + EVENTS;
    let fitting = plain * PLAIN_STEP / step * SLICE_TIME.as_secs_f64() / 0.05;
    (fitting as u32 / FIRST_SLICE * FIRST_SLICE).clamp(FIRST_SLICE, LONGEST_SLICE)
}
