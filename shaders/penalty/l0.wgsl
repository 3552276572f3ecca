// argmin over v of (v - x)^2 / 2 + step lambda [v != 0]: hard thresholding. No weight feels a slope.
fn penalty_prox(x: f32, step: f32, lambda: f32) -> f32 {
    let u = step * lambda;
    let threshold = select(sqrt(2.0 * u), 0.0, u < 1.1754944e-38);
    return select(x, 0.0, abs(x) <= threshold);
}
