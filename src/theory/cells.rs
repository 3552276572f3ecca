//! What theory predicts for whole cells.

use super::Laws;
use crate::plan::{Plan, Section};
use crate::verdict::Fate;
use std::ops::AddAssign;

/// Trajectories of a cell that a prediction looks at.
pub const LOOKED_AT: u64 = 256;

/// The predictions for the trajectories of a cell, counted: for all of them, or for 256 of a larger cell, evenly spaced
/// in the order of its pool, first and last included, and the same from either end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Forecast {
    /// In the order of [`Fate::ALL`].
    pub fates: [u32; 7],
    /// Trajectories that no law decides.
    pub silent: u32,
}

impl Forecast {
    /// The fate that is predicted for every trajectory; `None` where theory is silent for one, or they differ.
    pub fn unanimous(&self) -> Option<Fate> {
        let mut predicted = Fate::ALL.into_iter().filter(|&fate| self.fates[fate as usize] > 0);
        match (predicted.next(), predicted.next(), self.silent) {
            (Some(fate), None, 0) => Some(fate),
            _ => None,
        }
    }

    /// What it says of exact zeros.
    pub fn zeros(&self) -> ZeroForecast {
        let zero = self.fates[Fate::Zero as usize];
        let other = self.fates.iter().sum::<u32>() - zero;
        ZeroForecast { zero: zero.into(), other: other.into(), silent: self.silent.into() }
    }
}

/// What is predicted of exact zeros, counted in trajectories; those of several cells add up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ZeroForecast {
    /// Predicted to be zero.
    pub zero: u64,
    /// Predicted to have any other fate.
    pub other: u64,
    /// Trajectories that no law decides.
    pub silent: u64,
}

impl ZeroForecast {
    /// Whether all are zero; `None` where theory leaves it open.
    pub fn all(&self) -> Option<bool> {
        if self.other > 0 { Some(false) } else { (self.zero > 0 && self.silent == 0).then_some(true) }
    }

    /// Whether some are zero; `None` where theory leaves it open.
    pub fn some(&self) -> Option<bool> {
        if self.zero > 0 { Some(true) } else { (self.other > 0 && self.silent == 0).then_some(false) }
    }
}

impl AddAssign for ZeroForecast {
    fn add_assign(&mut self, more: ZeroForecast) {
        self.zero += more.zero;
        self.other += more.other;
        self.silent += more.silent;
    }
}

/// The forecast of the cell `cell`.
pub fn forecast(plan: &Plan, cell: u64) -> Forecast {
    let mut forecast = Forecast::default();
    let sections = plan.sections_of_cell(cell);
    let laws: Vec<Laws> = sections.iter().map(|section| Laws::of(section.kernel)).collect();
    let mut look = |section: &Section, local: u64, digits: &[u32]| {
        let own = sections.iter().position(|own| own.first == section.first);
        let laws = own.map(|own| &laws[own]);
        match laws.and_then(|laws| laws.predict(&section.point(local, digits), &plan.limits)) {
            Some((fate, _)) => forecast.fates[fate as usize] += 1,
            None => forecast.silent += 1,
        }
    };
    let size = plan.cell_size(cell);
    if size > LOOKED_AT {
        for number in 0..LOOKED_AT {
            let (section, local) = plan.trajectory_of_cell(cell, place(number, size));
            look(section, local, &section.digits(local));
        }
        return forecast;
    }
    for section in sections {
        let first = (cell - section.first_cell) * section.pool;
        let mut digits = section.digits(first);
        for local in first..first + section.pool {
            look(section, local, &digits);
            section.advance(&mut digits);
        }
    }
    forecast
}

/// The trajectory that the look number `number` falls on, of a cell of `size`.
fn place(number: u64, size: u64) -> u64 {
    let mirrored = LOOKED_AT - 1 - number;
    if mirrored < number {
        return size - 1 - place(mirrored, size);
    }
    (u128::from(number) * u128::from(size - 1) / u128::from(LOOKED_AT - 1)) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_are_evenly_spaced_and_the_same_from_either_end() {
        for size in [256, 257, 1000, 65_537, 1 << 50] {
            let places: Vec<u64> = (0..LOOKED_AT).map(|number| place(number, size)).collect();
            assert_eq!((places[0], places[places.len() - 1]), (0, size - 1));
            let mirrored: Vec<u64> = places.iter().rev().map(|place| size - 1 - place).collect();
            assert_eq!(places, mirrored);
            // Each is rounded by less than one, down in the lower half and up in the upper.
            let exact = (size - 1) as f64 / (LOOKED_AT - 1) as f64;
            assert!(places.windows(2).all(|pair| ((pair[1] - pair[0]) as f64 - exact).abs() < 2.0), "{size}");
        }
    }

    #[test]
    fn what_is_left_open_is_neither_true_nor_false() {
        let said = |zero, other, silent| {
            let forecast = ZeroForecast { zero, other, silent };
            (forecast.all(), forecast.some())
        };
        assert_eq!(said(3, 0, 0), (Some(true), Some(true)));
        assert_eq!(said(0, 3, 0), (Some(false), Some(false)));
        assert_eq!(said(1, 2, 0), (Some(false), Some(true)));
        assert_eq!(said(1, 1, 1), (Some(false), Some(true)));
        assert_eq!(said(2, 0, 1), (None, Some(true)));
        assert_eq!(said(0, 2, 1), (Some(false), None));
        assert_eq!(said(0, 0, 3), (None, None));
        assert_eq!(said(0, 0, 0), (None, None));
    }
}
