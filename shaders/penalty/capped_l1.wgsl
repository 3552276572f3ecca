// d/dw lambda min(|w|, cap), with slope 0 at w = 0 and from the cap on
fn penalty_slope(w: f32, lambda: f32, cap: f32) -> f32 {
    return select(0.0, lambda * sign(w), abs(w) < cap);
}

// argmin over v of (v - x)^2 / 2 + step lambda min(|v|, cap), u = step lambda: what L1 leaves below the cap, or x above it, which win on
// either side of cap + u / 2; from u = 2 cap on L1 leaves nothing there, and 0 wins up to sqrt(2 u cap).
fn penalty_prox(x: f32, step: f32, lambda: f32, cap: f32) -> f32 {
    let u = min(step * lambda, 1.7014118e38);
    let size = abs(x);
    let soft = select(size, max(size - u, 0.0), size <= cap + 0.5 * u);
    let hard = select(size, 0.0, size <= held_root(2.0 * u * cap));
    return signed(x, select(soft, hard, u >= 2.0 * cap));
}
