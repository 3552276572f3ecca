//! The WGSL backend's own ways: every kernel is valid WGSL, faults are found or made up for, indices of any size are
//! decoded, and nothing runs without an adapter that fits.

use crate::support::{
    covering, gpu, gpu_outcomes, is_exact, on_cpu, on_gpu, outcomes, plan, reference, reference_on, tampered_gpu,
};
use std::ops::ControlFlow;
use zerosweep::backend::gpu::{Gpu, GpuError, Tampering};
use zerosweep::backend::{Cancel, RunOptions};
use zerosweep::kernel::{Kernel, Teams};
use zerosweep::optimizer::Optimizer;
use zerosweep::penalty::GROUP_LASSO;
use zerosweep::problem::{LEAST_SQUARES, LOGISTIC_REGRESSION};
use zerosweep::verdict::Outcome;
use zerosweep::work::Work;

/// Needs no adapter: naga reads and checks kernels that hold every pair of members.
#[test]
fn every_pair_of_members_is_valid_wgsl() {
    for kernel in covering() {
        assert_valid(&kernel.label(), &kernel.wgsl(), &["begin", "compact", "advance", "list", "tally"]);
    }
}

/// The same for kernels of many weights, alone and together, by the Gram matrix and by the rows.
#[test]
fn kernels_of_many_weights_are_valid_wgsl() {
    let shapes = [(1, None), (3, Some(10)), (32, None), (33, None), (130, Some(1000))];
    for (place, kernel) in covering().into_iter().enumerate() {
        let problem = if place % 2 == 0 { &LEAST_SQUARES } else { &LOGISTIC_REGRESSION };
        let kernel = Kernel { problem, optimizer: Optimizer { noise: None, ..kernel.optimizer }, ..kernel };
        let (weights, rows) = shapes[place % shapes.len()];
        let valid = |kernel: Kernel, groups| {
            let text = kernel.wgsl_of_weights(Teams { weights, rows, groups });
            assert_valid(&kernel.label(), &text, &["begin", "advance", "gather"]);
        };
        valid(kernel, 0);
        if kernel.optimizer.penalty_step.is_proximal() {
            valid(Kernel { penalty: &GROUP_LASSO, variant: 0, ..kernel }, weights.div_ceil(2));
        }
    }
}

fn assert_valid(label: &str, text: &str, entries: &[&str]) {
    let module =
        naga::front::wgsl::parse_str(text).unwrap_or_else(|error| panic!("{label}: {}", error.emit_to_string(text)));
    let mut validator =
        naga::valid::Validator::new(naga::valid::ValidationFlags::all(), naga::valid::Capabilities::empty());
    validator.validate(&module).unwrap_or_else(|error| panic!("{label}: {}", error.emit_to_string(text)));
    let found: Vec<_> = module.entry_points.iter().map(|entry| entry.name.as_str()).collect();
    assert_eq!(found, entries);
}

const SLOW: &str = "steps = 90000
    problem = { kind = 'quadratic', target = 0.1 }
    penalty = { kind = 'lk', k = [1.0, 2.0], lambda = 0.5 }
    optimizer = { kind = 'truncated', learning_rate = 2e-5 }
    start = { w = [0.2, 0.9, 1.3, -2.0] }";

/// lavapipe ends loops after 65,535 iterations without a word; a slice that asks for more comes back unfinished and is
/// taken up again.
#[test]
fn a_slice_that_is_cut_short_is_made_up_for() {
    let Some(gpu) = gpu("a_slice_that_is_cut_short_is_made_up_for") else { return };
    let plan = plan(SLOW);
    let options = RunOptions { rows: true, slice: Some(100_000), ..Default::default() };
    let found = outcomes(on_gpu(gpu, &plan, &options).unwrap());
    assert_eq!(found, reference_on(gpu, &plan, 0..plan.trajectories));
}

#[test]
fn a_driver_that_ends_all_loops_gives_an_error_and_no_result() {
    let cut = ("while taken < len && (*course).diverged == NEVER", "while taken < len && (*course).step < 1000");
    let tampering = Tampering { replace: Some((cut.0.to_owned(), cut.1.to_owned())), ..Default::default() };
    let Some(gpu) = tampered_gpu("a_driver_that_ends_all_loops_gives_an_error_and_no_result", tampering) else {
        return;
    };
    let mut delivered = 0;
    let plan = plan(SLOW);
    for rows in [false, true] {
        let options = RunOptions { rows, ..Default::default() };
        let ended = pollster::block_on(gpu.run(&plan, &options, &Default::default(), &mut |_| {
            delivered += 1;
            std::ops::ControlFlow::Continue(())
        }));
        assert!(matches!(ended, Err(GpuError::Truncated { unfinished: 4 })), "{ended:?}");
    }
    assert_eq!(delivered, 0);
}

#[test]
fn a_kernel_that_is_no_wgsl_gives_an_error() {
    let tampering = Tampering {
        replace: Some(("fn advance_state(".to_owned(), "fn advance_stat(".to_owned())),
        ..Default::default()
    };
    let Some(gpu) = tampered_gpu("a_kernel_that_is_no_wgsl_gives_an_error", tampering) else { return };
    let ended = on_gpu(&gpu, &plan(SLOW), &RunOptions::default());
    assert!(matches!(ended, Err(GpuError::Device(_))), "{:?}", ended.map(|_| ()));
}

#[test]
fn tables_that_a_device_cannot_bind_are_refused() {
    let Some(gpu) = gpu("tables_that_a_device_cannot_bind_are_refused") else { return };
    if gpu.record().max_storage_binding != 128 << 20 {
        return;
    }
    let plan = plan(
        "steps = 40
         problem = { kind = 'quadratic', target = { uniform = [-1.0, 1.0], count = 16777216 } }
         penalty = { kind = 'lk', k = 1.0, lambda = 0.1 }
         optimizer = { kind = 'proximal', learning_rate = 0.1 }
         start = { w = { uniform = [-1.0, 1.0], count = 16777216 } }",
    );
    let error = on_gpu(gpu, &plan, &RunOptions::default()).expect_err("too much").to_string();
    let reason = "the values of its axes need 129 MiB and the adapter allows 128 MiB; use --backend cpu";
    assert!(error.ends_with(reason), "{error}");
}

/// Beyond 2^32 trajectories an index no longer fits the device's integers.
#[test]
fn trajectories_beyond_two_to_the_32_are_the_right_ones() {
    let plan = plan(
        "steps = 40
         problem = { kind = 'quadratic', curvature = [0.5, 1.0, 2.0], target = { uniform = [-1.0, 1.0], count = 5003 } }
         penalty = { kind = 'lk', k = 1.0, lambda = { log_uniform = [0.01, 1.0], count = 3001 } }
         optimizer = { kind = 'proximal', learning_rate = 0.1 }
         start = { w = { uniform = [-5.0, 5.0], count = 1009 } }",
    );
    assert!(plan.trajectories > 10 << 32);
    let cell = plan.trajectories / 3;
    let ranges =
        [(1 << 32) - 700, 9 << 32, cell - 1000, 2 * cell - 333, plan.trajectories - 1500].map(|at| at..at + 1500);
    for range in ranges {
        let expected = reference(&plan, range.clone());
        let options = RunOptions { rows: true, work: Some(Work::of_range(&plan, range.clone())), ..Default::default() };
        assert_eq!(outcomes(on_cpu(&plan, &options)), expected, "CPU, {range:?}");
        if let Some(gpu) = gpu("trajectories_beyond_two_to_the_32_are_the_right_ones") {
            let found = gpu_outcomes(gpu, &plan, range.clone());
            if is_exact(gpu) {
                assert_eq!(found, expected, "GPU, {range:?}");
            }
            // The bound of parity.rs, 2^-17 W / (1 - rho), with W <= 5 and rho <= 0.95; other trajectories are further off.
            let differ = |(a, b): (&Outcome, &Outcome)| (a.last - b.last).abs() > 8e-4;
            assert!(!found.iter().zip(&expected).any(differ), "GPU, {range:?}");
        }
    }
}

/// More workgroups than one dimension of a dispatch may have are laid out over two.
#[test]
fn wide_dispatches_are_folded() {
    let tampering = Tampering { max_width: Some(3), ..Default::default() };
    let Some(gpu) = tampered_gpu("wide_dispatches_are_folded", tampering) else { return };
    let plan = plan(
        "steps = 30
         penalty = { kind = 'lk', k = 1.0, lambda = [0.1, 0.2] }
         optimizer = { kind = 'subgradient', learning_rate = 0.5 }
         start = { w = { uniform = [-1.0, 1.0], count = 1777 } }",
    );
    assert_eq!(gpu_outcomes(&gpu, &plan, 0..plan.trajectories), reference(&plan, 0..plan.trajectories));
    let tallied = on_gpu(&gpu, &plan, &RunOptions::default()).unwrap();
    assert_eq!(
        crate::support::cells_csv(&plan, tallied),
        crate::support::cells_csv(&plan, on_cpu(&plan, &RunOptions::default()))
    );
}

#[test]
fn a_batch_that_does_not_fit_says_so() {
    let Some(gpu) = gpu("a_batch_that_does_not_fit_says_so") else { return };
    let plan = plan(
        "steps = 1
         penalty = { kind = 'lk', k = 1.0, lambda = { uniform = [0.0, 1.0], count = 100000 } }
         optimizer = { kind = 'subgradient', learning_rate = 0.5 }
         start = { w = { uniform = [-1.0, 1.0], count = 100000 } }",
    );
    // Room is made before the first batch, and none follows a wish to stop.
    let stop = Cancel::default();
    stop.raise();
    let run = |batch| {
        let options = RunOptions { batch: Some(batch), ..Default::default() };
        pollster::block_on(gpu.run(&plan, &options, &stop, &mut |_| ControlFlow::Continue(())))
    };
    let error = run(1 << 30).unwrap_err();
    let GpuError::Memory { needed, allowed, most, .. } = error else { panic!("{error}") };
    let adapter = &gpu.record().name;
    let mib = |bytes: u64| bytes as f64 / 1048576.0;
    assert_eq!(
        error.to_string(),
        format!(
            "batch needs {} MiB but adapter \"{adapter}\" allows {} MiB; lower --batch to {most}",
            mib(needed).ceil(),
            mib(allowed).floor()
        )
    );
    assert!(run(most).is_ok());
    assert!(matches!(run(most + 1), Err(GpuError::Memory { .. })));
}

#[test]
fn an_adapter_that_is_not_there_is_named() {
    let Err(error) = pollster::block_on(Gpu::open(Some("no such adapter"))) else { panic!("it opened") };
    let text = error.to_string();
    assert!(text.starts_with("no adapter's name contains \"no such adapter\": "), "{text}");
    assert!(text.ends_with("; see `zerosweep adapters`"), "{text}");
}
