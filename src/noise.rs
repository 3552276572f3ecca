//! Noise on the slope of the loss: what a minibatch adds to a gradient.
//!
//! The numbers come from a counter-based generator, Threefry-2x32-13 (Salmon, Moraes, Dror and Shaw, SC 2011), keyed by the seed; the
//! counter is the step and the place of the trajectory in its cell. So they are the same on both backends, in any batch, slice or
//! excerpt, and every cell sees the same ones.

use crate::formula::Words;
use crate::lanes::{Disturbed, Drawn, Pass};
use crate::member::{Domain, Member, Parameter};
use std::f64::consts::{LN_2, PI};

/// Normal noise of a seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Noise {
    pub seed: u64,
}

/// L'(w) + normal z, z standard normal and independent from step to step.
pub static NORMAL: Member = Member {
    kind: "normal",
    formula: "L'(w) + normal z, z ~ N(0, 1)",
    parameters: crate::parameters!({
        normal: Parameter::new(Domain::NonNegative, "standard deviation of what is added to the loss's slope"),
    }),
};

/// No noise.
pub static SILENCE: Member = Member { kind: "none", formula: "L'(w)", parameters: &[] };

/// Draws the pair of numbers of two steps.
pub static DRAWN: Pass = Pass::of::<Drawn>();

/// Adds the first and the second of a pair to the slope.
pub static DISTURBED: [Pass; 2] = [Pass::of::<Disturbed<false>>(), Pass::of::<Disturbed<true>>()];

impl Noise {
    /// The key of the generator.
    pub fn key(self) -> Words {
        Words { first: self.seed as u32, second: (self.seed >> 32) as u32 }
    }

    /// The number of step `n` of the trajectory at `place`, in f64, from the same random bits.
    pub fn normal_in_f64(self, n: u32, place: u32) -> f64 {
        let words = threefry([n >> 1, place], [self.seed as u32, (self.seed >> 32) as u32]);
        let share = |word: u32| (f64::from(word >> 9) + 0.5) / f64::from(1 << 23);
        let radius = (-2.0 * LN_2 * libm::log2(share(words[0]))).sqrt();
        let turn = share(words[1]) * PI / 2.0;
        let (size, sign) = if n & 1 == 0 { (libm::sin(turn), words[1] & 1) } else { (libm::cos(turn), words[1] & 2) };
        radius * if sign == 0 { size } else { -size }
    }
}

/// Threefry-2x32-13 as its paper has it, written on its own.
pub fn threefry(counter: [u32; 2], key: [u32; 2]) -> [u32; 2] {
    const ROTATIONS: [u32; 8] = [13, 15, 26, 6, 17, 29, 16, 24];
    let keys = [key[0], key[1], 0x1BD1_1BDA ^ key[0] ^ key[1]];
    let [mut x, mut y] = [counter[0].wrapping_add(keys[0]), counter[1].wrapping_add(keys[1])];
    for round in 0..13 {
        if round > 0 && round % 4 == 0 {
            let injection = round / 4;
            x = x.wrapping_add(keys[injection % 3]);
            y = y.wrapping_add(keys[(injection + 1) % 3]).wrapping_add(injection as u32);
        }
        x = x.wrapping_add(y);
        y = y.rotate_left(ROTATIONS[round % 8]) ^ x;
    }
    [x, y]
}
