//! Learning rates that fall: eta_n = eta / (1 + d n). c = eta lambda.

use super::numbers::{Horizon, Numbers};
use super::{Prediction, SLOWING_LANDING};
use crate::kernel::Kernel;

/// The step at which L1 alone lands on zero by proximal steps, or crosses it, from `w` > 0: the first n with
/// c (1 + 1/(1+d) + ... + 1/(1+(n-1)d)) >= w; `None` beyond `most` steps.
///
/// ```
/// use zerosweep::theory::inverse_landing;
/// assert_eq!(inverse_landing(1.0, 1.0, 1.0, 1.8, 100), Some(3));
/// assert_eq!(inverse_landing(1.0, 1.0, 0.0, 1.8, 100), Some(2));
/// ```
pub fn inverse_landing(lambda: f64, learning_rate: f64, decay: f64, w: f64, most: u32) -> Option<u32> {
    let sought = w / (learning_rate * lambda);
    let mut sum = 0.0;
    (1..=most).find(|&n| {
        sum += 1.0 / (1.0 + decay * f64::from(n - 1));
        sum >= sought
    })
}

/// k = 1, a = 0, by rules that stop at zero. The sum of 1 / (1 + d j), j < n, is at least ln(1 + d n) / d.
pub(super) fn landing(_: Kernel, n: &Numbers, horizon: &Horizon) -> Prediction {
    let sought = n.w.abs() / n.c();
    let steps = if n.decay == 0.0 { sought } else { libm::expm1(n.decay * sought) / n.decay };
    // The last step must be long enough for f32 to take it to a thousandth.
    let shortest = n.c() / (1.0 + n.decay * steps);
    let resolved = shortest > 1e-4 * n.w.abs() && n.c() > 1e-10;
    let tells = n.warmup == 0.0 && n.k == 1.0 && n.a == 0.0 && n.w != 0.0 && resolved;
    if tells { horizon.zero_after(steps).map(|fate| (fate, &SLOWING_LANDING)) } else { None }
}
