//! Minimisers of F(w) = a/2 (w - t)^2 + lambda |w|^k with a > 0, in terms of u = lambda / a and t >= 0.

use std::cell::Cell;
use std::thread::LocalKey;

/// A value and the numbers k, u and t that it belongs to, bit by bit.
type Last<T> = Cell<Option<([u64; 3], T)>>;

thread_local! {
    static LAST_BASINS: Last<(f64, f64)> = const { Cell::new(None) };
    static LAST_MINIMISER: Last<f64> = const { Cell::new(None) };
}

/// What `of` makes of these numbers. The trajectories of a cell ask for the same one after the other.
fn last<T: Copy>(known: &'static LocalKey<Last<T>>, numbers: [f64; 3], of: impl FnOnce() -> T) -> T {
    let numbers = numbers.map(f64::to_bits);
    match known.get() {
        Some((same, value)) if same == numbers => value,
        _ => {
            let value = of();
            known.set(Some((numbers, value)));
            value
        }
    }
}

/// Whether 0 is a global minimiser of a/2 (w - t)^2 + lambda |w|^k: |t| <= [`zero_threshold`].
///
/// ```
/// use zerosweep::theory::minimiser_is_zero;
/// assert!(minimiser_is_zero(1.0, 0.5, 0.3, 1.0) == false && minimiser_is_zero(1.0, 0.5, 0.7, 1.0));
/// assert!(minimiser_is_zero(1.0, 0.0, 0.7, 2.0) && !minimiser_is_zero(1.0, 0.01, 1e6, 2.0));
/// ```
pub fn minimiser_is_zero(curvature: f64, target: f64, lambda: f64, k: f64) -> bool {
    target.abs() <= zero_threshold(k, lambda / curvature)
}

/// T_k(u): 0 minimises (w - t)^2 / 2 + u |w|^k iff |t| is at most this, which is also where the proximal map of u |w|^k
/// leaves 0. (2-k) / (2 (1-k)) (2 u (1-k))^(1/(2-k)) for k < 1, u for k = 1, 0 for k > 1.
pub fn zero_threshold(k: f64, u: f64) -> f64 {
    if k < 1.0 {
        (2.0 - k) / (2.0 * (1.0 - k)) * smallest_minimiser(k, u)
    } else if k == 1.0 {
        u
    } else {
        0.0
    }
}

/// (2 u (1-k))^(1/(2-k)): the smallest nonzero value of the proximal map of u |w|^k, k < 1.
pub fn smallest_minimiser(k: f64, u: f64) -> f64 {
    libm::pow(2.0 * u * (1.0 - k), 1.0 / (2.0 - k))
}

/// t_s = w_s (2-k) / (1-k), w_s = (u k (1-k))^(1/(2-k)), k < 1: 0 is the only local minimum iff |t| <= t_s.
pub fn fold(k: f64, u: f64) -> f64 {
    inflection(k, u) * (2.0 - k) / (1.0 - k)
}

/// w_s, where F'' vanishes; k < 1.
fn inflection(k: f64, u: f64) -> f64 {
    libm::pow(u * k * (1.0 - k), 1.0 / (2.0 - k))
}

/// The target above which proximal gradient with k < 1 and eta a <= 1 keeps a weight from far above away from 0: t_s
/// where eta a <= k/2, else w_eta + u k w_eta^(k-1) with w_eta = (2 eta lambda (1-k))^(1/(2-k)).
pub fn survival_threshold(k: f64, u: f64, step: f64) -> f64 {
    if step <= k / 2.0 {
        return fold(k, u);
    }
    let least = smallest_minimiser(k, step * u);
    least + u * k * libm::pow(least, k - 1.0)
}

/// The target above which proximal gradient with k < 1 and `step` = eta a <= 1 leaves 0: T_k(u) step^(-(1-k)/(2-k)).
pub fn departure_threshold(k: f64, u: f64, step: f64) -> f64 {
    zero_threshold(k, u) * libm::pow(step, -(1.0 - k) / (2.0 - k))
}

/// The local minima and the barrier between them, k < 1 and t > t_s: roots w_- < w_+ of w + u k w^(k-1) = t. Below w_-
/// the flow ends at 0, above it at w_+.
pub fn basins(k: f64, u: f64, t: f64) -> (f64, f64) {
    last(&LAST_BASINS, [k, u, t], || roots(k, u, t))
}

fn roots(k: f64, u: f64, t: f64) -> (f64, f64) {
    let bottom = inflection(k, u);
    let excess = |w: f64| w + u * k * libm::pow(w, k - 1.0) - t;
    let slope = |w: f64| 1.0 - u * k * (1.0 - k) * libm::pow(w, k - 2.0);
    // Newton from the convex side is monotone. At the lower root the pull alone is almost t.
    let upper = newton(t, |w| excess(w) / slope(w), bottom);
    let lower = newton(libm::pow(t / (u * k), 1.0 / (k - 1.0)), |w| excess(w) / slope(w), 0.0);
    (lower.min(bottom), upper)
}

/// w* of (w - t)^2 / 2 + u |w|^k for k >= 1 and t >= 0: the root of w + u k w^(k-1) = t; for k = 1 max(t - u, 0).
pub fn convex_minimiser(k: f64, u: f64, t: f64) -> f64 {
    if k == 1.0 || t == 0.0 {
        return (t - u).max(0.0) * f64::from(u8::from(k == 1.0 || t != 0.0));
    }
    if k == 2.0 {
        return t / (1.0 + 2.0 * u);
    }
    last(&LAST_MINIMISER, [k, u, t], || smooth_minimiser(k, u, t))
}

/// k > 1, t > 0. In v = w^(k-1) below k = 2, in w above: the side on which Newton's method is monotone.
fn smooth_minimiser(k: f64, u: f64, t: f64) -> f64 {
    if k < 2.0 {
        let power = 1.0 / (k - 1.0);
        let step = |v: f64| {
            let w = libm::pow(v, power);
            (w + u * k * v - t) / (power * w / v + u * k)
        };
        return libm::pow(newton((t / (u * k)).min(libm::pow(t, k - 1.0)), step, 0.0), power);
    }
    let step = |w: f64| {
        let pull = u * k * libm::pow(w, k - 2.0);
        (w * (1.0 + pull) - t) / (1.0 + (k - 1.0) * pull)
    };
    newton(t.min(libm::pow(t / (u * k), 1.0 / (k - 1.0))), step, 0.0)
}

/// Newton's method, from where it is monotone, until f64 has no more to give; never below `least`.
fn newton(from: f64, step: impl Fn(f64) -> f64, least: f64) -> f64 {
    let mut w = from;
    for _ in 0..60 {
        let next = (w - step(w)).max(least);
        if (next - w).abs() <= 1e-13 * w {
            return next;
        }
        w = next;
    }
    w
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The least of F over a fine grid of logarithms, and at 0.
    fn searched(k: f64, u: f64, t: f64) -> f64 {
        let f = |w: f64| (w - t) * (w - t) / 2.0 + u * w.powf(k);
        let grid = (0..400_000).map(|i| t.max(1e-9) * 1.000_05_f64.powi(-i));
        grid.chain([0.0]).min_by(|a, b| f(*a).total_cmp(&f(*b))).unwrap()
    }

    #[test]
    fn minimisers_beat_every_other_weight() {
        for (k, u, t) in
            [(1.2, 0.4, 0.7), (1.5, 0.3, 1.0), (1.9, 2.0, 0.4), (2.0, 0.5, 3.0), (3.0, 0.2, 2.0), (10.0, 0.1, 1.5)]
        {
            let (found, expected) = (convex_minimiser(k, u, t), searched(k, u, t));
            // F is flat at its minimum: a grid of ratio 1.00005 finds it no closer than that.
            assert!((found / expected - 1.0).abs() < 1e-4, "k = {k}: {found}, not {expected}");
        }
        for (k, u, t) in [(0.5, 0.3, 1.0), (0.5, 0.3, 0.6), (0.3, 0.1, 0.9), (2.0 / 3.0, 0.4, 0.8), (0.9, 0.5, 0.49)] {
            let expected = searched(k, u, t);
            assert_eq!(minimiser_is_zero(1.0, t, u, k), expected == 0.0, "k = {k}, u = {u}, t = {t}");
            if expected > 0.0 {
                assert!((basins(k, u, t).1 / expected - 1.0).abs() < 1e-4);
            }
        }
    }

    #[test]
    fn thresholds_have_their_known_values() {
        let near =
            |found: f64, expected: f64| assert!((found / expected - 1.0).abs() < 1e-12, "{found}, not {expected}");
        near(zero_threshold(0.5, 0.7), 1.5 * 0.7f64.powf(2.0 / 3.0));
        near(zero_threshold(2.0 / 3.0, 0.7), 2.0 * (1.4f64 / 3.0).powf(0.75));
        assert_eq!((zero_threshold(1.0, 0.7), zero_threshold(1.5, 0.7)), (0.7, 0.0));
        // With a whole step both thresholds of the proximal rule are that of the minimiser.
        near(survival_threshold(0.5, 0.7, 1.0), zero_threshold(0.5, 0.7));
        near(departure_threshold(0.5, 0.7, 1.0), zero_threshold(0.5, 0.7));
    }

    #[test]
    fn the_barrier_is_where_the_slope_vanishes_below_the_fold() {
        let (k, u, t) = (0.5, 0.3, 1.2);
        let (lower, upper) = basins(k, u, t);
        assert!(t > fold(k, u) && lower < upper);
        for w in [lower, upper] {
            assert!((w + u * k * w.powf(k - 1.0) - t).abs() < 1e-10, "{w}");
        }
    }
}
