//! Zero, events and fates.

use super::floats::LEAST_NORMAL;
use zerosweep::formula::verdict;
use zerosweep::verdict::Fate;

/// `bound`, and numbers that differ from it in one bit or by one unit in the last place.
fn beside(bound: f32) -> impl Iterator<Item = f32> {
    let flipped = (0..32).map(move |bit| f32::from_bits(bound.to_bits() ^ 1 << bit));
    flipped.chain([bound, bound.next_up(), bound.next_down()]).flat_map(|w| [w, -w])
}

#[test]
fn tests_of_bits_say_what_comparisons_say() {
    let jump = 2f32.powi(-64);
    let zero = |w: f32| w.abs() < LEAST_NORMAL;
    for bound in [0.0, LEAST_NORMAL, jump, 1e-3, 1.0, 1e6, f32::MAX, f32::INFINITY, f32::NAN] {
        for w in beside(bound) {
            assert_eq!(verdict::is_zero(w), zero(w), "{w:e}");
            assert_eq!(verdict::stored(w).to_bits(), if zero(w) { 0 } else { w.to_bits() }, "{w:e}");
            assert_eq!(verdict::is_jump(w), w.is_nan() || w.abs() >= jump, "{w:e}");
            if bound.is_normal() {
                assert_eq!(verdict::is_diverged(w, bound), w.is_nan() || w.abs() > bound, "{w:e} beyond {bound:e}");
            }
            for other in
                [0.0, 1e-40, -1e-40, LEAST_NORMAL, -LEAST_NORMAL, 1.0, -1.0].into_iter().filter(|_| !w.is_nan())
            {
                let opposite = (w < 0.0) != (other < 0.0);
                let (landing, crossing) = (verdict::is_landing(other, w), verdict::is_crossing(other, w));
                assert_eq!(landing, !zero(other) && zero(w), "{other:e}, {w:e}");
                assert_eq!(crossing, !zero(other) && (zero(w) || opposite), "{other:e}, {w:e}");
                let reversal = verdict::is_reversal(other, w);
                assert_eq!(reversal, other != 0.0 && w != 0.0 && opposite, "{other:e}, {w:e}");
                assert_eq!(verdict::next_direction(other, w), if w == 0.0 { other } else { w }, "{other:e}, {w:e}");
            }
        }
    }
}

/// The bounds of each fate, from both sides: a tail settles where its spread is at most 1e-4 of its size, which for 1 lies
/// between 1677 and 1678 times 2^-24, and of 10,000 is 1.
#[test]
fn fates_hold_up_to_their_bounds() {
    use Fate::*;
    let jump = 2f32.powi(-64);
    let part = |n: u16| 1.0 - f32::from(n) * 2f32.powi(-24);
    let cases = [
        (NearZero, 0.0, 0.01, 2, true),
        (NearZero, -0.01, -0.005, 2, true),
        (NearZero, jump, jump, 2, true),
        (Decayed, -jump.next_down(), jump.next_down(), 2, true),
        (Zero, 0.0, 0.0, 0, true),
        (Decayed, 0.0, 0.0, 0, false),
        (Oscillating, -0.01, 0.01f32.next_up(), 2, true),
        (Oscillating, (-0.01f32).next_down(), 0.01, 2, true),
        (Settled, part(1677), 1.0, 2, false),
        (Settled, -1.0, -part(1677), 2, false),
        (Settled, 9999.0, 10_000.0, 2, false),
        (Oscillating, part(1678), 1.0, 2, false),
        (Oscillating, -1.0, -part(1678), 3, false),
        (Moving, part(1678), 1.0, 1, false),
        (Moving, -1.0, 1.0, 0, true),
    ];
    for (fate, low, high, reversals, jumped) in cases {
        let found = Fate::ALL[verdict::fate(false, low, high, jumped, 0.01, reversals) as usize];
        assert_eq!(found, fate, "tail from {low:e} to {high:e}, {reversals} reversals, jumped: {jumped}");
        assert_eq!(verdict::fate(true, low, high, jumped, 0.01, reversals), Diverged as u32);
    }
}
