// The nearest IEEE half, ties to even: 10 bits behind the point. What is too small for a normal one is 0, what is too large as good
// as infinite.
fn narrowed(w: f32) -> f32 {
    let size = min(bits(w) & 2147483647, 2139095040);
    let nearest = from_bits((size + 4095 + ((size >> 13) & 1)) & -8192);
    let held = select(nearest, 3.4028234663852886e38, nearest >= 65536.0);
    return select(signed(w, held), 0.0, held < 0.00006103515625);
}
