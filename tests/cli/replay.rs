//! One trajectory, iterate by iterate.

use super::program::{Place, Table};

#[test]
fn l1_from_5_by_steps_of_one_half_lands_at_step_10() {
    let done = Place::new().run("replay l1.toml --trajectory 0 --set steps=12").success();
    let expected = "\
step,w,events
0,5,
1,4.5,
2,4,
3,3.5,
4,3,
5,2.5,
6,2,
7,1.5,
8,1,
9,0.5,
10,0,crossing zero within
11,0,zero within
12,0,zero within tail
";
    assert_eq!(done.out, expected);
    let messages = "\
trajectory 0: none, k = 1, subgradient, penalty.k = 1, penalty.lambda = 1, optimizer.learning_rate = 0.5, start.w = 5
fate zero after 12 steps; first crossing at step 10, first zero at step 10, first within the largest tolerance at \
step 10; tail from 0 to 0
";
    assert_eq!(done.err, messages);
}

#[test]
fn a_replay_tells_what_the_row_of_the_sweep_tells() {
    let place = Place::new();
    // A rate at which L3.3 diverges from the far starts.
    let sets = "--set optimizer.learning_rate=0.7";
    place.run(&format!("run small.toml --backend cpu --rows {sets}")).success();
    let rows = Table::new(&place.read("results/small/trajectories.csv"));
    let mut fates = std::collections::BTreeSet::new();
    for (index, row) in rows.records.iter().enumerate() {
        let field = |name| row[rows.column(name)].as_str();
        let done = place.run(&format!("replay small.toml --trajectory {index} {sets}")).success();
        let fate = done.err.lines().last().expect("a fate");
        let step = |name| match field(name) {
            "" => "never".to_owned(),
            step => format!("at step {step}"),
        };
        let told = format!(
            "fate {} after {} steps; first crossing {}, first zero {}, first within the largest tolerance {}",
            field("fate"),
            field("last_step"),
            step("first_crossing"),
            step("first_zero"),
            step("first_within")
        );
        let tail = format!("; tail from {} to {}", field("tail_low"), field("tail_high"));
        let tail = if field("fate") == "diverged" { "" } else { &tail };
        assert_eq!(fate, told + tail, "trajectory {index}");
        let iterates = Table::new(&done.out);
        let last = iterates.records.last().expect("an iterate");
        assert_eq!(last[0], field("last_step"), "trajectory {index}");
        if field("fate") != "diverged" {
            assert_eq!(last[1], field("last_w"), "trajectory {index}");
        }
        fates.insert(field("fate").to_owned());
    }
    assert!(fates.len() >= 4, "the sweep should end in several fates, not in {fates:?} alone");
}

/// 0.1 is not 1/10 in f32: 0.3 less three such steps is zero by rounding in the one, and not in the other.
#[test]
fn iterates_in_f64_stand_beside() {
    let place = Place::new();
    let line = "replay l1.toml --trajectory 0 --f64 --set steps=4 --set start.w=0.3 --set optimizer.learning_rate=0.1";
    let done = place.run(line).success();
    let rows: Vec<Vec<&str>> = done.out.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(rows[0], ["step", "w", "w_f64", "events"]);
    let step = f64::from(0.1f32);
    let mut w = f64::from(0.3f32);
    for row in &rows[1..] {
        assert_eq!(row[2].parse::<f64>().expect("a number"), w);
        assert!((row[1].parse::<f64>().expect("a number") - w).abs() < 1e-7);
        w -= step * f64::from(u8::from(w > 0.0)) - step * f64::from(u8::from(w < 0.0));
    }
    assert_eq!(rows.len(), 6);
    assert!(done.err.ends_with("\nin f64: fate settled\n"), "{}", done.err);
}

#[test]
fn a_trajectory_is_named_by_its_values() {
    let place = Place::new();
    place.run("run small.toml --backend cpu --rows").success();
    let rows = Table::new(&place.read("results/small/trajectories.csv"));
    let paths = ["penalty", "optimizer", "problem.target", "penalty.k", "penalty.lambda", "start.w"];
    for row in rows.records.iter().step_by(7) {
        let at: Vec<String> = paths.iter().map(|path| format!("--at {path}={}", row[rows.column(path)])).collect();
        let by_values = place.run(&format!("replay small.toml {}", at.join(" "))).success();
        let by_index = place.run(&format!("replay small.toml --trajectory {}", row[0])).success();
        assert_eq!(by_values, by_index);
    }
}

#[test]
fn of_several_trajectories_the_first_is_replayed_and_said_to_be() {
    let place = Place::new();
    let done = place.run("replay small.toml --at penalty.k=3.3 --at optimizer=proximal").success();
    let first = done.err.lines().next().expect("a line");
    let note = done.err.lines().nth(1).expect("a line");
    assert!(first.contains("proximal, penalty.k = 3.3,") && first.contains("penalty.lambda = 0.1,"), "{first}");
    assert_eq!(note, "note: several trajectories fit; this is the first of 16");
    let index = first.strip_prefix("trajectory ").and_then(|rest| rest.split(':').next()).expect("an index");
    let by_index = place.run(&format!("replay small.toml --trajectory {index}")).success();
    assert_eq!((by_index.out, by_index.err), (done.out, done.err.replace(&format!("{note}\n"), "")));
}

#[test]
fn a_trajectory_among_trillions_is_found_at_once() {
    let place = Place::new();
    // The last of both axes; the last but one is 0.9326.
    let last = "--at penalty.lambda=10 --at optimizer.learning_rate=1";
    let done = place.run(&format!("replay huge.toml --set steps=2 {last}")).success();
    assert!(done.err.starts_with("trajectory 999900000000: "), "{}", done.err);
    assert!(done.err.contains("\nnote: several trajectories fit; this is the first of 100000000\n"), "{}", done.err);
    // Typed to three digits.
    let near = "--at penalty.lambda=10 --at optimizer.learning_rate=0.9326";
    let done = place.run(&format!("replay huge.toml --set steps=2 {near}")).success();
    assert!(done.err.starts_with("trajectory 999800000000: "), "{}", done.err);
}

#[test]
fn a_course_is_drawn_into_a_new_file() {
    let place = Place::new();
    let done = place.run("replay l1.toml --trajectory 0 --plot course.svg").success();
    assert_eq!(done.out, "course.svg\n");
    assert!(done.err.contains("\nfate zero after 20 steps"), "{}", done.err);
    let svg = place.read("course.svg");
    for words in [
        "l1: trajectory 0 is zero from step 10 on",
        "penalty.lambda = 1",
        "first crossing: step 10",
        "first zero: step 10",
    ] {
        assert!(svg.contains(words), "{words}");
    }
    assert!(!svg.contains(">target"), "a sweep without a loss has no target");
    place
        .run("replay l1.toml --trajectory 0 --plot course.svg")
        .failure(2, "error: --plot course.svg is there already; give another name\n");
    place.run("replay small.toml --at problem.target=1 --at penalty.k=2 --plot course.PNG").success();
    assert!(std::fs::read(place.path("course.PNG")).expect("a picture").starts_with(b"\x89PNG"));
}
