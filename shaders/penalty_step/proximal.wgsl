// After the step down the loss, the proximal map of the penalty.
fn slope_at(w: f32, parameters: Parameters) -> f32 {
    return slope_of_loss(w, parameters);
}

fn penalized(v: f32, rate: f32, parameters: Parameters) -> f32 {
    return prox_of_penalty(v, rate, parameters);
}
