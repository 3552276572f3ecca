// L'(w) for L(w) = log(1 + e^(scale w)) - share scale w: the sigmoid of scale w less the share, times the scale.
fn loss_slope(w: f32, scale: f32, share: f32) -> f32 {
    let power = portable_exp2(-1.442695 * abs(scale * w));
    let sigmoid = select(power, 1.0, w > 0.0) / (1.0 + power);
    return scale * (sigmoid - share);
}
