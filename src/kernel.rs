//! A choice of members, as a WGSL text and as what the CPU runs.

use crate::member::{FAMILY, Member, Parameter};
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
}

impl Role {
    pub const ALL: [Role; 4] = [Role::Problem, Role::Penalty, Role::Optimizer, Role::Schedule];

    /// The head of its parameters' paths.
    pub fn path(self) -> &'static str {
        match self {
            Role::Problem => "problem",
            Role::Penalty => "penalty",
            Role::Optimizer => "optimizer",
            Role::Schedule => "optimizer.schedule",
        }
    }
}

impl Kernel {
    /// Every kernel of this crate's own members.
    pub fn all() -> Vec<Kernel> {
        let mut optimizers = Vec::new();
        for rule in FAMILY.optimizers {
            for &penalty_step in rule.penalty_steps {
                optimizers.extend(FAMILY.schedules.iter().map(|schedule| Optimizer { rule, penalty_step, schedule }));
            }
        }
        let mut kernels = Vec::new();
        for problem in FAMILY.problems {
            for penalty in FAMILY.penalties {
                for variant in 0..penalty.variants.len() {
                    kernels.extend(optimizers.iter().map(|&optimizer| Kernel { problem, penalty, variant, optimizer }));
                }
            }
        }
        kernels.retain(Kernel::has_all);
        kernels
    }

    /// Whether the penalty has what the optimizer asks of it.
    fn has_all(&self) -> bool {
        self.variant().pass(self.optimizer.penalty_step).is_some()
    }

    /// The penalty's formulas.
    pub fn variant(self) -> &'static Variant {
        &self.penalty.variants[self.variant]
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

    /// The value of the parameter at `path` (`penalty.lambda`) at `point`; `None` where no member has it.
    pub fn value(self, path: &str, point: &Point) -> Option<f32> {
        let (role, name) = path.rsplit_once('.')?;
        let is_it = |(own, parameter): (Role, &Parameter)| own.path() == role && parameter.name == name;
        self.parameters().position(is_it).map(|place| point.parameters[place])
    }

    /// The whole WGSL module: words, formulas, the members, what links them, the tally's layout, then the driver.
    pub fn wgsl(self) -> String {
        let text = [
            include_str!("../shaders/prelude.wgsl"),
            include_str!("../shaders/math.wgsl"),
            include_str!("../shaders/verdict.wgsl"),
            self.problem.text,
            self.variant().text,
            self.optimizer.rule.direction.text,
            self.optimizer.schedule.text,
            &self.links(),
            self.optimizer.penalty_step.text(),
            include_str!("../shaders/step.wgsl"),
            &layout::wgsl(),
            include_str!("../shaders/driver.wgsl"),
        ]
        .concat();
        #[cfg(feature = "mutants")]
        let text = crate::mutant::applied(text);
        text
    }

    /// WGSL that binds the members' formulas to their parameters: `Parameters` with one field a parameter and the start, and
    /// one function for each formula that the penalty step asks for.
    fn links(self) -> String {
        let field =
            |(role, parameter): (Role, &Parameter)| format!("{}_{}", role.path().replace('.', "_"), parameter.name);
        let fields: Vec<String> = self.parameters().map(field).chain(["start".to_owned()]).collect();
        let own =
            |role: Role| fields[self.own(role)].iter().map(|field| format!(", parameters.{field}")).collect::<String>();
        let mut text = String::new();
        let slots = fields.len();
        _ = writeln!(text, "const SLOTS: u32 = {slots};\nconst AUTONOMOUS: bool = {};", self.optimizer.is_autonomous());
        let declared: String = fields.iter().map(|field| format!("    {field}: f32,\n")).collect();
        _ = writeln!(text, "struct Parameters {{\n{declared}}}");
        let values: Vec<String> = (0..slots).map(|slot| format!("values[{slot}]")).collect();
        let mut function = |head: &str, body: &str| _ = writeln!(text, "fn {head} {{\n    return {body};\n}}");
        function(
            "parameters_of(values: array<f32, SLOTS>) -> Parameters",
            &format!("Parameters({})", values.join(", ")),
        );
        let (loss, penalty) = (own(Role::Problem), own(Role::Penalty));
        function("slope_of_loss(w: f32, parameters: Parameters) -> f32", &format!("loss_slope(w{loss})"));
        match self.optimizer.penalty_step {
            PenaltyStep::InLoss | PenaltyStep::Truncated | PenaltyStep::Decoupled => {
                function(
                    "slope_of_penalty(w: f32, parameters: Parameters) -> f32",
                    &format!("penalty_slope(w{penalty})"),
                );
            }
            PenaltyStep::Proximal => function(
                "prox_of_penalty(x: f32, step: f32, parameters: Parameters) -> f32",
                &format!("penalty_prox(x, step{penalty})"),
            ),
        }
        let rate = format!("parameters.{}", fields[self.own(Role::Optimizer).start]);
        function(
            "rate_of(context: Context, parameters: Parameters) -> f32",
            &format!("rate_at({rate}, context{})", own(Role::Schedule)),
        );
        function(
            "state_after(state: State, slope: f32, rate: f32, context: Context, parameters: Parameters) -> State",
            &format!("moved(state, slope, rate, context{})", own(Role::Optimizer)),
        );
        let direction = self.optimizer.rule.direction;
        let reach = match direction.reach {
            Some(_) => format!("reach(after, rate, context{})", own(Role::Optimizer)),
            None => "rate".to_owned(),
        };
        function("reach_of(after: State, rate: f32, context: Context, parameters: Parameters) -> f32", &reach);
        let kept = if direction.kept.is_some() { "kept(after, w, rate)" } else { "State(w, after.a, after.b)" };
        function("state_at(w: f32, after: State, rate: f32) -> State", kept);
        text
    }
}
