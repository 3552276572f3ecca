// PyTorch's Adam: the mean a of slopes and the mean b of their squares, each over the share of it that n + 1 steps fill; w less rate
// times the one over the root of the other, epsilon outside the root.
fn adam_seen(beta: f32, n: i32) -> f32 {
    return one_minus_exp2(to_f32(n + 1) * portable_log2(beta));
}

fn reach(after: State, rate: f32, context: Context, learning_rate: f32, beta1: f32, beta2: f32, epsilon: f32) -> f32 {
    return rate / (sqrt(after.b / adam_seen(beta2, context.n)) + epsilon);
}

fn moved(state: State, slope: f32, rate: f32, context: Context, learning_rate: f32, beta1: f32, beta2: f32, epsilon: f32) -> State {
    let a = normal_or_zero(beta1 * state.a + (1.0 - beta1) * slope);
    let b = normal_or_zero(beta2 * state.b + (1.0 - beta2) * (slope * slope));
    let mean = a / adam_seen(beta1, context.n);
    return State(state.w - mean * reach(State(state.w, a, b), rate, context, learning_rate, beta1, beta2, epsilon), a, b);
}
