//! Each row of the penalties against its own value in f64: slopes are its differences, proximal maps beat every other weight. One
//! formula, written from the mathematics, so judges slope, map and what the audit makes of them.

use crate::kernels::row_step;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use zerosweep::audit::rules::searched;
use zerosweep::member::FAMILY;
use zerosweep::optimizer::{Optimizer, PROXIMAL, PenaltyStep, SUBGRADIENT, UpdateRule};
use zerosweep::penalty::{CAPPED_L1, ELASTIC_NET, HUBERIZED_L1, L0, LK, LOG_SUM, MCP, Penalty, SCAD, SMOOTHED_LK};

/// A penalty, and its parameters.
type Row = (&'static Penalty, &'static [f32]);

/// Penalties with the values of their parameters, of which the strength is about 1. Where a slope jumps or bends, it does so beside
/// the weights that are looked at.
const ROWS: &[Row] = &[
    (&LK, &[0.3, 0.7]),
    (&LK, &[0.5, 1.3]),
    (&LK, &[1.0, 0.4]),
    (&LK, &[1.5, 0.9]),
    (&LK, &[2.0, 0.3]),
    (&LK, &[2.7, 0.5]),
    (&LK, &[6.0, 1.1]),
    (&ELASTIC_NET, &[0.8, 0.0]),
    (&ELASTIC_NET, &[0.8, 0.3]),
    (&ELASTIC_NET, &[1.7, 0.9]),
    (&ELASTIC_NET, &[0.6, 1.0]),
    (&L0, &[0.0]),
    (&L0, &[0.7]),
    (&MCP, &[0.3, 3.1]),
    (&MCP, &[0.8, 1.9]),
    (&MCP, &[1.1, 0.3]),
    (&SCAD, &[0.31, 3.7]),
    (&SCAD, &[0.9, 2.5]),
    (&SCAD, &[0.05, 2.0625]),
    (&LOG_SUM, &[0.4, 1.5]),
    (&LOG_SUM, &[0.9, 0.2]),
    (&LOG_SUM, &[0.3, 0.001]),
    (&CAPPED_L1, &[0.6, 1.3]),
    (&CAPPED_L1, &[1.2, 0.11]),
    (&HUBERIZED_L1, &[0.7, 0.3]),
    (&HUBERIZED_L1, &[1.1, 0.003]),
    (&SMOOTHED_LK, &[0.5, 0.7, 0.1]),
    (&SMOOTHED_LK, &[1.0, 0.4, 0.03]),
    (&SMOOTHED_LK, &[2.5, 0.6, 1.5]),
];

const BY_MAP: Optimizer = Optimizer::new(&PROXIMAL, PenaltyStep::Proximal);

/// w_1 from `w` by a step of this length, without a loss.
fn step(rule: &'static UpdateRule, (penalty, own): Row, w: f32, rate: f32) -> f32 {
    row_step(Optimizer::new(rule, rule.penalty_steps[0]), (penalty, variant_of((penalty, own))), own, w, rate)
}

fn variant_of((penalty, own): Row) -> usize {
    penalty.variant_by.map_or(0, |(place, of)| of(own[place]))
}

fn in_f64(own: &[f32]) -> Vec<f64> {
    own.iter().map(|&value| value.into()).collect()
}

#[test]
fn every_penalty_is_looked_at() {
    for penalty in FAMILY.penalties {
        assert!(ROWS.iter().any(|(row, _)| row == penalty), "{}", penalty.member.kind);
    }
}

#[test]
fn slopes_are_the_differences_of_the_value() {
    for &(penalty, own) in ROWS.iter().filter(|(penalty, _)| penalty.takes(PenaltyStep::InLoss)) {
        let (formulas, numbers) = (&penalty.in_f64, in_f64(own));
        for w in [-3.0, -0.7, -0.01, 0.02, 0.4, 1.0, 5.0_f32] {
            let x = f64::from(w);
            // Central differences: off by a third derivative times h^2 / 6 and by 2^-52 of the value over h.
            let h = 1e-5 * x.abs();
            let slope = ((formulas.value)(x + h, &numbers) - (formulas.value)(x - h, &numbers)) / (2.0 * h);
            let found = (formulas.slope)(x, &numbers);
            let hidden = 1e-8 * slope.abs() + 2.0 * f64::EPSILON * (formulas.value)(x, &numbers) / h;
            assert!((found - slope).abs() <= hidden, "{} {own:?} at {w}: {found}, not {slope}", penalty.member.kind);
            // A step of 2^-2 leaves a quarter of the slope beside w: f32 rounds both to 24 bits, and the slope a few times.
            let moved = f64::from(w - step(&SUBGRADIENT, (penalty, own), w, 0.25)) * 4.0;
            let budget = 2f64.powi(-22) * (4.0 * x.abs() + 8.0 * slope.abs());
            assert!((moved - slope).abs() < budget, "{} {own:?} at {w}: {moved}, not {slope}", penalty.member.kind);
        }
        assert_eq!((formulas.slope)(0.0, &numbers), 0.0);
        assert_eq!(step(&SUBGRADIENT, (penalty, own), 0.0, 0.25), 0.0);
    }
}

/// Right of 0 the slope of a penalty with a kink goes to a number that is not 0, that of a smooth one to 0, that of a steep one beyond
/// any bound; and a step of the loss with the slope right of 0 is taken by that number, or by 0.
#[test]
fn kinks_are_where_slopes_jump() {
    for &(penalty, own) in ROWS.iter().filter(|(penalty, _)| penalty.takes(PenaltyStep::InLoss)) {
        let numbers = in_f64(own);
        let [beside, nearer] = [1e-12, 1e-14].map(|w| (penalty.in_f64.slope)(w, &numbers));
        let jumps = beside > 0.0 && (nearer / beside - 1.0).abs() < 1e-6;
        let variant = variant_of((penalty, own));
        // An elastic net without |w| has a kink of no height.
        let expected = jumps || (penalty == &ELASTIC_NET && own[1] == 0.0);
        assert_eq!(penalty.variants[variant].has_kink(), expected, "{} {own:?}: {beside}", penalty.member.kind);
        let optimizer = Optimizer::new(&SUBGRADIENT, PenaltyStep::InLossRight);
        let moved = -row_step(optimizer, (penalty, variant), own, 0.0, 0.25) * 4.0;
        let expected = if jumps { nearer } else { 0.0 };
        assert!(
            (f64::from(moved) - expected).abs() <= 1e-6 * expected + 1e-30,
            "{} {own:?}: {moved}",
            penalty.member.kind
        );
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
    for &(penalty, own) in ROWS.iter().filter(|(penalty, _)| penalty.takes(PenaltyStep::Proximal)) {
        let (formulas, numbers) = (&penalty.in_f64, in_f64(own));
        for rate in [0.125, 0.5, 1.75_f32] {
            for x in [-4.0, -1.1, -0.3, -0.02, 0.0, 0.07, 0.5, 0.9, 2.3_f32] {
                let at = f64::from(x);
                let excess = |v: f64| (v - at) * (v - at) / 2.0 + f64::from(rate) * (formulas.value)(v, &numbers);
                let by_search = searched(formulas, at, rate.into(), &numbers);
                let in_f32 = f64::from(step(&PROXIMAL, (penalty, own), x, rate));
                let best = excess(by_search);
                let grid = (-20_000..=20_000).map(|i| excess(at.abs().max(0.1) * 1.2 * f64::from(i) / 20_000.0));
                let least = grid.fold(f64::INFINITY, f64::min);
                let place = format!("{} {own:?} at {x}, step {rate}", penalty.member.kind);
                assert!(best <= least + 1e-15 * least.abs(), "{place}: {by_search} gives {best}, a grid {least}");
                // Flat at its minimum: a weight that is off by 2^-20 costs the square of it.
                assert!(excess(in_f32) <= best + 1e-7 * best.abs() + 1e-12, "{place}: {in_f32}, not {by_search}");
                assert!((in_f32 - by_search).abs() <= 2f64.powi(-20) * at.abs(), "{place}: {in_f32}, not {by_search}");
                if let Some(prox) = formulas.prox {
                    let closed = prox(at, rate.into(), &numbers);
                    assert!((closed - by_search).abs() <= 1e-12 * at.abs(), "{place}: {closed}, not {by_search}");
                }
            }
        }
    }
}

/// Maps from all over, near their thresholds as often as elsewhere. A map's arguments are rounded a few times each: what it gives is the
/// best for an x and a strength that are off by less than 2^-21 of themselves, which costs at most so much of x^2 and of step R.
#[test]
fn proximal_maps_are_best_at_random() {
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let mut log_uniform = |low: f64, high: f64| {
        let share = f64::from(random.next_u32()) / f64::from(u32::MAX);
        ((high / low).ln() * share).exp() * low
    };
    for penalty in FAMILY.penalties.iter().copied().filter(|penalty| penalty.takes(PenaltyStep::Proximal)) {
        let mut zeros = 0;
        for _ in 0..4_000 {
            let shape = log_uniform(0.01, 100.0) as f32;
            let own: Vec<f32> = match penalty.member.kind {
                "lk" => vec![log_uniform(0.05, 8.0) as f32, log_uniform(1e-3, 1e3) as f32],
                "elastic_net" => vec![log_uniform(1e-3, 1e3) as f32, shape.min(1.0)],
                "scad" => vec![log_uniform(1e-3, 1e3) as f32, 2.0 + shape],
                _ => [log_uniform(1e-3, 1e3) as f32, shape][..penalty.member.parameters.len()].to_vec(),
            };
            let (rate, numbers) = (log_uniform(0.01, 30.0) as f32, in_f64(&own));
            let sizes = [f64::from(own[0] * rate), f64::from(own[0] * rate).sqrt(), f64::from(own[0])];
            let x = (sizes[(own[0].to_bits() % 3) as usize] * log_uniform(0.1, 10.0)) as f32;
            let found = f64::from(row_step(BY_MAP, (penalty, penalty.variant(own[0])), &own, x, rate));
            let (at, by) = (f64::from(x), f64::from(rate));
            let paid = |v: f64| by * (penalty.in_f64.value)(v, &numbers);
            let excess = |v: f64| (v - at) * (v - at) / 2.0 + paid(v);
            let best = penalty
                .in_f64
                .prox
                .map_or_else(|| searched(&penalty.in_f64, at, by, &numbers), |prox| prox(at, by, &numbers));
            let searched = searched(&penalty.in_f64, at, by, &numbers);
            let place = format!("{} {own:?} at {x}, step {rate}", penalty.member.kind);
            let rounded = 2f64.powi(-44) * (at * at + paid(at));
            assert!(excess(best) <= excess(searched) + rounded, "{place}: in f64 {best}, by search {searched}");
            let rounded = 2f64.powi(-21) * (at * at + paid(at));
            assert!(excess(found) <= excess(best) + rounded, "{place}: {found}, not {best}");
            zeros += u32::from(found == 0.0);
        }
        let has_zeros = !["huberized_l1"].contains(&penalty.member.kind);
        assert_eq!(zeros > 100, has_zeros, "{}: {zeros} zeros", penalty.member.kind);
    }
}

/// Where 0 and another weight are equally good, the map is 0.
#[test]
fn at_a_tie_a_penalty_gives_zero() {
    for odd in (1..2000).step_by(2).map(|odd| odd as f32) {
        for m in [-20, -1, 0, 3, 20].map(|power| odd * 2f32.powi(power)) {
            // sqrt(2 u); lambda sqrt(step gamma); lambda sqrt(step (gamma + 1)); sqrt(2 u cap)
            let ties: [(&Penalty, Vec<f32>, f32, f32); 6] = [
                (&L0, vec![m * m / 2.0], 1.0, m),
                (&L0, vec![m * m], 0.5, m),
                (&MCP, vec![m, 0.25], 1.0, 0.5 * m),
                (&MCP, vec![m, 9.0], 9.0, 9.0 * m),
                (&SCAD, vec![m, 3.0], 9.0, 6.0 * m),
                (&CAPPED_L1, vec![4.0 * m, 0.5 * m], 1.0, 2.0 * m),
            ];
            for (penalty, own, rate, x) in ties {
                let place = format!("{} {own:?} at {x}, step {rate}", penalty.member.kind);
                for x in [x, -x] {
                    assert_eq!(row_step(BY_MAP, (penalty, 0), &own, x, rate), 0.0, "{place}");
                    let prox = penalty.in_f64.prox.unwrap();
                    assert_eq!(prox(x.into(), rate.into(), &in_f64(&own)), 0.0, "in f64: {place}");
                }
                let beyond = x * (1.0 + 4.0 * f32::EPSILON);
                assert_ne!(row_step(BY_MAP, (penalty, 0), &own, beyond, rate), 0.0, "{place}");
            }
        }
    }
}

/// Where two weights other than 0 are equally good, the map is the smaller: capped L1 at cap + u / 2, SCAD of a long step at
/// lambda (gamma + 1 + step) / 2.
#[test]
fn at_a_tie_of_two_weights_a_penalty_gives_the_smaller() {
    let ties: [(&Penalty, &[f32], f32, f32, f32); 2] =
        [(&CAPPED_L1, &[1.0, 1.0], 1.0, 1.5, 0.5), (&SCAD, &[1.0, 3.0], 2.5, 3.25, 0.75)];
    for (penalty, own, rate, x, smaller) in ties {
        let prox = penalty.in_f64.prox.expect("both should have a map in f64");
        assert_eq!(row_step(BY_MAP, (penalty, 0), own, x, rate), smaller, "{}", penalty.member.kind);
        assert_eq!(row_step(BY_MAP, (penalty, 0), own, -x, rate), -smaller, "{}", penalty.member.kind);
        assert_eq!(prox(x.into(), rate.into(), &in_f64(own)), f64::from(smaller), "in f64: {}", penalty.member.kind);
        assert_eq!(row_step(BY_MAP, (penalty, 0), own, x.next_up(), rate), x.next_up(), "{}", penalty.member.kind);
    }
}

/// SCAD of steps beyond gamma + 1: the penalty of a weight beyond gamma lambda is (gamma + 1) / 2, so x stays where step times that is less
/// than x^2 / 2, which is what 0 costs. Between the two limits that are compared here it would not by the rule of shorter steps.
#[test]
fn a_very_long_step_of_scad_spares_what_zero_would_cost_more() {
    for (step, x) in [(4.9, 4.44), (4.5, 4.245), (6.0, 4.95)] {
        assert!(x * x > step * 4.0 && x < (4.0 + step) / 2.0, "{step} {x}");
        assert_eq!(row_step(BY_MAP, (&SCAD, 0), &[1.0, 3.0], x, step), x, "step {step}");
    }
}

/// Zero stays zero by every map, whatever its step, and no number that f32 holds makes a map give none.
#[test]
fn maps_hold_zero_and_are_numbers() {
    let sizes = [f32::MIN_POSITIVE, 1e-30, 1e-12, 1.0, 1e12, 1e30, f32::MAX];
    // The f32 next to 2/3 stands for 2/3 itself, of which `value` knows nothing.
    let two_thirds: Row = (&LK, &[2.0 / 3.0, 0.6]);
    let rows = ROWS.iter().chain([&two_thirds]);
    for &(penalty, own) in rows.filter(|(penalty, _)| penalty.takes(PenaltyStep::Proximal)) {
        let strength = penalty.member.place("lambda").expect("a penalty should have a strength");
        for (lambda, rate) in sizes.iter().flat_map(|&lambda| sizes.map(|rate| (lambda, rate))) {
            let mut own = own.to_vec();
            own[strength] = lambda;
            let variant = penalty.variant(own[0]);
            let mapped = |x: f32| row_step(BY_MAP, (penalty, variant), &own, x, rate);
            let place = format!("{} {own:?}, step {rate}", penalty.member.kind);
            assert_eq!(mapped(0.0), 0.0, "{place}");
            for x in sizes.iter().flat_map(|&x| [x, -x]) {
                let v = mapped(x);
                assert!(v.is_finite() && v.abs() <= x.abs() && v * x >= 0.0, "{place}: {x} -> {v}");
            }
        }
    }
}

/// Where f32 does not hold a threshold, no weight beyond it is taken for zero.
#[test]
fn no_weight_beyond_a_threshold_that_f32_cannot_hold_is_zero() {
    let root = |factors: &[f32]| factors.iter().map(|&factor| f64::from(factor)).product::<f64>().sqrt();
    // The penalty, its parameters, the step, and the weight at which 0 and another tie.
    let cases: [(&Penalty, &[f32], f32, f64); 8] = [
        (&CAPPED_L1, &[1e30, 1e20], 1.0, root(&[2.0, 1e30, 1e20])),
        (&CAPPED_L1, &[1e-25, 1e-30], 1.0, root(&[2.0, 1e-25, 1e-30])),
        (&L0, &[1e22], 1e17, root(&[2.0, 1e22, 1e17])),
        (&L0, &[1e-25], 1e-20, root(&[2.0, 1e-25, 1e-20])),
        (&MCP, &[1e-3, 1e22], 1e30, 1e-3 * root(&[1e22, 1e30])),
        (&MCP, &[1e-9, 1e38], 0.01, 1e-11),
        (&SCAD, &[1e-3, 1e20], 1e30, 1e-3 * root(&[1e20, 1e30])),
        (&SCAD, &[1.0, 1e38], 0.125, 0.125),
    ];
    for (penalty, own, rate, threshold) in cases {
        let mapped = row_step(BY_MAP, (penalty, 0), own, (1.001 * threshold) as f32, rate);
        assert!(mapped != 0.0, "{} {own:?}, step {rate}", penalty.member.kind);
    }
    // What L1 leaves, where a penalty is flat too far off for f32.
    assert_eq!(row_step(BY_MAP, (&SCAD, 0), &[1.0, 1e38], 9.0, 0.125), 8.875);
    assert_eq!(row_step(BY_MAP, (&MCP, 0), &[1.0, 1e38], 9.0, 0.125), 8.875);
}

/// The audit's map of log_sum keeps a weight that is far smaller than delta.
#[test]
fn log_sum_in_f64_keeps_small_weights() {
    let prox = LOG_SUM.in_f64.prox.expect("log_sum should have a map in f64");
    assert!((prox(1e-9, 0.5, &[1e-10, 1e8]) / 1e-9 - 1.0).abs() < 1e-6);
    // Below u / delta = 5e-14 zero is the minimum.
    assert_eq!(prox(4.9e-14, 0.5, &[1e-12, 10.0]), 0.0);
    assert!(prox(5.1e-14, 0.5, &[1e-12, 10.0]) > 0.0);
}
