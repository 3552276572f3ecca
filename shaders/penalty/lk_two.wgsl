// d/dw lambda w^2
fn l2_slope(w: f32, lambda: f32) -> f32 {
    return lambda * (2.0 * w);
}

// argmin over v of (v - x)^2 / 2 + u v^2: x / (1 + 2u); beyond 2^126, u is taken as 2^126.
fn l2_prox(x: f32, u: f32) -> f32 {
    return with_sign_of(x, abs(x) / (1.0 + 2.0 * min(u, 8.507059e37)));
}

fn penalty_slope(w: f32, k: f32, lambda: f32) -> f32 {
    return l2_slope(w, lambda);
}

fn penalty_prox(x: f32, step: f32, k: f32, lambda: f32) -> f32 {
    return l2_prox(x, step * lambda);
}
