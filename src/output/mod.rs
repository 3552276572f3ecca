//! What a run leaves behind: tables, pictures and a record, in a folder of their own.

mod folder;
pub mod heatmap;
mod maps;
mod record;
mod table;

pub use folder::{Draft, Folder, OutputError};
pub use maps::{Maps, maps};
pub use record::{Device, RunRecord};
pub use table::{Rows, cells_csv};

/// A number as tables and labels show it: the shortest text that reads back as the same f32.
pub fn number(value: f32) -> String {
    if value == 0.0 || (1e-4..1e7).contains(&value.abs()) { value.to_string() } else { format!("{value:e}") }
}
