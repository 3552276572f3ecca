//! What a sweep will cost, from a sample of its own trajectories.

use crate::backend::{Cancel, RunOptions, cpu};
use crate::plan::{Limits, Plan};
use crate::spec::Spec;
use crate::statistics::{Summary, TooManyCells};
use crate::theory::Forecast;
use crate::work::Work;
use std::collections::BTreeMap;
use std::ops::{ControlFlow, Range};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Time that sampling may take, but for the stretches that have begun by then.
const BUDGET: Duration = Duration::from_millis(100);

/// Steps of a stretch, all its trajectories together, as far as it has as many: far more work than to start a thread.
const STRETCH_STEPS: u64 = 1 << 20;

/// Trajectories that a stretch has at the least and at the most: as the batches of a run.
const STRETCH_LEN: Range<u64> = 64..1 << 16;

/// Steps that a stretch takes at first, if its trajectories have more.
const FIRST_STEPS: u32 = 1 << 14;

/// Time after which no longer run of a stretch is tried, in seconds.
const PATIENCE: f64 = 0.005;

/// Text of a cell, while it is written.
const OUTPUT_BYTES: usize = 256;

/// What a cell takes of maps, while they are drawn.
const MAP_BYTES: usize = 250;

/// The program, its fonts and its batches.
const PROGRAM_BYTES: u64 = 45 << 20;

/// What a sweep will cost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// Time on all cores of this machine.
    pub cpu_seconds: f64,
    /// Memory of everything on the CPU.
    pub memory_bytes: u64,
}

/// Runs stretches from all over the sweep on every core at once, as many as the budget allows.
pub fn estimate(spec: &Spec, plan: &Plan) -> Estimate {
    Estimate { cpu_seconds: Stretches::new(plan).cpu_seconds(), memory_bytes: memory_bytes(spec, plan) }
}

/// Memory that a run takes, within some 15 %.
pub fn memory_bytes(spec: &Spec, plan: &Plan) -> u64 {
    // Sections share their tables, except those along k.
    let slots = plan.sections.iter().flat_map(|section| &section.grid.slots);
    let tables: BTreeMap<*const f32, usize> = slots.map(|slot| (slot.values.as_ptr(), slot.values.len())).collect();
    let values = tables.values().map(|&len| len as u64);
    let summary = size_of::<Option<Summary>>() + 8 * plan.limits.tolerances.len() + size_of::<Forecast>();
    let maps = if spec.report.maps.as_ref().is_some_and(Vec::is_empty) { 0 } else { MAP_BYTES };
    let cells = plan.cells * (summary + OUTPUT_BYTES + maps) as u64;
    PROGRAM_BYTES + values.sum::<u64>() * 4 + cells
}

/// Asks for nine tenths of the memory that a run is likely to take, and gives it back: better refused now than lost later.
///
/// # Errors
/// Where the machine does not give it.
pub fn ask_for_memory(spec: &Spec, plan: &Plan) -> Result<(), TooManyCells> {
    let bytes = memory_bytes(spec, plan) / 10 * 9;
    let asked = Vec::<u8>::new().try_reserve_exact(usize::try_from(bytes).unwrap_or(usize::MAX));
    asked.map_err(|_| TooManyCells { cells: plan.cells, bytes })
}

/// A sweep cut into stretches: neighbours of one section, as a run meets them.
struct Stretches {
    /// The sweep with fewer steps, twice as many from one to the next; the last is the sweep itself.
    plans: Vec<Plan>,
    len: u64,
    /// Stretches before each section.
    before: Vec<u64>,
    count: u64,
    /// From one sampled stretch to the next: by the golden ratio, so that however many are taken lie evenly, and without a
    /// divisor in common with `count`, so that none is taken twice.
    stride: u64,
}

impl Stretches {
    fn new(plan: &Plan) -> Stretches {
        let steps = plan.limits.steps;
        let mut lengths: Vec<u32> =
            std::iter::successors(Some(FIRST_STEPS), |&s| s.checked_mul(2)).take_while(|&s| s < steps).collect();
        lengths.push(steps);
        let len = (STRETCH_STEPS / u64::from(steps)).clamp(STRETCH_LEN.start, STRETCH_LEN.end);
        let (mut before, mut count) = (Vec::new(), 0);
        for section in &plan.sections {
            before.push(count);
            count += section.trajectories().div_ceil(len);
        }
        let golden = (count as f64 * 0.618_033_988_75) as u64;
        let stride = (golden.max(1)..).find(|&stride| divisor(stride, count) == 1).unwrap_or(1);
        Stretches { plans: lengths.iter().map(|&steps| shortened(plan, steps)).collect(), len, before, count, stride }
    }

    /// The trajectories of the stretch that is sampled as number `turn`.
    fn range(&self, turn: u64) -> Range<u64> {
        let index = (u128::from(turn) * u128::from(self.stride) % u128::from(self.count)) as u64;
        let section = self.before.partition_point(|&before| before <= index) - 1;
        let (part, section) = (index - self.before[section], &self.plans[0].sections[section]);
        let first = part * self.len;
        section.first + first..section.first + (first + self.len).min(section.trajectories())
    }

    /// What all of them take on every core.
    fn cpu_seconds(&self) -> f64 {
        let threads = cpu::available_threads();
        let (next, began) = (AtomicU64::new(0), Instant::now());
        let sampled: Vec<Vec<f64>> = std::thread::scope(|scope| {
            let workers: Vec<_> = (0..threads).map(|_| scope.spawn(|| self.sample(&next, began))).collect();
            workers.into_iter().map(|worker| worker.join().expect("a sample should not fail")).collect()
        });
        let sampled = sampled.concat();
        let mean = sampled.iter().sum::<f64>() / sampled.len() as f64;
        mean * self.count.div_ceil(threads as u64) as f64
    }

    /// The seconds of one stretch after the other, on one core, as long as the budget lasts.
    fn sample(&self, next: &AtomicU64, began: Instant) -> Vec<f64> {
        // Pages and caches are cold, clocks are low at first.
        run(&self.plans[0], self.range(0));
        let idle = (0..5).map(|_| run(&self.plans[0], 0..0)).fold(f64::INFINITY, f64::min);
        let mut sampled = Vec::new();
        loop {
            let turn = next.fetch_add(1, Ordering::Relaxed);
            if turn >= self.count {
                return sampled;
            }
            sampled.push(self.seconds(self.range(turn), idle));
            if began.elapsed() > BUDGET {
                return sampled;
            }
        }
    }

    /// What these trajectories take one core, without the time of an idle run. Trajectories that come to rest or diverge cost
    /// less than they began, so longer and longer runs are tried; what is left goes on as the last of these went.
    fn seconds(&self, range: Range<u64>, idle: f64) -> f64 {
        let (mut steps, mut seconds) = (0.0, 0.0);
        let all = f64::from(self.plans[self.plans.len() - 1].limits.steps);
        for plan in &self.plans {
            let longer = (run(plan, range.clone()) - idle).max(0.0);
            let taken = f64::from(plan.limits.steps);
            let rate = (longer - seconds).max(0.0) / (taken - steps);
            (steps, seconds) = (taken, longer);
            if seconds > PATIENCE {
                return seconds + rate * (all - steps);
            }
        }
        seconds
    }
}

/// The plan with fewer steps, its tail in proportion.
fn shortened(plan: &Plan, steps: u32) -> Plan {
    let Limits { steps: all, tail, .. } = plan.limits;
    let tail = (u64::from(tail) * u64::from(steps)).div_ceil(u64::from(all)) as u32;
    Plan { limits: Limits { steps, tail, ..plan.limits.clone() }, ..plan.clone() }
}

/// The seconds that these trajectories take one core: the lesser of two runs, for what interrupts one of them, on a busy machine,
/// seldom interrupts both.
fn run(plan: &Plan, range: Range<u64>) -> f64 {
    let once = || {
        let work = Some(Work::of_range(plan, range.clone()));
        let options = RunOptions { threads: Some(1), work, ..RunOptions::default() };
        let began = Instant::now();
        cpu::run(plan, &options, &Cancel::default(), &mut |_| ControlFlow::Continue(()));
        began.elapsed().as_secs_f64()
    };
    once().min(once())
}

/// The greatest common divisor.
fn divisor(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { divisor(b, a % b) }
}
