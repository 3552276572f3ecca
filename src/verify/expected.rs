//! What an outcome must show, and by how much it may miss.

use crate::output::Number;
use crate::verdict::{Fate, NEVER, Outcome};

/// What is read off an outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// The index of the fate.
    Fate,
    /// 1 where the last weight is zero, else 0.
    IsZero,
    /// 1 where the trajectory diverged, else 0.
    Diverged,
    Last,
    TailLow,
    TailHigh,
    Amplitude,
    /// Steps; infinite where the event never happened.
    FirstCrossing,
    FirstZero,
    FirstWithin,
    /// Of many weights together; what is measured of them is not an outcome.
    Distance,
    /// Of the objective over its minimum.
    Excess,
    Objective,
    /// The largest that is left.
    Slope,
    /// How many weights are zero that should not be, or the other way.
    Amiss,
    /// How many weights are not zero.
    Support,
    Weight,
}

impl Reading {
    /// The value, in f64; NaN where a trajectory that diverged has none, and of many weights.
    pub fn of(self, outcome: &Outcome) -> f64 {
        let diverged = outcome.fate() == Fate::Diverged;
        let weight = |w: f32| if diverged { f64::NAN } else { w.into() };
        let step = |step: u32| if step == NEVER { f64::INFINITY } else { step.into() };
        let flag = |holds: bool| f64::from(u8::from(holds));
        match self {
            Reading::Fate => outcome.fate.into(),
            Reading::IsZero => flag(!diverged && outcome.last == 0.0),
            Reading::Diverged => flag(diverged),
            Reading::Last => weight(outcome.last),
            Reading::TailLow => weight(outcome.tail_low),
            Reading::TailHigh => weight(outcome.tail_high),
            Reading::Amplitude => outcome.amplitude().into(),
            Reading::FirstCrossing => step(outcome.first_crossing),
            Reading::FirstZero => step(outcome.first_zero),
            Reading::FirstWithin => step(outcome.first_within),
            Reading::Distance
            | Reading::Excess
            | Reading::Objective
            | Reading::Slope
            | Reading::Amiss
            | Reading::Support
            | Reading::Weight => f64::NAN,
        }
    }

    /// `value` in words: `fate settled`, `first crossing at step 43`.
    pub fn describe(self, value: f64) -> String {
        let weight = |name: &str| format!("{name} {}", Number(value as f32));
        let step = |event: &str| {
            if value.is_finite() { format!("{event} at step {value:.0}") } else { format!("{event} never") }
        };
        match self {
            Reading::Fate => format!("fate {}", Fate::ALL[value as usize].name()),
            Reading::IsZero => (if value == 1.0 { "zero" } else { "not zero" }).to_owned(),
            Reading::Diverged => (if value == 1.0 { "diverged" } else { "not diverged" }).to_owned(),
            Reading::Last => weight("last weight"),
            Reading::TailLow => weight("tail down to"),
            Reading::TailHigh => weight("tail up to"),
            Reading::Amplitude => weight("tail amplitude"),
            Reading::FirstCrossing => step("first crossing"),
            Reading::FirstZero => step("first zero"),
            Reading::FirstWithin => step("first within"),
            Reading::Distance => weight("distance from the minimum"),
            Reading::Excess => weight("objective above the minimum by"),
            Reading::Objective => weight("objective"),
            Reading::Slope => weight("slope that is left"),
            Reading::Amiss => format!("weights with the wrong zeros: {value}"),
            Reading::Support => format!("weights that are not zero: {value}"),
            Reading::Weight => weight("a weight"),
        }
    }
}

/// What is measured of a trajectory beside what it must be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Met {
    pub expected: Expected,
    pub measured: f64,
}

/// What an outcome must show: a reading between `value` - `below` and `value` + `above`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Expected {
    pub reading: Reading,
    pub value: f64,
    pub below: f64,
    pub above: f64,
    /// The chance, at most, that rounding alone makes a miss of it.
    pub chance: f64,
}

impl Expected {
    pub(super) fn near(reading: Reading, value: f64, tolerance: f64) -> Expected {
        Expected { reading, value, below: tolerance, above: tolerance, chance: 0.0 }
    }

    pub(super) fn exactly(reading: Reading, value: f64) -> Expected {
        Expected::near(reading, value, 0.0)
    }

    pub(super) fn at_most(reading: Reading, value: f64, tolerance: f64) -> Expected {
        Expected { below: f64::INFINITY, ..Expected::near(reading, value, tolerance) }
    }

    pub(super) fn at_least(reading: Reading, value: f64, tolerance: f64) -> Expected {
        Expected { above: f64::INFINITY, ..Expected::near(reading, value, tolerance) }
    }

    pub(super) fn fate(fate: Fate) -> Expected {
        Expected::exactly(Reading::Fate, f64::from(fate as u8))
    }

    pub(super) fn flag(reading: Reading, holds: bool) -> Expected {
        Expected::exactly(reading, f64::from(u8::from(holds)))
    }

    pub(super) fn beside(self, measured: f64) -> Met {
        Met { expected: self, measured }
    }

    /// The same of the trajectory mirrored at 0.
    pub(super) fn mirrored(self) -> Expected {
        let reading = match self.reading {
            Reading::TailLow => Reading::TailHigh,
            Reading::TailHigh => Reading::TailLow,
            Reading::Last => Reading::Last,
            _ => return self,
        };
        Expected { reading, value: -self.value, below: self.above, above: self.below, ..self }
    }

    /// The disagreement with `measured` in units of what is allowed: more than 1 is a miss.
    pub fn share(&self, measured: f64) -> f64 {
        let off = measured - self.value;
        let share = match off {
            _ if measured == self.value => 0.0,
            // Of an amplitude that is at least something a divergence is no miss.
            off if off > 0.0 && self.above.is_infinite() => 0.0,
            off if off > 0.0 => off / self.above,
            off => -off / self.below,
        };
        if share.is_nan() { f64::INFINITY } else { share }
    }
}
