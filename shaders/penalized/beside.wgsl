// Where the penalty's slope at v is asked for; the one beside zero stands for that at zero.
fn off_zero(v: f32) -> f32 {
    return select(v, 1.1754944e-38, abs(v) < 1.1754944e-38);
}
