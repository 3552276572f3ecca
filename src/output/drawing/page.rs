//! A page: every shape and every label of a picture at its place, in pixels from the left top corner.

use super::text::{HALF_CAPITAL, LINE, width, wrap};
use super::{Caption, Colour};

/// White space around everything.
pub const MARGIN: f64 = 18.0;
/// Font size of captions, notes and legends, in pixels.
pub const NOTE_SIZE: f64 = 11.5;
/// Font size of tick labels.
pub const TICK_SIZE: f64 = 11.0;
pub const TICK_LENGTH: f64 = 4.0;
/// Space from a tick to its label.
pub const TICK_GAP: f64 = 3.0;
/// Side of a swatch in a legend.
pub const SWATCH: f64 = 12.0;
/// Width of a bold line with its casing.
pub const BOLD_WIDTH: f64 = 3.0;
const TITLE_SIZE: f64 = 15.0;

pub const INK: Colour = 0x222222;
pub const SOFT_INK: Colour = 0x555555;

/// Where a label's position is: its start, middle or end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    Start,
    Middle,
    End,
}

/// The direction in which a label reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Right,
    Up,
    Down,
}

/// A line of text.
#[derive(Debug)]
pub struct Label {
    pub text: String,
    /// On the baseline.
    pub x: f64,
    pub y: f64,
    pub size: f64,
    pub ink: Colour,
    pub anchor: Anchor,
    pub direction: Direction,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fill {
    Colour(Colour),
    /// The hatch that stands for cells that were never run.
    NoData,
    /// The hatch that stands for cells that have nothing to show.
    Never,
}

/// A filled rectangle.
#[derive(Debug)]
pub struct Block {
    pub left: f64,
    pub top: f64,
    pub width: f64,
    pub height: f64,
    pub fill: Fill,
}

/// How a line is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dash {
    Solid,
    Dashed,
    Dotted,
}

/// A bold white line from point to point, in a dark casing, which no colour hides.
#[derive(Debug)]
pub struct Bold {
    pub points: Vec<(f64, f64)>,
    pub dash: Dash,
}

/// A dot as large as a pixel, with its middle at a place.
#[derive(Clone, Copy, Debug)]
pub struct Dot {
    pub at: (f64, f64),
    pub ink: Colour,
}

/// A straight line, horizontal or vertical.
#[derive(Clone, Copy, Debug)]
pub struct Stroke {
    pub from: (f64, f64),
    pub to: (f64, f64),
}

/// A framed rectangle: where data is drawn.
#[derive(Clone, Copy, Debug)]
pub struct Plot {
    pub left: f64,
    pub top: f64,
    pub width: f64,
    pub height: f64,
}

/// A line from point to point.
#[derive(Debug)]
pub struct Curve {
    pub points: Vec<(f64, f64)>,
    pub ink: Colour,
    pub width: f64,
    pub dash: Dash,
}

/// An area with a pale colour.
#[derive(Debug)]
pub struct Band {
    /// Its corners, one after the other.
    pub points: Vec<(f64, f64)>,
    pub ink: Colour,
}

/// Corners of a circle.
const CORNERS: usize = 16;

/// A closed line around a place.
pub fn circle((x, y): (f64, f64), radius: f64) -> Vec<(f64, f64)> {
    let corner = |number: usize| {
        let angle = std::f64::consts::TAU * number as f64 / CORNERS as f64;
        (x + radius * libm::cos(angle), y + radius * libm::sin(angle))
    };
    (0..=CORNERS).map(corner).collect()
}

/// A laid-out picture.
pub struct Page {
    pub width: f64,
    /// So far: what is added stands below.
    pub height: f64,
    pub title: String,
    pub plots: Vec<Plot>,
    pub blocks: Vec<Block>,
    pub bands: Vec<Band>,
    pub curves: Vec<Curve>,
    /// Thin grey lines: ticks.
    pub strokes: Vec<Stroke>,
    pub dots: Vec<Dot>,
    pub bold: Vec<Bold>,
    /// Fine white lines in a dark casing.
    pub hatching: Vec<Stroke>,
    pub labels: Vec<Label>,
}

impl Page {
    /// An empty page.
    pub fn new(width: f64, title: String) -> Page {
        Page {
            width,
            height: MARGIN,
            title,
            plots: Vec::new(),
            blocks: Vec::new(),
            bands: Vec::new(),
            curves: Vec::new(),
            strokes: Vec::new(),
            dots: Vec::new(),
            bold: Vec::new(),
            hatching: Vec::new(),
            labels: Vec::new(),
        }
    }

    /// Title, the spec's own names for what it says, caption and notes.
    pub fn heading(&mut self, named: &str, caption: &Caption, notes: &str) {
        self.paragraph(&self.title.clone(), TITLE_SIZE, INK);
        self.height += 3.0;
        self.paragraph(named, NOTE_SIZE, INK);
        self.paragraph(&caption.detail, NOTE_SIZE, SOFT_INK);
        self.paragraph(notes, NOTE_SIZE, SOFT_INK);
        self.height += 10.0;
    }

    pub fn label(&mut self, text: &str, at: (f64, f64), size: f64, anchor: Anchor) -> &mut Label {
        let (text, (x, y)) = (text.to_string(), at);
        self.labels.push(Label { text, x, y, size, ink: INK, anchor, direction: Direction::Right });
        self.labels.last_mut().expect("a label was just pushed")
    }

    /// Lines from margin to margin, below what the page holds.
    pub fn paragraph(&mut self, text: &str, size: f64, ink: Colour) {
        for line in wrap(text, size, self.width - 2.0 * MARGIN) {
            let baseline = self.height + size;
            self.label(&line, (MARGIN, baseline), size, Anchor::Start).ink = ink;
            self.height += size * LINE;
        }
    }

    /// A tick below `bottom` at x, with its label if it has one.
    pub fn x_tick(&mut self, x: f64, bottom: f64, text: Option<&str>) {
        self.strokes.push(Stroke { from: (x, bottom), to: (x, bottom + TICK_LENGTH) });
        if let Some(text) = text {
            let baseline = bottom + TICK_LENGTH + TICK_GAP + TICK_SIZE * 0.8;
            self.label(text, (x, baseline), TICK_SIZE, Anchor::Middle);
        }
    }

    /// A tick left of `left` at y, with its label if it has one.
    pub fn y_tick(&mut self, y: f64, left: f64, text: Option<&str>) {
        self.strokes.push(Stroke { from: (left - TICK_LENGTH, y), to: (left, y) });
        if let Some(text) = text {
            let at = (left - TICK_LENGTH - TICK_GAP, y + TICK_SIZE * HALF_CAPITAL);
            self.label(text, at, TICK_SIZE, Anchor::End);
        }
    }

    /// Coloured squares with their words, the first at `start`.
    pub fn swatches(&mut self, entries: &[(&str, Fill)], start: f64) {
        self.entries(entries, start, SWATCH, |page, &fill, (left, top)| {
            page.blocks.push(Block { left, top, width: SWATCH, height: SWATCH, fill });
        });
    }

    /// Samples with their words, as many a line as fit, the first at `start`; `draw` draws one from its left top corner,
    /// `length` wide and as high as a swatch.
    pub fn entries<T>(
        &mut self,
        entries: &[(&str, T)],
        start: f64,
        length: f64,
        draw: impl Fn(&mut Page, &T, (f64, f64)),
    ) {
        let mut left = start;
        let mut top = (self.height + 3.0).round();
        for (text, sample) in entries {
            let room = length + 5.0 + width(text, NOTE_SIZE);
            if left > start && left + room > self.width - MARGIN {
                (left, top) = (start, top + SWATCH + 6.0);
            }
            draw(self, sample, (left, top));
            let baseline = top + SWATCH / 2.0 + NOTE_SIZE * HALF_CAPITAL;
            self.label(text, (left + length + 5.0, baseline), NOTE_SIZE, Anchor::Start);
            left = (left + room + 16.0).round();
        }
        self.height = top + SWATCH;
    }
}
