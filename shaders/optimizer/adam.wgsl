// PyTorch's Adam: w less rate times the mean a of slopes over the root of the mean b of their squares, both corrected for their
// beginning at 0; epsilon outside the root.
fn reach(after: State, rate: f32, factors: Factors, learning_rate: f32, beta1: f32, beta2: f32, epsilon: f32) -> f32 {
    return rate / (sqrt(after.b) * factors.second + epsilon);
}

fn moved(state: State, slope: f32, rate: f32, factors: Factors, learning_rate: f32, beta1: f32, beta2: f32, epsilon: f32) -> State {
    let a = normal_or_zero(beta1 * state.a + (1.0 - beta1) * slope);
    let b = normal_or_zero(beta2 * state.b + (1.0 - beta2) * (slope * slope));
    let step = reach(State(state.w, a, b, 0.0), rate, factors, learning_rate, beta1, beta2, epsilon);
    return State(state.w - (a * factors.first) * step, a, b, state.c);
}
