//! Steps per second of every kernel, events tracked: `cargo bench`, or `cargo bench -- gpu NAME` for the adapter NAME.
//!
//! The work: a quadratic loss of curvature 1, 16 targets from -2 to 2, 16 lambdas from 0.1 to 1.54, 1,000 starts from -1
//! to 1, learning rate 0.001, 1,000 steps. The rate is so small that no trajectory comes to rest or to a cycle within the
//! steps, so the driver skips none of them. The same work in JAX: `benches/jax_steps.py`.

use std::ops::ControlFlow;
use std::time::Instant;
use zerosweep::backend::gpu::Gpu;
use zerosweep::backend::{Batch, Cancel, RunOptions, cpu};
use zerosweep::optimizer::{PROXIMAL, SUBGRADIENT, TRUNCATED};
use zerosweep::plan::Plan;
use zerosweep::spec::{Format, Spec};

/// Runs of each kernel; the median is printed.
const RUNS: usize = 5;

/// Kernels that run in stages, by a word for each: their penalties, and their optimizers but for the learning rate.
const STAGED: [(&str, &str, &str); 6] = [
    ("heavy_ball", L1, "kind = 'heavy_ball', penalty_step = 'in_loss', momentum = 0.9"),
    ("heavy_ball_noise", L1, "kind = 'heavy_ball', penalty_step = 'in_loss', momentum = 0.9, noise = { normal = 0.1 }"),
    ("adam", L1, "kind = 'adam', penalty_step = 'in_loss'"),
    ("adam_noise", L1, "kind = 'adam', penalty_step = 'in_loss', noise = { normal = 0.1 }"),
    ("mcp", "kind = 'mcp'", "kind = 'proximal'"),
    ("scad", "kind = 'scad'", "kind = 'proximal'"),
];

const L1: &str = "kind = 'lk', k = 1.0";

const EXPONENTS: [&str; 9] = ["0.5", "0.6666667", "1", "1.5", "2", "3", "10", "0.7", "1.3"];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let gpu = (arguments.first().map(String::as_str) == Some("gpu")).then(|| {
        let name = arguments.get(1).map(String::as_str);
        pollster::block_on(Gpu::open(name)).unwrap_or_else(|error| panic!("{error}"))
    });
    match &gpu {
        Some(gpu) => println!("# {}, {}", gpu.record().name, gpu.record().driver_version),
        None => println!("# cpu, {} threads, {}", cpu::available_threads(), cpu::Vectors::widest().name()),
    }
    println!("{:<17} {:>10} {:>14} {:>14}", "optimizer", "k", "Gsteps/s", "best");
    let measure = |name: &str, k: &str, plan: Plan| {
        let mut rates: Vec<f64> = (0..RUNS).map(|_| plan.steps() as f64 / seconds(&plan, gpu.as_ref()) / 1e9).collect();
        rates.sort_by(f64::total_cmp);
        println!("{name:<17} {k:>10} {:>14.2} {:>14.2}", rates[RUNS / 2], rates[RUNS - 1]);
    };
    for optimizer in [&SUBGRADIENT, &TRUNCATED, &PROXIMAL].map(|kind| kind.member.kind) {
        for k in EXPONENTS {
            measure(optimizer, k, work(&format!("kind = 'lk', k = {k}"), &format!("kind = '{optimizer}'")));
        }
    }
    for (name, penalty, optimizer) in STAGED {
        measure(name, if penalty == L1 { "1" } else { "-" }, work(penalty, optimizer));
    }
}

fn work(penalty: &str, optimizer: &str) -> Plan {
    let text = format!(
        "name = 'steps'\nsteps = 1000\n\
         problem = {{ kind = 'quadratic', curvature = 1.0, target = {{ linspace = [-2.0, 2.0, 16] }} }}\n\
         penalty = {{ {penalty}, lambda = {{ geomspace = [0.1, 1.54, 16] }} }}\n\
         optimizer = {{ {optimizer}, learning_rate = 0.001 }}\n\
         start = {{ w = {{ linspace = [-1.0, 1.0, 1000] }} }}\n\
         report = {{ pool = ['start.w'] }}"
    );
    Plan::new(&Spec::parse(&text, Format::Toml, "steps", &[]).unwrap_or_else(|error| panic!("{error}")).spec)
}

fn seconds(plan: &Plan, gpu: Option<&Gpu>) -> f64 {
    let (options, cancel) = (RunOptions::default(), Cancel::default());
    let mut counted = 0;
    let mut count = |batch: Batch| {
        counted += batch.tallies.iter().map(|(_, tally)| tally.trajectories).sum::<u64>();
        ControlFlow::Continue(())
    };
    let began = Instant::now();
    match gpu {
        Some(gpu) => {
            _ = pollster::block_on(gpu.run(plan, &options, &cancel, &mut count)).unwrap_or_else(|e| panic!("{e}"))
        }
        None => _ = cpu::run(plan, &options, &cancel, &mut count),
    }
    let seconds = began.elapsed().as_secs_f64();
    assert_eq!(counted, plan.trajectories);
    seconds
}
