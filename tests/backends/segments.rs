//! Quiet segments overlook nothing: an event of one bit, at any step of a segment and alone in it, shows in the outcome of
//! both drivers as in that of the definitions.

use crate::support::{Steps, cpu_outcomes, gpu, gpu_outcomes, plan, reference, reference_on};
use zerosweep::plan::Plan;

/// Steps of a segment.
const SEGMENT: usize = 32;

/// Where `rounds` is false f32 holds every number on the way, so that all devices compute alike.
fn assert_conform(test: &str, plans: &[Plan], rounds: bool) {
    for plan in plans {
        let all = 0..plan.trajectories;
        let expected = reference(plan, all.clone());
        assert_eq!(cpu_outcomes(plan, all.clone()), expected, "CPU");
        if let Some(gpu) = gpu(test) {
            let expected = if rounds { reference_on(gpu, plan, all.clone()) } else { expected };
            assert_eq!(gpu_outcomes(gpu, plan, all), expected, "GPU");
        }
    }
}

/// Events at the ends of quiet segments and of their groups of steps, to the bit: k = 2 halves a weight, or doubles and flips
/// it, exactly, and k = 1 takes an eighth off, so each start comes to a threshold after a known number of steps.
fn seams() -> Vec<Plan> {
    let counts = [0, 1, 2, 3, 4, 5, 30, 31, 32, 33, 34, 63, 64, 65];
    let beside = |w: f32| [w, w.next_up(), w.next_down(), w.next_down().next_down()];
    let towards = |size: i32, way: i32| {
        let starts = counts.iter().flat_map(|n| beside(2f32.powi(size + way * n)));
        starts.filter(|w| w.is_normal()).collect()
    };
    let eighths =
        counts.iter().flat_map(|&n| [n as f32 / 8.0, (n as f32 + 0.5) / 8.0, -(n as f32 + 1.0) / 8.0]).collect();
    let sweep = |k: f32, lambda: f32, rate: f32, starts: Vec<f32>, tail: u32| {
        plan(&format!(
            "steps = 100
             penalty = {{ kind = 'lk', k = {k:?}, lambda = {lambda:?} }}
             optimizer = {{ kind = 'subgradient', learning_rate = {rate:?} }}
             start = {{ w = {starts:?} }}
             zero = {{ tail = {tail}, tolerances = [9.5367431640625e-7], divergence = 1048576.0 }}"
        ))
    };
    vec![
        sweep(2.0, 0.5, 0.5, towards(-126, 1), 10),
        sweep(2.0, 0.5, 0.5, towards(-64, 1), 36),
        sweep(2.0, 0.5, 0.5, towards(-20, 1), 10),
        sweep(2.0, 3.0, 0.5, towards(20, -1), 4),
        sweep(1.0, 1.0, 0.125, eighths, 4),
        // The only reversals of a tail beside the seam of its two segments.
        sweep(1.0, 1.0, 0.125, (90..=100u16).map(|n| (0.5 - f32::from(n)) / 8.0).collect(), 34),
        // Two whole workgroups.
        sweep(1.0, 1.0, 0.125, (1..=128u16).map(|n| f32::from(n) / 16.0).collect(), 4),
    ]
}

/// eta a = 1 and eta lambda = t: t and 0 take turns for ever, so that the largest iterate is the start; within the tolerance
/// from the first, so that the landing alone is new.
#[test]
fn a_landing_from_a_cycle_through_zero_is_seen() {
    let cycle = plan(
        "steps = 100
         problem = { kind = 'quadratic', curvature = 1.0, target = 0.25 }
         penalty = { kind = 'lk', k = 1.0, lambda = 0.25 }
         optimizer = { kind = 'subgradient', learning_rate = 1.0 }
         start = { w = [0.25, 0.5, 0.0] }
         zero = { tail = 4, tolerances = [0.5] }",
    );
    assert_conform("a_landing_from_a_cycle_through_zero_is_seen", &[cycle], false);
}

#[test]
fn events_beside_the_seams_of_segments_conform() {
    assert_conform("events_beside_the_seams_of_segments_conform", &seams(), false);
}

/// w - (a (w - t) + 3 lambda w |w|) / 2: for w > 0 a quadratic map, chaotic here, so that its largest, its smallest and its
/// only negative iterate comes at any step that is looked for. These are a, t and lambda.
const WANDERER: [f32; 3] = [0.1, 32.1, 2.0 / 3.0];

/// w_1 to w_32 from a start.
fn iterates(start: f32) -> Vec<f32> {
    let plan = run(start, 1e-6, 1e6);
    let section = &plan.sections[0];
    let mut steps = Steps::new(section.kernel, &section.at(0));
    (0..SEGMENT).map(|_| steps.next()).collect()
}

/// For every step of a segment a start in (0.2, 2) whose event comes there, with the iterate there.
fn starts(event: impl Fn(&[f32]) -> Option<usize>) -> Vec<(f32, f32)> {
    let mut found = vec![None; SEGMENT];
    for start in (1..40_000u16).map(|i| 0.2 + 1.8 * f32::from(i) / 40_000.0) {
        let iterates = iterates(start);
        if let Some(at) = event(&iterates) {
            found[at].get_or_insert((start, iterates[at]));
        }
    }
    found.into_iter().map(|found| found.expect("some start should have its event at each step")).collect()
}

/// A run of three segments between these bounds.
fn run(start: f32, tolerance: f32, divergence: f32) -> Plan {
    let [curvature, target, lambda] = WANDERER;
    plan(&format!(
        "steps = 96
         problem = {{ kind = 'quadratic', curvature = {curvature:?}, target = {target:?} }}
         penalty = {{ kind = 'lk', k = 3.0, lambda = {lambda:?} }}
         optimizer = {{ kind = 'subgradient', learning_rate = 0.5 }}
         start = {{ w = {start:?} }}
         zero = {{ tail = 4, tolerances = [{tolerance:?}], divergence = {divergence:?} }}"
    ))
}

fn stays_positive(iterates: &[f32]) -> bool {
    iterates.iter().all(|&w| w > 0.0)
}

#[test]
fn an_iterate_beyond_the_limit_by_one_bit_is_seen_at_any_step() {
    let greatest = |w: &[f32]| stays_positive(w).then(|| (0..SEGMENT).max_by(|&a, &b| w[a].total_cmp(&w[b])).unwrap());
    let starts = starts(greatest).into_iter().filter(|(start, w)| start < w);
    let plans: Vec<_> = starts.map(|(start, w)| run(start, 1e-6, w.next_down())).collect();
    assert!(plans.len() >= 30, "{} starts lie below their limit", plans.len());
    assert_conform("an_iterate_beyond_the_limit_by_one_bit_is_seen_at_any_step", &plans, true);
}

#[test]
fn an_iterate_on_the_tolerance_is_seen_at_any_step() {
    let least = |w: &[f32]| stays_positive(w).then(|| (0..SEGMENT).min_by(|&a, &b| w[a].total_cmp(&w[b])).unwrap());
    let plans: Vec<_> = starts(least).into_iter().map(|(start, w)| run(start, w, 1e6)).collect();
    assert_conform("an_iterate_on_the_tolerance_is_seen_at_any_step", &plans, true);
}

#[test]
fn a_single_iterate_across_zero_is_seen_at_any_step() {
    let only = |w: &[f32]| {
        let at = w.iter().position(|w| *w < 0.0)?;
        stays_positive(&w[at + 1..]).then_some(at)
    };
    let plans: Vec<_> = starts(only).into_iter().map(|(start, _)| run(start, 1e-9, 1e6)).collect();
    assert_conform("a_single_iterate_across_zero_is_seen_at_any_step", &plans, true);
}
