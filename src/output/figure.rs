//! What a picture shows, before anything has a place: axes, facets and panels, and which cells belong where.

mod extent;
mod frame;
mod grid;
mod notes;
mod panel;
mod rows;
mod values;

pub(super) use extent::Extent;
pub(super) use frame::Frame;
pub(super) use grid::Grid;
pub(super) use panel::{Panel, Side};
pub(super) use values::{Value, refuse_nothing, value_of, values};

use std::collections::HashSet;

use super::drawing::PictureError;
use super::drawing::axis::Axis;
use super::drawing::mesh::{Mesh, x_mesh, y_mesh};
use super::map_table::{MapTable, Numbers, Shape};
use crate::output::Number;
use crate::spec::{Key, MapRequest, ROLES};
use crate::theory::ZeroForecast;
use notes::{notes, sides};
use rows::{Drawn, Placed, Values, panels};

/// The most panels that one picture holds.
pub const MAX_PANELS: usize = 100;

/// Why a map cannot be drawn.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MapError {
    #[error("map axis `{name}` is no coordinate of this sweep; name one of: {allowed}")]
    NoCoordinate { name: String, allowed: String },
    #[error("no cell of this sweep has {axes}; name axes of the same alternative")]
    NoCells { axes: String },
    #[error("no cell is left of this sweep that has all that `where` asks for; ask for less")]
    NoneLeft,
    #[error("no cell of this map has {name} = {value}, to take a difference of")]
    NoValue { name: String, value: String },
    #[error("no cell of this map has both {name} = {of} and {name} = {minus}; name other axes, or leave less out")]
    NoPair { name: String, of: String, minus: String },
    #[error(
        "map of {axes} needs {panels} panels but a picture holds at most {MAX_PANELS}; \
         name fewer facets than {facets}: the others are pooled"
    )]
    TooManyPanels { axes: String, panels: usize, facets: String },
    #[error("{0}")]
    Pixels(String),
}

impl From<PictureError> for MapError {
    fn from(error: PictureError) -> MapError {
        MapError::Pixels(error.to_string())
    }
}

/// The place of a row whose drawn cell leaves it out.
const NOWHERE: u32 = u32::MAX;

/// A picture's content, but for what it shows of each cell.
pub(super) struct Figure {
    /// The names of x and y; empty where the map has no such side.
    pub names: [String; 2],
    /// What these are in words.
    pub meanings: [Option<&'static str>; 2],
    /// Whether panels have unequal values of x, of y.
    pub differ: [bool; 2],
    /// The facets that take several values.
    pub facets: Vec<Facet>,
    /// In their order of appearance in the table.
    pub panels: Vec<Panel>,
    /// Sentences that a reader needs: what was pooled, merged or left out.
    pub notes: Vec<String>,
    /// The drawn cells, panel by panel, row by row from the bottom, each from the left.
    pub cells: Vec<Counts>,
    /// Each row of the table that is drawn, and the drawn cell that it belongs to.
    rows: Vec<(u32, u32)>,
    /// Whether a drawn cell holds several rows.
    pub is_summed: bool,
}

/// What is known of a drawn cell whatever it shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub trajectories: u64,
    /// What theory says of exact zeros.
    pub predicted: ZeroForecast,
    /// Audited trajectories whose fate differs in f64, and those of them that are zero in one of the two alone.
    pub differs: [u64; 2],
    /// Whether some of what it sums was not run.
    pub lacks_some: bool,
}

/// A coordinate that tells panels apart.
pub(super) struct Facet {
    pub name: String,
    /// Its values in order of appearance.
    pub keys: Vec<Key>,
    /// For each value, in order of appearance, the words of a header: `penalty.k = 0.5`.
    pub headers: Vec<String>,
    /// The value without a word of its own: where the coordinate does not apply, and another facet tells which member it is.
    pub silent: Option<usize>,
}

impl Facet {
    fn of(values: &Values, drawn: &Drawn, facets: &[&Values], request: &MapRequest) -> Facet {
        let mut headers = values.headers();
        for (key, header) in values.keys.iter().zip(&mut headers) {
            let is_told = |path: &String| {
                [&request.x, &request.y].contains(&path) || facets.iter().any(|other| other.name == path)
            };
            let own =
                drawn.table.shapes.iter().filter(|shape| values.name == "penalty" && *key == Key::Text(shape.kind));
            for Shape { path, value, .. } in own.filter(|shape| !is_told(&shape.path)) {
                let name = path.rsplit('.').next().unwrap_or(path);
                header.push_str(&format!(", {name}\u{a0}=\u{a0}{}", Number(*value)));
            }
        }
        let absent = values.keys.iter().position(|&key| key == Key::Absent);
        let role = values.name.split('.').next().unwrap_or_default();
        if let (Some(absent), Some(kinds)) = (absent, drawn.kinds_without(values.column, role)) {
            headers[absent] = format!("{role} =\u{a0}{kinds}");
        }
        let is_told = facets.iter().any(|other| other.name == role);
        let (name, keys) = (values.name.to_owned(), values.keys.clone());
        Facet { name, keys, headers, silent: absent.filter(|_| is_told) }
    }
}

/// How large the cells of a picture's panels are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// As much room as a heatmap's panels have: cells merge where there are too many.
    Map,
    /// Each cell alone, however near the next.
    Each,
}

impl Figure {
    /// Sorts the rows of `table` into panels and cells.
    pub(super) fn new(table: &MapTable, request: &MapRequest, layout: Layout) -> Result<Figure, MapError> {
        if table.rows() == 0 {
            return Err(MapError::NoneLeft);
        }
        let columns = [axis_column(table, &request.x)?, axis_column(table, &request.y)?];
        let drawn = Drawn::new(table, columns, request)?;
        if drawn.rows.is_empty() {
            return Err(MapError::NoCells { axes: sides(request, " and ") });
        }
        let of_difference = request.difference.as_ref().and_then(|difference| table.column(&difference.name));
        let others = (0..table.columns.len()).filter(|&column| !columns.contains(&Some(column)));
        let others: Vec<Values> =
            others.filter(|column| Some(*column) != of_difference).map(|column| drawn.values(column)).collect();
        let rank = |values: &Values| request.facets.iter().position(|name| name == values.name);
        let mut facets: Vec<&Values> = others.iter().filter(|v| v.keys.len() > 1 && rank(v).is_some()).collect();
        facets.sort_by_key(|values| rank(values));
        let (panels, panel_of) = panels(&drawn, request, &facets)?;

        let [across, up] = [0, 1].map(|side| drawn.axes(columns[side], side == 1, panels.len(), &panel_of));
        let differ = [&across, &up].map(|axes| axes.iter().any(|axis| axis.keys != axes[0].keys));
        let count = panels.len();
        let side = |side: usize, axis: Axis, mesh: Mesh| {
            let codes = columns[side].map(|column| table.columns[column].keys.as_slice());
            Side::new(columns[side], axis, mesh, codes.unwrap_or_default())
        };
        let sides = across.into_iter().zip(up).map(|(x, y)| {
            let meshes = match layout {
                Layout::Map => [x_mesh(&x, count), y_mesh(&y, count)],
                Layout::Each => [x_mesh(&x, count).whole(x.keys.len()), Mesh::each(y.keys.len(), 1.0)],
            };
            [side(0, x, meshes[0]), side(1, y, meshes[1])]
        });
        let mut first = 0;
        let panel = |(facets, sides): (Vec<usize>, [Side; 2])| {
            let panel = Panel::new(facets, sides, first);
            first = panel.cells.end;
            panel
        };
        let panels: Vec<Panel> = panels.into_iter().zip(sides).map(panel).collect();
        let placed = Placed::new(&drawn, &panels, &panel_of);
        let is_summed = |values: &&Values| values.keys.len() > 1 && placed.is_summed(&drawn, values.column);
        let unnamed = others.iter().filter(|values| rank(values).is_none());
        let summed: Vec<&Values> = unnamed.filter(is_summed).collect();
        let notes = notes(request, &others, &drawn, &summed, &panels, differ, layout);
        let facets = facets.iter().map(|values| Facet::of(values, &drawn, &facets, request)).collect();
        let names = [request.x.clone(), request.y.clone()];
        let meanings = columns.map(|column| column.and_then(|own| table.columns[own].meaning));
        let is_summed = panels.iter().any(|panel| panel.x.mesh.block * panel.y.mesh.block > 1) || !summed.is_empty();
        let cells = vec![Counts::default(); first];
        let mut figure = Figure { names, meanings, differ, facets, panels, notes, cells, rows: Vec::new(), is_summed };
        figure.count(table, &drawn, &placed, &panel_of);
        Ok(figure)
    }

    /// Puts every row into its drawn cell; the cells of the grid that were not run, or in part alone, are left out of theirs.
    fn count(&mut self, table: &MapTable, drawn: &Drawn, placed: &Placed, panel_of: &[u32]) {
        let trajectories = table.numbers("trajectories");
        let counted = |row: u32| trajectories.get(row as usize).unwrap_or(0);
        let lacking: HashSet<u64> = drawn
            .rows
            .iter()
            .zip(&placed.cells)
            .filter(|(row, _)| counted(**row) == 0)
            .map(|(_, cell)| *cell)
            .collect();
        let predicted = ["predicted_zero", "predicted_other", "predicted_silent"].map(|name| table.numbers(name));
        let differ = ["audit_differs", "audit_differs_zero"].map(|name| table.numbers(name));
        let known = |column: &Numbers, row: usize| column.get(row).unwrap_or(0);
        let Figure { panels, cells, rows, .. } = self;
        rows.reserve_exact(drawn.rows.len());
        for ((&row, &panel), cell) in drawn.rows.iter().zip(panel_of).zip(&placed.cells) {
            let place = panels[panel as usize].drawn_cell(table, row as usize);
            let counts = &mut cells[place];
            if !lacking.is_empty() && lacking.contains(cell) {
                counts.lacks_some = true;
                rows.push((row, NOWHERE));
                continue;
            }
            let at = row as usize;
            counts.trajectories += counted(row);
            let [zero, other, silent] = predicted.map(|column| known(column, at));
            counts.predicted += ZeroForecast { zero, other, silent };
            counts.differs = [0, 1].map(|kind| counts.differs[kind] + known(differ[kind], at));
            rows.push((row, place as u32));
        }
    }

    /// The rows of each drawn cell, as pairs of a row and the cell's place.
    pub(super) fn placed_rows(&self) -> impl Iterator<Item = (usize, usize)> {
        let placed = self.rows.iter().filter(|(_, place)| *place != NOWHERE);
        placed.map(|(row, place)| (*row as usize, *place as usize))
    }

    /// The drawn cells of a panel.
    pub(super) fn cells_of(&self, panel: &Panel) -> &[Counts] {
        &self.cells[panel.cells.clone()]
    }

    /// Whether some cell lacks part of what it would sum.
    pub(super) fn is_partial(&self) -> bool {
        self.cells.iter().any(|cell| cell.lacks_some)
    }

    /// Whether some cell of the map was never run.
    pub(super) fn has_gaps(&self) -> bool {
        self.cells.iter().any(|cell| cell.trajectories == 0)
    }
}

/// The column that an axis shows; `None` for an unnamed one.
fn axis_column(table: &MapTable, name: &str) -> Result<Option<usize>, MapError> {
    // A role of one kind has no column.
    if name.is_empty() || ROLES.contains(&name) && table.column(name).is_none() {
        return Ok(None);
    }
    table.column(name).map(Some).ok_or_else(|| no_coordinate(table, name))
}

fn no_coordinate(table: &MapTable, name: &str) -> MapError {
    let allowed: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
    MapError::NoCoordinate { name: name.to_string(), allowed: allowed.join(", ") }
}
