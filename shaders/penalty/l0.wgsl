// argmin over v of (v - x)^2 / 2 + step lambda [v != 0]: hard thresholding. No weight feels a slope.
fn penalty_prox(x: f32, step: f32, lambda: f32) -> f32 {
    return select(x, 0.0, abs(x) <= held_root(2.0 * (step * lambda)));
}
