//! The legend of a map: a bar of shades, or a named colour for each fate, then lines, dots and hatchings.

use super::boundary::Boundary;
use super::hatch::hatch;
use super::layer::Layer;
use crate::output::drawing::Colour;
use crate::output::drawing::axis::Axis;
use crate::output::drawing::colour::fate_colour;
use crate::output::drawing::mesh::Mesh;
use crate::output::drawing::page::{
    Anchor, Block, Bold, Dot, Fill, INK, MARGIN, NOTE_SIZE, Page, Plot, SWATCH, TICK_GAP, TICK_LENGTH, TICK_SIZE,
};
use crate::output::drawing::text::{HALF_CAPITAL, width};
use crate::output::drawing::ticks::{Tick, apart_sideways, ticks};
use crate::output::figure::{Figure, Value};
use crate::spec::Measure;
use crate::verdict::Fate;

/// Length of the sample of a line.
const LINE_SAMPLE: f64 = 26.0;

/// Length of the sample of a hatching or of dots, and the grey below it, which stands for any colour.
const CELL_SAMPLE: f64 = 22.0;
const ANY_COLOUR: Colour = 0xbbbbbb;

impl Page {
    /// Adds the legend below what the page holds.
    pub(super) fn legend(&mut self, layer: &Layer, figure: &Figure) {
        let gaps = figure.has_gaps().then_some(("no data", Fill::NoData));
        let never = layer.shows(Value::Never).then_some((layer.words.never, Fill::Never));
        let others = gaps.into_iter().chain(never);
        match layer.scale.bar() {
            Some((shades, axis)) => self.colour_bar(&shades, &axis, &others.collect::<Vec<_>>()),
            None => {
                if layer.measure == Measure::Fate {
                    self.paragraph("of equally common fates, the last in this order", NOTE_SIZE, INK);
                }
                let fates = Fate::SHOWN.into_iter().filter(|fate| layer.shows(Value::Fate(*fate)));
                let fates = fates.map(|fate| (fate.name(), Fill::Colour(fate_colour(fate))));
                self.swatches(&fates.chain(others).collect::<Vec<_>>(), MARGIN);
            }
        }
    }

    /// The scale of a measure, and beside it what is on none.
    fn colour_bar(&mut self, shades: &[Colour], axis: &Axis, others: &[(&str, Fill)]) {
        let ticks = ticks(axis, |ticks| apart_sideways(&Mesh::each(shades.len(), 1.0), ticks));
        let overhang = |tick: &Tick| width(&tick.label, TICK_SIZE) / 2.0 - tick.at - 4.0;
        let left = MARGIN + ticks.labelled.first().map_or(0.0, overhang).max(0.0).ceil();
        let top = (self.height + 3.0).round();
        for (i, &colour) in shades.iter().enumerate() {
            let fill = Fill::Colour(colour);
            self.blocks.push(Block { left: left + i as f64, top, width: 1.0, height: SWATCH, fill });
        }
        let length = shades.len() as f64;
        if !others.is_empty() {
            self.height = top - 3.0;
            self.swatches(others, left + length + 28.0);
        }
        for tick in ticks.labelled {
            self.x_tick(left + tick.at, top + SWATCH, Some(&tick.label));
        }
        self.height = top + SWATCH + TICK_LENGTH + TICK_GAP + TICK_SIZE;
    }

    /// The lines and the dots that show what theory says, as far as `figure` has them, with their words.
    pub(super) fn theory_entries(&mut self, layer: &Layer) {
        let kinds = Boundary::ALL.into_iter().filter(|&kind| layer.has_boundary(kind));
        let mut entries: Vec<(&str, Option<Boundary>)> = kinds.map(|kind| (kind.words(), Some(kind))).collect();
        if !entries.is_empty() {
            self.height += 4.0;
            let words = match layer.measure {
                Measure::ACCURATE_RATE => {
                    "trajectories of a cell that find the true weights in theory, in the limit of many weights and a small lambda"
                }
                _ => "trajectories of a cell that theory predicts to be zero, on either side of a line",
            };
            self.paragraph(words, NOTE_SIZE, INK);
        }
        entries.extend(layer.marks_silence.then_some(("theory is silent for some or all trajectories", None)));
        if entries.is_empty() {
            return;
        }
        self.height += 1.0;
        self.entries(&entries, MARGIN, LINE_SAMPLE, |page, kind, (left, top)| match kind {
            Some(kind) => {
                let y = top + SWATCH / 2.0;
                page.bold
                    .push(Bold { points: vec![(left + 2.0, y), (left + LINE_SAMPLE - 2.0, y)], dash: kind.dash() });
            }
            None => {
                let left = page.cell_sample(left, top);
                let places = [3.0, 7.0, 11.0, 15.0, 19.0].into_iter().flat_map(|x| [2.0, 6.0, 10.0].map(|y| (x, y)));
                page.dots.extend(places.map(|(x, y)| Dot { at: (left + x, top + y), ink: 0x000000 }));
            }
        });
    }

    /// A cell of any colour for the legend, in the middle of a sample that begins at `left`.
    fn cell_sample(&mut self, left: f64, top: f64) -> f64 {
        let left = left + ((LINE_SAMPLE - CELL_SAMPLE) / 2.0).round();
        let fill = Fill::Colour(ANY_COLOUR);
        self.blocks.push(Block { left, top, width: CELL_SAMPLE, height: SWATCH, fill });
        left
    }

    /// The hatching that stands for what differs in f64, with its words.
    pub(super) fn hatch_entry(&mut self, words: &str) {
        let top = (self.height + 7.0).round();
        let left = self.cell_sample(MARGIN, top);
        let cell = Plot { left, top, width: CELL_SAMPLE, height: SWATCH };
        self.hatching.extend(hatch(cell, &cell));
        let at = (MARGIN + LINE_SAMPLE + 5.0, top + SWATCH / 2.0 + NOTE_SIZE * HALF_CAPITAL);
        self.label(words, at, NOTE_SIZE, Anchor::Start);
        self.height = top + SWATCH;
    }
}
