//! What theory says, as a map shows it: lines where it is sure, dots where it is silent.

use std::collections::BTreeSet;

use zerosweep::backend::RunOptions;
use zerosweep::plan::Plan;
use zerosweep::spec::Key;
use zerosweep::spec::Spec;
use zerosweep::statistics::Statistics;
use zerosweep::theory::ZeroForecast;

use super::reader::{Edge, Panel, dots, edges, panels, pixel, pixels, words};
use super::sweep::{Made, linspace, pictures, request, sweep, zero_of_ten};
use crate::support::{audited, maps, on_cpu, spec, statistics, table_of_cells};

/// Classes of the lines, and their words.
const LINES: [(&str, &str); 3] = [("solid", "all | none"), ("dashed", "all | not all"), ("dotted", "some | none")];
const SILENT: &str = "theory is silent for some or all trajectories";
const SILENT_EVERYWHERE: &str = "Theory is silent for some or all trajectories of every cell.";

const ALL: [u64; 3] = [10, 0, 0];
const SOME: [u64; 3] = [4, 6, 0];
const NONE: [u64; 3] = [0, 10, 0];
const OPEN: [u64; 3] = [0, 0, 10];

/// Four rows, from left to right of these forecasts.
fn columns(forecasts: &[[u64; 3]]) -> Made {
    let count = forecasts.len();
    let mut table = sweep(&[linspace("a.x", 0.0, 1.0, count), linspace("a.y", 0.0, 1.0, 4)], |_| zero_of_ten(5));
    for row in &mut table.rows {
        let Key::Number(x) = row.keys[0] else { unreachable!("both axes are numeric") };
        let [zero, other, silent] = forecasts[(x * (count - 1) as f32).round() as usize];
        row.predicted = ZeroForecast { zero, other, silent };
    }
    table
}

fn upright(column: usize) -> BTreeSet<Edge> {
    (0..4).map(|row| [(column - 1, row), (column, row)]).collect()
}

/// Cells of 2.5 pixels with a line of 3 on either side.
#[test]
fn lines_that_would_hide_the_cells_are_not_drawn() {
    const THICKET: &str = "Where theory's lines would hide the cells, none is drawn.";
    let (thicket, two): (Vec<_>, Vec<_>) =
        (0..200).map(|x| (if x % 2 == 0 { ALL } else { NONE }, if x < 100 { ALL } else { NONE })).unzip();
    for (forecasts, is_drawn) in [(thicket, false), (two, true)] {
        let [rate, _] = pictures(&columns(&forecasts), &request("a.x", "a.y", &[]));
        let lines = edges(&rate.svg, "solid", panels(&rate.svg)[0], [200, 4]);
        assert_eq!(!lines.is_empty(), is_drawn);
        assert_eq!(words(&rate.svg).iter().any(|text| text == "all | none"), is_drawn);
        assert_eq!(words(&rate.svg).iter().any(|text| text == THICKET), !is_drawn);
    }
}

#[test]
fn lines_stand_where_their_words_hold_and_dots_where_theory_is_silent() {
    for (forecasts, places, silent) in [
        (&[ALL, ALL, NONE, NONE][..], [Some(2), None, None], None),
        (&[ALL, SOME, NONE], [None, Some(1), Some(2)], None),
        (&[ALL, OPEN, NONE], [None; 3], Some(1)),
        (&[ALL, ALL], [None; 3], None),
    ] {
        for picture in pictures(&columns(forecasts), &request("a.x", "a.y", &[])) {
            let (panel, words) = (panels(&picture.svg)[0], words(&picture.svg));
            let size = [forecasts.len(), 4];
            for ((class, text), place) in LINES.into_iter().zip(places) {
                assert_eq!(edges(&picture.svg, class, panel, size), place.map_or(BTreeSet::new(), upright), "{class}");
                assert_eq!(words.iter().any(|word| word == text), place.is_some(), "{text}");
            }
            let dotted = dots(&picture.svg, panel, size);
            let columns: BTreeSet<usize> =
                dotted.iter().map(|(x, _)| (*x as f32 / 2.0 / panel.across) as usize).collect();
            assert_eq!(columns, silent.into_iter().collect());
            assert_eq!(words.iter().any(|word| word == SILENT), silent.is_some());
            assert!(!words.iter().any(|word| word.contains(SILENT_EVERYWHERE)));
        }
    }
}

#[test]
fn silence_everywhere_is_said_once() {
    for picture in pictures(&columns(&[OPEN, [3, 3, 4], OPEN]), &request("a.x", "a.y", &[])) {
        let words = words(&picture.svg);
        assert!(words.iter().any(|word| word.contains(SILENT_EVERYWHERE)), "{words:?}");
        assert!(!words.iter().any(|word| word == SILENT));
        assert!(dots(&picture.svg, panels(&picture.svg)[0], [3, 4]).is_empty());
    }
}

#[test]
fn cells_that_are_drawn_together_are_judged_together() {
    // 1500 columns become 750; zeros end within a drawn cell.
    let forecasts: Vec<[u64; 3]> = (0..1500).map(|column| if column < 751 { ALL } else { NONE }).collect();
    let [rate, _] = pictures(&columns(&forecasts), &request("a.x", "a.y", &[]));
    let found = LINES.map(|(class, _)| edges(&rate.svg, class, panels(&rate.svg)[0], [750, 4]));
    assert_eq!(found, [BTreeSet::new(), upright(375), upright(376)]);
}

#[test]
fn lines_are_seen_on_every_colour() {
    for (forecasts, class) in [([ALL, NONE], "solid"), ([ALL, SOME], "dashed"), ([SOME, NONE], "dotted")] {
        for picture in pictures(&columns(&forecasts), &request("a.x", "a.y", &[])) {
            let (panel, pixels) = (panels(&picture.svg)[0], pixels(&picture));
            let (x, y) = panel.centre(0, 1);
            let edge = x + panel.across / 2.0;
            // Half pixels along the line, over more than a dash and its gap; dashes end within a pixel.
            let inks: BTreeSet<u32> = (0..40).map(|step| pixel(&pixels, (edge, y + step as f32 / 2.0))).collect();
            let (white, black) = (inks.contains(&0xffffff), inks.contains(&0x000000));
            assert_eq!((white, black), (true, class != "solid"), "{class}: {inks:06x?}");
            assert_eq!([-1.25, 1.25].map(|off| pixel(&pixels, (edge + off, y))), [0x000000; 2]);
            assert_ne!(pixel(&pixels, (edge + panel.across / 2.0, y)), 0xffffff);
        }
    }
}

/// The map of a sweep's zero rate, its panels and its statistics.
fn drawn(spec: &Spec) -> (String, Vec<Panel>, Statistics) {
    let plan = Plan::new(spec);
    let statistics = statistics(&plan, on_cpu(&plan, &RunOptions::default()));
    let audit = audited(&plan, &statistics, zerosweep::audit::default_size(&plan));
    let files = maps(spec, &plan, &table_of_cells(&plan, &statistics, &audit)).files;
    let svg = files.into_iter().find(|(name, _)| name.starts_with("zero_rate-") && name.ends_with(".svg")).unwrap().1;
    let svg = String::from_utf8(svg).unwrap();
    let panels = panels(&svg);
    (svg, panels, statistics)
}

/// Under (w, target) -> (-w, -target) nothing changes but the side of zero. All numbers are exact in f32; the second sweep's
/// cells are larger than theory looks at.
#[test]
fn what_is_symmetric_is_drawn_so() {
    for starts in [65, 513] {
        let (svg, panels, _) = drawn(&spec(&format!(
            "steps = 600
            problem = {{ kind = 'quadratic', target = {{ linspace = [-2.0, 2.0, 33] }} }}
            penalty = {{ kind = 'lk', k = [0.5, 1.0], lambda = {{ geomspace = [0.01, 10.0, 25] }} }}
            optimizer = {{ kind = 'proximal', learning_rate = 0.05 }}
            start = {{ w = {{ linspace = [-4.0, 4.0, {starts}] }} }}
            report = {{ pool = ['start.w'], maps = [
                {{ x = 'penalty.lambda', y = 'problem.target', facets = ['penalty.k'] }}] }}"
        )));
        let mut lines = BTreeSet::new();
        for panel in panels {
            for (class, _) in LINES {
                let found = edges(&svg, class, panel, [25, 33]);
                lines.extend(found.iter().map(|_| class));
                let mirrored = found.iter().map(|pair| {
                    let mut pair = pair.map(|(column, row)| (column, 32 - row));
                    pair.sort();
                    pair
                });
                assert_eq!(mirrored.collect::<BTreeSet<Edge>>(), found, "{class}, {starts} starts");
            }
            let found = dots(&svg, panel, [25, 33]);
            let height = (66.0 * panel.up) as i32;
            assert_eq!(found.iter().map(|(x, y)| (*x, height - y)).collect::<BTreeSet<_>>(), found);
        }
        assert_eq!(lines.len(), 3, "every kind of line should be there: {lines:?}");
    }
}

/// The cells of each k and optimizer, in the order of their appearance, by target and lambda.
fn cells_by_panel(plan: &Plan) -> Vec<Vec<usize>> {
    let coordinate = |path: &str| plan.coordinates.iter().position(|coordinate| coordinate.path == path).unwrap();
    let [k, target, lambda] = ["penalty.k", "problem.target", "penalty.lambda"].map(coordinate);
    let (mut panels, mut sorted) = (Vec::new(), Vec::new());
    for index in 0..plan.cells {
        let cell = plan.cell(index);
        let number = |coordinate: usize| cell.coordinates[coordinate].unwrap();
        let panel = (number(k), cell.optimizer);
        let place = panels.iter().position(|known| *known == panel).unwrap_or_else(|| {
            panels.push(panel);
            sorted.push(Vec::new());
            panels.len() - 1
        });
        sorted[place].push((number(target), number(lambda), index as usize));
    }
    let in_order = sorted.into_iter().map(|mut cells| {
        cells.sort_by(|a, b| a.partial_cmp(b).unwrap());
        cells.into_iter().map(|(_, _, index)| index).collect()
    });
    in_order.collect()
}

/// Starts are drawn at random here, so that panels are not symmetric; yet no line says what the counts do not.
#[test]
fn no_line_of_the_main_sweep_contradicts_its_counts() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let spec = Spec::load(&root.join("sweeps/lk-family.toml"), &[]).unwrap().spec;
    let (svg, panels, statistics) = drawn(&spec);
    let summaries = statistics.summaries(&Plan::new(&spec)).unwrap();
    let name = "zero_rate-penalty.lambda-problem.target-by-penalty.k-optimizer.svg";
    let committed = std::fs::read_to_string(root.join("results/lk-family").join(name)).unwrap();
    assert!(svg == committed, "{name} is not the committed one; run sweeps/lk-family.toml again");
    let cells = cells_by_panel(&Plan::new(&spec));
    assert_eq!(panels.len(), cells.len());
    let mut counts = [0; 3];
    for (panel, cells) in panels.into_iter().zip(cells) {
        let zeros = |(column, row): (usize, usize)| {
            let summary = &summaries[cells[row * 41 + column]];
            (summary.fates[1], summary.trajectories)
        };
        for ((class, words), count) in LINES.into_iter().zip(&mut counts) {
            for pair in edges(&svg, class, panel, [41, 41]) {
                let mut sides = pair.map(zeros);
                sides.sort();
                let [(fewer, _), (more, trajectories)] = sides;
                let holds = match class {
                    "solid" => fewer == 0 && more == trajectories,
                    "dashed" => fewer < trajectories && more == trajectories,
                    _ => fewer == 0 && more > 0,
                };
                assert!(holds, "{words} between {pair:?}: {fewer} and {more} of {trajectories}");
                *count += 1;
            }
        }
    }
    assert!(counts.iter().all(|&count| count > 20), "{counts:?}");
}
