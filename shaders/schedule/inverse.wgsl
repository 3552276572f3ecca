// rate / (1 + decay n) in the step after n others
fn rate_at(rate: f32, n: i32, decay: f32, warmup: f32) -> f32 {
    return warmed(n, warmup) * (rate / (1.0 + decay * steps_since(n, warmup)));
}
