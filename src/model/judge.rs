//! Coordinate descent in f64: a judge of solutions that shares no formula and no loop with what found them.

use super::{DrawnRows, Penalized};

/// The residual that it goes on to, as a share of the largest slope at 0.
pub const JUDGED_TO: f64 = 1e-10;

/// Parabolas that are laid to the loss one after another, where it is none itself, at the most.
const PARABOLAS: u32 = 200;

/// Rounds over all weights of one parabola at the most.
const ROUNDS: u32 = 20_000;

/// A parabola that only touches the loss is left where a round changes slopes by this share of what the first one did: the next parabola
/// takes up the rest.
const ENOUGH: f64 = 1e-3;

/// Multiplications that it may take: some tenths of a second of a core, or what so many parabolas with so many rounds take, if that is more.
/// Losses that fall for ever, as where classes can be told apart without a mistake, have no end to come to.
const LEAST_BUDGET: u64 = 1 << 28;
const PARABOLAS_OF_BUDGET: u64 = 20;
const ROUNDS_OF_BUDGET: u64 = 1_000;

/// The least bend that a weight is given, as a share of the greatest.
const LEAST_BEND: f64 = 1e-12;

/// What a weight costs in a round whether it moves or not, in multiplications.
const A_WEIGHT: usize = 64;

/// The work that may yet be done.
struct Effort<'a> {
    multiplications: u64,
    is_stopped: &'a dyn Fn() -> bool,
}

impl Effort<'_> {
    /// Takes so many multiplications off it; `None` where no more are left, or it is stopped.
    fn spend(&mut self, multiplications: u64) -> Option<()> {
        self.multiplications = self.multiplications.checked_sub(multiplications)?;
        (!(self.is_stopped)()).then_some(())
    }
}

/// A parabola with its slopes: 1/2 w'Hw + ..., H row by row.
struct Parabola {
    bend: Vec<f64>,
    slopes: Vec<f64>,
}

impl DrawnRows<'_> {
    /// The minimum that coordinate descent reaches from `w`, to a residual of [`JUDGED_TO`] (Friedman, Hastie and Tibshirani, J. Stat. Softw.
    /// 33, 2010): each weight in turn, or each group that the penalty takes together, goes to the proximal map of its own parabola. A loss that is none gets the parabola that touches it
    /// at the weights, again and again. `None` where it does not get there by an effort that is the same on every machine, or the penalty has no
    /// proximal map in f64.
    pub fn judged(&self, penalized: &mut Penalized, w: &[f64]) -> Option<Vec<f64>> {
        self.judged_unless(penalized, w, &|| false)
    }

    /// The same; `None`, too, as soon as it is stopped.
    pub fn judged_unless(
        &self,
        penalized: &mut Penalized,
        w: &[f64],
        is_stopped: &dyn Fn() -> bool,
    ) -> Option<Vec<f64>> {
        let (is_parabola, square) = (self.model.is_parabola(), (w.len() * w.len()) as u64);
        let a_parabola = if is_parabola { 0 } else { square * self.shares.len() as u64 };
        let budget = PARABOLAS_OF_BUDGET.saturating_mul(a_parabola + ROUNDS_OF_BUDGET * square);
        let mut effort = Effort { multiplications: budget.max(LEAST_BUDGET), is_stopped };
        let largest = self.slopes(&vec![0.0; w.len()]).iter().fold(0.0, |most: f64, own| most.max(own.abs()));
        let (mut w, mut bound) = (w.to_vec(), JUDGED_TO * largest);
        let all: Vec<usize> = (0..w.len()).collect();
        for _ in 0..PARABOLAS {
            let slopes = self.slopes(&w);
            if penalized.residual(&w, &slopes) <= JUDGED_TO * largest {
                return Some(w);
            }
            effort.spend(a_parabola)?;
            // It decides how fast the end is reached, and not where that is.
            let parabola = Parabola { bend: self.curvature(&w, &all), slopes: slopes.clone() };
            let enough = if is_parabola { 0.0 } else { ENOUGH };
            let next = parabola.descended(penalized, &w, bound, enough, &mut effort)?;
            let before = penalized.objective(&w, &slopes);
            w = DrawnRows::step_that_gains(&w, &next, before, |w| penalized.objective(w, &self.slopes(w)));
            // What rounding leaves is taken up from closer each time.
            bound /= 4.0;
        }
        None
    }
}

impl Parabola {
    /// A bound on the curvature along these weights: that of a weight alone is its own, and that of several at most the largest sum of
    /// the sizes in a row (Gershgorin).
    fn greatest_bend(&self, group: &[usize]) -> f64 {
        let count = self.slopes.len();
        let sum = |row: &usize| group.iter().map(|place| self.bend[row * count + place].abs()).sum();
        group.iter().map(sum).fold(0.0, f64::max)
    }

    /// Where coordinate descent comes to from `w`, until no weight changes its slope by more than `bound`, or by more than the share `enough` of
    /// the most that one did in the first round. `None` where the effort does not do.
    fn descended(
        mut self,
        penalized: &mut Penalized,
        w: &[f64],
        mut bound: f64,
        enough: f64,
        effort: &mut Effort,
    ) -> Option<Vec<f64>> {
        let (mut w, count) = (w.to_vec(), w.len());
        let groups = penalized.groups;
        let mut bends: Vec<f64> = groups.iter().map(|(group, _)| self.greatest_bend(group)).collect();
        // A column that a draw holds constant bends nothing: there the penalty alone decides.
        let least = LEAST_BEND * bends.iter().copied().fold(f64::MIN_POSITIVE / LEAST_BEND, f64::max);
        bends.iter_mut().for_each(|bend| *bend = bend.max(least));
        for round in 0..ROUNDS {
            let (mut most, mut moved) = (0.0_f64, 0);
            for ((group, strength), bend) in groups.iter().zip(&bends) {
                let mut next: Vec<f64> = group.iter().map(|place| w[*place] - self.slopes[*place] / bend).collect();
                penalized.prox(group, strength, &mut next, 1.0 / bend)?;
                for (&place, next) in group.iter().zip(next) {
                    let change = next - w[place];
                    w[place] = next;
                    if change != 0.0 {
                        let row = &self.bend[place * count..(place + 1) * count];
                        self.slopes.iter_mut().zip(row).for_each(|(slope, own)| *slope += own * change);
                        most = most.max((change * bend).abs());
                        moved += 1;
                    }
                }
            }
            effort.spend((count * (moved + A_WEIGHT)) as u64)?;
            if round == 0 {
                bound = bound.max(enough * most);
            }
            if most <= bound {
                break;
            }
        }
        Some(w)
    }
}
