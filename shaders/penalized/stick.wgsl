// Where a step of the penalty takes the weight across zero, it stays there: c is 1 from then on (TensorFlow Playground).
fn stuck(after: State, due: f32) -> State {
    let w = after.w - due;
    let dead = (after.c != 0.0) | ((w != 0.0) & (after.w != 0.0) & ((bits(w) ^ bits(after.w)) < 0));
    return State(select(w, 0.0, dead), after.a, after.b, select(0.0, 1.0, dead));
}
