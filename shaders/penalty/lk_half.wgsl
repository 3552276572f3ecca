// d/dw lambda sqrt |w|, with slope 0 at w = 0
fn l1_2_slope(w: f32, lambda: f32) -> f32 {
    return 0.5 * lambda * sign(w) / sqrt(max(abs(w), 1.1754944e-38));
}

// One Newton step on z^3 - z + c = 0.
fn l1_2_root(z: f32, c: f32) -> f32 {
    return (2.0 * z * z * z - c) / (3.0 * z * z - 1.0);
}

// argmin over v of (v - x)^2 / 2 + u sqrt |v|: 0 where |x| <= 1.5 u^(2/3), else |x| z^2, where z is the largest root of
// z^3 - z + c = 0, c = u / (2 |x|^(3/2)) in [0, 0.2722]. Its closed form takes a cosine and an arc cosine, whose
// built-ins are exact to 2^-11 alone; a cubic guess (2.5e-4) and two Newton steps reach f32's precision.
fn l1_2_prox(x: f32, u: f32) -> f32 {
    let size = abs(x) * sqrt(abs(x));
    let c = min(0.5 * u / max(size, 1.1754944e-38), 0.2722);
    let guess = 1.0002499 + c * (-0.52362334 + c * (-0.030829397 + c * -1.9224706));
    let z = l1_2_root(l1_2_root(guess, c), c);
    return select(x * z * z, 0.0, size <= 1.8371173 * u);
}

fn penalty_slope(w: f32, parameters: Parameters) -> f32 {
    return l1_2_slope(w, parameters.lambda);
}

fn penalty_prox(x: f32, learning_rate: f32, parameters: Parameters) -> f32 {
    return l1_2_prox(x, learning_rate * parameters.lambda);
}
