// One Newton step on z^4 - z + c = 0.
fn l2_3_root(z: f32, c: f32) -> f32 {
    return (3.0 * z * z * z * z - c) / (4.0 * z * z * z - 1.0);
}

// argmin over v of (v - x)^2 / 2 + u |v|^(2/3): 0 where |x| <= 2 (2u/3)^(3/4), else |x| z^3, where z is the largest root
// of z^4 - z + c = 0, c = (2u/3) / |x|^(4/3) in [0, 2^(-4/3)], from a quartic guess (2.9e-4) and two Newton steps.
fn l2_3_prox(x: f32, u: f32) -> f32 {
    let size = abs(x) * portable_pow(abs(x), 0.33333334);
    let ratio = 0.6666667 * u / max(size, 1.1754944e-38);
    let c = min(ratio, 0.39685026);
    let guess = 0.99971104 + c * (-0.30461687 + c * (-0.6754646 + c * (2.1102168 + c * -4.4514523)));
    let z = l2_3_root(l2_3_root(guess, c), c);
    return select(x * z * z * z, 0.0, ratio >= 0.39685026);
}

fn penalty_prox(x: f32, learning_rate: f32, parameters: Parameters) -> f32 {
    return l2_3_prox(x, learning_rate * parameters.lambda);
}
