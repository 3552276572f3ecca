// Logarithm, exponential and powers that every device computes alike: integer exponent plus polynomial, no fused
// multiply-add, no built-in whose accuracy a driver may choose.

// log2 x for normal x > 0, within 2 ULP; finite for every other x >= 0.
// x = 2^exponent (1 + f) with 1 + f in [sqrt 1/2, sqrt 2); minimax polynomial of log2(1 + f) / f, relative error
// 3.6e-8, less 1: f itself joins the exponent, so that the product adds less than half of the sum.
fn portable_log2(x: f32) -> f32 {
    let exponent = (bits(x) - 0x3f3504f3) >> 23;
    let f = from_bits(bits(x) - (exponent << 23)) - 1.0;
    let f2 = f * f;
    let f4 = f2 * f2;
    let c01 = 0.442695 + f * -0.72134735;
    let c23 = 0.48091064 + f * -0.3607037;
    let c45 = 0.28791624 + f * -0.2389448;
    let c67 = 0.21571566 + f * -0.20726978;
    let high = (c45 + f2 * c67) + f4 * 0.12583688;
    return (to_f32(exponent) + f) + f * (c01 + f2 * (c23 + f2 * high));
}

// 2^r - 1 for |r| <= 1/2
fn exp2_less_one(r: f32) -> f32 {
    let r2 = r * r;
    let c12 = 0.6931472 + r * 0.24022646;
    let c34 = 0.055503286 + r * 0.009618489;
    let c56 = 0.0013399931 + r * 0.00015345812;
    return r * (c12 + r2 * (c34 + r2 * c56));
}

// 2^x within 1.5 ULP for x in [-126, 127]; 0 below -126, 2^127 above 127.
// x = n + r with |r| <= 1/2; minimax polynomial of 2^r, relative error 1.6e-8. Its sum is written so that no constant is
// added to a sum: drivers regroup those.
fn portable_exp2(x: f32) -> f32 {
    let bounded = min(max(x, -126.0), 127.0);
    let n = round_to_i32(bounded);
    let r = bounded - to_f32(n);
    let power = 1.0 + exp2_less_one(r);
    return select(from_bits(bits(power) + (n << 23)), 0.0, x < -126.0);
}

// 1 - 2^x for x <= 0, within 4 ULP.
fn one_minus_exp2(x: f32) -> f32 {
    return select(1.0 - portable_exp2(x), -exp2_less_one(max(x, -0.5)), x > -0.5);
}

// x^y for normal x > 0; relative error at most (1.5 + 1.75 |y log2 x|) 2^-23; at most 2^127; finite at x = 0.
fn portable_pow(x: f32, y: f32) -> f32 {
    return portable_exp2(y * portable_log2(x));
}

// log2 x for normal x > 0 within 1.1e-4, for first guesses. As portable_log2, with a shorter polynomial.
fn rough_log2(x: f32) -> f32 {
    let exponent = (bits(x) - 0x3f3504f3) >> 23;
    let f = from_bits(bits(x) - (exponent << 23)) - 1.0;
    let c01 = 1.4417607 + f * -0.7249042;
    let c23 = 0.5175096 + f * -0.32962990;
    return to_f32(exponent) + f * (c01 + f * f * c23);
}

// 2^x for x <= 64 within 8e-5 of itself, for first guesses; 2^-126 below -126.
fn rough_exp2(x: f32) -> f32 {
    let bounded = max(x, -126.0);
    let n = round_to_i32(bounded);
    let r = bounded - to_f32(n);
    let power = (0.99992806 + r * 0.69326097) + r * r * (0.24261114 + r * 0.05517167);
    return from_bits(bits(power) + (n << 23));
}

// x^n for x >= 0 and n in 2..=31, by squaring, relative error at most (n - 1) 2^-24; at most 2^127. Powers whose size
// is under 2^-100 are 0: no pull of strength up to 2^24 can move a weight by them, and subnormal products would cost
// some processors a hundred times the time.
fn small_power(x: f32, n: i32) -> f32 {
    let octave = (bits(x) >> 23) - 127;
    let base = select(x, 0.0, octave * n < -100);
    let p2 = base * base;
    let b4 = select(1.0, p2, n > 3);
    let p4 = b4 * b4;
    let b8 = select(1.0, p4, n > 7);
    let p8 = b8 * b8;
    let b16 = select(1.0, p8, n > 15);
    let p16 = b16 * b16;
    let low = select(1.0, base, (n & 1) != 0) * select(1.0, p2, (n & 2) != 0);
    let middle = select(1.0, p4, (n & 4) != 0) * select(1.0, p8, (n & 8) != 0);
    return min(low * middle * p16, 1.7014118e38);
}

// sin(pi y / 2) for y in [0, 1]; the odd minimax polynomial is good to 5.3e-9.
fn quarter_sine(y: f32) -> f32 {
    let y2 = y * y;
    return y * (1.5707964 + y2 * (-0.64596373 + y2 * (0.07968968 + y2 * (-0.0046737674 + y2 * 0.00015148552))));
}

// (1 + cos(pi x)) / 2 for x in [0, 1], within 8 ULP.
fn half_cosine(x: f32) -> f32 {
    let sine = quarter_sine(1.0 - x);
    return min(sine * sine, 1.0);
}

// sqrt(x) of a product x >= 0 that f32 may not hold: less than 2^64, and 0 where it is subnormal.
fn held_root(x: f32) -> f32 {
    return sqrt(min(normal_or_zero(x), 3.4028234663852886e38));
}

// x, or the greatest or least number that f32 holds where it is infinite.
fn held(x: f32) -> f32 {
    return min(max(x, -3.4028234663852886e38), 3.4028234663852886e38);
}

// x, or 0 where it is subnormal: those cost some processors a hundred times the time, and others flush them.
fn normal_or_zero(x: f32) -> f32 {
    return select(x, 0.0, abs(x) < 1.1754944e-38);
}

// The magnitude with the sign of x.
fn signed(x: f32, magnitude: f32) -> f32 {
    return from_bits(bits(magnitude) | (bits(x) & -2147483648));
}

// The value of a proximal map of |w|^k, k > 1, at x. Its exact value is not 0, so what f32 cannot hold becomes its smallest
// normal number, the least that is not zero: a trajectory that rests there is `decayed`, and underflow does not pose as a jump
// to zero from a weight of 2^-64 or more. Below 2^-90 it may underflow, as any decay does in the end: x is a difference from
// such a weight, so it is 0 or no smaller than the weight's last bit, 2^-88.
fn with_sign_of(x: f32, magnitude: f32) -> f32 {
    let held = max(magnitude, select(0.0, 1.1754944e-38, abs(x) >= 8.077936e-28));
    return select(signed(x, held), 0.0, abs(x) < 1.1754944e-38);
}

// The root of v + s v^m = x, s >= 0, which every proximal map of s / (m+1) |v|^(m+1) looks for: three words, in g =
// log2 v, where both terms are exponentials.

// One Halley step from the guess g, to three or four digits, with s = factor 2^log_s; log_ratio is log2 x - log_s.
fn nearer_root(g: f32, log_x: f32, log_ratio: f32, factor: f32, m: f32) -> f32 {
    let v = rough_exp2(g - log_x);
    let pull = factor * rough_exp2(m * g - log_ratio);
    let excess = v + pull - 1.0;
    let slope = v + m * pull;
    let bend = v + m * m * pull;
    return g - 2.88539 * excess * slope / (2.0 * slope * slope - excess * bend);
}

// s 2^(m g). The octave of s joins the exponent, so that nothing overflows; below 2^-126, s counts as 0.
fn scaled_power(s: f32, m: f32, g: f32) -> f32 {
    let octave = (bits(s) >> 23) - 127;
    let power = from_bits(bits(s) - (octave << 23)) * portable_exp2(to_f32(octave) + m * g);
    return select(power, 0.0, s < 1.1754944e-38);
}

// By which part of itself v exceeds the root, to third order (Chebyshev), where pull = s v^m. The greater of v and
// pull meets x first, so that their excess is exact; the bounds keep rounding near a double root from throwing v
// away.
fn excess_over_root(v: f32, pull: f32, x: f32, m: f32) -> f32 {
    let excess = (max(v, pull) - x) + min(v, pull);
    let r = 1.0 / max(v + m * pull, max(5.9604645e-8 * v, 1.1754944e-38));
    let d = min(max(excess * r, -1.0), 1.0);
    return d * (1.0 + d * (0.5 * (m - 1.0) * (1.0 - v * r)));
}
