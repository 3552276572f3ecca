// Means that begin at 0 hold the share 1 - beta^(n+1) of what they are means of: one over it for the slopes, and one over its root
// for their squares.
fn factors(n: i32, learning_rate: f32, beta1: f32, beta2: f32, epsilon: f32) -> Factors {
    let steps = to_f32(n + 1);
    let slopes = one_minus_exp2(steps * portable_log2(beta1));
    let squares = one_minus_exp2(steps * portable_log2(beta2));
    return Factors(1.0 / slopes, 1.0 / sqrt(squares));
}
