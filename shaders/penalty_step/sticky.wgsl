// A step of the penalty that stops at zero for ever where it crosses it.
fn penalized(after: State, slope: f32, rate: f32, factors: Factors, parameters: Parameters) -> State {
    return stuck(after, reach_of(after, rate, factors, parameters) * slope_of_penalty(after.w, parameters));
}
