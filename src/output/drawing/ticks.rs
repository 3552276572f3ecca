//! Ticks of an axis: as many round values as there is room for.

use super::axis::{Axis, Scale};
use super::labels::labels;
use super::mesh::Mesh;
use super::number::{decimal, exact, exact_f64, exponent, power_of_ten};
use super::page::TICK_SIZE;
use super::text::width;

/// A labelled place on an axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Tick {
    /// In cell units: a cell's centre is at its index plus a half.
    pub at: f64,
    pub label: String,
}

/// The ticks of one axis.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ticks {
    pub labelled: Vec<Tick>,
    /// Unlabelled marks between decades, in cell units.
    pub minor: Vec<f64>,
}

/// A linear or logarithmic axis of at most so many cells labels each of them, where the values are short.
const FEW_CELLS: usize = 12;

/// The most ticks on a scale: more are clutter.
const MOST_TICKS: usize = 7;

/// The ticks of `axis`, chosen as densely as `fits` allows. Alternatives of a role are all labelled.
pub fn ticks(axis: &Axis, fits: impl Fn(&[Tick]) -> bool) -> Ticks {
    if axis.name.is_empty() {
        return Ticks::default();
    }
    if axis.is_text() {
        return Ticks { labelled: every(1, &labels(&axis.keys)), minor: Vec::new() };
    }
    let mut labelled = each_value(axis).into_iter().chain(scale_ticks(axis)).find(|t| t.len() >= 2 && fits(t));
    if labelled.is_none() {
        labelled = listed(axis).into_iter().find(|ticks| fits(ticks));
    }
    let labelled = labelled.unwrap_or_default();
    let minor = minor_ticks(axis, &labelled);
    Ticks { labelled, minor }
}

/// Every `stride`-th label, at its cell's centre.
fn every(stride: usize, labels: &[String]) -> Vec<Tick> {
    let tick = |(i, label): (usize, &String)| Tick { at: i as f64 + 0.5, label: label.clone() };
    labels.iter().enumerate().step_by(stride).map(tick).collect()
}

/// Candidates that label cells by their values, from all of them to the first alone.
fn listed(axis: &Axis) -> Vec<Vec<Tick>> {
    let labels = labels(&axis.keys);
    let strides = (0..).flat_map(|power| [1, 2, 5].map(|m| m * 10_usize.pow(power)));
    strides.take_while(|&stride| stride < 10 * labels.len()).map(|stride| every(stride, &labels)).collect()
}

/// One candidate: the exact value of every cell, where the cells are few and the values short or in a list.
fn each_value(axis: &Axis) -> Option<Vec<Tick>> {
    let values = axis.numbers();
    if axis.scale == Scale::Listed {
        return None;
    }
    let texts: Vec<String> = values.iter().map(|&value| exact(value)).collect();
    let short = texts.iter().all(|text| text.chars().filter(char::is_ascii_digit).count() <= 3);
    (values.len() <= FEW_CELLS && short).then(|| every(1, &texts))
}

/// Candidates of round values on the axis's scale, the densest first.
fn scale_ticks(axis: &Axis) -> Vec<Vec<Tick>> {
    let values = axis.numbers();
    let (Some(&low), Some(&high)) = (values.first(), values.last()) else {
        return Vec::new();
    };
    let (low, high) = (f64::from(low), f64::from(high));
    let mut candidates = match axis.scale {
        Scale::Listed => Vec::new(),
        Scale::Linear { .. } => linear(axis, low, high),
        Scale::Geometric { .. } => decades(axis, low, high),
    };
    if candidates.iter().all(|ticks| ticks.len() < 2) && axis.scale != Scale::Listed {
        // So short a piece of a logarithmic axis that it holds no two of 1, 2 and 5.
        candidates = linear(axis, low, high);
    }
    candidates.retain(|ticks| ticks.len() <= MOST_TICKS);
    candidates
}

/// Multiples of 1, 2 or 5 times a power of ten.
fn linear(axis: &Axis, low: f64, high: f64) -> Vec<Vec<Tick>> {
    let top = exponent(high - low);
    let steps = (top - 1..=top).flat_map(|power| [(1, power), (2, power), (5, power)]);
    let multiples = |(mantissa, power): (i64, i32)| {
        let step = decimal(mantissa, power);
        // One more on each side than rounding could hide; `keep` decides.
        let multiples = (low / step) as i64 - 1..=(high / step) as i64 + 1;
        keep(axis, multiples.map(|i| decimal(i * mantissa, power)), exact_f64)
    };
    steps.map(multiples).collect()
}

/// Decades with 2 and 5 between them, then every decade, every second, third, ...
fn decades(axis: &Axis, low: f64, high: f64) -> Vec<Vec<Tick>> {
    let powers = exponent(low)..=exponent(high) + 1;
    let dense = powers.clone().flat_map(|power| [1, 2, 5].map(|mantissa| decimal(mantissa, power)));
    let sparse = (1..=powers.clone().count() as i32).map(|stride| {
        let multiples = powers.clone().filter(|power| power.rem_euclid(stride) == 0);
        keep(axis, multiples.map(|power| decimal(1, power)), |value| decade_label(value, low, high))
    });
    std::iter::once(keep(axis, dense, exact_f64)).chain(sparse).collect()
}

/// `0.01` where the whole axis is near 1, else `10⁻²`: all decades of an axis are written alike.
fn decade_label(value: f64, low: f64, high: f64) -> String {
    if low > 0.0009 && high < 11_000.0 { exact_f64(value) } else { power_of_ten(exponent(value)) }
}

/// Ticks for the values that lie between the centres of the first and the last cell.
fn keep(axis: &Axis, values: impl Iterator<Item = f64>, label: impl Fn(f64) -> String) -> Vec<Tick> {
    let inside = 0.48..=axis.keys.len() as f64 - 0.48;
    let tick = |value| Some(Tick { at: axis.position(value).filter(|at| inside.contains(at))?, label: label(value) });
    values.filter_map(tick).collect()
}

/// 2, 3 ... 9 times each decade, where neighbouring decades are labelled.
fn minor_ticks(axis: &Axis, labelled: &[Tick]) -> Vec<f64> {
    let Scale::Geometric { step, .. } = axis.scale else {
        return Vec::new();
    };
    let decade = std::f64::consts::LN_10 / step;
    let neighbours = labelled.windows(2).any(|pair| (pair[1].at - pair[0].at) < 1.01 * decade);
    let values = axis.numbers();
    let (Some(&low), Some(&high), true) = (values.first(), values.last(), neighbours) else {
        return Vec::new();
    };
    let powers = exponent(low.into())..=exponent(high.into());
    let marks = powers.flat_map(|power| (2..=9).map(move |mantissa| decimal(mantissa, power)));
    let marks = keep(axis, marks, |_| String::new()).into_iter().map(|tick| tick.at);
    marks.filter(|at| labelled.iter().all(|tick| (tick.at - at).abs() > 1e-6)).collect()
}

/// Whether labels below a panel stand apart.
pub fn apart_sideways(mesh: &Mesh, ticks: &[Tick]) -> bool {
    ticks.windows(2).all(|pair| {
        let distance = mesh.offset(pair[1].at - pair[0].at);
        distance >= (width(&pair[0].label, TICK_SIZE) + width(&pair[1].label, TICK_SIZE)) / 2.0 + 0.7 * TICK_SIZE
    })
}

/// Whether labels beside a panel stand apart.
pub fn apart_upwards(mesh: &Mesh, ticks: &[Tick]) -> bool {
    ticks.windows(2).all(|pair| mesh.offset(pair[1].at - pair[0].at) >= 1.5 * TICK_SIZE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Key;

    fn axis(values: impl Iterator<Item = f64>, geometric: bool) -> Axis {
        Axis::new("a", values.map(|value| Key::Number(value as f32)).collect(), geometric)
    }

    fn linspace(low: f64, high: f64, count: usize) -> Axis {
        axis((0..count).map(|i| low + (high - low) * i as f64 / (count - 1) as f64), false)
    }

    fn geomspace(low: f64, high: f64, count: usize) -> Axis {
        axis((0..count).map(|i| low * (high / low).powf(i as f64 / (count - 1) as f64)), true)
    }

    fn roomy(axis: &Axis) -> Vec<(String, f64)> {
        ticks(axis, |_| true).labelled.into_iter().map(|tick| (tick.label, tick.at)).collect()
    }

    fn texts(axis: &Axis) -> Vec<String> {
        roomy(axis).into_iter().map(|(label, _)| label).collect()
    }

    /// f32 holds the ends of an axis to 6e-8, which is far less than this on a step of 1/40 of the axis.
    const CLOSE: f64 = 1e-4;

    #[test]
    fn linear_ticks_sit_where_their_values_are() {
        let found = roomy(&linspace(-2.0, 2.0, 41));
        let expected = [("−2", 0.5), ("−1", 10.5), ("0", 20.5), ("1", 30.5), ("2", 40.5)];
        assert_eq!(found.len(), expected.len());
        for ((label, at), (text, place)) in found.iter().zip(expected) {
            assert_eq!(label, text);
            assert!((at - place).abs() < CLOSE, "{label} at {at}");
        }
    }

    #[test]
    fn decades_sit_where_their_values_are() {
        let found = roomy(&geomspace(0.01, 10.0, 41));
        let expected = ["0.01", "0.1", "1", "10"];
        for (i, ((label, at), text)) in found.iter().zip(expected).enumerate() {
            assert_eq!(label, text);
            // Three decades on 40 steps.
            assert!((at - (0.5 + i as f64 * 40.0 / 3.0)).abs() < CLOSE, "{label} at {at}");
        }
        assert_eq!(found.len(), expected.len());
    }

    #[test]
    fn every_range_has_round_ticks() {
        assert_eq!(texts(&geomspace(1e-6, 10.0, 36)), ["10⁻⁶", "10⁻⁴", "10⁻²", "10⁰"]);
        assert_eq!(texts(&geomspace(0.1, 10.0, 41)), ["0.1", "0.2", "0.5", "1", "2", "5", "10"]);
        assert_eq!(texts(&geomspace(1.0, 1.5, 41)), ["1", "1.1", "1.2", "1.3", "1.4", "1.5"]);
        assert_eq!(texts(&linspace(0.0, 1.0, 5)), ["0", "0.25", "0.5", "0.75", "1"]);
        assert_eq!(texts(&linspace(-0.3, 0.4, 50)), ["−0.2", "0", "0.2", "0.4"]);
        // 0 would lie within the first cell, but before its value.
        assert_eq!(texts(&linspace(0.1, 12.1, 13)), ["2", "4", "6", "8", "10", "12"]);
        assert_eq!(texts(&linspace(1e-8, 3e-8, 30)), ["10⁻⁸", "1.5×10⁻⁸", "2×10⁻⁸", "2.5×10⁻⁸", "3×10⁻⁸"]);
    }

    #[test]
    fn ticks_thin_out_until_they_fit() {
        let values = [0.5, 1.0, 1.5, 2.0, 3.0, 10.0, 20.0];
        let axis = axis(values.into_iter(), false);
        assert_eq!(texts(&axis), ["0.5", "1", "1.5", "2", "3", "10", "20"]);
        let few = ticks(&axis, |ticks| ticks.len() <= 3);
        assert_eq!(few.labelled.iter().map(|tick| tick.at).collect::<Vec<_>>(), [0.5, 5.5]);
        assert_eq!(ticks(&axis, |ticks| ticks.len() <= 1).labelled.len(), 1);
    }

    #[test]
    fn marks_between_decades_are_multiples_of_them() {
        let ticks = ticks(&geomspace(1.0, 100.0, 21), |ticks| ticks.len() <= 3);
        assert_eq!(ticks.labelled.len(), 3);
        assert_eq!(ticks.minor.len(), 16);
        // 2 lies log10(2) of ten steps after the centre of the first cell.
        assert!((ticks.minor[0] - (0.5 + 10.0 * 2f64.log10())).abs() < CLOSE);
    }
}
