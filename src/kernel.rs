//! A choice of members, as a WGSL text and as what the CPU runs.

mod weights;

pub use weights::{TEAM, Teams};

use crate::direction::Direction;
use crate::formula::{self, Words};
use crate::lanes::Pass;
use crate::member::{Member, Parameter};
use crate::noise;
use crate::optimizer::{Optimizer, PenaltyStep};
use crate::penalty::{Penalty, Variant};
use crate::plan::Point;
use crate::problem::Problem;
use crate::verdict::layout;
use std::fmt::Write;
use std::ops::Range;

/// One choice of members: one WGSL text, one way through the CPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Kernel {
    pub problem: &'static Problem,
    pub penalty: &'static Penalty,
    /// Which of the penalty's variants.
    pub variant: usize,
    pub optimizer: Optimizer,
}

/// A member's part of a kernel, in the order in which every backend stores parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Problem,
    Penalty,
    Optimizer,
    Schedule,
    LambdaSchedule,
    Noise,
}

/// How many roles there are.
pub const ROLES: usize = 6;

impl Role {
    pub const ALL: [Role; ROLES] =
        [Role::Problem, Role::Penalty, Role::Optimizer, Role::Schedule, Role::LambdaSchedule, Role::Noise];

    /// The head of its parameters' paths.
    pub fn path(self) -> &'static str {
        match self {
            Role::Problem => "problem",
            Role::Penalty => "penalty",
            Role::Optimizer => "optimizer",
            Role::Schedule => "optimizer.schedule",
            Role::LambdaSchedule => "optimizer.lambda_schedule",
            Role::Noise => "optimizer.noise",
        }
    }
}

impl Kernel {
    /// The penalty's formulas.
    pub fn variant(self) -> &'static Variant {
        &self.penalty.variants[self.variant]
    }

    /// The same, which takes the same steps, with the slope at 0 that every law speaks of, where there is no other: the penalty has no
    /// kink.
    pub fn without_idle_slope(self) -> Kernel {
        let is_idle = self.optimizer.penalty_step == PenaltyStep::InLossRight && !self.variant().has_kink();
        let penalty_step = if is_idle { PenaltyStep::InLoss } else { self.optimizer.penalty_step };
        Kernel { optimizer: Optimizer { penalty_step, ..self.optimizer }, ..self }
    }

    /// For people: `quadratic, k = 1, proximal`.
    pub fn label(self) -> String {
        format!("{}, {}, {}", self.problem.member.kind, self.variant().label, self.optimizer.name())
    }

    fn member(self, role: Role) -> &'static Member {
        match role {
            Role::Problem => &self.problem.member,
            Role::Penalty => &self.penalty.member,
            Role::Optimizer => &self.optimizer.rule.member,
            Role::Schedule => &self.optimizer.schedule.member,
            Role::LambdaSchedule => &self.optimizer.lambda_schedule.member,
            Role::Noise if self.optimizer.noise.is_some() => &noise::NORMAL,
            Role::Noise => &noise::SILENCE,
        }
    }

    /// Its parameters in the order in which every backend stores them.
    pub fn parameters(self) -> impl Iterator<Item = (Role, &'static Parameter)> {
        let of = move |role| self.member(role).parameters.iter().map(move |parameter| (role, parameter));
        Role::ALL.into_iter().flat_map(of)
    }

    /// The places of a member's parameters among those of the kernel.
    pub fn own(self, role: Role) -> Range<usize> {
        let lens = Role::ALL.map(|role| self.member(role).parameters.len());
        let first = lens[..role as usize].iter().sum();
        first..first + lens[role as usize]
    }

    /// The values that a member's parameters have at `point`, in the order of its row.
    pub fn values(self, role: Role, point: &Point) -> &[f32] {
        &point.parameters[self.own(role)]
    }

    /// Whether noise disturbs the trajectory at `point`.
    pub fn is_disturbed(self, point: &Point) -> bool {
        self.values(Role::Noise, point).iter().any(|&normal| normal != 0.0)
    }

    /// The value of the parameter at `path` (`penalty.lambda`) at `point`; `None` where no member has it.
    pub fn value(self, path: &str, point: &Point) -> Option<f32> {
        let (role, name) = path.rsplit_once('.')?;
        let is_it = |(own, parameter): (Role, &Parameter)| own.path() == role && parameter.name == name;
        self.parameters().position(is_it).map(|place| point.parameters[place])
    }

    /// What the parameter at `path` means; `None` where no member has it.
    pub fn meaning(self, path: &str) -> Option<&'static str> {
        let (role, name) = path.rsplit_once('.')?;
        let mut parameters = self.parameters();
        parameters.find(|(own, parameter)| own.path() == role && parameter.name == name).map(|(_, own)| own.meaning)
    }

    /// The place of lambda among the penalty's parameters, where a schedule changes it.
    pub fn place_of_lambda(self) -> Option<usize> {
        self.optimizer.lambda_schedule.rate.and_then(|_| self.penalty.member.place("lambda"))
    }

    /// The whole WGSL module: words, formulas, the members, what links them, the tally's layout, then the driver.
    pub fn wgsl(self) -> String {
        self.module(self.optimizer.rule.direction, &[&layout::wgsl(), include_str!("../shaders/driver.wgsl")])
    }

    /// A module of the members with this direction, behind which `driver` takes the steps.
    fn module(self, direction: &'static Direction, driver: &[&str]) -> String {
        let Optimizer { penalty_step, schedule, lambda_schedule, noise, precision, .. } = self.optimizer;
        let members = [
            include_str!("../shaders/prelude.wgsl"),
            include_str!("../shaders/math.wgsl"),
            include_str!("../shaders/verdict.wgsl"),
            if noise.is_some() { formula::noise::TEXT } else { "" },
            self.problem.text,
            self.variant().text,
            direction.text,
            formula::warmup::TEXT,
            schedule.text,
            &lambda_schedule.text.replace("fn rate_at(", "fn lambda_at("),
            precision.text(),
            &self.links(direction),
            penalty_step.text(),
            include_str!("../shaders/step.wgsl"),
        ];
        let text = members.iter().chain(driver).copied().collect::<String>();
        #[cfg(feature = "mutants")]
        let text = crate::mutant::applied(text);
        text
    }

    /// WGSL that binds the members' formulas to their parameters: `Parameters` with one field a parameter, the start and the
    /// trajectory's place in its cell, and one function for each formula that a step asks for. A weight among many brings the slope that
    /// the loss has there.
    fn links(self, direction: &'static Direction) -> String {
        let Optimizer { penalty_step, noise, .. } = self.optimizer;
        let field =
            |(role, parameter): (Role, &Parameter)| format!("{}_{}", role.path().replace('.', "_"), parameter.name);
        let fields: Vec<String> = self.parameters().map(field).chain(["start".to_owned()]).collect();
        let own =
            |role: Role| fields[self.own(role)].iter().map(|field| format!(", parameters.{field}")).collect::<String>();
        let mut text = String::new();
        let slots = fields.len();
        _ = writeln!(text, "const SLOTS: u32 = {slots};\nconst AUTONOMOUS: bool = {};", self.optimizer.is_autonomous());
        let declared: String = fields.iter().map(|field| format!("    {field}: f32,\n")).collect();
        let is_of_weights = self.problem.of_rows.is_some();
        let of_weights = |text: &'static str| if is_of_weights { text } else { "" };
        _ = writeln!(text, "struct Parameters {{\n{declared}    place: u32,\n{}}}", of_weights("    slope: f32,\n"));
        let values: Vec<String> = (0..slots).map(|slot| format!("values[{slot}]")).collect();
        let mut function = |head: &str, body: &str| _ = writeln!(text, "fn {head} {{\n    return {body};\n}}");
        function(
            "parameters_of(values: array<f32, SLOTS>, place: u32) -> Parameters",
            &format!("Parameters({}, place{})", values.join(", "), of_weights(", 0.0")),
        );
        // Lambda is the only parameter that changes.
        let with_lambda = |lambda: Option<usize>, now: &str, rest: &str| {
            let lambda = lambda.map(|lambda| self.own(Role::Penalty).start + lambda);
            let value = |place: usize| match lambda == Some(place) {
                true => now.replace("LAMBDA", &format!("parameters.{}", fields[place])),
                false => format!("parameters.{}", fields[place]),
            };
            format!("Parameters({}, parameters.place{rest})", (0..slots).map(value).collect::<Vec<_>>().join(", "))
        };
        let at = format!("lambda_at(LAMBDA, n{})", own(Role::LambdaSchedule));
        let changed = |lambda| with_lambda(Some(lambda), &at, of_weights(", parameters.slope"));
        let scheduled = self.place_of_lambda().map_or("parameters".to_owned(), changed);
        function("scheduled(parameters: Parameters, n: i32) -> Parameters", &scheduled);
        let (loss, penalty, optimizer) = (own(Role::Problem), own(Role::Penalty), own(Role::Optimizer));
        let mut slope = format!("loss_slope(w{loss})");
        if let Some(of_rows) = self.problem.of_rows {
            let own = of_rows.own.iter().map(|own| own.map_or(", response".to_owned(), |own| format!(", {own:?}")));
            let of_row = format!("loss_slope(predictor{})", own.collect::<String>());
            function("slope_of_row(predictor: f32, response: f32) -> f32", &of_row);
            function(
                "of_weight(parameters: Parameters, slope: f32, factor: f32) -> Parameters",
                &with_lambda(self.penalty.member.place("lambda"), "LAMBDA * factor", ", slope"),
            );
            let share = self.penalty.over_groups.and_then(|over| over.alone);
            let share = share.map(|place| format!("parameters.{}", fields[self.own(Role::Penalty).start + place]));
            function("share_alone(parameters: Parameters) -> f32", share.as_deref().unwrap_or("0.0"));
            "parameters.slope".clone_into(&mut slope);
        }
        if let Some(noise) = noise {
            let Words { first, second } = noise.key();
            let words = format!("threefry(Words(u32(n) >> 1, parameters.place), Words({first}, {second}))");
            function("words_of(n: i32, parameters: Parameters) -> Words", &words);
            function(
                "disturbed(words: Words, n: i32) -> f32",
                "normal_of(radius_of(words.first), words.second, (n & 1) != 0)",
            );
            // Drivers regroup a sum of a term and two products, so the middle one is none.
            let normal = own(Role::Noise).replacen(", ", "", 1);
            slope += &format!(" + held({normal} * disturbed(words_of(n, parameters), n))");
        }
        function("slope_of_loss(w: f32, n: i32, parameters: Parameters) -> f32", &slope);
        if penalty_step.is_proximal() {
            function(
                "prox_of_penalty(x: f32, step: f32, parameters: Parameters) -> f32",
                &format!("penalty_prox(x, step{penalty})"),
            );
        } else {
            let is_right = penalty_step == PenaltyStep::InLossRight && self.variant().has_kink();
            let place = if is_right { "off_zero(w)" } else { "w" };
            function(
                "slope_of_penalty(w: f32, parameters: Parameters) -> f32",
                &format!("penalty_slope({place}{penalty})"),
            );
        }
        let rate = format!("parameters.{}", fields[self.own(Role::Optimizer).start]);
        function(
            "rate_of(n: i32, parameters: Parameters) -> f32",
            &format!("rate_at({rate}, n{})", own(Role::Schedule)),
        );
        let either = |part: Option<Pass>, with: String, without: &str| part.map_or(without.to_owned(), |_| with);
        let factors = either(direction.factors, format!("factors(n{optimizer})"), "Factors(0.0, 0.0)");
        function("factors_of(n: i32, parameters: Parameters) -> Factors", &factors);
        let momentum = either(direction.momentum, "momentum(state.b)".to_owned(), "Factors(0.0, 0.0)");
        function("momentum_of(state: State) -> Factors", &momentum);
        let ahead = either(direction.ahead, "ahead(state, momentum)".to_owned(), "state");
        function("looked_ahead(state: State, momentum: Factors) -> State", &ahead);
        function(
            "state_after(state: State, slope: f32, rate: f32, factors: Factors, parameters: Parameters) -> State",
            &format!("moved(state, slope, rate, factors{optimizer})"),
        );
        let reach = either(direction.reach, format!("reach(after, rate, factors{optimizer})"), "rate");
        function("reach_of(after: State, rate: f32, factors: Factors, parameters: Parameters) -> f32", &reach);
        let moved = "State(w, after.a, after.b, after.c)";
        let kept = either(direction.kept, "kept(after, w, rate)".to_owned(), moved);
        function("state_at(w: f32, after: State, rate: f32) -> State", &kept);
        text
    }
}
