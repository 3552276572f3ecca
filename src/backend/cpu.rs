//! The native backend: blocks of trajectories in vector lanes, on every core.

mod batches;
pub mod driver;
mod fused;
mod roofs;
pub mod staged;
mod tail;
pub(crate) mod weights;

pub use crate::lanes::{LANES, Vectors};

use super::{Batch, Cancel, Deliver, Ending, RunOptions, tallies};
use crate::kernel::Kernel;
use crate::lanes::Compiled;
use crate::plan::{Limits, Plan, Point, Section};
use crate::verdict::Outcome;
use crate::work::Stretch;
use batches::Batches;
pub use batches::default_batch;
use driver::{Advance, Block};
use rayon::prelude::*;
pub use roofs::roofs;
use staged::Staged;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Duration;

/// Steps that a block takes between two looks at [`Cancel`].
const SLICE: u32 = 1 << 20;

/// Batches, for each thread, that may wait for an earlier one before workers pause.
const BATCHES_AHEAD: usize = 8;

/// Counts of many weights in batches that may wait for an earlier one: there is one for each thread, however many counts it has.
const COUNTS_AHEAD: u64 = 1 << 16;

/// Runs the work on `plan` that is asked for and delivers batches in its order.
pub fn run(plan: &Plan, options: &RunOptions, cancel: &Cancel, deliver: Deliver) -> Ending {
    if cfg!(target_arch = "wasm32") {
        return run_here(plan, options, cancel, deliver);
    }
    let threads = options.threads.unwrap_or_else(available_threads).max(1);
    let batches = Batches::new(plan, options);
    let ahead = batches_ahead(plan, threads);
    let (next, delivered) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let stop = Cancel::default();
    let stopped = || cancel.is_raised() || stop.is_raised();
    let work = |sender: mpsc::SyncSender<(usize, Batch)>| {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(stretch) = batches.get(index) else { return };
            while index > delivered.load(Ordering::Relaxed) + ahead && !stopped() {
                std::thread::sleep(Duration::from_millis(1));
            }
            let Some(batch) = run_batch(plan, stretch, options, &stopped) else { return };
            if sender.send((index, batch)).is_err() {
                return;
            }
        }
    };
    std::thread::scope(|scope| {
        let (sender, receiver) = mpsc::sync_channel(ahead);
        for _ in 0..threads {
            let sender = sender.clone();
            scope.spawn(|| work(sender));
        }
        drop(sender);
        deliver_in_order(receiver, &delivered, deliver);
        stop.raise();
    });
    if delivered.into_inner() == batches.len() { Ending::Complete } else { Ending::Stopped }
}

/// As [`run`], on the thread of the caller: a browser's program has no other.
fn run_here(plan: &Plan, options: &RunOptions, cancel: &Cancel, deliver: Deliver) -> Ending {
    let batches = Batches::new(plan, options);
    let stopped = || cancel.is_raised();
    for stretch in (0..).map_while(|index| batches.get(index)) {
        let Some(batch) = run_batch(plan, stretch, options, &stopped) else { return Ending::Stopped };
        if deliver(batch).is_break() {
            return Ending::Stopped;
        }
    }
    Ending::Complete
}

/// Batches that may wait for an earlier one before workers pause.
pub fn batches_ahead(plan: &Plan, threads: usize) -> usize {
    let most = threads * BATCHES_AHEAD;
    let Some(model) = &plan.model else { return most };
    let counts = default_batch(plan).min(plan.cells) * Plan::places_of_cell(model.weights());
    ((COUNTS_AHEAD / counts) as usize).clamp(threads, most)
}

/// Threads that the process may use.
pub fn available_threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Hands batches on in the order of their index, and counts them.
fn deliver_in_order(receiver: mpsc::Receiver<(usize, Batch)>, delivered: &AtomicUsize, deliver: Deliver) {
    let mut early = BTreeMap::new();
    for (index, batch) in receiver {
        early.insert(index, batch);
        while let Some(batch) = early.remove(&delivered.load(Ordering::Relaxed)) {
            delivered.fetch_add(1, Ordering::Relaxed);
            if deliver(batch).is_break() {
                return;
            }
        }
    }
}

/// Runs one batch; `None` if it was stopped.
fn run_batch(plan: &Plan, stretch: Stretch, options: &RunOptions, stopped: &dyn Fn() -> bool) -> Option<Batch> {
    if let Some(model) = &plan.model {
        return weights::run_batch(plan, model, stretch, options, stopped);
    }
    let section = &plan.sections[stretch.section];
    let mut outcomes = Vec::with_capacity(stretch.len as usize);
    let slice = options.slice.unwrap_or(SLICE).max(1);
    let vectors = options.vectors.unwrap_or_else(Vectors::widest);
    let mut way = Way::of(section.kernel, vectors, options.staged);
    let mut digits = section.digits(stretch.local);
    let mut local = stretch.local;
    let mut points = [section.point(local, &digits); LANES];
    let mut block = Block::new(&points, &plan.limits);
    let parameters = section.kernel.parameters().count();
    while (outcomes.len() as u64) < stretch.len {
        let lanes = LANES.min(stretch.len as usize - outcomes.len());
        set_points(&mut points, section, local, &mut digits, lanes);
        local += lanes as u64;
        block.begin(&points, parameters, &plan.limits);
        way.finish(&mut block, &plan.limits, slice, stopped)?;
        outcomes.extend((0..lanes).map(|lane| block.outcome(lane, &plan.limits)));
    }
    let tallies = tallies(section, stretch.local, &outcomes, &plan.limits.tolerances);
    if !options.rows {
        outcomes = Vec::new();
    }
    let Stretch { local, len: trajectories, position, .. } = stretch;
    Some(Batch { first: section.first + local, position, trajectories, tallies, outcomes })
}

/// The outcomes of the trajectories with these indices, on the threads of rayon; `None` if it was cancelled.
pub fn outcomes_of(plan: &Plan, trajectories: &[u64], cancel: &Cancel) -> Option<Vec<Outcome>> {
    let kernels = plan.kernels();
    let located = trajectories.iter().map(|&index| {
        let (section, local) = plan.locate(index).expect("the plan should hold every trajectory that is asked for");
        (section.kernel, section.at(local))
    });
    let located: Vec<(Kernel, Point)> = located.collect();
    let kernel_of = |place: usize| kernels.iter().position(|kernel| *kernel == located[place].0);
    let mut places: Vec<usize> = (0..located.len()).collect();
    places.sort_by_key(|&place| kernel_of(place));
    let blocks = places.chunk_by(|&a, &b| located[a].0 == located[b].0).flat_map(|places| places.chunks(LANES));
    let stopped = || cancel.is_raised();
    let run = |places: &[usize]| {
        // Lanes beyond the last repeat the first.
        let points = std::array::from_fn(|lane| located[*places.get(lane).unwrap_or(&places[0])].1);
        let mut way = Way::of(located[places[0]].0, Vectors::widest(), false);
        let mut block = Block::new(&points, &plan.limits);
        way.finish(&mut block, &plan.limits, SLICE, &stopped)?;
        Some((0..places.len()).map(|lane| block.outcome(lane, &plan.limits)).collect::<Vec<Outcome>>())
    };
    let finished: Option<Vec<Vec<Outcome>>> = blocks.collect::<Vec<_>>().into_par_iter().map(run).collect();
    let mut outcomes = vec![Outcome::default(); located.len()];
    places.iter().zip(finished?.into_iter().flatten()).for_each(|(&place, outcome)| outcomes[place] = outcome);
    Some(outcomes)
}

/// Puts the next `lanes` trajectories of `section` from `local` on, which is at `digits`, into the first lanes; all others must be
/// points of the section, too.
fn set_points(points: &mut [Point; LANES], section: &Section, local: u64, digits: &mut [u32], lanes: usize) {
    for (local, point) in (local..).zip(&mut points[..lanes]) {
        *point = section.point(local, digits);
        section.advance(digits);
    }
}

/// How a kernel takes its steps.
pub enum Way {
    /// By a loop of its own.
    Fused(Compiled<Advance>, Vectors),
    /// By the passes of its members.
    Staged(Staged, Vectors),
}

impl Way {
    /// The way of `kernel` with these instructions; in stages where that is asked for or there is no other.
    pub fn of(kernel: Kernel, vectors: Vectors, staged: bool) -> Way {
        match fused::find(kernel).filter(|_| !staged) {
            Some(advance) => Way::Fused(advance, vectors),
            None => Way::Staged(Staged::new(kernel, vectors), vectors),
        }
    }

    /// Advances `block` to the step `until`, which is at most `limits.steps`, or beyond it where it repeats for ever.
    pub fn advance(&mut self, block: &mut Block, limits: &Limits, until: u32) {
        match self {
            // SAFETY: whoever names instructions has them of `Vectors::available`.
            Way::Fused(advance, vectors) => unsafe { advance.get(*vectors)(block, limits, until) },
            Way::Staged(stepper, vectors) => driver::advance_staged(*vectors, stepper, block, limits, until),
        }
    }

    /// Takes a block to its last step; `None` if it was stopped.
    fn finish(&mut self, block: &mut Block, limits: &Limits, slice: u32, stopped: &dyn Fn() -> bool) -> Option<()> {
        while block.step() < limits.steps {
            if stopped() {
                return None;
            }
            let until = block.step().saturating_add(slice).min(limits.steps);
            self.advance(block, limits, until);
        }
        Some(())
    }
}
