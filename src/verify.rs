//! Whether trajectories end as the mathematics says.
//!
//! A *check* is a law with its conditions: for one trajectory it says what must be read off its outcome, and how far
//! off rounding may put that. There are two kinds: the fates of [`LAWS`], and quantities (weights, steps, amplitudes,
//! thresholds) whose tolerances are derived where they are computed. A [`Verifier`] puts every trajectory of a plan to
//! every check whose conditions it meets; [`suite`] has sweeps that between them meet all of them, many times.
//!
//! ```
//! use std::ops::ControlFlow;
//! use zerosweep::backend::{Cancel, RunOptions, cpu};
//! use zerosweep::verify::{self, Verifier};
//! use zerosweep::{plan::Plan, spec::{Format, Spec}};
//!
//! let text = r#"
//!     name = "l1"
//!     steps = 500
//!     problem = { kind = "quadratic", target = [0.3, 0.6] }
//!     penalty = { kind = "lk", k = 1.0, lambda = 0.8 }
//!     optimizer = { kind = "proximal", learning_rate = 0.05 }
//!     start.w = [1.0, 2.0, 4.0]
//! "#;
//! let plan = Plan::new(&Spec::parse(text, Format::Toml, "l1.toml", &[])?.spec);
//! let mut verifier = Verifier::new("l1", &plan);
//! let options = RunOptions { rows: true, ..RunOptions::default() };
//! cpu::run(&plan, &options, &Cancel::default(), &mut |batch| {
//!     verifier.add(&batch);
//!     ControlFlow::Continue(())
//! });
//! let landing = verifier.finish().rows.into_iter().find(|row| row.check.name == "L1 lands at its step").unwrap();
//! assert_eq!((landing.cells, landing.agreeing, landing.passes()), (6, 6, true));
//! # Ok::<(), zerosweep::spec::SpecError>(())
//! ```

mod adaptive;
mod cycles;
mod drift;
mod ended;
mod expected;
mod family;
mod flow;
mod hysteresis;
mod linear;
mod loss;
mod minimiser;
mod momentum;
mod net;
mod one;
mod report;
mod sample;
mod schedule;
mod steep;
mod suite;
mod trial;
mod weights;

pub use expected::{Expected, Reading};
pub use report::{Finding, Report, Row};
pub use sample::{MOST_STEPS, MOST_TRAJECTORIES, Sample};
pub use suite::{SUITE, suite};

use crate::backend::Batch;
use crate::kernel::Role;
use crate::model::{DrawnRows, Draws, Model};
use crate::plan::{Plan, Section};
use crate::spec::{AUTOMATIC_RATE, RESAMPLE, Slot};
use crate::theory::{Domain, LAWS, Law, Laws, domain};
use crate::verdict::Outcome;
use ended::{Ended, Ground};
use expected::Met;
use rayon::prelude::*;
use report::Account;
use trial::Trial;

/// A law that trajectories are put to.
#[derive(Clone, Copy, Debug)]
pub struct Check {
    pub name: &'static str,
    /// The subject that it belongs to.
    pub source: &'static str,
    /// Its conditions and what follows.
    pub statement: &'static str,
    /// The kernels that it speaks of.
    pub domain: &'static Domain,
    claim: Claim,
}

#[derive(Clone, Copy, Debug)]
enum Claim {
    Fate(&'static Law),
    /// What a trajectory's outcome must show: nothing where the law does not hold, or where rounding decides.
    Quantity(fn(&Trial) -> Vec<Expected>),
    /// What many weights must show together.
    Weights(fn(&mut Ended) -> Vec<Met>),
    /// What they must show beside those of the trajectory with the next smaller lambda, which has all else in common.
    Neighbours(fn(&mut Ended, &mut Ended) -> Vec<Met>),
}

macro_rules! quantities {
    ($($function:path: $name:literal, $source:literal, $domain:ident, $statement:literal;)+) => {
        const QUANTITIES: &[Check] = &[$(Check {
            name: $name,
            source: $source,
            statement: $statement,
            domain: &domain::$domain,
            claim: Claim::Quantity($function),
        }),+];
    };
}

quantities! {
    minimiser::is_zero: "0 is the minimiser up to T_k", "minimiser", PROXIMAL,
        "proximal, eta a = 1: the weight is 0 iff |t| <= T_k(u); k > 1: iff t = 0";
    minimiser::whole_step: "a whole step finds the minimiser", "minimiser", PROXIMAL,
        "proximal, eta a = 1: w_1 is the global minimiser of a/2 (w - t)^2 + lambda |w|^k, found by search";
    minimiser::within: "tolerances mistake small minimisers", "minimiser", PROXIMAL,
        "proximal, eta a = 1, k >= 1: |w_1| <= eps iff |t| <= eps + u k eps^(k-1)";
    minimiser::settled: "what settles has found a minimum", "minimiser", LK_PLAIN,
        "k != 1, 2: the last weight is the larger root of w + u k w^(k-1) = t, found by bisection";
    minimiser::concave_map: "concave proximal maps", "proximal maps", PROXIMAL,
        "one proximal step, k < 1: w_1 minimises (v - x)^2 / 2 + eta lambda |v|^k, x = w_0 - eta L'(w_0)";
    minimiser::convex_map: "convex proximal maps", "proximal maps", PROXIMAL,
        "one proximal step, k >= 1: w_1 minimises (v - x)^2 / 2 + eta lambda |v|^k, x = w_0 - eta L'(w_0)";
    minimiser::map_threshold: "proximal maps leave 0 at T_k", "proximal maps", PROXIMAL,
        "one proximal step, k <= 1: w_1 = 0 iff |x| <= T_k(eta lambda)";
    one::crossing: "L1 crosses at its step", "L1, constant step", IN_LOSS,
        "subgradient, t < u, eta a < 1: first crossing at ceil(ln(1 + w_0/(u - t)) / -ln rho); a = 0: at ceil(|w_0|/c)";
    one::landing: "L1 lands at its step", "L1, constant step", STOPPING,
        "proximal or truncated, |t| < u, eta a < 1: first zero at that step";
    one::division: "L1 alone lands iff c divides w_0", "L1, constant step", IN_LOSS,
        "subgradient, a = 0: first zero at |w_0|/c where that is whole, else never";
    one::cycle: "L1's cycle", "L1, constant step", IN_LOSS,
        "subgradient: t +- eta lambda/(2 - eta a) where |t| is smaller; a = 0: {r, r - c} with r = |w_0| mod c";
    one::long_cycle: "L1's longer cycles stay in bounds", "L1, constant step", IN_LOSS,
        "subgradient, eta lambda/(2 - eta a) < |t| < u: within [-eta (lambda - a t), eta (lambda + a t)]";
    one::line: "L1 beside zero", "L1, constant step", LK_PLAIN,
        "until it crosses: w_n = (t - u) + (w_0 - t + u) rho^n for w_0 > 0; a = 0: w_0 - n c";
    linear::line: "L2's line", "L2", LK_PLAIN,
        "w_n = w* + (w_0 - w*) r^n; subgradient: w* = a t/(a + 2 lambda), r = 1 - eta (a + 2 lambda)";
    linear::within: "L2 takes its time to eps", "L2", LK_PLAIN,
        "t = 0: first |w_n| <= eps at ceil(ln(|w_0|/eps) / -ln |r|)";
    linear::one_step: "L2 is zero in one step of one length", "L2", IN_LOSS,
        "subgradient, t = 0, eta (a + 2 lambda) = 1: w_1 = 0";
    flow::arrival: "the flow arrives", "gradient flow", IN_LOSS,
        "subgradient, t = 0, k < 2: eta times the first crossing is the flow's arrival time but for O(eta ln 1/eta)";
    flow::exponential: "the flow of L2", "gradient flow", IN_LOSS,
        "subgradient, t = 0, k = 2: w = w_0 e^(-(a + 2 lambda) tau) but for O(eta)";
    flow::power: "the flow of high powers", "gradient flow", FLOWING,
        "a = 0, k > 2: w = (|w_0|^(2-k) + lambda k (k-2) tau)^(-1/(k-2)) but for O(eta)";
    cycles::amplitude: "the cycle below k = 2", "gradient descent, 1 < k < 2", IN_LOSS,
        "subgradient, t = 0: the tail reaches +-w_c, w_c = (eta lambda k/(2 - eta a))^(1/(2-k))";
    cycles::attracting: "that cycle attracts", "gradient descent, 1 < k < 2", IN_LOSS,
        "beside w_c each step changes the distance from it by 1 - eta a - (k-1)(2 - eta a)";
    cycles::repulsion: "zero repels below k = 1", "gradient descent, k < 1", IN_LOSS,
        "subgradient, a = 0: the tail comes no nearer to 0 than (eta lambda k/2)^(1/(2-k)), but by a chance landing";
    cycles::unstable: "no stable cycle below k = 1", "gradient descent, k < 1", IN_LOSS,
        "subgradient, a = 0: the cycle +-(eta lambda k/2)^(1/(2-k)) repels, by 3 - 2k a step";
    hysteresis::departure: "leaving zero takes a longer target", "proximal gradient, k < 1", PROXIMAL,
        "from 0 it leaves iff |t| > T_k(u) (eta a)^(-(1-k)/(2-k))";
    hysteresis::survival: "surviving takes a shorter one", "proximal gradient, k < 1", PROXIMAL,
        "from above it stays away from 0 iff t > t_s where eta a <= k/2, else iff t > w_eta + u k w_eta^(k-1)";
    hysteresis::barrier: "the barrier parts the basins", "proximal gradient, k < 1", PROXIMAL,
        "t > t_s: from below w_-, the smaller root of w + u k w^(k-1) = t, it ends at 0, from above it never does";
    steep::threshold: "W parts shrinking from divergence", "k > 2", IN_LOSS,
        "subgradient, t = 0, eta a < 1: diverges iff |w_0| > W = ((2/eta - a)/(lambda k))^(1/(k-2))";
    cycles::repelling: "W repels", "k > 2", IN_LOSS,
        "subgradient, t = 0: beside W each step changes the distance from it by 1 - eta a - (k-1)(2 - eta a)";
    steep::within: "high powers take their time to eps", "k > 2", FLOWING,
        "a = 0: first |w_n| <= eps after (eps^(2-k) - |w_0|^(2-k))/(eta lambda k (k-2)) steps but for O(ln)";
    steep::frozen: "f32 stalls", "k > 2", IN_LOSS,
        "subgradient, a = 0: no step moves a weight where eta lambda k |w|^(k-2) < 2^-25";
    family::departure: "elastic nets hold 0 up to lambda r", "elastic net", NET_HOLDING,
        "from 0, any loss: it never leaves iff |L'(0)| <= lambda r";
    net::landing: "elastic nets land at their step", "elastic net", NET_PROXIMAL,
        "a |t| < lambda r, eta a < 1: first zero at ceil(ln(1 + w_0/g) / -ln f)";
    family::map: "proximal maps of the family", "the family", MAPS,
        "one proximal step: w_1 minimises (v - x)^2 / 2 + eta lambda R(v), found by search";
    family::departure: "a penalty's threshold at 0", "the family", FLATTENING,
        "proximal, from 0, any loss: it leaves iff eta |L'(0)| > min(eta R'(0+), sqrt(2 eta R(inf))), or log_sum's own threshold";
    family::cycle: "smoothing narrows the chatter", "the family", SMOOTHED,
        "subgradient, t = 0, 1 <= k < 2, delta < w_c: the 2-cycle +-sqrt(w_c^2 - delta^2)";
    momentum::crossing: "heavy ball crosses at its step", "momentum", BALL_IN_LOSS,
        "k = 1, a = 0: first crossing at the first n with c/(1-mu) (n - mu (1 - mu^n)/(1-mu)) >= |w_0|";
    adaptive::crossing: "adaptive rules cross at their step", "adaptive rules", ADAPTIVE_IN_LOSS,
        "k = 1, a = 0, whatever lambda: first crossing at the first n with |w_0| <= eta n by Adam and the sign, eta times the sum over \
         m <= n of (1 - alpha^m)^(-1/2) by RMSprop, of m^(-1/2) by AdaGrad, but for epsilon / lambda";
    schedule::landing: "shrinking steps land at their step", "schedules", SLOWING,
        "inverse, k = 1, a = 0: first zero at the first n with c (1 + 1/(1+d) + ... + 1/(1+(n-1)d)) >= |w_0|";
    loss::ends_at_zero: "convex losses end at zero up to lambda r", "any loss", EVERY_CONVEX,
        "proximal, eta L'' <= 1: zero iff |L'(0)| < lambda r by L1 (r = 1) and elastic nets; by k > 1 never, unless L'(0) = 0";
    loss::below_zero: "what starts below F(0) ends away from zero", "any loss", DESCENDING,
        "proximal, eta L'' <= 1: never zero from a w_0 with L(w_0) + lambda R(w_0) < L(0), which there is iff lambda < sup (L(0) - L(w)) / R(w)";
    drift::crossing: "a slope and L1 cross at their step", "linear loss", LINEAR_LK,
        "k = 1: first crossing at ceil(|w_0| / (eta (lambda + d0 sgn w_0))), by proximal and truncated steps a zero if |d0| < lambda";
    drift::line: "a slope and L1 go straight", "linear loss", LINEAR_LK,
        "k = 1, until it crosses: w_n = w_0 - n eta (d0 + lambda sgn w_0)";
    drift::cycle: "the chatter of a slope and L1 stays in bounds", "linear loss", LINEAR_LK,
        "subgradient, k = 1, |d0| < lambda: within [-eta (lambda + d0), eta (lambda - d0)]";
}

macro_rules! of_weights {
    ($($claim:ident($function:path): $name:literal, $statement:literal;)+) => {
        const OF_WEIGHTS: &[Check] = &[$(Check {
            name: $name,
            source: "many weights",
            statement: $statement,
            domain: &domain::MODELS,
            claim: Claim::$claim($function),
        }),+];
    };
}

of_weights! {
    Weights(weights::minimum): "convex models end at their minimum",
        "that of coordinate descent in f64: F(w) - F(w*) <= e |w - w*|_1, |w - w*|_2 <= sqrt(D) e / mu, e the slope that may be left";
    Weights(weights::zeros): "zeros that the end decides are the minimum's",
        "mu > 0: a weight is zero iff that of coordinate descent in f64 is, but within reach of the threshold, as far as the end leaves slopes";
    Weights(weights::stationary): "models rest where no slope is left",
        "any penalty, w_j != 0: |s_j + lambda R'(w_j)| <= e, with s summed row by row in f64";
    Weights(weights::held): "a model's zeros are held there",
        "any penalty, w_j = 0: the proximal map of eta lambda R is 0 at -eta s_j";
    Weights(weights::descends): "models end no higher than they start",
        "F(w) <= F(w_0), by plain proximal steps of eta |s'| <= 1, or at the minimum of a convex F";
    Weights(weights::alone): "weights that do not meet end as one does",
        "L = sum of a_j/2 (w_j - t_j)^2: by the soft threshold, its shrinkage, MCP's, SCAD's and the hard one";
    Weights(weights::entering): "weights enter below lambda_max",
        "from 0: all are zero iff |s_j| <= lambda r at 0; where one is beyond alone, it is the only one, at its own minimum";
    Neighbours(weights::grows): "objectives grow with lambda",
        "convex, a < b: F_a(w_a) <= F_b(w_b) + e |w_a - w_b|_1";
}

/// Every check: the laws of fates, then the quantities, then those of many weights.
pub fn checks() -> impl Iterator<Item = Check> {
    let fate = |law: &&'static Law| Check {
        name: law.name,
        source: law.source,
        statement: law.statement,
        domain: law.domain,
        claim: Claim::Fate(law),
    };
    LAWS.iter().map(fate).chain(QUANTITIES.iter().copied()).chain(OF_WEIGHTS.iter().copied())
}

/// Whether some check speaks of trajectories like those of this section: of its kernel, and without noise.
pub fn speaks_of(section: &Section) -> bool {
    let mut noise = section.kernel.own(Role::Noise).map(|place| &section.grid.slots[place]);
    noise.all(|slot| slot.values.contains(&0.0)) && checks().any(|check| check.domain.contains(section.kernel))
}

impl Check {
    /// What the outcome of `trial`, of a kernel in the domain, must show.
    fn expected(&self, trial: &Trial) -> Vec<Expected> {
        match self.claim {
            Claim::Fate(law) => match trial.told {
                Some((fate, by)) if std::ptr::eq(by, law) => vec![Expected::fate(fate)],
                _ => Vec::new(),
            },
            Claim::Quantity(_) if !trial.ordinary => Vec::new(),
            Claim::Quantity(quantity) => {
                let mut expected = quantity(trial);
                expected.retain(|expected| !expected.value.is_nan());
                if trial.mirrored { expected.into_iter().map(Expected::mirrored).collect() } else { expected }
            }
            Claim::Weights(_) | Claim::Neighbours(_) => Vec::new(),
        }
    }
}

/// The laws that speak of a section's kernel, and the places of such checks.
struct Docket<'a> {
    section: &'a Section,
    laws: Laws,
    checks: Vec<usize>,
}

/// Puts the outcomes of a plan to the checks.
pub struct Verifier<'a> {
    sweep: &'a str,
    plan: &'a Plan,
    checks: Vec<Check>,
    accounts: Vec<Account>,
    /// Trajectories that some check speaks of.
    met: u64,
}

impl<'a> Verifier<'a> {
    /// `sweep` is what findings call the plan.
    pub fn new(sweep: &'a str, plan: &'a Plan) -> Verifier<'a> {
        let checks: Vec<Check> = checks().collect();
        let accounts = vec![Account::default(); checks.len()];
        Verifier { sweep, plan, checks, accounts, met: 0 }
    }

    /// Judges the outcomes of a batch, which must hold one for each of its trajectories, or one a weight of each, in order.
    pub fn add(&mut self, batch: &Batch) {
        let parts = match &self.plan.model {
            None => self.judged(batch),
            Some(model) => self.judged_of_weights(batch, model),
        };
        for (part, met) in parts {
            self.accounts.iter_mut().zip(part).for_each(|(account, part)| account.merge(part));
            self.met += met;
        }
    }

    /// What is seen of parts of a batch, and how many trajectories of each some check speaks of.
    fn judged(&self, batch: &Batch) -> Vec<(Vec<Account>, u64)> {
        const TOGETHER: usize = 512;
        let parts = batch.outcomes.par_chunks(TOGETHER).enumerate().map(|(part, outcomes)| {
            let mut accounts = vec![Account::default(); self.checks.len()];
            let mut docket: Option<Docket> = None;
            let mut met = 0;
            for (index, outcome) in (batch.first + (part * TOGETHER) as u64..).zip(outcomes) {
                let Some((section, local)) = self.plan.locate(index) else { break };
                let known = docket.take().filter(|docket| std::ptr::eq(docket.section, section));
                let docket = docket.insert(known.unwrap_or_else(|| self.docket(section)));
                met += u64::from(self.judge(docket, index, local, outcome, &mut accounts));
            }
            (accounts, met)
        });
        parts.collect()
    }

    /// The same of trajectories of many weights, those of a draw of rows together, which are neighbours.
    fn judged_of_weights(&self, batch: &Batch, model: &Model) -> Vec<(Vec<Account>, u64)> {
        let draws = Draws::new(model);
        let of_draw = |index: u64| {
            let (section, local) = self.plan.locate(index).expect("a batch should be of the plan");
            (section.first, local / section.per_draw(model))
        };
        let indices: Vec<u64> = (batch.first..).take(batch.outcomes.len() / model.weights()).collect();
        let parts: Vec<&[u64]> = indices.chunk_by(|a, b| of_draw(*a) == of_draw(*b)).collect();
        let outcomes_of =
            |index: u64| &batch.outcomes[(index - batch.first) as usize * model.weights()..][..model.weights()];
        parts.into_par_iter().map(|part| self.judged_of_draw(&draws, part, outcomes_of)).collect()
    }

    /// The same of some trajectories of a section and a draw, one after another.
    fn judged_of_draw<'b>(
        &self,
        draws: &Draws,
        part: &[u64],
        outcomes_of: impl Fn(u64) -> &'b [Outcome],
    ) -> (Vec<Account>, u64) {
        let (section, first) = self.plan.locate(part[0]).expect("a batch should be of the plan");
        let ground = Ground::new(DrawnRows::new(draws, (first / section.per_draw(draws.model())) as u32), section);
        let local = |index: u64| first + (index - part[0]);
        let ended = |&index| Ended::new(&ground, section, local(index), outcomes_of(index), &self.plan.limits);
        let mut all: Vec<Ended> = part.iter().map(ended).collect();
        let (mut accounts, mut met) = (vec![Account::default(); self.checks.len()], 0);
        let checks: Vec<usize> =
            (0..self.checks.len()).filter(|&place| self.checks[place].domain.contains(section.kernel)).collect();
        for (place, &index) in part.iter().enumerate() {
            let (before, from) = all.split_at_mut(place);
            let (own, after) = from.split_first_mut().expect("a part should hold its trajectories");
            let cell = section.first_cell + local(index) / section.pool;
            let mut any = false;
            for &check in &checks {
                let found = match self.checks[check].claim {
                    Claim::Weights(of_weights) => of_weights(own),
                    Claim::Neighbours(of_neighbours) => {
                        let weaker = before.iter_mut().chain(&mut *after).filter(|other| other.is_weaker_than(own));
                        let next = weaker.max_by(|a, b| a.lambda().total_cmp(&b.lambda()));
                        next.map_or(Vec::new(), |next| of_neighbours(own, next))
                    }
                    Claim::Fate(_) | Claim::Quantity(_) => Vec::new(),
                };
                if !found.is_empty() {
                    accounts[check].add(index, cell, &found);
                    any = true;
                }
            }
            met += u64::from(any);
        }
        (accounts, met)
    }

    fn docket(&self, section: &'a Section) -> Docket<'a> {
        let speaks = |&place: &usize| self.checks[place].domain.contains(section.kernel);
        let checks = (0..self.checks.len()).filter(speaks).collect();
        Docket { section, laws: Laws::of(section.kernel), checks }
    }

    /// Whether any check speaks of the trajectory `index`, which is `local` in its section.
    fn judge(&self, docket: &Docket, index: u64, local: u64, outcome: &Outcome, accounts: &mut [Account]) -> bool {
        let Docket { section, laws, checks } = docket;
        let trial = Trial::new(laws, &section.at(local), &self.plan.limits);
        let cell = section.first_cell + local / section.pool;
        let mut met = false;
        for &check in checks {
            let expected = self.checks[check].expected(&trial);
            if !expected.is_empty() {
                let beside = |expected: &Expected| expected.beside(expected.reading.of(outcome));
                accounts[check].add(index, cell, &expected.iter().map(beside).collect::<Vec<_>>());
                met = true;
            }
        }
        met
    }

    /// One row a check, in the order of [`checks`].
    pub fn finish(self) -> Report {
        let rows =
            self.checks.iter().zip(self.accounts).map(|(check, account)| account.row(*check, self.sweep, self.plan));
        Report { rows: rows.collect(), met: self.met }
    }
}

/// A trajectory in words: its optimizer and the values that its members take.
fn place(section: &Section, local: u64) -> String {
    let digits = section.digits(local);
    let mut words = section.kernel.optimizer.name().to_owned();
    let of_each_draw = |slot: &&Slot| slot.path == "optimizer.learning_rate" && slot.value(&digits) == AUTOMATIC_RATE;
    for slot in section.grid.slots_by_speed().into_iter().filter(|slot| !of_each_draw(slot)) {
        let name = match slot.path.as_str() {
            "start.w" => "start",
            path => path.rsplit('.').next().unwrap_or(path),
        };
        words += &format!(", {name} = {}", crate::output::Number(slot.value(&digits)));
    }
    if let Some(draws) = section.grid.dimensions.iter().position(|own| own.path == RESAMPLE) {
        words += &format!(", draw {}", digits[draws]);
    }
    words
}
