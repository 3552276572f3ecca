//! Pictures of finished results, drawn at will.

use super::program::Place;

/// The files that a command names, in order, by the name of each.
fn named(out: &str) -> Vec<&str> {
    out.lines().map(|line| line.rsplit(['/', '\\']).next().unwrap_or_default()).collect()
}

#[test]
fn without_a_wish_what_the_run_drew_is_drawn_again() {
    let place = Place::new();
    place.run("run small.toml --backend cpu --out b").success();
    let before = place.snapshot("b");
    let done = place.run("draw b").success();
    assert_eq!(done.err, "");
    let stems =
        ["zero_rate", "fate"].map(|measure| format!("{measure}-penalty.lambda-problem.target-by-penalty.k-optimizer"));
    let names: Vec<String> =
        stems.iter().flat_map(|stem| ["svg", "png"].map(|ending| format!("{stem}.{ending}"))).collect();
    assert_eq!(named(&done.out), names);
    let drawn = place.snapshot("b/drawn");
    for name in &names {
        assert!(drawn[name] == before[name], "{name}");
    }
    std::fs::remove_dir_all(place.path("b/drawn")).expect("a folder");
    assert_eq!(place.snapshot("b"), before);
}

#[test]
fn a_wish_is_drawn_into_the_folder_and_the_formats_that_were_asked_for() {
    let place = Place::new();
    place.run("run small.toml --backend cpu --out b").success();
    let mut command =
        place.zerosweep("draw b --x penalty.lambda --y optimizer --measure arrival_p50,diverged --out c --format png");
    let done = super::program::Done::of(command.args(["--where", "penalty.k = 0.5, 1", "--where", "problem.target=0"]));
    let stem = "penalty.lambda-optimizer-where-penalty.k-0.5-1-where-problem.target-0";
    let expected = ["arrival_p50", "diverged"].map(|measure| format!("{measure}-{stem}.png"));
    assert_eq!(named(&done.success().out), expected);
    assert_eq!(place.names("c"), expected);
    let mut command = place.zerosweep("draw b --x penalty.lambda --y penalty.k --line --format svg");
    let line = super::program::Done::of(command.args(["--difference", "optimizer = proximal, subgradient"])).success();
    assert_eq!(named(&line.out), ["zero_rate-line-penalty.lambda-penalty.k-optimizer-proximal-minus-subgradient.svg"]);
    // Axes are chosen where there are none.
    let widths = place.run("draw b --interval --format svg").success();
    assert!(named(&widths.out)[0].starts_with("zero_rate_interval-penalty."), "{}", widths.out);
}

#[test]
fn a_wish_that_cannot_be_drawn_says_what_can() {
    let place = Place::new();
    place.run("run small.toml --backend cpu --out b").success();
    let before = place.snapshot("");
    let options = "the options of draw, as a map of a spec";
    for (arguments, error) in [
        (
            &["--measure", "zero_rat"][..],
            format!(
                "error: the map shows \"zero_rat\", which is no measure\n  --> {options}:1:12\n   |\n 1 | measure = [\"zero_rat\"]\n   |            ^^^^^^^^^^\n   = \
                 help: did you mean `zero_rate`?\n"
            ),
        ),
        (
            &["--measure", "fate", "--line"],
            format!(
                "error: the map shows `fate`, which is no number to draw a line or a difference of\n  --> {options}:1:12\n   |\n 1 | \
                 measure = [\"fate\"]\n   |            ^^^^^^\n   = help: name another measure, for example zero_rate\n"
            ),
        ),
        (
            &["--where", "penalty.k = 0.7"],
            format!(
                "error: `penalty.k` has no value 0.7\n  --> {options}:2:15\n   |\n 2 | \"penalty.k\" = 0.7\n   |               ^^^\n   \
                 = help: the nearest that it has: 0.5, 1\n"
            ),
        ),
        (
            &["--where", "optimizer=proximl"],
            format!(
                "error: `optimizer` has no value \"proximl\"\n  --> {options}:2:16\n   |\n 2 | \"optimizer\" = [\"proximl\"]\n   |                \
                 ^^^^^^^^^\n   = help: did you mean `proximal`?\n"
            ),
        ),
        (
            &["--difference", "optimizer = proximal, proximal"],
            format!(
                "error: the two values of a difference are the same\n  --> {options}:2:15\n   |\n 2 | \"optimizer\" = [\"proximal\", \
                 \"proximal\"]\n   |               ^^^^^^^^^^^^^^^^^^^^^^^^\n"
            ),
        ),
        (
            &["--x", "optimizer"],
            format!(
                "error: the map uses `optimizer` as its x, but a role can only be its y or one of the facets\n  --> {options}:1:5\n   |\n \
                 1 | x = \"optimizer\"\n   |     ^^^^^^^^^^^\n   = help: the swept paths outside the pool are: `problem.target`, `penalty.k`, \
                 `penalty.lambda`\n"
            ),
        ),
        (
            &["--where", "penalty.k"],
            "error: --where must be 'PATH = VALUES', found 'penalty.k'; for example --where 'penalty.k = 0.5, 1'\n"
                .to_owned(),
        ),
        (
            &["--interval", "--measure", "first_zero_p50"],
            format!(
                "error: the map shows the interval of `first_zero_p50`, which is no share that has one\n  --> {options}:1:12\n   |\n 1 | \
                 measure = [\"first_zero_p50\"]\n   |            ^^^^^^^^^^^^^^^^\n   = help: name a share, for example zero_rate or diverged\n"
            ),
        ),
    ] {
        let mut command = place.zerosweep("draw b");
        super::program::Done::of(command.args(arguments)).failure(2, &error);
    }
    place.assert_unchanged(&before);
    let few = place.run("draw b --memory 1MB");
    assert!(few.err.contains("give more with --memory, or leave cells out with --where"), "{}", few.err);
    place.assert_unchanged(&before);
}

/// Edited, cut or foreign tables are named, and nothing is drawn.
#[test]
fn a_table_that_is_not_of_the_sweep_is_named() {
    let place = Place::new();
    place.run("run small.toml --backend cpu --out b").success();
    let whole = place.read("b/cells.csv");
    for (text, error) in [
        (whole.replacen("proximal", "proximat", 1), "says `proximat` in the column `optimizer`"),
        (whole.replacen("arrival_p50", "arrival_p51", 1), ""),
        (whole.replacen(",draws,", ",drawn,", 1), "has no column `draws`"),
        (format!("{whole}{}", whole.lines().last().expect("a line")), "it is of another spec"),
    ] {
        std::fs::write(place.path("b/cells.csv"), text).expect("a file");
        let done = place.run("draw b");
        if error.is_empty() {
            done.success();
            std::fs::remove_dir_all(place.path("b/drawn")).expect("a folder");
        } else {
            assert!(done.err.contains(error), "{}", done.err);
            assert!(!place.path("b/drawn").exists());
        }
    }
    std::fs::remove_file(place.path("b/cells.csv")).expect("a file");
    assert!(place.run("draw b").err.starts_with("error: cannot read the table of cells: "));
}

/// A condition on what has one value holds everywhere, and costs neither the run nor the picture.
#[test]
fn a_condition_on_what_has_one_value_changes_nothing() {
    let place = Place::new();
    place.run("run small.toml --backend cpu --out b").success();
    let plain = place.run("draw b --measure diverged --format svg --out plain").success();
    let mut command = place.zerosweep("draw b --measure diverged --format svg --out held");
    let held = super::program::Done::of(command.args(["--where", "optimizer.learning_rate = 0.1"])).success();
    assert_eq!(named(&plain.out), named(&held.out));
    assert_eq!(place.snapshot("plain"), place.snapshot("held"));
    let map = "report.maps=[{x='penalty.lambda',where={optimizer.learning_rate=0.1}}]";
    let mut command = place.zerosweep("run small.toml --backend cpu --out c");
    super::program::Done::of(command.args(["--set", map])).success();
    assert!(place.names("c").iter().any(|name| name.starts_with("zero_rate-")));
}

/// What is infinite, and what has no two sides, is no picture.
#[test]
fn what_no_cell_has_is_not_drawn() {
    let place = Place::new();
    place.run("run small.toml --backend cpu --out b").success();
    let before = place.snapshot("");
    for (option, value) in [
        ("--where", "penalty.k = inf"),
        ("--where", "penalty.k = 1e400"),
        ("--where", "penalty.k = nan"),
        ("--difference", "penalty.k = 1, inf"),
        ("--where", "penalty.k = {}"),
    ] {
        let mut command = place.zerosweep("draw b");
        let done = super::program::Done::of(command.args([option, value]));
        assert_eq!(done.code, Some(2), "{value}: {}", done.err);
    }
    let mut command = place.zerosweep("draw b");
    super::program::Done::of(command.args(["--difference", "penalty.k = 0.5, 1", "--where", "penalty.k = 1"])).failure(
        1,
        "error: no cell of this map has both penalty.k = 0.5 and penalty.k = 1; name other axes, or leave less out\n",
    );
    place.assert_unchanged(&before);
    // Of a coordinate that would be an axis, too.
    let mut command = place.zerosweep("draw b --format svg");
    let done = super::program::Done::of(command.args(["--difference", "penalty.k = 0.5, 1"])).success();
    assert!(named(&done.out)[0].ends_with("-by-optimizer-penalty.k-0.5-minus-1.svg"), "{}", done.out);
}

/// Pictures of a sweep that is not done replace no work and no results.
#[test]
fn what_is_drawn_of_a_part_replaces_nothing() {
    let place = Place::new();
    place.run("run small.toml --backend cpu --shard 1/2 --out a").success();
    place.run("run small.toml --backend cpu --out b").success();
    let before = place.snapshot("");
    for folder in ["a", "b"] {
        let error =
            format!("error: {folder} holds the work or the results of a sweep; give another folder with --out\n");
        place.run(&format!("draw a --out {folder}")).failure(1, &error);
    }
    place.assert_unchanged(&before);
    place.run("draw a --out c").success();
    place.run("draw a --out c").success();
}

/// A page finds the counts of a cell by its line, so lines must be where the run has put them, and must add up.
#[test]
fn a_report_is_made_of_no_table_that_was_put_into_another_order() {
    let place = Place::new();
    place.run("run small.toml --backend cpu --out r").success();
    let cells = place.read("r/cells.csv");
    let (header, lines) = cells.split_once('\n').expect("a header");
    let reversed: Vec<&str> = lines.lines().rev().collect();
    place.write("r/cells.csv", &format!("{header}\n{}\n", reversed.join("\n")));
    place.run("draw r --format html --out d").failure(
        1,
        "error: line 2 of the table of cells is not of the cell that the sweep has there; put the lines into the order of the run, or \
         run it again\n",
    );
    let zero = header.split(',').position(|name| name == "zero").expect("a column");
    let mut fields: Vec<&str> = lines.lines().next().expect("a line").split(',').collect();
    fields[zero] = "99";
    let rest = lines.split_once('\n').expect("more lines").1;
    place.write("r/cells.csv", &format!("{header}\n{}\n{rest}", fields.join(",")));
    let said = place.run("draw r --format html --out d");
    assert_eq!(said.code, Some(1));
    assert!(said.err.starts_with("error: line 2 of the table of cells has "), "{}", said.err);
    assert!(said.err.ends_with(" fates for 4 trajectories; run the sweep again\n"), "{}", said.err);
    assert!(!place.path("d").exists());
    place.write("r/cells.csv", &cells);
    assert_eq!(place.run("draw r --format html --out d").success().out, "d/report.html\n");
}
