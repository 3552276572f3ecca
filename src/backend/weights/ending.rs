//! When a trajectory of many weights has ended, and what became of it.

use super::Drawn;
use crate::formula::verdict;
use crate::model::{ACCURATE, MEASURES, Measured, Mistakes, Penalized};
use crate::plan::Limits;
use crate::verdict::{Fate, NEVER, Outcome};

/// Where a trajectory stands after a step.
#[derive(Clone, Copy, Debug)]
pub struct Stand {
    /// Steps taken.
    pub n: u32,
    /// Whether a weight went beyond the limit.
    pub diverged: bool,
    /// How far the last step took a weight at the most, from where its slope was taken.
    pub moved: f32,
    /// The learning rate of the last step.
    pub rate: f32,
}

/// Why a trajectory has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Diverged,
    /// Its residual is below the bound.
    Solved,
    /// It took its last step.
    Last,
}

/// Decides in f64 whether trajectories have ended.
#[derive(Clone, Debug)]
pub struct Judge {
    w: Vec<f64>,
    slopes: Vec<f64>,
    residual: f64,
    /// The outcomes of the weights of the trajectory that ended last.
    pub outcomes: Vec<Outcome>,
}

impl Judge {
    pub fn new(weights: usize) -> Judge {
        Judge {
            w: vec![0.0; weights],
            slopes: vec![0.0; weights],
            residual: 0.0,
            outcomes: Vec::with_capacity(weights),
        }
    }

    /// How a trajectory that stands so has ended, whose weights are `last`; `None` if it goes on. Its outcomes are in `outcomes` then.
    pub fn ending(
        &mut self,
        stand: &Stand,
        last: impl Iterator<Item = Last> + Clone,
        penalized: &mut Penalized,
        drawn: &Drawn,
        limits: &Limits,
    ) -> Option<Ending> {
        let end = self.end(stand, last.clone().map(|last| last.w), penalized, drawn, limits)?;
        self.outcomes.clear();
        self.outcomes.extend(last.map(|last| last.outcome(end, stand.n, limits)));
        Some(Ending::new(self, stand, penalized, drawn))
    }

    fn end(
        &mut self,
        stand: &Stand,
        w: impl Iterator<Item = f32>,
        penalized: &mut Penalized,
        drawn: &Drawn,
        limits: &Limits,
    ) -> Option<End> {
        if stand.diverged {
            return Some(End::Diverged);
        }
        let bound = drawn.bound();
        let rests = f64::from(stand.moved) <= bound * f64::from(stand.rate);
        let is_last = stand.n >= limits.steps;
        if !rests && !is_last {
            return None;
        }
        self.w.iter_mut().zip(w).for_each(|(own, w)| *own = w.into());
        drawn.rows.slopes_into(&self.w, &mut self.slopes);
        self.residual = penalized.residual(&self.w, &self.slopes);
        if rests && self.residual <= bound {
            return Some(End::Solved);
        }
        is_last.then_some(End::Last)
    }
}

/// A weight as the last step left it.
#[derive(Clone, Copy, Debug)]
pub struct Last {
    pub w: f32,
    pub first_crossing: u32,
    pub first_zero: u32,
    pub first_within: u32,
    pub arrival: u32,
    pub jumped: bool,
    pub tail_low: f32,
    pub tail_high: f32,
    pub reversals: u32,
}

impl Last {
    fn outcome(&self, end: End, n: u32, limits: &Limits) -> Outcome {
        let diverged = end == End::Diverged;
        // Where it is solved it stays.
        let (tail, reversals) = match end {
            End::Solved => ([self.w; 2], 0),
            _ => ([self.tail_low, self.tail_high], self.reversals),
        };
        let [low, high] = tail.map(verdict::stored);
        let known = |value: f32| if diverged { 0.0 } else { value };
        Outcome {
            fate: verdict::fate(diverged, low, high, self.jumped, limits.tolerance, reversals),
            first_crossing: self.first_crossing,
            first_zero: self.first_zero,
            first_within: self.first_within,
            arrival: self.arrival,
            tail_low: known(low),
            tail_high: known(high),
            last: known(self.w),
            last_step: n,
        }
    }
}

/// What is known in f64 of the weights that a trajectory ended at.
#[derive(Clone, Copy, Debug)]
pub struct Judged {
    pub objective: f64,
    /// The optimality residual, as a slope.
    pub residual: f64,
}

/// How a trajectory of many weights ended.
#[derive(Clone, Copy, Debug)]
pub struct Ending {
    /// That of all weights together.
    pub whole: Outcome,
    /// What the judge says of the weights; nothing of what diverged.
    pub judged: Option<Judged>,
    /// What is measured, in the order of [`Measured::ALL`]; of what diverged, that it did not recover the truth, and nothing else.
    pub measures: [Option<f32>; MEASURES],
}

impl Ending {
    /// The ending of what was judged, of which no weight diverged unless all did.
    fn new(judge: &Judge, stand: &Stand, penalized: &mut Penalized, drawn: &Drawn) -> Ending {
        let Judge { w, slopes, residual, outcomes } = judge;
        let factors = &drawn.rows.model.factors;
        let whole = whole(outcomes, factors);
        if whole.fate() == Fate::Diverged {
            let mut measures = [None; MEASURES];
            let missed = drawn.rows.truth().map(|_| 0.0);
            [Measured::Recovered, Measured::Accurate].into_iter().for_each(|own| measures[own as usize] = missed);
            return Ending { whole, judged: None, measures };
        }
        let (mistakes, error) = (penalized.mistakes(w), penalized.error(w));
        let objective = penalized.objective(w, slopes);
        let measures = [
            Some(penalized.support(w) as f64),
            Some(whole.last_step.into()),
            Some(objective),
            Some(drawn.share(*residual)),
            penalized.gap(w, slopes, objective),
            drawn.rows.held_out_loss(w),
            mistakes.map(|own| if own == Mistakes::default() { 1.0 } else { 0.0 }),
            mistakes.map(|own| own.false_selections as f64),
            mistakes.map(|own| own.missed as f64),
            error,
            error.map(|error| if error <= ACCURATE { 1.0 } else { 0.0 }),
            Some(stand.rate.into()),
        ];
        let judged = Some(Judged { objective, residual: *residual });
        Ending { whole, judged, measures: measures.map(|measure| measure.map(held)) }
    }
}

/// The number in f32; its largest where that is none, or holds none so large.
pub fn held(measure: f64) -> f32 {
    let measure = measure as f32;
    if measure.is_finite() { measure } else { f32::MAX }
}

/// All weights that have a penalty together as if they were one, as large as the largest of them: zero where all are, and else the fate that is
/// furthest from it.
fn whole(outcomes: &[Outcome], factors: &[f32]) -> Outcome {
    let has_penalty = factors.iter().any(|factor| *factor > 0.0);
    let counts = |(_, factor): &(&Outcome, &f32)| **factor > 0.0 || !has_penalty;
    let own = outcomes.iter().zip(factors).filter(counts).map(|(outcome, _)| *outcome);
    let is_further = |one: &Outcome, other: &Outcome| rank(one.fate()) > rank(other.fate());
    let both = |one: Outcome, other: Outcome| Outcome {
        first_crossing: one.first_crossing.min(other.first_crossing),
        arrival: one.arrival.max(other.arrival),
        tail_low: one.tail_low.min(other.tail_low),
        tail_high: one.tail_high.max(other.tail_high),
        ..if is_further(&one, &other) { one } else { other }
    };
    let all = own.reduce(both).expect("a problem should have a weight");
    let arrival = if all.fate() == Fate::Zero { all.arrival } else { NEVER };
    Outcome { first_zero: NEVER, first_within: NEVER, arrival, last: 0.0, ..all }
}

/// The place of a fate among [`Fate::SHOWN`].
fn rank(fate: Fate) -> usize {
    const RANKS: [usize; Fate::ALL.len()] = {
        let (mut ranks, mut place) = ([0; Fate::ALL.len()], 0);
        while place < ranks.len() {
            ranks[Fate::SHOWN[place] as usize] = place;
            place += 1;
        }
        ranks
    };
    RANKS[fate as usize]
}
