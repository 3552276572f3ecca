// L'(w) for L(w) = curvature / 2 (w - target)^2
fn loss_slope(w: f32, curvature: f32, target_weight: f32) -> f32 {
    return curvature * (w - target_weight);
}
