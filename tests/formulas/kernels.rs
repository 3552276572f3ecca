//! Kernels as slopes and as proximal maps.

use zerosweep::backend::cpu::driver::Stepper;
use zerosweep::backend::cpu::staged::Staged;
use zerosweep::backend::cpu::{LANES, Vectors};
use zerosweep::kernel::{Kernel, Role};
use zerosweep::lanes::{Lanes, MOST_PARAMETERS};
use zerosweep::operations::Operations;
use zerosweep::optimizer::{Optimizer, PROXIMAL, SUBGRADIENT, UpdateRule};
use zerosweep::penalty::{LK, Penalty};
use zerosweep::problem::{NONE, Problem, QUADRATIC};

/// A variant of `lk`, by its label.
pub type Exponent = &'static str;

/// w_1 from `w`, without a loss, for these k, lambda and learning rate.
pub fn step(exponent: Exponent, rule: &'static UpdateRule, w: f32, [k, lambda, rate]: [f32; 3]) -> f32 {
    let variant = LK.variants.iter().position(|variant| variant.label == exponent).expect("a variant of this label");
    row_step(Optimizer::new(rule, rule.penalty_steps[0]), (&LK, variant), &[k, lambda], w, rate)
}

/// One step of w with any penalty's row and variant, `own` its parameters.
pub fn row_step(
    optimizer: Optimizer,
    (penalty, variant): (&'static Penalty, usize),
    own: &[f32],
    w: f32,
    rate: f32,
) -> f32 {
    kernel_step(Kernel { problem: &NONE, penalty, variant, optimizer }, Role::Penalty, own, w, rate)
}

/// One step of w down the slope of a loss, with its parameters.
pub fn loss_step(problem: &'static Problem, own: &[f32], w: f32, rate: f32) -> f32 {
    let optimizer = Optimizer::new(&SUBGRADIENT, SUBGRADIENT.penalty_steps[0]);
    kernel_step(Kernel { problem, penalty: &LK, variant: L1, optimizer }, Role::Problem, own, w, rate)
}

/// The variant of `lk` for k = 1.
const L1: usize = 2;

/// One step of w, where all parameters but the rate and those of one member are 0.
fn kernel_step(kernel: Kernel, role: Role, own: &[f32], w: f32, rate: f32) -> f32 {
    let mut parameters = [[0.0; LANES]; MOST_PARAMETERS];
    parameters[kernel.own(role)].iter_mut().zip(own).for_each(|(lane, &value)| *lane = [value; LANES]);
    parameters[kernel.own(Role::Optimizer)][0] = [rate; LANES];
    let mut lanes = Lanes::default();
    lanes.weight.w = [w; LANES];
    let mut staged = Staged::new(kernel, Vectors::widest());
    staged.prepare(&mut lanes, &parameters, 0);
    staged.pass(&mut lanes, &parameters);
    lanes.weight.w[0]
}

pub fn prox(exponent: Exponent, k: f32, x: f32, u: f32) -> f32 {
    step(exponent, &PROXIMAL, x, [k, u, 1.0])
}

/// The slope at w: a subgradient step so long (a power of two) that what it leaves of w is lost in rounding.
pub fn slope(exponent: Exponent, k: f32, w: f32, lambda: f32) -> f32 {
    let exact = f64::from(lambda) * f64::from(k) * f64::from(w.abs()).powf(f64::from(k) - 1.0);
    let learning_rate = 2f32.powi((30.0 + (f64::from(w.abs()) / exact).log2()).clamp(-126.0, 127.0) as i32);
    -step(exponent, &SUBGRADIENT, w, [k, lambda, learning_rate]) / learning_rate
}

/// Every kernel with exponents it can serve: its own, and for the general ones those of the special kernels too.
pub const SERVED: &[(Exponent, &[f32])] = &[
    ("k = 1/2", &[0.5]),
    ("k = 2/3", &[2.0 / 3.0]),
    ("k = 1", &[1.0]),
    ("k = 3/2", &[1.5]),
    ("k = 2", &[2.0]),
    ("k = 3", &[3.0]),
    ("k in 4..32", &[3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 10.0, 15.0, 16.0, 17.0, 24.0, 31.0, 32.0]),
    ("k < 1", &[0.01, 0.1, 0.25, 1.0 / 3.0, 0.5, 2.0 / 3.0, 0.8, 0.9, 0.97, 0.99]),
    ("k > 1", &[1.01, 1.1, 1.25, 4.0 / 3.0, 1.5, 1.7, 1.99, 2.0, 2.5, 3.0, 4.0, 7.3, 33.0, 100.0]),
];

pub fn served() -> impl Iterator<Item = (Exponent, f32)> {
    SERVED.iter().flat_map(|(exponent, ks)| ks.iter().map(|k| (*exponent, *k)))
}

/// Counted by hand: the slopes of the loss (2), of L1 (signed 2, == 0, select) or the map's, their sum, the step (2).
#[test]
fn operations_are_those_of_the_formulas() {
    let kernel = |problem, variant, rule: &'static UpdateRule| {
        let optimizer = Optimizer::new(rule, rule.penalty_steps[0]);
        Operations::of_step(Kernel { problem, penalty: &LK, variant, optimizer })
    };
    let plain = |plain| Operations { plain, special: 0 };
    assert_eq!(kernel(&QUADRATIC, L1, &SUBGRADIENT), plain(2 + 4 + 1 + 2));
    // step lambda; |x|, <=, sign, the product, the difference, select.
    assert_eq!(kernel(&NONE, L1, &PROXIMAL), plain(2 + 1 + 6));
    // 3/2 lambda sign |w|^(1/2): three products, a sign, a size and a root.
    assert_eq!(kernel(&NONE, 3, &SUBGRADIENT), Operations { plain: 5 + 1 + 2, special: 1 });
}
