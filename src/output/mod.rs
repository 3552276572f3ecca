//! What a run leaves behind: tables, pictures and a record, in a folder of their own.

mod cache;
mod folder;
pub mod heatmap;
mod maps;
mod record;
mod table;

pub use cache::ProbeCache;
pub use folder::{CELLS, Draft, Folder, OutputError, RECORD, ROWS, SPEC};
pub use maps::{Maps, maps};
pub use record::{Device, RunRecord};
pub use table::{Rows, cells_csv};

use std::fmt;

/// A number as tables and labels show it: the shortest text that reads back as the same f32.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Number(pub f32);

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Number(value) = *self;
        if value == 0.0 || (1e-4..1e7).contains(&value.abs()) { write!(f, "{value}") } else { write!(f, "{value:e}") }
    }
}
