//! Line charts, read back from their SVG.

use crate::heatmap::reader::words;
use crate::heatmap::sweep::{Made, caption, linspace, numbers, request, role, sweep, zero_of_ten};
use crate::support::{audited, maps, on_cpu, spec, statistics, table_of_cells};
use zerosweep::backend::RunOptions;
use zerosweep::output::lines::draw;
use zerosweep::output::marks::Marks;
use zerosweep::plan::Plan;
use zerosweep::spec::{Key, MapRequest, Measure};

fn svg(made: &Made, y: &str, facets: &[&str]) -> String {
    let request = MapRequest { line: true, measures: vec![Measure::ZERO_RATE], ..request("a.x", y, facets) };
    let table = made.table(&[Measure::ZERO_RATE]);
    draw(&table, &request, &caption(), "trajectories", &Marks::default()).unwrap().remove(0).svg
}

type Points = Vec<(f64, f64)>;

/// The points of every path whose line says `what`.
fn paths(svg: &str, what: &str) -> Vec<Points> {
    let lines = svg.lines().filter(|line| line.starts_with("<path") && line.contains(what));
    let points = |line: &str| {
        let path = line.split(" d=\"").nth(1).unwrap().split('"').next().unwrap();
        let points = path.trim_end_matches('z').split(['M', 'L']).skip(1).map(|point| {
            let (x, y) = point.split_once(' ').unwrap();
            (x.parse().unwrap(), y.parse().unwrap())
        });
        points.collect()
    };
    lines.map(points).collect()
}

/// The lines of data: those of a legend are level.
fn curves(svg: &str) -> Vec<Points> {
    let joined = paths(svg, "stroke-linejoin");
    joined.into_iter().filter(|points| points.len() != 2 || points[0].1 != points[1].1).collect()
}

fn rising(keys: &[Key], column: usize) -> u64 {
    (10.0 * keys[column].number().unwrap()).round() as u64
}

#[test]
fn a_line_goes_through_its_values() {
    let mut made = sweep(&[linspace("a.x", 0.0, 1.0, 11)], |keys| zero_of_ten(rising(keys, 0)));
    made.rows.iter_mut().for_each(|row| row.numbers.push(("draws", 10)));
    let svg = svg(&made, "", &[]);
    let [line] = &curves(&svg)[..] else { panic!("one line") };
    assert_eq!(line.len(), 11);
    let (first, last) = (line[0], line[10]);
    assert!(first.0 < last.0 && first.1 > last.1);
    for (place, (x, y)) in line.iter().enumerate() {
        let share = place as f64 / 10.0;
        // Written to a hundredth of a pixel.
        assert!((x - first.0 - share * (last.0 - first.0)).abs() < 0.02);
        assert!((y - first.1 - share * (last.1 - first.1)).abs() < 0.02);
    }
    // The band has each end of the interval once: Wilson's of 0 of 10 draws is 0 to 0.278.
    let [band] = &paths(&svg, "fill-opacity=\"0.18\"")[..] else { panic!("one band") };
    assert_eq!(band.len(), 22);
    assert_eq!(band[0], first);
    let top = first.1 + 0.2775 * (last.1 - first.1);
    assert!((band[21].1 - top).abs() < 0.05, "{band:?}, {top}");
}

#[test]
fn a_line_has_a_gap_where_nothing_was_run() {
    let made = sweep(&[linspace("a.x", 0.0, 1.0, 11)], |keys| {
        let is_missing = [3, 5].contains(&rising(keys, 0));
        if is_missing { Some([0; 7]) } else { zero_of_ten(rising(keys, 0)) }
    });
    let svg = svg(&made, "", &[]);
    assert_eq!(curves(&svg).iter().map(Vec::len).collect::<Vec<_>>(), [3, 5]);
    // What stands alone is a square, and without draws there is no band.
    assert_eq!(svg.matches("width=\"4\" height=\"4\"").count(), 1);
    assert!(paths(&svg, "fill-opacity").is_empty());
}

#[test]
fn each_value_has_a_line_and_each_facet_a_panel() {
    let axes = [role("optimizer", &["p", "q"]), numbers("a.k", &[1.0, 2.0, 4.0]), linspace("a.x", 0.0, 1.0, 11)];
    let made = sweep(&axes, |keys| zero_of_ten(rising(keys, 2) / if keys[0] == Key::Text("p") { 1 } else { 2 }));
    let svg = svg(&made, "a.k", &["optimizer"]);
    assert_eq!(curves(&svg).len(), 6);
    let words = words(&svg);
    for word in ["a line for each a.k", "1", "2", "4", "optimizer = p", "optimizer = q", "zero_rate"] {
        assert!(words.contains(&word.to_owned()), "{word} in {words:?}");
    }
    assert!(!words.join(" ").contains("not to scale"));
}

/// More lines than a reader tells apart are thinned, evenly.
#[test]
fn a_panel_holds_few_lines() {
    let made = sweep(&[linspace("a.k", 0.0, 1.0, 41), linspace("a.x", 0.0, 1.0, 11)], |keys| {
        // What changes is between the 17th and the 18th.
        zero_of_ten(if keys[0] > Key::Number(0.41) { rising(keys, 1) } else { 10 - rising(keys, 1) })
    });
    let svg = svg(&made, "a.k", &[]);
    assert_eq!(curves(&svg).len(), 12);
    let words = words(&svg);
    assert!(
        words.join(" ").contains("12 of 41 lines are drawn: the ends, and those between which most changes."),
        "{words:?}"
    );
    for k in ["0", "0.4", "0.425", "1"] {
        assert!(words.contains(&k.to_owned()), "{k} in {words:?}");
    }
}

/// A run of one axis draws its rates as lines with bands, and its fates as strips.
#[test]
fn a_run_of_one_axis_draws_lines() {
    let spec = spec(
        "steps = 60
        problem = { kind = 'quadratic', target = 0.5 }
        penalty = { kind = 'lk', k = 0.5, lambda = { geomspace = [0.01, 10.0, 21] } }
        optimizer = { kind = ['subgradient', 'proximal'], learning_rate = 0.1 }
        start = { w = { uniform = [-2.0, 2.0], count = 50, seed = 5 } }",
    );
    let plan = Plan::new(&spec);
    let statistics = statistics(&plan, on_cpu(&plan, &RunOptions::default()));
    let maps = maps(&spec, &plan, &table_of_cells(&plan, &statistics, &audited(&plan, &statistics, 5)));
    let names: Vec<&str> = maps.files.iter().map(|(name, _)| name.as_str()).collect();
    let stems = ["zero_rate-line-penalty.lambda-optimizer", "fate-penalty.lambda-optimizer"];
    assert_eq!(names, stems.map(|stem| [format!("{stem}.png"), format!("{stem}.svg")]).concat());
    let svg = std::str::from_utf8(&maps.files[1].1).unwrap();
    assert_eq!((curves(svg).len(), paths(svg, "fill-opacity=\"0.18\"").len()), (2, 2));
}
