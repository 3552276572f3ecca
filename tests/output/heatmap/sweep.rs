//! Made-up sweeps and requests.

use zerosweep::output::drawing::{Caption, Picture};
use zerosweep::output::figure::MapError;
use zerosweep::output::heatmap::{USUAL, draw};
use zerosweep::output::map_table::{MapColumn, MapTable};
use zerosweep::output::marks::Marks;
use zerosweep::spec::{Key, MapRequest, Measure};
use zerosweep::theory::ZeroForecast;
use zerosweep::verdict::Fate;

/// One axis of a made-up sweep.
#[derive(Clone)]
pub struct Axis {
    pub name: &'static str,
    geometric: bool,
    keys: Vec<Key>,
}

pub fn numbers(name: &'static str, values: &[f32]) -> Axis {
    let keys = values.iter().map(|&value| Key::Number(value)).collect();
    Axis { name, geometric: false, keys }
}

pub fn linspace(name: &'static str, low: f32, high: f32, count: usize) -> Axis {
    let step = (high - low) / (count - 1) as f32;
    numbers(name, &(0..count).map(|i| low + step * i as f32).collect::<Vec<_>>())
}

pub fn geomspace(name: &'static str, low: f32, high: f32, count: usize) -> Axis {
    let ratio = high / low;
    let values: Vec<f32> = (0..count).map(|i| low * ratio.powf(i as f32 / (count - 1) as f32)).collect();
    Axis { geometric: true, ..numbers(name, &values) }
}

pub fn role(name: &'static str, alternatives: &[&'static str]) -> Axis {
    Axis { name, geometric: false, keys: alternatives.iter().map(|&text| Key::Text(text)).collect() }
}

/// A made-up sweep, row by row.
#[derive(Clone, Default)]
pub struct Made {
    pub columns: Vec<MapColumn>,
    pub rows: Vec<Row>,
}

/// A cell of it.
#[derive(Clone)]
pub struct Row {
    pub keys: Vec<Key>,
    pub trajectories: u64,
    /// In the order of `Fate::ALL`.
    pub fates: [u64; 7],
    pub predicted: ZeroForecast,
    pub differs: [u64; 2],
    /// Other columns of numbers.
    pub numbers: Vec<(&'static str, u64)>,
}

impl Made {
    /// The table of it, with what these measures need.
    pub fn table(&self, measures: &[Measure]) -> MapTable {
        let mut table = MapTable::new(self.columns.clone(), Vec::new(), measures);
        for Row { keys, trajectories, fates, predicted, differs, numbers } in &self.rows {
            let common = [
                ("trajectories", *trajectories),
                ("predicted_zero", predicted.zero),
                ("predicted_other", predicted.other),
                ("predicted_silent", predicted.silent),
                ("audit_differs", differs[0]),
                ("audit_differs_zero", differs[1]),
            ];
            let fates = Fate::NAMES.into_iter().zip(*fates);
            let all: Vec<(&str, u64)> = common.into_iter().chain(fates).chain(numbers.iter().copied()).collect();
            table.push(keys, &all);
        }
        table
    }
}

/// The product of `axes`; `fates` says what is counted where, and `None` where no row is.
pub fn sweep(axes: &[Axis], fates: impl Fn(&[Key]) -> Option<[u64; 7]>) -> Made {
    let mut all: Vec<Vec<Key>> = vec![Vec::new()];
    for axis in axes {
        all = all.iter().flat_map(|keys| axis.keys.iter().map(|&key| [&keys[..], &[key]].concat())).collect();
    }
    let row = |keys: Vec<Key>| {
        let fates = fates(&keys)?;
        // Nothing is predicted of them.
        let predicted = ZeroForecast::default();
        Some(Row { keys, trajectories: fates.iter().sum(), fates, predicted, differs: [0, 0], numbers: Vec::new() })
    };
    let columns = axes.iter().map(|axis| MapColumn::new(axis.name, axis.geometric, false));
    Made { columns: columns.collect(), rows: all.into_iter().filter_map(row).collect() }
}

pub fn request(x: &str, y: &str, facets: &[&str]) -> MapRequest {
    let facets = facets.iter().map(|name| name.to_string()).collect();
    MapRequest { x: x.to_string(), y: y.to_string(), facets, ..MapRequest::default() }
}

pub fn caption() -> Caption {
    Caption { sweep: "test".to_string(), detail: "64 trajectories a cell, 2000 steps".to_string() }
}

/// The zero rate and the fates of a request that can be drawn.
pub fn pictures(made: &Made, request: &MapRequest) -> [Picture; 2] {
    drawn(made, request).unwrap().try_into().unwrap()
}

/// What a request gives.
pub fn drawn(made: &Made, request: &MapRequest) -> Result<Vec<Picture>, MapError> {
    drawn_under(made, request, &caption())
}

pub fn drawn_under(made: &Made, request: &MapRequest, caption: &Caption) -> Result<Vec<Picture>, MapError> {
    let measures = if request.measures.is_empty() { &USUAL[..] } else { &request.measures };
    draw(&made.table(measures), request, caption, "trajectories", &Marks::default())
}

/// Fates of a cell that is zero in `zero` of 10 trajectories and settled in the others.
pub fn zero_of_ten(zero: u64) -> Option<[u64; 7]> {
    Some([0, zero, 0, 0, 10 - zero, 0, 0])
}
