//! The audit: its f64 driver against closed forms and against the definitions, its choice of trajectories, and what it says
//! of backends that are right, that lie, and that are asked what f32 cannot answer.

use crate::support::{audited, cpu_outcomes, gpu, gpu_outcomes, numbers, on_cpu, outcomes, plan, statistics};
use std::collections::BTreeSet;
use zerosweep::audit::reference::{Ending, follow};
use zerosweep::audit::rules::{Rule, prox, slope};
use zerosweep::audit::{self, Audit, Reason, at_random, default_size, near_boundary};
use zerosweep::backend::{Cancel, RunOptions, cpu};
use zerosweep::direction::StateInF64;
use zerosweep::plan::{Limits, Plan, Point};
use zerosweep::statistics::Statistics;
use zerosweep::verdict::{Fate, Outcome};

// --- the driver against closed forms ---

/// A sweep of one trajectory, and its numbers in f64.
struct One {
    plan: Plan,
    a: f64,
    t: f64,
    lambda: f64,
    eta: f64,
    start: f64,
}

impl One {
    /// Of the numbers a, t, k, lambda, eta and w_0.
    fn new(numbers: [f32; 6], optimizer: &str, steps: u32) -> One {
        let [a, t, k, lambda, eta, start] = numbers;
        let plan = plan(&format!(
            "steps = {steps}
             problem = {{ kind = 'quadratic', curvature = {a:?}, target = {t:?} }}
             penalty = {{ kind = 'lk', k = {k:?}, lambda = {lambda:?} }}
             optimizer = {{ kind = '{optimizer}', learning_rate = {eta:?} }}
             start.w = {start:?}"
        ));
        let [a, t, lambda, eta, start] = [a, t, lambda, eta, start].map(f64::from);
        One { plan, a, t, lambda, eta, start }
    }

    fn ending(&self) -> Ending {
        ending(&self.plan, 0)
    }
}

fn place(plan: &Plan, index: u64) -> (Rule, Point) {
    let (section, local) = plan.locate(index).unwrap();
    let point = section.at(local);
    (Rule::new(section.kernel, &point), point)
}

fn ending(plan: &Plan, index: u64) -> Ending {
    let (rule, point) = place(plan, index);
    follow(&rule, point.start, &plan.limits, &|| false).unwrap()
}

#[track_caller]
fn assert_near(found: f64, expected: f64, relative: f64) {
    assert!((found - expected).abs() <= relative * expected.abs(), "{found:e}, not {expected:e}");
}

/// n_0 = ceil(ln(1 + w_0 / (u - t)) / -ln rho) = 43.
#[test]
fn l1_crosses_when_theory_says() {
    for (optimizer, fate) in [("subgradient", Fate::Oscillating), ("truncated", Fate::Zero), ("proximal", Fate::Zero)] {
        let ending = One::new([1.0, 0.3, 1.0, 0.8, 0.05, 4.0], optimizer, 2000).ending();
        assert_eq!((ending.first_crossing, ending.fate), (Some(43), fate), "{optimizer}");
    }
}

/// t +- eta lambda / (2 - eta a), approached by |1 - eta a| a step: 0.9^2000 is nothing. For k = 1.5 and t = 0
/// (eta lambda k / (2 - eta a))^2, which superattracts but for eta a / 2 a step.
#[test]
fn cycles_have_their_amplitudes() {
    let one = One::new([1.0, 0.02, 1.0, 0.8, 0.1, 2.0], "subgradient", 2000);
    let amplitude = one.eta * one.lambda / (2.0 - one.eta * one.a);
    let ending = one.ending();
    assert_near(ending.tail.1, one.t + amplitude, 1e-12);
    assert_near(ending.tail.0, one.t - amplitude, 1e-12);
    let one = One::new([0.5, 0.0, 1.5, 0.2, 0.1, 1.0], "subgradient", 4000);
    let amplitude = (one.eta * one.lambda * 1.5 / (2.0 - one.eta * one.a)).powi(2);
    let ending = one.ending();
    assert_near(ending.tail.1, amplitude, 1e-12);
    assert_near(ending.tail.0, -amplitude, 1e-12);
}

/// w_n = w* + (w_0 - w*) r^n, r = 1 - eta (a + 2 lambda) or (1 - eta a) / (1 + 2 eta lambda); 30 steps add up to 30 roundings
/// of a number that shrinks twentyfold, so 1e-12 leaves room.
#[test]
fn l2_is_linear() {
    for optimizer in ["subgradient", "truncated", "proximal"] {
        let one = One::new([0.7, 0.4, 2.0, 0.3, 0.1, 3.0], optimizer, 30);
        let fixed = one.a * one.t / (one.a + 2.0 * one.lambda);
        let (loss, penalty) = (1.0 - one.eta * one.a, 2.0 * one.eta * one.lambda);
        let (factor, fixed) = match optimizer {
            "subgradient" => (loss - penalty, fixed),
            "truncated" => {
                (loss * (1.0 - penalty), one.eta * one.a * one.t * (1.0 - penalty) / (1.0 - loss * (1.0 - penalty)))
            }
            _ => (loss / (1.0 + penalty), fixed),
        };
        assert_near(one.ending().last, fixed + (one.start - fixed) * factor.powi(30), 1e-12);
    }
}

/// From below W = ((2 / eta - a) / (lambda k))^(1/(k-2)) a weight shrinks, from above it diverges. The factor of the first step
/// is -(1 + 1e-6 k), so some 10^7 steps decide; beside f32 starts 1e-6 is 17 last places.
#[test]
fn high_powers_part_at_their_threshold() {
    for k in [3.0, 4.0, 10.0] {
        let weak = One::new([1.0, 0.0, k, 0.5, 0.5, 0.5], "subgradient", 20_000);
        let threshold = ((2.0 / weak.eta - weak.a) / (weak.lambda * f64::from(k))).powf(1.0 / (f64::from(k) - 2.0));
        let fate =
            |by: f64| One::new([1.0, 0.0, k, 0.5, 0.5, (threshold * by) as f32], "subgradient", 20_000).ending().fate;
        assert_eq!((fate(1.0 - 1e-3), fate(1.0 + 1e-3)), (Fate::Decayed, Fate::Diverged), "k = {k}");
    }
}

// --- the proximal maps ---

/// (v - x)^2 / 2 + u |v|^k.
fn objective(k: f64, u: f64, x: f64, v: f64) -> f64 {
    (v - x) * (v - x) / 2.0 + u * v.abs().powf(k)
}

/// Exponents of every branch, strengths and places from weak to strong.
fn cases() -> impl Iterator<Item = (f64, f64, f64)> {
    let k = [0.1, 0.5, 2.0 / 3.0, 0.9, 1.0, 1.001, 1.2, 4.0 / 3.0, 1.5, 1.9, 2.0, 2.5, 3.0, 4.0, 10.0, 32.0];
    let u = [1e-6, 1e-3, 0.1, 0.7, 3.0, 100.0];
    let x = [1e-9, 1e-4, 0.03, 0.5, 1.0, 2.7, 40.0, 1e4];
    k.into_iter().flat_map(move |k| u.into_iter().flat_map(move |u| x.into_iter().map(move |x| (k, u, x))))
}

/// No point of a fine grid, nor 0, has a lesser objective, beyond the rounding of a sum of three terms; and the map is odd.
#[test]
fn no_grid_beats_a_proximal_map() {
    for (k, u, x) in cases() {
        let v = prox(k, u, x);
        assert_eq!(prox(k, u, -x), -v, "k = {k}, u = {u}, x = {x}");
        assert!((0.0..=x).contains(&v) && (v > 0.0 || k <= 1.0), "{v}: k = {k}, u = {u}, x = {x}");
        let found = objective(k, u, x, v);
        let grid = (0..=1000).map(|i| x * f64::from(i) / 1000.0).chain((1..200).map(|i| x * 0.9_f64.powi(i)));
        let best = grid.map(|v| objective(k, u, x, v)).fold(f64::INFINITY, f64::min);
        assert!(found <= best + 1e-13 * x * x, "{found:e} > {best:e}: k = {k}, u = {u}, x = {x}");
    }
}

/// k < 1: the objective at its larger stationary point w, where x = w + u k w^(k-1), is that at 0 for w = (2u (1-k))^(1/(2-k)).
#[test]
fn proximal_maps_leave_zero_at_the_tie() {
    for (k, u, _) in cases().filter(|(k, _, x)| *k < 1.0 && *x == 1.0) {
        let w = (2.0 * u * (1.0 - k)).powf(1.0 / (2.0 - k));
        let tie = w + u * k * w.powf(k - 1.0);
        assert_eq!(prox(k, u, tie * (1.0 - 1e-9)), 0.0, "k = {k}, u = {u}");
        // The root moves by at most a few times what x does, for there the slope of x is 1 - k/2.
        assert_near(prox(k, u, tie * (1.0 + 1e-9)), w, 1e-8 / (1.0 - k));
    }
}

/// Where it is not 0 the slope of the objective vanishes there: v - x + u k v^(k-1) = 0 within roundings of its terms, and of v
/// by 2^-53, which the slope blows up by at most 1 + |k-1| x / v.
#[test]
fn proximal_maps_are_stationary() {
    for (k, u, x) in cases() {
        let v = prox(k, u, x);
        if v > 1e-300 {
            let residue = v - x + u * k * v.powf(k - 1.0);
            let terms = x * (3.0 + (k - 1.0).abs());
            assert!(residue.abs() <= 1e-15 * terms * 8.0, "{residue:e}: k = {k}, u = {u}, x = {x}, v = {v:e}");
        }
    }
}

/// Closed forms that the driver does not use (THEORY: 2/3 by Ferrari, 4/3 and 4 by hyperbolic sines).
#[test]
fn the_general_root_is_that_of_closed_forms() {
    for (u, x) in cases().filter(|(k, ..)| *k == 1.0).map(|(_, u, x)| (u, x)) {
        let p = 4.0 * u / 3.0;
        let s = 2.0 * (p / 3.0).sqrt() * (((3.0 * x / (2.0 * p)) * (3.0 / p).sqrt()).asinh() / 3.0).sinh();
        // The cube triples what sinh and asinh lose, and the quotient by p may be as small as its rounding.
        assert_near(prox(4.0 / 3.0, u, x), s * s * s, 1e-12);
        let quartic = 2.0 * (1.0 / (12.0 * u)).sqrt() * ((1.5 * x * (12.0 * u).sqrt()).asinh() / 3.0).sinh();
        assert_near(prox(4.0, u, x), quartic, 1e-12);
        let threshold = 2.0 * (2.0 * u / 3.0).powf(0.75);
        let two_thirds = prox(2.0 / 3.0, u, x);
        if x <= threshold * (1.0 - 1e-12) {
            assert_eq!(two_thirds, 0.0);
        } else if x < 1e3 * threshold {
            let c = 8.0 * u.powi(3) / 729.0;
            let big = x * x / 16.0 + (x.powi(4) / 256.0 - c).sqrt();
            let z = big.cbrt() + (c / big).cbrt();
            let w = ((2.0 * z).sqrt() + (2.0 * x / (2.0 * z).sqrt() - 2.0 * z).sqrt()).powi(3) / 8.0;
            // Ferrari's form loses what the difference of its last two terms cancels.
            assert_near(two_thirds, w, 1e-8);
        }
    }
}

/// Slopes are what differences of |w|^k give: central, with an error of h^2 / 6 of the third derivative.
#[test]
fn slopes_are_derivatives() {
    for (k, _, w) in cases().filter(|(_, u, w)| *u == 0.1 && *w > 0.01 && *w < 100.0) {
        let h = 1e-5 * w;
        let difference = ((w + h).powf(k) - (w - h).powf(k)) / (2.0 * h);
        assert_near(slope(k, w), difference, 1e-6);
        assert_eq!(slope(k, -w), -slope(k, w));
        assert_eq!(slope(k, 0.0), 0.0);
    }
}

// --- the driver against the definitions ---

/// The fate of a whole list of iterates, by the words of the definitions.
fn judged(iterates: &[f64], limits: &Limits) -> Fate {
    let two_to = |power: i32| 2.0_f64.powi(power);
    let last = iterates[iterates.len() - 1];
    if !last.is_finite() || last.abs() > f64::from(limits.divergence) {
        return Fate::Diverged;
    }
    let tail = &iterates[iterates.len() - limits.tail as usize..];
    let largest = tail.iter().fold(0.0, |most: f64, w| most.max(w.abs()));
    let mut landings = iterates.windows(2).filter(|pair| pair[0] != 0.0 && pair[1] == 0.0);
    let exact = landings.next_back().map_or(iterates[0] == 0.0, |pair| pair[0].abs() >= two_to(-64));
    let moves: Vec<f64> = tail.windows(2).map(|pair| pair[1] - pair[0]).filter(|&d| d != 0.0).collect();
    let turns = moves.windows(2).filter(|pair| (pair[0] > 0.0) != (pair[1] > 0.0)).count();
    let (low, high) = tail.iter().fold((f64::MAX, f64::MIN), |(low, high), &w| (low.min(w), high.max(w)));
    match () {
        () if largest == 0.0 && exact => Fate::Zero,
        () if largest < two_to(-64) => Fate::Decayed,
        () if largest <= f64::from(limits.tolerance) => Fate::NearZero,
        () if high - low <= 1e-4 * largest => Fate::Settled,
        () if turns >= 2 => Fate::Oscillating,
        () => Fate::Moving,
    }
}

/// w_0, w_1, ... up to the last, or the first that is beyond the limit.
fn iterates(plan: &Plan, index: u64) -> Vec<f64> {
    let (rule, point) = place(plan, index);
    let stored = |w: f64| if w.is_subnormal() { 0.0 } else { w };
    let mut iterates = vec![stored(point.start.into())];
    let mut state = StateInF64 { w: iterates[0], ..StateInF64::default() };
    while iterates.len() <= plan.limits.steps as usize {
        let w = iterates[iterates.len() - 1];
        if !w.is_finite() || w.abs() > f64::from(plan.limits.divergence) {
            break;
        }
        state = rule.step(state, iterates.len() as u32 - 1).state;
        state.w = stored(state.w);
        iterates.push(state.w);
    }
    iterates
}

/// Sweeps that between them hold every fate, at several lengths of run and tail.
fn suite() -> Vec<Plan> {
    let sweep = |steps: u32, zero: &str, rate: f32| {
        plan(&format!(
            "steps = {steps}
             problem = {{ kind = 'quadratic', curvature = [0.0, 0.5], target = [-1.0, 0.0, 0.25] }}
             penalty = {{ kind = 'lk', k = [0.5, 1.0, 1.2, 2.0, 3.0], lambda = [0.0, 0.02, 0.5, 3.0] }}
             optimizer = {{ kind = ['subgradient', 'truncated', 'proximal'], learning_rate = {rate} }}
             start.w = [-40.0, -2.0, 0.0, 1e-6, 0.5, 1.0, 5.0, 900000.0]
             [zero]
             {zero}"
        ))
    };
    vec![
        sweep(333, "tolerances = [1e-6, 0.3, 1e-3]\ndivergence = 35.0", 1.0),
        sweep(71, "tail = 71\ntolerances = [0.5]", 0.1),
        sweep(400, "", 0.25),
        sweep(38, "tail = 4", 0.5),
        sweep(1, "tail = 1", 0.5),
    ]
}

/// How many trajectories of the suite the driver and the definitions, with limits changed, take differently.
fn disagreements(change: impl Fn(&mut Limits)) -> usize {
    let differs = |plan: &Plan, index: u64| {
        let mut limits = plan.limits.clone();
        change(&mut limits);
        ending(plan, index).fate != judged(&iterates(plan, index), &limits)
    };
    suite().iter().map(|plan| (0..plan.trajectories).filter(|&index| differs(plan, index)).count()).sum()
}

#[test]
fn the_driver_conforms_to_the_definitions() {
    let fates: BTreeSet<Fate> =
        suite().iter().flat_map(|plan| (0..plan.trajectories).map(|index| ending(plan, index).fate)).collect();
    assert_eq!(fates.len(), 7, "the suite should hold every fate: {fates:?}");
    assert_eq!(disagreements(|_| ()), 0);
    assert!(disagreements(|limits| limits.tolerance *= 0.5) > 0);
    assert!(disagreements(|limits| limits.tail = limits.tail.div_ceil(2)) > 0);
}

#[test]
fn a_wish_to_stop_ends_the_driver() {
    let plan = One::new([1.0, 0.3, 1.0, 0.8, 0.05, 4.0], "subgradient", 2_000_000_000).plan;
    let (rule, point) = place(&plan, 0);
    assert_eq!(follow(&rule, point.start, &plan.limits, &|| true), None);
}

// --- runs of chosen trajectories ---

/// Three kernels, one axis that every cell pools, and a k that is pooled where asked for: 3,000 trajectories.
fn mixed(pool: &str) -> Plan {
    mixed_with(pool, "")
}

/// The same, the optimizer with more parts.
fn mixed_with(pool: &str, parts: &str) -> Plan {
    plan(&format!(
        "steps = 200
         problem = {{ kind = 'quadratic', target = {{ linspace = [0.0, 1.0, 5] }} }}
         penalty = {{ kind = 'lk', k = [0.5, 1.0, 2.0], lambda = {{ geomspace = [0.05, 2.0, 5] }} }}
         optimizer = {{ kind = ['subgradient', 'proximal'], learning_rate = 0.2 {parts} }}
         start = {{ w = {{ uniform = [-2.0, 2.0], count = 20, seed = 3 }} }}
         report.pool = {pool}"
    ))
}

fn statistics_of(plan: &Plan) -> Statistics {
    statistics(plan, on_cpu(plan, &RunOptions::default()))
}

#[test]
fn chosen_trajectories_run_as_in_the_sweep() {
    let noise = ", noise = { normal = 0.5, seed = 1 }";
    let pools = ["['start.w']", "['start.w', 'penalty.k']", "['penalty.lambda']"];
    for (pool, parts) in pools.into_iter().flat_map(|pool| ["", noise].map(|parts| (pool, parts))) {
        let plan = mixed_with(pool, parts);
        let all = cpu_outcomes(&plan, 0..plan.trajectories);
        let chosen: Vec<u64> = (0..plan.trajectories).filter(|index| index % 7 < 3 || index % 100 == 5).collect();
        let expected: Vec<Outcome> = chosen.iter().map(|&index| all[index as usize]).collect();
        assert_eq!(cpu::outcomes_of(&plan, &chosen, &Cancel::default()).unwrap(), expected);
        let excerpt = plan.excerpt(&chosen);
        assert_eq!(excerpt.trajectories, chosen.len() as u64);
        assert_eq!(cpu_outcomes(&excerpt, 0..excerpt.trajectories), expected);
        assert!(excerpt.sections.len() < chosen.len(), "neighbours should share a section");
    }
}

#[test]
fn chosen_trajectories_run_on_a_gpu_as_in_the_sweep() {
    let Some(gpu) = gpu("chosen_trajectories_run_on_a_gpu_as_in_the_sweep") else { return };
    let plan = mixed_with("['start.w']", ", noise = { normal = 0.5, seed = 1 }");
    let all = gpu_outcomes(gpu, &plan, 0..plan.trajectories);
    let chosen: Vec<u64> = (0..plan.trajectories).filter(|index| index % 97 < 2).collect();
    let excerpt = plan.excerpt(&chosen);
    let expected: Vec<Outcome> = chosen.iter().map(|&index| all[index as usize]).collect();
    assert_eq!(gpu_outcomes(gpu, &excerpt, 0..excerpt.trajectories), expected);
}

#[test]
fn a_cancelled_run_of_chosen_trajectories_ends() {
    let cancel = Cancel::default();
    cancel.raise();
    let plan = mixed("['start.w']");
    assert_eq!(cpu::outcomes_of(&plan, &[0, 1], &cancel), None);
    let outcomes_of = |_: &[u64]| -> Result<Vec<Outcome>, ()> { panic!("nothing should run after a cancel") };
    assert_eq!(audit::audit(&plan, &statistics_of(&plan), 4, &cancel, outcomes_of), Ok(None));
}

// --- which trajectories are chosen ---

#[test]
fn samples_are_as_large_as_asked_for_or_all() {
    for pool in ["['start.w']", "['start.w', 'penalty.k']"] {
        let plan = mixed(pool);
        let cells = statistics_of(&plan).endings;
        for size in [1, 2, 17, 100, 1499, 2999, 3000, 5000] {
            let expected = size.min(3000) as usize;
            let random = at_random(&plan, size);
            let near = near_boundary(&plan, &cells, size, &Cancel::default()).unwrap();
            for sample in [&random, &near] {
                assert_eq!(sample.len(), expected);
                assert!(sample.iter().all(|&index| index < 3000));
            }
            assert_eq!(near_boundary(&plan, &cells, size, &Cancel::default()).unwrap(), near);
        }
    }
    let one = One::new([1.0, 0.3, 1.0, 0.8, 0.05, 4.0], "proximal", 100).plan;
    assert_eq!(near_boundary(&one, &statistics_of(&one).endings, 5, &Cancel::default()).unwrap().len(), 1);
}

/// Each tenth of the trajectories gets a tenth of 2,000 draws, within four standard deviations of 13.4.
#[test]
fn random_trajectories_come_from_all_over() {
    let plan = plan(
        "steps = 10\npenalty = { kind = 'lk', k = 1, lambda = 1 }\n\
        optimizer = { kind = 'proximal', learning_rate = 0.1 }\nstart.w = { uniform = [-1, 1], count = 1000000 }",
    );
    let sample = at_random(&plan, 2000);
    for tenth in 0..10 {
        let count = sample.range(tenth * 100_000..(tenth + 1) * 100_000).count() as i64;
        assert!((count - 200).abs() < 54, "{count} in tenth {tenth}");
    }
}

/// How far |t| is from lambda, as a share of lambda: L1's boundary.
fn shares_off(plan: &Plan, chosen: &BTreeSet<u64>) -> Vec<f64> {
    let off = |&index: &u64| {
        let (section, local) = plan.locate(index).unwrap();
        let [_, target, _, lambda, ..] = numbers(section.kernel, &section.at(local));
        (target.abs() / lambda - 1.0).abs()
    };
    chosen.iter().map(off).collect()
}

/// L1 by proximal steps is zero iff |t| <= lambda. With both as coordinates, a step of the grid is 12 % in lambda and 0.05 in
/// t, so all that is chosen lies within 0.3 of the boundary, while of all trajectories most lie farther off. With t
/// pooled a boundary runs through most cells; what is near then is a pair of draws with t on both sides of it.
#[test]
fn what_is_chosen_near_a_boundary_lies_near_the_predicted_one() {
    let sweep = |target: &str| {
        plan(&format!(
            "steps = 2000
             problem = {{ kind = 'quadratic', target = {target} }}
             penalty = {{ kind = 'lk', k = 1.0, lambda = {{ geomspace = [0.2, 2.0, 21] }} }}
             optimizer = {{ kind = 'proximal', learning_rate = 0.1 }}
             start = {{ w = 0.5 }}"
        ))
    };
    let within = |shares: &[f64], bound: f64| {
        shares.iter().filter(|share| **share <= bound).count() as f64 / shares.len() as f64
    };
    for (target, bound, wanted) in
        [("{ linspace = [0.0, 2.0, 41] }", 0.3, 1.0), ("{ uniform = [0.0, 2.0], count = 500 }", 0.1, 0.9)]
    {
        let plan = sweep(target);
        let near = near_boundary(&plan, &statistics_of(&plan).endings, 30, &Cancel::default()).unwrap();
        let (near, random) = (shares_off(&plan, &near), shares_off(&plan, &at_random(&plan, 300)));
        let (near, random) = (within(&near, bound), within(&random, bound));
        assert!(near >= wanted && random < 0.5 * wanted, "{target}: {near} near, {random} at random");
    }
}

/// L2 alone shrinks by the same factor everywhere: nothing but the limits of the tail decides. Of 10,000 starts over sixty
/// octaves the chosen ones end beside the tolerance.
#[test]
fn tails_beside_a_tolerance_are_near() {
    let plan = plan(
        "steps = 200\npenalty = { kind = 'lk', k = 2, lambda = 0.5 }\n\
        optimizer = { kind = 'subgradient', learning_rate = 0.01 }\n\
        start.w = { log_uniform = [1e-9, 1e9], count = 10000 }\nzero = { divergence = 1e10 }",
    );
    let near = near_boundary(&plan, &statistics_of(&plan).endings, 20, &Cancel::default()).unwrap();
    let chosen: Vec<u64> = near.into_iter().collect();
    for outcome in cpu::outcomes_of(&plan, &chosen, &Cancel::default()).unwrap() {
        // 640 candidates over 41 powers of e: the nearest 20 lie within e^0.64 of it on average.
        let off = (f64::from(outcome.amplitude()) / f64::from(plan.limits.tolerance)).ln().abs();
        assert!(off < 1.3, "{outcome:?}");
    }
}

/// Cells, limits and trajectories far beyond what could be listed.
#[test]
fn a_sweep_of_a_trillion_is_sampled_as_fast_as_a_small_one() {
    let plan = plan(
        "steps = 10\nproblem = { kind = 'quadratic', target = { uniform = [-1, 1], count = 1000 } }\n\
        penalty = { kind = 'lk', k = 1, lambda = { geomspace = [0.01, 10.0, 100] } }\n\
        optimizer = { kind = 'proximal', learning_rate = { geomspace = [0.001, 1.0, 100] } }\n\
        start.w = { uniform = [-1, 1], count = 100000 }",
    );
    assert_eq!(plan.trajectories, 1_000_000_000_000);
    let tiny = mixed("['start.w']");
    // Of such a plan nothing is run; any counts will do.
    let cells = vec![statistics_of(&tiny).endings[0]; plan.cells as usize];
    assert_eq!(at_random(&plan, 64).len(), 64);
    assert_eq!(near_boundary(&plan, &cells, 64, &Cancel::default()).unwrap().len(), 64);
}

// --- what it says ---

/// Fates of f32 and of f64, trajectory by trajectory.
fn truth(plan: &Plan) -> Vec<(Fate, Fate)> {
    let found = cpu_outcomes(plan, 0..plan.trajectories);
    (0..).zip(found).map(|(index, outcome)| (outcome.fate(), ending(plan, index).fate)).collect()
}

/// Away from boundaries f32 and f64 end alike: lambda and t differ by 10 % at least, and no step is chaotic.
#[test]
fn a_healthy_sweep_passes() {
    let plan = plan(
        "steps = 1000
         problem = { kind = 'quadratic', target = [0.0, 0.55, 1.3] }
         penalty = { kind = 'lk', k = [1.0, 1.3, 1.5, 2.0, 3.0], lambda = [0.1, 0.5, 2.0] }
         optimizer = { kind = ['subgradient', 'truncated', 'proximal'], learning_rate = 0.1 }
         start = { w = { uniform = [-2.0, 2.0], count = 20, seed = 1 } }",
    );
    let audit = audited(&plan, &statistics_of(&plan), plan.trajectories);
    let told: Vec<_> = audit.differences.iter().map(|d| (place(&plan, d.trajectory), d.fate, d.fate_in_f64)).collect();
    assert_eq!((audit.random.replayed, audit.random.differs, told.len()), (plan.trajectories, 0, 0), "{told:?}");
    assert_eq!(audit.boundary, audit.random);
}

/// An audit of a run whose backend answers `lie` instead.
fn lied_to(plan: &Plan, size: u64, lie: impl Fn(u64, Outcome) -> Outcome) -> Audit {
    let outcomes_of = |trajectories: &[u64]| -> Result<Vec<Outcome>, ()> {
        let honest = cpu::outcomes_of(plan, trajectories, &Cancel::default()).ok_or(())?;
        Ok(trajectories.iter().zip(honest).map(|(&index, outcome)| lie(index, outcome)).collect())
    };
    audit::audit(plan, &statistics_of(plan), size, &Cancel::default(), outcomes_of).unwrap().unwrap()
}

#[test]
fn a_backend_that_lies_is_caught_with_the_right_counts() {
    let plan = mixed("['start.w']");
    let fates: Vec<Fate> = truth(&plan).into_iter().map(|(_, in_f64)| in_f64).collect();
    let honest = audited(&plan, &statistics_of(&plan), 3000);
    // The right fate everywhere but at every tenth trajectory of the second cell and beyond.
    let is_lie = |index: u64| index >= 20 && index.is_multiple_of(10);
    let lie = |index: u64, outcome: Outcome| {
        let right = fates[index as usize] as u32;
        Outcome { fate: if is_lie(index) { (right + 1) % 7 } else { right }, ..outcome }
    };
    let audit = lied_to(&plan, 3000, lie);
    assert_eq!((audit.random.replayed, audit.random.differs), (3000, 298));
    assert_eq!(audit.boundary, audit.random);
    for cell in 0..plan.cells {
        assert_eq!((audit.cell(cell).replayed, honest.cell(cell).replayed), (20, 20));
        assert_eq!(audit.cell(cell).differs, if cell == 0 { 0 } else { 2 }, "cell {cell}");
    }
    let told: Vec<u64> = audit.differences.iter().map(|difference| difference.trajectory).collect();
    assert_eq!(told, (2..22).map(|tenth| tenth * 10).collect::<Vec<u64>>());
    assert!(
        audit
            .differences
            .iter()
            .all(|difference| difference.reason == Reason::Both && difference.cell == difference.trajectory / 20)
    );

    // Smaller samples: each is counted by itself, and every cell once a trajectory.
    let audit = lied_to(&plan, 50, lie);
    let near = near_boundary(&plan, &statistics_of(&plan).endings, 50, &Cancel::default()).unwrap();
    let random = at_random(&plan, 50);
    let lies = |sample: &BTreeSet<u64>| sample.iter().filter(|&&index| is_lie(index)).count() as u64;
    assert_eq!((audit.random.replayed, audit.random.differs), (50, lies(&random)));
    assert_eq!((audit.boundary.replayed, audit.boundary.differs), (50, lies(&near)));
    let counted: u64 = (0..plan.cells).map(|cell| audit.cell(cell).replayed).sum();
    assert_eq!(counted, random.union(&near).count() as u64);
}

/// A backend that runs another lambda: every difference that the fates of both sweeps show is reported, and none else.
#[test]
fn a_backend_with_another_lambda_is_caught() {
    let sweep = |lambda: f32| {
        plan(&format!(
            "steps = 500
             problem = {{ kind = 'quadratic', target = {{ linspace = [0.05, 1.05, 11] }} }}
             penalty = {{ kind = 'lk', k = [1.0, 2.0], lambda = {lambda} }}
             optimizer = {{ kind = 'proximal', learning_rate = 0.1 }}
             start = {{ w = {{ uniform = [-1.0, 1.0], count = 10 }} }}"
        ))
    };
    let (asked, ran) = (sweep(0.5), sweep(0.8));
    let wrong = cpu_outcomes(&ran, 0..ran.trajectories);
    let audit = lied_to(&asked, 1000, |index, _| wrong[index as usize]);
    let differs = truth(&asked).iter().zip(&wrong).filter(|((_, right), wrong)| *right != wrong.fate()).count() as u64;
    // 0.5 < t < 0.8: three targets of L1, ten starts each.
    assert_eq!((audit.random.differs, differs), (30, 30));
    let (low, high) = (audit.random.rate().low, audit.random.rate().high);
    assert!(low < 30.0 / 220.0 && 30.0 / 220.0 < high && high < 0.2);
}

/// Steps of 0.3, which no binary fraction is: whether a whole number of them takes w_0 to zero is luck of rounding, in f32 as
/// in f64, where the same f32 numbers are subtracted with smaller errors. Such zeros are reported, and nothing else differs.
#[test]
fn zeros_by_luck_of_rounding_are_reported() {
    let plan = plan(
        "steps = 200\npenalty = { kind = 'lk', k = 1, lambda = 1 }\n\
         optimizer = { kind = 'subgradient', learning_rate = 0.3 }\nstart.w = { linspace = [0.1, 10.0, 100] }",
    );
    let truth = truth(&plan);
    let count = |pair: (Fate, Fate)| truth.iter().filter(|fates| **fates == pair).count() as u64;
    let (only_here, only_there) = (count((Fate::Zero, Fate::Oscillating)), count((Fate::Oscillating, Fate::Zero)));
    assert!(only_here > 0 && only_there > 0, "{only_here} and {only_there}");
    let audit = audited(&plan, &statistics_of(&plan), 100);
    assert_eq!((audit.random.replayed, audit.random.differs), (100, only_here + only_there));
    assert_eq!(audit.differences.len() as u64, only_here + only_there);
}

/// t = lambda: w shrinks by 1 - eta a step until rounding of t holds it, at about 2^-26 in f32 and 2^-55 in f64, with the
/// tolerance between them.
#[test]
fn a_threshold_closer_than_rounding_is_reported() {
    let plan = plan(
        "steps = 3000
         problem = { kind = 'quadratic', target = 0.3 }
         penalty = { kind = 'lk', k = 1.0, lambda = 0.3 }
         optimizer = { kind = 'proximal', learning_rate = 0.1 }
         start.w = { uniform = [0.0, 1.0], count = 50 }
         zero.tolerances = [1e-12]",
    );
    let audit = audited(&plan, &statistics_of(&plan), 50);
    assert_eq!((audit.random.differs, audit.boundary.differs), (50, 50));
    let first = audit.differences[0];
    assert_eq!((first.fate, first.fate_in_f64), (Fate::Settled, Fate::NearZero));
    assert_eq!(audit.differences.len(), 20);
}

// --- the default ---

#[test]
fn the_default_takes_a_fixed_share_of_the_steps() {
    let sized = |steps: u32, count: u64| {
        default_size(&plan(&format!(
            "steps = {steps}\npenalty = {{ kind = 'lk', k = 1, lambda = 1 }}\n\
             optimizer = {{ kind = 'proximal', learning_rate = 0.1 }}\nstart.w = {{ uniform = [-1, 1], count = {count} }}"
        )))
    };
    // 30,000 steps are 2 x 64 of up to 234, 2 x 1 of up to 15,000; and 50,000 trajectories add one of their own length.
    assert_eq!([sized(234, 1), sized(235, 1), sized(15_000, 1), sized(15_001, 1)], [64, 63, 1, 0]);
    assert_eq!([sized(1_000_000, 96_000), sized(1_000_000, 100_000), sized(2000, 1_291_008)], [0, 1, 20]);
}

#[test]
fn what_runs_the_sweep_shows_in_no_audit() {
    let plan = mixed("['start.w']");
    let ways =
        [RunOptions::default(), RunOptions { threads: Some(3), batch: Some(7), slice: Some(5), ..Default::default() }];
    let [first, second] = ways.map(|options| {
        let statistics = statistics(&plan, on_cpu(&plan, &options));
        let one_thread = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        one_thread.install(|| audited(&plan, &statistics, 40))
    });
    assert_eq!(first, second);
    assert_eq!(first, audited(&plan, &statistics_of(&plan), 40));
    assert!(outcomes(on_cpu(&plan, &RunOptions::default())).is_empty());
}
