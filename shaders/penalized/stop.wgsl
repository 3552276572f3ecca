// `moved` where it has the sign of v, else 0.
fn truncated(v: f32, moved: f32) -> f32 {
    return select(moved, 0.0, (bits(v) ^ bits(moved)) < 0);
}
