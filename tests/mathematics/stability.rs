//! Stability selection against its formulas by hand, against the worst distributions that its theorems speak of, and against coordinate
//! descent over the same half samples.

use crate::support::tables;
use zerosweep::backend::RunOptions;
use zerosweep::model::{DrawnRows, Draws, Penalized};
use zerosweep::output::StableSet;
use zerosweep::penalty::LK;
use zerosweep::spec::{Assumption, Stability};
use zerosweep::statistics::{Collector, Selections, factor};

fn asked(threshold: f64, pfer: f64, assumption: Assumption) -> Stability {
    Stability { threshold, pfer, assumption }
}

#[test]
fn bounds_are_those_of_the_papers() {
    // q = 212 / 100 of p = 10 weights; the intercept is none of them.
    let counts = [0, 0, 100, 11, 0, 1, 0, 0, 100, 0].map(Some).into_iter().chain([None]).collect();
    let own = Selections { draws: 100, counts };
    assert_eq!((own.selectable(), own.mean(), own.share()), (10, 2.12, 2.12 / 10.0));
    assert!((own.bound(&asked(0.75, 1.0, Assumption::None)) - 2.12 * 2.12 / 10.0 / 0.5).abs() < 1e-12);
    // 50 pairs.
    assert!((own.bound(&asked(0.75, 1.0, Assumption::Unimodal)) - 0.449_44 / (2.0 * 0.49)).abs() < 1e-12);
    assert!((own.bound(&asked(0.9, 1.0, Assumption::Unimodal)) - 0.449_44 * 4.0 * 0.11 / 1.02).abs() < 1e-12);
    // What the second theorem does not cover has the bound of the first: a high share, a low threshold.
    for (threshold, share, pairs) in [(0.75, 0.6, 50), (0.51, 0.1, 50), (0.6, 0.5, 50), (0.75, 0.1, 2)] {
        assert_eq!(factor(threshold, share, pairs, Assumption::Unimodal), 1.0 / (2.0 * threshold - 1.0));
    }
    // A share is compared as it is written.
    assert!(Selections { draws: 100, counts: vec![] }.is_stable(55, 0.55));
    assert!(!Selections { draws: 100, counts: vec![] }.is_stable(54, 0.55));
}

/// The greatest probability of `at_least` and more that a distribution on 0 ... B with one peak and a mean of at most `mean` can have. Each is a
/// mixture of even ones about its peak, of which two do.
fn greatest_tail(pairs: usize, at_least: usize, mean: f64) -> f64 {
    let mut greatest: f64 = 0.0;
    for peak in 0..=pairs {
        let even: Vec<(f64, f64)> = (0..=peak)
            .flat_map(|low| (peak..=pairs).map(move |high| (low, high)))
            .map(|(low, high)| {
                let tail = (high + 1).saturating_sub(low.max(at_least));
                ((low + high) as f64 / 2.0, tail as f64 / (high - low + 1) as f64)
            })
            .collect();
        for a in even.iter().filter(|(own, _)| *own <= mean) {
            greatest = greatest.max(a.1);
            for b in even.iter().filter(|(own, _)| *own > mean) {
                greatest = greatest.max(a.1 + (b.1 - a.1) * (mean - a.0) / (b.0 - a.0));
            }
        }
    }
    greatest
}

/// A weight that half of the rows select with a probability of p at most theta has both halves of a pair select it with p^2, and is stable only where
/// a share of 2 pi - 1 of the pairs do: that is at most as probable as the theorem says for every distribution with one peak, and nearly so for one.
#[test]
fn no_distribution_with_one_peak_is_beyond_the_bound() {
    let mut nearest: f64 = 0.0;
    for pairs in [8_usize, 15] {
        for share in [0.05, 0.2, 0.35] {
            for above in 2..=pairs {
                let threshold = 0.5 + above as f64 / (2 * pairs) as f64;
                for p in [0.2 * share, 0.6 * share, share] {
                    let worst = greatest_tail(pairs, above, p * p * pairs as f64);
                    let bound = factor(threshold, share, pairs as u64, Assumption::Unimodal) * p * p;
                    assert!(
                        worst <= bound * (1.0 + 1e-9),
                        "{pairs} pairs, {share}, {threshold}, {p}: {worst} of {bound}"
                    );
                    nearest = nearest.max(worst / bound);
                }
            }
        }
    }
    assert!(nearest > 0.98, "{nearest}");
}

/// Coordinate descent in f64 over each half sample selects what the sweep says, and the least lambda whose bound is low enough is chosen.
#[test]
fn half_samples_select_what_coordinate_descent_does() {
    let plan = tables::plan(
        "name = 'halves'\nsteps = 20000\nstop = { kkt = 1e-6 }\nproblem = { kind = 'least_squares', table = 'data/diabetes.csv', response = \
         'progression', penalty_factor = { sex = 0.0 }, resample = { half_sample = 40, seed = 3 } }\npenalty = { kind = 'lk', k = 1.0, lambda = [2.0, 5.0, 12.0, 20.0, \
         30.0] }\n",
    );
    let counted = plan.by_weight();
    let mut collector = Collector::new(&counted);
    collector.add(tables::tallies(&plan, &RunOptions::default()));
    let statistics = collector.finish().expect("counts in memory");
    let model = plan.model.as_ref().expect("a model");
    let draws = Draws::new(model);
    let lambdas = [2.0_f32, 5.0, 12.0, 20.0, 30.0];
    let selected = lambdas.map(|lambda| {
        let mut counts = [0_u64; 10];
        for draw in 0..40 {
            let rows = DrawnRows::new(&draws, draw);
            let mut penalized = Penalized::new(&rows, &LK, &[1.0, lambda]);
            let w = rows.judged(&mut penalized, &[0.0; 10]).expect("an end");
            counts.iter_mut().zip(w).for_each(|(count, w)| *count += u64::from(w != 0.0));
        }
        counts
    });
    for (threshold, pfer) in [(0.75, 2.0), (0.75, 5.0), (0.6, 4.0), (1.0, 0.9)] {
        // `sex` has no penalty: nine weights are left.
        let mean = |counts: &[u64; 10]| (counts.iter().sum::<u64>() - counts[1]) as f64 / 40.0;
        let place = (0..5).find(|place| mean(&selected[*place]).powi(2) / 9.0 / (2.0 * threshold - 1.0) <= pfer);
        let [own] =
            &StableSet::all(&counted, &statistics, &asked(threshold, pfer, Assumption::None)).expect("counts")[..]
        else {
            panic!("one choice")
        };
        let place = place.expect("a lambda whose bound is low enough");
        assert_eq!(own.at.lambda, lambdas[place], "{threshold}, {pfer}");
        for (weight, count) in own.at.selections.counts.iter().enumerate() {
            assert_eq!(*count, (weight != 1).then_some(selected[place][weight]), "{threshold}, {pfer}, {weight}");
        }
        let is_stable = |weight: &usize| *weight != 1 && selected[place][*weight] as f64 >= 40.0 * threshold;
        let stable: Vec<String> = (0..10).filter(is_stable).map(|weight| model.names[weight].clone()).collect();
        assert_eq!(own.stable, Some(stable));
    }
    let none = StableSet::all(&counted, &statistics, &asked(0.75, 1e-6, Assumption::None)).expect("counts").remove(0);
    assert_eq!((none.stable, none.at.lambda), (None, 30.0));
}
