//! What a run leaves behind when all goes well.

use super::program::{FILES, Place, SMALL, Table};
use serde_json::{Map, Value};
use std::collections::HashMap;

const HEADER: &str = "problem,penalty,optimizer,problem.target,penalty.k,penalty.lambda,trajectories,draws,\
    diverged,zero,decayed,near_zero,settled,oscillating,moving,crossed,within_0.001,within_1e-6,\
    zero_rate,zero_rate_low,zero_rate_high,first_zero_p10,first_zero_p50,first_zero_p90,\
    first_crossing_p10,first_crossing_p50,first_crossing_p90,arrival_p10,arrival_p50,arrival_p90,predicted_fate,\
    predicted_zero,predicted_other,predicted_silent,audited,audit_differs,audit_differs_zero";

const FATES: [&str; 7] = ["diverged", "zero", "decayed", "near_zero", "settled", "oscillating", "moving"];

/// Maps of `small.toml`.
const MAPS: [&str; 4] = [
    "fate-penalty.lambda-problem.target-by-penalty.k-optimizer.png",
    "fate-penalty.lambda-problem.target-by-penalty.k-optimizer.svg",
    "zero_rate-penalty.lambda-problem.target-by-penalty.k-optimizer.png",
    "zero_rate-penalty.lambda-problem.target-by-penalty.k-optimizer.svg",
];

/// Files of a run of `small.toml`, sorted.
fn all_files() -> Vec<&'static str> {
    let mut all = [&FILES[..], &MAPS].concat();
    all.sort();
    all
}

#[test]
fn a_run_leaves_whole_files_under_their_final_names() {
    let place = Place::new();
    place.run("run small.toml --backend cpu").success();
    let files = place.snapshot("results/small");
    assert!(files.keys().eq(&all_files()), "{:?}", files.keys());
    assert_eq!(files["spec.toml"], SMALL.as_bytes());
    for (name, contents) in &files {
        let start: &[u8] = match name.rsplit('.').next() {
            Some("png") => b"\x89PNG\r\n\x1a\n",
            Some("svg") => b"<svg ",
            _ => continue,
        };
        assert!(contents.starts_with(start), "{name}");
    }
}

#[test]
fn the_cells_count_every_trajectory_once() {
    let place = Place::new();
    place.run("run small.toml --backend cpu").success();
    let text = place.read("results/small/cells.csv");
    assert_eq!(text.lines().next(), Some(HEADER));
    let table = Table::new(&text);
    assert_eq!(table.records.len(), 32);
    for record in &table.records {
        let count = |name| record[table.column(name)].parse::<u32>().expect("a count");
        assert_eq!(count("trajectories"), 4);
        assert_eq!(FATES.map(count).iter().sum::<u32>(), 4, "{record:?}");
    }
}

#[test]
fn the_rows_agree_with_the_cells() {
    let place = Place::new();
    place.run("run small.toml --backend cpu --rows").success();
    let rows = Table::new(&place.read("results/small/trajectories.csv"));
    let cells = Table::new(&place.read("results/small/cells.csv"));
    assert!((0..128).eq(rows.records.iter().map(|row| row[0].parse::<u64>().expect("an index"))));
    let mut counts: HashMap<(&[String], &str), u32> = HashMap::new();
    for row in &rows.records {
        *counts.entry((&row[1..7], &row[rows.column("fate")])).or_default() += 1;
        if !row[rows.column("first_crossing")].is_empty() {
            *counts.entry((&row[1..7], "crossed")).or_default() += 1;
        }
    }
    for cell in &cells.records {
        for name in FATES.into_iter().chain(["crossed"]) {
            let counted = counts.remove(&(&cell[..6], name)).unwrap_or(0);
            assert_eq!(cell[cells.column(name)], counted.to_string(), "{name} of {cell:?}");
        }
    }
    assert!(counts.is_empty(), "{counts:?}");
    let anew = place.run("run small.toml --backend cpu").success();
    let note = "this run makes them anew, without trajectories.csv: add --rows to have that, too\n";
    assert!(anew.err.contains(note), "{}", anew.err);
}

#[test]
fn json_is_one_object_of_all_that_the_records_hold() {
    let place = Place::new();
    let done = place.run("run small.toml --backend cpu --threads 2 --json").success();
    let told: Map<String, Value> = serde_json::from_str(&done.out).expect("one JSON object");
    let read = |name: &str| -> Map<String, Value> {
        serde_json::from_str(&place.read(&format!("results/small/{name}"))).expect("a JSON object")
    };
    let (record, machine) = (read("run.json"), read("machine.json"));
    assert_eq!(told, record.clone().into_iter().chain(machine.clone()).collect());
    assert_eq!(told.len(), record.len() + machine.len());
    let listed = record["files"].as_array().expect("a list of files").iter().filter_map(Value::as_str);
    let mut listed: Vec<&str> = listed.collect();
    listed.sort();
    assert_eq!(listed, all_files());
    assert_eq!(record["spec"]["name"], "small");
    let names: Vec<&String> = machine.keys().collect();
    assert_eq!(names, ["device", "started_at_unix_seconds", "seconds", "steps_per_second"]);
    assert_eq!(machine["device"]["backend"], "cpu");
    assert_eq!(machine["device"]["threads"], 2);
    let [seconds, rate] = ["seconds", "steps_per_second"].map(|name| machine[name].as_f64().expect("a number"));
    // 128 trajectories of 50 steps. Each number may be read an ulp off; a quotient and a product are rounded.
    assert!((rate * seconds / 6400.0 - 1.0).abs() < 4.0 * f64::EPSILON);
    assert_eq!(record["cells"], 32);
    assert_eq!(record["trajectories"], 128);
    let groups = record["groups"].as_array().expect("a list of groups");
    let count = |group: &Value, fate| group["fates"][fate].as_u64().expect("a count");
    let of_fates: u64 = groups.iter().map(|group| FATES.map(|fate| count(group, fate)).iter().sum::<u64>()).sum();
    assert_eq!(of_fates, 128);
}

#[test]
fn how_a_sweep_is_run_shows_in_no_file_but_that_of_the_machine() {
    let place = Place::new();
    let files = |options: &str| {
        // Into the same folder each time: the same spec may replace its own results.
        place.run(&format!("run small.toml --backend cpu --rows {options}")).success();
        let mut files = place.snapshot("results/small");
        files.remove("machine.json").expect("a record of the machine");
        files
    };
    let expected = files("");
    let ways = ["--threads 1", "--threads 2", "--batch 1", "--batch 7", "--batch 1000", "--slice 1", "--slice 33"];
    for options in ways.into_iter().chain(["--threads 2 --batch 3 --slice 7"]) {
        let found = files(options);
        let names = expected.keys().chain(found.keys());
        let differing: Vec<&String> = names.filter(|name| expected.get(*name) != found.get(*name)).collect();
        assert!(differing.is_empty(), "{options}: {differing:?}");
    }
}

#[test]
fn the_spec_as_run_gives_the_same_sweep_again() {
    let place = Place::new();
    place.run("run small.toml --backend cpu --set steps=70").success();
    assert_eq!(place.read("results/small/spec.toml"), SMALL.replace("steps = 50", "steps = 70"));
    let hash = || serde_json::from_str::<Value>(&place.read("results/small/run.json")).expect("JSON")["spec"].take();
    let (cells, first) = (place.read("results/small/cells.csv"), hash());
    place.run("run results/small/spec.toml --backend cpu").success();
    assert_eq!((place.read("results/small/cells.csv"), hash()), (cells, first));
}

#[test]
fn a_spec_may_be_json_or_come_from_standard_input() {
    let place = Place::new();
    place.run("run l1.toml --backend cpu").success();
    let cells = place.read("results/l1/cells.csv");
    let json = r#"{
        "name": "l1", "steps": 20, "start": { "w": 5 },
        "penalty": { "kind": "lk", "k": 1, "lambda": 1 },
        "optimizer": { "kind": "subgradient", "learning_rate": 0.5 }
    }"#;
    place.write("l1.json", json);
    // Each is the same sweep, so that it may replace the results of the first.
    place.run("run l1.json --backend cpu").success();
    assert_eq!(place.read("results/l1/cells.csv"), cells);
    for name in ["l1.toml", "l1.json"] {
        let mut command = place.zerosweep("run - --backend cpu");
        command.stdin(std::fs::File::open(place.path(name)).expect("the spec"));
        super::program::Done::of(&mut command).success();
        assert_eq!(place.read("results/l1/cells.csv"), cells, "{name}");
    }
}
