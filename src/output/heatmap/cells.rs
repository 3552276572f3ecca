//! The cells of a map's panels as SVG.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::layer::Layer;
use super::scale::Scale;
use crate::output::drawing::Colour;
use crate::output::drawing::page::{Fill, Page, Plot};
use crate::output::drawing::svg::{self, fill_of, number, push};
use crate::output::figure::{Figure, Panel, Value};

/// The whole document.
pub(super) fn write(page: &Page, figure: &Figure, layer: &Layer) -> String {
    svg::write(page, |svg| {
        for (plot, panel) in page.plots.iter().zip(&figure.panels) {
            write_cells(svg, plot, panel, layer);
        }
    })
}

/// What a cell is filled with, in the order in which fills are written.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Paint {
    Missing,
    Never,
    Colour(Colour),
}

impl Paint {
    fn of(value: Value, scale: &Scale) -> Paint {
        match (value, scale.colour(value)) {
            (_, Some(colour)) => Paint::Colour(colour),
            (Value::Missing, None) => Paint::Missing,
            (_, None) => Paint::Never,
        }
    }
}

/// A panel's cells in cell units, y growing upward: one path for each colour, one rectangle for each run of it.
fn write_cells(svg: &mut String, plot: &Plot, panel: &Panel, layer: &Layer) {
    let (columns, across, up) = (panel.x.mesh.count, panel.x.mesh.pixels, panel.y.mesh.pixels);
    let (left, bottom) = (plot.left, plot.top + plot.height);
    let mut runs: BTreeMap<Paint, String> = BTreeMap::new();
    for (y, row) in layer.values[panel.cells.clone()].chunks(columns).enumerate() {
        let paints: Vec<Paint> = row.iter().map(|value| Paint::of(*value, &layer.scale)).collect();
        let mut x = 0;
        for run in paints.chunk_by(|a, b| a == b) {
            let length = run.len();
            let path = runs.entry(run[0]).or_default();
            let written = match run[0] {
                Paint::Colour(_) => write!(path, "M{x} {y}h{length}v1h-{length}z"),
                // The lines of a pattern are as far apart in every picture, however large its cells.
                Paint::Missing | Paint::Never => {
                    let at = [left + x as f64 * across, bottom - (y + 1) as f64 * up].map(number);
                    let [width, height] = [length as f64 * across, up].map(number);
                    write!(path, "M{} {}h{width}v{height}h-{width}z", at[0], at[1])
                }
            };
            written.expect("writing to a string should not fail");
            x += run.len();
        }
    }
    let mut colours = String::new();
    for (paint, path) in runs {
        let (fill, into) = match paint {
            Paint::Missing => (Fill::NoData, &mut *svg),
            Paint::Never => (Fill::Never, &mut *svg),
            Paint::Colour(colour) => (Fill::Colour(colour), &mut colours),
        };
        push(into, format_args!("<path fill=\"{}\" d=\"{path}\"/>", fill_of(fill)));
    }
    let [across, up, left, bottom] = [across, up, left, bottom].map(number);
    push(svg, format_args!("<g transform=\"translate({left} {bottom}) scale({across} -{up})\">"));
    svg.push_str(&colours);
    svg.push_str("</g>\n");
}
