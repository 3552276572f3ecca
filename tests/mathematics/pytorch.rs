//! PyTorch's own optimizers and scikit-learn's SGD, step by step: `trajectories.csv` has what they do in f64 (`make.py`), `cases.toml` what
//! is asked of them.

use crate::support::{Steps, plan};
use std::collections::BTreeMap;
use zerosweep::audit::rules::Rule;
use zerosweep::direction::StateInF64;
use zerosweep::plan::Plan;

/// Every case as a plan of one trajectory, with PyTorch's weights w_1, w_2, ...
fn cases() -> BTreeMap<String, (Plan, Vec<f64>)> {
    let table: toml::Table = include_str!("pytorch/cases.toml").parse().expect("cases.toml should be TOML");
    let number = |key: &str| table[key].to_string();
    let mut reader = csv::Reader::from_reader(include_str!("pytorch/trajectories.csv").as_bytes());
    let names: Vec<String> = reader.headers().unwrap().iter().skip(1).map(str::to_owned).collect();
    let rows: Vec<Vec<f64>> = reader.deserialize().map(Result::unwrap).collect();
    let case = |(column, name): (usize, String)| {
        let text = format!(
            "steps = {}\nproblem = {{ kind = 'quadratic', curvature = {}, target = {} }}\nstart.w = {}\noptimizer = {}\npenalty = {}",
            number("steps"),
            table[&name].get("curvature").map_or_else(|| number("curvature"), toml::Value::to_string),
            number("target"),
            number("start"),
            table[&name]["optimizer"],
            table[&name]["penalty"],
        );
        let weights = rows.iter().map(|row| row[column + 1]).collect();
        (name, (plan(&text), weights))
    };
    names.into_iter().enumerate().map(case).collect()
}

#[test]
fn every_optimizer_of_pytorch_is_there() {
    let names: Vec<String> = cases().into_keys().collect();
    for kind in ["sgd", "momentum", "nesterov", "adam", "amsgrad", "rmsprop", "adagrad"] {
        for penalty in ["l1", "l2"] {
            assert!(names.contains(&format!("{kind}-{penalty}")), "{kind}-{penalty}");
        }
    }
    assert!(names.contains(&"adamw".to_owned()));
    assert!(cases().values().all(|(_, weights)| weights.len() == 200));
}

/// The audit's rules compute what PyTorch does, in another order: 200 steps of a few roundings of 2^-53 each, which none of these
/// courses blows up a thousandfold.
#[test]
fn rules_in_f64_are_those_of_pytorch() {
    for (name, (plan, weights)) in cases() {
        let section = &plan.sections[0];
        let point = section.at(0);
        let rule = Rule::new(section.kernel, &point);
        let mut state = StateInF64 { w: point.start.into(), ..StateInF64::default() };
        for (n, &expected) in (0..).zip(&weights) {
            state = rule.step(state, n).state;
            assert!((state.w - expected).abs() < 1e-11, "{name}, step {}: {}, not {expected}", n + 1, state.w);
        }
    }
}

/// In f32 each step rounds the weight to 2^-24 of at most 2, and its move, of at most 0.1, some twenty times: 2e-7 a step. What lingers
/// of it is what the loss leaves within a time of its own, some 40 steps: 1e-5. Where L1 makes the weight chatter, a step that rounding
/// puts on the other side of zero would show as a difference of 0.003 or more.
#[test]
fn steps_in_f32_follow_pytorch() {
    for (name, (plan, weights)) in cases() {
        let section = &plan.sections[0];
        let mut steps = Steps::new(section.kernel, &section.at(0));
        for (n, &expected) in weights.iter().enumerate() {
            let w = f64::from(steps.next());
            assert!((w - expected).abs() < 1e-5, "{name}, step {}: {w}, not {expected}", n + 1);
        }
    }
}

/// The comparison notices another beta, an epsilon inside the root, a bias that is not corrected.
#[test]
fn another_optimizer_is_noticed() {
    let changes = [
        ("adam-l1", "sgd-l1"),
        ("adam-l2", "adam-l1"),
        ("adamw", "adam-l2"),
        ("amsgrad-l1", "adam-l1"),
        ("sklearn-l1", "sgd-l1"),
        ("momentum-l1", "nesterov-l1"),
        ("rmsprop-l1", "adagrad-l1"),
    ];
    let cases = cases();
    for (name, other) in changes {
        let section = &cases[name].0.sections[0];
        let mut steps = Steps::new(section.kernel, &section.at(0));
        let differs = cases[other].1.iter().any(|expected| (f64::from(steps.next()) - expected).abs() > 1e-3);
        assert!(differs, "{name} as {other}");
    }
}
