// The few words that the shared formulas use and WGSL lacks. Rust's twin of this page is `formula::words`.

// A weight with what its optimizer remembers of it.
struct State {
    w: f32,
    a: f32,
    b: f32,
}

// What a step knows beside weight and parameters: the steps before it, and what tells trajectories apart that draw random
// numbers.
struct Context {
    n: i32,
    key: u32,
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
