//! What is pooled, what is a coordinate, what is drawn, and how large the sweep is.

use super::alternatives::Alternative;
use super::axis::Setting;
use super::document::{Node, quote};
use super::error::{Fault, quote_all, suggest};
use super::expression::Expression;
use super::fields::{Fields, list, text};
use super::role::role_of_choice;
use super::source::Place;
use super::{Axis, MAX_CELLS, Report, Spacing, Together};
use std::cmp::Ordering;
use std::collections::{BTreeMap, HashSet};

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

    pub fn settings(&self) -> impl Iterator<Item = &'s Setting<'s>> {
        self.variants.iter().flat_map(|variant| variant.settings)
    }
}

/// Reads `[report]` but for its maps, what is refined and what is stable, given all sections in the order of the paths, and checks what depends on pooling: repeated values,
/// overlapping alternatives and the size of the sweep.
pub(super) fn read_report(node: Option<&Node>, sections: &[Part], together: &Together) -> Result<Report, Fault> {
    let fields = node.map(|node| Fields::of(node, "report")).transpose()?;
    let field = |key| fields.as_ref().and_then(|fields| fields.get(key));
    if let Some(fields) = &fields {
        fields.refuse_others(&["pool", "maps", "refine", "stability"])?;
    }
    let pool = match field("pool") {
        Some(node) => read_pool(node, sections, together)?,
        None => default_pool(sections, together),
    };
    refuse_repeated_values(sections, together, &pool)?;
    sections.iter().try_for_each(|section| refuse_overlap(section, &pool))?;
    check_size(sections, together, &pool, field("pool").or(node))?;
    Ok(Report { pool, maps: None, refine: None, stability: None })
}

/// Every axis of every alternative.
pub(super) fn axes<'s>(sections: &'s [Part]) -> impl Iterator<Item = &'s Axis> {
    sections.iter().flat_map(Part::settings).map(|setting| &setting.axis)
}

/// Every path of these axes once, in order.
pub(super) fn paths<'s>(axes: impl Iterator<Item = &'s Axis>) -> Vec<&'s str> {
    let mut paths: Vec<&str> = Vec::new();
    for axis in axes {
        if !paths.contains(&&*axis.path) {
            paths.push(&axis.path);
        }
    }
    paths
}

/// The pooled paths, in the order of the spec's paths whatever the order they are listed in.
fn read_pool(node: &Node, sections: &[Part], together: &Together) -> Result<Vec<String>, Fault> {
    let paths = paths(axes(sections));
    let mut pooled: Vec<Option<&Node>> = vec![None; paths.len()];
    for item in list(node, "`report.pool`")? {
        let path = text(item, "each path in `report.pool`")?;
        let Some(index) = paths.iter().position(|known| *known == path) else {
            return Err(unknown_path(item, path, "`report.pool`").help(match role_of_choice(path) {
                Some(_) => "take it out: each choice has cells of its own".to_owned(),
                None => suggest(path, &paths, "it has"),
            }));
        };
        let own: Vec<Option<&Expression>> =
            axes(sections).filter(|axis| axis.path == path).map(Axis::expression).collect();
        if let (Some(expression), true) = (own[0], own.iter().all(Option::is_some)) {
            return Err(derived_path(item, path, "`report.pool`", expression));
        }
        if pooled[index].replace(item).is_some() {
            return Err(Fault::new(item.place, format!("`report.pool` names {} twice", quote(path))));
        }
    }
    let place = |path: &str| paths.iter().zip(&pooled).find(|(own, _)| **own == path)?.1.map(|node| node.place);
    for list in together.lists(axes(sections)) {
        let (inside, outside): (Vec<&str>, Vec<&str>) = list.iter().partition(|path| place(path).is_some());
        if let ([inside, ..], [outside, ..]) = (&inside[..], &outside[..]) {
            let message = format!("`report.pool` names `{inside}`, but not `{outside}`, and these move together");
            let all: Vec<String> = list.iter().map(|path| format!("\"{path}\"")).collect();
            return Err(Fault::new(place(inside), message).help(format!("name {} or none of them", all.join(", "))));
        }
    }
    let pool = paths.iter().zip(pooled).filter(|(_, pooled)| pooled.is_some());
    Ok(pool.map(|(path, _)| (*path).to_owned()).collect())
}

/// A path that is no parameter's: it may be a choice, of which none is an axis.
pub(super) fn unknown_path(node: &Node, path: &str, subject: &str) -> Fault {
    Fault::new(
        node.place,
        match role_of_choice(path) {
            Some(_) => format!("{subject} names `{path}`, which is a choice and no axis"),
            None => format!("{subject} names {}, which this spec does not have", quote(path)),
        },
    )
}

pub(super) fn derived_path(node: &Node, path: &str, subject: &str, expression: &Expression) -> Fault {
    let used: Vec<&str> = expression.paths.iter().map(String::as_str).collect();
    let message = format!("{subject} names `{path}`, which is computed from others");
    Fault::new(node.place, message).help(match used[..] {
        [] => "take it out".to_owned(),
        _ => format!("name what it is computed from: {}", quote_all(&used)),
    })
}

/// A path is pooled as soon as one alternative draws it, or what it moves with, at random.
fn default_pool(sections: &[Part], together: &Together) -> Vec<String> {
    let drawn: Vec<&str> =
        axes(sections).filter(|axis| axis.spacing == Spacing::Random).map(|axis| axis.path.as_str()).collect();
    let follows = |path: &str| {
        let mut lists = together.zip.iter().filter(|list| list.iter().any(|own| own == path));
        lists.any(|list| list.iter().any(|own| drawn.contains(&own.as_str())))
    };
    let pooled = paths(axes(sections)).into_iter().filter(|path| drawn.contains(path) || follows(path));
    pooled.map(str::to_owned).collect()
}

fn is_pooled(axis: &Axis, pool: &[String]) -> bool {
    pool.contains(&axis.path)
}

/// Repeated values would be cells that cannot be told apart. Of axes that move together, all must repeat.
fn refuse_repeated_values(sections: &[Part], together: &Together, pool: &[String]) -> Result<(), Fault> {
    let is_outside = |axis: &Axis| !is_pooled(axis, pool) && !axis.is_derived();
    let outside = || sections.iter().flat_map(Part::settings).filter(|setting| is_outside(&setting.axis));
    outside().filter(|setting| together.of(&setting.axis).is_none()).try_for_each(|alone| refuse_repeat(&[alone]))?;
    for list in 0..together.lists(axes(sections)).len() {
        if outside().any(|setting| together.of(&setting.axis) == Some(list)) {
            choices(sections, together, list).iter().try_for_each(|choice| refuse_repeat(choice))?;
        }
    }
    Ok(())
}

/// What each choice of alternatives has of the axes of a list.
fn choices<'s>(sections: &[Part<'s>], together: &Together, list: usize) -> Vec<Vec<&'s Setting<'s>>> {
    sections.iter().fold(vec![Vec::new()], |choices, section| {
        let is_own = |setting: &&Setting| together.of(&setting.axis) == Some(list);
        let mut parts: Vec<Vec<&Setting>> =
            section.variants.iter().map(|variant| variant.settings.iter().filter(is_own).collect()).collect();
        // Alternatives that have none of the axes are one choice.
        parts.sort_by_key(Vec::len);
        parts.dedup_by(|a, b| a.is_empty() && b.is_empty());
        let longer = |choice: &Vec<_>| parts.iter().map(|part| [&choice[..], part].concat()).collect::<Vec<_>>();
        choices.iter().flat_map(longer).collect()
    })
}

fn refuse_repeat(settings: &[&Setting]) -> Result<(), Fault> {
    let columns: Vec<&[f32]> = settings.iter().map(|setting| setting.axis.values.as_slice()).collect();
    let Some((first, second)) = first_repeat(&columns) else {
        return Ok(());
    };
    let join = |words: Vec<String>| words.join(" and ");
    let paths = join(settings.iter().map(|setting| format!("`{}`", setting.axis.path)).collect());
    let values = join(columns.iter().map(|values| format!("{:?}", values[second])).collect());
    let (verb, plural) = if settings.len() == 1 { ("has", "") } else { ("have", "s") };
    let message = format!("{paths} {verb} the value{plural} {values} twice, rounded to f32");
    let remedy = match settings[0].axis.spacing {
        Spacing::Random => "pool the axis, or draw fewer",
        Spacing::List => "remove one",
        _ => "ask for fewer, or for ends further apart",
    };
    let help = format!("values {} and {} are equal; {remedy}", first + 1, second + 1);
    Err(Fault::new(settings[0].place(second), message).help(help))
}

/// The indices at which the least repeated row of these columns occurs first and second.
pub(super) fn first_repeat(columns: &[&[f32]]) -> Option<(usize, usize)> {
    let compare = |a: &usize, b: &usize| {
        let differences = columns.iter().map(|values| values[*a].total_cmp(&values[*b]));
        differences.fold(Ordering::Equal, Ordering::then)
    };
    let mut rows: Vec<usize> = (0..columns[0].len()).collect();
    rows.sort_unstable_by(|a, b| compare(a, b).then(a.cmp(b)));
    rows.windows(2).find(|pair| compare(&pair[0], &pair[1]).is_eq()).map(|pair| (pair[0], pair[1]))
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
    // What is computed is known for a whole combination of alternatives alone, and may be equal.
    outside.all(|(a, b)| a.is_derived() || b.is_derived() || intersect(&a.values, &b.values))
}

fn intersect(a: &[f32], b: &[f32]) -> bool {
    let known: HashSet<u32> = a.iter().map(|value| value.to_bits()).collect();
    b.iter().any(|value| known.contains(&value.to_bits()))
}

/// Bounds the cells, which memory and output grow with, and the trajectories, which are counted in 63 bits.
fn check_size(sections: &[Part], together: &Together, pool: &[String], report: Option<&Node>) -> Result<(), Fault> {
    let trajectories = product(sections, together, |_| true);
    if trajectories > i64::MAX as u128 {
        let message = format!("the sweep has {trajectories} trajectories, more than {}", i64::MAX);
        return Err(Fault::new(None, message).help("the count is the product of all axes; take fewer values"));
    }
    let cells = product(sections, together, |axis| !is_pooled(axis, pool));
    if cells > MAX_CELLS {
        let message = format!("the sweep has {cells} cells, more than {MAX_CELLS}");
        return Err(Fault::new(report.map(|node| node.place), message)
            .help("pool more axes with report.pool: a cell is a choice of values of the axes that are not pooled"));
    }
    Ok(())
}

/// The combinations of values, over all alternatives, of those axes that `counts` accepts.
fn product(sections: &[Part], together: &Together, counts: impl Fn(&Axis) -> bool) -> u128 {
    // By the lists that a choice of alternatives has axes of, as bits, with how long they are: each counts once.
    let mut sizes = BTreeMap::from([(0_u64, 1_u128)]);
    let mut lens = BTreeMap::new();
    for section in sections {
        let mut next = BTreeMap::new();
        for variant in &section.variants {
            let (mut lists, mut size) = (0, 1_u128);
            for axis in
                variant.settings.iter().map(|setting| &setting.axis).filter(|axis| !axis.is_derived() && counts(axis))
            {
                let len = axis.values.len() as u128;
                match together.of(axis) {
                    None => size = size.saturating_mul(len),
                    Some(list) => {
                        lists |= 1 << list;
                        lens.insert(list, len);
                    }
                }
            }
            for (before, so_far) in &sizes {
                let sum: &mut u128 = next.entry(before | lists).or_default();
                *sum = sum.saturating_add(size.saturating_mul(*so_far));
            }
        }
        sizes = next;
    }
    let whole = |(lists, size): (u64, u128)| {
        let own = lens.iter().filter(|(list, _)| lists >> **list & 1 == 1);
        own.fold(size, |size, (_, len)| size.saturating_mul(*len))
    };
    sizes.into_iter().map(whole).fold(0, u128::saturating_add)
}
