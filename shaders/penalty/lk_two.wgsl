// d/dw lambda w^2
fn l2_slope(w: f32, lambda: f32) -> f32 {
    return 2.0 * lambda * w;
}

// argmin over v of (v - x)^2 / 2 + u v^2: |x| / (1 + 2u)
fn l2_prox(x: f32, u: f32) -> f32 {
    let divisor = 1.0 + 2.0 * u;
    return with_sign_of(x, max(abs(x), 1.1754944e-38 * divisor) / divisor);
}

fn penalty_slope(w: f32, parameters: Parameters) -> f32 {
    return l2_slope(w, parameters.lambda);
}

fn penalty_prox(x: f32, learning_rate: f32, parameters: Parameters) -> f32 {
    return l2_prox(x, learning_rate * parameters.lambda);
}
