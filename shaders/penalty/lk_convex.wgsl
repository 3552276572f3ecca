// argmin over v of (v - x)^2 / 2 + u |v|^k for k > 1: the root of v + u k v^(k-1) = |x|; beyond 2^20, k is taken as
// 2^20. Where one term is left out the root is |x| or (|x| / (u k))^(1/m), m = k - 1. The first guess is the lesser
// of the two, less an estimate of what the other term takes: its size there is `other`, it is `steep` times as steep.
fn lk_convex_prox(x: f32, u: f32, k: f32) -> f32 {
    let m = min(k, 1048576.0) - 1.0;
    let s = u * (m + 1.0);
    let size = max(abs(x), 1.1754944e-38);
    let inverse = 1.0 / m;
    let log_x = rough_log2(size);
    let log_ratio = select(log_x - rough_log2(s), 1.0e9, s < 1.1754944e-38);
    let log_pull = log_ratio * inverse;
    let free = log_x < log_pull;
    let other = min(rough_exp2(select(log_pull - log_x, m * log_x - log_ratio, free)), 1.0);
    let steep = select(inverse, m, free);
    let shift = bits(1.0 + steep * other) - bits(1.0 - other * max(1.0 - steep, 0.0));
    let guess = min(log_x, log_pull) - min(inverse, 1.0) * to_f32(shift) * 1.1920929e-7;
    let g = max(nearer_root(guess, log_x, log_ratio, 1.0, m), -126.0);
    let v = portable_exp2(g);
    let pull = scaled_power(s, m, g);
    return with_sign_of(x, min(v - v * excess_over_root(v, pull, size, m), size));
}

fn penalty_prox(x: f32, step: f32, k: f32, lambda: f32) -> f32 {
    return lk_convex_prox(x, step * lambda, k);
}
