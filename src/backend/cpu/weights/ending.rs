//! What became of a trajectory of many weights.

use super::course::Judged;
use super::drawn::Drawn;
use crate::model::{MEASURES, Penalized};
use crate::verdict::{Fate, NEVER, Outcome};

/// How a trajectory of many weights ended.
pub struct Ending<'a> {
    /// One a weight.
    pub outcomes: &'a [Outcome],
    /// That of all weights together.
    pub whole: Outcome,
    /// What the judge says of the weights, and their objective; nothing of what diverged.
    pub judged: Option<(&'a Judged, f64)>,
    /// What is measured, in the order of [`Measured::ALL`](crate::model::Measured::ALL); nothing of what diverged.
    pub measures: [Option<f32>; MEASURES],
}

impl<'a> Ending<'a> {
    /// The ending with these outcomes, of which none diverged unless all did.
    pub fn new(outcomes: &'a [Outcome], penalized: &mut Penalized, drawn: &Drawn, judged: &'a Judged) -> Ending<'a> {
        let factors = &drawn.rows.model.factors;
        let whole = whole(outcomes, factors);
        if whole.fate() == Fate::Diverged {
            return Ending { outcomes, whole, judged: None, measures: [None; MEASURES] };
        }
        let Judged { w, slopes, residual } = judged;
        let objective = penalized.objective(w, slopes);
        let measures = [
            Some(penalized.support(w) as f64),
            Some(whole.last_step.into()),
            Some(objective),
            Some(share(*residual, drawn.largest_slope)),
            penalized.gap(w, slopes, objective),
            drawn.rows.held_out_loss(w),
        ];
        let measures = measures.map(|measure| measure.map(held));
        Ending { outcomes, whole, judged: Some((judged, objective)), measures }
    }
}

/// The number in f32; its largest where that is none, or holds none so large.
pub fn held(measure: f64) -> f32 {
    let measure = measure as f32;
    if measure.is_finite() { measure } else { f32::MAX }
}

/// `part` over `whole`, and 0 over 0.
fn share(part: f64, whole: f64) -> f64 {
    if part == 0.0 { 0.0 } else { part / whole }
}

/// All weights that have a penalty together as if they were one, as large as the largest of them: zero where all are, and else the fate that is
/// furthest from it.
fn whole(outcomes: &[Outcome], factors: &[f32]) -> Outcome {
    let has_penalty = factors.iter().any(|factor| *factor > 0.0);
    let own = outcomes.iter().zip(factors).filter(|(_, factor)| **factor > 0.0 || !has_penalty);
    let outcomes: Vec<&Outcome> = own.map(|(outcome, _)| outcome).collect();
    let rank = |outcome: &Outcome| Fate::SHOWN.iter().position(|fate| *fate == outcome.fate());
    let worst = outcomes.iter().max_by_key(|outcome| rank(outcome)).expect("a problem should have a weight");
    let over =
        |value: fn(&Outcome) -> f32, better: fn(f32, f32) -> f32| outcomes.iter().map(|own| value(own)).reduce(better);
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
        last_step: worst.last_step,
    }
}
