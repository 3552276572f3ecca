// After the step down the loss, the proximal map of the penalty.
fn slope_at(w: f32, parameters: Parameters) -> f32 {
    return slope_of_loss(w, parameters);
}

fn penalized(after: State, rate: f32, parameters: Parameters) -> State {
    return kept(after, prox_of_penalty(after.w, rate, parameters), rate);
}
