//! The schema agrees with the reader: it accepts good specs and refuses what is wrong with a single value.

use jsonschema::Validator;
use jsonschema::error::ValidationErrorKind;
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
        ("/steps", json!(2e3)),
        ("/zero/tail", json!(200.0)),
        ("/start/w/count", json!(64.0)),
        ("/start/w/seed", json!(7.0)),
        ("/problem/target", json!({ "linspace": [-2, 2, 41.0] })),
        ("/optimizer", json!({ "kind": "subgradient", "learning_rate": 0.1, "slope_at_zero": [1.0, 0] })),
        ("/optimizer", json!({ "kind": "proximal", "learning_rate": 0.1, "noise": { "normal": 0, "seed": 1e3 } })),
        ("/$schema", json!("zerosweep.schema.json")),
        ("/report/refine", json!({ "measure": "fate", "cells": 1e5, "along": ["penalty.lambda"] })),
        (
            "/report/refine",
            json!({ "measure": "zero_rate", "cells": 100, "along": ["penalty.lambda", "problem.target"] }),
        ),
        ("/zip", json!([])),
        ("/sample", json!({ "count": 9.0, "seed": 1e1 })),
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
        ("/steps", json!(-1.0)),
        ("/steps", json!(1e300)),
        ("/stepz", json!(1)),
        ("/$schema", json!(5)),
        ("/problem/kind", json!("cubic")),
        ("/problem/kind", json!(["none", "quadratic"])),
        ("/problem/kind", json!("none")),
        ("/penalty", json!([])),
        ("/penalty", json!(5)),
        ("/penalty", json!([5])),
        ("/penalty/kind", json!(["lk", "l0"])),
        ("/penalty/kind", json!(["lk", "cubic"])),
        ("/penalty/kind", json!(5)),
        ("/penalty/lamda", json!(1)),
        ("/penalty/lambda", json!(-1)),
        ("/penalty/lambda", json!([])),
        ("/penalty/lambda", json!(null)),
        ("/penalty/k", json!(0)),
        ("/penalty/k", json!({})),
        ("/penalty/k", json!({ "count": 5 })),
        ("/penalty/k", json!({ "linspce": [1, 2, 3] })),
        ("/penalty/k", json!({ "linspace": [1, 2, 3], "geomspace": [1, 2, 3] })),
        ("/penalty/k", json!({ "uniform": [1, 2], "sobol": [1, 2], "count": 3 })),
        ("/penalty/k", json!(true)),
        ("/penalty/k", json!([1, "2"])),
        ("/penalty/k", json!({ "linspace": [1, 2] })),
        ("/penalty/k", json!({ "linspace": [1, 2, 0] })),
        ("/penalty/k", json!({ "linspace": [1, 2, 3], "count": 3 })),
        ("/optimizer/kind", json!(["proximal", "proximal"])),
        ("/optimizer/kind", json!([])),
        ("/optimizer/slope_at_zero", json!(2)),
        ("/optimizer", json!({ "kind": "truncated", "learning_rate": 0.1, "slope_at_zero": 1 })),
        ("/optimizer/precision", json!("bf15")),
        ("/optimizer/precision", json!([])),
        ("/optimizer/schedule", json!({ "kind": "cosin" })),
        ("/optimizer/schedule", json!({ "over": 5 })),
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

/// Over a table the optimizer, its learning rate, the start and lambda may be left to what the rows say.
#[test]
fn problems_over_tables_are_accepted() {
    let spec = json!({
        "name": "table",
        "steps": 2000,
        "stop": { "kkt": 1e-5 },
        "problem": {
            "kind": "least_squares",
            "table": "data.csv",
            "response": "y",
            "columns": ["a", "b"],
            "standardize": false,
            "intercept": false,
            "row_weights": "count",
            "penalty_factor": { "a": 0.0, "b": 2.5 },
            "resample": { "folds": 10, "repeats": 3, "seed": 1 },
        },
        "penalty": { "kind": "lk", "k": 1, "lambda": { "path": 100, "ratio": 1e-2 } },
        "optimizer": { "kind": "proximal" },
    });
    assert_verdicts(&spec, true);
    let changed = |pointer: &str, value: Option<Value>| {
        let mut spec = spec.clone();
        let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
        let parent = spec.pointer_mut(parent).and_then(Value::as_object_mut).expect("an object");
        parent.remove(key);
        parent.extend(value.map(|value| (key.to_owned(), value)));
        spec
    };
    let of_matrix = |matrix: Value, minimum: Value| {
        let mut spec =
            changed("/problem", Some(json!({ "kind": "quadratic_form", "matrix": matrix, "minimum": minimum })));
        spec["problem"]["penalty_factor"] = json!({ "w1": 0.5 });
        spec
    };
    assert_verdicts(&of_matrix(json!([[1, 0.5], [0.5, 2]]), json!([1, -1])), true);
    assert_verdicts(&of_matrix(json!([]), json!([])), false);
    assert_verdicts(&of_matrix(json!([["a"]]), json!([1])), false);
    assert_verdicts(&of_matrix(json!([[1]]), json!(1)), false);
    let of_design = |design: Value| changed("/problem", Some(json!({ "kind": "least_squares", "design": design })));
    let mut full =
        of_design(json!({ "rows": 100, "columns": 200, "support": 10, "correlation": -0.5, "noise": 0.1, "seed": 1 }));
    full["problem"]["resample"] = json!({ "bootstrap": 10 });
    full["problem"]["penalty_factor"] = json!({ "w1": 0.5 });
    assert_verdicts(&full, true);
    for key in ["table", "response", "row_weights"] {
        let mut both = full.clone();
        both["problem"][key] = json!("a");
        assert_verdicts(&both, false);
    }
    for key in ["standardize", "intercept"] {
        let mut both = full.clone();
        both["problem"][key] = json!(false);
        assert_verdicts(&both, false);
    }
    for kind in ["logistic_regression", "poisson_regression"] {
        full["problem"]["kind"] = json!(kind);
        assert_verdicts(&full, false);
        let mut quiet = full.clone();
        quiet["problem"]["design"].as_object_mut().expect("a design").remove("noise");
        assert_verdicts(&quiet, true);
    }
    assert_verdicts(&of_design(json!({ "rows": 2, "columns": 1, "support": 0 })), true);
    let mut fresh = of_design(json!({ "rows": [20, 30], "columns": 9, "support": [0, 4] }));
    fresh["problem"]["resample"] = json!({ "designs": 10 });
    assert_verdicts(&fresh, true);
    fresh["problem"]["design"]["rows"] = json!([20, 1]);
    assert_verdicts(&fresh, false);
    let bad_designs = [
        json!({ "rows": 2, "columns": 1 }),
        json!({ "rows": 1, "columns": 1, "support": 0 }),
        json!({ "rows": 2, "columns": 513, "support": 0 }),
        json!({ "rows": 2, "columns": 1, "support": -1 }),
        json!({ "rows": 2, "columns": 1, "support": 0, "correlation": 1 }),
        json!({ "rows": 2, "columns": 1, "support": 0, "correlation": -1.0 }),
        json!({ "rows": 2, "columns": 1, "support": 0, "noise": -0.1 }),
        json!({ "rows": 2, "columns": 1, "support": 0, "seed": "one" }),
        json!({ "rows": 2, "columns": 1, "support": 0, "intercept": true }),
        json!(100),
    ];
    bad_designs.into_iter().for_each(|design| assert_verdicts(&of_design(design), false));
    let good = [
        ("/optimizer", None),
        ("/stop", None),
        ("/problem/resample", Some(json!({ "bootstrap": 1000 }))),
        ("/problem/resample", Some(json!({ "half_sample": 100, "seed": 9 }))),
        ("/problem/resample", Some(json!({ "folds": 5, "group": "who" }))),
        ("/report", Some(json!({}))),
        ("/penalty/lambda", Some(json!({ "path": 9, "per_draw": true }))),
        ("/problem/kind", Some(json!("logistic_regression"))),
        ("/problem/kind", Some(json!(["least_squares"]))),
        ("/start", Some(json!({ "w": [0, 1] }))),
        ("/start", Some(json!({ "w": { "normal": [0, 1], "count": 8, "seed": 1 } }))),
        ("/start", Some(json!({ "w": "least_squares" }))),
    ];
    good.into_iter().for_each(|(pointer, value)| assert_verdicts(&changed(pointer, value), true));
    let mut grouped = changed("/penalty", Some(json!({ "kind": "group_lasso", "l1_ratio": 0.5, "lambda": 1 })));
    grouped["problem"]["groups"] = json!({ "both": ["a", "b"] });
    assert_verdicts(&grouped, true);
    let mut of_form = of_matrix(json!([[1, 0.5], [0.5, 2]]), json!([1, -1]));
    of_form["problem"]["groups"] = json!({ "both": ["w1", "w2"] });
    of_form["penalty"] = json!({ "kind": "group_mcp", "lambda": 1 });
    assert_verdicts(&of_form, true);
    for groups in [json!({}), json!([]), json!({ "both": ["a"] }), json!({ "both": ["a", "a"] }), json!({ "both": 1 })]
    {
        grouped["problem"]["groups"] = groups;
        assert_verdicts(&grouped, false);
    }
    let mut stable = changed("/problem/resample", Some(json!({ "half_sample": 100 })));
    stable["report"] = json!({ "stability": { "pfer": 1, "threshold": 0.75, "assumption": "unimodal" } });
    assert_verdicts(&stable, true);
    let bad = [
        ("/problem/table", None),
        ("/problem/response", None),
        ("/problem/columns", Some(json!([]))),
        ("/problem/intercept", Some(json!(1))),
        ("/problem/penalty_factor", Some(json!({ "a": -1 }))),
        ("/problem/resample", Some(json!({ "bootstrap": 0 }))),
        ("/problem/resample", Some(json!({ "jackknife": 3 }))),
        ("/problem/resample", Some(json!({ "folds": 5, "group": 1 }))),
        ("/report", Some(json!({ "stability": { "pfer": 0 } }))),
        ("/report", Some(json!({ "stability": { "pfer": 1, "threshold": 0.5 } }))),
        ("/report", Some(json!({ "stability": { "pfer": 1, "assumption": "concave" } }))),
        ("/report", Some(json!({ "stability": {} }))),
        ("/penalty/lambda", Some(json!({ "path": 9, "per_draw": 1 }))),
        ("/penalty/lambda", Some(json!({ "path": 0 }))),
        ("/penalty/lambda", Some(json!({ "path": 10, "ratio": 1 }))),
        ("/penalty/lambda", Some(json!({ "path": 10, "count": 1 }))),
        ("/stop", Some(json!({ "kkt": 0 }))),
        ("/stop", Some(json!({}))),
        // One weight again.
        ("/problem", None),
    ];
    bad.into_iter().for_each(|(pointer, value)| assert_verdicts(&changed(pointer, value), false));
}

/// Where the schema finds fault with a spec, and what it says.
fn faults(spec: &Value) -> Vec<(String, String)> {
    let say = |error: jsonschema::ValidationError| {
        let text = match error.kind() {
            // The validator's own text names a few of them alone.
            ValidationErrorKind::Enum { options } => format!("{} is not one of {options}", error.instance()),
            _ => error.to_string(),
        };
        (error.instance_path().to_string(), text)
    };
    validator().iter_errors(spec).map(say).collect()
}

#[test]
fn a_mistake_is_one_error_that_names_it() {
    let kinds = |kinds: Vec<&str>| json!(kinds).to_string();
    let problems = kinds(FAMILY.all_problems().iter().map(|row| row.member.kind).collect());
    let penalties = kinds(FAMILY.all_penalties().iter().map(|row| row.member.kind).collect());
    let schedules = kinds(FAMILY.schedules.iter().map(|row| row.member.kind).collect());
    let unexpected = |key: &str| format!("Additional properties are not allowed ('{key}' was unexpected)");
    let cases = [
        // A wrong kind.
        ("/problem/kind", json!("cubic"), "/problem/kind", format!("\"cubic\" is not one of {problems}")),
        ("/problem/kind", json!(5), "/problem/kind", format!("5 is not one of {problems}")),
        ("/penalty/kind", json!(["cubic"]), "/penalty/kind/0", format!("\"cubic\" is not one of {penalties}")),
        ("/penalty/kind", json!(["lk", "cubic"]), "/penalty/kind/1", "\"cubic\" is not one of [\"lk\"]".to_owned()),
        ("/penalty/kind", json!([]), "/penalty/kind", "[] has less than 1 item".to_owned()),
        ("/penalty", json!({}), "/penalty", "\"kind\" is a required property".to_owned()),
        ("/penalty", json!([{ "kind": "l9" }]), "/penalty/0/kind", format!("\"l9\" is not one of {penalties}")),
        (
            "/optimizer/schedule",
            json!({ "kind": "cosin", "over": 5 }),
            "/optimizer/schedule/kind",
            format!("\"cosin\" is not one of {schedules}"),
        ),
        // A wrong key.
        ("/penalty/lamda", json!(1), "/penalty", unexpected("lamda")),
        ("/penalty/gamma", json!(3), "/penalty", unexpected("gamma")),
        (
            "/optimizer",
            json!([{ "kind": "proximal", "learning_rate": 1, "rate": 1 }]),
            "/optimizer/0",
            unexpected("rate"),
        ),
        (
            "/optimizer",
            json!({ "kind": "truncated", "learning_rate": 1, "slope_at_zero": 1 }),
            "/optimizer",
            unexpected("slope_at_zero"),
        ),
        ("/stepz", json!(1), "", unexpected("stepz")),
        ("/penalty/k", json!({ "linspace": [1, 2, 5], "cuont": 5 }), "/penalty/k", unexpected("cuont")),
        ("/penalty/k", json!({ "uniform": [1, 2], "cuont": 5 }), "/penalty/k", unexpected("cuont")),
        ("/penalty/k", json!({ "linspace": [1, 2, 5], "count": 5 }), "/penalty/k", unexpected("count")),
        ("/penalty/k", json!({ "linspace": [1, 2, 5], "sobol": [1, 2] }), "/penalty/k", unexpected("sobol")),
        ("/penalty/k", json!({ "linspce": [1, 2, 5] }), "/penalty/k", unexpected("linspce")),
        ("/penalty/k", json!({}), "/penalty/k", "{} has less than 1 property".to_owned()),
        // A wrong value.
        (
            "/penalty/k",
            json!(true),
            "/penalty/k",
            "true is not of types \"number\", \"string\", \"array\", \"object\"".to_owned(),
        ),
        ("/penalty/k", json!([1, "2"]), "/penalty/k/1", "\"2\" is not of type \"number\"".to_owned()),
        ("/penalty/lambda", json!(-1), "/penalty/lambda", "-1 is less than the minimum of 0".to_owned()),
        ("/penalty/lambda", json!([1, -1]), "/penalty/lambda/1", "-1 is less than the minimum of 0".to_owned()),
        ("/penalty/k", json!({ "linspace": [1, 2] }), "/penalty/k/linspace", "[1,2] has less than 3 items".to_owned()),
        (
            "/penalty/k",
            json!({ "linspace": [1, 2, 0] }),
            "/penalty/k/linspace/2",
            "0 is less than the minimum of 1".to_owned(),
        ),
        ("/penalty", json!(5), "/penalty", "5 is not of types \"array\", \"object\"".to_owned()),
        ("/penalty", json!([5]), "/penalty/0", "5 is not of type \"object\"".to_owned()),
        (
            "/optimizer/precision",
            json!("bf15"),
            "/optimizer/precision",
            "\"bf15\" is not one of [\"f32\",\"bf16\",\"f16\"]".to_owned(),
        ),
        ("/steps", json!(1.5), "/steps", "1.5 is not of type \"integer\"".to_owned()),
    ];
    for (pointer, value, path, text) in cases {
        let mut spec = example();
        let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
        spec.pointer_mut(parent).expect("an object")[key] = value;
        assert_eq!(faults(&spec), [(path.to_owned(), text)], "{pointer} in {spec}");
    }
}

/// Editors complete keys from `properties`, and values from `enum` and `const`; not all of them look into `if`.
#[test]
fn keys_and_kinds_are_found_without_a_look_into_conditions() {
    let schema = schema();
    for (role, key) in
        [("penalty", "gamma"), ("penalty", "lambda"), ("optimizer", "penalty_step"), ("optimizer.schedule", "over")]
    {
        let said = &schema["$defs"][role]["properties"][key];
        let all =
            said["anyOf"].as_array().map_or(vec![said], |said| said.iter().filter(|one| one.is_object()).collect());
        assert!(!all.is_empty() && all.iter().all(|said| said["description"].is_string()), "{role}.{key}: {said}");
    }
    let kinds = schema["$defs"]["problem"]["properties"]["kind"]["anyOf"].as_array().expect("suggestions");
    for row in FAMILY.problems {
        assert!(kinds.contains(&json!({ "const": row.member.kind, "description": row.member.formula })));
    }
}

#[test]
fn every_member_and_parameter_is_described() {
    let text = schema().to_string();
    let problems = FAMILY.problems.iter().map(|row| &row.member);
    let penalties = FAMILY.all_penalties().into_iter().map(|row| &row.member);
    let optimizers = FAMILY.optimizers.iter().map(|row| &row.member);
    let schedules = FAMILY.schedules.iter().map(|row| &row.member);
    for member in problems.chain(penalties).chain(optimizers).chain(schedules) {
        assert!(text.contains(&json!(member.formula).to_string()), "{}", member.kind);
        for parameter in member.parameters {
            assert!(text.contains(parameter.meaning), "{} {}", member.kind, parameter.name);
        }
    }
}
