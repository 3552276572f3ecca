//! Penalties over groups of weights: against another solver, closed forms, optimality conditions, and penalties on weights alone.

use crate::regressions::gaps_are_true;
use crate::support::tables::{Regression, csv, plan, tallies};
use zerosweep::backend::RunOptions;
use zerosweep::model::{DrawnRows, Penalized};
use zerosweep::penalty::{GROUP_LASSO, GROUP_MCP, Penalty};

const GROUPS: [(&str, &[&str]); 4] = [
    ("person", &["age", "sex"]),
    ("body", &["bmi", "bp"]),
    ("cholesterol", &["s1", "s2", "s3"]),
    ("blood", &["s4", "s5", "s6"]),
];

/// The diabetes data in groups.
fn diabetes(penalty: &str) -> String {
    let groups: Vec<String> = GROUPS.iter().map(|(name, columns)| format!("{name} = {columns:?}")).collect();
    format!(
        "name = 'groups'\nsteps = 50000\nstop = {{ kkt = 1e-6 }}\npenalty = {{ {penalty} }}\n[problem]\nkind = 'least_squares'\ntable = \
         'data/diabetes.csv'\nresponse = 'progression'\ngroups = {{ {} }}\n",
        groups.join(", ")
    )
}

/// The weights of a cell, as of its only trajectory.
fn weights(regression: &Regression, cell: usize) -> Vec<f64> {
    regression.weights(cell).iter().map(|summary| summary.spreads[0].mean).collect()
}

/// skglm and block coordinate descent found these solutions.
#[test]
fn the_group_lasso_is_that_of_other_solvers() {
    let regression = Regression::run(&diabetes("kind = 'group_lasso', lambda = [1.0, 3.0, 10.0]"));
    let (_, rows) = csv("diabetes_group");
    assert_eq!(rows.len(), regression.cells());
    for (cell, row) in rows.iter().enumerate() {
        let exact: Vec<f64> = row[1..].iter().map(|own| own.parse().expect("a number")).collect();
        let largest = exact.iter().fold(0.0, |most: f64, own| most.max(own.abs()));
        for (w, exact) in weights(&regression, cell).into_iter().zip(exact) {
            assert!((w - exact).abs() <= 1e-4 * largest, "row {cell}: {w} for {exact}");
            assert_eq!(w == 0.0, exact == 0.0, "row {cell}: {w} for {exact}");
        }
        let [objective, gap] = [2, 4].map(|measure: usize| regression.whole(cell).spreads[measure].greatest);
        assert!(gap > 0.0 && gap <= 1e-5 * objective, "{gap} of {objective}");
    }
}

/// Where the matrix is 1, each group goes to the proximal map of its minimum m: m (1 - lambda sqrt(p) / |m|)+ for the group lasso; the
/// soft threshold of each weight first for the sparse one; and the firm threshold of |m| for MCP (gamma = 3).
#[test]
fn groups_that_do_not_meet_go_to_their_proximal_maps() {
    let minimum = [3.0, -4.0, 0.3, 0.4, -1.5, 0.2, 0.1, -2.0];
    let groups: [&[usize]; 4] = [&[0, 1], &[2, 3], &[4, 5, 6], &[7]];
    let matrix: Vec<Vec<f64>> =
        (0..8).map(|row| (0..8).map(|column| f64::from(u8::from(row == column))).collect()).collect();
    let soft = |x: f64, u: f64| (x.abs() - u).max(0.0).copysign(x);
    let firm = |x: f64, u: f64| match x {
        x if x <= u => 0.0,
        x if x <= 3.0 * u => (x - u) / (1.0 - 1.0 / 3.0),
        x => x,
    };
    type Map<'a> = &'a dyn Fn(&[f64], f64) -> Vec<f64>;
    let on_norm = |x: &[f64], map: &dyn Fn(f64) -> f64| -> Vec<f64> {
        let norm = x.iter().map(|x| x * x).sum::<f64>().sqrt();
        x.iter().map(|x| if norm == 0.0 { 0.0 } else { map(norm) * x / norm }).collect()
    };
    let root = |x: &[f64]| (x.len() as f64).sqrt();
    let lasso = |x: &[f64], lambda: f64| on_norm(x, &|norm| soft(norm, lambda * root(x)));
    let sparse = |x: &[f64], lambda: f64| {
        let alone: Vec<f64> = x.iter().map(|x| soft(*x, 0.25 * lambda)).collect();
        on_norm(&alone, &|norm| soft(norm, 0.75 * lambda * root(x)))
    };
    let mcp = |x: &[f64], lambda: f64| on_norm(x, &|norm| firm(norm, lambda * root(x)));
    let cases: [(&str, Map); 3] = [
        ("kind = 'group_lasso'", &lasso),
        ("kind = 'group_lasso', l1_ratio = 0.25", &sparse),
        ("kind = 'group_mcp', gamma = 3.0", &mcp),
    ];
    let lambdas = [0.1, 0.3, 0.36, 1.0, 4.0];
    let mut zeros = 0;
    for (penalty, map) in cases {
        let regression = Regression::run(&format!(
            "name = 'alone'\nsteps = 500\nstop = {{ kkt = 1e-7 }}\nstart.w = 1.0\noptimizer = {{ kind = 'proximal' }}\npenalty = {{ {penalty}, \
             lambda = {lambdas:?} }}\nproblem = {{ kind = 'quadratic_form', matrix = {matrix:?}, minimum = {minimum:?}, groups = {{ a = ['w1', \
             'w2'], b = ['w4', 'w3'], c = ['w7', 'w5', 'w6'] }} }}\n"
        ));
        for (cell, lambda) in lambdas.into_iter().enumerate() {
            let own = weights(&regression, cell);
            for group in groups {
                let exact = map(&group.iter().map(|place| minimum[*place]).collect::<Vec<_>>(), lambda);
                for (place, exact) in group.iter().zip(exact) {
                    assert!((own[*place] - exact).abs() <= 1e-6, "{penalty}, {lambda}, w{}: {exact}", place + 1);
                    assert_eq!(own[*place] == 0.0, exact == 0.0, "{penalty}, {lambda}, w{}", place + 1);
                    zeros += u32::from(exact == 0.0);
                }
            }
        }
    }
    assert!(zeros > 20, "{zeros}");
}

/// The proximal map in f64 is a minimum of (v - x)^2 / 2 + step P(v): nothing near it or far from it is lower.
#[test]
fn the_proximal_map_of_a_group_is_a_minimum() {
    let plan = plan(&diabetes("kind = 'group_lasso', lambda = 1.0"));
    let model = plan.model.expect("a model");
    let rows = DrawnRows::whole(&model);
    let (group, strength) = model.groups.iter().nth(2).expect("a third group");
    assert_eq!((group, strength), (&[4, 5, 6][..], 3_f32.sqrt()));
    let penalties: [(&'static Penalty, [f32; 2]); 4] =
        [(&GROUP_LASSO, [0.0, 0.5]), (&GROUP_LASSO, [0.3, 0.5]), (&GROUP_LASSO, [1.0, 0.5]), (&GROUP_MCP, [0.5, 2.0])];
    // Of weights of the group alone, in all others 0, the penalty is what the objective has beside the loss.
    let whole = |x: &[f64]| [vec![0.0; 4], x.to_vec(), vec![0.0; 3]].concat();
    for (penalty, own) in penalties {
        let mut penalized = Penalized::new(&rows, penalty, &own);
        for x in [[2.0, -1.0, 0.5], [0.3, 0.1, -0.2], [0.9, 0.9, 0.9], [0.0, 0.0, 1.4], [0.0, 0.0, 0.0]] {
            let step = 0.7;
            let mut v = x.to_vec();
            penalized.prox(group, strength, &mut v, step).expect("a proximal map");
            let mut of = |v: &[f64]| {
                let near: f64 = v.iter().zip(&x).map(|(v, x)| (v - x) * (v - x) / 2.0).sum();
                let (whole, slopes) = (whole(v), rows.slopes(&whole(v)));
                near + step * (penalized.objective(&whole, &slopes) - rows.loss(&whole, &slopes))
            };
            let least = of(&v);
            for number in 0..2_000_u32 {
                let size = [1e-4, 1e-2, 0.3, 2.0][number as usize % 4];
                let turn = |by: u32| size * (f64::from(number * 37 + by * 101) * 0.618).sin();
                let other = [v[0] + turn(1), v[1] + turn(2), if number % 3 == 0 { 0.0 } else { v[2] + turn(3) }];
                assert!(of(&other) >= least - 1e-9, "{own:?} {x:?}: {v:?} {other:?}");
            }
            assert!(of(&[0.0; 3]) >= least - 1e-9 && of(&x) >= least - 1e-9, "{own:?} {x:?}");
        }
    }
}

/// From one path's first lambda on all weights are 0, and just below it a whole group comes in: max of |X_g'y|/n / sqrt(p) for the group
/// lasso and MCP; and where a part is on each weight, the first at which S(slopes, lambda r) is no longer than lambda (1 - r) sqrt(p).
#[test]
fn paths_of_groups_begin_where_the_first_comes_in() {
    for (penalty, ratio) in [
        ("kind = 'group_lasso'", 0.0),
        ("kind = 'group_mcp'", 0.0),
        ("kind = 'group_lasso', l1_ratio = 0.4", 0.4),
        ("kind = 'group_lasso', l1_ratio = 1.0", 1.0),
    ] {
        let regression = Regression::run(&diabetes(&format!("{penalty}, lambda = {{ path = 2, ratio = 0.999 }}")));
        assert!(weights(&regression, 0).iter().all(|w| *w == 0.0), "{penalty}");
        let own = weights(&regression, 1);
        let is_in = |columns: &[&str]| {
            let places = regression.model.names.iter().zip(&own).filter(|(name, _)| columns.contains(&name.as_str()));
            places.filter(|(_, w)| **w != 0.0).count()
        };
        let entered: Vec<usize> = GROUPS.iter().map(|(_, columns)| is_in(columns)).collect();
        let expected = if ratio == 1.0 { [0, 1, 0, 0] } else { [0, 2, 0, 0] };
        assert_eq!(entered, expected, "{penalty}");
        let rows = DrawnRows::whole(&regression.model);
        let slopes = rows.slopes(&[0.0; 10]);
        let held = |group: &[usize], lambda: f64| {
            let beyond = |place: &usize| (slopes[*place].abs() - lambda * ratio).max(0.0);
            let norm = group.iter().map(|place| beyond(place) * beyond(place)).sum::<f64>().sqrt();
            norm <= lambda * (1.0 - ratio) * (group.len() as f64).sqrt() * (1.0 + 1e-7)
        };
        let penalty: &'static Penalty = if penalty.contains("mcp") { &GROUP_MCP } else { &GROUP_LASSO };
        let values = if penalty == &GROUP_MCP { [1.0, 3.0] } else { [ratio as f32, 1.0] };
        let first = Penalized::new(&rows, penalty, &values).zeroing_lambda().expect("a lambda");
        let all = |lambda: f64| regression.model.groups.iter().all(|(group, _)| held(group, lambda));
        assert!(all(first) && !all(0.9999 * first), "{first}");
    }
}

/// A part of 1 on each weight alone is L1, to the last bit; and so are groups of one.
#[test]
fn a_share_of_1_alone_is_l1() {
    let run = |penalty: &str| {
        let text = diabetes(&format!("{penalty}, lambda = {{ geomspace = [0.1, 40.0, 12] }}"));
        let text = if penalty.contains("lk") { without_groups(&text) } else { text };
        tallies(&plan(&text), &RunOptions::default())
    };
    assert_eq!(run("kind = 'group_lasso', l1_ratio = 1.0"), run("kind = 'lk', k = 1.0"));
    let some = |penalty: &str| {
        let text = without_groups(&diabetes(&format!("{penalty}, lambda = 2.0")));
        let text = if penalty.contains("lk") { text } else { format!("{text}groups = {{ both = ['age', 'sex'] }}\n") };
        let text = text.replace("response =", "penalty_factor = { age = 1e6, sex = 1e6 }\nresponse =");
        let regression = Regression::run(&text);
        weights(&regression, 0)
    };
    let (grouped, alone) = (some("kind = 'group_lasso'"), some("kind = 'lk', k = 1.0"));
    assert!(grouped.iter().filter(|w| **w != 0.0).count() > 5);
    assert_eq!(grouped, alone, "a column in no group should be as it is under L1");
}

fn without_groups(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.starts_with("groups"));
    lines.map(|line| format!("{line}\n")).collect()
}

/// What is said of weights that are not the solution is true of them: the gap is at least what the objective is above its minimum; and
/// the judge's minimum is one by the optimality conditions.
#[test]
fn gaps_and_residuals_of_groups_are_true() {
    let plan = plan(&diabetes("kind = 'group_lasso', lambda = 1.0"));
    let model = plan.model.expect("a model");
    let rows = DrawnRows::whole(&model);
    for own in [[0.0_f32, 5.0], [0.3, 5.0], [0.9, 10.0], [0.5, 30.0]] {
        let mut penalized = Penalized::new(&rows, &GROUP_LASSO, &own);
        let minimum = rows.judged(&mut penalized, &[0.0; 10]).expect("an end");
        let slopes = rows.slopes(&minimum);
        let [ratio, lambda] = own.map(f64::from);
        for (group, _) in model.groups.iter() {
            let together = lambda * (1.0 - ratio) * (group.len() as f64).sqrt();
            let norm = group.iter().map(|place| minimum[*place] * minimum[*place]).sum::<f64>().sqrt();
            if norm == 0.0 {
                let beyond = |place: &usize| (slopes[*place].abs() - lambda * ratio).max(0.0);
                let left = group.iter().map(|place| beyond(place) * beyond(place)).sum::<f64>().sqrt();
                assert!(left <= together * (1.0 + 1e-6), "{own:?}: {left} {together}");
            }
            for &place in group.iter().filter(|place| norm > 0.0 && minimum[**place] != 0.0) {
                let w = minimum[place];
                let pull = together * w / norm + lambda * ratio * w.signum();
                assert!((slopes[place] + pull).abs() <= 1e-6 * lambda, "{own:?}, {place}");
            }
        }
        gaps_are_true(&rows, &mut penalized, &minimum);
        for share in [0.0, 0.3, 0.9, 0.999, 1.5] {
            let w: Vec<f64> = minimum.iter().map(|own| share * own).collect();
            assert!(
                minimum.iter().all(|w| *w == 0.0) || penalized.residual(&w, &rows.slopes(&w)) > 1e-3,
                "{own:?} {share}"
            );
        }
    }
}

/// Group MCP drops whole groups and leaves large ones as they are without a penalty.
#[test]
fn group_mcp_keeps_whole_groups() {
    let regression = Regression::run(&diabetes("kind = 'group_mcp', lambda = [0.5, 15.0, 22.0]"));
    let mut kept = Vec::new();
    for cell in 0..3 {
        let own = weights(&regression, cell);
        for (group, _) in regression.model.groups.iter() {
            let count = group.iter().filter(|place| own[**place] != 0.0).count();
            assert!(count == 0 || count == group.len(), "{cell}: {own:?}");
        }
        kept.push(own.iter().filter(|w| **w != 0.0).count());
        assert!(regression.whole(cell).spreads[3].greatest <= 1e-6, "{cell}");
    }
    assert!(kept[0] > kept[1] && kept[1] >= kept[2] && kept[2] > 0, "{kept:?}");
}
