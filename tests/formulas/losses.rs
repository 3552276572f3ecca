//! Each row of the problems: its slope in f64 against differences of its value, its slope in f32 against both.

use crate::floats::UNIT;
use crate::kernels::loss_step;
use zerosweep::member::FAMILY;
use zerosweep::problem::{DOUBLE_WELL, HUBER, LINEAR, LOGISTIC, NONE, POISSON, Problem, QUADRATIC, QUARTIC};

/// A loss, its parameters, and the greatest term that its slope at w is a sum or a difference of.
type Row = (&'static Problem, &'static [f32], fn(f64, &[f64]) -> f64);

const PARABOLA: fn(f64, &[f64]) -> f64 = |w, own| own[0] * (w.abs() + own[1].abs());
const POWER: fn(f64, &[f64]) -> f64 = |w, own| own[0] * (w.abs() + own[1].abs()).powi(3);
const WELL: fn(f64, &[f64]) -> f64 = |w, own| own[0] * w.abs() * (w.abs() + own[1]).powi(2) + own[2].abs();
const POWER_OF_E: fn(f64, &[f64]) -> f64 = |w, own| own[0] * ((1.0 + (own[0] * w).abs()) * (own[0] * w).exp() + own[1]);
const LINE: fn(f64, &[f64]) -> f64 = |_, own| own[0].abs();

/// Where a slope bends, it does so beside the weights that are looked at.
const ROWS: &[Row] = &[
    (&NONE, &[], |_, _| 0.0),
    (&QUADRATIC, &[1.3, -0.37], PARABOLA),
    (&QUADRATIC, &[0.0, 2.0], PARABOLA),
    (&LINEAR, &[-0.7], LINE),
    (&LINEAR, &[0.3], LINE),
    (&HUBER, &[1.3, 0.37, 0.55], PARABOLA),
    (&HUBER, &[0.6, -2.1, 30.0], PARABOLA),
    (&LOGISTIC, &[1.0, 0.25], LINE),
    (&LOGISTIC, &[7.3, 0.9], LINE),
    (&LOGISTIC, &[0.4, 0.0], LINE),
    (&LOGISTIC, &[2.0, 1.0], LINE),
    (&POISSON, &[0.2, 0.25], POWER_OF_E),
    (&POISSON, &[0.11, 7.0], POWER_OF_E),
    (&POISSON, &[0.17, 0.0], POWER_OF_E),
    (&QUARTIC, &[0.8, 0.43], POWER),
    (&QUARTIC, &[2.3, -1.7], POWER),
    (&DOUBLE_WELL, &[1.0, 1.1, 0.0], WELL),
    (&DOUBLE_WELL, &[0.6, 0.37, -0.21], WELL),
];

const WEIGHTS: [f32; 13] = [-40.0, -3.0, -1.1, -0.7, -0.01, 0.0, 0.001, 0.02, 0.36, 0.44, 1.0, 5.0, 90.0];

fn in_f64(own: &[f32]) -> Vec<f64> {
    own.iter().map(|&value| value.into()).collect()
}

#[test]
fn every_loss_is_looked_at() {
    for problem in FAMILY.problems {
        assert!(ROWS.iter().any(|(row, ..)| row == problem), "{}", problem.member.kind);
    }
}

#[test]
fn slopes_of_losses_are_the_differences_of_their_values() {
    for &(problem, own, _) in ROWS {
        let own = in_f64(own);
        for x in WEIGHTS.map(f64::from) {
            // Central differences: off by a third derivative times h^2 / 6, less than 1e-8 for curvatures like these, and by 2^-51 of
            // the value over h.
            let h = 1e-5 * x.abs().max(1.0);
            let value = |x: f64| (problem.value_in_f64)(x, &own);
            let slope = (value(x + h) - value(x - h)) / (2.0 * h);
            let found = (problem.slope_in_f64)(x, &own);
            let hidden = 1e-8 * (1.0 + slope.abs()) + 2.0 * f64::EPSILON * value(x).abs() / h;
            assert!((found - slope).abs() <= hidden, "{} {own:?} at {x}: {found}, not {slope}", problem.member.kind);
        }
    }
}

/// A step so long that what it leaves of w, 2^-40 of it, counts for nothing; eight roundings, of which each is at most one of the
/// greatest term.
#[test]
fn slopes_of_losses_keep_their_bound() {
    let rate = 2f32.powi(40);
    for &(problem, own, term) in ROWS {
        let numbers = in_f64(own);
        for w in WEIGHTS {
            let x = f64::from(w);
            let found = -f64::from(loss_step(problem, own, w, rate)) / f64::from(rate);
            let exact = (problem.slope_in_f64)(x, &numbers);
            let budget = 8.0 * UNIT * term(x, &numbers) + x.abs() / f64::from(rate);
            let place = format!("{} {own:?} at {w}", problem.member.kind);
            assert!((found - exact).abs() <= budget, "{place}: {found}, not {exact}");
        }
    }
}

/// Beyond what f32 holds, slopes are large or infinite; no number that a spec may give makes one that is none.
#[test]
fn slopes_of_losses_are_never_nan() {
    let sizes = [0.0, f32::MIN_POSITIVE, 1e-30, 1.0, 1e12, 1e30, f32::MAX];
    let signed = || sizes.iter().flat_map(|&size| [size, -size]);
    let mut looked_at = 0;
    for problem in FAMILY.problems {
        let count = problem.member.parameters.len();
        for index in 0..14usize.pow(count as u32) {
            let own: Vec<f32> =
                (0..count as u32).map(|place| signed().nth(index / 14usize.pow(place) % 14).unwrap()).collect();
            let parameters = problem.member.parameters.iter().zip(&own);
            if parameters.into_iter().any(|(parameter, &value)| !parameter.domain.contains(value.into())) {
                continue;
            }
            for w in signed().filter(|w| w.abs() < f32::MAX) {
                let after = loss_step(problem, &own, w, 1e-3);
                assert!(!after.is_nan(), "{} {own:?} at {w:e}", problem.member.kind);
                looked_at += 1;
            }
        }
    }
    assert!(looked_at > 10_000, "{looked_at}");
}

/// Where the loss is least a slope is 0, or rounding's: of f32's numbers the least are at the odds, at the target, in the two wells.
#[test]
fn losses_are_least_where_their_parameters_say() {
    let slope = |problem, own: &[f32], w: f32| -loss_step(problem, own, w, 2f32.powi(40)) / 2f32.powi(40);
    let odds = (0.25f32 / 0.75).ln() / 3.0;
    assert!(slope(&LOGISTIC, &[3.0, 0.25], odds).abs() < 1e-6);
    assert!(slope(&POISSON, &[3.0, 0.25], 0.25f32.ln() / 3.0).abs() < 1e-6);
    assert!(slope(&POISSON, &[3.0, 0.25], 0.0) == 2.25 && slope(&POISSON, &[3.0, 1.0], 0.0) == 0.0);
    assert!(slope(&LOGISTIC, &[3.0, 0.25], 0.0) > 0.7 && slope(&LOGISTIC, &[3.0, 0.5], 0.0) == 0.0);
    for side in [-1.25, 1.25] {
        assert!(slope(&DOUBLE_WELL, &[2.0, 1.25, 0.0], side).abs() < 1e-11);
        assert!(slope(&DOUBLE_WELL, &[2.0, 1.25, 0.0], side / 2.0) * side < 0.0);
    }
    assert_eq!(slope(&DOUBLE_WELL, &[2.0, 1.25, 0.125], 0.0), 0.125);
    for (problem, own) in [(&QUARTIC, &[2.0, 0.5][..]), (&HUBER, &[2.0, 0.5, 0.25])] {
        assert!(slope(problem, own, 0.5).abs() < 1e-11 && slope(problem, own, 0.25) < 0.0);
    }
}
