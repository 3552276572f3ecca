//! What several test suites share: specs in a line, backends to run them on, and a reference to judge them by.
#![allow(dead_code, reason = "each suite uses its part")]

mod covering;
pub mod tables;

#[allow(unused_imports, reason = "each suite uses its part")]
pub use covering::covering;

use proptest::prelude::*;
use std::io::Write;
use std::ops::ControlFlow;
use std::ops::Range;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use zerosweep::audit::{self, Audit};
use zerosweep::backend::cpu::driver::Stepper;
use zerosweep::backend::cpu::staged::Staged;
use zerosweep::backend::cpu::{LANES, Vectors};
use zerosweep::backend::gpu::{Gpu, GpuError, Tampering};
use zerosweep::backend::{Batch, Cancel, Ending, RunOptions, cpu};
use zerosweep::kernel::{Kernel, Role};
use zerosweep::lanes::{Lanes, Parameters};
use zerosweep::optimizer::PenaltyStep;
use zerosweep::output::{Maps, Standings, Tabulated};
use zerosweep::plan::{Limits, Plan, Point};
use zerosweep::precision::Precision;
use zerosweep::refine::{Refined, Refinement};
use zerosweep::spec::{Format, Refine, Spec};
use zerosweep::statistics::{Collector, Statistics};
use zerosweep::theory::{Forecast, forecast};
use zerosweep::verdict::{Fate, NEVER, Outcome};
use zerosweep::work::Work;

/// A spec from its TOML text.
pub fn spec(text: &str) -> Spec {
    let text = format!("name = \"test\"\n{text}");
    Spec::parse(&text, Format::Toml, "test.toml", &[]).unwrap_or_else(|error| panic!("{error}")).spec
}

/// The plan of a spec's TOML text.
pub fn plan(text: &str) -> Plan {
    Plan::new(&spec(text))
}

/// All batches of a run on the CPU.
pub fn on_cpu(plan: &Plan, options: &RunOptions) -> Vec<Batch> {
    let mut batches = Vec::new();
    let ending = cpu::run(plan, options, &Cancel::default(), &mut |batch| {
        batches.push(batch);
        ControlFlow::Continue(())
    });
    assert_eq!(ending, Ending::Complete);
    batches
}

/// All batches of a run on a GPU.
pub fn on_gpu(gpu: &Gpu, plan: &Plan, options: &RunOptions) -> Result<Vec<Batch>, GpuError> {
    let mut batches = Vec::new();
    let cancel = Cancel::default();
    let ending = pollster::block_on(gpu.run(plan, options, &cancel, &mut |batch| {
        batches.push(batch);
        ControlFlow::Continue(())
    }))?;
    assert_eq!(ending, Ending::Complete);
    Ok(batches)
}

/// The outcomes of a range of trajectories on the CPU.
pub fn cpu_outcomes(plan: &Plan, range: Range<u64>) -> Vec<Outcome> {
    outcomes(on_cpu(plan, &RunOptions { rows: true, work: Some(Work::of_range(plan, range)), ..Default::default() }))
}

/// The outcomes of a range of trajectories on a GPU.
pub fn gpu_outcomes(gpu: &Gpu, plan: &Plan, range: Range<u64>) -> Vec<Outcome> {
    let options = RunOptions { rows: true, work: Some(Work::of_range(plan, range)), ..Default::default() };
    outcomes(on_gpu(gpu, plan, &options).expect("the device should run the plan"))
}

/// Whether a GPU's sums and products are those of IEEE, to the bit, as the CPU's are: of hardware nobody promises it.
pub fn is_exact(gpu: &Gpu) -> bool {
    gpu.record().kind == "software"
}

/// What a range of trajectories should come to on a GPU, to the bit: [`reference`]; where it rounds otherwise, what it makes of
/// slices that hold no whole segment, so that each step is watched.
pub fn reference_on(gpu: &Gpu, plan: &Plan, range: Range<u64>) -> Vec<Outcome> {
    if is_exact(gpu) {
        return reference(plan, range);
    }
    let work = Some(Work::of_range(plan, range));
    let options = RunOptions { rows: true, slice: Some(31), work, ..Default::default() };
    outcomes(on_gpu(gpu, plan, &options).expect("the device should run the plan"))
}

pub fn outcomes(batches: Vec<Batch>) -> Vec<Outcome> {
    batches.into_iter().flat_map(|batch| batch.outcomes).collect()
}

/// The adapter that GPU tests run on: a hardware one, else any software one. Without one a test is left out, visibly,
/// unless ZEROSWEEP_REQUIRE_GPU is set.
pub fn gpu(test: &str) -> Option<&'static Gpu> {
    static SHARED: OnceLock<Option<Gpu>> = OnceLock::new();
    let gpu = SHARED.get_or_init(|| open(Tampering::default())).as_ref();
    if gpu.is_none() {
        // Past the test harness, which shows what a passing test prints to nobody.
        _ = writeln!(std::io::stderr(), "left out, because no GPU adapter answers: {test}");
    }
    gpu
}

/// As [`gpu`], changed.
pub fn tampered_gpu(test: &str, tampering: Tampering) -> Option<Gpu> {
    gpu(test).and_then(|_| open(tampering))
}

/// Looks at each item on one of two devices, whichever is free: a software adapter compiles on one core a device, and that is
/// most of the time.
pub fn on_devices<T: Sync>(test: &str, items: &[T], look: impl Fn(&Gpu, &T) + Sync) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            let Some(gpu) = tampered_gpu(test, Tampering::default()) else { return };
            let (next, look) = (&next, &look);
            scope.spawn(move || {
                while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
                    look(&gpu, item);
                }
            });
        }
    });
}

fn open(tampering: Tampering) -> Option<Gpu> {
    let found = pollster::block_on(Gpu::open_tampered(None, tampering.clone()))
        .or_else(|_| pollster::block_on(Gpu::open_tampered(Some(""), tampering)));
    match found {
        Ok(gpu) => Some(gpu),
        Err(error) => {
            let required = std::env::var_os("ZEROSWEEP_REQUIRE_GPU").is_some();
            assert!(!required, "ZEROSWEEP_REQUIRE_GPU is set, but {error}");
            None
        }
    }
}

/// What became of each trajectory of a range, from a list of its iterates and the words of the definitions alone: no
/// loop, no flag and no bit pattern of the drivers stands here.
pub fn reference(plan: &Plan, range: Range<u64>) -> Vec<Outcome> {
    let one = |index| {
        let (section, local) = plan.locate(index).expect("the range should lie in the plan");
        let (kernel, point) = (section.kernel, section.at(local));
        let (iterates, exact) = rounded_iterates(kernel, &point, &plan.limits);
        let is_rounded = kernel.optimizer.precision != Precision::F32;
        judge_rounded(&iterates, if is_rounded { &exact } else { &iterates }, &plan.limits)
    };
    range.map(one).collect()
}

/// Takes single steps of one trajectory, by the passes of its members.
pub struct Steps {
    staged: Staged,
    parameters: Parameters,
    lanes: Lanes,
}

impl Steps {
    pub fn new(kernel: Kernel, point: &Point) -> Steps {
        let mut staged = Staged::new(kernel, Vectors::Baseline);
        let parameters = point.parameters.map(|p| [p; LANES]);
        let (w, place) = ([flushed(point.start); LANES], [point.place; LANES]);
        let mut lanes = Lanes::default();
        (lanes.weight.w, lanes.terms.place) = (w, place);
        staged.prepare(&mut lanes, &parameters, 0);
        Steps { staged, parameters, lanes }
    }

    pub fn next(&mut self) -> f32 {
        self.staged.pass(&mut self.lanes, &self.parameters);
        let w = flushed(self.lanes.weight.w[0]);
        self.lanes.weight.w = [w; LANES];
        w
    }

    /// The last iterate before it was rounded to the format that weights are stored in.
    pub fn exact(&self) -> f32 {
        flushed(self.lanes.terms.exact[0])
    }
}

/// w_0, w_1, ... up to the last step or the first iterate beyond the limit.
pub fn iterates(kernel: Kernel, point: &Point, limits: &Limits) -> Vec<f32> {
    rounded_iterates(kernel, point, limits).0
}

/// The same, and what each was before it was rounded to a narrower format.
fn rounded_iterates(kernel: Kernel, point: &Point, limits: &Limits) -> (Vec<f32>, Vec<f32>) {
    let mut steps = Steps::new(kernel, point);
    let mut iterates = vec![flushed(point.start)];
    let mut exact = iterates.clone();
    while iterates.len() <= limits.steps as usize && is_bounded(*iterates.last().unwrap(), limits) {
        iterates.push(steps.next());
        exact.push(steps.exact());
    }
    (iterates, exact)
}

/// a, t, k, lambda, eta and w_0 in f64, as the f32 parameters are; 0 for what the members have not.
pub fn numbers(kernel: Kernel, point: &Point) -> [f64; 6] {
    let paths = ["problem.curvature", "problem.target", "penalty.k", "penalty.lambda", "optimizer.learning_rate"];
    let [a, t, k, lambda, eta] = paths.map(|path| kernel.value(path, point).unwrap_or(0.0));
    [a, t, k, lambda, eta, point.start].map(f64::from)
}

fn flushed(w: f32) -> f32 {
    if w.is_subnormal() || w == 0.0 { 0.0 } else { w }
}

fn is_bounded(w: f32, limits: &Limits) -> bool {
    w.is_finite() && w.abs() <= limits.divergence
}

/// The definitions of event and fate, read off a whole list of iterates.
pub fn judge(iterates: &[f32], limits: &Limits) -> Outcome {
    judge_rounded(iterates, iterates, limits)
}

/// The same of weights that were rounded from `exact`: what rounding alone has put to zero did not jump there.
fn judge_rounded(iterates: &[f32], exact: &[f32], limits: &Limits) -> Outcome {
    const TWO_TO_MINUS_64: f32 = 1.0 / (1u128 << 64) as f32;
    let last = iterates.len() - 1;
    let diverged = !is_bounded(iterates[last], limits);
    let alive = if diverged { &iterates[..last] } else { iterates };
    let first = |happens: &dyn Fn(usize) -> bool| {
        (0..alive.len()).find(|&n| happens(n)).map_or(NEVER, |n| u32::try_from(n).unwrap())
    };
    let landing = |n: usize| n > 0 && alive[n] == 0.0 && alive[n - 1] != 0.0;
    let opposite =
        |n: usize| n > 0 && alive[n].signum() != alive[n - 1].signum() && alive[n] != 0.0 && alive[n - 1] != 0.0;
    let tail = &iterates[(iterates.len()).saturating_sub(limits.tail as usize)..];
    let low = tail.iter().copied().fold(f32::INFINITY, f32::min);
    let high = tail.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let amplitude = tail.iter().map(|w| w.abs()).fold(0.0, f32::max);
    let jumped = match (0..alive.len()).rev().find(|&n| landing(n)) {
        Some(n) => alive[n - 1].abs() >= TWO_TO_MINUS_64 && exact[n] == 0.0,
        None => alive.iter().all(|&w| w == 0.0),
    };
    let moves: Vec<f32> = tail.windows(2).map(|pair| pair[1] - pair[0]).filter(|&d| d != 0.0).collect();
    let reversals = moves.windows(2).filter(|pair| pair[0].signum() != pair[1].signum()).count();
    let fate = if diverged {
        Fate::Diverged
    } else if tail.iter().all(|&w| w == 0.0) && jumped {
        Fate::Zero
    } else if amplitude < TWO_TO_MINUS_64 {
        Fate::Decayed
    } else if amplitude <= limits.tolerance {
        Fate::NearZero
    } else if high - low <= 1e-4 * amplitude {
        Fate::Settled
    } else if reversals >= 2 {
        Fate::Oscillating
    } else {
        Fate::Moving
    };
    let kept = |value: f32| if diverged { 0.0 } else { value };
    Outcome {
        fate: fate as u32,
        first_crossing: first(&|n| landing(n) || opposite(n)),
        first_zero: first(&|n| alive[n] == 0.0),
        first_within: first(&|n| alive[n].abs() <= limits.tolerance),
        arrival: match (0..alive.len()).rev().find(|&n| landing(n)) {
            Some(n) => u32::try_from(n).unwrap(),
            None if iterates[0] == 0.0 => 0,
            None => NEVER,
        },
        tail_low: kept(low),
        tail_high: kept(high),
        last: kept(iterates[last]),
        last_step: u32::try_from(last).unwrap(),
    }
}

/// The statistics of a whole run.
pub fn statistics(plan: &Plan, batches: Vec<Batch>) -> Statistics {
    let mut collector = Collector::new(plan);
    batches.into_iter().for_each(|batch| collector.add(batch.tallies));
    collector.finish().unwrap()
}

/// An audit of a run of the CPU.
pub fn audited(plan: &Plan, statistics: &Statistics, size: u64) -> Audit {
    let cancel = Cancel::default();
    let outcomes_of = |trajectories: &[u64]| cpu::outcomes_of(plan, trajectories, &cancel).ok_or(());
    audit::audit(plan, statistics, size, &cancel, outcomes_of).unwrap().unwrap()
}

/// cells.csv of a whole run.
pub fn cells_csv(plan: &Plan, batches: Vec<Batch>) -> String {
    let statistics = statistics(plan, batches);
    let audit = audited(plan, &statistics, audit::default_size(plan));
    table_of_cells(plan, &statistics, &audit)
}

/// cells.csv.
pub fn table_of_cells(plan: &Plan, statistics: &Statistics, audit: &Audit) -> String {
    table_of((plan, None), statistics, audit)
}

/// cells.csv, of cells that may stand for others.
pub fn table_of(cells: (&Plan, Option<Standings>), statistics: &Statistics, audit: &Audit) -> String {
    let mut csv = Vec::new();
    let write = |lines: &[u8], _: &[_]| std::io::Write::write_all(&mut csv, lines);
    zerosweep::output::cells(cells, statistics, audit, write).unwrap();
    String::from_utf8(csv).unwrap()
}

/// The cells that a refinement runs: what is known of them, what they stand for, and their plan.
pub fn refined(plan: &Plan, refine: &Refine) -> (Statistics, Refined, Plan) {
    let (mut refinement, mut collector) = (Refinement::new(plan, refine), Collector::new(plan));
    loop {
        let wanted = refinement.wanted();
        if wanted.is_empty() {
            break;
        }
        let part = plan.of_cells(&wanted);
        for batch in on_cpu(&part, &RunOptions::default()) {
            let tallies = batch.tallies.into_iter().map(|(cell, tally)| (wanted[cell as usize], tally));
            collector.add_and_tell(tallies, |cell, summary| refinement.learn(cell, summary));
        }
    }
    let refined = refinement.finish();
    let own = plan.of_cells(&refined.numbers());
    let statistics = collector.of_cells(&refined.numbers(), &own).unwrap().finish().unwrap();
    (statistics, refined, own)
}

/// The maps that a run with this table of cells draws.
pub fn maps(spec: &Spec, plan: &Plan, cells: &str) -> Maps {
    let open = || Ok(Box::new(std::io::Cursor::new(cells.as_bytes().to_vec())) as Box<dyn std::io::Read + Send>);
    Tabulated { spec, plan, counted: plan.trajectories, open: &open }.maps().unwrap()
}

/// What theory says of each cell.
pub fn forecasts(plan: &Plan) -> Vec<Forecast> {
    (0..plan.cells).map(|cell| forecast(plan, cell)).collect()
}

/// A small sweep of any shape: kinds, exponents, coordinates, pooled axes, lengths of run and tail.
pub fn any_sweep() -> impl Strategy<Value = String> {
    let exponents = proptest::sample::subsequence(vec![0.3, 0.5, 1.0, 1.3, 1.5, 2.0, 3.0, 5.0], 1..4);
    let optimizers = proptest::sample::subsequence(vec!["subgradient", "truncated", "proximal"], 1..=2);
    let pool = proptest::sample::subsequence(vec!["start.w", "penalty.k", "penalty.lambda", "problem.target"], 0..=3);
    let problem = prop_oneof![
        Just("[problem]\nkind = 'none'\n"),
        Just("[problem]\nkind = 'quadratic'\ntarget = { linspace = [-1.0, 1.0, 3] }\n"),
        Just("[[problem]]\nkind = 'none'\n[[problem]]\nkind = 'quadratic'\ncurvature = 0.7\ntarget = [0.0, 0.4]\n"),
    ];
    let rate = proptest::sample::select(vec!["0.5", "0.1", "1.0", "'0.1 + 0.2 * penalty.lambda'"]);
    let numbers = (1u32..400, 1u32..1000, 1u64..90, 0u64..1000, rate);
    let parts = prop_oneof![
        3 => Just(""),
        1 => Just("noise = { normal = 0.2, seed = 9 }\n"),
        1 => Just("precision = ['f32', 'bf16']\n"),
        1 => Just("lambda_schedule = { kind = 'ramp', over = 50.0, to = 0.5 }\n"),
    ];
    let more = (any::<bool>(), parts);
    (exponents, optimizers, pool, problem, numbers, more).prop_map(|(k, optimizers, pool, problem, numbers, (zips, parts))| {
        let (steps, tail, count, seed, rate) = numbers;
        let tail = tail.min(steps);
        let pool: Vec<_> =
            pool.into_iter().filter(|path| *path != "problem.target" || problem.contains("target")).collect();
        let zipped = ["problem.target", "penalty.lambda"];
        let is_pooled = |path: &str| pool.contains(&path);
        let fits = problem.contains("linspace") && is_pooled(zipped[0]) == is_pooled(zipped[1]);
        let zip = if zips && fits { format!("zip = [{zipped:?}]\n") } else { String::new() };
        format!(
            "steps = {steps}\n{zip}{problem}[penalty]\nkind = 'lk'\nk = {k:?}\nlambda = {{ geomspace = [0.01, 2.0, 3] }}\n\
             [optimizer]\nkind = {optimizers:?}\nlearning_rate = {rate}\n{parts}\
             [start]\nw = {{ uniform = [-2.0, 2.0], count = {count}, seed = {seed} }}\n[zero]\ntail = {tail}\n\
             [report]\npool = {pool:?}\n"
        )
    })
}

/// A small sweep of any loss with a penalty, its parameters of any usual size, by rules that fit it.
pub fn any_family_sweep() -> impl Strategy<Value = String> {
    let all = vec!["subgradient", "truncated", "proximal"];
    let slope = all[..2].to_vec();
    let penalty = prop_oneof![
        Just(("lk", vec!["k"], all.clone())),
        Just(("elastic_net", vec!["l1_ratio"], all.clone())),
        Just(("l0", vec![], vec!["proximal"])),
        Just(("mcp", vec!["gamma"], all.clone())),
        Just(("scad", vec!["gamma"], all.clone())),
        Just(("log_sum", vec!["delta"], all.clone())),
        Just(("capped_l1", vec!["cap"], all.clone())),
        Just(("huberized_l1", vec!["delta"], all)),
        Just(("smoothed_lk", vec!["k", "delta"], slope)),
    ];
    let size = |low: f64, high: f64| (low.ln()..high.ln()).prop_map(f64::exp);
    let sizes = (size(1e-3, 1e2), size(1e-2, 1e1), size(1e-3, 2.5), size(1e-2, 1e1));
    let problem = prop_oneof![
        Just("kind = 'none'"),
        Just("kind = 'quadratic'\ntarget = { linspace = [-1.0, 1.0, 5] }"),
        Just("kind = 'quadratic'\ncurvature = [0.3, 1.7]\ntarget = [0.0, -0.4, 3.0, 40.0]"),
        Just("kind = 'linear'\nd0 = [-3.0, -0.1, 0.0, 0.02, 0.7]"),
        Just("kind = 'huber'\ncurvature = [0.3, 1.7]\ntarget = [0.0, -0.4, 3.0]\ndelta = [0.05, 2.0]"),
        Just("kind = 'logistic'\nscale = [0.4, 3.0]\nshare = [0.0, 0.02, 0.5, 0.7]"),
        Just("kind = 'poisson'\nscale = [0.4, 1.0]\nmean = [0.0, 1.0, 7.0]"),
        Just("kind = 'quartic'\ncurvature = [0.3, 1.7]\ntarget = [0.0, -0.4, 3.0]"),
        Just("kind = 'double_well'\ncurvature = [0.3, 1.7]\ntarget = [0.3, 2.0]\ntilt = [-0.2, 0.0]"),
    ];
    (penalty, sizes, problem, 1u32..3000, 0u64..1000).prop_map(|((kind, shapes, rules), sizes, problem, steps, seed)| {
        let (lambda, shape, rate, second) = sizes;
        let shape_of = |name: &str| match (kind, name) {
            (_, "l1_ratio") => shape.min(1.0),
            ("scad", _) => 2.0 + shape,
            (_, "k") => second.min(3.0),
            _ => shape,
        };
        let shapes: String = shapes.iter().map(|name| format!("{name} = {:e}\n", shape_of(name))).collect();
        format!(
            "steps = {steps}\n[problem]\n{problem}\n[penalty]\nkind = '{kind}'\nlambda = [{lambda:e}, {:e}]\n{shapes}\
             [optimizer]\nkind = {rules:?}\nlearning_rate = {rate:e}\n\
             [start]\nw = {{ uniform = [-4.0, 4.0], count = 30, seed = {seed} }}\n",
            2.0 * lambda
        )
    })
}

/// A small sweep of this kernel alone.
pub fn sweep_of(kernel: Kernel) -> String {
    let Kernel { problem, penalty, variant, optimizer } = kernel;
    let number = |role: Role, name: &str| match name {
        "normal" => "0.3",
        "k" if penalty.variants.len() == 1 => "1.2",
        "k" => ["0.5", "0.6666667", "1.0", "1.5", "2.0", "3.0", "6.0", "0.8", "1.3"][variant],
        "lambda" => "[0.02, 0.4, 3.0]",
        "target" if problem.member.kind == "double_well" => "[0.3, 1.5]",
        "target" => "[-1.5, 0.0, 0.3]",
        "d0" => "[-0.7, 0.0, 0.3]",
        "share" => "[0.05, 0.5, 0.6]",
        "mean" => "[0.1, 1.0, 2.5]",
        "tilt" => "[-0.1, 0.0]",
        "delta" if role == Role::Problem => "0.8",
        "learning_rate" => "[0.03, 0.25]",
        "l1_ratio" | "momentum" => "0.6",
        "cap" => "0.7",
        "delta" => "0.05",
        "decay" => "0.01",
        "factor" => "0.98",
        "every" => "3.0",
        "over" => "150.0",
        "to" => "0.001",
        "warmup" => "5.0",
        _ => "",
    };
    let table = |role: Role, head: String| {
        let given = kernel.parameters().filter(|(own, _)| *own == role).map(|(_, parameter)| parameter.name);
        let given = given.filter(|name| !number(role, name).is_empty());
        head + &given.map(|name| format!("{name} = {}\n", number(role, name))).collect::<String>()
    };
    let mut of_optimizer = format!("[optimizer]\nkind = '{}'\n", optimizer.rule.member.kind);
    if optimizer.rule.penalty_steps.len() > 1 {
        of_optimizer += &format!("penalty_step = '{}'\n", optimizer.penalty_step.name());
    }
    if optimizer.penalty_step == PenaltyStep::InLossRight {
        of_optimizer += "slope_at_zero = 1\n";
    }
    of_optimizer += &format!("precision = '{}'\n", optimizer.precision.name());
    let noise = optimizer.noise.map(|noise| format!("[optimizer.noise]\nseed = {}\n", noise.seed));
    [
        "steps = 200\n".to_owned(),
        table(Role::Problem, format!("[problem]\nkind = '{}'\n", problem.member.kind)),
        table(Role::Penalty, format!("[penalty]\nkind = '{}'\n", penalty.member.kind)),
        table(Role::Optimizer, of_optimizer),
        table(Role::Schedule, format!("[optimizer.schedule]\nkind = '{}'\n", optimizer.schedule.member.kind)),
        table(
            Role::LambdaSchedule,
            format!("[optimizer.lambda_schedule]\nkind = '{}'\n", optimizer.lambda_schedule.member.kind),
        ),
        noise.map_or(String::new(), |noise| table(Role::Noise, noise)),
        "[start]\nw = [-3.0, -0.2, 0.0, 0.01, 1.1, 40.0]\n".to_owned(),
    ]
    .concat()
}
