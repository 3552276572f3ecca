// w - rate slope
fn moved(state: State, slope: f32, rate: f32, factors: Factors, learning_rate: f32) -> State {
    return State(state.w - rate * slope, state.a, state.b, state.c);
}
