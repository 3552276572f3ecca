// The penalty acts once the loss has moved the weight.
fn slope_at(w: f32, n: i32, parameters: Parameters) -> f32 {
    return slope_of_loss(w, n, parameters);
}

fn decayed(state: State, rate: f32, parameters: Parameters) -> State {
    return state;
}
