//! Laws of single update rules and of an optimizer's parts.

use super::{assert_minimiser_is_found, assert_near, numbers, swept};
use crate::support::{covering, iterates, plan, sweep_of};
use zerosweep::audit::rules::Rule;
use zerosweep::direction::StateInF64;
use zerosweep::precision::Precision;
use zerosweep::verdict::Fate;

/// Every rule in f32 is the one in f64, which was written without it: after twelve steps nine of ten trajectories of each kernel
/// agree to 1e-3 of the way. Some jump, at a threshold or across zero, where rounding decides.
#[test]
fn rules_in_f32_follow_those_in_f64() {
    const STEPS: usize = 12;
    for mut kernel in covering() {
        kernel.optimizer.precision = Precision::F32;
        let mut plan = plan(&sweep_of(kernel));
        plan.limits.steps = STEPS as u32;
        let (mut apart, mut widest) = (0, String::new());
        for index in 0..plan.trajectories {
            let (section, local) = plan.locate(index).unwrap();
            let point = section.at(local);
            let course = iterates(section.kernel, &point, &plan.limits);
            let rule = Rule::new(section.kernel, &point);
            let mut state = StateInF64 { w: point.start.into(), ..StateInF64::default() };
            for (n, &w) in (0..).zip(&course[1..]) {
                state = rule.step(state, n).state;
                let way = course.iter().fold(1e-3_f32, |way, w| way.max(w.abs()));
                if (state.w - f64::from(w)).abs() > 1e-3 * f64::from(way) && w.abs() < plan.limits.divergence {
                    apart += 1;
                    widest = format!("{point:?}, step {}: {w}, not {}", n + 1, state.w);
                    break;
                }
            }
        }
        assert!(apart * 10 <= plan.trajectories, "{}: {apart} of {}: {widest}", kernel.label(), plan.trajectories);
    }
}

/// FISTA: F(w_n) - F* <= 2 (w_0 - w*)^2 / (eta (n + 1)^2) (Beck and Teboulle, theorem 4.4); a proximal step alone is slower here.
#[test]
fn fista_keeps_its_bound() {
    let value = |w: f64, a: f64, t: f64, lambda: f64| a / 2.0 * (w - t).powi(2) + lambda * w.abs();
    for (rule, holds) in [("fista", true), ("fista_restart", true), ("proximal", false)] {
        let mut excesses = Vec::new();
        for steps in [10, 50, 200] {
            let text = format!(
                "steps = {steps}
                 problem = {{ kind = 'quadratic', curvature = 1.0, target = [-1.5, 0.1, 2.0] }}
                 penalty = {{ kind = 'lk', k = 1.0, lambda = 0.3 }}
                 optimizer = {{ kind = '{rule}', learning_rate = 0.001 }}
                 start.w = [-3.0, 4.0]"
            );
            for (point, outcome) in swept(&text) {
                let [a, t, _, lambda, eta, w] = numbers(&point);
                let minimiser = (t.abs() - lambda / a).max(0.0).copysign(t);
                let excess = value(outcome.last.into(), a, t, lambda) - value(minimiser, a, t, lambda);
                let bound = 2.0 * (w - minimiser).powi(2) / (eta * (f64::from(steps) + 1.0).powi(2));
                excesses.push(excess / bound);
            }
        }
        assert_eq!(excesses.iter().all(|&excess| excess <= 1.0), holds, "{rule}: {excesses:?}");
    }
}

/// Momentum changes the way and not the end: FISTA rests where the loss and lambda |w| balance, at zero iff |t| <= lambda.
#[test]
fn fista_finds_the_minimiser() {
    let text = "steps = 4000
        problem = { kind = 'quadratic', curvature = 1.0, target = [-1.5, -0.29, 0.0, 0.1, 0.31, 0.9] }
        penalty = { kind = 'lk', k = 1.0, lambda = 0.3 }
        optimizer = { kind = ['fista', 'fista_restart'], learning_rate = 0.05 }
        start.w = [-3.0, 0.0, 2.0]";
    assert_minimiser_is_found(text);
}

/// L2 of lambda / 2 on each factor of w = a b is L1 of lambda on w: t = 2, 0.5, 0.2 with lambda = 0.3 come to 1.7, 0.2, 0; and what
/// comes to 0 comes there by a decay, never by a jump.
#[test]
fn factors_with_l2_find_the_minimiser_of_l1() {
    let text = "steps = 8000
        problem = { kind = 'quadratic', curvature = 1.0, target = [2.0, 0.5, 0.2, -0.5] }
        penalty = { kind = 'lk', k = 2.0, lambda = 0.15 }
        optimizer = { kind = 'spred', learning_rate = 0.05 }
        start.w = [0.5, 3.0]";
    for (point, outcome) in swept(text) {
        let [_, t, ..] = numbers(&point);
        let minimiser = (t.abs() - 0.3).max(0.0).copysign(t);
        if t == f64::from(0.2_f32) {
            assert_eq!(outcome.fate(), Fate::Decayed, "{point:?}: {outcome:?}");
        } else if t > 0.0 {
            assert!((f64::from(outcome.last) - minimiser).abs() < 1e-5, "{point:?}: {outcome:?}");
        } else {
            // Factors of one sign that shrink at one rate never part: the weight does not change its sign.
            assert!(outcome.last >= 0.0, "{point:?}: {outcome:?}");
        }
    }
}

/// From 0 the first step of L1 in the loss is that of the loss alone, or with the slope right of 0 that of both; without a loss the
/// second step then brings the weight back to 0, and so on for ever.
#[test]
fn a_start_at_zero_takes_the_slope_there() {
    for (slope, steps) in [(0, 1), (1, 1), (1, 2), (1, 7)] {
        let text = format!(
            "steps = {steps}
             problem = [{{ kind = 'none' }}, {{ kind = 'quadratic', curvature = 1.0, target = [0.0, 0.5, -0.5] }}]
             penalty = {{ kind = 'lk', k = 1.0, lambda = [0.75, 2.0] }}
             optimizer = {{ kind = 'subgradient', slope_at_zero = {slope}, learning_rate = 0.25 }}
             start.w = 0.0"
        );
        for (point, outcome) in swept(&text) {
            let [a, t, _, lambda, eta, _] = numbers(&point);
            if steps == 1 {
                assert_eq!(f64::from(outcome.last), -eta * (f64::from(slope) * lambda - a * t), "{point:?}");
            } else if a == 0.0 {
                let expected = if steps % 2 == 0 { 0.0 } else { -eta * lambda };
                assert_eq!(f64::from(outcome.last), expected, "{steps} steps, {point:?}");
            }
        }
    }
}

/// A weight that the penalty takes across zero stays there, though the loss would draw it on; truncated steps let it go.
#[test]
fn sticky_weights_are_dead_for_ever() {
    let of = |step: &str| {
        swept(&format!(
            "steps = 2000
             problem = {{ kind = 'quadratic', curvature = 1.0, target = [-1.0, 0.1] }}
             penalty = {{ kind = 'lk', k = 1.0, lambda = 0.3 }}
             optimizer = {{ kind = 'gradient_descent', penalty_step = '{step}', learning_rate = 0.05 }}
             start.w = [0.55, 2.0]"
        ))
    };
    for ((point, sticky), (_, truncated)) in of("sticky").into_iter().zip(of("truncated")) {
        let [_, t, ..] = numbers(&point);
        let through = if t < 0.0 { Fate::Settled } else { Fate::Zero };
        assert_eq!(truncated.fate(), through, "{point:?}: {truncated:?}");
        // A step of the loss alone may take the weight across, and that does not count.
        let expected = if sticky.first_zero == u32::MAX { Fate::Settled } else { Fate::Zero };
        assert_eq!(sticky.fate(), expected, "{point:?}: {sticky:?}");
        assert!(t < 0.0 || sticky.fate() == Fate::Zero);
    }
    let dead =
        of("sticky").iter().filter(|(point, outcome)| numbers(point)[1] < 0.0 && outcome.fate() == Fate::Zero).count();
    assert!(dead > 0, "some weight should die on its way to the target");
}

/// Without a loss what is due is paid at once: the cumulative step is the truncated one.
#[test]
fn cumulative_steps_without_debts_are_truncated_ones() {
    let of = |step: &str| {
        swept(&format!(
            "steps = 60
             penalty = {{ kind = 'lk', k = 1.0, lambda = [0.1, 1.0] }}
             optimizer = {{ kind = 'gradient_descent', penalty_step = '{step}', learning_rate = 0.0625 }}
             start.w = [-2.0, 0.0, 0.3, 1.0]"
        ))
    };
    for ((point, cumulative), (_, truncated)) in of("cumulative").into_iter().zip(of("truncated")) {
        assert_eq!(cumulative.fate(), truncated.fate(), "{point:?}");
        assert!((cumulative.last - truncated.last).abs() < 60.0 * 6e-8, "{point:?}: {cumulative:?}, {truncated:?}");
    }
}

/// Lambda's course shortens each step of L1 alone: w_n = w_0 - eta (lambda_0 + ... + lambda_(n-1)), here lambda_j = lambda / (1 + d j).
#[test]
fn a_schedule_of_lambda_shortens_the_penaltys_steps() {
    let text = "steps = 100
        penalty = { kind = 'lk', k = 1.0, lambda = [0.1, 1.0] }
        optimizer = { kind = 'subgradient', learning_rate = 0.01, lambda_schedule = { kind = 'inverse', decay = 0.25 } }
        start.w = [-2.0, 3.0]";
    for (point, outcome) in swept(text) {
        let [_, _, _, lambda, eta, w] = numbers(&point);
        let way: f64 = (0..100).map(|n| eta * lambda / (1.0 + 0.25 * f64::from(n))).sum();
        // A hundred steps round a weight of at most 3.
        assert_near(outcome.last, w - way.copysign(w), 100.0 * 6e-8 * 2.0, &point);
    }
}

/// Noise without anything else is a random walk: after n steps of eta the weight's variance is n (eta sd)^2. Of 4,000 walks the mean
/// square is within five standard errors, sqrt(2 / 4000) of itself.
#[test]
fn noise_alone_is_a_random_walk() {
    let text = "steps = 100
        penalty = { kind = 'lk', k = 1.0, lambda = 0.0 }
        optimizer = { kind = 'subgradient', learning_rate = 0.1, noise = { normal = 2.0, seed = 5 } }
        start = { w = { uniform = [-1e-6, 1e-6], count = 4000 } }";
    let squares: Vec<f64> = swept(text).iter().map(|(_, outcome)| f64::from(outcome.last).powi(2)).collect();
    let (mean, expected) = (squares.iter().sum::<f64>() / 4000.0, 100.0 * (0.1_f64 * 2.0).powi(2));
    assert!((mean / expected - 1.0).abs() < 5.0 * (2.0_f64 / 4000.0).sqrt(), "{mean}, not {expected}");
}
