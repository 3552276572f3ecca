//! The heatmaps of a run: those that its spec asks for, or one that shows most of it.

use super::caption::caption;
use super::drawing::{PictureError, files};
use super::heatmap::{self, MapTable};
use crate::plan::Plan;
use crate::spec::Spec;
use crate::statistics::Statistics;

/// Pictures as files, and what a reader should know of those that were not drawn.
#[derive(Debug, Default)]
pub struct Maps {
    /// Name and contents.
    pub files: Vec<(String, Vec<u8>)>,
    pub notes: Vec<String>,
}

/// Whether a spec asks for maps, or leaves it open.
pub fn wants_maps(spec: &Spec) -> bool {
    !spec.report.maps.as_ref().is_some_and(Vec::is_empty)
}

/// Draws every map as SVG and PNG, with the boundaries of zero that the forecasts draw, dots where they are silent, and a
/// hatching where the audit found another fate.
pub fn maps(spec: &Spec, plan: &Plan, statistics: &Statistics, table: &MapTable) -> Result<Maps, PictureError> {
    let requests = match &spec.report.maps {
        Some(requests) => requests.clone(),
        None => heatmap::choose(table).into_iter().collect(),
    };
    let mut maps = Maps::default();
    if requests.is_empty() {
        maps.notes.push(
            "no map drawn: no parameter is swept outside the pool; give one a list, linspace or geomspace".to_owned(),
        );
    }
    let caption = caption(spec, plan, statistics, &[]);
    let mut pictures = Vec::new();
    for request in &requests {
        match heatmap::draw(table, request, &caption) {
            Ok(drawn) => pictures.extend(drawn),
            Err(error) => maps.notes.push(format!("no map drawn: {error}")),
        }
    }
    maps.files = files(pictures)?;
    Ok(maps)
}
