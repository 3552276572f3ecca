//! The members of the family in f64, written from the mathematics and not from `shaders/`: what an error there would
//! change, it cannot change here.

use crate::kernel::Kernel;
use crate::optimizer::Optimizer;
use crate::plan::Point;
use crate::problem::Problem;
use std::f64::consts::FRAC_PI_2;

/// One trajectory's update rule, with its f32 parameters as f64.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    optimizer: Optimizer,
    /// L(w) = a/2 (w - t)^2; a = 0 where there is no loss.
    a: f64,
    t: f64,
    /// lambda |w|^k.
    k: f64,
    lambda: f64,
    eta: f64,
}

impl Rule {
    pub fn new(kernel: Kernel, point: &Point) -> Rule {
        let p = &point.parameters;
        let [curvature, t, k, lambda, eta] =
            [p.curvature, p.target_weight, p.k, p.lambda, p.learning_rate].map(f64::from);
        let a = match kernel.problem {
            Problem::None => 0.0,
            Problem::Quadratic => curvature,
        };
        Rule { optimizer: kernel.optimizer, a, t, k, lambda, eta }
    }

    /// The iterate after `w`.
    pub fn step(&self, w: f64) -> f64 {
        let by_loss = self.a * (w - self.t);
        match self.optimizer {
            Optimizer::Subgradient => w - self.eta * (by_loss + self.lambda * slope(self.k, w)),
            Optimizer::Truncated => {
                let v = w - self.eta * by_loss;
                let moved = v - self.eta * self.lambda * slope(self.k, v);
                if (moved > 0.0 && v > 0.0) || (moved < 0.0 && v < 0.0) { moved } else { 0.0 }
            }
            Optimizer::Proximal => prox(self.k, self.eta * self.lambda, w - self.eta * by_loss),
        }
    }
}

/// d/dw |w|^k = k |w|^(k-1) sgn(w), with 0 at 0.
pub fn slope(k: f64, w: f64) -> f64 {
    if w == 0.0 {
        return 0.0;
    }
    let size = w.abs();
    let power = match k {
        0.5 => 1.0 / size.sqrt(),
        1.0 => 1.0,
        1.5 => size.sqrt(),
        2.0 => size,
        3.0 => size * size,
        k => libm::pow(size, k - 1.0),
    };
    (k * power).copysign(w)
}

/// argmin over v of (v - x)^2 / 2 + u |v|^k: the global minimiser, at a tie 0. Where k > 1 it is 0 at x = 0 alone: one that is
/// too small for f64 becomes its smallest normal number. The f32 next to 2/3 stands for 2/3 itself.
pub fn prox(k: f64, u: f64, x: f64) -> f64 {
    let size = x.abs();
    let k = if k == f64::from(2.0_f32 / 3.0) { 2.0 / 3.0 } else { k };
    if u == 0.0 || size == 0.0 || !size.is_finite() {
        return x;
    }
    let root = match k {
        1.0 => size - u,
        1.5 => {
            let s = 2.0 * size / (1.5 * u + (2.25 * u * u + 4.0 * size).sqrt());
            s * s
        }
        2.0 => size / (1.0 + 2.0 * u),
        3.0 => 2.0 * size / (1.0 + (1.0 + 12.0 * u * size).sqrt()),
        k if k < 1.0 && size <= threshold(k, u) => 0.0,
        0.5 => half(u, size),
        k => root(k, u, size),
    };
    root.max(if k > 1.0 { f64::MIN_POSITIVE } else { 0.0 }).copysign(x)
}

/// T_k(u) = (2-k) / (2 (1-k)) (2 u (1-k))^(1/(2-k)), k < 1: up to there 0 is the minimiser. Rounding must hide no tie, so it is
/// more by what rounding may take. In units of 2^-53: z = 2 u (1-k) is off by 3, the exponent by 2, which count |ln z|
/// times, the power by 2, what stands before it by 4, and there are 3 products.
fn threshold(k: f64, u: f64) -> f64 {
    let z = 2.0 * u * (1.0 - k);
    let hidden = (6.0 + libm::log(z).abs()) * f64::EPSILON;
    (2.0 - k) / (2.0 * (1.0 - k)) * libm::pow(z, 1.0 / (2.0 - k)) * (1.0 + hidden)
}

/// k = 1/2 beyond the threshold: (2x/3) (1 + cos(2/3 arccos(-(3 sqrt 3 / 4) u x^(-3/2)))) (Xu, Chang, Xu and Zhang, IEEE
/// Trans. Neural Netw. 23, 2012). Here arccos(-c) = pi/2 + arcsin(c).
fn half(u: f64, x: f64) -> f64 {
    let c = 0.75 * 3.0_f64.sqrt() * u / (x * x.sqrt());
    2.0 * x / 3.0 * (1.0 + libm::cos((FRAC_PI_2 + libm::asin(c.min(1.0))) * 2.0 / 3.0))
}

/// The larger root w of w + u k w^(k-1) = x > 0. With w = e^y the left side is a sum of exponentials, convex in y, so
/// Newton's method comes down to the root from any y above it; one more step in w takes off the rounding of y.
fn root(k: f64, u: f64, x: f64) -> f64 {
    let c = u * k;
    let highest = libm::log(x);
    let mut y = if k > 1.0 { highest.min(libm::log(x / c) / (k - 1.0)) } else { highest };
    for _ in 0..200 {
        let (w, pulled) = (libm::exp(y), c * libm::exp((k - 1.0) * y));
        let lower = y - (w + pulled - x) / (w + (k - 1.0) * pulled);
        if lower.is_nan() || lower >= y - 1e-15 * y.abs().max(1.0) {
            break;
        }
        y = lower;
    }
    let w = libm::exp(y);
    let pulled = c * libm::pow(w, k - 1.0);
    let corrected = w - w * (w + pulled - x) / (w + (k - 1.0) * pulled);
    if corrected.is_finite() { corrected } else { w }
}
