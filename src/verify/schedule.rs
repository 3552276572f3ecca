//! Learning rates that fall. c = eta lambda.

use super::expected::{Expected, Reading};
use super::trial::{LOOSE, ROUNDING, Trial};
use crate::theory::inverse_landing;

/// A step that must be summed up to is looked for no further than this.
const FARTHEST: u32 = 100_000;

/// Each step rounds the weight once; its own length comes of a division and two products.
pub(super) fn landing(trial: &Trial) -> Vec<Expected> {
    let n = &trial.n;
    if n.warmup != 0.0 || n.k != 1.0 || n.a != 0.0 || n.w == 0.0 {
        return Vec::new();
    }
    let most = trial.horizon.last.min(FARTHEST);
    let within = |share: f64| inverse_landing(n.lambda, n.eta, n.decay, n.w * share, most);
    let at = within(1.0);
    let off = LOOSE + f64::from(at.unwrap_or(most)) * ROUNDING;
    // Rounding must not decide which step it is.
    if within(1.0 - off) != at || within(1.0 + off) != at || (at.is_none() && most < trial.horizon.last) {
        return Vec::new();
    }
    vec![Expected::exactly(Reading::FirstZero, at.map_or(f64::INFINITY, f64::from))]
}
