//! The cells of a map's panels as SVG.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::colour::Measure;
use super::figure::Figure;
use super::panel::Panel;
use crate::output::drawing::Colour;
use crate::output::drawing::page::{Block, Fill, Page, Plot};
use crate::output::drawing::svg::{self, hex, number, push, write_block};

/// The whole document.
pub(super) fn write(page: &Page, figure: &Figure, measure: Measure) -> String {
    svg::write(page, |svg| {
        for (plot, panel) in page.plots.iter().zip(&figure.panels) {
            write_cells(svg, plot, panel, measure);
        }
    })
}

/// A panel's cells in cell units, y growing upward: one path for each colour, one rectangle for each run of it.
fn write_cells(svg: &mut String, plot: &Plot, panel: &Panel, measure: Measure) {
    let Panel { x, y, cells, .. } = panel;
    let [across, up] = [x.mesh.pixels, y.mesh.pixels].map(number);
    let Plot { left, top, width, height } = *plot;
    if cells.iter().any(|cell| cell.trajectories == 0) {
        write_block(svg, &Block { left, top, width, height, fill: Fill::NoData });
    }
    let mut runs: BTreeMap<Colour, String> = BTreeMap::new();
    for (y, row) in cells.chunks(x.mesh.count).enumerate() {
        let colours: Vec<Option<Colour>> = row.iter().map(|cell| measure.colour(cell)).collect();
        let mut x = 0;
        for run in colours.chunk_by(|a, b| a == b) {
            if let Some(colour) = run[0] {
                let length = run.len();
                write!(runs.entry(colour).or_default(), "M{x} {y}h{length}v1h-{length}z")
                    .expect("writing to a string should not fail");
            }
            x += run.len();
        }
    }
    let [left, bottom] = [left, top + height].map(number);
    push(svg, format_args!("<g transform=\"translate({left} {bottom}) scale({across} -{up})\">"));
    for (colour, path) in runs {
        push(svg, format_args!("<path fill=\"{}\" d=\"{path}\"/>", hex(colour)));
    }
    svg.push_str("</g>\n");
}
