//! w_{n+1} - w* = r (w_n - w*): a quadratic loss with no penalty or L2, and L1 as long as nothing crosses.

use super::numbers::{Blur, Horizon, MARGIN, Numbers, ROUNDING, Size};
use crate::optimizer::PenaltyStep;
use crate::verdict::Fate;

/// Factors nearer to 1 than this move a weight by less than f32 resolves well.
const STILL: f64 = 1e-5;

/// w_n = `fixed` + (`start` - `fixed`) `factor`^n.
#[derive(Clone, Copy, Debug)]
pub(super) struct Linear {
    pub fixed: f64,
    pub factor: f64,
    pub start: f64,
    pub blur: Blur,
}

/// L2's factor r and fixed point w*: 1 - eta (a + 2 lambda) and a t / (a + 2 lambda) by subgradient,
/// (1 - eta a) / (1 + 2 eta lambda) and the same w* by proximal steps; truncated steps keep the share 1 - 2 eta lambda
/// of each gradient step, and so do cumulative and sticky ones that cross nothing. NaN for factors, which move on no line.
///
/// ```
/// use zerosweep::{optimizer::PenaltyStep, theory::l2_factor};
/// assert_eq!(l2_factor(PenaltyStep::InLoss, 1.0, 0.5, 0.25), 0.5);
/// assert_eq!(l2_factor(PenaltyStep::Proximal, 0.0, 0.5, 1.0), 0.5);
/// ```
pub fn l2_factor(penalty_step: PenaltyStep, curvature: f64, lambda: f64, learning_rate: f64) -> f64 {
    let (q, c) = (learning_rate * curvature, learning_rate * lambda);
    match penalty_step {
        PenaltyStep::InLoss | PenaltyStep::InLossRight | PenaltyStep::Decoupled => 1.0 - q - 2.0 * c,
        PenaltyStep::Truncated | PenaltyStep::Cumulative | PenaltyStep::Sticky => (1.0 - q) * (1.0 - 2.0 * c),
        PenaltyStep::Proximal | PenaltyStep::ProximalPlain => (1.0 - q) / (1.0 + 2.0 * c),
        PenaltyStep::InFactors => f64::NAN,
    }
}

/// The fate with L2, k = 2.
pub(super) fn l2(penalty_step: PenaltyStep, n: &Numbers, horizon: &Horizon) -> Option<Fate> {
    let (q, c) = (n.q(), n.c());
    // The share of a loss step that the penalty keeps, and that of a weight that it takes off.
    let (kept, taken) = match penalty_step {
        PenaltyStep::InLoss | PenaltyStep::InLossRight | PenaltyStep::Decoupled => (1.0, 2.0 * c),
        PenaltyStep::Truncated => (1.0 - 2.0 * c, 2.0 * c),
        PenaltyStep::Proximal | PenaltyStep::ProximalPlain => (1.0 / (1.0 + 2.0 * c), 2.0 * c / (1.0 + 2.0 * c)),
        PenaltyStep::Cumulative | PenaltyStep::Sticky | PenaltyStep::InFactors => return None,
    };
    if kept < MARGIN {
        return if kept < -MARGIN { horizon.zero_after(1.0) } else { None };
    }
    let factor = l2_factor(penalty_step, n.a, n.lambda, n.eta);
    let fixed = if n.t == 0.0 { 0.0 } else { kept * q * n.t / (1.0 - factor) };
    let loss = n.loss_blur(if penalty_step == PenaltyStep::InLoss { 1.0 } else { 3.0 }, fixed);
    let pull = 4.0 * ROUNDING * taken;
    let blur = Blur {
        share: loss.share + pull * n.rho().abs().max(1.0),
        floor: loss.floor + pull * q * n.t,
        rest: loss.rest + pull * fixed,
    };
    Linear { fixed, factor, start: n.w, blur }.fate(horizon)
}

/// The fate without a penalty: lambda = 0.
pub(super) fn bare(n: &Numbers, horizon: &Horizon) -> Option<Fate> {
    if n.a == 0.0 {
        return horizon.rest(n.w.abs(), 0.0);
    }
    Linear { fixed: n.t, factor: n.rho(), start: n.w, blur: n.loss_blur(2.0, n.t) }.fate(horizon)
}

impl Linear {
    fn distance(&self) -> f64 {
        (self.start - self.fixed).abs()
    }

    /// |r|^n.
    fn shrunk(&self, n: u32) -> f64 {
        libm::pow(self.factor.abs(), n.into())
    }

    pub(super) fn at(&self, n: u32) -> f64 {
        let sign = if self.factor < 0.0 && n % 2 == 1 { -1.0 } else { 1.0 };
        self.fixed + (self.start - self.fixed) * sign * self.shrunk(n)
    }

    /// The fate of the whole run.
    pub(super) fn fate(&self, horizon: &Horizon) -> Option<Fate> {
        let size = self.factor.abs();
        if (size - 1.0).abs() < STILL {
            None
        } else if size < 1.0 {
            self.contracting(horizon)
        } else {
            self.expanding(horizon)
        }
    }

    /// Least and greatest iterate of the tail: the distance from w* is monotone, so they stand at its ends.
    fn tail(&self, horizon: &Horizon) -> (f64, f64) {
        let Horizon { first, last, .. } = *horizon;
        let ends = [first, (first + 1).min(last), last.saturating_sub(1).max(first), last].map(|n| self.at(n));
        (ends.into_iter().fold(f64::INFINITY, f64::min), ends.into_iter().fold(f64::NEG_INFINITY, f64::max))
    }

    /// By how much rounding may have moved the iterates from `first` to `last`: n |r|^n is greatest at n = -1 / ln |r|.
    pub(super) fn error(&self, first: u32, last: u32) -> f64 {
        let rate = self.factor.abs();
        let [first, last] = [first, last].map(f64::from);
        let strayed = |steps: f64| self.blur.strayed(self.distance(), rate, steps);
        strayed((-1.0 / libm::log(rate)).clamp(first, last)).max(strayed(last))
    }

    fn contracting(&self, horizon: &Horizon) -> Option<Fate> {
        // A factor that f32 may take for 0 would land on zero by luck.
        let lucky = self.fixed == 0.0 && self.factor.abs() < 4.0 * self.blur.share;
        if lucky || self.fixed.abs() + self.distance() > 0.9 * horizon.divergence {
            return None;
        }
        let ((low, high), error) = (self.tail(horizon), self.error(horizon.first, horizon.last));
        let amplitude = low.abs().max(high.abs());
        match horizon.small(amplitude - error, amplitude + error) {
            Size::Known(fate) => Some(fate),
            Size::Large => self.movement(horizon, high - low, amplitude, error),
            Size::Unknown => None,
        }
    }

    /// What a tail of this spread and amplitude does, where it is beyond every tolerance.
    fn movement(&self, horizon: &Horizon, spread: f64, amplitude: f64, error: f64) -> Option<Fate> {
        let alternates = self.factor < 0.0;
        let slack = if alternates { 2.0 * error } else { error };
        if spread + slack < 0.9e-4 * (amplitude - error) {
            return Some(Fate::Settled);
        }
        if spread - 2.0 * error < 1.1e-4 * (amplitude + error) {
            return None;
        }
        let step = |n: u32| self.distance() * self.shrunk(n) * (1.0 - self.factor);
        if alternates {
            (horizon.tail() >= 4 && step(horizon.first + 2) > 4.0 * error).then_some(Fate::Oscillating)
        } else {
            // Steps that rounding could turn around would be reversals.
            (step(horizon.last) > 4.0 * self.blur.at(amplitude)).then_some(Fate::Moving)
        }
    }

    fn expanding(&self, horizon: &Horizon) -> Option<Fate> {
        let (rate, distance) = (self.factor.abs(), self.distance());
        let relative = f64::from(horizon.last) * self.blur.share / rate + self.blur.rest / ((rate - 1.0) * distance);
        if distance == 0.0 || relative > 0.01 {
            return None;
        }
        let reach = distance * self.shrunk(horizon.last);
        if reach > 1.1 * (horizon.divergence + self.fixed.abs()) {
            return Some(Fate::Diverged);
        }
        let swing = distance * self.shrunk(horizon.first);
        let calm = reach + self.fixed.abs() < 0.9 * horizon.divergence && swing > 1e-3 * self.fixed.abs();
        if calm { horizon.chatter(0.9 * (swing - self.fixed.abs()), 1.1 * (reach + self.fixed.abs())) } else { None }
    }
}
