//! Heatmaps, judged by what a reader sees: pixels at the places of cells, and texts that nothing covers.

mod cells;
mod layout;
mod page;
mod reader;
mod requests;
mod sweep;
