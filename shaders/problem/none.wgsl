// L(w) = 0
fn loss_slope(w: f32) -> f32 {
    return 0.0;
}
