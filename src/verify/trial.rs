//! One trajectory as the checks see it.

use super::expected::{Expected, Reading};
use crate::kernel::{Kernel, Role};
use crate::optimizer::PenaltyStep;
use crate::plan::{Limits, Point};
use crate::theory::{Horizon, Law, Laws, Numbers};
use crate::verdict::Fate;

pub(super) use crate::theory::{MARGIN, ROUNDING};

/// What two devices' single steps may differ by, relatively to their greatest term: sixteen roundings of 2.5 units in
/// the last place, WGSL's loosest for a division, are 80 roundings of 2^-24.
pub(super) const LOOSE: f64 = 80.0 * ROUNDING;

/// A trajectory's numbers, mirrored at 0 so that t > 0, or t = 0 and w_0 >= 0.
pub(super) struct Trial {
    pub kernel: Kernel,
    point: Point,
    pub n: Numbers,
    pub penalty_step: PenaltyStep,
    pub horizon: Horizon,
    /// The fate that theory predicts, and by which law.
    pub told: Option<(Fate, &'static Law)>,
    pub mirrored: bool,
    /// Whether a penalty pulls and no noise does, all numbers are of usual sizes, and no weight comes near the limit of divergence that loss or
    /// L1 do not send there.
    pub ordinary: bool,
}

impl Trial {
    /// Of a trajectory of the kernel that `laws` speak of.
    pub(super) fn new(laws: &Laws, point: &Point, limits: &Limits) -> Trial {
        let kernel = laws.kernel;
        let mut n = Numbers::of(kernel, point);
        let turned = n.t == 0.0 && n.w < 0.0;
        if turned {
            n.w = -n.w;
        }
        let mirrored = turned || (n.t > 0.0 && is_mirrored(kernel, point));
        let horizon = Horizon::of(limits);
        let is_pulled = n.lambda > 0.0 && !kernel.is_disturbed(point);
        let ordinary = is_pulled && n.are_ordinary() && n.farthest() < 0.1 * horizon.divergence;
        Trial {
            kernel,
            point: *point,
            n,
            penalty_step: kernel.optimizer.penalty_step,
            horizon,
            told: laws.predict(point, limits),
            mirrored,
            ordinary,
        }
    }

    /// The values of a member's parameters.
    pub(super) fn own(&self, role: Role) -> Vec<f64> {
        self.kernel.values(role, &self.point).iter().map(|&value| value.into()).collect()
    }

    /// T, as a number.
    pub(super) fn steps(&self) -> f64 {
        self.horizon.last.into()
    }

    /// Whether the law of this name decides the fate.
    pub(super) fn is_told_by(&self, laws: &[&'static Law]) -> Option<Fate> {
        self.told.filter(|(_, by)| laws.iter().any(|law| std::ptr::eq(*law, *by))).map(|(fate, _)| fate)
    }

    /// An event that comes at the first whole step from `moment` on, where rounding moves the moment by `error` steps at
    /// most: nothing where that leaves more than one step in a hundred, or the last step, in doubt.
    pub(super) fn event(&self, reading: Reading, moment: f64, error: f64) -> Option<Expected> {
        let [early, late] = [(moment - error).ceil(), (moment + error).ceil()];
        if error.is_nan() || error > 0.01 * moment.max(10.0) {
            None
        } else if early > self.steps() {
            Some(Expected::exactly(reading, f64::INFINITY))
        } else if late > self.steps() {
            None
        } else {
            let value = moment.ceil();
            Some(Expected { below: value - early, above: late - value, ..Expected::exactly(reading, value) })
        }
    }
}

/// Whether the target is negative.
fn is_mirrored(kernel: Kernel, point: &Point) -> bool {
    kernel.values(Role::Problem, point).get(1).is_some_and(|&target| target < 0.0)
}
