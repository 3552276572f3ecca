//! Tables that no regression can be over, and those that look odd and are fine.

use super::findings::words;
use super::program::{Place, Table};

const SPEC: &str = r#"name = "t"
steps = 2000
stop = { kkt = 1e-5 }
problem = { kind = "least_squares", table = "t.csv", response = "y" }
penalty = { kind = "lk", k = 1.0, lambda = 0.1 }
"#;

fn place(table: &str) -> Place {
    let place = Place::new();
    place.write("t.toml", SPEC);
    place.write("t.csv", table);
    place
}

#[test]
fn a_table_that_does_not_fit_is_refused_and_nothing_is_written() {
    let fine = "a,b,y\n1,2,3\n4,5,4\n0,3,1\n";
    let cases: [(&str, &str, &str); 35] = [
        (
            "a,b,y\n1,2,3\n1,3\n",
            "",
            "t.csv: row 2 (line 3): the number of fields is 2, but the first line has 3; write one for each column",
        ),
        ("a,b,y\n1,2,3\n1,3,4\n1,4,4\n", "", "t.csv: column \"a\" has the same value in every row; exclude it"),
        ("a,a,y\n1,2,3\n1,3,4\n", "", "t.csv: two columns have the name \"a\"; rename one of them"),
        (
            "a,b,y\n1,NA,3\n1,3,4\n",
            "",
            "t.csv: row 1 (line 2), column \"b\": \"NA\" is no number; fill it in, or drop the row or the column",
        ),
        (
            "a,b,y\n1,nan,3\n1,3,4\n",
            "",
            "t.csv: row 1 (line 2), column \"b\": \"nan\" is no number; fill it in, or drop the row or the column",
        ),
        ("a,b,y\n1,2,3\n", "", "t.csv: 1 row counts, and 2 are the least here"),
        ("a,b,y\n", "", "t.csv: has names of columns but no rows; add rows of numbers"),
        ("", "", "t.csv: is empty; give it a name for each column, and rows of numbers"),
        (
            "a;b;y\n1;2;3\n",
            "",
            "t.csv: is separated by semicolons; save it with commas between fields and points in numbers",
        ),
        (
            "a,b,y\n1,2,3\n4,5,3\n",
            "",
            "t.csv: the response \"y\" has the same value in every row, so that there is nothing to explain",
        ),
        (fine, "--set problem.response=z", "t.csv: has no column \"z\"; did you mean \"a\" or \"b\" or \"y\"?"),
        (fine, "--set problem.columns=['a','c']", "t.csv: has no column \"c\"; did you mean \"a\" or \"b\" or \"y\"?"),
        (
            fine,
            "--set problem.columns=['a','y']",
            "t.csv: column \"y\" cannot explain the response and be it, a row weight or the group",
        ),
        (fine, "--set problem.exclude=['a','b']", "t.csv: no column is left to explain the response"),
        (
            "(intercept),b,y\n1,2,0\n2,1,1\n0,3,1\n4,1,0\n",
            "--set problem.kind=logistic_regression",
            "t.csv: a column has the intercept's name, \"(intercept)\"; rename or exclude it",
        ),
        (
            fine,
            "--set problem.penalty_factor={c=2}",
            "t.csv: problem.penalty_factor names \"c\", which explains nothing here; did you mean \"a\" or \"b\"?",
        ),
        (
            fine,
            "--set problem.groups={pair=['a','c']} --set penalty={kind='group_lasso',lambda=1.0}",
            "t.csv: problem.groups.pair names \"c\", which explains nothing here; did you mean \"a\" or \"b\"?",
        ),
        (
            fine,
            "--set problem.groups={pair=['a','b']} --set penalty={kind='group_lasso',lambda=1.0} --set problem.penalty_factor={b=0.5}",
            "t.csv: problem.penalty_factor gives \"a\" 1.0 and \"b\" 0.5, and problem.groups.pair holds both; give all columns of a group one factor",
        ),
        (
            fine,
            "--set problem.row_weights=y --set problem.response=a",
            "t.csv: no column is left to explain the response",
        ),
        (fine, "--set problem.resample={folds=5}", "t.csv: 3 rows count, and 5 are the least here"),
        (
            fine,
            "--set problem.resample={folds=3,group='a'} --set problem.columns=['a']",
            "t.csv: column \"a\" cannot explain the response and be it, a row weight or the group",
        ),
        (
            fine,
            "--set problem.resample={folds=3,group='y'}",
            "t.csv: column \"y\" cannot be the group and the response, or a row weight",
        ),
        (
            "a,who,y\n1,x,3\n4,y,4\n0,x,1\n2,y,2\n",
            "--set problem.resample={folds=3,group='who'}",
            "t.csv: the group \"who\" has 2 values, and each of 3 folds needs one; ask for fewer folds",
        ),
        (
            "a,who,y\n1,x,3\n4,,4\n0,x,1\n2,y,2\n",
            "--set problem.resample={folds=2,group='who'}",
            "t.csv: row 2 (line 3), column \"who\": \"\" is empty; fill it in, or drop the row",
        ),
        (fine, "--set problem.resample={half_sample=2}", "t.csv: 3 rows count, and 4 are the least here"),
        (
            fine,
            "--set problem.kind=logistic_regression",
            "t.csv: the response \"y\" has 3.0 in row 1, and a class is 0 or 1",
        ),
        (
            "a,y\n1,1\n2,1\n",
            "--set problem.kind=logistic_regression",
            "t.csv: the response \"y\" has a single class in every row, so that there is nothing to explain",
        ),
        (
            "a,y\n1,0\n2,-1.5\n",
            "--set problem.kind=poisson_regression",
            "t.csv: the response \"y\" has -1.5 in row 2, and a count is 0 or more",
        ),
        (
            "a,y\n1,0\n2,0\n",
            "--set problem.kind=poisson_regression",
            "t.csv: the response \"y\" has the same value in every row, so that there is nothing to explain",
        ),
        (
            "a,w,y\n1,1,2\n2,-1,3\n",
            "--set problem.row_weights=w",
            "t.csv: column \"w\" has -1.0 in row 2, and a row weight is a whole number from 0 to 65536",
        ),
        (
            fine,
            "--set problem.penalty_factor={a=0,b=0} --set penalty.lambda={path=3}",
            "a path of lambda would begin at 0: no weight has a penalty, or no column with one explains anything of the response\n   = help: write lambda = { \
             geomspace = [first, last, count] }, or give a column a factor above 0",
        ),
        (
            "a,b,y\n1,2,0\n2,1,0\n3,3,1\n4,1,1\n",
            "--set problem.kind=logistic_regression --set problem.penalty_factor={a=0} --set penalty.lambda={path=3}",
            "a path of lambda begins where all weights with a penalty are 0 and the others at their best, and these have no best: the loss falls for ever along \
             them, as where classes part\n   = help: leave more columns a penalty, or write lambda = { geomspace = [first, last, count] }",
        ),
        ("a,y\n1e300,1\n-1e300,2\n", "", "t.csv: column \"a\" has values too large to square; divide them"),
        ("a,y\n1e-300,1\n-1e-300,2\n", "", "t.csv: column \"a\" has values too small to square; multiply them"),
        (
            fine,
            "--set penalty.k=2 --set penalty.lambda={path=3}",
            "no lambda of `lk` makes all weights 0, so that no path can begin there\n   = help: write lambda = { geomspace = [first, last, count] }",
        ),
    ];
    for (table, options, message) in cases {
        let table = if table == fine && options.contains("row_weights") { "a,y\n1,3\n4,4\n" } else { table };
        let place = place(table);
        let before = place.snapshot("");
        place.run(&format!("run t.toml {options}")).failure(2, &format!("error: {message}\n"));
        place.assert_unchanged(&before);
    }
}

#[test]
fn a_table_that_is_not_there_is_told_where_it_was_looked_for() {
    let place = place("a,y\n1,2\n2,3\n");
    let folder = std::fs::canonicalize(place.path("")).expect("a folder");
    let message = format!(
        "error: no.csv: there is no such file; check its name and its folder\n   = help: a relative path begins at the working directory, \
         {}\n",
        folder.display()
    );
    place.run("run t.toml --set problem.table=no.csv").failure(2, &message);
}

#[test]
fn more_columns_than_weights_are_refused() {
    let names: Vec<String> = (0..513).map(|column| format!("x{column}")).collect();
    let row =
        |seed: usize| (0..513).map(|column| (((column + 1) * seed) % 521).to_string()).collect::<Vec<_>>().join(",");
    let place = place(&format!("{},y\n{},1\n{},2\n{},4\n", names.join(","), row(1), row(2), row(5)));
    let message =
        "error: t.csv: 513 columns explain the response, and 512 are the most; choose some with problem.columns\n";
    place.run("run t.toml").failure(2, message);
    // An intercept that is eliminated is no weight; one that is not is one.
    place.run("plan t.toml --set problem.exclude=['x0']").success();
    let message = "error: t.csv: 512 columns explain the response, and 511 are the most beside the intercept; choose some with problem.columns\n";
    place.run("run t.toml --set problem.exclude=['x0'] --set problem.kind=poisson_regression").failure(2, message);
}

/// What is beside a path of lambda is one number, and an error says where it is none.
#[test]
fn a_path_of_a_penalty_of_several_shapes_is_refused_where_they_stand() {
    let place = place("a,b,y\n1,2,3\n4,5,4\n0,3,1\n");
    place.write("t.toml", &SPEC.replace("k = 1.0, lambda = 0.1", "k = [0.5, 1.0], lambda = { path = 3 }"));
    let message = "error: a path of lambda begins where all weights are 0, which depends on `penalty.k`, and that is not one number
  --> t.toml:5:30
   |
 5 | penalty = { kind = \"lk\", k = [0.5, 1.0], lambda = { path = 3 } }
   |                              ^^^^^^^^^^
   = help: give each value a [[penalty]] table of its own
";
    place.run("run t.toml").failure(2, message);
}

/// The same spec in the same folder, over a table that has changed since.
#[test]
fn a_changed_table_is_told_as_one() {
    let place = place("a,b,y\n1,2,3\n4,5,4\n0,3,1\n");
    place.run("run t.toml --audit 0").success();
    place.write("t.csv", "a,b,y\n1,2,3\n4,5,4\n0,3,1.25\n");
    for command in ["draw", "status"] {
        let message = "error: t.csv has changed since results/t was made of it; put it back as it was, or run it anew with --force\n";
        place.run(&format!("{command} results/t")).failure(1, message);
    }
    let before = place.snapshot("");
    let message = "error: results/t holds the results of this spec over another t.csv, which has changed since; give another folder with --out, \
                   or replace them with --force\n";
    place.write("t.toml", &format!("# The same.\n{SPEC}"));
    let done = place.run("run t.toml");
    done.failure(1, message);
    let changed = place.run("run t.toml --set steps=2001");
    assert!(changed.err.contains("holds the results of another spec (spec hash "), "{}", changed.err);
    place.write("t.toml", SPEC);
    place.assert_unchanged(&before);
    place.run("run t.toml --audit 0 --force").success();
}

/// A BOM, CRLF, quotes, spaces, blank lines and columns of words that nobody asked for change nothing.
#[test]
fn odd_tables_are_read_like_plain_ones() {
    let plain = place("a,b,y\n1,2,3\n4,5,4\n0,3,1.5\n");
    plain.run("run t.toml").success();
    let odd = place("\u{feff}who,\"a\", b ,y\r\nx,\"1\", 2,3\r\n\r\ny,4,+5,4e0\r\n\"z, too\",0,3,1.5");
    odd.run("run t.toml --set problem.exclude=['who']").success();
    for name in ["coefficients.csv", "cells.csv"] {
        assert_eq!(plain.read(&format!("results/t/{name}")), odd.read(&format!("results/t/{name}")), "{name}");
    }
}

/// What is of one weight alone says so; the same run again, and `status`, know the table.
#[test]
fn what_is_of_one_weight_alone_says_so() {
    let place = place("a,b,y\n1,2,3\n4,5,4\n0,3,1.5\n");
    for (command, name) in [("replay t.toml --trajectory 0", "replay"), ("bench t.toml", "bench")] {
        let message =
            format!("error: {name} is for problems of one weight, and `least_squares` has many; see zerosweep run\n");
        place.run(command).failure(2, &message);
    }
    for option in ["--rows", "--parquet", "--shard 1/2"] {
        let name = option.split(' ').next().expect("a word");
        let message = format!("error: {name} is for problems of one weight, and this one has many; leave it out\n");
        place.run(&format!("run t.toml {option}")).failure(2, &message);
    }
    place.run("run t.toml").success();
    place.run("run t.toml").success();
    place.run("status results/t").success();
    let plan = place.run("plan t.toml").success();
    assert!(plan.out.contains("least_squares, k = 1, fista_restart"), "{}", plan.out);
}

#[test]
fn stop_and_paths_are_for_many_weights() {
    let place = Place::new();
    let message = "error: `stop` is for problems of many weights, and this one has a single weight\n  --> command line\n   |\n   | --set \
                   stop.kkt=1e-3\n   |       ^^^^\n   = help: take it out: the steps of one weight that rests cost nothing\n";
    place.run("run l1.toml --set stop.kkt=1e-3").failure(2, message);
    let text = place.run("run l1.toml --set penalty.lambda={path=3}");
    assert!(text.err.contains("`penalty.lambda` cannot be a path: that is for the lambda of a problem over a table"));
}

/// Where weights cannot start, and what to write instead.
#[test]
fn starts_that_do_not_fit_are_refused() {
    let place = place("a,y\n1,0\n2,1\n0,0\n3,1\n");
    let cases = [
        (
            "--set problem.kind=logistic_regression --set start.w=\"least_squares\"",
            "error: `start.w` cannot be `least_squares` for `logistic_regression`: without a penalty its loss need not have a minimum\n",
            "write w = \"null_model\", or draw starts: w = { normal = [0.0, 1.0], count = 16 }\n",
        ),
        (
            "--set start.w={sobol=[0,1],count=4}",
            "error: `start.w` cannot be `sobol` for many weights: each draws numbers of its own\n",
            "write uniform = [low, high]\n",
        ),
        (
            "--set start.w={normal=[0,1],count=4} --set penalty.lambda=\"abs(start.w)\"",
            "error: `penalty.lambda` uses `start.w`, of which each weight has a number of its own\n",
            "write it as numbers\n",
        ),
        (
            "--set start.w={normal=[0,1],count=4} --set sample.count=4",
            "error: `start.w.count` does not go with `sample`, which draws all random axes together\n",
            "remove it: `sample` has the count and the seed\n",
        ),
    ];
    for (options, message, help) in cases {
        let run = place.run(&format!("run t.toml {options}"));
        assert!(run.err.starts_with(message) && run.err.ends_with(&format!("help: {help}")), "{options}: {}", run.err);
    }
}

/// A matrix that is none of second derivatives, and what to write instead; one that is leaves the tables of many weights.
#[test]
fn matrices_that_do_not_fit_are_refused() {
    let place = Place::new();
    let cases = [
        (
            "[[1, 0.5], [0.4, 1]]",
            "[1, 2]",
            "`problem.matrix` has 0.4 in row 2, column 1, and 0.5 in row 1, column 2: it must be symmetric",
        ),
        (
            "[[1, 2], [2, 1]]",
            "[1, 2]",
            "`problem.matrix` is not positive semidefinite: somewhere the loss falls without end",
        ),
        (
            "[[1, 0], [0, 0]]",
            "[1, 2]",
            "row 2 of `problem.matrix` is 0, so that the loss does not depend on that weight",
        ),
        (
            "[[1, 0], [0]]",
            "[1, 2]",
            "row 2 of `problem.matrix` must be a list of 2 numbers, one a weight, found a list of 1 value",
        ),
        (
            "[[1, 0], [0, 1]]",
            "[1]",
            "`problem.minimum` must be a list of 2 numbers, one a weight, found a list of 1 value",
        ),
        (
            "[[1, 0], [0, 1e300]]",
            "[1, 2]",
            "a number of row 2 of `problem.matrix` is 1e300, but f32 cannot hold it: its largest is 3.4028235e38",
        ),
        ("[]", "[]", "`problem.matrix` must be a list of 1 to 512 rows, found an empty list"),
        (
            "[[1]]",
            "[1]\npenalty_factor = { a = 2.0 }",
            "problem.matrix: problem.penalty_factor names \"a\", which explains nothing here; it has \"w1\"",
        ),
        ("[[1]]", "[1]\nresample = { bootstrap = 3 }", "unknown key `resample` in `problem`"),
    ];
    for (matrix, minimum, message) in cases {
        let text = format!(
            "name = \"m\"\nsteps = 20\n[penalty]\nkind = \"lk\"\nk = 1\nlambda = 0.1\n[problem]\nkind = \"quadratic_form\"\nmatrix = {matrix}\nminimum = \
             {minimum}\n"
        );
        place.write("m.toml", &text);
        let run = place.run("run m.toml");
        assert!(run.err.starts_with(&format!("error: {message}\n")), "{matrix} {minimum}: {}", run.err);
    }
    place.write("m.toml", "name = \"m\"\nsteps = 200\npenalty = { kind = \"mcp\", lambda = { path = 5 } }\nproblem = { kind = \"quadratic_form\", matrix = [[1.0, 0.8], [0.8, 1.0]], minimum = [1.0, 0.5] }\n");
    place.run("run m.toml").success();
    let coefficients = Table::new(&place.read("results/m/coefficients.csv"));
    assert_eq!(coefficients.records.len(), 10);
    let record: serde_json::Value = serde_json::from_str(&place.read("results/m/run.json")).expect("JSON");
    assert_eq!(record["model"]["table_sha256"], serde_json::Value::Null);
    place.run("status results/m").success();
    place.run("plan m.toml").success();
}

/// A design that cannot be drawn, and what to write instead; one that can leaves the truth beside what was found.
#[test]
fn designs_that_do_not_fit_are_refused() {
    let place = Place::new();
    let of = |problem: &str| {
        format!(
            "name = \"d\"\nsteps = 2000\nstop = {{ kkt = 1e-5 }}\npenalty = {{ kind = \"lk\", k = 1, lambda = {{ path = 4, ratio = 0.01 }} }}\n[problem]\n{problem}\n"
        )
    };
    let design = "kind = \"least_squares\"\ndesign = { rows = 30, columns = 12, support = 3, seed = 1 }";
    let cases = [
        (
            design.replace("support = 3", "support = 13"),
            "`problem.design.support` is 13, but the weights are 12",
            "write support = 12, or less",
        ),
        (
            design.replace("rows = 30", "rows = 0"),
            "`problem.design.rows` must be an integer from 2 to 16777216, found 0",
            "",
        ),
        (
            design.replace("columns = 12", "columns = 600"),
            "`problem.design.columns` must be an integer from 1 to 512, found 600",
            "",
        ),
        (
            design.replace("rows = 30, columns = 12", "rows = 1000000, columns = 500"),
            "1000000 rows of 500 columns are 500000000 numbers, and 134217728 are the most",
            "write rows = 268435, or less",
        ),
        (
            design.replace("seed", "correlation = 1.0, seed"),
            "`problem.design.correlation` must be a number between -1 and 1, found 1.0",
            "",
        ),
        (
            design.replace("seed", "noise = -0.5, seed"),
            "`problem.design.noise` must be a number of at least 0, found -0.5",
            "",
        ),
        (
            design.replace("support = 3, ", ""),
            "`problem.design` needs the key `support`: how many true weights are not 0",
            "write design = { rows = 100, columns = 200, support = 10, correlation = 0.5, noise = 0.1, seed = 1 }",
        ),
        (
            design.replace("support = 3", "support = 0"),
            "problem.design: the response has the same value in every row, so that there is nothing to explain",
            "",
        ),
        (
            format!("{design}\nresample = {{ folds = 4, group = \"w1\" }}"),
            "`problem.resample.group` names a column of a table, and a design has none",
            "take it out",
        ),
        (
            design.replace("rows = 30", "rows = 3") + "\nresample = { folds = 4 }",
            "problem.design: 3 rows count, and 4 are the least here",
            "",
        ),
        (
            format!("{design}\nstandardize = true"),
            "`problem.standardize` does not go with `problem.design`, which has no table",
            "keep one of the two",
        ),
        (
            design.replace("rows = 30", "rows = [20, 30]"),
            "`problem.design` has several rows or supports, and its draws are of one",
            "write resample = { designs = 100 }, so that each draw is a design of its own",
        ),
        (design.replace("support = 3", "support = [3, 4, 3]"), "`problem.design.support` has 3 twice", ""),
        (
            format!("{design}\nresample = {{ designs = 4, seed = 1 }}"),
            "`problem.resample.seed` does not go with `designs`",
            "take it out: problem.design.seed says which are drawn",
        ),
        (
            design.replace("least_squares", "logistic_regression") + "\nresample = { designs = 4 }",
            "`problem.resample.designs` goes with `least_squares`, and not with `logistic_regression`",
            "draw rows by bootstrap instead",
        ),
        (
            design.replace("least_squares", "logistic_regression").replace("seed", "noise = 0.5, seed"),
            "`problem.design.noise` is added to any numbers, and `logistic_regression` has others",
            "take it out: classes and counts are random by themselves",
        ),
    ];
    for (problem, message, help) in cases {
        place.write("d.toml", &of(&problem));
        let run = place.run("run d.toml");
        assert!(
            run.err.starts_with(&format!("error: {message}\n")) && run.err.contains(help),
            "{problem}: {}",
            run.err
        );
    }
    assert!(!place.path("results").exists());
    place.write("d.toml", &of(&format!("{design}\nresample = {{ bootstrap = 5 }}")));
    place.run("run d.toml").success();
    let coefficients = Table::new(&place.read("results/d/coefficients.csv"));
    let truth = coefficients.column("truth");
    let of_cell: Vec<&str> = coefficients.records[..12].iter().map(|record| record[truth].as_str()).collect();
    assert_eq!(of_cell.iter().filter(|w| ["1", "-1"].contains(w)).count(), 3, "{of_cell:?}");
    assert_eq!(of_cell.iter().filter(|w| **w == "0").count(), 9, "{of_cell:?}");
    let cells = Table::new(&place.read("results/d/cells.csv"));
    let of = |cell: usize, name: &str| cells.records[cell][cells.column(name)].parse::<f64>().expect("a number");
    for cell in 0..4 {
        let [support, wrong, missed] =
            ["support_mean", "false_selections_mean", "missed_mean"].map(|name| of(cell, name));
        assert!((support - (3.0 - missed + wrong)).abs() < 1e-5, "{cell}: {support} {wrong} {missed}");
        let [low, rate, high] =
            ["recovered_rate_low", "recovered_rate", "recovered_rate_high"].map(|name| of(cell, name));
        assert!(low <= rate && rate <= high && low < high, "{cell}: {low} {rate} {high}");
        assert!(rate == 0.0 || wrong + missed <= 12.0 * (1.0 - rate), "{cell}: {rate} {wrong} {missed}");
    }
    let record: serde_json::Value = serde_json::from_str(&place.read("results/d/run.json")).expect("JSON");
    let weights = record["model"]["weights"].as_array().expect("weights");
    assert_eq!(weights.iter().filter(|own| own["truth"] != 0.0).count(), 3);
    place.run("status results/d").success();
    place.run("plan d.toml").success();
}

/// Ends of different starts have a table of their own, which adds up; without such starts there is none.
#[test]
fn different_starts_leave_end_points() {
    let rows: String =
        (0..24).map(|row| format!("{},{},{}\n", row % 5, row * row % 7, 3 * (row % 5) + row % 2)).collect();
    let place = place(&format!("a,b,y\n{rows}"));
    place.run("run t.toml").success();
    assert!(!place.names("results/t").contains(&"end_points.csv".to_owned()));
    let options = "--set penalty={kind='mcp',lambda={path=4,ratio=0.1}} --set start.w={normal=[0,3],count=10} --set \
                   problem.resample={bootstrap=3} --set name=m";
    place.run(&format!("run t.toml {options}")).success();
    let ends = Table::new(&place.read("results/m/end_points.csv"));
    let cells = Table::new(&place.read("results/m/cells.csv"));
    let [lambda, point, draws, share, gap] =
        ["penalty.lambda", "end_point", "draws", "share", "gap_mean"].map(|name| ends.column(name));
    for cell in &cells.records {
        let own: Vec<_> =
            ends.records.iter().filter(|end| end[lambda] == cell[cells.column("penalty.lambda")]).collect();
        let shares: f64 = own.iter().map(|end| end[share].parse::<f64>().expect("a number")).sum();
        assert!((shares - 1.0).abs() < 1e-5, "{shares}");
        assert_eq!([&own[0][point], &own[0][draws]], ["1", "3"]);
        assert!(own[0][gap].parse::<f64>().expect("a number") < 1e-3, "{}", own[0][gap]);
    }
    let record: serde_json::Value = serde_json::from_str(&place.read("results/m/run.json")).expect("JSON");
    assert!(record["files"].as_array().expect("files").contains(&serde_json::json!("end_points.csv")));
    // The same again is the same, and takes the place of what was there.
    place.run(&format!("run t.toml {options} --threads 1")).success();
    assert_eq!(Table::new(&place.read("results/m/end_points.csv")).records, ends.records);
}

/// What a run over a table leaves behind: a row for each weight and cell, a row for each cell, and a record that adds up.
#[test]
fn a_run_over_a_table_tells_of_weights_and_of_cells() {
    let rows: String =
        (0..24).map(|row| format!("{},{},{}\n", row % 5, row * row % 7, 3 * (row % 5) + row % 2)).collect();
    let place = place(&format!("a,b,y\n{rows}"));
    let options = "--set penalty.lambda={path=6,ratio=0.1} --set problem.resample={folds=4,seed=1}";
    let done = place.run(&format!("run t.toml {options}")).success();
    assert!(done.err.contains("held out: lk, fista_restart: the least loss is "), "{}", done.err);
    assert!(
        done.err.contains("audit: in f64 coordinate descent from where 24 random trajectories ended"),
        "{}",
        done.err
    );
    let names = place.names("results/t");
    for stem in [
        "coefficient-line-penalty.lambda-weight",
        "held_out_loss-line-penalty.lambda",
        "support-line-penalty.lambda",
        "zero_rate-penalty.lambda-weight",
    ] {
        for ending in ["png", "svg"] {
            assert!(names.contains(&format!("{stem}.{ending}")), "{stem}.{ending} of {names:?}");
        }
    }
    let coefficients = Table::new(&place.read("results/t/coefficients.csv"));
    let cells = Table::new(&place.read("results/t/cells.csv"));
    assert_eq!((coefficients.records.len(), cells.records.len()), (12, 6));
    for (file, name) in [("coefficients.csv", "truth"), ("cells.csv", "recovered_rate")] {
        let names = place.read(&format!("results/t/{file}")).lines().next().expect("names").to_owned();
        assert!(!names.split(',').any(|own| own == name), "there is no truth: {names}");
    }
    let column = |table: &Table, name: &str| -> Vec<String> {
        let place = table.column(name);
        table.records.iter().map(|record| record[place].clone()).collect()
    };
    assert_eq!(column(&coefficients, "weight")[..4], ["a", "b", "a", "b"]);
    for (name, count) in [("trajectories", "4"), ("draws", "4")] {
        assert!(column(&coefficients, name).iter().chain(&column(&cells, name)).all(|own| *own == count), "{name}");
    }
    let record: serde_json::Value = serde_json::from_str(&place.read("results/t/run.json")).expect("JSON");
    assert_eq!(record["model"]["rows"], 24);
    assert_eq!(record["model"]["weights"][1]["name"], "b");
    assert!(record["model"].get("groups").is_none(), "{record}");
    assert_eq!(record["held_out"][0]["of"], "lk, fista_restart");
    assert_eq!(record["audit"]["coordinate_descent"]["judged"], 24);
    assert_eq!(record["audit"]["coordinate_descent"]["differs"], 0);
}

/// What stability selection leaves behind is one set of numbers, in three places.
#[test]
fn stable_weights_are_told_in_a_table_a_record_and_a_line() {
    let rows: String = (0..40)
        .map(|row| format!("{},{},{},{}\n", row % 5, row * row % 7, row % 3, 3 * (row % 5) + row * row % 7 + row % 2))
        .collect();
    let place = place(&format!("a,b,free,y\n{rows}"));
    let options = "--set penalty.lambda={path=12,ratio=0.1} --set problem.resample={half_sample=20,seed=1} --set problem.penalty_factor={free=0.0}";
    let done = place.run(&format!("run t.toml {options} --set report.stability={{pfer=0.9}}")).success();
    let table = Table::new(&place.read("results/t/stability.csv"));
    let record: serde_json::Value = serde_json::from_str(&place.read("results/t/run.json")).expect("JSON");
    let chosen = &record["stability"]["chosen"][0];
    let column = |name: &str| -> Vec<String> {
        let place = table.column(name);
        table.records.iter().map(|record| record[place].clone()).collect()
    };
    assert_eq!(column("weight"), ["a", "b"], "what has no penalty is not selected");
    let number = |text: &String| text.parse::<f64>().expect("a number");
    let frequencies: Vec<f64> = column("frequency").iter().map(number).collect();
    let mean: f64 = frequencies.iter().sum();
    assert!((chosen["selected_mean"].as_f64().unwrap() - mean).abs() < 1e-6);
    assert!((chosen["bound"].as_f64().unwrap() - mean * mean / 2.0 / 0.5).abs() < 1e-6);
    assert!(number(&column("bound")[0]) <= 0.9);
    let stable: Vec<&str> =
        ["a", "b"].into_iter().zip(&frequencies).filter(|(_, own)| **own >= 0.75).map(|(name, _)| name).collect();
    assert_eq!(chosen["stable"], serde_json::json!(stable));
    let told = format!(
        "stable: lk, fista_restart: at lambda = {} {} of 2 weights are selected by at least 0.75 of the half samples",
        column("penalty.lambda")[0],
        stable.len()
    );
    assert!(done.err.contains(&told), "{told}\n{}", done.err);
    let svg = place.read("results/t/selection_frequency-line-penalty.lambda-weight.svg");
    assert!(svg.contains("the upright one at the lambda") && !svg.contains(">free<"), "{svg}");
    let none = place
        .run(&format!(
            "run t.toml {options} --force --set report.stability={{pfer=1e-9}} --set penalty.lambda=[1e-3,2e-3]"
        ))
        .success();
    assert!(
        none.err.contains(
            "stable: lk, fista_restart: no lambda at which half samples select a weight has a bound of at most pfer = 1e-9"
        ),
        "{}",
        none.err
    );
    assert_eq!(place.read("results/t/stability.csv").lines().count(), 1);
}

/// A penalty that keeps or drops groups as a whole selects groups: they are counted, and have names. One that goes by each weight selects weights.
#[test]
fn stability_selection_is_of_groups_where_a_penalty_is() {
    let row = |row: usize| {
        let [a, b, c] = [row % 5, row * row % 7, row % 3];
        format!("{a},{b},{c},{},{}\n", row * 5 % 11, 3 * a + 2 * b + row % 2)
    };
    let place = place(&format!("a,b,c,d,y\n{}", (0..40).map(row).collect::<String>()));
    let penalties = "[{kind='group_lasso',lambda={path=12,ratio=0.1}},{kind='group_lasso',l1_ratio=0.5,lambda={path=12,ratio=0.1}},{kind='group_mcp',lambda={path=12,ratio=0.1}},\
                     {kind='mcp',lambda={path=12,ratio=0.1}}]";
    let options = format!(
        "--set problem.resample={{half_sample=20,seed=1}} --set problem.groups={{pair=['a','b']}} --set penalty={penalties} --set optimizer={{kind='proximal'}} --set report.stability={{pfer=0.9}}"
    );
    let done = place.run(&format!("run t.toml {options}")).success();
    let record: serde_json::Value = serde_json::from_str(&place.read("results/t/run.json")).expect("JSON");
    let [coefficients, table] =
        ["coefficients.csv", "stability.csv"].map(|name| Table::new(&place.read(&format!("results/t/{name}"))));
    let field = |table: &Table, row: &[String], name: &str| row[table.column(name)].clone();
    for (of, penalty, ratio) in [
        ("group_lasso, penalty.l1_ratio = 0, proximal", "group_lasso", "0"),
        ("group_lasso, penalty.l1_ratio = 0.5, proximal", "group_lasso", "0.5"),
        ("group_mcp, penalty.gamma = 3, proximal", "group_mcp", ""),
        ("mcp, penalty.gamma = 3, proximal", "mcp", ""),
    ] {
        // The groups of a sparse group lasso lose weights one by one.
        let (noun, own): (_, &[&[&str]]) = match penalty == "mcp" || ratio == "0.5" {
            true => ("weights", &[&["a"], &["b"], &["c"], &["d"]]),
            false => ("groups", &[&["a", "b"], &["c"], &["d"]]),
        };
        let chosen = record["stability"]["chosen"].as_array().expect("a list").iter();
        let chosen = chosen.clone().find(|own| own["of"] == of).unwrap_or_else(|| panic!("{of}"));
        let lambda = chosen["lambda"].as_f64().expect("a lambda") as f32;
        let is_own = |table: &Table, row: &[String]| {
            field(table, row, "penalty") == penalty
                && field(table, row, "penalty.l1_ratio") == ratio
                && field(table, row, "penalty.lambda").parse() == Ok(lambda)
        };
        let selected = |weight: &str| -> u64 {
            let is_own =
                |row: &&Vec<String>| is_own(&coefficients, row) && field(&coefficients, row, "weight") == weight;
            let row = coefficients.records.iter().find(is_own).expect("a row");
            20 - field(&coefficients, row, "zero").parse::<u64>().expect("a count")
        };
        let counts: Vec<u64> = own.iter().map(|own| selected(own[0])).collect();
        assert!(
            own.iter().zip(&counts).all(|(own, count)| own.iter().all(|weight| selected(weight) == *count)),
            "{of}"
        );
        let name = |own: &[&str]| if own.len() > 1 { "pair".to_owned() } else { own[0].to_owned() };
        let (p, q) = (own.len() as f64, counts.iter().sum::<u64>() as f64 / 20.0);
        assert_eq!(chosen[noun], own.len(), "{of}");
        for (name, number) in [("selected_mean", q), ("theta", q / p), ("bound", q * q / p / 0.5)] {
            assert!((chosen[name].as_f64().expect("a number") - number).abs() < 1e-9, "{of}: {name} of {chosen}");
        }
        let stable: Vec<String> =
            own.iter().zip(&counts).filter(|(_, count)| **count >= 15).map(|(own, _)| name(own)).collect();
        assert_eq!(chosen["stable"], serde_json::json!(stable), "{of}");
        let told =
            format!("stable: {of}: at lambda = {lambda} {} of {} {noun} are selected by", stable.len(), own.len());
        assert!(done.err.contains(&told), "{told}\n{}", done.err);
        // A row a group has no weight.
        let rows: Vec<_> = table.records.iter().filter(|row| is_own(&table, row)).collect();
        let rows: Vec<[String; 3]> =
            rows.iter().map(|row| ["weight", "group", "selected"].map(|name| field(&table, row, name))).collect();
        let of_pair = |own: &[&str]| if ["a", "b"].contains(&own[0]) { "pair" } else { "" };
        let weight = |own: &[&str]| if own.len() > 1 { String::new() } else { own[0].to_owned() };
        let expected =
            own.iter().zip(&counts).map(|(own, count)| [weight(own), of_pair(own).to_owned(), count.to_string()]);
        assert_eq!(rows, expected.collect::<Vec<_>>(), "{of}");
    }
    assert_eq!(record["model"]["groups"], serde_json::json!([{ "name": "pair", "weights": ["a", "b"] }]));
    for picture in ["zero_rate", "coefficient-line", "selection_frequency-line"] {
        let names = place.names("results/t");
        let name = names.iter().find(|name| name.starts_with(&format!("{picture}-penalty")) && name.ends_with("svg"));
        let svg = place.read(&format!("results/t/{}", name.expect("a picture")));
        for label in [">a (pair)<", ">b (pair)<", ">c<", ">d<"] {
            assert!(svg.contains(label), "{label} of {picture}");
        }
    }
    let page = place.read("results/t/report.html");
    let setting = &page[page.find("<h3>group_mcp, penalty.gamma = 3, proximal</h3>").expect("a setting")..];
    assert!(setting.contains("<strong>Stable groups</strong>"), "{setting:.2000}");
    assert!(setting.contains(" of 3 groups, a share of theta = "), "theta is explained: {setting:.2000}");
    assert!(setting.contains("<th scope=\"col\">weight</th><th scope=\"col\">stable</th>"), "{setting:.4000}");
    for weight in ["a", "b"] {
        let row = &setting[setting.find(&format!("<tr><td>{weight}")).expect("a row")..];
        let is_stable = row[..row.find("</tr>").expect("its end")].contains("<td>yes</td>");
        let chosen = &record["stability"]["chosen"][2]["stable"];
        assert_eq!(is_stable, chosen.as_array().expect("names").contains(&serde_json::json!("pair")), "{weight}");
    }
}

/// A lambda at which half samples select nothing keeps every bound, and tells nothing.
#[test]
fn where_no_lambda_keeps_the_bound_the_run_says_what_to_change() {
    let row = |row: usize| format!("{},{},{}\n", row % 5, row * row % 7, 3 * (row % 5) + row * row % 7 + row % 2);
    let place = place(&format!("a,b,y\n{}", (0..40).map(row).collect::<String>()));
    let options = "--force --set problem.resample={half_sample=20,seed=1} --set report.stability={pfer=1e-3}";
    for (lambdas, told) in [
        (
            "[0.1,50.0,60.0]",
            "no lambda at which half samples select a weight has a bound of at most pfer = 0.001; the least is 4, at lambda = 0.1, where they select 2 of 2 in the \
             mean: give more lambdas above that, a higher threshold or a larger pfer",
        ),
        ("[50.0,60.0]", "half samples select no weight at any lambda: give smaller lambdas"),
    ] {
        let done = place.run(&format!("run t.toml {options} --set penalty.lambda={lambdas}")).success();
        assert!(done.err.contains(&format!("stable: lk, fista_restart: {told}\n")), "{}", done.err);
        let record: serde_json::Value = serde_json::from_str(&place.read("results/t/run.json")).expect("JSON");
        assert!(record["stability"]["chosen"][0]["stable"].is_null());
        let page = place.read("results/t/report.html");
        assert!(
            page.contains(&format!(
                "Stable weights: none can be told. {}{}.</p>",
                told[..1].to_uppercase(),
                &told[1..]
            )),
            "{page:.9000}"
        );
    }
}

/// Pictures, the page, the record and the closing table say what was drawn, whether there is an intercept, and what is counted.
#[test]
fn what_is_said_of_a_model_is_true_of_it() {
    let rows: String = (0..30).map(|row| format!("{},{},{}\n", row % 5, row * row % 7, row * 3 % 4 % 2)).collect();
    let place = place(&format!("a,b,y\n{rows}"));
    let design = "name = 'd'\nsteps = 2000\nproblem = { kind = 'least_squares', design = { rows = [10, 20], columns = 2, support = 1, noise = 0.5 }, resample = { designs = 3 } }\n\
                  penalty = { kind = 'lk', k = 1.0, lambda = [0.1, 0.3] }\n";
    place.write("d.toml", design);
    let drawn = "--set problem.resample={bootstrap=3,seed=1}";
    for (run, loss, draws, intercept) in [
        ("d.toml", "L(w) = 1/(2n) |y - X w|^2", "fresh designs", ""),
        (&format!("t.toml {drawn}")[..], "L(w) = 1/(2n) |y - intercept - X w|^2", "draws of rows", ""),
        (&format!("t.toml {drawn} --set problem.intercept=false"), "L(w) = 1/(2n) |y - X w|^2", "draws of rows", ""),
        (
            &format!("t.toml {drawn} --set problem.kind='logistic_regression'"),
            "L(w) = 1/n sum of log(1 + e^eta) - y eta, eta = intercept + X w",
            "draws of rows",
            ", the intercept among them",
        ),
        (
            &format!("t.toml {drawn} --set problem.kind='logistic_regression' --set problem.intercept=false"),
            "L(w) = 1/n sum of log(1 + e^eta) - y eta, eta = X w",
            "draws of rows",
            "",
        ),
    ] {
        let done = place.run(&format!("run {run} --set penalty.lambda=[0.1,0.3] --out r --force")).success();
        let record: serde_json::Value = serde_json::from_str(&place.read("r/run.json")).expect("JSON");
        assert_eq!(record["model"]["loss"], loss, "{run}");
        let page = place.read("r/report.html");
        assert!(page.contains(&format!("{loss} over")), "{run}: {page:.3000}");
        assert!(page.contains(&format!(" cells, 3 {draws} each: ")), "{run}: {page:.3000}");
        assert!(page.contains(&format!("Intervals (Wilson’s) are over {draws}.")), "{run}");
        let said = format!(
            "Each weight of each trajectory is counted by itself{intercept}: `weights` is how many these are.\n"
        );
        assert!(done.out.starts_with(&said), "{run}: {}", done.out);
        assert!(!done.out.contains("trajectories"), "{run}: {}", done.out);
        for (chart, title) in
            [("kinds", "how weights end"), ("tolerance_curve", "share of weights that stay within a tolerance")]
        {
            let svg = words(&place.read(&format!("r/{chart}.svg")));
            assert!(
                svg.contains(title) && svg.contains("each weight of each trajectory is counted by itself"),
                "{run}: {svg:.3000}"
            );
        }
    }
    let done = place.run("run d.toml --out r --force").success();
    assert!(done.err.contains("note: no contours: designs of several sizes have no draw in common"), "{}", done.err);
    place.run("run d.toml --set problem.design.rows=10 --out r --force").success();
    let names = place.names("r");
    assert!(!names.iter().any(|name| name.starts_with("held_out_loss")), "no picture of nothing: {names:?}");
    let name = names.iter().find(|name| name.starts_with("contours") && name.ends_with("svg")).expect("contours");
    let svg = words(&place.read(&format!("r/{name}")));
    for told in [
        "of draw 1 of the 3 fresh designs.",
        "All trajectories of a cell with draw 1 are drawn",
        "rows of each of 3 fresh designs",
    ] {
        assert!(svg.contains(told), "{told}: {svg:.6000}");
    }
}

/// Whoever reads the end of a run learns that it is none.
#[test]
fn a_run_that_is_not_done_says_so() {
    let place = place("a,b,y\n1,2,3\n4,5,4\n0,3,1.5\n");
    let done = place.run("run t.toml").success();
    assert!(!done.err.contains("never came to stop.kkt"), "{}", done.err);
    let undone = place.run("run t.toml --set steps=2 --set optimizer={kind='proximal'} --force").success();
    assert!(
        undone.err.contains("note: in 1 of 1 cells some trajectory never came to stop.kkt = 1e-5; the largest"),
        "{}",
        undone.err
    );
    let penalties = "[{kind='mcp',lambda=0.1},{kind='elastic_net',l1_ratio=1.0,lambda=1e9}]";
    let line =
        format!("run t.toml --set steps=2 --set optimizer={{kind='proximal'}} --set penalty={penalties} --force");
    let one_of_two = place.run(&line).success();
    assert!(
        one_of_two.err.contains("in 1 of 2 cells some trajectory never came to stop.kkt = 1e-5 (1 of mcp, "),
        "{}",
        one_of_two.err
    );
}
