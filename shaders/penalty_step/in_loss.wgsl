// The penalty is part of the loss.
fn slope_at(w: f32, parameters: Parameters) -> f32 {
    return slope_of_loss(w, parameters) + slope_of_penalty(w, parameters);
}

fn decayed(state: State, rate: f32, parameters: Parameters) -> State {
    return state;
}

fn penalized(after: State, rate: f32, context: Context, parameters: Parameters) -> State {
    return after;
}
