//! Where the panels of a map stand on the page, relative to the first panel's corner.

use super::{Figure, Panel};
use crate::output::drawing::page::{TICK_GAP, TICK_LENGTH, TICK_SIZE};
use crate::output::drawing::text::{LINE, widest, width, wrap};
use crate::output::drawing::ticks::{Ticks, apart_sideways, apart_upwards, ticks};

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
pub(in crate::output) enum Headers {
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
pub(in crate::output) struct Grid {
    pub columns: usize,
    pub rows: usize,
    /// Column and row of each panel.
    pub slots: Vec<(usize, usize)>,
    pub headers: Headers,
    /// The ticks of x and of y, by panel.
    pub ticks: Vec<[Ticks; 2]>,
    /// Width of a column, at least that of a panel.
    pub slot_width: f64,
    /// Between columns.
    pub gap: f64,
    /// Between the panels of two rows, with the headers of the lower.
    pub row_gap: f64,
    /// Height of the headers above a panel, with the space below them.
    pub header_height: f64,
    /// Those of the largest panel.
    pub panel_width: f64,
    pub panel_height: f64,
    /// How far the labels of x stand out to the left and to the right of a panel.
    pub overhang: [f64; 2],
}

impl Grid {
    pub(in crate::output) fn new(figure: &Figure) -> Grid {
        let (panel_width, panel_height) = extents(figure);
        let of_panel = |Panel { x, y, .. }: &Panel| {
            let x_ticks = ticks(&x.axis, |ticks| apart_sideways(&x.mesh, ticks));
            [x_ticks, ticks(&y.axis, |ticks| apart_upwards(&y.mesh, ticks))]
        };
        let ticks: Vec<[Ticks; 2]> = figure.panels.iter().map(of_panel).collect();
        let overhang = overhang(figure, &ticks);
        let left = if figure.differ[1] { overhang[0].max(y_label_room(&ticks)) } else { overhang[0] };
        let gap = (left + overhang[1] + 12.0).max(16.0).ceil();
        let plan = shared(figure).unwrap_or_else(|| own(figure, gap));
        let header_height = plan.headers.height();
        let own_labels = if figure.differ[0] { TICK_LENGTH + TICK_GAP + TICK_SIZE } else { 0.0 };
        let row_gap = own_labels
            + match plan.headers {
                Headers::Own(_) => 14.0 + header_height,
                _ => 16.0,
            };
        let Plan { columns, rows, slots, headers, slot_width } = plan;
        Grid {
            columns,
            rows,
            slots,
            headers,
            ticks,
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

    /// Width of the labels of y with their ticks.
    pub(super) fn y_label_room(&self) -> f64 {
        y_label_room(&self.ticks)
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
    let rows = wrap_all(rows, extents(figure).1);
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
    let columns = columns(count, slot_width + gap, extents(figure).1 + above);
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

/// The header of one panel: a line a facet, each line once.
fn header(figure: &Figure, values: &[usize]) -> Vec<String> {
    let told = figure.facets.iter().zip(values).filter(|&(facet, &value)| facet.silent != Some(value));
    let mut lines: Vec<String> = told.map(|(facet, &value)| facet.headers[value].clone()).collect();
    lines.dedup();
    lines
}

fn slot_width(figure: &Figure, headers: &[String]) -> f64 {
    extents(figure).0.max(widest(headers, HEADER_SIZE).min(HEADER_ROOM)).ceil()
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

/// Width and height of the largest panel.
fn extents(figure: &Figure) -> (f64, f64) {
    let largest = |extent: fn(&Panel) -> f64| figure.panels.iter().map(extent).fold(0.0, f64::max);
    (largest(|panel| panel.x.mesh.extent()), largest(|panel| panel.y.mesh.extent()))
}

/// Width of the labels of y with their ticks; 0 where there are none.
fn y_label_room(ticks: &[[Ticks; 2]]) -> f64 {
    let labels = widest(ticks.iter().flat_map(|[_, y]| &y.labelled).map(|tick| &tick.label), TICK_SIZE);
    if labels > 0.0 { labels + TICK_LENGTH + TICK_GAP } else { 0.0 }
}

/// How far the labels of x stand out to the left and to the right of a panel.
fn overhang(figure: &Figure, ticks: &[[Ticks; 2]]) -> [f64; 2] {
    let ends = figure.panels.iter().zip(ticks).flat_map(|(panel, [x, _])| {
        let mesh = &panel.x.mesh;
        x.labelled.iter().map(|tick| {
            let (middle, half) = (mesh.offset(tick.at), width(&tick.label, TICK_SIZE) / 2.0);
            [half - middle, middle + half - mesh.extent()]
        })
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
