//! The legend of a picture: a colour bar for rates, seven named colours for fates.

use super::FATES;
use super::colour::{CIVIDIS, FATE_COLOURS, Measure};
use super::hatch::hatch;
use crate::output::drawing::Colour;
use crate::output::drawing::page::{
    Anchor, Block, Fill, INK, MARGIN, NOTE_SIZE, Page, SWATCH, Stroke, TICK_GAP, TICK_LENGTH, TICK_SIZE,
};
use crate::output::drawing::text::HALF_CAPITAL;

/// Length of the sample of a line.
const LINE_SAMPLE: f64 = 26.0;

/// Length of the sample of a hatching, and the grey below it, which stands for any colour.
const HATCH_SAMPLE: f64 = 22.0;
const HATCHED: Colour = 0xbbbbbb;

impl Page {
    /// Adds the legend below what the page holds.
    pub(super) fn legend(&mut self, measure: Measure, gaps: bool) {
        match measure {
            Measure::ZeroRate => {
                self.paragraph("share of trajectories with fate zero", NOTE_SIZE, INK);
                self.colour_bar(gaps);
            }
            Measure::Fate => {
                self.paragraph("commonest fate of a cell; of equals, the first in this order", NOTE_SIZE, INK);
                let fates = FATES.into_iter().zip(FATE_COLOURS.map(Fill::Colour));
                let entries: Vec<(&str, Fill)> = fates.chain(gaps.then_some(("no data", Fill::NoData))).collect();
                self.swatches(&entries, MARGIN);
            }
        }
    }

    /// The scale of a rate from 0 to 1.
    fn colour_bar(&mut self, gaps: bool) {
        let (left, top) = (MARGIN, (self.height + 3.0).round());
        for (i, &colour) in CIVIDIS.iter().enumerate() {
            let fill = Fill::Colour(colour);
            self.blocks.push(Block { left: left + i as f64, top, width: 1.0, height: SWATCH, fill });
        }
        let length = CIVIDIS.len() as f64;
        if gaps {
            self.height = top - 1.0;
            self.swatches(&[("no data", Fill::NoData)], left + length + 28.0);
        }
        for (share, text) in [(0.0, "0"), (0.25, "0.25"), (0.5, "0.5"), (0.75, "0.75"), (1.0, "1")] {
            self.x_tick(left + share * length, top + SWATCH, Some(text));
        }
        self.height = top + SWATCH + TICK_LENGTH + TICK_GAP + TICK_SIZE;
    }

    /// The line that stands for the predicted boundary, with its words.
    pub(super) fn boundary_entry(&mut self) {
        let y = (self.height + 7.0 + SWATCH / 2.0).round();
        self.boundary.push(Stroke { from: (MARGIN + 2.0, y), to: (MARGIN + LINE_SAMPLE, y) });
        let at = (MARGIN + LINE_SAMPLE + 7.0, y + NOTE_SIZE * HALF_CAPITAL);
        self.label("predicted boundary of exact zero", at, NOTE_SIZE, Anchor::Start);
        self.height = y + SWATCH / 2.0;
    }

    /// The hatching that stands for what differs in f64, with its words.
    pub(super) fn hatch_entry(&mut self, measure: Measure) {
        let top = (self.height + 7.0).round();
        let left = MARGIN + ((LINE_SAMPLE - HATCH_SAMPLE) / 2.0).round();
        let fill = Fill::Colour(HATCHED);
        self.blocks.push(Block { left, top, width: HATCH_SAMPLE, height: SWATCH, fill });
        self.hatching.extend(hatch(left, top, HATCH_SAMPLE, SWATCH));
        let at = (MARGIN + LINE_SAMPLE + 7.0, top + SWATCH / 2.0 + NOTE_SIZE * HALF_CAPITAL);
        self.label(measure.differing(), at, NOTE_SIZE, Anchor::Start);
        self.height = top + SWATCH;
    }
}
