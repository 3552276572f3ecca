//! The map of how often the true weights are found, by the rows and the support of designs.

use super::map_table::{MapColumn, MapTable, key_of};
use crate::penalty::LK;
use crate::plan::Plan;
use crate::spec::{Key, MapRequest, Measure};
use crate::theory::recovery_threshold;

/// The path of a design's rows, and that of its support.
const ROWS: &str = "problem.design.rows";
const SUPPORT: &str = "problem.design.support";

/// The map, where both are coordinates of the cells.
pub fn request(wholes: &MapTable) -> Option<MapRequest> {
    [ROWS, SUPPORT].iter().all(|path| wholes.column(path).is_some()).then_some(())?;
    let is_facet =
        |own: &&MapColumn| own.keys.len() > 1 && ![ROWS, SUPPORT].contains(&own.name.as_str()) && !own.follows;
    Some(MapRequest {
        x: ROWS.to_owned(),
        y: SUPPORT.to_owned(),
        facets: wholes.columns.iter().filter(is_facet).map(|own| own.name.clone()).collect(),
        measures: vec![Measure::ACCURATE_RATE],
        ..MapRequest::default()
    })
}

/// What theory says of a cell of designs of independent columns without noise: whether L1 finds the true weights, as lambda goes to 0 and
/// they become many.
pub fn predicted(plan: &Plan, place: u64, trajectories: u64) -> Option<(&'static str, u64)> {
    let design = plan.model.as_ref()?.designs.as_ref()?;
    let (section, _) = plan.trajectory_of_cell(place, 0);
    let kernel = section.kernel;
    let is_l1 = kernel.penalty == &LK && kernel.variant().label == "k = 1";
    if design.correlation != 0.0 || design.noise != 0.0 || !is_l1 {
        return None;
    }
    let cell = plan.cell(place);
    let [rows, support] = [ROWS, SUPPORT].map(|path| match key_of(plan, &cell, path) {
        Key::Number(value) => f64::from(value),
        _ => f64::NAN,
    });
    if rows.is_nan() || support.is_nan() || rows > design.columns as f64 {
        return None;
    }
    let most = rows * recovery_threshold(rows / design.columns as f64);
    Some((if support <= most { "predicted_zero" } else { "predicted_other" }, trajectories))
}
