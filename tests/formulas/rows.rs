//! Each row of the penalties against its own value in f64: slopes are its differences, proximal maps beat every other weight. One
//! formula, written from the mathematics, so judges slope, map and what the audit makes of them.

use crate::kernels::row_step;
use zerosweep::audit::rules::searched;
use zerosweep::optimizer::{PROXIMAL, SUBGRADIENT, UpdateRule};
use zerosweep::penalty::{ELASTIC_NET, LK, Penalty};

/// Penalties with the values of their parameters, of which the strength is about 1.
const ROWS: &[(&Penalty, [f32; 2])] = &[
    (&LK, [0.3, 0.7]),
    (&LK, [0.5, 1.3]),
    (&LK, [1.0, 0.4]),
    (&LK, [1.5, 0.9]),
    (&LK, [2.0, 0.3]),
    (&LK, [2.7, 0.5]),
    (&LK, [6.0, 1.1]),
    (&ELASTIC_NET, [0.8, 0.0]),
    (&ELASTIC_NET, [0.8, 0.3]),
    (&ELASTIC_NET, [1.7, 0.9]),
    (&ELASTIC_NET, [0.6, 1.0]),
];

/// w_1 from `w` by a step of this length, without a loss.
fn step(rule: &'static UpdateRule, (penalty, own): (&'static Penalty, [f32; 2]), w: f32, rate: f32) -> f32 {
    let variant = penalty.variant_by.map_or(0, |(place, of)| of(own[place]));
    row_step(rule, (penalty, variant), own, w, rate)
}

#[test]
fn slopes_are_the_differences_of_the_value() {
    for &(penalty, own) in ROWS {
        let (in_f64, numbers) = (&penalty.in_f64, own.map(f64::from));
        for w in [-3.0, -0.7, -0.01, 0.02, 0.4, 1.0, 5.0_f32] {
            let x = f64::from(w);
            // Central differences: off by a third derivative times h^2 / 6 and by 2^-52 of the value over h.
            let h = 1e-5 * x.abs();
            let slope = ((in_f64.value)(x + h, &numbers) - (in_f64.value)(x - h, &numbers)) / (2.0 * h);
            let found = (in_f64.slope)(x, &numbers);
            assert!((found / slope - 1.0).abs() < 1e-8, "{} {own:?} at {w}: {found}, not {slope}", penalty.member.kind);
            // A step of 2^-2 leaves a quarter of the slope beside w: f32 rounds both to 24 bits, and the slope a few times.
            let moved = f64::from(w - step(&SUBGRADIENT, (penalty, own), w, 0.25)) * 4.0;
            let budget = 2f64.powi(-22) * (4.0 * x.abs() + 8.0 * slope.abs());
            assert!((moved - slope).abs() < budget, "{} {own:?} at {w}: {moved}, not {slope}", penalty.member.kind);
        }
        assert_eq!((in_f64.slope)(0.0, &numbers), 0.0);
        assert_eq!(step(&SUBGRADIENT, (penalty, own), 0.0, 0.25), 0.0);
    }
}

/// The search ends at any size, the least that f64 holds among them.
#[test]
fn the_search_ends_however_small_a_weight_is() {
    for x in [f64::MIN_POSITIVE, 5e-324, 1e-310, 1e-300, 0.0] {
        let found = searched(&ELASTIC_NET.in_f64, x, 0.5, &[1.0, 0.0]);
        assert!(found == 0.0 || (found / x - 1.0 / 1.5).abs() < 1e-9 || found == x, "{x:e}: {found:e}");
    }
}

#[test]
fn proximal_maps_beat_every_other_weight() {
    for &(penalty, own) in ROWS {
        let (in_f64, numbers) = (&penalty.in_f64, own.map(f64::from));
        for rate in [0.125, 0.5, 1.75_f32] {
            for x in [-4.0, -1.1, -0.3, -0.02, 0.0, 0.07, 0.5, 0.9, 2.3_f32] {
                let at = f64::from(x);
                let excess = |v: f64| (v - at) * (v - at) / 2.0 + f64::from(rate) * (in_f64.value)(v, &numbers);
                let by_search = searched(in_f64, at, rate.into(), &numbers);
                let in_f32 = f64::from(step(&PROXIMAL, (penalty, own), x, rate));
                let best = excess(by_search);
                let grid = (-20_000..=20_000).map(|i| excess(at.abs().max(0.1) * 1.2 * f64::from(i) / 20_000.0));
                let least = grid.fold(f64::INFINITY, f64::min);
                let place = format!("{} {own:?} at {x}, step {rate}", penalty.member.kind);
                assert!(best <= least + 1e-15 * least.abs(), "{place}: {by_search} gives {best}, a grid {least}");
                // Flat at its minimum: a weight that is off by 2^-20 costs the square of it.
                assert!(excess(in_f32) <= best + 1e-7 * best.abs() + 1e-12, "{place}: {in_f32}, not {by_search}");
                assert!((in_f32 - by_search).abs() <= 2f64.powi(-20) * at.abs(), "{place}: {in_f32}, not {by_search}");
                if let Some(prox) = in_f64.prox {
                    let closed = prox(at, rate.into(), &numbers);
                    assert!((closed - by_search).abs() <= 1e-12 * at.abs(), "{place}: {closed}, not {by_search}");
                }
            }
        }
    }
}
