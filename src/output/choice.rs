//! Which map to draw where nobody asked for one: after a look at the counts, along what changes most.

use super::drawing::labels::labels;
use super::map_table::{MapColumn, MapTable};
use crate::spec::{Key, MapRequest, Measure, Only};
use crate::verdict::Fate;
use std::collections::HashMap;

/// The most panels that are chosen: more is legible only where someone wants it.
const MOST_PANELS: usize = 36;

/// Axes of a map have at least so many values, where there are two that do.
const FEW_VALUES: usize = 12;

/// What makes for less than this share of all that changes has no panels of its own.
const LITTLE: f64 = 0.01;

/// The most values of a coordinate that panels show where it has more than fit.
const SHOWN_VALUES: usize = 5;

/// The most lines of one panel.
pub const MOST_LINES: usize = 12;

/// Cells that are looked at, about.
const LOOKS: usize = 1 << 18;

/// A picture to draw.
#[derive(Clone, Debug, PartialEq)]
pub struct Chosen {
    pub request: MapRequest,
    /// What of the sweep it does not show, and that there is more.
    pub note: Option<String>,
}

/// The pictures to draw where nobody asked for any; none where no coordinate but `besides` takes two values. The table needs the counts of
/// all fates.
///
/// x and y are the numeric coordinates along which fates change most, of those with enough values for an axis; those that every
/// cell has come before others. Where there is but one, its rates are a line and its fates a strip. What else changes fates becomes facets,
/// roles first; of what has too many values for that some are shown, evenly spaced, or the one in the middle. What changes next to
/// nothing is pooled.
pub fn choose(table: &MapTable, besides: Option<&str>) -> Vec<Chosen> {
    let is_leading = |own: &MapColumn| !own.follows && besides != Some(own.name.as_str());
    let leading = (0..table.columns.len()).filter(|&column| is_leading(&table.columns[column]));
    let columns: Vec<Spread> = leading.map(|column| Spread::of(table, column)).filter(|c| c.keys.len() >= 2).collect();
    let effects = Effects::of(table, &columns);
    let Some((x, y)) = axes(table, &columns, &effects) else { return Vec::new() };
    let is_axis = |c: &&Spread| c.column == x || Some(c.column) == y;
    let is_line = y.is_none_or(|y| columns.iter().any(|c| c.column == y && c.numbers == 0));
    let rest: Vec<&Spread> = columns.iter().filter(|c| !is_axis(c)).collect();
    let Rest { mut facets, only, notes } = Rest::of(table, &rest, &effects);
    facets.sort_unstable();
    let name = |column: usize| table.columns[column].name.clone();
    let request = MapRequest {
        x: name(x),
        y: y.map(name).unwrap_or_default(),
        facets: facets.into_iter().map(name).collect(),
        only,
        ..MapRequest::default()
    };
    let note = (!notes.is_empty()).then(|| notes.join(" "));
    let chosen = |request| Chosen { request, note: note.clone() };
    if !is_line {
        return vec![chosen(request)];
    }
    let line = MapRequest { measures: vec![Measure::ZERO_RATE], line: true, ..request.clone() };
    vec![chosen(line), chosen(MapRequest { measures: vec![Measure::Fate], ..request })]
}

/// x and y; None where no coordinate is numeric and takes two values.
fn axes(table: &MapTable, columns: &[Spread], effects: &Effects) -> Option<(usize, Option<usize>)> {
    let mut numeric: Vec<&Spread> = columns.iter().filter(|c| c.numbers >= 2).collect();
    let few = |c: &Spread| FEW_VALUES.saturating_sub(c.numbers);
    numeric.sort_by(|a, b| {
        let lacks = |c: &Spread| c.keys.len() > c.numbers;
        let by_effect = effects.of_column(b.column).total_cmp(&effects.of_column(a.column));
        let rank = |c: &Spread| (lacks(c), few(c));
        rank(a).cmp(&rank(b)).then(by_effect).then(a.column.cmp(&b.column))
    });
    let role = columns.iter().filter(|c| c.numbers == 0).min_by_key(|c| (usize::MAX - c.keys.len(), c.column));
    let role = role.filter(|c| c.keys.len() <= MOST_LINES);
    let first = numeric.first()?;
    let of_all = |c: &&&Spread| c.keys.len() == c.numbers || role.is_none();
    let Some(second) = numeric.get(1).filter(of_all) else { return Some((first.column, role.map(|c| c.column))) };
    // x is the logarithmic one, else the longer.
    let rank = |c: &Spread| (!table.columns[c.column].geometric, usize::MAX - c.numbers, c.column);
    let (x, y) = if rank(second) < rank(first) { (second, first) } else { (first, second) };
    Some((x.column, Some(y.column)))
}

/// What becomes of the coordinates that are no axes.
#[derive(Default)]
struct Rest {
    facets: Vec<usize>,
    only: Vec<Only>,
    notes: Vec<String>,
}

impl Rest {
    fn of(table: &MapTable, columns: &[&Spread], effects: &Effects) -> Rest {
        let mut columns = columns.to_vec();
        columns.sort_by(|a, b| {
            let effect = |c: &Spread| effects.of_column(c.column);
            (a.numbers > 0).cmp(&(b.numbers > 0)).then(effect(b).total_cmp(&effect(a)))
        });
        let (mut rest, mut panels) = (Rest::default(), 1);
        for own in columns {
            let column = &table.columns[own.column];
            let room = MOST_PANELS / panels;
            if own.keys.len() <= room && (own.numbers == 0 || effects.matter(own.column)) {
                panels *= own.keys.len();
                rest.facets.push(own.column);
            } else if effects.matter(own.column) {
                let shown = own.some(room.min(SHOWN_VALUES));
                panels *= shown.len();
                rest.facets.extend((shown.len() > 1).then_some(own.column));
                rest.notes.push(told(column, &shown, &own.keys));
                // Cells that lack the coordinate are others, and stay.
                let absent = own.keys.iter().copied().filter(|key| *key == Key::Absent);
                rest.only.push(Only { name: column.name.clone(), keys: absent.chain(shown).collect() });
            }
        }
        rest
    }
}

/// `penalty.k is shown at 0.5, 1, 2 alone, of its 41 values; zerosweep draw DIR --where 'penalty.k = 0.55' shows another.`
fn told(column: &MapColumn, shown: &[Key], all: &[Key]) -> String {
    let all: Vec<Key> = all.iter().copied().filter(|key| *key != Key::Absent).collect();
    let (name, count, shown_labels) = (&column.name, all.len(), labels(shown).join(", "));
    let other = all.iter().find(|key| !shown.contains(key)).map_or(String::new(), |key| labels(&[*key]).concat());
    let other = other.replace('−', "-");
    format!(
        "{name} is shown at {shown_labels} alone, of its {count} values; zerosweep draw DIR --where '{name} = {other}' shows another."
    )
}

/// The distinct values that a column takes.
struct Spread {
    column: usize,
    /// Numbers, texts and the absence of either, in their order.
    keys: Vec<Key>,
    numbers: usize,
}

impl Spread {
    fn of(table: &MapTable, column: usize) -> Spread {
        let own = &table.columns[column];
        let mut has = vec![false; own.keys.len()];
        own.codes.iter().for_each(|code| has[*code as usize] = true);
        let mut keys: Vec<Key> = own.keys.iter().zip(has).filter(|(_, has)| *has).map(|(key, _)| *key).collect();
        keys.sort_unstable();
        let numbers = keys.iter().filter(|key| key.number().is_some()).count();
        Spread { column, keys, numbers }
    }

    /// So many of its values, evenly spaced from the first to the last; the middle one where there is room for two or fewer.
    fn some(&self, count: usize) -> Vec<Key> {
        let keys: Vec<Key> = self.keys.iter().copied().filter(|key| *key != Key::Absent).collect();
        if count < 3 {
            return vec![keys[(keys.len() - 1) / 2]];
        }
        evenly(count.min(keys.len()), keys.len()).map(|place| keys[place]).collect()
    }
}

/// So many places of `of`, two or more, evenly spaced from the first to the last.
fn evenly(count: usize, of: usize) -> impl Iterator<Item = usize> {
    (0..count).map(move |place| (2 * place * (of - 1) + count - 1) / (2 * (count - 1)))
}

/// How much of what cells differ in goes with each column: the mean over cells of the squared distance of their shares of fates from
/// the mean of those that differ in this column alone.
struct Effects {
    columns: Vec<(usize, f64)>,
    /// The same from the mean of all cells.
    all: f64,
}

impl Effects {
    fn of(table: &MapTable, columns: &[Spread]) -> Effects {
        let trajectories = table.numbers("trajectories");
        let fates = Fate::NAMES.map(|name| table.numbers(name));
        // A number for each value of each column; that of a cell is what its own come to.
        let value = |(place, own): (usize, &Spread)| {
            let codes = 0..table.columns[own.column].keys.len() as u64;
            codes.map(|code| mixed((place as u64) << 40 | code)).collect::<Vec<u64>>()
        };
        let values: Vec<Vec<u64>> = columns.iter().enumerate().map(value).collect();
        let codes: Vec<&[u32]> = columns.iter().map(|own| &table.columns[own.column].codes[..]).collect();
        // Cells that differ in one column alone are looked at together, or not at all.
        let stride = (table.rows() / LOOKS).max(1) as u64;
        let (mut all, mut within) = (Groups::default(), vec![Groups::default(); columns.len()]);
        for row in 0..table.rows() {
            let Some(count) = trajectories.get(row).filter(|count| *count > 0) else { continue };
            let own = || values.iter().zip(&codes).map(|(values, codes)| values[codes[row] as usize]);
            let cell = own().fold(0, |cell, value| cell ^ value);
            let shares = || fates.map(|fate| fate.get(row).unwrap_or(0) as f64 / count as f64);
            if cell.is_multiple_of(stride) {
                all.add(0, shares());
            }
            for (groups, value) in within.iter_mut().zip(own()) {
                let others = cell ^ value;
                if others.is_multiple_of(stride) {
                    groups.add(others, shares());
                }
            }
        }
        let columns = columns.iter().map(|own| own.column).zip(within.iter().map(Groups::spread)).collect();
        Effects { columns, all: all.spread() }
    }

    fn of_column(&self, column: usize) -> f64 {
        self.columns.iter().find(|(own, _)| *own == column).map_or(0.0, |(_, effect)| *effect)
    }

    /// Whether the column makes for more than next to nothing of all that changes.
    fn matter(&self, column: usize) -> bool {
        self.of_column(column) > LITTLE * self.all
    }
}

/// The finalizer of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014), after its constant is added.
fn mixed(key: u64) -> u64 {
    let key = key.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let key = (key ^ (key >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let key = (key ^ (key >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    key ^ (key >> 31)
}

/// Cells by group.
#[derive(Clone, Default)]
struct Groups {
    places: HashMap<u64, usize>,
    /// For each group its cells, the sums of their shares of fates, and the sum of the squares of these.
    sums: Vec<(f64, [f64; Fate::ALL.len()], f64)>,
}

impl Groups {
    fn add(&mut self, group: u64, shares: [f64; Fate::ALL.len()]) {
        let next = self.sums.len();
        let place = *self.places.entry(group).or_insert(next);
        if place == next {
            self.sums.push((0.0, [0.0; Fate::ALL.len()], 0.0));
        }
        let (count, sums, squares) = &mut self.sums[place];
        *count += 1.0;
        for (sum, share) in sums.iter_mut().zip(shares) {
            *sum += share;
            *squares += share * share;
        }
    }

    /// The mean squared distance of cells from the mean of their group.
    fn spread(&self) -> f64 {
        let cells: f64 = self.sums.iter().map(|(count, ..)| count).sum();
        let of = |(count, sums, squares): &(f64, [f64; Fate::ALL.len()], f64)| {
            squares - sums.iter().map(|sum| sum * sum).sum::<f64>() / count
        };
        self.sums.iter().map(of).sum::<f64>() / cells.max(1.0)
    }
}
