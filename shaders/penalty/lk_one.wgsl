// d/dw lambda |w|, with slope 0 at w = 0
fn l1_slope(w: f32, lambda: f32) -> f32 {
    return select(signed(w, lambda), 0.0, w == 0.0);
}

// argmin over v of (v - x)^2 / 2 + u |v|
fn l1_prox(x: f32, u: f32) -> f32 {
    return select(x - u * sign(x), 0.0, abs(x) <= u);
}

fn penalty_slope(w: f32, k: f32, lambda: f32) -> f32 {
    return l1_slope(w, lambda);
}

fn penalty_prox(x: f32, step: f32, k: f32, lambda: f32) -> f32 {
    return l1_prox(x, step * lambda);
}
