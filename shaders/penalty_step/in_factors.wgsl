// Both factors move down the slope of the loss and each down that of its own penalty.
fn penalized(after: State, slope: f32, rate: f32, factors: Factors, parameters: Parameters) -> State {
    return refactored(after, slope, rate, slope_of_penalty(after.a, parameters), slope_of_penalty(after.b, parameters));
}
