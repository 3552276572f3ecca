//! Where many weights start, and where they come to from there.

use crate::support::tables::{self, Regression, csv, scratch_table};
use tempfile::NamedTempFile;
use zerosweep::model::{DrawnRows, MEASURES, Measured, Model};
use zerosweep::statistics::Spread;
use zerosweep::verdict::Fate;

/// Two columns of length 1 a row, whose product is 0.8 a row and whose products with y are 1.05 and 1.
fn two_columns() -> NamedTempFile {
    scratch_table("a,b,y\n1,1.4,1.31666666667\n1,0.2,0.78333333333\n-1,-0.2,-0.78333333333\n-1,-1.4,-1.31666666667\n")
}

fn over(table: &NamedTempFile, rest: &str) -> String {
    format!(
        "name = 'starts'\nsteps = 4000\nstop = {{ kkt = 1e-6 }}\n{rest}\n[problem]\nkind = 'least_squares'\ntable = '{}'\nresponse = \
         'y'\nstandardize = false\nintercept = false\n",
        table.path().display()
    )
}

/// What is kept of each end point of a cell: trajectories, support, objective, gap, greatest gap.
fn end_points(regression: &Regression, cell: usize) -> Vec<[Spread; 5]> {
    let spreads = &regression.whole(cell).spreads[MEASURES..];
    spreads.chunks_exact(5).map(|own| own.try_into().expect("five numbers")).collect()
}

/// MCP with lambda = 0.3 and gamma = 3 is flat from 0.9 on. (c, 0) with c = 1.05 is a minimum, for 1.05 > 0.9 and |1 - 0.8 c| = 0.16 < 0.3; (0, 1)
/// is one, for |1.05 - 0.8| < 0.3. Their objectives are 0.135 - c^2 / 2 and 0.135 - 1/2 beside that of no weights. Between them the second
/// derivatives along w_1 + w_2 = 1 are negative, so that there is no other.
#[test]
fn mcp_on_two_columns_has_two_end_points() {
    let table = two_columns();
    let starts = "start.w = { uniform = [-2.0, 2.0], count = 200, seed = 4 }";
    for optimizer in ["proximal", "fista_restart"] {
        let penalty = format!("penalty = {{ kind = 'mcp', lambda = 0.3 }}\noptimizer.kind = '{optimizer}'\n");
        let regression = Regression::run(&over(&table, &format!("{penalty}{starts}")));
        let points = end_points(&regression, 0);
        let [best, next] = &points[..] else { panic!("{optimizer}: {} end points", points.len()) };
        assert_eq!(best[0].mean + next[0].mean, 200.0);
        assert!(best[0].mean > next[0].mean && next[0].mean > 50.0, "{optimizer}: {} {}", best[0].mean, next[0].mean);
        assert_eq!([best[1].mean, next[1].mean], [1.0, 1.0]);
        let of_none = (1.316_666_67_f64.powi(2) + 0.783_333_33_f64.powi(2)) / 4.0;
        assert!((best[2].mean - (of_none + 0.135 - 1.05 * 1.05 / 2.0)).abs() < 1e-6, "{}", best[2].mean);
        assert!(best[3].mean <= best[4].mean && best[4].mean < 1e-6, "{}", best[4].mean);
        assert!((next[3].mean - (1.05 * 1.05 - 1.0) / 2.0).abs() < 1e-6, "{}", next[3].mean);
        // The weights agree: of 200 ends so many have the one column, and so many the other.
        let zeros = [0, 1].map(|place| regression.weights(0)[place].fates[0]);
        let nonzero = [0, 1].map(|place| {
            let spread = regression.weights(0)[place].spreads[0];
            (spread.negative + spread.positive) as f64
        });
        assert_eq!(nonzero, [best[0].mean, next[0].mean], "{zeros:?}");
    }
}

/// Wherever a convex problem is left, that is one end point, after few steps as after many, and where columns are the same, too.
#[test]
fn a_convex_penalty_has_one_end_point() {
    let same = scratch_table("a,b,y\n1,1,2\n2,2,3\n-1,-1,0\n0.5,0.5,-1\n");
    let starts = "start.w = { normal = [0.0, 3.0], count = 40, seed = 4 }";
    for table in [two_columns(), same] {
        for steps in [3, 4000] {
            for penalty in ["kind = 'lk', k = 1.0, lambda = [0.1, 0.5]", "kind = 'lk', k = 2.0, lambda = [0.1, 0.5]"] {
                let text = over(&table, &format!("penalty = {{ {penalty} }}\n{starts}"));
                let regression = Regression::run(&text.replace("steps = 4000", &format!("steps = {steps}")));
                for cell in 0..2 {
                    let points = end_points(&regression, cell);
                    assert_eq!(points.len(), 1, "{penalty}, {steps} steps");
                    assert_eq!(points[0][0].mean, 40.0, "{penalty}, {steps} steps");
                }
            }
        }
    }
}

/// Of |w|^(1/2) every set of columns may be a minimum, and another solver's two stationary points of MCP are among those from random starts.
#[test]
fn end_points_of_mcp_hold_those_of_another_solver() {
    let regression = Regression::run(
        "name = 'diabetes'\nsteps = 20000\nstop = { kkt = 1e-6 }\nproblem = { kind = 'least_squares', table = 'data/diabetes.csv', response = 'progression' \
         }\npenalty = { kind = 'mcp', gamma = 3.0, lambda = 1.0 }\nstart.w = { normal = [0.0, 30.0], count = 300, seed = 1 }\n",
    );
    let points = end_points(&regression, 0);
    let (_, rows) = csv("diabetes_mcp");
    for row in &rows[..2] {
        let objective: f64 = row[2].parse().expect("a number");
        let least = points.iter().map(|point| (point[2].mean - objective).abs()).fold(f64::INFINITY, f64::min);
        assert!(least <= 1e-6 * objective, "{}: {objective} is {least} from the nearest", row[1]);
    }
    let all: f64 = points.iter().map(|point| point[0].mean).sum();
    assert_eq!(all, 300.0);
    assert!(points.windows(2).all(|two| two[0][3].mean <= two[1][3].mean + 1e-3), "the best comes first");
}

fn model(text: &str) -> std::sync::Arc<Model> {
    tables::plan(text).model.expect("a model")
}

/// A start is the same whatever else is started from and in whatever order the columns come.
#[test]
fn a_start_depends_on_its_number_and_name_alone() {
    let of = |count: u32, columns: &str| {
        model(&format!(
            "name = 'starts'\nsteps = 1\nproblem = {{ kind = 'least_squares', table = 'data/diabetes.csv', response = 'progression', columns = {columns} \
             }}\npenalty = {{ kind = 'lk', k = 1.0, lambda = 1.0 }}\nstart.w = {{ normal = [1.0, 2.0], count = {count}, seed = 3 }}\n"
        ))
    };
    let (few, many) = (of(3, "['age', 'bmi', 's1']"), of(4000, "['s1', 'age']"));
    for start in 0..3 {
        assert_eq!([few.starts[start][2], few.starts[start][0]], many.starts[start][..]);
    }
    for place in 0..2 {
        let of_weight: Vec<f64> = many.starts.iter().map(|start| f64::from(start[place])).collect();
        let mean = of_weight.iter().sum::<f64>() / 4000.0;
        let variance = of_weight.iter().map(|own| (own - mean).powi(2)).sum::<f64>() / 4000.0;
        // Five standard errors.
        assert!(
            (mean - 1.0).abs() < 5.0 * 2.0 / 4000f64.sqrt() && (variance / 4.0 - 1.0).abs() < 0.12,
            "{mean} {variance}"
        );
    }
    let product = many.starts.iter().map(|start| f64::from((start[0] - 1.0) * (start[1] - 1.0))).sum::<f64>() / 4000.0;
    assert!(product.abs() < 5.0 * 4.0 / 4000f64.sqrt(), "{product}");
}

/// The slopes of the loss are 0 at least squares; of two columns that are the same each gets half.
#[test]
fn least_squares_starts_are_least_and_shortest() {
    let start = "penalty = { kind = 'lk', k = 1.0, lambda = 1.0 }\nstart.w = 'least_squares'\n";
    let diabetes = "name = 'starts'\nsteps = 1\nproblem = { kind = 'least_squares', table = 'data/diabetes.csv', response = 'progression' }\n";
    let whole = model(&format!("{diabetes}{start}"));
    let rows = DrawnRows::whole(&whole);
    let w: Vec<f64> = (0..10).map(|place| rows.start(place, 0.0).into()).collect();
    let slopes = rows.slopes(&w);
    assert!(slopes.iter().all(|slope| slope.abs() < 1e-4), "{slopes:?}");
    assert!(w.iter().any(|w| w.abs() > 30.0), "{w:?}");
    let same = scratch_table("a,b,c,d,y\n1,1,0,3,2\n2,2,1,1,3\n-1,-1,5,2,0\n");
    let more = model(&over(&same, start));
    let rows = DrawnRows::whole(&more);
    let w: Vec<f64> = (0..4).map(|place| rows.start(place, 0.0).into()).collect();
    assert!((w[0] - w[1]).abs() < 1e-6 && rows.slopes(&w).iter().all(|slope| slope.abs() < 1e-6), "{w:?}");
    // Without a penalty nothing moves from there.
    let stays = Regression::run(&over(&two_columns(), &start.replace("lambda = 1.0", "lambda = 0.0")));
    assert!(stays.whole(0).spreads[1].mean <= 2.0, "{}", stays.whole(0).spreads[1].mean);
    let [a, b] = [0, 1].map(|place| stays.weights(0)[place].spreads[0].mean);
    assert!((a + 0.8 * b - 1.05).abs() < 1e-6 && (0.8 * a + b - 1.0).abs() < 1e-6, "{a} {b}");
}

/// The weights without a penalty start where the loss without the others is least, for an intercept the logarithm of the odds, and a path of lambda
/// begins with all others at 0: from a start at 0 some would be left beside it, as near as `stop.kkt` asks.
#[test]
fn a_path_begins_with_the_null_model() {
    let cancers = "name = 'starts'\nsteps = 5000\nstop = { kkt = 1e-4 }\nproblem = { kind = 'logistic_regression', table = \
                   'data/breast_cancer.csv', response = 'benign', resample = { bootstrap = 20, seed = 1 } }\npenalty = { kind = \
                   'lk', k = 1.0, lambda = { path = 3, ratio = 0.1, per_draw = true } }\n";
    let not_zero = |regression: &Regression| {
        let weights = &regression.weights(0)[..regression.model.weights() - 1];
        weights.iter().map(|own| own.trajectories - own.fates[Fate::Zero as usize]).sum::<u64>()
    };
    let usual = Regression::run(cancers);
    assert_eq!(not_zero(&usual), 0);
    assert!(usual.whole(0).measured(Measured::Steps).expect("steps").greatest <= 2.0);
    assert!(not_zero(&Regression::run(&format!("{cancers}start.w = 0.0\n"))) > 0, "kkt should be too coarse for that");
    let named = Regression::run(&format!("{cancers}start.w = 'null_model'\n"));
    assert_eq!(named.whole(2), usual.whole(2));
    let rows = DrawnRows::whole(&usual.model);
    let benign = usual.model.responses.iter().sum::<f64>() / usual.model.responses.len() as f64;
    let start = f64::from(rows.start(usual.model.weights() - 1, 0.0));
    assert!((start - (benign / (1.0 - benign)).ln()).abs() < 1e-6, "{start}");
    assert_eq!(rows.start(0, 0.0), 0.0);
}

/// `c` beside two columns without a penalty, of which the second is the first but for `apart` times a third.
fn nearly_the_same(apart: f64) -> NamedTempFile {
    let row = |row: i32| {
        let (a, c) = (f64::from(row % 7), f64::from(row * row % 11));
        let b = a + apart * f64::from(row * row * row % 5);
        format!("{a},{b},{c},{}\n", a + 0.3 * c + 0.1 * f64::from(row % 3))
    };
    scratch_table(&format!("a,b,c,y\n{}", (0..40).map(row).collect::<String>()))
}

/// Of two columns without a penalty that are nearly the same the best weights may be so large that f32 has no slope of 0 there: these start at 0.
/// Where none has a penalty, the residual is a share of the slopes of all.
#[test]
fn where_f32_does_not_hold_the_null_model_weights_start_at_zero() {
    let table = nearly_the_same(3e-6);
    for factors in ["{ a = 0.0, b = 0.0 }", "{ a = 0.0, b = 0.0, c = 0.0 }"] {
        let regression = Regression::run(&format!(
            "name = 'starts'\nsteps = 4000\nstop = {{ kkt = 1e-5 }}\npenalty = {{ kind = 'lk', k = 1.0, lambda = [0.1, 0.01] }}\nproblem = {{ kind = \
             'least_squares', table = '{}', response = 'y', penalty_factor = {factors} }}\n",
            table.path().display()
        ));
        let rows = DrawnRows::whole(&regression.model);
        let is_held = factors.contains('c');
        assert_eq!([0, 1, 2].map(|place| rows.start(place, 0.0) != 0.0), [is_held; 3], "{factors}");
        for cell in 0..2 {
            let residual =
                regression.whole(cell).measured(Measured::Residual).expect("no trajectory diverged").greatest;
            assert!(residual <= 1.1e-5, "{factors}: {residual}");
        }
    }
}

/// What columns without a penalty explain is the same with one of them twice: so is the first lambda of a path, though the best weights are
/// not the only ones, and one of the two starts at 0.
#[test]
fn a_path_begins_beside_dependent_columns_as_beside_one_of_them() {
    let first_lambda = |apart: f64, more: &str| {
        let table = nearly_the_same(apart);
        let text = format!(
            "name = 'starts'\nsteps = 4000\nstop = {{ kkt = 1e-5 }}\npenalty = {{ kind = 'lk', k = 1.0, lambda = {{ path = 3, ratio = 0.1 }} }}\nproblem = \
             {{ kind = 'least_squares', table = '{}', response = 'y', {more} }}\n",
            table.path().display()
        );
        let regression = Regression::run(&text);
        let nonzero = regression.whole(0).measured(Measured::Support).expect("a support").greatest;
        assert_eq!(nonzero, 0.0, "{apart}: all weights with a penalty should be 0 at the first lambda");
        let rows = DrawnRows::whole(&regression.model);
        let starts: Vec<f32> = (0..regression.model.weights()).map(|place| rows.start(place, 0.0)).collect();
        let section = &tables::plan(&text).sections[0];
        (f64::from(section.value(&section.digits(0), "penalty.lambda").expect("a lambda")), starts)
    };
    let (alone, _) = first_lambda(0.0, "exclude = ['b'], penalty_factor = { a = 0.0 }");
    for apart in [0.0, 1e-9, 1e-7] {
        let (both, starts) = first_lambda(apart, "penalty_factor = { a = 0.0, b = 0.0 }");
        assert!((both / alone - 1.0).abs() < 1e-6, "{apart}: {both} and {alone}");
        assert!((starts[0] == 0.0) != (starts[1] == 0.0), "{apart}: {starts:?}");
    }
}
