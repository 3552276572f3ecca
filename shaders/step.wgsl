// One step, w_n -> w_{n+1}: a slope, a move down it, and what the penalty does before or then. The CPU's twins are the passes of
// `src/lanes.rs`.
fn advance_state(state: State, context: Context, parameters: Parameters) -> State {
    let rate = rate_of(context, parameters);
    let begun = decayed(state, rate, parameters);
    let after = state_after(begun, slope_at(state.w, parameters), rate, context, parameters);
    return penalized(after, rate, context, parameters);
}
