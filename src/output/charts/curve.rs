//! The tolerance curve: the share of tails within eps over eps, one panel a penalty, one line an optimizer.

use super::{Counted, Name, cut, penalty, same_penalty};
use crate::formula::verdict::octave;
use crate::optimizer::Optimizer;
use crate::output::drawing::axis::Axis;
use crate::output::drawing::mesh::Mesh;
use crate::output::drawing::page::{
    Anchor, Block, Curve, Direction, Fill, MARGIN, NOTE_SIZE, Page, Plot, SWATCH, Stroke, TICK_SIZE,
};
use crate::output::drawing::pens::Pen;
use crate::output::drawing::ticks::{apart_sideways, ticks};
use crate::output::drawing::{Caption, Picture, svg};
use crate::statistics::{GroupSummary, thinned};
use crate::verdict::{Fate, OCTAVES, octave_bound};
use std::ops::Range;

/// Panels that one picture holds.
const MOST_PANELS: usize = 15;

/// A panel's plot in pixels, and the space around it.
const SIZE: (f64, f64) = (210.0, 120.0);
const GUTTER: f64 = 62.0;
const HEADER: f64 = 22.0;
const FOOTER: f64 = 34.0;

/// Where exact zeros are marked: left of every tolerance.
const EXACT: f64 = 10.0;
/// Where the tolerances begin.
const FROM: f64 = 24.0;

/// The fewest octaves that an axis spans.
const LEAST_SPAN: usize = 12;

/// Draws `groups`, those of a penalty beside each other, which are of what is `counted`, with the spec's tolerances as marks.
pub fn draw(groups: &[&GroupSummary], name: Name, tolerances: &[f32], caption: &Caption, counted: Counted) -> Picture {
    let all = groups;
    let groups = &thinned(all, tolerances, usize::MAX, MOST_PANELS)[..];
    let shown: Vec<&[&GroupSummary]> = groups.chunk_by(|a, b| same_penalty(a, b)).collect();
    let columns = if shown.len() <= 4 { shown.len().min(2) } else { 3 };
    let width = (2.0 * MARGIN + columns as f64 * (GUTTER + SIZE.0)).max(580.0);
    let title = format!("{}: share of {} that stay within a tolerance", caption.sweep, counted[1]);
    let mut page = Page::new(width, title);
    let note = "The square at 0 is the share of exact zeros. A line that starts higher than its square starts with decays; where \
                it climbs, \"sparsity\" depends on the tolerance. Upright lines are the tolerances of the sweep; counts are \
                exact there and at powers of 2.";
    page.heading("", caption, &format!("{note}{}", cut(groups, all)));
    let pens = Pens::of(groups);
    legend(&mut page, &pens, name);
    let axis = Tolerances::new(span(groups, tolerances), SIZE.0);
    let top = (page.height + 14.0).round();
    for (index, panel) in shown.iter().enumerate() {
        let (column, row) = (index % columns, index / columns);
        let plot = Plot {
            left: MARGIN + GUTTER + column as f64 * (GUTTER + SIZE.0) - 10.0,
            top: top + HEADER + row as f64 * (HEADER + SIZE.1 + FOOTER),
            width: SIZE.0,
            height: SIZE.1,
        };
        let middle = (plot.left + plot.width / 2.0, plot.top - 8.0);
        page.label(&penalty(&panel[0].group, groups), middle, NOTE_SIZE, Anchor::Middle);
        axes(&mut page, &plot, &axis, tolerances, column == 0);
        // The widest pen first, so that no line hides another.
        let mut lines: Vec<&GroupSummary> = panel.to_vec();
        lines.sort_by_key(|group| pens.place(group.group.optimizer));
        for group in lines {
            line(&mut page, &plot, &axis, group, pens.pen(group.group.optimizer), tolerances);
        }
        page.plots.push(plot);
    }
    let rows = shown.len().div_ceil(columns);
    page.height = top + rows as f64 * (HEADER + SIZE.1 + FOOTER);
    let middle = MARGIN + columns as f64 * (GUTTER + SIZE.0) / 2.0 + GUTTER / 2.0 - 10.0;
    page.label("tolerance", (middle, page.height), TICK_SIZE, Anchor::Middle);
    page.height = (page.height + MARGIN).ceil();
    Picture::new("tolerance_curve", svg::write(&page, |_| ()))
}

/// The octaves that hold some tail which is neither zero nor decayed or one of the tolerances, and a little around them.
fn span(groups: &[&GroupSummary], tolerances: &[f32]) -> Range<usize> {
    let marked: Vec<usize> = tolerances.iter().map(|&tolerance| octave(tolerance) as usize).collect();
    let held =
        |octave: &usize| marked.contains(octave) || groups.iter().any(|group| group.amplitudes.count(*octave) > 0);
    let first = (1..OCTAVES).find(held).unwrap_or(44);
    let last = (1..OCTAVES).rev().find(held).unwrap_or(64);
    let to = (last + 1).min(OCTAVES - 2);
    let from = first.saturating_sub(3).min(to.saturating_sub(LEAST_SPAN));
    from..to
}

/// Tolerances from left to right, logarithmically, a cell an octave.
struct Tolerances {
    axis: Axis,
    mesh: Mesh,
    octaves: Range<usize>,
}

impl Tolerances {
    fn new(octaves: Range<usize>, width: f64) -> Tolerances {
        let [low, high] = [octaves.start, octaves.end].map(octave_bound);
        let count = octaves.len() + 1;
        let mesh = Mesh { block: 1, count, pixels: (width - FROM) / octaves.len() as f64 };
        Tolerances { axis: Axis::span("tolerance", low, high, true, count), mesh, octaves }
    }

    /// Place of a tolerance; `None` beyond the ends.
    fn place(&self, tolerance: f64) -> Option<f64> {
        let ends = 0.49..=self.mesh.count as f64 - 0.49;
        self.axis.position(tolerance).filter(|at| ends.contains(at)).map(|at| self.offset(at))
    }

    /// Place in the plot of one on the axis.
    fn offset(&self, at: f64) -> f64 {
        FROM + self.mesh.offset(at - 0.5)
    }

    /// Round tolerances, as many as have room; the first leaves some for the 0 beside it.
    fn ticks(&self) -> impl Iterator<Item = (String, f64)> {
        let ticks = ticks(&self.axis, |ticks| apart_sideways(&self.mesh, ticks)).labelled.into_iter();
        ticks.map(|tick| (tick.label, self.offset(tick.at))).filter(|(_, at)| *at > EXACT + 22.0)
    }
}

fn axes(page: &mut Page, plot: &Plot, axis: &Tolerances, tolerances: &[f32], is_first: bool) {
    let bottom = plot.top + plot.height;
    let marks = tolerances.iter().filter_map(|tolerance| axis.place(f64::from(*tolerance)));
    for x in marks.map(|at| (plot.left + at).round() + 0.5) {
        page.strokes.push(Stroke { from: (x, plot.top), to: (x, bottom) });
    }
    let exact = std::iter::once(("0".to_owned(), EXACT));
    for (text, at) in exact.chain(axis.ticks()) {
        page.x_tick(plot.left + at, bottom, Some(&text));
    }
    for (share, text) in [(0.0, "0"), (0.5, "0.5"), (1.0, "1")] {
        page.y_tick(height_of(plot, share), plot.left, Some(text));
    }
    if is_first {
        let at = (plot.left - 34.0, plot.top + plot.height / 2.0);
        page.label("share within", at, TICK_SIZE, Anchor::Middle).direction = Direction::Up;
    }
}

/// A share's height: a line along the top or the bottom keeps clear of the frame.
fn height_of(plot: &Plot, share: f64) -> f64 {
    plot.top + plot.height - 6.0 - share * (plot.height - 12.0)
}

/// The optimizers of a picture, in the order of their pens.
struct Pens(Vec<Optimizer>);

impl Pens {
    fn of(groups: &[&GroupSummary]) -> Pens {
        let mut optimizers: Vec<Optimizer> = Vec::new();
        for optimizer in groups.iter().map(|group| group.group.optimizer) {
            if !optimizers.contains(&optimizer) {
                optimizers.push(optimizer);
            }
        }
        Pens(optimizers)
    }

    fn place(&self, optimizer: Optimizer) -> usize {
        self.0.iter().position(|&other| other == optimizer).unwrap_or(0)
    }

    fn pen(&self, optimizer: Optimizer) -> Pen {
        Pen::of_kind(self.place(optimizer), self.0.len())
    }
}

fn line(
    page: &mut Page,
    plot: &Plot,
    axis: &Tolerances,
    group: &GroupSummary,
    Pen { ink, width, dash }: Pen,
    tolerances: &[f32],
) {
    let total = group.summary.trajectories as f64;
    let ends = axis.octaves.start..=axis.octaves.end;
    let octaves =
        ends.zip(0..).map(|(octave, cell)| (axis.offset(f64::from(cell) + 0.5), group.amplitudes.up_to(octave)));
    let marks = tolerances.iter().zip(&group.summary.within);
    let marks = marks.filter_map(|(tolerance, count)| Some((axis.place(f64::from(*tolerance))?, *count)));
    let mut points: Vec<(f64, u64)> = octaves.chain(marks).collect();
    points.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let points = points.into_iter().map(|(at, count)| (plot.left + at, height_of(plot, count as f64 / total)));
    page.curves.push(Curve { points: points.collect(), ink, width, dash });
    let (side, y) = (width + 4.0, height_of(plot, group.summary.fates[Fate::Zero as usize] as f64 / total));
    let (left, top) = (plot.left + EXACT - side / 2.0, y - side / 2.0);
    page.blocks.push(Block { left, top, width: side, height: side, fill: Fill::Colour(ink) });
}

/// One sample line an optimizer, as many beside each other as fit.
fn legend(page: &mut Page, pens: &Pens, name: Name) {
    const LENGTH: f64 = 26.0;
    let entries: Vec<_> = pens.0.iter().map(|&optimizer| (name(optimizer), pens.pen(optimizer))).collect();
    page.entries(&entries, MARGIN, LENGTH, |page, &Pen { ink, width, dash }, (left, top)| {
        let y = top + SWATCH / 2.0;
        page.curves.push(Curve { points: vec![(left, y), (left + LENGTH, y)], ink, width, dash });
    });
}
