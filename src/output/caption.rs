//! The words above every picture of a sweep.

use super::Number;
use super::drawing::Caption;
use crate::plan::{Plan, Section, kinds};
use crate::spec::Spec;

/// The sweep's name and what was run.
pub fn caption(spec: &Spec, plan: &Plan) -> Caption {
    Caption { sweep: spec.name.clone(), detail: [detail(plan), along(spec)].concat() }
}

/// What no axis shows, for it follows from others: `; penalty.lambda = 0.1 / optimizer.learning_rate`, and what a `zip` moves with its first.
fn along(spec: &Spec) -> String {
    let mut parts: Vec<String> = Vec::new();
    for axis in spec.axes() {
        let zip = spec.together.zip.iter().find(|list| list.contains(&axis.path)).filter(|list| list[0] != axis.path);
        let part = match (axis.expression(), zip) {
            (Some(expression), _) => format!("; {} = {}", axis.path, expression.text),
            (None, Some(list)) => format!("; {} moves with {}", axis.path, list[0]),
            (None, None) => continue,
        };
        if !parts.contains(&part) {
            parts.push(part);
        }
    }
    parts.concat()
}

/// What was run: `64 trajectories a cell, 2000 steps; problem quadratic; penalty lk; problem.curvature = 1; pooled over start.w`.
fn detail(plan: &Plan) -> String {
    let mut sizes: Vec<u64> = plan.sections.iter().map(|section| section.cell_size).collect();
    sizes.sort_unstable();
    let (least, most) = (sizes[0], sizes[sizes.len() - 1]);
    let size = if least == most { least.to_string() } else { format!("{least} to {most}") };
    let plural = if most == 1 { "trajectory" } else { "trajectories" };
    let mut parts = vec![format!("{size} {plural} a cell, {} steps", plan.limits.steps)];
    let all: Vec<_> = plan
        .sections
        .iter()
        .map(|Section { kernel, .. }| kinds(kernel.problem, kernel.penalty, kernel.optimizer))
        .collect();
    let single = (0..3).filter(|&role| all.iter().all(|kinds| kinds[role] == all[0][role]));
    parts.extend(single.map(|role| format!("{} {}", all[0][role].0, all[0][role].1)));
    let (mut fixed, mut pooled) = (Vec::new(), Vec::new());
    for slot in plan.sections.iter().flat_map(|section| &section.grid.slots) {
        let path = &slot.path;
        if slot.pooled && slot.values.len() > 1 && !slot.derived {
            pooled.push(path.clone());
        } else if slot.values.len() == 1 && !plan.coordinates.iter().any(|coordinate| coordinate.path == *path) {
            fixed.push(format!("{path} = {}", Number(slot.values[0])));
        }
    }
    for list in [&mut fixed, &mut pooled] {
        list.sort();
        list.dedup();
    }
    parts.extend(fixed);
    if !pooled.is_empty() {
        parts.push(format!("pooled over {}", pooled.join(", ")));
    }
    parts.join("; ")
}
