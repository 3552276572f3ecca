//! Coordinate descent in f64: a judge of solutions that shares no formula and no loop with what found them.

use super::{DrawnRows, Penalized, dot};

/// The residual that it goes on to, as a share of the largest slope at 0.
pub const JUDGED_TO: f64 = 1e-10;

/// Parabolas that are laid to the loss one after another, where it is none itself, at the most.
const PARABOLAS: u32 = 200;

/// Rounds over all weights of one parabola at the most.
const ROUNDS: u32 = 20_000;

/// How often a step that gains nothing is halved.
const HALVINGS: u32 = 30;

/// A parabola with its slopes: 1/2 w'Hw + ..., H row by row.
struct Parabola {
    bend: Vec<f64>,
    slopes: Vec<f64>,
}

impl DrawnRows<'_> {
    /// The minimum that coordinate descent reaches from `w`, to a residual of [`JUDGED_TO`] (Friedman, Hastie and Tibshirani, J. Stat. Softw.
    /// 33, 2010): each weight in turn goes to the proximal map of its own parabola. A loss that is none gets the parabola that touches it
    /// at the weights, again and again. `None` where it does not get there, or the penalty has no proximal map in f64.
    pub fn judged(&self, penalized: &mut Penalized, w: &[f64]) -> Option<Vec<f64>> {
        let largest = self.slopes(&vec![0.0; w.len()]).iter().fold(0.0, |most: f64, own| most.max(own.abs()));
        let (mut w, mut bound) = (w.to_vec(), JUDGED_TO * largest);
        for _ in 0..PARABOLAS {
            let slopes = self.slopes(&w);
            if penalized.residual(&w, &slopes) <= JUDGED_TO * largest {
                return Some(w);
            }
            let parabola = Parabola { bend: self.bend(&w), slopes: slopes.clone() };
            let next = parabola.descended(penalized, &w, bound)?;
            let before = penalized.objective(&w, &slopes);
            w = self.step_that_gains(penalized, &w, &next, before);
            // What rounding leaves is taken up from closer each time.
            bound /= 4.0;
        }
        None
    }

    /// The matrix of the parabola that touches the loss at `w`.
    fn bend(&self, w: &[f64]) -> Vec<f64> {
        const NEAR: f64 = 1e-5;
        if self.model.is_parabola() {
            return self.moments.gram.clone();
        }
        let of_row = |&(row, share): &(usize, f64)| {
            let (own, at) = (self.model.of_rows.of(self.model.responses[row]), self.predictor(row, w));
            let slope = |at: f64| (self.model.problem.slope_in_f64)(at, &own);
            // It decides how fast the end is reached, and not where that is.
            (share * ((slope(at + NEAR) - slope(at - NEAR)) / (2.0 * NEAR)).max(1e-10)).sqrt()
        };
        let roots: Vec<f64> = self.shares.iter().map(of_row).collect();
        let rooted =
            |column: &Vec<f64>| self.shares.iter().zip(&roots).map(|((row, _), root)| column[*row] * root).collect();
        let columns: Vec<Vec<f64>> = self.model.columns.iter().map(rooted).collect();
        columns.iter().flat_map(|one| columns.iter().map(|other| dot(one, other))).collect()
    }

    /// `next`, or nearer to `w` as long as that is no gain over what `w` has.
    fn step_that_gains(&self, penalized: &mut Penalized, w: &[f64], next: &[f64], before: f64) -> Vec<f64> {
        let mut share = 1.0;
        for _ in 0..HALVINGS {
            let there: Vec<f64> =
                w.iter().zip(next).map(|(w, next)| if share == 1.0 { *next } else { w + share * (next - w) }).collect();
            if penalized.objective(&there, &self.slopes(&there)) <= before + 1e-14 * before.abs() {
                return there;
            }
            share /= 2.0;
        }
        next.to_vec()
    }
}

impl Parabola {
    /// Where coordinate descent comes to from `w`, until no weight changes its slope by more than `bound`.
    fn descended(mut self, penalized: &mut Penalized, w: &[f64], bound: f64) -> Option<Vec<f64>> {
        let (mut w, count) = (w.to_vec(), w.len());
        for _ in 0..ROUNDS {
            let mut most = 0.0_f64;
            for place in 0..count {
                let row = &self.bend[place * count..(place + 1) * count];
                let next = penalized.prox(place, w[place] - self.slopes[place] / row[place], 1.0 / row[place])?;
                let change = next - w[place];
                w[place] = next;
                if change != 0.0 {
                    self.slopes.iter_mut().zip(row).for_each(|(slope, own)| *slope += own * change);
                    most = most.max((change * row[place]).abs());
                }
            }
            if most <= bound {
                break;
            }
        }
        Some(w)
    }
}
