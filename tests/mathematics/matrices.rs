//! Losses of many weights that a matrix gives.

use crate::support::tables::{self, Regression};
use zerosweep::model::DrawnRows;
use zerosweep::verdict::Fate;

fn spec(matrix: &str, minimum: &str, penalty: &str) -> String {
    format!(
        "name = 'matrix'\nsteps = 20000\nstop = {{ kkt = 1e-6 }}\nproblem = {{ kind = 'quadratic_form', matrix = {matrix}, minimum = {minimum} \
         }}\npenalty = {{ {penalty} }}\n"
    )
}

fn weights(regression: &Regression, cell: usize) -> Vec<f64> {
    regression.weights(cell).iter().map(|own| own.spreads[0].mean).collect()
}

/// Weights that do not meet: each is the proximal map of its own parabola, and the path begins at the greatest slope at 0, 1.
#[test]
fn a_diagonal_is_weights_alone() {
    let penalty = "kind = 'lk', k = 1.0, lambda = [0.0, 0.3, 0.9, 1.5]";
    let regression = Regression::run(&spec("[[1.0, 0.0, 0], [0.0, 2.0, 0], [0, 0, 0.5]]", "[1.0, -0.1, 4]", penalty));
    assert_eq!(regression.model.names, ["w1", "w2", "w3"]);
    for (cell, expected) in
        [[1.0, -0.1, 4.0], [0.7, 0.0, 3.4], [0.1, 0.0, 2.2], [0.0, 0.0, 1.0]].into_iter().enumerate()
    {
        for (w, expected) in weights(&regression, cell).into_iter().zip(expected) {
            assert!((w - expected).abs() < 1e-5, "{cell}: {w}, not {expected}");
            assert_eq!(w == 0.0, expected == 0.0);
        }
    }
    let path = "kind = 'lk', k = 1.0, lambda = { path = 2, ratio = 0.9 }";
    let regression = Regression::run(&spec("[[1.0, 0.0, 0], [0.0, 2.0, 0], [0, 0, 0.5]]", "[1.0, -0.1, 4]", path));
    assert_eq!([0, 1].map(|cell| regression.whole(cell).fates[Fate::Zero as usize]), [1, 0]);
    assert!((weights(&regression, 1)[2] - (2.0 - 1.8) / 0.5).abs() < 1e-4, "{:?}", weights(&regression, 1));
}

/// What rows make of a loss is the same as the matrix and the minimum that they have.
#[test]
fn a_matrix_of_rows_is_these_rows() {
    let rest = "kind = 'elastic_net', l1_ratio = 0.7, lambda = [1.0, 3.0, 10.0]";
    let of_rows = Regression::run(&format!(
        "name = 'rows'\nsteps = 20000\nstop = {{ kkt = 1e-6 }}\nproblem = {{ kind = 'least_squares', table = 'data/diabetes.csv', response = \
         'progression' }}\npenalty = {{ {rest} }}\nstart.w = 'least_squares'\n"
    ));
    let rows = DrawnRows::whole(&of_rows.model);
    let matrix: Vec<&[f64]> = rows.moments.gram.chunks(10).collect();
    let minimum = rows.moments.least_squares();
    let regression = Regression::run(&spec(&format!("{matrix:?}"), &format!("{minimum:?}"), rest));
    for cell in 0..3 {
        let (own, other) = (weights(&regression, cell), weights(&of_rows, cell));
        let largest = other.iter().fold(0.0, |most: f64, w| most.max(w.abs()));
        for (own, other) in own.iter().zip(&other) {
            assert!((own - other).abs() < 1e-4 * largest, "{cell}: {own}, not {other}");
            assert_eq!(*own == 0.0, *other == 0.0);
        }
        let gap = |of: &Regression| of.whole(cell).spreads[4].mean;
        assert!(gap(&regression) < 1e-3 && gap(&of_rows) < 1e-3);
    }
}

/// Of minima in a row the trajectory from 0 finds the nearest, and that is where `least_squares` starts.
#[test]
fn a_matrix_may_be_flat() {
    let text = spec("[[1.0, 1.0], [1.0, 1.0]]", "[3.0, 1.0]", "kind = 'lk', k = 1.0, lambda = 0.0");
    for start in ["", "start.w = 'least_squares'"] {
        let regression = Regression::run(&format!("{text}{start}"));
        assert!(weights(&regression, 0).iter().all(|w| (w - 2.0).abs() < 1e-5), "{:?}", weights(&regression, 0));
        assert!(regression.whole(0).spreads[2].mean.abs() < 1e-9);
    }
    let plan = tables::plan(&text);
    assert_eq!(plan.model.expect("a model").factors, [1.0, 1.0]);
}
