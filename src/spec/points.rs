//! The points of generated axes, in f64.
//!
//! Every function uses `libm` and plain f64 arithmetic only, so that a spec gives the same bytes on every platform.
//! Random points come from ChaCha8: the spec's seed is the key (its first 8 bytes, little-endian, the rest zero), the
//! parameter's path is the stream. Two axes with one seed are therefore independent, while the same parameter draws
//! the same points in every alternative and cell, and the first points stay when the count grows.

use super::sobol;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use sha2::{Digest, Sha256};

/// The points of an axis, in order.
pub(crate) type Points = Box<dyn Iterator<Item = f64>>;

/// `count` evenly spaced points from `first` to `last`, both exact.
pub(super) fn linspace(first: f64, last: f64, count: u64) -> Points {
    // A weighted mean of the ends, because it keeps a symmetric grid symmetric. Where the grid passes through zero
    // the products may fail to cancel by a few roundings of the larger end; that is a zero, and zero matters here.
    let residue = f64::max(first.abs(), last.abs()) * (4.0 * f64::EPSILON);
    spaced(first, last, count, move |from_first, from_last, steps| {
        let point = (first * from_last + last * from_first) / steps;
        if point.abs() <= residue { 0.0 } else { point }
    })
}

/// `count` points from `first` to `last`, both exact and of one sign, each the same multiple of the one before.
pub(super) fn geomspace(first: f64, last: f64, count: u64) -> Points {
    let (log_first, log_last) = (libm::log(first.abs()), libm::log(last.abs()));
    spaced(first, last, count, move |from_first, from_last, steps| {
        libm::copysign(libm::exp((log_first * from_last + log_last * from_first) / steps), first)
    })
}

/// Points whose inner ones are `inner(steps from the first, steps from the last, all steps)`.
fn spaced(first: f64, last: f64, count: u64, inner: impl Fn(f64, f64, f64) -> f64 + 'static) -> Points {
    let steps = count - 1;
    Box::new((0..count).map(move |i| match i {
        0 => first,
        _ if i == steps => last,
        _ => inner(i as f64, (steps - i) as f64, steps as f64),
    }))
}

/// Uniform on [low, high].
pub(super) fn uniform(low: f64, high: f64, seed: u64, path: &str) -> Points {
    Box::new(fractions(seed, path).map(move |u| stretch(low, high, u)))
}

/// A uniform logarithm; `low` and `high` are of one sign.
pub(super) fn log_uniform(low: f64, high: f64, seed: u64, path: &str) -> Points {
    let (log_low, log_high) = (libm::log(low.abs()), libm::log(high.abs()));
    Box::new(fractions(seed, path).map(move |u| {
        let magnitude = libm::exp(log_low + (log_high - log_low) * u);
        libm::copysign(magnitude, low).clamp(low, high)
    }))
}

/// Normal, by the method of Box and Muller (1958): each two words give two independent points.
pub(crate) fn normal(mean: f64, deviation: f64, seed: u64, path: &str) -> Points {
    let mut words = fractions(seed, path);
    let mut second = None;
    Box::new(std::iter::from_fn(move || {
        let standard = second.take().or_else(|| {
            // 1 - u lies in (0, 1], where the logarithm is finite.
            let radius = libm::sqrt(-2.0 * libm::log(1.0 - words.next()?));
            let angle = std::f64::consts::TAU * words.next()?;
            second = Some(radius * libm::sin(angle));
            Some(radius * libm::cos(angle))
        })?;
        Some(mean + deviation * standard)
    }))
}

/// A dimension of Sobol's sequence on [low, high), with the digits shifted (by exclusive or) by the seed. Of the first 2^m points,
/// each of 2^m equal intervals holds one.
pub(super) fn sobol(low: f64, high: f64, seed: u64, path: &str, dimension: usize) -> Points {
    let shift = stream(seed, path).next_u64() >> 11;
    let directions = sobol::directions(dimension);
    Box::new((0..=u32::MAX).map(move |i| {
        let point = u64::from(sobol::point(&directions, i)) << 21;
        stretch(low, high, fraction(point ^ shift))
    }))
}

fn stretch(low: f64, high: f64, u: f64) -> f64 {
    (low + (high - low) * u).clamp(low, high)
}

/// Uniform on [0, 1) in multiples of 2^-53, one from each word.
pub(crate) fn fractions(seed: u64, path: &str) -> impl Iterator<Item = f64> + 'static {
    let mut words = stream(seed, path);
    std::iter::from_fn(move || Some(fraction(words.next_u64() >> 11)))
}

/// `bits` 2^-53, exactly.
fn fraction(bits: u64) -> f64 {
    bits as f64 * (f64::EPSILON / 2.0)
}

/// The random words of a path.
pub(crate) fn stream(seed: u64, path: &str) -> ChaCha8Rng {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    let mut random = ChaCha8Rng::from_seed(key);
    let digest = Sha256::digest(path.as_bytes());
    let head: [u8; 8] = std::array::from_fn(|i| digest[i]);
    random.set_stream(u64::from_le_bytes(head));
    random
}
