//! What is marked in panels, read back from their SVG.

use crate::heatmap::reader::{panels, words};
use crate::heatmap::sweep::{Made, caption, linspace, numbers, request, role, sweep, zero_of_ten};
use zerosweep::output::marks::{Dash, Marks, Upright};
use zerosweep::output::{heatmap, lines};
use zerosweep::spec::{Key, MapRequest, Measure};

/// Two panels of eleven columns and three rows; a row of the table is a cell, x fastest.
fn made() -> Made {
    let axes = [role("optimizer", &["p", "q"]), numbers("a.k", &[1.0, 2.0, 4.0]), linspace("a.x", 0.0, 1.0, 11)];
    sweep(&axes, |keys| zero_of_ten(if keys[0] == Key::Text("p") { 3 } else { 6 }))
}

fn upright(panel: usize, k: usize, x: usize, dash: Dash) -> Upright {
    Upright { row: panel * 33 + k * 11 + x, dash }
}

/// The points of a line, its dashes and its width.
type Drawn<'a> = (Vec<(f32, f32)>, &'a str, &'a str);

/// All lines but those of axes and of frames.
fn drawn(svg: &str) -> Vec<Drawn<'_>> {
    let lines =
        svg.lines().filter(|line| line.starts_with("<path fill=\"none\" stroke=\"#") && line.contains("linejoin"));
    fn part<'a>(line: &'a str, name: &str) -> Option<&'a str> {
        line.split(&format!(" {name}=\"")).nth(1)?.split('"').next()
    }
    let line = |line| {
        let points = part(line, "d")?.split(['M', 'L']).filter_map(|point| {
            let (x, y) = point.split_once(' ')?;
            Some((x.parse().ok()?, y.parse().ok()?))
        });
        Some((points.collect(), part(line, "stroke-dasharray").unwrap_or("solid"), part(line, "stroke-width")?))
    };
    lines.filter_map(line).collect()
}

/// The x, the dashes and the width of each line that is upright.
fn uprights(svg: &str) -> Vec<(f32, &str, &str)> {
    fn upright((points, dash, width): Drawn<'_>) -> Option<(f32, &str, &str)> {
        match points[..] {
            [(x, top), (end, bottom)] if x == end && top != bottom => Some((x, dash, width)),
            _ => None,
        }
    }
    drawn(svg).into_iter().filter_map(upright).collect()
}

fn marks() -> Marks {
    let uprights = vec![
        upright(0, 2, 3, Dash::Solid),
        upright(1, 0, 10, Dash::Solid),
        upright(0, 1, 7, Dash::Dotted),
        // One line is enough for what is chosen twice.
        upright(1, 1, 10, Dash::Dotted),
    ];
    Marks { uprights, note: "Lines stand somewhere.".to_owned(), ..Marks::default() }
}

/// A line goes through the middle of its column, on white that no colour hides.
#[test]
fn a_map_has_an_upright_line_in_the_middle_of_a_column() {
    let asked = MapRequest { measures: vec![Measure::ZERO_RATE], ..request("a.x", "a.k", &["optimizer"]) };
    let table = made().table(&[Measure::ZERO_RATE]);
    let draw = |marks: &Marks| heatmap::draw(&table, &asked, &caption(), "draws", marks).unwrap().remove(0).svg;
    let svg = draw(&marks());
    let panels = panels(&svg);
    let at = |panel: usize, column: usize| panels[panel].centre(column, 0).0;
    let (solid, dotted) = ("solid", "1.5 2.5");
    let expected = [(at(0, 3), solid), (at(0, 7), dotted), (at(1, 10), solid)];
    let expected: Vec<_> = expected.into_iter().flat_map(|(x, dash)| [(x, "solid", "2"), (x, dash, "1")]).collect();
    assert_eq!(uprights(&svg), expected);
    assert!(words(&svg).join(" ").contains("Lines stand somewhere."));
    assert!(uprights(&draw(&Marks::default())).is_empty());
}

/// In a chart it stands where the lines have that value of x.
#[test]
fn a_chart_has_an_upright_line_at_a_value_of_x() {
    let asked = MapRequest { measures: vec![Measure::ZERO_RATE], line: true, ..request("a.x", "a.k", &["optimizer"]) };
    let table = made().table(&[Measure::ZERO_RATE]);
    let svg = lines::draw(&table, &asked, &caption(), "draws", &marks()).unwrap().remove(0).svg;
    // Three lines a panel have a point for each value of x.
    let lines: Vec<_> = drawn(&svg).into_iter().filter(|(points, ..)| points.len() == 11).collect();
    assert_eq!(lines.len(), 6);
    let at = |panel: usize, column: usize| lines[3 * panel].0[column].0;
    assert_eq!(uprights(&svg), [(at(0, 3), "solid", "1"), (at(0, 7), "1.5 2.5", "1"), (at(1, 10), "solid", "1")]);
    assert!(words(&svg).join(" ").contains("Lines stand somewhere."));
}
