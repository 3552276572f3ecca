//! Regressions against solutions that other programs and other methods found (`tests/reference/references.py`), and against sweeps of one
//! weight.

use crate::support::tables::{Regression, csv, scratch_table};
use zerosweep::statistics::Summary;

/// Coefficients of a cell by name, as of its only trajectory.
fn found(regression: &Regression, cell: usize) -> Vec<(String, f64)> {
    let mean = |(name, summary): (&String, &Summary)| (name.clone(), summary.spreads[0].mean);
    regression.model.names.iter().zip(regression.weights(cell)).map(mean).collect()
}

/// That each row of a reference, a cell a row, is met within `tolerance` of its largest coefficient, with the same zeros.
fn meets(regression: &Regression, reference: &str, tolerance: f64, skipped: &[usize]) {
    let (names, rows) = csv(reference);
    let mut cell = 0;
    for (number, row) in rows.iter().enumerate() {
        if skipped.contains(&number) {
            continue;
        }
        let own: Vec<(String, f64)> = found(regression, cell);
        let exact = |name: &str| {
            let name = if name == "(intercept)" { "intercept" } else { name };
            let column = names.iter().position(|own| own == name).expect("a column of the reference");
            row[column].parse::<f64>().expect("a number")
        };
        let largest = own.iter().map(|(name, _)| exact(name).abs()).fold(0.0, f64::max);
        for (name, w) in &own {
            let exact = exact(name);
            assert!((w - exact).abs() <= tolerance * largest, "{reference}, row {number}, {name}: {w} for {exact}");
            assert_eq!(*w == 0.0, exact == 0.0, "{reference}, row {number}, {name}: {w} for {exact}");
        }
        cell += 1;
    }
    assert_eq!(cell, regression.cells(), "every cell should have a row");
}

const DIABETES: &str = r#"
    name = "diabetes"
    steps = 20000
    stop = { kkt = 1e-6 }
    problem = { kind = "least_squares", table = "data/diabetes.csv", response = "progression" }
"#;

#[test]
fn lasso_at_10_keeps_four_of_ten_columns() {
    let regression = Regression::run(&format!("{DIABETES} penalty = {{ kind = 'lk', k = 1.0, lambda = 10.0 }}"));
    let (_, rows) = csv("diabetes_l1_10");
    for ((name, w), row) in found(&regression, 0).iter().zip(rows) {
        let exact: f64 = row[1].parse().expect("a number");
        assert_eq!(*name, row[0]);
        assert!((w - exact).abs() <= 1e-4, "{name}: {w} for {exact}");
        assert_eq!(*w == 0.0, exact == 0.0, "{name}");
    }
    assert_eq!(regression.whole(0).spreads[0].mean, 4.0, "support");
}

/// The smallest eigenvalue of the correlations is 0.0086, so a residual of 3e-7 of the largest slope, 45, leaves less than 2e-3 of
/// coefficients of up to 37.
#[test]
fn the_lasso_path_is_that_of_coordinate_descent() {
    let text = DIABETES.replace("1e-6", "3e-7");
    let path = format!("{text} penalty = {{ kind = 'lk', k = 1.0, lambda = {{ path = 100, ratio = 1e-3 }} }}");
    meets(&Regression::run(&path), "diabetes_path", 1e-4, &[]);
}

#[test]
fn elastic_net_mcp_and_scad_are_those_of_other_solvers() {
    let of = |penalty: &str| Regression::run(&format!("{DIABETES} penalty = {{ {penalty} }}"));
    let net = of("kind = 'elastic_net', l1_ratio = 0.5, lambda = [0.3, 1.0, 3.0, 10.0, 30.0]");
    meets(&net, "diabetes_elastic_net", 1e-4, &[]);
    // The first row is a stationary point that another start leads to.
    let mcp = of("kind = 'mcp', gamma = 3.0, lambda = [1.0, 3.0, 10.0, 20.0]");
    meets(&mcp, "diabetes_mcp", 1e-4, &[0]);
    meets(&of("kind = 'scad', gamma = 3.7, lambda = [1.0, 3.0, 10.0, 20.0]"), "diabetes_scad", 1e-4, &[]);
}

/// f32 leaves a residual of 1e-6 of the largest slope, and the columns are nearly collinear: the smallest eigenvalue of the correlations is
/// 1e-4, so a few parts in 10,000 are what can be asked for.
#[test]
fn logistic_lasso_is_that_of_a_newton_method() {
    let text = r#"
        name = "tumours"
        steps = 5000
        stop = { kkt = 1e-6 }
        problem = { kind = "logistic_regression", table = "data/breast_cancer.csv", response = "benign" }
        penalty = { kind = "lk", k = 1.0, lambda = [0.003, 0.01, 0.03, 0.1] }
    "#;
    meets(&Regression::run(text), "breast_cancer_l1", 3e-4, &[0]);
}

/// Every row as often as it counts is the same as the counts.
#[test]
fn counts_are_rows_repeated() {
    let (names, rows) = csv("../../data/diabetes");
    let counts = |row: usize| (row * 7 + 3) % 4;
    let (means, deviations) = standard(&rows);
    let line = |row: &[String]| -> Vec<String> {
        let standard = row[..10].iter().enumerate().map(|(place, value)| {
            ((value.parse::<f64>().expect("a number") - means[place]) / deviations[place]).to_string()
        });
        standard.chain([row[10].clone()]).collect()
    };
    let header = names.join(",");
    let weighted = rows.iter().enumerate().map(|(row, own)| format!("{},{}", line(own).join(","), counts(row)));
    let weighted: Vec<String> = [format!("{header},count")].into_iter().chain(weighted).collect();
    let repeated = rows.iter().enumerate().flat_map(|(row, own)| std::iter::repeat_n(line(own).join(","), counts(row)));
    let repeated: Vec<String> = [header].into_iter().chain(repeated).collect();
    let run = |lines: &[String], more: &str| {
        let table = scratch_table(&lines.join("\n"));
        Regression::run(&format!(
            "name = 'counts'\nsteps = 20000\nstop = {{ kkt = 1e-6 }}\npenalty = {{ kind = 'lk', k = 1.0, lambda = 3.0 }}\n[problem]\nkind = \
             'least_squares'\ntable = '{}'\nresponse = 'progression'\nstandardize = false\n{more}",
            table.path().display()
        ))
    };
    for regression in [run(&weighted, "row_weights = 'count'"), run(&repeated, "")] {
        meets(&regression, "weighted", 1e-4, &[]);
    }
}

/// Means and standard deviations (ddof 0) of the first ten columns.
fn standard(rows: &[Vec<String>]) -> (Vec<f64>, Vec<f64>) {
    let column = |place: usize| rows.iter().map(move |row| row[place].parse::<f64>().expect("a number"));
    let mean = |place: usize| column(place).sum::<f64>() / rows.len() as f64;
    let deviation = |place: usize| {
        let mean = mean(place);
        (column(place).map(|value| (value - mean) * (value - mean)).sum::<f64>() / rows.len() as f64).sqrt()
    };
    ((0..10).map(mean).collect(), (0..10).map(deviation).collect())
}
