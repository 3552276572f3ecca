// The weight as a product w = a b, whose factors the penalty step moves; they begin alike in size.
fn moved(state: State, slope: f32, rate: f32, factors: Factors, learning_rate: f32) -> State {
    let root = sqrt(abs(state.w));
    let begins = (state.a == 0.0) & (state.b == 0.0);
    return State(state.w, select(state.a, root, begins), select(state.b, signed(state.w, root), begins), state.c);
}
