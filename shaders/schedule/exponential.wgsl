// rate factor^n in the step after n others; what is too small for a normal number is 0
fn rate_at(rate: f32, n: i32, factor: f32, warmup: f32) -> f32 {
    return warmed(n, warmup) * (rate * portable_pow(factor, steps_since(n, warmup)));
}
