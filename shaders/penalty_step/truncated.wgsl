// A step of the penalty that stops at zero.
fn penalized(after: State, slope: f32, rate: f32, factors: Factors, parameters: Parameters) -> State {
    let v = after.w;
    return state_at(truncated(v, v - reach_of(after, rate, factors, parameters) * slope_of_penalty(v, parameters)), after, rate);
}
