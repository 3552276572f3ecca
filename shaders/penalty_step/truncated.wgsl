// After the step down the loss, one of the penalty that stops at zero.
fn slope_at(w: f32, parameters: Parameters) -> f32 {
    return slope_of_loss(w, parameters);
}

fn decayed(state: State, rate: f32, parameters: Parameters) -> State {
    return state;
}

fn penalized(after: State, rate: f32, context: Context, parameters: Parameters) -> State {
    let v = after.w;
    return state_at(truncated(v, v - reach_of(after, rate, context, parameters) * slope_of_penalty(v, parameters)), after, rate);
}
