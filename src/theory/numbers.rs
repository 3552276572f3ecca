//! One trajectory's numbers in f64, and when its tail is.

use super::loss::Loss;
use crate::kernel::{Kernel, Role};
use crate::plan::{Limits, Point};
use crate::problem::{NONE, QUADRATIC};
use crate::verdict::Fate;

/// A prediction holds only this far, relatively, from the boundary of another one: a hundred times what f32 rounds away
/// in the thresholds and in a few thousand steps.
pub(crate) const MARGIN: f64 = 1e-3;

/// Half a unit in the last place of an f32, relatively.
pub(crate) const ROUNDING: f64 = 1.0 / (1u64 << 24) as f64;

/// Sizes below this count as decayed: 2^-64.
const DECAYED: f64 = 1.0 / (1u128 << 64) as f64;

/// Powers up to this size, and down to its inverse, are held: 2^100.
const HELD: f64 = (1u128 << 100) as f64;

/// Parameters and start, mirrored so that the target is not negative.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Numbers {
    /// Curvature a of a quadratic loss; 0 where there is none, NaN where it is another.
    pub a: f64,
    /// Its target t >= 0; 0 where there is no loss, NaN where it is another.
    pub t: f64,
    /// The loss, mirrored as the rest.
    pub loss: Loss,
    pub k: f64,
    pub lambda: f64,
    pub eta: f64,
    /// Share of |w| in an elastic net.
    pub l1_ratio: f64,
    /// Where MCP or SCAD becomes flat, in lambdas.
    pub gamma: f64,
    /// Below which weight a penalty is round, or log_sum nearly L1.
    pub delta: f64,
    /// Where capped L1 becomes flat.
    pub cap: f64,
    pub momentum: f64,
    /// How fast an inverse schedule falls, a step.
    pub decay: f64,
    /// Steps in which an inverse schedule first comes up.
    pub warmup: f64,
    /// The start w_0.
    pub w: f64,
}

impl Numbers {
    /// What a kernel of the laws' own members has; NaN for what it has not.
    pub(crate) fn of(kernel: Kernel, point: &Point) -> Numbers {
        let value = |role: Role, place: usize| kernel.values(role, point).get(place).map_or(f64::NAN, |&x| x.into());
        let of_penalty =
            |name: &str| kernel.penalty.member.place(name).map_or(f64::NAN, |place| value(Role::Penalty, place));
        let (a, t) = match kernel.problem {
            problem if problem == &NONE => (0.0, 0.0),
            problem if problem == &QUADRATIC => (value(Role::Problem, 0), value(Role::Problem, 1)),
            _ => (f64::NAN, f64::NAN),
        };
        let t = if a == 0.0 { 0.0 } else { t };
        let mirror = if t < 0.0 { -1.0 } else { 1.0 };
        Numbers {
            a,
            t: mirror * t,
            loss: if a.is_nan() { Loss::of(kernel, point) } else { Loss::parabola(a, mirror * t) },
            k: of_penalty("k"),
            lambda: of_penalty("lambda"),
            eta: value(Role::Optimizer, 0),
            l1_ratio: of_penalty("l1_ratio"),
            gamma: of_penalty("gamma"),
            delta: of_penalty("delta"),
            cap: of_penalty("cap"),
            momentum: value(Role::Optimizer, 1),
            decay: value(Role::Schedule, 0),
            warmup: value(Role::Schedule, 1),
            // Of a start at 0 the mirror image is 0, not -0.
            w: mirror * f64::from(point.start) + 0.0,
        }
    }

    /// eta a: the share of its distance from the target that the loss takes in a step.
    pub(crate) fn q(&self) -> f64 {
        self.eta * self.a
    }

    /// rho = 1 - eta a.
    pub(crate) fn rho(&self) -> f64 {
        1.0 - self.q()
    }

    /// c = eta lambda: the penalty's strength in a step.
    pub(crate) fn c(&self) -> f64 {
        self.eta * self.lambda
    }

    /// u = lambda / a: the penalty's strength beside the loss; infinite without a loss.
    pub(crate) fn u(&self) -> f64 {
        self.lambda / self.a
    }

    /// c k |w|^(k-2) at |w| = `size`: the share of it that the penalty takes in a step.
    pub(crate) fn share(&self, size: f64) -> f64 {
        self.c() * self.k * libm::pow(size, self.k - 2.0)
    }

    /// Whether all numbers are of sizes that f32 multiplies and takes roots of with room to spare. Beyond, real arithmetic
    /// says nothing of it.
    pub(crate) fn are_ordinary(&self) -> bool {
        let usual = |size: f64| size == 0.0 || (1e-12..1e9).contains(&size);
        let sizes = [self.w.abs(), self.eta, self.lambda];
        sizes.into_iter().chain(self.loss.sizes()).all(usual) && (self.k.is_nan() || (0.02..64.0).contains(&self.k))
    }

    /// How far from 0 a weight gets, at most, that a loss with eta a < 2 draws to its target, k != 1 but for jumps across 0;
    /// k = 1: by subgradient each step may add c, of which later ones keep the share |rho|, or one crosses zero by c. Of another loss
    /// nothing is known here.
    pub(crate) fn farthest(&self) -> f64 {
        if self.a.is_nan() {
            return self.w.abs();
        }
        let jump = if self.k == 1.0 { self.c() * (1.0 / (2.0 - self.q())).max(1.0) } else { 0.0 };
        self.w.abs() + 2.0 * self.t + jump
    }

    /// Whether f32 holds |w|^(k-1) at |w| = `size`: it takes less than 2^-100 for 0 and cannot hold 2^128.
    pub(crate) fn is_power_held(&self, size: f64) -> bool {
        (1.0 / HELD..HELD).contains(&libm::pow(size, self.k - 1.0))
    }

    /// Whether the pull still carries a weight past `divergence` where its power grows no more.
    pub(crate) fn pulls_past(&self, divergence: f64) -> bool {
        libm::pow(divergence, self.k - 1.0) < HELD || self.c() * self.k * HELD > 10.0 * divergence
    }

    /// What rounding adds to a step of the loss: four roundings of q |w - t| and `weights` of a weight. The weights are no
    /// larger than |w| and |rho| |w| + q t; where steps draw w to `place`, than |w| and |place|.
    pub(crate) fn loss_blur(&self, weights: f64, place: f64) -> Blur {
        let (q, kept) = (self.q(), self.rho().abs().max(1.0));
        Blur {
            share: ROUNDING * (weights * kept + 4.0 * q),
            floor: ROUNDING * (weights + 4.0) * q * self.t,
            rest: ROUNDING * (weights * place.abs() + 4.0 * q * (self.t - place).abs()),
        }
    }

    /// As `loss_blur`, with a pull of no more than c k |w|^(k-1) at |w| = `place`: three roundings of it, for a power seven more
    /// and four for each octave of it.
    pub(crate) fn blur(&self, weights: f64, place: f64) -> Blur {
        let m = self.k - 1.0;
        let roundings = if m == 0.0 { 3.0 } else { 10.0 + 4.0 * (m * libm::log2(place)).abs() };
        let pull = ROUNDING * roundings * self.c() * self.k * libm::pow(place, m);
        let loss = self.loss_blur(weights, place);
        Blur { floor: loss.floor + pull, rest: loss.rest + pull, ..loss }
    }

    /// Whether rounding is a thousandth, at most, of a step that takes `share` of w.
    pub(crate) fn resolves(&self, share: f64) -> bool {
        self.loss_blur(2.0, 0.0).share < MARGIN * share
    }

    /// Steps in which |w| falls to `size` by a factor of `rate` each; never by a factor of 1.
    pub(crate) fn steps_to(&self, size: f64, rate: f64) -> f64 {
        if rate >= 1.0 {
            return f64::INFINITY;
        }
        (libm::log(self.w.abs() / size) / -libm::log(rate)).max(0.0)
    }
}

/// What rounding adds to a step from w, at most: `share` |w| + `floor`; around a place w*, `share` |w - w*| + `rest`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Blur {
    pub share: f64,
    pub floor: f64,
    pub rest: f64,
}

impl Blur {
    pub(crate) fn at(&self, size: f64) -> f64 {
        self.share * size + self.floor
    }

    /// How far from w*, at most, `steps` steps leave a weight that they draw there by `rate` each, from `distance`:
    /// d' <= rate d + share d + rest.
    pub(crate) fn distance(&self, distance: f64, rate: f64, steps: f64) -> f64 {
        let rate = rate + self.share;
        if rate < 1.0 { distance * libm::pow(rate, steps) + self.rest / (1.0 - rate) } else { f64::INFINITY }
    }

    /// The same where within `reach` of w* steps draw by `near`'s rate and its blur is what rounding adds: half the steps lead
    /// there, the rest beyond. A quarter more of the distance for what is of second order.
    pub(crate) fn distance_near(&self, distance: f64, rate: f64, steps: f64, reach: f64, near: (Blur, f64)) -> f64 {
        let half = libm::floor(steps / 2.0);
        let (begun, stalled) = (self.distance(distance, rate, half), self.distance(0.0, rate, 0.0));
        let closer = if begun < reach { near.0.distance(begun, near.1, steps - half) } else { stalled };
        1.25 * distance * libm::pow(rate + self.share, steps) + closer.min(stalled)
    }

    /// How far, at most, `steps` such steps stray from those of real arithmetic: e' <= (rate + share) e + share d_n + rest,
    /// d_n <= d rate^n.
    pub(crate) fn strayed(&self, distance: f64, rate: f64, steps: f64) -> f64 {
        let blurred = rate + self.share;
        let remembered =
            if blurred < 1.0 { steps.min(1.0 / (1.0 - blurred)) } else { steps * libm::pow(blurred, steps) };
        distance * (libm::pow(blurred, steps) - libm::pow(rate, steps)) + self.rest * remembered
    }
}

/// The steps of the tail and what its iterates are measured by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Horizon {
    /// Step of the first tail iterate.
    pub first: u32,
    /// The last step, T.
    pub last: u32,
    pub tolerance: f64,
    pub divergence: f64,
}

impl Horizon {
    pub(crate) fn of(limits: &Limits) -> Horizon {
        Horizon {
            first: limits.steps + 1 - limits.tail,
            last: limits.steps,
            tolerance: limits.tolerance.into(),
            divergence: limits.divergence.into(),
        }
    }

    /// Iterates of the tail.
    pub(crate) fn tail(&self) -> u32 {
        self.last + 1 - self.first
    }

    /// Whether what takes `steps` is over before the tail begins.
    pub(crate) fn outlasts(&self, steps: f64) -> bool {
        steps * (1.0 + MARGIN) + 2.0 <= f64::from(self.first)
    }

    /// Whether what takes at least `steps` has not happened by the last step.
    pub(crate) fn precedes(&self, steps: f64) -> bool {
        steps * (1.0 - MARGIN) - 2.0 >= f64::from(self.last)
    }

    /// Steps from `begun` to the tail, at least 0.
    pub(crate) fn after(&self, begun: f64) -> f64 {
        (f64::from(self.first) - (begun * (1.0 + MARGIN) + 2.0)).max(0.0)
    }

    /// `Zero` once that which takes `steps` is over.
    pub(crate) fn zero_after(&self, steps: f64) -> Option<Fate> {
        self.outlasts(steps).then_some(Fate::Zero)
    }

    /// The fate where every tail iterate is within `spread` of `size`.
    pub(crate) fn rest(&self, size: f64, spread: f64) -> Option<Fate> {
        match self.small(size - spread, size + spread) {
            Size::Known(fate) => Some(fate),
            Size::Large if spread < 0.45e-4 * size => Some(Fate::Settled),
            _ => None,
        }
    }

    /// The fate where iterates alternate in sign, the largest of the tail between `low` and `high`.
    pub(crate) fn chatter(&self, low: f64, high: f64) -> Option<Fate> {
        match self.small(low, high) {
            Size::Known(fate) => Some(fate),
            // Three differences in turn are two reversals.
            Size::Large if self.tail() >= 4 => Some(Fate::Oscillating),
            _ => None,
        }
    }

    /// What a tail whose largest |w| is between `low` and `high` is by its size alone, if not zero.
    pub(crate) fn small(&self, low: f64, high: f64) -> Size {
        let below = |bound: f64| high < bound * (1.0 - MARGIN);
        let above = |bound: f64| low > bound * (1.0 + MARGIN);
        if below(DECAYED) {
            Size::Known(Fate::Decayed)
        } else if !above(DECAYED) {
            Size::Unknown
        } else if below(self.tolerance) {
            Size::Known(Fate::NearZero)
        } else if above(self.tolerance) {
            Size::Large
        } else {
            Size::Unknown
        }
    }
}

/// What a tail is by its size.
pub(crate) enum Size {
    /// Decayed or near zero.
    Known(Fate),
    /// Beyond every tolerance: its movement decides.
    Large,
    /// Too near a bound.
    Unknown,
}
