//! Axes that move together: the lists of `zip`.

use super::document::{Node, quote};
use super::error::{Fault, suggest};
use super::fields::{list, text, wrong_value};
use super::report::{Part, paths, unknown_path};
use super::{Axis, Together};

impl Together {
    /// The list of axes that `axis` moves with, by number; `None` where it moves alone.
    pub fn of(&self, axis: &Axis) -> Option<usize> {
        self.zip.iter().position(|list| list.contains(&axis.path))
    }
}

/// Reads `zip`: lists of paths, each list and all of them in the order of the spec's paths.
pub(super) fn read_zip(node: &Node, sections: &[Part]) -> Result<Vec<Vec<String>>, Fault> {
    let paths = paths(sections);
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
                return Err(unknown_path(item, path, "`zip`").help(suggest(path, &paths, "it has")));
            };
            if taken.contains(&index) {
                return Err(Fault::new(item.place, format!("`zip` names {} twice", quote(path))));
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
    for axis in sections.iter().flat_map(Part::settings).map(|setting| &setting.axis).filter(|axis| axis.path == path) {
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
