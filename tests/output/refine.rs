//! Sweeps of which the cells alone are run where a map changes.

use crate::support::{any_sweep, audited, maps, on_cpu, plan, refined, spec, statistics, table_of, table_of_cells};
use proptest::prelude::*;
use std::collections::BTreeMap;
use zerosweep::backend::RunOptions;
use zerosweep::output::Standings;
use zerosweep::output::map_table::{CellsError, MapTable};
use zerosweep::plan::Plan;
use zerosweep::refine::{Panels, Refined};
use zerosweep::spec::{Measure, Refine, Spec};
use zerosweep::statistics::Summary;
use zerosweep::verdict::Fate;

/// L1 by proximal steps: zero where |target| < lambda, whatever the start (THEORY: L1, constant step).
const THRESHOLD: &str = "steps = 400
    problem = { kind = 'quadratic', target = { linspace = [-2.0, 2.0, 300] } }
    penalty = { kind = 'lk', k = 1.0, lambda = { linspace = [0.01, 2.0, 301] } }
    optimizer = { kind = 'proximal', learning_rate = 0.2 }
    start = { w = 1.0 }
    report = { refine = { measure = 'zero_rate', cells = 9000, along = ['penalty.lambda', 'problem.target'] } }";

/// Two basins of a penalty with k < 1, parted by a barrier: zero by proximal steps from one side of it.
const BASINS: &str = "steps = 400
    problem = { kind = 'quadratic', target = { linspace = [0.0, 3.0, 300] } }
    penalty = { kind = 'lk', k = 0.5, lambda = 1.0 }
    optimizer = { kind = 'proximal', learning_rate = 0.1 }
    start = { w = { linspace = [-3.0, 3.0, 300] } }
    report = { pool = [], refine = { measure = 'fate', cells = 9000, along = ['start.w', 'problem.target'] } }";

/// Where gradient descent on a high power diverges: |w| beyond W = (2 / (eta lambda k))^(1 / (k - 2)).
const DIVERGENCE: &str = "steps = 300
    penalty = { kind = 'lk', k = 4.0, lambda = { geomspace = [0.01, 10.0, 300] } }
    optimizer = { kind = 'subgradient', learning_rate = 0.1 }
    start = { w = { linspace = [-5.0, 5.0, 300] } }
    report = { pool = [], refine = { measure = 'diverged', cells = 9000, along = ['start.w', 'penalty.lambda'] } }";

/// A sweep, with the cells of it that a refinement runs.
struct Swept {
    spec: Spec,
    plan: Plan,
    refined: Refined,
    csv: String,
}

fn swept(text: &str) -> Swept {
    let spec = spec(text);
    let plan = Plan::new(&spec);
    let refine = spec.report.refine.clone().expect("a refinement");
    let (statistics, refined, own) = refined(&plan, &refine);
    let standings = Standings { refined: &refined, along: &refine.along };
    let csv = table_of((&own, Some(standings)), &statistics, &audited(&own, &statistics, 20));
    Swept { spec, plan, refined, csv }
}

fn read(swept: &Swept, csv: &str, wanted: &[Measure]) -> Result<MapTable, CellsError> {
    MapTable::read(&swept.plan, swept.spec.report.refine.as_ref(), true, &[], wanted, csv.as_bytes())
}

/// What a picture says.
fn words(files: &[(String, Vec<u8>)], name: &str) -> String {
    let svg = files.iter().find(|(own, _)| own == name).map(|(_, svg)| String::from_utf8_lossy(svg)).unwrap();
    let texts = svg.split('>').filter_map(|part| part.split_once('<')).map(|(text, _)| text);
    texts.flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ")
}

fn summaries(plan: &Plan) -> Vec<Summary> {
    statistics(plan, on_cpu(plan, &RunOptions::default())).summaries(plan).unwrap()
}

/// Of boundaries that are known no more than one cell in a thousand is wrong, and a tenth of the cells is run at the most.
#[test]
fn known_boundaries_are_those_of_the_whole_grid() {
    for text in [THRESHOLD, BASINS, DIVERGENCE] {
        let swept = swept(text);
        let table = read(&swept, &swept.csv, &[Measure::Fate]).unwrap();
        let all = summaries(&swept.plan);
        assert_eq!(table.rows(), all.len());
        let fate = |cell: usize| Fate::commonest(&Fate::NAMES.map(|name| table.numbers(name).get(cell).unwrap()));
        let measure = swept.spec.report.refine.as_ref().unwrap().measure;
        let differs = |(cell, summary): (usize, &Summary)| match measure {
            Measure::Fate => fate(cell) != Fate::commonest(&summary.fates),
            _ => {
                let own = if measure == Measure::ZERO_RATE { Fate::Zero } else { Fate::Diverged };
                table.numbers(own.name()).get(cell) != Some(summary.fates[own as usize])
            }
        };
        let wrong = all.iter().enumerate().filter(|own| differs(*own)).count();
        let (run, count) = (swept.refined.cells.len(), all.len());
        assert!(1000 * wrong <= count && 10 * run <= count, "{wrong} of {count} are wrong, {run} were run:{text}");
        assert_eq!((swept.refined.uncut(), swept.refined.differed), (0, 0));
        // Both sides of each boundary are there.
        let fates: BTreeMap<u8, usize> = (0..count).fold(BTreeMap::new(), |mut fates, cell| {
            *fates.entry(fate(cell) as u8).or_default() += 1;
            fates
        });
        assert!(fates.values().filter(|own| 20 * **own > count).count() >= 2, "{fates:?}");
    }
}

/// An island that is narrower than a rectangle of the first cut: what is said of the error is true, and the checks find some of it.
#[test]
fn what_is_missed_is_estimated() {
    // A weight alone lands on zero exactly if a step divides it: curves that are a cell wide.
    let text = "steps = 300
        penalty = { kind = 'lk', k = 1.0, lambda = { linspace = [0.01, 1.0, 260] } }
        optimizer = { kind = 'subgradient', learning_rate = 0.25 }
        start = { w = [-2.0, -1.5, -1.0, -0.5, 0.5, 1.0, 1.5, 2.0] }
        report = { pool = [], refine = { measure = 'zero_rate', cells = 400, along = ['penalty.lambda', 'start.w'] } }";
    let swept = swept(text);
    let table = read(&swept, &swept.csv, &[Measure::ZERO_RATE]).unwrap();
    let all = summaries(&swept.plan);
    let zero = Fate::Zero as usize;
    let wrong = all.iter().enumerate().filter(|(cell, own)| table.numbers("zero").get(*cell) != Some(own.fates[zero]));
    let share = wrong.count() as f64 / all.len() as f64;
    let Refined { checked, widest, .. } = swept.refined;
    let told = swept.refined.wrong();
    assert!(checked == 20 && widest > 1 && share > 0.0, "{checked}, {widest}, {share}");
    // What the checks found was cut out, so that less is wrong than was.
    assert!(share <= told.high, "{share}, {told:?}");
}

/// As long as checks find something, and cells are left, others are drawn.
#[test]
fn checks_go_on_while_they_find_something() {
    // Curves that are a cell wide, each apart from the others: every check has a good chance of some.
    let text = "steps = 300
        penalty = { kind = 'lk', k = 1.0, lambda = { linspace = [0.01, 1.0, 331] } }
        optimizer = { kind = 'subgradient', learning_rate = 0.25 }
        start = { w = { linspace = [-3.0, 3.0, 385] } }
        report = { pool = [], refine = { measure = 'fate', cells = 40000, along = ['penalty.lambda', 'start.w'] } }";
    let swept = swept(text);
    let singles = swept.refined.cells.iter().filter(|own| own.stands_for == 1 && !own.uncut).count();
    let Refined { checked, differed, .. } = swept.refined;
    // The last one found nothing, or no more than two thirds of what is left could be cut.
    assert_eq!(checked, 2000);
    assert!(differed == 0 || swept.refined.cells.len() > 36_000, "{differed}, {}", swept.refined.cells.len());
    assert!(singles > 4000, "{singles}");
}

/// Shares that are no further apart than the tolerance are alike: fewer cells are run, and none is wrong by more.
#[test]
fn what_is_within_the_tolerance_is_alike() {
    let text = "steps = 300
        problem = { kind = 'quadratic', target = { linspace = [0.0, 2.0, 200] } }
        penalty = { kind = 'lk', k = 0.5, lambda = { linspace = [0.05, 2.0, 200] } }
        optimizer = { kind = 'proximal', learning_rate = 0.05 }
        start = { w = { uniform = [-3.0, 3.0], count = 32 } }
        report = { refine = { measure = 'zero_rate', cells = 20000, along = ['penalty.lambda', 'problem.target'] } }";
    let (exact, loose) = (swept(text), swept(&text.replace("cells =", "tolerance = 0.1, cells =")));
    assert_eq!((exact.refined.uncut(), loose.refined.uncut()), (0, 0));
    assert!(loose.refined.cells.len() < exact.refined.cells.len());
    let all = summaries(&exact.plan);
    for (swept, most) in [(&exact, 0), (&loose, 40)] {
        let table = read(swept, &swept.csv, &[Measure::ZERO_RATE]).unwrap();
        let zero = |cell: usize| table.numbers("zero").get(cell).unwrap() as i64;
        // Neighbours may differ by 3 of 32, so that a cell in between differs from what stands for it by as much again.
        let far = |(cell, own): (usize, &Summary)| (zero(cell) - own.fates[Fate::Zero as usize] as i64).abs() > 6;
        let wrong = all.iter().enumerate().filter(|own| far(*own)).count();
        assert!(wrong <= most, "{wrong}");
    }
}

/// As many cells are run as may be, and what could be cut further says so.
#[test]
fn a_refinement_ends_at_its_bound() {
    let few = swept(&THRESHOLD.replace("9000", "1000"));
    let Refined { cells, checked, .. } = &few.refined;
    assert!(cells.len() <= 1000 && cells.len() > 900, "{}", cells.len());
    assert_eq!(*checked, 50);
    assert!(few.refined.uncut() > 0);
    let told =
        format!("and stand for the others; {} of them would stand for fewer if more were run", few.refined.uncut());
    let maps = maps(&few.spec, &few.plan, &few.csv);
    assert!(maps.files.iter().any(|(name, _)| name == "uncut-penalty.lambda-problem.target.svg"));
    assert!(words(&maps.files, "zero_rate-penalty.lambda-problem.target.svg").contains(&told), "{told}");
    let many = swept(&THRESHOLD.replace("9000", "100000"));
    assert_eq!((many.refined.cells.len(), many.refined.widest, many.refined.checked), (300 * 301, 1, 0));
    let whole = statistics(&many.plan, on_cpu(&many.plan, &RunOptions::default()));
    let whole = table_of_cells(&many.plan, &whole, &audited(&many.plan, &whole, 0));
    // Beside the audit, which draws other trajectories.
    let cut = |line: &str| line.split(',').take(20).collect::<Vec<_>>().join(",");
    assert!(whole.lines().map(cut).eq(many.csv.lines().map(cut)));
}

/// A picture of a symmetric problem is symmetric: cells stand for the same ones on both sides.
#[test]
fn mirrored_cells_stand_for_mirrored_cells() {
    let swept = swept(&THRESHOLD.replace("w = 1.0", "w = 0.0"));
    let table = read(&swept, &swept.csv, &[Measure::ZERO_RATE]).unwrap();
    let (targets, lambdas) = (300, 301);
    let zero = |target: usize, lambda: usize| table.numbers("zero").get(target * lambdas + lambda);
    for (target, lambda) in (0..targets).flat_map(|target| (0..lambdas).map(move |lambda| (target, lambda))) {
        assert_eq!(zero(target, lambda), zero(targets - 1 - target, lambda), "{target}, {lambda}");
    }
    // But for the cells that were drawn to check others, and their only neighbours in a rectangle.
    let rectangles: Vec<[u32; 4]> = swept
        .refined
        .cells
        .iter()
        .filter(|own| (own.to[0] - own.from[0]) * (own.to[1] - own.from[1]) > 2)
        .map(|own| [own.from[0], own.to[0], own.from[1], own.to[1]])
        .collect();
    let mirrored = |[a, b, from, to]: [u32; 4]| [a, b, 300 - to, 300 - from];
    assert!(rectangles.iter().all(|own| rectangles.contains(&mirrored(*own))));
}

/// So they are where checks find something on one side alone: the other side is looked at, too.
#[test]
fn what_checks_find_is_looked_for_on_the_other_side() {
    let text = "steps = 60
        problem = { kind = 'quadratic', target = { linspace = [-1.0, 1.0, COUNT] } }
        penalty = { kind = 'lk', k = 0.5, lambda = { geomspace = [0.01, 2.0, 17] } }
        optimizer = { kind = 'proximal', learning_rate = 0.5 }
        start = { w = [-1.5, -0.5, 0.5, 1.5] }
        report = { pool = ['start.w'], refine = { measure = 'zero_rate', cells = CELLS, along = ['problem.target'] } }";
    let mut asymmetric = Vec::new();
    for (count, cells) in
        [(64, 200), (101, 300), (101, 400), (101, 500), (201, 400), (201, 600), (400, 500), (400, 800)]
    {
        let swept = swept(&text.replace("COUNT", &count.to_string()).replace("CELLS", &cells.to_string()));
        let table = read(&swept, &swept.csv, &[Measure::ZERO_RATE]).unwrap();
        let zero = |target: usize, lambda: usize| table.numbers("zero").get(target * 17 + lambda);
        let places = (0..count).flat_map(|target| (0..17).map(move |lambda| (target, lambda)));
        let wrong = places.filter(|&(target, lambda)| zero(target, lambda) != zero(count - 1 - target, lambda)).count();
        asymmetric.extend((wrong > 0).then_some((count, cells, wrong)));
    }
    assert!(asymmetric.is_empty(), "{asymmetric:?}");
}

/// The pictures of a refined sweep are of what is sharp, say how much was run, and have a pixel for each cell.
#[test]
fn pictures_say_what_was_run() {
    let swept = swept(&THRESHOLD.replace("[-2.0, 2.0, 300]", "[-1.0, 2.0, 1200]").replace("9000", "30000"));
    let maps = maps(&swept.spec, &swept.plan, &swept.csv);
    let names: Vec<&str> = maps.files.iter().map(|(name, _)| name.as_str()).collect();
    let stem = "penalty.lambda-problem.target";
    let expected =
        [format!("stands_for-{stem}.png"), format!("stands_for-{stem}.svg"), format!("zero_rate-{stem}-pixels.png")]
            .into_iter()
            .chain([format!("zero_rate-{stem}.png"), format!("zero_rate-{stem}.svg")]);
    let mut found = names.clone();
    found.sort_unstable();
    assert_eq!(found, expected.collect::<Vec<_>>());
    assert_eq!(maps.notes, Vec::<String>::new());
    let file = |end: &str| &maps.files.iter().find(|(name, _)| name.ends_with(end)).unwrap().1;
    let words = words(&maps.files, "zero_rate-penalty.lambda-problem.target.svg");
    assert!(words.contains("of 361,200 cells were run, close together where zero_rate changes"), "{words}");
    let mut pixels = png::Decoder::new(std::io::Cursor::new(file("-pixels.png"))).read_info().unwrap();
    let mut bytes = vec![0; pixels.output_buffer_size().unwrap()];
    let info = pixels.next_frame(&mut bytes).unwrap();
    assert_eq!((info.width, info.height), (301, 1200));
    // The uppermost row is the greatest target, 2, and the last column the greatest lambda, 2, which holds -1 at zero and not 2.
    let colour = |x: usize, y: usize| &bytes[3 * (301 * y + x)..][..3];
    let (none, all) = ([0, 34, 78], [254, 232, 56]);
    assert_eq!((colour(300, 0), colour(300, 1199), colour(0, 1199)), (&none[..], &all[..], &none[..]));
}

/// A table whose lines stand for other cells than there are, or for fewer, is refused.
#[test]
fn a_table_that_was_tampered_with_is_refused() {
    let swept = swept(&THRESHOLD.replace("9000", "1000"));
    let lines: Vec<&str> = swept.csv.lines().collect();
    let short = lines[..lines.len() - 1].join("\n");
    let found = |csv: &str| read(&swept, csv, &[Measure::ZERO_RATE]).unwrap_err().to_string();
    assert!(
        found(&short).ends_with("and this sweep has 90300: some are missing; run the sweep again"),
        "{}",
        found(&short)
    );
    let header: Vec<&str> = lines[0].split(',').collect();
    for (name, value) in
        [("cell", "90300"), ("penalty.lambda_to", "302"), ("problem.target_from", "299"), ("stands_for", "9999")]
    {
        let place = header.iter().position(|own| *own == name).unwrap();
        let mut fields: Vec<&str> = lines[1].split(',').collect();
        fields[place] = value;
        let changed = [&lines[..1], &[&*fields.join(",")], &lines[2..]].concat().join("\n");
        let expected = "line 2 of the table of cells does not stand for the cells that it says, with the others; run the sweep again";
        assert_eq!(found(&changed), expected, "{name}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the sweep: each cell that is run has the counts that it has in the whole sweep, all cells are stood for, and a table
    /// says of each what the one that stands for it says.
    #[test]
    fn cells_that_are_run_are_those_of_the_whole_sweep(text in any_sweep(), way in 0_usize..4, cells in 1_u64..60) {
        let plan = plan(&text);
        let paths: Vec<String> = plan.coordinates.iter().filter(|own| !own.follows).map(|own| own.path.clone()).collect();
        prop_assume!(!paths.is_empty());
        let along: Vec<String> = paths.iter().cycle().skip(way).take(paths.len().min(2)).cloned().collect();
        let refine = Refine { measure: Measure::Fate, cells, tolerance: 0.0, along: along.clone() };
        let all = summaries(&plan);
        let (statistics, refined, own) = refined(&plan, &refine);
        let summaries = statistics.summaries(&own).unwrap();
        prop_assert_eq!(summaries.len(), refined.cells.len());
        for (standing, summary) in refined.cells.iter().zip(&summaries) {
            prop_assert_eq!(summary, &all[standing.cell as usize], "{:?}", standing);
        }
        prop_assert_eq!(refined.cells.iter().map(|own| own.stands_for).sum::<u64>(), plan.cells);
        let panels = Panels::new(&plan, &along);
        prop_assert_eq!(panels.all.iter().map(|panel| panel.cells()).sum::<u64>(), plan.cells);
        for cell in 0..plan.cells {
            let (panel, at) = panels.locate(cell).unwrap();
            prop_assert_eq!(panels.all[panel].cell(at), cell);
        }
        prop_assert_eq!(panels.locate(plan.cells), None);
        let standings = Standings { refined: &refined, along: &along };
        let csv = table_of((&own, Some(standings)), &statistics, &audited(&own, &statistics, 3));
        let table = MapTable::read(&plan, Some(&refine), true, &[], &[Measure::Fate], csv.as_bytes()).unwrap();
        let whole = table_of_cells(&plan, &crate::support::statistics(&plan, on_cpu(&plan, &RunOptions::default())), &Default::default());
        let whole = MapTable::read(&plan, None, true, &[], &[Measure::Fate], whole.as_bytes()).unwrap();
        for (filled, column) in table.columns.iter().zip(&whole.columns) {
            prop_assert_eq!((&filled.name, &filled.codes), (&column.name, &column.codes));
        }
        for standing in &refined.cells {
            let (panel, _) = panels.locate(standing.cell).unwrap();
            let mut same = 0;
            for y in standing.from[1]..standing.to[1] {
                for x in standing.from[0]..standing.to[0] {
                    let cell = panels.all[panel].cell([x, y]) as usize;
                    same += u64::from(table.numbers("stands_for").get(cell) == Some(standing.stands_for));
                }
            }
            prop_assert!(same >= standing.stands_for);
        }
    }
}
