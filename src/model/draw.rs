//! Which rows a draw counts, and how often.

use super::Model;
use crate::problem::Response;
use crate::spec::{Method, Resample};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use rayon::prelude::*;

impl Resample {
    /// The fewest rows that it takes.
    pub fn least_rows(self) -> usize {
        match self.method {
            Method::Whole | Method::Bootstrap | Method::Designs => 1,
            Method::HalfSample => 4,
            Method::Folds { folds } => folds as usize,
        }
    }
}

/// Draws the rows of a model's table.
///
/// Random numbers come from ChaCha8: the spec's seed is the key, the number of the draw (of the pair, of the repeat) is the stream. So each
/// draw is the same whatever was drawn before, and the first ones stay when their count grows.
pub struct Draws<'a> {
    model: &'a Model,
    /// The rows that count, each as often as it does.
    units: Vec<u32>,
    /// Of these, those of each class, or all.
    strata: Vec<Vec<u32>>,
    /// Of these, those of each group, where groups stay together.
    groups: Option<Vec<Vec<u32>>>,
}

impl<'a> Draws<'a> {
    pub fn new(model: &'a Model) -> Draws<'a> {
        let rows = (0..model.rows() as u32).zip(&model.counts);
        let units: Vec<u32> = rows.flat_map(|(row, &count)| std::iter::repeat_n(row, count as usize)).collect();
        let strata = match model.of_rows.response {
            Response::Any | Response::Counts | Response::None => vec![units.clone()],
            Response::Classes => [0.0, 1.0]
                .map(|class| units.iter().copied().filter(|row| model.responses[*row as usize] == class).collect())
                .to_vec(),
        };
        let groups = model.row_groups.as_ref().map(|groups| {
            let mut rows = vec![Vec::new(); groups.iter().max().map_or(0, |last| *last as usize + 1)];
            units.iter().for_each(|row| rows[groups[*row as usize] as usize].push(*row));
            rows.retain(|rows: &Vec<u32>| !rows.is_empty());
            rows
        });
        Draws { model, units, strata, groups }
    }

    pub fn model(&self) -> &'a Model {
        self.model
    }

    fn stream(&self, number: u32) -> ChaCha8Rng {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&self.model.resample.seed.to_le_bytes());
        key[8..16].copy_from_slice(b"resample");
        let mut random = ChaCha8Rng::from_seed(key);
        random.set_stream(number.into());
        random
    }

    /// How often each row counts in a draw. Row weights count as copies of a row: a draw of them is a draw of copies.
    pub fn counts(&self, draw: u32) -> Vec<u32> {
        let mut counts = vec![0; self.model.rows()];
        match self.model.resample.method {
            Method::Whole | Method::Designs => counts.clone_from(&self.model.counts),
            Method::Bootstrap => {
                let mut random = self.stream(draw);
                for _ in 0..self.units.len() {
                    counts[self.units[below(self.units.len() as u32, &mut random) as usize] as usize] += 1;
                }
            }
            Method::HalfSample => {
                let mut units = self.units.clone();
                shuffle(&mut units, &mut self.stream(draw / 2));
                let half = units.len() / 2;
                let own = if draw.is_multiple_of(2) { &units[..half] } else { &units[half..2 * half] };
                own.iter().for_each(|row| counts[*row as usize] += 1);
            }
            Method::Folds { folds } => {
                let parts = self.parts(draw / folds, folds as usize);
                let others = parts.iter().enumerate().filter(|(part, _)| *part as u32 != draw % folds);
                others.flat_map(|(_, rows)| rows).for_each(|row| counts[*row as usize] += 1);
            }
        }
        counts
    }

    /// So many parts of the rows, of one size where rows stand for themselves; each class is spread evenly. Of groups no part has more rows than
    /// another and a group.
    fn parts(&self, repeat: u32, count: usize) -> Vec<Vec<u32>> {
        let (mut random, mut parts) = (self.stream(repeat), vec![Vec::new(); count]);
        if let Some(groups) = &self.groups {
            let mut order: Vec<&Vec<u32>> = groups.iter().collect();
            shuffle(&mut order, &mut random);
            for rows in order {
                let least = parts.iter_mut().min_by_key(|part| part.len()).expect("there should be a part");
                least.extend(rows);
            }
            return parts;
        }
        // Each class is dealt out on from where the one before ended, so that parts are of one size, too.
        let mut next = 0;
        for stratum in &self.strata {
            let mut units = stratum.clone();
            shuffle(&mut units, &mut random);
            for row in units {
                parts[next].push(row);
                next = (next + 1) % count;
            }
        }
        parts
    }

    /// How many draws have one class alone, or counts of 0 alone; `None` where responses of rows are neither classes nor counts.
    pub fn one_sided(&self) -> Option<u64> {
        let Model { responses, of_rows, resample, .. } = self.model;
        if !self.model.has_rows() || !matches!(of_rows.response, Response::Classes | Response::Counts) {
            return None;
        }
        let is_one_sided = |draw: &u32| {
            let counts = self.counts(*draw);
            let mut own = responses.iter().zip(&counts).filter(|(_, count)| **count > 0).map(|(response, _)| *response);
            let first = own.next().unwrap_or_default();
            (of_rows.response == Response::Classes || first == 0.0) && own.all(|other| other == first)
        };
        Some((0..resample.count).into_par_iter().filter(is_one_sided).count() as u64)
    }

    /// How often each row counts among those that a draw leaves out.
    pub fn left_out(&self, counts: &[u32]) -> Vec<u32> {
        let parted = matches!(self.model.resample.method, Method::Folds { .. } | Method::HalfSample);
        let left = |(whole, own): (&u32, &u32)| {
            if parted {
                whole - own
            } else if *own == 0 {
                *whole
            } else {
                0
            }
        };
        self.model.counts.iter().zip(counts).map(left).collect()
    }
}

/// A whole number below `bound`, each as likely (Lemire, ACM Trans. Model. Comput. Simul. 29, 2019).
fn below(bound: u32, random: &mut impl Rng) -> u32 {
    loop {
        let product = u64::from(random.next_u32()) * u64::from(bound);
        if product as u32 >= bound.wrapping_neg() % bound {
            return (product >> 32) as u32;
        }
    }
}

/// Fisher and Yates.
pub(super) fn shuffle<T>(units: &mut [T], random: &mut impl Rng) {
    for last in (1..units.len()).rev() {
        units.swap(last, below(last as u32 + 1, random) as usize);
    }
}
