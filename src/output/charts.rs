//! The zero question in two pictures, by penalty and optimizer: in which way trajectories end, and how the share of
//! "zeros" grows with the tolerance that one allows.

mod curve;
mod kinds;

use super::caption::{caption, named};
use super::drawing::{PictureError, files};
use super::{Number, words};
use crate::optimizer::Optimizer;
use crate::plan::{Group, Plan};
use crate::spec::Spec;
use crate::statistics::{GroupSummary, Statistics};
use std::collections::HashMap;

/// The word of an optimizer.
type Name<'a> = &'a dyn Fn(Optimizer) -> &'static str;

/// What is counted, one and all of them.
type Counted = [&'static str; 2];

/// Both pictures as SVG and PNG, of so many trajectories that are `counted`: names and contents.
///
/// # Errors
/// Where a picture cannot be rasterized.
pub fn charts(
    spec: &Spec,
    plan: &Plan,
    statistics: &Statistics,
    counted: u64,
) -> Result<Vec<(String, Vec<u8>)>, PictureError> {
    let groups = statistics.groups_by_penalty();
    let tolerances = &plan.limits.tolerances;
    let mut caption = caption(spec, plan, counted, &summed(plan));
    if spec.report.refine.is_some() {
        caption.detail += ". Of the cells alone that were run, close together where the map changes";
    }
    if plan.model.is_some() {
        caption.detail += "; each weight of each trajectory is counted by itself";
    }
    let named = named(plan);
    let name = |optimizer: Optimizer| named(optimizer).name();
    let counted = words::counted(plan);
    files(vec![
        kinds::draw(&groups, &name, tolerances, &caption, counted),
        curve::draw(&groups, &name, tolerances, &caption, counted),
    ])
}

/// The coordinates that take several values within a group.
fn summed(plan: &Plan) -> Vec<&str> {
    let mut first = HashMap::new();
    let mut varies = vec![false; plan.coordinates.len()];
    for index in 0..plan.cells {
        let own = plan.cell(index).coordinates;
        let first = first.entry(plan.group(index).key()).or_insert_with(|| own.clone());
        varies.iter_mut().zip(own.iter().zip(first)).for_each(|(varies, (own, first))| *varies |= own != first);
    }
    let varied = plan.coordinates.iter().zip(varies).filter(|(coordinate, varies)| *varies && !coordinate.follows);
    varied.map(|(coordinate, _)| coordinate.path.as_str()).collect()
}

/// The penalty of a group in words: `k = 0.5`, and where `groups` have several penalties or problems, those, too.
fn penalty(group: &Group, groups: &[&GroupSummary]) -> String {
    let first = groups[0].group.roles();
    let varied = |role: usize| groups.iter().any(|other| other.group.roles()[role] != first[role]);
    let shape = group.shapes().map(|(name, value)| match value {
        Some(value) => format!("{name} = {}", Number(value)),
        None => format!("{name} pooled"),
    });
    let kind = group.penalty.member.kind;
    let mut words: Vec<String> = shape.collect();
    if varied(1) || words.is_empty() {
        words.insert(0, kind.to_owned());
    }
    if varied(0) {
        words.push(format!("problem {}", group.problem.member.kind));
    }
    words.join(", ")
}

/// What is left out of a picture, in words: penalties where it shows fewer than there are.
fn cut(shown: &[&GroupSummary], of: &[&GroupSummary]) -> String {
    let penalties = |groups: &[&GroupSummary]| groups.chunk_by(|a, b| same_penalty(a, b)).count();
    let (shown, of) = (penalties(shown), penalties(of));
    if shown < of {
        format!(" {shown} of {of} penalties are shown: the ends, and those between which most changes.")
    } else {
        String::new()
    }
}

fn same_penalty(a: &GroupSummary, b: &GroupSummary) -> bool {
    a.group.penalty_key() == b.group.penalty_key()
}
