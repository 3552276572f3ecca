//! The layout of a map: every shape and every label at its place.

use super::Caption;
use super::boundary::Corner;
use super::colour::{Measure, ink_on};
use super::figure::Figure;
use super::grid::{Grid, HEADER_GAP, HEADER_SIZE, Headers};
use super::hatch::hatch;
use super::stipple::stipple;
use crate::output::drawing::page::{
    Anchor, Bold, Direction, Dot, MARGIN, Page, Plot, Stroke, TICK_GAP, TICK_LENGTH, TICK_SIZE,
};
use crate::output::drawing::text::{LINE, widest, width, wrap};

/// A page is at least this wide: the seven fates fit on a line.
const NARROWEST: f64 = 580.0;
const NAME_SIZE: f64 = 12.0;
/// Names of axes have at least this much room before they wrap.
const SHORTEST_LINE: f64 = 160.0;
/// Space from the last column of panels to the headers of rows.
const ROW_HEADER_GAP: f64 = 10.0;

impl Page {
    /// The page of a map, without its cells.
    pub(super) fn of_map(figure: &Figure, grid: &Grid, measure: Measure, caption: &Caption) -> Page {
        let y_names = wrap(&figure.y.name, NAME_SIZE, grid.height().max(SHORTEST_LINE));
        let (left, right) = (left_gutter(grid, y_names.len()), right_gutter(grid));
        let width = (left + grid.width() + right).max(NARROWEST).ceil();
        let mut page = Page::new(width, title(figure, measure, caption));
        page.heading(caption, &figure.notes.join(" "));
        page.legend(measure, figure.has_gaps());
        page.theory_entries(figure);
        if figure.has_differences(measure) {
            page.hatch_entry(measure);
        }

        // A name longer than its axis stands out above and below it.
        let excess = ((widest(&y_names, NAME_SIZE) - grid.height()) / 2.0).max(0.0);
        let top = (page.height + 16.0 + grid.header_height.max(excess)).ceil();
        let bottom = top + grid.height();
        page.panels(figure, grid, measure, (left, top));
        page.headers(grid, left, top);
        page.y_name(&y_names, (top + bottom) / 2.0);
        page.height = bottom + TICK_LENGTH + TICK_GAP + TICK_SIZE * LINE;
        page.x_name(&figure.x.name, left + grid.width() / 2.0, grid.width());
        page.height = (page.height.max(bottom + excess) + MARGIN).ceil();
        page
    }

    fn panels(&mut self, figure: &Figure, grid: &Grid, measure: Measure, (left, top): (f64, f64)) {
        for panel in 0..figure.panels.len() {
            let (x, y) = grid.corner(panel);
            let plot = Plot { left: left + x, top: top + y, width: grid.panel_width, height: grid.panel_height };
            self.x_ticks(figure, grid, &plot, grid.is_lowest(panel));
            self.y_ticks(figure, grid, &plot, grid.slots[panel].0 == 0);
            self.boundaries(figure, panel, &plot);
            self.silence(figure, measure, panel, &plot);
            self.hatch(figure, measure, panel, &plot);
            self.plots.push(plot);
        }
    }

    /// The predicted boundaries of exact zero between a panel's cells.
    fn boundaries(&mut self, figure: &Figure, panel: usize, plot: &Plot) {
        let place = |&(column, row): &Corner| {
            let x = plot.left + column as f64 * figure.x_mesh.pixels;
            (x, plot.top + plot.height - row as f64 * figure.y_mesh.pixels)
        };
        let lines = figure.panels[panel].boundaries.iter();
        self.bold.extend(lines.map(|(kind, corners)| {
            let points = corners.iter().map(place).collect();
            Bold { points, dash: kind.dash() }
        }));
    }

    /// Dots over a panel's cells of which theory leaves trajectories open, where they are told from others.
    fn silence(&mut self, figure: &Figure, measure: Measure, panel: usize, plot: &Plot) {
        if !figure.marks_silence() {
            return;
        }
        let cells = &figure.panels[panel].cells;
        let is_silent = |index: usize| cells[index].predicted.silent > 0;
        let (across, up) = (&figure.x_mesh, &figure.y_mesh);
        for (index, (x, y)) in stipple([across.count, up.count], [across.pixels, up.pixels], is_silent) {
            let ink = measure.colour(&cells[index]).map_or(0x000000, ink_on);
            self.dots.push(Dot { at: (plot.left + x, plot.top + plot.height - y), ink });
        }
    }

    /// The hatching over a panel's cells in which what `measure` shows differs in f64.
    fn hatch(&mut self, figure: &Figure, measure: Measure, panel: usize, plot: &Plot) {
        let (columns, across, up) = (figure.x_mesh.count, figure.x_mesh.pixels, figure.y_mesh.pixels);
        for (index, _) in figure.panels[panel].cells.iter().enumerate().filter(|(_, cell)| measure.differs(cell)) {
            let (column, row) = (index % columns, index / columns);
            let top = plot.top + plot.height - (row + 1) as f64 * up;
            self.hatching.extend(hatch(plot.left + column as f64 * across, top, across, up));
        }
    }

    fn x_ticks(&mut self, figure: &Figure, grid: &Grid, plot: &Plot, labelled: bool) {
        let bottom = plot.top + plot.height;
        let place = |at: f64| plot.left + figure.x_mesh.offset(at);
        for x in grid.x_ticks.minor.iter().map(|&at| place(at)) {
            self.strokes.push(Stroke { from: (x, bottom), to: (x, bottom + TICK_LENGTH / 2.0) });
        }
        for tick in &grid.x_ticks.labelled {
            self.x_tick(place(tick.at), bottom, labelled.then_some(&tick.label));
        }
    }

    fn y_ticks(&mut self, figure: &Figure, grid: &Grid, plot: &Plot, labelled: bool) {
        let place = |at: f64| plot.top + plot.height - figure.y_mesh.offset(at);
        for y in grid.y_ticks.minor.iter().map(|&at| place(at)) {
            self.strokes.push(Stroke { from: (plot.left - TICK_LENGTH / 2.0, y), to: (plot.left, y) });
        }
        for tick in &grid.y_ticks.labelled {
            self.y_tick(place(tick.at), plot.left, labelled.then_some(&tick.label));
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
