//! What a colour means: from values to colours, and the axis of the legend's bar.

use crate::output::drawing::Colour;
use crate::output::drawing::axis::Axis;
use crate::output::drawing::colour::{CIVIDIS, difference_shades, fate_colour, plain_shades, rate_colour};
use crate::output::figure::{Extent, Value};
use crate::spec::{Measure, Side};

/// From values to colours.
pub(super) enum Scale {
    /// A colour a fate.
    Fates,
    /// Shares from 0 to 1.
    Rates,
    Shades(Vec<Colour>, Extent),
}

impl Scale {
    /// The scale for these values of a measure, or for differences of it.
    pub(super) fn of(measure: Measure, is_difference: bool, values: &[Value]) -> Scale {
        match measure {
            Measure::Fate | Measure::PredictedFate => Scale::Fates,
            Measure::Share(_, Side::Rate | Side::Low | Side::High) | Measure::Uncut if !is_difference => Scale::Rates,
            _ => {
                let shades = if is_difference { difference_shades() } else { plain_shades() };
                Scale::Shades(
                    shades,
                    Extent::of(measure, is_difference, values.iter().filter_map(|value| value.number())),
                )
            }
        }
    }

    /// The colour of a value; `None` where there is nothing to show.
    pub(super) fn colour(&self, value: Value) -> Option<Colour> {
        match (self, value) {
            (_, Value::Missing | Value::Never) => None,
            (_, Value::Fate(fate)) => Some(fate_colour(fate)),
            (Scale::Shades(shades, extent), value) => {
                let share = extent.share(value.number()?);
                Some(shades[(share * (shades.len() - 1) as f64).round() as usize])
            }
            (_, Value::Share(part, whole)) => Some(rate_colour(part, whole)),
            (_, Value::Number(rate)) => Some(rate_colour((rate * 1e9).round() as u64, 1_000_000_000)),
        }
    }

    /// The colours of the legend's bar, and its axis with a cell a colour; `None` where there is no bar.
    pub(super) fn bar(&self) -> Option<(Vec<Colour>, Axis)> {
        match self {
            Scale::Fates => None,
            Scale::Rates => Some((CIVIDIS.to_vec(), Extent::RATES.axis(CIVIDIS.len()))),
            Scale::Shades(shades, extent) => Some((shades.clone(), extent.axis(shades.len()))),
        }
    }
}
