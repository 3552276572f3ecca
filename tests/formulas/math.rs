//! Logarithms, exponentials, powers, and the words of the proximal maps.

use super::floats::*;
use zerosweep::formula::math::*;

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

#[test]
fn one_minus_exp2_keeps_its_digits_near_zero() {
    let negative = |step| floats(1e-35, 140.0, step).map(|x| -x);
    let (miss, x) = worst(negative(211), one_minus_exp2, |x| -(x * std::f64::consts::LN_2).exp_m1());
    assert!(miss <= 4.0, "{miss} ULP at {x:e}");
    assert_eq!((one_minus_exp2(0.0), one_minus_exp2(-1e9)), (0.0, 1.0));
}

#[test]
fn roots_of_products_beyond_f32_are_held() {
    assert_eq!([0.0, 1e-40, 4.0, f32::INFINITY].map(held_root), [0.0, 0.0, 2.0, f32::MAX.sqrt()]);
}

#[test]
fn numbers_beyond_f32_are_held() {
    assert_eq!(
        [f32::INFINITY, -f32::INFINITY, f32::MAX, -f32::MAX, -0.5].map(held),
        [f32::MAX, -f32::MAX, f32::MAX, -f32::MAX, -0.5]
    );
}

#[test]
fn subnormal_numbers_become_zero() {
    for x in [LEAST_NORMAL, -LEAST_NORMAL, 1.0, f32::MAX, 0.0] {
        assert_eq!(normal_or_zero(x), x);
    }
    assert_eq!(normal_or_zero(-LEAST_NORMAL.next_down()), 0.0);
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
