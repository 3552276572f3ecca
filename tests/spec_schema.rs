//! The schema agrees with the reader: it accepts good specs and refuses what is wrong with a single value.

use serde_json::{Value, json};
use zerosweep::member::FAMILY;
use zerosweep::spec::{Format, Spec, schema};

/// What `instance` breaks of `schema`; nothing where it is valid. A keyword that this does not know is a panic, so
/// that no part of the schema goes unread.
fn violation(root: &Value, schema: &Value, instance: &Value) -> Option<String> {
    let keywords = schema.as_object().expect("a schema is an object");
    keywords.iter().find_map(|(keyword, rule)| {
        let is_valid = |rule: &Value, instance: &Value| violation(root, rule, instance).is_none();
        let holds = match keyword.as_str() {
            "$schema" | "$defs" | "title" | "description" | "default" => true,
            "$ref" => {
                let pointer = rule.as_str()?.trim_start_matches('#');
                is_valid(root.pointer(pointer).expect("a definition"), instance)
            }
            "oneOf" => rule.as_array()?.iter().filter(|rule| is_valid(rule, instance)).count() == 1,
            "const" => rule == instance,
            "enum" => rule.as_array()?.contains(instance),
            "type" => match rule.as_str()? {
                "integer" => instance.as_f64().is_some_and(|number| number.fract() == 0.0),
                "number" => instance.is_number(),
                "string" => instance.is_string(),
                "array" => instance.is_array(),
                "object" => instance.is_object(),
                other => panic!("unknown type {other}"),
            },
            "minimum" => instance.as_f64().is_none_or(|number| number >= rule.as_f64().unwrap()),
            "maximum" => instance.as_f64().is_none_or(|number| number <= rule.as_f64().unwrap()),
            "exclusiveMinimum" => instance.as_f64().is_none_or(|number| number > rule.as_f64().unwrap()),
            "maxLength" => instance.as_str().is_none_or(|text| text.len() as u64 <= rule.as_u64().unwrap()),
            "pattern" => instance.as_str().is_none_or(|text| matches(rule.as_str().unwrap(), text)),
            "minItems" => instance.as_array().is_none_or(|items| items.len() as u64 >= rule.as_u64().unwrap()),
            "maxItems" => instance.as_array().is_none_or(|items| items.len() as u64 <= rule.as_u64().unwrap()),
            "uniqueItems" => instance
                .as_array()
                .is_none_or(|items| items.iter().enumerate().all(|(i, item)| !items[..i].contains(item))),
            "items" => instance.as_array().is_none_or(|items| items.iter().all(|item| is_valid(rule, item))),
            "prefixItems" => instance.as_array().is_none_or(|items| {
                let rules = rule.as_array().unwrap();
                rules.iter().zip(items).all(|(rule, item)| is_valid(rule, item))
            }),
            "required" => instance.as_object().is_none_or(|object| {
                rule.as_array().unwrap().iter().all(|key| object.contains_key(key.as_str().unwrap()))
            }),
            "properties" => instance.as_object().is_none_or(|object| {
                let rules = rule.as_object().unwrap();
                object.iter().all(|(key, value)| rules.get(key).is_none_or(|rule| is_valid(rule, value)))
            }),
            "additionalProperties" => instance.as_object().is_none_or(|object| {
                assert_eq!(rule, &json!(false));
                object.keys().all(|key| keywords["properties"].get(key).is_some())
            }),
            other => panic!("unknown keyword {other}"),
        };
        (!holds).then(|| format!("{keyword} {rule} does not hold for {instance}"))
    })
}

/// The two patterns that the schema uses, by hand.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern {
        "^[A-Za-z0-9_][A-Za-z0-9._-]*$" => {
            !text.is_empty()
                && !text.starts_with(['.', '-'])
                && text.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
        }
        "^[a-z_]+\\.[a-z0-9_]+$" => {
            text.split_once('.').is_some_and(|(role, name)| !role.is_empty() && !name.is_empty())
        }
        other => panic!("unknown pattern {other}"),
    }
}

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

/// Checks that the schema and the reader are of one mind about `spec`.
fn assert_verdicts(spec: &Value, is_good: bool) {
    let schema = schema();
    assert_eq!(violation(&schema, &schema, spec).is_none(), is_good, "the schema on {spec}");
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
    ];
    for (pointer, value) in changes {
        let mut spec = example();
        spec["report"] = json!({});
        *spec.pointer_mut(pointer).expect("a value to change") = value;
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
        ("/penalty/k", json!({ "uniform": [1, 2] })),
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
