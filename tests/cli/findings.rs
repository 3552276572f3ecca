//! What a run over a table shows to whoever has the table: its page, its pictures, and those that are drawn again.

use super::program::{Place, Table};
use std::fs;

const SPEC: &str = r#"name = "t"
steps = 2000
stop = { kkt = 1e-5 }
[problem]
kind = "least_squares"
table = "t.csv"
response = "y"
resample = { folds = 4, group = "who" }
[[penalty]]
kind = "lk"
k = 1.0
lambda = { path = 6, ratio = 0.1 }
[[penalty]]
kind = "mcp"
lambda = { path = 6, ratio = 0.1 }
[optimizer]
kind = "fista_restart"
"#;

pub fn place() -> Place {
    let place = Place::new();
    place.write("t.toml", SPEC);
    let row =
        |row: usize| format!("{},{},{},p{},{}\n", row % 5, row * row % 7, row % 3, row % 9, 3 * (row % 5) + row % 2);
    let rows: String = (0..36).map(row).collect();
    place.write("t.csv", &format!("a,b,free,who,y\n{rows}"));
    place
}

/// All texts of a picture or a page, on one line.
pub fn words(markup: &str) -> String {
    let texts = markup.split('<').filter_map(|part| part.split_once('>')).map(|(_, text)| text.trim());
    texts.filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" ")
}

/// The page tells what run.json and the tables tell, and names no command that refuses many weights.
#[test]
fn the_page_begins_with_the_finding() {
    let place = place();
    place.run("run t.toml --set problem.penalty_factor={free=0.0}").success();
    let page = place.read("results/t/report.html");
    let said = words(&page);
    let record: serde_json::Value = serde_json::from_str(&place.read("results/t/run.json")).expect("JSON");
    let finding = said.find("What was found").expect("a finding");
    for of in ["lk, penalty.k = 1, fista_restart", "mcp, penalty.gamma = 3, fista_restart"] {
        let own = record["held_out"].as_array().unwrap().iter().find(|own| own["of"] == of).expect("chosen lambdas");
        let at = finding + said[finding..].find(&format!("{of} The loss of rows")).expect("a setting");
        let shown = said[at..].split("is least at lambda = ").nth(1).and_then(|rest| rest.split([' ', ':']).next());
        let shown: f64 = shown.and_then(|text| text.parse().ok()).expect("a lambda");
        assert!((shown / own["least"]["lambda"].as_f64().unwrap() - 1.0).abs() < 1e-3, "{of}: {shown}");
        assert!(
            at > finding && said[at..].contains("The loss of rows that were left out is least at lambda = "),
            "{said}"
        );
        assert!(own["least"]["error"].as_f64().is_some_and(|error| error > 0.0));
    }
    assert!(said.contains("free (no penalty)"), "{said}");
    for told in [
        "went on from where 48 random trajectories ended: in 0 of them other weights are zero",
        "No trajectory diverged.",
        "All trajectories that did not diverge came to stop.kkt = 1e-5.",
        "zerosweep run DIR/spec.toml",
        "rows with the same who in one fold",
    ] {
        assert!(said.contains(told), "{told}: {said}");
    }
    for other in ["replay spec.toml", "explore spec.toml", "maps are pictures alone", "No trajectory was replayed"] {
        assert!(!page.contains(other), "{other}");
    }
    // A row of the table is one of coefficients.csv: `a` explains most of y, and is zero in no fold at the least loss.
    let coefficients = Table::new(&place.read("results/t/coefficients.csv"));
    let [lambda, weight, penalty, zero] =
        ["penalty.lambda", "weight", "penalty", "zero"].map(|name| coefficients.column(name));
    let least = record["held_out"][0]["least"]["lambda"].as_f64().unwrap() as f32;
    let is_own = |row: &&Vec<String>| row[penalty] == "lk" && row[lambda] == least.to_string() && row[weight] == "a";
    let row = coefficients.records.iter().find(is_own).expect("a row");
    assert_eq!(row[zero], "0");
    let table = &page[page.find("<tr><td>a</td>").expect("a row of the table")..];
    assert!(table[..table.find("</tr>").unwrap()].contains("<td class=\"number\">0 (0.0–"), "{}", &table[..300]);
}

/// `draw` makes the same pictures from the tables, byte by byte, and the page with them.
#[test]
fn pictures_of_many_weights_are_drawn_again_from_the_tables() {
    let place = place();
    place.run("run t.toml").success();
    let before = place.snapshot("results/t");
    let done = place.run("draw results/t --format svg,png,html --out d").success();
    let names = place.names("d");
    let drawn = place.snapshot("d");
    for stem in ["zero_rate", "coefficient-line", "support-line", "held_out_loss-line", "selection_frequency-line"] {
        for ending in ["svg", "png"] {
            let is_own = |name: &&String| name.starts_with(&format!("{stem}-penalty")) && name.ends_with(ending);
            let name = names.iter().find(is_own).unwrap_or_else(|| panic!("{stem} of {names:?}"));
            assert!(drawn[name] == before[name], "{name}");
        }
    }
    let finding = |page: &str| {
        let (_, rest) = page.split_once("What was found").expect("a finding");
        rest.split_once("<figure>").expect("a picture").0.to_owned()
    };
    assert_eq!(finding(&place.read("d/report.html")), finding(&place.read("results/t/report.html")), "{}", done.err);
    assert!(place.snapshot("results/t") == before);
    // What is chosen must be of some cell.
    let path = place.path("results/t/run.json");
    let mut record: serde_json::Value = serde_json::from_slice(&before["run.json"]).expect("JSON");
    record["held_out"][1]["within_an_error"]["lambda"] = 5.0.into();
    fs::write(&path, record.to_string()).expect("a record that takes text");
    let message = "error: cannot draw results/t: run.json tells of a lambda of \"mcp, penalty.gamma = 3, fista_restart\" that no cell has; run the \
                   sweep again with --force\n";
    place.run("draw results/t").failure(1, message);
}

#[test]
fn what_draw_cannot_make_of_many_weights_it_refuses() {
    let place = place();
    place.run("run t.toml").success();
    let refused = "error: draw makes the pictures of a run of many weights again as they are: --x, --y, --facets, --measure, --where, --difference, \
                   --interval and --line are for problems of one weight; leave them out\n";
    for option in ["--x penalty.lambda", "--measure fate", "--line", "--interval"] {
        place.run(&format!("draw results/t {option}")).failure(2, refused);
    }
    let path = place.path("results/t/coefficients.csv");
    let text = fs::read_to_string(&path).expect("a table");
    let mut lines: Vec<&str> = text.lines().collect();
    lines.swap(1, 2);
    fs::write(&path, lines.join("\n") + "\n").expect("a table that takes text");
    let message = "error: cannot draw results/t: line 2 of coefficients.csv is not of the cell that the sweep has there; run the sweep again with \
                   --force\n";
    place.run("draw results/t").failure(1, message);
    let cut = text.lines().take(4).map(|line| line.to_owned() + "\n").collect::<String>();
    fs::write(&path, cut).expect("a table that takes text");
    let short = place.run("draw results/t");
    assert!(
        short.err.contains("line 5 of coefficients.csv is missing; run the sweep again with --force"),
        "{}",
        short.err
    );
    fs::remove_file(&path).expect("a file");
    let none = place.run("draw results/t");
    assert!(none.err.contains("cannot read results/t/coefficients.csv"), "{}", none.err);
}

/// A damaged field is named with its table, line and column, what is allowed there and what to do.
#[test]
fn no_picture_is_drawn_from_what_no_run_writes() {
    let place = place();
    place.run("run t.toml").success();
    let cell = "a cell of this sweep has another number of them";
    let (share, number) = ("a share from 0 to 1 belongs there", "a finite number belongs there");
    for (file, column, found, allowed) in [
        ("coefficients.csv", "mean", "nan", number),
        ("coefficients.csv", "p90", "inf", number),
        ("coefficients.csv", "zero_rate", "1.5", share),
        ("coefficients.csv", "zero_rate_low", "-0.25", share),
        ("coefficients.csv", "zero", "0.5", "a whole number belongs there"),
        ("coefficients.csv", "diverged", "", "a count belongs there"),
        ("coefficients.csv", "draws", "0", cell),
        ("cells.csv", "support_mean", "NaN", number),
        ("cells.csv", "zero_rate_high", "nan", number),
        ("coefficients.csv", "mean", "1e300", number),
        ("coefficients.csv", "negative", "-1", "0 or more belongs there"),
        ("cells.csv", "residual_max", "-1", "0 or more belongs there"),
        ("cells.csv", "held_out_loss_error", "-1", "0 or more belongs there"),
        ("cells.csv", "held_out_loss_mean", "-inf", number),
        ("cells.csv", "zero_rate", "2", share),
        ("cells.csv", "trajectories", "5", cell),
    ] {
        let path = place.path(&format!("results/t/{file}"));
        let text = fs::read_to_string(&path).expect("a table");
        let mut lines: Vec<Vec<&str>> = text.lines().map(|line| line.split(',').collect()).collect();
        let at = lines[0].iter().position(|name| *name == column).expect("a column");
        lines[2][at] = found;
        let damaged: String = lines.iter().map(|line| line.join(",") + "\n").collect();
        fs::write(&path, damaged).expect("a table that takes text");
        let message = format!(
            "error: cannot draw results/t: line 3 of {file} says `{found}` in the column `{column}`, and {allowed}; run the sweep again with --force\n"
        );
        place.run("draw results/t").failure(1, &message);
        fs::write(&path, text).expect("a table that takes text");
    }
    let path = place.path("results/t/cells.csv");
    let text = fs::read_to_string(&path).expect("a table");
    let table = Table::new(&text);
    let zero = table.column("zero");
    let line = text.lines().nth(1).expect("a line");
    let mut fields: Vec<&str> = line.split(',').collect();
    fields[zero] = "999";
    fs::write(&path, text.replacen(line, &fields.join(","), 1)).expect("a table that takes text");
    let said = place.run("draw results/t").err;
    assert!(said.contains("line 2 of cells.csv has ") && said.contains(" fates for 4 trajectories; run the"), "{said}");
    assert!(!place.path("results/t/drawn").exists());
}

/// A draw that diverged selects nothing and is no zero, in pictures as in tables; every place says so.
#[test]
fn what_diverged_is_neither_zero_nor_selected() {
    let place = place();
    let options = "--set optimizer={kind='proximal',learning_rate=9.0} --set problem.resample={bootstrap=6} --set problem.exclude=['who']";
    place.run(&format!("run t.toml {options}")).success();
    let told = " % of the trajectories diverged: they count as neither zero nor selected, and in no mean";
    let svg = |stem: &str| {
        let names = place.names("results/t");
        let name = names.iter().find(|name| name.starts_with(stem) && name.ends_with("svg")).expect("a picture");
        words(&place.read(&format!("results/t/{name}")))
    };
    for stem in ["selection_frequency", "zero_rate", "coefficient", "support"] {
        assert!(svg(stem).contains(told), "{stem}: {}", svg(stem));
    }
    let page = place.read("results/t/report.html");
    assert!(
        words(&page).contains(" % of the trajectories diverged. They count as neither zero nor selected"),
        "{page}"
    );
    // The page keeps a weight up to the largest lambda at which half of the trajectories select it, or more.
    let table = Table::new(&place.read("results/t/coefficients.csv"));
    let column = |row: &Vec<String>, name: &str| row[table.column(name)].clone();
    let number = |row: &Vec<String>, name: &str| column(row, name).parse::<f64>().expect("a number");
    let diverged = table.records.iter().filter(|row| number(row, "diverged") == number(row, "trajectories")).count();
    assert!(diverged > 0, "some cell has nothing but what diverged");
    for weight in ["a", "b", "free"] {
        let is_kept = |row: &&Vec<String>| {
            let selected = number(row, "trajectories") - number(row, "zero") - number(row, "diverged");
            column(row, "penalty") == "lk"
                && column(row, "weight") == weight
                && 2.0 * selected >= number(row, "trajectories")
        };
        let kept = table.records.iter().filter(is_kept).map(|row| number(row, "penalty.lambda")).reduce(f64::max);
        let row = &page[page.find(&format!("<tr><td>{weight}</td>")).expect("a row")..];
        let shown = words(row.split("</td>").nth(1).expect("a field"));
        match kept {
            None => assert_eq!(shown, "–"),
            Some(kept) => {
                assert!(
                    (shown.parse::<f64>().expect("a lambda") / kept - 1.0).abs() < 1e-3,
                    "{weight}: {shown}, {kept}"
                )
            }
        }
    }
}

/// A single draw has no standard error: an empty field, null, and a word, and no 0.
#[test]
fn one_draw_has_no_standard_error() {
    let place = place();
    let done =
        place.run("run t.toml --set problem.resample={bootstrap=1,seed=3} --set problem.exclude=['who']").success();
    assert!(done.err.contains("(of a single draw) at lambda"), "{}", done.err);
    let cells = Table::new(&place.read("results/t/cells.csv"));
    let [loss, error] = ["held_out_loss_mean", "held_out_loss_error"].map(|name| cells.column(name));
    assert!(cells.records.iter().all(|row| !row[loss].is_empty() && row[error].is_empty()));
    let record: serde_json::Value = serde_json::from_str(&place.read("results/t/run.json")).expect("JSON");
    assert!(record["held_out"][0]["least"]["error"].is_null());
}

/// At a lambda that leaves no weight the held-out loss of a row is half the square of its distance from the mean: the standard error of the mean over
/// all rows is known, and whatever draws leave them out, and however many do, it is that, but for what the means of smaller draws add.
#[test]
fn the_standard_error_of_held_out_loss_is_that_of_the_rows() {
    let place = Place::new();
    let response = |row: usize| (row * row % 97) as f64;
    let rows = 200;
    let table: String = (0..rows).map(|row| format!("{},{}\n", row % 7, response(row))).collect();
    place.write("t.csv", &format!("a,y\n{table}"));
    place.write("t.toml", SPEC);
    let mean = (0..rows).map(response).sum::<f64>() / rows as f64;
    let losses: Vec<f64> = (0..rows).map(|row| (response(row) - mean).powi(2) / 2.0).collect();
    let mean = losses.iter().sum::<f64>() / rows as f64;
    let square = losses.iter().map(|loss| (loss - mean).powi(2)).sum::<f64>() / (rows - 1) as f64;
    let expected = (square / rows as f64).sqrt();
    for (resample, off) in [
        ("{folds=5,repeats=200}", 0.1),
        ("{folds=20,repeats=50}", 0.1),
        ("{folds=20}", 0.5),
        ("{half_sample=1000}", 0.15),
        ("{bootstrap=1000}", 0.1),
        ("{bootstrap=4000}", 0.1),
    ] {
        let sets = format!(
            "--set penalty={{kind='lk',k=1.0,lambda=1e9}} --set problem={{kind='least_squares',table='t.csv',response='y',resample={resample}}}"
        );
        place.run(&format!("run t.toml --force --audit 0 {sets}")).success();
        let cells = Table::new(&place.read("results/t/cells.csv"));
        let found: f64 = cells.records[0][cells.column("held_out_loss_error")].parse().expect("a number");
        assert!((found / expected - 1.0).abs() < off, "{resample}: {found}, {expected}");
    }
}

/// The held-out picture marks both lambdas, on the line of each penalty.
#[test]
fn held_out_loss_has_a_band_and_two_marks() {
    let place = place();
    place.run("run t.toml").success();
    let names = place.names("results/t");
    let name = names.iter().find(|name| name.starts_with("held_out_loss") && name.ends_with("svg")).expect("a picture");
    let svg = place.read(&format!("results/t/{name}"));
    let said = words(&svg);
    assert!(said.contains("Bands are one standard error of the mean to either side."), "{said}");
    assert!(said.contains("A dot is at the lambda of the least held-out loss, a ring at the largest within"), "{said}");
    for (width, mark) in [("4", "dot"), ("1.6", "ring")] {
        assert_eq!(svg.matches(&format!("stroke-width=\"{width}\" stroke-linejoin")).count(), 2, "a {mark} a penalty");
    }
}

/// Panels are those that there are: of penalties that each have parameters of their own, not one for each of the values that some of them have.
#[test]
fn many_penalties_have_pictures_of_their_weights() {
    let place = place();
    let kinds = ["lk', k = 1.0", "lk', k = 0.5", "elastic_net', l1_ratio = 0.5", "elastic_net', l1_ratio = 0.9"];
    let more = ["mcp', gamma = 3.0", "mcp', gamma = 4.0", "scad', gamma = 3.7", "scad', gamma = 4.0", "group_lasso'"];
    let penalty = |kind: &&str| format!("{{ kind = '{kind}, lambda = {{ path = 3, ratio = 0.1 }} }}");
    let penalties: Vec<String> = kinds.iter().chain(&more).map(penalty).collect();
    let (head, _) = SPEC.split_once("[[penalty]]").expect("a penalty");
    let (spec, problem) = head.split_once("[problem]").expect("a problem");
    let spec = format!(
        "{spec}penalty = [{}]\noptimizer = {{ kind = 'fista_restart' }}\n[problem]{problem}groups = {{ both = ['a', 'b'] }}\n",
        penalties.join(", ")
    );
    place.write("t.toml", &spec);
    let run = place.run("run t.toml --audit 0").success();
    assert!(!run.err.contains("panels"), "{}", run.err);
    assert!(place.names("results/t").iter().any(|name| name.starts_with("zero_rate") && name.ends_with(".png")));
}

/// What a single start and optimizer came to is told as such, once, where a penalty is not convex.
#[test]
fn what_follows_from_a_penalty_that_is_not_convex_is_said_once() {
    let place = place();
    let of = |penalties: &str| {
        let run = place.run(&format!("run t.toml --force --set penalty=[{penalties}]")).success();
        let page = words(&place.read("results/t/report.html"));
        [run.err, page].map(|text| {
            assert!(text.matches("not convex, so that").count() <= 1, "{text}");
            let (before, _) =
                text.split_once(" not convex, so that beside where a trajectory ends another minimum may be: ")?;
            Some(before.rsplit(['\n', '.']).next().unwrap_or_default().trim().trim_start_matches("note: ").to_owned())
        })
    };
    let [lk, half] = ["1.0", "[0.5,1.0]"].map(|k| format!("{{kind='lk',k={k},lambda=[0.5,0.1]}}"));
    let mcp = "{kind='mcp',lambda={path=3}}";
    assert_eq!(of(&lk), [None, None]);
    assert_eq!(of(&format!("{lk},{mcp}")), [(); 2].map(|()| Some("mcp is".to_owned())));
    assert_eq!(of(&format!("{half},{mcp}")), [(); 2].map(|()| Some("lk with some k, mcp are".to_owned())));
}

/// Draws that have one class alone, or counts of 0 alone, are counted. Of twelve rows, one of them of the other kind, a bootstrap has none of that with
/// the probability (11/12)^12.
#[test]
fn one_sided_draws_are_counted() {
    let place = Place::new();
    place.write("t.toml", "name = 't'\nsteps = 100\nproblem = { kind = 'logistic_regression', table = 't.csv', response = 'y' }\npenalty = { kind = 'lk', k = 1.0, lambda = [0.3, 0.1] }\n");
    let table = |ones: usize| {
        let row = |row: usize| format!("{},{}\n", row * row % 7, u8::from(row < ones));
        format!("a,y\n{}", (0..12).map(row).collect::<String>())
    };
    let of = |ones: usize, options: &str| {
        place.write("t.csv", &table(ones));
        let run = place.run(&format!("run t.toml --force --audit 0 {options}")).success();
        let record: serde_json::Value = serde_json::from_str(&place.read("results/t/run.json")).expect("JSON");
        let count = record["model"]["one_sided_draws"].clone();
        let page = words(&place.read("results/t/report.html"));
        for text in [&run.err, &page] {
            let said = text.matches(&format!("{count} of ")).count();
            let is_told = count.as_u64().is_some_and(|count| count > 0);
            assert_eq!(text.contains(" in the response: a weight that no penalty holds"), is_told, "{text}");
            assert!(!is_told || said > 0, "{text}");
        }
        (count.as_u64(), run.err)
    };
    let bootstrap = "--set problem.resample={bootstrap=400,seed=1}";
    let share = (11.0_f64 / 12.0).powi(12);
    let deviation = (400.0 * share * (1.0 - share)).sqrt();
    for (kind, what) in [("logistic", "have one class alone"), ("poisson", "have counts of 0 alone")] {
        let (count, said) = of(1, &format!("{bootstrap} --set problem.kind={kind}_regression"));
        // More than four standard deviations are one in ten thousand.
        assert!(count.is_some_and(|count| (count as f64 - 400.0 * share).abs() < 4.0 * deviation), "{kind}: {count:?}");
        assert!(said.contains(&format!(" of 400 draws of rows {what} in the response")), "{said}");
    }
    // Ones alone are one class, and counts like others.
    let (zeros, _) = of(11, &format!("{bootstrap} --set problem.kind=logistic_regression"));
    assert!(zeros.is_some_and(|count| (count as f64 - 400.0 * share).abs() < 4.0 * deviation), "{zeros:?}");
    assert_eq!(of(11, &format!("{bootstrap} --set problem.kind=poisson_regression")).0, Some(0));
    assert_eq!(of(4, "--set problem.resample={folds=4,seed=1}").0, Some(0));
    assert_eq!(of(4, "--set problem.kind=least_squares --set problem.resample={folds=4,seed=1}").0, None);
}

/// Where another minimum is nearby the judge may go to it: that is no sign of a run that ended early.
#[test]
fn the_audit_tells_early_ends_from_other_minima() {
    let place = place();
    let run = place
        .run("run t.toml --audit 160 --set penalty=[{kind='lk',k=0.5,lambda={geomspace=[0.5,0.005,40]}}]")
        .success();
    assert!(run.err.contains("of these are of penalties that are not convex"), "{}", run.err);
    assert!(!run.err.contains("ended too early"), "{}", run.err);
    let record: serde_json::Value = serde_json::from_str(&place.read("results/t/run.json")).expect("JSON");
    let judged = &record["audit"]["coordinate_descent"];
    assert!(judged["differs"].as_u64().is_some_and(|own| own > 0));
    assert_eq!(judged["differs"], judged["differs_not_convex"]);
}
