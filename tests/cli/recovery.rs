//! What is said and drawn of how often the true weights are found, and of penalties that have one lambda each.

use super::chosen::{number, record, rows, side_by_side};
use super::findings::words;
use super::program::{Place, Table};

/// Designs of 12 weights, of which 3 are true, along lists of lambda.
const SPEC: &str = "name = 't'\nsteps = 3000\nstop = { kkt = 1e-4 }\npenalty = [{ kind = 'lk', k = 1.0, lambda = [0.03, 0.1, 0.3, 1.0] }, \
                    { kind = 'mcp', lambda = [0.03, 0.1, 0.3, 1.0] }]\n[problem]\nkind = 'least_squares'\n\
                    design = { rows = 40, columns = 12, support = 3, noise = 0.4, seed = 3 }\nresample = { designs = 10 }\n";

fn place() -> Place {
    let place = Place::new();
    place.write("t.toml", SPEC);
    place
}

/// The names of the pictures along lambda up to their axes: `support-line`.
fn pictures(place: &Place) -> Vec<String> {
    let stem = |name: String| {
        let (stem, rest) = name.strip_suffix(".svg")?.split_once('-')?;
        let (line, _) = rest.split_once("penalty.lambda")?;
        ["", "line-"].contains(&line).then(|| format!("{stem}-{line}").trim_end_matches('-').to_owned())
    };
    let stems = place.names("results/t").into_iter().filter_map(stem);
    let mut stems: Vec<String> = stems.collect();
    stems.sort();
    stems
}

/// The text of the picture whose name begins so.
fn picture(place: &Place, stem: &str) -> String {
    let names = place.names("results/t");
    let name = names.iter().find(|name| name.starts_with(stem) && name.ends_with(".svg")).expect("a picture");
    place.read(&format!("results/t/{name}"))
}

/// The greatest recovered rate of each penalty by cells.csv: of equals the one with the fewest mistakes, and then the largest lambda.
fn best(place: &Place) -> Vec<Vec<String>> {
    let cells = Table::new(&place.read("results/t/cells.csv"));
    let names = ["penalty", "penalty.lambda", "recovered_rate", "recovered_rate_low", "recovered_rate_high"];
    let all = rows(&cells, &[&names[..], &["false_selections_mean", "missed_mean", "trajectories"]].concat());
    let of = |penalty: &str| {
        let rank = |row: &&Vec<String>| {
            let [lambda, rate, wrong, missed] = [1, 2, 5, 6].map(|column| number(&row[column]));
            (rate, -(wrong + missed), lambda)
        };
        let own = all.iter().filter(|row| row[0] == penalty);
        own.max_by(|a, b| rank(a).partial_cmp(&rank(b)).expect("numbers")).expect("a cell").clone()
    };
    ["lk", "mcp"].map(of).to_vec()
}

fn assert_told(place: &Place, said: &str) {
    let told = record(place)["recovered"].as_array().expect("a list").clone();
    let page = words(&place.read("results/t/report.html"));
    let best = best(place);
    assert_eq!(told.len(), best.len());
    for (own, row) in told.iter().zip(&best) {
        let of = own["of"].as_str().expect("a setting");
        assert!(of.starts_with(&row[0]), "{of}");
        let names = ["lambda", "rate", "low", "high", "false_selections", "missed"];
        for (name, column) in names.into_iter().zip(1..) {
            let (found, expected) = (own[name].as_f64().expect("a number"), number(&row[column]));
            assert!((found - expected).abs() <= 1e-6, "{of}: {name}: {found}, {expected}");
        }
        let share = |column: usize| 100.0 * number(&row[column]);
        let rate = match share(2) {
            100.0 => "100".to_owned(),
            share => format!("{share:.1}"),
        };
        let line = format!(
            "recovered: {of}: {} of {} trajectories ({rate} %; 95 %: {:.1} to {:.1} %) find exactly the true weights at lambda = {}, with {:.2} false and \
             {:.2} missed selections in the mean\n",
            own["recovered"],
            row[7],
            share(3),
            share(4),
            row[1],
            number(&row[5]),
            number(&row[6])
        );
        assert!(said.contains(&line), "{line}{said}");
        let fields = format!("{of} {} {rate} ({:.1}–{:.1}) ", row[1], share(3), share(4));
        assert!(page.contains(&fields), "{fields}: {page:.3000}");
    }
}

/// Of fresh designs no weight is the same in two draws: there are pictures of how often the truth is found, and none of a weight.
#[test]
fn fresh_designs_have_pictures_of_the_recovery_alone() {
    let place = place();
    let run = place.run("run t.toml --audit 0").success();
    assert_eq!(pictures(&place), ["false_selections-line", "missed-line", "recovered_rate-line", "support-line"]);
    assert_told(&place, &run.err);
    let page = words(&place.read("results/t/report.html"));
    assert!(page.contains("Each draw is a design with true weights of its own, so that no weight has a mean."));
    assert!(!page.contains("w1"), "no weight has a row");
    let rates = picture(&place, "recovered_rate-line");
    let said = words(&rates);
    assert!(said.contains("Bands are 95 % intervals for what is drawn at random."), "{said}");
    for stem in ["recovered_rate-line", "false_selections-line", "missed-line"] {
        let svg = picture(&place, stem);
        assert!(words(&svg).contains("A dot is at the lambda of the greatest recovered rate"), "{stem}");
        assert_eq!(svg.matches("stroke-width=\"4\" stroke-linejoin").count(), 2, "a dot a penalty: {stem}");
    }
    let before = place.snapshot("results/t");
    place.run("draw results/t --format svg,html --out d").success();
    let drawn = place.snapshot("d");
    let names = place.names("d");
    assert_eq!(names.iter().filter(|name| name.ends_with(".svg")).count(), 4, "{names:?}");
    names.iter().filter(|name| name.ends_with(".svg")).for_each(|name| assert!(drawn[name] == before[name], "{name}"));
    assert!(words(&place.read("d/report.html")).contains("The true weights"));
}

/// A rate that is greatest at an end is told as such, and a lambda of which run.json tells must be of some cell.
#[test]
fn a_best_lambda_at_an_end_is_told() {
    let place = place();
    let run = place.run("run t.toml --audit 0 --set penalty={kind='lk',k=1.0,lambda=[1.1,0.7]}").success();
    let larger = "the recovered rate is greatest at the largest lambda, and may be greater";
    let smaller = "the recovered rate is greatest at the smallest lambda, and may be greater at a smaller one: give a path a smaller ratio, or a list \
                   smaller lambdas";
    assert!(run.err.contains(&format!("note: lk, fista_restart: {smaller}\n")), "{}", run.err);
    assert!(!run.err.contains(larger));
    assert!(words(&place.read("results/t/report.html")).contains(&format!("Note : lk, fista_restart: {smaller}.")));
    let mut told = record(&place);
    assert_eq!(told["recovered"][0]["edge"], "smallest");
    told["recovered"][0]["lambda"] = 7.0.into();
    place.write("results/t/run.json", &told.to_string());
    let message = "error: cannot draw results/t: run.json tells of a lambda of \"lk, fista_restart\" that no cell has; run the sweep again with --force\n";
    place.run("draw results/t").failure(1, message);
}

/// Where both sizes of designs are lists there is the map of them, and no line where there is no lambda to go along.
#[test]
fn sizes_of_designs_have_a_map() {
    let place = place();
    let sizes = "--set problem.design.rows=[20,40] --set problem.design.support=[2,3]";
    let one = "--set penalty={kind='lk',k=1.0,lambda=0.1}";
    let run = place.run(&format!("run t.toml --audit 0 {sizes} {one}")).success();
    let maps = |place: &Place| -> Vec<String> {
        let is_map = |name: &String| name.ends_with(".svg") && name.contains("-p");
        place.names("results/t").into_iter().filter(is_map).collect()
    };
    assert_eq!(maps(&place).len(), 1, "{:?}", maps(&place));
    assert!(maps(&place)[0].starts_with("accurate_rate-problem.design.rows-problem.design.support"));
    assert!(!run.err.contains("no picture"), "{}", run.err);
    assert_eq!(run.err.matches("recovered: lk, ").count(), 4, "{}", run.err);
    // Along rows alone there are lines, whose cells have one lambda each: none is the best.
    place.run(&format!("run t.toml --audit 0 --set problem.design.rows=[20,40] {one} --force")).success();
    let rates = picture(&place, "recovered_rate-line-problem.design.rows");
    assert!(!words(&rates).contains("A dot is at the lambda") && !rates.contains("stroke-width=\"4\" stroke-linejoin"));
    place.run(&format!("run t.toml --audit 0 {sizes} --force")).success();
    assert_eq!(pictures(&place), ["false_selections-line", "missed-line", "recovered_rate-line", "support-line"]);
    assert!(maps(&place).iter().any(|name| name.starts_with("accurate_rate-")));
}

/// A design with one truth for all draws has pictures of its weights, too, and its tables say which are true.
#[test]
fn tables_say_which_weights_are_true() {
    let place = place();
    let run = place.run("run t.toml --audit 0 --set problem.resample={bootstrap=10,seed=1}").success();
    let line = |name: &str| format!("{name}-line");
    let mut expected = [
        "coefficient",
        "false_selections",
        "held_out_loss",
        "missed",
        "recovered_rate",
        "selection_frequency",
        "support",
    ]
    .map(line)
    .to_vec();
    expected.push("zero_rate".to_owned());
    assert_eq!(pictures(&place), expected);
    assert_told(&place, &run.err);
    let page = place.read("results/t/report.html");
    let told = record(&place);
    let weights = told["model"]["weights"].as_array().expect("weights");
    assert_eq!(weights.iter().filter(|own| own["truth"] != 0.0).count(), 3);
    for own in weights {
        let (name, truth) = (own["name"].as_str().expect("a name"), own["truth"].as_f64().expect("a number"));
        let mark =
            if truth == 0.0 { String::new() } else { format!(" (truth {})", if truth > 0.0 { "1" } else { "−1" }) };
        // In the table of each of two settings.
        assert_eq!(page.matches(&format!("<tr><td>{name}{mark}</td>")).count(), 2, "{name}{mark}");
        let shown = side_by_side(&page);
        let row = shown.iter().find(|row| row[0].split(' ').next() == Some(name));
        assert!(row.map_or(truth == 0.0, |row| row[0] == format!("{name}{mark}")), "{row:?}");
    }
}

/// Penalties with one lambda each are no steps along a line: no picture joins them or leaves one out, and the page has all of them.
#[test]
fn penalties_of_one_lambda_stand_side_by_side() {
    let place = super::findings::place();
    let kinds = ["lk', k = 1.0", "lk', k = 0.5", "lk', k = 2.0", "elastic_net', l1_ratio = 0.5", "mcp'", "scad'"];
    let penalties = kinds.map(|kind| format!("{{ kind = '{kind}, lambda = 0.2 }}")).join(", ");
    let problem = "name = 't'\nsteps = 2000\n[problem]\nkind = 'least_squares'\ntable = 't.csv'\nresponse = 'y'\nexclude = ['who']\n";
    place.write("t.toml", &format!("penalty = [{penalties}]\n{problem}"));
    let run = place.run("run t.toml --audit 0").success();
    let note = "note: no picture of the weights: lambda is not swept, nor anything else for lines to go along: report.html has all settings in a table; give \
                lambda a path or a list\n";
    assert!(run.err.contains(note), "{}", run.err);
    let names = place.names("results/t");
    assert!(!names.iter().any(|name| name.ends_with(".svg") && name.contains("penalty.")), "{names:?}");
    let coefficients = Table::new(&place.read("results/t/coefficients.csv"));
    let told = rows(&coefficients, &["weight", "zero_rate", "mean"]);
    let page = place.read("results/t/report.html");
    let shown = side_by_side(&page);
    for name in ["a", "b", "free"] {
        let own: Vec<&Vec<String>> = told.iter().filter(|row| row[0] == name).collect();
        assert_eq!(own.len(), kinds.len());
        let Some(row) = shown.iter().find(|row| row[0] == name) else {
            assert!(own.iter().all(|own| own[1] == "1.000000"), "{name}");
            continue;
        };
        assert_eq!(row.len(), 1 + kinds.len());
        for (field, own) in row[1..].iter().zip(own) {
            let expected = number(&own[2]);
            let is_zero = own[1] == "1.000000";
            assert_eq!(field.is_empty(), is_zero, "{name}: {field:?} {own:?}");
            assert!(is_zero || (number(field) - expected).abs() <= 0.005 * expected.abs(), "{name}: {field} {own:?}");
        }
    }
    let said = words(&page);
    assert!(said.contains(&format!("lambda{} weights kept", " 0.2".repeat(kinds.len()))), "{said}");
    assert!(said.contains("Each setting at its lambda: the mean of a coefficient over the trajectories"), "{said}");
    assert!(!said.contains("held-out loss") && !said.contains("chosen.csv"), "{said}");
    // A single trajectory a cell has no quantiles to speak of; several have.
    let path = "--set penalty=[{kind='lk',k=1.0,lambda=[0.5,0.1]}] --force";
    for (drawn, has_bands) in [("", false), ("--set problem.resample={bootstrap=5,seed=1}", true)] {
        place.run(&format!("run t.toml --audit 0 {path} {drawn}")).success();
        let said = words(&picture(&place, "coefficient-line"));
        assert_eq!(said.contains("Bands are from the quantile"), has_bands, "{said}");
    }
}
