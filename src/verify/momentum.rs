//! Heavy ball. c = eta lambda.

use super::expected::{Expected, Reading};
use super::trial::{ROUNDING, Trial};
use crate::theory::{ball_crossing, ball_way};

/// After n steps w is w_0 - c [`ball_way`]. Each step rounds the weight once, and its move three times.
pub(super) fn crossing(trial: &Trial) -> Vec<Expected> {
    let n = &trial.n;
    let mu = n.momentum;
    if n.k != 1.0 || n.a != 0.0 || n.w == 0.0 || !(0.01..0.999).contains(&mu) {
        return Vec::new();
    }
    let step = ball_crossing(n.lambda, n.eta, mu, n.w);
    let way = |after: f64| n.c() * ball_way(mu, after);
    let off = ROUNDING * step * (n.w + 4.0 * n.c() / (1.0 - mu));
    let certain = way(step - 1.0) < n.w - off && way(step) > n.w + off;
    match step <= trial.steps() {
        _ if !certain || step > 1e7 => Vec::new(),
        true => vec![Expected::exactly(Reading::FirstCrossing, step)],
        false => vec![Expected::exactly(Reading::FirstCrossing, f64::INFINITY)],
    }
}
