//! What a picture shows, before anything has a place: axes, facets and panels, and which cells belong where.

mod extent;
mod frame;
mod grid;
mod panel;
mod values;

pub(super) use extent::Extent;
pub(super) use frame::Frame;
pub(super) use grid::Grid;
pub(super) use panel::{Panel, Side};
pub(super) use values::{Value, values};

use std::collections::{BTreeMap, HashMap, HashSet};

use super::drawing::axis::{Axis, Scale};
use super::drawing::labels::labels;
use super::drawing::mesh::{Mesh, x_mesh, y_mesh};
use super::map_table::{MapTable, Numbers, Shape};
use crate::output::Number;
use crate::spec::{Key, MapRequest};
use crate::theory::ZeroForecast;

/// The most panels that one picture holds.
pub const MAX_PANELS: usize = 100;

/// Why a map cannot be drawn.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MapError {
    #[error("map axis `{name}` is no coordinate of this sweep; name one of: {allowed}")]
    NoCoordinate { name: String, allowed: String },
    #[error("no cell of this sweep has {axes}; name axes of the same alternative")]
    NoCells { axes: String },
    #[error("no cell of this map has {name} = {value}, to take a difference of")]
    NoValue { name: String, value: String },
    #[error(
        "map of `{x}` and `{y}` needs {panels} panels but a picture holds at most {MAX_PANELS}; \
         name fewer facets than {facets}: the others are pooled"
    )]
    TooManyPanels { x: String, y: String, panels: usize, facets: String },
}

/// The place of a row whose drawn cell leaves it out.
const NOWHERE: u32 = u32::MAX;

/// A picture's content, but for what it shows of each cell.
pub(super) struct Figure {
    /// The names of x and y; empty where the map has no such side.
    pub names: [String; 2],
    /// What these are in words.
    pub meanings: [Option<String>; 2],
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
        Facet { headers, silent: absent.filter(|_| is_told) }
    }
}

/// The rows that a map draws: those that have both x and y.
struct Drawn<'a> {
    table: &'a MapTable,
    rows: Vec<u32>,
    /// How many rows lack x or y.
    left_out: usize,
}

/// The distinct keys of one column among the drawn rows, numbered in their order of appearance.
struct Values<'a> {
    column: usize,
    name: &'a str,
    keys: Vec<Key>,
    /// For each place among the column's keys the place here, if some row has it.
    index: Vec<Option<usize>>,
}

impl Values<'_> {
    /// `penalty.k = 0.5` for each value; the no-break space keeps a value with its sign of equality.
    fn headers(&self) -> Vec<String> {
        let labels = labels(&self.keys);
        let header = |(key, label): (&Key, String)| match key {
            Key::Absent => format!("no {}", self.name),
            _ => format!("{} =\u{a0}{label}", self.name),
        };
        self.keys.iter().zip(labels).map(header).collect()
    }

    /// `optimizer (subgradient and proximal)`, `penalty.k (6 values)`
    fn summary(&self) -> String {
        let present: Vec<Key> = self.keys.iter().copied().filter(|&key| key != Key::Absent).collect();
        let texts = present.iter().all(|key| matches!(key, Key::Text(_)));
        match present.len() {
            1..=4 if texts => format!("{} ({})", self.name, list(&labels(&present))),
            1 => format!("{} (1 value)", self.name),
            count => format!("{} ({count} values)", self.name),
        }
    }
}

impl<'a> Drawn<'a> {
    fn new(table: &'a MapTable, sides: [Option<usize>; 2], request: &MapRequest) -> Result<Drawn<'a>, MapError> {
        let absent = sides.map(|side| {
            side.and_then(|column| Some((&table.columns[column].codes, table.columns[column].place_of(Key::Absent)?)))
        });
        let has = |row: usize| absent.iter().flatten().all(|(codes, absent)| codes[row] != *absent);
        let rows: Vec<u32> = (0..table.rows()).filter(|row| has(*row)).map(|row| row as u32).collect();
        let left_out = table.rows() - rows.len();
        let mut drawn = Drawn { table, rows, left_out };
        if let Some(difference) = &request.difference {
            let keys = [difference.of, difference.minus];
            let Some(column) = table.column(&difference.name) else {
                return Err(no_coordinate(table, &difference.name));
            };
            let code = |key: Key| {
                let none = || MapError::NoValue { name: difference.name.clone(), value: labels(&[key]).concat() };
                table.columns[column].place_of(key).ok_or_else(none)
            };
            let codes = [code(keys[0])?, code(keys[1])?];
            drawn.rows.retain(|row| codes.contains(&table.columns[column].codes[*row as usize]));
        }
        Ok(drawn)
    }

    /// The codes of a column, for the drawn rows.
    fn codes(&self, column: usize) -> impl Iterator<Item = u32> {
        let codes = &self.table.columns[column].codes;
        self.rows.iter().map(move |row| codes[*row as usize])
    }

    fn values(&self, column: usize) -> Values<'a> {
        let own = &self.table.columns[column];
        let mut keys = Vec::new();
        let mut index = vec![None; own.keys.len()];
        for code in self.codes(column) {
            if index[code as usize].is_none() {
                index[code as usize] = Some(keys.len());
                keys.push(own.keys[code as usize]);
            }
        }
        Values { column, name: &own.name, keys, index }
    }

    /// The kinds of a role that have no such coordinate; `None` where the table does not tell them apart.
    fn kinds_without(&self, column: usize, role: &str) -> Option<String> {
        let role = self.table.column(role)?;
        let absent = self.table.columns[column].place_of(Key::Absent)?;
        let mut kinds: Vec<Key> = Vec::new();
        for (own, kind) in self.codes(column).zip(self.codes(role)) {
            let kind = self.table.columns[role].keys[kind as usize];
            if own == absent && !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
        Some(list(&labels(&kinds)))
    }

    /// The values of a side that each panel has.
    fn axes(&self, column: Option<usize>, upward: bool, panels: usize, panel_of: &[u32]) -> Vec<Axis> {
        let Some(column) = column else { return vec![Axis::single(); panels] };
        let own = &self.table.columns[column];
        let all = self.values(column);
        let mut has = vec![vec![false; all.keys.len()]; panels];
        for (code, panel) in self.codes(column).zip(panel_of) {
            if let Some(place) = all.index[code as usize] {
                has[*panel as usize][place] = true;
            }
        }
        let axis = |has: &Vec<bool>| {
            let keys: Vec<Key> = all.keys.iter().zip(has).filter(|(_, has)| **has).map(|(key, _)| *key).collect();
            let count = keys.len();
            let axis = Axis::new(all.name, keys, own.geometric);
            // Alternatives may be spaced otherwise than the column as a whole.
            let is_uneven = axis.scale == Scale::Listed && count < all.keys.len();
            let mut axis = if is_uneven { Axis::new(all.name, axis.keys, !own.geometric) } else { axis };
            if upward && axis.is_text() {
                // Numbers grow upward, but a list of names is read from its top.
                axis.keys.reverse();
            }
            axis
        };
        has.iter().map(axis).collect()
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
        let meanings = columns.map(|column| column.and_then(|own| table.columns[own].meaning).map(str::to_owned));
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
    fn placed_rows(&self) -> impl Iterator<Item = (usize, usize)> {
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

/// The cells of the grid, before several are drawn as one, that rows belong to.
struct Placed {
    /// For each drawn row.
    cells: Vec<u64>,
    /// How many there are in all.
    count: u64,
}

/// The most cells of a grid of which a list is made.
const LISTED: u64 = 1 << 25;

impl Placed {
    fn new(drawn: &Drawn, panels: &[Panel], panel_of: &[u32]) -> Placed {
        let mut first = Vec::with_capacity(panels.len());
        let mut count = 0;
        for panel in panels {
            first.push(count);
            count += panel.x.axis.keys.len() as u64 * panel.y.axis.keys.len() as u64;
        }
        let rows = drawn.rows.iter().zip(panel_of);
        let cell = |(row, panel): (&u32, &u32)| {
            first[*panel as usize] + panels[*panel as usize].place(drawn.table, *row as usize)
        };
        Placed { cells: rows.map(cell).collect(), count }
    }

    /// Whether some cell of the grid holds several values of the column.
    fn is_summed(&self, drawn: &Drawn, column: usize) -> bool {
        let mut rows = self.cells.iter().zip(drawn.codes(column));
        if self.count > LISTED {
            let mut known = HashMap::new();
            return rows.any(|(cell, code)| *known.entry(*cell).or_insert(code) != code);
        }
        const NONE: u32 = u32::MAX;
        let mut known = vec![NONE; self.count as usize];
        rows.any(|(cell, code)| {
            let own = &mut known[*cell as usize];
            if *own == NONE {
                *own = code;
            }
            *own != code
        })
    }
}

/// The places of a facet's value, facet by facet, of each panel in their order of appearance.
type Places = Vec<Vec<usize>>;

/// The panels, and the panel of each drawn row.
fn panels(drawn: &Drawn, request: &MapRequest, facets: &[&Values]) -> Result<(Places, Vec<u32>), MapError> {
    let mut numbers: BTreeMap<Vec<usize>, u32> = BTreeMap::new();
    let mut ordered: Places = Vec::new();
    let mut panel_of = Vec::with_capacity(drawn.rows.len());
    let (mut before, mut place) = ((usize::MAX, 0), Vec::new());
    for &row in &drawn.rows {
        // Neighbours share a panel more often than not.
        let code = |values: &&Values| drawn.table.columns[values.column].codes[row as usize];
        let mixed = facets.iter().fold(0, |sum, values| sum * (values.index.len() + 1) + code(values) as usize);
        if mixed != before.0 {
            place.clear();
            place.extend(facets.iter().map(|values| values.index[code(values) as usize].unwrap_or(0)));
            let next = numbers.len() as u32;
            let panel = numbers.get(&place).copied().unwrap_or_else(|| {
                numbers.insert(place.clone(), next);
                ordered.push(place.clone());
                next
            });
            before = (mixed, panel);
        }
        panel_of.push(before.1);
    }
    if numbers.len() > MAX_PANELS {
        let names: Vec<String> = facets.iter().map(|values| format!("`{}`", values.name)).collect();
        return Err(MapError::TooManyPanels {
            x: request.x.clone(),
            y: request.y.clone(),
            panels: numbers.len(),
            facets: list(&names),
        });
    }
    Ok((ordered, panel_of))
}

/// The column that an axis shows; `None` for an unnamed one.
fn axis_column(table: &MapTable, name: &str) -> Result<Option<usize>, MapError> {
    if name.is_empty() {
        return Ok(None);
    }
    table.column(name).map(Some).ok_or_else(|| no_coordinate(table, name))
}

fn no_coordinate(table: &MapTable, name: &str) -> MapError {
    let allowed: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
    MapError::NoCoordinate { name: name.to_string(), allowed: allowed.join(", ") }
}

/// What a reader must know to read the colours rightly.
fn notes(
    request: &MapRequest,
    others: &[Values],
    drawn: &Drawn,
    summed: &[&Values],
    panels: &[Panel],
    differ: [bool; 2],
    layout: Layout,
) -> Vec<String> {
    let mut notes = Vec::new();
    let fixed = others.iter().filter(|values| values.keys.len() == 1 && values.keys[0] != Key::Absent);
    let fixed = fixed.flat_map(Values::headers);
    notes.extend(sentence("", &fixed.collect::<Vec<_>>(), " throughout."));
    let pooled = summed.iter().map(|values| values.summary());
    notes.extend(sentence("Counts are summed over ", &pooled.collect::<Vec<_>>(), "."));
    let blocks = || panels.iter().map(|panel| [panel.x.mesh.block, panel.y.mesh.block]);
    let [across, up] = blocks().fold([1, 1], |[a, b], [across, up]| [across.max(a), up.max(b)]);
    if across * up > 1 {
        let most = if blocks().all(|block| block == [across, up]) { "" } else { "up to " };
        notes.push(format!("Each drawn cell sums {most}{across} × {up} cells of the grid."));
    }
    let own = [&request.x, &request.y].into_iter().zip(differ);
    let own = own.take(if layout == Layout::Each { 1 } else { 2 }).filter(|(_, differ)| *differ);
    let own: Vec<String> = own.map(|(name, _)| name.clone()).collect();
    notes.extend(sentence("Each panel has its own values of ", &own, "."));
    let axes = || panels.iter().map(|panel| [&panel.x.axis, &panel.y.axis]);
    let names = [&request.x, &request.y].into_iter().enumerate();
    // Lines have no order that a reader measures.
    let names = names.take(if layout == Layout::Each { 1 } else { 2 });
    let unscaled = names.filter(|(side, _)| axes().any(|axes| axes[*side].is_to_no_scale()));
    let unscaled: Vec<String> = unscaled.map(|(_, name)| name.clone()).collect();
    notes.extend(sentence("Cells stand in the order of ", &unscaled, ", not to scale."));
    if drawn.left_out > 0 {
        let lack = sides(request, " or ");
        notes.push(format!("Cells without {lack} are left out: {}.", drawn.left_out));
    }
    notes
}

/// The names of the axes that a request has.
fn sides(request: &MapRequest, joint: &str) -> String {
    let names = [request.x.as_str(), &request.y].into_iter().filter(|name| !name.is_empty());
    names.collect::<Vec<_>>().join(joint)
}

fn sentence(start: &str, items: &[String], end: &str) -> Option<String> {
    if items.is_empty() { None } else { Some(format!("{start}{}{end}", list(items))) }
}

/// `a`, `a and b`, `a, b and c`
fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}
