fn rate_at(rate: f32, context: Context) -> f32 {
    return rate;
}
