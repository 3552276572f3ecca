// L'(w) for L(w) = curvature / 4 (w - target)^4. Factors are held, so that 0 meets no infinity.
fn loss_slope(w: f32, curvature: f32, target_weight: f32) -> f32 {
    let d = held(w - target_weight);
    return held(held(held(curvature * d) * d) * d);
}
