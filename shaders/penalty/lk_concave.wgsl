// argmin over v of (v - x)^2 / 2 + u |v|^k for 0 < k < 1: 0 where |x| <= T, else the larger root of v + k u v^m = |x|,
// m = k - 1. At T = (2-k) / (2 (1-k)) (2 u (1-k))^(1/(2-k)), v is `share` |x|, and (2-k) u v^m is |x|: that test
// needs no power for T. The first guess is exact at both ends: from |x| to the root the pull grows by a factor that
// goes from 1 to share^m = 1 + growth, linearly with u |x|^(k-2), which is `near` times what it is at T.
// A tie must give 0, so what rounding may hide of one counts as one. In units of 2^-24, v is off by 3 and `pull` by 4 + ln 2
// (|m log2 v| + |log2 x| + 2) at T, where |m log2 v| <= (1-k) |log2 x| + 0.34; there 2 (1-k) / (2-k) of the former and 2 / (2-k)
// of the latter reach the pull at the root: with five roundings beside them, less than 15.8 + 2 ln 2 |log2 x|. What steps of
// third order leave, 7/6 (1-k) excess^3 and more of higher orders, tells from k = 0.9995 on alone, where the first guess is
// rough. In x all is half.
fn lk_concave_prox(x: f32, u: f32, given_k: f32) -> f32 {
    let k = max(given_k, 1.0e-30);
    let m = k - 1.0;
    let size = max(abs(x), 1.1754944e-38);
    let share = -2.0 * m / (2.0 - k);
    let y = 0.6931472 * m * rough_log2(share);
    let growth = y + 0.5 * y * y;
    let log_x = rough_log2(size);
    let log_ratio = max(log_x - select(rough_log2(u), -1.0e9, u < 1.1754944e-38), m * log_x);
    let power = rough_exp2(m * log_x - log_ratio);
    let near = power * (1.0 + growth) * (2.0 - k);
    let guess = max(1.0 - k * power * (1.0 + growth * near), share);
    let log_guess = min(log_x + to_f32(bits(guess) - 0x3f800000) * 1.1920929e-7, log_x);
    let g = max(nearer_root(log_guess, log_x, log_ratio, k, m), -126.0);
    let v = portable_exp2(g);
    let pull = scaled_power(u, m, g);
    let excess = excess_over_root(v, k * pull, size, m);
    let pull_there = pull - pull * (m * excess) * (1.0 - 0.5 * (m - 1.0) * excess);
    let hidden = 9.417534e-7 + 8.263134e-8 * abs(log_x) + 2.0 * abs(m * excess * (excess * excess));
    let is_zero_there = (near > 1.001) | ((2.0 - k) * pull_there >= size - hidden * size) | (abs(x) < 1.1754944e-38);
    return select(signed(x, min(v - v * excess, size)), 0.0, is_zero_there);
}

fn penalty_prox(x: f32, step: f32, k: f32, lambda: f32) -> f32 {
    return lk_concave_prox(x, step * lambda, k);
}
