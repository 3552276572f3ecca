// rate times factor after every `every` steps
fn rate_at(rate: f32, context: Context, factor: f32, every: f32, warmup: f32) -> f32 {
    return warmed(context.n, warmup) * (rate * portable_pow(factor, floor(steps_since(context.n, warmup) / every)));
}
