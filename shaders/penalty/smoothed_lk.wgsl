// d/dw lambda (w^2 + delta^2)^(k/2) = lambda k w (w^2 + delta^2)^(k/2 - 1). In units of the greater of |w| and delta the sum of squares is
// from 1 to 2, so that nothing overflows.
fn penalty_slope(w: f32, k: f32, lambda: f32, delta: f32) -> f32 {
    let unit = max(abs(w), delta);
    let ratio = min(abs(w), delta) / unit;
    let log_sum = portable_log2(1.0 + ratio * ratio);
    let power = portable_exp2((k - 1.0) * portable_log2(unit) + (0.5 * k - 1.0) * log_sum);
    return k * (lambda * (w / unit) * power);
}
