//! What the mathematics predicts: minimisers, thresholds, cycles and times as plain functions of f64, and for one
//! trajectory the fate that a law decides.
//!
//! Where nothing else is said of the loss, F(w) = a/2 (w - t)^2 + lambda |w|^k with curvature a, target t, learning rate eta; u = lambda / a,
//! rho = 1 - eta a, c = eta lambda; problem `none` is a = 0. Where a function has no target it is meant for t = 0; where it has one,
//! for t >= 0: everything is symmetric under (w, t) -> (-w, -t).
//!
//! ```
//! use zerosweep::{plan::Plan, spec::{Format, Spec}, theory, verdict::Fate};
//! let text = r#"
//!     name = "one"
//!     steps = 1000
//!     problem = { kind = "quadratic", target = 0.3 }
//!     penalty = { kind = "lk", k = 1.0, lambda = 0.8 }
//!     optimizer = { kind = "proximal", learning_rate = 0.05 }
//!     start = { w = 4.0 }
//! "#;
//! let plan = Plan::new(&Spec::parse(text, Format::Toml, "one.toml", &[])?.spec);
//! let section = &plan.sections[0];
//! let point = section.at(0);
//! let (fate, law) = theory::predicted_fate(section.kernel, &point, &plan.limits).unwrap();
//! assert_eq!((fate, law.name), (Fate::Zero, "L1 lands on zero"));
//! # Ok::<(), zerosweep::spec::SpecError>(())
//! ```

mod cells;
mod concave;
pub(crate) mod convex;
pub(crate) mod domain;
mod drift;
pub(crate) mod family;
mod linear;
mod loss;
mod minimiser;
mod momentum;
mod narrow;
mod net;
mod numbers;
mod one;
mod powers;
mod recovery;
mod schedule;

pub use cells::{Forecast, LOOKED_AT, ZeroForecast, forecast};
pub use concave::truncation_threshold;
pub use domain::Domain;
pub use drift::drift_crossing;
pub use family::{flat_threshold, log_sum_threshold, smoothed_cycle_amplitude};
pub use linear::l2_factor;
pub use loss::zero_strength;
pub use minimiser::{
    basins, convex_minimiser, departure_threshold, fold, minimiser_is_zero, smallest_minimiser, survival_threshold,
    zero_threshold,
};
pub use momentum::{ball_crossing, ball_cycle_amplitude, ball_rate, ball_way};
pub use narrow::half_unit;
pub use net::net_minimiser;
pub use one::{l1_crossing, l1_cycle_amplitude};
pub use powers::{arrival_time, cycle_amplitude, cycle_multiplier, divergence_threshold, is_stable, steps_to_size};
pub use recovery::recovery_threshold;
pub use schedule::inverse_landing;

use crate::kernel::Kernel;
use crate::optimizer::PenaltyStep;
use crate::plan::{Limits, Point};
use crate::verdict::Fate;

pub(crate) use numbers::{Horizon, MARGIN, Numbers, ROUNDING};

/// A statement about whole trajectories that decides the fates of some.
#[derive(Debug)]
pub struct Law {
    pub name: &'static str,
    /// The subject that it belongs to.
    pub source: &'static str,
    /// Its conditions and what follows.
    pub statement: &'static str,
    /// The kernels that it speaks of.
    pub domain: &'static Domain,
}

/// Laws are told apart by their names.
impl PartialEq for Law {
    fn eq(&self, other: &Law) -> bool {
        self.name == other.name
    }
}

impl Eq for Law {}

macro_rules! laws {
    ($($constant:ident: $name:literal, $source:literal, $domain:ident, $statement:literal;)+) => {
        $(pub(crate) static $constant: Law =
            Law { name: $name, source: $source, statement: $statement, domain: &domain::$domain };)+

        /// Every law, in the order of the exponent.
        pub static LAWS: &[&Law] = &[$(&$constant),+];
    };
}

laws! {
    REST: "a weight at rest stays", "definitions", RESTING,
        "L'(0) = 0 and w_0 = 0, any loss, by every rule: w_n = 0";
    BARE: "no penalty", "linear update", BARE,
        "lambda = 0: w_n = t + (w_0 - t) rho^n";
    OVERSHOOT: "too long a step diverges", "linear update", IN_LOSS,
        "subgradient, eta a > 2, (eta a - 2) |w_0| > eta a |t|: |w_n| grows without bound, whatever the penalty";
    CONCAVE_LANDING: "concave penalties land on zero", "proximal gradient, k < 1", PROXIMAL,
        "proximal, eta a <= 1: zero from everywhere where |t| is below the survival threshold, and from across zero, from \
         below the barrier w_- and wherever one step lands, if eta a |t| < T_k(eta lambda)";
    CONCAVE_SURVIVAL: "concave penalties keep the upper minimum", "proximal gradient, k < 1", PROXIMAL,
        "proximal, eta a <= 1, |t| above the survival threshold: from above the barrier w_- to w_+, and from everywhere where the \
         loss pushes off zero: eta a |t| > T_k(eta lambda)";
    CONCAVE_GRADIENT: "basin of the upper minimum", "gradient flow, k < 1", IN_LOSS,
        "subgradient, eta a < 1, t > t_s, w_0 > w_-: to the larger root w_+ of w + u k w^(k-1) = t";
    TRUNCATED_LANDING: "truncated steps land on zero", "truncated steps", TRUNCATED,
        "truncated, eta a |t| <= (eta lambda k)^(1/(2-k)), k < 2: zero from there, with t = 0 from everywhere; k >= 2: zero \
         where the first step overshoots and the loss cannot push out again";
    L1_LANDING: "L1 lands on zero", "L1, constant step", STOPPING,
        "proximal or truncated, |t| < u, eta a < 2: zero after ceil(ln(1 + w_0/(u - t)) / -ln rho) steps for w_0 > 0";
    L1_DESCENT: "L1 before its first crossing", "L1, constant step", LK_PLAIN,
        "|t| < u, eta a < 1, T before the first crossing: w_n = (t - u) + (w_0 - t + u) rho^n for w_0 > 0";
    L1_SETTLES: "L1 settles beyond its threshold", "L1, constant step", LK_PLAIN,
        "|t| > u, eta a < 1: to t - u by the factor rho a step";
    L1_CHATTER: "L1 chatters", "L1, constant step", IN_LOSS,
        "subgradient, |t| < eta lambda / (2 - eta a): the 2-cycle t +- eta lambda / (2 - eta a); a = 0: {r, r - c}";
    L1_LONG_CYCLE: "L1 cycles", "L1, constant step", IN_LOSS,
        "subgradient, eta lambda / (2 - eta a) < |t| < u, eta a < 1: cycles across zero within \
         [-eta (lambda - a t), eta (lambda + a t)]";
    CYCLE_BELOW_TWO: "the flow's arrival is lost", "gradient descent, 1 < k < 2", IN_LOSS,
        "subgradient, t = 0, eta a < 1: the 2-cycle +-(eta lambda k / (2 - eta a))^(1/(2-k))";
    MONOTONE_BELOW_TWO: "a smooth minimum is found", "gradient descent, 1 < k < 2", IN_LOSS,
        "subgradient, t != 0, eta F''(w*) < 1: to the minimiser w*";
    L2: "L2 is linear", "L2", LK_PLAIN,
        "w_n = w* + (w_0 - w*) r^n with r = 1 - eta (a + 2 lambda) by subgradient: never zero";
    CONVEX_PROXIMAL: "proximal steps contract", "proximal gradient, k > 1", PROXIMAL,
        "proximal, eta a < 2: |w_n - w*| <= |1 - eta a|^n |w_0 - w*|; where t = 0 it decays and is never zero";
    STEEP_BLOW_UP: "high powers blow up", "k > 2", IN_LOSS,
        "subgradient, t = 0: diverges iff |w_0| > W = ((2/eta - a) / (lambda k))^(1/(k-2)); t != 0: where \
         (eta a + eta lambda k |w_0|^(k-2) - 2) |w_0| > eta a |t|";
    STEEP_DESCENT: "high powers descend", "k > 2", IN_LOSS,
        "subgradient, below W: to 0 by rho a step, which is never zero; t != 0: to w*";
    POWER_LAW: "high powers alone fade as a power", "k > 2", FLOWING,
        "subgradient or proximal, a = 0: |w_n|^(2-k) = |w_0|^(2-k) + n eta lambda k (k-2), never zero";
    NET_LANDING: "elastic nets land on zero", "elastic net", NET_PROXIMAL,
        "proximal, a |t| < lambda r, eta a < 1: zero after ceil(ln(1 + w_0/g) / -ln f) steps for w_0 > 0, f = rho / (1 + c (1-r)), \
         g = (c r - eta a t) / (1 + c (1-r) - rho)";
    NET_SETTLES: "elastic nets settle beyond lambda r", "elastic net", NET_PROXIMAL,
        "proximal, a |t| > lambda r, eta a < 1: to (a t - lambda r) / (a + lambda (1-r)) by the factor f a step";
    HELD: "penalties hold 0 up to a threshold", "the family", HOLDING,
        "proximal, w_0 = 0, any loss: zero where eta |L'(0)| is below min(eta R'(0+), sqrt(2 eta R(inf))) (l0, mcp, scad, capped_l1), or below \
         another penalty's own threshold";
    FLAT: "flat penalties leave large weights alone", "the family", FLAT,
        "t and w_0 beyond where the penalty is flat and its proximal map the identity, eta a < 1: to t by the factor rho a step";
    ROUND: "penalties that are round at 0 decay", "the family", ROUND,
        "subgradient, t = 0, 1 - eta (a + R'(w)/w) of one sign and less than 1 at w -> 0 and at w_0: w shrinks by no less a step, and is never zero";
    BALL_STABLE: "heavy ball on a parabola", "momentum", BALL_IN_LOSS,
        "k = 2: to w* = a t / (a + 2 lambda) iff eta (a + 2 lambda) < 2 (1 + mu), as the larger root of \
         z^2 - (1 + mu - eta (a + 2 lambda)) z + mu; else it diverges";
    SLOWING_LANDING: "shrinking steps still arrive", "schedules", SLOWING,
        "inverse, k = 1, a = 0, proximal or truncated: zero once c (1 + 1/(1+d) + ... + 1/(1+(n-1)d)) reaches |w_0|";
    NARROW_STALL: "a step below half a unit does nothing", "weights in 16 bits", NARROW,
        "subgradient, w_0 a number of bf16 or f16, eta |F'(w_0)| less than half a unit in its last place: w_n = w_0";
    LOSS_LANDING: "convex losses land on zero", "any loss", CONVEX,
        "proximal, L1 (r = 1) or elastic net, |L'(0)| < lambda r, eta L'' <= 1 between 0 and w_0: zero within \
         |w_0| / (eta (lambda r + L'(0) sgn w_0)) steps";
    LOSS_SETTLES: "convex losses settle beyond lambda r", "any loss", CONVEX,
        "proximal, L1 (r = 1) or elastic net, |L'(0)| > lambda r, eta L'' < 1 between w_0 and w*: to the w* at which \
         L'(w*) + lambda r sgn w* + lambda (1-r) w* = 0";
    DRIFT: "a slope carries weights along", "linear loss", LINEAR_LK,
        "k = 1: before it crosses zero, and wherever |d0| > lambda, w_n goes by eta (d0 + lambda sgn w) a step, beyond any bound in the end";
    DRIFT_CHATTER: "a slope and L1 chatter", "linear loss", LINEAR_LK,
        "subgradient, k = 1, 0 < |d0| < lambda: across zero for ever, within eta (lambda + |d0|)";
}

/// What the laws say of a trajectory: its fate, and the law that decides it.
pub type Prediction = Option<(Fate, &'static Law)>;

type Rule = fn(Kernel, &Numbers, &Horizon) -> Prediction;

/// The laws of each domain, as one function.
static RULES: &[(&Domain, Rule)] = &[
    (&domain::IN_LOSS, by_subgradient),
    (&domain::TRUNCATED, by_truncated),
    (&domain::PROXIMAL, by_proximal),
    (&domain::NET_PROXIMAL, net::proximal),
    (&domain::FLAT, family::flat),
    (&domain::FLATTENING, family::held),
    (&domain::ROUND, family::round),
    (&domain::BALL_IN_LOSS, momentum::in_loss),
    (&domain::SLOWING, schedule::landing),
    (&domain::NARROW, narrow::stall),
    (&domain::OTHER_LOSSES, by_another_loss),
];

/// The laws that speak of a kernel.
#[derive(Clone, Copy, Debug)]
pub struct Laws {
    pub kernel: Kernel,
    rests: bool,
    bare: bool,
    rule: Option<Rule>,
}

impl Laws {
    /// Those whose domain the kernel is in.
    pub fn of(kernel: Kernel) -> Laws {
        let kernel = kernel.without_idle_slope();
        let rule = RULES.iter().find(|(domain, _)| domain.contains(kernel)).map(|(_, rule)| *rule);
        Laws { kernel, rests: REST.domain.contains(kernel), bare: BARE.domain.contains(kernel), rule }
    }

    /// The fate of the trajectory at `point`, and the law that decides it; `None` where no law holds, where there is noise, or where
    /// the numbers are within 0.1 % of another fate, where f32 does not hold them, their powers or their sums, or where a weight may
    /// pass the limit of divergence on a way that is bounded.
    ///
    /// The claims are those of real arithmetic where f32 follows it: a rule that must not step onto zero by chance does so
    /// from one start in some millions.
    pub fn predict(&self, point: &Point, limits: &Limits) -> Prediction {
        if (!self.rests && self.rule.is_none()) || self.kernel.is_disturbed(point) {
            return None;
        }
        let (n, horizon) = (Numbers::of(self.kernel, point), Horizon::of(limits));
        if !n.are_ordinary() {
            return None;
        }
        if n.w == 0.0 && n.loss.slope(0.0) == 0.0 {
            return self.rests.then_some((Fate::Zero, &REST));
        }
        if n.farthest() > 0.9 * horizon.divergence {
            return None;
        }
        if n.lambda == 0.0 {
            return if self.bare { linear::bare(&n, &horizon).map(|fate| (fate, &BARE)) } else { None };
        }
        self.rule.and_then(|rule| rule(self.kernel, &n, &horizon))
    }
}

/// As [`Laws::predict`], for one trajectory.
pub fn predicted_fate(kernel: Kernel, point: &Point, limits: &Limits) -> Prediction {
    Laws::of(kernel).predict(point, limits)
}

fn by_subgradient(_: Kernel, n: &Numbers, horizon: &Horizon) -> Prediction {
    if n.q() > 2.0 && n.k < 2.0 {
        let growth = n.q() - 1.0 - n.q() * n.t / n.w.abs();
        return powers::blow_up(n, horizon, growth).map(|fate| (fate, &OVERSHOOT));
    }
    match n.k {
        k if k < 1.0 => concave::subgradient(n, horizon),
        1.0 => one::chatter(n, horizon),
        k if k < 2.0 => powers::below_two(n, horizon),
        2.0 => linear::l2(PenaltyStep::InLoss, n, horizon).map(|fate| (fate, &L2)),
        _ => powers::above_two(n, horizon),
    }
}

fn by_truncated(_: Kernel, n: &Numbers, horizon: &Horizon) -> Prediction {
    match n.k {
        1.0 => one::landing(n, horizon),
        k if k < 2.0 => concave::truncated(n, horizon),
        2.0 if 2.0 * n.c() > 1.0 - MARGIN => {
            linear::l2(PenaltyStep::Truncated, n, horizon).map(|fate| (fate, &TRUNCATED_LANDING))
        }
        2.0 => linear::l2(PenaltyStep::Truncated, n, horizon).map(|fate| (fate, &L2)),
        _ => concave::truncated_overshoot(n, horizon),
    }
}

fn by_proximal(_: Kernel, n: &Numbers, horizon: &Horizon) -> Prediction {
    match n.k {
        k if k < 1.0 => concave::proximal(n, horizon),
        1.0 => one::landing(n, horizon),
        2.0 => linear::l2(PenaltyStep::Proximal, n, horizon).map(|fate| (fate, &L2)),
        _ => powers::proximal(n, horizon),
    }
}

fn by_another_loss(kernel: Kernel, n: &Numbers, horizon: &Horizon) -> Prediction {
    let of = |domain: &Domain, rule: Rule| if domain.contains(kernel) { rule(kernel, n, horizon) } else { None };
    of(&domain::HOLDING, family::held)
        .or_else(|| of(&domain::CONVEX, convex::proximal))
        .or_else(|| of(&domain::LINEAR_LK, drift::fates))
}
