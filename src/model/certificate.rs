//! How far weights are from a minimum, in f64.

use super::{DrawnRows, Groups};
use crate::penalty::{ELASTIC_NET, GROUP_LASSO, LK, MOST_OWN, Penalty};

/// A penalty with its parameters, as each group of weights has it: each weight alone, but for penalties over groups.
#[derive(Clone, Debug)]
pub struct Penalized<'a> {
    rows: &'a DrawnRows<'a>,
    penalty: &'static Penalty,
    pub(super) groups: &'a Groups,
    /// Its parameters, with the lambda that was asked about last.
    own: [f64; MOST_OWN],
    /// Where lambda stands among them, and what it is for a factor of 1.
    lambda: Option<(usize, f64)>,
    /// The share of lambda on each weight of a group alone.
    alone: f64,
}

/// What lambda is multiplied by for a group: on each of its weights alone, and on their norm.
#[derive(Clone, Copy, Debug)]
struct Strength {
    alone: f64,
    together: f64,
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
    pub fn new(rows: &'a DrawnRows<'a>, penalty: &'static Penalty, values: &[f32]) -> Penalized<'a> {
        let mut own = [0.0; MOST_OWN];
        own.iter_mut().zip(values).for_each(|(own, value)| *own = (*value).into());
        let lambda = penalty.member.place("lambda").map(|place| (place, own[place]));
        Penalized {
            rows,
            penalty,
            groups: rows.model.groups_of(penalty),
            own,
            lambda,
            alone: penalty.share_alone(&own),
        }
    }

    /// The same with a lambda so many times as large, in f32 as lanes have it.
    pub fn times(mut self, scale: f64) -> Penalized<'a> {
        if let Some((place, whole)) = &mut self.lambda {
            *whole = f64::from((*whole * scale) as f32);
            self.own[*place] = *whole;
        }
        self
    }

    fn factor(&self, place: usize) -> f64 {
        self.rows.model.factors[place].into()
    }

    fn strength(&self, group: &[usize], strength: f32) -> Strength {
        Strength { alone: self.alone * self.factor(group[0]), together: (1.0 - self.alone) * f64::from(strength) }
    }

    /// The penalty's parameters, lambda so many times as large.
    fn own(&mut self, strength: f64) -> &[f64] {
        if let Some((lambda, whole)) = self.lambda {
            self.own[lambda] = whole * strength;
        }
        &self.own
    }

    /// The penalty's slope beside 0, and elsewhere at `w`.
    fn slope(&mut self, w: f64, strength: f64) -> f64 {
        (self.penalty.in_f64.slope)(if w == 0.0 { f64::MIN_POSITIVE } else { w }, self.own(strength))
    }

    /// Takes the group `x` to the proximal map of the penalty, for a step of this length; `None` where it has none in f64.
    ///
    /// Of a penalty R on the norm it is v x / |x|_2 with v that of R at |x|_2; a part on each weight alone comes first (Yu, NIPS 2013).
    pub fn prox(&mut self, group: &[usize], strength: f32, x: &mut [f64], step: f64) -> Option<()> {
        let Strength { alone, together } = self.strength(group, strength);
        if strength == 0.0 {
            return Some(());
        }
        let prox = self.penalty.in_f64.prox?;
        if alone > 0.0 {
            x.iter_mut().for_each(|x| *x = prox(*x, step, self.own(alone)));
        }
        let norm = norm(x.iter().copied());
        let left = prox(norm, step, self.own(together));
        if left != norm {
            x.iter_mut().for_each(|x| *x = if left == 0.0 { 0.0 } else { left * (*x / norm) });
        }
        Some(())
    }

    /// The proximal map of a weight alone at `x`.
    pub fn prox_alone(&mut self, place: usize, x: f64, step: f64) -> Option<f64> {
        let mut x = [x];
        self.prox(&[place], self.rows.model.factors[place], &mut x, step)?;
        Some(x[0])
    }

    /// The optimality residual: the largest distance, over all groups, of 0 from the slopes that loss and penalty have together. At 0
    /// the penalty has all slopes up to that beside 0, or all there are where R is like |w|^p with p < 1. Of a group that is not 0 it is
    /// that of a weight, of one that is 0 that of all its slopes, in the norm.
    pub fn residual(&mut self, w: &[f64], slopes: &[f64]) -> f64 {
        let power = (self.penalty.power_at_zero)(&self.own);
        let groups = self.groups;
        let mut distance = |(group, strength): (&[usize], f32)| {
            let norm = norm(group.iter().map(|place| w[*place]));
            if strength == 0.0 || (norm == 0.0 && power > 1.0) {
                return self::norm(group.iter().map(|place| slopes[*place]));
            }
            let of_group = self.strength(group, strength);
            let alone = if of_group.alone > 0.0 { self.slope(0.0, of_group.alone) } else { 0.0 };
            let beyond = |slope: f64| (slope.abs() - alone).max(0.0);
            if norm == 0.0 {
                let slopes = self::norm(group.iter().map(|place| beyond(slopes[*place])));
                return if power < 1.0 { 0.0 } else { (slopes - self.slope(0.0, of_group.together)).max(0.0) };
            }
            let together = self.slope(norm, of_group.together);
            let of_weight = |place: &usize| {
                let (w, slope) = (w[*place], slopes[*place]);
                if w == 0.0 { beyond(slope) } else { (slope + together * (w / norm) + alone.copysign(w)).abs() }
            };
            group.iter().map(of_weight).fold(0.0, greater)
        };
        groups.iter().map(&mut distance).fold(0.0, greater)
    }

    /// The least lambda at which all weights are 0 that have a penalty, the others at their best ([`Penalty::zeroing_lambda`]); `None` where
    /// none is enough.
    pub fn zeroing_lambda(&mut self) -> Option<f64> {
        self.zeroing_lambda_at(&self.rows.slopes(self.rows.null_weights()?))
    }

    /// Where a path of lambda begins: rounded up, so that the first is one at which all weights are 0.
    pub fn first_of_path(&mut self) -> Option<f64> {
        self.zeroing_lambda().map(|first| first * (1.0 + 1e-6))
    }

    /// The least lambda for which the penalty holds all weights at 0 against these slopes.
    fn zeroing_lambda_at(&mut self, slopes: &[f64]) -> Option<f64> {
        let weights = slopes.len();
        let groups = self.groups;
        self.own[self.lambda?.0] = 1.0;
        if self.alone == 0.0
            && let Some(kink) = self.penalty.kink(&self.own)
        {
            // Of penalties with a kink this is their dual norm, which asks each group for its own norm alone.
            let of_group = |(group, strength): (&[usize], f32)| match f64::from(strength) {
                0.0 => 0.0,
                strength => norm(group.iter().map(|place| slopes[*place])) / (strength * kink),
            };
            return Some(groups.iter().map(of_group).fold(0.0, f64::max));
        }
        let mut penalized = groups.iter().filter(|(_, strength)| *strength > 0.0);
        penalized.try_fold(0.0, |most: f64, (group, strength)| {
            let of_group = self.strength(group, strength);
            let slopes = || group.iter().map(|place| slopes[*place].abs());
            if of_group.alone > 0.0 {
                return Some(most.max(of_group.zeroing_lambda(&slopes().collect::<Vec<_>>())));
            }
            let bend = self.rows.moments.gram[group[0] * weights + group[0]];
            Some(most.max(self.penalty.zeroing_lambda(norm(slopes()), bend, &self.own)? / of_group.together))
        })
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
        self.rows.loss(w, slopes) + self.penalty(w)
    }

    /// The penalty alone, of all weights together.
    pub fn penalty(&mut self, w: &[f64]) -> f64 {
        let (groups, value) = (self.groups, self.penalty.in_f64.value);
        let mut penalty = |(group, strength): (&[usize], f32)| {
            let Strength { alone, together } = self.strength(group, strength);
            if strength == 0.0 {
                return 0.0;
            }
            let own = if alone > 0.0 { group.iter().map(|place| value(w[*place], self.own(alone))).sum() } else { 0.0 };
            own + value(norm(group.iter().map(|place| w[*place])), self.own(together))
        };
        groups.iter().map(&mut penalty).sum()
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
    /// parabola, penalties other than L1, the elastic net and the group lasso, and weights without a penalty.
    ///
    /// With r = y - X w and s in (0, 1] the dual at s r/n is s y'r/n - s^2 |r|^2/(2n) - sum of h*(-s slope), where h* is the penalty's conjugate
    /// (Friedman, Hastie and Tibshirani, J. Stat. Softw. 33, 2010; Fercoq, Gramfort and Salmon, ICML 2015).
    pub fn gap(&mut self, w: &[f64], slopes: &[f64], objective: f64) -> Option<f64> {
        let (_, lambda) = self.lambda?;
        let ratio = match () {
            () if self.penalty == &LK && self.own[0] == 1.0 => 1.0,
            () if self.penalty == &GROUP_LASSO => 1.0,
            () if self.penalty == &ELASTIC_NET => self.own[1],
            () => return None,
        };
        let rows = self.rows;
        let moments = &rows.moments;
        let strength = |place: usize| lambda * f64::from(rows.model.factors[place]);
        if !rows.model.is_parabola() || (0..w.len()).any(|place| strength(place) == 0.0) {
            return None;
        }
        let along: f64 = w.iter().zip(&moments.slopes).map(|(w, own)| w * own).sum();
        let response = moments.square - along;
        let residual = 2.0 * moments.loss(w, slopes);
        // The least lambda that would hold all weights at 0 is the penalty's dual norm of the slopes.
        let scale = if ratio == 1.0 { (lambda / self.zeroing_lambda_at(slopes)?).min(1.0) } else { 1.0 };
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

impl Strength {
    /// The least c for which S(slopes, c alone), S the soft threshold, is no longer than c together: by bisection, down to the last bit.
    fn zeroing_lambda(self, slopes: &[f64]) -> f64 {
        let is_enough =
            |c: f64| norm(slopes.iter().map(|slope| (slope - c * self.alone).max(0.0))) <= c * self.together;
        let (mut below, mut enough) = (0.0, slopes.iter().fold(0.0, |most: f64, own| most.max(*own)) / self.alone);
        loop {
            let middle = below + (enough - below) / 2.0;
            if middle <= below || middle >= enough {
                return enough;
            }
            if is_enough(middle) { enough = middle } else { below = middle }
        }
    }
}

/// The Euclidean norm, which is the size itself of a single number.
fn norm(mut values: impl ExactSizeIterator<Item = f64> + Clone) -> f64 {
    if values.len() == 1 {
        return values.next().map_or(0.0, f64::abs);
    }
    let largest = values.clone().map(f64::abs).fold(0.0, greater);
    if largest == 0.0 { 0.0 } else { largest * values.map(|own| (own / largest) * (own / largest)).sum::<f64>().sqrt() }
}

/// The greater number. Not a maximum: what is no number stays one.
fn greater(most: f64, own: f64) -> f64 {
    if own <= most { most } else { own }
}
