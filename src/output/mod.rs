//! What a run leaves behind: tables, pictures and a record, in a folder of their own.

mod best_recovery;
mod cache;
mod caption;
mod cells;
mod charts;
mod choice;
mod chosen_lambdas;
mod chosen_weights;
mod coefficients;
mod contours;
pub mod course;
mod disk;
pub mod drawing;
mod end_points;
pub mod figure;
mod folder;
pub mod heatmap;
mod held_out;
pub mod lines;
pub mod map_table;
mod maps;
pub mod marks;
pub mod members;
#[cfg(not(target_arch = "wasm32"))]
pub mod page;
mod parquet;
mod portrait;
mod progress;
mod record;
mod recoveries;
#[cfg(not(target_arch = "wasm32"))]
mod report;
mod runs;
#[cfg(not(target_arch = "wasm32"))]
mod speeds;
mod stability;
mod table;
mod weight_cells;
mod weight_maps;
mod words;

pub use best_recovery::{BestRecovery, Recovery};
pub use cache::ProbeCache;
pub use caption::model_in_words;
pub use cells::{Standings, cells};
pub use charts::charts;
pub use choice::{Chosen, choose};
pub use chosen_lambdas::{ChosenLambdas, without_cell};
pub use chosen_weights::chosen_csv;
pub use coefficients::{WeightLines, WeightTables};
pub use contours::{CONTOURS, contours};
pub use disk::{open_read, put, read as read_plain};
pub use end_points::has_end_points;
pub use folder::{
    CELLS, CELLS_PARQUET, CHARTS, CHOSEN, COEFFICIENTS, CURVE, END_POINTS, Folder, MACHINE, OutputError, PARTIAL,
    PROGRESS, RECORD, REPORT, ROWS, RowsDraft, SPEC, STABILITY, is_busy, short,
};
pub use held_out::{ChosenLambda, Edge, HeldOut, Rule};
pub use maps::{Maps, MapsError, Pictures, Tabulated, places, wants_maps};
pub use parquet::CellsParquet;
pub use portrait::portraits;
pub use progress::{Origin, Progress, ProgressError, Shard};
pub use record::{Device, MachineRecord, RunRecord, of_model, recorded_groups};
#[cfg(not(target_arch = "wasm32"))]
pub use report::Report;
pub use runs::RunFile;
#[cfg(not(target_arch = "wasm32"))]
pub use speeds::speeds;
pub use stability::{Selected, StableSet, in_words};
pub use table::{Rows, curve_csv};
pub use weight_cells::{CellOfWeights, Coefficient, DamagedLine, OfWeight, OfWhole, WeightCells};
pub use weight_maps::{weight_maps, weight_pictures};
pub use words::{counted, not_convex, one_sided};

pub use crate::number::Number;
use crate::statistics::Kind;
use std::fmt;

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

/// 1234567 as 1,234,567.
pub fn grouped(number: impl fmt::Display) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
