//! Coordinate descent in f64: a judge of solutions that shares no formula and no loop with what found them.

use super::{DrawnRows, Penalized};

/// The residual that it goes on to, as a share of the largest slope at 0.
pub const JUDGED_TO: f64 = 1e-10;

/// Parabolas that are laid to the loss one after another, where it is none itself, at the most.
const PARABOLAS: u32 = 200;

/// Rounds over all weights of one parabola at the most.
const ROUNDS: u32 = 20_000;

/// A parabola with its slopes: 1/2 w'Hw + ..., H row by row.
struct Parabola {
    bend: Vec<f64>,
    slopes: Vec<f64>,
}

impl DrawnRows<'_> {
    /// The minimum that coordinate descent reaches from `w`, to a residual of [`JUDGED_TO`] (Friedman, Hastie and Tibshirani, J. Stat. Softw.
    /// 33, 2010): each weight in turn, or each group that the penalty takes together, goes to the proximal map of its own parabola. A loss that is none gets the parabola that touches it
    /// at the weights, again and again. `None` where it does not get there, or the penalty has no proximal map in f64.
    pub fn judged(&self, penalized: &mut Penalized, w: &[f64]) -> Option<Vec<f64>> {
        let largest = self.slopes(&vec![0.0; w.len()]).iter().fold(0.0, |most: f64, own| most.max(own.abs()));
        let (mut w, mut bound) = (w.to_vec(), JUDGED_TO * largest);
        let all: Vec<usize> = (0..w.len()).collect();
        for _ in 0..PARABOLAS {
            let slopes = self.slopes(&w);
            if penalized.residual(&w, &slopes) <= JUDGED_TO * largest {
                return Some(w);
            }
            // It decides how fast the end is reached, and not where that is.
            let parabola = Parabola { bend: self.curvature(&w, &all), slopes: slopes.clone() };
            let next = parabola.descended(penalized, &w, bound)?;
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

    /// Where coordinate descent comes to from `w`, until no weight changes its slope by more than `bound`.
    fn descended(mut self, penalized: &mut Penalized, w: &[f64], bound: f64) -> Option<Vec<f64>> {
        let (mut w, count) = (w.to_vec(), w.len());
        let groups = penalized.groups;
        let bends: Vec<f64> = groups.iter().map(|(group, _)| self.greatest_bend(group)).collect();
        for _ in 0..ROUNDS {
            let mut most = 0.0_f64;
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
                    }
                }
            }
            if most <= bound {
                break;
            }
        }
        Some(w)
    }
}
