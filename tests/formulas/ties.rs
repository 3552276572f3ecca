//! Ties of proximal maps, k < 1: where 0 and another v are minimisers, the map is 0.
//!
//! With k = 1 - n/q and any g, both 0 and v = g^q are minimisers at u = q/(2n) g^(q+n), |x| = (q+n)/(2n) g^q. f32 holds k, u and
//! x where q is a power of two and g is a small number times one; and k = 2/3 has a kernel that is exact.

use super::floats::*;
use super::kernels::*;
use super::maps::reach;
use zerosweep::audit::rules;
use zerosweep::formula;

/// A map, and where it has a tie.
#[derive(Debug)]
struct Tie {
    exponent: Exponent,
    k: f32,
    x: f32,
    u: f32,
    /// The other minimiser.
    v: f32,
}

/// `whole` 2^`power`, if it is a normal f32.
fn exact(whole: u128, power: i32) -> Option<f32> {
    let value = whole as f32 * 2f32.powi(power);
    (whole >> whole.trailing_zeros() < 1 << 24 && value.is_normal()).then_some(value)
}

/// The ties of k = 1 - n/q that f32 holds, n odd.
fn ties(exponents: &[Exponent], n: u32, q: u32) -> Vec<Tie> {
    let k = (1.0 - f64::from(n) / f64::from(q)) as f32;
    let mut ties = Vec::new();
    let powers = |odd: u128| Some((odd.checked_pow(q + n)?, odd.checked_pow(q)?));
    for (of_u, of_x) in (1..).step_by(2).map_while(powers).take_while(|(of_u, _)| *of_u < u128::from(n) << 24) {
        let (whole_u, whole_x) = (of_u * u128::from(q), of_x * u128::from(q + n));
        if whole_u % u128::from(n) != 0 || whole_x % u128::from(n) != 0 {
            continue;
        }
        let [whole_u, whole_x] = [whole_u, whole_x].map(|whole| whole / u128::from(n));
        for power in -64..=64 {
            let [power_u, power_x] = [q + n, q].map(|times| power * times as i32);
            let at = (exact(whole_u, power_u - 1), exact(whole_x, power_x - 1), exact(of_x, power_x));
            if let (Some(u), Some(x), Some(v)) = at {
                ties.extend(exponents.iter().map(|&exponent| Tie { exponent, k, x, u, v }));
            }
        }
    }
    ties
}

/// Those of every k that has any.
fn all_ties() -> Vec<Tie> {
    let mut all = ties(&["k = 1/2", "k < 1"], 1, 2);
    all.extend(ties(&["k = 2/3"], 1, 3));
    let eighths = (2..=4).flat_map(|log| (1..1 << log).step_by(2).map(move |n| (n, 1 << log)));
    let sharp = (5..=23).map(|log| (1, 1 << log));
    all.extend(eighths.chain(sharp).flat_map(|(n, q)| ties(&["k < 1"], n, q)));
    all
}

#[test]
fn there_are_ties_to_look_at() {
    let all = all_ties();
    let count = |k: f32, exponent| all.iter().filter(|tie| tie.k == k && tie.exponent == exponent).count();
    // The example of the documentation: 1.5 is the threshold of u = 1.
    assert!(all.iter().any(|tie| tie.exponent == "k = 1/2" && (tie.x, tie.u, tie.v) == (1.5, 1.0, 1.0)));
    // Odd g up to 255, 47 and 27 of k = 1/2, 2/3 and 3/4, the least of them with most powers of two.
    assert!(count(0.5, "k = 1/2") > 128 * 60);
    assert!(count(2.0 / 3.0, "k = 2/3") > 24 * 50);
    assert!(count(0.75, "k < 1") > 14 * 40);
    assert!(count(0.25, "k < 1") > 0 && count(0.625, "k < 1") > 0);
    assert!((5..=23).all(|log| count(1.0 - 2f32.powi(-log), "k < 1") > 0));
}

#[test]
fn at_a_tie_a_map_is_zero() {
    for tie in all_ties() {
        for x in [tie.x, -tie.x] {
            assert_eq!(prox(tie.exponent, tie.k, x, tie.u), 0.0, "{tie:?}");
            assert_eq!(rules::prox(tie.k.into(), tie.u.into(), x.into()), 0.0, "in f64: {tie:?}");
        }
    }
}

/// In f64 what counts as a tie is up to 2^-52 (6 + |ln z|) more than one, with z = 2 u (1-k) of f32's size, and as much again for its
/// error: less than 1e-13 in all.
#[test]
fn beyond_a_tie_it_is_not() {
    // Beyond 2^84 and 2^94 the files of k = 1/2 and 2/3 give up the search for a u so great.
    for tie in all_ties().iter().filter(|tie| tie.x < 1e25) {
        let by = reach(tie.exponent, tie.k.into(), tie.x.into()) * UNIT;
        let beyond = ((f64::from(tie.x) * (1.0 + by)) as f32).next_up();
        for x in [beyond, -beyond] {
            let got = prox(tie.exponent, tie.k, x, tie.u);
            assert!(got != 0.0 && (got > 0.0) == (x > 0.0), "{tie:?}: {got:e} at {x:e}");
        }
        let beyond = f64::from(tie.x) * (1.0 + 1e-13);
        assert!(rules::prox(tie.k.into(), tie.u.into(), beyond) > 0.0, "in f64: {tie:?}");
    }
}

/// log_sum's map leaves 0 where `theory` says, to seven roundings of x: near enough for each term of the series that it takes below
/// v = 2/3 delta, the smallest of which moves the threshold by twelve.
#[test]
fn the_map_of_log_sum_leaves_zero_at_its_threshold() {
    for delta in [0.01_f32, 0.3, 1.0, 7.0] {
        for ratio in [1.05_f32, 1.2, 1.5, 1.8, 1.85, 1.9, 1.95, 1.98, 2.5, 8.0, 100.0] {
            let u = ratio * delta * delta;
            let threshold = zerosweep::theory::log_sum_threshold(u.into(), delta.into());
            let at = |share: f64| formula::log_sum::penalty_prox((threshold * share) as f32, 1.0, u, delta);
            assert_eq!(at(1.0 - 4e-7), 0.0, "delta {delta}, u {u}: below {threshold}");
            assert!(at(1.0 + 4e-7) > 0.0, "delta {delta}, u {u}: above {threshold}");
        }
    }
}
