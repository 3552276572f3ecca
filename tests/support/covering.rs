//! A few kernels that stand for all.

use zerosweep::kernel::Kernel;
use zerosweep::member::FAMILY;
use zerosweep::noise::Noise;
use zerosweep::optimizer::{Optimizer, PenaltyStep, UpdateRule};
use zerosweep::precision::Precision;
use zerosweep::problem::NONE;

/// Parts of a kernel that fit all others: problem, schedule, lambda's schedule, noise, precision.
const FREE: usize = 5;

/// All parts: those, and penalty, rule and penalty step.
const PARTS: usize = FREE + 3;

/// Numbers of a kernel's parts, rules of one direction as one; of variants of penalties, those with each penalty step.
#[derive(Clone, Copy)]
struct Candidate {
    kernel: Kernel,
    free: [usize; FREE],
    penalty: usize,
    rule: usize,
    step: usize,
    variant: usize,
}

/// More than any part has values.
const MOST: usize = 64;

impl Candidate {
    /// The pairs that it holds, as numbers.
    fn pairs(&self) -> [usize; PARTS * (PARTS - 1) / 2 + 1] {
        let [problem, schedule, lambda_schedule, noise, precision] = self.free;
        let parts = [self.penalty, self.rule, self.step, problem, schedule, lambda_schedule, noise, precision];
        let mut pairs = [0; PARTS * (PARTS - 1) / 2 + 1];
        let mut next = 1;
        for second in 0..PARTS {
            for first in 0..second {
                pairs[next] = (next * MOST + parts[first]) * MOST + parts[second];
                next += 1;
            }
        }
        pairs[0] = self.variant * MOST + self.step;
        pairs
    }
}

/// The values of a free part.
fn values(part: usize) -> usize {
    [FAMILY.problems.len(), FAMILY.schedules.len(), FAMILY.schedules.len(), 2, Precision::ALL.len()][part]
}

fn with(candidate: &Candidate, part: usize, value: usize) -> Candidate {
    let mut with = *candidate;
    with.free[part] = value;
    let optimizer = &mut with.kernel.optimizer;
    match part {
        0 => with.kernel.problem = FAMILY.problems[value],
        1 => optimizer.schedule = FAMILY.schedules[value],
        2 => optimizer.lambda_schedule = FAMILY.schedules[value],
        3 => optimizer.noise = [None, Some(Noise { seed: 1 })][value],
        _ => optimizer.precision = Precision::ALL[value],
    }
    with
}

/// Every variant of a penalty with every rule and penalty step that fit it.
fn bases() -> Vec<Candidate> {
    let (mut bases, mut variants) = (Vec::new(), 0);
    for (penalty, row) in FAMILY.penalties.iter().enumerate() {
        for variant in 0..row.variants.len() {
            for update_rule in FAMILY.optimizers {
                // Rules of one direction have the same kernels, by each penalty step.
                let of_one = |other: &&UpdateRule| std::ptr::eq(other.direction, update_rule.direction);
                let rule = FAMILY.optimizers.iter().position(of_one).expect("a rule should be in the family");
                let steps = update_rule.penalty_steps;
                let right = steps.contains(&PenaltyStep::InLoss).then_some(&PenaltyStep::InLossRight);
                for &penalty_step in steps.iter().chain(right).filter(|&&step| row.takes(step)) {
                    let optimizer = Optimizer::new(update_rule, penalty_step);
                    let kernel = Kernel { problem: &NONE, penalty: row, variant, optimizer };
                    let step = penalty_step as usize;
                    bases.push(Candidate { kernel, free: [0; FREE], penalty, rule, step, variant: variants });
                }
            }
            variants += 1;
        }
    }
    bases
}

/// Kernels that between them hold every pair of members that fit each other, of two roles or parts of an optimizer, and every
/// variant of a penalty with every penalty step: few of all.
pub fn covering() -> Vec<Kernel> {
    let bases = bases();
    let mut open = vec![false; (PARTS * (PARTS - 1) / 2 + 1) * MOST * MOST];
    for base in &bases {
        for first in 0..FREE {
            for second in first..FREE {
                for (a, b) in (0..values(first)).flat_map(|a| (0..values(second)).map(move |b| (a, b))) {
                    with(&with(base, first, a), second, b).pairs().into_iter().for_each(|pair| open[pair] = true);
                }
            }
        }
    }
    let mut chosen = Vec::new();
    while open.contains(&true) {
        let gain = |candidate: &Candidate| candidate.pairs().into_iter().filter(|&pair| open[pair]).count();
        let filled = |base: &Candidate| {
            (0..FREE).fold(*base, |candidate, part| {
                let ways = (0..values(part)).map(|value| with(&candidate, part, value));
                ways.max_by_key(gain).expect("every part should have a value")
            })
        };
        let best = bases.iter().map(filled).max_by_key(gain).expect("there should be kernels");
        best.pairs().into_iter().for_each(|pair| open[pair] = false);
        chosen.push(best.kernel);
    }
    chosen
}
