//! The table of optimizers: the update rules w_n -> w_{n+1}, each a way to move down a slope ([`Direction`]) and the ways in which
//! the penalty may enter ([`PenaltyStep`]).

use crate::direction::{self, Direction, GRADIENT_DESCENT};
use crate::member::{Domain, Member, Parameter, by_member, kept};
use crate::noise::Noise;
use crate::precision::Precision;
use crate::schedule::{CONSTANT, Schedule};

/// An update rule with all its parts. It sees slopes and proximal maps, never a formula of a problem or a penalty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Optimizer {
    pub rule: &'static UpdateRule,
    pub penalty_step: PenaltyStep,
    /// The learning rate in the course of a trajectory.
    pub schedule: &'static Schedule,
    /// The penalty's lambda in the course of a trajectory.
    pub lambda_schedule: &'static Schedule,
    /// What is added to the loss's slope.
    pub noise: Option<Noise>,
    /// What the weight is stored in.
    pub precision: Precision,
}

/// An optimizer as a spec's `kind` names it.
#[derive(Debug)]
pub struct UpdateRule {
    /// Its parameters are the learning rate and those of its direction.
    pub member: Member,
    pub direction: &'static Direction,
    /// What a spec's `penalty_step` may choose from; the only one where there is nothing to choose.
    pub penalty_steps: &'static [PenaltyStep],
}

by_member!(UpdateRule);

/// How the penalty enters a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PenaltyStep {
    /// Its slope is added to that of the loss, with R'(0) = 0, as PyTorch has it.
    InLoss,
    /// The same with the slope at 0 that there is right of it, R'(0+), as JAX has it for |w|. Where that is infinite it is 0.
    InLossRight,
    /// After the loss has moved w to v: v - reach lambda R'(v) where that keeps the sign of v, else 0.
    Truncated,
    /// The same with all that was due before and not taken (Tsuruoka, Tsujii and Ananiadou, ACL 2009; scikit-learn's SGD).
    Cumulative,
    /// As truncated, and a weight that the penalty took across 0 stays there for ever (TensorFlow Playground).
    Sticky,
    /// Before the loss moves w: w - rate lambda R'(w), and the loss's slope is that at w (Loshchilov and Hutter, ICLR 2019).
    Decoupled,
    /// After the loss has moved w to v: the proximal map of reach lambda R at v.
    Proximal,
    /// The same of rate lambda R, whatever the optimizer's metric.
    ProximalPlain,
    /// w = a b, and each factor has its own penalty in the loss.
    InFactors,
}

impl PenaltyStep {
    pub const ALL: [PenaltyStep; 9] = [
        PenaltyStep::InLoss,
        PenaltyStep::InLossRight,
        PenaltyStep::Truncated,
        PenaltyStep::Cumulative,
        PenaltyStep::Sticky,
        PenaltyStep::Decoupled,
        PenaltyStep::Proximal,
        PenaltyStep::ProximalPlain,
        PenaltyStep::InFactors,
    ];

    /// Its word in a spec.
    pub fn name(self) -> &'static str {
        match self {
            PenaltyStep::InLoss | PenaltyStep::InLossRight => "in_loss",
            PenaltyStep::Truncated => "truncated",
            PenaltyStep::Cumulative => "cumulative",
            PenaltyStep::Sticky => "sticky",
            PenaltyStep::Decoupled => "decoupled",
            PenaltyStep::Proximal => "proximal",
            PenaltyStep::ProximalPlain => "proximal_plain",
            PenaltyStep::InFactors => "in_factors",
        }
    }

    /// What a penalty must have for it.
    pub fn needs(self) -> &'static str {
        if self.is_proximal() { "proximal map" } else { "slope" }
    }

    pub fn is_proximal(self) -> bool {
        matches!(self, PenaltyStep::Proximal | PenaltyStep::ProximalPlain)
    }

    /// WGSL that defines `slope_at`, `decayed` and `penalized`.
    pub fn text(self) -> &'static str {
        macro_rules! after_loss {
            ($($file:literal),+) => {
                concat!(
                    include_str!("../shaders/penalty_step/after_loss.wgsl"),
                    $(include_str!(concat!("../shaders/", $file, ".wgsl"))),+
                )
            };
        }
        match self {
            PenaltyStep::InLoss => include_str!("../shaders/penalty_step/in_loss.wgsl"),
            PenaltyStep::InLossRight => concat!(
                include_str!("../shaders/penalized/beside.wgsl"),
                include_str!("../shaders/penalty_step/in_loss.wgsl")
            ),
            PenaltyStep::Decoupled => include_str!("../shaders/penalty_step/decoupled.wgsl"),
            PenaltyStep::Truncated => after_loss!("penalized/stop", "penalty_step/truncated"),
            PenaltyStep::Cumulative => after_loss!("penalized/beside", "penalized/pay", "penalty_step/cumulative"),
            PenaltyStep::Sticky => after_loss!("penalized/stick", "penalty_step/sticky"),
            PenaltyStep::Proximal => after_loss!("penalty_step/proximal"),
            PenaltyStep::ProximalPlain => after_loss!("penalty_step/proximal_plain"),
            PenaltyStep::InFactors => after_loss!("penalized/refactor", "penalty_step/in_factors"),
        }
    }
}

impl Optimizer {
    /// An update rule with no other part.
    pub const fn new(rule: &'static UpdateRule, penalty_step: PenaltyStep) -> Optimizer {
        Optimizer {
            rule,
            penalty_step,
            schedule: &CONSTANT,
            lambda_schedule: &CONSTANT,
            noise: None,
            precision: Precision::F32,
        }
    }

    /// Its word in tables and pictures: the kind, and the parts that a spec chose beside it.
    pub fn name(self) -> &'static str {
        let mut words = vec![self.rule.member.kind.to_owned()];
        if self.rule.penalty_steps.len() > 1 {
            words.push(self.penalty_step.name().to_owned());
        }
        if self.penalty_step == PenaltyStep::InLossRight {
            words.push("slope_at_zero 1".to_owned());
        }
        if self.schedule.rate.is_some() {
            words.push(self.schedule.member.kind.to_owned());
        }
        if self.lambda_schedule.rate.is_some() {
            words.push(format!("lambda {}", self.lambda_schedule.member.kind));
        }
        words.extend(self.noise.map(|noise| match noise.seed {
            0 => "noise".to_owned(),
            seed => format!("noise seed {seed}"),
        }));
        if self.precision != Precision::F32 {
            words.push(self.precision.name().to_owned());
        }
        kept(words.join(" "))
    }

    /// Whether equal states take equal steps at any time.
    pub fn is_autonomous(self) -> bool {
        self.rule.direction.factors.is_none()
            && self.schedule.rate.is_none()
            && self.lambda_schedule.rate.is_none()
            && self.noise.is_none()
    }

    /// Whether it is gradient descent on f32 weights that nothing else moves, at a constant learning rate and lambda.
    pub fn is_plain(self) -> bool {
        std::ptr::eq(self.rule.direction, &GRADIENT_DESCENT) && self.is_autonomous() && self.precision == Precision::F32
    }
}

/// What `slope_at_zero` chooses where the penalty is in the loss.
pub(crate) const SLOPE_AT_ZERO: &str = "the penalty's slope at zero in the loss, where it jumps there, as a share of that right of it: 0 as in \
                                        PyTorch (unless given), 1 as in JAX";

/// The parameter that every optimizer begins with.
pub const LEARNING_RATE: Parameter = Parameter::new(Domain::Positive, "step size eta");

const SHARE_OF_VELOCITY: Parameter = Parameter::new(Domain::BelowOne, "share of its velocity that a weight keeps");

const OF_SLOPES: Parameter = Parameter::new(Domain::BelowOne, "what the mean of slopes keeps a step").or(0.9);

const OF_SQUARES: Parameter = Parameter::new(Domain::BelowOne, "what the mean of squared slopes keeps a step");

/// What keeps a step finite where no slope was felt yet.
const EPSILON: Parameter = Parameter::new(Domain::Positive, "added to the root of the squares").or(1e-8);

/// A row of the table. Every rule has a learning rate, before its other parameters.
#[macro_export]
macro_rules! update_rule {
    (
        $(#[$doc:meta])* $vis:vis static $row:ident = $kind:literal, $formula:literal,
        { $($name:ident: $parameter:expr),* $(,)? },
        direction: $direction:expr,
        penalty_steps: $steps:expr $(,)?
    ) => {
        $(#[$doc])*
        $vis static $row: $crate::optimizer::UpdateRule = $crate::optimizer::UpdateRule {
            member: $crate::member::Member {
                kind: $kind,
                formula: $formula,
                parameters: $crate::parameters!({
                    learning_rate: $crate::optimizer::LEARNING_RATE, $($name: $parameter),*
                }),
            },
            direction: $direction,
            penalty_steps: $steps,
        };
    };
}

crate::update_rule! {
    /// w - learning_rate (L'(w) + lambda R'(w)), with R'(0) = 0.
    pub static SUBGRADIENT = "subgradient", "w - learning_rate (L'(w) + lambda R'(w)), with R'(0) = 0", {},
    direction: &GRADIENT_DESCENT,
    penalty_steps: &[PenaltyStep::InLoss],
}

crate::update_rule! {
    /// v = w - learning_rate L'(w); then v - learning_rate lambda R'(v) where that keeps the sign of v, else 0.
    pub static TRUNCATED = "truncated",
        "v = w - learning_rate L'(w); v - learning_rate lambda R'(v) if that keeps the sign of v, else 0", {},
    direction: &GRADIENT_DESCENT,
    penalty_steps: &[PenaltyStep::Truncated],
}

crate::update_rule! {
    /// The proximal map of learning_rate lambda R at w - learning_rate L'(w).
    pub static PROXIMAL = "proximal",
        "argmin over v of (v - x)^2 / 2 + learning_rate lambda R(v), x = w - learning_rate L'(w)", {},
    direction: &GRADIENT_DESCENT,
    penalty_steps: &[PenaltyStep::Proximal],
}

crate::update_rule! {
    /// w - learning_rate slope, with any penalty step: as `subgradient`, `truncated` or `proximal`.
    pub static PLAIN_DESCENT = "gradient_descent", "w - learning_rate slope", {},
    direction: &GRADIENT_DESCENT,
    penalty_steps: &[
        PenaltyStep::InLoss,
        PenaltyStep::Truncated,
        PenaltyStep::Cumulative,
        PenaltyStep::Sticky,
        PenaltyStep::Proximal,
    ],
}

crate::update_rule! {
    /// a = momentum a + slope; w - learning_rate a: PyTorch's SGD with momentum, without dampening. What a proximal step adds to the
    /// move counts in the velocity as a slope would (iPiano), so that it rests at the minimum of loss and penalty.
    pub static HEAVY_BALL = "heavy_ball", "a = momentum a + slope; w - learning_rate a", { momentum: SHARE_OF_VELOCITY },
    direction: &direction::MOMENTUM,
    penalty_steps: &[PenaltyStep::InLoss, PenaltyStep::Proximal],
}

crate::update_rule! {
    /// a = momentum a + slope; w - learning_rate (slope + momentum a): PyTorch's SGD with `nesterov=True`. A proximal step after it
    /// would not rest at the minimum, so there is none.
    pub static NESTEROV = "nesterov", "a = momentum a + slope; w - learning_rate (slope + momentum a)",
    { momentum: SHARE_OF_VELOCITY },
    direction: &direction::NESTEROV_MOMENTUM,
    penalty_steps: &[PenaltyStep::InLoss],
}

crate::update_rule! {
    /// Proximal steps from a place that looks ahead (Beck and Teboulle, SIAM J. Imaging Sci. 2, 2009).
    pub static FISTA = "fista",
        "proximal step from y = w + (t - 1) / t' (w - last w), t' = (1 + sqrt(1 + 4 t^2)) / 2", {},
    direction: &direction::LOOKAHEAD,
    penalty_steps: &[PenaltyStep::Proximal],
}

crate::update_rule! {
    /// The same, begun anew where a step goes against the momentum (O'Donoghue and Candes, Found. Comput. Math. 15, 2015).
    pub static FISTA_RESTART = "fista_restart", "as fista; t = 1 again where (y - w') (w' - w) > 0", {},
    direction: &direction::RESTARTED,
    penalty_steps: &[PenaltyStep::Proximal],
}

/// Steps of rules that divide by a size of slopes.
const ADAPTIVE: &[PenaltyStep] =
    &[PenaltyStep::InLoss, PenaltyStep::Decoupled, PenaltyStep::Proximal, PenaltyStep::ProximalPlain];

crate::update_rule! {
    /// PyTorch's Adam (Kingma and Ba, ICLR 2015), and AdamW where the penalty is `decoupled`: PyTorch's decay w - learning_rate decay w
    /// is that of L2 with lambda = decay / 2.
    pub static ADAM = "adam",
        "a = mean of slopes, b = of their squares, both bias-corrected; w - learning_rate a / (sqrt(b) + epsilon)",
    { beta1: OF_SLOPES, beta2: OF_SQUARES.or(0.999), epsilon: EPSILON },
    direction: &direction::MOMENTS,
    penalty_steps: ADAPTIVE,
}

crate::update_rule! {
    /// PyTorch's Adam with `amsgrad=True` (Reddi, Kale and Kumar, ICLR 2018).
    pub static AMSGRAD = "amsgrad", "as adam, over the root of the greatest mean of squares so far",
    { beta1: OF_SLOPES, beta2: OF_SQUARES.or(0.999), epsilon: EPSILON },
    direction: &direction::GREATEST_MOMENT,
    penalty_steps: ADAPTIVE,
}

crate::update_rule! {
    /// PyTorch's RMSprop, without momentum and not centred (Hinton, 2012).
    pub static RMSPROP = "rmsprop", "a = mean of squared slopes; w - learning_rate slope / (sqrt(a) + epsilon)",
    { alpha: OF_SQUARES.or(0.99), epsilon: EPSILON },
    direction: &direction::MEAN_SQUARE,
    penalty_steps: ADAPTIVE,
}

crate::update_rule! {
    /// PyTorch's Adagrad (Duchi, Hazan and Singer, J. Mach. Learn. Res. 12, 2011).
    pub static ADAGRAD = "adagrad", "a = sum of squared slopes; w - learning_rate slope / (sqrt(a) + epsilon)",
    { epsilon: EPSILON.or(1e-10) },
    direction: &direction::SUM_OF_SQUARES,
    penalty_steps: ADAPTIVE,
}

crate::update_rule! {
    /// w - learning_rate sign(slope): steps of one length.
    pub static SIGN_DESCENT = "sign_descent", "w - learning_rate sign(slope)", {},
    direction: &direction::SIGN,
    penalty_steps: &[PenaltyStep::InLoss, PenaltyStep::Decoupled, PenaltyStep::Proximal],
}

crate::update_rule! {
    /// Gradient descent on the factors of w = a b, each with its own penalty: with L2 of lambda / 2 on each it has the minimiser of L1
    /// with lambda (spred: Ziyin and Wang, ICML 2023), with |a|^k and |b|^k that of |w|^(k/2).
    pub static SPRED = "spred", "w = a b; gradient descent on L(a b) + lambda R(a) + lambda R(b), from |a| = |b|", {},
    direction: &direction::PRODUCT,
    penalty_steps: &[PenaltyStep::InFactors],
}
