//! The batches whose trajectories are under way.

use crate::backend::weights::{Counted, Drawn, Ending, Meetings};
use crate::backend::{Batch, RunOptions};
use crate::model::Model;
use crate::plan::{Limits, Section};
use crate::verdict::Outcome;
use crate::work::Stretch;
use std::collections::VecDeque;
use std::sync::Arc;

/// Bytes of the outcomes of a batch, about.
const BATCH_BYTES: u64 = 64 << 20;

/// Batches that are open at a time at the most: the first of them may wait for one trajectory.
const MOST_OPEN: usize = 4;

/// A trajectory that has ended.
#[derive(Clone)]
pub struct Ended<'a> {
    pub drawn: Arc<Drawn<'a>>,
    /// One a weight.
    pub outcomes: Vec<Outcome>,
    pub ending: Ending,
}

/// Which trajectory of which batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket {
    batch: u64,
    /// Counted within the section.
    pub local: u64,
}

struct Open<'a> {
    stretch: Stretch,
    /// Trajectories that have not begun.
    left: u64,
    missing: u64,
    ended: Vec<Option<Ended<'a>>>,
}

/// The trajectories of some stretches of one section, batch by batch.
pub struct Window<'a> {
    section: &'a Section,
    model: &'a Model,
    /// Stretches that no batch is made of yet.
    stretches: VecDeque<Stretch>,
    size: u64,
    open: VecDeque<Open<'a>>,
    /// The number of the first open batch.
    first: u64,
}

impl<'a> Window<'a> {
    /// Batches that suit so many lanes, unless `options` say otherwise.
    pub fn new(
        section: &'a Section,
        model: &'a Model,
        stretches: &[Stretch],
        lanes: u32,
        options: &RunOptions,
    ) -> Self {
        let per_draw = section.per_draw(model);
        let most = BATCH_BYTES / (model.weights() * size_of::<Outcome>()) as u64;
        let draws = (u64::from(lanes).min(most) / per_draw).max(1);
        let size = options.batch.unwrap_or(if per_draw > most { most } else { draws * per_draw }).max(1);
        let size = size.next_multiple_of(Meetings::together(section));
        let stretches = stretches.iter().copied().collect();
        Window { section, model, stretches, size, open: VecDeque::new(), first: 0 }
    }

    /// The next trajectory, and whether it is the first of its batch to begin; `None` where a batch has to end first, or no more is to come.
    /// Of a batch the last one comes first: along a path of lambdas that is the one that takes longest.
    pub fn next(&mut self) -> Option<(Ticket, bool)> {
        let is_first = self.open.back().is_none_or(|open| open.left == 0);
        if is_first {
            self.open_next()?;
        }
        let batch = self.first + self.open.len() as u64 - 1;
        let open = self.open.back_mut()?;
        open.left -= 1;
        Some((Ticket { batch, local: open.stretch.local + open.left }, is_first))
    }

    fn open_next(&mut self) -> Option<()> {
        if self.open.len() >= MOST_OPEN {
            return None;
        }
        let stretch = self.stretches.front_mut()?;
        let batch = stretch.part(0, self.size);
        *stretch = stretch.part(batch.len, stretch.len);
        if stretch.len == 0 {
            self.stretches.pop_front();
        }
        let ended = vec![None; batch.len as usize];
        self.open.push_back(Open { stretch: batch, left: batch.len, missing: batch.len, ended });
        Some(())
    }

    /// Takes back a trajectory that could not begin, which was the last one that was given out.
    pub fn put_back(&mut self, ticket: Ticket) {
        let open = &mut self.open[(ticket.batch - self.first) as usize];
        open.left += 1;
        debug_assert_eq!(ticket.local, open.stretch.local + open.left - 1);
    }

    /// Notes how a trajectory ended.
    pub fn end(&mut self, ticket: Ticket, ended: Ended<'a>) {
        let open = &mut self.open[(ticket.batch - self.first) as usize];
        open.ended[(ticket.local - open.stretch.local) as usize] = Some(ended);
        open.missing -= 1;
    }

    /// The first batch, if all of its trajectories have ended.
    pub fn done(&mut self, limits: &Limits, rows: bool) -> Option<Batch> {
        let Open { stretch, ended, .. } = self.open.pop_front_if(|open| open.missing == 0)?;
        self.first += 1;
        let mut counted = Counted::new(self.section, self.model, limits, stretch.len);
        let mut all = Vec::new();
        for (local, ended) in (stretch.local..).zip(ended) {
            let Ended { drawn, outcomes, ending } = ended.expect("no trajectory of the batch should be missing");
            counted.add(local, &outcomes, &ending, &drawn);
            if rows {
                all.extend(outcomes);
            }
        }
        let Stretch { local, len: trajectories, position, .. } = stretch;
        let tallies = counted.tallies();
        Some(Batch { first: self.section.first + local, position, trajectories, tallies, outcomes: all })
    }
}
