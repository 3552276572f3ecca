// d/dw lambda |w|^k for any k > 0, with slope 0 at w = 0
fn lk_slope(w: f32, k: f32, lambda: f32) -> f32 {
    return k * (lambda * sign(w) * portable_pow(abs(w), k - 1.0));
}

fn penalty_slope(w: f32, k: f32, lambda: f32) -> f32 {
    return lk_slope(w, k, lambda);
}
