//! The claim of `sweeps/claims/slope-among-others.toml`: L1's zero rule for one weight, abs(d0) < lambda, among many weights. d0 is the slope of the
//! loss at w_j = 0, with the others where they rest (rule A) or at 0, too (rule B, marginal screening: |x_j'y| / n < lambda).

use crate::support::{on_cpu, tables};
use std::fmt::Write;
use zerosweep::backend::RunOptions;
use zerosweep::model::{DrawnRows, Draws};
use zerosweep::plan::Plan;
use zerosweep::spec::{Format, LoadedSpec, Spec};
use zerosweep::statistics::Rate;

const NAME: &str = "sweeps/claims/slope-among-others.toml";

fn claim(sets: &[String]) -> Plan {
    let text = std::fs::read_to_string(NAME).expect("the sweep of the claim");
    let loaded = Spec::parse(&text, Format::Toml, NAME, sets).and_then(LoadedSpec::with_table);
    let LoadedSpec { spec, model, .. } = loaded.unwrap_or_else(|error| panic!("{error}"));
    Plan::new(&spec).with_model(model)
}

/// Of a weight that a trajectory ended with.
struct Weight {
    lambda: f64,
    /// The place of that on the path.
    step: usize,
    is_zero: bool,
    /// |d0|, with the others where they rest and with the others at 0.
    among: f64,
    alone: f64,
    /// The size of the weight times what its own curvature makes of it.
    pull: f64,
    /// What is left of the slope at the most.
    left: f64,
}

/// All weights of all trajectories, draw by draw.
fn weights(plan: &Plan) -> Vec<Weight> {
    let (plan, model) = (plan.by_draw(), plan.model.clone().expect("a model"));
    let draws = Draws::new(&model);
    let count = model.weights();
    let mut all = Vec::new();
    for batch in on_cpu(&plan, &RunOptions { rows: true, ..RunOptions::default() }) {
        let mut known: Option<(u64, DrawnRows)> = None;
        for (index, outcomes) in (batch.first..).zip(batch.outcomes.chunks_exact(count)) {
            let (section, local) = plan.locate(index).expect("a trajectory");
            let draw = local / section.per_draw(&model);
            let (_, rows) = match known.take() {
                Some(own) if own.0 == draw => known.insert(own),
                _ => known.insert((draw, DrawnRows::new(&draws, draw as u32))),
            };
            let lambda = section.kernel.value("penalty.lambda", &section.at(local)).expect("a lambda");
            let path = &section.grid.slot("penalty.lambda").expect("a path").values;
            let step = path.iter().position(|own| *own == lambda).expect("a lambda of the path");
            let lambda = f64::from(lambda);
            let w: Vec<f64> = outcomes.iter().map(|own| own.last.into()).collect();
            let (slopes, at_zero) = (rows.slopes(&w), rows.slopes(&vec![0.0; count]));
            let left = model.kkt.expect("a bound") * at_zero.iter().fold(0.0, |most: f64, own| most.max(own.abs()));
            all.extend((0..count).map(|place| {
                let pull = rows.moments.gram[place * (count + 1)] * w[place];
                let (among, alone) = ((slopes[place] - pull).abs(), at_zero[place].abs());
                Weight { lambda, step, is_zero: w[place] == 0.0, among, alone, pull: pull.abs(), left }
            }));
        }
    }
    all
}

/// Rule A, exactly: of a zero |d0| <= lambda, of another weight |d0| = lambda + curvature |w|, both but for what is left of slopes. The least of
/// those weights pulls more than that, so that the rule tells all of them apart.
fn assert_rule_among_others(weights: &[Weight]) {
    assert!(weights.iter().any(|own| own.is_zero) && weights.iter().any(|own| !own.is_zero));
    for Weight { lambda, is_zero, among, pull, left, .. } in weights {
        if *is_zero {
            assert!(*among <= lambda + left, "a zero with {among}, and lambda {lambda}");
        } else {
            assert!((among - lambda - pull).abs() <= *left, "{pull} with {among}, and lambda {lambda}");
            assert!(*among > lambda - left, "{among}, and lambda {lambda}");
        }
    }
    // At the first lambda of a path a weight lies on the threshold.
    let in_doubt =
        weights.iter().filter(|own| own.step > 0).filter(|own| (own.among - own.lambda).abs() <= own.left).count();
    let wrong = weights.iter().filter(|own| own.step > 0).filter(|own| own.is_zero != (own.among < own.lambda)).count();
    assert!(wrong <= in_doubt && in_doubt * 500 <= weights.len(), "{wrong} wrong, {in_doubt} in doubt");
}

fn diabetes(lambdas: u32, rest: &str) -> Plan {
    tables::plan(&format!(
        "name = 'diabetes'\nsteps = 20000\nstop = {{ kkt = 1e-6 }}\n\
         problem = {{ kind = 'least_squares', table = 'data/diabetes.csv', response = 'progression'{rest} }}\n\
         penalty = {{ kind = 'lk', k = 1.0, lambda = {{ path = {lambdas}, ratio = 0.1 }} }}"
    ))
}

#[test]
fn the_rule_of_one_weight_holds_where_the_others_rest() {
    assert_rule_among_others(&weights(&diabetes(100, "")));
}

/// How often rule B is wrong: of `zeros` and `keeps` by it, so many are not zero, or are.
struct Tally {
    zeros: u64,
    false_zeros: u64,
    keeps: u64,
    false_keeps: u64,
}

impl Tally {
    fn of<'a>(weights: impl Iterator<Item = &'a Weight>) -> Tally {
        let mut tally = Tally { zeros: 0, false_zeros: 0, keeps: 0, false_keeps: 0 };
        for own in weights {
            let says_zero = own.alone < own.lambda;
            tally.zeros += u64::from(says_zero);
            tally.keeps += u64::from(!says_zero);
            tally.false_zeros += u64::from(says_zero && !own.is_zero);
            tally.false_keeps += u64::from(!says_zero && own.is_zero);
        }
        tally
    }

    /// A row of the table in docs/claims.md.
    fn row(&self, of: &str, share: &str, draws: u64) -> String {
        let mut row = format!("| {of} | {share} |");
        for (count, total) in [(self.false_zeros, self.zeros), (self.false_keeps, self.keeps)] {
            let Rate { rate, low, high } = Rate::wilson(count, total, draws);
            _ = write!(row, " {count} of {total} | {rate:.3} [{low:.3}, {high:.3}] |");
        }
        row
    }
}

/// docs/claims.md has these rows, and they are as it says: both mistakes grow with what columns have in common.
#[test]
fn the_rule_with_the_others_at_zero_fails() {
    const DRAWS: u64 = 200;
    // Path by path, without its first lambda, at which all are zero.
    const SHARES: [&str; 2] = ["0.32", "0.1"];
    let of_design = |correlation: &str| -> Vec<Weight> {
        let of_seed = |seed: u64| {
            let sets = [("correlation", correlation.to_owned()), ("seed", seed.to_string())];
            weights(&claim(&sets.map(|(key, value)| format!("problem.design.{key}={value}"))))
        };
        (0..DRAWS).flat_map(of_seed).collect()
    };
    let designs = ["0.0", "0.3", "0.6", "0.9"].map(|correlation| (correlation, of_design(correlation)));
    let patients = weights(&diabetes(3, ", resample = { bootstrap = 200, seed = 1 }"));
    let document = std::fs::read_to_string("docs/claims.md").expect("the claims");
    let mut missing: Vec<String> = Vec::new();
    let mut false_ones: [Vec<[f64; 2]>; 2] = Default::default();
    for (of, all) in designs.iter().map(|(of, all)| (*of, all)).chain([("diabetes", &patients)]) {
        assert_rule_among_others(all);
        for (step, share) in SHARES.iter().enumerate() {
            let tally = Tally::of(all.iter().filter(|own| own.step == step + 1));
            let row = tally.row(of, share, DRAWS);
            println!("{row}");
            missing.extend((!document.contains(&row)).then_some(row));
            let Tally { zeros, false_zeros, keeps, false_keeps } = tally;
            false_ones[step].push([(false_zeros, zeros), (false_keeps, keeps)].map(|(a, b)| a as f64 / b as f64));
        }
    }
    assert!(missing.is_empty(), "docs/claims.md lacks\n{}", missing.join("\n"));
    for rates in false_ones {
        assert!(rates[..4].is_sorted_by(|a, b| a[1] < b[1]), "{rates:?}");
    }
}
