//! What stands around the panels of a figure: frames, ticks, headers and the names of the axes.

use super::grid::{HEADER_GAP, HEADER_SIZE, Headers};
use super::{Figure, Grid};
use crate::output::drawing::mesh::Mesh;
use crate::output::drawing::page::{
    Anchor, Direction, Label, MARGIN, Page, Plot, SOFT_INK, Stroke, TICK_GAP, TICK_LENGTH, TICK_SIZE,
};
use crate::output::drawing::text::{LINE, width, wrap};
use crate::output::drawing::ticks::Ticks;

/// A page is at least this wide: the seven fates fit on a line.
const NARROWEST: f64 = 580.0;
const NAME_SIZE: f64 = 12.0;
/// The spec's own name, below or beside the words.
const PATH_SIZE: f64 = 11.0;
/// Names of axes have at least this much room before they wrap.
const SHORTEST_LINE: f64 = 160.0;
/// Space from the last column of panels to the headers of rows.
const ROW_HEADER_GAP: f64 = 10.0;

/// A line of an axis's name.
struct NameLine {
    text: String,
    is_path: bool,
}

impl NameLine {
    fn size(&self) -> f64 {
        if self.is_path { PATH_SIZE } else { NAME_SIZE }
    }
}

/// Where the panels of a figure stand on a page.
pub(in crate::output) struct Frame<'a> {
    figure: &'a Figure,
    grid: &'a Grid,
    y_name: Vec<NameLine>,
    left: f64,
    pub width: f64,
}

impl<'a> Frame<'a> {
    pub(in crate::output) fn new(figure: &'a Figure, grid: &'a Grid) -> Frame<'a> {
        let y_name = name_lines(figure, 1, grid.height());
        let (left, right) = (left_gutter(grid, y_name.len()), right_gutter(grid));
        let width = (left + grid.width() + right).max(NARROWEST).ceil();
        Frame { figure, grid, y_name, left, width }
    }

    /// Adds the panels below what `page` holds, and gives their plots.
    pub(in crate::output) fn put(&self, page: &mut Page) -> Vec<Plot> {
        let Frame { figure, grid, y_name, left, .. } = self;
        // A name longer than its axis stands out above and below it.
        let longest = y_name.iter().map(|line| width(&line.text, line.size())).fold(0.0, f64::max);
        let excess = ((longest - grid.height()) / 2.0).max(0.0);
        let top = (page.height + 16.0 + grid.header_height.max(excess)).ceil();
        let bottom = top + grid.height();
        let plots = page.panels(figure, grid, (*left, top));
        page.headers(grid, *left, top);
        page.y_name(y_name, (top + bottom) / 2.0);
        page.height = bottom + TICK_LENGTH + TICK_GAP + TICK_SIZE * LINE;
        page.x_name(&name_lines(figure, 0, grid.width()), left + grid.width() / 2.0);
        page.height = (page.height.max(bottom + excess) + MARGIN).ceil();
        plots
    }
}

/// The name of a side: its words, if it has any, and the spec's own name.
fn name_lines(figure: &Figure, side: usize, room: f64) -> Vec<NameLine> {
    let room = room.max(SHORTEST_LINE);
    let lines = |text: &str, is_path| {
        let size = if is_path { PATH_SIZE } else { NAME_SIZE };
        wrap(text, size, room).into_iter().map(move |text| NameLine { text, is_path })
    };
    let words = figure.meanings[side];
    words.into_iter().flat_map(|words| lines(words, false)).chain(lines(&figure.names[side], words.is_some())).collect()
}

impl Page {
    fn panels(&mut self, figure: &Figure, grid: &Grid, (left, top): (f64, f64)) -> Vec<Plot> {
        let panels = figure.panels.iter().enumerate().map(|(index, panel)| {
            let (x, y) = grid.corner(index);
            let [width, height] = [panel.x.mesh.extent(), panel.y.mesh.extent()];
            let plot = Plot { left: left + x, top: top + y, width, height };
            let [x_ticks, y_ticks] = &grid.ticks[index];
            self.x_ticks(&panel.x.mesh, x_ticks, &plot, figure.differ[0] || grid.is_lowest(index));
            self.y_ticks(&panel.y.mesh, y_ticks, &plot, figure.differ[1] || grid.slots[index].0 == 0);
            self.plots.push(plot);
            plot
        });
        panels.collect()
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

    fn x_name(&mut self, lines: &[NameLine], middle: f64) {
        for line in lines {
            let half = width(&line.text, line.size()) / 2.0;
            let at = (middle.max(MARGIN + half), self.height + 2.0 + NAME_SIZE);
            self.name(line, at);
            self.height += NAME_SIZE * LINE;
        }
    }

    fn y_name(&mut self, lines: &[NameLine], middle: f64) {
        for (i, line) in lines.iter().enumerate() {
            let x = MARGIN + NAME_SIZE + i as f64 * NAME_SIZE * LINE;
            self.name(line, (x, middle)).direction = Direction::Up;
        }
    }

    fn name(&mut self, line: &NameLine, at: (f64, f64)) -> &mut Label {
        let label = self.label(&line.text, at, line.size(), Anchor::Middle);
        if line.is_path {
            label.ink = SOFT_INK;
        }
        label
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
