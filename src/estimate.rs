//! What a sweep will cost, from a sample of its own trajectories.

use crate::backend::weights::Form;
use crate::backend::{Cancel, RunOptions, cpu};
use crate::model::{END_NUMBERS, MEASURES, Model};
use crate::output::{CellOfWeights, OfWeight, wants_maps};
use crate::plan::{Limits, Plan, Section};
use crate::spec::{Design, Only, Spec};
use crate::statistics::Endings;
use crate::theory::forecast;
use crate::work::Work;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::{ControlFlow, Range};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use web_time::{Duration, Instant};

/// Time that sampling may take, but for the stretches that have begun by then.
const BUDGET: Duration = Duration::from_millis(100);

/// Steps of a stretch, all its trajectories together, as far as it has as many: far more work than to start a thread.
const STRETCH_STEPS: u64 = 1 << 20;

/// Trajectories that a stretch has at the least and at the most: as the batches of a run.
const STRETCH_LEN: Range<u64> = 64..1 << 16;

/// Steps that a stretch takes at first, if its trajectories have more, and multiplications, where those have many weights.
const FIRST_STEPS: u32 = 1 << 14;
const FIRST_WORK: u64 = 1 << 26;

/// Time after which no longer run of a stretch is tried, in seconds, and where its trajectories have many weights: most of these end early, and
/// how early shows late.
const PATIENCE: f64 = 0.005;
const PATIENCE_WITH_MANY: f64 = 0.3;

/// What a cell takes of maps, while they are drawn.
const MAP_BYTES: u64 = 115;

/// The same, of a cell for which another stands; and what says which one.
const FILLED_BYTES: u64 = 45;
const OWNER_BYTES: u64 = 4;

/// What is known of a cell that is run while a sweep is refined.
const REFINED_BYTES: u64 = 200;

/// Cells whose counts a report holds at the most, and what each takes while it is written: beyond them its maps are pictures alone.
pub const MOST_REPORTED: u64 = 300_000;
const REPORTED_BYTES: u64 = 100;

/// Counts that a run keeps in memory in any case, as far as it has as many, and those that it keeps there at the most: they are written
/// anew whenever what is done is kept.
const LEAST_COUNTS: u64 = 1 << 20;
const MOST_COUNTS: u64 = 256 << 20;

/// What a group of cells takes, with its histograms.
const GROUP_BYTES: u64 = 11 << 10;

/// A row of the table of cells, but for its coordinates, and each of these.
const ROW_BYTES: u64 = 100;
const COORDINATE_BYTES: u64 = 10;

/// What a cell of a weight takes of tables and pictures while these are drawn, and its row of coefficients.csv.
const WEIGHT_MAP_BYTES: u64 = 300;
const WEIGHT_ROW_BYTES: u64 = 130;

/// The counts of a cell of a weight while they are on their way, and what is told of a sample of numbers.
const TALLY_BYTES: u64 = 550;
const SPREAD_BYTES: u64 = 39;

/// Copies of counts with numbers of single trajectories while they are put together: they are moved, merged, written and read.
const COPIES: u64 = 4;

/// What is read of a table at a time.
const BLOCK_BYTES: u64 = 64 << 20;

/// What pictures of maps take while they are drawn.
const PICTURE_BYTES: u64 = 20 << 20;

/// The program, its fonts and its batches.
const PROGRAM_BYTES: u64 = 36 << 20;

/// Cells that are run of a sweep, at the most.
pub fn cells_run(spec: &Spec, plan: &Plan) -> u64 {
    spec.report.refine.as_ref().map_or(plan.cells, |refine| refine.cells.min(plan.cells))
}

/// What a picture of the cells of a finished sweep takes, of those alone that have the values of `only`, in bytes.
pub fn map_bytes(spec: &Spec, plan: &Plan, only: &[Only]) -> u64 {
    let share = |only: &Only| {
        let values = |path: &str| {
            let slots = plan.sections.iter().filter_map(|section| section.grid.slot(path));
            slots.map(|slot| slot.values.len()).max()
        };
        values(&only.name).map_or(1.0, |values| (only.keys.len() as f64 / values as f64).min(1.0))
    };
    let share: f64 = only.iter().map(share).product();
    let (owners, a_cell) = if spec.report.refine.is_some() { (OWNER_BYTES, FILLED_BYTES) } else { (0, MAP_BYTES) };
    ((plan.cells as f64 * (share * a_cell as f64 + owners as f64)) as u64)
        .saturating_add(PROGRAM_BYTES + PICTURE_BYTES + block_bytes(table_bytes(spec, plan)) + report_bytes(spec, plan))
}

/// What the counts of a report take.
fn report_bytes(spec: &Spec, plan: &Plan) -> u64 {
    let has_none = spec.report.refine.is_some() || plan.cells > MOST_REPORTED || plan.model.is_some();
    if has_none { 0 } else { plan.cells * REPORTED_BYTES }
}

/// What a sweep will take.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Time {
    pub seconds: f64,
    /// Whether it may be much less: trajectories may end before their last step, and some were not watched so long.
    pub is_most: bool,
}

/// What a sweep will take all cores of this machine: stretches from all over it run on every core at once, as many as the budget
/// allows.
pub fn cpu_time(plan: &Plan) -> Time {
    let by_draw = plan.model.as_ref().map(|_| plan.by_draw());
    Stretches::new(by_draw.as_ref().unwrap_or(plan)).cpu_time()
}

/// What it takes all cores to make the table of the cells that are run, in seconds, from cells all over the sweep.
pub fn table_seconds(spec: &Spec, plan: &Plan) -> f64 {
    const LOOKS: u64 = 1 << 11;
    // The words of a row take about as long.
    const ROW_SECONDS: f64 = 2e-6;
    let (began, mut looks) = (Instant::now(), 0);
    while looks < LOOKS.min(plan.cells) && began.elapsed() < BUDGET / 4 {
        let cell = u128::from(plan.cells) * u128::from(looks) / u128::from(LOOKS.min(plan.cells));
        std::hint::black_box(forecast(plan, cell as u64));
        looks += 1;
    }
    let a_cell = began.elapsed().as_secs_f64() / looks as f64 + ROW_SECONDS;
    a_cell * cells_run(spec, plan) as f64 / cpu::available_threads() as f64
}

/// What a run keeps in memory, within some 15 %, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// All of it.
    pub bytes: u64,
    /// Beyond this, counts of cells go to the disk.
    pub counts: u64,
    /// Counts that are likely to go there, until the sweep is done, and the table of cells.
    pub on_disk: u64,
    pub table: u64,
    /// All of it with maps, where there is no room for these.
    pub with_maps: Option<u64>,
}

/// Why a sweep does not fit into memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MemoryError {
    #[error("{} of memory are too few for this sweep, which needs {} at the least; give more with --memory", size(*bound), size(*least))]
    Bound { bound: u64, least: u64 },
    #[error("this sweep needs {} of memory, more than this machine gives; give a bound with --memory: what does not fit goes to disk", size(*bytes))]
    Machine { bytes: u64 },
}

fn size(bytes: u64) -> impl std::fmt::Display {
    bytesize::ByteSize(bytes).display().iec()
}

impl Memory {
    /// Where it may take `bound` at the most.
    ///
    /// # Errors
    /// Where that is too little, however much goes to the disk.
    pub fn of(spec: &Spec, plan: &Plan, bound: u64) -> Result<Memory, MemoryError> {
        // Sections share their tables, except those along k.
        let slots = plan.sections.iter().flat_map(|section| &section.grid.slots);
        let tables: BTreeMap<*const f32, usize> = slots.map(|slot| (slot.values.as_ptr(), slot.values.len())).collect();
        let tables = tables.values().map(|&len| 4 * len as u64).sum::<u64>();
        let run = counted_cells(spec, plan);
        let per_cell = |bytes: u64| run.saturating_mul(bytes);
        let is_refined = spec.report.refine.is_some();
        let refining = if is_refined { plan.cells * OWNER_BYTES + per_cell(REFINED_BYTES) } else { 0 };
        let base = (PROGRAM_BYTES + tables + refining)
            .saturating_add(bytes_of_weights(plan))
            .saturating_add(per_cell(size_of::<Endings>() as u64));
        let fixed = GROUP_BYTES.saturating_mul(groups(plan)).saturating_add(base);
        let numbers = number_bytes(plan);
        let copies = if numbers > 0 { COPIES } else { 1 };
        let least = fixed.saturating_add(copies * LEAST_COUNTS);
        if bound < least {
            return Err(MemoryError::Bound { bound, least });
        }
        let open = if numbers > 0 { numbers.saturating_add(per_cell(TALLY_BYTES)) } else { 0 };
        let (room, counts) = (bound - fixed, per_cell(count_bytes(plan)).saturating_add(open));
        let table = table_bytes(spec, plan);
        let read_back = PICTURE_BYTES + block_bytes(table) + report_bytes(spec, plan);
        let drawn = match plan.model {
            Some(_) => per_cell(WEIGHT_MAP_BYTES),
            None if is_refined => plan.cells * FILLED_BYTES,
            None => per_cell(MAP_BYTES),
        };
        let maps = if wants_maps(spec) { drawn.saturating_add(read_back) } else { 0 };
        let with_maps = (copies * counts.min(LEAST_COUNTS)).saturating_add(maps);
        let maps_held = if with_maps <= room { maps } else { 0 };
        let most = ((room - maps_held) / copies).clamp(LEAST_COUNTS, MOST_COUNTS);
        let held = counts.min(most);
        let with_maps = (with_maps > room).then(|| fixed.saturating_add(with_maps));
        let bytes = fixed + copies * held + maps_held;
        Ok(Memory { bytes, counts: most, on_disk: counts - held, table, with_maps })
    }

    /// Asks for nine tenths of it, and gives it back: better refused now than lost later.
    ///
    /// # Errors
    /// Where the machine does not give it.
    pub fn ask(&self) -> Result<(), MemoryError> {
        let bytes = self.bytes / 10 * 9;
        let asked = Vec::<u8>::new().try_reserve_exact(usize::try_from(bytes).unwrap_or(usize::MAX));
        asked.map_err(|_| MemoryError::Machine { bytes })
    }
}

/// Cells that are counted: of many weights each weight has its own.
fn counted_cells(spec: &Spec, plan: &Plan) -> u64 {
    let places = plan.model.as_ref().map_or(1, |model| Plan::places_of_cell(model.weights()));
    cells_run(spec, plan).saturating_mul(places)
}

/// What a run of many weights takes beside its counts, however few these are: its rows, what draws make of them, batches on their way, and what
/// is told of each cell.
fn bytes_of_weights(plan: &Plan) -> u64 {
    let Some(model) = &plan.model else { return 0 };
    let weights = model.weights() as u64;
    let of_design = |design: &Design| design.rows.values.iter().copied().fold(0.0, f32::max) as u64;
    let rows = model.designs.as_ref().map_or(model.rows() as u64, of_design);
    let (single, double) = (size_of::<f32>() as u64, size_of::<f64>() as u64);
    // In f64 once more, and in f32 both ways where slopes go through the rows.
    let both_ways = if model.has_gram() { 0 } else { 2 * single };
    let of_draw = weights * (rows * (double + both_ways) + weights * (double + single));
    let held = if model.has_rows() { weights * rows * double } else { 0 };
    let (threads, batch) = (cpu::available_threads(), cpu::default_batch(plan));
    let counts = batch.min(plan.cells) * Plan::places_of_cell(model.weights());
    let of_batch = counts * TALLY_BYTES + 2 * batch * numbers_of_trajectory(plan) * single;
    // Those that wait, and that which each thread is at.
    let batches = (cpu::batches_ahead(plan, threads) + threads) as u64;
    let batches = batches.min(plan.trajectories.div_ceil(batch));
    let told = plan.cells.saturating_mul((size_of::<CellOfWeights>() + model.weights() * size_of::<OfWeight>()) as u64);
    held + threads as u64 * of_draw + batches * of_batch + told
}

/// Numbers that are kept of a trajectory of many weights.
fn numbers_of_trajectory(plan: &Plan) -> u64 {
    let weights = plan.model.as_ref().map_or(0, |model| model.weights());
    let has_ends = plan.sections.iter().any(|section| section.starts().is_some());
    (weights + MEASURES + if has_ends { END_NUMBERS } else { 0 }) as u64
}

/// What the numbers of single trajectories take that wait for others of their cells; 0 where none has to.
fn number_bytes(plan: &Plan) -> u64 {
    if plan.model.is_none() || plan.trajectories == plan.cells {
        return 0;
    }
    plan.trajectories.saturating_mul(numbers_of_trajectory(plan) * size_of::<f32>() as u64)
}

/// What the table of cells takes on the disk, that of weights with it.
fn table_bytes(spec: &Spec, plan: &Plan) -> u64 {
    let coordinates = COORDINATE_BYTES * plan.coordinates.len() as u64;
    match &plan.model {
        None => cells_run(spec, plan).saturating_mul(ROW_BYTES + coordinates),
        Some(_) => counted_cells(spec, plan).saturating_mul(WEIGHT_ROW_BYTES + coordinates),
    }
}

/// What of a table is in memory as text while it is read: of a small one, which is read at once, next to nothing.
fn block_bytes(table: u64) -> u64 {
    table.saturating_sub(BLOCK_BYTES / 2).min(BLOCK_BYTES)
}

/// Groups of cells, or somewhat more.
fn groups(plan: &Plan) -> u64 {
    let shapes = |section: &Section| {
        let along =
            section.grid.slots.iter().filter(|slot| slot.shapes && !slot.pooled).flat_map(|slot| slot.dimensions());
        let along: BTreeSet<usize> = along.collect();
        along.iter().map(|&dimension| section.grid.dimensions[dimension].len as u64).product::<u64>()
    };
    plan.sections.iter().map(shapes).sum()
}

/// What the counts of a cell take.
fn count_bytes(plan: &Plan) -> u64 {
    // As variable-length integers: its number, some fates, tolerances, quantiles.
    let of = |count: u64| u64::from(64 - count.leading_zeros()).div_ceil(7).max(1);
    let size = plan.trajectories / plan.cells;
    let counted = 5 + plan.limits.tolerances.len() as u64;
    // Of a weight there is one sample of numbers, of all together one a measure.
    let of_weights = |model: &Arc<Model>| {
        let weights = model.weights() as u64;
        SPREAD_BYTES * (weights + MEASURES as u64) / (weights + 1)
    };
    let spreads = plan.model.as_ref().map_or(0, of_weights);
    of(plan.cells) + counted * of(size) + 9 * (1 + of(plan.limits.steps.into())) + 10 + spreads
}

/// A sweep cut into stretches: neighbours of one section, as a run meets them.
struct Stretches {
    /// The sweep with fewer steps, twice as many from one to the next; the last is the sweep itself.
    plans: Vec<Plan>,
    /// Time after which no longer one is tried, in seconds.
    patience: f64,
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
        let (len, first, patience) = match &plan.model {
            None => {
                let len = (STRETCH_STEPS / u64::from(steps)).clamp(STRETCH_LEN.start, STRETCH_LEN.end);
                (len, FIRST_STEPS, PATIENCE)
            }
            Some(model) => {
                // Those of a draw of rows share what these make of the loss.
                let len = (plan.trajectories / model.draws()).clamp(1, STRETCH_LEN.end);
                let first = FIRST_WORK / (len * Form::multiplications(model));
                (len, first.clamp(1, FIRST_STEPS.into()) as u32, PATIENCE_WITH_MANY)
            }
        };
        let mut lengths: Vec<u32> =
            std::iter::successors(Some(first), |&s| s.checked_mul(2)).take_while(|&s| s < steps).collect();
        lengths.push(steps);
        let (mut before, mut count) = (Vec::new(), 0);
        for section in &plan.sections {
            before.push(count);
            count += section.trajectories().div_ceil(len);
        }
        let golden = (count as f64 * 0.618_033_988_75) as u64;
        let stride = (golden.max(1)..).find(|&stride| divisor(stride, count) == 1).unwrap_or(1);
        let plans = lengths.iter().map(|&steps| shortened(plan, steps)).collect();
        Stretches { plans, patience, len, before, count, stride }
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
    fn cpu_time(&self) -> Time {
        let threads = cpu::available_threads();
        let (next, began) = (AtomicU64::new(0), Instant::now());
        let sampled: Vec<Vec<Time>> = std::thread::scope(|scope| {
            let workers: Vec<_> = (0..threads).map(|_| scope.spawn(|| self.sample(&next, began))).collect();
            workers.into_iter().map(|worker| worker.join().expect("a sample should not fail")).collect()
        });
        let sampled = sampled.concat();
        let mean = sampled.iter().map(|time| time.seconds).sum::<f64>() / sampled.len() as f64;
        let seconds = mean * self.count.div_ceil(threads as u64) as f64;
        Time { seconds, is_most: sampled.iter().any(|time| time.is_most) }
    }

    /// The time of one stretch after the other, on one core, as long as the budget lasts.
    fn sample(&self, next: &AtomicU64, began: Instant) -> Vec<Time> {
        // Pages and caches are cold, clocks are low at first.
        run(&self.plans[0], self.range(0));
        let idle = (0..5).map(|_| run(&self.plans[0], 0..0)).fold(f64::INFINITY, f64::min);
        let mut sampled = Vec::new();
        loop {
            let turn = next.fetch_add(1, Ordering::Relaxed);
            if turn >= self.count {
                return sampled;
            }
            sampled.push(self.time(self.range(turn), idle));
            if began.elapsed() > BUDGET {
                return sampled;
            }
        }
    }

    /// What these trajectories take one core, without the time of an idle run. Trajectories that come to rest or diverge cost
    /// less than they began, so longer and longer runs are tried; what is left goes on as the last of these went.
    fn time(&self, range: Range<u64>, idle: f64) -> Time {
        let (mut steps, mut seconds) = (0.0, 0.0);
        let all = f64::from(self.plans[self.plans.len() - 1].limits.steps);
        for plan in &self.plans {
            let longer = (run(plan, range.clone()) - idle).max(0.0);
            let taken = f64::from(plan.limits.steps);
            let rate = (longer - seconds).max(0.0) / (taken - steps);
            (steps, seconds) = (taken, longer);
            if seconds > self.patience {
                let ends_early = plan.model.as_ref().is_some_and(|model| model.kkt.is_some());
                return Time {
                    seconds: seconds + rate * (all - steps),
                    is_most: ends_early && rate > 0.0 && steps < all,
                };
            }
        }
        Time { seconds, is_most: false }
    }
}

/// The plan with fewer steps, its tail in proportion.
fn shortened(plan: &Plan, steps: u32) -> Plan {
    let Limits { steps: all, tail, .. } = plan.limits;
    let tail = (u64::from(tail) * u64::from(steps)).div_ceil(u64::from(all)) as u32;
    Plan { limits: Limits { steps, tail, ..plan.limits.clone() }, ..plan.clone() }
}

/// Seconds of a run that is long enough to need no second one.
const LONG: f64 = 0.05;

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
    let first = once();
    if first > LONG { first } else { first.min(once()) }
}

/// The greatest common divisor.
fn divisor(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { divisor(b, a % b) }
}
