// What frameworks do with a penalty that is part of the loss.
fn step(w: f32, parameters: Parameters) -> f32 {
    return w - parameters.learning_rate * (loss_slope(w, parameters) + penalty_slope(w, parameters));
}
