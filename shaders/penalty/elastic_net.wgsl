// d/dw lambda (l1_ratio |w| + (1 - l1_ratio) / 2 w^2), with slope 0 at w = 0
fn penalty_slope(w: f32, lambda: f32, l1_ratio: f32) -> f32 {
    return lambda * (l1_ratio * sign(w) + (1.0 - l1_ratio) * w);
}

// argmin over v of (v - x)^2 / 2 + step lambda (l1_ratio |v| + (1 - l1_ratio) / 2 v^2): what L1 leaves of |x|, shrunk as by L2.
// Where l1_ratio is 0 nothing but x = 0 gives 0; `with_sign_of` keeps underflow from posing as a jump to zero.
fn penalty_prox(x: f32, step: f32, lambda: f32, l1_ratio: f32) -> f32 {
    let u = step * lambda;
    let left = abs(x) - u * l1_ratio;
    let shrunk = max(left, 0.0) / (1.0 + u * (1.0 - l1_ratio));
    return select(with_sign_of(x, shrunk), 0.0, left <= 0.0);
}
