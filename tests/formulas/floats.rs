//! Floats to put to formulas, and how far a value is off.

pub const UNIT: f64 = 1.0 / (1 << 24) as f64;
pub const LEAST_NORMAL: f32 = f32::MIN_POSITIVE;

/// 2^-90: from here or above no map for k > 1 underflows.
pub const HELD: f32 = f32::from_bits((127 - 90) << 23);

/// Where `value` misses `exact`, in ULP of an f32 as large as `exact`.
pub fn ulps(value: f32, exact: f64) -> f64 {
    (f64::from(value) - exact).abs() / 2f64.powi(exact.abs().log2().floor() as i32 - 23)
}

/// The greatest miss of `formula` over `xs`, and where it is.
pub fn worst(xs: impl Iterator<Item = f32>, formula: impl Fn(f32) -> f32, exact: impl Fn(f64) -> f64) -> (f64, f32) {
    let mut worst = (0.0, 0.0);
    for x in xs {
        let miss = match exact(f64::from(x)) {
            0.0 if formula(x) == 0.0 => 0.0,
            exact => ulps(formula(x), exact),
        };
        if miss.is_nan() || miss > worst.0 {
            worst = (miss, x);
        }
    }
    worst
}

/// Every `step`th float from `low` up to `high`, both positive.
pub fn floats(low: f32, high: f32, step: usize) -> impl Iterator<Item = f32> {
    (low.to_bits()..=high.to_bits()).step_by(step).map(f32::from_bits)
}
