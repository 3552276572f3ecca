// Gradient descent on L(a b) + lambda R(a) + lambda R(b), where `slope` is L'(a b) (Ziyin and Wang, ICML 2023).
fn refactored(after: State, slope: f32, rate: f32, penalty_a: f32, penalty_b: f32) -> State {
    let a = after.a - rate * (slope * after.b + penalty_a);
    let b = after.b - rate * (slope * after.a + penalty_b);
    return State(a * b, a, b, after.c);
}
