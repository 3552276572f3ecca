// After the step down the loss, the proximal map of the penalty, as long as a slope of 1 would have moved the weight.
fn slope_at(w: f32, parameters: Parameters) -> f32 {
    return slope_of_loss(w, parameters);
}

fn decayed(state: State, rate: f32, parameters: Parameters) -> State {
    return state;
}

fn penalized(after: State, rate: f32, context: Context, parameters: Parameters) -> State {
    return state_at(prox_of_penalty(after.w, reach_of(after, rate, context, parameters), parameters), after, rate);
}
