//! The checks of what is computed from other parameters: every value of it, for every combination of alternatives.

use super::alternatives::Alternative;
use super::axis::{AxisReader, MOST_VALUES, Setting};
use super::document::Node;
use super::error::{Fault, suggest};
use super::grid::SLOPE_AT_ZERO;
use super::layout::Misfit;
use super::report::paths;
use super::{Axis, Combination, Grid, Spec};

/// What gave each parameter: by role, alternative and place in the order of its row; and the start.
pub(super) struct Givers<'a>(Vec<Vec<Vec<Option<&'a Node>>>>);

impl<'a> Givers<'a> {
    pub fn new(start: &Setting<'a>) -> Self {
        Givers(vec![vec![vec![start.node]]])
    }

    /// Puts a role before the start, behind the roles before it.
    pub fn with<C>(mut self, role: &[Alternative<'a, C>]) -> Self {
        let of = |alternative: &Alternative<'a, C>| alternative.settings.iter().map(|setting| setting.node).collect();
        self.0.insert(self.0.len() - 1, role.iter().map(of).collect());
        self
    }

    /// In the order of [`Spec::axes`].
    fn all(&self) -> impl Iterator<Item = Option<&'a Node>> {
        self.0.iter().flatten().flatten().copied()
    }

    /// Those of a combination, in the order of the slots of its grid; `alternatives` are its places in the roles.
    fn of(&self, alternatives: [usize; 3]) -> Vec<Option<&'a Node>> {
        let [problem, penalty, optimizer] = alternatives;
        let places = [problem, penalty, optimizer, 0];
        self.0.iter().zip(places).flat_map(|(role, place)| role[place].iter().copied()).collect()
    }
}

/// The grids of all combinations; none where nothing is computed.
pub(super) fn read_grids(
    spec: &Spec,
    givers: &Givers,
    axes: &mut AxisReader,
    names_slope: bool,
) -> Result<Vec<Grid>, Fault> {
    // That of many weights is one a weight.
    let with_slope = spec.model.is_none() && (names_slope || spec.uses_slope_at_zero());
    if !with_slope && !spec.axes().any(Axis::is_derived) {
        return Ok(Vec::new());
    }
    refuse_unknown_paths(spec, givers)?;
    let mut grids = Vec::new();
    for combination in spec.combinations() {
        let nodes = givers.of(combination.alternatives);
        let grid = Grid::try_new(spec, combination, with_slope)
            .map_err(|misfit| point_at(misfit, spec, combination, &nodes))?;
        let derived = grid.slots.iter().chain(&grid.beside).filter(|slot| slot.derived);
        if !axes.take(derived.map(|slot| slot.values.len() as u64).sum()) {
            let message = format!("what is computed and the axes hold more than {MOST_VALUES} values together");
            return Err(
                Fault::new(None, message).help("take fewer values, or let axes move together by `zip` or `sample`")
            );
        }
        grids.push(grid);
    }
    Ok(grids)
}

/// An expression uses parameters that the spec has.
fn refuse_unknown_paths(spec: &Spec, givers: &Givers) -> Result<(), Fault> {
    let mut known = paths(spec.axes());
    known.extend(spec.model.is_none().then_some(SLOPE_AT_ZERO));
    for (axis, node) in spec.axes().zip(givers.all()) {
        let (Some(expression), Some(node)) = (axis.expression(), node) else { continue };
        let mut paths = expression.paths.iter().enumerate();
        if let Some((place, path)) = paths.find(|(_, path)| !known.contains(&path.as_str())) {
            let message = format!("`{}` uses `{path}`, which this spec does not have", axis.path);
            let fault = Fault::new(node.place, message).within(&expression.text, expression.part_of(place));
            return Err(fault.help(suggest(path, &known, "it has")));
        }
    }
    Ok(())
}

fn point_at(misfit: Misfit, spec: &Spec, combination: Combination, nodes: &[Option<&Node>]) -> Fault {
    let Misfit { slot, part, message, help } = misfit;
    let node = nodes.get(slot).copied().flatten();
    let mut fault = Fault::new(node.map(|node| node.place), message);
    if let Some(expression) = combination.axes().chain([&spec.start]).nth(slot).and_then(Axis::expression) {
        fault = fault.within(&expression.text, part);
    }
    match help {
        Some(help) => fault.help(help),
        None => fault,
    }
}
