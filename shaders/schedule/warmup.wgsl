// Steps since the warm-up ended, 0 in it.
fn steps_since(n: i32, warmup: f32) -> f32 {
    return max(to_f32(n) - warmup, 0.0);
}

// The share of the learning rate that step n of a warm-up has: 1 / warmup, 2 / warmup, ... up to 1
fn warmed(n: i32, warmup: f32) -> f32 {
    return min((to_f32(n) + 1.0) / max(warmup, 1.0), 1.0);
}
