// One step, w_n -> w_{n+1}: a slope, a move down it, and what the penalty does before or then. The CPU's twins are the passes of
// `src/lanes.rs`.
fn advance_state(state: State, n: i32, given: Parameters) -> State {
    let parameters = scheduled(given, n);
    let rate = rate_of(n, parameters);
    let factors = factors_of(n, parameters);
    let begun = looked_ahead(state, momentum_of(state));
    let slope = slope_at(begun.w, n, parameters);
    let after = state_after(decayed(begun, rate, parameters), slope, rate, factors, parameters);
    return penalized(after, slope, rate, factors, parameters);
}
