//! Slopes of penalties, and the steps that take them.

use super::floats::*;
use super::kernels::*;
use zerosweep::optimizer::{SUBGRADIENT, TRUNCATED};

/// Units of error of |w|^(k-1) as each file computes it, beside which k lambda and the last product take three.
fn slope_budget(exponent: Exponent, k: f64, w: f64) -> f64 {
    3.0 + match exponent {
        "k = 1" | "k = 2" => 0.0,
        "k = 3/2" => 1.0,
        "k = 1/2" => 2.0,
        "k = 3" | "k in 4..32" => 1.001 * (k - 2.0),
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
    let numbers = [3.0, 1.0, 2f32.powi(100)];
    assert_eq!(step("k = 3", &SUBGRADIENT, end, numbers), end - 3.0);
    assert_eq!(step("k = 3", &SUBGRADIENT, end.next_down(), numbers), end.next_down());
}

/// At 0 no penalty moves the weight; none ever gives NaN; where lambda is 0 none moves any weight.
#[test]
fn slopes_are_never_nan() {
    for (exponent, k) in served().chain([("k > 1", 1e30), ("k > 1", 1.0 + f32::EPSILON)]) {
        for w in [0.0, LEAST_NORMAL, 1e-30, 1e-3, 0.999, 1.0, 1.001, 1e3, 1e15, 1e30].into_iter().flat_map(|w| [w, -w])
        {
            for lambda in [0.0, 1e-30, 0.1, 1e30] {
                let numbers = [k, lambda, 1e-3];
                let after = step(exponent, &SUBGRADIENT, w, numbers);
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
        for w in [1e-3, 0.3, 1.0, 7.7_f32].into_iter().flat_map(|w| [w, -w]) {
            for lambda in [0.0, 1e-3, 0.2, 10.0] {
                let numbers = [k, lambda, 0.5];
                let free = step(exponent, &SUBGRADIENT, w, numbers);
                let expected = if free.signum() == w.signum() { free } else { 0.0 };
                let place = format!("{exponent:?} k = {k} w = {w} lambda = {lambda}");
                assert_eq!(step(exponent, &TRUNCATED, w, numbers), expected, "{place}");
            }
        }
    }
}
