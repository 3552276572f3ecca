// PyTorch's RMSprop: the mean a of squared slopes, started at 0 and not corrected for it; epsilon outside the root.
fn reach(after: State, rate: f32, factors: Factors, learning_rate: f32, alpha: f32, epsilon: f32) -> f32 {
    return rate / (sqrt(after.a) + epsilon);
}

fn moved(state: State, slope: f32, rate: f32, factors: Factors, learning_rate: f32, alpha: f32, epsilon: f32) -> State {
    let a = normal_or_zero(alpha * state.a + (1.0 - alpha) * (slope * slope));
    return State(state.w - slope * reach(State(state.w, a, 0.0, 0.0), rate, factors, learning_rate, alpha, epsilon), a, state.b, state.c);
}
