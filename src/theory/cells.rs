//! What theory predicts for whole cells.

use super::Laws;
use crate::plan::Plan;
use crate::verdict::Fate;
use rayon::prelude::*;

/// Trajectories of a cell that a prediction looks at.
pub const LOOKED_AT: u64 = 256;

/// The predictions for the trajectories of a cell, counted: for all of them, or for 256 of a larger cell, evenly spaced
/// in the order of its pool, first and last included.
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

    /// How many are predicted to be zero, and how many to be anything else.
    pub fn zero_or_not(&self) -> [u64; 2] {
        let zero = self.fates[Fate::Zero as usize];
        [zero.into(), (self.fates.iter().sum::<u32>() - zero).into()]
    }
}

/// One forecast a cell.
pub fn forecasts(plan: &Plan) -> Vec<Forecast> {
    (0..plan.cells as usize).into_par_iter().with_min_len(64).map(|cell| forecast(plan, cell as u64)).collect()
}

fn forecast(plan: &Plan, cell: u64) -> Forecast {
    let size = plan.cell_size(cell);
    let looks = size.min(LOOKED_AT);
    let mut forecast = Forecast::default();
    let laws: Vec<Laws> = plan.sections_of_cell(cell).iter().map(|section| Laws::of(section.kernel)).collect();
    for look in 0..looks {
        let place =
            if looks == 1 { 0 } else { (u128::from(look) * u128::from(size - 1) / u128::from(looks - 1)) as u64 };
        let (section, local) = plan.trajectory_of_cell(cell, place);
        let point = section.point(&section.digits(local));
        let of_section = laws.iter().find(|laws| laws.kernel == section.kernel);
        match of_section.and_then(|laws| laws.predict(&point, &plan.limits)) {
            Some((fate, _)) => forecast.fates[fate as usize] += 1,
            None => forecast.silent += 1,
        }
    }
    forecast
}
