//! A trajectory found by its values is the one that a walk through all of them finds.

use crate::support::{plan, spec};
use std::collections::BTreeSet;
use zerosweep::plan::{At, FindError, Found, Plan, kinds};

/// Axes of several alternatives, zipped, sampled, computed, pooled and with variants of a penalty that share cells.
const SPECS: [&str; 4] = [
    "steps = 9
     zip = [['penalty.lambda', 'optimizer.learning_rate']]
     problem = { kind = 'quadratic', curvature = [1, 2], target = 'start.w / 2' }
     penalty = { kind = 'lk', k = [0.5, 1, 1.5, 3.3], lambda = { geomspace = [0.01, 1, 5] } }
     optimizer = { kind = ['subgradient', 'proximal'], learning_rate = [0.1, 0.2, 0.3, 0.4, 0.5] }
     start.w = { uniform = [-1, 1], count = 3 }",
    "steps = 9
     sample.count = 7
     problem = [{ kind = 'none' }, { kind = 'quadratic', target = [0, 1] }, { kind = 'quadratic', target = [2, 3, 4] }]
     penalty = [{ kind = 'lk', k = 1, lambda = { uniform = [0, 1] } }, { kind = 'mcp', lambda = 0.5, gamma = [2, 3] }]
     optimizer = { kind = 'proximal', learning_rate = [0.1, 0.2] }
     start.w = { sobol = [-2, 2] }",
    "steps = 9
     problem = { kind = 'quadratic', target = [-1, 0, 1] }
     penalty = { kind = 'lk', k = { uniform = [0.5, 3], count = 4 }, lambda = '0.1 / optimizer.learning_rate + abs(problem.target)' }
     optimizer = { kind = 'gradient_descent', penalty_step = ['in_loss', 'proximal'], learning_rate = [0.1, 0.2, 0.4], precision = ['f32', 'bf16'] }
     start.w = '2 * problem.target'",
    "steps = 9
     penalty = { kind = 'lk', k = [1, 2, 3, 4, 5], lambda = [1, 2] }
     optimizer = { kind = 'subgradient', learning_rate = '0.1 * penalty.lambda / penalty.k' }
     start.w = [1, 2, 1, 2, 1]
     report.pool = ['start.w', 'penalty.k']",
];

/// All that a trajectory has, as it would be asked for.
fn all_of(plan: &Plan, index: u64) -> Vec<(String, String)> {
    let (section, local) = plan.locate(index).expect("a trajectory of the plan");
    let digits = section.digits(local);
    let roles = kinds(section.kernel.problem, section.kernel.penalty, section.kernel.optimizer);
    let roles = roles.map(|(role, name)| (role.to_owned(), name.to_owned()));
    let slots = section.grid.slots.iter().map(|slot| (slot.path.clone(), format!("{:?}", slot.value(&digits))));
    roles.into_iter().chain(slots).collect()
}

fn at(asked: &[(String, String)]) -> Vec<At> {
    asked.iter().map(|(path, value)| format!("{path}={value}").parse().expect("PATH=VALUE")).collect()
}

#[test]
fn the_first_of_a_walk_is_found_and_all_are_counted() {
    for text in SPECS {
        let plan = plan(text);
        let all: Vec<BTreeSet<(String, String)>> =
            (0..plan.trajectories).map(|index| all_of(&plan, index).into_iter().collect()).collect();
        for index in (0..plan.trajectories).step_by(5) {
            let has = all_of(&plan, index);
            // Every third set of what it has.
            for set in (0..1_u32 << has.len()).step_by(3) {
                let asked: Vec<(String, String)> =
                    has.iter().enumerate().filter(|(bit, _)| set >> bit & 1 == 1).map(|(_, one)| one.clone()).collect();
                let fitting = (0..).zip(&all).filter(|(_, own)| asked.iter().all(|one| own.contains(one)));
                let fitting: Vec<u64> = fitting.map(|(index, _)| index).collect();
                let expected = Found { first: fitting[0], count: fitting.len() as u64 };
                assert_eq!(plan.find(&at(&asked)), Ok(expected), "{asked:?} in {text}");
            }
        }
    }
}

fn error(text: &str, asked: &[&str]) -> String {
    let asked: Vec<At> = asked.iter().map(|one| one.parse().expect("PATH=VALUE")).collect();
    plan(text).find(&asked).expect_err("nothing should be found").to_string()
}

#[test]
fn what_no_trajectory_has_is_said() {
    let of = |asked: &[&str]| error(SPECS[1], asked);
    let zipped = |asked: &[&str]| error(SPECS[0], asked);
    assert_eq!(of(&["start.w=1", "start.w=1"]), "start.w is given twice; give it one value");
    assert_eq!(of(&["penalty=l2x4"]), "no trajectory has the penalty \"l2x4\"; there are: `lk`, `mcp`");
    assert_eq!(of(&["penalty.gama=1"]), "no trajectory has `penalty.gama`; did you mean `penalty.gamma`?");
    assert_eq!(
        of(&["penalty=lk", "penalty.gamma=3"]),
        "no trajectory with penalty = lk has `penalty.gamma`; did you mean `penalty.lambda`?"
    );
    assert_eq!(
        of(&["problem=none", "problem.target=1"]),
        "no trajectory with problem = none has `problem.target`; they have: `penalty.k`, \
         `optimizer.learning_rate`, `penalty.lambda`, `start.w`, `penalty.gamma`, `problem`, `penalty`, `optimizer`"
    );
    assert_eq!(
        of(&["penalty.gamma=x"]),
        "penalty.gamma takes numbers, found \"x\"; give one such as penalty.gamma=2.0"
    );
    assert_eq!(
        of(&["penalty.gamma=nan"]),
        "penalty.gamma takes numbers, found \"nan\"; give one such as penalty.gamma=2.0"
    );
    assert_eq!(of(&["penalty.gamma=2.4"]), "penalty.gamma has no value 2.4; the nearest are 2.0 and 3.0");
    assert_eq!(of(&["penalty.gamma=1"]), "penalty.gamma has no value 1; the nearest is 2.0");
    assert_eq!(
        zipped(&["penalty.lambda=0.01", "optimizer.learning_rate=0.2"]),
        "no trajectory has penalty.lambda = 0.01 and optimizer.learning_rate = 0.2 together, but some have each; leave one out"
    );
}

#[test]
fn a_value_to_a_few_digits_is_the_nearest_unless_one_is_met() {
    let plan = Plan::new(&spec(
        "steps = 9
         penalty = { kind = 'lk', k = [1, 1.0001, 1.0003], lambda = { geomspace = [0.01, 10, 31] } }
         optimizer = { kind = 'proximal', learning_rate = 0.1 }
         start.w = -2",
    ));
    let lambda = |value: &str| {
        let found = plan.find(&[At { path: "penalty.lambda".to_owned(), value: value.to_owned() }])?;
        let (section, local) = plan.locate(found.first).expect("a trajectory of the plan");
        Ok::<f32, FindError>(section.value(&section.digits(local), "penalty.lambda").expect("a lambda"))
    };
    assert_eq!(lambda("0.03162"), Ok(0.031_622_775));
    assert_eq!(lambda("0.631"), Ok(0.630_957_37));
    assert!(lambda("0.6315").is_err() && lambda("0.63").is_err());
    let k = |value: &str| plan.find(&at(&[("penalty.k".to_owned(), value.to_owned())])).map(|found| found.first / 31);
    assert_eq!([k("1"), k("1.0001"), k("1.00019"), k("1.00021"), k("1.0003")], [0, 1, 1, 2, 2].map(Ok));
}
