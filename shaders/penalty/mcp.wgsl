// d/dw of lambda |w| - w^2 / (2 gamma) up to |w| = gamma lambda, of a constant beyond; slope 0 at w = 0
fn penalty_slope(w: f32, lambda: f32, gamma: f32) -> f32 {
    return sign(w) * max(lambda - abs(w) / gamma, 0.0);
}

// argmin over v of (v - x)^2 / 2 + step R(v). Where gamma > step the sum is convex: what L1 leaves of |x|, stretched until it meets |x|
// at gamma lambda. Else it is concave between 0 and there, and the minimum is 0 or x.
fn penalty_prox(x: f32, step: f32, lambda: f32, gamma: f32) -> f32 {
    let size = abs(x);
    let left = max(size - step * lambda, 0.0);
    let stretched = min(left / ((gamma - step) / gamma), size);
    let firm = select(stretched, size, size > gamma * lambda);
    let hard = select(size, 0.0, size <= lambda * held_root(step * gamma));
    return signed(x, select(hard, firm, gamma > step));
}
