//! From the least value of a picture to the greatest.

use crate::output::drawing::axis::Axis;
use crate::output::drawing::number::{decimal, exponent};
use crate::spec::{Measure, Side};

/// The values that a scale shows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::output) struct Extent {
    pub low: f64,
    pub high: f64,
    /// Whether equal ratios, rather than equal differences, are equally far apart.
    pub geometric: bool,
}

impl Extent {
    /// All rates.
    pub(in crate::output) const RATES: Extent = Extent { low: 0.0, high: 1.0, geometric: false };

    /// That of `numbers`, which are values of a measure or differences of it. Shares have all rates, and differences are as far
    /// from nothing on both sides. A step of 0 is shown as 1.
    pub(in crate::output) fn of(measure: Measure, is_difference: bool, numbers: impl Iterator<Item = f64>) -> Extent {
        let numbers: Vec<f64> = numbers.collect();
        let most = |of: fn(f64) -> f64| numbers.iter().copied().map(of).fold(0.0, f64::max);
        match measure {
            Measure::Step(..) | Measure::StandsFor if is_difference => {
                let reach = most(|ratio| ratio.max(1.0 / ratio)).max(1.1);
                Extent { low: 1.0 / reach, high: reach, geometric: true }
            }
            _ if is_difference => {
                let reach = round_up(most(f64::abs));
                Extent { low: -reach, high: reach, geometric: false }
            }
            Measure::Step(..) | Measure::StandsFor => {
                let low = numbers.iter().map(|step| step.max(1.0)).fold(f64::INFINITY, f64::min);
                let low = if low.is_finite() { low } else { 1.0 };
                Extent { low, high: most(|step| step).max(2.0 * low), geometric: true }
            }
            Measure::Value(_) => {
                let end = |sign: f64| numbers.iter().map(|own| sign * own).fold(0.0, f64::max);
                let [below, above] = [end(-1.0), end(1.0)].map(|end| if end > 0.0 { round_up(end) } else { 0.0 });
                Extent { low: -below, high: if below + above > 0.0 { above } else { 1.0 }, geometric: false }
            }
            Measure::Share(_, Side::Width) | Measure::Count(_) => Extent::up_to(most(|value| value)),
            Measure::Share(..) | Measure::Fate | Measure::PredictedFate | Measure::Uncut => Extent::RATES,
        }
    }

    /// From the least of `numbers` to the greatest, on a scale of ratios where these are far apart.
    pub(in crate::output) fn around(numbers: impl Iterator<Item = f64>) -> Extent {
        const FAR: f64 = 30.0;
        let (low, high) = numbers.fold((f64::MAX, f64::MIN), |(low, high), own| (low.min(own), high.max(own)));
        if low >= high {
            let room = if low == 0.0 || low > high { 1.0 } else { 0.1 * low.abs() };
            let middle = if low > high { 0.0 } else { low };
            return Extent { low: middle - room, high: middle + room, geometric: false };
        }
        Extent { low, high, geometric: low > 0.0 && high > FAR * low }
    }

    /// From 0 to a round number that is no less than `most`.
    pub(in crate::output) fn up_to(most: f64) -> Extent {
        Extent { low: 0.0, high: round_up(most), geometric: false }
    }

    /// The same and such a share of it more at either end.
    pub(in crate::output) fn wider(self, share: f64) -> Extent {
        let Extent { low, high, geometric } = self;
        if geometric {
            let factor = libm::exp(share * libm::log(high / low));
            return Extent { low: low / factor, high: high * factor, geometric };
        }
        let more = share * (high - low);
        Extent { low: low - more, high: high + more, geometric }
    }

    /// How far a value is on the way from the least to the greatest, as a share.
    pub(in crate::output) fn share(&self, value: f64) -> f64 {
        let place = |value: f64| if self.geometric { libm::log(value.max(self.low)) } else { value };
        ((place(value) - place(self.low)) / (place(self.high) - place(self.low))).clamp(0.0, 1.0)
    }

    /// Its axis, of so many cells.
    pub(in crate::output) fn axis(&self, count: usize) -> Axis {
        Axis::span("value", self.low, self.high, self.geometric, count)
    }
}

/// The least of 1, 1.5, 2, 2.5, 3, 4 ... 10 times a power of ten that is no less than `value`; 1 for 0.
fn round_up(value: f64) -> f64 {
    if value <= 0.0 {
        return 1.0;
    }
    let power = exponent(value) - 1;
    let round = [10, 15, 20, 25, 30, 40, 50, 60, 80, 100].map(|mantissa| decimal(mantissa, power));
    round.into_iter().find(|round| *round >= value).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extents_end_at_round_numbers() {
        let ends = [0.0, 0.2371, 1.0, 1.01, 64.0, 5e-7].map(round_up);
        assert_eq!(ends, [1.0, 0.25, 1.0, 1.5, 80.0, 5e-7]);
    }

    #[test]
    fn what_has_no_zero_spans_what_there_is() {
        let around = |numbers: &[f64]| Extent::around(numbers.iter().copied());
        assert_eq!(around(&[3.0, 5.0, 4.0]), Extent { low: 3.0, high: 5.0, geometric: false });
        assert_eq!(around(&[0.1, 1e30]), Extent { low: 0.1, high: 1e30, geometric: true });
        assert_eq!(around(&[2.0]), Extent { low: 1.8, high: 2.2, geometric: false });
        assert_eq!(around(&[]), Extent { low: -1.0, high: 1.0, geometric: false });
    }

    #[test]
    fn nothing_is_in_the_middle_of_differences() {
        let differences = Extent::of(Measure::ZERO_RATE, true, [0.5, -0.25].into_iter());
        assert_eq!([-0.5, 0.0, 0.5].map(|value| differences.share(value)), [0.0, 0.5, 1.0]);
        let ratios = Extent::of(Measure::Step(crate::spec::Event::FirstZero, 50), true, [0.25].into_iter());
        assert_eq!([0.25, 1.0, 4.0].map(|value| ratios.share(value)), [0.0, 0.5, 1.0]);
    }
}
