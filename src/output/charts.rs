//! The zero question in two pictures, by penalty and optimizer: in which way trajectories end, and how the share of
//! "zeros" grows with the tolerance that one allows.

mod curve;
mod kinds;

use super::Number;
use super::caption::caption;
use super::drawing::{PictureError, files};
use crate::plan::{Group, Plan};
use crate::spec::Spec;
use crate::statistics::Statistics;

/// Both pictures as SVG and PNG: names and contents.
///
/// # Errors
/// Where a picture cannot be rasterized.
pub fn charts(spec: &Spec, plan: &Plan, statistics: &Statistics) -> Result<Vec<(String, Vec<u8>)>, PictureError> {
    let groups = statistics.groups_by_penalty();
    let tolerances = &plan.limits.tolerances;
    let caption = caption(spec, plan);
    files(vec![kinds::draw(&groups, tolerances, &caption), curve::draw(&groups, tolerances, &caption)])
}

/// The penalty of a group in words, with its problem where `several` occur: `k = 0.5, problem none`.
fn penalty(group: &Group, several: bool) -> String {
    let k = group.k.map_or("k pooled".to_owned(), |k| format!("k = {}", Number(k)));
    if several { format!("{k}, problem {}", group.problem.member().kind) } else { k }
}

/// `; the first 36 of 80 are shown` where some are not.
fn cut(shown: usize, of: usize) -> String {
    if shown < of { format!(" The first {shown} of {of} are shown.") } else { String::new() }
}
