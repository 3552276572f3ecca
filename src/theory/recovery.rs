//! When L1 finds the true weights of many (Donoho and Tanner, Phil. Trans. R. Soc. A 367, 2009; Donoho, Maleki and Montanari, PNAS 106, 2009).

/// The share of weights that are not 0, of the rows, up to which the weights of least L1 norm with X w = y are the true ones, in the limit of
/// many: X is Gaussian, with `rows_a_weight` rows a weight, and the true weights have random signs (the weak threshold of the cross-polytope).
///
/// rho = max over z of (1 - 2 a(z) / delta) / (1 + z^2 - 2 a(z)), a(z) = (1 + z^2) Phi(-z) - z phi(z), delta = `rows_a_weight` in (0, 1].
///
/// ```
/// use zerosweep::theory::recovery_threshold;
/// assert!((recovery_threshold(0.5) - 0.3855).abs() < 1e-3);
/// ```
pub fn recovery_threshold(rows_a_weight: f64) -> f64 {
    let share = |z: f64| {
        let density = libm::exp(-z * z / 2.0) / libm::sqrt(std::f64::consts::TAU);
        let tail = libm::erfc(z * std::f64::consts::FRAC_1_SQRT_2) / 2.0;
        let left = 2.0 * ((1.0 + z * z) * tail - z * density);
        (1.0 - left / rows_a_weight) / (1.0 + z * z - left)
    };
    // It rises to its only maximum and falls from there; at 0 the denominator vanishes.
    let (mut low, mut high) = (1e-3, 20.0);
    for _ in 0..200 {
        let [first, second] = [low + (high - low) / 3.0, high - (high - low) / 3.0];
        if share(first) < share(second) { low = first } else { high = second }
    }
    share((low + high) / 2.0).clamp(0.0, 1.0)
}
