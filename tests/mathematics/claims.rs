//! Every claim of `sweeps/claims/` gets the answer that `docs/claims.md` gives it. The numbers that decide stand here as
//! the mathematics has them: F(w) = a/2 (w - t)^2 + lambda |w|^k, u = lambda / a.

use crate::support::{cpu_outcomes, numbers};
use std::path::PathBuf;
use zerosweep::kernel::Kernel;
use zerosweep::optimizer::PenaltyStep::{self, InLoss as Subgradient, Proximal, Truncated};
use zerosweep::penalty::{L0, LK, Penalty};
use zerosweep::plan::{Plan, Point};
use zerosweep::problem::{NONE, Problem, QUADRATIC};
use zerosweep::spec::Spec;
use zerosweep::theory::{ball_cycle_amplitude, departure_threshold, survival_threshold};
use zerosweep::verdict::{Fate, NEVER, Outcome};

/// Names each claim's test and its spec, `sweeps/claims/NAME.toml`.
macro_rules! claims {
    ($($test:ident: $name:literal),+ $(,)?) => {
        const CLAIMS: &[&str] = &[$($name),+];
        $(#[test]
        fn $test() {
            let trials = trials($name);
            assert!(!trials.is_empty());
            trials.iter().for_each(answers::$test);
        })+
    };
}

claims! {
    ten_updates: "ten-updates",
    l2_in_one_step: "l2-in-one-step",
    large_and_small: "large-and-small",
    slope_at_zero: "slope-at-zero",
    half_power: "half-power",
    three_halves: "three-halves",
    high_powers: "high-powers",
    frozen: "frozen",
    mean_of_weights: "mean-of-weights",
    tolerance_curve: "tolerance-curve",
    exact_zeros: "exact-zeros",
    hysteresis: "hysteresis",
    flow_arrival: "flow-arrival",
    adam_l1: "adam-l1",
    bias: "bias",
    adamw_l1: "adamw-l1",
    momentum_chatter: "momentum-chatter",
    under_noise: "under-noise",
    ramp: "ramp",
    bf16: "bf16",
    batch_norm: "batch-norm",
}

/// Those of many weights, which have tests of their own.
const OF_WEIGHTS: &[&str] = &["slope-among-others"];

/// One trajectory: what it was, in f64, and what became of it.
#[derive(Debug)]
struct Trial {
    problem: &'static Problem,
    penalty: &'static Penalty,
    optimizer: PenaltyStep,
    a: f64,
    t: f64,
    k: f64,
    lambda: f64,
    eta: f64,
    start: f64,
    kernel: Kernel,
    point: Point,
    outcome: Outcome,
}

impl Trial {
    /// The value of the parameter at `path`; 0 where the members have none.
    fn value(&self, path: &str) -> f64 {
        self.kernel.value(path, &self.point).map_or(0.0, f64::from)
    }

    fn fate(&self) -> Fate {
        self.outcome.fate()
    }

    /// eta lambda, the length of an L1 step.
    fn cut(&self) -> f64 {
        self.eta * self.lambda
    }

    #[track_caller]
    fn assert_near(&self, found: f32, expected: f64, relative: f64) {
        let off = (f64::from(found) - expected).abs();
        assert!(off <= relative * expected.abs(), "{found}, not {expected}: {self:?}");
    }
}

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("sweeps/claims").join(format!("{name}.toml"))
}

fn trials(name: &str) -> Vec<Trial> {
    let spec = Spec::load(&path(name), &[]).unwrap_or_else(|error| panic!("{error}")).spec;
    let plan = Plan::new(&spec);
    let outcomes = cpu_outcomes(&plan, 0..plan.trajectories);
    let trial = |(index, outcome)| {
        let (section, local) = plan.locate(index).unwrap();
        let (kernel, point) = (section.kernel, section.at(local));
        let [a, t, k, lambda, eta, start] = numbers(kernel, &point);
        let Kernel { problem, penalty, .. } = kernel;
        let optimizer = kernel.optimizer.penalty_step;
        Trial { problem, penalty, optimizer, a, t, k, lambda, eta, start, kernel, point, outcome }
    };
    (0..).zip(outcomes).map(trial).collect()
}

/// Each file is tested, opens with its claim, bears its own name and stands in the document.
#[test]
fn every_claim_is_tested_and_told() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let document = std::fs::read_to_string(root.join("docs/claims.md")).unwrap();
    let entries = std::fs::read_dir(root.join("sweeps/claims")).unwrap();
    let mut found: Vec<String> =
        entries.map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    let mut tested = [CLAIMS, OF_WEIGHTS].concat();
    found.sort();
    tested.sort_unstable();
    assert_eq!(found, tested);
    for name in found {
        let name = &*name;
        let text = std::fs::read_to_string(path(name)).unwrap();
        let first = text.lines().next().unwrap();
        assert!(first.starts_with("# ") && first.ends_with('.'), "{name} opens with {first}");
        assert_eq!(Spec::load(&path(name), &[]).unwrap().spec.name, name);
        assert!(document.contains(&format!("(../sweeps/claims/{name}.toml)")), "docs/claims.md leaves out {name}");
    }
}

/// What pooled draws say of a share: t uniform in [-1, 1] puts |t| < lambda with probability lambda, and a start mod c is
/// uniform in [0, c], so that max(r, c - r) <= 3/4 c with probability 1/2. Four standard errors.
#[test]
fn shares_are_those_of_the_draws() {
    let zeros = |trial: &Trial| trial.fate() == Fate::Zero;
    let mean = trials("mean-of-weights");
    let drawn = mean.iter().filter(|trial| trial.problem == &QUADRATIC);
    let groups: Vec<&Trial> = drawn.collect();
    assert_eq!(groups.len(), 11 * 2000);
    for group in groups.chunk_by(|x, y| x.lambda == y.lambda) {
        assert_share(group, |trial| zeros(trial), group[0].lambda);
    }
    let curve = trials("tolerance-curve");
    let chatter = |trial: &&Trial| trial.problem == &NONE && trial.optimizer == Subgradient;
    let groups: Vec<&Trial> = curve.iter().filter(chatter).collect();
    assert_eq!(groups.len(), 3 * 10_000);
    for group in groups.chunk_by(|x, y| x.eta == y.eta) {
        assert_share(group, |trial| f64::from(trial.outcome.amplitude()) <= 0.75 * trial.cut(), 0.5);
    }
}

#[track_caller]
fn assert_share(group: &[&Trial], counts: impl Fn(&Trial) -> bool, expected: f64) {
    let n = group.len() as f64;
    let share = group.iter().filter(|trial| counts(trial)).count() as f64 / n;
    let margin = 4.0 * (expected * (1.0 - expected) / n).sqrt();
    assert!((share - expected).abs() <= margin, "{share}, not {expected}: {:?}", group[0]);
}

mod answers {
    use super::*;

    /// |w| falls by 1/2 ten times; 5 / 2^n is below the smallest normal number, 2^-126, from n = 129 on.
    pub fn ten_updates(trial: &Trial) {
        let expected = if trial.k == 1.0 { (Fate::Zero, 10) } else { (Fate::Decayed, 129) };
        assert_eq!((trial.fate(), trial.outcome.first_zero), expected, "{trial:?}");
    }

    /// The subgradient factor is 1 - 2 eta lambda, in products that f32 holds; the proximal factor 1 / (1 + 2 eta lambda).
    pub fn l2_in_one_step(trial: &Trial) {
        let cut = 2.0 * trial.cut();
        let expected = match trial.optimizer {
            Subgradient if cut > 2.0 => Fate::Diverged,
            Subgradient if cut == 2.0 => Fate::Oscillating,
            Subgradient if cut == 1.0 => Fate::Zero,
            Truncated if cut >= 1.0 => Fate::Zero,
            _ => Fate::Decayed,
        };
        assert_eq!(trial.fate(), expected, "{trial:?}");
        let at_once = trial.optimizer != Proximal && cut >= 1.0;
        assert_eq!(trial.outcome.first_crossing == 1, at_once, "{trial:?}");
    }

    /// L1 takes eta lambda = 2^-9 off both weights, L2 the share 2^-8 of each: exact in f32.
    pub fn large_and_small(trial: &Trial) {
        let w = trial.start;
        let expected = if trial.k == 1.0 { w - 0.001953125 } else { w - w * 0.00390625 };
        assert_eq!(f64::from(trial.outcome.last), expected, "{trial:?}");
    }

    /// d0 = -a t. At |d0| = lambda the minimiser is zero, too, but from the side of the target it is reached in the limit
    /// alone; the last step there is lost where the weight is below an ULP of eta lambda <= 1/2.
    pub fn slope_at_zero(trial: &Trial) {
        let slope = (trial.a * trial.t).abs();
        if trial.k == 2.0 {
            assert_eq!(trial.fate(), if slope == 0.0 { Fate::Decayed } else { Fate::Settled }, "{trial:?}");
        } else if slope == trial.lambda {
            assert!(trial.outcome.amplitude() <= 2.4e-7, "{trial:?}");
            assert!(trial.start * trial.t > 0.0 || trial.fate() == Fate::Zero, "{trial:?}");
        } else {
            assert_eq!(trial.fate(), if slope < trial.lambda { Fate::Zero } else { Fate::Settled }, "{trial:?}");
        }
    }

    /// No stable cycle and no rest: it changes sign, and far jumps bring it back. The other rules stop at zero.
    pub fn half_power(trial: &Trial) {
        assert_ne!(trial.outcome.first_crossing, NEVER, "{trial:?}");
        match trial.optimizer {
            Subgradient => assert!([Fate::Oscillating, Fate::Moving].contains(&trial.fate()), "{trial:?}"),
            _ => assert_eq!(trial.fate(), Fate::Zero, "{trial:?}"),
        }
    }

    /// The 2-cycle +-(0.75 eta lambda)^2; a square of f32 numbers, so good to some ULP.
    pub fn three_halves(trial: &Trial) {
        let cycle = (0.75 * trial.cut()).powi(2);
        match trial.optimizer {
            Subgradient => {
                trial.assert_near(trial.outcome.tail_high, cycle, 1e-6);
                trial.assert_near(-trial.outcome.tail_low, cycle, 1e-6);
            }
            Truncated => assert_eq!(trial.fate(), Fate::Zero, "{trial:?}"),
            Proximal => assert_eq!(trial.fate(), Fate::Decayed, "{trial:?}"),
            _ => unreachable!("no claim is about it"),
        }
    }

    /// k = 2: the factor 0.98 a step. k > 2: z = w^(2-k) grows by g = eta lambda k (k-2) a step of the flow. Steps along the
    /// slope of a convex decay undercut it, here by (k-1) g ln(z / z_0) / (2 (k-2)^2 z) of w: under 0.5 %. A thousand
    /// roundings amount to 6e-5.
    pub fn high_powers(trial: &Trial) {
        let (w, k) = (trial.start, trial.k);
        if k == 2.0 {
            return trial.assert_near(trial.outcome.last, w * 0.98_f64.powi(1000), 1e-4);
        }
        let flow = (w.powf(2.0 - k) + trial.lambda * k * (k - 2.0) * 100.0).powf(-1.0 / (k - 2.0));
        trial.assert_near(trial.outcome.last, flow, 5e-3);
        assert!(f64::from(trial.outcome.last) <= flow * (1.0 + 6e-5), "{trial:?}");
        assert!(trial.fate() != Fate::Zero && trial.outcome.first_crossing == NEVER, "{trial:?}");
        assert!(k < 10.0 || w > 0.25 || f64::from(trial.outcome.last) > 0.99 * w, "{trial:?}");
    }

    /// An update of less than half an ULP, which is between 2^-25 and 2^-24 of w, is rounded away.
    pub fn frozen(trial: &Trial) {
        if trial.k == 2.0 {
            return assert_eq!(trial.fate(), Fate::Decayed, "{trial:?}");
        }
        assert!([Fate::Settled, Fate::Moving].contains(&trial.fate()), "{trial:?}");
        let share = trial.cut() * trial.k * trial.start.powf(trial.k - 2.0);
        let at_start = f64::from(trial.outcome.last) == trial.start;
        // The powers are good to 1e-5.
        if !(2.98e-8..=5.97e-8).contains(&share) {
            assert_eq!(at_start, share < 2.98e-8, "{trial:?}");
        }
    }

    /// lambda = 1 / n: alone, L1 takes n times its ten steps; with a loss it is at zero iff |t| < 1 / n.
    pub fn mean_of_weights(trial: &Trial) {
        let n = 1.0 / trial.lambda;
        if trial.problem == &NONE {
            assert_eq!((trial.fate(), f64::from(trial.outcome.first_zero)), (Fate::Zero, 10.0 * n), "{trial:?}");
        } else if (trial.t.abs() * n - 1.0).abs() > 1e-5 {
            assert_eq!(trial.fate() == Fate::Zero, trial.t.abs() * n < 1.0, "{trial:?}");
        }
    }

    /// Alone: r and r - c for ever, c = eta lambda, with c off by what 5 / c roundings of w add up to. With a loss: t = 0,
    /// the 2-cycle +-c / (2 - eta a), approached by e^-3.5 of its excess over 3,500 steps of 0.001; t = 0.5, steps of
    /// 3/2 c up from between -c/2 and 0, shorter by eta a w at most.
    pub fn tolerance_curve(trial: &Trial) {
        if trial.optimizer == Proximal {
            return assert_eq!(trial.fate(), Fate::Zero, "{trial:?}");
        }
        assert_eq!(trial.outcome.first_zero, NEVER, "{trial:?}");
        let (c, amplitude) = (trial.cut(), f64::from(trial.outcome.amplitude()));
        if trial.problem == &NONE {
            trial.assert_near(trial.outcome.tail_high - trial.outcome.tail_low, c, 1e-3);
        } else if trial.t == 0.0 {
            trial.assert_near(trial.outcome.amplitude(), c / (2.0 - trial.eta * trial.a), 0.05);
        } else {
            assert!(amplitude > c * (1.0 - 2.0 * trial.eta) && amplitude < 1.5001 * c, "{trial:?}");
        }
    }

    /// Zero iff |t| < lambda for the rules that can stop there; the plain rule chatters there instead.
    pub fn exact_zeros(trial: &Trial) {
        let (distance, bound) = (trial.t.abs(), trial.lambda / trial.a);
        let inside = if trial.optimizer == Subgradient { Fate::Oscillating } else { Fate::Zero };
        assert_eq!(trial.fate(), if distance < bound { inside } else { Fate::Settled }, "{trial:?}");
    }

    /// k = 1: zero iff t < u, whatever else. k < 1: from anywhere if t is below what survives from far above. Else if the
    /// first update lands, or if the start is below w_-, the smaller root of w + u k w^(k-1) = t; w_- repels where it is
    /// above w_eta, the least nonzero value of the proximal map.
    pub fn hysteresis(trial: &Trial) {
        let Trial { a, t, k, lambda, eta, start, .. } = *trial;
        let u = lambda / a;
        if k == 1.0 {
            return assert_eq!(trial.fate() == Fate::Zero, t < u, "{trial:?}");
        }
        let root = 1.0 / (2.0 - k);
        let slope = |w: f64| w + u * k * w.powf(k - 1.0);
        let fold = (u * k * (1.0 - k)).powf(root);
        let least = (2.0 * eta * lambda * (1.0 - k)).powf(root);
        let survives = slope(if eta * a <= k / 2.0 { fold } else { least });
        let landing = (2.0 - k) / (2.0 * (1.0 - k)) * least;
        let moved = start - eta * a * (start - t);
        let repeller = smaller_root(slope, fold, t).filter(|&w| w >= least);
        let near = |x: f64, bound: f64| (x / bound - 1.0).abs() < 1e-3;
        if near(t, survives) || near(moved, landing) || repeller.is_some_and(|w| near(start, w)) {
            return;
        }
        let dies = t < survives || moved < landing || repeller.is_some_and(|w| start < w);
        assert_eq!(trial.fate() == Fate::Zero, dies, "{trial:?}");
    }

    /// The root of `slope` = t in (0, fold], where `slope` falls from infinity.
    fn smaller_root(slope: impl Fn(f64) -> f64, fold: f64, t: f64) -> Option<f64> {
        if slope(fold) > t {
            return None;
        }
        let halve = |(low, high): (f64, f64), _| {
            let middle = 0.5 * (low + high);
            if slope(middle) > t { (middle, high) } else { (low, middle) }
        };
        Some((0..60).fold((0.0, fold), halve).1)
    }

    /// tau* = w_0^(2-k) / (lambda k (2-k)) for k < 2. Euler's steps miss it by the order of eta, with a logarithm where the
    /// slope has no bounded derivative; the roundings of 50,000 steps stay below 1e-3. No proximal step for k > 1 lands.
    pub fn flow_arrival(trial: &Trial) {
        let (k, crossing) = (trial.k, trial.outcome.first_crossing);
        let arrives = k <= 1.0 || (k < 2.0 && trial.optimizer == Subgradient);
        assert_eq!(trial.fate() == Fate::Zero, k <= 1.0 && trial.optimizer == Proximal, "{trial:?}");
        if arrives {
            let arrival = trial.start.powf(2.0 - k) / (trial.lambda * k * (2.0 - k));
            let off = (f64::from(crossing) * trial.eta / arrival - 1.0).abs();
            assert!(off < trial.eta * (1.0 - trial.eta.ln()) + 1e-3, "{off}: {trial:?}");
        }
    }

    /// Every step before the first crossing is eta long but for epsilon / lambda of it, 1e-4 at most. The chatter then stays below one step.
    pub fn adam_l1(trial: &Trial) {
        let steps = trial.start.abs() / trial.eta;
        let crossing = f64::from(trial.outcome.first_crossing);
        assert!((steps..steps * (1.0 + 1e-4) + 2.0).contains(&crossing), "{trial:?}");
        assert!([Fate::NearZero, Fate::Oscillating].contains(&trial.fate()), "{trial:?}");
        assert!(f64::from(trial.outcome.amplitude()) < trial.eta, "{trial:?}");
        assert_eq!(trial.problem, &NONE);
    }

    /// a = 1, eta = 0.1: zero iff |t| < lambda; beyond gamma lambda, 2.1 and 2.59, what is left is the target, for L1 t - lambda. Where
    /// gradient steps draw by a tenth of what is missing, f32 stops ten roundings off. L0's map is 0 up to h = sqrt(2 eta lambda), a band
    /// too wide to be stepped over: a weight is zero iff it comes there, from across zero or by its first step, and eta |t| <= h.
    pub fn bias(trial: &Trial) {
        let (t, lambda) = (trial.t.abs(), trial.lambda);
        if trial.penalty == &L0 {
            let h = (2.0 * trial.eta * lambda).sqrt();
            let side = trial.start * trial.t.signum();
            let first = side + trial.eta * (t - side);
            let comes = first <= h || t <= h;
            let is_near = [first.abs(), t, trial.eta * t].iter().any(|size| (size - h).abs() < 1e-6);
            if !is_near {
                assert_eq!(trial.fate() == Fate::Zero, comes && trial.eta * t <= h, "{trial:?}");
                let expected = if trial.fate() == Fate::Zero { 0.0 } else { trial.t };
                trial.assert_near(trial.outcome.last, expected, 2e-6);
            }
            return;
        }
        if (t - lambda).abs() > 1e-6 {
            assert_eq!(trial.fate() == Fate::Zero, t < lambda, "{trial:?}");
        }
        if t > 3.7 * lambda * (1.0 + 1e-6) {
            let expected = if trial.penalty == &LK { t - lambda } else { t };
            trial.assert_near(trial.outcome.last, expected * trial.t.signum(), 2e-6);
        }
    }

    /// The proximal step in Adam's metric holds zero iff |t| < lambda. The decoupled one takes eta lambda off, whatever the metric: with
    /// lambda = 0.3 Adam's own steps of eta win everywhere, and the weight ends at the target.
    pub fn adamw_l1(trial: &Trial) {
        if trial.optimizer == Proximal {
            if (trial.t.abs() - trial.lambda).abs() > 1e-6 {
                assert_eq!(trial.fate() == Fate::Zero, trial.t.abs() < trial.lambda, "{trial:?}");
            }
            return;
        }
        assert_ne!(trial.fate(), Fate::Zero, "{trial:?}");
        let off = (f64::from(trial.outcome.last) - trial.t).abs();
        assert!(trial.lambda > 0.5 || off < trial.eta, "{trial:?}");
    }

    /// Plain steps end in the 2-cycle of amplitude eta lambda / (2 - eta a); with momentum none is narrower than its own 2-cycle, and
    /// nothing is zero but by the proximal step.
    pub fn momentum_chatter(trial: &Trial) {
        if trial.optimizer == Proximal {
            return assert_eq!(trial.fate(), Fate::Zero, "{trial:?}");
        }
        let momentum = trial.value("optimizer.momentum");
        let cycle = ball_cycle_amplitude(trial.a, trial.lambda, trial.eta, momentum);
        let width = f64::from(trial.outcome.amplitude()) / cycle;
        assert_eq!(trial.fate(), Fate::Oscillating, "{trial:?}");
        assert!(width > 1.0 - 1e-4 && (momentum > 0.0 || width < 1.0 + 1e-4), "{width}: {trial:?}");
    }

    /// Noise of eta sd a step against a pull of eta lambda: truncated weights stay at zero by no noise that reaches as far as the pull.
    /// Cumulative ones do while what they are due from either side outgrows a random walk: |t| < lambda, and not far from it.
    pub fn under_noise(trial: &Trial) {
        if trial.optimizer == Truncated {
            assert!(trial.value("optimizer.noise.normal") < 0.5 || trial.fate() != Fate::Zero, "{trial:?}");
        } else {
            assert!(trial.t > 0.21 || trial.fate() == Fate::Zero, "{trial:?}");
            assert!(trial.t < 0.54 || trial.fate() != Fate::Zero, "{trial:?}");
        }
    }

    /// From 0 the full lambda holds every target up to T_k (eta a)^(-(1-k)/(2-k)), 3.23; from above, and with a lambda that comes up while
    /// the weight is at its target, none beyond t_s = 1.19.
    pub fn ramp(trial: &Trial) {
        let ramped = trial.kernel.optimizer.lambda_schedule.rate.is_some();
        let threshold = if trial.start == 0.0 && !ramped {
            departure_threshold(trial.k, trial.lambda / trial.a, trial.eta * trial.a)
        } else {
            survival_threshold(trial.k, trial.lambda / trial.a, trial.eta * trial.a)
        };
        assert_eq!(trial.fate() == Fate::Zero, trial.t < threshold, "{threshold}: {trial:?}");
    }

    /// A number of p significant bits has 2^-(p+1) to 2^-p of itself as half a unit in its last place: beyond 2^(p+1) steps a weight
    /// stays, below 2^p it comes down. What half precision loses below 2^-14 by rounding is no zero.
    pub fn bf16(trial: &Trial) {
        let bits = trial.kernel.optimizer.precision.significant_bits();
        let steps = trial.start / trial.cut();
        if steps > f64::from(bits + 1).exp2() {
            let slow = if bits == 24 { Fate::Moving } else { Fate::Settled };
            assert_eq!(trial.fate(), slow, "{trial:?}");
        } else if steps < f64::from(bits).exp2().min(19_000.0) {
            let fates: &[Fate] = match trial.optimizer {
                Proximal => &[Fate::Zero, Fate::Decayed],
                _ => &[Fate::NearZero, Fate::Oscillating, Fate::Decayed],
            };
            assert!(fates.contains(&trial.fate()), "{trial:?}");
            assert!(bits == 11 || trial.fate() != Fate::Decayed, "{trial:?}");
        }
    }

    /// L1 and decay alone, s = lambda / 2 each: in a time of tau, eta summed over the steps, weights up to e^(s tau) - 1 come to zero.
    /// A step of 10^-5 at 0.4 is some 300 units in the last place, one of 10^-6 at 0.2 some 70, so rounding may be half a percent of it.
    pub fn batch_norm(trial: &Trial) {
        let slows = trial.kernel.optimizer.schedule.rate.is_some();
        let time = if slows { 0.1 * 32_000.0 + 0.01 * 32_000.0 } else { 0.1 * 64_000.0 };
        let farthest = (trial.lambda / 2.0 * time).exp_m1();
        let arrives = trial.start < farthest * 0.99;
        if trial.optimizer == Proximal && (arrives || trial.start > farthest * 1.01) {
            assert_eq!(trial.fate() == Fate::Zero, arrives, "{trial:?}");
        } else if trial.optimizer == Subgradient {
            assert_ne!(trial.fate(), Fate::Zero, "{trial:?}");
            assert!(!arrives || trial.outcome.amplitude() < 1e-3, "{trial:?}");
        }
    }
}
