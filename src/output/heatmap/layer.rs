//! What one picture shows of a figure: a value a cell, its scale, and what theory says beside it.

use super::boundary::{Boundary, Corner, Line, boundaries};
use super::scale::Scale;
use crate::output::drawing::page::BOLD_WIDTH;
use crate::output::figure::{Counts, Figure, Panel, Value, values};
use crate::output::map_table::MapTable;
use crate::output::words::Words;
use crate::spec::{MapRequest, Measure};

/// The share of a panel that boundaries may cover: beyond it they are a thicket.
const MOST_COVERED: f64 = 0.25;

/// What one picture shows of a figure.
pub(super) struct Layer {
    pub measure: Measure,
    pub words: Words,
    /// As the figure's cells.
    pub values: Vec<Value>,
    pub scale: Scale,
    /// The predicted boundaries of exact zero, panel by panel.
    pub boundaries: Vec<Vec<Line>>,
    /// Whether cells of which theory leaves trajectories open are to be told from others.
    pub marks_silence: bool,
    /// Whether what theory says, and what the audit found, stands beside it.
    is_about_zero: bool,
    pub notes: Vec<String>,
}

impl Layer {
    pub(super) fn new(table: &MapTable, figure: &Figure, request: &MapRequest, measure: Measure, noun: &str) -> Layer {
        let difference = request.difference.as_ref();
        let values = values(figure, table, measure, difference);
        let mut layer = Layer {
            measure,
            words: Words::of(measure, request, noun),
            scale: Scale::of(measure, difference.is_some(), &values),
            values,
            boundaries: Vec::new(),
            marks_silence: false,
            is_about_zero: measure.is_about_zero() && difference.is_none(),
            notes: Vec::new(),
        };
        if figure.is_summed && matches!(measure, Measure::Step(..)) {
            layer.notes.push(
                "Where a drawn cell is of several cells, it shows the median of theirs, whatever their trajectories."
                    .to_owned(),
            );
        }
        if measure == Measure::StandsFor {
            layer.notes.push(
                "A drawn cell shows the least of its cells: light ones were run cell by cell, and single light dots as a check."
                    .to_owned(),
            );
        }
        if figure.cells.iter().any(|cell| cell.lacks_some && cell.trajectories > 0) {
            layer.notes.push("Some drawn cells sum only those of their cells that are whole.".to_owned());
        }
        if measure.is_predicted() && difference.is_none() {
            layer.add_theory(figure);
        }
        layer
    }

    fn add_theory(&mut self, figure: &Figure) {
        // Lines between the few cells that are there would look like cells themselves.
        if !figure.is_partial() {
            let all: Vec<Vec<Line>> = figure.panels.iter().map(|panel| lines(figure, panel)).collect();
            let thin = |(panel, lines): (&Panel, Vec<Line>)| if is_thicket(panel, &lines) { None } else { Some(lines) };
            let drawn: Vec<Option<Vec<Line>>> = figure.panels.iter().zip(all).map(thin).collect();
            if drawn.iter().any(Option::is_none) {
                self.notes.push("Where theory's lines would hide the cells, none is drawn.".to_owned());
            }
            self.boundaries = drawn.into_iter().map(Option::unwrap_or_default).collect();
        }
        let mut counted = figure.cells.iter().filter(|cell| cell.trajectories > 0).peekable();
        let is_silent = counted.peek().is_some() && counted.all(|cell| cell.predicted.silent > 0);
        if is_silent {
            self.notes.push("Theory is silent for some or all trajectories of every cell.".to_owned());
        }
        self.marks_silence = !is_silent && figure.cells.iter().any(|cell| cell.predicted.silent > 0);
    }

    /// Whether theory draws such a boundary on some panel.
    pub(super) fn has_boundary(&self, boundary: Boundary) -> bool {
        self.boundaries.iter().flatten().any(|(found, _)| *found == boundary)
    }

    /// Whether what it shows of a cell differs in f64 for an audited trajectory.
    pub(super) fn differs(&self, cell: &Counts) -> bool {
        let [fate, zero] = cell.differs;
        self.is_about_zero && if self.measure == Measure::Fate { fate > 0 } else { zero > 0 }
    }

    pub(super) fn has_differences(&self, figure: &Figure) -> bool {
        figure.cells.iter().any(|cell| self.differs(cell))
    }

    pub(super) fn shows(&self, value: Value) -> bool {
        self.values.contains(&value)
    }
}

/// The boundaries between a panel's cells.
fn lines(figure: &Figure, panel: &Panel) -> Vec<Line> {
    let ordered = [&panel.x, &panel.y].map(|side| !side.axis.is_text());
    boundaries(figure.cells_of(panel), panel.x.mesh.count, ordered)
}

/// Whether lines would cover too much of a panel.
fn is_thicket(panel: &Panel, lines: &[Line]) -> bool {
    let [across, up] = [panel.x.mesh.pixels, panel.y.mesh.pixels];
    let length = |line: &Vec<Corner>| -> f64 {
        line.windows(2).map(|ends| across * apart(ends, |end| end.0) + up * apart(ends, |end| end.1)).sum()
    };
    let covered = BOLD_WIDTH * lines.iter().map(|(_, line)| length(line)).sum::<f64>();
    covered > MOST_COVERED * panel.x.mesh.extent() * panel.y.mesh.extent()
}

/// The distance of two corners in columns or rows.
fn apart(ends: &[Corner], side: fn(&Corner) -> usize) -> f64 {
    side(&ends[0]).abs_diff(side(&ends[1])) as f64
}
