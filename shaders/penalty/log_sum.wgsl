// d/dw lambda log(1 + |w| / delta), with slope 0 at w = 0
fn penalty_slope(w: f32, lambda: f32, delta: f32) -> f32 {
    return lambda * sign(w) / (delta + abs(w));
}

// Whether v > 0 beats 0 where v + u / (delta + v) = |x|: v^2 / 2 > u g, g = log(1 + q) - q / (1 + q), q = v / delta, which is what is left
// of the difference of the two values, without one of great numbers. For q < 2/3, g is a difference of near ones, and so by a series:
// with s = q / (2 + q), log(1 + q) = 2 (s + s^3/3 + s^5/5 + ...) and q^2 = 4 s^2 / (1 - s)^2; the rest is less than 2^-24.
fn log_sum_wins(v: f32, u: f32, delta: f32) -> bool {
    let q = min(v / delta, 8.507059e37);
    let s = q / (2.0 + q);
    let s2 = s * s;
    let series = s * (0.33333334 + s2 * (0.2 + s2 * (0.14285715 + s2 * (0.11111111 + s2 * 0.09090909))));
    let near = (1.0 - s) * (1.0 - s) * (1.0 / (1.0 + s) + series);
    let far = 0.6931472 * portable_log2(1.0 + q) - q / (1.0 + q);
    return select(v > held_root(2.0 * u * far), delta * (delta / max(u, 1.1754944e-38)) > near, s < 0.25);
}

// argmin over v of (v - x)^2 / 2 + u log(1 + |v| / delta), u = step lambda: 0, or the larger root v of (v - |x|) (delta + v) + u = 0. One
// more step v = |x| - u / (delta + v), which contracts there, takes off the rounding of the root.
fn penalty_prox(x: f32, step: f32, lambda: f32, delta: f32) -> f32 {
    let u = min(step * lambda, 1.7014118e38);
    let size = abs(x);
    let apart = size - delta;
    let gap = size * delta - u;
    let square = apart * apart + 4.0 * gap;
    let both = abs(apart) + sqrt(max(square, 0.0));
    let root = select(0.5 * both, 2.0 * (gap / max(both, 1.1754944e-38)), apart < 0.0);
    let v = min(size - u / (delta + max(root, 0.0)), size);
    return select(0.0, signed(x, v), (square >= 0.0) & (v > 0.0) & log_sum_wins(v, u, delta));
}
