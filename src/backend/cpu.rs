//! The native backend: blocks of trajectories in vector lanes, on every core.

pub mod driver;
mod vectors;

pub use vectors::Vectors;

use super::{Batch, Cancel, Deliver, Ending, RunOptions, tallies};
use crate::formula::Model;
use crate::kernel::Visitor;
use crate::plan::{Limits, Plan, Point, Section};
use driver::{Block, LANES};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// Steps that a batch takes: some ten milliseconds of one core.
const STEPS_OF_A_BATCH: u64 = 1 << 25;

/// Steps that a block takes between two looks at [`Cancel`].
const SLICE: u32 = 1 << 20;

/// Batches that wait for an earlier one before workers pause, for each thread.
const BATCHES_AHEAD: usize = 8;

/// Runs every trajectory of `plan` and delivers batches in order.
pub fn run(plan: &Plan, options: &RunOptions, cancel: &Cancel, deliver: Deliver) -> Ending {
    let threads = options.threads.unwrap_or_else(available_threads).max(1);
    let batches = batches(plan, options);
    let next = AtomicUsize::new(0);
    let stop = Cancel::default();
    std::thread::scope(|scope| {
        let (sender, receiver) = mpsc::sync_channel(threads * BATCHES_AHEAD);
        for _ in 0..threads {
            let (sender, batches, next, stop) = (sender.clone(), &batches, &next, &stop);
            scope.spawn(move || {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(range) = batches.get(index) else { return };
                    let stopped = || cancel.is_raised() || stop.is_raised();
                    let Some(batch) = run_batch(plan, range, options, &stopped) else { return };
                    if sender.send((index, batch)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        let delivered = deliver_in_order(receiver, deliver);
        stop.raise();
        if delivered == batches.len() { Ending::Complete } else { Ending::Stopped }
    })
}

/// Threads that the process may use.
pub fn available_threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Neighbouring trajectories of one section.
#[derive(Clone, Copy)]
struct Range {
    section: usize,
    /// First trajectory, counted within the section.
    local: u64,
    len: u64,
}

fn batches(plan: &Plan, options: &RunOptions) -> Batches {
    let lanes = LANES as u64;
    let chosen = (STEPS_OF_A_BATCH / u64::from(plan.limits.steps)).clamp(lanes, 1 << 16);
    Batches::new(plan, options.batch.unwrap_or(chosen / lanes * lanes).max(1))
}

/// The batches of a plan, by index; none of them is stored, for there may be 10^9.
struct Batches {
    size: u64,
    /// For each section the index of its first batch and its trajectories.
    sections: Vec<(usize, u64)>,
    len: usize,
}

impl Batches {
    fn new(plan: &Plan, size: u64) -> Batches {
        let mut len = 0;
        let mut sections = Vec::new();
        for section in &plan.sections {
            sections.push((len, section.trajectories()));
            len += section.trajectories().div_ceil(size) as usize;
        }
        Batches { size, sections, len }
    }

    fn len(&self) -> usize {
        self.len
    }

    fn get(&self, index: usize) -> Option<Range> {
        if index >= self.len {
            return None;
        }
        let section = self.sections.partition_point(|(first, _)| *first <= index) - 1;
        let (first, trajectories) = self.sections[section];
        let local = (index - first) as u64 * self.size;
        Some(Range { section, local, len: self.size.min(trajectories - local) })
    }
}

/// Hands batches on in the order of their index; returns how many.
fn deliver_in_order(receiver: mpsc::Receiver<(usize, Batch)>, deliver: Deliver) -> usize {
    let mut early = BTreeMap::new();
    let mut next = 0;
    for (index, batch) in receiver {
        early.insert(index, batch);
        while let Some(batch) = early.remove(&next) {
            next += 1;
            if deliver(batch).is_break() {
                return next;
            }
        }
    }
    next
}

/// Runs one batch; `None` if it was stopped.
fn run_batch(plan: &Plan, range: Range, options: &RunOptions, stopped: &dyn Fn() -> bool) -> Option<Batch> {
    let section = &plan.sections[range.section];
    let mut outcomes = Vec::with_capacity(range.len as usize);
    let slice = options.slice.unwrap_or(SLICE).max(1);
    let vectors = options.vectors.unwrap_or_else(Vectors::widest);
    let work = Advance { limits: &plan.limits, slice, vectors, stopped };
    let mut digits = section.digits(range.local);
    while (outcomes.len() as u64) < range.len {
        let lanes = LANES.min(range.len as usize - outcomes.len());
        let block = section.kernel.visit(work.of(section, &mut digits, lanes))?;
        outcomes.extend((0..lanes).map(|lane| block.outcome(lane, &plan.limits)));
    }
    let tallies = tallies(section, range.local, &outcomes, &plan.limits.tolerances);
    if !options.rows {
        outcomes = Vec::new();
    }
    Some(Batch { first: section.first + range.local, trajectories: range.len, tallies, outcomes })
}

/// The time that a block of trajectories from all over `section` takes one thread.
pub fn sample(section: &Section, limits: &Limits) -> Duration {
    let last = section.trajectories() - 1;
    let points = std::array::from_fn(|lane| {
        let local = (u128::from(last) * lane as u128 / (LANES as u128 - 1)) as u64;
        section.point(&section.digits(local))
    });
    let work = Advance { limits, slice: SLICE, vectors: Vectors::widest(), stopped: &|| false };
    let began = Instant::now();
    std::hint::black_box(section.kernel.visit(BlockOf { work: &work, points }));
    began.elapsed()
}

/// Takes a block from its start to its last step.
struct Advance<'a> {
    limits: &'a Limits,
    slice: u32,
    vectors: Vectors,
    stopped: &'a dyn Fn() -> bool,
}

struct BlockOf<'a> {
    work: &'a Advance<'a>,
    points: [Point; LANES],
}

impl Advance<'_> {
    /// The next `lanes` trajectories at `digits`; lanes beyond repeat the first.
    fn of<'a>(&'a self, section: &Section, digits: &mut [u32], lanes: usize) -> BlockOf<'a> {
        let mut points = [section.point(digits); LANES];
        for point in &mut points[..lanes] {
            *point = section.point(digits);
            section.advance(digits);
        }
        BlockOf { work: self, points }
    }
}

impl Visitor for BlockOf<'_> {
    type Output = Option<Block>;

    fn visit<M: Model>(self) -> Option<Block> {
        let Advance { limits, slice, vectors, stopped } = *self.work;
        let mut block = Block::new(&self.points, limits);
        while block.step() < limits.steps {
            if stopped() {
                return None;
            }
            let until = block.step().saturating_add(slice).min(limits.steps);
            vectors.advance::<M>(&mut block, limits, until);
        }
        Some(block)
    }
}
