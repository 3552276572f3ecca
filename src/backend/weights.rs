//! What the backends share of trajectories of many weights: what a draw of rows is to them, when one has ended, and how it is counted.

mod counted;
mod drawn;
mod ending;
mod meetings;

pub use counted::Counted;
pub use drawn::{Drawn, Form};
pub use ending::{Ending, Judge, Last, Stand};
pub use meetings::Meetings;

use crate::kernel::{Kernel, Role};
use crate::plan::Point;
use crate::spec::AUTOMATIC_RATE;

/// The values of a kernel's parameters at `point`, and the learning rate of the draw where none is given.
pub fn parameters<'a>(kernel: Kernel, point: &'a Point, drawn: &Drawn) -> impl Iterator<Item = f32> + use<'a> {
    let rate = kernel.own(Role::Optimizer).start;
    let automatic = drawn.rate;
    let own = move |(place, value): (usize, &f32)| {
        if place == rate && *value == AUTOMATIC_RATE { automatic } else { *value }
    };
    point.parameters[..kernel.parameters().count()].iter().enumerate().map(own)
}
