//! Which trajectories are audited: some at random, some near a boundary. Both depend on the plan and its counts alone.

use super::nearness::{apart, margin};
use crate::backend::{Cancel, cpu};
use crate::plan::{Plan, Point, Section};
use crate::statistics::Endings;
use crate::verdict::{Fate, Outcome};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use rayon::prelude::*;
use std::collections::BTreeSet;

/// Candidates for each trajectory near a boundary, and the most of them that are held at a time.
const CANDIDATES: u64 = 32;
const MOST_CANDIDATES: u64 = 1 << 20;

/// Candidates that are drawn from one cell: the nearer two of them with different fates are, the nearer is a boundary.
const DRAWS_OF_A_CELL: u64 = 32;

/// Candidates that one is compared with, those with the next starts.
const COMPARED: usize = 8;

/// A fixed stream of random numbers.
struct Draws(ChaCha8Rng);

impl Draws {
    fn new(stream: u64) -> Draws {
        let mut random = ChaCha8Rng::from_seed([0; 32]);
        random.set_stream(stream);
        Draws(random)
    }

    /// Uniform below `end`, but for a share of `end` 2^-64.
    fn below(&mut self, end: u64) -> u64 {
        ((u128::from(self.0.next_u64()) * u128::from(end)) >> 64) as u64
    }

    /// Fisher and Yates.
    fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last as u64 + 1) as usize);
        }
    }
}

/// `size` of all trajectories, each as likely as any other, ascending; all where there are no more (R. Floyd's method,
/// Comm. ACM 30, 1987).
pub fn at_random(plan: &Plan, size: u64) -> BTreeSet<u64> {
    let total = plan.trajectories;
    if size >= total {
        return (0..total).collect();
    }
    let mut draws = Draws::new(0);
    let mut chosen = BTreeSet::new();
    for last in total - size..total {
        let drawn = draws.below(last + 1);
        if !chosen.insert(drawn) {
            chosen.insert(last);
        }
    }
    chosen
}

/// The `size` trajectories that are nearest to a boundary among some times as many candidates, ascending; `None` if it was
/// cancelled.
pub fn near_boundary(plan: &Plan, endings: &[Endings], size: u64, cancel: &Cancel) -> Option<BTreeSet<u64>> {
    if size >= plan.trajectories {
        return Some((0..plan.trajectories).collect());
    }
    let candidates = candidates(plan, endings, size);
    let outcomes = cpu::outcomes_of(plan, &candidates, cancel)?;
    let mut ranked = ranked(plan, endings, &candidates, &outcomes);
    // Of equally near ones none comes first by its number.
    Draws::new(1).shuffle(&mut ranked);
    ranked.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    Some(ranked.into_iter().take(size as usize).map(|(_, index)| index).collect())
}

/// Trajectories of cells at an edge; where these are too few, others as well. Ascending.
fn candidates(plan: &Plan, endings: &[Endings], size: u64) -> Vec<u64> {
    let wanted = (size.saturating_mul(CANDIDATES)).min(MOST_CANDIDATES.max(size));
    if plan.trajectories <= 2 * wanted {
        return (0..plan.trajectories).collect();
    }
    let edges = Edges::new(plan, endings);
    let mut draws = Draws::new(2);
    let mut drawn = BTreeSet::new();
    let mut tries = if edges.total() == 0 { 0 } else { 4 * wanted };
    while tries > 0 && (drawn.len() as u64) < wanted {
        let cell = edges.get(draws.below(edges.total()));
        let size = plan.cell_size(cell);
        for _ in 0..size.min(DRAWS_OF_A_CELL) {
            let (section, local) = plan.trajectory_of_cell(cell, draws.below(size));
            drawn.insert(section.first + local);
            tries = tries.saturating_sub(1);
        }
    }
    while (drawn.len() as u64) < wanted {
        drawn.insert(draws.below(plan.trajectories));
    }
    drawn.into_iter().collect()
}

/// The cells at a change of fate: those with several fates, and those whose commonest fate is not that of a neighbour.
struct Edges {
    /// A bit a cell.
    words: Vec<u64>,
    /// How many there are before each word, and at last in all.
    before: Vec<u64>,
}

impl Edges {
    fn new(plan: &Plan, endings: &[Endings]) -> Edges {
        let word = |word: usize| {
            let first = word as u64 * 64;
            let end = (first + 64).min(plan.cells);
            let mut section = &plan.sections_of_cell(first)[0];
            (first..end).fold(0, |bits, cell| {
                if cell >= section.first_cell + section.cells {
                    section = &plan.sections_of_cell(cell)[0];
                }
                bits | u64::from(is_edge(section, endings, cell)) << (cell - first)
            })
        };
        let words: Vec<u64> =
            (0..plan.cells.div_ceil(64) as usize).into_par_iter().with_min_len(16).map(word).collect();
        let sums = words.iter().scan(0, |total, word| {
            *total += u64::from(word.count_ones());
            Some(*total)
        });
        Edges { before: std::iter::once(0).chain(sums).collect(), words }
    }

    fn total(&self) -> u64 {
        self.before.last().copied().unwrap_or(0)
    }

    /// The cell with this rank among those at an edge.
    fn get(&self, rank: u64) -> u64 {
        let word = self.before.partition_point(|&before| before <= rank) - 1;
        let mut bits = self.words[word];
        (self.before[word]..rank).for_each(|_| bits &= bits - 1);
        word as u64 * 64 + u64::from(bits.trailing_zeros())
    }
}

fn is_edge(section: &Section, endings: &[Endings], cell: u64) -> bool {
    let Endings { commonest, differ } = endings[cell as usize];
    differ || neighbours(section, cell).any(|(other, ..)| endings[other as usize].commonest != commonest)
}

/// The cells beside `cell`, each with the dimension along which it lies and its digit there.
fn neighbours(section: &Section, cell: u64) -> impl Iterator<Item = (u64, usize, u32)> {
    let own = cell - section.first_cell;
    let mut stride = 1;
    let dimensions = section.grid.dimensions.iter().enumerate().rev();
    dimensions.filter(|(_, dimension)| !dimension.pooled).flat_map(move |(place, dimension)| {
        let (len, step) = (dimension.len as u64, stride);
        stride *= len;
        let digit = own / step % len;
        let down = (digit > 0).then(|| (cell - step, place, digit as u32 - 1));
        let up = (digit + 1 < len).then(|| (cell + step, place, digit as u32 + 1));
        down.into_iter().chain(up)
    })
}

/// The gap between `point`, which is that of these digits, and the same with another digit of one dimension.
fn gap_to(section: &Section, point: &Point, digits: &[u32], dimension: usize, digit: u32) -> f64 {
    let mut beside = digits.to_vec();
    beside[dimension] = digit;
    // Of which trajectory it is makes no difference to the numbers.
    apart(point, &section.point(0, &beside))
}

/// A candidate in its cell.
struct Candidate {
    index: u64,
    cell: u64,
    point: Point,
    fate: Fate,
    /// Relative distance to the nearest boundary that is known of.
    distance: f64,
}

/// The distance of each candidate from what would give it another fate: a limit that its tail could pass, a neighbouring
/// cell, or another candidate of its cell.
fn ranked(plan: &Plan, endings: &[Endings], candidates: &[u64], outcomes: &[Outcome]) -> Vec<(f64, u64)> {
    let candidate = |(&index, outcome): (&u64, &Outcome)| {
        let (section, local): (&Section, u64) = plan.locate(index).expect("a candidate should lie in the plan");
        let (cell, fate) = (section.first_cell + local / section.pool, outcome.fate());
        let digits = section.digits(local);
        let point = section.point(local, &digits);
        let others = neighbours(section, cell).filter(|(other, ..)| endings[*other as usize].commonest != fate);
        let gaps = others.map(|(_, dimension, digit)| gap_to(section, &point, &digits, dimension, digit));
        let distance = margin(outcome, &plan.limits).min(gaps.fold(f64::INFINITY, f64::min));
        Candidate { index, cell, point, fate, distance }
    };
    let mut all: Vec<Candidate> = candidates.iter().zip(outcomes).map(candidate).collect();
    all.sort_by(|a, b| {
        let starts = || a.point.start.total_cmp(&b.point.start);
        a.cell.cmp(&b.cell).then_with(starts).then(a.index.cmp(&b.index))
    });
    for i in 0..all.len() {
        let (head, rest) = all.split_at_mut(i + 1);
        let one = &mut head[i];
        let near = rest.iter_mut().take(COMPARED);
        for other in near.filter(|other| other.cell == one.cell && other.fate != one.fate) {
            let gap = apart(&one.point, &other.point);
            one.distance = one.distance.min(gap);
            other.distance = other.distance.min(gap);
        }
    }
    all.into_iter().map(|candidate| (candidate.distance, candidate.index)).collect()
}
