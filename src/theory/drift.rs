//! The linear loss L(w) = d0 w with L1: a slope of d0 + lambda sgn w, whatever the rule. c = eta lambda.

use super::numbers::{Horizon, MARGIN, Numbers, ROUNDING};
use super::{DRIFT, DRIFT_CHATTER, Prediction};
use crate::kernel::Kernel;
use crate::optimizer::PenaltyStep;
use crate::verdict::Fate;

/// The moment |w_0| / (eta (lambda + d0 sgn w_0)), whose ceiling is the step at which L1 and a linear loss first cross or land on zero;
/// infinite where they lead away from it.
///
/// ```
/// use zerosweep::theory::drift_crossing;
/// assert_eq!(drift_crossing(0.25, 0.75, 0.5, 2.0), 4.0);
/// assert_eq!(drift_crossing(0.25, 0.75, 0.5, -2.0), 8.0);
/// assert_eq!(drift_crossing(-1.0, 0.75, 0.5, 2.0), f64::INFINITY);
/// ```
pub fn drift_crossing(d0: f64, lambda: f64, learning_rate: f64, w: f64) -> f64 {
    let speed = learning_rate * (lambda + d0 * w.signum());
    if speed > 0.0 { w.abs() / speed } else { f64::INFINITY }
}

/// Whether each step, of this length, is a thousand times what rounding adds to a weight of this size.
fn is_resolved(step: f64, size: f64) -> bool {
    step > 1e-10 && step * MARGIN > 4.0 * ROUNDING * size
}

pub(super) fn fates(kernel: Kernel, n: &Numbers, horizon: &Horizon) -> Prediction {
    let (d0, c) = (n.loss.slope(0.0), n.c());
    let (fast, slow) = (c + n.eta * d0.abs(), n.eta * d0.abs() - c);
    let moment = drift_crossing(d0, n.lambda, n.eta, n.w);
    if n.k != 1.0 || slow.abs() < MARGIN * fast {
        return None;
    }
    if n.w != 0.0 && horizon.precedes(moment) {
        let way = Way { size: n.w.abs(), speed: -(c + n.eta * d0 * n.w.signum()) };
        return way.fate(horizon).map(|fate| (fate, &DRIFT));
    }
    // Beyond zero a weight may be as far as its longest step.
    if fast > 0.9 * horizon.divergence {
        return None;
    }
    let begun = if n.w == 0.0 { 0.0 } else { moment };
    if !horizon.outlasts(begun + 1.0) || !is_resolved(slow.abs(), n.w.abs().max(fast)) {
        return None;
    }
    if slow > 0.0 {
        // The step across, less than one after the moment, leads to within `fast` of zero.
        let ways = [-(begun + 1.0) * slow, fast - begun * slow].map(|size| Way { size, speed: slow }.fate(horizon));
        return ways[0].filter(|_| ways[0] == ways[1]).map(|fate| (fate, &DRIFT));
    }
    let in_loss = kernel.optimizer.penalty_step == PenaltyStep::InLoss;
    let tells = in_loss && f64::from(horizon.tail()) > 2.0 * (fast / -slow + 2.0) + 4.0;
    // A step across zero is `fast` long one way; from 0 itself a step is eta d0.
    let chatters = || horizon.chatter((fast / 2.0).min(n.eta * d0.abs()), fast);
    if tells { chatters().map(|fate| (fate, &DRIFT_CHATTER)) } else { None }
}

/// |w_n| = size + n speed, as long as that is positive.
struct Way {
    size: f64,
    speed: f64,
}

impl Way {
    fn at(&self, step: u32) -> f64 {
        self.size + f64::from(step) * self.speed
    }

    fn fate(&self, horizon: &Horizon) -> Option<Fate> {
        let [first, last] = [horizon.first, horizon.last].map(|step| self.at(step));
        let (low, high) = (first.min(last), first.max(last));
        // A step that rounding could stop moves nothing for sure.
        if !is_resolved(self.speed.abs(), high.max(self.size).min(2.0 * horizon.divergence)) {
            return None;
        }
        if last > 1.1 * horizon.divergence {
            return Some(Fate::Diverged);
        }
        if high > 0.9 * horizon.divergence || low < horizon.tolerance * (1.0 + MARGIN) + MARGIN * self.size.abs() {
            return None;
        }
        match (high - low) / high {
            share if share > 1.1e-4 => Some(Fate::Moving),
            share if share < 0.9e-4 => Some(Fate::Settled),
            _ => None,
        }
    }
}
