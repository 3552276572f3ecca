//! Heatmaps of a sweep: what a measure says of each cell, as a colour.
//!
//! A map shows one coordinate against another, one panel for each combination of the facets, all panels on the
//! same axes. Coordinates that a request leaves out are pooled: their counts are summed, and the picture says so.
//!
//! The stages go one way: table and request -> figure (axes, panels) -> layer (values, scale, theory) -> page (every shape
//! and label at its place) -> SVG -> PNG.

mod boundary;
mod cells;
mod hatch;
mod layer;
mod legend;
mod pixels;
mod scale;
mod stipple;

use super::drawing::page::{Bold, Curve, Dash, Dot, INK, Page, Plot};
use super::drawing::{Caption, Picture, colour::ink_on};
use super::figure::{Figure, Frame, Grid, Layout, MapError, Panel, Side, refuse_nothing};
use super::map_table::MapTable;
use super::marks::Marks;
use crate::spec::{Key, MapRequest, Measure};
use boundary::{Corner, Line};
use hatch::hatch;
use layer::Layer;
use pixels::pixels;
use serde_json::{Value, json};
use stipple::stipple;

/// What a request shows that names no measure.
pub const USUAL: [Measure; 2] = [Measure::ZERO_RATE, Measure::Fate];

/// Draws a request, a picture a measure, where trajectories are called `noun`.
///
/// An empty `y` gives a single strip along x. A facet that is no coordinate of the table takes one value and is ignored.
///
/// # Errors
/// Where an axis is no coordinate, no cell has both, pixels cannot be encoded, or the facets ask for more than [`MAX_PANELS`](super::figure::MAX_PANELS) panels.
pub fn draw(
    table: &MapTable,
    request: &MapRequest,
    caption: &Caption,
    noun: &str,
    marks: &Marks,
) -> Result<Vec<Picture>, MapError> {
    let figure = Figure::new(table, request, Layout::Map)?;
    let grid = Grid::new(&figure);
    let measures = if request.measures.is_empty() { &USUAL[..] } else { &request.measures };
    let picture = |measure: &Measure| {
        let layer = Layer::new(table, &figure, request, *measure, noun);
        refuse_nothing(request, &layer.values)?;
        let page = page(&figure, &grid, &layer, caption, marks);
        let places = request.difference.is_none().then(|| places(&figure, &page, request));
        let svg = cells::write(&page, &figure, &layer);
        let pixels = match request.difference.is_none() && table.run().is_some() {
            true => pixels(table, &figure, &layer)?,
            false => Vec::new(),
        };
        Ok(Picture { places, pixels, ..Picture::new(super::maps::stem(*measure, request), svg) })
    };
    measures.iter().map(picture).collect()
}

/// Where the cells are: for each panel its left, top, width and height, the values of its facets, and for each drawn column and row the
/// first value there, as texts.
fn places(figure: &Figure, page: &Page, request: &MapRequest) -> Value {
    let at = |(name, key): (&str, Key)| (key != Key::Absent).then(|| format!("{name}={key}"));
    let only = request.only.iter().filter(|only| only.keys.len() == 1).map(|only| (only.name.as_str(), only.keys[0]));
    let only: Vec<String> = only.filter_map(at).collect();
    let panels = figure.panels.iter().zip(&page.plots).map(|(panel, plot)| {
        let side = |side: &Side| {
            side.axis.keys.chunks(side.mesh.block).map(|keys| keys[0].to_string()).collect::<Vec<String>>()
        };
        let own =
            figure.facets.iter().zip(&panel.facets).map(|(facet, &value)| (facet.name.as_str(), facet.keys[value]));
        json!({
            "plot": [plot.left, plot.top, plot.width, plot.height],
            "at": own.filter_map(at).chain(only.clone()).collect::<Vec<String>>(),
            "x": side(&panel.x),
            "y": side(&panel.y),
        })
    });
    let panels: Vec<Value> = panels.collect();
    json!({ "width": page.width, "height": page.height, "x": request.x, "y": request.y, "panels": panels })
}

fn page(figure: &Figure, grid: &Grid, layer: &Layer, caption: &Caption, marks: &Marks) -> Page {
    let frame = Frame::new(figure, grid);
    let title = format!("{}: {}", caption.sweep, layer.words.shown);
    let mut page = Page::new(frame.width, title);
    let notes = figure.notes.iter().chain(&layer.notes).chain([&marks.note]).map(String::as_str);
    let notes: Vec<&str> = notes.filter(|note| !note.is_empty()).collect();
    page.heading(&layer.words.named, caption, &notes.join(" "));
    page.legend(layer, figure);
    page.theory_entries(layer);
    if layer.has_differences(figure) {
        page.hatch_entry(layer.words.differing);
    }
    for (index, plot) in frame.put(&mut page).into_iter().enumerate() {
        page.over_cells(figure, index, layer, &plot);
        page.uprights(&marks.uprights_of(figure, index), &plot);
    }
    page
}

impl Page {
    /// What stands over the cells of a panel.
    fn over_cells(&mut self, figure: &Figure, index: usize, layer: &Layer, plot: &Plot) {
        let panel = &figure.panels[index];
        self.boundaries(panel, layer.boundaries.get(index).map_or(&[], Vec::as_slice), plot);
        if layer.marks_silence {
            self.silence(figure, panel, layer, plot);
        }
        self.hatch(figure, panel, layer, plot);
    }

    /// Thin dark lines on white ones, which no colour hides.
    fn uprights(&mut self, uprights: &[(f64, Dash)], plot: &Plot) {
        for (x, dash) in uprights {
            let x = plot.left + x;
            for (ink, width, dash) in [(0xffffff, 2.0, Dash::Solid), (INK, 1.0, *dash)] {
                let points = vec![(x, plot.top), (x, plot.top + plot.height)];
                self.curves.push(Curve { points, ink, width, dash });
            }
        }
    }

    /// The predicted boundaries of exact zero between a panel's cells.
    fn boundaries(&mut self, panel: &Panel, boundaries: &[Line], plot: &Plot) {
        let place = |&(column, row): &Corner| {
            let x = plot.left + column as f64 * panel.x.mesh.pixels;
            (x, plot.top + plot.height - row as f64 * panel.y.mesh.pixels)
        };
        self.bold.extend(boundaries.iter().map(|(kind, corners)| {
            let points = corners.iter().map(place).collect();
            Bold { points, dash: kind.dash() }
        }));
    }

    /// Dots over a panel's cells of which theory leaves trajectories open.
    fn silence(&mut self, figure: &Figure, panel: &Panel, layer: &Layer, plot: &Plot) {
        let (cells, values) = (figure.cells_of(panel), &layer.values[panel.cells.clone()]);
        let is_silent = |index: usize| cells[index].predicted.silent > 0;
        let (across, up) = (&panel.x.mesh, &panel.y.mesh);
        for (index, (x, y)) in stipple([across.count, up.count], [across.pixels, up.pixels], is_silent) {
            let ink = layer.scale.colour(values[index]).map_or(0x000000, ink_on);
            self.dots.push(Dot { at: (plot.left + x, plot.top + plot.height - y), ink });
        }
    }

    /// The hatching over a panel's cells in which what is shown differs in f64.
    fn hatch(&mut self, figure: &Figure, panel: &Panel, layer: &Layer, plot: &Plot) {
        let (columns, across, up) = (panel.x.mesh.count, panel.x.mesh.pixels, panel.y.mesh.pixels);
        let cells = figure.cells_of(panel).iter().enumerate();
        for (index, _) in cells.filter(|(_, cell)| layer.differs(cell)) {
            let (column, row) = (index % columns, index / columns);
            let (left, top) = (plot.left + column as f64 * across, plot.top + plot.height - (row + 1) as f64 * up);
            self.hatching.extend(hatch(Plot { left, top, width: across, height: up }, plot));
        }
    }
}
