//! The maps that a spec asks for, and the names that they may use.

use super::document::Node;
use super::error::{Fault, quote_all, suggest};
use super::fields::{Fields, list, text};
use super::report::{Part, paths, unknown_path};
use super::role::{PENALTY_STEP, SCHEDULE};
use super::{MapRequest, Together};

/// Begins the list of what a map may use.
const SWEPT: &str = "the swept paths outside the pool are";

/// The names that a map may use.
pub(super) struct Scope<'s> {
    sections: &'s [Part<'s>],
    together: &'s Together,
    pool: &'s [String],
    /// The paths that are not pooled and take several values over the alternatives of their role.
    coordinates: Vec<&'s str>,
}

impl<'s> Scope<'s> {
    pub fn new(sections: &'s [Part<'s>], together: &'s Together, pool: &'s [String]) -> Self {
        let takes_several = |path: &&str| {
            let settings = sections.iter().flat_map(Part::settings);
            let mut values =
                settings.filter(|setting| setting.axis.path == *path).flat_map(|setting| &setting.axis.values);
            let first = values.next();
            values.any(|value| Some(value) != first)
        };
        let is_outside = |path: &&str| pool.iter().all(|pooled| pooled != path);
        let coordinates = paths(sections).into_iter().filter(is_outside).filter(takes_several);
        Scope { sections, together, pool, coordinates: coordinates.collect() }
    }

    fn is_role(&self, name: &str) -> bool {
        self.sections.iter().any(|section| section.role == Some(name))
    }

    /// Whether it is a parameter that takes one value and is not pooled.
    fn is_single(&self, name: &str) -> bool {
        let pooled = self.pool.iter().any(|pooled| pooled == name);
        !pooled && !self.coordinates.contains(&name) && paths(self.sections).contains(&name)
    }

    fn refuse_other_than_coordinate(&self, node: &Node, name: &str) -> Result<(), Fault> {
        if self.coordinates.contains(&name) {
            return Ok(());
        }
        let message = if self.pool.iter().any(|pooled| pooled == name) {
            format!("the map uses `{name}`, which is pooled")
        } else if self.is_single(name) {
            format!("the map uses `{name}`, which has one value only")
        } else if self.is_role(name) {
            format!("the map uses `{name}` as an axis, but a role can only be one of the facets")
        } else {
            let parts = [PENALTY_STEP, SCHEDULE, "kind"].map(|part| format!("optimizer.{part}"));
            let is_part = self.is_role("optimizer") && parts.iter().any(|part| part == name);
            return Err(unknown_path(node, name, "the map").help(match self.coordinates[..] {
                _ if is_part => "write \"optimizer\": kind, penalty step and schedule are one facet".to_owned(),
                [] => self.list_coordinates(),
                _ => suggest(name, &self.coordinates, SWEPT),
            }));
        };
        Err(Fault::new(node.place, message).help(self.list_coordinates()))
    }

    fn list_coordinates(&self) -> String {
        match self.coordinates[..] {
            [] => "no parameter is swept outside the pool".to_owned(),
            _ => format!("{SWEPT}: {}", quote_all(&self.coordinates)),
        }
    }
}

pub(super) fn read_maps(node: &Node, scope: &Scope) -> Result<Vec<MapRequest>, Fault> {
    list(node, "`report.maps`")?.iter().map(|map| read_map(map, scope)).collect()
}

fn read_map(node: &Node, scope: &Scope) -> Result<MapRequest, Fault> {
    let fields = Fields::of(node, "report.maps")?;
    fields.refuse_others(&["x", "y", "facets"])?;
    let axis = |key| {
        let node = fields.require(key, "the path of a swept parameter", || scope.list_coordinates())?;
        let path = text(node, &format!("`{key}` of a map"))?;
        scope.refuse_other_than_coordinate(node, path)?;
        Ok((node, path))
    };
    let mut names = vec![axis("x")?, axis("y")?];
    if let Some(node) = fields.get("facets") {
        for node in list(node, "`facets` of a map")? {
            let facet = text(node, "each facet of a map")?;
            // A parameter of one value, as --set makes it, tells no panels apart.
            if scope.is_single(facet) {
                continue;
            }
            if !scope.is_role(facet) {
                scope.refuse_other_than_coordinate(node, facet)?;
            }
            names.push((node, facet));
        }
    }
    for (index, (node, name)) in names.iter().enumerate() {
        if names[..index].iter().any(|(_, earlier)| earlier == name) {
            return Err(Fault::new(node.place, format!("the map uses `{name}` twice"))
                .help("`x`, `y` and `facets` must all differ"));
        }
        let lists = &scope.together.zip;
        let with = |earlier: &str| {
            lists.iter().any(|list| [earlier, name].iter().all(|name| list.iter().any(|own| own == name)))
        };
        if let Some((_, earlier)) = names[..index].iter().find(|(_, earlier)| with(earlier)) {
            let message = format!("the map uses `{earlier}` and `{name}`, which move together");
            return Err(Fault::new(node.place, message).help("name one of them"));
        }
    }
    Ok(MapRequest {
        x: names[0].1.to_owned(),
        y: names[1].1.to_owned(),
        facets: names[2..].iter().map(|(_, name)| (*name).to_owned()).collect(),
    })
}
