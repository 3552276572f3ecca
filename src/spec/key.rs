//! Where a cell stands on one coordinate.

use crate::number::Number;
use std::cmp::Ordering;
use std::fmt;

/// Keys are ordered: absent, then texts, then numbers; -0 equals 0.
#[derive(Clone, Copy, Debug)]
pub enum Key {
    /// The alternative of a role.
    Text(&'static str),
    /// The value of a parameter.
    Number(f32),
    /// The coordinate does not apply to this cell.
    Absent,
}

impl fmt::Display for Key {
    /// As tables and names of files show it: nothing where it is absent.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Key::Text(text) => f.write_str(text),
            Key::Number(value) => Number(*value).fmt(f),
            Key::Absent => Ok(()),
        }
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Key) -> Ordering {
        match (self, other) {
            // Adding 0 turns -0 into 0.
            (Key::Number(a), Key::Number(b)) => (a + 0.0).total_cmp(&(b + 0.0)),
            (Key::Text(a), Key::Text(b)) => a.cmp(b),
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Key) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Key) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Key {}

impl Key {
    /// The alternative, if it is one.
    pub fn text(self) -> Option<&'static str> {
        if let Key::Text(text) = self { Some(text) } else { None }
    }

    /// The value, if it is one.
    pub fn number(self) -> Option<f32> {
        if let Key::Number(value) = self { Some(value) } else { None }
    }

    fn rank(&self) -> u8 {
        match self {
            Key::Absent => 0,
            Key::Text(_) => 1,
            Key::Number(_) => 2,
        }
    }
}

/// A value this near, as a share of itself, is meant: nobody types 0.031622775.
const NEAR: f64 = 5e-4;

/// The one of `values` that somebody means who typed `wanted`: the f32 that it rounds to, else the nearest within 0.05 %. Where there is
/// none, the nearest below and above.
pub fn meant(values: impl Iterator<Item = f32> + Clone, wanted: f64) -> Result<f32, Vec<f32>> {
    if values.clone().any(|own| own == wanted as f32) {
        return Ok(wanted as f32);
    }
    let below = values.clone().filter(|&own| f64::from(own) < wanted).max_by(f32::total_cmp);
    let above = values.filter(|&own| f64::from(own) > wanted).min_by(f32::total_cmp);
    let near: Vec<f32> = below.into_iter().chain(above).collect();
    let distance = |own: &f32| (f64::from(*own) - wanted).abs();
    let is_meant = |own: &&f32| distance(own) <= NEAR * f64::from(own.abs());
    let meant = near.iter().filter(is_meant).min_by(|a, b| distance(a).total_cmp(&distance(b)));
    meant.copied().ok_or(near)
}
