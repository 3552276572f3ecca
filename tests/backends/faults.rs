//! Faults of a device, injected: each ends in the same bytes as an undisturbed run, or in an error that says what to do.

use crate::support::{cells_csv, on_cpu, outcomes, plan, reference_on, tampered_gpu};
use rayon::prelude::*;
use std::ops::ControlFlow;
use std::time::Duration;
use zerosweep::backend::gpu::{Fault, Gpu, GpuError, Injection, Tampering};
use zerosweep::backend::{Batch, Cancel, Ending, RunOptions};
use zerosweep::plan::Plan;
use zerosweep::work::Work;

/// Two sections; 4 batches of 4,096 trajectories in each.
const SWEEP: &str = "steps = 50
    penalty = { kind = 'lk', k = [1.0, 2.0], lambda = { geomspace = [0.01, 1.0, 8] } }
    optimizer = { kind = 'proximal', learning_rate = 0.1 }
    start = { w = { uniform = [-2.0, 2.0], count = 2048 } }";

const BATCH: u64 = 4096;

struct Ended {
    ending: Result<Ending, GpuError>,
    batches: Vec<Batch>,
}

/// The sweep on a device that suffers `fault` at its third batch, and always afterwards or once.
fn run(test: &str, plan: &Plan, fault: Fault, always: bool) -> Option<Ended> {
    let injection = Some(Injection { fault, batch: 2, always });
    let patience = (fault == Fault::Stalled).then_some(Duration::from_secs(1));
    let gpu = tampered_gpu(test, Tampering { injection, patience, ..Default::default() })?;
    Some(run_on(&gpu, plan))
}

fn run_on(gpu: &Gpu, plan: &Plan) -> Ended {
    let mut batches = Vec::new();
    let options = RunOptions { batch: Some(BATCH), ..Default::default() };
    let ending = pollster::block_on(gpu.run(plan, &options, &Cancel::default(), &mut |batch| {
        batches.push(batch);
        ControlFlow::Continue(())
    }));
    Ended { ending, batches }
}

const RECOVERABLE: [Fault; 5] =
    [Fault::Lost, Fault::Panic, Fault::Stalled, Fault::Truncated, Fault::OutOfMemory { above: BATCH / 4 }];

#[test]
fn a_fault_that_passes_leaves_no_trace() {
    let plan = plan(SWEEP);
    let undisturbed = cells_csv(&plan, on_cpu(&plan, &RunOptions::default()));
    for fault in RECOVERABLE {
        let Some(ended) = run("a_fault_that_passes_leaves_no_trace", &plan, fault, false) else { return };
        assert!(matches!(ended.ending, Ok(Ending::Complete)), "{fault:?}: {:?}", ended.ending);
        let firsts: Vec<_> = ended.batches.iter().map(|batch| batch.first).collect();
        let expected: Vec<_> = match fault {
            // The batch is run again where it is.
            Fault::Truncated => (0..8).map(|batch| batch * BATCH).collect(),
            // Batch 1 was read before anyone asked for what never comes of batch 2.
            Fault::Stalled => [0, BATCH].into_iter().chain((4..16).map(|half| half * BATCH / 2)).collect(),
            // Batch 1 was read too late: halves from there on.
            _ => [0].into_iter().chain((2..16).map(|half| half * BATCH / 2)).collect(),
        };
        assert_eq!(firsts, expected, "{fault:?}");
        assert!(cells_csv(&plan, ended.batches) == undisturbed, "{fault:?}: other results");
    }
}

#[test]
fn lack_of_memory_halves_batches_until_they_fit() {
    let plan = plan(SWEEP);
    let fault = Fault::OutOfMemory { above: BATCH / 4 };
    let Some(ended) = run("lack_of_memory_halves_batches_until_they_fit", &plan, fault, true) else { return };
    let sizes: Vec<_> = ended.batches.iter().map(|batch| batch.trajectories).collect();
    assert_eq!(sizes, [vec![BATCH], vec![BATCH / 4; 28]].concat());
    assert_eq!(cells_csv(&plan, ended.batches), cells_csv(&plan, on_cpu(&plan, &RunOptions::default())));
}

#[test]
fn a_fault_that_stays_is_an_error_and_ends_the_results() {
    let plan = plan(SWEEP);
    let cases = [
        (
            Fault::Panic,
            "the device was lost and not recovered: injected; run again with a smaller --batch, or with --backend cpu",
        ),
        (
            Fault::Stalled,
            "the device did not finish within 1 seconds, nor in smaller batches; run again with a smaller --batch, or \
             with --backend cpu",
        ),
        (
            Fault::OutOfMemory { above: 0 },
            "the device is out of memory, however small the batches; close other programs that use it, or use \
             --backend cpu",
        ),
    ];
    // They mostly wait.
    cases.into_par_iter().for_each(|(fault, text)| {
        let Some(ended) = run("a_fault_that_stays_is_an_error_and_ends_the_results", &plan, fault, true) else {
            return;
        };
        assert_eq!(ended.ending.unwrap_err().to_string(), text);
        let delivered: Vec<_> = ended.batches.iter().map(|batch| (batch.first, batch.trajectories)).collect();
        let before = if fault == Fault::Stalled { vec![(0, BATCH), (BATCH, BATCH)] } else { vec![(0, BATCH)] };
        assert_eq!(delivered, before, "{fault:?}");
    });
}

/// What a driver says of a lost device is its own.
#[test]
fn a_device_that_is_always_lost_is_an_error() {
    let plan = plan(SWEEP);
    let Some(ended) = run("a_device_that_is_always_lost_is_an_error", &plan, Fault::Lost, true) else { return };
    let text = ended.ending.unwrap_err().to_string();
    assert!(text.starts_with("the device was lost and not recovered: "), "{text}");
    assert!(text.ends_with("; run again with a smaller --batch, or with --backend cpu"), "{text}");
    assert_eq!(ended.batches.len(), 1);
}

/// A command that is not valid is a fault of the program or the driver: nothing is gained by trying again.
#[test]
fn a_refused_command_ends_the_run_at_once() {
    let plan = plan(SWEEP);
    let Some(ended) = run("a_refused_command_ends_the_run_at_once", &plan, Fault::Refused, false) else { return };
    let text = ended.ending.unwrap_err().to_string();
    let start = "the device refused a command; update the driver, or use --backend cpu: Validation Error\n";
    assert!(text.starts_with(start), "{text}");
    assert!(text.contains("label = 'refused'") && text.contains("MAP_READ"), "{text}");
    assert_eq!(ended.batches.len(), 1);
}

#[test]
fn a_device_is_of_use_again_after_an_error() {
    let injection = Some(Injection { fault: Fault::OutOfMemory { above: 0 }, batch: 0, always: false });
    let tampering = Tampering { injection, ..Default::default() };
    let Some(gpu) = tampered_gpu("a_device_is_of_use_again_after_an_error", tampering) else { return };
    // Batches of 100 are not halved.
    let small = plan(
        "steps = 9\npenalty = { kind = 'lk', k = 1.0, lambda = 0.1 }
        optimizer = { kind = 'proximal', learning_rate = 0.1 }\nstart = { w = { uniform = [-1.0, 1.0], count = 100 } }",
    );
    let ended = run_on(&gpu, &small);
    assert!(matches!(ended.ending, Err(GpuError::OutOfMemory)) && ended.batches.is_empty(), "{:?}", ended.ending);
    assert_eq!(crate::support::gpu_outcomes(&gpu, &small, 0..100), reference_on(&gpu, &small, 0..100));
}

/// A range is taken up where it was left, not where the sweep begins.
#[test]
fn a_part_of_a_sweep_recovers_as_that_part() {
    let plan = plan(SWEEP);
    let injection = Some(Injection { fault: Fault::Lost, batch: 2, always: false });
    let tampering = Tampering { injection, ..Default::default() };
    let Some(gpu) = tampered_gpu("a_part_of_a_sweep_recovers_as_that_part", tampering) else { return };
    let range = 5000..27_001;
    let options = RunOptions {
        batch: Some(BATCH),
        rows: true,
        work: Some(Work::of_range(&plan, range.clone())),
        ..Default::default()
    };
    let found = outcomes(crate::support::on_gpu(&gpu, &plan, &options).unwrap());
    assert_eq!(found, reference_on(&gpu, &plan, range));
}
