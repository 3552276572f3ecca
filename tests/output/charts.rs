//! What a reader finds in the pictures of the zero question.

use std::ops::ControlFlow;
use zerosweep::backend::{Cancel, RunOptions, cpu};
use zerosweep::output::{charts, curve_csv};
use zerosweep::plan::Plan;
use zerosweep::statistics::{Collector, Statistics};
use zerosweep::verdict::Fate;

/// L1 and L2 with no loss: L1 lands on zero by proximal steps and chatters by subgradient steps, within 0.05 of zero
/// always, within 0.03 for some starts; L2 decays.
const SWEEP: &str = "steps = 4000
    penalty = { kind = 'lk', k = [1.0, 2.0], lambda = 0.5 }
    optimizer = { kind = ['subgradient', 'proximal'], learning_rate = 0.1 }
    start = { w = { uniform = [-5.0, 5.0], count = 400 } }
    zero = { tolerances = [0.03, 1e-3] }";

fn swept(text: &str) -> (Plan, Statistics) {
    let plan = crate::support::plan(text);
    let mut collector = Collector::new(&plan);
    cpu::run(&plan, &RunOptions::default(), &Cancel::default(), &mut |batch| {
        collector.add(batch.tallies);
        ControlFlow::Continue(())
    });
    let statistics = collector.finish().unwrap();
    (plan, statistics)
}

fn picture(text: &str, name: &str) -> String {
    let (plan, statistics) = swept(text);
    let files = charts(&crate::support::spec(text), &plan, &statistics, statistics.counted()).unwrap();
    let (_, svg) = files.into_iter().find(|(file, _)| file == name).unwrap();
    String::from_utf8(svg).unwrap()
}

/// Left, top, width, height and colour of every rectangle.
fn blocks(svg: &str) -> Vec<([f64; 4], String)> {
    let lines = svg.lines().filter(|line| line.starts_with("<rect x="));
    let block = |line: &str| {
        let value =
            |name: &str| line.split(&format!(" {name}=\"")).nth(1).unwrap().split('"').next().unwrap().to_owned();
        (["x", "y", "width", "height"].map(|name| value(name).parse().unwrap()), value("fill"))
    };
    lines.map(block).collect()
}

/// The map that a run draws by itself.
fn map(text: &str) -> String {
    let (plan, statistics) = swept(text);
    let audit = crate::support::audited(&plan, &statistics, 1);
    let cells = crate::support::table_of_cells(&plan, &statistics, &audit);
    let maps = crate::support::maps(&crate::support::spec(text), &plan, &cells);
    let (_, svg) = maps.files.into_iter().find(|(name, _)| name.ends_with(".svg")).unwrap();
    String::from_utf8(svg).unwrap()
}

fn words(svg: &str) -> Vec<String> {
    let texts = svg.lines().filter(|line| line.starts_with("<text "));
    texts.map(|line| line.split('>').nth(1).unwrap().trim_end_matches("</text").to_owned()).collect()
}

const ZERO: &str = "#fee838";
const DECAYED: &str = "#abad45";
const OSCILLATING: &str = "#9e1b18";

/// 400 pixels are 400 trajectories here.
#[test]
fn bars_are_as_long_as_their_shares() {
    let (plan, statistics) = swept(SWEEP);
    let svg = picture(SWEEP, "kinds.svg");
    let bars: Vec<_> = blocks(&svg).into_iter().filter(|([.., height], _)| *height == 14.0).collect();
    let mut expected = Vec::new();
    for group in statistics.groups_by_penalty() {
        let kinds = group.summary.kinds(&plan.limits.tolerances);
        expected.extend(kinds.into_iter().map(|(_, count)| count as f64).filter(|count| *count > 0.0));
    }
    assert_eq!(bars.iter().map(|([_, _, width, _], _)| *width).collect::<Vec<_>>(), expected);
    // L1 by subgradient: partly within 0.03, the rest oscillates; by proximal steps all zero; L2 decays by both.
    let colours: Vec<&str> = bars.iter().map(|(_, colour)| colour.as_str()).collect();
    assert_eq!(colours[1..], [OSCILLATING, ZERO, DECAYED, DECAYED]);
    assert_eq!(bars.len(), 5);
    let words = words(&svg);
    let legend: Vec<&String> = words.iter().skip_while(|word| !word.ends_with("exact zero.")).skip(1).collect();
    assert_eq!(legend[..5], ["zero", "decayed", "near_zero 0.03", "oscillating", "exact zeros"]);
    for word in ["k = 1", "k = 2", "100 %", "0 %"] {
        assert!(words.iter().any(|found| found == word), "{word} in {words:?}");
    }
}

/// A panel of one penalty says which it is.
#[test]
fn a_header_of_a_penalty_says_its_only_shape() {
    let headers = |penalties: &str, facets: &str| {
        let text = format!(
            "steps = 4
             problem = {{ kind = 'quadratic', target = [0.0, 1.0] }}
             penalty = [{penalties}]
             optimizer = {{ kind = 'proximal', learning_rate = 0.1 }}
             start = {{ w = 1.0 }}
             report = {{ maps = [{{ x = 'penalty.lambda', y = 'problem.target', facets = [{facets}] }}] }}"
        );
        words(&map(&text)).join(" ").replace('\u{a0}', " ")
    };
    let [one, two, mcp] =
        ["k = 1.0, lambda = 0.5", "k = 2.0, lambda = 0.5", ""].map(|lk| format!("{{ kind = 'lk', {lk} }}"));
    let mcp = mcp.replace("lk', ", "mcp', lambda = 0.7");
    let found = headers(&format!("{one}, {mcp}"), "'penalty'");
    assert!(found.contains("penalty = lk, k = 1") && found.contains("gamma = 3 penalty = mcp,"), "{found}");
    let found = headers(&format!("{one}, {two}, {mcp}"), "'penalty'");
    assert!(!found.contains("lk, k =") && found.contains("gamma = 3 penalty = mcp,"), "{found}");
    // What is a facet of its own has a line of its own.
    let found = headers(&format!("{one}, {mcp}"), "'penalty', 'penalty.k'");
    assert!(found.contains("penalty = lk, k = 1"), "{found}");
    let found = headers(&format!("{one}, {two}, {mcp}"), "'penalty', 'penalty.k'");
    assert!(!found.contains("lk, k =") && found.contains("penalty.k = 2"), "{found}");
}

/// A trace of a kind keeps half a pixel, and the bar its length.
#[test]
fn no_kind_is_too_rare_to_be_drawn() {
    let text = "steps = 10
        penalty = { kind = 'lk', k = 1.0, lambda = 1.0 }
        optimizer = { kind = 'proximal', learning_rate = 0.5 }
        start = { w = { linspace = [0.0, 4000.0, 4001] } }
        report = { pool = ['start.w'] }";
    // The starts 0 to 5 land within 10 steps, or are zero; 4 have just landed and are still moving in the last two iterates.
    let bars: Vec<_> = blocks(&picture(text, "kinds.svg")).into_iter().filter(|([.., h], _)| *h == 14.0).collect();
    let zero = bars.iter().find(|(_, colour)| colour == ZERO).expect("zeros should be drawn");
    assert!(zero.0[2] >= 0.5);
    assert_eq!(bars.iter().map(|([_, _, width, _], _)| width).sum::<f64>(), 400.0);
}

#[test]
fn curves_climb_where_the_tolerance_decides() {
    let (_, statistics) = swept(SWEEP);
    let table = String::from_utf8(curve_csv(&statistics)).unwrap();
    let mut lines = table.lines();
    assert_eq!(
        lines.next().unwrap(),
        "problem,penalty,penalty.k,optimizer,tolerance,trajectories,zero,decayed,within,within_rate"
    );
    let rows: Vec<Vec<&str>> = lines.map(|line| line.split(',').collect()).collect();
    // Two ends a group; L1 by subgradient grows at 2^-5 and 2^-4 besides.
    assert_eq!(rows.len(), 4 * 2 + 2);
    let within = |k: &str, optimizer: &str| {
        let of = rows.iter().filter(move |row| row[2] == k && row[3] == optimizer);
        of.map(|row| (f64::from(row[4].parse::<f32>().unwrap()), row[8].parse::<u64>().unwrap())).collect::<Vec<_>>()
    };
    // The proximal rule's zeros and L2's decays are within every tolerance.
    for flat in [within("1", "proximal"), within("2", "subgradient"), within("2", "proximal")] {
        assert!(flat.iter().all(|(_, count)| *count == 400));
    }
    // The 2-cycle {r, r - c} of L1 with c = 0.05 has an amplitude between c / 2 and c: none is within 2^-6 = 0.0156, and
    // all are within 2^-4 = 0.0625; within 2^-5 are those with 0.01875 < r < 0.03125, a quarter of them.
    let chatter = within("1", "subgradient");
    let at = |tolerance: f64| chatter.iter().rfind(|row| row.0 <= tolerance).unwrap().1;
    assert_eq!((at(2f64.powi(-64)), at(2f64.powi(-6)), at(2f64.powi(-4))), (0, 0, 400));
    // Four standard errors of 400 draws.
    assert!((at(2f64.powi(-5)) as f64 / 400.0 - 0.25).abs() < 4.0 * (0.25f64 * 0.75 / 400.0).sqrt());
    for group in &statistics.groups {
        let zeros = group.summary.fates[Fate::Zero as usize];
        assert!(rows.iter().any(|row| row[6] == zeros.to_string()));
    }
}

#[test]
fn curves_start_beside_the_mark_of_exact_zeros() {
    let svg = picture(SWEEP, "tolerance_curve.svg");
    // Widths of the marks: their pens' and 4 pixels.
    let mark = |side: f64| blocks(&svg).into_iter().filter(move |([_, _, width, _], _)| *width == side);
    let tops = |side: f64| mark(side).map(|([_, top, _, height], _)| top + height / 2.0).collect::<Vec<_>>();
    let (subgradient, proximal) = (tops(9.0), tops(5.4));
    assert_eq!((subgradient.len(), proximal.len()), (2, 2));
    // Higher is less: the proximal rule is all zero for k = 1, and neither is for k = 2.
    assert!((subgradient[0] - proximal[0] - 108.0).abs() < 0.02, "{subgradient:?} {proximal:?}");
    assert!((subgradient[1] - proximal[1]).abs() < 0.02);
    let words = words(&svg);
    for word in ["k = 1", "k = 2", "subgradient", "proximal", "tolerance"] {
        assert!(words.iter().any(|found| found == word), "{word} in {words:?}");
    }
}

#[test]
fn long_lists_of_penalties_are_thinned_and_say_so() {
    let text = SWEEP.replace("k = [1.0, 2.0]", "k = { linspace = [1.0, 3.0, 50] }").replace("count = 400", "count = 2");
    let said = |name: &str, sentence: &str| {
        let words = words(&picture(&text, name)).join(" ");
        assert!(words.contains(sentence), "{words}");
    };
    let rest = "penalties are shown: the ends, and those between which most changes.";
    said("kinds.svg", &format!("20 of 50 {rest}"));
    said("tolerance_curve.svg", &format!("15 of 50 {rest}"));
    // L1 alone ends at exact zeros: it and its neighbour stay.
    for row in ["k = 1 subgradient", "k = 1.0408163 subgradient", "k = 3 subgradient"] {
        said("kinds.svg", row);
    }
}

/// What stands above a chart, without its line breaks.
fn heading(text: &str) -> String {
    words(&picture(text, "kinds.svg")).join(" ")
}

/// Both charts sum over all that no bar, panel or line tells apart; a role and a penalty's shape do.
#[test]
fn captions_say_what_is_pooled_and_what_is_summed() {
    let text = SWEEP
        .replace("lambda = 0.5", "lambda = [0.5, 0.7]")
        .replace("steps = 4000", "steps = 4\n    problem = { kind = 'quadratic', target = [0.0, 1.0, 2.0] }");
    let said = "pooled over start.w; summed over every cell: problem.target, penalty.lambda";
    for name in ["kinds.svg", "tolerance_curve.svg"] {
        let words = words(&picture(&text, name)).join(" ");
        assert!(words.contains(&format!("problem.curvature = 1; {said} ")), "{words}");
    }
    assert!(!heading(SWEEP).contains("summed over"), "every cell has a bar of its own");
    // Each penalty has a strength of its own.
    let alternatives = "steps = 4
        optimizer = { kind = 'proximal', learning_rate = 0.1 }
        start = { w = [1.0, 2.0] }
        penalty = [{ kind = 'lk', k = 1.0, lambda = 0.5 }, { kind = 'mcp', lambda = 0.7 }]";
    assert!(heading(alternatives).contains("summed over every cell: start.w "), "{}", heading(alternatives));
}

/// A parameter that some alternatives have is theirs.
#[test]
fn captions_say_whose_a_parameter_is() {
    let text = "steps = 4
        optimizer = { kind = 'proximal', learning_rate = 0.1 }
        start = { w = [1.0, 2.0] }
        penalty = [{ kind = 'lk', k = 1.0, lambda = 0.5 }, { kind = 'mcp', lambda = 0.5 }, { kind = 'scad', lambda = 0.5 }]";
    let said = heading(text);
    for own in ["penalty.k = 1 (lk); ", "penalty.lambda = 0.5; ", "optimizer.learning_rate = 0.1; "] {
        assert!(said.contains(own), "{own}: {said}");
    }
    // Each has a gamma of its own, which is a coordinate.
    assert!(!said.contains("gamma = 3 ("), "{said}");
    let same = text.replace("'scad',", "'scad', gamma = 3.0,");
    assert!(heading(&same).contains("penalty.gamma = 3 (mcp, scad); "), "{}", heading(&same));
    // Of one penalty there are no others.
    assert!(
        heading(SWEEP).contains("penalty.lambda = 0.5; ") && !heading(SWEEP).contains("(lk)"),
        "{}",
        heading(SWEEP)
    );
}

#[test]
fn captions_say_what_moves_together_and_what_is_computed() {
    let zipped = "zip = [['penalty.lambda', 'optimizer.learning_rate']]
        steps = 4
        penalty = { kind = 'lk', k = 1.0, lambda = [0.5, 0.7] }
        optimizer = { kind = 'proximal', learning_rate = [0.1, 0.2] }
        start = { w = '2 * penalty.lambda' }";
    let said = "summed over every cell: penalty.lambda; optimizer.learning_rate moves with penalty.lambda; \
                start.w = 2 * penalty.lambda ";
    assert!(heading(zipped).contains(said), "{}", heading(zipped));
}

#[test]
fn captions_say_what_a_sample_draws() {
    let drawn = "sample = { count = 30 }
        steps = 4
        problem = { kind = 'quadratic', target = [0.0, 1.0] }
        penalty = { kind = 'lk', k = 1.0, lambda = { log_uniform = [0.1, 1.0] } }
        optimizer = { kind = 'proximal', learning_rate = { uniform = [0.1, 1.0] } }
        start = { w = 1.0 }";
    let draws = "30 joint draws of penalty.lambda, optimizer.learning_rate";
    let said = format!("pooled over {draws}; summed over every cell: problem.target ");
    assert!(heading(drawn).contains(&said), "{}", heading(drawn));
    let apart = heading(&format!("{drawn}\n        report = {{ pool = [] }}"));
    assert!(apart.contains(&format!("summed over every cell: problem.target, {draws} ")), "{apart}");
    let one = heading(&drawn.replace("{ uniform = [0.1, 1.0] }", "0.5"));
    assert!(one.contains("pooled over 30 draws of penalty.lambda; summed"), "{one}");
}

/// Colour, width and dashes of every line, the legend's first.
fn pens(svg: &str) -> Vec<[String; 3]> {
    let value = |line: &str, name: &str| {
        let found = line.split(&format!(" {name}=\"")).nth(1).and_then(|rest| rest.split('"').next());
        found.unwrap_or_default().to_owned()
    };
    let lines = svg.lines().filter(|line| line.contains("stroke-linejoin"));
    lines.map(|line| ["stroke", "stroke-width", "stroke-dasharray"].map(|name| value(line, name))).collect()
}

#[test]
fn lines_of_one_colour_differ_in_their_dashes() {
    let text = "steps = 4
        penalty = { kind = 'lk', k = 1.0, lambda = 0.5 }
        start = { w = [1.0, 2.0] }
        optimizer = [
            { kind = 'gradient_descent', penalty_step = ['in_loss', 'truncated', 'proximal'], learning_rate = 0.1, precision = ['f32', 'bf16', 'f16'] },
            { kind = 'adam', penalty_step = ['in_loss', 'decoupled', 'proximal'], learning_rate = 0.1, precision = ['f32', 'bf16', 'f16'] },
        ]";
    let pens = pens(&picture(text, "tolerance_curve.svg"));
    assert_eq!(pens.len(), 2 * 18);
    let (legend, lines) = pens.split_at(18);
    assert_eq!(legend, lines);
    let mut told: Vec<_> = legend.iter().map(|[ink, _, dash]| (ink, dash)).collect();
    told.sort();
    told.dedup();
    assert_eq!(told.len(), 18);
    assert!(legend[..7].iter().all(|[_, _, dash]| dash.is_empty()));
}

/// Noise that all share is said once.
#[test]
fn legends_leave_out_the_noise_that_all_have() {
    let text = |seed: u32| {
        format!(
            "steps = 4
             penalty = {{ kind = 'lk', k = 1.0, lambda = 0.5 }}
             start = {{ w = [1.0, 2.0] }}
             [[optimizer]]
             kind = 'subgradient'
             learning_rate = 0.1
             noise = {{ normal = 0.1, seed = 1 }}
             [[optimizer]]
             kind = 'proximal'
             learning_rate = 0.1
             noise = {{ normal = 0.1, seed = {seed} }}"
        )
    };
    let pictures: [fn(&str) -> String; 3] =
        [|text| picture(text, "kinds.svg"), |text| picture(text, "tolerance_curve.svg"), map];
    for draw in pictures {
        let (same, apart) = (words(&draw(&text(1))), words(&draw(&text(2))));
        let has = |words: &[String], word: &str| words.iter().any(|own| own == word);
        assert!(has(&same, "subgradient") && has(&same, "proximal"), "{same:?}");
        assert!(same.join(" ").contains("; optimizer.noise.seed = 1"), "{same:?}");
        assert!(has(&apart, "subgradient noise seed 1") && has(&apart, "proximal noise seed 2"), "{apart:?}");
        assert!(!apart.join(" ").contains("optimizer.noise.seed"), "{apart:?}");
    }
}
