// The momentum begins anew where the step goes against it (O'Donoghue and Candes, Found. Comput. Math. 15, 2015, gradient scheme).
fn kept(after: State, w: f32, rate: f32) -> State {
    let against = sign(after.c - w) * sign(w - after.a) > 0.0;
    return State(w, after.a, select(after.b, 0.0, against), after.c);
}
