//! Learning rates in the course of a trajectory against their closed forms.

use super::floats::UNIT;
use std::f64::consts::PI;
use zerosweep::formula;
use zerosweep::member::FAMILY;
use zerosweep::schedule::Schedule;

/// The rate of the formulas in `shaders/`, of the row of this kind.
fn rate_of(kind: &str, rate: f32, n: i32, own: &[f32]) -> f32 {
    match kind {
        "constant" => formula::constant::rate_at(rate, n),
        "warmup" => formula::rise::rate_at(rate, n, own[0]),
        "inverse" => formula::inverse::rate_at(rate, n, own[0], own[1]),
        "inverse_sqrt" => formula::inverse_sqrt::rate_at(rate, n, own[0], own[1]),
        "exponential" => formula::exponential::rate_at(rate, n, own[0], own[1]),
        "step" => formula::step::rate_at(rate, n, own[0], own[1], own[2]),
        "cosine" => formula::cosine::rate_at(rate, n, own[0], own[1], own[2]),
        "ramp" => formula::ramp::rate_at(rate, n, own[0], own[1]),
        kind => panic!("{kind} is not looked at"),
    }
}

/// Parameters of each row, and its rate without a warm-up, n steps on.
type Closed = fn(rate: f64, n: f64, own: &[f64]) -> f64;

const ROWS: &[(&str, &[f32], Closed)] = &[
    ("constant", &[], |rate, _, _| rate),
    ("warmup", &[100.0], |rate, n, own| rate * ((n + 1.0) / own[0]).min(1.0)),
    ("warmup", &[0.5], |rate, _, _| rate),
    ("inverse", &[0.01, 0.0], |rate, n, own| rate / (1.0 + own[0] * n)),
    ("inverse", &[2.0, 30.0], |rate, n, own| rate / (1.0 + own[0] * n)),
    ("inverse_sqrt", &[0.5, 0.0], |rate, n, own| rate / (1.0 + own[0] * n).sqrt()),
    ("inverse_sqrt", &[3.0, 7.0], |rate, n, own| rate / (1.0 + own[0] * n).sqrt()),
    ("exponential", &[0.999, 0.0], |rate, n, own| rate * own[0].powf(n)),
    ("exponential", &[0.5, 12.0], |rate, n, own| rate * own[0].powf(n)),
    ("step", &[0.1, 30.0, 0.0], |rate, n, own| rate * own[0].powi((n / own[1]).floor() as i32)),
    ("step", &[0.5, 7.0, 100.0], |rate, n, own| rate * own[0].powi((n / own[1]).floor() as i32)),
    ("cosine", &[1000.0, 0.0, 0.0], |rate, n, own| rate * (1.0 + (PI * (n / own[0]).min(1.0)).cos()) / 2.0),
    ("cosine", &[300.0, 0.01, 25.0], |rate, n, own| {
        own[1] + (rate - own[1]) * (1.0 + (PI * (n / own[0]).min(1.0)).cos()) / 2.0
    }),
    ("ramp", &[100.0, 0.5], |rate, n, own| if n < own[0] { rate + (own[1] - rate) * n / own[0] } else { own[1] }),
    ("ramp", &[77.0, 0.0], |rate, n, own| if n < own[0] { rate * (1.0 - n / own[0]) } else { 0.0 }),
];

fn row(kind: &str) -> &'static Schedule {
    FAMILY.schedules.iter().find(|row| row.member.kind == kind).expect("a schedule of this kind")
}

#[test]
fn every_schedule_is_looked_at() {
    for schedule in FAMILY.schedules {
        assert!(ROWS.iter().any(|(kind, ..)| *kind == schedule.member.kind), "{}", schedule.member.kind);
    }
}

/// In units of 2^-24: a dozen roundings, and of a power of y octaves 2 (1.5 + 1.75 y); a difference of two rates, or of 1 and a share, is
/// as wrong as the greater of them.
#[test]
fn schedules_are_their_closed_forms() {
    const RATE: f32 = 0.3;
    for &(kind, own, closed) in ROWS {
        let numbers: Vec<f64> = own.iter().map(|&value| value.into()).collect();
        let warmup = row(kind).member.place("warmup").map_or(0.0, |place| numbers[place]);
        for n in (0..400).chain([999, 1000, 1001, 5000]) {
            let since = (f64::from(n) - warmup).max(0.0);
            let share = if warmup > 0.0 { ((f64::from(n) + 1.0) / warmup).min(1.0) } else { 1.0 };
            let expected = share * closed(RATE.into(), since, &numbers);
            let in_f64 = (row(kind).in_f64)(RATE.into(), n as u32, &numbers);
            let place = format!("{kind} {own:?}, step {n}");
            assert!((in_f64 - expected).abs() <= 1e-13 * f64::from(RATE), "in f64: {place}: {in_f64}, not {expected}");
            let found = f64::from(rate_of(kind, RATE, n, own));
            let greatest = if ["cosine", "ramp"].contains(&kind) { f64::from(RATE).max(numbers[1]) } else { expected };
            let octaves = if expected > 0.0 { (expected / f64::from(RATE)).log2().abs() } else { 0.0 };
            let budget = UNIT * (16.0 + 3.5 * octaves) * greatest;
            // Below 2^-126 of its start a power is 0.
            let gone = found == 0.0 && expected < 2f64.powi(-125);
            assert!(gone || (found - expected).abs() <= budget, "{place}: {found}, not {expected}");
        }
    }
}

/// At its ends a cosine is 1 and 0 exactly, and it falls all the way.
#[test]
fn half_a_cosine_falls_from_one_to_zero() {
    let values: Vec<f32> = (0..=4096).map(|i| formula::math::half_cosine(i as f32 / 4096.0)).collect();
    assert_eq!((values[0], values[4096]), (1.0, 0.0));
    assert!(values.windows(2).all(|pair| pair[1] <= pair[0]));
}
