// d/dw R: lambda up to |w| = lambda, from there down to 0 at gamma lambda; slope 0 at w = 0
fn penalty_slope(w: f32, lambda: f32, gamma: f32) -> f32 {
    return sign(w) * min(max(gamma * lambda - abs(w), 0.0) / (gamma - 1.0), lambda);
}

// argmin over v of (v - x)^2 / 2 + step R(v). Where step < gamma - 1 the sum is convex: what L1 leaves, up to |x| = lambda (1 + step),
// then stretched until it meets |x| at gamma lambda. Else it is concave from lambda to gamma lambda: the minimum is what L1 leaves, or x,
// which win on either side of lambda (gamma + 1 + step) / 2; from step = gamma + 1 on L1 leaves nothing there, and 0 wins up to
// lambda sqrt(step (gamma + 1)).
fn penalty_prox(x: f32, step: f32, lambda: f32, gamma: f32) -> f32 {
    let size = abs(x);
    let left = max(size - step * lambda, 0.0);
    let spare = (gamma - 1.0) - step;
    let stretched = min(max(size - step * ((gamma * lambda - size) / spare), left), size);
    let beyond = select(stretched, size, size > gamma * lambda);
    let firm = select(beyond, left, size <= lambda * (1.0 + step));
    let soft = select(size, left, size <= 0.5 * (lambda * (gamma + 1.0 + step)));
    let hard = select(size, 0.0, size <= lambda * held_root(step * (gamma + 1.0)));
    return signed(x, select(select(soft, hard, step >= gamma + 1.0), firm, spare > 0.0));
}
