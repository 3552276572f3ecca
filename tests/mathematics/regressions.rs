//! Regressions against solutions that other programs and other methods found (`tests/reference/references.py`), and against sweeps of one
//! weight.

use crate::support;
use crate::support::tables::{self, Regression, csv, scratch_table};
use zerosweep::backend::RunOptions;
use zerosweep::model::{DrawnRows, Draws, Measured, Penalized};
use zerosweep::penalty::{ELASTIC_NET, LK, Penalty};
use zerosweep::statistics::Summary;
use zerosweep::verdict::Fate;

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
    // The largest eigenvalue of the correlations is 4.0242.
    let rate = regression.whole(0).spreads[Measured::LearningRate as usize].mean;
    assert!((1.0 / (1.011 * 4.0242)..=1.0 / 4.0241).contains(&rate), "{rate}");
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

/// Counts of a mean of 2.4 leave f32 a residual of some 1e-7 of the largest slope, and the smallest curvature is 0.7.
#[test]
fn poisson_lasso_is_that_of_a_newton_method() {
    let text = r#"
        name = "counts"
        steps = 5000
        stop = { kkt = 1e-6 }
        problem = { kind = "poisson_regression", table = "tests/reference/poisson_data.csv", response = "y" }
        penalty = { kind = "lk", k = 1.0, lambda = [0.01, 0.05, 0.2] }
    "#;
    for optimizer in ["fista_restart", "fista", "proximal"] {
        let regression = Regression::run(&format!("{text} optimizer = {{ kind = '{optimizer}' }}"));
        meets(&regression, "poisson_l1", 1e-5, &[]);
        let steps = (0..3).map(|cell| regression.whole(cell).spreads[1].mean).fold(0.0, f64::max);
        assert!(steps <= 500.0, "{optimizer}: {steps}");
    }
}

/// A path of a Poisson regression begins where the mean alone is left, and the weights there are its logarithm and zeros.
#[test]
fn a_path_of_counts_begins_at_their_mean() {
    let regression = Regression::run(
        "name = 'path'\nsteps = 5000\nstop = { kkt = 1e-6 }\nproblem = { kind = 'poisson_regression', table = 'tests/reference/poisson_data.csv', response = 'y' }\npenalty = { kind = 'lk', k = 1.0, lambda = { path = 2, ratio = 0.95 } }\n",
    );
    let (_, rows) = csv("poisson_data");
    let mean = rows.iter().map(|row| row[5].parse::<f64>().expect("a number")).sum::<f64>() / rows.len() as f64;
    let own = found(&regression, 0);
    assert!(own[..5].iter().all(|(_, w)| *w == 0.0), "{own:?}");
    assert!((own[5].1 - mean.ln()).abs() < 1e-6, "{own:?} for {}", mean.ln());
    assert_eq!(found(&regression, 1).iter().filter(|(_, w)| *w != 0.0).count(), 2, "the first column comes in");
}

/// Where each draw of rows has a path of its own, all draws begin it together: none of them has a weight at the first lambda, and each has one
/// just below it. And a draw's lambda is the share of its own first.
#[test]
fn a_path_of_each_draw_begins_at_its_own_first_lambda() {
    let text = |draws: u32, path: &str| {
        let resample = format!("resample = {{ bootstrap = {draws}, seed = 5 }} }}");
        let text = DIABETES.replace("\"progression\" }", &format!("\"progression\", {resample}"));
        format!("{text} penalty = {{ kind = 'lk', k = 1.0, lambda = {{ {path} }} }}")
    };
    let supports = |path: &str| {
        let regression = Regression::run(&text(50, path));
        [0, 1].map(|cell| [regression.whole(cell).spreads[0].least, regression.whole(cell).spreads[0].greatest])
    };
    assert_eq!(supports("path = 2, ratio = 0.999, per_draw = true"), [[0.0, 0.0], [1.0, 1.0]]);
    assert_ne!(supports("path = 2, ratio = 0.999"), [[0.0, 0.0], [1.0, 1.0]], "most draws begin elsewhere");
    let regression = Regression::run(&text(1, "path = 2, ratio = 0.25, per_draw = true"));
    let model = &regression.model;
    let rows = DrawnRows::new(&Draws::new(model), 0);
    let first = rows.slopes(&[0.0; 10]).iter().fold(0.0, |most: f64, slope| most.max(slope.abs()));
    let of_table = DrawnRows::whole(model).slopes(&[0.0; 10]).iter().fold(0.0, |most: f64, own| most.max(own.abs()));
    assert!((first / of_table - 1.0).abs() > 0.01, "{first} {of_table}");
    let mut penalized = Penalized::new(&rows, &LK, &[1.0, (0.25 * first) as f32]);
    let minimum = rows.judged(&mut penalized, &[0.0; 10]).expect("an end");
    for ((name, w), exact) in found(&regression, 1).into_iter().zip(minimum) {
        assert!((w - exact).abs() <= 1e-3 && (w == 0.0) == (exact == 0.0), "{name}: {w} for {exact}");
    }
}

/// Rows whose means are far apart, one count among zeros, counts of a million: the automatic rate leads to a minimum, by the judge in f64.
#[test]
fn extreme_counts_are_fitted() {
    let (_, rows) = csv("poisson_data");
    let of = |count: &dyn Fn(usize, &[f64]) -> f64| {
        let lines = rows.iter().enumerate().map(|(number, row)| {
            let x: Vec<f64> = row[..5].iter().map(|own| own.parse().expect("a number")).collect();
            format!("{},{}", row[..5].join(","), count(number, &x))
        });
        [String::from("a,b,c,d,e,y")].into_iter().chain(lines).collect::<Vec<_>>().join("\n")
    };
    let cases = [
        ("a million", of(&|_, x| (13.8 + 0.5 * x[0]).exp().round())),
        ("far apart", of(&|_, x| (3.0 + 2.0 * x[0]).exp().round())),
        ("one of many", of(&|number, _| if number == 17 { 1e6 } else { 0.0 })),
        ("few", of(&|number, x| f64::from(number % 20 == 0 && x[0] > 0.0))),
        ("fractions", of(&|_, x| 0.3 * x[0] * x[0])),
    ];
    for (name, text) in cases {
        let table = scratch_table(&text);
        let regression = Regression::run(&format!(
            "name = 'extreme'\nsteps = 20000\nstop = {{ kkt = 1e-4 }}\nproblem = {{ kind = 'poisson_regression', table = '{}', response = 'y' }}\npenalty = {{ kind = 'lk', k = 1.0, lambda = {{ path = 5, ratio = 0.01 }} }}\n",
            table.path().display()
        ));
        let rows = DrawnRows::whole(&regression.model);
        for cell in 0..5 {
            let whole = regression.whole(cell);
            assert_eq!(whole.fates[Fate::Diverged as usize], 0, "{name}, {cell}");
            assert!(whole.spreads[3].greatest <= 1e-4, "{name}, {cell}: {}", whole.spreads[3].greatest);
            let w: Vec<f64> = found(&regression, cell).into_iter().map(|(_, w)| w).collect();
            assert!(rows.loss(&w, &[]).is_finite() && w.iter().all(|w| w.is_finite()), "{name}, {cell}");
        }
    }
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

/// The judge finds what other programs find, to the digits that these were written with.
#[test]
fn the_judge_is_right() {
    let cases = [
        ("least_squares", "data/diabetes.csv", "progression", "diabetes_path"),
        ("logistic_regression", "data/breast_cancer.csv", "benign", "breast_cancer_l1"),
        ("poisson_regression", "tests/reference/poisson_data.csv", "y", "poisson_l1"),
    ];
    for (kind, table, response, reference) in cases {
        let plan = tables::plan(&format!(
            "name = 'judge'\nsteps = 1\nproblem = {{ kind = '{kind}', table = '{table}', response = '{response}' }}\npenalty = {{ kind = 'lk', k \
             = 1.0, lambda = 1.0 }}\n"
        ));
        let model = plan.model.expect("a model");
        let rows = DrawnRows::whole(&model);
        let (names, lines) = csv(reference);
        for line in lines.iter().step_by(if lines.len() > 50 { 9 } else { 1 }) {
            let value = |name: &str| {
                let name = if name == "(intercept)" { "intercept" } else { name };
                line[names.iter().position(|own| own == name).expect("a column")].parse::<f64>().expect("a number")
            };
            let own = [1.0, value("lambda")];
            let mut penalized = Penalized::new(&rows, &LK, &own.map(|own| own as f32));
            let found = rows.judged(&mut penalized, &vec![0.0; model.weights()]).expect("an end");
            let largest = model.names.iter().map(|name| value(name).abs()).fold(0.0, f64::max);
            for (name, w) in model.names.iter().zip(&found) {
                // f32 holds lambda to 6e-8 of it, which the correlations of the columns make some ten thousand times as much of.
                assert!((w - value(name)).abs() <= 1e-3 * 6e-8 * 1e4 * largest, "{reference}, {}, {name}", own[1]);
                assert_eq!(*w == 0.0, value(name) == 0.0, "{reference}, {}, {name}", own[1]);
            }
        }
    }
}

/// The judge goes to the minimum of L1 even where classes can be told apart, and no further than it is let.
#[test]
fn the_judge_ends_as_soon_as_it_is_stopped() {
    let table = scratch_table("a,b,y\n1,2,0\n4,5,1\n0,3,1\n2,2,0\n");
    let plan = tables::plan(&format!(
        "name = 'apart'\nsteps = 1\nproblem = {{ kind = 'logistic_regression', table = '{}', response = 'y' }}\npenalty = {{ kind = 'lk', k = 1.0, \
         lambda = 1.0 }}\n",
        table.path().display()
    ));
    let model = plan.model.expect("a model");
    let (rows, zeros) = (DrawnRows::whole(&model), vec![0.0; model.weights()]);
    let mut l1 = Penalized::new(&rows, &LK, &[1.0, 1e-3]);
    let minimum = rows.judged(&mut l1, &zeros).expect("an end");
    let largest = rows.slopes(&zeros).into_iter().map(f64::abs).fold(0.0, f64::max);
    assert!(l1.residual(&minimum, &rows.slopes(&minimum)) <= 1e-10 * largest);
    let asked = std::cell::Cell::new(0);
    let is_stopped = || asked.replace(asked.get() + 1) == 2;
    assert!(rows.judged_unless(&mut l1, &zeros, &is_stopped).is_none());
    assert_eq!(asked.get(), 3, "it should have gone no further");
}

/// A column that a draw holds constant has no bend: the judge leaves its weight where it is, or takes it to 0, and judges the others.
#[test]
fn the_judge_knows_what_to_do_with_a_constant_column() {
    let table = scratch_table("a,b,y\n1,2,3\n4,2,4\n0,2,1\n2,5,2\n");
    let plan = tables::plan(&format!(
        "name = 'constant'\nsteps = 1\nproblem = {{ kind = 'least_squares', table = '{}', response = 'y', resample = {{ folds = 4 }} }}\npenalty = {{ \
         kind = 'lk', k = 1.0, lambda = 1.0 }}\n",
        table.path().display()
    ));
    let model = plan.model.expect("a model");
    let draws = Draws::new(&model);
    let without_b = (0..4).map(|draw| DrawnRows::new(&draws, draw)).find(|rows| rows.moments.gram[3].abs() < 1e-20);
    let rows = without_b.expect("a fold that leaves the last row out");
    let mut penalized = Penalized::new(&rows, &LK, &[1.0, 0.1]);
    let found = rows.judged(&mut penalized, &[0.0, 0.5]).expect("an end");
    // Of one column: S(c, lambda) / G.
    let alone = (rows.moments.slopes[0] - f64::from(0.1_f32)) / rows.moments.gram[0];
    assert!((found[0] - alone).abs() <= 1e-9 && found[1] == 0.0, "{found:?} for {alone}");
}

/// What is said of weights that are not the solution is true of them: the gap is at least what the objective is above its minimum.
#[test]
fn the_gap_is_no_less_than_what_is_left() {
    let plan = tables::plan(&format!("{DIABETES} penalty = {{ kind = 'lk', k = 1.0, lambda = 1.0 }}"));
    let model = plan.model.expect("a model");
    let rows = DrawnRows::whole(&model);
    let penalties: [(&'static Penalty, [f32; 2]); 3] =
        [(&LK, [1.0, 5.0]), (&ELASTIC_NET, [2.0, 0.5]), (&ELASTIC_NET, [4.0, 0.9])];
    for (penalty, own) in penalties {
        let mut penalized = Penalized::new(&rows, penalty, &own);
        let minimum = rows.judged(&mut penalized, &[0.0; 10]).expect("an end");
        gaps_are_true(&rows, &mut penalized, &minimum);
    }
}

/// That the gap is at least what the objective is above its minimum, on the way there from 0 and beyond, and nothing there.
pub fn gaps_are_true(rows: &DrawnRows, penalized: &mut Penalized, minimum: &[f64]) {
    let least = penalized.objective(minimum, &rows.slopes(minimum));
    for share in [0.0, 0.3, 0.9, 0.999, 1.0, 1.5] {
        let w: Vec<f64> = minimum.iter().map(|own| share * own).collect();
        let slopes = rows.slopes(&w);
        let objective = penalized.objective(&w, &slopes);
        let (gap, left) = (penalized.gap(&w, &slopes, objective).expect("a gap"), objective - least);
        assert!(gap >= left - 1e-9 * least, "{share}: {gap} for {left}");
        assert!(share != 1.0 || gap <= 1e-6 * least, "{gap}");
    }
}

/// A draw of rows is the rows themselves, as often as it counts them: its moments are those of a table that repeats them.
#[test]
fn a_draw_is_its_rows_repeated() {
    for resample in ["{ bootstrap = 3, seed = 5 }", "{ half_sample = 4, seed = 5 }", "{ folds = 3, seed = 5 }"] {
        let plan = tables::plan(&format!(
            "{} penalty = {{ kind = 'lk', k = 1.0, lambda = 3.0 }}",
            DIABETES.replace("\"progression\" }", &format!("\"progression\", resample = {resample} }}"))
        ));
        let model = plan.model.expect("a model");
        let draws = Draws::new(&model);
        for draw in 0..model.resample.count {
            let counts = draws.counts(draw);
            let (names, rows) = csv("../../data/diabetes");
            let repeated = rows.iter().zip(&counts).enumerate().flat_map(|(row, (own, &count))| {
                let standard = (0..10).map(|place| model.columns[place][row].to_string());
                let line: Vec<String> = standard.chain([own[10].clone()]).collect();
                std::iter::repeat_n(line.join(","), count as usize)
            });
            let text: Vec<String> = [names.join(",")].into_iter().chain(repeated).collect();
            let table = scratch_table(&text.join("\n"));
            let repeated = tables::plan(&format!(
                "name = 'repeated'\nsteps = 1\npenalty = {{ kind = 'lk', k = 1.0, lambda = 3.0 }}\n[problem]\nkind = 'least_squares'\ntable = '{}'\n\
                 response = 'progression'\nstandardize = false\n",
                table.path().display()
            ));
            let repeated = repeated.model.expect("a model");
            let (own, other) = (DrawnRows::new(&draws, draw), DrawnRows::whole(&repeated));
            for (a, b) in own.moments.gram.iter().zip(&other.moments.gram) {
                assert!((a - b).abs() <= 1e-12, "{resample}, {draw}: {a} {b}");
            }
            for (a, b) in own.moments.slopes.iter().zip(&other.moments.slopes) {
                assert!((a - b).abs() <= 1e-9, "{resample}, {draw}: {a} {b}");
            }
        }
    }
}

/// Halves share no row and leave at most one, folds leave each row out once a repeat, and a bootstrap counts as many as there are.
#[test]
fn draws_are_what_they_are_called() {
    let model = |resample: &str| {
        let plan = tables::plan(&format!(
            "name = 'draws'\nsteps = 1\nproblem = {{ kind = 'logistic_regression', table = 'data/breast_cancer.csv', response = 'benign', resample = \
             {resample} }}\npenalty = {{ kind = 'lk', k = 1.0, lambda = 1.0 }}\n"
        ));
        plan.model.expect("a model")
    };
    let sum = |counts: &[u32]| counts.iter().sum::<u32>();
    let halves = model("{ half_sample = 20, seed = 3 }");
    let draws = Draws::new(&halves);
    for pair in 0..10 {
        let [first, second] = [2 * pair, 2 * pair + 1].map(|draw| draws.counts(draw));
        assert_eq!([sum(&first), sum(&second)], [284, 284]);
        assert!(first.iter().zip(&second).all(|(a, b)| a + b <= 1), "pair {pair}");
    }
    assert_ne!(draws.counts(0), draws.counts(2));
    let folds = model("{ folds = 10, repeats = 2, seed = 3 }");
    let draws = Draws::new(&folds);
    let benign = folds.responses.iter().filter(|class| **class == 1.0).count() as f64;
    for repeat in 0..2 {
        let left: Vec<Vec<u32>> = (0..10).map(|fold| draws.left_out(&draws.counts(10 * repeat + fold))).collect();
        let each: Vec<u32> = (0..569).map(|row| left.iter().map(|fold| fold[row]).sum()).collect();
        assert!(each.iter().all(|count| *count == 1), "every row is left out once");
        for fold in &left {
            assert!((56..=57).contains(&sum(fold)), "{}", sum(fold));
            let classes =
                fold.iter().zip(&folds.responses).filter(|(count, class)| **count == 1 && **class == 1.0).count()
                    as f64;
            assert!((classes - benign / 10.0).abs() < 1.0, "{classes} of {benign}");
        }
    }
    let bootstrap = model("{ bootstrap = 400, seed = 3 }");
    let draws = Draws::new(&bootstrap);
    let mut drawn = vec![0_u32; 569];
    for draw in 0..400 {
        let counts = draws.counts(draw);
        assert_eq!(sum(&counts), 569);
        let left = sum(&draws.left_out(&counts));
        // A row is left out with probability (1 - 1/n)^n = 0.368; five standard deviations of their number.
        assert!((f64::from(left) - 0.3676 * 569.0).abs() < 5.0 * 7.6, "{left}");
        drawn.iter_mut().zip(&counts).for_each(|(sum, count)| *sum += count);
    }
    // 400 draws of each row are to be expected, with a deviation of 20.
    assert!(drawn.iter().all(|count| (300..=500).contains(count)), "{drawn:?}");
}

/// Rows of one group fall into one fold, whatever they count; parts differ by a group at most, and the same seed parts them alike.
#[test]
fn folds_split_no_group() {
    let sizes = [1, 7, 2, 4, 4, 3, 1, 9, 5, 2, 6];
    let groups: Vec<usize> = sizes.iter().enumerate().flat_map(|(group, size)| vec![group; *size]).collect();
    // Rows of a group are not neighbours.
    let mut rows: Vec<usize> = (0..groups.len()).collect();
    rows.sort_by_key(|row| row * 17 % 44);
    let lines: Vec<String> =
        rows.iter().map(|&row| format!("{},patient {},{}", row * row % 13, groups[row], row % 5)).collect();
    let table = scratch_table(&format!("a,who,y\n{}\n", lines.join("\n")));
    let plan = tables::plan(&format!(
        "name = 'groups'\nsteps = 1\nproblem = {{ kind = 'least_squares', table = '{}', response = 'y', resample = {{ folds = 4, repeats = 3, seed = 2, group = 'who' }} \
         }}\npenalty = {{ kind = 'lk', k = 1.0, lambda = 1.0 }}\n",
        table.path().display()
    ));
    let model = plan.model.expect("a model");
    assert_eq!(model.names, ["a"]);
    let draws = Draws::new(&model);
    let mut parted = Vec::new();
    for repeat in 0..3 {
        let left: Vec<Vec<u32>> = (0..4).map(|fold| draws.left_out(&draws.counts(4 * repeat + fold))).collect();
        assert!((0..44).all(|row| left.iter().map(|fold| fold[row]).sum::<u32>() == 1), "every row is left out once");
        for fold in &left {
            for (group, size) in sizes.iter().enumerate() {
                let own: u32 =
                    rows.iter().zip(fold).filter(|(row, _)| groups[**row] == group).map(|(_, count)| count).sum();
                assert!(own == 0 || own as usize == *size, "group {group} is split");
            }
        }
        let sums: Vec<u32> = left.iter().map(|fold| fold.iter().sum()).collect();
        assert!(sums.iter().max().unwrap() - sums.iter().min().unwrap() <= 9, "{sums:?}");
        assert_eq!(draws.counts(4 * repeat), Draws::new(&model).counts(4 * repeat));
        parted.push(left);
    }
    assert_ne!(parted[0], parted[1]);
}

/// The loss of rows that draws leave out, row by row from the weights of each draw.
#[test]
fn held_out_loss_is_that_of_the_rows_left_out() {
    let cases = [
        ("least_squares", "data/diabetes.csv", "progression", "{ folds = 5, seed = 2 }"),
        ("least_squares", "data/diabetes.csv", "progression", "{ bootstrap = 5, seed = 2 }"),
        ("logistic_regression", "data/breast_cancer.csv", "benign", "{ folds = 5, seed = 2 }"),
        ("poisson_regression", "tests/reference/poisson_data.csv", "y", "{ bootstrap = 5, seed = 2 }"),
    ];
    for (kind, table, response, resample) in cases {
        let text = format!(
            "name = 'held_out'\nsteps = 2000\nstop = {{ kkt = 1e-4 }}\nproblem = {{ kind = '{kind}', table = '{table}', response = '{response}', resample = \
             {resample} }}\npenalty = {{ kind = 'elastic_net', l1_ratio = 0.5, lambda = {{ path = 2, ratio = 0.1 }} }}\n"
        );
        let regression = Regression::run(&text);
        let plan = tables::plan(&text).by_draw();
        let model = &regression.model;
        let draws = Draws::new(model);
        let outcomes = support::outcomes(support::on_cpu(&plan, &RunOptions { rows: true, ..RunOptions::default() }));
        for cell in 0..2 {
            let loss = |draw: u32| {
                let trajectory = draw as usize * 2 + cell;
                let own = &outcomes[trajectory * model.weights()..][..model.weights()];
                let w: Vec<f32> = own.iter().map(|outcome| outcome.last).collect();
                let at = |row: usize| {
                    model.columns.iter().zip(&w).map(|(column, w)| column[row] * f64::from(*w)).sum::<f64>()
                };
                let counts = draws.counts(draw);
                let mean = |counts: &[u32], value: &dyn Fn(usize) -> f64| {
                    let sum: f64 = counts.iter().enumerate().map(|(row, &count)| f64::from(count) * value(row)).sum();
                    sum / counts.iter().map(|&count| f64::from(count)).sum::<f64>()
                };
                let intercept = if model.centred { mean(&counts, &|row| model.responses[row] - at(row)) } else { 0.0 };
                let of_row = |row: usize| {
                    let (eta, y) = (at(row) + intercept, model.responses[row]);
                    match kind {
                        "least_squares" => (y - eta) * (y - eta) / 2.0,
                        "logistic_regression" => (1.0 + eta.exp()).ln() - y * eta,
                        _ => eta.exp() - y * eta,
                    }
                };
                mean(&draws.left_out(&counts), &of_row)
            };
            let mean = (0..5).map(loss).sum::<f64>() / 5.0;
            // The measure is kept in f32.
            let found = regression.whole(cell).spreads[5].mean;
            assert!((found - mean).abs() <= 1e-6 * mean, "{kind} {resample} {cell}: {found} for {mean}");
        }
    }
}

/// Where a column explains nothing, every optimizer takes the intercept, which has no penalty, to the log-odds of all rows.
#[test]
fn an_intercept_is_free_whatever_moves_it() {
    let optimizers = [
        "kind = ['subgradient', 'truncated', 'proximal', 'fista', 'fista_restart']",
        "kind = 'spred', learning_rate = 0.5",
        "kind = 'adagrad', learning_rate = 0.5, penalty_step = 'in_loss'",
        "kind = 'adam', learning_rate = 0.01, penalty_step = ['proximal', 'decoupled']",
        "kind = 'heavy_ball', momentum = 0.9, penalty_step = ['in_loss', 'proximal']",
    ];
    let table = scratch_table("a,y\n1,1\n-1,1\n1,1\n-1,1\n1,0\n-1,0\n");
    for optimizer in optimizers {
        let regression = Regression::run(&format!(
            "name = 'free'\nsteps = 4000\nstart.w = 0.1\nproblem = {{ kind = 'logistic_regression', table = '{}', response = 'y' }}\n\
             penalty = {{ kind = 'lk', k = 2.0, lambda = 0.1 }}\noptimizer = {{ {optimizer} }}\n",
            table.path().display()
        ));
        for cell in 0..regression.cells() {
            let intercept = regression.weights(cell)[1].spreads[0].mean;
            assert!((intercept - 2_f64.ln()).abs() <= 1e-3, "{optimizer}, {cell}: {intercept}");
        }
    }
}

/// At the first lambda of its path a model is zero as a whole, whatever its intercept is.
#[test]
fn an_intercept_keeps_no_model_from_being_zero() {
    for (kind, table, response) in [
        ("least_squares", "data/diabetes.csv", "progression"),
        ("logistic_regression", "data/breast_cancer.csv", "benign"),
        ("poisson_regression", "tests/reference/poisson_data.csv", "y"),
    ] {
        for penalty in ["kind = 'lk', k = 1.0", "kind = 'mcp'", "kind = 'scad'", "kind = 'elastic_net', l1_ratio = 0.3"]
        {
            let regression = Regression::run(&format!(
                "name = 'zero'\nsteps = 400\nproblem = {{ kind = '{kind}', table = '{table}', response = '{response}' }}\npenalty = {{ {penalty}, \
                 lambda = {{ path = 2, ratio = 0.5 }} }}\n"
            ));
            let zeros = |cell: usize| regression.whole(cell).fates[Fate::Zero as usize];
            assert_eq!([zeros(0), zeros(1)], [1, 0], "{kind}, {penalty}");
            let support = |cell: usize| regression.whole(cell).spreads[0].mean;
            assert!(support(0) == 0.0 && support(1) >= 1.0, "{kind}, {penalty}");
        }
    }
}

/// What residuals are a share of is a slope of the loss where a path of L1 begins: a small factor of a weight moves it no more than columns far from
/// 0 do, beside an intercept.
#[test]
fn residuals_are_a_share_of_the_slopes_where_a_path_begins() {
    let objectives = |factor: f64| {
        let regression = Regression::run(&format!(
            "name = 'factor'\nsteps = 5000\nstop = {{ kkt = 1e-4 }}\nproblem = {{ kind = 'least_squares', table = 'data/diabetes.csv', response = 'progression', \
             penalty_factor = {{ age = {factor:?} }} }}\npenalty = {{ kind = 'lk', k = 1.0, lambda = [1.0, 10.0] }}\n"
        ));
        [0, 1].map(|cell| regression.whole(cell).measured(Measured::Objective).expect("an objective").mean)
    };
    // They are some 1,500, and 180 more where the small factor ends the trajectory.
    for (small, none) in objectives(1e-6).into_iter().zip(objectives(0.0)) {
        assert!((small - none).abs() < 0.01, "{small}, {none}");
    }
    let row = |row: i32| {
        format!("{},{},{}\n", 1000 + row % 7, row * row % 11 - 500, i32::from(row * row * row % 13 + row % 7 > 7))
    };
    let table = scratch_table(&format!("a,b,y\n{}", (0..60).map(row).collect::<String>()));
    let plan = tables::plan(&format!(
        "name = 'far'\nsteps = 10\nproblem = {{ kind = 'logistic_regression', table = '{}', response = 'y', standardize = false }}\npenalty = {{ kind = \
         'lk', k = 1.0, lambda = {{ path = 2 }} }}\n",
        table.path().display()
    ));
    let section = &plan.sections[0];
    let first = section.value(&section.digits(0), "penalty.lambda").expect("a lambda");
    let largest = DrawnRows::whole(plan.model.as_ref().expect("a model")).largest_slope();
    assert!((largest / f64::from(first) - 1.0).abs() < 2e-6, "{largest}, {first}");
}
