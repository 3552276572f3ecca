// The proximal map of the penalty, as long as the learning rate.
fn penalized(after: State, slope: f32, rate: f32, factors: Factors, parameters: Parameters) -> State {
    return state_at(prox_of_penalty(after.w, rate, parameters), after, rate);
}
