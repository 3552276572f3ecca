//! What is marked in the panels of a picture beside its cells or lines.

pub use super::drawing::page::Dash;
use super::figure::Figure;

/// What is marked across all panels, thin, and on lines.
#[derive(Clone, Debug, Default)]
pub struct Marks {
    /// A value of the measure.
    pub level: Option<f64>,
    /// Values of x.
    pub uprights: Vec<Upright>,
    /// Places on the lines.
    pub points: Vec<Point>,
    /// Sentences that say what these are.
    pub note: String,
}

/// A value of x that is marked from the bottom of a panel to its top.
#[derive(Clone, Copy, Debug)]
pub struct Upright {
    /// A row of the table that has this value, in this panel.
    pub row: usize,
    pub dash: Dash,
}

/// A place on a line.
#[derive(Clone, Copy, Debug)]
pub struct Point {
    /// The row of the table that it is of.
    pub row: usize,
    /// Whether it is a dot, and no ring.
    pub is_filled: bool,
}

impl Marks {
    /// These and others, in a picture of one level.
    pub fn and(mut self, other: Marks) -> Marks {
        self.uprights.extend(other.uprights);
        self.points.extend(other.points);
        self.note = [self.note, other.note].into_iter().filter(|note| !note.is_empty()).collect::<Vec<_>>().join(" ");
        Marks { level: self.level.or(other.level), ..self }
    }

    /// The same, where `row` gives the row for what was one.
    pub fn of_rows(&self, row: impl Fn(usize) -> usize) -> Marks {
        let uprights = self.uprights.iter().map(|own| Upright { row: row(own.row), ..*own }).collect();
        let points = self.points.iter().map(|own| Point { row: row(own.row), ..*own }).collect();
        Marks { uprights, points, level: self.level, note: self.note.clone() }
    }

    /// How far from the left edge of a panel its upright lines are, in pixels; of several at one place the first.
    pub(super) fn uprights_of(&self, figure: &Figure, index: usize) -> Vec<(f64, Dash)> {
        let panel = &figure.panels[index];
        let mut found: Vec<(f64, Dash)> = Vec::new();
        for Upright { row, dash } in &self.uprights {
            let placed = figure.placed_rows().find(|(own, cell)| own == row && panel.cells.contains(cell));
            let Some((_, cell)) = placed else { continue };
            let column = (cell - panel.cells.start) % panel.x.mesh.count;
            let x = (column as f64 + 0.5) * panel.x.mesh.pixels;
            found.extend((!found.iter().any(|(known, _)| *known == x)).then_some((x, *dash)));
        }
        found
    }
}
