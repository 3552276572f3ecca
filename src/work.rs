//! What to run, in which order.
//!
//! A sweep is cut into *stretches*: neighbouring trajectories of one section. Where a trajectory comes in the order of the
//! whole sweep is its *position*, so that a part of a sweep, done or to do, is a range of positions.

use crate::plan::{Plan, Section};
use std::ops::Range;

/// Stretches that a sweep has at the most, but for what the ends of its sections add.
const MOST: u64 = 1 << 12;

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

    /// All trajectories, in an order that spreads over the whole sweep early: runs of whole cells, in bit-reversed order (van
    /// der Corput's sequence), so that the first n of them lie evenly for every n. Each has `least` trajectories or more, as far as
    /// its section has as many.
    pub fn coarse_first(plan: &Plan, least: u64) -> Work {
        let least = least.max(plan.trajectories / MOST);
        let stretches = plan.sections.iter().enumerate().flat_map(|(index, section)| {
            let len = (least / section.pool).max(1) * section.pool;
            (0..section.trajectories().div_ceil(len)).map(move |piece| {
                let local = piece * len;
                Stretch { section: index, local, len: len.min(section.trajectories() - local), position: 0 }
            })
        });
        let mut stretches = bit_reversed(&stretches.collect::<Vec<_>>());
        let mut position = 0;
        for stretch in &mut stretches {
            stretch.position = position;
            position += stretch.len;
        }
        Work(stretches)
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

/// The items in the order of their reversed binary index.
fn bit_reversed<T: Copy>(items: &[T]) -> Vec<T> {
    let bits = items.len().next_power_of_two().trailing_zeros();
    let places = (0..1_usize << bits).map(|index| index.reverse_bits().checked_shr(usize::BITS - bits).unwrap_or(0));
    places.filter_map(|place| items.get(place).copied()).collect()
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

    /// Among the first n stretches no two neighbours lie further apart than 4 times what n of them must, and cells are whole.
    #[test]
    fn the_first_stretches_lie_evenly() {
        let plan = plan(LARGE);
        let stretches = Work::coarse_first(&plan, 1).0;
        assert!(stretches.len() > 2000);
        assert!(stretches.iter().all(|stretch| stretch.local % plan.sections[stretch.section].pool == 0));
        let begins = |stretch: &Stretch| plan.sections[stretch.section].first + stretch.local;
        for n in [1, 2, 3, 20, 41, 100, 1000] {
            let mut early: Vec<u64> = stretches[..n].iter().map(begins).collect();
            early.sort_unstable();
            let ends = early.iter().copied().skip(1).chain([plan.trajectories]);
            let widest = early.iter().copied().zip(ends).map(|(a, b)| b - a).max();
            assert!(
                early[0] == 0 && widest.is_some_and(|gap| gap <= 4 * plan.trajectories / n as u64),
                "{n}: {widest:?}"
            );
        }
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
