//! Kernels as slopes and as proximal maps.

use zerosweep::formula::{Model, Parameters};
use zerosweep::kernel::{Exponent, Kernel, Visitor};
use zerosweep::optimizer::Optimizer;
use zerosweep::problem::Problem;

pub struct Step(f32, Parameters);

impl Visitor for Step {
    type Output = f32;
    fn visit<M: Model>(self) -> f32 {
        M::step(self.0, self.1)
    }
}

pub fn step(exponent: Exponent, optimizer: Optimizer, w: f32, parameters: Parameters) -> f32 {
    Kernel { problem: Problem::None, exponent, optimizer }.visit(Step(w, parameters))
}

pub fn prox(exponent: Exponent, k: f32, x: f32, u: f32) -> f32 {
    let parameters = Parameters { k, lambda: u, learning_rate: 1.0, ..Parameters::default() };
    step(exponent, Optimizer::Proximal, x, parameters)
}

/// The slope at w: a subgradient step so long (a power of two) that what it leaves of w is lost in rounding.
pub fn slope(exponent: Exponent, k: f32, w: f32, lambda: f32) -> f32 {
    let exact = f64::from(lambda) * f64::from(k) * f64::from(w.abs()).powf(f64::from(k) - 1.0);
    let learning_rate = 2f32.powi((30.0 + (f64::from(w.abs()) / exact).log2()).clamp(-126.0, 127.0) as i32);
    let parameters = Parameters { k, lambda, learning_rate, ..Parameters::default() };
    -step(exponent, Optimizer::Subgradient, w, parameters) / learning_rate
}

/// Every kernel with exponents it can serve: its own, and for the general ones those of the special kernels too.
pub const SERVED: &[(Exponent, &[f32])] = &[
    (Exponent::Half, &[0.5]),
    (Exponent::TwoThirds, &[2.0 / 3.0]),
    (Exponent::One, &[1.0]),
    (Exponent::ThreeHalves, &[1.5]),
    (Exponent::Two, &[2.0]),
    (Exponent::Three, &[3.0]),
    (Exponent::Integer, &[3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 10.0, 15.0, 16.0, 17.0, 24.0, 31.0, 32.0]),
    (Exponent::Concave, &[0.01, 0.1, 0.25, 1.0 / 3.0, 0.5, 2.0 / 3.0, 0.8, 0.9, 0.97, 0.99]),
    (Exponent::Convex, &[1.01, 1.1, 1.25, 4.0 / 3.0, 1.5, 1.7, 1.99, 2.0, 2.5, 3.0, 4.0, 7.3, 33.0, 100.0]),
];

pub fn served() -> impl Iterator<Item = (Exponent, f32)> {
    SERVED.iter().flat_map(|(exponent, ks)| ks.iter().map(|k| (*exponent, *k)))
}
