// The velocity a = momentum a + slope, then w - rate (slope + momentum a): PyTorch's SGD with nesterov=True, which writes Nesterov's
// method for the weight that looks ahead.
fn moved(state: State, slope: f32, rate: f32, factors: Factors, learning_rate: f32, momentum: f32) -> State {
    let velocity = momentum * state.a + slope;
    return State(state.w - rate * (slope + momentum * velocity), velocity, state.b, state.c);
}
