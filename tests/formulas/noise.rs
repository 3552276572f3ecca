//! The random numbers of noise: the generator against its paper's vectors, the numbers against what normal ones are.

use zerosweep::formula::Words;
use zerosweep::formula::noise::{normal_of, radius_of, threefry};
use zerosweep::noise::{self, Noise};

/// Counter, key and result of Threefry-2x32 with 13 rounds, as published with the generator (`kat_vectors` of Random123).
const KNOWN: [([u32; 2], [u32; 2], [u32; 2]); 3] = [
    ([0, 0], [0, 0], [0x9d1c_5ec6, 0x8bd5_0731]),
    ([u32::MAX, u32::MAX], [u32::MAX, u32::MAX], [0xfd36_d048, 0x2d17_272c]),
    ([0x243f_6a88, 0x85a3_08d3], [0x1319_8a2e, 0x0370_7344], [0xba3e_4725, 0xf27d_669e]),
];

#[test]
fn the_generator_gives_its_papers_numbers() {
    for (counter, key, expected) in KNOWN {
        let found = threefry(Words(counter[0], counter[1]), Words(key[0], key[1]));
        assert_eq!([found.first, found.second], expected);
        assert_eq!(noise::threefry(counter, key), expected);
    }
}

/// The number of a step and a place in f32, as both backends put it together.
fn in_f32(noise: Noise, n: u32, place: u32) -> f32 {
    let words = threefry(Words(n >> 1, place), noise.key());
    normal_of(radius_of(words.first), words.second, n & 1 != 0)
}

/// A root of a logarithm times a sine: some ten roundings of a number of at most 5.8, and of a logarithm near 0, of at least 2^-24,
/// two units in its last place.
#[test]
fn numbers_in_f32_are_those_in_f64() {
    let noise = Noise { seed: 0x1234_5678_9abc_def0 };
    for n in 0..200 {
        for place in [0, 1, 77, 1 << 20, u32::MAX] {
            let (found, expected) = (f64::from(in_f32(noise, n, place)), noise.normal_in_f64(n, place));
            assert!((found - expected).abs() < 12.0 * 5.8 * 2f64.powi(-24), "{n}, {place}: {found}, not {expected}");
        }
    }
}

/// Of 400,000 numbers: mean, variance, skewness and kurtosis within five standard errors, 1, sqrt 2, sqrt 6 and sqrt 24 over the root of
/// the count; no correlation of neighbours in steps and in places; the share beyond 1, 2 and 3 of a normal distribution.
#[test]
fn numbers_are_standard_normal_and_independent() {
    let noise = Noise { seed: 7 };
    let (steps, places) = (400, 1000);
    let draws: Vec<Vec<f64>> =
        (0..places).map(|place| (0..steps).map(|n| in_f32(noise, n, place).into()).collect()).collect();
    let count = f64::from(steps * places);
    let moment = |power: i32| draws.iter().flatten().map(|z| z.powi(power)).sum::<f64>() / count;
    for (power, expected, spread) in [(1, 0.0, 1.0_f64), (2, 1.0, 2.0), (3, 0.0, 15.0), (4, 3.0, 96.0)] {
        let found = moment(power);
        assert!((found - expected).abs() < 5.0 * (spread / count).sqrt(), "moment {power}: {found}");
    }
    let in_steps = draws.iter().flat_map(|of_place| of_place.windows(2).map(|pair| pair[0] * pair[1]));
    let in_places = draws.windows(2).flat_map(|pair| pair[0].iter().zip(&pair[1]).map(|(a, b)| a * b));
    for products in [in_steps.collect::<Vec<f64>>(), in_places.collect()] {
        let correlation = products.iter().sum::<f64>() / products.len() as f64;
        assert!(correlation.abs() < 5.0 / (products.len() as f64).sqrt(), "{correlation}");
    }
    for bound in [1.0_f64, 2.0, 3.0] {
        let expected = libm::erfc(bound / 2f64.sqrt());
        let found = draws.iter().flatten().filter(|z| z.abs() > bound).count() as f64 / count;
        assert!((found - expected).abs() < 5.0 * (expected / count).sqrt(), "beyond {bound}: {found}, not {expected}");
    }
}
