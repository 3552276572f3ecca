//! What goes wrong on a device: what it reports, what tests make it suffer, and panics of wgpu.

use super::GpuError;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Once};
use std::time::Duration;
use wgpu::Device;

/// Changes to a run that tests make to see faults found.
#[derive(Clone, Debug, Default)]
pub struct Tampering {
    /// Replaces this text of every kernel by that one.
    pub replace: Option<(String, String)>,
    /// Workgroups that a dispatch may have in one dimension.
    pub max_width: Option<u32>,
    /// Time after which a submission is given up.
    pub patience: Option<Duration>,
    pub injection: Option<Injection>,
}

/// A fault that comes over a batch.
#[derive(Clone, Copy, Debug)]
pub struct Injection {
    pub fault: Fault,
    /// The batch, counted from 0 over all devices of a [`super::Gpu`].
    pub batch: u64,
    /// Whether every later batch suffers it, too.
    pub always: bool,
}

/// What can be injected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The device goes away.
    Lost,
    /// wgpu panics while it waits.
    Panic,
    /// A command is not valid.
    Refused,
    /// There is no memory for a batch of more trajectories than this.
    OutOfMemory { above: u64 },
    /// A result never comes.
    Stalled,
    /// The batch takes no step.
    Truncated,
}

/// The seam through which tests reach a device.
#[derive(Debug, Default)]
pub struct Seam {
    pub tampering: Tampering,
    batches: AtomicU64,
}

impl Seam {
    pub fn new(tampering: Tampering) -> Arc<Seam> {
        Arc::new(Seam { tampering, batches: AtomicU64::new(0) })
    }

    /// Counts a batch; the fault that it is to suffer.
    pub fn next_batch(&self, trajectories: u32) -> Option<Fault> {
        let batch = self.batches.fetch_add(1, Ordering::Relaxed);
        let injection = self.tampering.injection?;
        let due = batch == injection.batch || (injection.always && batch > injection.batch);
        let fits = matches!(injection.fault, Fault::OutOfMemory { above } if u64::from(trajectories) <= above);
        (due && !fits).then_some(injection.fault)
    }
}

/// The gravest fault that a device has reported: what follows from a lost device or lack of memory hides neither.
#[derive(Clone, Debug, Default)]
pub struct Faults(Arc<Mutex<Option<GpuError>>>);

impl Faults {
    /// Listens to `device`.
    pub fn of(device: &Device) -> Faults {
        let faults = Faults::default();
        let (commands, loss) = (faults.clone(), faults.clone());
        device.on_uncaptured_error(Arc::new(move |error| commands.refused(error)));
        device.set_device_lost_callback(move |_, message| loss.keep(GpuError::Lost(message)));
        faults
    }

    pub fn refused(&self, error: wgpu::Error) {
        self.keep(match error {
            wgpu::Error::OutOfMemory { .. } => GpuError::OutOfMemory,
            other => GpuError::Device(other.to_string()),
        });
    }

    fn keep(&self, fault: GpuError) {
        let gravity = |fault: &GpuError| match fault {
            GpuError::OutOfMemory => 2,
            GpuError::Lost(_) => 1,
            _ => 0,
        };
        if let Ok(mut kept) = self.0.lock()
            && kept.as_ref().is_none_or(|kept| gravity(kept) < gravity(&fault))
        {
            *kept = Some(fault);
        }
    }

    pub fn take(&self) -> Option<GpuError> {
        self.0.lock().map_or(None, |mut fault| fault.take())
    }
}

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// Calls `work`, or gives the text of its panic, which is not printed. The process has one panic hook: it is wrapped
/// once, by one that passes on every panic but those of a thread that is in here.
pub fn quietly<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    static WRAPPED: Once = Once::new();
    WRAPPED.call_once(|| {
        let hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if !QUIET.get() {
                hook(panic);
            }
        }));
    });
    QUIET.set(true);
    let done = catch_unwind(AssertUnwindSafe(work));
    QUIET.set(false);
    done.map_err(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        text.unwrap_or_default().lines().next().unwrap_or("it stopped answering").to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panics_are_silent_inside_and_loud_outside() {
        static HEARD: AtomicU64 = AtomicU64::new(0);
        std::panic::set_hook(Box::new(|_| _ = HEARD.fetch_add(1, Ordering::Relaxed)));
        assert_eq!(quietly(|| 1), Ok(1));
        let lost: Result<(), String> = quietly(|| panic!("lost {}", 2));
        assert_eq!((lost, HEARD.load(Ordering::Relaxed)), (Err("lost 2".to_owned()), 0));
        assert!(catch_unwind(|| panic!("loud")).is_err());
        assert_eq!(HEARD.load(Ordering::Relaxed), 1);
    }
}
