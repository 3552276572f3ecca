//! Gathers tallies into summaries.

use super::cells::{Cells, Digest, Entry, Run};
use super::{Endings, GroupSummary, Statistics, Summary};
use crate::optimizer::Optimizer;
use crate::plan::{PenaltyKey, Plan};
use crate::verdict::Tally;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::btree_map::Entry as Slot;
use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};
use std::sync::Arc;

/// Counts of a sweep, or of a part of it. A cell's histograms are kept only until its last trajectory is counted.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Counts {
    cells: Cells,
    /// Of cells some of whose trajectories are missing here.
    open: BTreeMap<u64, Tally>,
    /// Sums over the whole cells of each group, by no order.
    groups: Vec<OpenGroup>,
}

impl Counts {
    /// Adds a run that [`Collector::shelve`] made of these counts.
    pub fn attach(&mut self, run: Arc<dyn Run>) {
        self.cells.attach(run);
    }

    /// Puts the counts of open cells among the entries.
    fn file_parts(&mut self) {
        for (cell, tally) in std::mem::take(&mut self.open) {
            self.cells.add(cell, Entry::Part(tally));
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct OpenGroup {
    /// The first of its whole cells.
    first: u64,
    tally: Tally,
    /// Independent draws behind a share of its only cell: that of several cells is a property of the grid, which nothing draws.
    draws: Option<u64>,
}

impl OpenGroup {
    fn merge(&mut self, other: &OpenGroup) {
        self.first = self.first.min(other.first);
        self.tally.merge(&other.tally, 0);
        self.draws = None;
    }
}

/// Cells of many weights that are summed up together.
const CLOSED_TOGETHER: usize = 1 << 10;

/// Writes a run, sorted by cell, and gives its digest.
pub type WriteRun<'a> = &'a dyn Fn(&mut dyn Write) -> io::Result<Digest>;

/// Why counts do not belong to a plan, or to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the counts are not those of this sweep")]
pub struct ForeignCounts;

/// Gathers tallies into summaries.
pub struct Collector<'a> {
    plan: &'a Plan,
    counts: Counts,
    /// Memory of the open tallies, in bytes.
    open_bytes: u64,
    /// Where each group stands among those of the counts.
    places: HashMap<(PenaltyKey, Optimizer), usize>,
}

impl<'a> Collector<'a> {
    pub fn new(plan: &'a Plan) -> Collector<'a> {
        Collector { plan, counts: Counts::default(), open_bytes: 0, places: HashMap::new() }
    }

    /// What is counted so far.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Counts tallies, each with the index of its cell.
    pub fn add(&mut self, tallies: impl IntoIterator<Item = (u64, Tally)>) {
        self.add_and_tell(tallies, |_, _| ());
    }

    /// The same; `tell` hears of each cell that is whole now.
    pub fn add_and_tell(
        &mut self,
        tallies: impl IntoIterator<Item = (u64, Tally)>,
        mut tell: impl FnMut(u64, &Summary),
    ) {
        // What is kept of each trajectory of many weights is sorted, which takes long enough to share out.
        let together = if self.plan.model.is_some() { CLOSED_TOGETHER } else { 1 };
        let mut whole = Vec::new();
        for (cell, tally) in tallies {
            let size = self.plan.cell_size(cell);
            match self.counts.open.entry(cell) {
                Slot::Vacant(_) if tally.trajectories >= size => whole.push((cell, tally)),
                Slot::Vacant(slot) => {
                    self.open_bytes += tally.bytes();
                    slot.insert(tally);
                }
                Slot::Occupied(mut slot) => {
                    let earlier = slot.get_mut();
                    self.open_bytes -= earlier.bytes();
                    earlier.merge(&tally, size);
                    if earlier.trajectories < size {
                        self.open_bytes += earlier.bytes();
                    } else {
                        whole.push(slot.remove_entry());
                    }
                }
            }
            if whole.len() >= together {
                self.close(&mut whole, &mut tell);
            }
        }
        self.close(&mut whole, &mut tell);
    }

    /// Sums up cells all of whose trajectories are counted.
    fn close(&mut self, whole: &mut Vec<(u64, Tally)>, tell: &mut impl FnMut(u64, &Summary)) {
        let sum_up = |(cell, tally): &(u64, Tally)| Summary::of(tally, self.plan.draws(*cell));
        let summaries: Vec<Summary> = match &whole[..] {
            [] | [_] => whole.iter().map(sum_up).collect(),
            _ => whole.par_iter().map(sum_up).collect(),
        };
        for ((cell, tally), summary) in whole.drain(..).zip(summaries) {
            self.count_in_group(cell, tally);
            tell(cell, &summary);
            self.counts.cells.add(cell, Entry::Whole(summary));
        }
    }

    /// The cells that are whole, in order.
    ///
    /// # Errors
    /// Where a run cannot be read.
    pub fn whole_cells(&self) -> io::Result<Vec<(u64, Summary)>> {
        let mut whole = Vec::new();
        for present in self.counts.cells.present()? {
            whole.extend(present?.into_iter().filter_map(|(cell, entry)| match entry {
                Entry::Whole(summary) => Some((cell, summary)),
                Entry::Part(tally) if tally.trajectories == self.plan.cell_size(cell) => {
                    Some((cell, Summary::of(&tally, self.plan.draws(cell))))
                }
                Entry::Part(_) => None,
            }));
        }
        Ok(whole)
    }

    /// The counts of the cells that were run, which ascend, for the plan of these alone.
    ///
    /// # Errors
    /// Where a run cannot be read.
    pub fn of_cells<'b>(&self, cells: &[u64], plan: &'b Plan) -> io::Result<Collector<'b>> {
        let mut own = Collector::new(plan);
        let place = |cell: u64| cells.binary_search(&cell).map(|place| place as u64);
        for present in self.counts.cells.present()? {
            let placed = present?.into_iter().filter_map(|(cell, entry)| Some((place(cell).ok()?, entry)));
            placed.for_each(|(place, entry)| own.counts.cells.add(place, entry));
        }
        for group in &self.counts.groups {
            let first = place(group.first).expect("the first cell of a group should have been run");
            own.count_group(OpenGroup { first, ..group.clone() });
        }
        Ok(own)
    }

    /// Adds the counts of another part of the sweep.
    ///
    /// # Errors
    /// Where `other` is of another sweep. That both have counted the same trajectories shows at the end.
    pub fn merge(&mut self, other: Counts) -> Result<(), ForeignCounts> {
        let Counts { cells, open, groups } = other;
        let is_cell = |cell: &u64| *cell < self.plan.cells;
        if !open.keys().all(is_cell) || !groups.iter().all(|group| is_cell(&group.first)) {
            return Err(ForeignCounts);
        }
        groups.into_iter().for_each(|group| self.count_group(group));
        self.counts.cells.append(cells);
        self.add(open);
        Ok(())
    }

    /// Memory that grows with the cells that are counted, in bytes.
    pub fn bytes(&self) -> u64 {
        self.counts.cells.bytes() + self.open_bytes
    }

    /// Runs that hold the rest.
    pub fn runs(&self) -> &[Arc<dyn Run>] {
        self.counts.cells.runs()
    }

    /// Puts what takes this memory, and the last `runs` of the runs with it, into the run that `keep` makes.
    ///
    /// # Errors
    /// Those of `keep`; then nothing can be made of `self` any more.
    pub fn shelve<E>(&mut self, runs: usize, keep: impl FnOnce(WriteRun) -> Result<Arc<dyn Run>, E>) -> Result<(), E> {
        self.counts.file_parts();
        self.open_bytes = 0;
        let moved = self.counts.cells.take(runs);
        let run = keep(&|out| moved.write(out))?;
        self.counts.attach(run);
        Ok(())
    }

    /// Counts a cell all of whose trajectories are counted in its group: that is of weights, each by itself, and needs no numbers of single
    /// trajectories.
    fn count_in_group(&mut self, cell: u64, tally: Tally) {
        if !self.plan.is_whole(cell) {
            let draws = self.plan.draws(cell);
            self.count_group(OpenGroup { first: cell, tally: Tally { samples: Vec::new(), ..tally }, draws });
        }
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
    ///
    /// # Errors
    /// Where a run cannot be read, or the same trajectories were counted twice.
    pub fn so_far(mut self) -> io::Result<Statistics> {
        let plan = self.plan;
        self.counts.file_parts();
        let mut endings = Vec::with_capacity(plan.cells as usize);
        let cells = std::mem::take(&mut self.counts.cells);
        let (mut whole_cells, mut counted) = (0, 0);
        for chunk in cells.entries(plan)? {
            let (first, entries) = chunk?;
            for (cell, entry) in (first..).zip(entries) {
                let summary = match entry {
                    Some(Entry::Whole(summary)) => Some(summary),
                    Some(Entry::Part(tally)) => {
                        let summary = Summary::of(&tally, plan.draws(cell));
                        self.count_in_group(cell, tally);
                        Some(summary)
                    }
                    None => None,
                };
                whole_cells += u64::from(summary.is_some());
                counted += summary.as_ref().map_or(0, |summary| summary.trajectories);
                endings.push(Endings::of(&summary.map(|summary| summary.fates).unwrap_or_default()));
            }
        }
        let mut groups = self.counts.groups;
        groups.sort_by_key(|group| group.first);
        let groups = groups.into_iter().map(|OpenGroup { first, tally, draws }| GroupSummary {
            group: plan.group(first),
            summary: Summary::of(&tally, draws),
            amplitudes: tally.amplitudes,
        });
        Ok(Statistics { groups: groups.collect(), endings, whole_cells, counted, cells })
    }

    /// All cells in order, and the groups in the order of their first cells.
    ///
    /// # Errors
    /// As [`Collector::so_far`].
    ///
    /// # Panics
    /// If a trajectory of the plan was not counted.
    pub fn finish(self) -> io::Result<Statistics> {
        let plan = self.plan;
        let statistics = self.so_far()?;
        assert_eq!(statistics.counted(), plan.trajectories, "a complete run should have counted every trajectory");
        Ok(statistics)
    }
}
