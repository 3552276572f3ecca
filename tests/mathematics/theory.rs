//! Every fate that theory predicts is the fate that is measured.

use crate::support::{cpu_outcomes, forecasts, plan};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use zerosweep::plan::{Limits, Point};
use zerosweep::theory::{LAWS, predicted_fate};
use zerosweep::verdict::{Fate, Outcome};

/// What no law decides is mostly the chaos of k < 1 by subgradient and truncated steps beside a target: about two fifths
/// of these sweeps, which look for trouble.
const LEAST_SHARE: f64 = 0.58;

/// Sweeps over everything that the laws speak of, and past their boundaries.
const SWEEPS: [&str; 7] = [
    // The laws of the quadratic loss, at usual rates.
    "steps = 2000
     problem = { kind = 'quadratic', curvature = [0.5, 1.0], target = { linspace = [-2.0, 2.0, 21] } }
     penalty = { kind = 'lk', k = [0.3, 0.5, 0.6666667, 0.8, 1.0, 1.1, 1.5, 1.8, 2.0, 2.5, 3.0, 10.0], lambda = { geomspace = [0.01, 10.0, 16] } }
     optimizer = { kind = ['subgradient', 'truncated', 'proximal'], learning_rate = [0.05, 0.3] }
     start = { w = { uniform = [-5.0, 5.0], count = 24, seed = 7 } }",
    // Steps too long, and whole ones.
    "steps = 400
     problem = { kind = 'quadratic', curvature = [1.0, 3.0], target = [0.0, 0.004, 0.1, 0.7, -1.5] }
     penalty = { kind = 'lk', k = [0.5, 0.9, 1.0, 1.3, 2.0, 3.0, 5.0], lambda = { geomspace = [0.003, 30.0, 14] } }
     optimizer = { kind = ['subgradient', 'truncated', 'proximal'], learning_rate = [0.3333333, 0.4, 0.65, 0.7, 1.0, 1.9] }
     start = { w = { normal = [0.0, 2.0], count = 20, seed = 3 } }",
    // No loss.
    "steps = 3000
     penalty = { kind = 'lk', k = [0.3, 0.5, 0.75, 1.0, 1.2, 1.5, 1.9, 2.0, 2.2, 3.0, 4.0, 8.0], lambda = { geomspace = [0.0003, 30.0, 30] } }
     optimizer = { kind = ['subgradient', 'truncated', 'proximal'], learning_rate = [0.02, 0.1, 1.0] }
     start = { w = { uniform = [-3.0, 3.0], count = 30, seed = 11 } }
     zero = { tolerances = [1e-2, 1e-6] }",
    // Small targets, small rates, another tail and another tolerance.
    "steps = 5000
     problem = { kind = 'quadratic', curvature = [0.2, 1.0], target = { linspace = [-0.02, 0.02, 9] } }
     penalty = { kind = 'lk', k = [0.5, 1.0, 1.5, 2.0, 3.0], lambda = { geomspace = [0.001, 1.0, 13] } }
     optimizer = { kind = ['subgradient', 'truncated', 'proximal'], learning_rate = [0.004, 0.02] }
     start = { w = { uniform = [-1.0, 1.0], count = 20, seed = 5 } }
     zero = { tolerances = [1e-9], tail = 37 }",
    // Runs too short to arrive, and starts at zero.
    "steps = 60
     problem = { kind = 'quadratic', curvature = 1.0, target = { linspace = [-2.0, 2.0, 17] } }
     penalty = { kind = 'lk', k = [0.5, 1.0, 1.5, 2.0, 3.0], lambda = [0.0, 0.01, 0.1, 0.3, 1.0, 3.0] }
     optimizer = { kind = ['subgradient', 'truncated', 'proximal'], learning_rate = [0.01, 0.1, 0.5] }
     start = { w = [0.0, 0.5, -0.5, 3.0, -3.0, 40.0] }",
    // Numbers that f32 holds exactly, where chance lands on zero.
    "steps = 500
     problem = { kind = 'quadratic', curvature = [0.0, 1.0], target = [0.0, 0.25, 1.0] }
     penalty = { kind = 'lk', k = [0.5, 1.0, 1.5, 2.0, 3.0], lambda = [0.0, 0.125, 0.5, 1.0, 2.0, 10.0] }
     optimizer = { kind = ['subgradient', 'truncated', 'proximal'], learning_rate = [0.1, 0.125, 0.25, 0.5, 1.0] }
     start = { w = [0.0, 0.25, 1.0, 4.0, -0.5, -2.0] }",
    // A few whole steps to a near target from afar, where f32 loses the target beside the start.
    "steps = 5
     problem = { kind = 'quadratic', curvature = [0.25, 1.0], target = [0.0015, -0.02, 0.3] }
     penalty = { kind = 'lk', k = [0.5, 1.0, 1.3, 2.0, 6.0], lambda = [0.0, 0.0001, 0.001, 0.06] }
     optimizer = { kind = ['subgradient', 'truncated', 'proximal'], learning_rate = [1.0, 4.0] }
     start = { w = { uniform = [-90.0, 90.0], count = 50, seed = 2 } }
     zero = { tail = 5, tolerances = [1e-9] }",
];

/// The same of the other members, of which laws speak less.
const OTHERS: [&str; 11] = [
    // The slope right of 0, at 0: of penalties with a kink, and without.
    "steps = 1500
     problem = [{ kind = 'none' }, { kind = 'quadratic', curvature = [0.5, 1.9], target = [-0.6, 0.0, 0.1] }]
     penalty = [
        { kind = 'lk', k = [0.5, 1.0, 1.5, 2.0, 3.0], lambda = [0.001, 0.1, 1.0] },
        { kind = 'huberized_l1', lambda = [0.001, 0.1, 1.0], delta = [0.01, 0.5] },
        { kind = 'mcp', lambda = [0.001, 0.1, 1.0] },
     ]
     optimizer = [
        { kind = 'subgradient', slope_at_zero = 1, learning_rate = [0.01, 0.3, 1.0] },
        { kind = 'heavy_ball', penalty_step = 'in_loss', slope_at_zero = 1, momentum = 0.5, learning_rate = 0.1 },
     ]
     start = { w = [-2.0, -0.25, 0.0, 0.1, 3.0] }",
    // Weights in 16 bits, from numbers of the format and others.
    "steps = 500
     problem = [{ kind = 'none' }, { kind = 'quadratic', target = { linspace = [-2.0, 2.0, 9] } }]
     penalty = { kind = 'lk', k = [0.5, 1.0, 1.5, 2.0, 3.0], lambda = { geomspace = [0.001, 3.0, 8] } }
     optimizer = { kind = ['subgradient', 'proximal'], learning_rate = { geomspace = [0.00001, 0.3, 9] }, precision = ['bf16', 'f16'] }
     start.w = [-1.5, -0.75, -0.0078125, 0.0009765625, 0.1, 0.25, 1.0, 2.0, 3.1]",
    // Elastic nets, from all L1 to all L2.
    "steps = 1500
     problem = { kind = 'quadratic', curvature = [0.0, 0.5, 1.0, 3.0], target = { linspace = [-2.0, 2.0, 13] } }
     penalty = { kind = 'elastic_net', l1_ratio = [0.0, 0.01, 0.3, 0.5, 0.9, 1.0], lambda = { geomspace = [0.001, 30.0, 12] } }
     optimizer = { kind = ['subgradient', 'truncated', 'proximal'], learning_rate = [0.002, 0.05, 0.3, 1.0] }
     start = { w = { uniform = [-5.0, 5.0], count = 12, seed = 5 } }",
    // Heavy ball, beside its bound of stability and far from it.
    "steps = 3000
     problem = [{ kind = 'none' }, { kind = 'quadratic', curvature = [0.5, 1.0], target = [-1.5, 0.0, 0.01, 0.7] }]
     penalty = { kind = 'lk', k = [1.0, 1.5, 2.0], lambda = [0.0, 0.01, 0.1, 0.5, 0.95, 0.98, 1.02, 1.05, 1.3, 1.45, 1.9, 2.0] }
     optimizer = { kind = 'heavy_ball', penalty_step = ['in_loss', 'proximal'], momentum = [0.0, 0.3, 0.9, 0.99], learning_rate = [0.003, 0.05, 0.3, 1.0] }
     start = { w = { uniform = [-3.0, 3.0], count = 8, seed = 2 } }",
    "steps = 600
     problem = { kind = 'quadratic', curvature = [0.25, 1.0], target = [0.0, -0.3] }
     penalty = { kind = 'lk', k = 2.0, lambda = { geomspace = [0.001, 4.0, 40] } }
     optimizer = { kind = 'heavy_ball', penalty_step = 'in_loss', momentum = { linspace = [0.0, 0.95, 20] }, learning_rate = [0.1, 0.7] }
     start = { w = [0.0, 1e-6, 1.0, -40.0] }
     zero = { tail = 600 }",
    // Penalties that hold 0 or leave large weights alone.
    "steps = 1500
     penalty = [
        { kind = 'l0', lambda = [0.001, 0.1, 3.0] },
        { kind = 'mcp', lambda = [0.001, 0.1, 3.0], gamma = [0.01, 0.5, 3.0, 100.0] },
        { kind = 'scad', lambda = [0.001, 0.1, 3.0], gamma = [2.001, 3.7, 100.0] },
        { kind = 'log_sum', lambda = [0.001, 0.1, 3.0], delta = [1e-6, 0.01, 1.0] },
        { kind = 'capped_l1', lambda = [0.001, 0.1, 3.0], cap = [0.001, 0.3, 10.0] },
     ]
     problem = { kind = 'quadratic', curvature = [0.5, 1.0, 3.0], target = { linspace = [-2.0, 2.0, 13] } }
     optimizer = { kind = 'proximal', learning_rate = [0.002, 0.05, 0.3, 1.0, 4.0] }
     start = { w = [-7.0, -1.0, 0.0, 0.01, 0.5, 2.5] }",
    // Penalties that are round at 0.
    "steps = 4000
     penalty = [
        { kind = 'huberized_l1', lambda = [0.001, 0.1, 3.0], delta = [1e-5, 0.01, 0.5] },
        { kind = 'smoothed_lk', k = [0.3, 1.0, 1.5, 2.0, 2.5], lambda = [0.001, 0.1, 3.0], delta = [1e-5, 0.01, 0.5] },
     ]
     problem = [{ kind = 'none' }, { kind = 'quadratic', curvature = [0.5, 1.9], target = [-0.3, 0.0] }]
     optimizer = { kind = ['subgradient', 'truncated'], learning_rate = [0.002, 0.05, 0.3, 1.0] }
     start = { w = { uniform = [-3.0, 3.0], count = 6, seed = 4 } }",
    // Learning rates that fall.
    "steps = 5000
     problem = [{ kind = 'none' }, { kind = 'quadratic', target = [0.0, 0.4] }]
     penalty = { kind = 'lk', k = [0.5, 1.0, 2.0], lambda = { geomspace = [0.01, 10.0, 10] } }
     start = { w = { uniform = [-3.0, 3.0], count = 12, seed = 2 } }
     [optimizer]
     kind = ['subgradient', 'truncated', 'proximal']
     learning_rate = [0.01, 0.3]
     schedule = [{ kind = 'inverse', decay = [0.0, 0.001, 0.03, 1.0] }]",
    // Convex losses, at usual rates and long ones.
    "steps = 1200
     problem = [
        { kind = 'linear', d0 = [-1.3, -0.3, -0.02, 0.0, 0.1, 0.5] },
        { kind = 'huber', curvature = [0.4, 1.0], target = [-2.0, -0.3, 0.0, 0.5], delta = [0.1, 0.7, 5.0] },
        { kind = 'logistic', scale = [0.5, 1.0, 4.0], share = [0.0, 0.02, 0.3, 0.5, 0.51, 0.9] },
        { kind = 'poisson', scale = [0.5, 1.0], mean = [0.0, 0.6, 1.0, 1.01, 5.0] },
        { kind = 'quartic', curvature = [0.5, 2.0], target = [-1.2, -0.3, 0.0, 0.8] },
     ]
     penalty = [
        { kind = 'lk', k = [0.5, 1.0, 2.0], lambda = { geomspace = [0.01, 3.0, 9] } },
        { kind = 'elastic_net', lambda = { geomspace = [0.01, 3.0, 9] }, l1_ratio = [0.0, 0.4, 1.0] },
     ]
     optimizer = { kind = ['subgradient', 'truncated', 'proximal'], learning_rate = [0.01, 0.1, 0.7, 2.5] }
     start = { w = [-3.0, -0.4, 0.0, 0.2, 1.7] }",
    // Losses of two minima.
    "steps = 800
     problem = { kind = 'double_well', curvature = [0.3, 1.0], target = [0.4, 1.5], tilt = [-0.5, -0.03, 0.0, 0.2] }
     penalty = [
        { kind = 'lk', k = [0.5, 0.8, 1.0, 2.0], lambda = [0.01, 0.1, 0.4, 2.0] },
        { kind = 'scad', lambda = [0.01, 0.1, 0.4] },
        { kind = 'capped_l1', lambda = [0.01, 0.1, 0.4], cap = [0.1, 2.0] },
     ]
     optimizer = { kind = ['subgradient', 'proximal'], learning_rate = [0.02, 0.2] }
     start = { w = [-1.5, -0.4, 0.0, 0.2, 1.1] }",
    // A loss of one slope, in long runs and short ones.
    "steps = 400
     problem = { kind = 'linear', d0 = { linspace = [-1.5, 1.5, 31] } }
     penalty = { kind = 'lk', k = 1.0, lambda = [0.0, 0.003, 0.05, 0.3, 0.75, 1.4] }
     optimizer = { kind = ['subgradient', 'truncated', 'proximal'], learning_rate = [0.0003, 0.01, 0.3, 30.0] }
     start = { w = [-300.0, -2.0, -0.3, 0.0, 0.05, 1.0, 40.0] }
     zero = { divergence = 2000.0, tolerances = [1e-2, 1e-6] }",
];

/// Sweeps in which a limit of divergence, or of f32, comes in the way of laws.
const BEYOND: [&str; 7] = [
    // Steps of L1 and a linear loss that are longer than the limit of divergence.
    "steps = 200
     problem = { kind = 'linear', d0 = [0.125, -20.0] }
     penalty = { kind = 'lk', k = 1.0, lambda = 1.0 }
     optimizer = { kind = ['subgradient', 'truncated', 'proximal'], learning_rate = [0.1, 20.0, 1.7e6] }
     start.w = [-0.5, 0.0, 3.0]
     zero.divergence = 10.0",
    // Targets beyond the limit of divergence, or within a start's reach of it.
    "steps = 1000
     problem = { kind = 'quadratic', target = [5.0, 60.0, -200.0] }
     penalty = { kind = 'lk', k = [0.5, 0.9, 1.0, 1.5, 2.0, 3.0], lambda = [0.0, 0.001, 0.5, 20.0] }
     optimizer = { kind = ['subgradient', 'truncated', 'proximal'], learning_rate = [0.1, 0.9, 1.6] }
     start = { w = [-60.0, -1.0, 0.0, 0.25, 10.0] }
     zero = { divergence = 100.0 }",
    // One step of L1 goes past it.
    "steps = 1000
     problem = [{ kind = 'none' }, { kind = 'quadratic', curvature = 0.4, target = [-2.0, 8.5] }]
     penalty = { kind = 'lk', k = 1.0, lambda = [4.4, 128.0, 60000.0] }
     optimizer = { kind = ['subgradient', 'proximal'], learning_rate = [0.1, 2.0, 4.9] }
     start = { w = [-1.25, -0.5, 0.04] }
     zero = { divergence = 10.0 }",
    // Strengths whose product with k, or with a power, f32 cannot hold.
    "steps = 30
     problem = [{ kind = 'none' }, { kind = 'quadratic', curvature = 800.0, target = [0.0, 0.05] }]
     penalty = { kind = 'lk', k = [0.1, 1.9, 5.6, 7.5, 10.0], lambda = [1.2e-38, 1e-30, 1e30, 1e38] }
     optimizer = { kind = ['subgradient', 'truncated', 'proximal'], learning_rate = [1.2e-38, 0.001, 17.0, 1e10, 1e38] }
     start = { w = [0.0, 1e-9, 0.0669, -6.25, 50.0] }",
    // Powers that it takes for 0, or that grow no more.
    "steps = 100
     penalty = { kind = 'lk', k = [10.0, 20.0, 40.0, 63.0], lambda = [1e-10, 0.001, 1e8] }
     optimizer = { kind = ['subgradient', 'truncated', 'proximal'], learning_rate = [1e-10, 0.05, 1e8] }
     start = { w = [1e-5, 0.005, -68.0, 16384.0] }
     zero = { divergence = 1e30 }",
    // Exponents beyond every law.
    "steps = 100
     problem = [{ kind = 'none' }, { kind = 'quadratic', curvature = [0.06, 300.0], target = [-2.3e-8, -1.0] }]
     penalty = { kind = 'lk', k = [100.0, 1000.0, 1000000.0], lambda = [1.2e-38, 1e-30, 13.0] }
     optimizer = { kind = ['subgradient', 'truncated', 'proximal'], learning_rate = [5e-6, 0.05, 1.0] }
     start = { w = [2.89, 50.0, -68.0] }",
    // Losses beside slopes of 0, and of sizes that f32 does not hold beside each other.
    "steps = 100
     problem = [
        { kind = 'linear', d0 = [-1e-9, 1e-30, 0.3, 1e8] },
        { kind = 'huber', curvature = [1e-6, 1e6], target = [-2.3e-8, 1e5], delta = [1e-9, 1e7] },
        { kind = 'logistic', scale = [1e-7, 1e7], share = [0.5, 0.50000006, 1.0] },
        { kind = 'poisson', scale = [1e-7, 1e-3, 1e7], mean = [0.0, 1.0000001, 1e8] },
        { kind = 'quartic', curvature = [1e-9, 1e6], target = [-1e-3, 1e4] },
        { kind = 'double_well', curvature = [1e-9, 1e6], target = [1e-4, 3e3], tilt = [-1e-6, 0.0] },
     ]
     penalty = [
        { kind = 'lk', k = [0.5, 1.0, 1.5], lambda = [1e-9, 0.3, 1e6] },
        { kind = 'elastic_net', lambda = [1e-9, 0.3, 1e6], l1_ratio = [1e-6, 0.5] },
     ]
     optimizer = { kind = ['subgradient', 'truncated', 'proximal'], learning_rate = [1e-7, 0.05, 1.0, 1e5] }
     start = { w = [0.0, 1e-9, 0.0669, -6.25, 5e4] }",
];

/// Where a prediction was wrong.
struct Wrong {
    law: &'static str,
    told: Fate,
    point: Point,
    outcome: Outcome,
}

/// Predictions by law, all trajectories, and the first wrong ones.
fn judged(text: &str, limits: impl Fn(&Limits) -> Limits) -> (BTreeMap<&'static str, u64>, u64, Vec<Wrong>) {
    let plan = plan(text);
    let told_by = limits(&plan.limits);
    let (mut counts, mut wrong) = (BTreeMap::new(), Vec::new());
    for (index, outcome) in (0..).zip(cpu_outcomes(&plan, 0..plan.trajectories)) {
        let (section, local) = plan.locate(index).unwrap();
        let point = section.at(local);
        if let Some((told, law)) = predicted_fate(section.kernel, &point, &told_by) {
            *counts.entry(law.name).or_default() += 1;
            if told != outcome.fate() {
                wrong.push(Wrong { law: law.name, told, point, outcome });
            }
        }
    }
    (counts, plan.trajectories, wrong)
}

#[test]
fn every_predicted_fate_is_the_measured_one() {
    let mut by_law: BTreeMap<&str, u64> = BTreeMap::new();
    let (mut all, mut told, mut failures) = (0, 0, Vec::new());
    let texts = [&SWEEPS[..], &OTHERS].concat();
    let judged: Vec<_> = texts.par_iter().map(|text| judged(text, Limits::clone)).collect();
    for (index, (counts, trajectories, wrong)) in judged.into_iter().enumerate() {
        let predicted: u64 = counts.values().sum();
        println!("{predicted} of {trajectories}");
        if index < SWEEPS.len() {
            (all, told) = (all + trajectories, told + predicted);
        }
        counts.into_iter().for_each(|(law, count)| *by_law.entry(law).or_default() += count);
        failures.extend(wrong);
    }
    println!("{by_law:#?}");
    for wrong in failures.iter().take(20) {
        let Wrong { law, told, point, outcome } = wrong;
        println!("{law}: {told:?}, not {:?} of {outcome:?} at {point:?}", outcome.fate());
    }
    let mut wrong_by_law: BTreeMap<(&str, Fate, Fate), u64> = BTreeMap::new();
    failures
        .iter()
        .for_each(|wrong| *wrong_by_law.entry((wrong.law, wrong.told, wrong.outcome.fate())).or_default() += 1);
    assert!(failures.is_empty(), "law, predicted, measured: {wrong_by_law:#?}");
    for law in LAWS {
        assert!(by_law.get(law.name).is_some_and(|&count| count > 100), "{} is hardly tested", law.name);
    }
    let share = told as f64 / all as f64;
    assert!(share > LEAST_SHARE, "{share} of the trajectories are predicted");
}

#[test]
fn a_law_whose_numbers_are_beyond_a_limit_is_silent() {
    for text in BEYOND {
        let (_, _, wrong) = judged(text, Limits::clone);
        let Some(Wrong { law, told, point, outcome }) = wrong.first() else { continue };
        panic!("{} wrong: {law}: {told:?}, not {:?} at {point:?}", wrong.len(), outcome.fate());
    }
}

/// The same check must see a run that is not the one that was predicted.
#[test]
fn a_prediction_for_another_run_is_found_wrong() {
    type Change = fn(&Limits) -> Limits;
    let others: [(&str, Change); 3] = [
        ("tolerance", |limits| Limits { tolerance: 30.0 * limits.tolerance, ..limits.clone() }),
        ("steps", |limits| Limits { steps: 4 * limits.steps, ..limits.clone() }),
        ("divergence", |limits| Limits { divergence: 1.0, ..limits.clone() }),
    ];
    for (name, other) in others {
        let wrong: usize = [SWEEPS[1], SWEEPS[4]].into_iter().map(|text| judged(text, other).2.len()).sum();
        assert!(wrong > 50, "{name}: {wrong}");
    }
}

/// Whatever a loss has in common with a parabola, a parabola's laws say nothing of it.
#[test]
fn laws_of_parabolas_are_silent_about_other_losses() {
    let text = "steps = 500
        problem = [
            { kind = 'linear', d0 = [-0.5, 0.0, 0.1] },
            { kind = 'huber', target = [-0.5, 0.0, 2.0], delta = 1000.0 },
            { kind = 'logistic', share = [0.1, 0.5] },
            { kind = 'poisson', mean = [0.1, 1.0] },
            { kind = 'quartic', target = [0.0, 1.0] },
            { kind = 'double_well', target = 1.0, tilt = [0.0, 0.1] },
        ]
        penalty = [
            { kind = 'lk', k = [0.5, 1.0, 1.5, 2.0, 3.0], lambda = [0.0, 0.1, 1.0] },
            { kind = 'elastic_net', lambda = [0.0, 0.1, 1.0], l1_ratio = 0.5 },
            { kind = 'mcp', lambda = [0.0, 0.1, 1.0] },
            { kind = 'huberized_l1', lambda = [0.1, 1.0], delta = 0.2 },
        ]
        start = { w = [-3.0, 0.0, 0.2, 4.0] }
        [[optimizer]]
        kind = ['subgradient', 'truncated', 'proximal']
        learning_rate = 0.1
        schedule = [{ kind = 'constant' }, { kind = 'inverse', decay = 0.01 }]
        [[optimizer]]
        kind = 'heavy_ball'
        penalty_step = 'in_loss'
        momentum = 0.5
        learning_rate = 0.1";
    let plan = plan(text);
    let mut told = BTreeSet::new();
    for index in 0..plan.trajectories {
        let (section, local) = plan.locate(index).unwrap();
        let law = predicted_fate(section.kernel, &section.at(local), &plan.limits);
        told.extend(law.map(|(_, law)| law.name));
    }
    let of_any_loss = [
        "a slope and L1 chatter",
        "a slope carries weights along",
        "a weight at rest stays",
        "convex losses land on zero",
        "convex losses settle beyond lambda r",
        "penalties hold 0 up to a threshold",
    ];
    assert_eq!(told.into_iter().collect::<Vec<_>>(), of_any_loss);
}

/// What has no kink has one slope at 0, whichever side of it a rule takes.
#[test]
fn the_slope_right_of_zero_is_another_of_kinks_alone() {
    let told = |slope: u32| {
        let plan = plan(&format!(
            "steps = 500
             problem = [{{ kind = 'none' }}, {{ kind = 'quadratic', target = [-0.5, 0.0] }}, {{ kind = 'quartic', target = 0.0 }}]
             penalty = [
                {{ kind = 'lk', k = [0.5, 1.0, 1.5, 2.0, 3.0], lambda = [0.1, 1.0] }},
                {{ kind = 'smoothed_lk', k = 1.0, lambda = [0.1, 1.0], delta = 0.5 }},
                {{ kind = 'mcp', lambda = [0.1, 1.0] }},
             ]
             start = {{ w = [-3.0, 0.0, 0.2, 4.0] }}
             [[optimizer]]
             kind = 'subgradient'
             slope_at_zero = {slope}
             learning_rate = 0.1
             precision = ['f32', 'bf16']
             [[optimizer]]
             kind = 'heavy_ball'
             penalty_step = 'in_loss'
             slope_at_zero = {slope}
             momentum = 0.5
             learning_rate = 0.1"
        ));
        let told = |index: u64| {
            let (section, local) = plan.locate(index).unwrap();
            let law = predicted_fate(section.kernel, &section.at(local), &plan.limits);
            (section.kernel.variant().has_kink(), law.map(|(fate, law)| (fate, law.name)))
        };
        (0..plan.trajectories).map(told).collect::<Vec<_>>()
    };
    let (left, right) = (told(0), told(1));
    let speaks = right.iter().filter(|(_, law)| law.is_some()).count();
    assert!(speaks > 100, "{speaks}");
    for ((has_kink, of_zero), (_, of_one)) in left.into_iter().zip(right) {
        assert_eq!(of_one, of_zero.filter(|_| !has_kink));
    }
}

/// Noise of 0 is none: the laws say of it what they say without it, and nothing of any other noise.
#[test]
fn noise_silences_the_laws_where_it_is_not_zero() {
    let sweep = |noise: &str| {
        format!(
            "steps = 500
             problem = {{ kind = 'quadratic', target = [0.0, 0.1, 0.5, 3.0] }}
             penalty = {{ kind = 'lk', k = [0.5, 1.0, 2.0], lambda = [0.0, 0.3, 0.6] }}
             optimizer = {{ kind = ['subgradient', 'proximal'], learning_rate = 0.1{noise} }}
             start = {{ w = [-2.0, 0.0, 1.0] }}"
        )
    };
    let told = |noise: &str| {
        let plan = plan(&sweep(noise));
        let told = (0..plan.trajectories).map(|index| {
            let (section, local) = plan.locate(index).unwrap();
            let point = section.at(local);
            let law = predicted_fate(section.kernel, &point, &plan.limits).map(|(fate, law)| (fate, law.name));
            (section.kernel.value("optimizer.noise.normal", &point), law)
        });
        told.collect::<Vec<_>>()
    };
    let laws = |noise: &str| told(noise).into_iter().map(|(_, law)| law).collect::<Vec<_>>();
    let without = laws("");
    assert!(without.iter().flatten().count() > 150, "{without:?}");
    assert_eq!(laws(", noise = { normal = 0.0 }"), without);
    assert!(laws(", noise = { normal = 0.1 }").iter().all(Option::is_none));
    let (quiet, noisy): (Vec<_>, Vec<_>) =
        told(", noise = { normal = [0.1, 0.0] }").into_iter().partition(|(normal, _)| *normal == Some(0.0));
    assert_eq!(quiet.into_iter().map(|(_, law)| law).collect::<Vec<_>>(), without);
    assert!(noisy.iter().all(|(_, law)| law.is_none()));
    assert!(judged(&sweep(", noise = { normal = [0.0, 0.1] }"), Limits::clone).2.is_empty());
}

#[test]
fn forecasts_count_the_predictions_of_each_cell() {
    let text = "steps = 500
        problem = { kind = 'quadratic', target = [0.1, 0.5, 3.0] }
        penalty = { kind = 'lk', k = [0.5, 1.0, 2.0], lambda = [0.3, 0.6] }
        optimizer = { kind = ['subgradient', 'proximal'], learning_rate = 0.1 }
        start = { w = { uniform = [-2.0, 2.0], count = 9 } }";
    for pool in ["['start.w']", "['start.w', 'penalty.k']", "[]"] {
        let plan = plan(&format!("{text}\nreport = {{ pool = {pool} }}"));
        let forecasts = forecasts(&plan);
        assert_eq!(forecasts.len() as u64, plan.cells);
        let mut expected = vec![([0; 7], 0); forecasts.len()];
        for section in &plan.sections {
            for local in 0..section.trajectories() {
                let point = section.at(local);
                let counts = &mut expected[(section.first_cell + local / section.pool) as usize];
                match predicted_fate(section.kernel, &point, &plan.limits) {
                    Some((fate, _)) => counts.0[fate as usize] += 1,
                    None => counts.1 += 1,
                }
            }
        }
        assert_eq!(forecasts.iter().map(|f| (f.fates, f.silent)).collect::<Vec<_>>(), expected, "{pool}");
    }
}

#[test]
fn large_cells_are_forecast_from_256_of_their_trajectories() {
    let text = "steps = 50
        penalty = { kind = 'lk', k = 1.0, lambda = 1.0 }
        optimizer = { kind = 'proximal', learning_rate = 1.0 }
        start = { w = { linspace = [0.0, 60.0, 1000] } }
        report = { pool = ['start.w'] }";
    let forecast = forecasts(&plan(text))[0];
    assert_eq!(forecast.fates.iter().sum::<u32>() + forecast.silent, 256);
    assert_eq!(forecast.unanimous(), None, "the ends of the pool have different fates");
}
