// L'(w) for L(w) = curvature / 2 (w - target)^2 up to |w - target| = delta, a line of the same slope beyond
fn loss_slope(w: f32, curvature: f32, target_weight: f32, delta: f32) -> f32 {
    return curvature * min(max(w - target_weight, -delta), delta);
}
