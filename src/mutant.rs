//! Small changes to the shaders, one of which `ZEROSWEEP_MUTANT` makes. For tests of the tests alone: feature `mutants`.

use std::ops::{Range, RangeInclusive};
use std::sync::LazyLock;

/// A change of a shader's text, made in WGSL and, where the file is shared, in Rust.
#[derive(Debug)]
pub struct Mutant {
    /// The shader's path from the root of the repository.
    pub file: &'static str,
    /// The whole text of the shader.
    pub text: &'static str,
    /// What is replaced, in bytes.
    pub at: Range<usize>,
    pub into: &'static str,
}

/// All mutants; the number of the first is 1.
pub const ALL: &[Mutant] = include!(concat!(env!("OUT_DIR"), "/mutants.rs"));

static ACTIVE: LazyLock<u32> = LazyLock::new(|| {
    let number = std::env::var("ZEROSWEEP_MUTANT").unwrap_or_default();
    if number.is_empty() { 0 } else { number.parse().expect("ZEROSWEEP_MUTANT should be a number") }
});

/// The number of the mutant that runs; 0 for none.
#[inline]
pub fn active() -> u32 {
    *ACTIVE
}

#[inline]
pub(crate) fn is_among(numbers: RangeInclusive<u32>) -> bool {
    numbers.contains(&active())
}

/// A module's text with the mutant that runs.
pub fn applied(module: String) -> String {
    match ALL.get((active() as usize).wrapping_sub(1)) {
        Some(mutant) => mutant.apply(&module),
        None => module,
    }
}

impl Mutant {
    /// A module's text with this change, where it holds the shader.
    pub fn apply(&self, module: &str) -> String {
        let changed = format!("{}{}{}", &self.text[..self.at.start], self.into, &self.text[self.at.end..]);
        module.replacen(self.text, &changed, 1)
    }

    /// The line of the change, counted from 1.
    pub fn line(&self) -> usize {
        1 + self.text[..self.at.start].matches('\n').count()
    }
}
