//! What a map shows, before anything has a place: axes, facets and panels.

use std::collections::{BTreeMap, BTreeSet};

use super::axis::{Axis, Scale};
use super::boundary::Boundary;
use super::colour::Measure;
use super::labels::labels;
use super::mesh::{Mesh, x_mesh, y_mesh};
use super::panel::{Counts, Panel, Side, key};
use super::{FATES, Key, MAX_PANELS, MapError, MapTable, Shape};
use crate::output::Number;
use crate::spec::MapRequest;
use crate::verdict::Fate;

/// A map's content.
pub(super) struct Figure {
    /// The names of x and y; empty where the map has no such side.
    pub names: [String; 2],
    /// Whether panels have unequal values of x, of y.
    pub differ: [bool; 2],
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

    /// The kinds of a role that have no such coordinate; `None` where the table does not tell them apart.
    fn kinds_without(&self, column: usize, role: &str) -> Option<String> {
        let role = self.table.columns.iter().position(|own| own.name == role)?;
        let rows = self.rows.iter().map(|&row| &self.table.rows[row].keys);
        let mut kinds: Vec<Key> = Vec::new();
        for keys in rows.filter(|keys| keys[column] == Key::Absent) {
            if !kinds.contains(&keys[role]) {
                kinds.push(keys[role]);
            }
        }
        Some(list(&labels(&kinds)))
    }

    /// The values of a side in all panels.
    fn axis(&self, column: Option<usize>, upward: bool) -> Axis {
        let Some(column) = column else { return Axis::single() };
        let values = self.values(column);
        let mut axis = Axis::new(values.name, values.keys, self.table.columns[column].geometric);
        if upward && axis.is_text() {
            // Numbers grow upward, but a list of names is read from its top.
            axis.keys.reverse();
        }
        axis
    }

    /// The values of a side that each panel has.
    fn axes(&self, column: Option<usize>, upward: bool, panels: usize, panel_of: &[usize]) -> Vec<Axis> {
        let all = self.axis(column, upward);
        let geometric = column.is_some_and(|column| self.table.columns[column].geometric);
        let mut own = vec![BTreeSet::new(); panels];
        for (&row, &panel) in self.rows.iter().zip(panel_of) {
            own[panel].insert(key(&self.table.rows[row], column));
        }
        let keys = |own: &BTreeSet<Key>| all.keys.iter().copied().filter(|key| own.contains(key)).collect();
        let axis = |own: &BTreeSet<Key>| {
            let axis = Axis::new(&all.name, keys(own), geometric);
            // Alternatives may be spaced otherwise than the column as a whole.
            let is_uneven = axis.scale == Scale::Listed && own.len() < all.keys.len();
            if is_uneven { Axis::new(&all.name, axis.keys, !geometric) } else { axis }
        };
        own.iter().map(axis).collect()
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

        let [across, up] = [0, 1].map(|side| drawn.axes(columns[side], side == 1, panels.len(), &panel_of));
        let differ = [&across, &up].map(|axes| axes.iter().any(|axis| axis.keys != axes[0].keys));
        let count = panels.len();
        let side = |side: usize, axis: Axis, mesh: Mesh| Side::new(columns[side], axis, mesh);
        let sides = across.into_iter().zip(up).map(|(x, y)| {
            let meshes = [x_mesh(&x, count), y_mesh(&y, count)];
            [side(0, x, meshes[0]), side(1, y, meshes[1])]
        });
        let panels: Vec<Panel> =
            panels.into_iter().zip(sides).map(|(facets, sides)| Panel::new(facets, sides)).collect();
        let mut figure = Figure {
            notes: notes(
                request,
                &others,
                &drawn,
                |column| is_summed(&drawn, column, &panel_of, columns),
                &panels,
                differ,
            ),
            names: [request.x.clone(), request.y.clone()],
            differ,
            facets: facets.iter().map(|values| Facet::of(values, &drawn, &facets, request)).collect(),
            panels,
        };
        let rows = || drawn.rows.iter().map(|&row| &table.rows[row]).zip(&panel_of);
        let missing = rows().filter(|(row, _)| row.trajectories == 0);
        missing.for_each(|(row, &panel)| figure.panels[panel].note_lack(row));
        rows().for_each(|(row, &panel)| figure.panels[panel].add(row));
        if figure.cells().any(|cell| cell.lacks_some) {
            // Lines between the few cells that are there would look like cells themselves.
            let sums = figure.cells().any(|cell| cell.lacks_some && cell.trajectories > 0);
            let some = "Some drawn cells sum only those of their cells that are whole.";
            figure.notes.extend(sums.then(|| some.to_owned()));
        } else if figure.panels.iter_mut().map(Panel::draw_boundaries).filter(|&is_thicket| is_thicket).count() > 0 {
            figure.notes.push("Where theory's lines would hide the cells, none is drawn.".to_owned());
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
        let mut counted = self.cells().filter(|cell| cell.trajectories > 0).peekable();
        counted.peek().is_some() && counted.all(|cell| cell.predicted.silent > 0)
    }

    /// Whether what `measure` shows differs in f64 for an audited trajectory of some cell.
    pub(super) fn has_differences(&self, measure: Measure) -> bool {
        self.cells().any(|cell| measure.differs(cell))
    }

    /// Whether each fate is the commonest of some cell.
    pub(super) fn commonest_fates(&self) -> [bool; FATES.len()] {
        let mut found = [false; FATES.len()];
        self.cells()
            .filter(|cell| cell.trajectories > 0)
            .for_each(|cell| found[Fate::commonest(&cell.fates) as usize] = true);
        found
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
fn is_summed(drawn: &Drawn, column: usize, panel_of: &[usize], sides: [Option<usize>; 2]) -> bool {
    let mut keys = BTreeMap::new();
    drawn.rows.iter().zip(panel_of).any(|(&row, &panel)| {
        let row = &drawn.table.rows[row];
        let place = (panel, sides.map(|side| key(row, side)));
        *keys.entry(place).or_insert(row.keys[column]) != row.keys[column]
    })
}

/// What a reader must know to read the colours rightly.
fn notes(
    request: &MapRequest,
    others: &[Values],
    drawn: &Drawn,
    is_summed: impl Fn(usize) -> bool,
    panels: &[Panel],
    differ: [bool; 2],
) -> Vec<String> {
    let mut notes = Vec::new();
    let fixed = others.iter().filter(|values| values.keys.len() == 1 && values.keys[0] != Key::Absent);
    let fixed = fixed.flat_map(Values::headers);
    notes.extend(sentence("", &fixed.collect::<Vec<_>>(), " throughout."));
    let pooled = others.iter().filter(|v| !request.facets.iter().any(|name| name == v.name) && is_summed(v.column));
    let pooled = pooled.map(Values::summary);
    notes.extend(sentence("Counts are summed over ", &pooled.collect::<Vec<_>>(), "."));
    let blocks = || panels.iter().map(|panel| [panel.x.mesh.block, panel.y.mesh.block]);
    let [across, up] = blocks().fold([1, 1], |[a, b], [across, up]| [across.max(a), up.max(b)]);
    if across * up > 1 {
        let most = if blocks().all(|block| block == [across, up]) { "" } else { "up to " };
        notes.push(format!("Each drawn cell sums {most}{across} × {up} cells of the grid."));
    }
    let own = [&request.x, &request.y].into_iter().zip(differ).filter(|(_, differ)| *differ);
    let own: Vec<String> = own.map(|(name, _)| name.clone()).collect();
    notes.extend(sentence("Each panel has its own values of ", &own, "."));
    let axes = || panels.iter().map(|panel| [&panel.x.axis, &panel.y.axis]);
    let names = [&request.x, &request.y].into_iter().enumerate();
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
