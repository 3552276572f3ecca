// d/dw lambda |w|^3
fn l3_slope(w: f32, lambda: f32) -> f32 {
    return 3.0 * lambda * sign(w) * small_power(abs(w), 2);
}

// argmin over v of (v - x)^2 / 2 + u |v|^3
fn l3_prox(x: f32, u: f32) -> f32 {
    return with_sign_of(x, 2.0 * abs(x) / (1.0 + sqrt(1.0 + 12.0 * u * abs(x))));
}

fn penalty_slope(w: f32, parameters: Parameters) -> f32 {
    return l3_slope(w, parameters.lambda);
}

fn penalty_prox(x: f32, learning_rate: f32, parameters: Parameters) -> f32 {
    return l3_prox(x, learning_rate * parameters.lambda);
}
