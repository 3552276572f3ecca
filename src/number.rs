//! Numbers as text.

use std::fmt;

/// A number as tables and labels show it: the shortest text that reads back as the same f32, or f64.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Number<T>(pub T);

impl<T: Copy + Into<f64> + fmt::Display + fmt::LowerExp> fmt::Display for Number<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Number(value) = *self;
        let size: f64 = value.into().abs();
        let is_short = size == 0.0 || (f64::from(1e-4_f32)..1e7).contains(&size);
        if is_short { write!(f, "{value}") } else { write!(f, "{value:e}") }
    }
}
