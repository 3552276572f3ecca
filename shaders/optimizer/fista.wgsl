// Beck and Teboulle's FISTA. State: the iterate w, the one before it, a, the number t that grows by half a step, b, and the place
// where the slope was taken, c.
fn ahead(state: State) -> State {
    let t = (1.0 + sqrt(1.0 + 4.0 * state.b * state.b)) / 2.0;
    let place = state.w + (max(state.b - 1.0, 0.0) / t) * (state.w - state.a);
    return State(place, state.w, t, place);
}

fn moved(state: State, slope: f32, rate: f32, factors: Factors, learning_rate: f32) -> State {
    return State(state.w - rate * slope, state.a, state.b, state.c);
}
