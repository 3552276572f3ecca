// From rate to `to` along a line, in `over` steps; then `to`
fn rate_at(rate: f32, n: i32, over: f32, to: f32) -> f32 {
    let course = min(to_f32(n) / over, 1.0);
    return rate + (to - rate) * course;
}
