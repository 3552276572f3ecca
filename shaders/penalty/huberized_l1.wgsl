// d/dw lambda H(w): H = w^2 / (2 delta) up to |w| = delta, |w| - delta / 2 beyond
fn penalty_slope(w: f32, lambda: f32, delta: f32) -> f32 {
    return lambda * min(max(w / delta, -1.0), 1.0);
}

// argmin over v of (v - x)^2 / 2 + step lambda H(v): shrunk as by L2 near 0, as by L1 beyond. Nothing but x = 0 gives 0;
// `with_sign_of` keeps underflow from posing as a jump to zero.
fn penalty_prox(x: f32, step: f32, lambda: f32, delta: f32) -> f32 {
    let u = step * lambda;
    let size = abs(x);
    return with_sign_of(x, select(size - u, size * (delta / (delta + u)), size <= delta + u));
}
