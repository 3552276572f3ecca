//! Every driver against the definitions: CPU with each set of vector instructions, replay, and GPU, on every kernel; then
//! drivers that are wrong on purpose, each of which the suite must catch.

use crate::support::{
    covering, cpu_outcomes, gpu, gpu_outcomes, iterates, judge, numbers, on_cpu, on_devices, outcomes, plan, reference,
    sweep_of, tampered_gpu,
};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, OnceLock};
use zerosweep::backend::RunOptions;
use zerosweep::backend::cpu::driver::{Block, Stepper, advance_staged};
use zerosweep::backend::cpu::staged::Staged;
use zerosweep::backend::cpu::{LANES, Vectors};
use zerosweep::backend::gpu::{Gpu, Tampering};
use zerosweep::kernel::{Kernel, Role};
use zerosweep::lanes::{Lanes, Parameters};
use zerosweep::plan::{Limits, Plan, Point};
use zerosweep::verdict::{Outcome, Tally};

/// Exponents of every kernel.
const EVERY_K: &str = "[0.1, 0.5, 0.6666667, 0.9, 1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 10.0]";
const EVERY_OPTIMIZER: &str = "['subgradient', 'truncated', 'proximal']";

/// Sweeps that between them hold every fate and every event, at several lengths of run and tail.
fn suite(k: &str, optimizers: &str) -> Vec<Plan> {
    suite_by(k, &format!("kind = {optimizers}"))
}

/// Rules with a state, and rules to which the number of a step matters: where one step repeats the last, a later one may not.
const STATEFUL: &str = "kind = 'heavy_ball'\npenalty_step = ['in_loss', 'proximal']\nmomentum = [0.0, 0.6]";
const SCHEDULED: &str =
    "kind = ['subgradient', 'truncated', 'proximal']\nschedule = { kind = 'inverse', decay = [0.01, 3.0] }";

/// The same by an optimizer whose table this is, but for its learning rate.
fn suite_by(k: &str, optimizer: &str) -> Vec<Plan> {
    let sweep = |steps: u32, zero: &str, rate: f32| {
        plan(&format!(
            "steps = {steps}
             [[problem]]
             kind = 'none'
             [[problem]]
             kind = 'quadratic'
             curvature = [0.5, 2.0]
             target = [-1.0, 0.0, 0.25]
             [penalty]
             kind = 'lk'
             k = {k}
             lambda = [0.0, 0.02, 0.5, 3.0]
             [optimizer]
             {optimizer}
             learning_rate = {rate}
             [start]
             w = [-40.0, -2.0, -0.001, 0.0, 1e-6, 0.3, 0.5, 0.50000006, 1.0, 5.0, 900000.0]
             [zero]
             {zero}"
        ))
    };
    vec![
        sweep(333, "tolerances = [1e-6, 0.3, 1e-3]\ndivergence = 35.0", 1.0),
        sweep(71, "tail = 71\ntolerances = [0.5]", 0.1),
        sweep(400, "", 0.25),
        sweep(70, "tail = 33", 0.5),
        sweep(38, "tail = 4", 0.5),
        sweep(1, "tail = 1", 0.5),
    ]
}

/// What the definitions make of a plan's trajectories; they are read off once for all tests.
fn expected(plan: &Plan) -> Arc<Vec<Outcome>> {
    type Known = Mutex<BTreeMap<String, Arc<OnceLock<Arc<Vec<Outcome>>>>>>;
    static KNOWN: Known = Mutex::new(BTreeMap::new());
    let known = KNOWN.lock().expect("no test should panic here").entry(format!("{plan:?}")).or_default().clone();
    known.get_or_init(|| Arc::new(reference(plan, 0..plan.trajectories))).clone()
}

/// The first disagreement of a driver with the definitions on a suite, if there is one.
fn disagreement(suite: &[Plan], driver: &dyn Fn(&Plan) -> Vec<Outcome>) -> Option<String> {
    suite.iter().find_map(|plan| {
        let (found, expected) = (driver(plan), expected(plan));
        assert_eq!(found.len(), expected.len());
        (0u64..).zip(found.iter().zip(expected.iter())).find(|(_, (found, expected))| found != expected).map(
            |(index, pair)| {
                let (section, local) = plan.locate(index).unwrap();
                let point = section.at(local);
                format!("{} at {point:?}, {} steps: {pair:?}", section.kernel.label(), plan.limits.steps)
            },
        )
    })
}

fn cpu_driver(plan: &Plan) -> Vec<Outcome> {
    outcomes(on_cpu(plan, &RunOptions { rows: true, ..Default::default() }))
}

fn gpu_driver(gpu: &Gpu) -> impl Fn(&Plan) -> Vec<Outcome> {
    |plan| crate::support::gpu_outcomes(gpu, plan, 0..plan.trajectories)
}

#[test]
fn every_vector_instruction_set_conforms() {
    for vectors in Vectors::available() {
        let options = RunOptions { rows: true, vectors: Some(vectors), ..Default::default() };
        for suite in
            [suite(EVERY_K, EVERY_OPTIMIZER), suite_by("[0.5, 1.0]", STATEFUL), suite_by("[0.5, 1.0]", SCHEDULED)]
        {
            assert_eq!(disagreement(&suite, &|plan| outcomes(on_cpu(plan, &options))), None, "{}", vectors.name());
        }
    }
}

#[test]
fn replay_conforms() {
    let replayed = |plan: &Plan| {
        let replay = |index| {
            let (section, local) = plan.locate(index).unwrap();
            let mut seen = 0;
            let point = section.at(local);
            let outcome = zerosweep::replay::replay(section.kernel, point, &plan.limits, &mut |iterate| {
                assert_eq!(iterate.step, seen);
                seen += 1;
                ControlFlow::Continue(())
            });
            let outcome = outcome.expect("nothing should end the replay");
            assert_eq!(seen, outcome.last_step + 1);
            outcome
        };
        (0..plan.trajectories).map(replay).collect::<Vec<_>>()
    };
    assert_eq!(disagreement(&suite("[0.5, 1.0]", EVERY_OPTIMIZER), &replayed), None);
}

/// lavapipe computes sums, products and square roots as IEEE 754 says, so on kernels without a division nothing but
/// equality will do there. Divisions, and other drivers, may round otherwise: the next test bounds what may differ.
#[test]
fn the_wgsl_driver_conforms() {
    let slopes = "[0.1, 0.6666667, 1.2, 1.5, 2.0, 3.0, 10.0]";
    let suites = [
        suite(slopes, "['subgradient', 'truncated']"),
        suite("1.0", EVERY_OPTIMIZER),
        suite_by("1.0", STATEFUL),
        suite_by("1.0", SCHEDULED),
    ];
    on_devices("the_wgsl_driver_conforms", &suites.concat(), |gpu, plan| {
        if gpu.record().kind == "software" {
            assert_eq!(disagreement(std::slice::from_ref(plan), &gpu_driver(gpu)), None);
        }
    });
}

/// Every pair of members that fit, on lavapipe as on the CPU: bit for bit, but for the last digits of weights by the proximal map of
/// k = 1/2, where the two take a quotient otherwise (weights that jump on and off zero make more of that, so there are few steps of it).
#[test]
fn pairs_of_members_agree_on_both_backends() {
    let differing = Mutex::new(Vec::new());
    on_devices("pairs_of_members_agree_on_both_backends", &covering(), |gpu, kernel| {
        if gpu.record().kind == "software" {
            differing.lock().unwrap().extend(difference(gpu, *kernel));
        }
    });
    let differing = differing.into_inner().unwrap();
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}

/// The first trajectory of which lavapipe says something else than the CPU.
fn difference(gpu: &Gpu, kernel: Kernel) -> Option<String> {
    let rounds = kernel.variant().label == "k = 1/2" && kernel.optimizer.penalty_step.is_proximal();
    let text = sweep_of(kernel);
    let plan = plan(&if rounds { text.replace("steps = 200", "steps = 20") } else { text });
    assert_eq!(plan.kernels(), [kernel], "the sweep should be of this kernel");
    let (on_cpu, on_gpu) = (cpu_outcomes(&plan, 0..plan.trajectories), gpu_outcomes(gpu, &plan, 0..plan.trajectories));
    let close = |a: &Outcome, b: &Outcome| (a.last - b.last).abs() <= 1e-5 * a.amplitude().max(b.amplitude());
    let agree = |a: &Outcome, b: &Outcome| a == b || (rounds && a.fate == b.fate && close(a, b));
    let place = (0..on_cpu.len()).find(|&place| !agree(&on_cpu[place], &on_gpu[place]))?;
    Some(format!("{}, trajectory {place}: {:?}, {:?}", kernel.label(), on_cpu[place], on_gpu[place]))
}

/// The first trajectory whose fate is neither that of the definitions nor that of a neighbour, where steps contract by
/// rho = 1 - eta a, 0 <= rho < 1: its start, target and lambda moved by 2^-17 W / (1 - rho), the bound that `tests/backends/parity.rs`
/// derives.
fn beyond_rounding(suite: &[Plan], driver: &dyn Fn(&Plan) -> Vec<Outcome>) -> Option<String> {
    suite.iter().find_map(|plan| {
        let found = driver(plan);
        let expected = expected(plan);
        (0..plan.trajectories).find_map(|index| {
            let (found, expected) = (&found[index as usize], &expected[index as usize]);
            let (section, local) = plan.locate(index).unwrap();
            let (kernel, point) = (section.kernel, section.at(local));
            let [a, t, _, lambda, eta, w] = numbers(kernel, &point);
            let contracts = a > 0.0 && eta * a <= 1.0;
            if found.fate == expected.fate || !contracts {
                return None;
            }
            let size = (-17f64).exp2() * w.abs().max(t.abs()).max(lambda) / (eta * a);
            let moved = |start: f64, target: f64, strength: f64| {
                let mut near: Point = point;
                near.start = (w + start * size) as f32;
                near.parameters[kernel.own(Role::Problem)][1] = (t + target * size) as f32;
                near.parameters[kernel.own(Role::Penalty)][1] = (lambda + strength * size).max(0.0) as f32;
                judge(&iterates(kernel, &near, &plan.limits), &plan.limits).fate
            };
            let ways = [-1.0, 0.0, 1.0];
            let mut near = ways.iter().flat_map(|&a| ways.iter().flat_map(move |&b| ways.map(|c| (a, b, c))));
            let explained = near.any(|(a, b, c)| moved(a, b, c) == found.fate);
            (!explained).then(|| format!("{} at {point:?}: {found:?}, not {expected:?}", kernel.label()))
        })
    })
}

/// On any device, hardware above all; and a driver that is wrong by more than rounding is caught by it.
#[test]
fn the_wgsl_driver_conforms_within_rounding() {
    let Some(gpu) = gpu("the_wgsl_driver_conforms_within_rounding") else { return };
    let convex = "[1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 10.0]";
    assert_eq!(beyond_rounding(&suite(convex, "['truncated', 'proximal']"), &gpu_driver(gpu)), None);
    let replace =
        Some(("curvature * (w - target_weight)".to_owned(), "curvature * (w - 0.99 * target_weight)".to_owned()));
    let wrong = Tampering { replace, ..Default::default() };
    let Some(wrong) = tampered_gpu("the_wgsl_driver_conforms_within_rounding", wrong) else { return };
    let found = beyond_rounding(&suite("1.0", "['proximal']"), &gpu_driver(&wrong));
    assert!(found.is_some(), "a target that is off by a hundredth should show");
}

/// Counters that lanes share, against each outcome counted by itself: in cells of 1, 11, 44 and more trajectories, which
/// end within workgroups of 64 or reach over several, and in batches that end within cells. Eight tolerances are the most
/// there can be.
#[test]
fn the_wgsl_driver_counts_every_outcome_once() {
    let Some(gpu) = gpu("the_wgsl_driver_counts_every_outcome_once") else { return };
    for pool in
        ["[]", "['start.w']", "['start.w', 'penalty.lambda']", "['start.w', 'penalty.lambda', 'problem.target']"]
    {
        let plan = plan(&format!(
            "steps = 333
             [problem]
             kind = 'quadratic'
             target = [-1.0, 0.0, 0.25]
             [penalty]
             kind = 'lk'
             k = 1.0
             lambda = [0.0, 0.02, 0.5, 3.0]
             [optimizer]
             kind = {EVERY_OPTIMIZER}
             learning_rate = [0.02, 0.25, 1.0]
             [start]
             w = [-40.0, -2.0, -0.001, 0.0, 1e-6, 0.3, 0.5, 0.50000006, 1.0, 5.0, 900000.0]
             [zero]
             tolerances = [1e-6, 0.9, 0.01, 1e-3, 0.1, 0.5, 0.25, 0.02]
             divergence = 35.0
             [report]
             pool = {pool}"
        ));
        let mut expected: BTreeMap<u64, Tally> = BTreeMap::new();
        for (index, outcome) in (0..).zip(crate::support::gpu_outcomes(gpu, &plan, 0..plan.trajectories)) {
            let (section, local) = plan.locate(index).unwrap();
            let cell = section.first_cell + local / section.pool;
            expected.entry(cell).or_default().add(&outcome, &plan.limits.tolerances);
        }
        for batch in [None, Some(100)] {
            let mut found: BTreeMap<u64, Tally> = BTreeMap::new();
            let batches = crate::support::on_gpu(gpu, &plan, &RunOptions { batch, ..Default::default() }).unwrap();
            let parts = batches.into_iter().flat_map(|batch| batch.tallies);
            parts.for_each(|(cell, part)| found.entry(cell).or_default().merge(&part, 0));
            assert!(found == expected, "pool {pool}, batches of {batch:?}");
        }
    }
}

/// The suite has something to say about every fate.
#[test]
fn the_suite_holds_every_fate_and_event() {
    let outcomes: Vec<Outcome> =
        suite(EVERY_K, EVERY_OPTIMIZER).iter().flat_map(|plan| expected(plan).to_vec()).collect();
    for fate in 0..7 {
        assert!(outcomes.iter().any(|outcome| outcome.fate == fate), "no trajectory has the fate {fate}");
    }
    let never = zerosweep::verdict::NEVER;
    assert!(outcomes.iter().any(|outcome| outcome.first_crossing > 50 && outcome.first_crossing != never));
    assert!(outcomes.iter().any(|outcome| outcome.first_zero > 10 && outcome.first_zero != never));
    assert!(outcomes.iter().any(|outcome| outcome.first_within > 10 && outcome.first_within != never));
}

#[test]
fn cpu_drivers_with_a_moved_threshold_are_caught() {
    type Change = fn(&mut Limits);
    let moved: [(&str, Change); 5] = [
        ("tolerance up by one bit", |limits| limits.tolerance = limits.tolerance.next_up()),
        ("tolerance down by one bit", |limits| limits.tolerance = limits.tolerance.next_down()),
        ("divergence", |limits| limits.divergence *= 0.999),
        ("tail too long", |limits| limits.tail += 1),
        ("one step less", |limits| limits.steps -= u32::from(limits.steps > 1)),
    ];
    let suite = suite("[1.0, 2.0]", EVERY_OPTIMIZER);
    for (name, change) in moved {
        let wrong = |plan: &Plan| {
            let mut plan = plan.clone();
            change(&mut plan.limits);
            cpu_driver(&plan)
        };
        assert!(disagreement(&suite, &wrong).is_some(), "the suite does not notice: {name}");
    }
}

/// Steps the wrong way once: at the 40th step, beyond the first segment.
struct Flipped {
    staged: Staged,
    n: u32,
}

impl Stepper for Flipped {
    const IS_STATEFUL: bool = true;

    fn is_autonomous(&self) -> bool {
        self.staged.is_autonomous()
    }

    fn prepare(&mut self, lanes: &mut Lanes, parameters: &Parameters, n: u32) {
        self.n = n;
        self.staged.prepare(lanes, parameters, n);
    }

    fn step(&mut self, lanes: &mut Lanes, parameters: &Parameters, mut each: impl FnMut(usize, f32, f32, f32) -> f32) {
        let flips = self.n == 40;
        self.n += 1;
        self.staged.step(lanes, parameters, |lane, w, next, exact| {
            each(lane, w, if flips { 2.0 * w - next } else { next }, exact)
        });
    }
}

#[test]
fn a_cpu_driver_with_a_flipped_sign_is_caught() {
    let wrong = |plan: &Plan| {
        let one = |index| {
            let (section, local) = plan.locate(index).unwrap();
            let mut block = Block::new(&[section.at(local); LANES], &plan.limits);
            let mut flipped = Flipped { staged: Staged::new(section.kernel, Vectors::Baseline), n: 0 };
            advance_staged(Vectors::Baseline, &mut flipped, &mut block, &plan.limits, plan.limits.steps);
            block.outcome(0, &plan.limits)
        };
        (0..plan.trajectories).map(one).collect()
    };
    assert!(disagreement(&suite("[1.0, 2.0]", EVERY_OPTIMIZER), &wrong).is_some());
}

#[test]
fn wgsl_drivers_that_are_wrong_are_caught() {
    let wrongs = [
        // Thresholds moved.
        ("< 0x00800000", "< 0x00c00000"),
        (">= 0x1f800000", ">= 0x2f800000"),
        (">= 0x1f800000", ">= 0x1c800000"),
        ("1.0e-4 * amplitude", "1.1e-3 * amplitude"),
        ("reversals >= 2", "reversals >= 3"),
        ("> bits(limit)", "> bits(limit * 0.999)"),
        ("min(job.steps, job.tail)", "min(job.steps, job.tail + 1)"),
        ("abs(w) <= job.tolerance", "abs(w) < job.tolerance"),
        ("const LEAST_NORMAL: i32 = 0x00800000", "const LEAST_NORMAL: i32 = 0"),
        ("least <= bits(job.tolerance)", "least < bits(job.tolerance) - 8388608"),
        // Signs flipped.
        ("(bits(direction) ^ bits(difference)) < 0", "(bits(direction) ^ bits(difference)) > 0"),
        ("((bits(previous) ^ bits(w)) < 0)", "((bits(previous) ^ bits(w)) > 0)"),
        ("curvature * (w - target_weight)", "curvature * (w + target_weight)"),
        ("select(signed(w, lambda), 0.0, w == 0.0)", "select(signed(-w, lambda), 0.0, w == 0.0)"),
        ("let turns = taken > 0 ||", "let turns = taken > 1 ||"),
        ("select(course.step, course.diverged, diverged)", "course.step + 1"),
        // An event that a quiet segment overlooks.
        ("flips |= word1 ^ bits(start);", ""),
        ("let blew_up = greatest > bits(job.divergence);", "let blew_up = false;"),
        ("SEGMENT * SEGMENT;", "SEGMENT * SEGMENT + 1;"),
    ];
    // One rule after another, so that few kernels are compiled before a wrong one shows.
    let suite = ["'subgradient'", "'proximal'", "'truncated'"].map(|optimizer| suite("1.0", optimizer)).concat();
    for (from, to) in wrongs {
        let tampering = Tampering { replace: Some((from.to_owned(), to.to_owned())), ..Default::default() };
        let Some(gpu) = tampered_gpu("wgsl_drivers_that_are_wrong_are_caught", tampering) else { return };
        assert!(disagreement(&suite, &gpu_driver(&gpu)).is_some(), "the suite does not notice `{to}` for `{from}`");
    }
}
