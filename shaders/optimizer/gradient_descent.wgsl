// w - rate slope
fn moved(state: State, slope: f32, rate: f32, context: Context, learning_rate: f32) -> State {
    return State(state.w - rate * slope, 0.0, 0.0);
}

fn kept(after: State, w: f32, rate: f32) -> State {
    return State(w, 0.0, 0.0);
}
