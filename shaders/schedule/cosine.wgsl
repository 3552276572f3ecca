// From rate to `to` along half a period of a cosine, in `over` steps; then `to`
fn rate_at(rate: f32, n: i32, over: f32, to: f32, warmup: f32) -> f32 {
    let course = min(steps_since(n, warmup) / over, 1.0);
    return warmed(n, warmup) * (to + (rate - to) * half_cosine(course));
}
