//! The layout of a map: every shape and every label at its place.

use super::Caption;
use super::boundary::Corner;
use super::colour::{Measure, ink_on};
use super::figure::Figure;
use super::grid::{Grid, HEADER_GAP, HEADER_SIZE, Headers};
use super::hatch::hatch;
use super::mesh::Mesh;
use super::panel::Panel;
use super::stipple::stipple;
use super::ticks::Ticks;
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
        let y_names = wrap(&figure.names[1], NAME_SIZE, grid.height().max(SHORTEST_LINE));
        let (left, right) = (left_gutter(grid, y_names.len()), right_gutter(grid));
        let width = (left + grid.width() + right).max(NARROWEST).ceil();
        let mut page = Page::new(width, title(figure, measure, caption));
        page.heading(caption, &figure.notes.join(" "));
        page.legend(measure, figure);
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
        page.x_name(&figure.names[0], left + grid.width() / 2.0, grid.width());
        page.height = (page.height.max(bottom + excess) + MARGIN).ceil();
        page
    }

    fn panels(&mut self, figure: &Figure, grid: &Grid, measure: Measure, (left, top): (f64, f64)) {
        for (index, panel) in figure.panels.iter().enumerate() {
            let (x, y) = grid.corner(index);
            let [width, height] = [panel.x.mesh.extent(), panel.y.mesh.extent()];
            let plot = Plot { left: left + x, top: top + y, width, height };
            let [x_ticks, y_ticks] = &grid.ticks[index];
            self.x_ticks(&panel.x.mesh, x_ticks, &plot, figure.differ[0] || grid.is_lowest(index));
            self.y_ticks(&panel.y.mesh, y_ticks, &plot, figure.differ[1] || grid.slots[index].0 == 0);
            self.boundaries(panel, &plot);
            if figure.marks_silence() {
                self.silence(measure, panel, &plot);
            }
            self.hatch(measure, panel, &plot);
            self.plots.push(plot);
        }
    }

    /// The predicted boundaries of exact zero between a panel's cells.
    fn boundaries(&mut self, panel: &Panel, plot: &Plot) {
        let place = |&(column, row): &Corner| {
            let x = plot.left + column as f64 * panel.x.mesh.pixels;
            (x, plot.top + plot.height - row as f64 * panel.y.mesh.pixels)
        };
        self.bold.extend(panel.boundaries.iter().map(|(kind, corners)| {
            let points = corners.iter().map(place).collect();
            Bold { points, dash: kind.dash() }
        }));
    }

    /// Dots over a panel's cells of which theory leaves trajectories open.
    fn silence(&mut self, measure: Measure, Panel { x, y, cells, .. }: &Panel, plot: &Plot) {
        let is_silent = |index: usize| cells[index].predicted.silent > 0;
        let (across, up) = (&x.mesh, &y.mesh);
        for (index, (x, y)) in stipple([across.count, up.count], [across.pixels, up.pixels], is_silent) {
            let ink = measure.colour(&cells[index]).map_or(0x000000, ink_on);
            self.dots.push(Dot { at: (plot.left + x, plot.top + plot.height - y), ink });
        }
    }

    /// The hatching over a panel's cells in which what `measure` shows differs in f64.
    fn hatch(&mut self, measure: Measure, Panel { x, y, cells, .. }: &Panel, plot: &Plot) {
        let (columns, across, up) = (x.mesh.count, x.mesh.pixels, y.mesh.pixels);
        for (index, _) in cells.iter().enumerate().filter(|(_, cell)| measure.differs(cell)) {
            let (column, row) = (index % columns, index / columns);
            let (left, top) = (plot.left + column as f64 * across, plot.top + plot.height - (row + 1) as f64 * up);
            self.hatching.extend(hatch(Plot { left, top, width: across, height: up }, plot));
        }
    }

    fn x_ticks(&mut self, mesh: &Mesh, ticks: &Ticks, plot: &Plot, labelled: bool) {
        let bottom = plot.top + plot.height;
        let place = |at: f64| plot.left + mesh.offset(at);
        for x in ticks.minor.iter().map(|&at| place(at)) {
            self.strokes.push(Stroke { from: (x, bottom), to: (x, bottom + TICK_LENGTH / 2.0) });
        }
        for tick in &ticks.labelled {
            self.x_tick(place(tick.at), bottom, labelled.then_some(&tick.label));
        }
    }

    fn y_ticks(&mut self, mesh: &Mesh, ticks: &Ticks, plot: &Plot, labelled: bool) {
        let place = |at: f64| plot.top + plot.height - mesh.offset(at);
        for y in ticks.minor.iter().map(|&at| place(at)) {
            self.strokes.push(Stroke { from: (plot.left - TICK_LENGTH / 2.0, y), to: (plot.left, y) });
        }
        for tick in &ticks.labelled {
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
    let labels = grid.y_label_room();
    let name = if name_lines > 0 { name_lines as f64 * NAME_SIZE * LINE + 4.0 } else { 0.0 };
    (MARGIN + (name + labels).max(grid.overhang[0])).ceil()
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
    let [x, y] = &figure.names;
    let y = if y.is_empty() { String::new() } else { format!(" × {y}") };
    format!("{}: {} over {x}{y}", caption.sweep, measure.title())
}
