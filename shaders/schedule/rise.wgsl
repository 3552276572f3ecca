// x, to which it first comes up in `over` steps.
fn rate_at(rate: f32, n: i32, over: f32) -> f32 {
    return warmed(n, over) * rate;
}
