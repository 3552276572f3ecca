//! Line charts: a measure over one coordinate, a line for each value of another, with its interval or its quantiles as a band.

use super::choice::MOST_LINES;
use super::drawing::axis::Axis;
use super::drawing::labels::labels;
use super::drawing::mesh::Mesh;
use super::drawing::page::{
    Anchor, Band, Block, Curve, Dash, Fill, INK, MARGIN, NOTE_SIZE, Page, Plot, SOFT_INK, SWATCH, circle,
};
use super::drawing::pens::Pen;
use super::drawing::{Caption, Picture, svg};
use super::figure::{Extent, Figure, Frame, Grid, Layout, MapError, Side, Value, refuse_nothing, values};
use super::map_table::MapTable;
use super::marks::{Marks, Point};
use super::words::Words;
use crate::spec::{Key, MapRequest, Measure, Told};
use crate::statistics::most_telling;

/// Height of a panel, in pixels: a cell of its axis each.
const HEIGHT: usize = 200;

/// What is left free above and below the lines, as a share of what they span.
const MARGIN_SHARE: f64 = 0.03;

/// Side of the square that stands for a point without a neighbour.
const POINT: f64 = 4.0;

/// Length of a sample in the legend.
const SAMPLE: f64 = 26.0;

/// The pen of lines that have no colour of their own.
const PALE: Pen = Pen { ink: 0xbdbdbd, width: 1.0, dash: Dash::Solid };

/// Draws a request, a picture a measure, where trajectories are called `noun`.
///
/// # Errors
/// As for heatmaps.
pub fn draw(
    table: &MapTable,
    request: &MapRequest,
    caption: &Caption,
    noun: &str,
    marks: &Marks,
) -> Result<Vec<Picture>, MapError> {
    let measures = if request.measures.is_empty() { &[Measure::ZERO_RATE][..] } else { &request.measures };
    let numbers = measures.iter().filter(|measure| measure.is_number());
    let picture = |measure: &Measure| {
        let figure = Figure::new(table, request, Layout::Each)?;
        let chart = Chart::new(table, figure, request, *measure);
        refuse_nothing(request, &chart.values)?;
        let svg = chart.svg(&Words::of(*measure, request, noun), caption, marks);
        Ok(Picture::new(super::maps::stem(*measure, request), svg))
    };
    numbers.map(picture).collect()
}

/// What a chart shows.
struct Chart {
    figure: Figure,
    /// The keys of each panel's lines, from the bottom of its grid.
    keys: Vec<Vec<Key>>,
    /// The keys of the lines of all panels that have a pen of their own, in the order of the legend.
    drawn: Vec<Key>,
    /// Those of lines that are pale.
    pale: Vec<Key>,
    /// How many there are in all.
    count: usize,
    /// What they are the values of.
    of: String,
    values: Vec<Value>,
    /// What it is a chart of.
    measure: Measure,
    /// The ends of the bands, where there are any.
    band: Option<[Vec<Value>; 2]>,
    axis: Axis,
}

impl Chart {
    fn new(table: &MapTable, mut figure: Figure, request: &MapRequest, measure: Measure) -> Chart {
        let difference = request.difference.as_ref();
        let own = values(&figure, table, measure, difference);
        let band = measure.band().filter(|_| difference.is_none());
        let band = band.map(|ends| ends.map(|end| values(&figure, table, end, None)));
        let axis = axis(measure, difference.is_some(), own.iter().chain(band.iter().flatten().flatten()));
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
        let (drawn, pale) = with_pens(&figure, &keys, &own, all);
        let of = request.y.clone();
        Chart { figure, keys, drawn, pale, count, of, values: own, measure, band, axis }
    }

    fn svg(&self, words: &Words, caption: &Caption, marks: &Marks) -> String {
        let grid = Grid::new(&self.figure);
        let frame = Frame::new(&self.figure, &grid);
        let mut page = Page::new(frame.width, format!("{}: {}", caption.sweep, words.shown));
        let mut notes: Vec<String> = self.figure.notes.clone();
        // Where all are of one number there is none to see.
        let is_wide = |(low, high): (&Value, &Value)| low.number().is_some() && low.number() != high.number();
        if self.band.as_ref().is_some_and(|[low, high]| low.iter().zip(high).any(is_wide)) {
            let bands = match self.measure {
                Measure::Value(Told::HeldOutLoss) => "Bands are one standard error of the mean to either side.",
                Measure::Value(_) => "Bands are from the quantile at 10 % to that at 90 %.",
                _ => "Bands are 95 % intervals for what is drawn at random.",
            };
            notes.push(bands.to_owned());
        }
        notes.extend(Some(marks.note.clone()).filter(|note| !note.is_empty()));
        if !self.pale.is_empty() {
            notes.push(format!(
                "{} of {} lines have a colour: those that are furthest from 0 in the mean.",
                self.drawn.len(),
                self.count
            ));
        } else if self.drawn.len() < self.count {
            notes.push(format!(
                "{} of {} lines are drawn: the ends, and those between which most changes.",
                self.drawn.len(),
                self.count
            ));
        }
        page.heading(&words.named, caption, &notes.join(" "));
        self.legend(&mut page);
        for (index, plot) in frame.put(&mut page).into_iter().enumerate() {
            self.marks(&mut page, index, &plot, marks);
            self.lines(&mut page, index, &plot);
            self.points(&mut page, index, &plot, marks);
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
        let own = labels.iter().enumerate().map(|(place, label)| (label.as_str(), self.pen(place)));
        let others = (!self.pale.is_empty()).then_some(("others", PALE));
        let entries: Vec<(&str, Pen)> = own.chain(others).collect();
        page.entries(&entries, MARGIN, SAMPLE, |page, &Pen { ink, width, dash }, (left, top)| {
            let y = top + SWATCH / 2.0;
            page.curves.push(Curve { points: vec![(left, y), (left + SAMPLE, y)], ink, width, dash });
        });
    }

    /// Where a value is in a panel.
    fn height(&self, value: f64, plot: &Plot) -> f64 {
        let at = self.axis.position(value).unwrap_or(0.5).clamp(0.5, HEIGHT as f64 - 0.5);
        plot.top + plot.height - at
    }

    /// What stands across the lines of a panel.
    fn marks(&self, page: &mut Page, index: usize, plot: &Plot, marks: &Marks) {
        if let Some(level) = marks.level {
            let y = self.height(level, plot);
            let points = vec![(plot.left, y), (plot.left + plot.width, y)];
            page.curves.push(Curve { points, ink: SOFT_INK, width: 1.0, dash: Dash::Dashed });
        }
        for (x, dash) in marks.uprights_of(&self.figure, index) {
            let points = vec![(plot.left + x, plot.top), (plot.left + x, plot.top + plot.height)];
            page.curves.push(Curve { points, ink: SOFT_INK, width: 1.0, dash });
        }
    }

    /// What is marked on the lines of a panel.
    fn points(&self, page: &mut Page, index: usize, plot: &Plot, marks: &Marks) {
        let panel = &self.figure.panels[index];
        let columns = panel.x.mesh.count;
        for Point { row, is_filled } in &marks.points {
            let mut placed = self.figure.placed_rows().filter(|(own, cell)| own == row && panel.cells.contains(cell));
            let Some((_, cell)) = placed.next() else { continue };
            let Some(value) = self.values[cell].number() else { continue };
            let (column, line) = ((cell - panel.cells.start) % columns, (cell - panel.cells.start) / columns);
            let place = self.drawn.iter().position(|key| *key == self.keys[index][line]);
            let ink = place.map_or(PALE, |place| self.pen(place)).ink;
            let at = (plot.left + panel.x.mesh.offset(column as f64 + 0.5), self.height(value, plot));
            let (radius, width) = if *is_filled { (2.0, 4.0) } else { (5.0, 1.6) };
            page.curves.push(Curve { points: circle(at, radius), ink, width, dash: Dash::Solid });
        }
    }

    /// The lines of a panel, pale ones below the others.
    fn lines(&self, page: &mut Page, index: usize, plot: &Plot) {
        let panel = &self.figure.panels[index];
        let columns = panel.x.mesh.count;
        let x = |column: usize| plot.left + panel.x.mesh.offset(column as f64 + 0.5);
        let y = |value: f64| self.height(value, plot);
        if self.values[panel.cells.clone()].iter().all(|value| value.number().is_none()) {
            let middle = (plot.left + plot.width / 2.0, plot.top + plot.height / 2.0);
            page.label("nothing to show", middle, NOTE_SIZE, Anchor::Middle);
        }
        let mut known: Vec<Vec<(f64, f64)>> = Vec::new();
        let pale = self.pale.iter().map(|key| (key, None));
        for (key, pen) in pale.chain(self.drawn.iter().enumerate().map(|(place, key)| (key, Some(self.pen(place))))) {
            let Some(row) = self.keys[index].iter().position(|own| own == key) else { continue };
            let first = panel.cells.start + row * columns;
            let (band, pen) = (self.band.as_ref().filter(|_| pen.is_some()), pen.unwrap_or(PALE));
            let place = |values: &[Value], column: usize| Some((x(column), y(values[first + column].number()?)));
            let points: Vec<Option<(f64, f64)>> = (0..columns).map(|column| place(&self.values, column)).collect();
            if let Some([low, high]) = band {
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

/// Of all lines as many as one panel tells apart, and those that are pale. Of numbers the ends, and those between which most changes, and none
/// else; of names those that are furthest from 0, and the others are pale.
fn with_pens(figure: &Figure, keys: &[Vec<Key>], values: &[Value], all: Vec<Key>) -> (Vec<Key>, Vec<Key>) {
    if all.len() <= MOST_LINES {
        return (all, Vec::new());
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
    if all.iter().all(|key| key.text().is_none()) {
        return (most_telling(&lines, MOST_LINES).into_iter().map(|place| all[place]).collect(), Vec::new());
    }
    let sizes: Vec<f64> = lines.iter().map(|line| line.iter().map(|value| value.abs()).sum()).collect();
    let mut places: Vec<usize> = (0..all.len()).collect();
    places.sort_by(|a, b| sizes[*b].total_cmp(&sizes[*a]));
    places.truncate(MOST_LINES);
    let (drawn, pale): (Vec<_>, Vec<_>) = all.into_iter().enumerate().partition(|(place, _)| places.contains(place));
    let keys = |own: Vec<(usize, Key)>| own.into_iter().map(|(_, key)| key).collect();
    (keys(drawn), keys(pale))
}

/// The upright axis, a cell a pixel.
fn axis<'v>(measure: Measure, is_difference: bool, values: impl Iterator<Item = &'v Value> + Clone) -> Axis {
    let numbers = || values.clone().filter_map(|value| value.number());
    let extent = match measure {
        Measure::Value(Told::HeldOutLoss) if !is_difference => Extent::around(numbers()),
        _ => Extent::of(measure, is_difference, numbers()),
    };
    let most = numbers().fold(0.0, f64::max);
    // Rates of less than a half are drawn as large as they are.
    let extent = if extent == Extent::RATES && most <= 0.5 { Extent::up_to(most) } else { extent };
    extent.wider(MARGIN_SHARE).axis(HEIGHT)
}
