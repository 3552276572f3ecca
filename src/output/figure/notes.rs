//! The sentences above a picture.

use super::rows::{Drawn, Values};
use super::{Layout, Panel};
use crate::spec::{Key, MapRequest};

/// What a reader must know to read the colours rightly.
pub(super) fn notes(
    request: &MapRequest,
    others: &[Values],
    drawn: &Drawn,
    summed: &[&Values],
    panels: &[Panel],
    differ: [bool; 2],
    layout: Layout,
) -> Vec<String> {
    let mut notes = Vec::new();
    let fixed = others.iter().filter(|values| values.keys.len() == 1 && values.keys[0] != Key::Absent);
    let fixed = fixed.flat_map(Values::headers);
    notes.extend(sentence("", &fixed.collect::<Vec<_>>(), " throughout."));
    let pooled = summed.iter().map(|values| values.summary());
    notes.extend(sentence("Counts are summed over ", &pooled.collect::<Vec<_>>(), "."));
    let blocks = || panels.iter().map(|panel| [panel.x.mesh.block, panel.y.mesh.block]);
    let [across, up] = blocks().fold([1, 1], |[a, b], [across, up]| [across.max(a), up.max(b)]);
    if across * up > 1 {
        let most = if blocks().all(|block| block == [across, up]) { "" } else { "up to " };
        notes.push(format!("Each drawn cell sums {most}{across} × {up} cells of the grid."));
    }
    let own = [&request.x, &request.y].into_iter().zip(differ);
    let own = own.take(if layout == Layout::Each { 1 } else { 2 }).filter(|(_, differ)| *differ);
    let own: Vec<String> = own.map(|(name, _)| name.clone()).collect();
    notes.extend(sentence("Each panel has its own values of ", &own, "."));
    let axes = || panels.iter().map(|panel| [&panel.x.axis, &panel.y.axis]);
    let names = [&request.x, &request.y].into_iter().enumerate();
    // Lines have no order that a reader measures.
    let names = names.take(if layout == Layout::Each { 1 } else { 2 });
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
pub(super) fn sides(request: &MapRequest, joint: &str) -> String {
    let names = [request.x.as_str(), &request.y].into_iter().filter(|name| !name.is_empty());
    names.collect::<Vec<_>>().join(joint)
}

fn sentence(start: &str, items: &[String], end: &str) -> Option<String> {
    if items.is_empty() { None } else { Some(format!("{start}{}{end}", list(items))) }
}

/// `a`, `a and b`, `a, b and c`
pub(super) fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}
