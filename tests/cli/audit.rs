//! What a run says of its audit, and where it leaves it.

use super::program::{Place, Table};
use serde_json::{Value, json};

/// L1 by steps of 0.3 from 100 places, a cell each of two halves: zero is luck of rounding.
const LUCK: &str = r#"name = "luck"
steps = 200
penalty = { kind = "lk", k = 1, lambda = 1 }
optimizer = { kind = "subgradient", learning_rate = [0.25, 0.3] }
start.w = { linspace = [0.1, 10.0, 100] }
report = { pool = ["start.w"] }
"#;

fn audit_of(place: &Place, name: &str) -> Value {
    let record: Value = serde_json::from_str(&place.read(&format!("results/{name}/run.json"))).expect("JSON");
    record["audit"].clone()
}

#[test]
fn differences_are_told_counted_and_shown() {
    let place = Place::new();
    place.write("luck.toml", LUCK);
    let done = place.run("run luck.toml --backend cpu --audit 1000").success();
    let audit = audit_of(&place, "luck");
    let cells = Table::new(&place.read("results/luck/cells.csv"));
    let counts = |column| cells.records.iter().map(|record| record[cells.column(column)].as_str()).collect::<Vec<_>>();
    assert_eq!(counts("audited"), ["100", "100"]);
    // Steps of 1/4 are exact wherever w_0 is a small number of f32's places.
    let differs: Vec<u64> = counts("audit_differs").iter().map(|count| count.parse().expect("a count")).collect();
    let total = differs.iter().sum::<u64>();
    assert!(differs[1] > 0);

    let first = &audit["differences"][0];
    let (index, here, there) = (&first["trajectory"], &first["fate"], &first["fate_in_f64"]);
    let spec = std::path::Path::new("results").join("luck").join("spec.toml");
    let lines: Vec<&str> = done.err.lines().filter(|line| line.starts_with("audit: ")).collect();
    let [rate, low, high] = ["rate", "low", "high"].map(|name| audit["random"][name].as_f64().expect("a number"));
    let percent = |share: f64| format!("{:.1}", 100.0 * share);
    let told = format!(
        "audit: in f64 {total} of 200 random trajectories (95 %: {} to {} %) and {total} of 200 near a boundary \
         end otherwise; {total} and {total} of them about zero\n\
         audit: trajectory {index} is {}, and {} in f64; see zerosweep replay {} --f64 --trajectory {index}",
        percent(low),
        percent(high),
        here.as_str().expect("a fate"),
        there.as_str().expect("a fate"),
        spec.display()
    );
    assert_eq!(lines.join("\n"), told);
    let replay = place.run(&format!("replay {} --trajectory {index}", spec.display())).success();
    assert!(
        replay.err.contains(&format!("\nfate {} after 200 steps; ", here.as_str().expect("a fate"))),
        "{}",
        replay.err
    );

    for sample in [&audit["random"], &audit["boundary"]] {
        assert_eq!((&sample["replayed"], &sample["differs"]), (&json!(200), &json!(total)));
    }
    assert_eq!(rate, total as f64 / 200.0);
    assert!(low < rate && rate < high);
    let told = audit["differences"].as_array().expect("a list");
    assert_eq!(told.len() as u64, total.min(20));
    assert!(told.iter().all(|difference| difference["reason"] == "both"));
    let keys: Vec<&String> = told[0].as_object().expect("an object").keys().collect();
    assert_eq!(keys, ["trajectory", "cell", "fate", "fate_in_f64", "reason"]);
    let map = place.names("results/luck").into_iter().find(|name| name.starts_with("fate-") && name.ends_with(".svg"));
    let map = place.read(&format!("results/luck/{}", map.expect("a map")));
    assert!(map.contains("fate differs in f64 (audit)") && map.contains("class=\"hatch\""));
}

#[test]
fn an_audit_may_be_left_out() {
    let place = Place::new();
    let done = place.run("run small.toml --backend cpu --audit 0").success();
    assert!(!done.err.contains("audit"), "{}", done.err);
    assert_eq!(audit_of(&place, "small"), Value::Null);
    let cells = Table::new(&place.read("results/small/cells.csv"));
    for record in &cells.records {
        assert_eq!([&record[cells.column("audited")], &record[cells.column("audit_differs")]], ["0", "0"]);
    }
}

#[test]
fn one_trajectory_is_both_samples() {
    let place = Place::new();
    let done = place.run("run l1.toml --backend cpu --audit 5").success();
    let told =
        "\naudit: in f64 0 of 1 random trajectory (95 %: 0.0 to 79.3 %) and 0 of 1 near a boundary end otherwise\n";
    assert!(done.err.contains(told), "{}", done.err);
    let random =
        json!({ "replayed": 1, "differs": 0, "about_zero": 0, "rate": 0.0, "low": 0.0, "high": 0.7934506856227626 });
    let boundary = json!({ "replayed": 1, "differs": 0, "about_zero": 0 });
    assert_eq!(audit_of(&place, "l1"), json!({ "random": random, "boundary": boundary, "differences": [] }));
}

#[test]
fn trajectories_too_long_for_the_default_are_told() {
    let place = Place::new();
    let done = place.run("run l1.toml --backend cpu --set steps=100000").success();
    let line = done.err.lines().find(|line| line.starts_with("audit: ")).expect("a line on the audit");
    let said = "audit: none by default, a trajectory has 100,000 steps; --audit 8 takes about ";
    assert!(line.starts_with(said), "{line}");
    assert_eq!(audit_of(&place, "l1"), Value::Null);
}

/// Which trajectories are audited depends on the sweep alone.
#[test]
fn how_a_sweep_is_run_shows_in_no_audit() {
    let place = Place::new();
    place.write("luck.toml", LUCK);
    let run = |options: &str| {
        place.run(&format!("run luck.toml --backend cpu --audit 40 {options}")).success();
        (place.read("results/luck/cells.csv"), audit_of(&place, "luck"))
    };
    let expected = run("");
    for options in ["--threads 1", "--threads 3 --batch 7", "--slice 13"] {
        assert_eq!(run(options), expected, "{options}");
    }
}
