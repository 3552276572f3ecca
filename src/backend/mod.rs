//! The devices that run a plan. They know nothing of files, and statistics know nothing of them.
//!
//! Two drivers loop over steps, `cpu/driver.rs` and `shaders/driver.wgsl`. They keep one contract:
//!
//! - *States.* w_0 is the start, with a = b = 0. Step n takes the state of w_n to that of w_{n+1}, and what counts as zero is
//!   stored as 0. A trajectory stops at its first iterate beyond the limit of divergence.
//! - *Quiet and watched.* Most steps of most trajectories hold no event. So a segment of 32 steps first runs quietly: it
//!   keeps the least and the greatest |w| and whether the sign flipped, which together show whether any event was
//!   possible; in the tail the tail's statistics besides. If one was, the segment is thrown away and runs again watched, step
//!   by step. Both give the same states, so the length of segments shows in no result.
//! - *Bare*, on the CPU alone: where a bound on the length of a step proves that the next ones hold no event
//!   ([`Bounded`](crate::lanes::Bounded)), they run without a look. On a software GPU this was no gain.
//! - *The skip.* Where a rule is autonomous, states are equal bit for bit to those a segment ago, and the tail has not begun,
//!   the segment repeats for ever: on to the tail by whole segments, beyond the end of the slice if need be. On the CPU a tail
//!   ends where a step changes no state.
//! - *The tail* is the iterates w_n with n > steps - tail. A reversal needs three of them.

pub mod cpu;
pub mod gpu;
mod roofs;
#[cfg(not(target_arch = "wasm32"))]
pub mod team;
pub(crate) mod weights;

pub use roofs::Roofs;

use crate::plan::{Plan, Section};
use crate::verdict::{Outcome, Tally};
use crate::work::Work;
use std::borrow::Cow;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};

/// How a plan is run. None of it shows in a result.
#[derive(Clone, Debug, Default)]
pub struct RunOptions {
    /// CPU threads; `None` for all cores.
    pub threads: Option<usize>,
    /// Trajectories of a batch; `None` to let the backend choose.
    pub batch: Option<u64>,
    /// Steps of a slice; `None` to let the backend choose.
    pub slice: Option<u32>,
    /// Whether batches bring each trajectory's outcome, too.
    pub rows: bool,
    /// Invocations of a GPU's workgroup, one of [`gpu::WORKGROUPS`]; `None` for what the device's probe found best.
    pub workgroup: Option<u32>,
    /// CPU vector instructions; `None` for the widest there are.
    pub vectors: Option<cpu::Vectors>,
    /// Whether the CPU runs every kernel in stages, those with a loop of their own, too.
    pub staged: bool,
    /// What to run, in which order; `None` for all by index.
    pub work: Option<Work>,
}

impl RunOptions {
    /// The work on `plan` that is asked for.
    fn work_on(&self, plan: &Plan) -> Cow<'_, Work> {
        self.work.as_ref().map_or_else(|| Cow::Owned(Work::by_index(plan)), Cow::Borrowed)
    }
}

/// The results of neighbouring trajectories. Batches come in the order of the work.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// Index of the first trajectory.
    pub first: u64,
    /// Its position ([`crate::work`]).
    pub position: u64,
    pub trajectories: u64,
    /// Counts by cell index; a cell may come in parts, in several batches.
    pub tallies: Vec<(u64, Tally)>,
    /// One outcome a trajectory, of many weights one a weight, if rows were asked for, else empty.
    pub outcomes: Vec<Outcome>,
}

/// Takes each finished batch; `Break` ends the run.
pub type Deliver<'a> = &'a mut (dyn FnMut(Batch) -> ControlFlow<()> + 'a);

/// A wish to stop, raised by another thread or by an interrupt.
#[derive(Debug, Default)]
pub struct Cancel(AtomicBool);

impl Cancel {
    pub fn raise(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub fn is_raised(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Whether a run came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    Complete,
    /// Cancelled, or ended by `deliver`.
    Stopped,
}

/// Counts `outcomes`, which begin at the trajectory `local` of `section`, by cell.
fn tallies(section: &Section, local: u64, outcomes: &[Outcome], tolerances: &[f32]) -> Vec<(u64, Tally)> {
    let mut tallies = Vec::new();
    let mut rest = outcomes;
    let mut local = local;
    while !rest.is_empty() {
        let left_in_cell = section.pool - local % section.pool;
        let (of_cell, others) = rest.split_at(rest.len().min(usize::try_from(left_in_cell).unwrap_or(usize::MAX)));
        let mut tally = Tally::default();
        of_cell.iter().for_each(|outcome| tally.add(outcome, tolerances));
        tallies.push((section.first_cell + local / section.pool, tally));
        local += of_cell.len() as u64;
        rest = others;
    }
    tallies
}
