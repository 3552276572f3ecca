// The velocity a = momentum a + slope, then w - rate a: PyTorch's SGD with momentum and no dampening, whose velocity holds
// slopes and not steps.
fn moved(state: State, slope: f32, rate: f32, context: Context, learning_rate: f32, momentum: f32) -> State {
    let velocity = momentum * state.a + slope;
    return State(state.w - rate * velocity, velocity, 0.0);
}
