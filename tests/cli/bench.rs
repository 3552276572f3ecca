//! Measuring kernels, and comparing measurements.

use super::program::{Place, Table};
use serde_json::Value;

#[test]
fn kernels_are_measured_and_compared() {
    let place = Place::new();
    let line =
        "bench small.toml --backend cpu --set steps=20000 --kernel subgradient --out first.json --pictures drawn";
    let done = place.run(&format!("{line} --json")).success();
    assert_eq!(done.out, place.read("first.json"));
    let record: Value = serde_json::from_str(&done.out).expect("JSON");
    assert_eq!(record["device"]["backend"], "cpu");
    let roof = |name: &str| record["roofs"][format!("{name}_per_second")].as_f64().expect("a rate");
    for name in ["dependent_operations", "independent_operations", "special_operations", "bytes"] {
        assert!(roof(name) > 1e5, "{}", record["roofs"]);
    }
    for picture in ["drawn/speeds.svg", "drawn/roofline.svg"] {
        assert!(done.err.contains(picture) && place.read(picture).starts_with("<svg"), "{}", done.err);
    }
    let kernels = record["kernels"].as_array().expect("an array");
    assert_eq!(kernels.len(), 4);
    for kernel in kernels {
        let rates = ["p25", "p50", "p75"].map(|name| kernel["steps_per_second"][name].as_f64().expect("a rate"));
        assert!(rates[0] > 1e6 && rates.is_sorted() && kernel["runs"].as_u64() >= Some(3), "{kernel}");
        assert!(kernel["operations"]["plain"].as_u64() >= Some(3), "{kernel}");
        assert!(kernel["kernel"].as_str().is_some_and(|name| name.contains("subgradient")));
    }
    place.run(line).failure(2, "error: first.json is there already; give another name, or take it away\n");
    let drawn = place.run("bench small.toml --backend cpu --pictures drawn");
    drawn.failure(2, "error: drawn/speeds.svg is there already; give another name, or take it away\n");
    assert_eq!(place.read("first.json"), done.out);
    let compared = place.run("bench --compare first.json first.json --json").success();
    let compared: Value = serde_json::from_str(&compared.out).expect("JSON");
    let ratios = compared["ratios"].as_array().expect("an array");
    assert!(ratios.len() == 4 && ratios.iter().all(|ratio| ratio["ratio"] == 1.0), "{compared}");
    let mut slower = record.clone();
    for kernel in slower["kernels"].as_array_mut().expect("an array") {
        let rates = kernel["steps_per_second"].as_object_mut().expect("an object");
        rates.values_mut().for_each(|rate| *rate = (rate.as_f64().expect("a rate") / 1e3).into());
    }
    place.write("second.json", &slower.to_string());
    let table = place.run("bench --compare first.json second.json").success().out;
    assert_eq!(table.lines().filter(|line| line.ends_with("slower")).count(), 4, "{table}");
    let split =
        place.run("bench small.toml --backend cpu --set steps=200 --kernel subgradient --effects").success().out;
    assert_eq!(split.lines().filter(|line| line.contains("batch 16384")).count(), 4, "{split}");
    let csv = place.run("bench small.toml --backend cpu --set steps=2000 --kernel proximal --csv").success().out;
    let csv = Table::new(&csv);
    let (median, share) = (csv.column("steps_per_second_p50"), csv.column("share_of_limit"));
    assert!(csv.records.iter().all(|row| row[share].parse::<f64>().is_ok_and(|share| share > 0.0)));
    assert!(
        csv.records.len() == 4 && csv.records.iter().all(|row| row[median].parse::<f64>().is_ok_and(|rate| rate > 1e5))
    );
}

#[test]
fn what_cannot_be_measured_is_said() {
    let place = Place::new();
    let done = place.run("bench l1.toml --backend cpu --kernel adam");
    let message = "error: no kernel's name contains \"adam\"; there are:\n  none, k = 1, subgradient\n";
    done.failure(2, message);
    let done = place.run("bench l1.toml --backend cpu --adapter llvm --out refused.json");
    assert!(done.code == Some(2) && !place.path("refused.json").exists(), "{}", done.err);
    for text in ["[]", "5", "{}", r#"{"kernels": [{}]}"#] {
        place.write("odd.json", text);
        let done = place.run("bench --compare odd.json odd.json");
        let message = "error: odd.json is no result of zerosweep bench: ";
        assert!(done.code == Some(1) && done.err.starts_with(message), "{text}: {}", done.err);
    }
    let done = place.run("bench --compare l1.toml l1.toml");
    assert!(
        done.code == Some(1) && done.err.starts_with("error: l1.toml is no result of zerosweep bench: "),
        "{}",
        done.err
    );
}
