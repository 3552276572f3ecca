//! Rounding to narrower formats against the same in f64, and against the formats' definitions.

use zerosweep::formula::{bf16, f16};
use zerosweep::precision::Precision;

/// A format with its rounding, its least normal and its greatest number.
type Format = (Precision, fn(f32) -> f32, f32, f32);

const FORMATS: [Format; 2] = [
    (Precision::Bf16, bf16::narrowed, f32::MIN_POSITIVE, 3.389_531_4e38),
    (Precision::F16, f16::narrowed, 6.103_515_6e-5, 65504.0),
];

/// Numbers of every exponent with many mantissas, those halfway between two of a format among them.
fn samples() -> impl Iterator<Item = f32> {
    let mantissas = (0u32..1 << 12).map(|i| (i << 11) | [0, 1, 0x3ff, 0x400, 0x401, 0x7ff][i as usize % 6]);
    (1u32..255).flat_map(move |exponent| {
        mantissas.clone().map(move |mantissa| f32::from_bits((exponent << 23) | (mantissa & 0x7f_ffff)))
    })
}

#[test]
fn rounding_is_to_the_nearest_with_ties_to_even() {
    for (precision, narrowed, least, greatest) in FORMATS {
        for w in samples() {
            let expected = precision.nearest_in_f64(w.into());
            for sign in [1.0_f32, -1.0] {
                let found = narrowed(sign * w);
                if expected.is_finite() {
                    assert_eq!(f64::from(found), f64::from(sign) * expected, "{precision:?} {w:e}");
                } else {
                    assert!(sign * found >= 3.4e38, "{precision:?} {w:e}: {found}");
                }
                assert_eq!(narrowed(found).to_bits(), found.to_bits(), "a number of the format stays");
                assert!(found == 0.0 || found.abs() >= least);
                assert!(w > greatest || found.abs() <= greatest || expected.is_infinite());
            }
        }
    }
}

/// What the definitions say of single numbers.
#[test]
fn rounding_is_that_of_the_formats() {
    let unit = |bits: i32| 1.0 + 2f32.powi(-bits);
    assert_eq!(bf16::narrowed(unit(7)), unit(7));
    assert_eq!(bf16::narrowed(unit(8)), 1.0, "a tie, to even");
    assert_eq!(bf16::narrowed(unit(7) + 2f32.powi(-8)), 1.0 + 2f32.powi(-6), "a tie, to even");
    assert_eq!(f16::narrowed(unit(10)), unit(10));
    assert_eq!(f16::narrowed(unit(11)), 1.0);
    assert_eq!(f16::narrowed(unit(11) + 2f32.powi(-20)), unit(10));
    assert_eq!((f16::narrowed(65519.0), f16::narrowed(65520.0) > 1e38), (65504.0, true));
    assert_eq!((f16::narrowed(6.1e-5), f16::narrowed(-6.2e-5) < 0.0), (0.0, true), "below the least normal number");
    assert_eq!(f16::narrowed(2f32.powi(-14)), 2f32.powi(-14));
    assert_eq!(bf16::narrowed(f32::MIN_POSITIVE / 2.0), 0.0);
}
