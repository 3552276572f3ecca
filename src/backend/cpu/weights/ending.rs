//! What became of a trajectory of many weights.

use super::drawn::Drawn;
use crate::kernel::{Kernel, Role};
use crate::model::Penalized;
use crate::plan::Point;
use crate::verdict::{Fate, NEVER, Outcome};

/// How a trajectory of many weights ended.
pub struct Ending {
    /// One a weight.
    pub outcomes: Vec<Outcome>,
    /// The last weights.
    pub w: Vec<f32>,
    /// That of all weights together.
    pub whole: Outcome,
    measures: Option<Measures>,
}

/// What is measured of the last weights, in f64.
struct Measures {
    /// Weights that are not zero and have a penalty.
    support: u32,
    steps: u32,
    objective: f64,
    /// As a share of the largest slope at 0.
    residual: f64,
    gap: Option<f64>,
    held_out_loss: Option<f64>,
}

impl Ending {
    /// The ending with these outcomes, of which none diverged unless all did.
    pub fn new(kernel: Kernel, point: &Point, drawn: &Drawn, outcomes: Vec<Outcome>, steps: u32) -> Ending {
        let w: Vec<f32> = outcomes.iter().map(|outcome| outcome.last).collect();
        let whole = whole(&outcomes, steps);
        let measures = (whole.fate() != Fate::Diverged).then(|| {
            let exact: Vec<f64> = w.iter().copied().map(f64::from).collect();
            let mut penalized = Penalized::new(&drawn.rows, kernel.penalty, kernel.values(Role::Penalty, point));
            let slopes = drawn.rows.slopes(&exact);
            let factors = &drawn.rows.model.factors;
            let held = w.iter().zip(factors).filter(|(w, factor)| **w != 0.0 && **factor > 0.0);
            Measures {
                support: held.count() as u32,
                steps,
                objective: penalized.objective(&exact, &slopes),
                residual: share(penalized.residual(&exact, &slopes), drawn.largest_slope),
                gap: penalized.gap(&exact, &slopes),
                held_out_loss: drawn.rows.held_out_loss(&exact),
            }
        });
        Ending { outcomes, w, whole, measures }
    }

    /// What is measured, in the order of [`MEASURES`](crate::model::MEASURES); nothing of what diverged.
    pub fn measures(&self) -> [Option<f32>; 6] {
        let Some(own) = &self.measures else { return [None; 6] };
        let (objective, residual) = (Some(own.objective), Some(own.residual));
        let numbers = [objective, residual, own.gap, own.held_out_loss].map(|own| own.map(|own| own as f32));
        let [objective, residual, gap, held_out_loss] = numbers;
        [Some(own.support as f32), Some(own.steps as f32), objective, residual, gap, held_out_loss]
    }
}

/// `part` over `whole`, and 0 over 0.
pub fn share(part: f64, whole: f64) -> f64 {
    if part == 0.0 { 0.0 } else { part / whole }
}

/// All weights together as if they were one, as large as the largest of them: zero where all are, and else the fate that is furthest from it.
fn whole(outcomes: &[Outcome], steps: u32) -> Outcome {
    let rank = |outcome: &Outcome| Fate::SHOWN.iter().position(|fate| *fate == outcome.fate());
    let worst = outcomes.iter().max_by_key(|outcome| rank(outcome)).expect("a problem should have a weight");
    let over = |value: fn(&Outcome) -> f32, better: fn(f32, f32) -> f32| outcomes.iter().map(value).reduce(better);
    let is_zero = worst.fate() == Fate::Zero;
    Outcome {
        fate: worst.fate,
        first_crossing: outcomes.iter().map(|own| own.first_crossing).min().unwrap_or(NEVER),
        first_zero: NEVER,
        first_within: NEVER,
        arrival: if is_zero { outcomes.iter().map(|own| own.arrival).max().unwrap_or(NEVER) } else { NEVER },
        tail_low: over(|own| own.tail_low, f32::min).unwrap_or(0.0),
        tail_high: over(|own| own.tail_high, f32::max).unwrap_or(0.0),
        last: 0.0,
        last_step: steps,
    }
}
