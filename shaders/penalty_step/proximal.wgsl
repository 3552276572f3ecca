// The proximal map of the penalty, as long as a slope of 1 would have moved the weight.
fn penalized(after: State, slope: f32, rate: f32, factors: Factors, parameters: Parameters) -> State {
    return state_at(prox_of_penalty(after.w, reach_of(after, rate, factors, parameters), parameters), after, rate);
}
