// L'(w) for L(w) = curvature / 4 (w^2 - target^2)^2 + tilt w. Factors are held, so that 0 meets no infinity.
fn loss_slope(w: f32, curvature: f32, target_weight: f32, tilt: f32) -> f32 {
    let below = held(w - target_weight);
    let above = held(w + target_weight);
    return held(held(held(curvature * w) * below) * above) + tilt;
}
