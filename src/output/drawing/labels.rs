//! The words for the values of a coordinate.

use super::number::rounded;
use crate::spec::Key;
use std::collections::BTreeSet;

/// Labels for distinct keys. Numbers are exact where that is short, else rounded to as few digits (at least four) as
/// keep them apart.
pub fn labels(keys: &[Key]) -> Vec<String> {
    let all = |digits: usize| -> Vec<String> { keys.iter().map(|&key| label(key, digits)).collect() };
    let distinct = |labels: &[String]| labels.iter().collect::<BTreeSet<_>>().len() == labels.len();
    // Nine digits tell any two f32 apart.
    (4..9).map(all).find(|labels| distinct(labels)).unwrap_or_else(|| all(9))
}

fn label(key: Key, digits: usize) -> String {
    match key {
        Key::Text(text) => text.to_string(),
        Key::Number(value) => rounded(value, digits),
        Key::Absent => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_round_only_as_far_as_values_stay_apart() {
        let labels = |values: &[f32]| labels(&values.iter().map(|&value| Key::Number(value)).collect::<Vec<_>>());
        assert_eq!(labels(&[0.5, 1.0, 10.0]), ["0.5", "1", "10"]);
        assert_eq!(labels(&[1.0 / 3.0, 2.0 / 3.0]), ["0.3333", "0.6667"]);
        assert_eq!(labels(&[1.00001, 1.00002]), ["1.00001", "1.00002"]);
        assert_eq!(labels(&[100.0, 0.0]), ["100", "0"]);
    }
}
