//! The rows of a model as a draw counts them: their loss in f64.

use super::moments::products;
use super::{Draws, Model, Moments, dot};
use crate::problem::Response;
use crate::spec::{Design, Starts};
use std::sync::OnceLock;

/// The rows of a model as a draw counts them, and those that it leaves out.
#[derive(Clone, Debug)]
pub struct DrawnRows<'a> {
    pub model: &'a Model,
    pub moments: Moments,
    /// Rows that count, and how often each does, as a share of all.
    pub shares: Vec<(usize, f64)>,
    left_out: Option<LeftOut>,
    /// Where weights start, where that is the draw's own.
    starts: Vec<f64>,
    /// The true weights of a draw that is a design of its own.
    truth: Option<Vec<f64>>,
    /// [`DrawnRows::null_weights`], once they were asked for.
    null: OnceLock<Option<Vec<f64>>>,
}

/// Rows that a draw leaves out: moments are all that a parabola wants of them.
#[derive(Clone, Debug)]
enum LeftOut {
    Moments(Moments),
    Shares(Vec<(usize, f64)>),
}

fn shares(counts: &[u32]) -> Vec<(usize, f64)> {
    let total: f64 = counts.iter().map(|&count| f64::from(count)).sum();
    let counted = counts.iter().enumerate().filter(|(_, count)| **count > 0);
    counted.map(|(row, &count)| (row, f64::from(count) / total)).collect()
}

impl<'a> DrawnRows<'a> {
    pub fn new(draws: &Draws<'a>, draw: u32) -> DrawnRows<'a> {
        if let Some(design) = &draws.model().designs {
            return DrawnRows::of_design(draws.model(), design, draw);
        }
        let counts = draws.counts(draw);
        let left = draws.left_out(&counts);
        let model = draws.model();
        let left_out = left.iter().any(|count| *count > 0).then(|| match model.is_parabola() {
            true => LeftOut::Moments(Moments::new(model, &left)),
            false => LeftOut::Shares(shares(&left)),
        });
        DrawnRows { left_out, ..DrawnRows::counted(model, &counts) }
    }

    /// All rows of a model, as often as each counts; where draws are designs, the first of them.
    pub fn whole(model: &'a Model) -> DrawnRows<'a> {
        match &model.designs {
            None => DrawnRows::counted(model, &model.counts),
            Some(design) => DrawnRows::of_design(model, design, 0),
        }
    }

    /// A design of its own: draws of a pair of rows and support stand together.
    fn of_design(model: &'a Model, design: &Design, draw: u32) -> DrawnRows<'a> {
        let (pair, number) = ((draw / model.resample.count) as usize, draw % model.resample.count);
        let drawn = design.drawn(Response::Any, pair, Some(number)).expect("numbers of any kind should be drawn");
        DrawnRows::started(model, Moments::of_design(&drawn), Vec::new(), Some(drawn.truth))
    }

    /// The true weights, where they are known.
    pub fn truth(&self) -> Option<&[f64]> {
        self.truth.as_deref().or(self.model.truth.as_deref())
    }

    fn counted(model: &'a Model, counts: &[u32]) -> DrawnRows<'a> {
        DrawnRows::started(model, Moments::new(model, counts), shares(counts), None)
    }

    fn started(
        model: &'a Model,
        moments: Moments,
        shares: Vec<(usize, f64)>,
        truth: Option<Vec<f64>>,
    ) -> DrawnRows<'a> {
        let mut rows =
            DrawnRows { model, moments, shares, left_out: None, starts: Vec::new(), truth, null: OnceLock::new() };
        rows.starts = match model.starts_of_draw {
            Some(Starts::LeastSquares) => rows.moments.least_squares(),
            // Where the null model has no single best, or f32 does not hold it, weights start at 0.
            Some(Starts::NullModel) => {
                rows.null_weights().filter(|w| rows.is_best_in_f32(w)).unwrap_or_default().to_vec()
            }
            _ => Vec::new(),
        };
        rows
    }

    /// Whether weights without a penalty have no slope at `w` once that is rounded to f32, beside those at 0: where columns are nearly the same
    /// their best is far away.
    fn is_best_in_f32(&self, w: &[f64]) -> bool {
        const ENOUGH: f64 = 1e-5;
        let largest = |slopes: &[f64], counts: &dyn Fn(usize) -> bool| {
            (0..slopes.len()).filter(|place| counts(*place)).fold(0.0, |most: f64, place| most.max(slopes[place].abs()))
        };
        let rounded: Vec<f64> = w.iter().map(|own| f64::from(*own as f32)).collect();
        let left = largest(&self.slopes(&rounded), &|place| self.model.factors[place] == 0.0);
        left <= ENOUGH * largest(&self.slopes(&vec![0.0; w.len()]), &|_| true)
    }

    /// Where a weight starts, in the start of this number, or at this number.
    pub fn start(&self, place: usize, number: f32) -> f32 {
        match (&self.starts[..], &self.model.starts[..]) {
            ([], []) => number,
            ([], starts) => starts[number as usize][place],
            (own, _) => own[place] as f32,
        }
    }

    /// A bound on how fast the slopes change, the Lipschitz constant of the gradient; where there is none, how fast they change at the most on
    /// the way from 0 to where the rows lead.
    pub fn lipschitz(&self) -> f64 {
        self.moments.greatest_eigenvalue()
    }

    /// The linear predictor of a row, but for an intercept that is none of the weights.
    pub(crate) fn predictor(&self, row: usize, w: &[f64]) -> f64 {
        self.model.columns.iter().zip(w).map(|(column, w)| column[row] * w).sum()
    }

    fn mean_loss(&self, shares: &[(usize, f64)], w: &[f64]) -> f64 {
        let Model { problem, of_rows, responses, .. } = self.model;
        let of_row = |&(row, share): &(usize, f64)| {
            share * (problem.value_in_f64)(self.predictor(row, w), &of_rows.of(responses[row]))
        };
        shares.iter().map(of_row).sum()
    }

    /// The slopes of the loss at `w`.
    pub fn slopes(&self, w: &[f64]) -> Vec<f64> {
        let mut slopes = vec![0.0; w.len()];
        self.slopes_into(w, &mut slopes);
        slopes
    }

    /// Puts the slopes of the loss at `w` into `slopes`.
    pub fn slopes_into(&self, w: &[f64], slopes: &mut [f64]) {
        let Model { problem, of_rows, responses, columns, .. } = self.model;
        if self.model.is_parabola() {
            return self.moments.slopes_into(w, slopes);
        }
        let of_row = |&(row, share): &(usize, f64)| {
            share * (problem.slope_in_f64)(self.predictor(row, w), &of_rows.of(responses[row]))
        };
        let of_rows: Vec<f64> = self.shares.iter().map(of_row).collect();
        let slope = |column: &Vec<f64>| {
            let values: Vec<f64> = self.shares.iter().map(|(row, _)| column[*row]).collect();
            dot(&values, &of_rows)
        };
        slopes.iter_mut().zip(columns).for_each(|(own, column)| *own = slope(column));
    }

    /// The loss at `w`, whose slopes are known.
    pub fn loss(&self, w: &[f64], slopes: &[f64]) -> f64 {
        if self.model.is_parabola() { self.moments.loss(w, slopes) } else { self.mean_loss(&self.shares, w) }
    }

    /// The mean loss of the rows that the draw leaves out; `None` where there are none.
    pub fn held_out_loss(&self, w: &[f64]) -> Option<f64> {
        Some(match self.left_out.as_ref()? {
            LeftOut::Moments(moments) => self.moments.loss_of(moments, w),
            LeftOut::Shares(shares) => self.mean_loss(shares, w),
        })
    }

    /// The second derivatives of the loss at `w` by the weights at these places, row by row; off by parts in 10^10, and more than 0.
    pub(super) fn curvature(&self, w: &[f64], places: &[usize]) -> Vec<f64> {
        const NEAR: f64 = 1e-5;
        if self.model.is_parabola() {
            let (gram, weights) = (&self.moments.gram, w.len());
            return places.iter().flat_map(|one| places.iter().map(move |other| gram[one * weights + other])).collect();
        }
        let of_row = |&(row, share): &(usize, f64)| {
            let (own, at) = (self.model.of_rows.of(self.model.responses[row]), self.predictor(row, w));
            let slope = |at: f64| (self.model.problem.slope_in_f64)(at, &own);
            (share * ((slope(at + NEAR) - slope(at - NEAR)) / (2.0 * NEAR)).max(1e-10)).sqrt()
        };
        let roots: Vec<f64> = self.shares.iter().map(of_row).collect();
        let rooted = |&place: &usize| {
            let column = &self.model.columns[place];
            self.shares.iter().zip(&roots).map(|((row, _), root)| column[*row] * root).collect()
        };
        let columns: Vec<Vec<f64>> = places.iter().map(rooted).collect();
        products(&columns)
    }

    /// `next`, or nearer to `w` as long as that is no gain by `objective` over `before`, which `w` has.
    pub(super) fn step_that_gains(
        w: &[f64],
        next: &[f64],
        before: f64,
        mut objective: impl FnMut(&[f64]) -> f64,
    ) -> Vec<f64> {
        let mut share = 1.0;
        for _ in 0..HALVINGS {
            let there: Vec<f64> =
                w.iter().zip(next).map(|(w, next)| if share == 1.0 { *next } else { w + share * (next - w) }).collect();
            if objective(&there) <= before + 1e-14 * before.abs() {
                return there;
            }
            share /= 2.0;
        }
        next.to_vec()
    }

    /// The weights without a penalty at their best, all others 0; `None` where they have no best, as where classes part along them. Of
    /// several that are the best one is given: all of these have the same slopes.
    pub fn null_weights(&self) -> Option<&[f64]> {
        let found = self.null.get_or_init(|| {
            let weights = self.model.weights();
            let free: Vec<usize> = (0..weights).filter(|place| self.model.factors[*place] == 0.0).collect();
            self.best(&free, vec![0.0; weights]).map(|(w, _)| w)
        });
        found.as_deref()
    }

    /// The largest slope of the null model ([`DrawnRows::null_weights`]) of a weight that has a penalty, in size; at 0 where there is no such
    /// model, and of any weight where none has a penalty. No less than a millionth of the largest at 0, below which f32 has no slopes.
    pub fn largest_slope(&self) -> f64 {
        const LEAST: f64 = 1e-6;
        let factors = &self.model.factors;
        let at_zero = self.slopes(&vec![0.0; factors.len()]);
        let largest = |slopes: &[f64], counts: fn(f32) -> bool| {
            let sizes = slopes.iter().zip(factors).filter(|(_, factor)| counts(**factor)).map(|(slope, _)| slope.abs());
            sizes.fold(0.0, f64::max)
        };
        let of_all = largest(&at_zero, |_| true);
        let of_null = match factors.contains(&0.0) {
            true => self.null_weights().map(|w| self.slopes(w)).unwrap_or(at_zero),
            false => at_zero,
        };
        match factors.iter().any(|factor| *factor > 0.0) {
            true => largest(&of_null, |factor| factor > 0.0).max(LEAST * of_all),
            false => of_all,
        }
    }

    /// The weights at the places `free` where the loss is least, all others as in `w`; `None` where these have no single best.
    pub fn at_best(&self, free: &[usize], w: Vec<f64>) -> Option<Vec<f64>> {
        self.best(free, w).filter(|(_, is_single)| *is_single).map(|(w, _)| w)
    }

    /// Weights at the places `free` where the loss is least, all others as in `w`, and whether these are the only ones. Newton's method,
    /// from `w`.
    fn best(&self, free: &[usize], mut w: Vec<f64>) -> Option<(Vec<f64>, bool)> {
        for _ in 0..STEPS_TO_BEST {
            let slopes = self.slopes(&w);
            let slopes_of_free: Vec<f64> = free.iter().map(|place| slopes[*place]).collect();
            let (step, is_single) = solved(&self.curvature(&w, free), &slopes_of_free);
            let mut next = w.clone();
            free.iter().zip(&step).for_each(|(&place, step)| next[place] -= step);
            let before = self.loss(&w, &slopes);
            next = DrawnRows::step_that_gains(&w, &next, before, |w| self.loss(w, &self.slopes(w)));
            let moved = w.iter().zip(&next).fold(0.0, |most: f64, (w, next)| most.max((w - next).abs()));
            w = next;
            let is_there = moved <= 1e-12 * (1.0 + w.iter().fold(0.0, |most: f64, own| most.max(own.abs())));
            // Weights of nearly dependent columns never rest, but that is no gain. Where there is no best, each step gains a share of what is left.
            if is_there || dot(&step, &slopes_of_free) <= 1e-18 * before.abs() {
                return Some((w, is_single));
            }
        }
        None
    }
}

/// Steps to the best weights at the most: a step may take no more than 1 off the logarithm of a mean.
const STEPS_TO_BEST: u32 = 200;

/// How often a step that gains nothing is halved.
const HALVINGS: u32 = 60;

/// The solution of `matrix` x = `right`, and whether it is the only one. The matrix is positive semi-definite, and of unknowns that depend on
/// others, but for a millionth of their length, one is 0: Cholesky's method, the largest left on the diagonal first (Higham, in: Reliable
/// Numerical Computation, 1990).
fn solved(matrix: &[f64], right: &[f64]) -> (Vec<f64>, bool) {
    const DEPENDENT: f64 = 1e-12;
    let count = right.len();
    let share_left = |left: &[f64], place: usize| left[place] / matrix[place * count + place].max(f64::MIN_POSITIVE);
    let mut left: Vec<f64> = (0..count).map(|place| matrix[place * count + place]).collect();
    // Places in the order they are taken, each with its row of the factor.
    let mut taken: Vec<(usize, Vec<f64>)> = Vec::new();
    while let Some(place) = (0..count)
        .filter(|place| taken.iter().all(|(own, _)| own != place) && share_left(&left, *place) > DEPENDENT)
        .max_by(|a, b| share_left(&left, *a).total_cmp(&share_left(&left, *b)))
    {
        let pivot = left[place].sqrt();
        let column = |other: usize| {
            let known: f64 = taken.iter().map(|(_, row)| row[place] * row[other]).sum();
            (matrix[place * count + other] - known) / pivot
        };
        let row: Vec<f64> = (0..count).map(column).collect();
        left.iter_mut().zip(&row).for_each(|(left, own)| *left -= own * own);
        taken.push((place, row));
    }
    let mut forward = Vec::with_capacity(taken.len());
    for (place, row) in &taken {
        let known: f64 = taken.iter().zip(&forward).map(|((_, before), own)| before[*place] * own).sum();
        forward.push((right[*place] - known) / row[*place]);
    }
    let mut solution = vec![0.0; count];
    for ((place, row), forward) in taken.iter().zip(&forward).rev() {
        let known: f64 = (0..count).filter(|other| other != place).map(|other| row[other] * solution[other]).sum();
        solution[*place] = (forward - known) / row[*place];
    }
    (solution, taken.len() == count)
}
