// After the step down the loss, one of the penalty that stops at zero.
fn slope_at(w: f32, parameters: Parameters) -> f32 {
    return slope_of_loss(w, parameters);
}

fn penalized(after: State, rate: f32, parameters: Parameters) -> State {
    let v = after.w;
    return kept(after, truncated(v, v - rate * slope_of_penalty(v, parameters)), rate);
}
