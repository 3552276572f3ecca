//! Several devices that take their work from one queue: one that is slow, or is lost, only gets less of it.

use super::gpu::{Gpu, GpuError};
use super::{Batch, Cancel, Deliver, Ending, RunOptions, cpu};
use crate::plan::Plan;
use crate::work::Work;
use std::ops::ControlFlow;
use std::sync::mpsc::{self, RecvTimeoutError, SyncSender};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Time that a device should be busy with what it takes at once.
const PARCEL: Duration = Duration::from_secs(1);

/// Batches of each device that may wait to be delivered.
const AHEAD: usize = 4;

/// Time between two looks at [`Cancel`].
const LOOK: Duration = Duration::from_millis(20);

/// One of several devices.
pub enum Member<'a> {
    Cpu,
    Gpu(&'a Gpu),
}

impl Member<'_> {
    /// Trajectories of a batch where nobody says otherwise.
    pub fn default_batch(&self, plan: &Plan) -> u64 {
        match self {
            Member::Cpu => cpu::default_batch(plan),
            Member::Gpu(gpu) => gpu.default_batch(plan),
        }
    }

    /// Trajectories that it takes before anyone knows how fast it is.
    fn first_parcel(&self, plan: &Plan) -> u64 {
        let batches = if let Member::Cpu = self { 2 } else { 1 };
        batches * self.default_batch(plan)
    }

    /// Runs what is asked for, and delivers batches in its order.
    ///
    /// # Errors
    /// Those of a device that could not be recovered from.
    pub fn run(
        &self,
        plan: &Plan,
        options: &RunOptions,
        cancel: &Cancel,
        deliver: Deliver,
    ) -> Result<Ending, GpuError> {
        match self {
            Member::Cpu => Ok(cpu::run(plan, options, cancel, deliver)),
            Member::Gpu(gpu) => pollster::block_on(gpu.run(plan, options, cancel, deliver)),
        }
    }
}

/// Runs the work on `plan` that is asked for, and delivers batches: those of a single member in its order, of several in none. A member that fails for good is passed to `lost` by
/// its index, and the others do its work.
///
/// # Errors
/// The last member's, where none is left.
pub fn run(
    members: &[Member],
    plan: &Plan,
    options: &RunOptions,
    cancel: &Cancel,
    deliver: Deliver,
    mut lost: impl FnMut(usize, &GpuError),
) -> Result<Ending, GpuError> {
    if let [only] = members {
        return only.run(plan, options, cancel, deliver);
    }
    let queue = Queue::new(options.work_on(plan).into_owned(), members.len() as u64);
    let stop = Cancel::default();
    let (sender, receiver) = mpsc::sync_channel(members.len() * AHEAD);
    let (queue, stop) = (&queue, &stop);
    let mut last = None;
    std::thread::scope(|scope| {
        let serve = |member| {
            let sender: SyncSender<Batch> = sender.clone();
            scope.spawn(move || queue.serve(member, plan, options, stop, &sender))
        };
        let workers: Vec<_> = members.iter().map(serve).collect();
        drop(sender);
        loop {
            match receiver.recv_timeout(LOOK) {
                Ok(batch) => {
                    if !stop.is_raised() && deliver(batch).is_break() {
                        stop.raise();
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if cancel.is_raised() {
                stop.raise();
            }
        }
        for (index, worker) in workers.into_iter().enumerate() {
            if let Err(fault) = worker.join().expect("a device's thread should not fail") {
                lost(index, &fault);
                last = Some(fault);
            }
        }
    });
    match last {
        _ if stop.is_raised() => Ok(Ending::Stopped),
        Some(fault) if queue.lock().work.trajectories() > 0 => Err(fault),
        _ => Ok(Ending::Complete),
    }
}

/// Work that nobody has taken yet.
struct Queue {
    left: Mutex<Left>,
    changed: Condvar,
    members: u64,
}

struct Left {
    work: Work,
    /// Members that are at work, some of which may come back.
    busy: usize,
}

impl Queue {
    fn new(work: Work, members: u64) -> Queue {
        Queue { left: Mutex::new(Left { work, busy: 0 }), changed: Condvar::new(), members }
    }

    fn lock(&self) -> MutexGuard<'_, Left> {
        self.left.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next trajectories, at most `most`, and no more than leaves some for all members; nothing once all are done.
    fn take(&self, most: u64, stop: &Cancel) -> Option<Work> {
        let mut left = self.lock();
        while left.work.trajectories() == 0 && left.busy > 0 && !stop.is_raised() {
            let waited = self.changed.wait_timeout(left, LOOK);
            left = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        let count = most.min(left.work.trajectories().div_ceil(2 * self.members));
        if count == 0 || stop.is_raised() {
            return None;
        }
        let taken = left.work.first(count);
        left.work = left.work.after(count);
        left.busy += 1;
        Some(taken)
    }

    /// Notes that a member is done with what it took, but for `rest`.
    fn done(&self, rest: Work) {
        let mut left = self.lock();
        left.busy -= 1;
        left.work = rest.then(&left.work);
        self.changed.notify_all();
    }

    /// Lets `member` work until nothing is left, or it fails.
    fn serve(
        &self,
        member: &Member,
        plan: &Plan,
        options: &RunOptions,
        stop: &Cancel,
        sender: &SyncSender<Batch>,
    ) -> Result<(), GpuError> {
        let mut most = member.first_parcel(plan);
        while let Some(work) = self.take(most, stop) {
            let (began, mut delivered) = (Instant::now(), 0);
            let parcel = RunOptions { work: Some(work.clone()), ..options.clone() };
            let ended = member.run(plan, &parcel, stop, &mut |batch| {
                delivered += batch.trajectories;
                if sender.send(batch).is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            });
            self.done(work.after(delivered));
            ended?;
            let seconds = began.elapsed().as_secs_f64().max(1e-6);
            let in_time = (delivered as f64 / seconds * PARCEL.as_secs_f64()) as u64;
            most = in_time.clamp(most / 2, most.saturating_mul(4)).max(1);
        }
        Ok(())
    }
}
