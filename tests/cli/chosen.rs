//! What is said of the lambdas that held-out loss chooses: their weights side by side, in a table of the page and in chosen.csv.

use super::findings::{place, words};
use super::program::{Place, Table};
use serde_json::Value;

const RULES: [&str; 2] = ["least", "within_an_error"];

pub fn record(place: &Place) -> Value {
    serde_json::from_str(&place.read("results/t/run.json")).expect("JSON")
}

/// The number of run.json as tables have it.
fn shortest(number: &Value) -> f32 {
    number.as_f64().expect("a number") as f32
}

/// Rows of a table as lists of the fields in these columns.
pub fn rows(table: &Table, names: &[&str]) -> Vec<Vec<String>> {
    let columns: Vec<usize> = names.iter().map(|name| table.column(name)).collect();
    table.records.iter().map(|row| columns.iter().map(|column| row[*column].clone()).collect()).collect()
}

/// A number as a page writes it, 8.21×10⁻⁵, or a table.
pub fn number(text: &str) -> f64 {
    let plain: String = text.replace("×10", "e").replace(['−', '⁻'], "-");
    let digit = |own: char| "⁰¹²³⁴⁵⁶⁷⁸⁹".chars().position(|raised| raised == own);
    let plain: String = plain.chars().map(|own| digit(own).map_or(own, |place| (b'0' + place as u8) as char)).collect();
    plain.parse().unwrap_or_else(|error| panic!("{text:?}: {error}"))
}

/// Fields of the rows of the table that sets settings side by side, from the row of its weights on.
pub fn side_by_side(page: &str) -> Vec<Vec<String>> {
    let (_, table) = page.split_once("<h3>Side by side</h3>").expect("a table");
    let (_, body) = table.split_once("<tbody>").expect("rows");
    let (body, _) = body.split_once("</tbody>").expect("an end");
    let field = |field: &str| words(&format!("<b>{field}</b>")).replace('\u{a0}', " ");
    let row = |row: &str| {
        let (name, fields) = row.split_once("</th>").expect("a name");
        let fields = fields.split("</td>").filter_map(|own| own.split_once("<td class=\"number\">"));
        std::iter::once(field(name)).chain(fields.map(|(_, own)| field(own))).collect()
    };
    body.split("</tr>").filter(|own| own.contains("<tr>")).map(row).collect()
}

/// chosen.csv has the rows of coefficients.csv that run.json's lambdas choose, each with the loss that chose it.
#[test]
fn chosen_weights_are_those_of_coefficients_at_the_chosen_lambdas() {
    let place = place();
    place.run("run t.toml --set problem.resample={bootstrap=12,seed=1} --set problem.exclude=['who']").success();
    let chosen = Table::new(&place.read("results/t/chosen.csv"));
    let coefficients = Table::new(&place.read("results/t/coefficients.csv"));
    let identity = ["problem", "penalty", "optimizer", "penalty.lambda", "weight"];
    let numbers = [
        "trajectories",
        "draws",
        "diverged",
        "zero_rate",
        "zero_rate_low",
        "zero_rate_high",
        "mean",
        "p10",
        "p50",
        "p90",
    ];
    let shared = [&identity[..], &numbers].concat();
    let all = rows(&coefficients, &shared);
    let mut expected = Vec::new();
    for own in record(&place)["held_out"].as_array().expect("chosen lambdas") {
        let penalty = own["of"].as_str().and_then(|of| of.split(',').next()).expect("a kind");
        for rule in RULES {
            let lambda = shortest(&own[rule]["lambda"]).to_string();
            let is_own = |row: &&Vec<String>| row[1] == penalty && row[3].parse::<f32>().ok() == lambda.parse().ok();
            let told =
                [rule.to_owned(), shortest(&own[rule]["loss"]).to_string(), shortest(&own[rule]["error"]).to_string()];
            expected.extend(all.iter().filter(is_own).map(|row| [&row[..], &told].concat()));
        }
    }
    assert_eq!(expected.len(), 2 * 2 * 3);
    let found = rows(&chosen, &[&shared[..], &["rule", "held_out_loss", "held_out_loss_error"]].concat());
    assert_eq!(found, expected);
    assert!(record(&place)["files"].as_array().unwrap().contains(&"chosen.csv".into()));
    // Without rows that are left out nothing is chosen, and the file of the run before goes.
    place.run("run t.toml --set problem.resample={folds=4,group='who'} --set penalty=[{kind='lk',k=1.0,lambda=0.5}] --force").success();
    assert!(!place.path("results/t/chosen.csv").exists());
}

/// The page has of each weight that some draw keeps what chosen.csv has of it, and a field is empty where it is zero in every draw.
#[test]
fn the_page_has_chosen_weights_side_by_side() {
    let place = Place::new();
    let spec = "name = 't'\nsteps = 2000\nstop = { kkt = 1e-4 }\npenalty = [{ kind = 'lk', k = 1.0, lambda = { path = 6, ratio = 0.1 } }, \
                { kind = 'lk', k = 0.5, lambda = { path = 6, ratio = 0.1 } }, { kind = 'mcp', lambda = { path = 6, ratio = 0.1 } }]\n[problem]\nkind = 'least_squares'\n\
                design = { rows = 60, columns = 150, support = 3, noise = 0.5, seed = 2 }\nresample = { folds = 5, seed = 1 }\n";
    place.write("t.toml", spec);
    place.run("run t.toml --audit 0").success();
    let page = place.read("results/t/report.html");
    let chosen = Table::new(&place.read("results/t/chosen.csv"));
    let told = rows(&chosen, &["weight", "penalty", "penalty.k", "penalty.lambda", "zero_rate", "mean"]);
    // Columns are the lambdas in the order of the table, each once.
    let mut columns: Vec<&[String]> = Vec::new();
    told.iter().for_each(|row| columns.extend((!columns.contains(&&row[1..4])).then_some(&row[1..4])));
    let shown = side_by_side(&page);
    let mut listed = 0;
    for weight in (1..=150).map(|number| format!("w{number}")) {
        let row = shown.iter().find(|row| row[0].split(' ').next() == Some(&weight));
        let own =
            |column: &&[String]| told.iter().find(|row| row[0] == weight && row[1..4] == **column).expect("a row");
        let own: Vec<&Vec<String>> = columns.iter().map(own).collect();
        let Some(row) = row else {
            assert!(own.iter().all(|row| row[4] == "1.000000"), "{weight} is zero in every draw");
            continue;
        };
        listed += 1;
        assert_eq!(row.len(), 1 + columns.len());
        for (field, own) in row[1..].iter().zip(own) {
            let rate: f64 = own[4].parse().expect("a rate");
            if rate == 1.0 {
                assert_eq!(field, "", "{weight}");
                continue;
            }
            let (mean, zero) = field.split_once(" zero in ").unwrap_or((field, "0 %"));
            let [mean, expected] = [mean, &own[5]].map(number);
            assert!((mean - expected).abs() <= 0.005 * expected.abs(), "{weight}: {mean}, {expected}");
            assert_eq!(zero.trim_end_matches(" %").parse::<f64>().expect("a share"), 100.0 * rate, "{weight}");
        }
    }
    assert!((3..100).contains(&listed) && shown.len() == listed, "{listed}");
    let said = words(&page);
    assert!(
        said.contains(&format!("{} weights are zero in every draw at each of these lambdas", 150 - listed)),
        "{listed}"
    );
    for of in ["lk, penalty.k = 1, ", "lk, penalty.k = 0.5, ", "mcp, penalty.gamma = 3, "] {
        assert!(said.contains(of), "{of}");
    }
    // Of a single setting there is nothing to compare.
    place.run("run t.toml --audit 0 --set penalty=[{kind='lk',k=1.0,lambda={path=3}}] --out one").success();
    assert!(!place.read("one/report.html").contains("Side by side"));
}

/// A chosen lambda at an end is told in the text, run.json and the page, with what to change.
#[test]
fn a_chosen_lambda_at_an_end_is_told() {
    let place = place();
    let smaller = "the least loss is at the smallest lambda, and may be less at a smaller one: give a path a smaller ratio, or a list smaller lambdas";
    let larger = "the largest lambda is within a standard error of the least loss, and a larger one may be, too: give a list with larger lambdas, a path \
                  begins no higher";
    let least = "the least loss is at the largest lambda, and may be less at a larger one: give a list with larger lambdas, a path begins no higher";
    // `a` explains nearly all of y: the less it shrinks, the better.
    for (lambdas, edges, told) in [
        ("{path=3,ratio=0.2}", [Some("smallest"); 2], &[smaller][..]),
        ("[0.12,0.1]", [Some("smallest"), Some("largest")], &[smaller, larger]),
        ("[0.002,0.001]", [Some("largest"); 2], &[least]),
        ("[1.0,0.0]", [None, None], &[]),
    ] {
        let run = place
            .run(&format!("run t.toml --force --audit 0 --set penalty=[{{kind='lk',k=1.0,lambda={lambdas}}}]"))
            .success();
        let own = &record(&place)["held_out"][0];
        assert_eq!(RULES.map(|rule| own[rule]["edge"].as_str()), edges, "{lambdas}");
        let page = words(&place.read("results/t/report.html"));
        let names = place.names("results/t");
        let name =
            names.iter().find(|name| name.starts_with("held_out_loss") && name.ends_with("svg")).expect("a picture");
        let svg = words(&place.read(&format!("results/t/{name}")));
        assert_eq!(
            svg.contains("Beyond the end of a line that has one there may be a better one."),
            !told.is_empty(),
            "{svg}"
        );
        for sentence in [smaller, larger, least] {
            let is_told = told.contains(&sentence);
            assert_eq!(run.err.contains(&format!("note: lk, fista_restart: {sentence}\n")), is_told, "{}", run.err);
            assert_eq!(page.contains(&format!("Note : {sentence}.")), is_told, "{page}");
            let beyond = own["beyond"].as_array().expect("a list");
            assert_eq!(beyond.contains(&sentence.into()), is_told, "{own}");
        }
    }
}

/// A line of a picture: its points, its ink and its dashes.
type Curve<'a> = (Vec<(f64, f64)>, &'a str, &'a str);

fn curves(svg: &str) -> Vec<Curve<'_>> {
    fn part<'a>(line: &'a str, name: &str) -> Option<&'a str> {
        line.split(&format!(" {name}=\"")).nth(1)?.split('"').next()
    }
    let curve = |line| {
        let points = part(line, "d")?.split(['M', 'L']).filter_map(|point| {
            let (x, y) = point.split_once(' ')?;
            Some((x.parse().ok()?, y.parse().ok()?))
        });
        Some((points.collect(), part(line, "stroke")?, part(line, "stroke-dasharray").unwrap_or("solid")))
    };
    svg.lines().filter(|line| line.contains(" stroke-linejoin=")).filter_map(curve).collect()
}

/// The x of the lines from the bottom of a panel to its top that have this ink and these dashes.
fn uprights(svg: &str, ink: &str, dashes: &str) -> Vec<f64> {
    let own = curves(svg).into_iter().filter(|(_, own_ink, own)| *own_ink == ink && *own == dashes);
    let upright = own.filter(|(points, ..)| points.len() == 2 && points[0].0 == points[1].0);
    upright.map(|(points, ..)| points[0].0).collect()
}

/// Pictures of weights have upright lines at the chosen lambdas, in each panel its own; those of all weights together have dots and rings.
#[test]
fn pictures_mark_the_chosen_lambdas() {
    let place = place();
    let options =
        "--set problem.resample={half_sample=6,seed=1} --set report.stability={pfer=2.0} --set problem.exclude=['who']";
    let penalties = "[{kind='lk',k=1.0,lambda={path=30,ratio=0.01}},{kind='mcp',lambda={path=30,ratio=0.02}}]";
    place.run(&format!("run t.toml {options} --set penalty={penalties}")).success();
    let names = place.names("results/t");
    let svg = |stem: &str| {
        let name = names.iter().find(|name| name.starts_with(stem) && name.ends_with("svg")).expect("a picture");
        place.read(&format!("results/t/{name}"))
    };
    let told = record(&place);
    let cells = Table::new(&place.read("results/t/cells.csv"));
    // The rank of a chosen lambda among those of its penalty, which stand from the right to the left.
    let ranks = |list: &Value, lambda: &dyn Fn(&Value) -> f32| -> Vec<usize> {
        let own = list.as_array().expect("chosen lambdas").iter().zip(["lk", "mcp"]);
        own.map(|(own, penalty)| {
            assert!(own["of"].as_str().is_some_and(|of| of.starts_with(penalty)), "{own}");
            let all = rows(&cells, &["penalty", "penalty.lambda"]);
            let all: Vec<f32> =
                all.iter().filter(|row| row[0] == penalty).filter_map(|row| row[1].parse().ok()).collect();
            29 - all.iter().position(|own_lambda| *own_lambda == lambda(own)).expect("a lambda of the table")
        })
        .collect()
    };
    let [least, within] = RULES.map(|rule| ranks(&told["held_out"], &|own| shortest(&own[rule]["lambda"])));
    let stable = ranks(&told["stability"]["chosen"], &|own| shortest(&own["lambda"]));
    assert!(least.iter().zip(&within).all(|(least, within)| least != within), "{least:?} {within:?}");
    let said = "A solid upright line is at the lambda of the least held-out loss, a dotted one at the largest within a standard error of that";
    for stem in ["coefficient-line", "selection_frequency"] {
        let chart = svg(stem);
        // Panels stand below each other, so that lines have the same x for the same rank; an upright line is in the panel before the next one's.
        let lines: Vec<_> = curves(&chart).into_iter().filter(|(points, ..)| points.len() == 30).collect();
        let xs = |line: usize| -> Vec<f64> { lines[line].0.iter().map(|(x, _)| *x).collect() };
        assert!(lines.len() == 6 && (0..6).all(|line| xs(line) == xs(0)), "{stem}");
        let at = |ranks: &[usize]| -> Vec<f64> { ranks.iter().map(|rank| xs(0)[*rank]).collect() };
        assert_eq!(uprights(&chart, "#555555", "solid"), at(&least), "{stem}");
        assert_eq!(uprights(&chart, "#555555", "1.5 2.5"), at(&within), "{stem}");
        let stable = if stem == "coefficient-line" { Vec::new() } else { at(&stable) };
        assert_eq!(uprights(&chart, "#555555", "4 3"), stable, "{stem}");
        assert!(words(&chart).contains(said), "{stem}");
    }
    let map = svg("zero_rate");
    assert_eq!(["solid", "1.5 2.5"].map(|dashes| uprights(&map, "#222222", dashes).len()), [2, 2]);
    assert_eq!(uprights(&map, "#ffffff", "solid").len(), 4);
    assert!(words(&map).contains(said));
    assert!(words(&svg("selection_frequency")).contains("The level dashed line is at the threshold, 0.75"));
    assert!(words(&svg("support")).contains("A dot is at the lambda of the least held-out loss"));
}
