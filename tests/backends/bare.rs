//! Steps that are proven to hold no event, and so are not watched, hold none: the proof against watched steps, at the edges of what it
//! claims, and whole sweeps against the definitions.

use crate::support::{cpu_outcomes, plan, reference};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use zerosweep::formula::{lk_one, lk_three, lk_three_halves, lk_two, none, quadratic};
use zerosweep::lanes::{Bounded, Composed, InLoss, Proximal, Truncated};
use zerosweep::plan::Limits;

/// A weight, a step's parameters (curvature, target, k, lambda, learning rate), and the limits.
#[derive(Clone, Debug)]
struct Trial {
    w: f32,
    parameters: [f32; 5],
    limits: Limits,
}

/// Numbers over many octaves, small ones among large ones, so that rounding and underflow matter.
fn any_trial() -> impl Strategy<Value = Trial> {
    let size = |range: std::ops::Range<i32>| (range, 1.0f32..2.0).prop_map(|(octave, share)| share * 2f32.powi(octave));
    let around = prop_oneof![4 => size(-8..8), 1 => size(-45..45)];
    let strength = || prop_oneof![1 => Just(0.0f32), 4 => size(-12..4), 1 => size(-120..100)];
    let rate = prop_oneof![4 => size(-16..2), 1 => size(-60..100)];
    let tolerance = prop_oneof![1 => Just(0.0f32), 2 => size(-20..-1)];
    (around, any::<bool>(), strength(), -4i32..30, -1.0f32..1.0, strength(), rate, tolerance).prop_map(
        |(w, is_negative, curvature, far, share, lambda, rate, tolerance)| Trial {
            w: if is_negative { -w } else { w },
            parameters: [curvature, share * 2f32.powi(far), 0.0, lambda, rate],
            limits: Limits { steps: 1000, tail: 100, divergence: 1e6, tolerance, tolerances: vec![tolerance] },
        },
    )
}

/// Watches the steps that are proven, and whether they are those on one side; says how many there were.
fn watched<M: Bounded>(trial: &Trial, parameters: &[f32]) -> u32 {
    let Trial { w, limits, .. } = trial;
    let own = |place: usize| parameters[place];
    let proven = M::uneventful_steps(*w, M::step(*w, own), limits, own) as u32;
    let mut now = *w;
    for step in 1..=proven {
        let next = M::step(now, own);
        let on_side = M::step_on_side(now, *w, own);
        assert_eq!(next.to_bits(), on_side.to_bits(), "step {step} of {proven} at {now:e} of {trial:?}");
        now = next;
        let (size, start) = (now.abs(), w.abs());
        let is_quiet = now.signum() == w.signum() && size > limits.tolerance && size <= limits.divergence;
        assert!(
            is_quiet && size >= 0.5 * start && size <= 1.5 * start,
            "step {step} of {proven} of {trial:?}: {now:e}"
        );
    }
    proven
}

/// All kernels of a penalty.
macro_rules! kernels {
    ($trial:expr, $($penalty:ident),+) => {{
        let Trial { parameters, .. } = $trial;
        let (with_loss, alone) = (&parameters[..], &parameters[2..]);
        [$(
            watched::<Composed<quadratic::Formulas, $penalty::Formulas, InLoss<$penalty::Formulas>>>($trial, with_loss),
            watched::<Composed<quadratic::Formulas, $penalty::Formulas, Truncated<$penalty::Formulas>>>($trial, with_loss),
            watched::<Composed<quadratic::Formulas, $penalty::Formulas, Proximal<$penalty::Formulas>>>($trial, with_loss),
            watched::<Composed<none::Formulas, $penalty::Formulas, InLoss<$penalty::Formulas>>>($trial, alone),
            watched::<Composed<none::Formulas, $penalty::Formulas, Truncated<$penalty::Formulas>>>($trial, alone),
            watched::<Composed<none::Formulas, $penalty::Formulas, Proximal<$penalty::Formulas>>>($trial, alone),
        )+]
    }};
}

/// Of every kernel many trials are proven, some of them just so: for fewer than 128 steps.
#[test]
fn what_is_proven_holds_step_by_step() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let (mut proven, mut nearly) = ([0; 24], [0; 24]);
    for _ in 0..20_000 {
        let trial = any_trial().new_tree(&mut runner).unwrap().current();
        let steps = kernels!(&trial, lk_one, lk_three_halves, lk_two, lk_three);
        for (kernel, steps) in steps.into_iter().enumerate() {
            proven[kernel] += u32::from(steps > 0);
            nearly[kernel] += u32::from((1..128).contains(&steps));
        }
    }
    assert!(proven.iter().all(|&count| count > 3_000), "{proven:?}");
    assert!(nearly.iter().all(|&count| count > 200), "{nearly:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// Slow trajectories, most of whose segments are bare: near and far from zero, the tolerance and the limit; resting, falling and
    /// turning in tails of any length.
    #[test]
    fn sweeps_that_run_bare_conform(
        target in -2.0f32..2.0,
        octave in -12i32..1,
        lambda in 0.0f32..2.0,
        tolerance in 1e-6f32..0.5,
        divergence in 1.0f32..3.0,
        (steps, tail) in (1u32..600).prop_flat_map(|steps| (Just(steps), 1..=steps)),
    ) {
        let rate = 2f32.powi(octave);
        let plan = plan(&format!(
            "steps = {steps}
             problem = [{{ kind = 'quadratic', curvature = 0.7, target = {target:?} }}, {{ kind = 'none' }}]
             penalty = {{ kind = 'lk', k = [1.0, 1.5, 2.0, 3.0], lambda = {lambda:?} }}
             optimizer = {{ kind = ['subgradient', 'truncated', 'proximal'], learning_rate = {rate:?} }}
             start = {{ w = {{ linspace = [-3.0, 3.0, 70] }} }}
             zero = {{ tail = {tail}, tolerances = [{tolerance:?}], divergence = {divergence:?} }}"
        ));
        let all = 0..plan.trajectories;
        prop_assert_eq!(cpu_outcomes(&plan, all.clone()), reference(&plan, all));
    }
}
