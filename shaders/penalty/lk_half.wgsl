// d/dw lambda sqrt |w|, with slope 0 at w = 0
fn l1_2_slope(w: f32, lambda: f32) -> f32 {
    return 0.5 * lambda * sign(w) / sqrt(max(abs(w), 1.1754944e-38));
}

// argmin over v of (v - x)^2 / 2 + u sqrt |v|: 0 where |x| <= 1.5 u^(2/3), else |x| (1+y)^2, where 1+y is the largest
// root of z^3 - z + c = 0, c = u / (2 |x|^(3/2)) in [0, 0.2722]. Its closed form takes a cosine and an arc cosine,
// whose built-ins are exact to 2^-11 alone; a minimax quartic (5.1e-5) and one Newton step in y reach f32's
// precision, and a weak pull is not lost in rounding 1+y. Beyond 2^84 no u that a sweep can hold moves x.
// A tie is u = m^3, |x| = 3/2 m^2: where f32 holds both, m has 8 bits, so 27/32 |x| = (9/8 m)^2 and its root are exact,
// and both sides of the test are 27/16 m^3, rounded once.
fn l1_2_prox(x: f32, u: f32) -> f32 {
    let held = min(abs(x), 1.9342813e25);
    let size = max(held * sqrt(0.84375 * held), 1.1754944e-38);
    let pull = min(u, size);
    let c = min(0.45927933 * (pull / size), 0.2722);
    let y = c * (-0.49491826 + c * (-0.5293078 + c * (0.88089275 + c * -4.9761543)));
    let z = 1.0 + y;
    let root = y - (y * z * (z + 1.0) + c) / (3.0 * z * z - 1.0);
    return select(x + x * (root * (2.0 + root)), 0.0, size <= 1.6875 * pull);
}

fn penalty_slope(w: f32, k: f32, lambda: f32) -> f32 {
    return l1_2_slope(w, lambda);
}

fn penalty_prox(x: f32, step: f32, k: f32, lambda: f32) -> f32 {
    return l1_2_prox(x, step * lambda);
}
