// The nearest bfloat16, ties to even: the upper half of an f32. What is too small for a normal one is 0.
fn narrowed(w: f32) -> f32 {
    let size = min(bits(w) & 2147483647, 2139095040);
    let nearest = from_bits((size + 32767 + ((size >> 16) & 1)) & -65536);
    return select(signed(w, nearest), 0.0, nearest < 1.1754944e-38);
}
