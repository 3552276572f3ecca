// A gradient step of the loss, then the proximal map of the penalty.
fn step(w: f32, parameters: Parameters) -> f32 {
    let v = w - parameters.learning_rate * loss_slope(w, parameters);
    return penalty_prox(v, parameters.learning_rate, parameters);
}
