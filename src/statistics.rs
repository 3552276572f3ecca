//! Tallies as rates, intervals and quantiles: one summary a cell, and one a group of cells.

mod cells;
mod collector;
mod spread;
mod stability;
mod thin;

use cells::{Cells, Entry};
pub use cells::{Digest, Run};
pub use collector::{Collector, Counts, ForeignCounts, WriteRun};
pub use spread::Spread;
pub use stability::{Selections, factor};
pub use thin::{most_telling, thinned};

use crate::model::Measured;
use crate::plan::{Group, Plan};
use crate::verdict::{Fate, Histogram, Scale, Tally};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::io;

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

    /// The same of so many draws; where nothing was drawn, of as many as `total`.
    pub fn of_draws(count: u64, total: u64, draws: Option<u64>) -> Rate {
        Rate::wilson(count, total, draws.unwrap_or(total))
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
    /// Independent draws behind a share of them ([`Plan::draws`]); `None` where nothing was drawn.
    pub draws: Option<u64>,
    /// Trajectories with at least one zero iterate, whether they stayed there or not.
    pub reached_zero: u64,
    pub first_zero: Quantiles,
    pub first_crossing: Quantiles,
    /// The last landing of those whose fate is zero.
    pub arrival: Quantiles,
    /// One a sample of the tally; [`Spread::default`] where a sample is empty.
    pub spreads: Box<[Spread]>,
}

impl Summary {
    /// Sums up a tally whose trajectories come from `draws` independent draws.
    pub fn of(tally: &Tally, draws: Option<u64>) -> Summary {
        Summary {
            trajectories: tally.trajectories,
            fates: tally.fates,
            crossed: tally.crossed,
            within: tally.within.as_slice().into(),
            draws,
            reached_zero: tally.first_zero.total(),
            first_zero: Quantiles::of(&tally.first_zero, Scale::COARSE),
            first_crossing: Quantiles::of(&tally.first_crossing, Scale::COARSE),
            arrival: Quantiles::of(&tally.arrival, Scale::FINE),
            spreads: tally.samples.iter().map(Spread::of).collect(),
        }
    }

    /// What is known of a measure of many weights together; `None` where no trajectory has it.
    pub fn measured(&self, measured: Measured) -> Option<&Spread> {
        self.spreads.get(measured as usize).filter(|spread| spread.count > 0)
    }

    /// Trajectories that select a weight: they end, and not at zero. What one that diverged selects, nobody knows.
    pub fn selected(&self) -> u64 {
        self.trajectories - self.fates[Fate::Zero as usize] - self.fates[Fate::Diverged as usize]
    }

    /// The share that ends at zero.
    pub fn zero(&self) -> Rate {
        Rate::of_draws(self.fates[Fate::Zero as usize], self.trajectories, self.draws)
    }
}

/// What a cell's neighbours need to know of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Endings {
    /// The fate of most of its trajectories.
    pub commonest: Fate,
    /// Whether others end otherwise.
    pub differ: bool,
}

impl Endings {
    /// Those of a cell with these counts, in the order of [`Fate::ALL`].
    pub fn of(fates: &[u64; 7]) -> Endings {
        let differ = fates.iter().filter(|&&count| count > 0).count() > 1;
        Endings { commonest: Fate::commonest(fates), differ }
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

/// The index of a cell, and the summaries of it and of those after it.
pub type Chunk = (u64, Vec<Summary>);

/// The results of a run.
#[derive(Clone, Debug)]
pub struct Statistics {
    pub groups: Vec<GroupSummary>,
    /// By cell index.
    pub endings: Vec<Endings>,
    /// Cells all of whose trajectories are counted.
    pub whole_cells: u64,
    counted: u64,
    cells: Cells,
}

impl Statistics {
    /// Those of groups whose cells are not known.
    pub fn of_groups(groups: Vec<GroupSummary>) -> Statistics {
        let counted = groups.iter().map(|group| group.summary.trajectories).sum();
        Statistics { groups, endings: Vec::new(), whole_cells: 0, counted, cells: Cells::default() }
    }

    /// Trajectories of the whole cells: all of the sweep's, once it is done.
    pub fn counted(&self) -> u64 {
        self.counted
    }

    /// The cells of `plan` in their order, some thousand at a time: the index of the first, and a summary of each; that of a cell which is
    /// not whole has no trajectories.
    ///
    /// # Errors
    /// Where what is kept elsewhere than in memory cannot be read.
    pub fn chunks<'a>(&'a self, plan: &'a Plan) -> io::Result<impl Iterator<Item = io::Result<Chunk>> + 'a> {
        let summary = |(cell, entry)| match entry {
            Some(Entry::Whole(summary)) => summary,
            Some(Entry::Part(tally)) => Summary::of(&tally, plan.draws(cell)),
            None => Summary::of(&Tally::default(), None),
        };
        let chunk =
            move |(first, entries): (u64, Vec<Option<Entry>>)| (first, (first..).zip(entries).map(summary).collect());
        Ok(self.cells.entries(plan)?.map(move |entries| entries.map(chunk)))
    }

    /// All cells of `plan` in memory.
    ///
    /// # Errors
    /// As [`Statistics::chunks`].
    pub fn summaries(&self, plan: &Plan) -> io::Result<Vec<Summary>> {
        let chunks: Vec<Chunk> = self.chunks(plan)?.collect::<io::Result<_>>()?;
        Ok(chunks.into_iter().flat_map(|(_, summaries)| summaries).collect())
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
