use std::ops::ControlFlow;
use zerosweep::backend::{self, Cancel, RunOptions};
use zerosweep::optimizer::Optimizer;
use zerosweep::penalty::Penalty;
use zerosweep::plan::Plan;
use zerosweep::problem::Problem;
use zerosweep::spec::*;
fn axis(path: &str, values: Vec<f32>) -> Axis {
    Axis { path: path.into(), values, spacing: Spacing::List }
}
fn main() {
    let gpu = std::env::args()
        .any(|a| a == "gpu")
        .then(|| pollster::block_on(backend::gpu::Gpu::open(Some("llvmpipe"))).unwrap());
    println!("{} {}", backend::cpu::Vectors::widest().name(), backend::cpu::available_threads());
    for opt in [Optimizer::Subgradient, Optimizer::Proximal] {
        for k in [0.5, 2.0 / 3.0, 1.0, 1.5, 2.0, 3.0, 10.0, 0.7, 1.3] {
            let n = 1000;
            let spec = Spec {
                name: "b".into(),
                steps: 1000,
                problems: vec![Choice {
                    kind: Problem::Quadratic,
                    parameters: vec![
                        axis("problem.curvature", vec![1.0]),
                        axis("problem.target", (0..16).map(|i| -2.0 + 4.0 * i as f32 / 15.0).collect()),
                    ],
                }],
                penalties: vec![Choice {
                    kind: Penalty::Lk,
                    parameters: vec![
                        axis("penalty.k", vec![k]),
                        axis("penalty.lambda", (0..16).map(|i| 0.1 * 1.2f32.powi(i)).collect()),
                    ],
                }],
                optimizers: vec![Choice { kind: opt, parameters: vec![axis("optimizer.learning_rate", vec![1e-3])] }],
                start: axis("start.w", (0..n).map(|i| -5.0 + 10.0 * (i as f32 + 0.5) / n as f32).collect()),
                zero: ZeroRule { tolerances: vec![1e-3, 1e-6], divergence: 1e6, tail: 100 },
                report: Report { pool: vec!["start.w".into()], maps: None },
            };
            let plan = Plan::new(&spec);
            let mut best = f64::MAX;
            let mut all = vec![];
            let mut tally = zerosweep::verdict::Tally::default();
            for _ in 0..5 {
                tally = Default::default();
                let t = std::time::Instant::now();
                let mut sink = |b: backend::Batch| {
                    for (_, t) in &b.tallies {
                        tally.merge(t)
                    }
                    ControlFlow::Continue(())
                };
                match &gpu {
                    Some(g) => {
                        pollster::block_on(g.run(&plan, &RunOptions::default(), &Cancel::default(), &mut sink))
                            .unwrap();
                    }
                    None => {
                        backend::cpu::run(&plan, &RunOptions::default(), &Cancel::default(), &mut sink);
                    }
                }
                let d = t.elapsed().as_secs_f64();
                all.push(d);
                best = best.min(d);
            }
            all.sort_by(f64::total_cmp);
            println!(
                "{:?} k={k} best {:.2} median {:.2} Gsteps/s {:?} crossed {}",
                opt,
                plan.steps() as f64 / best / 1e9,
                plan.steps() as f64 / all[2] / 1e9,
                tally.fates,
                tally.crossed
            );
        }
    }
}
