//! Elastic nets, lambda (r |w| + (1-r)/2 w^2), by proximal steps. c = eta lambda, q = eta a.

use super::expected::{Expected, Reading};
use super::trial::{MARGIN, ROUNDING, Trial};

/// |w| falls on a line toward -g by the share f a step, where rounding takes four units of what there is and of the moves.
pub(super) fn landing(trial: &Trial) -> Vec<Expected> {
    let n = &trial.n;
    let (pull, shrink) = (n.c() * n.l1_ratio, 1.0 + n.c() * (1.0 - n.l1_ratio));
    let speed = pull - n.q() * n.t * n.w.signum();
    let holds = n.q() * n.t < pull * (1.0 - MARGIN);
    if !holds || n.w == 0.0 || n.q() > 1.0 - MARGIN || speed < MARGIN * pull || shrink - n.rho() < 1e-6 {
        return Vec::new();
    }
    let factor = n.rho() / shrink;
    let moment = libm::log1p(n.w.abs() * (shrink - n.rho()) / speed) / -libm::log(factor);
    let remembered = moment.min(1.0 / (1.0 - factor));
    let size = n.w.abs() + n.t;
    let error = ROUNDING * remembered * (8.0 * size + 6.0 * (n.q() * size + pull)) / speed;
    trial.event(Reading::FirstZero, moment, error).into_iter().collect()
}
