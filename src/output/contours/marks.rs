//! Marks of places, and lines as far as they are in the picture.

use super::surface::Place;
use crate::output::drawing::Colour;
use crate::output::drawing::page::{Curve, Dash, Page, circle};
use crate::replay::WeightCourse;
use crate::verdict::Fate;

/// Points of a line that are nearer to each other are drawn as one, in pixels.
const NEAR: f64 = 0.4;

const DARK: Colour = 0x111111;
const BLUE: Colour = 0x0072b2;
const RED: Colour = 0xd55e00;

/// What is marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    Start,
    End,
    /// An end at which a weight is exactly zero.
    Zero,
    /// The last step of what is no solution.
    Unfinished,
    /// The least loss without a penalty.
    Least,
    Solution,
}

impl Mark {
    /// The mark of where a trajectory ended that did not diverge.
    pub fn of_end(course: &WeightCourse, is_unfinished: bool) -> Mark {
        match course.outcomes[..2].iter().any(|own| own.fate() == Fate::Zero) {
            _ if is_unfinished => Mark::Unfinished,
            true => Mark::Zero,
            false => Mark::End,
        }
    }

    pub fn draw(self, page: &mut Page, (x, y): (f64, f64)) {
        let mut line = |points: Vec<(f64, f64)>, ink, width| {
            page.curves.push(Curve { points, ink, width, dash: Dash::Solid });
        };
        match self {
            Mark::Start => line(circle((x, y), 2.2), BLUE, 1.0),
            Mark::End => line(circle((x, y), 1.4), BLUE, 2.8),
            Mark::Zero => line(circle((x, y), 1.6), RED, 3.2),
            Mark::Unfinished => {
                line(vec![(x - 3.0, y - 3.0), (x + 3.0, y + 3.0)], BLUE, 1.4);
                line(vec![(x - 3.0, y + 3.0), (x + 3.0, y - 3.0)], BLUE, 1.4);
            }
            Mark::Least => {
                line(vec![(x - 5.0, y), (x + 5.0, y)], DARK, 1.6);
                line(vec![(x, y - 5.0), (x, y + 5.0)], DARK, 1.6);
            }
            Mark::Solution => line(circle((x, y), 5.0), DARK, 1.4),
        }
    }
}

/// The parts of a line that are within -reach to reach along each weight (Liang and Barsky, ACM Trans. Graph. 3, 1984); it ends at the
/// first place that is no number.
pub fn clipped(line: &[Place], reach: [f64; 2]) -> Vec<Vec<Place>> {
    let mut parts: Vec<Vec<Place>> = Vec::new();
    let finite = line.iter().take_while(|(x, y)| x.is_finite() && y.is_finite()).count();
    for pair in line[..finite].windows(2) {
        let (from, to) = (pair[0], pair[1]);
        let (mut enters, mut leaves) = (0.0_f64, 1.0_f64);
        for (start, way, reach) in [(from.0, to.0 - from.0, reach[0]), (from.1, to.1 - from.1, reach[1])] {
            if way == 0.0 {
                leaves = if start.abs() <= reach { leaves } else { -1.0 };
                continue;
            }
            let [one, other] = [(-reach - start) / way, (reach - start) / way];
            enters = enters.max(one.min(other));
            leaves = leaves.min(one.max(other));
        }
        if enters > leaves {
            continue;
        }
        // The ends as they are, so that the next piece finds them.
        let at = |share: f64| match share {
            0.0 => from,
            1.0 => to,
            share => (from.0 + share * (to.0 - from.0), from.1 + share * (to.1 - from.1)),
        };
        match parts.last_mut() {
            Some(part) if enters == 0.0 && part.last() == Some(&from) => part.push(at(leaves)),
            _ => parts.push(vec![at(enters), at(leaves)]),
        }
    }
    parts
}

/// The points of a line that stand apart, and its last.
pub fn thinned(points: impl Iterator<Item = (f64, f64)>) -> Vec<(f64, f64)> {
    let mut kept: Vec<(f64, f64)> = Vec::new();
    let mut last = None;
    for point in points {
        let is_apart = |own: &(f64, f64)| (own.0 - point.0).abs().max((own.1 - point.1).abs()) >= NEAR;
        if kept.last().is_none_or(is_apart) {
            kept.push(point);
            last = None;
        } else {
            last = Some(point);
        }
    }
    kept.extend(last);
    kept
}
