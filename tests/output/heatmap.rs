//! Heatmaps, judged by what a reader sees: pixels at the places of cells, lines between them, and texts that nothing covers.

mod boundary;
mod cells;
mod layout;
mod measures;
mod page;
pub mod reader;
mod requests;
pub mod sweep;
