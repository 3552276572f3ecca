//! Where the panels of a map stand on the page, relative to the first panel's corner.

use super::figure::Figure;
use super::ticks::{Tick, Ticks, ticks};
use crate::output::drawing::page::TICK_SIZE;
use crate::output::drawing::text::{LINE, widest, width, wrap};

/// Font size of panel headers, in pixels.
pub(super) const HEADER_SIZE: f64 = 11.5;

/// Space between a header and its panel: half a tick label may stand out above the panel's edge.
pub(super) const HEADER_GAP: f64 = 7.0;

/// A panel's column is this wide where its header is, so that short headers stay on a line even above tiny panels.
const HEADER_ROOM: f64 = 150.0;

/// The most panels side by side under shared headers.
const MOST_COLUMNS: usize = 12;

/// The most lines of a header beside a row.
const MOST_LINES: usize = 3;

/// Wanted ratio of width to height of the panels together.
const ASPECT: f64 = 1.5;

/// Headers as wrapped lines.
pub(super) enum Headers {
    None,
    /// One above each panel.
    Own(Vec<Vec<String>>),
    /// One above each column and one beside each row.
    Shared {
        columns: Vec<Vec<String>>,
        rows: Vec<Vec<String>>,
    },
}

impl Headers {
    /// Height above a panel, with the space below.
    fn height(&self) -> f64 {
        let (Headers::Own(above) | Headers::Shared { columns: above, .. }) = self else {
            return 0.0;
        };
        let lines = above.iter().map(Vec::len).max().unwrap_or(0);
        (lines as f64 * HEADER_SIZE * LINE + HEADER_GAP).ceil()
    }
}

/// Panels in rows and columns.
pub(super) struct Grid {
    pub columns: usize,
    pub rows: usize,
    /// Column and row of each panel.
    pub slots: Vec<(usize, usize)>,
    pub headers: Headers,
    pub x_ticks: Ticks,
    pub y_ticks: Ticks,
    /// Width of a column, at least that of a panel.
    pub slot_width: f64,
    /// Between columns.
    pub gap: f64,
    /// Between the panels of two rows, with the headers of the lower.
    pub row_gap: f64,
    /// Height of the headers above a panel, with the space below them.
    pub header_height: f64,
    pub panel_width: f64,
    pub panel_height: f64,
    /// How far the labels of x stand out to the left and to the right of a panel.
    pub overhang: [f64; 2],
}

impl Grid {
    pub(super) fn new(figure: &Figure) -> Grid {
        let (panel_width, panel_height) = (figure.x_mesh.extent(), figure.y_mesh.extent());
        let x_ticks = ticks(&figure.x, |ticks| apart_sideways(figure, ticks));
        let y_ticks = ticks(&figure.y, |ticks| apart_upwards(figure, ticks));
        let overhang = overhang(figure, &x_ticks, panel_width);
        let gap = (overhang[0] + overhang[1] + 12.0).max(16.0).ceil();
        let plan = shared(figure).unwrap_or_else(|| own(figure, gap));
        let header_height = plan.headers.height();
        let row_gap = match plan.headers {
            Headers::Own(_) => 14.0 + header_height,
            _ => 16.0,
        };
        let Plan { columns, rows, slots, headers, slot_width } = plan;
        Grid {
            columns,
            rows,
            slots,
            headers,
            x_ticks,
            y_ticks,
            slot_width,
            gap,
            row_gap,
            header_height,
            panel_width,
            panel_height,
            overhang,
        }
    }

    pub(super) fn width(&self) -> f64 {
        self.columns as f64 * (self.slot_width + self.gap) - self.gap
    }

    /// Height without the headers of the first row.
    pub(super) fn height(&self) -> f64 {
        self.rows as f64 * (self.panel_height + self.row_gap) - self.row_gap
    }

    /// Left top corner of a panel; panels stand in the middle of their column.
    pub(super) fn corner(&self, panel: usize) -> (f64, f64) {
        let (column, row) = self.slots[panel];
        let margin = ((self.slot_width - self.panel_width) / 2.0).floor();
        let left = column as f64 * (self.slot_width + self.gap) + margin;
        (left, row as f64 * (self.panel_height + self.row_gap))
    }

    /// Whether a panel is the lowest of its column and so bears the labels of x.
    pub(super) fn is_lowest(&self, panel: usize) -> bool {
        let (column, row) = self.slots[panel];
        !self.slots.contains(&(column, row + 1))
    }
}

/// The part of a grid that depends on how facets are laid out.
struct Plan {
    columns: usize,
    rows: usize,
    slots: Vec<(usize, usize)>,
    headers: Headers,
    slot_width: f64,
}

/// One facet across and the other down, where two facets make a full product and the headers have room.
fn shared(figure: &Figure) -> Option<Plan> {
    let [first, second] = &figure.facets[..] else {
        return None;
    };
    if figure.panels.len() != first.headers.len() * second.headers.len() {
        return None;
    }
    let first_across = match first.headers.len() >= second.headers.len() {
        larger if first.headers.len().max(second.headers.len()) <= MOST_COLUMNS => larger,
        larger => !larger,
    };
    let (across, down) = if first_across { (0, 1) } else { (1, 0) };
    let [columns, rows] = [across, down].map(|facet| &figure.facets[facet].headers);
    let slot_width = slot_width(figure, columns);
    let columns = wrap_all(columns, slot_width);
    let rows = wrap_all(rows, figure.y_mesh.extent());
    let roomy = columns.len() <= MOST_COLUMNS && rows.iter().all(|lines| lines.len() <= MOST_LINES);
    roomy.then(|| Plan {
        columns: columns.len(),
        rows: rows.len(),
        slots: figure.panels.iter().map(|panel| (panel.facets[across], panel.facets[down])).collect(),
        headers: Headers::Shared { columns, rows },
        slot_width,
    })
}

/// Panels one after the other, each with its own header of a line a facet.
fn own(figure: &Figure, gap: f64) -> Plan {
    let texts: Vec<Vec<String>> = figure.panels.iter().map(|panel| header(figure, &panel.facets)).collect();
    let slot_width = slot_width(figure, &texts.concat());
    let count = texts.len();
    let above = figure.facets.len() as f64 * HEADER_SIZE * LINE + 14.0;
    let columns = columns(count, slot_width + gap, figure.y_mesh.extent() + above);
    let headers = if figure.facets.is_empty() {
        Headers::None
    } else {
        Headers::Own(texts.iter().map(|lines| wrap_all(lines, slot_width).concat()).collect())
    };
    Plan {
        columns,
        rows: count.div_ceil(columns),
        slots: (0..count).map(|panel| (panel % columns, panel / columns)).collect(),
        headers,
        slot_width,
    }
}

/// The header of one panel, a line a facet. What does not apply is left out, unless nothing would remain.
fn header(figure: &Figure, values: &[usize]) -> Vec<String> {
    let lines = || figure.facets.iter().zip(values);
    let nothing = lines().all(|(facet, &value)| facet.absent == Some(value));
    let kept = lines().filter(|&(facet, &value)| nothing || facet.absent != Some(value));
    kept.map(|(facet, &value)| facet.headers[value].clone()).collect()
}

fn slot_width(figure: &Figure, headers: &[String]) -> f64 {
    figure.x_mesh.extent().max(widest(headers, HEADER_SIZE).min(HEADER_ROOM)).ceil()
}

fn wrap_all(texts: &[String], limit: f64) -> Vec<Vec<String>> {
    texts.iter().map(|text| wrap(text, HEADER_SIZE, limit)).collect()
}

/// How many panels stand side by side so that the page is near its aspect and has few empty places.
fn columns(count: usize, width: f64, height: f64) -> usize {
    let cost = |columns: usize| {
        let rows = count.div_ceil(columns);
        let aspect = (columns as f64 * width) / (rows as f64 * height);
        // A page with half its places empty is as bad as one e times too wide.
        libm::fabs(libm::log(aspect / ASPECT)) + 2.0 * (columns * rows - count) as f64 / count as f64
    };
    (1..=count).min_by(|&a, &b| cost(a).total_cmp(&cost(b))).unwrap_or(1)
}

/// Whether labels below a panel stand apart.
fn apart_sideways(figure: &Figure, ticks: &[Tick]) -> bool {
    ticks.windows(2).all(|pair| {
        let distance = figure.x_mesh.offset(pair[1].at - pair[0].at);
        distance >= (width(&pair[0].label, TICK_SIZE) + width(&pair[1].label, TICK_SIZE)) / 2.0 + 0.7 * TICK_SIZE
    })
}

/// Whether labels beside a panel stand apart.
fn apart_upwards(figure: &Figure, ticks: &[Tick]) -> bool {
    ticks.windows(2).all(|pair| figure.y_mesh.offset(pair[1].at - pair[0].at) >= 1.5 * TICK_SIZE)
}

/// How far the labels of x stand out to the left and to the right of a panel.
fn overhang(figure: &Figure, ticks: &Ticks, panel_width: f64) -> [f64; 2] {
    let ends = ticks.labelled.iter().map(|tick| {
        let (middle, half) = (figure.x_mesh.offset(tick.at), width(&tick.label, TICK_SIZE) / 2.0);
        [half - middle, middle + half - panel_width]
    });
    ends.fold([0.0, 0.0], |[a, b], [left, right]| [f64::max(a, left), f64::max(b, right)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panels_fill_a_page_of_moderate_shape() {
        let square = |count| columns(count, 200.0, 200.0);
        assert_eq!([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12].map(square), [1, 2, 3, 2, 3, 3, 4, 4, 3, 5, 4]);
        assert_eq!(columns(4, 500.0, 60.0), 1);
    }
}
