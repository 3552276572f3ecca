//! Nothing covers or cuts off a text, whatever the sweep.

use resvg::usvg;
use zerosweep::output::drawing::Caption;
use zerosweep::theory::ZeroForecast;

use super::reader::{pixel, pixels, plots, texts, tree};
use super::sweep::{Axis, drawn_under, geomspace, linspace, numbers, request, role, sweep, zero_of_ten};

const LONG: &str =
    "penalty.a_name_of_about_a_hundred_characters_that_nobody_should_give_to_a_parameter_but_somebody_surely_will";
const OTHER: &str = "start.another_name_that_is_too_long";

/// White space that every text leaves to the edges of its page, in pixels.
const EDGE: f32 = 10.0;

/// Every text of the pictures, on the axes x and y (where y is not empty) with all other axes as facets.
fn check(axes: &[Axis], x: &str, y: &str) {
    let mut table = sweep(axes, |_| zero_of_ten(4));
    for (index, row) in table.rows.iter_mut().enumerate() {
        // All, some, none, and silence, so that the legend has all that it can have.
        let [zero, other, silent] = [[10, 0, 0], [4, 6, 0], [0, 10, 0], [0, 0, 10]][index * 3 / 2 % 4];
        row.predicted = ZeroForecast { zero, other, silent };
        row.differs = [1, 1];
    }
    let facets: Vec<&str> = axes.iter().map(|axis| axis.name).filter(|name| *name != x && *name != y).collect();
    let wordy = Caption { sweep: "a-sweep-with-a-long-name".repeat(5), detail: "many words ".repeat(40) };
    for picture in drawn_under(&table, &request(x, y, &facets), &wordy).unwrap() {
        let size = tree(&picture.svg).size();
        let (texts, plots) = (texts(&picture.svg), plots(&picture.svg));
        for (i, (text, place)) in texts.iter().enumerate() {
            let edges = [place.left(), place.top(), size.width() - place.right(), size.height() - place.bottom()];
            assert!(edges.iter().all(|&edge| edge >= EDGE), "`{text}` is too near the page's edge: {place:?}");
            for (other, other_place) in &texts[i + 1..] {
                assert!(!overlap(place, other_place), "`{text}` {place:?} and `{other}` {other_place:?}");
            }
            let covered = plots.iter().find(|plot| overlap(place, plot));
            assert!(covered.is_none(), "`{text}` {place:?} lies on a panel {covered:?}");
        }
    }
}

fn lambda() -> Axis {
    geomspace("penalty.lambda", 1e-6, 10.0, 41)
}

fn target() -> Axis {
    linspace("problem.target", -2.0, 2.0, 41)
}

fn optimizers() -> Axis {
    role("optimizer", &["subgradient", "truncated", "proximal"])
}

fn uneven() -> Axis {
    numbers("penalty.k", &[1e-7, 0.125, 0.333_333_3, 1.0, 2.5e8, -3.0, 1.0e-3, 12_345.678])
}

/// Two values with long labels.
fn pair(name: &'static str) -> Axis {
    numbers(name, &[123_456.7, 0.000_123])
}

#[test]
fn in_usual_maps() {
    check(&[lambda(), target()], "penalty.lambda", "problem.target");
    check(&[lambda(), target(), optimizers()], "penalty.lambda", "problem.target");
    check(&[lambda(), optimizers()], "penalty.lambda", "optimizer");
    check(&[optimizers(), role("penalty", &["l1", "l2"])], "optimizer", "penalty");
}

#[test]
fn in_maps_of_few_cells() {
    let single = || numbers("a.x", &[1.0]);
    check(&[single()], "a.x", "");
    check(&[pair("a.x")], "a.x", "");
    check(&[pair("a.x"), pair("a.y"), optimizers()], "a.x", "a.y");
    check(&[single(), target()], "a.x", "problem.target");
}

#[test]
fn on_uneven_axes() {
    check(&[uneven(), lambda()], "penalty.k", "penalty.lambda");
    check(&[uneven(), lambda(), optimizers()], "penalty.lambda", "penalty.k");
}

#[test]
fn between_panels_whose_labels_stand_out() {
    // 21 panels in which the first and the last label are wider than the cells they stand at.
    let wide = linspace("a.x", -40_000.0, 40_000.0, 41);
    check(&[wide, target(), linspace("start.w", 0.0, 1.0, 21)], "a.x", "problem.target");
}

#[test]
fn among_many_panels() {
    let few = linspace("problem.curvature", 0.0, 1.0, 4);
    let many = linspace("start.w", -1.0, 1.0, 10);
    check(&[lambda(), optimizers(), few.clone()], "penalty.lambda", "");
    check(&[lambda(), target(), linspace(OTHER, 0.0, 1.0, 5)], "penalty.lambda", "problem.target");
    check(&[uneven(), optimizers(), many.clone(), target()], "penalty.k", "problem.target");
    check(&[lambda(), target(), many, linspace(OTHER, 0.0, 1.0, 10)], "penalty.lambda", "problem.target");
    let roles = role("penalty", &["l1", "l2"]);
    check(&[lambda(), pair("a.x"), few, optimizers(), roles], "penalty.lambda", "a.x");
}

#[test]
fn where_names_are_long() {
    let single = |name| numbers(name, &[1.0]);
    check(&[pair(LONG), pair("problem.x"), pair(OTHER)], LONG, "problem.x");
    check(&[single("a.x"), pair(LONG)], "a.x", LONG);
    // Longer than the panel is high, and than the panel is wide.
    check(&[pair("a.x"), single(LONG)], "a.x", LONG);
    check(&[single(LONG)], LONG, "");
    check(&[pair("a.x"), role("a_name_that_fills_a_line", &["a"])], "a.x", "a_name_that_fills_a_line");
}

#[test]
fn texts_are_drawn_with_the_bundled_font() {
    let table = sweep(&[lambda(), target()], |_| zero_of_ten(4));
    let caption = Caption { sweep: "a".to_string(), detail: "b".to_string() };
    for picture in drawn_under(&table, &request("penalty.lambda", "problem.target", &[]), &caption).unwrap() {
        let pixels = pixels(&picture);
        for (text, place) in texts(&picture.svg) {
            let rows = (place.top() as u32..place.bottom() as u32).map(|y| y as f32 + 0.25);
            let columns = || (place.left() as u32..place.right() as u32 + 1).map(|x| x as f32 + 0.25);
            let inked = rows.flat_map(|y| columns().map(move |x| (x, y))).any(|at| pixel(&pixels, at) & 255 < 0x80);
            assert!(inked, "`{text}` should be visible");
        }
    }
}

fn overlap(a: &usvg::Rect, b: &usvg::Rect) -> bool {
    a.left() < b.right() && b.left() < a.right() && a.top() < b.bottom() && b.top() < a.bottom()
}
