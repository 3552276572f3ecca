//! Regressions whose rows are drawn from known weights.

use crate::support::tables::{self, Regression, csv};
use std::sync::Arc;
use zerosweep::backend::RunOptions;
use zerosweep::model::{DrawnRows, Draws, Measured, Model};
use zerosweep::plan::Plan;
use zerosweep::theory::recovery_threshold;
use zerosweep::verdict::Fate;

fn spec(design: &str, rest: &str) -> String {
    format!(
        "name = 'design'\nsteps = 20000\nstop = {{ kkt = 1e-6 }}\nproblem.kind = 'least_squares'\nproblem.design = {{ {design} }}\n{rest}\n"
    )
}

const LASSO: &str = "penalty = { kind = 'lk', k = 1.0, lambda = 0.01 }";

fn model(design: &str) -> Arc<Model> {
    tables::plan(&spec(design, LASSO)).model.expect("a model")
}

fn truth(model: &Model) -> &[f64] {
    model.truth.as_deref().expect("a truth")
}

fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = values.len() as f64;
    values.sum::<f64>() / count
}

/// What the measures of a cell come to: the share that is recovered, false selections, missed weights.
fn recovery(regression: &Regression, cell: usize) -> [Option<f64>; 3] {
    let mean = |measured| regression.whole(cell).measured(measured).map(|spread| spread.mean);
    [Measured::Recovered, Measured::FalseSelections, Measured::Missed].map(mean)
}

/// Rows are normal with mean 0 and covariance r^|i - j|: means of n of them are within five standard errors, as var x_i x_j = 1 + r^(2|i - j|)
/// and var x^4 = 96.
#[test]
fn rows_have_the_covariance_that_is_asked_for() {
    const ROWS: usize = 40_000;
    let error = 5.0 / (ROWS as f64).sqrt();
    for correlation in [0.0, 0.6, -0.9] {
        let model = model(&format!("rows = {ROWS}, columns = 5, support = 2, correlation = {correlation}, seed = 8"));
        for (place, column) in model.columns.iter().enumerate() {
            assert!(mean(column.iter().copied()).abs() < error);
            assert!((mean(column.iter().map(|x| x.powi(4))) - 3.0).abs() < error * 96f64.sqrt());
            for (other, before) in model.columns[..=place].iter().enumerate() {
                let expected = f64::powi(correlation, (place - other) as i32);
                let found = mean(column.iter().zip(before).map(|(x, y)| x * y));
                let allowed = error * (1.0 + expected * expected).sqrt();
                assert!((found - expected).abs() < allowed, "{correlation}, {place} {other}: {found}, not {expected}");
            }
        }
    }
}

/// The response is X w and noise of the deviation that is asked for, which has nothing to do with the columns.
#[test]
fn responses_are_the_truth_and_noise() {
    const ROWS: usize = 40_000;
    let model = model(&format!("rows = {ROWS}, columns = 5, support = 3, correlation = 0.5, noise = 0.3, seed = 4"));
    let of_row = |row: usize| model.columns.iter().zip(truth(&model)).map(|(column, w)| column[row] * w).sum::<f64>();
    let noise: Vec<f64> = model.responses.iter().enumerate().map(|(row, y)| y - of_row(row)).collect();
    let error = 5.0 / (ROWS as f64).sqrt();
    assert!(mean(noise.iter().copied()).abs() < 0.3 * error);
    assert!((mean(noise.iter().map(|own| own * own)) - 0.09).abs() < 0.09 * 2f64.sqrt() * error);
    for column in &model.columns {
        assert!(mean(column.iter().zip(&noise).map(|(x, noise)| x * noise)).abs() < 0.3 * error);
    }
}

/// Classes and counts have the means that the true weights give them, row by row, and no more variance than a Bernoulli or Poisson law has:
/// sums of what is left, alone and times a column, are within five standard errors.
#[test]
fn classes_and_counts_follow_the_truth() {
    const ROWS: usize = 40_000;
    let of = |kind: &str| {
        let text = spec(&format!("rows = {ROWS}, columns = 4, support = 2, correlation = 0.5, seed = 6"), LASSO);
        tables::plan(&text.replace("least_squares", kind)).model.expect("a model")
    };
    type Law = fn(f64) -> [f64; 3];
    // Mean, variance and fourth central moment of a response, by its predictor.
    let bernoulli: Law = |at| {
        let p = 1.0 / (1.0 + (-at).exp());
        let variance = p * (1.0 - p);
        [p, variance, variance * (1.0 - 3.0 * variance)]
    };
    let poisson: Law = |at| [at.exp(), at.exp(), at.exp() * (1.0 + 3.0 * at.exp())];
    for (kind, law) in [("logistic_regression", bernoulli), ("poisson_regression", poisson)] {
        let model = of(kind);
        let at = |row: usize| model.columns.iter().zip(truth(&model)).map(|(column, w)| column[row] * w).sum::<f64>();
        let laws: Vec<[f64; 3]> = (0..ROWS).map(|row| law(at(row))).collect();
        let left = |row: usize| model.responses[row] - laws[row][0];
        let ones = vec![1.0; ROWS];
        for column in model.columns.iter().chain([&ones]) {
            let sum: f64 = (0..ROWS).map(|row| column[row] * left(row)).sum();
            let variance: f64 = (0..ROWS).map(|row| column[row] * column[row] * laws[row][1]).sum();
            assert!(sum.abs() < 5.0 * variance.sqrt(), "{kind}: {sum}");
        }
        let spread: f64 = (0..ROWS).map(|row| left(row) * left(row) - laws[row][1]).sum();
        let variance: f64 = laws.iter().map(|law| law[2] - law[1] * law[1]).sum();
        assert!(spread.abs() < 5.0 * variance.sqrt(), "{kind}: {spread}");
    }
}

/// As many weights as `support` says are 1 or -1: each sign half of the time, each place as often as another.
#[test]
fn the_truth_is_at_random_places() {
    const SEEDS: u32 = 600;
    let (mut of_place, mut positive) = ([0_u32; 8], 0);
    for seed in 0..SEEDS {
        let model = model(&format!("rows = 2, columns = 8, support = 2, seed = {seed}"));
        let truth = truth(&model);
        assert!(truth.iter().all(|w| [-1.0, 0.0, 1.0].contains(w)));
        assert_eq!(truth.iter().filter(|w| **w != 0.0).count(), 2);
        of_place.iter_mut().zip(truth).for_each(|(count, w)| *count += u32::from(*w != 0.0));
        positive += truth.iter().filter(|w| **w == 1.0).count();
    }
    let share = |count: f64, of: u32| count / f64::from(of);
    let error = |share: f64, of: u32| 5.0 * (share * (1.0 - share) / f64::from(of)).sqrt();
    assert!((share(positive as f64, 2 * SEEDS) - 0.5).abs() < error(0.5, 2 * SEEDS), "{positive}");
    for count in of_place {
        assert!((share(count.into(), SEEDS) - 0.25).abs() < error(0.25, SEEDS), "{of_place:?}");
    }
    for support in [0, 8] {
        let model = model(&format!("rows = 4, columns = 8, support = {support}, noise = 1.0"));
        assert_eq!(truth(&model).iter().filter(|w| **w != 0.0).count(), support);
    }
}

/// A design of more rows and columns begins with the same ones; noise and support leave them alone, and another seed does not.
#[test]
fn a_design_goes_on_from_a_smaller_one() {
    let small = model("rows = 20, columns = 3, support = 1, correlation = 0.4, seed = 5");
    let large = model("rows = 50, columns = 7, support = 4, correlation = 0.4, noise = 2.0, seed = 5");
    for (small, large) in small.columns.iter().zip(&large.columns) {
        assert_eq!(small[..], large[..20]);
    }
    let other = model("rows = 20, columns = 3, support = 1, correlation = 0.4, seed = 6");
    assert!(other.columns.iter().zip(&small.columns).all(|(other, own)| other[0] != own[0]));
    let again = model("rows = 50, columns = 7, support = 4, correlation = 0.4, noise = 1.0, seed = 5");
    let of_noise = |model: &Model| -> Vec<f64> {
        let at = |row: usize| model.columns.iter().zip(truth(model)).map(|(column, w)| column[row] * w).sum::<f64>();
        model.responses.iter().enumerate().map(|(row, y)| y - at(row)).collect()
    };
    for (large, again) in of_noise(&large).into_iter().zip(of_noise(&again)) {
        assert!((large - 2.0 * again).abs() < 1e-12, "{large} {again}");
    }
}

/// Without noise and with more rows than columns there is one solution, the truth.
#[test]
fn least_squares_without_noise_is_the_truth() {
    let design = "rows = 60, columns = 20, support = 6, correlation = 0.3, seed = 2";
    let model = model(design);
    let rows = DrawnRows::whole(&model);
    for (own, w) in rows.moments.least_squares().iter().zip(truth(&model)) {
        assert!((own - w).abs() < 1e-9, "{own}, not {w}");
    }
    let regression = Regression::run(&spec(design, "penalty = { kind = 'lk', k = 1.0, lambda = 0.0 }"));
    for (own, w) in regression.weights(0).iter().zip(truth(&model)) {
        assert!((own.spreads[0].mean - w).abs() < 1e-4, "{}, not {w}", own.spreads[0].mean);
    }
    // Small is not zero: without a penalty nothing is selected away.
    assert_eq!(recovery(&regression, 0), [Some(0.0), Some(14.0), Some(0.0)]);
}

/// Of 5 among 100 weights the lasso finds the true ones from about 2 * 5 ln 95 = 46 rows on (Wainwright, IEEE Trans. Inf. Theory 55, 2009): with
/// 200 rows always, with 15 never.
#[test]
fn the_lasso_recovers_the_truth_from_enough_rows() {
    for (rows, expected) in [(200, Some(1.0)), (15, Some(0.0))] {
        for seed in 0..6 {
            let design = format!("rows = {rows}, columns = 100, support = 5, seed = {seed}");
            let regression = Regression::run(&spec(&design, LASSO));
            let [recovered, wrong, missed] = recovery(&regression, 0);
            assert_eq!(recovered, expected, "{rows} rows, seed {seed}: {wrong:?} {missed:?}");
            assert_eq!(recovered == Some(1.0), wrong == Some(0.0) && missed == Some(0.0));
        }
    }
}

/// Mistakes are those of the weights one by one, of those with a penalty; where all are 0, all true ones are missed.
#[test]
fn mistakes_are_counted_weight_by_weight() {
    let design = "rows = 40, columns = 30, support = 6, correlation = 0.5, noise = 1.0, seed = 3";
    let rest = "penalty = { kind = 'lk', k = 1.0, lambda = { path = 6, ratio = 0.01 } }\nproblem.resample = { bootstrap = 20, seed = 1 }\n";
    let free = model(design).truth.as_ref().and_then(|truth| truth.iter().position(|w| *w != 0.0)).expect("a weight");
    let factor = format!("problem.penalty_factor = {{ w{} = 0.0 }}", free + 1);
    for (factor, support) in [("", 6.0), (&*factor, 5.0)] {
        let regression = Regression::run(&spec(design, &format!("{rest}{factor}")));
        let (mut wrong, mut missed) = ([0.0; 6], [0.0; 6]);
        for cell in 0..6 {
            let of_weights = regression.weights(cell).iter().zip(truth(&regression.model)).enumerate();
            for (place, (own, w)) in of_weights.filter(|(place, _)| factor.is_empty() || *place != free) {
                let nonzero = (own.spreads[0].negative + own.spreads[0].positive) as f64 / 20.0;
                assert_eq!(own.spreads[0].count, 20, "{place}");
                if *w == 0.0 { wrong[cell] += nonzero } else { missed[cell] += 1.0 - nonzero }
            }
            let [recovered, own_wrong, own_missed] = recovery(&regression, cell).map(|own| own.expect("a number"));
            assert!((own_wrong - wrong[cell]).abs() < 1e-9 && (own_missed - missed[cell]).abs() < 1e-9, "{cell}");
            // Each trajectory that does not recover the truth makes a mistake.
            assert!(own_wrong + own_missed >= 1.0 - recovered, "{cell}: {recovered}");
        }
        assert!(wrong[0] < wrong[5] && missed[5] < missed[0] && missed[0] > support / 2.0, "{wrong:?} {missed:?}");
    }
}

/// What diverged did not recover the truth, and made no mistakes that could be counted.
#[test]
fn what_diverges_recovers_nothing() {
    let optimizer = "optimizer = { kind = 'proximal', learning_rate = 100.0 }";
    let regression =
        Regression::run(&spec("rows = 40, columns = 5, support = 2, noise = 1.0", &format!("{LASSO}\n{optimizer}")));
    assert_eq!(regression.whole(0).fates[Fate::Diverged as usize], 1);
    assert_eq!(recovery(&regression, 0), [Some(0.0), None, None]);
}

/// Where no truth is known, nothing is measured against it.
#[test]
fn a_table_has_no_truth() {
    let regression = Regression::run(&format!(
        "name = 'table'\nsteps = 20\nproblem = {{ kind = 'least_squares', table = 'data/diabetes.csv', response = 'progression' }}\n{LASSO}\n"
    ));
    assert_eq!(recovery(&regression, 0), [None; 3]);
}

const FRESH: &str = "name = 'fresh'\nsteps = 5000\nstop = { kkt = 1e-5 }\nproblem.kind = 'least_squares'\nproblem.resample = { designs = 6 }\n\
     penalty = { kind = 'lk', k = [1.0, 1.5], lambda = [0.02, 0.2] }\n";

/// The sweep over designs of these sizes.
fn fresh(rows: &str, support: &str) -> Plan {
    let design =
        format!("{{ rows = {rows}, columns = 20, support = {support}, correlation = 0.3, noise = 0.1, seed = 2 }}");
    tables::plan(&format!("{FRESH}problem.design = {design}\n"))
}

/// Sizes of designs are coordinates: the cells of each pair are those of a sweep of that pair alone, to the last bit.
#[test]
fn each_size_of_a_design_has_the_cells_that_it_has_alone() {
    let options = RunOptions::default();
    let all = tables::tallies(&fresh("[12, 40]", "[2, 3, 9]"), &options);
    let mut alone = Vec::new();
    for rows in [12, 40] {
        for support in [2, 3, 9] {
            let own = tables::tallies(&fresh(&rows.to_string(), &support.to_string()), &options);
            alone.extend(own.into_iter().map(|(_, tally)| tally));
        }
    }
    // Two exponents are two sections, each of which counts the sizes first.
    let (sections, pairs, cells) = (2, 6, alone.len() / 12);
    let of = |section: usize, pair: usize| &alone[(pair * sections + section) * cells..][..cells];
    let expected: Vec<_> =
        (0..sections).flat_map(|section| (0..pairs).flat_map(move |pair| of(section, pair))).collect();
    assert_eq!(all.len(), expected.len());
    for ((place, own), other) in all.iter().zip(expected) {
        assert_eq!(own, other, "{place}");
    }
    let regression = Regression::of(&fresh("[12, 40]", "[2, 3, 9]"), all);
    assert!(recovery(&regression, 0)[2] < recovery(&regression, 5)[2], "of more weights more are missed");
}

/// Draws are designs of their own, the same columns and the same true weights first, whatever their size.
#[test]
fn each_draw_is_a_design_of_its_own() {
    let plan = fresh("[12, 40]", "[2, 9]");
    let model = plan.model.expect("a model");
    let (draws, count) = (Draws::new(&model), model.resample.count);
    let of = |pair: u32, number: u32| DrawnRows::new(&draws, pair * count + number);
    let places = |rows: &DrawnRows| -> Vec<(usize, bool)> {
        let truth = rows.truth().expect("a truth").iter().enumerate();
        truth.filter(|(_, w)| **w != 0.0).map(|(place, w)| (place, *w > 0.0)).collect()
    };
    for number in 0..count {
        let (small, large) = (places(&of(0, number)), places(&of(1, number)));
        assert_eq!((small.len(), large.len()), (2, 9));
        assert!(small.iter().all(|own| large.contains(own)), "{small:?} {large:?}");
        assert_eq!(places(&of(2, number)), small);
        assert_eq!(of(0, number).moments.gram, of(1, number).moments.gram);
        assert_ne!(of(0, number).moments.gram, of(0, (number + 1) % count).moments.gram);
    }
    assert!((1..count).any(|number| places(&of(1, number)) != places(&of(1, 0))));
    // Means of 240 squares of variance 2.
    let squares: Vec<f64> = (0..count).flat_map(|number| of(2, number).moments.gram.into_iter().step_by(21)).collect();
    assert_eq!(squares.len(), 120);
    let error = 5.0 * (2.0_f64 / (120.0 * 40.0)).sqrt() * 1.2;
    assert!((mean(squares.into_iter()) - 1.0).abs() < error);
}

/// Without noise the error of L1 is what its lambda takes off: from many rows, lambda in each true weight, which is `accurate`; with two rows it
/// is most of them.
#[test]
fn accuracy_is_the_distance_from_the_truth() {
    let of = |rows: u32, lambda: f64| {
        let design = format!("{{ rows = {rows}, columns = 10, support = 4, seed = 5 }}");
        let text = FRESH.replace("[1.0, 1.5]", "1.0").replace("[0.02, 0.2]", &lambda.to_string());
        let regression = Regression::run(&format!("{text}problem.design = {design}\n"));
        [Measured::Error, Measured::Accurate].map(|own| regression.whole(0).measured(own).expect("a truth").mean)
    };
    for (lambda, expected) in [(0.05, 1.0), (0.2, 0.0)] {
        let [error, accurate] = of(20_000, lambda);
        // Sample moments are off by some 1 / sqrt(20000).
        assert!((error - lambda).abs() < 0.05 * lambda, "{error}, not {lambda}");
        assert_eq!(accurate, expected);
    }
    let [error, accurate] = of(2, 0.05);
    assert!(error > 0.5 && accurate == 0.0, "{error}");
}

/// Half of the rows that weights have: 0.386 of the rows, here 11.6, is where L1 begins to fail, and within some sqrt(rows) = 5.5 of that it fails
/// in some designs and not in others. The values of the threshold are those of a search over z in another program.
#[test]
fn recovery_fails_about_its_threshold() {
    for (delta, rho) in [(0.1, 0.189), (0.2, 0.243), (0.5, 0.386), (0.7, 0.499), (0.9, 0.678)] {
        assert!((recovery_threshold(delta) - rho).abs() < 1e-3, "{delta}: {}", recovery_threshold(delta));
    }
    let text = FRESH.replace("[1.0, 1.5]", "1.0").replace("[0.02, 0.2]", "0.001");
    let design = "{ rows = 30, columns = 60, support = [4, 20], seed = 5 }";
    let regression = Regression::run(&format!("{text}problem.design = {design}\n"));
    let accurate = [0, 1].map(|cell| regression.whole(cell).measured(Measured::Accurate).expect("a truth").mean);
    assert_eq!(accurate, [1.0, 0.0]);
}

/// Another program draws the same design, from the words of ChaCha8 on.
#[test]
fn a_design_is_that_of_another_program() {
    let model = model("rows = 7, columns = 6, support = 3, correlation = 0.5, noise = 0.1, seed = 1");
    let (_, records) = csv("design");
    let numbers = |record: &[String]| -> Vec<f64> {
        record[1..].iter().filter(|own| !own.is_empty()).map(|own| own.parse().expect("a number")).collect()
    };
    let (first, rows) = records.split_first().expect("a truth");
    assert_eq!(truth(&model), numbers(first));
    assert_eq!(model.rows(), rows.len());
    for (row, record) in rows.iter().enumerate() {
        let own = model.columns.iter().chain([&model.responses]).map(|column| column[row]);
        for (own, expected) in own.zip(numbers(record)) {
            assert!((own - expected).abs() < 1e-13, "row {row}: {own}, not {expected}");
        }
    }
}
