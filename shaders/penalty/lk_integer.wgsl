// d/dw lambda |w|^k for integer k in 3..=32
fn ln_slope(w: f32, k: f32, lambda: f32) -> f32 {
    return k * lambda * sign(w) * small_power(abs(w), round_to_i32(k) - 1);
}

fn penalty_slope(w: f32, k: f32, lambda: f32) -> f32 {
    return ln_slope(w, k, lambda);
}
