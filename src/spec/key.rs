//! Where a cell stands on one coordinate.

use std::cmp::Ordering;

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
