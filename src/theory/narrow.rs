//! Weights in 16 bits.

use super::numbers::{Horizon, MARGIN, Numbers};
use super::{NARROW_STALL, Prediction};
use crate::kernel::Kernel;
use crate::precision::Precision;

/// Half the distance from `w`, a number of the format, to the next one towards 0 or away from it: a shorter step is rounded away.
///
/// ```
/// use zerosweep::{precision::Precision, theory::half_unit};
/// assert_eq!(half_unit(Precision::Bf16, 1.5, true), 2f64.powi(-8));
/// assert_eq!(half_unit(Precision::F16, 1.0, true), 2f64.powi(-12));
/// assert_eq!(half_unit(Precision::F16, 1.0, false), 2f64.powi(-11));
/// ```
pub fn half_unit(precision: Precision, w: f64, towards_zero: bool) -> f64 {
    let octave = libm::ilogb(w);
    let is_power = w.abs() == libm::ldexp(1.0, octave);
    let unit = libm::ldexp(1.0, octave + 1 - precision.significant_bits());
    if is_power && towards_zero { unit / 4.0 } else { unit / 2.0 }
}

/// With the penalty in the loss: a first step of less than half a unit is no step, and so are all that follow.
pub(super) fn stall(kernel: Kernel, n: &Numbers, horizon: &Horizon) -> Prediction {
    let precision = kernel.optimizer.precision;
    if n.w == 0.0 || precision.nearest_in_f64(n.w) != n.w {
        return None;
    }
    let (pull, size) = (n.c() * n.k * libm::pow(n.w.abs(), n.k - 1.0), n.w.abs());
    let step = n.q() * (n.w - n.t) + pull.copysign(n.w);
    let half = half_unit(precision, n.w, (step < 0.0) != (n.w > 0.0));
    let rounded = 32.0 * super::ROUNDING * (n.q() * (size + n.t) + pull);
    let tells = n.is_power_held(size) && step.abs() + rounded < (1.0 - MARGIN) * half;
    if tells { horizon.rest(size, 0.0).map(|fate| (fate, &NARROW_STALL)) } else { None }
}
