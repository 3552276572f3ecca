// Before the step down the loss, one of the penalty by the learning rate alone: AdamW's weight decay.
fn slope_at(w: f32, n: i32, parameters: Parameters) -> f32 {
    return slope_of_loss(w, n, parameters);
}

fn decayed(state: State, rate: f32, parameters: Parameters) -> State {
    return State(state.w - rate * slope_of_penalty(state.w, parameters), state.a, state.b, state.c);
}

fn penalized(after: State, slope: f32, rate: f32, factors: Factors, parameters: Parameters) -> State {
    return after;
}
