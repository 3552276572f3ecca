//! How sides of rectangles are cut: alike from either end, so that symmetric problems give symmetric pictures.

/// How many parts a side is cut into at first, each at most so long; an even side into an even number, an odd one into an odd number, so
/// that both halves are alike.
pub fn first_parts(len: u32, longest: u32) -> u32 {
    let parts = len.div_ceil(longest);
    (parts + (parts ^ len) % 2).min(len)
}

/// The first place and the length of each part, the same from either end.
pub fn evenly(len: u32, parts: u32) -> Vec<(u32, u32)> {
    let bound = |number: u32| ((u64::from(len) * u64::from(number) + u64::from(parts) / 2) / u64::from(parts)) as u32;
    let mirrored = |number: u32| if 2 * number <= parts { bound(number) } else { len - bound(parts - number) };
    (0..parts).map(|number| (mirrored(number), mirrored(number + 1) - mirrored(number))).collect()
}

/// The lengths of the parts of a side that is cut: the middle one has the same middle.
pub fn thirds(len: u32) -> Vec<u32> {
    match len {
        0 | 1 => vec![len],
        2 => vec![1, 1],
        _ => {
            let outer = (len + 1) / 3;
            vec![outer, len - 2 * outer, outer]
        }
    }
}

/// The place in the middle of a part of a side; of two the one that is nearer to the middle of the side.
pub fn middle(from: u32, len: u32, all: u32) -> u32 {
    let is_before = 2 * u64::from(from) + u64::from(len) < u64::from(all);
    if is_before { from + len / 2 } else { from + (len - 1) / 2 }
}

/// A number that is as good as drawn at random (splitmix64: G. L. Steele et al., OOPSLA 2014).
pub fn mixed(number: u64) -> u64 {
    let number = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ number >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ number >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ number >> 31
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_side_is_cut_alike_from_either_end() {
        for (len, longest) in (1..200).flat_map(|len| (1..=len).map(move |longest| (len, longest))) {
            let parts = evenly(len, first_parts(len, longest));
            assert_eq!(parts.iter().map(|(_, len)| len).sum::<u32>(), len);
            assert!(parts.iter().all(|(_, own)| (1..=longest).contains(own)), "{len}, {longest}: {parts:?}");
            let mirrored: Vec<(u32, u32)> = parts.iter().rev().map(|(from, own)| (len - from - own, *own)).collect();
            assert_eq!(parts, mirrored);
        }
    }

    #[test]
    fn the_middle_part_has_the_same_middle() {
        for (all, from, len) in
            (1..40).flat_map(|all| (0..all).flat_map(move |from| (1..=all - from).map(move |len| (all, from, len))))
        {
            let parts = thirds(len);
            assert_eq!(parts.iter().sum::<u32>(), len);
            let own = middle(from, len, all);
            assert!((from..from + len).contains(&own));
            if len >= 3 {
                assert_eq!(middle(from + parts[0], parts[1], all), own);
            }
            // But where the part is in the middle itself, and even.
            if 2 * from + len != all || len % 2 == 1 {
                assert_eq!(middle(all - from - len, len, all), all - 1 - own, "{from} + {len} of {all}");
            }
        }
    }
}
