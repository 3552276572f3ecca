//! The shared formulas against oracles in f64 that share nothing with them: the standard library's functions,
//! bisection and search. Every budget counts roundings, in units of 2^-24: half a unit in the last place (ULP) is at
//! most one unit.

use zerosweep::formula::math::*;
use zerosweep::formula::{Model, Parameters, verdict};
use zerosweep::kernel::{Exponent, Kernel, Visitor};
use zerosweep::optimizer::Optimizer;
use zerosweep::problem::Problem;
use zerosweep::verdict::Fate;

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

/// Roundings, up to 2 ULP of 1.2e-7 each way, average out: over 2^16 numbers in each 32nd of the reduced range what is left
/// is the polynomial's own relative error, which the shader states, and 1e-9 of chance (five standard errors).
#[test]
fn polynomials_are_right_on_average() {
    const PARTS: u32 = 32;
    const NUMBERS: u32 = 1 << 16;
    for part in 0..PARTS {
        let numbers = (0..NUMBERS).map(|i| (part * NUMBERS + i) as f32 / (PARTS * NUMBERS) as f32 - 0.5);
        let (mut exp2, mut log2) = (0.0, 0.0);
        for r in numbers.map(|r| if r == 0.0 { f32::EPSILON } else { r }) {
            exp2 += f64::from(portable_exp2(r)) / f64::from(r).exp2() - 1.0;
            let x = f64::from(r).exp2() as f32;
            log2 += f64::from(portable_log2(x)) / f64::from(x).log2() - 1.0;
        }
        let [exp2, log2] = [exp2, log2].map(|sum| sum / f64::from(NUMBERS));
        assert!(exp2.abs() <= 1.6e-8 + 1e-9, "2^x, part {part}: {exp2:e}");
        assert!(log2.abs() <= 3.6e-8 + 1e-9, "log2, part {part}: {log2:e}");
    }
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
                assert!((2f32.powi(126)..=2f32.powi(127)).contains(&power), "{x:e}^{n} = {power:e}");
            }
        }
        assert_eq!(small_power(0.0, n), 0.0);
    }
}

/// Units: 3 of 2^x, 1 of the product by the rest of s, and those of octave + m g and of m g, magnified by ln 2.
#[test]
fn scaled_powers_keep_their_bound() {
    for s in floats(LEAST_NORMAL, 1e30, 40_000_003) {
        for (m, g) in [(0.5, 1.5), (-0.5, -30.2), (1.7, 20.1), (-0.9, 60.7), (3.3, -17.9)] {
            let exact = f64::from(s) * (f64::from(m) * f64::from(g)).exp2();
            if (2f64.powi(-120)..2f64.powi(120)).contains(&exact) {
                let sizes = exact.log2().abs() + f64::from(m * g).abs() + 1.0;
                let budget = (4.0 + std::f64::consts::LN_2 * sizes) * UNIT;
                let power = scaled_power(s, m, g);
                assert!((f64::from(power) / exact - 1.0).abs() <= budget, "{s:e} 2^({m} {g}): {power:e}");
            }
        }
    }
    assert_eq!(scaled_power(LEAST_NORMAL, 2.0, 0.0), LEAST_NORMAL);
    assert_eq!(scaled_power(LEAST_NORMAL.next_down(), 2.0, 100.0), 0.0);
}

/// A guess off by the share d is mended up to (2 c2^2 - c3) v^2 d^3, where c2 = f'' / 2 f', c3 = f''' / 6 f' of f(v) = v +
/// s v^m: Chebyshev's third order. Beside that, terms of d^4 and the five roundings of d.
#[test]
fn excess_over_a_root_is_right_to_third_order() {
    for m in [-0.7f32, -0.3, 0.4, 1.6, 3.0, 6.0] {
        for (v, pull) in [(1.3f32, 0.4f32), (0.7, 2.1), (1.9, 0.05)] {
            for d in [-3e-3, -1e-3, 1e-3, 3e-3] {
                let (m64, v64, pull64) = (f64::from(m), f64::from(v), f64::from(pull));
                let slope = v64 + m64 * pull64;
                if slope < 0.2 {
                    continue;
                }
                let sum = |d: f64| v64 * (1.0 - d) + pull64 * (1.0 - d).powf(m64);
                let x = sum(d) as f32;
                // x was rounded: two Newton steps find the share that is missing now.
                let newton = |d: f64| d + (sum(d) - f64::from(x)) / slope;
                let d = newton(newton(d));
                let c2 = m64 * (m64 - 1.0) * pull64 / (2.0 * slope);
                let c3 = m64 * (m64 - 1.0) * (m64 - 2.0) * pull64 / (6.0 * slope);
                let found = f64::from(excess_over_root(v, pull, x, m));
                let expected = d - (2.0 * c2 * c2 - c3) * d.powi(3);
                let budget = (1.0 + m64.abs().powi(3)) * d.powi(4) + 5.0 * UNIT * d.abs();
                assert!(
                    (found - expected).abs() <= budget,
                    "m = {m} v = {v} pull = {pull} d = {d}: {found}, not {expected}"
                );
            }
        }
    }
}

/// Underflow of a proximal map for k > 1 is held at 2^-126 from |x| = 2^-90 on, and is decay below; what counts as zero
/// is mapped to 0.
#[test]
fn underflow_is_held_from_two_to_minus_90_on() {
    for sign in [1.0, -1.0] {
        assert_eq!(with_sign_of(sign * HELD, 0.0), sign * LEAST_NORMAL);
        assert_eq!(with_sign_of(sign * HELD.next_down(), 0.0), 0.0);
        assert_eq!(with_sign_of(sign * LEAST_NORMAL, LEAST_NORMAL), sign * LEAST_NORMAL);
        assert_eq!(with_sign_of(sign * LEAST_NORMAL.next_down(), LEAST_NORMAL), 0.0);
    }
}

/// `bound`, and numbers that differ from it in one bit or by one unit in the last place.
fn beside(bound: f32) -> impl Iterator<Item = f32> {
    let flipped = (0..32).map(move |bit| f32::from_bits(bound.to_bits() ^ 1 << bit));
    flipped.chain([bound, bound.next_up(), bound.next_down()]).flat_map(|w| [w, -w])
}

#[test]
fn tests_of_bits_say_what_comparisons_say() {
    let jump = 2f32.powi(-64);
    let zero = |w: f32| w.abs() < LEAST_NORMAL;
    for bound in [0.0, LEAST_NORMAL, jump, 1e-3, 1.0, 1e6, f32::MAX, f32::INFINITY, f32::NAN] {
        for w in beside(bound) {
            assert_eq!(verdict::is_zero(w), zero(w), "{w:e}");
            assert_eq!(verdict::stored(w).to_bits(), if zero(w) { 0 } else { w.to_bits() }, "{w:e}");
            assert_eq!(verdict::is_jump(w), w.is_nan() || w.abs() >= jump, "{w:e}");
            if bound.is_normal() {
                assert_eq!(verdict::is_diverged(w, bound), w.is_nan() || w.abs() > bound, "{w:e} beyond {bound:e}");
            }
            for other in
                [0.0, 1e-40, -1e-40, LEAST_NORMAL, -LEAST_NORMAL, 1.0, -1.0].into_iter().filter(|_| !w.is_nan())
            {
                let opposite = (w < 0.0) != (other < 0.0);
                let (landing, crossing) = (verdict::is_landing(other, w), verdict::is_crossing(other, w));
                assert_eq!(landing, !zero(other) && zero(w), "{other:e}, {w:e}");
                assert_eq!(crossing, !zero(other) && (zero(w) || opposite), "{other:e}, {w:e}");
                let reversal = verdict::is_reversal(other, w);
                assert_eq!(reversal, other != 0.0 && w != 0.0 && opposite, "{other:e}, {w:e}");
                assert_eq!(verdict::next_direction(other, w), if w == 0.0 { other } else { w }, "{other:e}, {w:e}");
            }
        }
    }
}

/// The bounds of each fate, from both sides: a tail settles where its spread is at most 1e-4 of its size, which for 1 lies
/// between 1677 and 1678 times 2^-24, and of 10,000 is 1.
#[test]
fn fates_hold_up_to_their_bounds() {
    use Fate::*;
    let jump = 2f32.powi(-64);
    let part = |n: u16| 1.0 - f32::from(n) * 2f32.powi(-24);
    let cases = [
        (NearZero, 0.0, 0.01, 2, true),
        (NearZero, -0.01, -0.005, 2, true),
        (NearZero, jump, jump, 2, true),
        (Decayed, -jump.next_down(), jump.next_down(), 2, true),
        (Zero, 0.0, 0.0, 0, true),
        (Decayed, 0.0, 0.0, 0, false),
        (Oscillating, -0.01, 0.01f32.next_up(), 2, true),
        (Oscillating, (-0.01f32).next_down(), 0.01, 2, true),
        (Settled, part(1677), 1.0, 2, false),
        (Settled, -1.0, -part(1677), 2, false),
        (Settled, 9999.0, 10_000.0, 2, false),
        (Oscillating, part(1678), 1.0, 2, false),
        (Oscillating, -1.0, -part(1678), 3, false),
        (Moving, part(1678), 1.0, 1, false),
        (Moving, -1.0, 1.0, 0, true),
    ];
    for (fate, low, high, reversals, jumped) in cases {
        let found = Fate::ALL[verdict::fate(false, low, high, jumped, 0.01, reversals) as usize];
        assert_eq!(found, fate, "tail from {low:e} to {high:e}, {reversals} reversals, jumped: {jumped}");
        assert_eq!(verdict::fate(true, low, high, jumped, 0.01, reversals), Diverged as u32);
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
        for (i, w) in floats(1e-25, 1e25, 900_007).chain([LEAST_NORMAL, 1.0]).enumerate() {
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

/// As small powers, which are 0 under 2^-100.
#[test]
fn the_slope_of_three_ends_at_two_to_the_minus_50() {
    let end = 2f32.powi(-50);
    let parameters = Parameters { lambda: 1.0, learning_rate: 2f32.powi(100), ..Parameters::default() };
    assert_eq!(step(Exponent::Three, Optimizer::Subgradient, end, parameters), end - 3.0);
    assert_eq!(step(Exponent::Three, Optimizer::Subgradient, end.next_down(), parameters), end.next_down());
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

/// A truncated step is the subgradient's where that keeps the sign, 0 where it does not, and none where nothing pulls.
#[test]
fn truncated_steps_stop_at_zero() {
    for (exponent, k) in served() {
        for w in [1e-3, 0.3, 1.0, 7.7].into_iter().flat_map(|w| [w, -w]) {
            for lambda in [0.0, 1e-3, 0.2, 10.0] {
                let parameters = Parameters { k, lambda, learning_rate: 0.5, ..Parameters::default() };
                let free = step(exponent, Optimizer::Subgradient, w, parameters);
                let expected = if free.signum() == w.signum() { free } else { 0.0 };
                let place = format!("{exponent:?} k = {k} w = {w} lambda = {lambda}");
                assert_eq!(step(exponent, Optimizer::Truncated, w, parameters), expected, "{place}");
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
        // s: 3/4 u, the square, the sum and the second sum share its error with x; a division; then s^2. A weak pull is
        // taken from x instead: twice that error and three roundings of the pull, and the difference's own.
        Exponent::ThreeHalves | Exponent::Three => return (5.0 + 3.0 * pull / n).min(1.0 + 13.0 * pull / n),
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
    // The least pulls there are.
    let least = (-125..99).flat_map(|x| [LEAST_NORMAL, LEAST_NORMAL.next_up(), 1.9 * LEAST_NORMAL].map(|u| (x, u)));
    let least: Vec<_> = least.map(|(x, u)| (near(x), u)).collect();
    // On both sides of the sizes where some file changes its ways.
    let ends = [-94, 24, 62, 63, 84, 94]
        .into_iter()
        .flat_map(|end| [-1.0, 0.0, 1.0, 512.0].map(|by| 1.0 + by / 1024.0).map(|by| by * 2f32.powi(end)));
    let ends: Vec<_> = ends.flat_map(|end| (-125..99).step_by(4).map(move |other| (end, other))).collect();
    let ends: Vec<_> = ends.into_iter().flat_map(|(end, other)| [(end, near(other)), (near(other), end)]).collect();
    let drawn: Vec<_> = usual.chain(all).map(|(x, u)| (near(x), near(u))).collect();
    drawn.into_iter().chain(least).chain(ends)
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

/// (2x/3) (1 + cos(2/3 arccos(-(3 sqrt 3 / 4) u x^(-3/2)))).
fn half(x: f64, u: f64) -> f64 {
    let angle = (-0.75 * 3f64.sqrt() * u * x.powf(-1.5)).acos();
    2.0 / 3.0 * x * (1.0 + (2.0 / 3.0 * angle).cos())
}

/// With A = x^2/16 + sqrt(x^4/256 - 8u^3/729), z = A^(1/3) + (8u^3/(729 A))^(1/3): (sqrt(2z) + sqrt(2x/sqrt(2z) - 2z))^3 / 8.
fn two_thirds(x: f64, u: f64) -> f64 {
    let cube = 8.0 * u.powi(3) / 729.0;
    let a = x * x / 16.0 + (x.powi(4) / 256.0 - cube).sqrt();
    let root = (2.0 * (a.cbrt() + (cube / a).cbrt())).sqrt();
    (root + (2.0 * x / root - root * root).sqrt()).powi(3) / 8.0
}

/// The polynomials of k = 1/2 and 2/3 are off by e = 5.1e-5 and 2.9e-5 at most, of which a Newton step leaves 6 e^2 and
/// 14.3 e^2 of the minimiser at its threshold, where it is most. Roundings average out over 2^14 maps in each 32nd of the
/// way to the threshold T. The cube root's Newton step leaves 5 d^2 of the d before it, at most what the rough functions
/// miss, 1.05e-4; there it counts 3 / 2.
#[test]
fn closed_forms_are_met_on_average() {
    const PARTS: u32 = 32;
    const NUMBERS: u32 = 1 << 14;
    type Map = fn(f64, f64) -> f64;
    let maps: [(Exponent, f64, Map, f64); 2] = [
        (Exponent::Half, 0.5, half, 6.0 * 5.1e-5f64.powi(2)),
        (Exponent::TwoThirds, 2.0 / 3.0, two_thirds, 14.3 * 2.9e-5f64.powi(2) + 7.5 * 1.05e-4f64.powi(2)),
    ];
    for (exponent, k, map, left) in maps {
        for part in 0..PARTS {
            let miss = |i: u32| {
                let x = 1.0 + (i * 40_503 % NUMBERS) as f32 / NUMBERS as f32;
                let share = (f64::from(part) + (f64::from(i) + 0.5) / f64::from(NUMBERS)) / f64::from(PARTS);
                // The u whose threshold is x, T solved for u.
                let last = (f64::from(x) * 2.0 * (1.0 - k) / (2.0 - k)).powf(2.0 - k) / (2.0 * (1.0 - k));
                let u = (0.9999 * share * last) as f32;
                f64::from(prox(exponent, k as f32, x, u)) / map(f64::from(x), f64::from(u)) - 1.0
            };
            let mean = (0..NUMBERS).map(miss).sum::<f64>() / f64::from(NUMBERS);
            assert!(mean.abs() <= left + 2e-9, "{exponent:?}, part {part}: {mean:e}");
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

/// From 2^20 on every exponent is the same map, from 2^126 on every pull of k = 2; what counts as zero is mapped to 0.
#[test]
fn maps_end_where_their_files_say() {
    for x in floats(1e-3, 1e25, 9_000_011) {
        for u in [1e-30, 1e-9, 1.0, 1e20] {
            let at_the_end = prox(Exponent::Convex, 1_048_576.0, x, u);
            assert_eq!(prox(Exponent::Convex, 1e9, x, u), at_the_end, "x = {x:e} u = {u:e}");
        }
    }
    let end = 2f32.powi(126);
    assert_eq!(
        [end, end.next_up(), 1.5 * end, 2.0 * end].map(|u| prox(Exponent::Two, 2.0, 1e30, u)),
        [1e30 / end / 2.0; 4]
    );
    for (exponent, k) in served().filter(|(exponent, _)| matches!(exponent, Exponent::Concave | Exponent::Convex)) {
        assert_eq!(prox(exponent, k, LEAST_NORMAL.next_down(), 0.0), 0.0, "k = {k}");
        assert_eq!(prox(exponent, k, LEAST_NORMAL, 0.0), LEAST_NORMAL, "k = {k}");
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
