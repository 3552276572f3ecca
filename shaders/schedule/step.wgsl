// rate times factor after every `every` steps
fn rate_at(rate: f32, n: i32, factor: f32, every: f32, warmup: f32) -> f32 {
    return warmed(n, warmup) * (rate * portable_pow(factor, floor(steps_since(n, warmup) / every)));
}
