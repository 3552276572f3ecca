// One Newton step on v + u k v^(k-1) = x in g = log2 v, where the left side is convex for every k.
fn lk_convex_root(g: f32, x: f32, u: f32, k: f32) -> f32 {
    let v = portable_exp2(g);
    let pull = u * k * portable_exp2((k - 1.0) * g);
    return g - 1.442695 * (v + pull - x) / (v + (k - 1.0) * pull);
}

// argmin over v of (v - x)^2 / 2 + u |v|^k for k > 1: the root of v + u k v^(k-1) = |x|, which Newton's method in log v
// reaches from above: from |x| or from (|x| / (u k))^(1/(k-1)), whichever is less. The last step is taken in v, where f32
// is finer than in log v.
fn lk_convex_prox(x: f32, u: f32, k: f32) -> f32 {
    let size = max(abs(x), 1.1754944e-38);
    let log_size = portable_log2(size);
    let log_pull = (log_size - portable_log2(u * k)) / (k - 1.0);
    let g1 = lk_convex_root(min(log_size, log_pull), size, u, k);
    let g2 = lk_convex_root(g1, size, u, k);
    let g3 = lk_convex_root(g2, size, u, k);
    let g4 = lk_convex_root(g3, size, u, k);
    let g5 = lk_convex_root(g4, size, u, k);
    let g6 = lk_convex_root(g5, size, u, k);
    let v = max(portable_exp2(g6), 1.1754944e-38);
    let pull = u * k * portable_pow(v, k - 1.0);
    let last = v - (v + pull - size) / (1.0 + (k - 1.0) * pull / v);
    return with_sign_of(x, last);
}

fn penalty_prox(x: f32, learning_rate: f32, parameters: Parameters) -> f32 {
    return lk_convex_prox(x, learning_rate * parameters.lambda, parameters.k);
}
