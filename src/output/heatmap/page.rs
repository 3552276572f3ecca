//! A page: every shape and every label of a picture at its place, in pixels from the left top corner.

use super::Caption;
use super::colour::{Colour, Measure};
use super::figure::Figure;
use super::grid::{Grid, HEADER_GAP, HEADER_SIZE, Headers};
use super::mesh::TICK_SIZE;
use super::text::{HALF_CAPITAL, LINE, widest, width, wrap};

/// White space around everything.
pub(super) const MARGIN: f64 = 18.0;
/// A page is at least this wide: the seven fates fit on a line.
const NARROWEST: f64 = 580.0;
const TITLE_SIZE: f64 = 15.0;
pub(super) const NOTE_SIZE: f64 = 11.5;
const NAME_SIZE: f64 = 12.0;
/// Names of axes have at least this much room before they wrap.
const SHORTEST_LINE: f64 = 160.0;
/// Space from the last column of panels to the headers of rows.
const ROW_HEADER_GAP: f64 = 10.0;
pub(super) const TICK_LENGTH: f64 = 4.0;
/// Space from a tick to its label.
pub(super) const TICK_GAP: f64 = 3.0;

pub(super) const INK: Colour = 0x222222;
const SOFT_INK: Colour = 0x555555;

/// Where a label's position is: its start, middle or end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// The direction in which a label reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    Right,
    Up,
    Down,
}

/// A line of text.
#[derive(Debug)]
pub(super) struct Label {
    pub text: String,
    /// On the baseline.
    pub x: f64,
    pub y: f64,
    pub size: f64,
    pub ink: Colour,
    pub anchor: Anchor,
    pub direction: Direction,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Fill {
    Colour(Colour),
    /// The hatch that stands for cells that were never run.
    NoData,
}

/// A filled rectangle.
#[derive(Debug)]
pub(super) struct Block {
    pub left: f64,
    pub top: f64,
    pub width: f64,
    pub height: f64,
    pub fill: Fill,
}

/// A straight line, horizontal or vertical.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stroke {
    pub from: (f64, f64),
    pub to: (f64, f64),
}

/// Where a panel's cells go.
#[derive(Debug)]
pub(super) struct Plot {
    pub left: f64,
    pub top: f64,
    pub width: f64,
    pub height: f64,
}

/// A laid-out picture.
pub(super) struct Page {
    pub width: f64,
    pub height: f64,
    pub title: String,
    /// One for each panel of the figure.
    pub plots: Vec<Plot>,
    pub blocks: Vec<Block>,
    pub strokes: Vec<Stroke>,
    /// The line of the legend that stands for the predicted boundary.
    pub boundary_sample: Option<Stroke>,
    pub labels: Vec<Label>,
}

impl Page {
    pub(super) fn new(figure: &Figure, grid: &Grid, measure: Measure, caption: &Caption) -> Page {
        let y_names = wrap(&figure.y.name, NAME_SIZE, grid.height().max(SHORTEST_LINE));
        let (left, right) = (left_gutter(grid, y_names.len()), right_gutter(grid));
        let mut page = Page {
            width: (left + grid.width() + right).max(NARROWEST).ceil(),
            height: MARGIN,
            title: title(figure, measure, caption),
            plots: Vec::new(),
            blocks: Vec::new(),
            strokes: Vec::new(),
            boundary_sample: None,
            labels: Vec::new(),
        };
        page.heading(figure, caption);
        page.legend(measure, figure.has_gaps());
        if figure.has_boundary() {
            page.boundary_entry();
        }

        // A name longer than its axis stands out above and below it.
        let excess = ((widest(&y_names, NAME_SIZE) - grid.height()) / 2.0).max(0.0);
        let top = (page.height + 16.0 + grid.header_height.max(excess)).ceil();
        let bottom = top + grid.height();
        page.panels(figure, grid, left, top);
        page.headers(grid, left, top);
        page.y_name(&y_names, (top + bottom) / 2.0);
        page.height = bottom + TICK_LENGTH + TICK_GAP + TICK_SIZE * LINE;
        page.x_name(&figure.x.name, left + grid.width() / 2.0, grid.width());
        page.height = (page.height.max(bottom + excess) + MARGIN).ceil();
        page
    }

    /// Title, caption and notes.
    fn heading(&mut self, figure: &Figure, caption: &Caption) {
        self.paragraph(&self.title.clone(), TITLE_SIZE, INK);
        self.height += 3.0;
        self.paragraph(&caption.detail, NOTE_SIZE, SOFT_INK);
        self.paragraph(&figure.notes.join(" "), NOTE_SIZE, SOFT_INK);
        self.height += 10.0;
    }

    pub(super) fn label(&mut self, text: &str, at: (f64, f64), size: f64, anchor: Anchor) -> &mut Label {
        let (text, (x, y)) = (text.to_string(), at);
        self.labels.push(Label { text, x, y, size, ink: INK, anchor, direction: Direction::Right });
        self.labels.last_mut().expect("a label was just pushed")
    }

    /// Lines from margin to margin, below what the page holds.
    pub(super) fn paragraph(&mut self, text: &str, size: f64, ink: Colour) {
        for line in wrap(text, size, self.width - 2.0 * MARGIN) {
            let baseline = self.height + size;
            self.label(&line, (MARGIN, baseline), size, Anchor::Start).ink = ink;
            self.height += size * LINE;
        }
    }

    fn panels(&mut self, figure: &Figure, grid: &Grid, left: f64, top: f64) {
        for panel in 0..figure.panels.len() {
            let (x, y) = grid.corner(panel);
            let plot = Plot { left: left + x, top: top + y, width: grid.panel_width, height: grid.panel_height };
            self.x_ticks(figure, grid, &plot, grid.is_lowest(panel));
            self.y_ticks(figure, grid, &plot, grid.slots[panel].0 == 0);
            self.plots.push(plot);
        }
    }

    fn x_ticks(&mut self, figure: &Figure, grid: &Grid, plot: &Plot, labelled: bool) {
        let bottom = plot.top + plot.height;
        let place = |at: f64| plot.left + figure.x_mesh.offset(at);
        for x in grid.x_ticks.minor.iter().map(|&at| place(at)) {
            self.strokes.push(Stroke { from: (x, bottom), to: (x, bottom + TICK_LENGTH / 2.0) });
        }
        for tick in &grid.x_ticks.labelled {
            let x = place(tick.at);
            self.strokes.push(Stroke { from: (x, bottom), to: (x, bottom + TICK_LENGTH) });
            if labelled {
                let baseline = bottom + TICK_LENGTH + TICK_GAP + TICK_SIZE * 0.8;
                self.label(&tick.label, (x, baseline), TICK_SIZE, Anchor::Middle);
            }
        }
    }

    fn y_ticks(&mut self, figure: &Figure, grid: &Grid, plot: &Plot, labelled: bool) {
        let place = |at: f64| plot.top + plot.height - figure.y_mesh.offset(at);
        for y in grid.y_ticks.minor.iter().map(|&at| place(at)) {
            self.strokes.push(Stroke { from: (plot.left - TICK_LENGTH / 2.0, y), to: (plot.left, y) });
        }
        for tick in &grid.y_ticks.labelled {
            let y = place(tick.at);
            self.strokes.push(Stroke { from: (plot.left - TICK_LENGTH, y), to: (plot.left, y) });
            if labelled {
                let at = (plot.left - TICK_LENGTH - TICK_GAP, y + TICK_SIZE * HALF_CAPITAL);
                self.label(&tick.label, at, TICK_SIZE, Anchor::End);
            }
        }
    }

    fn headers(&mut self, grid: &Grid, left: f64, top: f64) {
        let middle = |column: usize| left + column as f64 * (grid.slot_width + grid.gap) + grid.slot_width / 2.0;
        match &grid.headers {
            Headers::None => {}
            Headers::Own(headers) => {
                for (panel, lines) in headers.iter().enumerate() {
                    self.header(lines, middle(grid.slots[panel].0), top + grid.corner(panel).1);
                }
            }
            Headers::Shared { columns, rows } => {
                for (column, lines) in columns.iter().enumerate() {
                    self.header(lines, middle(column), top);
                }
                let right = left + grid.width() + ROW_HEADER_GAP;
                for (row, lines) in rows.iter().enumerate() {
                    let y = top + row as f64 * (grid.panel_height + grid.row_gap) + grid.panel_height / 2.0;
                    for (i, line) in lines.iter().rev().enumerate() {
                        let x = right + (i as f64 * LINE + 0.25) * HEADER_SIZE;
                        self.label(line, (x, y), HEADER_SIZE, Anchor::Middle).direction = Direction::Down;
                    }
                }
            }
        }
    }

    /// Lines that end just above `bottom`.
    fn header(&mut self, lines: &[String], middle: f64, bottom: f64) {
        for (i, line) in lines.iter().rev().enumerate() {
            let baseline = bottom - HEADER_GAP - (i as f64 * LINE + 0.25) * HEADER_SIZE;
            self.label(line, (middle, baseline), HEADER_SIZE, Anchor::Middle);
        }
    }

    fn x_name(&mut self, name: &str, middle: f64, room: f64) {
        for line in wrap(name, NAME_SIZE, room.max(SHORTEST_LINE)) {
            let half = width(&line, NAME_SIZE) / 2.0;
            let baseline = self.height + 2.0 + NAME_SIZE;
            self.label(&line, (middle.max(MARGIN + half), baseline), NAME_SIZE, Anchor::Middle);
            self.height += NAME_SIZE * LINE;
        }
    }

    fn y_name(&mut self, lines: &[String], middle: f64) {
        for (i, line) in lines.iter().enumerate() {
            let x = MARGIN + NAME_SIZE + i as f64 * NAME_SIZE * LINE;
            self.label(line, (x, middle), NAME_SIZE, Anchor::Middle).direction = Direction::Up;
        }
    }
}

/// Space left of the panels: the name of y, of so many lines, and the labels of its ticks.
fn left_gutter(grid: &Grid, name_lines: usize) -> f64 {
    let labels = widest(grid.y_ticks.labelled.iter().map(|tick| &tick.label), TICK_SIZE);
    let ticks = if labels > 0.0 { TICK_LENGTH + TICK_GAP } else { 0.0 };
    let name = if name_lines > 0 { name_lines as f64 * NAME_SIZE * LINE + 4.0 } else { 0.0 };
    (MARGIN + (name + labels + ticks).max(grid.overhang[0])).ceil()
}

/// Space right of the panels: the headers of rows, or what the labels of x need.
fn right_gutter(grid: &Grid) -> f64 {
    let headers = match &grid.headers {
        Headers::Shared { rows, .. } => rows.iter().map(Vec::len).max().unwrap_or(0) as f64 * HEADER_SIZE * LINE,
        _ => 0.0,
    };
    MARGIN + (ROW_HEADER_GAP + headers).max(grid.overhang[1])
}

/// `lk-family: zero_rate over penalty.lambda × problem.target`
fn title(figure: &Figure, measure: Measure, caption: &Caption) -> String {
    let y = if figure.y.name.is_empty() { String::new() } else { format!(" × {}", figure.y.name) };
    format!("{}: {} over {}{y}", caption.sweep, measure.title(), figure.x.name)
}
