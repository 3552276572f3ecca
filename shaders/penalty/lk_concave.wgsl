// One Newton step on v + u k v^(k-1) = x.
fn lk_concave_root(v: f32, x: f32, u: f32, k: f32) -> f32 {
    let pull = u * k * portable_pow(v, k - 1.0);
    return v - (v + pull - x) / (1.0 + (k - 1.0) * pull / v);
}

// argmin over v of (v - x)^2 / 2 + u |v|^k for 0 < k < 1: 0 where |x| <= T, else the larger root of v + u k v^(k-1) = |x|,
// which Newton's method reaches from |x| without passing it. The smallest root there is m = (2 u (1-k))^(1/(2-k)), and
// T = m (2-k) / (2 (1-k)).
fn lk_concave_prox(x: f32, u: f32, k: f32) -> f32 {
    let smallest = portable_pow(2.0 * u * (1.0 - k), 1.0 / (2.0 - k));
    let threshold = smallest * (2.0 - k) / (2.0 * (1.0 - k));
    let size = max(abs(x), max(threshold, 1.1754944e-38));
    let v1 = lk_concave_root(size, size, u, k);
    let v2 = lk_concave_root(v1, size, u, k);
    let v3 = lk_concave_root(v2, size, u, k);
    let v4 = lk_concave_root(v3, size, u, k);
    let v5 = lk_concave_root(v4, size, u, k);
    return select(sign(x) * v5, 0.0, abs(x) <= threshold);
}

fn penalty_prox(x: f32, learning_rate: f32, parameters: Parameters) -> f32 {
    return lk_concave_prox(x, learning_rate * parameters.lambda, parameters.k);
}
