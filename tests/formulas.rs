//! The shared formulas against oracles in f64 that share nothing with them: the standard library's functions,
//! bisection and search. Every budget counts roundings, in units of 2^-24: half a unit in the last place (ULP) is at
//! most one unit.

use zerosweep::formula::math::*;
use zerosweep::formula::{Model, Parameters};
use zerosweep::kernel::{Exponent, Kernel, Visitor};
use zerosweep::optimizer::Optimizer;
use zerosweep::problem::Problem;

const UNIT: f64 = 1.0 / (1 << 24) as f64;
const LEAST_NORMAL: f32 = f32::MIN_POSITIVE;

/// 2^-90: from here or above no map for k > 1 underflows.
const HELD: f32 = f32::from_bits((127 - 90) << 23);

/// Where `value` misses `exact`, in ULP of an f32 as large as `exact`.
fn ulps(value: f32, exact: f64) -> f64 {
    (f64::from(value) - exact).abs() / 2f64.powi(exact.abs().log2().floor() as i32 - 23)
}

/// The greatest miss of `formula` over `xs`, and where it is.
fn worst(xs: impl Iterator<Item = f32>, formula: impl Fn(f32) -> f32, exact: impl Fn(f64) -> f64) -> (f64, f32) {
    let mut worst = (0.0, 0.0);
    for x in xs {
        let miss = match exact(f64::from(x)) {
            0.0 if formula(x) == 0.0 => 0.0,
            exact => ulps(formula(x), exact),
        };
        if miss.is_nan() || miss > worst.0 {
            worst = (miss, x);
        }
    }
    worst
}

/// Every `step`th float from `low` up to `high`, both positive.
fn floats(low: f32, high: f32, step: usize) -> impl Iterator<Item = f32> {
    (low.to_bits()..=high.to_bits()).step_by(step).map(f32::from_bits)
}

#[test]
fn log2_is_within_two_ulp() {
    let (miss, x) = worst(floats(LEAST_NORMAL, f32::MAX, 509), portable_log2, f64::log2);
    assert!(miss <= 2.0, "{miss} ULP at {x:e}");
    // Around 1, where the logarithm passes 0, relatively too.
    let (miss, x) = worst(floats(0.5, 2.0, 5), portable_log2, f64::log2);
    assert!(miss <= 2.0, "{miss} ULP at {x:e}");
    let powers = (-126..128).map(|n| 2f32.powi(n));
    assert_eq!(worst(powers, portable_log2, f64::log2), (0.0, 0.0));
    for x in floats(0.0, LEAST_NORMAL, 4093) {
        assert!(portable_log2(x).is_finite(), "{x:e}");
    }
}

#[test]
fn exp2_is_within_one_and_a_half_ulp_and_saturates() {
    let both = |step| floats(1e-30, 127.0, step).flat_map(|x| [x, -x]).filter(|x| *x >= -126.0);
    let (miss, x) = worst(both(211), portable_exp2, f64::exp2);
    assert!(miss <= 1.5, "{miss} ULP at {x:e}");
    for n in -126..128 {
        assert_eq!(portable_exp2(n as f32), 2f32.powi(n));
    }
    for beyond in [127.00001, 128.0, 1e9, f32::MAX] {
        assert_eq!(portable_exp2(beyond), 2f32.powi(127));
        assert_eq!(portable_exp2(-beyond), 0.0);
    }
    assert_eq!(portable_exp2(f32::next_down(-126.0)), 0.0);
}

/// Units: 4 of the logarithm and 1 of the product, both magnified by |y log2 x| ln 2; 3 of the exponential.
#[test]
fn pow_keeps_its_bound() {
    for x in floats(LEAST_NORMAL, 1e30, 70_001) {
        for y in [-0.99, -0.5, -0.1, 1e-3, 0.01, 0.3, 1.0 / 3.0, 0.7, 0.99, 1.5, 2.3, 6.3, 31.5, 99.0] {
            let size = f64::from(y) * f64::from(x).log2();
            let power = f64::from(portable_pow(x, y));
            if (-126.0..127.0).contains(&size) {
                let budget = (3.0 + 5.0 * std::f64::consts::LN_2 * size.abs()) * UNIT;
                assert!((power / size.exp2() - 1.0).abs() <= budget, "{x:e}^{y} = {power:e}");
            }
            assert!(power.is_finite());
            assert!(portable_pow(0.0, y).is_finite());
        }
    }
}

#[test]
fn rough_functions_keep_their_bounds() {
    for x in floats(LEAST_NORMAL, f32::MAX, 1009) {
        assert!((f64::from(rough_log2(x)) - f64::from(x).log2()).abs() <= 1.1e-4, "{x:e}");
    }
    for x in floats(1e-30, 126.0, 1009).flat_map(|x| [0.5 * x, -x]) {
        assert!((f64::from(rough_exp2(x)) / f64::from(x).exp2() - 1.0).abs() <= 8e-5, "{x:e}");
    }
    assert_eq!([-127.0, -1e9].map(rough_exp2), [rough_exp2(-126.0); 2]);
}

/// x^n takes n - 1 roundings at most, however they are nested: (x^2)^2 counts that of x^2 twice.
#[test]
fn small_powers_count_their_roundings() {
    for n in 2..=31 {
        for x in floats(LEAST_NORMAL, 1e30, 30_011) {
            let exact = f64::from(x).powi(n);
            let power = small_power(x, n);
            let octave = f64::from(x).log2().floor();
            if octave * f64::from(n) < -100.0 {
                assert_eq!(power, 0.0, "{x:e}^{n}");
            } else if exact < 2f64.powi(127) {
                assert!((f64::from(power) / exact - 1.0).abs() <= 1.001 * UNIT * f64::from(n - 1), "{x:e}^{n}");
            } else {
                assert!((2f32.powi(126)..f32::INFINITY).contains(&power), "{x:e}^{n} = {power:e}");
            }
        }
        assert_eq!(small_power(0.0, n), 0.0);
    }
}

struct Step(f32, Parameters);

impl Visitor for Step {
    type Output = f32;
    fn visit<M: Model>(self) -> f32 {
        M::step(self.0, self.1)
    }
}

fn step(exponent: Exponent, optimizer: Optimizer, w: f32, parameters: Parameters) -> f32 {
    Kernel { problem: Problem::None, exponent, optimizer }.visit(Step(w, parameters))
}

fn prox(exponent: Exponent, k: f32, x: f32, u: f32) -> f32 {
    let parameters = Parameters { k, lambda: u, learning_rate: 1.0, ..Parameters::default() };
    step(exponent, Optimizer::Proximal, x, parameters)
}

/// The slope at w: a subgradient step so long (a power of two) that what it leaves of w is lost in rounding.
fn slope(exponent: Exponent, k: f32, w: f32, lambda: f32) -> f32 {
    let exact = f64::from(lambda) * f64::from(k) * f64::from(w.abs()).powf(f64::from(k) - 1.0);
    let learning_rate = 2f32.powi((30.0 + (f64::from(w.abs()) / exact).log2()).clamp(-126.0, 127.0) as i32);
    let parameters = Parameters { k, lambda, learning_rate, ..Parameters::default() };
    -step(exponent, Optimizer::Subgradient, w, parameters) / learning_rate
}

/// Every kernel with exponents it can serve: its own, and for the general ones those of the special kernels too.
const SERVED: &[(Exponent, &[f32])] = &[
    (Exponent::Half, &[0.5]),
    (Exponent::TwoThirds, &[2.0 / 3.0]),
    (Exponent::One, &[1.0]),
    (Exponent::ThreeHalves, &[1.5]),
    (Exponent::Two, &[2.0]),
    (Exponent::Three, &[3.0]),
    (Exponent::Integer, &[3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 10.0, 15.0, 16.0, 17.0, 24.0, 31.0, 32.0]),
    (Exponent::Concave, &[0.01, 0.1, 0.25, 1.0 / 3.0, 0.5, 2.0 / 3.0, 0.8, 0.9, 0.97, 0.99]),
    (Exponent::Convex, &[1.01, 1.1, 1.25, 4.0 / 3.0, 1.5, 1.7, 1.99, 2.0, 2.5, 3.0, 4.0, 7.3, 33.0, 100.0]),
];

fn served() -> impl Iterator<Item = (Exponent, f32)> {
    SERVED.iter().flat_map(|(exponent, ks)| ks.iter().map(|k| (*exponent, *k)))
}

/// Units of error of |w|^(k-1) as each file computes it, beside which k lambda and the last product take three.
fn slope_budget(exponent: Exponent, k: f64, w: f64) -> f64 {
    3.0 + match exponent {
        Exponent::One | Exponent::Two => 0.0,
        Exponent::ThreeHalves => 1.0,
        Exponent::Half => 2.0,
        Exponent::Three | Exponent::Integer => 1.001 * (k - 2.0),
        // As pow_keeps_its_bound, and the rounding of k - 1 where k > 2.
        _ => 2.5 + 6.0 * std::f64::consts::LN_2 * ((k - 1.0) * w.log2()).abs(),
    }
}

#[test]
fn slopes_match_the_derivative() {
    for (exponent, k) in served() {
        for (i, w) in floats(1e-25, 1e25, 900_007).enumerate() {
            let lambda = [0.1, 1.0, 3.7, 1e-3][i % 4];
            let (k64, w64) = (f64::from(k), f64::from(w));
            let exact = f64::from(lambda) * k64 * w64.powf(k64 - 1.0);
            let got = slope(exponent, k, w, lambda);
            assert_eq!(slope(exponent, k, -w, lambda), -got, "{exponent:?} k = {k}: odd at {w:e}");
            let power = (k64 - 1.0) * w64.log2();
            if power > -99.0 + k64.min(32.0) && power < 120.0 && exact > w64 * 2f64.powi(-90) {
                let miss = (f64::from(got) / exact - 1.0).abs() / UNIT;
                assert!(miss <= slope_budget(exponent, k64, w64), "{exponent:?} k = {k} w = {w:e}: {miss} units");
            }
        }
    }
}

/// At 0 no penalty moves the weight; none ever gives NaN; where lambda is 0 none moves any weight.
#[test]
fn slopes_are_never_nan() {
    for (exponent, k) in served().chain([(Exponent::Convex, 1e30), (Exponent::Convex, 1.0 + f32::EPSILON)]) {
        for w in [0.0, LEAST_NORMAL, 1e-30, 1e-3, 0.999, 1.0, 1.001, 1e3, 1e15, 1e30].into_iter().flat_map(|w| [w, -w])
        {
            for lambda in [0.0, 1e-30, 0.1, 1e30] {
                let parameters = Parameters { k, lambda, learning_rate: 1e-3, ..Parameters::default() };
                let after = step(exponent, Optimizer::Subgradient, w, parameters);
                assert!(!after.is_nan(), "{exponent:?} k = {k} w = {w:e} lambda = {lambda:e}");
                if w == 0.0 || lambda == 0.0 {
                    assert_eq!(after, w, "{exponent:?} k = {k} lambda = {lambda:e}");
                }
            }
        }
    }
}

/// The k whose proximal map a kernel is: 2/3 itself, not the f32 next to it.
fn served_k(exponent: Exponent, k: f32) -> f64 {
    if exponent == Exponent::TwoThirds { 2.0 / 3.0 } else { f64::from(k) }
}

/// v + u k v^(k-1).
fn balance(v: f64, u: f64, k: f64) -> f64 {
    v + u * k * v.powf(k - 1.0)
}

/// By bisection on log v: where the balance, which rises between `low` and `high`, comes to x.
fn bisect(low: f64, high: f64, x: f64, u: f64, k: f64) -> f64 {
    let (mut low, mut high) = (low, high);
    for _ in 0..70 {
        let middle = (low * high).sqrt();
        if balance(middle, u, k) < x { low = middle } else { high = middle }
    }
    high
}

/// The local minimiser in v > 0 of (v - x)^2 / 2 + u v^k, if there is one: for k < 1 the balance falls, then rises, so
/// the least balance comes first, by golden section on log v.
fn minimiser(x: f64, u: f64, k: f64) -> Option<f64> {
    let mut low = 1e-60;
    if k < 1.0 {
        let (mut from, mut to) = ((x * 1e-12).ln(), x.ln());
        for _ in 0..60 {
            let (a, b) = (from + 0.382 * (to - from), from + 0.618 * (to - from));
            if balance(a.exp(), u, k) < balance(b.exp(), u, k) { to = b } else { from = a }
        }
        low = from.exp();
    }
    (k > 1.0 || balance(low, u, k) < x).then(|| bisect(low, x, x, u, k))
}

fn objective(v: f64, x: f64, u: f64, k: f64) -> f64 {
    v * v / 2.0 - v * x + u * v.powf(k)
}

/// Units of error that the proximal map at x may have. With n = v + (k-1) pull, an error of one unit in x or in the
/// sum costs x / n, one in the pull costs pull / n; (k-1) pull / n of an error in v comes back, for the pull was
/// taken at another v.
fn prox_budget(exponent: Exponent, v: f64, u: f64, k: f64) -> f64 {
    let pull = u * k * v.powf(k - 1.0);
    let n = v + (k - 1.0) * pull;
    let of_pull = match exponent {
        Exponent::One => return 1.0,
        // 1 + 2u, the division.
        Exponent::Two => return 2.0,
        // s: 3/4 u, the square, the sum and the second sum share its error with x; a division; then s^2.
        Exponent::ThreeHalves | Exponent::Three => return 5.0 + 3.0 * pull / n,
        // c: the square root, x^(3/2), u / 2 over it; the cubic's residual (4).
        Exponent::Half => 7.0,
        // c: x^(4/3) by its Newton step (9), 2u/3 (2), their ratio; the quartic's residual (4).
        Exponent::TwoThirds => 16.0,
        // exp2 of t = octave + (k-1) g, where k - 1, its product and t are rounded; u k and the product by it.
        _ => {
            let size = (k - 1.0) * v.log2();
            4.5 + std::f64::consts::LN_2 * (2.0 * size.abs() + (size + (u * k).log2()).abs() + 1.0)
        }
    };
    // The last rounding and the last step's own error; v's error in exp2; the excess.
    1.5 + (2.5 * (k - 1.0).abs() + of_pull) * pull / n
}

/// x and u over the sizes that sweeps use and, more thinly, over all there are.
fn points() -> impl Iterator<Item = (f32, f32)> {
    let mut state = 1u32;
    let mut near = move |exponent: i32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (1.0 + (state >> 9) as f32 / (1 << 23) as f32) * 2f32.powi(exponent)
    };
    let usual = (0..6).flat_map(|_| (-12..12).flat_map(|x| (-16..8).map(move |u| (x, u))));
    let all = (-125..99).step_by(4).flat_map(|x| (-124..99).step_by(5).map(move |u| (x, u)));
    usual.chain(all).map(|(x, u)| (near(x), near(u))).collect::<Vec<_>>().into_iter()
}

#[test]
fn proximal_maps_match_bisection() {
    for (exponent, k) in served() {
        for (x, u) in points() {
            let got = prox(exponent, k, x, u);
            assert_eq!(prox(exponent, k, -x, u), -got, "{exponent:?} k = {k}: odd at {x:e}, {u:e}");
            let (k64, x64, u64) = (served_k(exponent, k), f64::from(x), f64::from(u));
            let beaten = |v: &f64| objective(*v, x64, u64, k64) < 0.0;
            let Some(exact) = minimiser(x64, u64, k64).filter(|v| k > 1.0 || beaten(v)) else {
                assert_eq!(got, 0.0, "{exponent:?} k = {k} x = {x:e} u = {u:e}");
                continue;
            };
            if exact < f64::from(LEAST_NORMAL) {
                let held = if x >= HELD { got == LEAST_NORMAL } else { got <= LEAST_NORMAL };
                assert!(held, "{exponent:?} k = {k} x = {x:e} u = {u:e}: {got:e}");
                continue;
            }
            let budget = prox_budget(exponent, exact, u64, k64);
            let miss = ((f64::from(got) - exact).abs() - 2f64.powi(-125)).max(0.0) / exact / UNIT;
            assert!(
                miss <= budget,
                "{exponent:?} k = {k} x = {x:e} u = {u:e}: {got:e} for {exact:e}, {miss} of {budget} units"
            );
        }
    }
}

/// Where the minimiser leaves 0: T = (2-k) / (2 (1-k)) (2 u (1-k))^(1/(2-k)), below which the map is 0 and above
/// which it is not. Units: for 1/2 and 2/3 those of c, less by its power of x; for the others half of those of the
/// pull.
#[test]
fn thresholds_are_hit() {
    for (exponent, k) in served().filter(|(_, k)| *k <= 1.0) {
        for u in floats(1e-30, 1e30, 6_000_011) {
            let (k64, u64) = (served_k(exponent, k), f64::from(u));
            let threshold = match k {
                1.0 => u64,
                _ => (2.0 - k64) / (2.0 * (1.0 - k64)) * (2.0 * u64 * (1.0 - k64)).powf(1.0 / (2.0 - k64)),
            };
            let size = (2.0 * u64 * (1.0 - k64)).log2().abs() / (2.0 - k64);
            let units = match exponent {
                Exponent::One => 0.0,
                Exponent::Half => 4.0,
                Exponent::TwoThirds => 9.0,
                _ => 4.0 + 3.0 * std::f64::consts::LN_2 * size,
            };
            let below = (threshold * (1.0 - units * UNIT)) as f32;
            let above = ((threshold * (1.0 + units * UNIT)) as f32).next_up();
            assert_eq!(prox(exponent, k, below, u), 0.0, "{exponent:?} k = {k} u = {u:e} below");
            assert_ne!(prox(exponent, k, above, u), 0.0, "{exponent:?} k = {k} u = {u:e} above");
            let v = minimiser(threshold, u64, k64);
            if let (Some(v), true) = (v, k < 1.0) {
                // The closed form of T itself: there both minima are level.
                let level = objective(v, threshold, u64, k64).abs() / (threshold * threshold);
                assert!(level <= 1e-13, "{exponent:?} k = {k} u = {u:e}: {level:e}");
            }
        }
    }
}

/// No v on a fine grid does better than the map by more than its error explains: the objective is flat at its minimum,
/// with second derivative n / v, so an error of e v costs n v e^2 / 2; f64's own rounding of the objective beside
/// that.
#[test]
fn no_grid_point_beats_a_proximal_map() {
    for (exponent, k) in served() {
        for (x, u) in points().filter(|(x, u)| (1e-3..1e3).contains(x) && (1e-4..1e2).contains(u)) {
            let (k64, x64, u64) = (served_k(exponent, k), f64::from(x), f64::from(u));
            let got = f64::from(prox(exponent, k, x, u));
            let grid = (0..=400).map(|i| x64 * f64::from(i) / 400.0).chain((1..60).map(|i| x64 * 0.7f64.powi(i)));
            let best = grid.map(|v| objective(v, x64, u64, k64)).fold(f64::INFINITY, f64::min);
            let v = got.max(1e-30);
            let n = v + (k64 - 1.0) * u64 * k64 * v.powf(k64 - 1.0);
            let error = prox_budget(exponent, v, u64, k64) * UNIT;
            let margin = if got == 0.0 { 0.0 } else { n * v * error * error / 2.0 } + 1e-14 * x64 * x64;
            let value = objective(got, x64, u64, k64);
            assert!(value <= best + margin, "{exponent:?} k = {k} x = {x:e} u = {u:e}: {value:e} against {best:e}");
        }
    }
}

/// Whatever a sweep may give: finite, of the sign of x, no larger than x; 0 where x is, and for k > 1 from no x of
/// 2^-90 or more; x itself where nothing pulls.
#[test]
fn proximal_maps_stay_in_bounds() {
    let edges = [0.0, 1e-40, LEAST_NORMAL, 1.3e-38, 1e-30, 1e-19, 1e-7, 0.3, 1.0, 1.1, 7.7, 1e4, 1e9, 1e19, 3e24, 1e30];
    let sharp = [1e-30, 1e-7, 0.999, 0.999999].map(|k| (Exponent::Concave, k));
    let steep = [1.0 + f32::EPSILON, 1.0001, 1000.0, 1e5, 1e9, 1e30].map(|k| (Exponent::Convex, k));
    for (exponent, k) in served().chain([(Exponent::Concave, f32::next_down(1.0))]).chain(sharp).chain(steep) {
        for x in edges {
            for u in edges {
                let got = prox(exponent, k, x, u);
                let place = format!("{exponent:?} k = {k} x = {x:e} u = {u:e}: {got:e}");
                assert!((0.0..=x).contains(&got), "{place}");
                assert_eq!(prox(exponent, k, -x, u), -got, "{place}");
                if x >= HELD && k > 1.0 {
                    assert!(got >= LEAST_NORMAL, "{place}");
                }
                if u == 0.0 && x >= LEAST_NORMAL {
                    assert_eq!(got, x, "{place}");
                }
            }
        }
        // What a blow-up leaves behind before it is noticed: no integer may overflow on it.
        for x in [f32::MAX, f32::INFINITY, f32::NAN] {
            for (x, u) in [(x, 1e30), (-x, 1e30), (x, 1e-30), (x, 0.0)] {
                prox(exponent, k, x, u);
                slope(exponent, k, x, u);
            }
        }
    }
}
