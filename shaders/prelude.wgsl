// The few words that the shared formulas use and WGSL lacks. Rust's twin of this page is `formula::words`.

// A weight with what its optimizer remembers of it.
struct State {
    w: f32,
    a: f32,
    b: f32,
    c: f32,
}

// What an optimizer makes of its parameters and the number of the step.
struct Factors {
    first: f32,
    second: f32,
}

struct Words {
    first: u32,
    second: u32,
}

// The sum modulo 2^32.
fn plus(a: u32, b: u32) -> u32 {
    return a + b;
}

// The bits, moved up by some places and round the end.
fn rotated(x: u32, by: u32) -> u32 {
    return (x << by) | (x >> (32 - by));
}

fn to_i32(x: u32) -> i32 {
    return bitcast<i32>(x);
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
