//! What a run leaves behind: tables, pictures and a record, in a folder of their own.

mod cache;
mod caption;
mod cells;
mod charts;
pub mod course;
mod disk;
pub mod drawing;
mod folder;
pub mod heatmap;
mod maps;
pub mod members;
mod portrait;
mod progress;
mod record;
mod runs;
mod speeds;
mod table;

pub use cache::ProbeCache;
pub use cells::cells;
pub use charts::charts;
pub use disk::read as read_plain;
pub use folder::{
    CELLS, CHARTS, CURVE, Folder, MACHINE, OutputError, PARTIAL, PROGRESS, RECORD, ROWS, RowsDraft, SPEC, is_busy,
    short,
};
pub use maps::{Maps, maps, wants_maps};
pub use portrait::portraits;
pub use progress::{Origin, Progress, ProgressError, Shard};
pub use record::{Device, MachineRecord, RunRecord, recorded_groups};
pub use runs::RunFile;
pub use speeds::speeds;
pub use table::{Rows, curve_csv};

use crate::statistics::Kind;
use std::fmt;

/// A number as tables and labels show it: the shortest text that reads back as the same f32, or f64.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Number<T>(pub T);

impl<T: Copy + Into<f64> + fmt::Display + fmt::LowerExp> fmt::Display for Number<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Number(value) = *self;
        let size: f64 = value.into().abs();
        let is_short = size == 0.0 || (f64::from(1e-4_f32)..1e7).contains(&size);
        if is_short { write!(f, "{value}") } else { write!(f, "{value:e}") }
    }
}

impl fmt::Display for Kind {
    /// As tables and legends name it: `zero`, `near_zero 0.001`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.fate().name())?;
        if let Kind::NearZero(tolerance) = self { write!(f, " {}", Number(*tolerance)) } else { Ok(()) }
    }
}

/// A share in percent: `12.3`; never 0 for some, nor 100 for less than all.
pub fn percent(count: u64, total: u64) -> String {
    let share = 100.0 * count as f64 / total as f64;
    match count {
        0 => "0".to_owned(),
        all if all == total => "100".to_owned(),
        _ if share < 0.05 => "<0.1".to_owned(),
        _ if share >= 99.95 => ">99.9".to_owned(),
        _ => format!("{share:.1}"),
    }
}
