//! Made-up sweeps and requests.

use zerosweep::output::drawing::{Caption, Picture};
use zerosweep::output::heatmap::{Key, MapColumn, MapRow, MapTable, draw};
use zerosweep::spec::MapRequest;
use zerosweep::theory::ZeroForecast;

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

/// The product of `axes`; `fates` says what is counted where, and `None` where no row is.
pub fn sweep(axes: &[Axis], fates: impl Fn(&[Key]) -> Option<[u64; 7]>) -> MapTable {
    let mut all: Vec<Vec<Key>> = vec![Vec::new()];
    for axis in axes {
        all = all.iter().flat_map(|keys| axis.keys.iter().map(|&key| [&keys[..], &[key]].concat())).collect();
    }
    let row = |keys: Vec<Key>| {
        let fates = fates(&keys)?;
        let predicted = ZeroForecast::default();
        Some(MapRow { keys, trajectories: fates.iter().sum(), fates, predicted, differs: [0, 0] })
    };
    let columns =
        axes.iter().map(|axis| MapColumn { name: axis.name.to_string(), geometric: axis.geometric, follows: false });
    MapTable { columns: columns.collect(), rows: all.into_iter().filter_map(row).collect(), shapes: Vec::new() }
}

pub fn request(x: &str, y: &str, facets: &[&str]) -> MapRequest {
    MapRequest { x: x.to_string(), y: y.to_string(), facets: facets.iter().map(|name| name.to_string()).collect() }
}

pub fn caption() -> Caption {
    Caption { sweep: "test".to_string(), detail: "64 trajectories a cell, 2000 steps".to_string() }
}

/// The zero rate and the fates of a request that can be drawn.
pub fn pictures(table: &MapTable, request: &MapRequest) -> [Picture; 2] {
    draw(table, request, &caption()).unwrap().try_into().unwrap()
}

/// Fates of a cell that is zero in `zero` of 10 trajectories and settled in the others.
pub fn zero_of_ten(zero: u64) -> Option<[u64; 7]> {
    Some([0, zero, 0, 0, 10 - zero, 0, 0])
}
