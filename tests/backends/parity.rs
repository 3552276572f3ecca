//! CPU against GPU. A driver may fuse a product and a sum and may round a division otherwise, so single steps are compared
//! within a budget, and whole runs by what rounding can do.
//!
//! The bound. A step is at most 16 roundings of terms no larger than W, the largest of |w_n|, |target| and lambda; each
//! is off by at most 2.5 ULP (WGSL's division), so two devices' steps differ by at most 80 * 2^-24 W < 2^-17 W. Where the
//! update contracts by rho = 1 - eta a (the proximal and truncated rules of a convex penalty, eta a <= 1), differences
//! add up to at most 2^-17 W / (1 - rho): two devices run trajectories whose starts, targets and lambdas differ by no more
//! than that. So a fate may differ between devices only where it differs between such neighbours on one device.

use crate::support::{cpu_outcomes, gpu, gpu_outcomes, is_exact, numbers, plan, tampered_gpu};
use std::sync::LazyLock;
use zerosweep::backend::gpu::{Gpu, Tampering};
use zerosweep::plan::Plan;
use zerosweep::verdict::{NEVER, Outcome};

const EVERY_K: [f32; 12] = [0.1, 0.5, 0.6666667, 0.9, 1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 10.0];

#[test]
fn single_steps_agree_within_the_budget() {
    let Some(gpu) = gpu("single_steps_agree_within_the_budget") else { return };
    for optimizer in ["subgradient", "truncated", "proximal"] {
        for k in EVERY_K {
            let plan = plan(&format!(
                "steps = 1
                 problem = {{ kind = 'quadratic', curvature = 1.0, target = {{ linspace = [-2.0, 2.0, 9] }} }}
                 penalty = {{ kind = 'lk', k = {k}, lambda = {{ geomspace = [0.01, 4.0, 9] }} }}
                 optimizer = {{ kind = '{optimizer}', learning_rate = 0.3 }}
                 start = {{ w = {{ uniform = [-3.0, 3.0], count = 200 }} }}"
            ));
            let (on_cpu, on_gpu) =
                (cpu_outcomes(&plan, 0..plan.trajectories), gpu_outcomes(gpu, &plan, 0..plan.trajectories));
            for (index, (cpu, gpu)) in on_cpu.iter().zip(&on_gpu).enumerate() {
                let (section, local) = plan.locate(index as u64).unwrap();
                let point = section.at(local);
                // A threshold (of truncation, or of a proximal map for k <= 1) may be met on one side alone.
                let jumps = (cpu.last == 0.0) != (gpu.last == 0.0);
                let [_, target, _, lambda, ..] = numbers(section.kernel, &point).map(|x| x as f32);
                let size = point.start.abs().max(target.abs()).max(cpu.last.abs());
                let budget = (-17f32).exp2() * size.max(lambda);
                assert!(
                    jumps || (cpu.last - gpu.last).abs() <= budget,
                    "{optimizer}, k = {k}, {point:?}: {} on the CPU, {} on the GPU",
                    cpu.last,
                    gpu.last
                );
            }
            let jumps = on_cpu.iter().zip(&on_gpu).filter(|(cpu, gpu)| (cpu.last == 0.0) != (gpu.last == 0.0)).count();
            assert!(jumps <= 3, "{optimizer}, k = {k}: {jumps} steps land on one device alone");
        }
    }
}

/// Where 0 and another minimiser tie, the proximal map is 0 on every device: for k = 1/2, 2/3 and 3/4 at u = m^3, 3/2 m^4 and
/// 2 m^5 and |x| = 3/2 m^2, 2 m^3 and 5/2 m^4.
#[test]
fn ties_are_zero_on_both() {
    for (k, of_u, of_x, powers) in
        [("0.5", 1.0, 1.5, [3, 2]), ("0.6666667", 1.5, 2.0, [4, 3]), ("0.75", 2.0, 2.5, [5, 4])]
    {
        // All of u and |x| is exact in f32.
        let sizes: Vec<f32> = (1..=21).map(|m| m as f32 / 8.0).collect();
        let list = |of: f32, power| format!("{:?}", sizes.iter().map(|m: &f32| of * m.powi(power)).collect::<Vec<_>>());
        let plan = plan(&format!(
            "steps = 1
             penalty = {{ kind = 'lk', k = {k}, lambda = {} }}
             optimizer = {{ kind = 'proximal', learning_rate = 1.0 }}
             start = {{ w = {} }}
             report = {{ maps = [] }}",
            list(of_u, powers[0]),
            list(of_x, powers[1])
        ));
        // Neither of the two axes is pooled, so each lambda meets each start.
        let ties = (0..sizes.len()).map(|m| m * sizes.len() + m);
        let assert_zero = |outcomes: &[Outcome], device: &str| {
            ties.clone().for_each(|tie| {
                assert_eq!(outcomes[tie].last, 0.0, "k = {k}, {} on the {device}", sizes[tie % sizes.len()])
            });
        };
        assert_zero(&cpu_outcomes(&plan, 0..plan.trajectories), "CPU");
        let Some(gpu) = gpu("ties_are_zero_on_both") else { continue };
        assert_zero(&gpu_outcomes(gpu, &plan, 0..plan.trajectories), "GPU");
    }
}

const RATE: f32 = 0.05;

/// A sweep of contracting updates around the boundary |target| = lambda / curvature, moved by the given shares.
fn boundary_sweep(start: f64, target: f64, lambda: f64) -> Plan {
    let scaled = |low: f64, high: f64, by: f64| format!("[{:?}, {:?}, 33]", low * (1.0 + by), high * (1.0 + by));
    plan(&format!(
        "steps = 600
         problem = {{ kind = 'quadratic', curvature = 1.0, target = {{ linspace = {} }} }}
         penalty = {{ kind = 'lk', k = [0.5, 1.0, 1.5, 2.0], lambda = {{ linspace = {} }} }}
         optimizer = {{ kind = ['truncated', 'proximal'], learning_rate = {RATE} }}
         start = {{ w = {{ linspace = {} }} }}
         zero = {{ tolerances = [0.01, 0.1] }}
         report = {{ maps = [] }}",
        scaled(-1.0, 1.0, target),
        scaled(0.03125, 1.03125, lambda),
        scaled(-4.0, 4.0, start),
    ))
}

fn cpu_fates(plan: &Plan) -> Vec<u32> {
    fates(&cpu_outcomes(plan, 0..plan.trajectories))
}

/// What becomes of the boundary sweep's trajectories on the CPU, and of six neighbours of each.
static ON_CPU: LazyLock<(Vec<u32>, Vec<Vec<u32>>)> = LazyLock::new(|| {
    let reach = (-17f64).exp2() / f64::from(RATE);
    let moved = [(1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)];
    let near = |(start, target, lambda)| {
        [reach, -reach].map(|by| cpu_fates(&boundary_sweep(start * by, target * by, lambda * by)))
    };
    (cpu_fates(&boundary_sweep(0.0, 0.0, 0.0)), moved.into_iter().flat_map(near).collect())
});

fn fates(outcomes: &[Outcome]) -> Vec<u32> {
    outcomes.iter().map(|outcome| outcome.fate).collect()
}

/// Trajectories whose fate differs, all of which must lie within rounding of a boundary.
fn differences_within_rounding(gpu: &Gpu) -> usize {
    let (on_cpu, neighbours) = &*ON_CPU;
    let plan = boundary_sweep(0.0, 0.0, 0.0);
    let on_gpu = fates(&gpu_outcomes(gpu, &plan, 0..plan.trajectories));
    let differing: Vec<usize> = (0..on_cpu.len()).filter(|&index| on_cpu[index] != on_gpu[index]).collect();
    for &index in &differing {
        let (section, local) = plan.locate(index as u64).unwrap();
        assert!(
            neighbours.iter().any(|fates| fates[index] != on_cpu[index]),
            "{} at {:?}: fate {} on the CPU and on all its neighbours, {} on the GPU",
            section.kernel.label(),
            section.at(local),
            on_cpu[index],
            on_gpu[index]
        );
    }
    differing.len()
}

#[test]
fn fates_differ_only_within_rounding_of_a_boundary() {
    let Some(gpu) = gpu("fates_differ_only_within_rounding_of_a_boundary") else { return };
    differences_within_rounding(gpu);
}

/// The bound is put to the test by a kernel that is off by two thirds of it (5e-6 W a step): some trajectories then do
/// end otherwise, and all of them lie at a boundary.
#[test]
fn a_driver_that_rounds_otherwise_stays_within_the_bound() {
    let replace = (
        "return curvature * (w - target_weight);".to_owned(),
        "return curvature * w - curvature * target_weight + 1.0e-4 * w;".to_owned(),
    );
    let tampering = Tampering { replace: Some(replace), ..Default::default() };
    let Some(gpu) = tampered_gpu("a_driver_that_rounds_otherwise_stays_within_the_bound", tampering) else { return };
    assert!(differences_within_rounding(&gpu) > 0, "this kernel should round otherwise somewhere");
}

#[test]
#[should_panic(expected = "on the CPU and on all its neighbours")]
fn a_driver_that_is_wrong_does_not_pass_for_rounding() {
    let replace = (
        "return curvature * (w - target_weight);".to_owned(),
        "return curvature * (w - 0.99 * target_weight);".to_owned(),
    );
    let tampering = Tampering { replace: Some(replace), ..Default::default() };
    match tampered_gpu("a_driver_that_is_wrong_does_not_pass_for_rounding", tampering) {
        Some(gpu) => _ = differences_within_rounding(&gpu),
        None => panic!("left out: on the CPU and on all its neighbours"),
    }
}

/// Runs of 100,000 steps, with landings after step 65,535: on software adapters, whose products and sums are IEEE's, to the
/// last bit; on all, landings at the step that the mathematics gives.
#[test]
fn long_runs_agree() {
    let rate = 2e-5;
    let plan = plan(&format!(
        "steps = 100000
         problem = {{ kind = 'quadratic', curvature = 1.0, target = [0.0, 0.1, 0.2] }}
         penalty = {{ kind = 'lk', k = 1.0, lambda = [0.4, 0.5] }}
         optimizer = {{ kind = ['proximal', 'truncated', 'subgradient'], learning_rate = {rate} }}
         start = {{ w = [0.2, 0.9, 1.0, 1.1, 1.3] }}
         report = {{ maps = [] }}"
    ));
    let on_cpu = cpu_outcomes(&plan, 0..plan.trajectories);
    let mut late = 0;
    for (index, outcome) in on_cpu.iter().enumerate() {
        let (section, local) = plan.locate(index as u64).unwrap();
        let point = section.at(local);
        let [_, t, _, u, _, w] = numbers(section.kernel, &point);
        let expected = ((1.0 + w / (u - t)).ln() / -(-f64::from(rate as f32)).ln_1p()).ceil();
        if expected > 100_000.0 {
            assert_eq!(outcome.first_crossing, NEVER, "{point:?}");
            continue;
        }
        // n steps round w to 24 bits each, at most n 2^-25 |w_0| in all, and w falls by eta (u - t) a step at zero.
        let slack = 2.0 + expected * (-25f64).exp2() * w / (f64::from(rate as f32) * (u - t));
        assert!(
            (f64::from(outcome.first_crossing) - expected).abs() <= slack,
            "{point:?}: {outcome:?}, not {expected}"
        );
        late += usize::from(outcome.first_crossing > 65_535);
    }
    assert!(late >= 10, "only {late} landings after step 65,535");
    if let Some(gpu) = gpu("long_runs_agree") {
        let on_gpu = gpu_outcomes(gpu, &plan, 0..plan.trajectories);
        if is_exact(gpu) {
            assert_eq!(on_cpu, on_gpu);
        } else {
            assert_eq!(fates(&on_cpu), fates(&on_gpu));
        }
    }
}
