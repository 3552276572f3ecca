// The penalty that was due so far and was not paid yet, as far as zero.
fn penalized(after: State, slope: f32, rate: f32, factors: Factors, parameters: Parameters) -> State {
    return paid(after, reach_of(after, rate, factors, parameters) * slope_of_penalty(off_zero(after.w), parameters));
}
