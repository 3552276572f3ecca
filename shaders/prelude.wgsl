// The few words that the shared formulas use and WGSL lacks. Rust's twin of this page is `formula::words`.

// Every parameter that a member of the family may read; a kernel leaves those it does not need at 0.
struct Parameters {
    curvature: f32,
    target_weight: f32,
    k: f32,
    lambda: f32,
    learning_rate: f32,
}

fn bits(x: f32) -> i32 {
    return bitcast<i32>(x);
}

fn from_bits(x: i32) -> f32 {
    return bitcast<f32>(x);
}

fn to_f32(x: i32) -> f32 {
    return f32(x);
}

// The nearest integer, ties to even, for |x| < 2^22.
fn round_to_i32(x: f32) -> i32 {
    return i32(round(x));
}
