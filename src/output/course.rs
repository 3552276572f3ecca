//! The course of one trajectory as a picture: its weight over the step.

use super::drawing::axis::Axis;
use super::drawing::mesh::Mesh;
use super::drawing::number::{exact, rounded};
use super::drawing::page::{
    Anchor, Block, Curve, Dash, Direction, Fill, MARGIN, Page, Plot, SWATCH, TICK_GAP, TICK_LENGTH, TICK_SIZE,
};
use super::drawing::text::widest;
use super::drawing::ticks::{Tick, apart_sideways, apart_upwards, ticks};
use super::drawing::{Caption, Colour, Picture, svg};
use crate::plan::Limits;
use crate::replay::Iterate;
use crate::verdict::{Fate, Outcome};

const WIDTH: f64 = 660.0;
const PLOT: (f64, f64) = (540.0, 300.0);
/// From the page's left side to that of the plot.
const LEFT: f64 = MARGIN + 62.0;

const BLUE: Colour = 0x0072b2;
const GREY: Colour = 0x999999;
const GREEN: Colour = 0x009e73;
/// Behind the tail.
const PALE: Colour = 0xeef3f7;

/// The most stretches of steps that a curve is made of: each has its least and its greatest weight.
const MOST_STRETCHES: usize = 1024;

/// A step and its weight.
type Place = (u32, f32);

/// Neighbouring steps, by the places of their least and of their greatest weight.
#[derive(Clone, Copy)]
struct Stretch {
    least: Place,
    greatest: Place,
}

impl Stretch {
    fn with(self, other: Stretch) -> Stretch {
        let least = if other.least.1 < self.least.1 { other.least } else { self.least };
        let greatest = if other.greatest.1 > self.greatest.1 { other.greatest } else { self.greatest };
        Stretch { least, greatest }
    }
}

/// The iterates of a trajectory, thinned so that every turn of the curve which a picture can show stays.
#[derive(Default)]
pub struct Course {
    stretches: Vec<Stretch>,
    /// Steps of a stretch are 2 to this power.
    halvings: u32,
    last: Place,
    first_crossing: Option<Place>,
    first_zero: Option<Place>,
    arrival: Option<Place>,
}

impl Course {
    /// Takes the next iterate.
    pub fn push(&mut self, iterate: &Iterate) {
        // What has diverged need not be finite.
        let w = if iterate.w.is_nan() { self.last.1 } else { iterate.w.clamp(f32::MIN, f32::MAX) };
        let place = (iterate.step, w);
        if iterate.crosses {
            self.first_crossing.get_or_insert(place);
        }
        if iterate.is_zero {
            self.first_zero.get_or_insert(place);
            self.arrival.get_or_insert(place);
        } else {
            self.arrival = None;
        }
        let stretch = Stretch { least: place, greatest: place };
        match self.stretches.get_mut((iterate.step >> self.halvings) as usize) {
            Some(own) => *own = own.with(stretch),
            None => self.stretches.push(stretch),
        }
        if self.stretches.len() > MOST_STRETCHES {
            self.halvings += 1;
            self.stretches = self.stretches.chunks(2).map(|pair| pair[0].with(pair[pair.len() - 1])).collect();
        }
        self.last = place;
    }

    /// In the order of steps.
    fn places(&self) -> Vec<Place> {
        let of_stretch = |&Stretch { least, greatest }: &Stretch| {
            if least.0 < greatest.0 { [least, greatest] } else { [greatest, least] }
        };
        let mut places: Vec<Place> = self.stretches.iter().flat_map(of_stretch).chain([self.last]).collect();
        places.dedup();
        places
    }

    /// What is marked: words, place, side and colour of a square, the largest first, so that none hides another.
    fn marks(&self, fate: Fate) -> Vec<(String, Place, f64, Colour)> {
        let arrival = self.arrival.filter(|place| fate == Fate::Zero && Some(*place) != self.first_zero);
        let marks = [
            ("first crossing", self.first_crossing, 10.0, 0xe69f00),
            ("first zero", self.first_zero, 6.0, 0xd55e00),
            ("zero from here on", arrival, 6.0, 0xcc79a7),
            ("diverged", (fate == Fate::Diverged).then_some(self.last), 8.0, 0x222222),
        ];
        let marks = marks.into_iter().filter_map(|(words, place, side, ink)| Some((words, place?, side, ink)));
        marks.map(|(words, place, side, ink)| (format!("{words}: step {}", place.0), place, side, ink)).collect()
    }
}

/// What a picture says beside the curve.
pub struct Told<'a> {
    pub outcome: &'a Outcome,
    pub limits: &'a Limits,
    /// The weight that the loss draws to, where it has one.
    pub target: Option<f32>,
    /// The sweep and the number of the trajectory; what it is, in a line.
    pub caption: &'a Caption,
}

/// Draws a course.
pub fn draw(course: &Course, told: &Told) -> Picture {
    let Told { outcome, limits, target, caption } = told;
    let fate = outcome.fate();
    let mut page = Page::new(WIDTH, format!("{} {}", caption.sweep, in_words(outcome)));
    page.heading("", caption, &notes(course, limits, fate));
    let marks = course.marks(fate);
    legend(&mut page, &marks, *target);
    let places = course.places();
    let (low, high) = range(&places, *target, fate);
    let weights = Axis::span("w", low, high, false, PLOT.1 as usize);
    let upright = ticks(&weights, |ticks| apart_upwards(&Mesh::pixels(&weights), ticks)).labelled;
    let room = widest(upright.iter().map(|tick| &tick.label), TICK_SIZE);
    let left = (MARGIN + 2.0 * TICK_SIZE + room).max(LEFT).ceil();
    page.width += left - LEFT;
    let plot = Plot { left, top: (page.height + 14.0).round(), width: PLOT.0, height: PLOT.1 };
    let bottom = plot.top + plot.height;
    let last = f64::from(outcome.last_step.max(1));
    let steps = Axis::span("step", 0.0, last, false, PLOT.0 as usize);
    let x = |step: f64| plot.left + steps.position(step.min(last)).unwrap_or_default();
    let y = |w: f64| bottom - weights.position(w.clamp(low, high)).unwrap_or_default();
    let at = |(step, w): Place| (x(f64::from(step)), y(f64::from(w)));
    if fate != Fate::Diverged {
        let left = x(f64::from(limits.steps + 1 - limits.tail));
        let (width, height) = (plot.left + plot.width - left, plot.height);
        page.blocks.push(Block { left, top: plot.top, width, height, fill: Fill::Colour(PALE) });
    }
    let level = |w: f64| vec![(plot.left, y(w)), (plot.left + plot.width, y(w))];
    page.curves.push(Curve { points: level(0.0), ink: GREY, width: 1.0, dash: Dash::Solid });
    if let Some(target) = target {
        page.curves.push(Curve { points: level(f64::from(*target)), ink: GREEN, width: 1.4, dash: Dash::Dashed });
    }
    let points = places.iter().map(|&place| at(place)).collect();
    page.curves.push(Curve { points, ink: BLUE, width: 1.4, dash: Dash::Solid });
    for (_, place, side, ink) in marks {
        let (x, y) = at(place);
        page.blocks.push(square((x, y), side, ink));
    }
    // There is no half step.
    let whole = |tick: &&Tick| !tick.label.contains('.') || tick.label.contains('×');
    for tick in ticks(&steps, |ticks| apart_sideways(&Mesh::pixels(&steps), ticks)).labelled.iter().filter(whole) {
        page.x_tick(plot.left + tick.at, bottom, Some(&tick.label));
    }
    for tick in upright {
        page.y_tick(bottom - tick.at, plot.left, Some(&tick.label));
    }
    let below = bottom + TICK_LENGTH + TICK_GAP + 2.4 * TICK_SIZE;
    page.label("step", (plot.left + plot.width / 2.0, below), TICK_SIZE, Anchor::Middle);
    let beside = (MARGIN + TICK_SIZE, plot.top + plot.height / 2.0);
    page.label("w", beside, TICK_SIZE, Anchor::Middle).direction = Direction::Up;
    page.plots.push(plot);
    page.height = (below + MARGIN).ceil();
    Picture::new("course", svg::write(&page, |_| ()))
}

/// Digits of a weight in the title.
const DIGITS: usize = 4;

/// What became of the trajectory.
fn in_words(outcome: &Outcome) -> String {
    let Outcome { last_step, arrival, tail_low, tail_high, .. } = *outcome;
    let (low, high) = (rounded(tail_low, DIGITS), rounded(tail_high, DIGITS));
    match outcome.fate() {
        Fate::Diverged => format!("diverges at step {last_step}"),
        Fate::Zero => format!("is zero from step {arrival} on"),
        Fate::Decayed => "decays to nothing that f32 can hold".to_owned(),
        Fate::NearZero => format!("ends near zero, between {low} and {high}"),
        Fate::Settled => format!("settles at {}", rounded(outcome.last, DIGITS)),
        Fate::Oscillating => format!("oscillates between {low} and {high}"),
        Fate::Moving => format!("still moves after {last_step} steps"),
    }
}

fn notes(course: &Course, limits: &Limits, fate: Fate) -> String {
    let tail = match fate {
        Fate::Diverged => String::new(),
        _ => format!("The pale band is the tail, the last {} iterates, which decide the fate. ", limits.tail),
    };
    // Of two steps these are both.
    match 1_u64 << course.halvings {
        1 | 2 => tail,
        stretch => format!("{tail}Of every {stretch} steps the least and the greatest weight are drawn."),
    }
}

/// The weights that the plot spans: those of the curve, zero and the target; what leaves for good goes out at an edge.
fn range(places: &[Place], target: Option<f32>, fate: Fate) -> (f64, f64) {
    let kept = &places[..places.len() - usize::from(fate == Fate::Diverged && places.len() > 1)];
    let weights = kept.iter().map(|place| place.1).chain([0.0]).chain(target).map(f64::from);
    let (low, high) = weights.fold((f64::MAX, f64::MIN), |(low, high), w| (low.min(w), high.max(w)));
    let room = if high > low { 0.06 * (high - low) } else { 1.0 };
    (low - room, high + room)
}

fn square((x, y): (f64, f64), side: f64, ink: Colour) -> Block {
    Block { left: x - side / 2.0, top: y - side / 2.0, width: side, height: side, fill: Fill::Colour(ink) }
}

/// What stands before a word of the legend.
enum Sample {
    Line(Colour, Dash),
    Square(f64, Colour),
}

fn legend(page: &mut Page, marks: &[(String, Place, f64, Colour)], target: Option<f32>) {
    const LENGTH: f64 = 22.0;
    let target = target.map(|target| format!("target {}", exact(target)));
    let mut entries = vec![("w", Sample::Line(BLUE, Dash::Solid))];
    entries.extend(target.as_deref().map(|words| (words, Sample::Line(GREEN, Dash::Dashed))));
    entries.extend(marks.iter().map(|(words, _, side, ink)| (words.as_str(), Sample::Square(*side, *ink))));
    page.entries(&entries, MARGIN, LENGTH, |page, sample, (left, top)| {
        let middle = top + SWATCH / 2.0;
        match *sample {
            Sample::Line(ink, dash) => {
                let points = vec![(left, middle), (left + LENGTH, middle)];
                page.curves.push(Curve { points, ink, width: 1.4, dash });
            }
            Sample::Square(side, ink) => page.blocks.push(square((left + LENGTH / 2.0, middle), side, ink)),
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn iterate(step: u32, w: f32) -> Iterate {
        Iterate { step, w, crosses: false, is_zero: w == 0.0, is_within: false, diverges: false, in_tail: false }
    }

    #[test]
    fn a_long_course_keeps_every_turn_that_shows() {
        let mut course = Course::default();
        let wave = |step: u32| match step {
            77_777 => -9.0,
            _ if step.is_multiple_of(2) => 1.0,
            _ => -1.0,
        };
        (0..=100_000).for_each(|step| course.push(&iterate(step, wave(step))));
        let places = course.places();
        assert!((1000..=2 * MOST_STRETCHES + 1).contains(&places.len()), "{}", places.len());
        assert!(places.is_sorted_by_key(|place| place.0));
        assert!(places.contains(&(77_777, -9.0)));
        assert_eq!((places[0], places[places.len() - 1]), ((0, 1.0), (100_000, 1.0)));
        assert!(
            places.chunks(2).all(|pair| pair.len() == 1 || pair[0].1 != pair[1].1),
            "both sides of the chatter show"
        );
    }

    #[test]
    fn a_short_course_is_drawn_as_it_is() {
        let mut course = Course::default();
        let weights = [3.0, -1.0, 2.0, 0.0, 0.0, 1.0, 0.0];
        weights.iter().zip(0..).for_each(|(&w, step)| course.push(&iterate(step, w)));
        let expected: Vec<Place> = (0..).zip(weights).collect();
        assert_eq!(course.places(), expected);
        assert_eq!((course.first_zero, course.arrival), (Some((3, 0.0)), Some((6, 0.0))));
    }

    #[test]
    fn what_is_beyond_f32_ends_a_course_at_its_step() {
        for (w, end) in [(f32::NEG_INFINITY, f32::MIN), (f32::NAN, 2.0)] {
            let mut course = Course::default();
            course.push(&iterate(0, 1.0));
            course.push(&iterate(1, 2.0));
            course.push(&iterate(2, w));
            assert_eq!(course.places(), [(0, 1.0), (1, 2.0), (2, end)]);
            assert_eq!(range(&course.places(), None, Fate::Diverged), (-0.12, 2.12));
        }
    }
}
