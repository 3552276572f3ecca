//! Tables, pictures and pages, read back as a reader would.

mod charts;
mod contours;
mod heatmap;
mod lines;
mod map_table;
mod marks;
mod parquet;
mod pdf;
mod readme;
mod refine;
mod results;
#[path = "../support/mod.rs"]
mod support;
