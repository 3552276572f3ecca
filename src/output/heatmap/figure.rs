//! What a map shows, before anything has a place: axes, panels and the counts of every drawn cell.

use std::collections::BTreeMap;

use super::axis::Axis;
use super::boundary::{Boundary, Corner, boundaries};
use super::colour::Measure;
use super::labels::labels;
use super::mesh::{Mesh, x_mesh, y_mesh};
use super::{Key, MAX_PANELS, MapError, MapRow, MapTable};
use crate::spec::MapRequest;
use crate::theory::ZeroForecast;

/// A map's content.
pub(super) struct Figure {
    pub x: Axis,
    pub y: Axis,
    pub x_mesh: Mesh,
    pub y_mesh: Mesh,
    /// The facets that take several values.
    pub facets: Vec<Facet>,
    /// In their order of appearance in the table.
    pub panels: Vec<Panel>,
    /// Sentences that a reader needs: what was pooled, merged or left out.
    pub notes: Vec<String>,
}

/// A coordinate that tells panels apart.
pub(super) struct Facet {
    /// For each value, in order of appearance, the words of a header: `penalty.k = 0.5`.
    pub headers: Vec<String>,
    /// The value that stands for the coordinate's absence.
    pub absent: Option<usize>,
}

impl Facet {
    fn of(values: &Values) -> Facet {
        Facet { headers: values.headers(), absent: values.keys.iter().position(|&key| key == Key::Absent) }
    }
}

/// The cells that share every facet.
pub(super) struct Panel {
    /// For each facet the index of its value.
    pub facets: Vec<usize>,
    /// Row by row from the bottom, each from the left: the drawn cells.
    pub cells: Vec<Counts>,
    /// The predicted boundaries of exact zero.
    pub boundaries: Vec<(Boundary, Vec<Corner>)>,
}

impl Panel {
    fn new(facets: Vec<usize>, cells: usize) -> Panel {
        Panel { facets, cells: vec![Counts::default(); cells], boundaries: Vec::new() }
    }
}

/// Counts of a drawn cell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub trajectories: u64,
    pub fates: [u64; 7],
    /// What theory says of exact zeros.
    pub predicted: ZeroForecast,
    /// Audited trajectories whose fate differs in f64, and those of them that are zero in one of the two alone.
    pub differs: [u64; 2],
}

impl Counts {
    fn add(&mut self, row: &MapRow) {
        self.trajectories += row.trajectories;
        for (sum, count) in self.fates.iter_mut().zip(&row.fates) {
            *sum += count;
        }
        self.predicted += row.predicted;
        self.differs = [0, 1].map(|i| self.differs[i] + row.differs[i]);
    }
}

/// The rows that a map draws: those that have both x and y.
struct Drawn<'a> {
    table: &'a MapTable,
    rows: Vec<usize>,
    /// How many rows lack x or y.
    left_out: usize,
}

/// The distinct keys of one column among the drawn rows, numbered in their order of appearance.
struct Values<'a> {
    column: usize,
    name: &'a str,
    keys: Vec<Key>,
    index: BTreeMap<Key, usize>,
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
    fn new(table: &'a MapTable, sides: [Option<usize>; 2]) -> Drawn<'a> {
        let has =
            |row: usize, side: &Option<usize>| side.is_none_or(|column| table.rows[row].keys[column] != Key::Absent);
        let (rows, left_out): (Vec<usize>, Vec<usize>) =
            (0..table.rows.len()).partition(|&row| sides.iter().all(|side| has(row, side)));
        Drawn { table, rows, left_out: left_out.len() }
    }

    fn values(&self, column: usize) -> Values<'a> {
        let (mut keys, mut index) = (Vec::new(), BTreeMap::new());
        for &row in &self.rows {
            let key = self.table.rows[row].keys[column];
            index.entry(key).or_insert_with(|| {
                keys.push(key);
                keys.len() - 1
            });
        }
        Values { column, name: &self.table.columns[column].name, keys, index }
    }

    fn side(&self, column: Option<usize>, upward: bool) -> Side {
        let Some(column) = column else {
            return Side { column, axis: Axis::single(), cells: BTreeMap::new() };
        };
        let values = self.values(column);
        let mut axis = Axis::new(values.name, values.keys, self.table.columns[column].geometric);
        if upward && axis.is_text() {
            // Numbers grow upward, but a list of names is read from its top.
            axis.keys.reverse();
        }
        let cells = axis.keys.iter().enumerate().map(|(cell, &key)| (key, cell)).collect();
        Side { column: Some(column), axis, cells }
    }
}

/// One side of the panels: an axis over a column, and the cell of each of its keys.
struct Side {
    column: Option<usize>,
    axis: Axis,
    cells: BTreeMap<Key, usize>,
}

impl Side {
    fn cell(&self, row: &MapRow) -> usize {
        self.column.map_or(0, |column| self.cells[&row.keys[column]])
    }
}

impl Figure {
    /// Sorts the rows of `table` into panels and cells.
    pub(super) fn new(table: &MapTable, request: &MapRequest) -> Result<Figure, MapError> {
        let columns = [axis_column(table, &request.x)?, axis_column(table, &request.y)?];
        let drawn = Drawn::new(table, columns);
        if drawn.rows.is_empty() {
            return Err(MapError::NoCells { axes: sides(request, " and ") });
        }
        let others = (0..table.columns.len()).filter(|&column| !columns.contains(&Some(column)));
        let others: Vec<Values> = others.map(|column| drawn.values(column)).collect();
        let rank = |values: &Values| request.facets.iter().position(|name| name == values.name);
        let mut facets: Vec<&Values> = others.iter().filter(|v| v.keys.len() > 1 && rank(v).is_some()).collect();
        facets.sort_by_key(|values| rank(values));
        let (panels, panel_of) = panels(&drawn, request, &facets)?;

        let (x, y) = (drawn.side(columns[0], false), drawn.side(columns[1], true));
        let (x_mesh, y_mesh) = (x_mesh(&x.axis, panels.len()), y_mesh(&y.axis, panels.len()));
        let mut figure = Figure {
            notes: notes(
                request,
                &others,
                &drawn,
                |column| is_summed(&drawn, column, &panel_of, [&x, &y]),
                [&x_mesh, &y_mesh],
            ),
            facets: facets.into_iter().map(Facet::of).collect(),
            panels: panels.into_iter().map(|facets| Panel::new(facets, x_mesh.count * y_mesh.count)).collect(),
            x: x.axis.clone(),
            y: y.axis.clone(),
            x_mesh,
            y_mesh,
        };
        for (&row, &panel) in drawn.rows.iter().zip(&panel_of) {
            let row = &table.rows[row];
            let (column, line) = (x.cell(row) / x_mesh.block, y.cell(row) / y_mesh.block);
            figure.panels[panel].cells[line * x_mesh.count + column].add(row);
        }
        let ordered = [!figure.x.is_text(), !figure.y.is_text()];
        for panel in &mut figure.panels {
            panel.boundaries = boundaries(&panel.cells, x_mesh.count, ordered);
        }
        if figure.is_silent() {
            figure.notes.push("Theory is silent for some or all trajectories of every cell.".to_owned());
        }
        Ok(figure)
    }

    fn cells(&self) -> impl Iterator<Item = &Counts> {
        self.panels.iter().flat_map(|panel| &panel.cells)
    }

    /// Whether theory draws such a boundary on some panel.
    pub(super) fn has_boundary(&self, boundary: Boundary) -> bool {
        self.panels.iter().flat_map(|panel| &panel.boundaries).any(|&(found, _)| found == boundary)
    }

    /// Whether cells of which theory leaves trajectories open are to be told from others.
    pub(super) fn marks_silence(&self) -> bool {
        self.cells().any(|cell| cell.predicted.silent > 0) && !self.is_silent()
    }

    /// Whether theory leaves trajectories of every cell open.
    fn is_silent(&self) -> bool {
        self.cells().all(|cell| cell.trajectories == 0 || cell.predicted.silent > 0)
    }

    /// Whether what `measure` shows differs in f64 for an audited trajectory of some cell.
    pub(super) fn has_differences(&self, measure: Measure) -> bool {
        self.cells().any(|cell| measure.differs(cell))
    }

    /// Whether some cell of the map was never run.
    pub(super) fn has_gaps(&self) -> bool {
        self.cells().any(|cell| cell.trajectories == 0)
    }
}

/// The column that an axis shows; `None` for an unnamed one.
fn axis_column(table: &MapTable, name: &str) -> Result<Option<usize>, MapError> {
    if name.is_empty() {
        return Ok(None);
    }
    let found = table.columns.iter().position(|column| column.name == name);
    found.map(Some).ok_or_else(|| {
        let allowed: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
        MapError::NoCoordinate { name: name.to_string(), allowed: allowed.join(", ") }
    })
}

/// For each panel, in their order of appearance, the indices of its facets' values.
type Places = Vec<Vec<usize>>;

/// The panels, and the panel of each drawn row.
fn panels(drawn: &Drawn, request: &MapRequest, facets: &[&Values]) -> Result<(Places, Vec<usize>), MapError> {
    let mut numbers: BTreeMap<Vec<usize>, usize> = BTreeMap::new();
    let mut panel_of = Vec::with_capacity(drawn.rows.len());
    for &row in &drawn.rows {
        let keys = &drawn.table.rows[row].keys;
        let place = facets.iter().map(|values| values.index[&keys[values.column]]).collect();
        let next = numbers.len();
        panel_of.push(*numbers.entry(place).or_insert(next));
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
    let mut ordered: Vec<(Vec<usize>, usize)> = numbers.into_iter().collect();
    ordered.sort_by_key(|&(_, number)| number);
    Ok((ordered.into_iter().map(|(facets, _)| facets).collect(), panel_of))
}

/// Whether some cell of some panel holds several values of the column.
fn is_summed(drawn: &Drawn, column: usize, panel_of: &[usize], sides: [&Side; 2]) -> bool {
    let mut keys = BTreeMap::new();
    drawn.rows.iter().zip(panel_of).any(|(&row, &panel)| {
        let row = &drawn.table.rows[row];
        let place = (panel, sides.map(|side| side.cell(row)));
        *keys.entry(place).or_insert(row.keys[column]) != row.keys[column]
    })
}

/// What a reader must know to read the colours rightly.
fn notes(
    request: &MapRequest,
    others: &[Values],
    drawn: &Drawn,
    is_summed: impl Fn(usize) -> bool,
    meshes: [&Mesh; 2],
) -> Vec<String> {
    let mut notes = Vec::new();
    let fixed = others.iter().filter(|values| values.keys.len() == 1 && values.keys[0] != Key::Absent);
    let fixed = fixed.flat_map(Values::headers);
    notes.extend(sentence("", &fixed.collect::<Vec<_>>(), " throughout."));
    let pooled = others.iter().filter(|v| !request.facets.iter().any(|name| name == v.name) && is_summed(v.column));
    let pooled = pooled.map(Values::summary);
    notes.extend(sentence("Counts are summed over ", &pooled.collect::<Vec<_>>(), "."));
    if meshes.iter().any(|mesh| mesh.block > 1) {
        notes.push(format!("Each drawn cell sums {} × {} cells of the grid.", meshes[0].block, meshes[1].block));
    }
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
