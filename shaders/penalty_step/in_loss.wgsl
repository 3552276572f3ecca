// The penalty is part of the loss.
fn slope_at(w: f32, n: i32, parameters: Parameters) -> f32 {
    return slope_of_loss(w, n, parameters) + slope_of_penalty(w, parameters);
}

fn decayed(state: State, rate: f32, parameters: Parameters) -> State {
    return state;
}

fn penalized(after: State, slope: f32, rate: f32, factors: Factors, parameters: Parameters) -> State {
    return after;
}
