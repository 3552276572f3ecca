//! What to run, in which order.
//!
//! A sweep is cut into *stretches*: neighbouring trajectories of one section. Where a trajectory comes in the order of the
//! whole sweep is its *position*, so that a part of a sweep, done or to do, is a range of positions.

use crate::plan::{Plan, Section};
use std::ops::Range;

/// Stretches that a sweep has at the most, but for what the ends of its sections add.
const MOST: u64 = 1 << 14;

/// Neighbouring trajectories of one section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Index of the section.
    pub section: usize,
    /// First trajectory, counted within the section.
    pub local: u64,
    pub len: u64,
    /// Position of the first trajectory.
    pub position: u64,
}

impl Stretch {
    /// The trajectories from the one at `offset` on, `len` of them at the most.
    pub fn part(self, offset: u64, len: u64) -> Stretch {
        let (local, position) = (self.local + offset, self.position + offset);
        Stretch { local, position, len: len.min(self.len - offset), ..self }
    }
}

/// Stretches in the order in which they run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Work(Vec<Stretch>);

impl Work {
    /// The trajectories with these indices, each at its index.
    pub fn of_range(plan: &Plan, range: Range<u64>) -> Work {
        let within = |section: &Section, index: u64| index.saturating_sub(section.first).min(section.trajectories());
        let stretches = plan.sections.iter().enumerate().map(|(index, section)| {
            let (local, end) = (within(section, range.start), within(section, range.end));
            Stretch { section: index, local, len: end.saturating_sub(local), position: section.first + local }
        });
        Work(stretches.filter(|stretch| stretch.len > 0).collect())
    }

    /// All trajectories in the order of their index.
    pub fn by_index(plan: &Plan) -> Work {
        Work::of_range(plan, 0..plan.trajectories)
    }

    /// All trajectories, in an order that fills every map coarsely first. Each stretch is one of whole cells and has `least`
    /// trajectories or more, as far as its section has as many.
    ///
    /// Along each dimension that is not pooled the stretches come in bit-reversed order (van der Corput's sequence), and the ranks of
    /// all dimensions are interleaved bit by bit (Morton's order): first one of all, then two along each dimension, then four.
    /// All sections go on at the same pace, so that each panel of a map fills, and those that share cells beside each other.
    pub fn coarse_first(plan: &Plan, least: u64) -> Work {
        let least = least.max(plan.trajectories / MOST);
        let mut stretches: Vec<(u64, Stretch)> = Vec::new();
        for (index, section) in plan.sections.iter().enumerate() {
            let pieces = Pieces::new(section, least);
            let stretch = |(time, cells): (u64, Range<u64>)| {
                let (local, len) = (cells.start * section.pool, (cells.end - cells.start) * section.pool);
                (time, Stretch { section: index, local, len, position: 0 })
            };
            stretches.extend(pieces.all().map(stretch));
        }
        stretches.sort_by_key(|(time, stretch)| (*time, stretch.section));
        let mut position = 0;
        let placed = stretches.into_iter().map(|(_, stretch)| {
            let placed = Stretch { position, ..stretch };
            position += stretch.len;
            placed
        });
        Work(placed.collect())
    }

    /// The stretches.
    pub fn stretches(&self) -> &[Stretch] {
        &self.0
    }

    pub fn trajectories(&self) -> u64 {
        self.0.iter().map(|stretch| stretch.len).sum()
    }

    /// Those at these positions, which ascend and are disjoint.
    pub fn at(&self, positions: impl IntoIterator<Item = Range<u64>>) -> Work {
        let mut parts = Vec::new();
        for Range { start, end } in positions {
            let first = self.0.partition_point(|stretch| stretch.position + stretch.len <= start);
            for stretch in self.0[first..].iter().take_while(|stretch| stretch.position < end) {
                let offset = start.saturating_sub(stretch.position);
                parts.push(stretch.part(offset, end - stretch.position - offset));
            }
        }
        Work(parts)
    }

    /// Those of some sections.
    pub fn of_sections(&self, wanted: impl Fn(usize) -> bool) -> Work {
        Work(self.0.iter().copied().filter(|stretch| wanted(stretch.section)).collect())
    }

    /// The first `count` trajectories.
    pub fn first(&self, mut count: u64) -> Work {
        let mut parts = Vec::new();
        for stretch in &self.0 {
            let len = count.min(stretch.len);
            if len == 0 {
                break;
            }
            parts.push(stretch.part(0, len));
            count -= len;
        }
        Work(parts)
    }

    /// These, and `others` after them.
    pub fn then(self, others: &Work) -> Work {
        Work([self.0, others.0.clone()].concat())
    }

    /// All but the first `count` trajectories.
    pub fn after(&self, mut count: u64) -> Work {
        let mut rest = Vec::new();
        for stretch in &self.0 {
            let skipped = count.min(stretch.len);
            count -= skipped;
            if skipped < stretch.len {
                rest.push(stretch.part(skipped, stretch.len));
            }
        }
        Work(rest)
    }
}

/// The cells of a section as pieces of a grid: whole along its fastest dimensions, and cut along one.
struct Pieces {
    /// Cells of the slowest dimensions, the last of them cut.
    lens: Vec<u64>,
    /// Pieces along each.
    counts: Vec<u64>,
    /// Cells of all faster dimensions.
    inner: u64,
}

impl Pieces {
    /// Pieces of `least` trajectories or more.
    fn new(section: &Section, least: u64) -> Pieces {
        let dimensions = section.grid.dimensions.iter().filter(|dimension| !dimension.pooled);
        let mut lens: Vec<u64> = dimensions.map(|dimension| dimension.len as u64).collect();
        let wanted = least.div_ceil(section.pool);
        let mut inner = 1;
        while let Some(len) = lens.pop_if(|len| inner * *len <= wanted) {
            inner *= len;
        }
        let mut counts = lens.clone();
        if let Some(count) = counts.last_mut() {
            *count = (*count / wanted.div_ceil(inner)).max(1);
        }
        Pieces { lens, counts, inner }
    }

    /// The cells of each piece, and its time: 0 for the first, and below 2^64 for all.
    fn all(&self) -> impl Iterator<Item = (u64, Range<u64>)> {
        let ranks: Vec<Vec<u64>> = self.counts.iter().map(|&count| ranks(count)).collect();
        let bits: Vec<u32> = self.counts.iter().map(|count| count.next_power_of_two().trailing_zeros()).collect();
        (0..self.counts.iter().product()).map(move |piece: u64| {
            let (mut rest, mut digits) = (piece, vec![0; self.counts.len()]);
            for (digit, count) in digits.iter_mut().zip(&self.counts).rev() {
                (*digit, rest) = (rest % count, rest / count);
            }
            let bound = |along: usize, digit: u64| {
                (u128::from(digit) * u128::from(self.lens[along]) / u128::from(self.counts[along])) as u64
            };
            let last = digits.len().wrapping_sub(1);
            let (mut start, mut len) = (0, 1);
            for (along, &digit) in digits.iter().enumerate() {
                start = start * self.lens[along] + bound(along, digit);
                if along == last {
                    len = bound(along, digit + 1) - bound(along, digit);
                }
            }
            let ranks = ranks.iter().zip(&digits).map(|(ranks, &digit)| ranks[digit as usize]);
            let (start, end) = (start * self.inner, (start + len) * self.inner);
            (interleaved(ranks.zip(bits.iter().copied()).collect()), start..end)
        })
    }
}

/// The place of each of `count` items in bit-reversed order: the first 2^n of them begin or contain the beginnings of 2^n equal parts.
fn ranks(count: u64) -> Vec<u64> {
    let all = count.next_power_of_two();
    let (mut ranks, mut next) = (vec![None; count as usize], 0);
    for index in 0..all {
        let part = index.reverse_bits().checked_shr(u64::BITS - all.trailing_zeros()).unwrap_or(0);
        let rank = &mut ranks[(u128::from(part) * u128::from(count) / u128::from(all)) as usize];
        if rank.is_none() {
            *rank = Some(next);
            next += 1;
        }
    }
    ranks.into_iter().flatten().collect()
}

/// The bits of several numbers, each with how many it has, taken in turns from the highest on; as a binary fraction.
fn interleaved(numbers: Vec<(u64, u32)>) -> u64 {
    let most = numbers.iter().map(|(_, bits)| *bits).max().unwrap_or(0);
    let (mut code, mut taken) = (0, 0);
    for place in (0..most).rev() {
        for (number, _) in numbers.iter().filter(|(_, bits)| place < *bits) {
            code = code << 1 | number >> place & 1;
            taken += 1;
        }
    }
    if taken == 0 { 0 } else { code << (u64::BITS - taken) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::{Format, Spec};
    use proptest::prelude::*;
    use std::sync::LazyLock;

    /// 1,050 million trajectories of each of two kernels, in cells of a million.
    const LARGE: &str = r#"
        name = "large"
        steps = 10
        penalty = { kind = 'lk', k = [1.0, 2.0], lambda = { linspace = [0.1, 2.0, 30] } }
        problem = { kind = 'quadratic', target = { linspace = [-1.0, 1.0, 35] } }
        optimizer = { kind = 'proximal', learning_rate = 0.1 }
        start = { w = { uniform = [-1.0, 1.0], count = 1_000_000 } }"#;

    fn plan(text: &str) -> Plan {
        Plan::new(&Spec::parse(text, Format::Toml, "test.toml", &[]).expect("a valid spec").spec)
    }

    #[test]
    fn every_trajectory_comes_once_in_either_order() {
        let plan = plan(LARGE);
        for work in [Work::by_index(&plan), Work::coarse_first(&plan, 1)] {
            let mut end = 0;
            for stretch in work.stretches() {
                assert_eq!(stretch.position, end);
                end += stretch.len;
            }
            assert_eq!((end, work.trajectories()), (plan.trajectories, plan.trajectories));
            let mut pieces = work.stretches().to_vec();
            pieces.sort_by_key(|stretch| (stretch.section, stretch.local));
            let begins = |stretch: &Stretch| plan.sections[stretch.section].first + stretch.local;
            assert!(pieces.windows(2).all(|two| begins(&two[0]) + two[0].len == begins(&two[1])));
        }
    }

    /// Of the first 4^level stretches of each section one lies in each of 2^level x 2^level boxes of its map, and cells are whole.
    #[test]
    fn the_first_stretches_lie_evenly_on_every_map() {
        for (across, up, k) in [(30, 35, "[1.0, 2.0]"), (64, 64, "2.0"), (5, 400, "[0.5, 1.0, 2.0]"), (1000, 7, "1.0")]
        {
            let text = LARGE.replace("30]", &format!("{across}]")).replace("35]", &format!("{up}]"));
            let plan = plan(&text.replace("[1.0, 2.0]", k));
            let stretches = Work::coarse_first(&plan, 1).0;
            assert!(stretches.iter().all(|stretch| stretch.local % plan.sections[stretch.section].pool == 0));
            let lens: Vec<u64> =
                plan.sections[0].grid.dimensions[..].iter().filter(|d| !d.pooled).map(|d| d.len as u64).collect();
            assert_eq!(lens.iter().product::<u64>(), plan.sections[0].cells);
            let (sections, [slow, fast]) = (plan.sections.len(), [lens[lens.len() - 2], lens[lens.len() - 1]]);
            for level in 0..6 {
                let boxes = 1_u64 << level;
                if boxes > slow.min(fast) / 2 {
                    break;
                }
                let mut seen = std::collections::BTreeSet::new();
                for stretch in &stretches[..sections << (2 * level)] {
                    let cell = stretch.local / plan.sections[stretch.section].pool;
                    let part = |digit: u64, len: u64| ((digit + 1) * boxes - 1) / len;
                    seen.insert((stretch.section, part(cell / fast, slow), part(cell % fast, fast)));
                }
                assert_eq!(seen.len(), sections << (2 * level), "{across} x {up}, level {level}");
            }
        }
    }

    /// Where sections share their cells, these are whole early, too.
    #[test]
    fn the_parts_of_a_cell_come_together() {
        let plan = plan(&(LARGE.to_owned() + "\n        report = { pool = ['start.w', 'penalty.k'] }"));
        assert_eq!((plan.sections.len(), plan.cells), (2, 1050));
        let stretches = Work::coarse_first(&plan, 1).0;
        assert!(stretches.chunks(2).all(|two| two[0].local == two[1].local && two[0].section != two[1].section));
    }

    static PLANNED: LazyLock<(Plan, Work)> = LazyLock::new(|| {
        let plan = plan(LARGE);
        let work = Work::coarse_first(&plan, 1);
        (plan, work)
    });

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn parts_add_up(cuts in proptest::collection::vec(0_u64..2_100_000_000, 1..9)) {
            let (plan, work) = &*PLANNED;
            let mut cuts = [vec![0, plan.trajectories], cuts].concat();
            cuts.sort_unstable();
            let ranges: Vec<Range<u64>> = cuts.windows(2).map(|two| two[0]..two[1]).collect();
            for (range, &cut) in ranges.iter().zip(&cuts) {
                prop_assert_eq!(work.at([range.clone()]).trajectories(), range.end - range.start);
                prop_assert_eq!(work.at(std::iter::once(0..cut)), work.first(cut));
                prop_assert_eq!(work.at(std::iter::once(cut..plan.trajectories)), work.after(cut));
            }
            prop_assert_eq!(work.at(ranges).trajectories(), plan.trajectories);
        }
    }

    #[test]
    fn a_sweep_of_2_to_the_62_is_planned() {
        let text = LARGE.replace("1_000_000", "16_777_216").replace("30]", "65536]").replace("35]", "2097152]");
        let plan = plan(&(text + "\n        report = { pool = ['start.w', 'problem.target'] }"));
        assert_eq!(plan.trajectories, 1 << 62);
        let work = Work::coarse_first(&plan, 1 << 17);
        assert_eq!(work.trajectories(), 1 << 62);
        assert!(work.stretches().len() <= 3 * MOST as usize);
    }
}
