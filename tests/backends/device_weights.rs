//! Many weights on a GPU against the CPU: the same tallies, however lanes, slices and draws fall.

use crate::support::tables::{plan, scratch_table, tallies, tallies_on};
use crate::support::{gpu, is_exact, tampered_gpu};
use crate::weights::{classes, correlated};
use std::path::Path;
use zerosweep::backend::RunOptions;
use zerosweep::backend::gpu::{Gpu, GpuError, Tampering};
use zerosweep::plan::Plan;

/// A sweep over a table, with draws.
fn sweep(kind: &str, table: &Path, rest: &str) -> Plan {
    plan(&format!(
        "name = 'device'\n{rest}\nproblem = {{ kind = '{kind}', table = '{}', response = 'y', resample = {{ bootstrap = 5, seed = 3 }} }}\n",
        table.display()
    ))
}

const LK: &str = "penalty = { kind = 'lk', k = [0.6666667, 1.0, 1.5], lambda = [0.01, 0.1] }\n";

/// Steps that no certificate ends, by rules that keep each number that a state has.
#[test]
fn steps_leave_the_same_tallies_as_on_the_cpu() {
    let Some(gpu) = gpu("steps_leave_the_same_tallies_as_on_the_cpu") else { return };
    let tables = [
        ("least_squares", correlated(30, 7)),
        ("least_squares", correlated(50, 40)),
        ("least_squares", correlated(9, 40)),
        ("least_squares", correlated(5, 20)),
        ("logistic_regression", classes(60, 5)),
        ("logistic_regression", classes(70, 70)),
    ];
    let optimizers = [
        "kind = ['subgradient', 'truncated', 'proximal']",
        "kind = 'adam', learning_rate = 0.01, penalty_step = ['in_loss', 'decoupled', 'proximal']",
        "kind = 'heavy_ball', momentum = 0.9, penalty_step = ['in_loss', 'proximal']",
        "kind = 'gradient_descent', penalty_step = ['sticky', 'cumulative']",
        "kind = 'proximal', precision = ['f16', 'bf16']",
        "kind = 'proximal', schedule = { kind = 'exponential', factor = 0.99 }, lambda_schedule = { kind = 'ramp', over = 50, to = 2.0 }",
    ];
    for (place, optimizer) in optimizers.iter().enumerate() {
        for (kind, table) in tables.iter().skip(place % 2).step_by(2) {
            let rest = format!("steps = 120\n{LK}optimizer = {{ {optimizer} }}\nstart = {{ w = [0.0, 0.5] }}");
            let plan = sweep(kind, table.path(), &rest);
            let (on_cpu, on_gpu) = (tallies(&plan, &RunOptions::default()), tallies_on(gpu, &plan, &RunOptions::default()));
            assert!(!on_cpu.is_empty());
            if is_exact(gpu) {
                for (own, other) in on_gpu.iter().zip(&on_cpu) {
                    assert_eq!(own, other, "{kind}, {optimizer}, {:?}", plan.by_weight().cell(own.0));
                }
            }
            for ((place, own), (same, other)) in on_gpu.iter().zip(&on_cpu) {
                assert_eq!((place, own.trajectories), (same, other.trajectories), "{kind}, {optimizer}");
            }
        }
    }
}
