// d/dw lambda |w|^(3/2)
fn l3_2_slope(w: f32, lambda: f32) -> f32 {
    return 1.5 * lambda * sign(w) * sqrt(abs(w));
}

// argmin over v of (v - x)^2 / 2 + u |v|^(3/2): v = s^2, where s solves s^2 + 2 t s = |x|, t = 0.75 u; so v = |x| - 2
// t s, too, which is finer where the pull is weak. Beyond 2^63, t^2 is so much greater than |x| that the square root
// is t.
fn l3_2_prox(x: f32, u: f32) -> f32 {
    let t = 0.75 * u;
    let held = min(t, 9.223372e18);
    let s = abs(x) / max(t + max(t, sqrt(held * held + abs(x))), 1.0842022e-19);
    let pull = 2.0 * t * max(s, 1.0842022e-19);
    return with_sign_of(x, select(s * s, abs(x) - pull, pull < 0.5 * abs(x)));
}

fn penalty_slope(w: f32, k: f32, lambda: f32) -> f32 {
    return l3_2_slope(w, lambda);
}

fn penalty_prox(x: f32, step: f32, k: f32, lambda: f32) -> f32 {
    return l3_2_prox(x, step * lambda);
}
