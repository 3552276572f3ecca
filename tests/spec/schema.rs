//! The schema agrees with the reader: it accepts good specs and refuses what is wrong with a single value.

use jsonschema::Validator;
use serde_json::{Value, json};
use zerosweep::member::FAMILY;
use zerosweep::spec::{Format, Spec, schema};

fn example() -> Value {
    json!({
        "name": "lk-family",
        "steps": 2000,
        "problem": { "kind": "quadratic", "curvature": 1.0, "target": { "linspace": [-2.0, 2.0, 41] } },
        "penalty": { "kind": "lk", "k": [0.5, 1.0, 10.0], "lambda": { "geomspace": [0.01, 10.0, 41] } },
        "optimizer": { "kind": ["subgradient", "proximal"], "learning_rate": 0.05 },
        "start": { "w": { "uniform": [-5.0, 5.0], "count": 64, "seed": 7 } },
        "zero": { "tolerances": [1e-3, 1e-6], "divergence": 1e6, "tail": 200 },
        "report": {
            "pool": ["start.w"],
            "maps": [{ "x": "penalty.lambda", "y": "problem.target", "facets": ["penalty.k", "optimizer"] }],
        },
    })
}

fn validator() -> Validator {
    jsonschema::draft202012::new(&schema()).expect("a schema")
}

#[test]
fn the_schema_is_one_of_its_draft() {
    let schema = schema();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert!(jsonschema::draft202012::meta::is_valid(&schema));
}

/// Checks that the schema and the reader are of one mind about `spec`.
fn assert_verdicts(spec: &Value, is_good: bool) {
    assert_eq!(validator().is_valid(spec), is_good, "the schema on {spec}");
    let read = Spec::parse(&spec.to_string(), Format::Json, "x.json", &[]);
    assert_eq!(read.is_ok(), is_good, "the reader on {spec}");
}

#[test]
fn good_specs_are_accepted() {
    assert_verdicts(&example(), true);
    let changes = [
        ("/problem", json!([{ "kind": "none" }, { "kind": ["quadratic"], "target": 1 }])),
        ("/penalty/lambda", json!(0)),
        ("/optimizer/learning_rate", json!({ "log_uniform": [1e-3, 1], "count": 8 })),
        ("/start/w", json!({ "normal": [0, 1], "count": 8 })),
        ("/start/w", json!({ "sobol": [-1, 1], "count": 8, "seed": 0 })),
        ("/steps", json!(2000.0)),
        ("/zip", json!([])),
        ("/sample", json!({ "count": 9 })),
        ("/penalty/lambda", json!("0.1 / optimizer.learning_rate")),
        ("/zip", json!([["penalty.lambda", "problem.target"]])),
    ];
    for (pointer, value) in changes {
        let mut spec = example();
        spec["report"] = json!({});
        if pointer == "/sample" {
            spec["start"] = json!({ "w": { "sobol": [-1, 1] } });
        }
        let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
        spec.pointer_mut(parent).expect("an object")[key] = value;
        assert_verdicts(&spec, true);
    }
}

#[test]
fn wrong_single_values_are_refused() {
    let changes = [
        ("/name", json!("../up")),
        ("/name", json!("x".repeat(101))),
        ("/steps", json!(0)),
        ("/steps", json!(1.5)),
        ("/stepz", json!(1)),
        ("/problem/kind", json!("cubic")),
        ("/problem/kind", json!(["none", "quadratic"])),
        ("/problem/kind", json!("none")),
        ("/penalty", json!([])),
        ("/penalty/lamda", json!(1)),
        ("/penalty/lambda", json!(-1)),
        ("/penalty/lambda", json!([])),
        ("/penalty/lambda", json!(null)),
        ("/penalty/k", json!(0)),
        ("/penalty/k", json!({ "linspace": [1, 2] })),
        ("/penalty/k", json!({ "linspace": [1, 2, 0] })),
        ("/penalty/k", json!({ "linspace": [1, 2, 3], "count": 3 })),
        ("/optimizer/kind", json!(["proximal", "proximal"])),
        ("/optimizer/kind", json!([])),
        ("/start/w/seed", json!(-1)),
        ("/start/w/count", json!(1 << 25)),
        ("/start/v", json!(1)),
        ("/zero/tolerances", json!([1e-20])),
        ("/zero/tail", json!(0)),
        ("/report/maps/0/z", json!("penalty.k")),
        ("/report/pool", json!("start.w")),
        ("/zip", json!(["penalty.lambda", "problem.target"])),
        ("/sample", json!({ "seed": 1 })),
        ("/sample", json!(9)),
        ("/zip", json!([["penalty.lambda"]])),
        ("/zip", json!([["penalty.lambda", "penalty.lambda"]])),
    ];
    for (pointer, value) in changes {
        let mut spec = example();
        let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
        spec.pointer_mut(parent).expect("an object")[key] = value;
        assert_verdicts(&spec, false);
    }
}

#[test]
fn every_member_and_parameter_is_described() {
    let text = schema().to_string();
    let problems = FAMILY.problems.iter().map(|row| &row.member);
    let penalties = FAMILY.penalties.iter().map(|row| &row.member);
    let optimizers = FAMILY.optimizers.iter().map(|row| &row.member);
    let schedules = FAMILY.schedules.iter().map(|row| &row.member);
    for member in problems.chain(penalties).chain(optimizers).chain(schedules) {
        assert!(text.contains(&json!(member.formula).to_string()), "{}", member.kind);
        for parameter in member.parameters {
            assert!(text.contains(parameter.meaning), "{} {}", member.kind, parameter.name);
        }
    }
}
