//! Many weights on a GPU against the CPU: the same tallies, however lanes, slices and draws fall, and whatever befalls the device.

use crate::support::tables::{Regression, plan, tallies, tallies_on};
use crate::support::{gpu, is_exact, on_devices, tampered_gpu};
use crate::weights::{classes, correlated};
use tempfile::NamedTempFile;
use zerosweep::backend::gpu::{Fault, Gpu, GpuError, Injection, Tampering};
use zerosweep::backend::{Cancel, RunOptions};
use zerosweep::plan::Plan;
use zerosweep::verdict::Tally;

/// Tables whose slopes come from the Gram matrix and from the rows, for an invocation alone and for a workgroup together.
fn tables() -> [(&'static str, NamedTempFile); 6] {
    [
        ("least_squares", correlated(30, 7)),
        ("least_squares", correlated(50, 40)),
        ("least_squares", correlated(5, 20)),
        ("least_squares", correlated(9, 40)),
        ("logistic_regression", classes(60, 5)),
        ("logistic_regression", classes(70, 70)),
    ]
}

/// A sweep over a table, with draws.
fn sweep(table: &(&str, NamedTempFile), rest: &str) -> Plan {
    sweep_with(table, "", rest)
}

/// The same with more keys of the problem.
fn sweep_with((kind, table): &(&str, NamedTempFile), keys: &str, rest: &str) -> Plan {
    plan(&format!(
        "name = 'device'\n{rest}\nproblem = {{ kind = '{kind}', table = '{}', response = 'y', resample = {{ bootstrap = 5, seed = 3 }}{keys} }}\n",
        table.path().display()
    ))
}

fn assert_same(gpu: &Gpu, on_gpu: &[(u64, Tally)], on_cpu: &[(u64, Tally)], what: &str) {
    assert!(!on_cpu.is_empty());
    assert_eq!(on_gpu.len(), on_cpu.len());
    for (own, other) in on_gpu.iter().zip(on_cpu) {
        if is_exact(gpu) {
            assert_eq!(own, other, "{what}");
        }
        assert_eq!((own.0, own.1.trajectories), (other.0, other.1.trajectories), "{what}");
    }
}

/// Steps that no certificate ends, by rules that keep each number that a state has.
#[test]
fn steps_leave_the_same_tallies_as_on_the_cpu() {
    let cases = [
        (0, "0.6666667", "kind = 'proximal', learning_rate = [0.05, 0.1]"),
        (0, "1.0", "kind = 'gradient_descent', penalty_step = 'sticky'"),
        (0, "1.5", "kind = 'adam', learning_rate = 0.01, penalty_step = 'decoupled'"),
        (0, "1.0", "kind = 'fista_restart'"),
        (1, "1.0", "kind = 'heavy_ball', momentum = 0.9, penalty_step = 'proximal'"),
        (1, "1.0", "kind = 'proximal', lambda_schedule = { kind = 'ramp', over = 50, to = 2.0 }"),
        (2, "1.0", "kind = 'proximal', precision = 'f16'"),
        (3, "1.0", "kind = 'fista'"),
        (4, "2.0", "kind = 'subgradient', schedule = { kind = 'exponential', factor = 0.99 }"),
        (4, "1.0", "kind = 'gradient_descent', penalty_step = 'cumulative'"),
        (4, "2.0", "kind = 'spred', learning_rate = 0.2"),
        (5, "1.0", "kind = 'truncated'"),
        (5, "0.9", "kind = 'adam', learning_rate = 0.01, penalty_step = 'in_loss'"),
    ];
    let tables = tables();
    on_devices("steps_leave_the_same_tallies_as_on_the_cpu", &cases, |gpu, (table, k, optimizer)| {
        let penalty = format!("penalty = {{ kind = 'lk', k = {k}, lambda = [0.01, 0.1] }}");
        let rest = format!("steps = 120\n{penalty}\noptimizer = {{ {optimizer} }}\nstart = {{ w = [0.0, 0.5] }}");
        let plan = sweep(&tables[*table], &rest);
        let options = RunOptions::default();
        assert_same(gpu, &tallies_on(gpu, &plan, &options), &tallies(&plan, &options), optimizer);
    });
}

/// Groups of weights, by rules that keep each number that a state has, alone and in a workgroup.
#[test]
fn groups_leave_the_same_tallies_as_on_the_cpu() {
    let cases = [
        (0, "kind = 'group_lasso', l1_ratio = [0.0, 0.3]", "kind = 'proximal', learning_rate = [0.05, 0.1]"),
        (0, "kind = 'group_mcp', gamma = 3.0", "kind = 'fista'"),
        (1, "kind = 'group_lasso', l1_ratio = 0.3", "kind = 'heavy_ball', momentum = 0.9, penalty_step = 'proximal'"),
        (1, "kind = 'group_mcp'", "kind = 'proximal', lambda_schedule = { kind = 'ramp', over = 50, to = 2.0 }"),
        (2, "kind = 'group_lasso'", "kind = 'proximal', precision = 'bf16'"),
        (3, "kind = 'group_lasso', l1_ratio = 0.9", "kind = 'fista'"),
        (
            4,
            "kind = 'group_lasso', l1_ratio = 0.5",
            "kind = 'adam', learning_rate = 0.01, penalty_step = 'proximal_plain'",
        ),
        (5, "kind = 'group_mcp'", "kind = 'sign_descent', learning_rate = 0.01, penalty_step = 'proximal'"),
        (5, "kind = 'lk', k = 1.0", "kind = 'proximal'"),
    ];
    let tables = tables();
    on_devices("groups_leave_the_same_tallies_as_on_the_cpu", &cases, |gpu, (table, penalty, optimizer)| {
        let penalty = format!("[{{ {penalty}, lambda = [0.003, 0.03] }}, {{ kind = 'group_lasso', lambda = 0.01 }}]");
        let rest =
            format!("steps = 120\npenalty = {penalty}\noptimizer = {{ {optimizer} }}\nstart = {{ w = [0.0, 0.5] }}");
        let keys = ", penalty_factor = { x2 = 0.0 }, groups = { first = ['x0', 'x4'], second = ['x3', 'x1'] }";
        let plan = sweep_with(&tables[*table], keys, &rest);
        let options = RunOptions::default();
        let on_cpu = tallies(&plan, &options);
        assert_same(gpu, &tallies_on(gpu, &plan, &options), &on_cpu, optimizer);
        let batches = RunOptions { batch: Some(3), slice: Some(7), ..RunOptions::default() };
        assert_same(gpu, &tallies_on(gpu, &plan, &batches), &on_cpu, optimizer);
    });
}

const PATH: &str = "steps = 3000\nstop = { kkt = 1e-4 }\npenalty = { kind = 'elastic_net', l1_ratio = 0.9, lambda = { path = 20, ratio = 0.02 } }";

/// With a certificate, trajectories end at steps of their own, the same as on the CPU. Where a workgroup sums whether to begin the momentum anew,
/// it rounds otherwise: there it is the solutions that are the same.
#[test]
fn solutions_are_those_of_the_cpu() {
    let tables = tables();
    on_devices("solutions_are_those_of_the_cpu", &tables, |gpu, table| {
        let plan = sweep(table, &PATH.replace("0.02", "0.02, per_draw = true"));
        let options = RunOptions::default();
        let (on_gpu, on_cpu) = (tallies_on(gpu, &plan, &options), tallies(&plan, &options));
        if plan.model.as_ref().is_some_and(|model| model.weights() <= 32) {
            return assert_same(gpu, &on_gpu, &on_cpu, table.0);
        }
        let plain = sweep(table, &format!("{PATH}\noptimizer = {{ kind = 'proximal' }}"));
        assert_same(gpu, &tallies_on(gpu, &plain, &options), &tallies(&plain, &options), table.0);
        let (own, other) = (Regression::of(&plan, on_gpu), Regression::of(&plan, on_cpu));
        for cell in 0..own.cells() {
            let [support, _, objective, residual, ..] = own.whole(cell).spreads[..] else {
                panic!("four measures and more")
            };
            assert!(residual.greatest <= 1.0001e-4, "{}, {cell}: {}", table.0, residual.greatest);
            let [of_cpu, _, same, ..] = other.whole(cell).spreads[..] else { panic!("three measures and more") };
            assert!((objective.mean - same.mean).abs() <= 1e-4 * same.mean, "{cell}: {} {}", objective.mean, same.mean);
            assert!((support.mean - of_cpu.mean).abs() <= 0.4, "{cell}: {} {}", support.mean, of_cpu.mean);
        }
    });
}

#[test]
fn batches_and_slices_show_in_no_tally() {
    let Some(gpu) = gpu("batches_and_slices_show_in_no_tally") else { return };
    for table in &tables()[..2] {
        let plan = sweep(table, PATH);
        let whole = tallies_on(gpu, &plan, &RunOptions::default());
        for (batch, slice) in [(Some(1), None), (Some(33), Some(1)), (None, Some(7)), (Some(7), Some(1000))] {
            let options = RunOptions { batch, slice, ..RunOptions::default() };
            assert_eq!(tallies_on(gpu, &plan, &options), whole, "{batch:?} {slice:?}");
        }
    }
}

/// Whatever befalls a batch: what is delivered is whole, and the same.
#[test]
fn a_fault_shows_in_no_tally() {
    let table = &tables()[0];
    let plan = sweep(table, PATH);
    let options = RunOptions { batch: Some(20), ..RunOptions::default() };
    let Some(whole) = gpu("a_fault_shows_in_no_tally").map(|gpu| tallies_on(gpu, &plan, &options)) else { return };
    for fault in [Fault::Lost, Fault::Panic, Fault::Truncated, Fault::Stalled, Fault::OutOfMemory { above: 1 << 12 }] {
        let injection = Some(Injection { fault, batch: 2, always: false });
        let patience = Some(std::time::Duration::from_secs(if fault == Fault::Stalled { 2 } else { 60 }));
        let Some(gpu) = tampered_gpu("", Tampering { injection, patience, ..Tampering::default() }) else { return };
        assert_eq!(tallies_on(&gpu, &plan, &options), whole, "{fault:?}");
    }
}

/// A driver that ends the loop of steps early again and again gives an error, and no result.
#[test]
fn steps_that_are_always_cut_short_give_an_error() {
    let replace = Some(("taken < job.len".to_owned(), "taken < 0".to_owned()));
    let Some(gpu) =
        tampered_gpu("steps_that_are_always_cut_short_give_an_error", Tampering { replace, ..Tampering::default() })
    else {
        return;
    };
    let plan = sweep(&tables()[0], PATH).by_draw();
    let (cancel, mut delivered) = (Cancel::default(), 0);
    let ended = pollster::block_on(gpu.run(&plan, &RunOptions::default(), &cancel, &mut |_| {
        delivered += 1;
        std::ops::ControlFlow::Continue(())
    }));
    assert!(matches!(ended, Err(GpuError::Truncated { .. })), "{ended:?}");
    assert_eq!(delivered, 0);
}
