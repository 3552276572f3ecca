//! Panels with a pixel for each cell of the grid, where a picture has too few for them.

use super::layer::Layer;
use super::scale::Scale;
use crate::output::drawing::{Colour, PictureError, pixels_png};
use crate::output::figure::{Figure, Panel, Value, value_of};
use crate::output::map_table::MapTable;
use rayon::prelude::*;

/// Where nothing is known, and where there is nothing to show.
const MISSING: Colour = 0xffffff;
const NEVER: Colour = 0xd9d9d9;

/// A PNG a panel, without axes; none where each cell is drawn in the picture itself, where several are summed, or where cells say
/// nothing of themselves.
pub(super) fn pixels(table: &MapTable, figure: &Figure, layer: &Layer) -> Result<Vec<Vec<u8>>, PictureError> {
    let cells = |panel: &Panel| panel.x.axis.keys.len() * panel.y.axis.keys.len();
    let is_merged = figure.panels.iter().any(|panel| panel.x.mesh.block * panel.y.mesh.block > 1);
    let is_summed = figure.panels.iter().map(cells).sum::<usize>() != figure.placed_rows().count();
    let Some(value) = value_of(table, layer.measure).filter(|_| is_merged && !is_summed) else { return Ok(Vec::new()) };
    let mut rasters: Vec<Vec<Colour>> = figure.panels.iter().map(|panel| vec![MISSING; cells(panel)]).collect();
    for (row, drawn) in figure.placed_rows() {
        let number = figure.panels.partition_point(|panel| panel.cells.end <= drawn);
        rasters[number][figure.panels[number].place(table, row) as usize] = colour(value(row), &layer.scale);
    }
    let file = |(panel, raster): (&Panel, Vec<Colour>)| {
        let width = panel.x.axis.keys.len();
        // The first row of a file is its uppermost.
        let downward: Vec<Colour> = raster.rchunks(width).flatten().copied().collect();
        let about = figure.facets.iter().zip(&panel.facets).map(|(facet, &value)| facet.headers[value].clone());
        let about: Vec<String> = [layer.words.named.clone()].into_iter().chain(about).collect();
        pixels_png(width as u32, &downward, &about.join("; "))
    };
    figure.panels.par_iter().zip(rasters).map(file).collect()
}

fn colour(value: Value, scale: &Scale) -> Colour {
    scale.colour(value).unwrap_or(if value == Value::Missing { MISSING } else { NEVER })
}
