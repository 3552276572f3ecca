//! Line charts: a measure over one coordinate, a line for each value of another, with its interval as a band.

use super::choice::MOST_LINES;
use super::drawing::axis::Axis;
use super::drawing::labels::labels;
use super::drawing::mesh::Mesh;
use super::drawing::page::{Anchor, Band, Block, Curve, Fill, INK, MARGIN, NOTE_SIZE, Page, Plot, SWATCH};
use super::drawing::pens::Pen;
use super::drawing::{Caption, Picture, svg};
use super::figure::{Extent, Figure, Frame, Grid, Layout, MapError, Side, Value, refuse_nothing, values};
use super::map_table::MapTable;
use super::words::Words;
use crate::spec::{self, Key, MapRequest, Measure};
use crate::statistics::most_telling;

/// Height of a panel, in pixels: a cell of its axis each.
const HEIGHT: usize = 200;

/// What is left free above and below the lines, as a share of what they span.
const MARGIN_SHARE: f64 = 0.03;

/// Side of the square that stands for a point without a neighbour.
const POINT: f64 = 4.0;

/// Length of a sample in the legend.
const SAMPLE: f64 = 26.0;

/// Draws a request, a picture a measure, where trajectories are called `noun`.
///
/// # Errors
/// As for heatmaps.
pub fn draw(table: &MapTable, request: &MapRequest, caption: &Caption, noun: &str) -> Result<Vec<Picture>, MapError> {
    let measures = if request.measures.is_empty() { &[Measure::ZERO_RATE][..] } else { &request.measures };
    let numbers = measures.iter().filter(|measure| measure.is_number());
    let picture = |measure: &Measure| {
        let figure = Figure::new(table, request, Layout::Each)?;
        let chart = Chart::new(table, figure, request, *measure);
        refuse_nothing(request, &chart.values)?;
        let svg = chart.svg(&Words::of(*measure, request, noun), caption);
        Ok(Picture::new(super::maps::stem(*measure, request), svg))
    };
    numbers.map(picture).collect()
}

/// What a chart shows.
struct Chart {
    figure: Figure,
    /// The keys of each panel's lines, from the bottom of its grid.
    keys: Vec<Vec<Key>>,
    /// The keys of the lines of all panels that are drawn, in the order of the legend.
    drawn: Vec<Key>,
    /// How many there are.
    count: usize,
    /// What they are the values of.
    of: String,
    values: Vec<Value>,
    /// The ends of the intervals, where there are any.
    band: Option<[Vec<Value>; 2]>,
    axis: Axis,
}

impl Chart {
    fn new(table: &MapTable, mut figure: Figure, request: &MapRequest, measure: Measure) -> Chart {
        let difference = request.difference.as_ref();
        let own = values(&figure, table, measure, difference);
        let band = match measure {
            Measure::Share(of, spec::Side::Rate) if difference.is_none() && measure.interval().is_some() => {
                let end = |side| values(&figure, table, Measure::Share(of, side), None);
                Some([end(spec::Side::Low), end(spec::Side::High)])
            }
            _ => None,
        };
        let axis = axis(measure, difference.is_some(), &own, band.as_ref().map(|[_, high]| high));
        let keys: Vec<Vec<Key>> = figure.panels.iter().map(|panel| panel.y.axis.keys.clone()).collect();
        for panel in &mut figure.panels {
            panel.y = Side::plain(axis.clone(), Mesh::each(HEIGHT, 1.0));
        }
        figure.differ[1] = false;
        figure.names[1] = measure.name();
        figure.meanings[1] = None;
        let mut all: Vec<Key> = Vec::new();
        keys.iter().flatten().for_each(|key| all.extend((!all.contains(key)).then_some(*key)));
        if all.iter().any(|key| key.text().is_some()) {
            // A list of names is read from its top, and the grid counts from the bottom.
            all.reverse();
        } else {
            all.sort_unstable();
        }
        let count = all.len();
        let drawn = some(&figure, &keys, &own, all);
        Chart { figure, keys, drawn, count, of: request.y.clone(), values: own, band, axis }
    }

    fn svg(&self, words: &Words, caption: &Caption) -> String {
        let grid = Grid::new(&self.figure);
        let frame = Frame::new(&self.figure, &grid);
        let mut page = Page::new(frame.width, format!("{}: {}", caption.sweep, words.shown));
        let mut notes: Vec<String> = self.figure.notes.clone();
        if self.band.as_ref().is_some_and(|[low, _]| low.iter().any(|value| value.number().is_some())) {
            notes.push("Bands are 95 % intervals for the draws of the random axes.".to_owned());
        }
        if self.drawn.len() < self.count {
            notes.push(format!(
                "{} of {} lines are drawn: the ends, and those between which most changes.",
                self.drawn.len(),
                self.count
            ));
        }
        page.heading(&words.named, caption, &notes.join(" "));
        self.legend(&mut page);
        for (index, plot) in frame.put(&mut page).into_iter().enumerate() {
            self.lines(&mut page, index, &plot);
        }
        svg::write(&page, |_| ())
    }

    fn pen(&self, place: usize) -> Pen {
        let count = self.drawn.len();
        match self.drawn[place] {
            Key::Number(_) => Pen::of_number(place, count),
            _ => Pen::of_kind(place, count),
        }
    }

    fn legend(&self, page: &mut Page) {
        if let ([only], false) = (&self.drawn[..], self.of.is_empty()) {
            page.paragraph(&format!("{} = {}", self.of, labels(&[*only]).concat()), NOTE_SIZE, INK);
        }
        if self.drawn.len() < 2 {
            return;
        }
        page.paragraph(&format!("a line for each {}", self.of), NOTE_SIZE, INK);
        let labels = labels(&self.drawn);
        let entries: Vec<(&str, Pen)> =
            labels.iter().enumerate().map(|(place, label)| (label.as_str(), self.pen(place))).collect();
        page.entries(&entries, MARGIN, SAMPLE, |page, &Pen { ink, width, dash }, (left, top)| {
            let y = top + SWATCH / 2.0;
            page.curves.push(Curve { points: vec![(left, y), (left + SAMPLE, y)], ink, width, dash });
        });
    }

    /// The lines of a panel.
    fn lines(&self, page: &mut Page, index: usize, plot: &Plot) {
        let panel = &self.figure.panels[index];
        let columns = panel.x.mesh.count;
        let x = |column: usize| plot.left + panel.x.mesh.offset(column as f64 + 0.5);
        let y = |value: f64| {
            let at = self.axis.position(value).unwrap_or(0.5).clamp(0.5, HEIGHT as f64 - 0.5);
            plot.top + plot.height - at
        };
        if self.values[panel.cells.clone()].iter().all(|value| value.number().is_none()) {
            let middle = (plot.left + plot.width / 2.0, plot.top + plot.height / 2.0);
            page.label("nothing to show", middle, NOTE_SIZE, Anchor::Middle);
        }
        let mut known: Vec<Vec<(f64, f64)>> = Vec::new();
        for (place, key) in self.drawn.iter().enumerate() {
            let Some(row) = self.keys[index].iter().position(|own| own == key) else { continue };
            let first = panel.cells.start + row * columns;
            let pen = self.pen(place);
            let place = |values: &[Value], column: usize| Some((x(column), y(values[first + column].number()?)));
            let points: Vec<Option<(f64, f64)>> = (0..columns).map(|column| place(&self.values, column)).collect();
            if let Some([low, high]) = &self.band {
                let ends: Vec<Option<[(f64, f64); 2]>> =
                    (0..columns).map(|column| Some([place(low, column)?, place(high, column)?])).collect();
                for run in ends.split(Option::is_none).filter(|run| run.len() > 1) {
                    let edge = |end: usize| run.iter().flatten().map(move |ends| ends[end]);
                    let points: Vec<_> = edge(0).chain(edge(1).collect::<Vec<_>>().into_iter().rev()).collect();
                    // Bands that lie on each other would look like a surer one.
                    if !known.contains(&points) {
                        known.push(points.clone());
                        page.bands.push(Band { points, ink: pen.ink });
                    }
                }
            }
            for run in points.split(Option::is_none).filter(|run| !run.is_empty()) {
                let points: Vec<(f64, f64)> = run.iter().flatten().copied().collect();
                if let [(x, y)] = points[..] {
                    let (left, top) = (x - POINT / 2.0, y - POINT / 2.0);
                    page.blocks.push(Block { left, top, width: POINT, height: POINT, fill: Fill::Colour(pen.ink) });
                } else {
                    page.curves.push(Curve { points, ink: pen.ink, width: pen.width.min(3.0), dash: pen.dash });
                }
            }
        }
    }
}

/// Of all lines as many as one panel holds: the ends, and those between which most changes.
fn some(figure: &Figure, keys: &[Vec<Key>], values: &[Value], all: Vec<Key>) -> Vec<Key> {
    if all.len() <= MOST_LINES {
        return all;
    }
    let line = |key: &Key| -> Vec<f64> {
        let mut line = Vec::new();
        for (panel, keys) in figure.panels.iter().zip(keys) {
            let columns = panel.x.mesh.count;
            let first = keys.iter().position(|own| own == key).map(|row| panel.cells.start + row * columns);
            let value = |column: usize| first.and_then(|first| values[first + column].number()).unwrap_or_default();
            line.extend((0..columns).map(value));
        }
        line
    };
    let lines: Vec<Vec<f64>> = all.iter().map(line).collect();
    most_telling(&lines, MOST_LINES).into_iter().map(|place| all[place]).collect()
}

/// The upright axis, a cell a pixel.
fn axis(measure: Measure, is_difference: bool, values: &[Value], high: Option<&Vec<Value>>) -> Axis {
    let numbers = || values.iter().chain(high.into_iter().flatten()).filter_map(|value| value.number());
    let extent = Extent::of(measure, is_difference, numbers());
    let most = numbers().fold(0.0, f64::max);
    // Rates of less than a half are drawn as large as they are.
    let extent = if extent == Extent::RATES && most <= 0.5 { Extent::up_to(most) } else { extent };
    extent.wider(MARGIN_SHARE).axis(HEIGHT)
}
