// d/dw lambda |w|^(3/2)
fn l3_2_slope(w: f32, lambda: f32) -> f32 {
    return 1.5 * lambda * sign(w) * sqrt(abs(w));
}

// argmin over v of (v - x)^2 / 2 + u |v|^(3/2): s = sqrt v solves s^2 + 1.5 u s = x
fn l3_2_prox(x: f32, u: f32) -> f32 {
    let s = 2.0 * abs(x) / (1.5 * u + sqrt(2.25 * u * u + 4.0 * abs(x)));
    return with_sign_of(x, s * s);
}

fn penalty_slope(w: f32, parameters: Parameters) -> f32 {
    return l3_2_slope(w, parameters.lambda);
}

fn penalty_prox(x: f32, learning_rate: f32, parameters: Parameters) -> f32 {
    return l3_2_prox(x, learning_rate * parameters.lambda);
}
