//! Sweeps of which some cells alone are run.

use super::program::Place;
use super::resume::{disturbed, results};

/// 80,000 cells, of which at most 8,000 are run.
const SWEEP: &str = r#"name = "sharp"
steps = 60
problem = { kind = "quadratic", target = { linspace = [-2.0, 2.0, 200] } }
penalty = { kind = "lk", k = 1.0, lambda = { geomspace = [0.01, 10.0, 400] } }
optimizer = { kind = "proximal", learning_rate = 0.5 }
start = { w = { uniform = [-2.0, 2.0], count = 4, seed = 1 } }
report = { refine = { measure = "zero_rate", cells = 8000, along = ["penalty.lambda", "problem.target"] } }
"#;

fn place() -> Place {
    let place = Place::new();
    place.write("refined.toml", SWEEP);
    place
}

#[test]
fn a_run_says_how_much_it_ran_and_what_may_be_missed() {
    let place = place();
    let done = place.run("run refined.toml --backend cpu --out a --threads 2").success();
    let lines: Vec<&str> = done.err.lines().filter_map(|line| line.strip_prefix("refined: ")).collect();
    let [of, run, check, missed] = lines[..] else { panic!("{}", done.err) };
    let record: serde_json::Value = serde_json::from_str(&place.read("a/run.json")).unwrap();
    let count = record["refined"]["cells_run"].as_u64().unwrap();
    assert!(run.contains(" of 80,000 cells were run (") && count < 8000, "{run}");
    assert_eq!(of, "for zero_rate alone, along penalty.lambda and problem.target");
    assert!(check.starts_with("of 400 others that were then run as a check, 0 differed"), "{check}");
    assert!(
        missed.starts_with("an island or a gap that is narrower than ") && missed.contains("may be missed"),
        "{missed}"
    );
    let report = place.read("a/report.html");
    assert!(report.contains("of 80,000 cells were run") && report.contains("not shares of the grid"), "{report}");
    assert!(
        done.err.contains("320,000 trajectories of 60 steps, of which at most 8,000 cells are run, on cpu"),
        "{}",
        done.err
    );
    assert!(done.out.starts_with("Of the cells that were run, "), "{}", done.out);
    let table = place.read("a/cells.csv");
    assert_eq!(table.lines().count() as u64, count + 1);
    assert!(table.lines().next().unwrap().ends_with(
        ",cell,stands_for,penalty.lambda_from,penalty.lambda_to,problem.target_from,problem.target_to,uncut"
    ));
    assert_eq!(record["cells"], count);
    assert_eq!(record["refined"]["cells_of_the_grid"], 80_000);
    assert_eq!(record["trajectories"], 4 * count);
    let status = place.run("status a").success();
    assert!(status.out.contains("of the 80,000 of the grid\n"), "{}", status.out);
    // Other threads, batches and slices give the same bytes.
    place.run("run refined.toml --backend cpu --out b --threads 1 --batch 64 --slice 7").success();
    assert!(results(&place, "a") == results(&place, "b"));
}

#[test]
fn what_is_drawn_of_it_is_of_all_cells() {
    let place = place();
    place.run("run refined.toml --backend cpu --out a").success();
    for (options, file) in [
        ("", "zero_rate-penalty.lambda-problem.target.svg"),
        ("", "stands_for-penalty.lambda-problem.target.svg"),
        ("--measure arrival_p50", "arrival_p50-penalty.lambda-problem.target.svg"),
        (
            "--x problem.target --line --where penalty.lambda=0.01",
            "zero_rate-line-problem.target-where-penalty.lambda-0.01.svg",
        ),
    ] {
        let done = place.run(&format!("draw a --format svg {options}")).success();
        assert!(done.out.lines().any(|line| line.ends_with(file)), "{options}: {}", done.out);
    }
    let whole = place.run("run refined.toml --backend cpu --out w --set report={}").success();
    assert!(whole.err.contains("done"), "{}", whole.err);
    place.run("draw w --x penalty.lambda --y problem.target --measure zero_rate --format svg").success();
    // What is shown is the same, but for the words above it.
    let cells = |folder: &str| {
        let svg = place.read(&format!("{folder}/drawn/zero_rate-penalty.lambda-problem.target.svg"));
        svg.lines().filter(|line| line.starts_with("<path fill=\"#")).map(str::to_owned).collect::<Vec<_>>()
    };
    let (refined, all) = (cells("a"), cells("w"));
    assert!(!all.is_empty() && refined == all);
}

/// Each of the rounds is gone on with, wherever a run was killed.
#[cfg(all(debug_assertions, unix))]
#[test]
fn a_refined_run_that_is_killed_goes_on() {
    let options = "--set problem.target={linspace=[-1.0,1.0,40]} --set penalty.lambda={linspace=[0.1,1.0,50]} \
                   --set penalty.k=1.0 --set optimizer.kind=\"proximal\" \
                   --set report.refine={measure=\"zero_rate\",cells=150,along=[\"penalty.lambda\",\"problem.target\"]}";
    disturbed("kill", options, 29, |first| assert_eq!(first.code, None));
}

#[test]
fn what_needs_every_cell_is_refused() {
    let place = place();
    for option in ["--rows", "--shard 1/2"] {
        let done = place.run(&format!("run refined.toml --backend cpu --out a {option}"));
        let option = option.split(' ').next().unwrap();
        let expected = format!(
            "error: {option} goes with sweeps all of whose cells are run, and this spec has report.refine; leave out one of the two\n"
        );
        assert_eq!((done.code, &*done.err), (Some(2), &*expected));
        assert!(!place.path("a").exists());
    }
}

#[test]
fn too_few_cells_for_all_panels_are_refused() {
    let place = place();
    // Each of 60 panels has an even number of values along both paths, so that four cells are its middle.
    let more = "--set report.refine.cells=100 --set optimizer.learning_rate={linspace=[0.1,0.9,60]}";
    for command in ["run refined.toml --backend cpu --out a", "plan refined.toml"] {
        place.run(&format!("{command} {more}")).failure(
            2,
            "error: report.refine.cells is 100, and along penalty.lambda and problem.target this sweep takes 240 cells at the least: all else \
             has too many values; give ten times as many, or pool what else varies\n",
        );
    }
    assert!(!place.path("a").exists());
}

#[test]
fn a_plan_says_how_much_would_be_run() {
    let place = place();
    let done = place.run("plan refined.toml").success();
    let line = "refined       at most 8,000 cells are run, close together along penalty.lambda and problem.target where zero_rate changes\n";
    assert!(done.out.contains(line), "{}", done.out);
    let json: serde_json::Value = serde_json::from_str(&place.run("plan refined.toml --json").success().out).unwrap();
    assert_eq!((json["cells"].as_u64(), json["cells_run"].as_u64()), (Some(80_000), Some(8_000)));
}
