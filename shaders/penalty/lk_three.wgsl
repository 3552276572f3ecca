// d/dw lambda |w|^3, with slope 0 below 2^-50: as small_power, and for its reasons.
fn l3_slope(w: f32, lambda: f32) -> f32 {
    let held = select(w, 0.0, abs(w) < 8.881784e-16);
    return 3.0 * lambda * held * abs(held);
}

// argmin over v of (v - x)^2 / 2 + u |v|^3: v = 2 |x| / (1 + sqrt(1 + 12 u |x|)); so v = |x| - 3 u v^2, too, which is
// finer where the pull is weak. Beyond 2^24, u is scaled by 2^-80, for the product might overflow.
fn l3_prox(x: f32, u: f32) -> f32 {
    let shrink = select(1.0, 8.271806e-25, u > 16777216.0);
    let stretch = select(1.0, 1.0995116e12, u > 16777216.0);
    let root = stretch * sqrt(shrink + 12.0 * (u * shrink) * abs(x));
    let v = 2.0 * abs(x) / (1.0 + root);
    let pull = 3.0 * u * v * v;
    return with_sign_of(x, select(v, abs(x) - pull, pull < 0.5 * abs(x)));
}

fn penalty_slope(w: f32, k: f32, lambda: f32) -> f32 {
    return l3_slope(w, lambda);
}

fn penalty_prox(x: f32, step: f32, k: f32, lambda: f32) -> f32 {
    return l3_prox(x, step * lambda);
}
