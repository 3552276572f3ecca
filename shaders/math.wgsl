// Logarithm, exponential and powers that every device computes alike: integer exponent plus polynomial, no fused
// multiply-add, no built-in whose accuracy a driver may choose.

// log2 x for normal x > 0, within 2 ULP; finite for every other x >= 0.
// x = 2^exponent (1 + f) with 1 + f in [sqrt 1/2, sqrt 2); minimax polynomial of log2(1 + f) / f, relative error 4.1e-9.
fn portable_log2(x: f32) -> f32 {
    let exponent = (bits(x) - 0x3f3504f3) >> 23;
    let f = from_bits(bits(x) - (exponent << 23)) - 1.0;
    let f2 = f * f;
    let f4 = f2 * f2;
    let c01 = 1.442695 + f * -0.72134733;
    let c23 = 0.48089823 + f * -0.36069664;
    let c45 = 0.2885674 + f * -0.2396174;
    let c67 = 0.20460062 + f * -0.19106278;
    let c89 = 0.18617502 + f * -0.10994956;
    let high = (c45 + f2 * c67) + f4 * c89;
    return to_f32(exponent) + f * (c01 + f2 * (c23 + f2 * high));
}

// 2^x within 1 ULP for x in [-125, 127]; 0 below -125, 2^127 above 127.
// x = n + r with |r| <= 1/2; minimax polynomial of 2^r, relative error 1.9e-9.
fn portable_exp2(x: f32) -> f32 {
    let bounded = min(max(x, -126.0), 127.0);
    let n = round_to_i32(bounded);
    let r = bounded - to_f32(n);
    let r2 = r * r;
    let c12 = 0.6931472 + r * 0.24022646;
    let c34 = 0.055503286 + r * 0.009618489;
    let c56 = 0.00133999309 + r * 0.00015345812;
    let power = 1.0 + r * (c12 + r2 * (c34 + r2 * c56));
    return select(from_bits(bits(power) + (n << 23)), 0.0, x < -125.0);
}

// x^y for normal x > 0; relative error at most (2 + 2 |y log2 x|) ULP; finite at x = 0.
fn portable_pow(x: f32, y: f32) -> f32 {
    return portable_exp2(y * portable_log2(x));
}

// x^n for x >= 0 and n in 1..=31, by squaring. Powers whose size is under 2^-100 are 0: no weight that f32 can hold
// is moved by them, and subnormal products would cost some processors a hundred times the time.
fn small_power(x: f32, n: i32) -> f32 {
    let octave = (bits(x) >> 23) - 127;
    let base = select(x, 0.0, octave * n < -100);
    let b2 = select(1.0, base, n > 1);
    let p2 = b2 * b2;
    let b4 = select(1.0, p2, n > 3);
    let p4 = b4 * b4;
    let b8 = select(1.0, p4, n > 7);
    let p8 = b8 * b8;
    let b16 = select(1.0, p8, n > 15);
    let p16 = b16 * b16;
    let low = select(1.0, base, (n & 1) != 0) * select(1.0, p2, (n & 2) != 0);
    let middle = select(1.0, p4, (n & 4) != 0) * select(1.0, p8, (n & 8) != 0);
    return low * middle * select(1.0, p16, (n & 16) != 0);
}

// The value of a proximal map of |w|^k, k > 1, at x: never 0 where x is not, for its exact value is not. What f32 cannot
// hold becomes its smallest normal number, so that underflow cannot pose as a landing on zero.
fn with_sign_of(x: f32, magnitude: f32) -> f32 {
    let held = max(magnitude, 1.1754944e-38);
    return select(sign(x) * held, 0.0, abs(x) < 1.1754944e-38);
}
