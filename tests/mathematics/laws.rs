//! What the mathematics says of whole trajectories. F(w) = a/2 (w - t)^2 + lambda |w|^k, u = lambda / a, rho = 1 - eta a.

mod rules;
use crate::support::{cpu_outcomes, gpu, gpu_outcomes, plan};
use zerosweep::plan::Plan;
use zerosweep::problem::{DOUBLE_WELL, HUBER, Problem};
use zerosweep::theory::zero_strength;
use zerosweep::verdict::{Fate, NEVER, Outcome};

/// Every trajectory of a sweep with what became of it.
fn swept(text: &str) -> Vec<(Point, Outcome)> {
    let plan = plan(text);
    points(&plan).into_iter().zip(cpu_outcomes(&plan, 0..plan.trajectories)).collect()
}

fn points(plan: &Plan) -> Vec<Point> {
    let point = |index| {
        let (section, local) = plan.locate(index).unwrap();
        let point = section.at(local);
        Point { numbers: crate::support::numbers(section.kernel, &point), start: point.start }
    };
    (0..plan.trajectories).map(point).collect()
}

/// A trajectory's numbers: a, t, k, lambda, eta and w_0 in f64, and the start as it was.
#[derive(Debug)]
struct Point {
    numbers: [f64; 6],
    start: f32,
}

fn numbers(point: &Point) -> [f64; 6] {
    point.numbers
}

#[track_caller]
fn assert_near(found: f32, expected: f64, relative: f64, what: &Point) {
    let off = (f64::from(found) - expected).abs();
    assert!(off <= relative * expected.abs(), "{found}, not {expected}, at {what:?}");
}

#[test]
fn l1_alone_lands_after_ten_steps_of_a_half() {
    let text = "steps = 1000
        penalty = { kind = 'lk', k = 1.0, lambda = 1.0 }
        optimizer = { kind = ['subgradient', 'truncated', 'proximal'], learning_rate = 0.5 }
        start = { w = [5.0, -5.0] }";
    let check = |outcomes: Vec<Outcome>| {
        for outcome in outcomes {
            assert_eq!((outcome.fate(), outcome.first_zero, outcome.first_crossing), (Fate::Zero, 10, 10));
        }
    };
    let plan = plan(text);
    check(cpu_outcomes(&plan, 0..6));
    if let Some(gpu) = gpu("l1_alone_lands_after_ten_steps_of_a_half") {
        check(gpu_outcomes(gpu, &plan, 0..6));
    }
}

/// 5 / 2^n falls below 2^-126, the smallest normal number, at n = 129; it never jumps.
#[test]
fn l2_halves_for_ever_and_is_never_zero() {
    let text = "steps = 10000
        penalty = { kind = 'lk', k = 2.0, lambda = 0.5 }
        optimizer = { kind = ['subgradient', 'truncated'], learning_rate = 0.5 }
        start = { w = [5.0, -5.0] }";
    let check = |outcomes: Vec<Outcome>| {
        for outcome in outcomes {
            assert_eq!((outcome.fate(), outcome.first_zero, outcome.first_crossing), (Fate::Decayed, 129, 129));
        }
    };
    let plan = plan(text);
    check(cpu_outcomes(&plan, 0..4));
    if let Some(gpu) = gpu("l2_halves_for_ever_and_is_never_zero") {
        check(gpu_outcomes(gpu, &plan, 0..4));
    }
}

/// w / (1 + 2 eta lambda): without a loss every weight decays, passes 2^-126 at the step that the factor says, and never
/// jumps.
#[test]
fn l2_by_the_proximal_rule_decays_like_a_power() {
    let text = "steps = 3000
        penalty = { kind = 'lk', k = 2.0, lambda = [0.5, 1.0, 4.0] }
        optimizer = { kind = 'proximal', learning_rate = [0.1, 0.3] }
        start = { w = [5.0, -0.2] }";
    for (point, outcome) in swept(text) {
        let [_, _, _, lambda, eta, w] = numbers(&point);
        let steps = (w.abs() * 126f64.exp2()).ln() / (1.0 + 2.0 * eta * lambda).ln();
        assert_eq!(outcome.fate(), Fate::Decayed, "{point:?}");
        assert!((f64::from(outcome.first_zero) - steps.ceil()).abs() <= 1.0, "{point:?}: {outcome:?}, not {steps}");
    }
}

/// t ~ N(0, 1), eta a = 1: P(zero) = erf(T / sqrt 2), .4986 for k = 1/2 and .2358 for k = 1, at u = 0.3.
#[test]
fn the_share_of_zeros_under_a_normal_target_is_that_of_the_threshold() {
    let count = 200_000;
    let text = format!(
        "steps = 60
         problem = {{ kind = 'quadratic', curvature = 1.0, target = {{ normal = [0.0, 1.0], count = {count}, seed = 3 }} }}
         penalty = {{ kind = 'lk', k = [0.5, 1.0], lambda = 0.3 }}
         optimizer = {{ kind = 'proximal', learning_rate = 1.0 }}
         start = {{ w = 2.0 }}
         report = {{ pool = ['problem.target'] }}"
    );
    let all = swept(&text);
    for (k, expected) in [(0.5, 0.4986), (1.0, 0.2358)] {
        let zeros =
            all.iter().filter(|(point, outcome)| numbers(point)[2] == k && outcome.fate() == Fate::Zero).count();
        let share = zeros as f64 / f64::from(count);
        // Four standard errors, and the rounding of the expected share.
        let margin = 4.0 * (expected * (1.0 - expected) / f64::from(count)).sqrt() + 5e-5;
        assert!((share - expected).abs() < margin, "k = {k}: {share}, not {expected}");
    }
}

/// k = 1/2 without a loss has no stable cycle: it jumps across 0 for ever and almost never hits it.
#[test]
fn the_square_root_penalty_flips_for_ever() {
    let text = "steps = 20000
        penalty = { kind = 'lk', k = 0.5, lambda = 1.0 }
        optimizer = { kind = 'subgradient', learning_rate = 0.01 }
        start = { w = { uniform = [-1.0, 1.0], count = 500 } }
        zero = { tolerances = [1e-6] }";
    let all = swept(text);
    let oscillating = all.iter().filter(|(_, outcome)| outcome.fate() == Fate::Oscillating).count();
    assert!(oscillating >= 495, "{oscillating} of 500");
    assert!(all.iter().all(|(_, outcome)| outcome.first_crossing != NEVER));
}

/// Heavy ball stays at the minimum of a parabola iff eta (a + 2 lambda) < 2 (1 + mu): 2 % on either side of the bound.
#[test]
fn heavy_ball_is_stable_up_to_its_bound() {
    for momentum in [0.0, 0.3, 0.9, 0.99] {
        for side in [0.98, 1.02] {
            let rate = side * 2.0 * (1.0 + momentum);
            let text = format!(
                "steps = 20000
                 problem = {{ kind = 'quadratic', curvature = 1.0, target = 0.5 }}
                 penalty = {{ kind = 'lk', k = 1.0, lambda = 0.0 }}
                 optimizer = {{ kind = 'heavy_ball', penalty_step = 'in_loss', momentum = {momentum:?}, learning_rate = {rate:?} }}
                 start.w = [-1.0, 0.4999, 3.0]"
            );
            for (point, outcome) in swept(&text) {
                let expected = if side < 1.0 { Fate::Settled } else { Fate::Diverged };
                assert_eq!(outcome.fate(), expected, "momentum {momentum}, rate {rate}: {point:?}");
            }
        }
    }
}

/// Nesterov's momentum stays iff eta a < 2 (1 + mu) / (1 + 2 mu): 2 % on either side of the bound.
#[test]
fn nesterov_is_stable_up_to_its_bound() {
    for momentum in [0.0, 0.3, 0.9, 0.99] {
        for side in [0.98, 1.02] {
            let rate = side * 2.0 * (1.0 + momentum) / (1.0 + 2.0 * momentum);
            let text = format!(
                "steps = 20000
                 problem = {{ kind = 'quadratic', curvature = 1.0, target = 0.5 }}
                 penalty = {{ kind = 'lk', k = 1.0, lambda = 0.0 }}
                 optimizer = {{ kind = 'nesterov', momentum = {momentum:?}, learning_rate = {rate:?} }}
                 start.w = [-1.0, 0.4999, 3.0]"
            );
            for (point, outcome) in swept(&text) {
                let expected = if side < 1.0 { Fate::Settled } else { Fate::Diverged };
                assert_eq!(outcome.fate(), expected, "momentum {momentum}, rate {rate}: {point:?}");
            }
        }
    }
}

/// Whatever the slope s, the first step of Adam and Adagrad is eta long and that of RMSprop eta / sqrt(1 - alpha), less what epsilon
/// takes: eta |s| / (sqrt(1 - alpha) |s| + epsilon).
#[test]
fn the_first_step_of_an_adaptive_rule_is_eta() {
    let of_rmsprop = (1.0 - f64::from(0.99_f32)).sqrt();
    for (rule, root, epsilon) in [
        ("adam", 1.0, 1e-8),
        ("amsgrad", 1.0, 1e-8),
        ("adagrad", 1.0, 1e-10),
        ("rmsprop", of_rmsprop, 1e-8),
        ("sign_descent", 1.0, 0.0),
    ] {
        let text = format!(
            "steps = 1
             problem = {{ kind = 'quadratic', curvature = [0.1, 1.0, 30.0], target = [-2.0, 0.3] }}
             penalty = {{ kind = 'lk', k = [1.0, 2.0], lambda = [0.0001, 0.5, 20.0] }}
             optimizer = {{ kind = '{rule}', penalty_step = 'in_loss', learning_rate = [0.0625, 0.5] }}
             start.w = [-1.0, 0.5, 4.0]"
        );
        for (point, outcome) in swept(&text) {
            let [a, t, k, lambda, eta, w] = numbers(&point);
            let slope = a * (w - t) + lambda * k * w.abs().powf(k - 1.0) * w.signum();
            let length = if slope == 0.0 { 0.0 } else { eta * slope.abs() / (root * slope.abs() + epsilon) };
            let expected = w - length * slope.signum();
            // Ten roundings of the move, and one of a weight of at most 9.
            let off = 6e-8 * (10.0 * length + expected.abs());
            assert!(
                (f64::from(outcome.last) - expected).abs() <= off,
                "{rule}: {point:?}: {outcome:?}, not {expected}"
            );
        }
    }
}

/// Without a loss Adam comes down by eta a step whatever lambda is: it crosses zero at step |w_0| / eta, or one later.
#[test]
fn adam_hides_the_strength_of_l1() {
    let text = "steps = 1000
        penalty = { kind = 'lk', k = 1.0, lambda = [0.0001, 0.01, 1.0, 100.0] }
        optimizer = { kind = 'adam', penalty_step = 'in_loss', learning_rate = [0.01, 0.03] }
        start.w = [-1.7, 0.305, 2.995]";
    for (point, outcome) in swept(text) {
        let [_, _, _, _, eta, w] = numbers(&point);
        let early = (w.abs() / eta).ceil();
        let crossing = f64::from(outcome.first_crossing);
        assert!(crossing == early || crossing == early + 1.0, "{point:?}: {crossing}, not {early}");
        assert!([Fate::Oscillating, Fate::NearZero].contains(&outcome.fate()), "{point:?}: {outcome:?}");
    }
}

/// Adagrad with L1 alone, lambda = 1: after n steps w_0 - eta (1 + 1/sqrt 2 + ... + 1/sqrt n), as its slope is always 1.
#[test]
fn adagrad_slows_down_as_a_root() {
    let text = "steps = 400
        penalty = { kind = 'lk', k = 1.0, lambda = [1.0, 0.25] }
        optimizer = { kind = 'adagrad', penalty_step = 'in_loss', learning_rate = 0.1 }
        start.w = [5.0, -7.5]";
    let way: f64 = (1..=400).map(|n| f64::from(n).sqrt().recip()).sum();
    for (point, outcome) in swept(text) {
        let [_, _, _, _, eta, w] = numbers(&point);
        // Four roundings of a move and one of the weight in each of 400 steps.
        assert_near(outcome.last, w - eta * way * w.signum(), 400.0 * 6e-8 * 2.0, &point);
    }
}

/// Decoupled L2 shrinks by 1 - 2 eta lambda a step, whatever the rule makes of the loss.
#[test]
fn decoupled_decay_is_that_of_the_rate_alone() {
    for rule in ["adam", "rmsprop", "adagrad", "sign_descent"] {
        let text = format!(
            "steps = 100
             penalty = {{ kind = 'lk', k = 2.0, lambda = [0.01, 0.3] }}
             optimizer = {{ kind = '{rule}', penalty_step = 'decoupled', learning_rate = 0.1 }}
             start.w = [5.0, -0.2]"
        );
        for (point, outcome) in swept(&text) {
            let [_, _, _, lambda, eta, w] = numbers(&point);
            assert_near(outcome.last, w * (1.0 - 2.0 * eta * lambda).powi(100), 100.0 * 6e-8 * 3.0, &point);
        }
    }
}

/// In its own metric a proximal step rests where loss and penalty balance: at zero iff |a t| <= lambda.
#[test]
fn adaptive_proximal_steps_find_the_minimiser() {
    for (rule, rate) in [("adam", 0.01), ("rmsprop", 0.01), ("adagrad", 0.5)] {
        let text = format!(
            "steps = 20000
             problem = {{ kind = 'quadratic', curvature = 2.0, target = [-1.5, -0.14, 0.1, 0.16, 0.9] }}
             penalty = {{ kind = 'lk', k = 1.0, lambda = 0.3 }}
             optimizer = {{ kind = '{rule}', penalty_step = 'proximal', learning_rate = {rate} }}
             start.w = [-3.0, 0.0, 2.0]"
        );
        for (point, outcome) in swept(&text) {
            let [a, t, _, lambda, ..] = numbers(&point);
            let minimiser = (t.abs() - lambda / a).max(0.0).copysign(t);
            if minimiser == 0.0 {
                assert_eq!(outcome.fate(), Fate::Zero, "{rule}: {point:?}: {outcome:?}");
            } else {
                assert_ne!(outcome.fate(), Fate::Zero, "{rule}: {point:?}: {outcome:?}");
                assert!((f64::from(outcome.last) - minimiser).abs() < 0.011, "{rule}: {point:?}: {outcome:?}");
            }
        }
    }
}

/// L1 by heavy ball around the target 0: no cycle is narrower than eta lambda / (2 (1 + mu) - eta a). Some starts beside zero
/// end in that one, most in wider ones.
#[test]
fn heavy_ball_cycles_with_l1_no_narrower_than_its_two_cycle() {
    let (rate, lambda) = (0.01, 0.3);
    for momentum in [0.1, 0.3, 0.9] {
        let text = format!(
            "steps = 20000
             problem = {{ kind = 'quadratic', curvature = 1.0, target = 0.0 }}
             penalty = {{ kind = 'lk', k = 1.0, lambda = {lambda} }}
             optimizer = {{ kind = 'heavy_ball', penalty_step = 'in_loss', momentum = {momentum}, learning_rate = {rate} }}
             start.w = {{ linspace = [-0.02, 0.02, 400] }}"
        );
        let amplitude = zerosweep::theory::ball_cycle_amplitude(1.0, lambda, rate, momentum);
        // f32 rounds a weight of this size a million times finer.
        let widths = swept(&text).into_iter().map(|(_, outcome)| f64::from(outcome.amplitude()) / amplitude);
        let widths: Vec<f64> = widths.collect();
        assert!(widths.iter().all(|&width| width > 1.0 - 1e-4), "{widths:?}");
        let in_it = widths.iter().filter(|&&width| width < 1.0 + 1e-4).count();
        assert!((5..400).contains(&in_it), "momentum {momentum}: {in_it} of 400");
    }
    let of_the_text = zerosweep::theory::ball_cycle_amplitude(1.0, lambda, rate, 0.9);
    assert!((of_the_text / 7.9e-4 - 1.0).abs() < 0.01);
}

/// Elastic nets end at zero by proximal steps iff |L'(0)| <= lambda r, wherever they start.
#[test]
fn elastic_nets_are_zero_up_to_lambda_r() {
    let text = "steps = 4000
        problem = { kind = 'quadratic', curvature = 0.8, target = { linspace = [-2.0, 2.0, 81] } }
        penalty = { kind = 'elastic_net', lambda = [0.3, 1.1], l1_ratio = [0.25, 0.5, 0.99, 1.0] }
        optimizer = { kind = 'proximal', learning_rate = 0.1 }
        start.w = [-4.0, 0.0, 0.3, 4.0]";
    let plan = plan(text);
    let mut zeros = 0;
    for (index, outcome) in (0..).zip(cpu_outcomes(&plan, 0..plan.trajectories)) {
        let (section, local) = plan.locate(index).unwrap();
        let point = section.at(local);
        let value = |path: &str| f64::from(section.kernel.value(path, &point).unwrap());
        let (slope, held) =
            ((0.8 * value("problem.target")).abs(), value("penalty.lambda") * value("penalty.l1_ratio"));
        // At equality rounding decides.
        if (slope - held).abs() > 1e-6 {
            assert_eq!(outcome.fate() == Fate::Zero, slope < held, "{point:?}: {outcome:?}");
            zeros += u32::from(slope < held);
        }
    }
    assert!(zeros > 500, "{zeros}");
}

/// 0 is the global minimiser of L + lambda |w|^k iff lambda is at least sup (L(0) - L(w)) / |w|^k. Below it some start is lower than zero, and
/// none such ends there; above it no end is lower than zero.
#[test]
fn zero_is_the_lowest_end_from_a_strength_on() {
    let losses: [(&str, &Problem, &[f64]); 3] = [
        ("{ kind = 'double_well', target = 1.25, tilt = 0.0 }", &DOUBLE_WELL, &[1.0, 1.25, 0.0]),
        ("{ kind = 'double_well', target = 0.75, tilt = -0.125 }", &DOUBLE_WELL, &[1.0, 0.75, -0.125]),
        ("{ kind = 'huber', target = 1.5, delta = 0.5 }", &HUBER, &[1.0, 1.5, 0.5]),
    ];
    for (text, loss, own) in losses {
        for k in [0.5, 1.0] {
            let strength = zero_strength(loss, own, k, 8.0);
            for share in [0.97, 1.03] {
                let lambda = share * strength;
                let text = format!(
                    "steps = 4000
                     problem = {text}
                     penalty = {{ kind = 'lk', k = {k:?}, lambda = {lambda} }}
                     optimizer = {{ kind = 'proximal', learning_rate = 0.03125 }}
                     start.w = {{ linspace = [-2.0, 2.0, 129] }}"
                );
                // F(w) - F(0).
                let gain = |w: f32| {
                    let w = f64::from(w);
                    let value = loss.value_in_f64;
                    value(w, own) - value(0.0, own) + lambda * w.abs().powf(k)
                };
                let all = swept(&text);
                let low = all.iter().filter(|(point, _)| gain(point.start) < -1e-9).count();
                assert_eq!(low > 0, share < 1.0, "{text}: {low} starts are lower than zero");
                for (point, outcome) in &all {
                    if gain(point.start) < -1e-9 {
                        assert!(outcome.fate() == Fate::Settled && gain(outcome.last) < 0.0, "{point:?}: {outcome:?}");
                    }
                    assert!(gain(outcome.last) > -1e-9 || share < 1.0, "{point:?}: {outcome:?}");
                }
            }
        }
    }
}

/// A logistic model of one weight is 0 by proximal L1 steps iff |x (1/2 - p)| <= lambda; else it keeps the odds of a share that is nearer to
/// one half by lambda / x.
#[test]
fn logistic_models_are_zero_up_to_their_slope() {
    let text = "steps = 6000
        problem = { kind = 'logistic', scale = [1.0, 2.0], share = [0.0625, 0.25, 0.375, 0.5, 0.875] }
        penalty = { kind = 'lk', k = 1.0, lambda = [0.0625, 0.15625, 0.3125] }
        optimizer = { kind = 'proximal', learning_rate = 0.25 }
        start.w = [-2.0, 0.0, 0.5, 3.0]";
    let plan = plan(text);
    for (index, outcome) in (0..).zip(cpu_outcomes(&plan, 0..plan.trajectories)) {
        let (section, local) = plan.locate(index).unwrap();
        let point = section.at(local);
        let [x, p, lambda] = ["problem.scale", "problem.share", "penalty.lambda"]
            .map(|path| f64::from(section.kernel.value(path, &point).unwrap()));
        let slope = x * (0.5 - p);
        // At equality rounding decides.
        if slope.abs() < lambda - 1e-6 {
            assert_eq!(outcome.fate(), Fate::Zero, "{point:?}: {outcome:?}");
        } else if slope.abs() > lambda + 1e-6 {
            let share = p + lambda / x * slope.signum();
            let expected = (share / (1.0 - share)).ln() / x;
            assert!((f64::from(outcome.last) - expected).abs() < 1e-4, "{point:?}: {outcome:?}, not {expected}");
        }
    }
}

/// A Poisson model of one weight is 0 by proximal L1 steps iff |x (1 - m)| <= lambda; else its mean is nearer to 1 than m by lambda / x.
#[test]
fn poisson_models_are_zero_up_to_their_slope() {
    let text = "steps = 6000
        problem = { kind = 'poisson', scale = [1.0, 2.0], mean = [0.25, 0.75, 1.0, 1.5, 4.0] }
        penalty = { kind = 'lk', k = 1.0, lambda = [0.125, 0.3125, 1.5] }
        optimizer = { kind = 'proximal', learning_rate = 0.03125 }
        start.w = [-2.0, 0.0, 0.5, 1.0]";
    let plan = plan(text);
    let mut zeros = 0;
    for (index, outcome) in (0..).zip(cpu_outcomes(&plan, 0..plan.trajectories)) {
        let (section, local) = plan.locate(index).unwrap();
        let point = section.at(local);
        let [x, m, lambda] = ["problem.scale", "problem.mean", "penalty.lambda"]
            .map(|path| f64::from(section.kernel.value(path, &point).unwrap()));
        let slope = x * (1.0 - m);
        // At equality rounding decides.
        if slope.abs() < lambda - 1e-6 {
            assert_eq!(outcome.fate(), Fate::Zero, "{point:?}: {outcome:?}");
            zeros += 1;
        } else if slope.abs() > lambda + 1e-6 {
            let expected = (m + lambda / x * slope.signum()).ln() / x;
            assert!((f64::from(outcome.last) - expected).abs() < 1e-4, "{point:?}: {outcome:?}, not {expected}");
        }
    }
    assert!((20..100).contains(&zeros), "{zeros}");
}

/// A learning rate that falls as 1 / (1 + d n): without a penalty the distance from the target is the product of what each step
/// leaves of it.
#[test]
fn an_inverse_schedule_shortens_each_step() {
    let text = "steps = 300
        problem = { kind = 'quadratic', curvature = 1.0, target = 0.25 }
        penalty = { kind = 'lk', k = 1.0, lambda = 0.0 }
        optimizer = { kind = 'subgradient', learning_rate = 0.5, schedule = { kind = 'inverse', decay = [0.0, 0.1, 1.0, 20.0] } }
        start.w = [-3.0, 1.25]";
    let decays = [0.0, 0.1_f32, 1.0, 20.0].map(f64::from);
    for (index, (point, outcome)) in swept(text).into_iter().enumerate() {
        let decay = decays[index / 2];
        let left: f64 = (0..300).map(|n| 1.0 - 0.5 / (1.0 + decay * f64::from(n))).product();
        let expected = 0.25 + (f64::from(point.start) - 0.25) * left;
        // Each of 300 steps rounds a weight of at most 3, and a move of half of it five times; halves forget at once.
        assert_near(outcome.last, expected, 300.0 * 4.0 * 6e-8 * 12.0, &point);
    }
}

/// Momentum changes the way and not the end: by proximal steps heavy ball rests where the loss and lambda |w| balance, at zero iff
/// |t| <= lambda.
#[test]
fn proximal_heavy_ball_finds_the_minimiser() {
    let text = "steps = 4000
        problem = { kind = 'quadratic', curvature = 1.0, target = [-1.5, -0.29, 0.0, 0.1, 0.31, 0.9] }
        penalty = { kind = 'lk', k = 1.0, lambda = 0.3 }
        optimizer = { kind = 'heavy_ball', penalty_step = 'proximal', momentum = [0.0, 0.5, 0.9], learning_rate = 0.05 }
        start.w = [-3.0, 0.0, 2.0]";
    assert_minimiser_is_found(text);
}

/// Every trajectory of a sweep with curvature 1 and L1 of 0.3 ends at the minimum, at zero iff |t| <= 0.3.
fn assert_minimiser_is_found(text: &str) {
    for (point, outcome) in swept(text) {
        let [_, t, ..] = numbers(&point);
        let minimiser = (t.abs() - f64::from(0.3_f32)).max(0.0).copysign(t);
        if minimiser == 0.0 {
            assert_eq!(outcome.fate(), Fate::Zero, "{point:?}: {outcome:?}");
        } else {
            // f32 stops where a move, a twentieth of what is missing, is lost beside the weight.
            assert!((f64::from(outcome.last) - minimiser).abs() < 40.0 * 6e-8 * t.abs(), "{point:?}: {outcome:?}");
        }
    }
}
