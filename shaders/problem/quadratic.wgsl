// L'(w) for L(w) = curvature / 2 (w - target)^2
fn quadratic_slope(w: f32, curvature: f32, target_weight: f32) -> f32 {
    return curvature * (w - target_weight);
}

fn loss_slope(w: f32, parameters: Parameters) -> f32 {
    return quadratic_slope(w, parameters.curvature, parameters.target_weight);
}
