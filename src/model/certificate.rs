//! How far weights are from a minimum, in f64.

use super::DrawnRows;
use crate::penalty::{ELASTIC_NET, LK, Penalty};

/// A penalty with its parameters, as each weight has it.
#[derive(Clone, Debug)]
pub struct Penalized<'a> {
    rows: &'a DrawnRows<'a>,
    penalty: &'static Penalty,
    /// Its parameters, as the weight has them that was asked about last.
    own: Vec<f64>,
    /// Where lambda stands among them, and what it is for a factor of 1.
    lambda: Option<(usize, f64)>,
}

/// How a set of weights that are not zero differs from the true one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mistakes {
    /// Not zero here, and zero in truth.
    pub false_selections: usize,
    /// Zero here, and not in truth.
    pub missed: usize,
}

impl<'a> Penalized<'a> {
    pub fn new(rows: &'a DrawnRows<'a>, penalty: &'static Penalty, own: &[f32]) -> Penalized<'a> {
        let own: Vec<f64> = own.iter().copied().map(f64::from).collect();
        let lambda = penalty.member.place("lambda").map(|place| (place, own[place]));
        Penalized { rows, penalty, own, lambda }
    }

    fn factor(&self, place: usize) -> f64 {
        self.rows.model.factors[place].into()
    }

    /// The penalty's parameters for a weight: its lambda times the weight's factor.
    fn own(&mut self, place: usize) -> &[f64] {
        if let Some((lambda, whole)) = self.lambda {
            self.own[lambda] = whole * self.factor(place);
        }
        &self.own
    }

    /// The penalty's proximal map of a weight at `x`, for a step of this length; `None` where it has none in f64.
    pub fn prox(&mut self, place: usize, x: f64, step: f64) -> Option<f64> {
        if self.factor(place) == 0.0 {
            return Some(x);
        }
        let prox = self.penalty.in_f64.prox?;
        Some(prox(x, step, self.own(place)))
    }

    /// The optimality residual: the largest distance, over all weights, of 0 from the slopes that loss and penalty have together. At 0
    /// the penalty has all slopes up to that beside 0, or all there are where R is like |w|^p with p < 1.
    pub fn residual(&mut self, w: &[f64], slopes: &[f64]) -> f64 {
        let power = (self.penalty.power_at_zero)(&self.own);
        let mut distance = |place: usize| {
            let (w, slope) = (w[place], slopes[place]);
            if self.factor(place) == 0.0 || (w == 0.0 && power > 1.0) {
                return slope.abs();
            }
            if w != 0.0 {
                return (slope + (self.penalty.in_f64.slope)(w, self.own(place))).abs();
            }
            if power < 1.0 {
                0.0
            } else {
                (slope.abs() - (self.penalty.in_f64.slope)(f64::MIN_POSITIVE, self.own(place))).max(0.0)
            }
        };
        // Not a maximum: what is no number stays one.
        (0..w.len()).map(&mut distance).fold(0.0, |most, own| if own <= most { most } else { own })
    }

    /// The distance of weights from the true ones, as a share of the length of these; `None` where they are not known.
    pub fn error(&self, w: &[f64]) -> Option<f64> {
        let truth = self.rows.truth()?;
        let square = |values: &mut dyn Iterator<Item = f64>| values.map(|own| own * own).sum::<f64>();
        let off = square(&mut w.iter().zip(truth).map(|(w, own)| w - own));
        let whole = square(&mut truth.iter().copied());
        Some(if off == 0.0 { 0.0 } else { (off / whole).sqrt() })
    }

    /// Loss and penalty together.
    pub fn objective(&mut self, w: &[f64], slopes: &[f64]) -> f64 {
        let mut penalty = |place: usize| match self.factor(place) {
            0.0 => 0.0,
            _ => (self.penalty.in_f64.value)(w[place], self.own(place)),
        };
        let penalties: f64 = (0..w.len()).map(&mut penalty).sum();
        self.rows.loss(w, slopes) + penalties
    }

    /// The same, where slopes are not known.
    pub fn objective_at(&mut self, w: &[f64]) -> f64 {
        let slopes = if self.rows.model.is_parabola() { self.rows.slopes(w) } else { Vec::new() };
        self.objective(w, &slopes)
    }

    /// How many weights are not zero, of those with a penalty.
    pub fn support<W: Copy + Into<f64>>(&self, w: &[W]) -> usize {
        let factors = &self.rows.model.factors;
        w.iter().zip(factors).filter(|(w, factor)| (**w).into() != 0.0 && **factor > 0.0).count()
    }

    /// How the weights that are not zero differ from those of the truth, of those with a penalty; `None` where that is not known.
    pub fn mistakes(&self, w: &[f64]) -> Option<Mistakes> {
        let factors = &self.rows.model.factors;
        let is_nonzero = w.iter().zip(self.rows.truth()?).map(|(own, true_w)| (*own != 0.0, *true_w != 0.0));
        let penalized = is_nonzero.zip(factors).filter(|(_, factor)| **factor > 0.0);
        let mut mistakes = Mistakes::default();
        for ((here, in_truth), _) in penalized {
            mistakes.false_selections += usize::from(here && !in_truth);
            mistakes.missed += usize::from(in_truth && !here);
        }
        Some(mistakes)
    }

    /// The duality gap, which the `objective` is above its minimum by at the most; `None` where it is not known: for losses that are no
    /// parabola, penalties other than L1 and the elastic net, and weights without a penalty.
    ///
    /// With r = y - X w and s in (0, 1] the dual at s r/n is s y'r/n - s^2 |r|^2/(2n) - sum of h*(-s slope), where h* is the penalty's conjugate
    /// (Friedman, Hastie and Tibshirani, J. Stat. Softw. 33, 2010; Fercoq, Gramfort and Salmon, ICML 2015).
    pub fn gap(&self, w: &[f64], slopes: &[f64], objective: f64) -> Option<f64> {
        let (_, lambda) = self.lambda?;
        let ratio = match () {
            () if self.penalty == &LK && self.own[0] == 1.0 => 1.0,
            () if self.penalty == &ELASTIC_NET => self.own[1],
            () => return None,
        };
        let moments = &self.rows.moments;
        let strength = |place: usize| lambda * self.factor(place);
        if !self.rows.model.is_parabola() || (0..w.len()).any(|place| strength(place) == 0.0) {
            return None;
        }
        let along: f64 = w.iter().zip(&moments.slopes).map(|(w, own)| w * own).sum();
        let response = moments.square - along;
        let residual = 2.0 * moments.loss(w, slopes);
        let shrink = |place: usize| if slopes[place] == 0.0 { 1.0 } else { strength(place) / slopes[place].abs() };
        let scale = if ratio == 1.0 { (0..w.len()).map(shrink).fold(1.0, f64::min) } else { 1.0 };
        let conjugate = |place: usize| match ratio {
            1.0 => 0.0,
            _ => {
                let beyond = (scale * slopes[place].abs() - ratio * strength(place)).max(0.0);
                beyond * beyond / (2.0 * (1.0 - ratio) * strength(place))
            }
        };
        let dual = scale * response - scale * scale * residual / 2.0 - (0..w.len()).map(conjugate).sum::<f64>();
        Some((objective - dual).max(0.0))
    }
}
