//! Axes that move together: the lists of `zip`, and all that `sample` draws.

use super::document::{Node, quote};
use super::error::{Fault, suggest};
use super::fields::{Fields, integer, list, text, wrong_value};
use super::report::{Part, axes, derived_path, paths, unknown_path};
use super::role::role_of_choice;
use super::{Axis, MAX_AXIS_VALUES, Spacing, Together};

impl Together {
    /// The list of axes that `axis` moves with, by number; `None` where it moves alone.
    pub fn of(&self, axis: &Axis) -> Option<usize> {
        if self.sample && axis.spacing == Spacing::Random {
            return Some(self.zip.len());
        }
        self.zip.iter().position(|list| list.contains(&axis.path))
    }

    /// The paths of each list, in the order of its number.
    pub(super) fn lists<'s>(&self, axes: impl Iterator<Item = &'s Axis>) -> Vec<Vec<&'s str>> {
        let mut lists = vec![Vec::new(); self.zip.len() + usize::from(self.sample)];
        for axis in axes {
            if let Some(list) = self.of(axis).map(|list| &mut lists[list])
                && !list.contains(&axis.path.as_str())
            {
                list.push(axis.path.as_str());
            }
        }
        lists
    }
}

/// How often all random axes are drawn together, and from which seed.
#[derive(Clone, Copy)]
pub(super) struct Draws {
    pub count: u64,
    pub seed: u64,
}

impl Draws {
    /// The `count` and the `seed` of a table.
    pub fn of(fields: &Fields) -> Result<Draws, Fault> {
        let path = fields.path;
        let count = fields.require("count", "how many values to draw", || "add count = 64".to_owned())?;
        let count = read_count(count, &format!("`{path}.count`"))?;
        let seed = match fields.get("seed") {
            Some(node) => integer(node, &format!("`{path}.seed`"), 0, i64::MAX as u64)?,
            None => 0,
        };
        Ok(Draws { count, seed })
    }

    /// Reads `sample`.
    pub fn read(node: &Node) -> Result<Draws, Fault> {
        let fields = Fields::of(node, "sample")?;
        fields.refuse_others(&["count", "seed"])?;
        Draws::of(&fields)
    }
}

/// How many values an axis has.
pub(super) fn read_count(node: &Node, subject: &str) -> Result<u64, Fault> {
    integer(node, subject, 1, MAX_AXIS_VALUES).map_err(|fault| match node.number() {
        Some(count) if count > MAX_AXIS_VALUES as f64 => {
            fault.help("for more trajectories, pool two axes: their product counts")
        }
        _ => fault,
    })
}

/// Reads `zip`: lists of paths, each list and all of them in the order of the spec's paths.
pub(super) fn read_zip(node: &Node, sections: &[Part], sample: bool) -> Result<Vec<Vec<String>>, Fault> {
    let paths = paths(axes(sections));
    let mut taken: Vec<usize> = Vec::new();
    let mut zip: Vec<Vec<usize>> = Vec::new();
    for node in list(node, "`zip`")? {
        let items = list(node, "each list in `zip`")?;
        if items.len() < 2 {
            return Err(wrong_value(node, "each list in `zip`", "a list of 2 paths or more"));
        }
        let mut own = Vec::new();
        let mut first = None;
        for item in items {
            let path = text(item, "each path in `zip`")?;
            let Some(index) = paths.iter().position(|known| *known == path) else {
                return Err(unknown_path(item, path, "`zip`").help(match role_of_choice(path) {
                    Some(role) => {
                        format!("write one [[{role}]] table for each choice, with the numbers that go with it")
                    }
                    None => suggest(path, &paths, "it has"),
                }));
            };
            if taken.contains(&index) {
                return Err(Fault::new(item.place, format!("`zip` names {} twice", quote(path))));
            }
            let of_path = || axes(sections).filter(|axis| axis.path == path);
            if let Some(expression) = of_path().find_map(Axis::expression) {
                return Err(derived_path(item, path, "`zip`", expression));
            }
            if sample && of_path().any(|axis| axis.spacing == Spacing::Random) {
                let message = format!("`zip` names `{path}`, which `sample` draws together with every random axis");
                return Err(Fault::new(item.place, message).help("take it out of `zip`"));
            }
            check_lengths(item, path, sections, &mut first)?;
            taken.push(index);
            own.push(index);
        }
        own.sort_unstable();
        zip.push(own);
    }
    zip.sort();
    Ok(zip.into_iter().map(|own| own.into_iter().map(|index| paths[index].to_owned()).collect()).collect())
}

/// Each axis of a list has as many values as the `first`, in every alternative.
fn check_lengths<'s>(
    item: &Node,
    path: &'s str,
    sections: &[Part],
    first: &mut Option<(&'s str, usize)>,
) -> Result<(), Fault> {
    for axis in axes(sections).filter(|axis| axis.path == path) {
        let found = axis.values.len();
        let (other, count) = *first.get_or_insert((path, found));
        if found != count {
            let message = format!(
                "axes that move together must have as many values, but `{other}` has {count} and `{path}` has {found}"
            );
            return Err(Fault::new(item.place, message).help("give each as many values, or take one out of `zip`"));
        }
    }
    Ok(())
}
