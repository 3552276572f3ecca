//! Convex losses by proximal steps, with L1 or an elastic net: h is lambda, or lambda r, and keeps 0 against slopes up to it. c = eta lambda.

use super::numbers::{Blur, Horizon, MARGIN, Numbers, ROUNDING};
use super::{LOSS_LANDING, LOSS_SETTLES, Prediction};
use crate::kernel::Kernel;
use crate::penalty::{ELASTIC_NET, LK};
use crate::verdict::Fate;

/// lambda R'(0+) of L1 or an elastic net, and lambda R'' beside 0; `None` for other penalties.
pub(crate) fn pull(kernel: Kernel, n: &Numbers) -> Option<(f64, f64)> {
    match kernel.penalty {
        penalty if penalty == &LK && n.k == 1.0 => Some((n.lambda, 0.0)),
        penalty if penalty == &ELASTIC_NET => Some((n.lambda * n.l1_ratio, n.lambda * (1.0 - n.l1_ratio))),
        _ => None,
    }
}

/// What rounding may add to a step at weights of this size: five roundings of a weight, and of the moves of penalty and loss four.
pub(crate) fn step_error(n: &Numbers, size: f64) -> f64 {
    let slope = n.loss.slope(size).abs().max(n.loss.slope(-size).abs());
    ROUNDING * (5.0 * size + 4.0 * n.c() + 4.0 * n.eta * slope) + n.eta * n.loss.doubt(size)
}

/// Steps from w_0 to 0, at most, where L'(w) / w <= 1 / eta all the way: with w_0 > 0 a step takes eta (L'(w) + h) or more off w, and
/// L'(w) >= L'(0); it never leads to below -eta |L'(0)|. `None` where rounding could hold it up.
pub(crate) fn steps_home(n: &Numbers, h: f64) -> Option<f64> {
    if n.w == 0.0 {
        return Some(0.0);
    }
    let gap = n.eta * (h + n.w.signum() * n.loss.slope(0.0));
    let error = step_error(n, n.w.abs());
    let holds = error < MARGIN * gap && n.eta * n.loss.bends(0.0, n.w).1 <= 1.0;
    holds.then(|| n.w.abs() / (gap - error) + 1.0)
}

/// Where L'(w) + h sgn w + b w = 0, as a size, on the side that the loss draws to: |L'(0)| > h. `None` beyond `farthest`.
fn rest(n: &Numbers, side: f64, (h, b): (f64, f64), farthest: f64) -> Option<f64> {
    let balance = |size: f64| side * n.loss.slope(side * size) + h + b * size;
    let (mut low, mut high) = (0.0, farthest);
    if balance(high) <= 0.0 {
        return None;
    }
    loop {
        let middle = low + (high - low) / 2.0;
        if middle <= low || middle >= high {
            return Some(high);
        }
        if balance(middle) < 0.0 { low = middle } else { high = middle }
    }
}

pub(super) fn proximal(kernel: Kernel, n: &Numbers, horizon: &Horizon) -> Prediction {
    let (h, b) = pull(kernel, n)?;
    let drawn = n.loss.slope(0.0).abs();
    if n.eta * h < 1e-10 || n.w.abs() > 0.1 * horizon.divergence {
        return None;
    }
    if drawn + n.loss.doubt(0.0) < h * (1.0 - MARGIN) {
        return horizon.zero_after(steps_home(n, h)?).map(|fate| (fate, &LOSS_LANDING));
    }
    if drawn - n.loss.doubt(0.0) < h * (1.0 + MARGIN) {
        return None;
    }
    settling(n, horizon, (h, b)).map(|fate| (fate, &LOSS_SETTLES))
}

/// |L'(0)| > h. Where eta L'' < 1 the map is monotone, and each step keeps (1 - eta L'') / (1 + c (1-r)) of the distance from w*; what
/// comes from across 0 takes steps of eta (|L'(0)| + h) or more, and comes no farther than w*.
fn settling(n: &Numbers, horizon: &Horizon, (h, b): (f64, f64)) -> Option<Fate> {
    let drawn = n.loss.slope(0.0);
    let side = -drawn.signum();
    let fixed = rest(n, side, (h, b), 0.1 * horizon.divergence)?;
    let (from, begun) = if n.w * side < 0.0 {
        (0.0, n.w.abs() / (n.eta * (drawn.abs() + h) * (1.0 - MARGIN)) + 1.0)
    } else {
        (side * n.w, 0.0)
    };
    if n.eta * n.loss.bends(n.w, side * fixed).1 > 1.0 - MARGIN {
        return None;
    }
    let kept = |one: f64, other: f64| (1.0 - n.eta * n.loss.bends(side * one, side * other).0) / (1.0 + n.eta * b);
    let blur = |size: f64| Blur { share: 0.0, floor: 0.0, rest: step_error(n, size) };
    let (reach, rate) = (0.01 * fixed, kept(from, fixed));
    let near = (blur(fixed + reach), kept(fixed - reach, fixed + reach));
    let far = blur(n.w.abs().max(fixed));
    horizon.rest(fixed, far.distance_near((from - fixed).abs(), rate, horizon.after(begun), reach, near))
}
