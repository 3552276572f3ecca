//! The maps that a spec asks for, and the names that they may use.

use super::document::{Node, Value, parse, quote};
use super::error::{Fault, quote_all, suggest};
use super::fields::{Fields, list, text, wrong_value};
use super::key::meant;
use super::overlay::{refuse_nearness, refuse_overlay};
use super::report::{paths, unknown_path};
use super::role::role_of_choice;
use super::source::{FILE, Place, Sources};
use super::{
    Difference, Format, Grid, Key, MapRequest, Measure, Only, SLOPE_AT_ZERO, Slot, Spec, SpecError, coordinates,
};
use crate::number::Number;

/// Begins the list of what a map may use.
const SWEPT: &str = "the swept paths outside the pool are";

/// The roles, which can be facets.
pub(crate) const ROLES: [&str; 3] = ["problem", "penalty", "optimizer"];

/// The names that a map may use.
pub(super) struct Scope<'s> {
    spec: &'s Spec,
    /// One a combination of alternatives, where something is computed.
    grids: &'s [Grid],
    /// What is not pooled and takes several values.
    coordinates: Vec<String>,
    /// Whether the sweep is refined.
    is_refined: bool,
}

/// Whether a map names the slope at 0.
pub(super) fn names_slope(maps: &Node) -> bool {
    match &maps.value {
        Value::Table(entries) => entries.iter().any(|entry| names_slope(&entry.node)),
        Value::List(items) => items.iter().any(names_slope),
        Value::Text(text) => text == SLOPE_AT_ZERO,
        _ => false,
    }
}

impl<'s> Scope<'s> {
    pub fn new(spec: &'s Spec, grids: &'s [Grid], is_refined: bool) -> Self {
        let coordinates = coordinates(spec, grids.iter()).into_iter().map(|coordinate| coordinate.path);
        Scope { spec, grids, coordinates: coordinates.collect(), is_refined }
    }

    fn coordinates(&self) -> Vec<&str> {
        self.coordinates.iter().map(String::as_str).collect()
    }

    /// What is computed under this name, combination by combination.
    pub fn computed(&self, name: &str) -> impl Iterator<Item = &'s Slot> {
        self.grids.iter().filter_map(move |grid| grid.slot(name)).filter(|slot| slot.derived)
    }

    /// The grids, each with the kind of its loss.
    pub fn grids_of_losses(&self) -> impl Iterator<Item = (&'s Grid, &'static str)> {
        let kinds = self.spec.combinations().map(|combination| combination.problem.kind.member.kind);
        self.grids.iter().zip(kinds)
    }

    /// `` of the losses `huber` and `quartic` ``, where a spec has several.
    pub fn of_losses(&self, found: impl Iterator<Item = &'static str>) -> String {
        let mut losses: Vec<&str> = Vec::new();
        found.for_each(|loss| losses.extend((!losses.contains(&loss)).then_some(loss)));
        let first = self.spec.problems[0].kind;
        if self.spec.problems.iter().all(|problem| problem.kind == first) {
            return String::new();
        }
        let plural = if losses.len() > 1 { "es" } else { "" };
        format!(" of the loss{plural} `{}`", losses.join("` and `"))
    }

    /// Whether two paths are of one axis, or of axes that move together.
    pub fn moves_with(&self, a: &str, b: &str) -> bool {
        let lists = self.spec.together.lists(self.spec.axes());
        a == b || lists.iter().any(|list| list.contains(&a) && list.contains(&b))
    }

    /// The coordinates that others follow and that follow none.
    pub fn axes(&self) -> Vec<String> {
        let all = coordinates(self.spec, self.grids.iter());
        all.into_iter().filter(|coordinate| !coordinate.follows).map(|coordinate| coordinate.path).collect()
    }

    fn is_pooled(&self, name: &str) -> bool {
        self.spec.report.pool.iter().any(|pooled| pooled == name)
    }

    /// Whether it is a parameter that takes one value and is not pooled.
    fn is_single(&self, name: &str) -> bool {
        let varies = self.is_pooled(name) || self.computed(name).any(|slot| slot.pooled);
        let is_known = name == SLOPE_AT_ZERO || paths(self.spec.axes()).contains(&name);
        !varies && !self.coordinates().contains(&name) && is_known
    }

    /// Refuses what is no swept parameter outside the pool, and says what uses it: the map.
    pub fn refuse_other_than_coordinate(&self, node: &Node, subject: &str, name: &str) -> Result<(), Fault> {
        let coordinates = self.coordinates();
        if coordinates.contains(&name) {
            return Ok(());
        }
        let message = if self.is_pooled(name) {
            format!("{subject} uses `{name}`, which is pooled")
        } else if self.computed(name).any(|slot| slot.pooled) {
            format!("{subject} uses `{name}`, which varies within a cell: it is computed from what is pooled")
        } else if self.is_single(name) {
            format!("{subject} uses `{name}`, which has one value only")
        } else if ROLES.contains(&name) {
            format!("{subject} uses `{name}` as its x, but a role can only be its y or one of the facets")
        } else {
            return Err(unknown_path(node, name, subject).help(match (role_of_choice(name), &coordinates[..]) {
                (Some("optimizer"), _) => {
                    "write \"optimizer\": the kind and all parts of an optimizer are one facet".to_owned()
                }
                (Some(role), _) => format!("write \"{role}\": its kinds are a facet"),
                (None, []) => self.list_coordinates(),
                (None, coordinates) => suggest(name, coordinates, SWEPT),
            }));
        };
        Err(Fault::new(node.place, message).help(self.list_coordinates()))
    }

    /// The values that cells have of a coordinate, or the kinds of a role.
    fn keys_of(&self, name: &str, place: Place) -> Result<Vec<Key>, Fault> {
        let keys: Vec<Key> = match name {
            "problem" => self.spec.problems.iter().map(|choice| Key::Text(choice.kind.member.kind)).collect(),
            "penalty" => self.spec.penalties.iter().map(|choice| Key::Text(choice.kind.member.kind)).collect(),
            "optimizer" => self.spec.optimizers.iter().map(|choice| Key::Text(choice.kind.name())).collect(),
            _ if self.is_pooled(name) => Vec::new(),
            _ => {
                let axes = self.spec.axes().filter(|axis| axis.path == name && !axis.is_derived());
                let computed = self.computed(name).filter(|slot| !slot.pooled);
                let values = axes.flat_map(|axis| &axis.values[..]).chain(computed.flat_map(|slot| &slot.values[..]));
                values.map(|value| Key::Number(*value)).collect()
            }
        };
        if !keys.is_empty() {
            return Ok(keys);
        }
        let known: Vec<&str> = ROLES.into_iter().chain(self.coordinates()).collect();
        let message = match self.is_pooled(name) {
            true => format!("the map uses `{name}`, which is pooled"),
            false => format!("the map names `{name}`, which is no coordinate of this sweep"),
        };
        Err(Fault::new(place, message).help(suggest(name, &known, "it has")))
    }

    pub fn list_coordinates(&self) -> String {
        match self.coordinates()[..] {
            [] => "no parameter is swept outside the pool".to_owned(),
            ref coordinates => format!("{SWEPT}: {}", quote_all(coordinates)),
        }
    }
}

pub(super) fn read_maps(node: &Node, scope: &Scope) -> Result<Vec<MapRequest>, Fault> {
    list(node, "`report.maps`")?.iter().map(|map| read_map(map, "report.maps", scope)).collect()
}

/// What a map may be told.
const KEYS: [&str; 8] = ["x", "y", "facets", "measure", "where", "difference", "interval", "line"];

/// The table of a map that is asked for apart from a spec: it may do without an x.
const APART: &str = "map";

/// A map, whose table is called `table`.
pub(super) fn read_map(node: &Node, table: &str, scope: &Scope) -> Result<MapRequest, Fault> {
    let fields = Fields::of(node, table)?;
    fields.refuse_others(&KEYS)?;
    let only = fields.get("where").map_or(Ok(Vec::new()), |node| read_where(node, scope))?;
    let difference = fields.get("difference").map(|node| read_difference(node, scope)).transpose()?;
    let names = read_names(&fields, difference.as_ref(), scope)?;
    let name = |place: usize| names.get(place).map_or(String::new(), |(_, name)| (*name).to_owned());
    let has_y = fields.get("y").is_some();
    let facets = names.iter().skip(1 + usize::from(has_y)).map(|(_, name)| (*name).to_owned()).collect();
    let line = flag(&fields, "line")?;
    let measures = read_measures(&fields, difference.is_some() || line, scope)?;
    let y = if has_y { name(1) } else { String::new() };
    Ok(MapRequest { x: name(0), y, facets, measures, only, difference, line })
}

/// A coordinate or role that a map names, and where.
pub(super) type Name<'n> = (&'n Node, &'n str);

/// x, y if there is one, and the facets, each with its node; none where x is left out.
fn read_names<'n>(fields: &Fields<'n>, difference: Option<&Difference>, scope: &Scope) -> Result<Vec<Name<'n>>, Fault> {
    let others = ["y", "facets"].into_iter().find_map(|key| fields.get(key));
    if fields.path == APART && fields.get("x").is_none() && others.is_none() {
        return Ok(Vec::new());
    }
    let x = fields.require("x", "the path of a swept parameter", || scope.list_coordinates())?;
    let mut names = Vec::new();
    for (key, node) in [("x", Some(x)), ("y", fields.get("y"))] {
        let Some(node) = node else { continue };
        let path = text(node, &format!("`{key}` of a map"))?;
        if key == "x" || !ROLES.contains(&path) {
            scope.refuse_other_than_coordinate(node, "the map", path)?;
        }
        names.push((node, path));
    }
    if let Some(node) = fields.get("facets") {
        for node in list(node, "`facets` of a map")? {
            let facet = text(node, "each facet of a map")?;
            // A parameter of one value, as --set makes it, tells no panels apart.
            if scope.is_single(facet) {
                continue;
            }
            if !ROLES.contains(&facet) {
                scope.refuse_other_than_coordinate(node, "the map", facet)?;
            }
            names.push((node, facet));
        }
    }
    for (index, (node, name)) in names.iter().enumerate() {
        if names[..index].iter().any(|(_, earlier)| earlier == name) {
            return Err(Fault::new(node.place, format!("the map uses `{name}` twice"))
                .help("`x`, `y` and `facets` must all differ"));
        }
        if difference.is_some_and(|difference| difference.name == *name) {
            let message = format!("the map shows a difference along `{name}`, and uses it besides");
            return Err(Fault::new(node.place, message).help("take it out of `x`, `y` and `facets`"));
        }
        if let Some((_, earlier)) = names[..index].iter().find(|(_, earlier)| scope.moves_with(earlier, name)) {
            let message = format!("the map uses `{earlier}` and `{name}`, which move together");
            return Err(Fault::new(node.place, message).help("name one of them"));
        }
    }
    refuse_overlay(&names, scope)?;
    let axes = 1 + usize::from(fields.get("y").is_some());
    refuse_nearness(names.split_at(axes), scope)?;
    Ok(names)
}

fn flag(fields: &Fields, key: &str) -> Result<bool, Fault> {
    match fields.get(key).map(|node| (node, &node.value)) {
        None => Ok(false),
        Some((_, Value::Bool(value))) => Ok(*value),
        Some((node, _)) => Err(wrong_value(node, &format!("`{key}` of a map"), "true or false")),
    }
}

/// The measures; each the width of its interval where these are asked for. Some pictures need `numbers`.
fn read_measures(fields: &Fields, numbers: bool, scope: &Scope) -> Result<Vec<Measure>, Fault> {
    let given: Vec<&Node> = match fields.get("measure").map(|node| (node, &node.value)) {
        None => Vec::new(),
        Some((_, Value::List(items))) => items.iter().collect(),
        Some((node, _)) => vec![node],
    };
    let mut all = Measure::all(&scope.spec.zero.tolerances);
    all.extend(Measure::OF_REFINED.into_iter().filter(|_| scope.is_refined));
    // Each with the node that asks for it; none asks for the usual one.
    let mut measures: Vec<(Option<&Node>, Measure)> = Vec::new();
    for node in given {
        let is_of_refined = |name: &str| Measure::OF_REFINED.iter().any(|measure| measure.name() == name);
        if let Value::Text(name) = &node.value
            && is_of_refined(name)
            && !scope.is_refined
        {
            let message = format!("the map shows `{name}`, which cells have where not all are run");
            let help = "run some of them alone by `report.refine`, or show another measure";
            return Err(Fault::new(node.place, message).help(help));
        }
        let measure = read_measure(node, "the map shows", &all)?;
        if numbers && !measure.is_number() {
            let message =
                format!("the map shows `{}`, which is no number to draw a line or a difference of", measure.name());
            return Err(Fault::new(node.place, message).help("name another measure, for example zero_rate"));
        }
        if measures.iter().all(|(_, earlier)| *earlier != measure) {
            measures.push((Some(node), measure));
        }
    }
    let shows_width = flag(fields, "interval")?;
    if let (true, Some(node)) = (shows_width, fields.get("difference")) {
        return Err(Fault::new(node.place, "the map shows how wide intervals are, and a difference")
            .help("leave out one of the two"));
    }
    if measures.is_empty() && (numbers || shows_width) {
        measures.push((None, Measure::ZERO_RATE));
    }
    if !shows_width {
        return Ok(measures.into_iter().map(|(_, measure)| measure).collect());
    }
    let width = |(node, measure): (Option<&Node>, Measure)| {
        measure.interval().ok_or_else(|| {
            let message = format!("the map shows the interval of `{}`, which is no share that has one", measure.name());
            Fault::new(node.map(|node| node.place), message).help("name a share, for example zero_rate or diverged")
        })
    };
    measures.into_iter().map(width).collect()
}

/// The measure that `node` names, of a map or what else `subject` says: `the map shows`.
pub(super) fn read_measure(node: &Node, subject: &str, all: &[Measure]) -> Result<Measure, Fault> {
    let name = text(node, "each measure")?;
    // The column counts what the rate is the share of.
    let name = if name == "zero" { "zero_rate" } else { name };
    all.iter().copied().find(|measure| measure.name() == name).ok_or_else(|| {
        let names: Vec<String> = all.iter().map(|measure| measure.name()).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        Fault::new(node.place, format!("{subject} {}, which is no measure", quote(name))).help(suggest(
            name,
            &names,
            "the measures are",
        ))
    })
}

/// `{ penalty.k = 0.5, optimizer = ["proximal", "truncated"] }`
fn read_where(node: &Node, scope: &Scope) -> Result<Vec<Only>, Fault> {
    let read = |(name, key_place, node): (String, Place, &Node)| {
        let values = match &node.value {
            Value::List(items) => items.iter().collect(),
            _ => vec![node],
        };
        let known = scope.keys_of(&name, key_place)?;
        let keys = values.into_iter().map(|node| read_key(node, &name, &known)).collect::<Result<Vec<Key>, Fault>>()?;
        if keys.is_empty() {
            return Err(wrong_value(node, &format!("`{name}` in `where`"), "one value or several"));
        }
        // What has one value tells no cells apart, and no table has a column of it.
        let is_told = ROLES.contains(&&*name) || scope.coordinates().contains(&&*name);
        Ok(is_told.then_some(Only { name, keys }))
    };
    let read: Result<Vec<Option<Only>>, Fault> = entries(node, "`where` of a map")?.into_iter().map(read).collect();
    Ok(read?.into_iter().flatten().collect())
}

/// `{ optimizer = ["proximal", "subgradient"] }`: the first minus the second.
fn read_difference(node: &Node, scope: &Scope) -> Result<Difference, Fault> {
    let shape = "a table of one coordinate with two of its values, the first minus the second";
    let mut entries = entries(node, "`difference` of a map")?;
    let (Some((name, key_place, values)), true) = (entries.pop(), entries.is_empty()) else {
        return Err(wrong_value(node, "`difference` of a map", shape));
    };
    let known = scope.keys_of(&name, key_place)?;
    let Value::List(items) = &values.value else { return Err(wrong_value(values, &format!("`{name}`"), "two values")) };
    let [of, minus] = &items[..] else { return Err(wrong_value(values, &format!("`{name}`"), "two values")) };
    let (of, minus) = (read_key(of, &name, &known)?, read_key(minus, &name, &known)?);
    if of == minus {
        return Err(Fault::new(values.place, "the two values of a difference are the same"));
    }
    Ok(Difference { name, of, minus })
}

/// The entries of a table, those of tables in it by their whole path.
fn entries<'n>(node: &'n Node, subject: &str) -> Result<Vec<(String, Place, &'n Node)>, Fault> {
    let Value::Table(own) = &node.value else { return Err(wrong_value(node, subject, "a table")) };
    let mut found = Vec::new();
    for entry in own {
        match &entry.node.value {
            Value::Table(inner) if inner.is_empty() => return Err(wrong_value(&entry.node, subject, "values")),
            Value::Table(_) => {
                let inner = entries(&entry.node, subject)?.into_iter();
                found.extend(inner.map(|(name, place, node)| (format!("{}.{name}", entry.key), place, node)));
            }
            _ => found.push((entry.key.clone(), entry.key_place, &entry.node)),
        }
    }
    Ok(found)
}

/// The value of a coordinate or role that a map names, among those it has.
fn read_key(node: &Node, name: &str, known: &[Key]) -> Result<Key, Fault> {
    let wrong =
        |help: String| Err(Fault::new(node.place, format!("`{name}` has no value {}", node.found())).help(help));
    match (&node.value, node.number()) {
        (Value::Text(text), _) => {
            let texts: Vec<&'static str> = known.iter().filter_map(|key| key.text()).collect();
            match texts.iter().find(|known| *known == text) {
                Some(text) => Ok(Key::Text(text)),
                None if texts.is_empty() => wrong("give a number".to_owned()),
                None => wrong(suggest(text, &texts, "it has")),
            }
        }
        (_, Some(wanted)) => match meant(known.iter().filter_map(|key| key.number()), wanted) {
            Ok(value) => Ok(Key::Number(value)),
            Err(nearest) if nearest.is_empty() => wrong(match known.iter().find_map(|key| key.text()) {
                Some(kind) => format!("give a kind, for example \"{kind}\""),
                None => "give a number".to_owned(),
            }),
            Err(nearest) => {
                let nearest: Vec<String> = nearest.iter().map(|value| Number(*value).to_string()).collect();
                wrong(format!("the nearest that it has: {}", nearest.join(", ")))
            }
        },
        _ => Err(wrong_value(node, &format!("a value of `{name}`"), "a number or a kind")),
    }
}

impl Spec {
    /// A map of this sweep that is asked for apart from its spec: `text` is the table of a map in TOML, in which x may be left out.
    ///
    /// # Errors
    /// As for the maps of a spec; `source` is what errors call the text.
    pub fn map(&self, text: &str, source: &str) -> Result<MapRequest, SpecError> {
        let grids: Vec<Grid> = self.combinations().map(|combination| Grid::new(self, combination)).collect();
        let sources = Sources::new(source, text, &[]);
        let read = || {
            let scope = Scope::new(self, &grids, self.report.refine.is_some());
            read_map(&parse(text, Format::Toml, FILE)?, APART, &scope)
        };
        read().map_err(|fault| fault.explain(&sources))
    }
}
