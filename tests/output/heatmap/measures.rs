//! Measures other than the two usual ones: their colours, where there is nothing to show, and their words.

use zerosweep::backend::RunOptions;
use zerosweep::output::drawing::Picture;
use zerosweep::plan::Plan;
use zerosweep::spec::{Counted, Difference, Event, Key, MapRequest, Measure, Side, Trait};
use zerosweep::verdict::Fate;

use super::reader::{LIGHT_END, panels, pixel, pixels, words};
use super::sweep::{Made, drawn, linspace, numbers, request, role, sweep, zero_of_ten};
use crate::support::{audited, maps, on_cpu, spec, statistics, table_of_cells};

/// The ends of the scale of what is no rate.
const PALE: u32 = 0xf1ecf7;
const DARK: u32 = 0x371150;

/// Less, neither, more.
const LESS: u32 = 0x12467f;
const NEITHER: u32 = 0xf4f4f4;
const MORE: u32 = 0x6e3300;

const ARRIVAL: Measure = Measure::Step(Event::Arrival, 50);

/// The one picture of a measure over a.x, and a.y if there is one.
fn shown(made: &Made, y: &str, measure: Measure) -> Picture {
    let request = MapRequest { measures: vec![measure], ..request("a.x", y, &[]) };
    let [picture] = <[Picture; 1]>::try_from(drawn(made, &request).unwrap()).unwrap();
    picture
}

/// The colours of the cells of the first row of the first panel.
fn row(picture: &Picture, count: usize) -> Vec<u32> {
    let (panel, pixels) = (panels(&picture.svg)[0], pixels(picture));
    (0..count).map(|column| pixel(&pixels, panel.centre(column, 0))).collect()
}

/// Cells in a row, of which each has this number in a column.
fn with(column: &'static str, values: &[Option<u64>]) -> Made {
    let mut made = sweep(&[linspace("a.x", 0.0, 1.0, values.len())], |_| zero_of_ten(5));
    for (row, value) in made.rows.iter_mut().zip(values) {
        row.numbers.extend(value.map(|value| (column, value)));
    }
    made
}

#[test]
fn steps_have_a_logarithmic_scale_and_what_never_happens_is_hatched() {
    let picture = shown(&with("arrival_p50", &[Some(10), Some(100), Some(1000), None]), "", ARRIVAL);
    let colours = row(&picture, 4);
    assert_eq!((colours[0], colours[2]), (PALE, DARK));
    // A factor of ten is half the way.
    assert_eq!(colours[1], 0x9c76c1);
    let [_, red, green, blue] = colours[3].to_be_bytes();
    assert!(red == green && green == blue && red >= 0xc8, "{:06x}", colours[3]);
    let words = words(&picture.svg);
    assert_eq!(words[0], "test: median step of the arrival at exact zero, over those that stay there");
    assert_eq!(words[1], "arrival_p50 over a.x");
    for word in ["none has it", "10", "100", "1000"] {
        assert!(words.contains(&word.to_owned()), "{word} in {words:?}");
    }
    assert!(!words.contains(&"no data".to_owned()));
}

/// Steps of several cells cannot be pooled from their quantiles: what is drawn is one of them.
#[test]
fn of_several_cells_the_median_of_their_steps_is_drawn() {
    let axes = [linspace("a.x", 0.0, 1.0, 2), numbers("a.k", &[1.0, 2.0, 3.0])];
    let mut made = sweep(&axes, |_| zero_of_ten(5));
    let steps = [Some(4), Some(64), Some(8), None, Some(16), None];
    for (row, step) in made.rows.iter_mut().zip(steps) {
        row.numbers.extend(step.map(|step| ("arrival_p50", step)));
    }
    let picture = shown(&made, "", ARRIVAL);
    // 8 and 16.
    assert_eq!(row(&picture, 2), [PALE, DARK]);
    let words = words(&picture.svg).join(" ");
    assert!(
        words.contains(
            "Where a drawn cell is of several cells, it shows the median of theirs, whatever their trajectories."
        ),
        "{words}"
    );
}

#[test]
fn any_share_has_the_scale_of_rates() {
    let made = sweep(&[linspace("a.x", 0.0, 1.0, 2)], |keys| {
        if keys[0] == Key::Number(0.0) { Some([10, 0, 0, 0, 0, 0, 0]) } else { zero_of_ten(5) }
    });
    let picture = shown(&made, "", Measure::Share(Trait::Ends(Fate::Diverged), Side::Rate));
    assert_eq!(row(&picture, 2), [LIGHT_END, 0x00224e]);
    assert_eq!(words(&picture.svg)[0], "test: share of trajectories that diverge");
    let picture = shown(&with("crossed", &[Some(10), Some(0)]), "", Measure::Share(Trait::Crossed, Side::Rate));
    assert_eq!(row(&picture, 2), [LIGHT_END, 0x00224e]);
}

/// Wilson's interval of 5 of 10 for 10 draws is 0.527 wide, that of 0 of 10 0.278; where nothing is drawn there is none.
#[test]
fn an_interval_is_as_wide_as_its_draws_make_it() {
    let axes = [linspace("a.x", 0.0, 1.0, 3)];
    let mut made = sweep(&axes, |keys| zero_of_ten(if keys[0] == Key::Number(0.0) { 5 } else { 0 }));
    made.rows[..2].iter_mut().for_each(|row| row.numbers.push(("draws", 10)));
    let picture = shown(&made, "", Measure::ZERO_RATE.interval().unwrap());
    let colours = row(&picture, 3);
    // On a scale to 0.6.
    let shade = |width: f64| (width / 0.6 * 254.0).round() as usize;
    let stops = [0xf1ecf7_u32, 0xcab5e2, 0x9c76c1, 0x6c3c98, 0x371150];
    let near = |colour: u32, place: usize| {
        let (from, share) = (place * 4 / 254, (place * 4 % 254) as f64 / 254.0);
        [16, 8, 0].iter().all(|shift| {
            let [a, b, own] = [stops[from], stops[from + 1], colour].map(|stop| f64::from(stop >> shift & 255));
            (a + share * (b - a) - own).abs() <= 1.0
        })
    };
    assert!(near(colours[0], shade(0.5268)) && near(colours[1], shade(0.2775)), "{colours:06x?}");
    let words = words(&picture.svg);
    let title = "test: width of the 95 % interval of the share of trajectories that end at exact zero";
    assert!(words.join(" ").starts_with(title), "{words:?}");
    assert!(words.contains(&"no interval: of several cells, or nothing random".to_owned()), "{words:?}");
}

fn difference(measure: Measure) -> MapRequest {
    let name = "optimizer".to_owned();
    let difference = Some(Difference { name, of: Key::Text("p"), minus: Key::Text("q") });
    MapRequest { measures: vec![measure], difference, ..request("a.x", "", &[]) }
}

#[test]
fn differences_have_a_scale_about_nothing() {
    let axes = [role("optimizer", &["p", "q", "other"]), linspace("a.x", 0.0, 1.0, 3)];
    let zeros = |keys: &[Key]| match (keys[0], keys[1]) {
        (Key::Text("p"), Key::Number(x)) => [10, 4, 0][(2.0 * x) as usize],
        (Key::Text("q"), Key::Number(x)) => [0, 4, 10][(2.0 * x) as usize],
        _ => 7,
    };
    let made = sweep(&axes, |keys| zero_of_ten(zeros(keys)));
    let [picture] = <[Picture; 1]>::try_from(drawn(&made, &difference(Measure::ZERO_RATE)).unwrap()).unwrap();
    assert_eq!(row(&picture, 3), [MORE, NEITHER, LESS]);
    assert_eq!(picture.stem, "zero_rate-a.x-optimizer-p-minus-q");
    let said = words(&picture.svg);
    assert_eq!(said[0], "test: share of trajectories that end at exact zero: optimizer p minus q");
    assert_eq!(said[1], "zero_rate over a.x; optimizer: p − q");
    assert!(!said.join(" ").contains("summed"), "{said:?}");
    let mut lost = difference(Measure::ZERO_RATE);
    lost.difference.as_mut().unwrap().of = Key::Text("r");
    let error = drawn(&made, &lost).unwrap_err().to_string();
    assert_eq!(error, "no cell of this map has optimizer = r, to take a difference of");
}

#[test]
fn steps_differ_by_a_factor() {
    let mut made = sweep(&[role("optimizer", &["p", "q"]), linspace("a.x", 0.0, 1.0, 4)], |_| zero_of_ten(5));
    let steps = [Some(80), Some(7), Some(5), Some(3), Some(20), Some(7), Some(20), None];
    for (row, step) in made.rows.iter_mut().zip(steps) {
        row.numbers.extend(step.map(|step| ("arrival_p50", step)));
    }
    let [picture] = <[Picture; 1]>::try_from(drawn(&made, &difference(ARRIVAL)).unwrap()).unwrap();
    assert_eq!(row(&picture, 4)[..3], [MORE, NEITHER, LESS]);
    let words = words(&picture.svg);
    let title =
        "test: median step of the arrival at exact zero, over those that stay there: optimizer p over q, as a ratio";
    assert!(words.join(" ").starts_with(title), "{words:?}");
    assert!(words.contains(&"none has it on one side or the other".to_owned()));
    assert!(words.contains(&"0.5".to_owned()) && words.contains(&"2".to_owned()), "{words:?}");
}

#[test]
fn counts_are_summed() {
    let axes = [linspace("a.x", 0.0, 1.0, 2), numbers("a.k", &[1.0, 2.0])];
    let made =
        sweep(&axes, |keys| zero_of_ten(5).filter(|_| keys[0] == Key::Number(0.0) || keys[1] == Key::Number(1.0)));
    let picture = shown(&made, "", Measure::Count(Counted::Trajectories));
    assert_eq!(row(&picture, 2), [DARK, 0x9c76c1]);
}

/// Whatever can be asked for is drawn from a table that a run writes, in words of its own, into files of its own.
#[test]
fn every_measure_is_drawn() {
    let mut spec = spec(
        "steps = 60
        problem = { kind = 'quadratic', target = { linspace = [-1.0, 1.0, 5] } }
        penalty = { kind = 'lk', k = 1.0, lambda = { geomspace = [0.1, 10.0, 4] } }
        optimizer = { kind = ['subgradient', 'proximal'], learning_rate = 0.1 }
        start = { w = { uniform = [-2.0, 2.0], count = 16, seed = 5 } }",
    );
    let all = Measure::all(&spec.zero.tolerances);
    let widths = all.iter().filter_map(|measure| measure.interval());
    let measures: Vec<Measure> = all.iter().copied().chain(widths).collect();
    let plan = Plan::new(&spec);
    let statistics = statistics(&plan, on_cpu(&plan, &RunOptions::default()));
    let cells = table_of_cells(&plan, &statistics, &audited(&plan, &statistics, 20));
    let header = cells.lines().next().unwrap();
    // What cells.csv says is a measure, but for what tells cells apart, and the number of draws, which is one of the sweep.
    for name in header.split(',').skip(5).filter(|name| *name != "draws") {
        let is_it = |measure: &Measure| measure.name() == name || name == "zero" && *measure == Measure::ZERO_RATE;
        assert!(all.iter().any(is_it), "{name}");
    }
    spec.report.maps = Some(vec![MapRequest {
        measures: measures.clone(),
        ..request("penalty.lambda", "problem.target", &["optimizer"])
    }]);
    let maps = maps(&spec, &plan, &cells);
    assert_eq!(maps.notes, [""; 0]);
    let svgs: Vec<_> = maps.files.iter().filter(|(name, _)| name.ends_with(".svg")).collect();
    assert_eq!(svgs.len(), measures.len());
    let mut titles: Vec<String> =
        svgs.iter().map(|(_, svg)| words(std::str::from_utf8(svg).unwrap())[..2].join(" ")).collect();
    assert!(titles.iter().all(|title| title.contains("starts") || title.contains("step")), "{titles:?}");
    titles.sort();
    titles.dedup();
    assert_eq!(titles.len(), measures.len(), "each says what it shows");
}
