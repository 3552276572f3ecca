// A gradient step of the loss, then one of the penalty that stops at zero.
fn step(w: f32, parameters: Parameters) -> f32 {
    let v = w - parameters.learning_rate * loss_slope(w, parameters);
    let moved = v - parameters.learning_rate * penalty_slope(v, parameters);
    return select(moved, 0.0, (bits(v) ^ bits(moved)) < 0);
}
