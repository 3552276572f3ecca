// argmin over v of (v - x)^2 / 2 + u |v|^(2/3): 0 where |x| <= 2 (2u/3)^(3/4), else |x| (1+y)^3, where 1+y is the
// largest root of z^4 - z + c = 0, c = (2u/3) / |x|^(4/3) in [0, 2^(-4/3)]: a minimax sextic (2.9e-5) and one Newton
// step in y. |x|^(-1/3) takes one Newton step, too, from four digits. Beyond 2^94 no u that a sweep can hold moves x;
// below 2^-94 any does, and far. A tie is u = 3/2 m^4, |x| = 2 m^3: where f32 holds both, m has 6 bits, so 3/4 |x|, the
// ratio m and its cube are exact.
fn l2_3_prox(x: f32, u: f32) -> f32 {
    let held = min(max(abs(x), 5.0487098e-29), 1.980704e28);
    let ratio = min(u, 1.2884902e10 * held) / (0.75 * held);
    let rough = rough_exp2(-0.33333334 * rough_log2(held));
    let inverse_root = rough + rough * (0.33333334 * (1.0 - held * rough * (rough * rough)));
    let c = min(0.5 * ratio * inverse_root, 0.39685026);
    let high = 1.9829395 + c * (-13.750981 + c * (36.807888 + c * -40.959023));
    let y = c * (-0.32943308 + c * (-0.3854833 + c * high));
    let cube = y * (3.0 + y * (3.0 + y));
    let root = y - ((1.0 + y) * cube + c) / (3.0 + 4.0 * cube);
    return select(x + x * (root * (3.0 + root * (3.0 + root))), 0.0, 0.5 * held <= ratio * ratio * ratio);
}

fn penalty_prox(x: f32, step: f32, k: f32, lambda: f32) -> f32 {
    return l2_3_prox(x, step * lambda);
}
