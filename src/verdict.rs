//! What became of a trajectory ([`Outcome`], [`Fate`]) and of a cell ([`Tally`]).

use crate::formula::verdict::octave;
use crate::formula::words::{abs, max};
use bytemuck::{Pod, Zeroable};
use serde::{Deserialize, Serialize};

/// The step of an event that never happened.
pub const NEVER: u32 = u32::MAX;

/// How a trajectory ended; the first rule that holds decides (`shaders/verdict.wgsl`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Fate {
    /// Some iterate was not finite or beyond `zero.divergence`; the trajectory stopped there.
    Diverged,
    /// Every tail iterate is zero, reached by a jump from |w| >= 2^-64 (or the start was zero and nothing moved).
    Zero,
    /// Every tail iterate is below 2^-64: a geometric decay until f32 ran out; zero only in the limit.
    Decayed,
    /// Every tail iterate is within the largest tolerance.
    NearZero,
    /// The tail's spread is at most 1e-4 of its largest size.
    Settled,
    /// The tail reverses its direction at least twice.
    Oscillating,
    /// Still on its way when the budget ended.
    Moving,
}

impl Fate {
    /// Every fate, in the order of the rules.
    pub const ALL: [Fate; 7] =
        [Fate::Diverged, Fate::Zero, Fate::Decayed, Fate::NearZero, Fate::Settled, Fate::Oscillating, Fate::Moving];

    /// The fates' words in tables and pictures, in the same order.
    pub const NAMES: [&str; 7] = ["diverged", "zero", "decayed", "near_zero", "settled", "oscillating", "moving"];

    /// The same in the order of every legend: from exact zeros to what is furthest from them.
    pub const SHOWN: [Fate; 7] =
        [Fate::Zero, Fate::Decayed, Fate::NearZero, Fate::Settled, Fate::Oscillating, Fate::Moving, Fate::Diverged];

    /// The fate's word.
    pub fn name(self) -> &'static str {
        Fate::NAMES[self as usize]
    }

    /// That of most, of so many of each in the order of [`Fate::ALL`]; at a tie the last of [`Fate::SHOWN`], so that half are no sparsity.
    pub fn commonest(counts: &[u64; 7]) -> Fate {
        let [first, rest @ ..] = Fate::SHOWN;
        let count = |fate: Fate| counts[fate as usize];
        rest.into_iter().fold(first, |most, fate| if count(fate) >= count(most) { fate } else { most })
    }
}

/// How one trajectory ended. The layout is the device's: `struct Outcome` of `shaders/driver.wgsl`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Pod, Zeroable)]
pub struct Outcome {
    /// Index into [`Fate::ALL`].
    pub fate: u32,
    /// Step of the first crossing, or [`NEVER`].
    pub first_crossing: u32,
    /// Step of the first zero iterate, or [`NEVER`].
    pub first_zero: u32,
    /// Step of the first iterate within the largest tolerance, or [`NEVER`].
    pub first_within: u32,
    /// Step of the last landing on zero; 0 where the start is zero and none came after, [`NEVER`] where none came at all. What
    /// ends at zero has arrived there.
    pub arrival: u32,
    /// Least iterate of the tail; meaningless where the trajectory diverged.
    pub tail_low: f32,
    /// Greatest iterate of the tail; meaningless where the trajectory diverged.
    pub tail_high: f32,
    /// The last iterate; meaningless where the trajectory diverged.
    pub last: f32,
    /// The last step that was taken: `steps`, or the step of the divergence.
    pub last_step: u32,
}

impl Outcome {
    pub fn fate(&self) -> Fate {
        Fate::ALL[self.fate as usize]
    }

    /// Largest |w| of the tail; infinite where the trajectory diverged.
    pub fn amplitude(&self) -> f32 {
        match self.fate() {
            Fate::Diverged => f32::INFINITY,
            _ => max(abs(self.tail_low), abs(self.tail_high)),
        }
    }
}

/// Octaves of a tail's amplitude that are told apart ([`octave`]).
pub const OCTAVES: usize = 96;

/// The largest amplitude in an octave, 2^(octave - 64); infinite for the last.
pub fn octave_bound(octave: usize) -> f64 {
    if octave + 1 < OCTAVES { libm::exp2(octave as f64 - 64.0) } else { f64::INFINITY }
}

/// Log-linear buckets of steps: exact below 2^bits, then 2^bits buckets an octave, each of which is named by its least step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scale {
    bits: u32,
}

impl Scale {
    /// Of first steps: exact below 16, low by less than 1/16 above.
    pub const COARSE: Scale = Scale { bits: 4 };
    /// Of arrivals: exact below 64, low by less than 1/64 above.
    pub const FINE: Scale = Scale { bits: 6 };

    /// The bucket of a step, counted from 0.
    pub const fn bucket(self, step: u32) -> usize {
        if step >> self.bits == 0 {
            return step as usize;
        }
        let octave = step.ilog2();
        let within = (step >> (octave - self.bits)) & ((1 << self.bits) - 1);
        (((octave - self.bits + 1) << self.bits) + within) as usize
    }

    /// The least step of a bucket.
    pub fn least(self, bucket: usize) -> u32 {
        match bucket >> self.bits {
            0 => bucket as u32,
            octave => ((1 << self.bits) + (bucket as u32 & ((1 << self.bits) - 1))) << (octave - 1),
        }
    }

    /// Buckets that steps from 0 to `steps` can fall into.
    pub const fn buckets(self, steps: u32) -> usize {
        self.bucket(steps) + 1
    }
}

/// Counts in buckets: of steps, by a [`Scale`], or of amplitudes, by [`octave`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Histogram {
    /// The least bucket that holds anything.
    first: usize,
    /// From that bucket to the greatest that holds anything: few, in most cells.
    counts: Vec<u64>,
}

impl Histogram {
    /// What was counted in each bucket, from bucket 0 on.
    fn of(counters: &[u32]) -> Histogram {
        // Most buckets are empty: they are looked at some at a time.
        const CHUNK: usize = 16;
        let holds_any = |chunk: &[u32]| chunk.iter().fold(0, |any, count| any | count) != 0;
        let Some(first) = counters.chunks(CHUNK).position(holds_any) else { return Histogram::default() };
        let last = counters.chunks(CHUNK).rposition(holds_any).expect("a chunk should hold something");
        let held = &counters[first * CHUNK..counters.len().min((last + 1) * CHUNK)];
        let before = held.iter().take_while(|count| **count == 0).count();
        let after = held.iter().rev().take_while(|count| **count == 0).count();
        let counts = held[before..held.len() - after].iter().map(|&count| u64::from(count)).collect();
        Histogram { first: first * CHUNK + before, counts }
    }

    /// Counts `count` events, which is not 0, in `bucket`.
    #[inline]
    pub fn add(&mut self, bucket: usize, count: u64) {
        match self.counts.get_mut(bucket.wrapping_sub(self.first)) {
            Some(held) => *held += count,
            None => self.widen(bucket, count),
        }
    }

    /// Counts in a bucket beyond the ends.
    #[cold]
    fn widen(&mut self, bucket: usize, count: u64) {
        if self.counts.is_empty() {
            self.first = bucket;
        }
        if bucket < self.first {
            let below = std::iter::repeat_n(0, self.first - bucket);
            self.counts.splice(..0, below);
            self.first = bucket;
        }
        let place = bucket - self.first;
        if place >= self.counts.len() {
            self.counts.resize(place + 1, 0);
        }
        self.counts[place] += count;
    }

    fn merge(&mut self, other: &Histogram) {
        let held = (other.first..).zip(&other.counts).filter(|(_, count)| **count > 0);
        held.for_each(|(bucket, count)| self.add(bucket, *count));
    }

    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// The count of a bucket.
    pub fn count(&self, bucket: usize) -> u64 {
        bucket.checked_sub(self.first).and_then(|place| self.counts.get(place)).copied().unwrap_or(0)
    }

    /// The sum of all buckets up to this one.
    pub fn up_to(&self, bucket: usize) -> u64 {
        self.counts.iter().take((bucket + 1).saturating_sub(self.first)).sum()
    }

    /// The least step of the bucket that holds the event of rank ceil(share * total), `None` where there is no event.
    pub fn quantile(&self, share: f64, scale: Scale) -> Option<u32> {
        let rank = (share * self.total() as f64).ceil().max(1.0) as u64;
        let mut seen = 0;
        self.counts
            .iter()
            .position(|count| {
                seen += count;
                seen >= rank
            })
            .map(|place| scale.least(self.first + place))
    }
}

/// The integer counts of a cell. Sums, so that no order of addition shows in them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tally {
    pub trajectories: u64,
    /// In the order of [`Fate::ALL`].
    pub fates: [u64; 7],
    pub crossed: u64,
    /// Tails within each tolerance, in the order of the spec.
    pub within: Vec<u64>,
    /// Amplitudes of the tails of those that did not diverge, by octave.
    pub amplitudes: Histogram,
    /// By [`Scale::COARSE`], as first crossings.
    pub first_zero: Histogram,
    pub first_crossing: Histogram,
    /// Last landings of those whose fate is zero, by [`Scale::FINE`].
    pub arrival: Histogram,
    /// Numbers that are kept of each trajectory: of many weights alone.
    pub samples: Vec<Sample>,
}

/// Numbers of which some trajectories have one each. They are sorted before anything is made of them, so that no order shows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// Those that are 0.
    pub zeros: u64,
    pub others: Vec<f32>,
}

impl Sample {
    /// Adds a number, of so many that are expected.
    fn add(&mut self, value: f32, expected: usize) {
        if value == 0.0 {
            self.zeros += 1;
            return;
        }
        if self.others.is_empty() {
            self.others.reserve_exact(expected);
        }
        self.others.push(value);
    }

    /// Adds those of another, where at most `most` come together: room is made seldom, and never for more.
    fn merge(&mut self, other: &Sample, most: usize) {
        self.zeros += other.zeros;
        let held = self.others.len();
        let needed = held + other.others.len();
        if needed > self.others.capacity() {
            self.others.reserve_exact((4 * needed).min(most).max(needed) - held);
        }
        self.others.extend_from_slice(&other.others);
    }
}

impl Tally {
    /// Counts one trajectory.
    pub fn add(&mut self, outcome: &Outcome, tolerances: &[f32]) {
        self.trajectories += 1;
        self.fates[outcome.fate as usize] += 1;
        self.within.resize(tolerances.len(), 0);
        let amplitude = outcome.amplitude();
        for (within, &tolerance) in self.within.iter_mut().zip(tolerances) {
            *within += u64::from(amplitude <= tolerance);
        }
        if amplitude.is_finite() {
            self.amplitudes.add(octave(amplitude) as usize, 1);
        }
        if outcome.first_crossing != NEVER {
            self.crossed += 1;
            self.first_crossing.add(Scale::COARSE.bucket(outcome.first_crossing), 1);
        }
        if outcome.first_zero != NEVER {
            self.first_zero.add(Scale::COARSE.bucket(outcome.first_zero), 1);
        }
        if outcome.fate() == Fate::Zero {
            self.arrival.add(Scale::FINE.bucket(outcome.arrival), 1);
        }
    }

    /// Keeps numbers of a trajectory, of so many that are expected; of each sample one or none.
    pub fn sample(&mut self, values: &[Option<f32>], expected: usize) {
        self.samples.resize(self.samples.len().max(values.len()), Sample::default());
        let given = self.samples.iter_mut().zip(values);
        given.for_each(|(sample, value)| value.iter().for_each(|value| sample.add(*value, expected)));
    }

    /// Adds the counts of another part of the same cell, which has so many trajectories as a whole.
    pub fn merge(&mut self, other: &Tally, whole: u64) {
        self.trajectories += other.trajectories;
        self.fates.iter_mut().zip(other.fates).for_each(|(sum, count)| *sum += count);
        self.crossed += other.crossed;
        self.within.resize(self.within.len().max(other.within.len()), 0);
        self.within.iter_mut().zip(&other.within).for_each(|(sum, count)| *sum += count);
        self.amplitudes.merge(&other.amplitudes);
        self.first_zero.merge(&other.first_zero);
        self.first_crossing.merge(&other.first_crossing);
        self.arrival.merge(&other.arrival);
        self.samples.resize(self.samples.len().max(other.samples.len()), Sample::default());
        self.samples.iter_mut().zip(&other.samples).for_each(|(own, other)| own.merge(other, whole as usize));
    }

    /// Memory that it takes, in bytes.
    pub fn bytes(&self) -> u64 {
        let histograms = [&self.amplitudes, &self.first_zero, &self.first_crossing, &self.arrival];
        let counts = self.within.len() + histograms.iter().map(|histogram| histogram.counts.len()).sum::<usize>();
        let kept: usize =
            self.samples.iter().map(|own| size_of::<Sample>() + own.others.len() * size_of::<f32>()).sum();
        (size_of::<(u64, Tally)>() + counts * size_of::<u64>() + kept) as u64
    }
}

/// Where a device counts: the words of one cell's counters, as constants of this module and of WGSL alike.
pub mod layout {
    use super::{Fate, Histogram, OCTAVES, Scale, Tally};
    use crate::spec::{MAX_STEPS, MAX_TOLERANCES};
    use std::fmt::Write;

    /// Words before the first cell: trajectories that have not come to their last step.
    pub const HEADER: usize = 1;
    const FATES: usize = 0;
    const CROSSED: usize = FATES + Fate::ALL.len();
    const WITHIN: usize = CROSSED + 1;
    const AMPLITUDES: usize = WITHIN + MAX_TOLERANCES;
    const FIRST_ZERO: usize = AMPLITUDES + OCTAVES;

    /// Counters of a cell of trajectories of so many steps: fates, crossed, within each tolerance, amplitudes by octave, then
    /// first zeros, first crossings and arrivals by bucket.
    pub const fn words(steps: u32) -> usize {
        FIRST_ZERO + 2 * Scale::COARSE.buckets(steps) + Scale::FINE.buckets(steps)
    }

    /// The constants as WGSL.
    pub fn wgsl() -> String {
        let mut text = String::new();
        for (name, value) in [
            ("HEADER", HEADER),
            ("FATES", FATES),
            ("CROSSED", CROSSED),
            ("WITHIN", WITHIN),
            ("MOST_TOLERANCES", MAX_TOLERANCES),
            ("AMPLITUDES", AMPLITUDES),
            ("FIRST_ZERO", FIRST_ZERO),
            ("COARSE", Scale::COARSE.bits as usize),
            ("FINE", Scale::FINE.bits as usize),
            ("MOST_WORDS", words(MAX_STEPS)),
        ] {
            _ = writeln!(text, "const {name}: u32 = {value};");
        }
        text
    }

    /// One cell's counters, of trajectories of so many steps, as a tally.
    pub fn tally(counters: &[u32], steps: u32, tolerances: usize) -> Tally {
        let count = |word: usize| u64::from(counters[word]);
        let buckets = Scale::COARSE.buckets(steps);
        let histogram = |first: usize, len: usize| Histogram::of(&counters[first..first + len]);
        let fates = std::array::from_fn(|fate| count(FATES + fate));
        Tally {
            trajectories: fates.iter().sum(),
            fates,
            crossed: count(CROSSED),
            within: (0..tolerances).map(|index| count(WITHIN + index)).collect(),
            amplitudes: histogram(AMPLITUDES, OCTAVES),
            first_zero: histogram(FIRST_ZERO, buckets),
            first_crossing: histogram(FIRST_ZERO + buckets, buckets),
            arrival: histogram(FIRST_ZERO + 2 * buckets, Scale::FINE.buckets(steps)),
            samples: Vec::new(),
        }
    }
}
