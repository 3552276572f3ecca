//! Heatmaps of a sweep: how often a cell ends at zero, and which fate is the commonest there.
//!
//! A map shows one coordinate against another, one panel for each combination of the facets, all panels on the
//! same axes. Coordinates that a request leaves out are pooled: their counts are summed, and the picture says so.
//!
//! The stages go one way: table and request -> figure (axes, panels, counts) -> grid (where panels stand) -> page
//! (every shape and label at its place) -> SVG -> PNG.

mod axis;
mod boundary;
mod cells;
mod colour;
mod figure;
mod grid;
mod hatch;
mod labels;
mod legend;
mod mesh;
mod page;
mod panel;
mod stipple;
mod ticks;

use std::cmp::Ordering;
use std::collections::BTreeSet;

use super::drawing::page::Page;
use super::drawing::{Caption, Picture};
use crate::spec::MapRequest;
use crate::theory::ZeroForecast;
use crate::verdict::Fate;
use colour::Measure;
pub(super) use colour::fate_colour;
use figure::Figure;
use grid::Grid;

/// The seven fates, in the order of every table and legend.
pub const FATES: [&str; 7] = Fate::NAMES;

/// Index of the fate `zero` in [`FATES`].
const ZERO: usize = Fate::Zero as usize;

/// The most panels that one picture holds.
pub const MAX_PANELS: usize = 100;

/// The most panels that [`choose`] asks for: more is legible only where someone wants it.
const CHOSEN_PANELS: usize = 36;

/// A sweep's cells, as far as maps need them.
#[derive(Clone, Debug)]
pub struct MapTable {
    /// The roles that have several alternatives, and all numeric coordinates.
    pub columns: Vec<MapColumn>,
    pub rows: Vec<MapRow>,
    /// What tells which penalty it is, where that is one value.
    pub shapes: Vec<Shape>,
}

/// The only value that a parameter has of one kind of penalty.
#[derive(Clone, Debug)]
pub struct Shape {
    pub kind: &'static str,
    /// `penalty.k`
    pub path: String,
    pub value: f32,
}

/// One coordinate of the table.
#[derive(Clone, Debug)]
pub struct MapColumn {
    /// Path of a parameter (`penalty.lambda`) or a role (`optimizer`).
    pub name: String,
    /// Whether the values grow by a constant factor, so that the axis is logarithmic.
    pub geometric: bool,
    /// Whether another column decides its values, so that no map is chosen by it.
    pub follows: bool,
}

/// One cell of the sweep.
#[derive(Clone, Debug)]
pub struct MapRow {
    /// One per column.
    pub keys: Vec<Key>,
    pub trajectories: u64,
    /// Trajectories by fate, in the order of [`FATES`].
    pub fates: [u64; 7],
    /// What theory says of exact zeros.
    pub predicted: ZeroForecast,
    /// Audited trajectories whose fate differs in f64, and those of them that are zero in one of the two alone.
    pub differs: [u64; 2],
}

/// Where a cell stands on one coordinate. Keys are ordered: absent, then texts, then numbers; -0 equals 0.
#[derive(Clone, Copy, Debug)]
pub enum Key {
    /// The alternative of a role.
    Text(&'static str),
    /// The value of a parameter.
    Number(f32),
    /// The coordinate does not apply to this cell.
    Absent,
}

impl Ord for Key {
    fn cmp(&self, other: &Key) -> Ordering {
        match (self, other) {
            // Adding 0 turns -0 into 0.
            (Key::Number(a), Key::Number(b)) => (a + 0.0).total_cmp(&(b + 0.0)),
            (Key::Text(a), Key::Text(b)) => a.cmp(b),
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Key) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Key) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Key {}

impl Key {
    fn rank(&self) -> u8 {
        match self {
            Key::Absent => 0,
            Key::Text(_) => 1,
            Key::Number(_) => 2,
        }
    }
}

/// Why a map cannot be drawn.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MapError {
    #[error("map axis `{name}` is no coordinate of this sweep; name one of: {allowed}")]
    NoCoordinate { name: String, allowed: String },
    #[error("no cell of this sweep has {axes}; name axes of the same alternative")]
    NoCells { axes: String },
    #[error(
        "map of `{x}` and `{y}` needs {panels} panels but a picture holds at most {MAX_PANELS}; \
         name fewer facets than {facets}: the others are pooled"
    )]
    TooManyPanels { x: String, y: String, panels: usize, facets: String },
}

/// The map to draw where nobody asked for one; `None` where no coordinate takes two values.
///
/// x and y are the numeric coordinates with the most values, those that every cell has before others; of equally many, a
/// logarithmic one comes first, then the one that the table names first. Where every cell has one alone, y is the role with
/// the most alternatives, and empty (a single strip) where there is no such role. The rest become facets, roles first, as long as the panels
/// stay few enough to read; what remains is pooled.
pub fn choose(table: &MapTable) -> Option<MapRequest> {
    let leading = (0..table.columns.len()).filter(|&column| !table.columns[column].follows);
    let columns: Vec<Spread> = leading.map(|column| Spread::of(table, column)).collect();
    let mut numeric: Vec<&Spread> = columns.iter().filter(|c| c.numbers >= 2).collect();
    let rank = |c: &&Spread| (c.keys > c.numbers, usize::MAX - c.numbers, !table.columns[c.column].geometric, c.column);
    numeric.sort_by_key(rank);
    let x = numeric.first()?.column;
    let roles = columns.iter().filter(|c| c.numbers == 0 && c.keys >= 2);
    let role = roles.min_by_key(|c| (usize::MAX - c.keys, c.column));
    let of_all = |c: &&Spread| c.keys == c.numbers || role.is_none();
    let y = numeric.get(1).copied().filter(of_all).or(role).map(|c| c.column);

    let mut rest: Vec<&Spread> =
        columns.iter().filter(|c| c.keys >= 2 && c.column != x && Some(c.column) != y).collect();
    rest.sort_by_key(|c| (c.numbers > 0, c.keys, c.column));
    let mut panels = 1;
    rest.retain(|c| {
        let fits = panels * c.keys <= CHOSEN_PANELS;
        panels *= if fits { c.keys } else { 1 };
        fits
    });
    rest.sort_by_key(|c| c.column);

    let name = |column: usize| table.columns[column].name.clone();
    Some(MapRequest {
        x: name(x),
        y: y.map(name).unwrap_or_default(),
        facets: rest.iter().map(|c| name(c.column)).collect(),
    })
}

/// How many distinct values a column takes.
struct Spread {
    column: usize,
    numbers: usize,
    /// Numbers, texts and the absence of either.
    keys: usize,
}

impl Spread {
    fn of(table: &MapTable, column: usize) -> Spread {
        let keys: BTreeSet<Key> = table.rows.iter().map(|row| row.keys[column]).collect();
        let numbers = keys.iter().filter(|key| matches!(key, Key::Number(_))).count();
        Spread { column, numbers, keys: keys.len() }
    }
}

/// Draws one request: the share of trajectories whose fate is zero, then the commonest fate of each cell.
///
/// An empty `y` gives a single strip along x. A facet that is no coordinate of the table takes one value and is
/// ignored. Of equally common fates the first in the order of [`FATES`] is shown.
///
/// # Errors
/// Where an axis is no coordinate, no cell has both, or the facets ask for more than [`MAX_PANELS`] panels.
pub fn draw(table: &MapTable, request: &MapRequest, caption: &Caption) -> Result<Vec<Picture>, MapError> {
    let figure = Figure::new(table, request)?;
    let grid = Grid::new(&figure);
    let picture = |measure: Measure| Picture {
        stem: stem(measure, request),
        svg: cells::write(&Page::of_map(&figure, &grid, measure, caption), &figure, measure),
    };
    Ok(vec![picture(Measure::ZeroRate), picture(Measure::Fate)])
}

/// `zero_rate-penalty.lambda-problem.target-by-penalty.k-optimizer`: every request of a sweep has its own.
fn stem(measure: Measure, request: &MapRequest) -> String {
    let axes = [measure.name(), &request.x, &request.y].into_iter().filter(|part| !part.is_empty());
    let by = if request.facets.is_empty() { None } else { Some("by") };
    let parts: Vec<&str> = axes.chain(by).chain(request.facets.iter().map(String::as_str)).collect();
    let safe = |c: char| {
        if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' }
    };
    parts.join("-").chars().map(safe).collect()
}
