//! An axis of a map: its values in cell order, and the scale on which they are evenly spaced.

use crate::spec::Key;

/// How far, as a share of a cell, values may lie from even spacing and still be drawn as even: more than any
/// rounding to f32, less than an eye can see.
const UNEVENNESS: f64 = 0.02;

/// The values along one side of every panel. Cell i spans [i, i + 1] in cell units.
#[derive(Clone, Debug)]
pub struct Axis {
    /// The coordinate's path or role; empty where the map has no such side.
    pub name: String,
    /// One per cell. Numbers grow; texts keep their order of appearance (reversed along y, whose cells count from the bottom).
    pub keys: Vec<Key>,
    pub scale: Scale,
}

/// Where values lie between the cells.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scale {
    /// Evenly spaced from `first` by `step`.
    Linear { first: f64, step: f64 },
    /// Logarithms evenly spaced from `first` by `step`.
    Geometric { first: f64, step: f64 },
    /// One cell for each value, whatever the distances.
    Listed,
}

impl Axis {
    /// An axis over distinct `keys` in their order of appearance.
    pub fn new(name: &str, mut keys: Vec<Key>, geometric: bool) -> Axis {
        keys.sort_by(|a, b| match (a, b) {
            (Key::Number(_), Key::Number(_)) => a.cmp(b),
            _ => std::cmp::Ordering::Equal,
        });
        let scale = Scale::of(&numbers(&keys), geometric);
        Axis { name: name.to_string(), keys, scale }
    }

    /// An axis of `count` cells whose middles are evenly spaced from `low` to `high`, or their logarithms are.
    pub fn span(name: &str, low: f64, high: f64, geometric: bool, count: usize) -> Axis {
        let share = |cell: usize| cell as f64 / (count - 1) as f64;
        let value = |cell: usize| match geometric {
            true => low * libm::exp(share(cell) * libm::log(high / low)),
            false => low + share(cell) * (high - low),
        };
        let keys = (0..count).map(|cell| Key::Number(value(cell) as f32)).collect();
        let steps = (count - 1) as f64;
        let scale = match geometric {
            true => Scale::Geometric { first: libm::log(low), step: libm::log(high / low) / steps },
            false => Scale::Linear { first: low, step: (high - low) / steps },
        };
        Axis { name: name.to_owned(), keys, scale }
    }

    /// The side that a map without a second coordinate has: one unnamed cell.
    pub fn single() -> Axis {
        Axis { name: String::new(), keys: vec![Key::Absent], scale: Scale::Listed }
    }

    /// Whether the cells are alternatives of a role.
    pub fn is_text(&self) -> bool {
        self.keys.iter().any(|key| matches!(key, Key::Text(_)))
    }

    /// Whether it has values of which one cell's width is not one distance.
    pub fn is_to_no_scale(&self) -> bool {
        self.scale == Scale::Listed && self.keys.len() > 1 && !self.is_text()
    }

    /// The values of a numeric axis.
    pub fn numbers(&self) -> Vec<f32> {
        numbers(&self.keys)
    }

    /// Where `value` lies, in cell units; `None` on an axis without a scale.
    pub fn position(&self, value: f64) -> Option<f64> {
        match self.scale {
            Scale::Linear { first, step } => Some((value - first) / step + 0.5),
            Scale::Geometric { first, step } if value > 0.0 => Some((libm::log(value) - first) / step + 0.5),
            _ => None,
        }
    }
}

impl Scale {
    /// The scale of ascending values.
    fn of(values: &[f32], geometric: bool) -> Scale {
        let values: Vec<f64> = values.iter().map(|&value| f64::from(value)).collect();
        let positive = values.first().is_some_and(|&first| first > 0.0);
        if geometric && positive {
            let logs: Vec<f64> = values.iter().map(|&value| libm::log(value)).collect();
            even(&logs).map_or(Scale::Listed, |(first, step)| Scale::Geometric { first, step })
        } else {
            even(&values).map_or(Scale::Listed, |(first, step)| Scale::Linear { first, step })
        }
    }
}

/// First value and step of evenly spaced ascending values.
fn even(values: &[f64]) -> Option<(f64, f64)> {
    let (&first, &last) = (values.first()?, values.last()?);
    if values.len() < 2 {
        return None;
    }
    let step = (last - first) / (values.len() - 1) as f64;
    let strays = |(i, &value): (usize, &f64)| (value - first - step * i as f64).abs() > UNEVENNESS * step;
    if values.iter().enumerate().any(strays) { None } else { Some((first, step)) }
}

fn numbers(keys: &[Key]) -> Vec<f32> {
    let number = |key: &Key| match key {
        Key::Number(value) => Some(*value),
        _ => None,
    };
    keys.iter().filter_map(number).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(values: &[f32], geometric: bool) -> Axis {
        Axis::new("a", values.iter().map(|&value| Key::Number(value)).collect(), geometric)
    }

    #[test]
    fn even_values_have_a_linear_scale() {
        let axis = axis(&[1.0, -1.0, 0.0], false);
        assert_eq!(axis.numbers(), [-1.0, 0.0, 1.0]);
        assert_eq!(axis.position(-1.0), Some(0.5));
        assert_eq!(axis.position(0.25), Some(1.75));
    }

    #[test]
    fn geometric_values_have_a_logarithmic_scale() {
        let axis = axis(&[0.01, 0.1, 1.0, 10.0], true);
        for (i, value) in [0.01, 0.1, 1.0, 10.0].into_iter().enumerate() {
            // f32 holds 0.01 to 6e-8, a ten-millionth of a cell.
            assert!((axis.position(value).unwrap() - (i as f64 + 0.5)).abs() < 1e-7);
        }
        assert_eq!(axis.position(0.0), None);
    }

    #[test]
    fn uneven_values_and_alternatives_are_listed() {
        assert_eq!(axis(&[0.5, 1.0, 2.0], false).scale, Scale::Listed);
        assert_eq!(axis(&[0.1, 0.2, 1.0], true).scale, Scale::Listed);
        assert_eq!(axis(&[3.0], false).scale, Scale::Listed);
        let roles = Axis::new("optimizer", vec![Key::Text("truncated"), Key::Text("proximal")], false);
        assert_eq!(roles.keys, [Key::Text("truncated"), Key::Text("proximal")]);
        assert_eq!(roles.scale, Scale::Listed);
    }
}
