// L'(w) for L(w) = e^(scale w) - mean scale w: how far e^(scale w) is above the mean, times the scale.
fn loss_slope(w: f32, scale: f32, mean: f32) -> f32 {
    return scale * (portable_exp2(1.442695 * (scale * w)) - mean);
}
