// rate / (1 + decay n) in the step after n others
fn rate_at(rate: f32, context: Context, decay: f32) -> f32 {
    return rate / (1.0 + decay * to_f32(context.n));
}
