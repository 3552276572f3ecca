// Random numbers that a counter and a key decide: the same integers on every device, in any order.

// One round of Threefry.
fn mixed(x: Words, by: u32) -> Words {
    let sum = plus(x.first, x.second);
    return Words(sum, rotated(x.second, by) ^ sum);
}

// Threefry-2x32 with 13 rounds (Salmon, Moraes, Dror and Shaw, SC 2011), the fewest that pass every test of theirs.
fn threefry(counter: Words, key: Words) -> Words {
    let last = 466688986 ^ key.first ^ key.second;
    let x0 = Words(plus(counter.first, key.first), plus(counter.second, key.second));
    let x4 = mixed(mixed(mixed(mixed(x0, 13), 15), 26), 6);
    let y4 = Words(plus(x4.first, key.second), plus(x4.second, plus(last, 1)));
    let x8 = mixed(mixed(mixed(mixed(y4, 17), 29), 16), 24);
    let y8 = Words(plus(x8.first, last), plus(x8.second, plus(key.first, 2)));
    let x12 = mixed(mixed(mixed(mixed(y8, 13), 15), 26), 6);
    let y12 = Words(plus(x12.first, key.first), plus(x12.second, plus(key.second, 3)));
    return mixed(y12, 17);
}

// The middle of one of 2^23 equal parts of [0, 1], by the upper bits of a word: an odd multiple of 2^-24, which f32 holds.
fn share_of(word: u32) -> f32 {
    return to_f32(to_i32((word >> 8) | 1)) * 5.9604645e-8;
}

// The distance from 0 of two independent normal numbers (Box and Muller, Ann. Math. Stat. 29, 1958): at most 5.8.
fn radius_of(word: u32) -> f32 {
    return sqrt(max(-1.3862944 * portable_log2(share_of(word)), 0.0));
}

// One of the two: the quarter of a turn by the upper bits of a word, the signs by its last two.
fn normal_of(radius: f32, word: u32, is_second: bool) -> f32 {
    let turn = share_of(word);
    let z = radius * quarter_sine(select(turn, 1.0 - turn, is_second));
    return select(z, -z, select(word & 1, word & 2, is_second) != 0);
}
