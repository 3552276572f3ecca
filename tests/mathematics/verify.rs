//! The checks of `zerosweep verify`: they hold on every backend, and each of them notices what is wrong.

use crate::support::tables::{self, any_regression};
use crate::support::{any_family_sweep, any_sweep, on_cpu, on_devices, on_gpu, plan, tampered_gpu};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use zerosweep::backend::gpu::Tampering;
use zerosweep::backend::{Batch, RunOptions};
use zerosweep::plan::{Plan, Point};
use zerosweep::theory::{LAWS, predicted_fate};
use zerosweep::verdict::NEVER;
use zerosweep::verify::{MOST_TRAJECTORIES, Report, Row, Sample, Verifier, checks, suite};

/// Cells, at the least, in which the suite puts every check to the test.
const LEAST_CELLS: u64 = 15;

fn rows() -> RunOptions {
    RunOptions { rows: true, ..RunOptions::default() }
}

fn judged(plan: &Plan, batches: &[Batch]) -> Report {
    let mut verifier = Verifier::new("a sweep", plan);
    batches.iter().for_each(|batch| verifier.add(batch));
    verifier.finish()
}

fn row<'a>(report: &'a Report, name: &str) -> &'a Row {
    report.rows.iter().find(|row| row.check.name == name).unwrap_or_else(|| panic!("no check {name}"))
}

/// What failed, in words.
fn failures(report: &Report) -> Vec<String> {
    let told = |row: &Row| {
        let worst = row.worst.as_ref().expect("a failure has a trajectory");
        format!("{}: {} of {}; {}: {}", row.check.name, row.misses, row.trajectories, worst.describe(), worst.place)
    };
    report.failures().map(told).collect()
}

#[test]
fn the_suite_passes_on_the_cpu_and_meets_every_check() {
    let mut report = Report::default();
    suite().iter().for_each(|(_, plan)| report.merge(judged(plan, &on_cpu(plan, &rows()))));
    assert_eq!(failures(&report), [""; 0]);
    for row in &report.rows {
        assert!(row.cells >= LEAST_CELLS, "{}: {} cells", row.check.name, row.cells);
        assert!(row.agreeing == row.cells || row.misses > 0, "{}", row.check.name);
    }
}

#[test]
fn the_suite_passes_on_a_gpu() {
    on_devices("the_suite_passes_on_a_gpu", &suite(), |gpu, (name, plan)| {
        let batches = on_gpu(gpu, plan, &rows()).expect("the device should run the suite");
        assert_eq!(failures(&judged(plan, &batches)), [""; 0], "{name}");
    });
}

/// A device with the threshold of L0.5's map a ten-thousandth too high is caught, and the exponent is named.
#[test]
fn a_wrong_formula_on_a_device_is_found() {
    let replace = ("1.6875 * pull".to_owned(), "1.68767 * pull".to_owned());
    let tampering = Tampering { replace: Some(replace), ..Tampering::default() };
    let Some(gpu) = tampered_gpu("a_wrong_formula_on_a_device_is_found", tampering) else { return };
    let plans: BTreeMap<&str, Plan> = suite().into_iter().collect();
    let plan = &plans["thresholds"];
    let report = judged(plan, &on_gpu(&gpu, plan, &rows()).expect("the device should run the sweep"));
    let found: Vec<&str> = report.failures().map(|row| row.check.name).collect();
    let thresholds =
        ["0 is the minimiser up to T_k", "proximal maps leave 0 at T_k", "leaving zero takes a longer target"];
    assert!(thresholds.iter().all(|name| found.contains(name)), "{found:?}");
    for row in report.failures() {
        assert!(row.worst.as_ref().unwrap().place.contains("k = 0.5, "), "{:?}", row.worst);
    }
}

/// A slope right of 0 that is the same as that at 0 puts trajectories to the same checks.
#[test]
fn the_slope_right_of_zero_is_judged_where_there_is_no_kink() {
    let of = |slope: u32| {
        let plan = plan(&format!(
            "steps = 2000
             problem = [{{ kind = 'none' }}, {{ kind = 'quadratic', target = [-0.5, 0.0] }}]
             penalty = [
                {{ kind = 'lk', k = [0.5, 1.5, 2.0, 3.0], lambda = [0.1, 1.0] }},
                {{ kind = 'smoothed_lk', k = 1.0, lambda = [0.1, 1.0], delta = [0.01, 0.5] }},
             ]
             optimizer = {{ kind = 'subgradient', slope_at_zero = {slope}, learning_rate = [0.01, 0.1] }}
             start = {{ w = [-3.0, 0.0, 0.2, 4.0] }}"
        ));
        judged(&plan, &on_cpu(&plan, &rows()))
    };
    let (left, right) = (of(0), of(1));
    assert_eq!(failures(&right), [""; 0]);
    let met = |report: &Report| report.rows.iter().map(|row| (row.check.name, row.trajectories)).collect::<Vec<_>>();
    assert_eq!(met(&right), met(&left));
    assert!(right.met > 100, "{}", right.met);
}

/// Names are what messages call them by.
#[test]
fn every_check_has_a_name_of_its_own() {
    let names: BTreeSet<&str> = checks().map(|check| check.name).collect();
    assert_eq!(names.len(), checks().count());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    /// No check raises a false alarm: not on sweeps that were made for something else, either.
    #[test]
    fn any_sweep_passes(text in any_sweep()) {
        let plan = plan(&text);
        let report = judged(&plan, &on_cpu(&plan, &rows()));
        prop_assert!(failures(&report).is_empty(), "{:?}", failures(&report));
    }

    #[test]
    fn any_regression_passes((_table, text) in any_regression()) {
        let plan = tables::plan(&text).by_draw();
        let report = judged(&plan, &on_cpu(&plan, &rows()));
        prop_assert!(failures(&report).is_empty(), "{:?}", failures(&report));
    }

    #[test]
    fn any_sweep_of_the_family_passes(text in any_family_sweep()) {
        let plan = plan(&text);
        let report = judged(&plan, &on_cpu(&plan, &rows()));
        prop_assert!(failures(&report).is_empty(), "{:?}", failures(&report));
    }
}

/// Sweeps at the ends of what checks can speak of, with one that each would be wrong to speak of all.
const ENDS: [(&str, &str); 12] = [
    (
        "the flow of high powers",
        "steps = 30000
         penalty = { kind = 'lk', k = [2.01, 2.05], lambda = 1.0 }
         optimizer = { kind = ['subgradient', 'proximal'], learning_rate = 0.01 }
         start.w = [1.0, 0.003]",
    ),
    (
        "the flow of high powers",
        "steps = 3000
         penalty = { kind = 'lk', k = [2.01, 2.02, 2.05], lambda = [0.1, 0.3] }
         optimizer = { kind = ['subgradient', 'proximal'], learning_rate = 0.1 }
         start.w = [1.0, 0.1]",
    ),
    (
        "the flow arrives",
        "steps = 30000
         penalty = { kind = 'lk', k = [1.9, 1.95, 1.99], lambda = 0.006 }
         optimizer = { kind = 'subgradient', learning_rate = 0.3 }
         start.w = 0.2",
    ),
    (
        "the flow arrives",
        "steps = 3000
         penalty = { kind = 'lk', k = 0.1, lambda = 1.0 }
         optimizer = { kind = 'subgradient', learning_rate = 0.01 }
         start.w = { uniform = [0.9, 1.0], count = 5000, seed = 1 }
         zero = { divergence = 10.1 }",
    ),
    (
        "what settles has found a minimum",
        "steps = 10000
         problem = { kind = 'quadratic', curvature = 0.25, target = [-0.3, 0.17] }
         penalty = { kind = 'lk', k = [0.5, 3.5], lambda = 0.0064 }
         optimizer = { kind = ['subgradient', 'proximal'], learning_rate = [0.007, 0.02] }
         start.w = [-0.07, 0.0]",
    ),
    (
        "zero repels below k = 1",
        "steps = 10000
         penalty = { kind = 'lk', k = [0.3, 0.99, 0.999, 0.9999], lambda = 1.0 }
         optimizer = { kind = 'subgradient', learning_rate = 0.1 }
         start.w = { uniform = [-3.0, 3.0], count = 200, seed = 1 }
         zero = { divergence = 31.0 }",
    ),
    (
        "convex proximal maps",
        "steps = 1
         problem = { kind = 'quadratic', curvature = 1000.0, target = [2000.0, 0.3] }
         penalty = { kind = 'lk', k = [0.5, 1.0, 1.3, 2.2], lambda = 1.0 }
         optimizer = { kind = 'proximal', learning_rate = 1.0 }
         start.w = [0.0, -1.0, 900.0]",
    ),
    (
        "penalties that are round at 0 decay",
        "steps = 100
         problem = { kind = 'quadratic', target = 0.0 }
         penalty = { kind = 'huberized_l1', lambda = 1.0, delta = 0.5 }
         optimizer = { kind = 'subgradient', learning_rate = 0.5 }
         start.w = { linspace = [-5.0, 5.0, 21] }",
    ),
    (
        "penalties that are round at 0 decay",
        "steps = 100
         problem = { kind = 'quadratic', target = 0.0 }
         penalty = { kind = 'smoothed_lk', k = 1.0, lambda = 0.0051961844, delta = 0.27719957 }
         optimizer = { kind = 'subgradient', learning_rate = 1.0 }
         start.w = [519458.7, 3.0]",
    ),
    (
        "concave penalties land on zero",
        "steps = 50
         problem = { kind = 'quadratic', curvature = [1e-6, 1e-5], target = [0.1, 1.0] }
         penalty = { kind = 'lk', k = 0.5, lambda = 1.0 }
         optimizer = { kind = 'proximal', learning_rate = [0.01, 0.1] }
         start.w = [-10.0, 10.0]",
    ),
    (
        "proximal maps of the family",
        "steps = 1
         penalty = { kind = 'huberized_l1', lambda = 0.124, delta = [3e-38, 1e-20, 1e-10] }
         optimizer = { kind = 'proximal', learning_rate = 0.182 }
         start.w = [1.0, 0.01, 1e-9]",
    ),
    (
        "L1 crosses at its step",
        "steps = 1000
         penalty = { kind = 'lk', k = 1.0, lambda = [4.4, 128.0] }
         optimizer = { kind = ['subgradient', 'proximal'], learning_rate = [0.1, 2.0] }
         start.w = [-1.25, 0.04, -0.5]
         zero = { divergence = 10.0 }",
    ),
];

#[test]
fn checks_know_where_they_end() {
    for (check, text) in ENDS {
        let plan = plan(text);
        let report = judged(&plan, &on_cpu(&plan, &rows()));
        assert_eq!(failures(&report), [""; 0], "{check}");
    }
}

/// Each check with a sweep of the suite and a change of one parameter, of its values v to `factor` v + `shift`: outcomes of
/// the sweep so changed must make the check fail.
#[rustfmt::skip]
const CONTROLS: &[(&str, &str, &str, f32, f32)] = &[
    ("a weight at rest stays", "fates", "start.w", 1.0, 0.01),
    ("no penalty", "fates", "penalty.lambda", 1.0, 0.01),
    ("too long a step diverges", "fates", "optimizer.learning_rate", 0.9, 0.0),
    ("concave penalties land on zero", "hysteresis", "penalty.lambda", 0.99, 0.0),
    ("concave penalties keep the upper minimum", "hysteresis", "penalty.lambda", 1.01, 0.0),
    ("basin of the upper minimum", "fates", "penalty.lambda", 1.1, 0.0),
    ("truncated steps land on zero", "fates", "penalty.k", 1.1, 0.0),
    ("L1 lands on zero", "l1", "problem.curvature", 1.1, 0.0),
    ("L1 before its first crossing", "l1-alone", "penalty.lambda", 1.1, 0.0),
    ("L1 settles beyond its threshold", "minimisers", "penalty.lambda", 1.1, 0.0),
    ("L1 chatters", "alone", "optimizer.learning_rate", 1.01, 0.0),
    ("L1 cycles", "l1", "problem.curvature", 1.1, 0.0),
    ("the flow's arrival is lost", "fates", "penalty.lambda", 1.1, 0.0),
    ("a smooth minimum is found", "fates", "penalty.k", 1.1, 0.0),
    ("L2 is linear", "l2", "optimizer.learning_rate", 1.01, 0.0),
    ("proximal steps contract", "fates", "penalty.k", 1.1, 0.0),
    ("high powers blow up", "steep", "start.w", 0.9, 0.0),
    ("high powers descend", "fates", "penalty.lambda", 1.1, 0.0),
    ("high powers alone fade as a power", "alone", "penalty.lambda", 1.1, 0.0),
    ("elastic nets land on zero", "net", "penalty.l1_ratio", 0.5, 0.0),
    ("elastic nets settle beyond lambda r", "net", "problem.target", 0.5, 0.0),
    ("penalties hold 0 up to a threshold", "family", "penalty.lambda", 0.9, 0.0),
    ("flat penalties leave large weights alone", "family", "problem.curvature", 0.02, 0.0),
    ("penalties that are round at 0 decay", "smoothed", "penalty.delta", 0.01, 0.0),
    ("heavy ball on a parabola", "ball", "optimizer.learning_rate", 2.0, 0.0),
    ("shrinking steps still arrive", "slowing", "optimizer.learning_rate", 0.2, 0.0),
    ("a step below half a unit does nothing", "narrow", "optimizer.learning_rate", 3.0, 0.0),
    ("convex losses land on zero", "losses", "penalty.lambda", 0.3, 0.0),
    ("convex losses settle beyond lambda r", "losses", "penalty.lambda", 30.0, 0.0),
    ("a slope carries weights along", "drift", "problem.d0", 0.2, 0.0),
    ("a slope and L1 chatter", "drift", "penalty.lambda", 0.1, 0.0),
    ("0 is the minimiser up to T_k", "thresholds", "penalty.lambda", 1.0001, 0.0),
    ("a whole step finds the minimiser", "minimisers", "penalty.lambda", 1.0001, 0.0),
    ("tolerances mistake small minimisers", "minimisers", "penalty.lambda", 1.01, 0.0),
    ("what settles has found a minimum", "hysteresis", "penalty.lambda", 1.001, 0.0),
    ("concave proximal maps", "maps", "penalty.lambda", 1.0001, 0.0),
    ("convex proximal maps", "maps", "penalty.lambda", 1.0001, 0.0),
    ("proximal maps leave 0 at T_k", "thresholds", "penalty.lambda", 1.0001, 0.0),
    ("L1 crosses at its step", "l1", "optimizer.learning_rate", 1.001, 0.0),
    ("L1 lands at its step", "l1", "optimizer.learning_rate", 1.001, 0.0),
    ("L1 alone lands iff c divides w_0", "l1-alone", "optimizer.learning_rate", 1.001, 0.0),
    ("L1's cycle", "l1", "optimizer.learning_rate", 1.0001, 0.0),
    ("L1's longer cycles stay in bounds", "l1", "optimizer.learning_rate", 1.001, 0.0),
    ("L1 beside zero", "l1", "optimizer.learning_rate", 1.001, 0.0),
    ("L2's line", "l2", "optimizer.learning_rate", 1.001, 0.0),
    ("L2 takes its time to eps", "l2", "optimizer.learning_rate", 1.001, 0.0),
    ("L2 is zero in one step of one length", "l2", "optimizer.learning_rate", 1.001, 0.0),
    ("the flow arrives", "flow", "penalty.lambda", 1.01, 0.0),
    ("the flow of L2", "flow", "penalty.lambda", 1.001, 0.0),
    ("the flow of high powers", "flow", "penalty.lambda", 1.01, 0.0),
    ("the cycle below k = 2", "cycles", "optimizer.learning_rate", 1.0001, 0.0),
    ("that cycle attracts", "beside", "start.w", 1.0001, 0.0),
    ("zero repels below k = 1", "jumps", "penalty.lambda", 0.9, 0.0),
    ("no stable cycle below k = 1", "beside", "start.w", 1.0001, 0.0),
    ("leaving zero takes a longer target", "thresholds", "penalty.lambda", 1.0001, 0.0),
    ("surviving takes a shorter one", "hysteresis", "penalty.lambda", 1.01, 0.0),
    ("the barrier parts the basins", "hysteresis", "penalty.lambda", 1.01, 0.0),
    ("W parts shrinking from divergence", "steep", "optimizer.learning_rate", 1.001, 0.0),
    ("W repels", "beside", "start.w", 1.0001, 0.0),
    ("high powers take their time to eps", "flow", "penalty.lambda", 1.01, 0.0),
    ("f32 stalls", "steep", "start.w", 1.001, 0.0),
    ("elastic nets hold 0 up to lambda r", "net", "penalty.l1_ratio", 0.5, 0.0),
    ("elastic nets land at their step", "net", "optimizer.learning_rate", 1.01, 0.0),
    ("proximal maps of the family", "family-maps", "penalty.lambda", 1.0001, 0.0),
    ("a penalty's threshold at 0", "family", "penalty.lambda", 0.9, 0.0),
    ("smoothing narrows the chatter", "smoothed", "penalty.lambda", 1.001, 0.0),
    ("heavy ball crosses at its step", "ball", "optimizer.learning_rate", 1.01, 0.0),
    ("adaptive rules cross at their step", "adaptive", "optimizer.learning_rate", 1.01, 0.0),
    ("shrinking steps land at their step", "slowing", "optimizer.learning_rate", 1.01, 0.0),
    ("convex losses end at zero up to lambda r", "losses", "penalty.lambda", 0.9, 0.0),
    ("what starts below F(0) ends away from zero", "starts", "penalty.lambda", 4.0, 0.0),
    ("a slope and L1 cross at their step", "drift", "problem.d0", 1.01, 0.0),
    ("a slope and L1 go straight", "drift", "problem.d0", 1.001, 0.0),
    ("the chatter of a slope and L1 stays in bounds", "drift", "optimizer.learning_rate", 1.01, 0.0),
    ("convex models end at their minimum", "models", "penalty.lambda", 1.001, 0.0),
    ("zeros that the end decides are the minimum's", "entering", "penalty.lambda", 1.1, 0.0),
    ("models rest where no slope is left", "bent", "penalty.lambda", 1.001, 0.0),
    ("a model's zeros are held there", "entering", "penalty.lambda", 1.1, 0.0),
    ("models end no higher than they start", "form", "penalty.lambda", 100.0, 0.0),
    ("weights that do not meet end as one does", "apart", "penalty.lambda", 1.0001, 0.0),
    ("weights enter below lambda_max", "entering", "penalty.lambda", 0.9, 0.0),
    ("objectives grow with lambda", "form", "penalty.lambda", -40.0, 4.41),
];

/// The plan with the values v of `path` made `factor` v + `shift`.
fn changed(plan: &Plan, path: &str, factor: f32, shift: f32) -> Plan {
    let mut plan = plan.clone();
    for slot in plan.sections.iter_mut().flat_map(|section| &mut section.grid.slots) {
        if slot.path == path {
            slot.values = slot.values.iter().map(|value| factor * value + shift).collect();
        }
    }
    plan
}

#[test]
fn every_check_notices_another_sweep() {
    let controlled: Vec<&str> = CONTROLS.iter().map(|control| control.0).collect();
    let all: Vec<&str> = checks().map(|check| check.name).collect();
    assert_eq!(controlled, all, "one control a check, in the order of the checks");
    let plans: BTreeMap<&str, Plan> = suite().into_iter().collect();
    let mut reports: BTreeMap<(&str, &str, u32, u32), Report> = BTreeMap::new();
    let mut blind = Vec::new();
    for &(check, sweep, path, factor, shift) in CONTROLS {
        let report = reports.entry((sweep, path, factor.to_bits(), shift.to_bits())).or_insert_with(|| {
            let plan = &plans[sweep];
            judged(plan, &on_cpu(&changed(plan, path, factor, shift), &rows()))
        });
        let row = row(report, check);
        println!("{check}: {} of {}, {} allowed", row.misses, row.trajectories, row.allowed());
        if row.passes() {
            blind.push((check, row.trajectories));
        }
    }
    assert!(blind.is_empty(), "{blind:?}");
}

/// One wrong fate among all is found, by its law alone, and named.
#[test]
fn one_wrong_fate_is_found() {
    let plans: Vec<(&str, Plan)> = suite()
        .into_iter()
        .filter(|(name, _)| {
            [
                "fates",
                "alone",
                "hysteresis",
                "net",
                "ball",
                "slowing",
                "family",
                "smoothed",
                "narrow",
                "losses",
                "drift",
            ]
            .contains(name)
        })
        .collect();
    let runs: Vec<Vec<Batch>> = plans.iter().map(|(_, plan)| on_cpu(plan, &rows())).collect();
    for law in LAWS {
        let told = plans.iter().zip(&runs).find_map(|((_, plan), batches)| {
            let told = |index: &u64| {
                let (section, local) = plan.locate(*index).unwrap();
                let point = section.at(local);
                predicted_fate(section.kernel, &point, &plan.limits).is_some_and(|(_, by)| by.name == law.name)
            };
            (0..plan.trajectories).find(told).map(|index| (plan, batches, index))
        });
        let (plan, batches, index) = told.unwrap_or_else(|| panic!("{} is not tested", law.name));
        let batch = batches.iter().rfind(|batch| batch.first <= index).unwrap();
        let mut one = Batch { outcomes: batch.outcomes.clone(), ..Batch { first: batch.first, ..Batch::default() } };
        let outcome = &mut one.outcomes[(index - batch.first) as usize];
        outcome.fate = (outcome.fate + 1) % 7;
        let report = judged(plan, &[one]);
        let row = row(&report, law.name);
        assert_eq!((row.misses, row.cells - row.agreeing, row.passes()), (1, 1, false), "{}", law.name);
        assert_eq!(row.worst.as_ref().unwrap().trajectory, index, "{}", law.name);
    }
}

/// A step too many, a landing that did not happen, a cycle a thousandth too wide.
#[test]
fn wrong_fields_are_found() {
    type Change = fn(&mut zerosweep::verdict::Outcome);
    let plans: BTreeMap<&str, Plan> = suite().into_iter().collect();
    let cases: [(&str, &str, Change); 6] = [
        ("l1", "L1 crosses at its step", |outcome| outcome.first_crossing = outcome.first_crossing.saturating_add(1)),
        ("l1", "L1 lands at its step", |outcome| outcome.first_zero = NEVER),
        ("l1-alone", "L1 alone lands iff c divides w_0", |outcome| outcome.first_zero = 7),
        ("cycles", "the cycle below k = 2", |outcome| outcome.tail_low *= 1.001),
        ("l2", "L2's line", |outcome| outcome.last *= 1.001),
        ("flow", "the flow arrives", |outcome| outcome.first_crossing += outcome.first_crossing / 50),
    ];
    for (sweep, check, change) in cases {
        let plan = &plans[sweep];
        let mut batches = on_cpu(plan, &rows());
        batches.iter_mut().flat_map(|batch| &mut batch.outcomes).for_each(change);
        assert!(!row(&judged(plan, &batches), check).passes(), "{check}");
    }
}

#[test]
fn chance_allows_what_a_poisson_law_does() {
    let plan = plan(
        "steps = 1\npenalty = { kind = 'lk', k = 1, lambda = 1 }\n\
                     optimizer = { kind = 'proximal', learning_rate = 1 }\nstart.w = 1",
    );
    let mut row = judged(&plan, &[]).rows.remove(0);
    // Mean 1: P(> 5) = 5.9e-4, P(> 4) = 3.7e-3. Mean 0.01: P(> 0) = 1.0e-2. Mean 0.0009: P(> 0) = 9.0e-4.
    for (mean, allowed) in [(0.0, 0), (0.0009, 0), (0.01, 1), (1.0, 5)] {
        row.chance = mean;
        assert_eq!(row.allowed(), allowed, "{mean}");
    }
    // The normal law's quantile is 3.09; a Poisson law of mean 100 adds a little for its skew.
    for mean in [100.0_f64, 2000.0, 1e6] {
        row.chance = mean;
        let over = (row.allowed() as f64 - mean) / mean.sqrt();
        assert!((3.0..3.4).contains(&over), "{mean}: {over}");
    }
}

#[test]
fn a_sample_holds_trajectories_of_the_whole() {
    let text = "steps = 10
        [[problem]]
        kind = 'none'
        [[problem]]
        kind = 'quadratic'
        target = { linspace = [-1.0, 1.0, 21] }
        [penalty]
        kind = 'lk'
        k = [0.5, 1.0, 1.3, 1.4, 2.0]
        lambda = { geomspace = [0.01, 1.0, 30] }
        [optimizer]
        kind = ['subgradient', 'proximal']
        learning_rate = [0.1, 0.2]
        [start]
        w = { uniform = [-1.0, 1.0], count = 100 }";
    for pool in ["['start.w']", "['start.w', 'penalty.k']", "[]"] {
        let whole = plan(&format!("{text}\n[report]\npool = {pool}"));
        assert!(Sample::new(&whole, MOST_TRAJECTORIES).is_whole());
        for most in [1, 100, 5_000, 100_000] {
            let sample = Sample::new(&whole, most);
            let sections = whole.sections.len() as u64;
            assert!(
                !sample.is_whole() && sample.plan.trajectories <= most.max(sections),
                "{}",
                sample.plan.trajectories
            );
            assert!(sample.plan.trajectories > most / 4, "{most}: {}", sample.plan.trajectories);
            let mut cells = BTreeMap::new();
            for index in 0..sample.plan.trajectories {
                let (section, local) = sample.plan.locate(index).unwrap();
                let (all, at) = whole.locate(sample.index(index)).unwrap();
                assert_eq!(section.kernel, all.kernel);
                // Its place in the cell is that in the sample's.
                let place = section.place(local);
                assert_eq!(section.at(local), Point { place, ..all.at(at) });
                // What shares a cell does so in both.
                let cell = section.first_cell + local / section.pool;
                assert_eq!(
                    *cells.entry(cell).or_insert(all.first_cell + at / all.pool),
                    all.first_cell + at / all.pool
                );
            }
            assert_eq!(cells.len() as u64, sample.plan.cells);
            assert!(batches_fit(&sample.plan));
        }
    }
}

/// Whether the tallies of a run fill each cell to its size.
fn batches_fit(plan: &Plan) -> bool {
    let mut sizes = vec![0; plan.cells as usize];
    let batches = on_cpu(plan, &RunOptions::default());
    batches
        .iter()
        .flat_map(|batch| &batch.tallies)
        .for_each(|(cell, tally)| sizes[*cell as usize] += tally.trajectories);
    (0..plan.cells).all(|cell| sizes[cell as usize] == plan.cell_size(cell))
}
