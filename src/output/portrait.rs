//! A small picture a penalty: R, its slope and its proximal map beside each other, from the rows in f64.

use super::Number;
use super::drawing::number::exact_f64;
use super::drawing::page::{Anchor, Curve, Dash, MARGIN, NOTE_SIZE, Page, Plot, SOFT_INK, SWATCH, TICK_SIZE};
use super::drawing::text::HALF_CAPITAL;
use super::drawing::{Colour, Picture, svg};
use crate::audit::rules::searched;
use crate::optimizer::PenaltyStep;
use crate::penalty::{CAPPED_L1, ELASTIC_NET, HUBERIZED_L1, L0, LK, LOG_SUM, MCP, Penalty, SCAD, SMOOTHED_LK};
use std::ops::RangeInclusive;

/// Each penalty with parameters that show its shape, one curve each; lambda = 1.
const SITTERS: &[(&Penalty, &[&[f64]])] = &[
    (&LK, &[&[0.5, 1.0], &[1.0, 1.0], &[2.0, 1.0]]),
    (&ELASTIC_NET, &[&[1.0, 0.5]]),
    (&L0, &[&[1.0]]),
    (&MCP, &[&[1.0, 3.0]]),
    (&SCAD, &[&[1.0, 3.7]]),
    (&LOG_SUM, &[&[1.0, 0.5]]),
    (&CAPPED_L1, &[&[1.0, 1.5]]),
    (&HUBERIZED_L1, &[&[1.0, 1.0]]),
    (&SMOOTHED_LK, &[&[0.5, 1.0, 0.5], &[1.0, 1.0, 0.5]]),
];

const WIDTH: f64 = 600.0;
const SIZE: (f64, f64) = (154.0, 128.0);
/// From a plot's left side to that of the next, and from the page's to that of the first.
const STRIDE: f64 = 194.0;
const FIRST: f64 = MARGIN + 22.0;

/// Weights go from -END to END.
const END: f64 = 4.0;
/// Places on either side of 0, beside the two that are nearest to it.
const PLACES: usize = 80;
/// Side of what marks a value that stands alone.
const SQUARE: f64 = 5.0;
/// As near to a jump as curves are drawn.
const BESIDE: f64 = 1e-9;

const INKS: [Colour; 3] = [0x0072b2, 0xd55e00, 0x009e73];
const PALE: Colour = 0xcccccc;

/// Points that follow each other.
type Line = Vec<(f64, f64)>;

/// One function of a weight, in the range of values that its plot shows.
struct Panel {
    title: &'static str,
    values: RangeInclusive<f64>,
    /// Values with a tick.
    ticks: [f64; 3],
    /// What a penalty without it has no such function for.
    needs: Option<PenaltyStep>,
    /// Whether it is drawn beside the identity.
    is_map: bool,
    of: fn(&Penalty, f64, &[f64]) -> f64,
}

const PANELS: [Panel; 3] = [
    Panel {
        title: "R(w)",
        values: -0.2..=4.2,
        ticks: [0.0, 2.0, 4.0],
        needs: None,
        is_map: false,
        of: |penalty, w, own| (penalty.in_f64.value)(w, own),
    },
    Panel {
        title: "R'(w)",
        values: -2.2..=2.2,
        ticks: [-2.0, 0.0, 2.0],
        needs: Some(PenaltyStep::InLoss),
        is_map: false,
        of: |penalty, w, own| (penalty.in_f64.slope)(w, own),
    },
    Panel {
        title: "prox(x), step 1",
        values: -4.2..=4.2,
        ticks: [-4.0, 0.0, 4.0],
        needs: None,
        is_map: true,
        of: mapped,
    },
];

fn mapped(penalty: &Penalty, x: f64, own: &[f64]) -> f64 {
    match penalty.in_f64.prox {
        Some(prox) => prox(x, 1.0, own),
        None => searched(&penalty.in_f64, x, 1.0, own),
    }
}

/// The picture of every penalty, called by its kind.
pub fn portraits() -> Vec<Picture> {
    SITTERS.iter().map(|(penalty, curves)| portrait(penalty, curves)).collect()
}

/// What the picture of a penalty is called, for whoever does not see it.
pub fn title(penalty: &Penalty) -> String {
    format!("{}: R, its slope and its proximal map", penalty.member.kind)
}

fn portrait(penalty: &Penalty, curves: &[&[f64]]) -> Picture {
    let mut page = Page::new(WIDTH, title(penalty));
    legend(&mut page, penalty, curves);
    let top = (page.height + 24.0).round();
    for (index, panel) in PANELS.iter().enumerate() {
        let plot = Plot { left: FIRST + index as f64 * STRIDE, top, width: SIZE.0, height: SIZE.1 };
        panel.draw(&mut page, &plot, penalty, curves);
        page.plots.push(plot);
    }
    page.height = top + SIZE.1 + 30.0;
    Picture::new(penalty.member.kind, svg::write(&page, |_| ()))
}

/// What the curves' parameters are; those that differ beside a piece of each curve.
fn legend(page: &mut Page, penalty: &Penalty, curves: &[&[f64]]) {
    const LENGTH: f64 = 22.0;
    let said =
        |own: &[f64], place: usize| format!("{} = {}", penalty.member.parameters[place].name, Number(own[place]));
    let places = 0..penalty.member.parameters.len();
    let (same, varied): (Vec<usize>, Vec<usize>) =
        places.partition(|&place| curves.iter().all(|own| own[place] == curves[0][place]));
    let words =
        |own: &[f64], places: &[usize]| places.iter().map(|&place| said(own, place)).collect::<Vec<_>>().join(", ");
    let common = words(curves[0], &same);
    let baseline = page.height + 3.0 + SWATCH / 2.0 + NOTE_SIZE * HALF_CAPITAL;
    page.label(&common, (FIRST, baseline), NOTE_SIZE, Anchor::Start).ink = SOFT_INK;
    let told_apart = curves.iter().filter(|_| !varied.is_empty());
    let texts: Vec<String> = told_apart.map(|own| words(own, &varied)).collect();
    let entries: Vec<(&str, Colour)> = texts.iter().map(String::as_str).zip(INKS).collect();
    page.entries(&entries, FIRST + STRIDE, LENGTH, |page, &ink, (left, top)| {
        let y = top + SWATCH / 2.0;
        page.curves.push(Curve { points: vec![(left, y), (left + LENGTH, y)], ink, width: 2.0, dash: Dash::Solid });
    });
}

impl Panel {
    fn draw(&self, page: &mut Page, plot: &Plot, penalty: &Penalty, curves: &[&[f64]]) {
        let at = |w: f64, value: f64| (plot.left + self.x(w), plot.top + self.y(value));
        let bottom = plot.top + plot.height;
        page.label(self.title, (plot.left + plot.width / 2.0, plot.top - 8.0), NOTE_SIZE, Anchor::Middle);
        for w in [-END, -END / 2.0, 0.0, END / 2.0, END] {
            page.x_tick(at(w, 0.0).0, bottom, Some(&exact_f64(w)));
        }
        for value in self.ticks {
            page.y_tick(at(0.0, value).1, plot.left, Some(&exact_f64(value)));
        }
        let mut line = |points: [(f64, f64); 2], ink: Colour, dash: Dash| {
            let points = points.map(|(w, value)| at(w, value)).to_vec();
            page.curves.push(Curve { points, ink, width: 1.0, dash });
        };
        line([(-END, 0.0), (END, 0.0)], PALE, Dash::Solid);
        line([(0.0, *self.values.start()), (0.0, *self.values.end())], PALE, Dash::Solid);
        if self.is_map {
            line([(-END, -END), (END, END)], SOFT_INK, Dash::Dashed);
        }
        if self.needs.is_some_and(|step| !penalty.takes(step)) {
            page.label("none", at(END / 2.0, 0.5), TICK_SIZE, Anchor::Middle).ink = SOFT_INK;
            return;
        }
        for (own, ink) in curves.iter().zip(INKS) {
            let of = |w: f64| (self.of)(penalty, w, own);
            for piece in pieces(&of, &self.values) {
                let points = straightened(piece.into_iter().map(|(w, value)| at(w, value)));
                page.curves.push(Curve { points, ink, width: 2.0, dash: Dash::Solid });
            }
            if let Some(value) = alone(&of, &self.values) {
                let (x, y) = at(0.0, value);
                let points = vec![(x - SQUARE / 2.0, y), (x + SQUARE / 2.0, y)];
                page.curves.push(Curve { points, ink, width: SQUARE, dash: Dash::Solid });
            }
        }
    }

    /// Pixels from the plot's left side.
    fn x(&self, w: f64) -> f64 {
        SIZE.0 * (w + END + 0.2) / (2.0 * END + 0.4)
    }

    /// Pixels from its top.
    fn y(&self, value: f64) -> f64 {
        let (low, high) = (self.values.start(), self.values.end());
        SIZE.1 * (high - value) / (high - low)
    }
}

/// What counts as a jump, and as no difference, of values in this range.
fn least_jump(values: &RangeInclusive<f64>) -> f64 {
    1e-3 * (values.end() - values.start())
}

/// The value at 0 where it stands apart from those on both sides.
fn alone(of: &dyn Fn(f64) -> f64, values: &RangeInclusive<f64>) -> Option<f64> {
    let value = of(0.0);
    let apart = |w: f64| (of(w) - value).abs() > least_jump(values);
    (apart(-BESIDE) && apart(BESIDE)).then_some(value)
}

/// A function as lines from point to point, one for each part of it on which it does not jump, as far as its values are to be seen.
fn pieces(of: &dyn Fn(f64) -> f64, values: &RangeInclusive<f64>) -> Vec<Line> {
    let above: Vec<f64> = (0..=PLACES).map(|place| (END * place as f64 / PLACES as f64).max(BESIDE)).collect();
    let places: Vec<f64> = above.iter().rev().map(|w| -w).chain(above.iter().copied()).collect();
    let mut lines = Vec::new();
    let mut add = |from: f64, to: f64| extend(&mut lines, (from, of(from)), (to, of(to)), values);
    for pair in places.windows(2) {
        match jump(of, (pair[0], pair[1]), values) {
            Some((before, after)) => {
                add(pair[0], before);
                add(after, pair[1]);
            }
            None => add(pair[0], pair[1]),
        }
    }
    lines
}

/// The two sides of a jump between two weights, if there is one: of each half the one with the greater difference is looked at.
fn jump(of: &dyn Fn(f64) -> f64, (mut low, mut high): (f64, f64), values: &RangeInclusive<f64>) -> Option<(f64, f64)> {
    let differ = |low: f64, high: f64| (of(high) - of(low)).abs();
    while high - low > 2.0 * BESIDE && differ(low, high) > least_jump(values) {
        let middle = low + (high - low) / 2.0;
        if differ(low, middle) >= differ(middle, high) { high = middle } else { low = middle }
    }
    (differ(low, high) > least_jump(values)).then_some((low, high))
}

/// Adds what is to be seen of a straight piece to the last line, where that ends there, or as a new one.
fn extend(lines: &mut Vec<Line>, from: (f64, f64), to: (f64, f64), values: &RangeInclusive<f64>) {
    let share = |value: f64| (value - from.1) / (to.1 - from.1);
    let (ends, rises) = ([share(*values.start()), share(*values.end())], to.1 - from.1);
    let (enters, leaves) = match rises {
        rises if rises > 0.0 => (ends[0].max(0.0), ends[1].min(1.0)),
        rises if rises < 0.0 => (ends[1].max(0.0), ends[0].min(1.0)),
        _ if values.contains(&from.1) => (0.0, 1.0),
        _ => return,
    };
    if enters >= leaves || from == to {
        return;
    }
    // The ends as they are, so that the next piece finds them.
    let at = |share: f64| match share {
        0.0 => from,
        1.0 => to,
        share => (from.0 + share * (to.0 - from.0), from.1 + share * rises),
    };
    match lines.last_mut() {
        Some(line) if enters == 0.0 && line.last() == Some(&from) => line.push(at(leaves)),
        _ => lines.push(vec![at(enters), at(leaves)]),
    }
}

/// The line without the points that lie on the straight way between their neighbours.
fn straightened(points: impl Iterator<Item = (f64, f64)>) -> Line {
    let mut kept: Line = Vec::new();
    for point in points {
        if let [.., a, b] = kept[..] {
            let aside = (b.0 - a.0) * (point.1 - a.1) - (b.1 - a.1) * (point.0 - a.0);
            if aside.abs() < 1e-6 {
                kept.pop();
            }
        }
        kept.push(point);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::member::FAMILY;

    /// Every curve of a panel: its penalty, its parameters and its lines.
    fn drawn(panel: &Panel) -> impl Iterator<Item = (&'static Penalty, &'static [f64], Vec<Line>)> {
        let curves = SITTERS.iter().flat_map(|(penalty, curves)| curves.iter().map(move |own| (*penalty, *own)));
        curves.map(|(penalty, own)| (penalty, own, pieces(&|w| (panel.of)(penalty, w, own), &panel.values)))
    }

    #[test]
    fn every_penalty_sits() {
        let kinds: Vec<&str> = SITTERS.iter().map(|(penalty, _)| penalty.member.kind).collect();
        assert_eq!(kinds, FAMILY.penalties.iter().map(|penalty| penalty.member.kind).collect::<Vec<_>>());
        for (penalty, curves) in SITTERS {
            assert!(curves.iter().all(|own| own.len() == penalty.member.parameters.len()), "{}", penalty.member.kind);
        }
    }

    /// Where R, its slope and its map jump: L1 and its kind at 0, a flat penalty's slope not again but for capped L1's, a map where 0 or
    /// the foot of the slope gives way to another weight.
    #[test]
    fn jumps_are_gaps() {
        // The lines of R, of the slope, of the map.
        let lines = |kind: &str, own: &[f64]| match (kind, own[0]) {
            ("lk", 0.5) => [1, 2, 3],
            ("lk", 2.0) | ("huberized_l1" | "smoothed_lk", _) => [1, 1, 1],
            ("l0", _) => [1, 1, 3],
            ("log_sum", _) => [1, 2, 3],
            ("capped_l1", _) => [1, 4, 3],
            _ => [1, 2, 1],
        };
        for (place, panel) in PANELS.iter().enumerate() {
            for (penalty, own, found) in drawn(panel) {
                let kind = penalty.member.kind;
                assert_eq!(found.len(), lines(kind, own)[place], "{kind} {own:?}: {}", panel.title);
                for pair in found.iter().flat_map(|line| line.windows(2)) {
                    let (wide, high) = (pair[1].0 - pair[0].0, (pair[1].1 - pair[0].1).abs());
                    assert!(wide > 1e-7 || high < 0.01, "{kind} {own:?}: {} at {}", panel.title, pair[0].0);
                }
            }
        }
    }

    /// R is even, its slope and its map are odd, and so are the lines.
    #[test]
    fn pictures_are_symmetric() {
        for panel in &PANELS {
            let sign = if panel.title == "R(w)" { 1.0 } else { -1.0 };
            for (penalty, own, found) in drawn(panel) {
                let mirrored = found.iter().rev().map(|line| line.iter().rev().map(|(w, value)| (-w, sign * value)));
                for (line, other) in found.iter().zip(mirrored) {
                    let other: Line = other.collect();
                    assert_eq!(line.len(), other.len(), "{}: {}", penalty.member.kind, panel.title);
                    let near = |a: &(f64, f64), b: &(f64, f64)| (a.0 - b.0).abs() + (a.1 - b.1).abs() < 1e-6;
                    let place = format!("{} {own:?}: {}", penalty.member.kind, panel.title);
                    assert!(line.iter().zip(&other).all(|(a, b)| near(a, b)), "{place}");
                }
            }
        }
    }

    #[test]
    fn points_on_a_straight_way_are_left_out() {
        let line = [(0.0, 0.0), (1.0, 1.0), (2.0, 2.0), (3.0, 2.0), (4.0, 2.0)];
        assert_eq!(straightened(line.into_iter()), [(0.0, 0.0), (2.0, 2.0), (4.0, 2.0)]);
    }
}
