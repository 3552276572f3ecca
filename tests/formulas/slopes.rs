//! Slopes of penalties, and the steps that take them.

use super::floats::*;
use super::kernels::*;
use zerosweep::formula::Parameters;
use zerosweep::kernel::Exponent;
use zerosweep::optimizer::Optimizer;

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
