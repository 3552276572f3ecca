//! Tallies as rates, intervals and quantiles: one summary a cell, and one a group of cells.

use crate::optimizer::Optimizer;
use crate::plan::{Group, PenaltyKey, Plan};
use crate::verdict::{Fate, Histogram, Scale, Tally};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};

/// A share of trajectories with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rate {
    pub rate: f64,
    pub low: f64,
    pub high: f64,
}

impl Rate {
    /// `count` of `total`, with Wilson's score interval (E. B. Wilson, JASA 22, 1927) for `draws` independent draws: the
    /// rates p with |count / total - p| <= z sqrt(p (1 - p) / draws), z = 1.96. All of it is 0 where `total` is.
    pub fn wilson(count: u64, total: u64, draws: u64) -> Rate {
        const Z: f64 = 1.959_963_984_540_054;
        if total == 0 {
            return Rate { rate: 0.0, low: 0.0, high: 0.0 };
        }
        let n = draws as f64;
        let rate = count as f64 / total as f64;
        let scale = 1.0 + Z * Z / n;
        let center = (rate + Z * Z / (2.0 * n)) / scale;
        let half = Z / scale * (rate * (1.0 - rate) / n + Z * Z / (4.0 * n * n)).sqrt();
        let low = if count == 0 { 0.0 } else { (center - half).max(0.0) };
        let high = if count == total { 1.0 } else { (center + half).min(1.0) };
        Rate { rate, low, high }
    }
}

/// The 10 %, 50 % and 90 % quantiles of the step of an event, over the trajectories that had it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Quantiles {
    pub p10: Option<u32>,
    pub p50: Option<u32>,
    pub p90: Option<u32>,
}

impl Quantiles {
    fn of(histogram: &Histogram, scale: Scale) -> Quantiles {
        let [p10, p50, p90] = [0.1, 0.5, 0.9].map(|share| histogram.quantile(share, scale));
        Quantiles { p10, p50, p90 }
    }
}

/// What is known of a cell, or of a group of cells, once all its trajectories are counted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    pub trajectories: u64,
    /// In the order of [`Fate::ALL`].
    pub fates: [u64; 7],
    pub crossed: u64,
    /// Tails within each tolerance, in the order of the spec.
    pub within: Box<[u64]>,
    pub zero: Rate,
    /// Independent draws that the interval of `zero` is for; `None` where nothing was drawn.
    pub draws: Option<u64>,
    pub commonest: Fate,
    /// Trajectories with at least one zero iterate, whether they stayed there or not.
    pub reached_zero: u64,
    pub first_zero: Quantiles,
    pub first_crossing: Quantiles,
    /// The last landing of those whose fate is zero.
    pub arrival: Quantiles,
}

impl Summary {
    /// Sums up a tally whose trajectories come from `draws` independent draws ([`Plan::draws`]); where there are none, the
    /// interval is that of as many draws as trajectories.
    pub fn of(tally: &Tally, draws: Option<u64>) -> Summary {
        let zeros = tally.fates[Fate::Zero as usize];
        Summary {
            trajectories: tally.trajectories,
            fates: tally.fates,
            crossed: tally.crossed,
            within: tally.within.as_slice().into(),
            zero: Rate::wilson(zeros, tally.trajectories, draws.unwrap_or(tally.trajectories)),
            draws,
            commonest: tally.commonest_fate(),
            reached_zero: tally.first_zero.total(),
            first_zero: Quantiles::of(&tally.first_zero, Scale::COARSE),
            first_crossing: Quantiles::of(&tally.first_crossing, Scale::COARSE),
            arrival: Quantiles::of(&tally.arrival, Scale::FINE),
        }
    }
}

/// The ways in which a trajectory can end as far as zero is concerned; each ends in one, the first that holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// An exact zero.
    Zero,
    /// Below 2^-64: zero in the limit alone.
    Decayed,
    /// Small by this tolerance and no lesser one, and neither zero nor decayed.
    NearZero(f32),
    Settled,
    Oscillating,
    Moving,
    Diverged,
}

impl Kind {
    /// The fate of those that end so.
    pub fn fate(self) -> Fate {
        match self {
            Kind::Zero => Fate::Zero,
            Kind::Decayed => Fate::Decayed,
            Kind::NearZero(_) => Fate::NearZero,
            Kind::Settled => Fate::Settled,
            Kind::Oscillating => Fate::Oscillating,
            Kind::Moving => Fate::Moving,
            Kind::Diverged => Fate::Diverged,
        }
    }
}

impl Summary {
    /// How many trajectories ended in each way, for the `tolerances` of the spec; they add up to all.
    pub fn kinds(&self, tolerances: &[f32]) -> Vec<(Kind, u64)> {
        let of = |fate: Fate| self.fates[fate as usize];
        let smaller = of(Fate::Zero) + of(Fate::Decayed);
        let mut within: Vec<(f32, u64)> = tolerances.iter().copied().zip(self.within.iter().copied()).collect();
        within.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut kinds = vec![(Kind::Zero, of(Fate::Zero)), (Kind::Decayed, of(Fate::Decayed))];
        let mut below = 0;
        for (tolerance, count) in within {
            let near = count - smaller;
            kinds.push((Kind::NearZero(tolerance), near - below));
            below = near;
        }
        let rest = [Kind::Settled, Kind::Oscillating, Kind::Moving, Kind::Diverged];
        kinds.extend(rest.map(|kind| (kind, of(kind.fate()))));
        kinds
    }
}

/// Why the cells of a sweep cannot be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{cells} cells need {} MiB of memory, more than this machine gives; pool more axes with report.pool", bytes >> 20)]
pub struct TooManyCells {
    pub cells: u64,
    pub bytes: u64,
}

/// Counts of a sweep, or of a part of it. A cell's histograms are kept only until its last trajectory is counted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Counts {
    /// By cell index; `None` where trajectories are missing.
    cells: Vec<Option<Summary>>,
    /// Of cells some of whose trajectories are missing.
    open: BTreeMap<u64, Tally>,
    /// Sums over the whole cells of each group, by no order.
    groups: Vec<OpenGroup>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct OpenGroup {
    /// The first of its whole cells.
    first: u64,
    tally: Tally,
    /// The fewest of any of its cells: all cells see the same draws.
    draws: Option<u64>,
}

impl OpenGroup {
    fn merge(&mut self, other: &OpenGroup) {
        self.first = self.first.min(other.first);
        self.tally.merge(&other.tally);
        self.draws = [other.draws, self.draws].into_iter().flatten().min();
    }
}

/// Why counts do not belong to a plan, or to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the counts are not those of this sweep")]
pub struct ForeignCounts;

/// Gathers tallies into summaries.
pub struct Collector<'a> {
    plan: &'a Plan,
    counts: Counts,
    /// Where each group stands among those of the counts.
    places: HashMap<(PenaltyKey, Optimizer), usize>,
}

impl<'a> Collector<'a> {
    /// # Errors
    /// Where there is no memory for a summary of every cell.
    pub fn new(plan: &'a Plan) -> Result<Collector<'a>, TooManyCells> {
        let mut cells = Vec::new();
        let bytes = plan.cells * size_of::<Option<Summary>>() as u64;
        cells.try_reserve_exact(plan.cells as usize).map_err(|_| TooManyCells { cells: plan.cells, bytes })?;
        cells.resize(plan.cells as usize, None);
        Ok(Collector { plan, counts: Counts { cells, ..Counts::default() }, places: HashMap::new() })
    }

    /// What is counted so far.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Counts tallies, each with the index of its cell.
    pub fn add(&mut self, tallies: impl IntoIterator<Item = (u64, Tally)>) {
        for (cell, tally) in tallies {
            let size = self.plan.cell_size(cell);
            let tally = match self.counts.open.remove(&cell) {
                None => tally,
                Some(mut earlier) => {
                    earlier.merge(&tally);
                    earlier
                }
            };
            if tally.trajectories < size {
                self.counts.open.insert(cell, tally);
            } else {
                self.close(cell, tally);
            }
        }
    }

    /// Adds the counts of another part of the sweep.
    ///
    /// # Errors
    /// Where both have counted the same cell, or `other` is of another sweep; then nothing can be made of `self` any more.
    pub fn merge(&mut self, other: Counts) -> Result<(), ForeignCounts> {
        let Counts { cells, open, groups } = other;
        let is_cell = |cell: &u64| *cell < self.plan.cells;
        let fits = cells.len() as u64 == self.plan.cells
            && open.keys().all(is_cell)
            && groups.iter().all(|group| is_cell(&group.first));
        if !fits {
            return Err(ForeignCounts);
        }
        for (own, other) in self.counts.cells.iter_mut().zip(cells) {
            match (&own, other) {
                (_, None) => {}
                (None, other) => *own = other,
                (Some(_), Some(_)) => return Err(ForeignCounts),
            }
        }
        groups.into_iter().for_each(|group| self.count_group(group));
        let is_closed = |cell: &u64| self.counts.cells[*cell as usize].is_some();
        if open.keys().any(is_closed) || self.counts.open.keys().any(is_closed) {
            return Err(ForeignCounts);
        }
        self.add(open);
        Ok(())
    }

    fn close(&mut self, cell: u64, tally: Tally) {
        let draws = self.plan.draws(cell);
        self.counts.cells[cell as usize] = Some(Summary::of(&tally, draws));
        self.count_group(OpenGroup { first: cell, tally, draws });
    }

    fn count_group(&mut self, added: OpenGroup) {
        let groups = &mut self.counts.groups;
        let place = *self.places.entry(self.plan.group(added.first).key()).or_insert(groups.len());
        match groups.get_mut(place) {
            Some(group) => group.merge(&added),
            None => groups.push(added),
        }
    }

    /// What is known so far: cells some of whose trajectories are missing have none, and are in no group.
    pub fn so_far(self) -> Statistics {
        let none = Summary::of(&Tally::default(), None);
        let missing = |cell: Option<Summary>| Some(cell.unwrap_or_else(|| none.clone()));
        let cells = self.counts.cells.into_iter().map(missing).collect();
        Collector { counts: Counts { cells, ..self.counts }, ..self }.finish()
    }

    /// All cells in order, and the groups in the order of their first cells.
    ///
    /// # Panics
    /// If a trajectory of the plan was not counted.
    pub fn finish(self) -> Statistics {
        let Counts { cells, mut groups, .. } = self.counts;
        groups.sort_by_key(|group| group.first);
        let cells = cells.into_iter().map(|cell| cell.expect("a complete run should have counted every cell"));
        let groups = groups.into_iter().map(|OpenGroup { first, tally, draws }| GroupSummary {
            group: self.plan.group(first),
            summary: Summary::of(&tally, draws),
            amplitudes: tally.amplitudes,
        });
        Statistics { cells: cells.collect(), groups: groups.collect() }
    }
}

/// The results of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Statistics {
    /// By cell index.
    pub cells: Vec<Summary>,
    pub groups: Vec<GroupSummary>,
}

impl Statistics {
    /// Trajectories of the whole cells: all of the sweep's, once it is done.
    pub fn counted(&self) -> u64 {
        self.cells.iter().map(|cell| cell.trajectories).sum()
    }

    /// The groups with all optimizers of a penalty beside each other, else in their order.
    pub fn groups_by_penalty(&self) -> Vec<&GroupSummary> {
        let mut places = HashMap::new();
        let mut placed: Vec<(usize, &GroupSummary)> = Vec::new();
        for summary in &self.groups {
            let next = places.len();
            placed.push((*places.entry(summary.group.penalty_key()).or_insert(next), summary));
        }
        placed.sort_by_key(|(place, _)| *place);
        placed.into_iter().map(|(_, summary)| summary).collect()
    }
}

/// What is known of a group of cells.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupSummary {
    pub group: Group,
    pub summary: Summary,
    /// Amplitudes of the tails of those that did not diverge, by octave.
    pub amplitudes: Histogram,
}
