//! Proximal maps.

use super::floats::*;
use super::kernels::*;

/// The k whose proximal map a kernel is: 2/3 itself, not the f32 next to it.
fn served_k(exponent: Exponent, k: f32) -> f64 {
    if exponent == "k = 2/3" { 2.0 / 3.0 } else { f64::from(k) }
}

/// v + u k v^(k-1).
fn balance(v: f64, u: f64, k: f64) -> f64 {
    v + u * k * v.powf(k - 1.0)
}

/// By bisection on log v: where the balance, which rises between `low` and `high`, comes to x.
fn bisect(low: f64, high: f64, x: f64, u: f64, k: f64) -> f64 {
    let (mut low, mut high) = (low, high);
    for _ in 0..70 {
        let middle = (low * high).sqrt();
        if balance(middle, u, k) < x { low = middle } else { high = middle }
    }
    high
}

/// The local minimiser in v > 0 of (v - x)^2 / 2 + u v^k, if there is one: for k < 1 the balance falls, then rises, so
/// the least balance comes first, by golden section on log v.
fn minimiser(x: f64, u: f64, k: f64) -> Option<f64> {
    let mut low = 1e-60;
    if k < 1.0 {
        let (mut from, mut to) = ((x * 1e-12).ln(), x.ln());
        for _ in 0..60 {
            let (a, b) = (from + 0.382 * (to - from), from + 0.618 * (to - from));
            if balance(a.exp(), u, k) < balance(b.exp(), u, k) { to = b } else { from = a }
        }
        low = from.exp();
    }
    (k > 1.0 || balance(low, u, k) < x).then(|| bisect(low, x, x, u, k))
}

fn objective(v: f64, x: f64, u: f64, k: f64) -> f64 {
    v * v / 2.0 - v * x + u * v.powf(k)
}

/// Units of error that the proximal map at x may have. With n = v + (k-1) pull, an error of one unit in x or in the
/// sum costs x / n, one in the pull costs pull / n; (k-1) pull / n of an error in v comes back, for the pull was
/// taken at another v.
fn prox_budget(exponent: Exponent, v: f64, u: f64, k: f64) -> f64 {
    let pull = u * k * v.powf(k - 1.0);
    let n = v + (k - 1.0) * pull;
    let of_pull = match exponent {
        "k = 1" => return 1.0,
        // 1 + 2u, the division.
        "k = 2" => return 2.0,
        // s: 3/4 u, the square, the sum and the second sum share its error with x; a division; then s^2. A weak pull is
        // taken from x instead: twice that error and three roundings of the pull, and the difference's own.
        "k = 3/2" | "k = 3" => return (5.0 + 3.0 * pull / n).min(1.0 + 13.0 * pull / n),
        // c: the root of 27/32 x (1.5), x times it, the quotient, the constant's product; the cubic's residual (4).
        "k = 1/2" => 9.0,
        // c: x^(-1/3) by its Newton step (3), u / (3/4 x) (2), their product; the quartic's residual (4).
        "k = 2/3" => 10.0,
        // exp2 of t = octave + (k-1) g, where k - 1, its product and t are rounded; u k and the product by it.
        _ => {
            let size = (k - 1.0) * v.log2();
            4.5 + std::f64::consts::LN_2 * (2.0 * size.abs() + (size + (u * k).log2()).abs() + 1.0)
        }
    };
    // The last rounding and the last step's own error; v's error in exp2; the excess.
    1.5 + (2.5 * (k - 1.0).abs() + of_pull) * pull / n
}

/// x and u over the sizes that sweeps use and, more thinly, over all there are.
fn points() -> impl Iterator<Item = (f32, f32)> {
    let mut state = 1u32;
    let mut near = move |exponent: i32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (1.0 + (state >> 9) as f32 / (1 << 23) as f32) * 2f32.powi(exponent)
    };
    let usual = (0..6).flat_map(|_| (-12..12).flat_map(|x| (-16..8).map(move |u| (x, u))));
    let all = (-125..99).step_by(4).flat_map(|x| (-124..99).step_by(5).map(move |u| (x, u)));
    // The least pulls there are.
    let least = (-125..99).flat_map(|x| [LEAST_NORMAL, LEAST_NORMAL.next_up(), 1.9 * LEAST_NORMAL].map(|u| (x, u)));
    let least: Vec<_> = least.map(|(x, u)| (near(x), u)).collect();
    // On both sides of the sizes where some file changes its ways.
    let ends = [-94, 24, 62, 63, 84, 94]
        .into_iter()
        .flat_map(|end| [-1.0, 0.0, 1.0, 512.0].map(|by| 1.0 + by / 1024.0).map(|by| by * 2f32.powi(end)));
    let ends: Vec<_> = ends.flat_map(|end| (-125..99).step_by(4).map(move |other| (end, other))).collect();
    let ends: Vec<_> = ends.into_iter().flat_map(|(end, other)| [(end, near(other)), (near(other), end)]).collect();
    let drawn: Vec<_> = usual.chain(all).map(|(x, u)| (near(x), near(u))).collect();
    drawn.into_iter().chain(least).chain(ends)
}

#[test]
fn proximal_maps_match_bisection() {
    for (exponent, k) in served() {
        for (x, u) in points() {
            let got = prox(exponent, k, x, u);
            assert_eq!(prox(exponent, k, -x, u), -got, "{exponent:?} k = {k}: odd at {x:e}, {u:e}");
            let (k64, x64, u64) = (served_k(exponent, k), f64::from(x), f64::from(u));
            let beaten = |v: &f64| objective(*v, x64, u64, k64) < 0.0;
            let Some(exact) = minimiser(x64, u64, k64).filter(|v| k > 1.0 || beaten(v)) else {
                assert_eq!(got, 0.0, "{exponent:?} k = {k} x = {x:e} u = {u:e}");
                continue;
            };
            if exact < f64::from(LEAST_NORMAL) {
                let held = if x >= HELD { got == LEAST_NORMAL } else { got <= LEAST_NORMAL };
                assert!(held, "{exponent:?} k = {k} x = {x:e} u = {u:e}: {got:e}");
                continue;
            }
            let budget = prox_budget(exponent, exact, u64, k64);
            let miss = ((f64::from(got) - exact).abs() - 2f64.powi(-125)).max(0.0) / exact / UNIT;
            assert!(
                miss <= budget,
                "{exponent:?} k = {k} x = {x:e} u = {u:e}: {got:e} for {exact:e}, {miss} of {budget} units"
            );
        }
    }
}

/// (2x/3) (1 + cos(2/3 arccos(-(3 sqrt 3 / 4) u x^(-3/2)))).
fn half(x: f64, u: f64) -> f64 {
    let angle = (-0.75 * 3f64.sqrt() * u * x.powf(-1.5)).acos();
    2.0 / 3.0 * x * (1.0 + (2.0 / 3.0 * angle).cos())
}

/// With A = x^2/16 + sqrt(x^4/256 - 8u^3/729), z = A^(1/3) + (8u^3/(729 A))^(1/3): (sqrt(2z) + sqrt(2x/sqrt(2z) - 2z))^3 / 8.
fn two_thirds(x: f64, u: f64) -> f64 {
    let cube = 8.0 * u.powi(3) / 729.0;
    let a = x * x / 16.0 + (x.powi(4) / 256.0 - cube).sqrt();
    let root = (2.0 * (a.cbrt() + (cube / a).cbrt())).sqrt();
    (root + (2.0 * x / root - root * root).sqrt()).powi(3) / 8.0
}

/// The polynomials of k = 1/2 and 2/3 are off by e = 5.1e-5 and 2.9e-5 at most, of which a Newton step leaves 6 e^2 and
/// 14.3 e^2 of the minimiser at its threshold, where it is most. Roundings average out over 2^14 maps in each 32nd of the
/// way to the threshold T. The Newton step of the cube root's inverse leaves 2 d^2 of the d before it, at most what the rough
/// functions miss, 1.05e-4; there it counts 3 / 2.
#[test]
fn closed_forms_are_met_on_average() {
    const PARTS: u32 = 32;
    const NUMBERS: u32 = 1 << 14;
    type Map = fn(f64, f64) -> f64;
    let maps: [(Exponent, f64, Map, f64); 2] = [
        ("k = 1/2", 0.5, half, 6.0 * 5.1e-5f64.powi(2)),
        ("k = 2/3", 2.0 / 3.0, two_thirds, 14.3 * 2.9e-5f64.powi(2) + 3.0 * 1.05e-4f64.powi(2)),
    ];
    for (exponent, k, map, left) in maps {
        for part in 0..PARTS {
            let miss = |i: u32| {
                let x = 1.0 + (i * 40_503 % NUMBERS) as f32 / NUMBERS as f32;
                let share = (f64::from(part) + (f64::from(i) + 0.5) / f64::from(NUMBERS)) / f64::from(PARTS);
                // The u whose threshold is x, T solved for u.
                let last = (f64::from(x) * 2.0 * (1.0 - k) / (2.0 - k)).powf(2.0 - k) / (2.0 * (1.0 - k));
                let u = (0.9999 * share * last) as f32;
                f64::from(prox(exponent, k as f32, x, u)) / map(f64::from(x), f64::from(u)) - 1.0
            };
            let mean = (0..NUMBERS).map(miss).sum::<f64>() / f64::from(NUMBERS);
            assert!(mean.abs() <= left + 2e-9, "{exponent:?}, part {part}: {mean:e}");
        }
    }
}

/// Units of |x| by which a map may still be 0 beyond its threshold.
pub fn reach(exponent: Exponent, k: f64, x: f64) -> f64 {
    match exponent {
        "k = 1" => 0.0,
        // 27/16 u, and a product by the root of 27/32 x (1.5), which goes by x^(3/2).
        "k = 1/2" => 3.5 / 1.5,
        // Half of x, and three times u / (3/4 x) (2) with two products, which goes by x^4.
        "k = 2/3" => 8.0 / 4.0,
        // What counts as a tie, and as much again for its error, both by x^2. From k = 0.9995 on |excess| may come to 1, and 2
        // (1-k) of it counts.
        _ => {
            let sharp = if k > 0.9995 { (1.0 - k) / UNIT } else { 1.0 };
            15.8 + 2.0 * std::f64::consts::LN_2 * x.log2().abs() + sharp
        }
    }
}

/// Units of |x| by which a map may leave 0 before its threshold, where `v` is the other minimiser: that of the general k never does, but for what is lost of
/// a k below 1/2 in 1 - k (half a unit, |log2 v| times) and 2 - k (one), both by x^2.
fn lead(exponent: Exponent, k: f64, x: f64, v: f64) -> f64 {
    match exponent {
        "k < 1" if k < 0.5 => (1.0 + std::f64::consts::LN_2 * v.log2().abs() / 2.0) / 2.0,
        "k < 1" => 0.0,
        _ => reach(exponent, k, x),
    }
}

/// Where the minimiser leaves 0: T = (2-k) / (2 (1-k)) (2 u (1-k))^(1/(2-k)), below which the map is 0 and above
/// which it is not.
#[test]
fn thresholds_are_hit() {
    for (exponent, k) in served().filter(|(_, k)| *k <= 1.0) {
        for u in floats(1e-30, 1e30, 6_000_011) {
            let (k64, u64) = (served_k(exponent, k), f64::from(u));
            let other = (2.0 * u64 * (1.0 - k64)).powf(1.0 / (2.0 - k64));
            let threshold = if k == 1.0 { u64 } else { (2.0 - k64) / (2.0 * (1.0 - k64)) * other };
            // 1e-13: what f64 may miss the threshold by.
            let before = threshold * (1.0 - 1e-13 - lead(exponent, k64, threshold, other) * UNIT);
            let below = if f64::from(before as f32) > before { (before as f32).next_down() } else { before as f32 };
            let above = ((threshold * (1.0 + reach(exponent, k64, threshold) * UNIT)) as f32).next_up();
            assert_eq!(prox(exponent, k, below, u), 0.0, "{exponent:?} k = {k} u = {u:e} below");
            assert_ne!(prox(exponent, k, above, u), 0.0, "{exponent:?} k = {k} u = {u:e} above");
            let v = minimiser(threshold, u64, k64);
            if let (Some(v), true) = (v, k < 1.0) {
                // The closed form of T itself: there both minima are level.
                let level = objective(v, threshold, u64, k64).abs() / (threshold * threshold);
                assert!(level <= 1e-13, "{exponent:?} k = {k} u = {u:e}: {level:e}");
            }
        }
    }
}

/// No v on a fine grid does better than the map by more than its error explains: the objective is flat at its minimum,
/// with second derivative n / v, so an error of e v costs n v e^2 / 2; f64's own rounding of the objective beside
/// that.
#[test]
fn no_grid_point_beats_a_proximal_map() {
    for (exponent, k) in served() {
        for (x, u) in points().filter(|(x, u)| (1e-3..1e3).contains(x) && (1e-4..1e2).contains(u)) {
            let (k64, x64, u64) = (served_k(exponent, k), f64::from(x), f64::from(u));
            let got = f64::from(prox(exponent, k, x, u));
            let grid = (0..=400).map(|i| x64 * f64::from(i) / 400.0).chain((1..60).map(|i| x64 * 0.7f64.powi(i)));
            let best = grid.map(|v| objective(v, x64, u64, k64)).fold(f64::INFINITY, f64::min);
            let v = got.max(1e-30);
            let n = v + (k64 - 1.0) * u64 * k64 * v.powf(k64 - 1.0);
            let error = prox_budget(exponent, v, u64, k64) * UNIT;
            let margin = if got == 0.0 { 0.0 } else { n * v * error * error / 2.0 } + 1e-14 * x64 * x64;
            let value = objective(got, x64, u64, k64);
            assert!(value <= best + margin, "{exponent:?} k = {k} x = {x:e} u = {u:e}: {value:e} against {best:e}");
        }
    }
}

/// From 2^20 on every exponent is the same map, from 2^126 on every pull of k = 2; what counts as zero is mapped to 0.
#[test]
fn maps_end_where_their_files_say() {
    for x in floats(1e-3, 1e25, 9_000_011) {
        for u in [1e-30, 1e-9, 1.0, 1e20] {
            let at_the_end = prox("k > 1", 1_048_576.0, x, u);
            assert_eq!(prox("k > 1", 1e9, x, u), at_the_end, "x = {x:e} u = {u:e}");
        }
    }
    let end = 2f32.powi(126);
    assert_eq!([end, end.next_up(), 1.5 * end, 2.0 * end].map(|u| prox("k = 2", 2.0, 1e30, u)), [1e30 / end / 2.0; 4]);
    for (exponent, k) in served().filter(|(exponent, _)| ["k < 1", "k > 1"].contains(exponent)) {
        assert_eq!(prox(exponent, k, LEAST_NORMAL.next_down(), 0.0), 0.0, "k = {k}");
        assert_eq!(prox(exponent, k, LEAST_NORMAL, 0.0), LEAST_NORMAL, "k = {k}");
    }
}

/// Whatever a sweep may give: finite, of the sign of x, no larger than x; 0 where x is, and for k > 1 from no x of
/// 2^-90 or more; x itself where nothing pulls.
#[test]
fn proximal_maps_stay_in_bounds() {
    let edges = [0.0, 1e-40, LEAST_NORMAL, 1.3e-38, 1e-30, 1e-19, 1e-7, 0.3, 1.0, 1.1, 7.7, 1e4, 1e9, 1e19, 3e24, 1e30];
    let sharp = [1e-30, 1e-7, 0.999, 0.999999].map(|k| ("k < 1", k));
    let steep = [1.0 + f32::EPSILON, 1.0001, 1000.0, 1e5, 1e9, 1e30].map(|k| ("k > 1", k));
    for (exponent, k) in served().chain([("k < 1", f32::next_down(1.0))]).chain(sharp).chain(steep) {
        for x in edges {
            for u in edges {
                let got = prox(exponent, k, x, u);
                let place = format!("{exponent:?} k = {k} x = {x:e} u = {u:e}: {got:e}");
                assert!((0.0..=x).contains(&got), "{place}");
                assert_eq!(prox(exponent, k, -x, u), -got, "{place}");
                if x >= HELD && k > 1.0 {
                    assert!(got >= LEAST_NORMAL, "{place}");
                }
                if u == 0.0 && x >= LEAST_NORMAL {
                    assert_eq!(got, x, "{place}");
                }
            }
        }
        // What a blow-up leaves behind before it is noticed: no integer may overflow on it.
        for x in [f32::MAX, f32::INFINITY, f32::NAN] {
            for (x, u) in [(x, 1e30), (-x, 1e30), (x, 1e-30), (x, 0.0)] {
                prox(exponent, k, x, u);
                slope(exponent, k, x, u);
            }
        }
    }
}
