//! What the vectors of all cores can do.

use super::available_threads;
use crate::backend::roofs::{Roofs, rate};
use crate::lanes::{Compiled, Vectors, compiled};
use std::convert::Infallible;
use std::hint::black_box;

/// Room for eight vectors of the widest.
const MOST_LANES: usize = 128;

/// Bytes that are read, and as many that are written, by all threads together: more than caches hold.
const COPIED: usize = 128 << 20;

/// One link of a chain.
trait Link {
    /// Vectors beside each other.
    const CHAINS: usize;
    const OPERATIONS: f64;

    fn next(x: f32, a: f32, b: f32) -> f32;
}

/// Sums of products, in so many chains.
struct Chained<const CHAINS: usize>;
struct Special;

impl<const CHAINS: usize> Link for Chained<CHAINS> {
    const CHAINS: usize = CHAINS;
    const OPERATIONS: f64 = 2.0;

    #[inline(always)]
    fn next(x: f32, a: f32, b: f32) -> f32 {
        x * a + b
    }
}

impl Link for Special {
    const CHAINS: usize = 8;
    const OPERATIONS: f64 = 1.0;

    #[inline(always)]
    fn next(x: f32, _: f32, _: f32) -> f32 {
        x.sqrt()
    }
}

type Chains = unsafe fn(&mut [f32; MOST_LANES], f32, f32, u32);

const fn compiled_chains<L: Link>() -> Compiled<Chains> {
    compiled!(chains::<L>(x: &mut [f32; MOST_LANES], a: f32, b: f32, links: u32) where L: Link)
}

#[inline(always)]
fn chains<L: Link>(vectors: Vectors, x: &mut [f32; MOST_LANES], a: f32, b: f32, links: u32) {
    for _ in 0..links {
        for x in &mut x[..L::CHAINS * width(vectors)] {
            *x = L::next(*x, a, b);
        }
    }
}

/// Lanes of a vector.
#[inline(always)]
const fn width(vectors: Vectors) -> usize {
    vectors.together() / 4
}

/// Measures the limits of all cores together.
pub fn roofs() -> Roofs {
    Roofs {
        dependent_operations_per_second: operations_per_second::<Chained<1>>(),
        independent_operations_per_second: operations_per_second::<Chained<8>>(),
        special_operations_per_second: operations_per_second::<Special>(),
        bytes_per_second: bytes_per_second(),
    }
}

fn operations_per_second<L: Link>() -> f64 {
    let (vectors, threads) = (Vectors::widest(), available_threads());
    let run = |thousands: u32| {
        on_threads(threads, || {
            let mut x = black_box([1.5; MOST_LANES]);
            // SAFETY: this processor runs the widest.
            unsafe {
                const { compiled_chains::<L>() }.get(vectors)(
                    &mut x,
                    black_box(0.999),
                    black_box(0.001),
                    1000 * thousands,
                )
            };
            black_box(x);
        });
        Ok::<(), Infallible>(())
    };
    let Ok(rate) = rate(1 << 20, run);
    rate * 1000.0 * (L::CHAINS * width(vectors) * threads) as f64 * L::OPERATIONS
}

fn bytes_per_second() -> f64 {
    let threads = available_threads();
    let len = COPIED / size_of::<f32>() / threads;
    let arrays = std::iter::repeat_with(|| (vec![1.0_f32; len], vec![2.0_f32; len]));
    let mut arrays: Vec<_> = arrays.take(threads).collect();
    let run = |times: u32| {
        std::thread::scope(|scope| {
            for (from, to) in &mut arrays {
                scope.spawn(move || {
                    for _ in 0..times {
                        to.copy_from_slice(black_box(from));
                        black_box(&mut *to);
                    }
                });
            }
        });
        Ok::<(), Infallible>(())
    };
    let Ok(rate) = rate(1 << 10, run);
    rate * (2 * len * size_of::<f32>() * threads) as f64
}

fn on_threads(threads: usize, work: impl Fn() + Sync) {
    std::thread::scope(|scope| (0..threads).for_each(|_| _ = scope.spawn(&work)));
}
