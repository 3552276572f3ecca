// PyTorch's Adagrad: the sum a of squared slopes; epsilon outside the root.
fn reach(after: State, rate: f32, factors: Factors, learning_rate: f32, epsilon: f32) -> f32 {
    return rate / (sqrt(after.a) + epsilon);
}

fn moved(state: State, slope: f32, rate: f32, factors: Factors, learning_rate: f32, epsilon: f32) -> State {
    let a = normal_or_zero(state.a + slope * slope);
    return State(state.w - slope * reach(State(state.w, a, 0.0, 0.0), rate, factors, learning_rate, epsilon), a, state.b, state.c);
}
