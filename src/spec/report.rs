//! What is pooled, what is a coordinate, what is drawn, and how large the sweep is.

use super::alternatives::Alternative;
use super::axis::Setting;
use super::document::{Node, quote};
use super::error::{Fault, quote_all, suggest};
use super::fields::{Fields, list, text};
use super::role::{LAMBDA_SCHEDULE, NOISE, PENALTY_STEP, PRECISION, SCHEDULE};
use super::source::Place;
use super::{Axis, MAX_CELLS, MapRequest, Report, Spacing};
use std::collections::HashSet;

/// A part of the spec whose alternatives multiply with those of the other parts: a role, or the start.
pub(super) struct Part<'s> {
    /// The role; none for the start, which has no alternatives.
    role: Option<&'static str>,
    variants: Vec<Variant<'s>>,
}

struct Variant<'s> {
    kind: &'static str,
    place: Option<Place>,
    settings: &'s [Setting<'s>],
}

impl<'s> Part<'s> {
    pub fn of_role<C>(role: &'static str, alternatives: &'s [Alternative<'s, C>]) -> Self {
        let variants = alternatives.iter().map(|alternative| Variant {
            kind: alternative.name,
            place: alternative.place,
            settings: &alternative.settings,
        });
        Part { role: Some(role), variants: variants.collect() }
    }

    pub fn of_start(start: &'s Setting<'s>) -> Self {
        Part { role: None, variants: vec![Variant { kind: "", place: None, settings: std::slice::from_ref(start) }] }
    }

    fn settings(&self) -> impl Iterator<Item = &'s Setting<'s>> {
        self.variants.iter().flat_map(|variant| variant.settings)
    }

    /// The combinations of values over all alternatives, of those axes that `counts` accepts.
    fn size(&self, counts: impl Fn(&Axis) -> bool) -> u128 {
        let sizes = self.variants.iter().map(|variant| {
            let axes = variant.settings.iter().map(|setting| &setting.axis);
            axes.filter(|axis| counts(axis)).fold(1_u128, |size, axis| size.saturating_mul(axis.values.len() as u128))
        });
        sizes.fold(0, u128::saturating_add)
    }
}

/// Reads `[report]`, given all sections in the order of the paths, and checks what depends on pooling: repeated values,
/// overlapping alternatives and the size of the sweep.
pub(super) fn read_report(node: Option<&Node>, sections: &[Part]) -> Result<Report, Fault> {
    let fields = node.map(|node| Fields::of(node, "report")).transpose()?;
    let field = |key| fields.as_ref().and_then(|fields| fields.get(key));
    if let Some(fields) = &fields {
        fields.refuse_others(&["pool", "maps"])?;
    }
    let pool = match field("pool") {
        Some(node) => read_pool(node, &paths(sections))?,
        None => default_pool(sections),
    };
    for section in sections {
        refuse_repeated_values(section, &pool)?;
        refuse_overlap(section, &pool)?;
    }
    check_size(sections, &pool, field("pool").or(node))?;
    let maps = match field("maps") {
        Some(node) => Some(read_maps(node, &Scope::new(sections, &pool))?),
        None => None,
    };
    Ok(Report { pool, maps })
}

/// Every path of the spec once, in order.
fn paths<'s>(sections: &'s [Part]) -> Vec<&'s str> {
    let mut paths: Vec<&str> = Vec::new();
    for setting in sections.iter().flat_map(Part::settings) {
        if !paths.contains(&&*setting.axis.path) {
            paths.push(&setting.axis.path);
        }
    }
    paths
}

/// The pooled paths, in the order of the spec's paths whatever the order they are listed in.
fn read_pool(node: &Node, paths: &[&str]) -> Result<Vec<String>, Fault> {
    let mut pooled = vec![false; paths.len()];
    for item in list(node, "`report.pool`")? {
        let path = text(item, "each path in `report.pool`")?;
        let Some(index) = paths.iter().position(|known| *known == path) else {
            return Err(unknown_path(item, path, "`report.pool`").help(suggest(path, paths, "it has")));
        };
        if std::mem::replace(&mut pooled[index], true) {
            return Err(Fault::new(item.place, format!("`report.pool` names {} twice", quote(path))));
        }
    }
    let pool = paths.iter().zip(pooled).filter(|(_, pooled)| *pooled);
    Ok(pool.map(|(path, _)| (*path).to_owned()).collect())
}

fn unknown_path(node: &Node, path: &str, subject: &str) -> Fault {
    Fault::new(node.place, format!("{subject} names {}, which this spec does not have", quote(path)))
}

/// A path is pooled as soon as one alternative draws it at random.
fn default_pool(sections: &[Part]) -> Vec<String> {
    let drawn = |path: &&str| {
        let mut settings = sections.iter().flat_map(Part::settings);
        settings.any(|setting| setting.axis.path == *path && setting.axis.spacing == Spacing::Random)
    };
    paths(sections).into_iter().filter(drawn).map(str::to_owned).collect()
}

fn is_pooled(axis: &Axis, pool: &[String]) -> bool {
    pool.contains(&axis.path)
}

/// Repeated values would be cells that cannot be told apart.
fn refuse_repeated_values(section: &Part, pool: &[String]) -> Result<(), Fault> {
    for setting in section.settings().filter(|setting| !is_pooled(&setting.axis, pool)) {
        let Axis { path, values, spacing } = &setting.axis;
        let Some((first, second)) = first_repeat(values) else {
            continue;
        };
        let message = format!("`{path}` has the value {:?} twice, rounded to f32", values[second]);
        let remedy = match spacing {
            Spacing::Random => "pool the axis, or draw fewer",
            Spacing::List => "remove one",
            _ => "ask for fewer, or for ends further apart",
        };
        let help = format!("values {} and {} are equal; {remedy}", first + 1, second + 1);
        return Err(Fault::new(setting.place(second), message).help(help));
    }
    Ok(())
}

/// The indices at which the least repeated value occurs first and second.
pub(super) fn first_repeat(values: &[f32]) -> Option<(usize, usize)> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f32::total_cmp);
    let repeated = sorted.windows(2).find(|pair| pair[0] == pair[1])?[0];
    let mut found = values.iter().enumerate().filter(|(_, value)| **value == repeated);
    Some((found.next()?.0, found.next()?.0))
}

/// Two alternatives of one kind must differ somewhere outside the pool, or they would share a cell.
fn refuse_overlap(section: &Part, pool: &[String]) -> Result<(), Fault> {
    for (index, variant) in section.variants.iter().enumerate() {
        let overlaps = |other: &&Variant| other.kind == variant.kind && share_cell(other, variant, pool);
        if section.variants[..index].iter().any(|other| overlaps(&other)) {
            let role = section.role.unwrap_or_default();
            let message = format!("two alternatives of `{role}` of kind `{}` share a cell", variant.kind);
            return Err(
                Fault::new(variant.place, message).help("give them values, outside the pool, of which none is in both")
            );
        }
    }
    Ok(())
}

fn share_cell(a: &Variant, b: &Variant, pool: &[String]) -> bool {
    let pairs = a.settings.iter().zip(b.settings).map(|(a, b)| (&a.axis, &b.axis));
    let mut outside = pairs.filter(|(a, _)| !is_pooled(a, pool));
    outside.all(|(a, b)| intersect(&a.values, &b.values))
}

fn intersect(a: &[f32], b: &[f32]) -> bool {
    let known: HashSet<u32> = a.iter().map(|value| value.to_bits()).collect();
    b.iter().any(|value| known.contains(&value.to_bits()))
}

/// Bounds the cells, which memory and output grow with, and the trajectories, which are counted in 63 bits.
fn check_size(sections: &[Part], pool: &[String], report: Option<&Node>) -> Result<(), Fault> {
    let product = |counts: &dyn Fn(&Axis) -> bool| {
        let sizes = sections.iter().map(|section| section.size(counts));
        sizes.fold(1, u128::saturating_mul)
    };
    let trajectories = product(&|_| true);
    if trajectories > i64::MAX as u128 {
        let message = format!("the sweep has {trajectories} trajectories, more than {}", i64::MAX);
        return Err(Fault::new(None, message).help("the count is the product of all axes; take fewer values"));
    }
    let cells = product(&|axis| !is_pooled(axis, pool));
    if cells > MAX_CELLS {
        let message = format!("the sweep has {cells} cells, more than {MAX_CELLS}");
        return Err(Fault::new(report.map(|node| node.place), message)
            .help("pool more axes with report.pool: a cell is a choice of values of the axes that are not pooled"));
    }
    Ok(())
}

/// Begins the list of what a map may use.
const SWEPT: &str = "the swept paths outside the pool are";

/// The names that a map may use.
struct Scope<'s> {
    sections: &'s [Part<'s>],
    pool: &'s [String],
    /// The paths that are not pooled and take several values over the alternatives of their role.
    coordinates: Vec<&'s str>,
}

impl<'s> Scope<'s> {
    fn new(sections: &'s [Part<'s>], pool: &'s [String]) -> Self {
        let takes_several = |path: &&str| {
            let settings = sections.iter().flat_map(Part::settings);
            let mut values =
                settings.filter(|setting| setting.axis.path == *path).flat_map(|setting| &setting.axis.values);
            let first = values.next();
            values.any(|value| Some(value) != first)
        };
        let is_outside = |path: &&str| pool.iter().all(|pooled| pooled != path);
        let coordinates = paths(sections).into_iter().filter(is_outside).filter(takes_several);
        Scope { sections, pool, coordinates: coordinates.collect() }
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
            let parts = [PENALTY_STEP, SCHEDULE, LAMBDA_SCHEDULE, NOISE, PRECISION, "kind"]
                .map(|part| format!("optimizer.{part}"));
            let is_part = self.is_role("optimizer") && parts.iter().any(|part| part == name);
            return Err(unknown_path(node, name, "the map").help(match self.coordinates[..] {
                _ if is_part => "write \"optimizer\": the kind and all parts of an optimizer are one facet".to_owned(),
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

fn read_maps(node: &Node, scope: &Scope) -> Result<Vec<MapRequest>, Fault> {
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
    }
    Ok(MapRequest {
        x: names[0].1.to_owned(),
        y: names[1].1.to_owned(),
        facets: names[2..].iter().map(|(_, name)| (*name).to_owned()).collect(),
    })
}
