//! A step as the passes of its members, one after another.

use super::driver::Stepper;
use crate::direction::Direction;
use crate::kernel::{Kernel, Role};
use crate::lanes::{LANES, Lane, Lanes, Left, Parameters, Pass, Terms, Vectors, Weight};
use crate::noise::{DISTURBED, DRAWN, Noise};
use crate::optimizer::{Optimizer, PenaltyStep};
use std::ops::Range;

/// Takes the steps of a kernel in stages.
#[derive(Clone, Debug)]
pub struct Staged {
    kernel: Kernel,
    vectors: Vectors,
    timed: Vec<Timed>,
    stages: Vec<Stage>,
    /// Which of the stages finds the slope of the loss.
    of_loss: usize,
    /// The place of a lambda that changes, and the penalty's parameters with that of the step.
    lambda: Option<usize>,
    of_penalty: Vec<Lane<f32>>,
    /// The number of the next step.
    n: u32,
    /// The steps whose random numbers are drawn, by pairs.
    drawn: Option<u32>,
}

/// One part of a step, with the places of the parameters that it gets.
#[derive(Clone, Debug)]
enum Stage {
    Pass(Pass, Range<usize>),
    /// One that gets the penalty's parameters with the lambda of the step.
    Penalty(Pass),
    /// Adds noise to the slope.
    Noise(Range<usize>),
}

/// A part that looks at no weight, but at parameters and the number of the step alone. Where all lanes have the same parameters it is
/// run once for as many steps as there are lanes, one in each.
#[derive(Clone, Debug)]
struct Timed {
    pass: Pass,
    own: Range<usize>,
    /// The places of all that it reads.
    reads: Vec<usize>,
    writes: &'static [Field],
    /// What all lanes read, if it is the same.
    common: Option<Vec<f32>>,
    /// What it writes in the steps from `first` on, if they read the same.
    course: Vec<Lane<f32>>,
    first: u32,
}

type Field = fn(&mut Terms) -> &mut Lane<f32>;

const RATE: &[Field] = &[|terms| &mut terms.rate, |terms| &mut terms.reach];
const LAMBDA: &[Field] = &[|terms| &mut terms.lambda];
const FACTORS: &[Field] = &[|terms| &mut terms.first, |terms| &mut terms.second];

impl Timed {
    fn new(pass: Pass, own: Range<usize>, beside: Option<usize>, writes: &'static [Field]) -> Timed {
        let reads = own.clone().chain(beside).collect();
        Timed { pass, own, reads, writes, common: None, course: Vec::new(), first: 0 }
    }

    /// Looks at what the lanes read from now on.
    fn prepare(&mut self, parameters: &Parameters) {
        let same = |values: &Lane<f32>| values.iter().all(|value| value.to_bits() == values[0].to_bits());
        let are_same = self.reads.iter().all(|&place| same(&parameters[place]));
        let common = are_same.then(|| self.reads.iter().map(|&place| parameters[place][0]).collect());
        if self.common != common {
            self.common = common;
            self.course.clear();
        }
    }

    /// Writes what step `n` needs.
    fn run(&mut self, vectors: Vectors, lanes: &mut Lanes, parameters: &Parameters, n: u32) {
        let Lanes { weight, terms } = lanes;
        let own = &parameters[self.own.clone()];
        if self.common.is_none() {
            terms.n = [n.cast_signed(); LANES];
            return self.pass.run(vectors, weight, terms, own);
        }
        let mut place = n.wrapping_sub(self.first) as usize;
        if self.course.is_empty() || place >= LANES {
            terms.n = std::array::from_fn(|lane| n.wrapping_add(lane as u32).cast_signed());
            self.pass.run(vectors, weight, terms, own);
            self.course = self.writes.iter().map(|field| *field(terms)).collect();
            (self.first, place) = (n, 0);
        }
        for (field, course) in self.writes.iter().zip(&self.course) {
            *field(terms) = [course[place]; LANES];
        }
    }
}

impl Staged {
    /// # Panics
    /// If the kernel's penalty lacks what its optimizer needs.
    pub fn new(kernel: Kernel, vectors: Vectors) -> Staged {
        Staged::along(kernel, kernel.optimizer.rule.direction, vectors)
    }

    /// Its steps in another direction than the rule's own.
    fn along(kernel: Kernel, direction: &'static Direction, vectors: Vectors) -> Staged {
        let Optimizer { penalty_step, schedule, lambda_schedule, .. } = kernel.optimizer;
        let [of_optimizer, of_penalty] = [Role::Optimizer, Role::Penalty].map(|role| kernel.own(role));
        let lambda = kernel.place_of_lambda();
        let timed = [
            schedule.rate.map(|rate| Timed::new(rate, kernel.own(Role::Schedule), Some(of_optimizer.start), RATE)),
            lambda_schedule.strength.zip(lambda).map(|(strength, lambda)| {
                Timed::new(strength, kernel.own(Role::LambdaSchedule), Some(of_penalty.start + lambda), LAMBDA)
            }),
            direction.factors.map(|factors| Timed::new(factors, of_optimizer.clone(), None, FACTORS)),
        ];
        let penalty = kernel.variant().pass(penalty_step).expect("a kernel should be of members that fit");
        let penalized = if lambda.is_some() { Stage::Penalty(penalty) } else { Stage::Pass(penalty, of_penalty) };
        let moved = Stage::Pass(direction.moved, of_optimizer.clone());
        let mut stages = Vec::new();
        stages.extend([direction.momentum, direction.ahead].into_iter().flatten().map(|pass| Stage::Pass(pass, 0..0)));
        let of_loss = stages.len();
        stages.push(Stage::Pass(kernel.problem.slope, kernel.own(Role::Problem)));
        stages.extend(kernel.optimizer.noise.map(|_| Stage::Noise(kernel.own(Role::Noise))));
        match penalty_step {
            PenaltyStep::InLoss | PenaltyStep::InLossRight | PenaltyStep::Decoupled => {
                stages.extend([penalized, moved])
            }
            PenaltyStep::InFactors => stages.extend([moved, penalized]),
            PenaltyStep::Truncated
            | PenaltyStep::Cumulative
            | PenaltyStep::Sticky
            | PenaltyStep::Proximal
            | PenaltyStep::ProximalPlain => {
                let reach = direction.reach.filter(|_| penalty_step != PenaltyStep::ProximalPlain);
                stages.push(moved);
                stages.extend(reach.map(|reach| Stage::Pass(reach, of_optimizer)));
                stages.extend(direction.kept.map(|_| Stage::Pass(Pass::of::<Left>(), 0..0)));
                stages.push(penalized);
                stages.extend(direction.kept.map(|kept| Stage::Pass(kept, 0..0)));
            }
        }
        stages.extend(kernel.optimizer.precision.pass().map(|narrowed| Stage::Pass(narrowed, 0..0)));
        let timed = timed.into_iter().flatten().collect();
        Staged { kernel, vectors, timed, stages, of_loss, lambda, of_penalty: Vec::new(), n: 0, drawn: None }
    }

    /// Advances the states of `lanes`, which are prepared, by the next step.
    #[inline(always)]
    pub fn pass(&mut self, lanes: &mut Lanes, parameters: &Parameters) {
        for timed in &mut self.timed {
            timed.run(self.vectors, lanes, parameters, self.n);
        }
        let Lanes { weight, terms } = lanes;
        if let Some(lambda) = self.lambda {
            self.of_penalty[lambda] = terms.lambda;
        }
        for stage in &self.stages {
            match stage {
                Stage::Pass(pass, own) => pass.run(self.vectors, weight, terms, &parameters[own.clone()]),
                Stage::Penalty(pass) => pass.run(self.vectors, weight, terms, &self.of_penalty),
                Stage::Noise(own) => {
                    if self.drawn != Some(self.n >> 1) {
                        terms.n = [self.n.cast_signed(); LANES];
                        DRAWN.run(self.vectors, weight, terms, &[]);
                        self.drawn = Some(self.n >> 1);
                    }
                    DISTURBED[(self.n & 1) as usize].run(self.vectors, weight, terms, &parameters[own.clone()]);
                }
            }
        }
        self.n += 1;
    }
}

/// The steps of many weights: for each of them what comes before the slope of the loss, then the slopes of all, then for each what comes
/// after. The penalty's parameters are those of a lane but for lambda, which each weight has its own share of.
#[derive(Clone, Debug)]
pub struct OfWeights {
    staged: Staged,
    direction: &'static Direction,
    lambda: Option<usize>,
    strength: Lane<f32>,
    /// The factor of lambda that stands among the penalty's parameters; `None` where that is none of a weight's.
    factor: Option<f32>,
    restarts: bool,
    /// Of penalties over groups, the stage that is the penalty; and the place of the parameter that is the share of each weight alone.
    of_groups: Option<(usize, Option<usize>)>,
}

impl OfWeights {
    /// # Panics
    /// As [`Staged::new`].
    pub fn new(kernel: Kernel, vectors: Vectors) -> OfWeights {
        let (direction, restarts) = kernel.direction_of_weights();
        let mut staged = Staged::along(kernel, direction, vectors);
        let of_penalty = kernel.own(Role::Penalty);
        for stage in &mut staged.stages {
            if let Stage::Pass(pass, own) = stage
                && *own == of_penalty
                && !of_penalty.is_empty()
            {
                *stage = Stage::Penalty(*pass);
            }
        }
        let lambda = kernel.penalty.member.place("lambda");
        let of_groups = kernel.penalty.over_groups.map(|over| {
            let stage = staged.stages.iter().position(|stage| matches!(stage, Stage::Penalty(_)));
            (stage.expect("a penalty should be a stage"), over.alone)
        });
        OfWeights { staged, direction, lambda, strength: [0.0; LANES], factor: None, restarts, of_groups }
    }

    /// Makes ready for a step of lanes that have taken `n` steps each.
    pub fn begin(&mut self, lanes: &mut Lanes, parameters: &Parameters, n: &Lane<u32>) {
        let Lanes { weight, terms } = lanes;
        let Staged { kernel, vectors, timed, of_penalty, .. } = &mut self.staged;
        terms.learning_rate = parameters[kernel.own(Role::Optimizer).start];
        (terms.rate, terms.reach) = (terms.learning_rate, terms.learning_rate);
        of_penalty.clear();
        of_penalty.extend_from_slice(&parameters[kernel.own(Role::Penalty)]);
        if let Some(lambda) = self.lambda {
            terms.strength = of_penalty[lambda];
            terms.lambda = terms.strength;
        }
        terms.n = n.map(u32::cast_signed);
        timed.iter().for_each(|timed| timed.pass.run(*vectors, weight, terms, &parameters[timed.own.clone()]));
        self.strength = terms.lambda;
        self.factor = None;
    }

    /// Whether slopes are taken elsewhere than at the weights.
    pub fn looks_ahead(&self) -> bool {
        self.direction.ahead.is_some()
    }

    /// Makes ready to look ahead with all weights of each lane, of which `lanes` has one.
    pub fn find_momentum(&self, Lanes { weight, terms }: &mut Lanes) {
        self.direction.momentum.iter().for_each(|pass| pass.run(self.staged.vectors, weight, terms, &[]));
    }

    /// Puts a weight to where its slope is taken; the weight itself is in `a` then.
    pub fn look_ahead(&self, weight: &mut Weight, terms: &mut Terms) {
        self.direction.ahead.iter().for_each(|pass| pass.run(self.staged.vectors, weight, terms, &[]));
    }

    /// Whether the penalty takes weights together.
    pub fn is_over_groups(&self) -> bool {
        self.of_groups.is_some()
    }

    /// Takes a weight, whose slope is known, on to the next step.
    pub fn move_on(&mut self, weight: &mut Weight, terms: &mut Terms, parameters: &Parameters, factor: f32) {
        if self.factor != Some(factor) {
            self.strengthen(|_, strength| if factor == 1.0 { strength } else { strength * factor });
            self.factor = Some(factor);
        }
        self.run(self.staged.of_loss + 1..self.staged.stages.len(), weight, terms, parameters, factor);
    }

    /// Of a penalty over groups: takes a weight, whose slope is known, to where the loss moves it and then its penalty alone.
    pub fn move_alone(&mut self, weight: &mut Weight, terms: &mut Terms, parameters: &Parameters, factor: f32) {
        let Some((penalty, alone)) = self.of_groups else { return };
        self.run(self.staged.of_loss + 1..penalty, weight, terms, parameters, factor);
        if let Some(place) = alone {
            let share = self.staged.of_penalty[place];
            self.strengthen(|lane, strength| strength * (factor * share[lane]));
            self.run(penalty..penalty + 1, weight, terms, parameters, factor);
        }
    }

    /// Takes the norm of a group, in place of a weight, to the proximal map of its penalty.
    pub fn shorten(&mut self, Lanes { weight, terms }: &mut Lanes, parameters: &Parameters, strength: f32) {
        let Some((penalty, alone)) = self.of_groups else { return };
        let share = alone.map_or([0.0; LANES], |place| self.staged.of_penalty[place]);
        self.strengthen(|lane, own| own * (strength * (1.0 - share[lane])));
        self.run(penalty..penalty + 1, weight, terms, parameters, strength);
    }

    /// Takes a weight, which its penalty has moved with its group, on to the next step.
    pub fn move_after(&mut self, weight: &mut Weight, terms: &mut Terms, parameters: &Parameters) {
        let Some((penalty, _)) = self.of_groups else { return };
        self.run(penalty + 1..self.staged.stages.len(), weight, terms, parameters, 1.0);
    }

    /// Puts what `own` makes of the step's lambda in the place of the penalty's.
    #[inline(always)]
    fn strengthen(&mut self, own: impl Fn(usize, f32) -> f32) {
        if let Some(lambda) = self.lambda {
            let strength = &self.strength;
            self.staged.of_penalty[lambda] = std::array::from_fn(|lane| own(lane, strength[lane]));
        }
    }

    #[inline(always)]
    fn run(
        &mut self,
        stages: Range<usize>,
        weight: &mut Weight,
        terms: &mut Terms,
        parameters: &Parameters,
        factor: f32,
    ) {
        let Staged { kernel, vectors, stages: all, of_penalty, .. } = &mut self.staged;
        for stage in &all[stages] {
            match stage {
                Stage::Pass(pass, own) => pass.run(*vectors, weight, terms, &parameters[own.clone()]),
                // No penalty does nothing at all, not even a rounding; but in factors it is the step that moves these.
                Stage::Penalty(pass) if factor > 0.0 || kernel.moves_factors() => {
                    pass.run(*vectors, weight, terms, of_penalty);
                }
                Stage::Penalty(_) => {}
                Stage::Noise(_) => unreachable!("many weights should have no noise"),
            }
        }
    }

    /// Whether weights are rounded to another format than f32.
    pub fn is_narrowed(&self) -> bool {
        self.staged.kernel.optimizer.precision.pass().is_some()
    }

    /// Whether momentum begins anew where a step goes against it.
    pub fn restarts(&self) -> bool {
        self.restarts
    }
}

impl Stepper for Staged {
    const IS_STATEFUL: bool = true;

    fn is_autonomous(&self) -> bool {
        self.kernel.optimizer.is_autonomous()
    }

    fn prepare(&mut self, lanes: &mut Lanes, parameters: &Parameters, n: u32) {
        let Kernel { optimizer, .. } = self.kernel;
        self.n = n;
        self.drawn = None;
        lanes.terms.seed = optimizer.noise.map(Noise::key).unwrap_or_default();
        lanes.terms.learning_rate = parameters[self.kernel.own(Role::Optimizer).start];
        lanes.terms.rate = lanes.terms.learning_rate;
        lanes.terms.reach = lanes.terms.learning_rate;
        if let Some(lambda) = self.lambda {
            self.of_penalty = parameters[self.kernel.own(Role::Penalty)].to_vec();
            lanes.terms.strength = self.of_penalty[lambda];
        }
        self.timed.iter_mut().for_each(|timed| timed.prepare(parameters));
    }

    #[inline(always)]
    fn step(&mut self, lanes: &mut Lanes, parameters: &Parameters, mut each: impl FnMut(usize, f32, f32, f32) -> f32) {
        let before = lanes.weight.w;
        self.pass(lanes, parameters);
        let exact = if self.kernel.optimizer.precision.pass().is_some() { lanes.terms.exact } else { lanes.weight.w };
        for lane in 0..LANES {
            lanes.weight.w[lane] = each(lane, before[lane], lanes.weight.w[lane], exact[lane]);
        }
    }

    /// Looks at several steps together: what is gathered of a lane goes through memory once for all of them.
    #[inline(always)]
    fn steps(
        &mut self,
        _: Vectors,
        lanes: &mut Lanes,
        parameters: &Parameters,
        len: u32,
        mut each: impl FnMut(u32, usize, f32, f32),
    ) {
        const TOGETHER: usize = 4;
        #[repr(align(64))]
        struct Course([Lane<f32>; TOGETHER + 1]);
        let mut course = Course([lanes.weight.w; TOGETHER + 1]);
        let Course(course) = &mut course;
        let together = len - len % TOGETHER as u32;
        for taken in (0..together).step_by(TOGETHER) {
            course[0] = course[TOGETHER];
            for w in &mut course[1..] {
                self.pass(lanes, parameters);
                *w = lanes.weight.w;
            }
            #[expect(clippy::needless_range_loop, reason = "arrays indexed alike become vectors")]
            for lane in 0..LANES {
                for step in 0..TOGETHER {
                    each(taken + step as u32, lane, course[step][lane], course[step + 1][lane]);
                }
            }
        }
        for taken in together..len {
            self.step(lanes, parameters, |lane, previous, next, _| {
                each(taken, lane, previous, next);
                next
            });
        }
    }
}
