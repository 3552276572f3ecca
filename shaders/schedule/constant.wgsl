fn rate_at(rate: f32, n: i32) -> f32 {
    return rate;
}
