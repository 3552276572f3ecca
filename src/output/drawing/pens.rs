//! How lines of one picture are told apart.

use super::Colour;
use super::colour::plain_shades;
use super::page::Dash;

/// Colours that Okabe and Ito chose for all eyes.
const INKS: [Colour; 7] = [0xd55e00, 0x222222, 0x56b4e9, 0x009e73, 0xcc79a7, 0xe69f00, 0x0072b2];

/// Where colours come round again, the dash tells them apart.
const DASHES: [Dash; 3] = [Dash::Solid, Dash::Dashed, Dash::Dotted];

/// Widths of the first line and of the last, so that none hides another.
const WIDEST: f64 = 5.0;
const THINNEST: f64 = 1.4;

/// How a line is drawn.
#[derive(Clone, Copy, Debug)]
pub struct Pen {
    pub ink: Colour,
    pub width: f64,
    pub dash: Dash,
}

impl Pen {
    /// The pen of line `place` of `count`, which have no order.
    pub fn of_kind(place: usize, count: usize) -> Pen {
        let share = place as f64 / (count - 1).max(1) as f64;
        let width = WIDEST + (THINNEST - WIDEST) * share;
        Pen { ink: INKS[place % INKS.len()], width, dash: DASHES[place / INKS.len() % DASHES.len()] }
    }

    /// The pen of line `place` of `count`, whose values ascend: the darker, the more.
    pub fn of_number(place: usize, count: usize) -> Pen {
        if count <= 3 {
            return Pen::of_kind(place, count);
        }
        let shades = plain_shades();
        // The palest are hard to see on white.
        let first = shades.len() / 4;
        let ink = shades[first + (shades.len() - 1 - first) * place / (count - 1)];
        Pen { ink, width: 1.8, dash: DASHES[place % 2] }
    }
}
