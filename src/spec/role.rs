//! The rows that a spec names by their kinds, role by role.

use super::alternatives::read_role;
use super::axis::{AxisReader, Setting};
use super::document::{Node, Value, quote};
use super::error::{Fault, quote_all, suggest};
use super::fields::{Fields, integer, text, wrong_value};
use super::{design, matrix, model, schema};
use crate::member::{Family, Member};
use crate::noise::{NORMAL, Noise};
use crate::optimizer::{self, Optimizer, PenaltyStep};
use crate::penalty::Penalty;
use crate::precision::Precision;
use crate::problem::{Problem, Response};
use crate::schedule::{CONSTANT, Schedule};

/// A row that a table of a spec names.
pub(super) trait Row: Copy + PartialEq + 'static {
    /// The key of such a table, and the head of its parameters' paths.
    const NAME: &'static str;

    /// What a table comes to.
    type Choice: Copy;

    fn all(family: &'static Family) -> Vec<Self>;
    fn member(self) -> &'static Member;

    /// Keys that its table takes beside `kind` and the parameters.
    fn parts(self) -> Vec<&'static str> {
        Vec::new()
    }

    /// Whether it must have one of them.
    fn must_have(self, _part: &str) -> bool {
        false
    }

    /// What the schema says of one of them; nothing where no value of it fits the row.
    fn schema_of(self, part: &str) -> Option<serde_json::Value> {
        unreachable!("{part} should be a part of the row")
    }

    /// What the schema asks of all keys of its table together.
    fn schema_of_all(self) -> Option<serde_json::Value> {
        None
    }

    /// What a table of this kind comes to: its choices, their words in tables, and what parameters they add.
    fn choices<'a>(self, fields: &Fields<'a>, family: &'static Family, axes: &mut AxisReader) -> Choices<'a, Self>;

    /// The keys of its table beside `kind`.
    fn keys(self) -> Vec<&'static str> {
        self.member().parameters.iter().map(|parameter| parameter.name).chain(self.parts()).collect()
    }

    /// The kinds that a spec may give, in the order of the table.
    fn kinds(family: &'static Family) -> Vec<&'static str> {
        Self::all(family).iter().map(|row| row.member().kind).collect()
    }

    /// The kinds, for the help of an error.
    fn list_kinds(family: &'static Family) -> String {
        format!("the kinds are: {}", quote_all(&Self::kinds(family)))
    }

    /// The path of a parameter of the role's members.
    fn path(parameter: &str) -> String {
        format!("{}.{parameter}", Self::NAME)
    }
}

pub(super) type Choices<'a, R> = Result<Vec<(<R as Row>::Choice, &'static str, Vec<Setting<'a>>)>, Fault>;

macro_rules! plain_rows {
    ($($row:ty: $name:literal, $all:expr;)+) => {
        $(impl Row for &'static $row {
            const NAME: &'static str = $name;
            type Choice = Self;

            fn all(family: &'static Family) -> Vec<Self> {
                let all: fn(&'static Family) -> Vec<Self> = $all;
                all(family)
            }

            fn member(self) -> &'static Member {
                &self.member
            }

            fn choices<'a>(self, _: &Fields<'a>, _: &'static Family, _: &mut AxisReader) -> Choices<'a, Self> {
                Ok(vec![(self, self.member.kind, Vec::new())])
            }
        })+
    };
}

plain_rows! {
    Penalty: "penalty", Family::all_penalties;
    Schedule: "optimizer.schedule", |family| family.schedules.to_vec();
}

impl Row for &'static Problem {
    const NAME: &'static str = "problem";
    type Choice = Self;

    fn all(family: &'static Family) -> Vec<Self> {
        family.all_problems()
    }

    fn member(self) -> &'static Member {
        &self.member
    }

    fn parts(self) -> Vec<&'static str> {
        match self.of_rows.map(|of_rows| of_rows.response) {
            None => Vec::new(),
            Some(Response::None) => matrix::KEYS.to_vec(),
            Some(_) => [&model::OF_TABLE[..], &model::BESIDE].concat(),
        }
    }

    fn must_have(self, part: &str) -> bool {
        !model::BESIDE.contains(&part) && matrix::KEYS.contains(&part)
    }

    fn schema_of(self, part: &str) -> Option<serde_json::Value> {
        Some(match part {
            "matrix" | "minimum" => matrix::schema_of(part),
            design::DESIGN => design::schema(self),
            _ => model::schema_of(part),
        })
    }

    fn schema_of_all(self) -> Option<serde_json::Value> {
        self.parts().contains(&design::DESIGN).then(model::schema_of_either)
    }

    fn choices<'a>(self, _: &Fields<'a>, _: &'static Family, _: &mut AxisReader) -> Choices<'a, Self> {
        Ok(vec![(self, self.member.kind, Vec::new())])
    }
}

/// A schedule as that of lambda.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct OfLambda(&'static Schedule);

impl Row for OfLambda {
    const NAME: &'static str = "optimizer.lambda_schedule";
    type Choice = &'static Schedule;

    fn all(family: &'static Family) -> Vec<Self> {
        family.schedules.iter().map(|schedule| OfLambda(schedule)).collect()
    }

    fn member(self) -> &'static Member {
        &self.0.member
    }

    fn choices<'a>(self, _: &Fields<'a>, _: &'static Family, _: &mut AxisReader) -> Choices<'a, Self> {
        Ok(vec![(self.0, self.0.member.kind, Vec::new())])
    }
}

/// The keys of an optimizer's parts.
pub(super) const PENALTY_STEP: &str = "penalty_step";
pub(super) const AT_ZERO: &str = "slope_at_zero";
pub(super) const SCHEDULE: &str = "schedule";
pub(super) const LAMBDA_SCHEDULE: &str = "lambda_schedule";
pub(super) const NOISE: &str = "noise";
pub(super) const PRECISION: &str = "precision";

/// The roles, each with the keys of what its tables choose.
const CHOICES: [(&str, &[&str]); 3] = [
    (<&Problem>::NAME, &["kind"]),
    (<&Penalty>::NAME, &["kind"]),
    (
        <&optimizer::UpdateRule>::NAME,
        &[
            "kind",
            PENALTY_STEP,
            AT_ZERO,
            SCHEDULE,
            "schedule.kind",
            LAMBDA_SCHEDULE,
            "lambda_schedule.kind",
            NOISE,
            PRECISION,
        ],
    ),
];

/// The role that has a choice at `path`, such as `optimizer.precision`.
pub(super) fn role_of_choice(path: &str) -> Option<&'static str> {
    let (role, key) = path.split_once('.')?;
    let of_role = CHOICES.iter().find(|(name, keys)| *name == role && keys.contains(&key));
    of_role.map(|(name, _)| *name)
}

impl Row for &'static optimizer::UpdateRule {
    const NAME: &'static str = "optimizer";
    type Choice = Optimizer;

    fn all(family: &'static Family) -> Vec<Self> {
        family.optimizers.to_vec()
    }

    fn member(self) -> &'static Member {
        &self.member
    }

    fn parts(self) -> Vec<&'static str> {
        let step = (self.penalty_steps.len() > 1).then_some(PENALTY_STEP);
        step.into_iter().chain([AT_ZERO, SCHEDULE, LAMBDA_SCHEDULE, NOISE, PRECISION]).collect()
    }

    fn must_have(self, part: &str) -> bool {
        part == PENALTY_STEP
    }

    fn schema_of(self, part: &str) -> Option<serde_json::Value> {
        Some(match part {
            PENALTY_STEP => schema::penalty_step(self.penalty_steps),
            AT_ZERO if self.penalty_steps.contains(&PenaltyStep::InLoss) => schema::slope_at_zero(),
            AT_ZERO => return None,
            SCHEDULE => schema::schedule(),
            LAMBDA_SCHEDULE => schema::lambda_schedule(),
            NOISE => schema::noise(),
            _ => schema::precision(),
        })
    }

    fn choices<'a>(self, fields: &Fields<'a>, family: &'static Family, axes: &mut AxisReader) -> Choices<'a, Self> {
        let steps = penalty_steps(self, fields)?;
        let rate_schedules = read_schedules::<&Schedule>(fields.get(SCHEDULE), family, axes)?;
        let lambda_schedules = read_schedules::<OfLambda>(fields.get(LAMBDA_SCHEDULE), family, axes)?;
        let (noise, of_noise) = match fields.get(NOISE) {
            Some(node) => read_noise(node, axes)?,
            None => (None, Vec::new()),
        };
        let precisions = match fields.get(PRECISION) {
            Some(node) => words(node, "`optimizer.precision`", "precision", &Precision::ALL, Precision::name, None)?,
            None => vec![Precision::F32],
        };
        let mut choices = Vec::new();
        for penalty_step in steps {
            for (schedule, of_rate) in &rate_schedules {
                for (lambda_schedule, of_lambda) in &lambda_schedules {
                    for &precision in &precisions {
                        let optimizer =
                            Optimizer { rule: self, penalty_step, schedule, lambda_schedule, noise, precision };
                        let settings = [of_rate.as_slice(), of_lambda, &of_noise].concat();
                        choices.push((optimizer, optimizer.name(), settings));
                    }
                }
            }
        }
        Ok(choices)
    }
}

/// The schedules of a table, each with its parameters; the constant one where there is none.
fn read_schedules<'a, R: Row<Choice = &'static Schedule>>(
    node: Option<&'a Node>,
    family: &'static Family,
    axes: &mut AxisReader,
) -> Result<Vec<(&'static Schedule, Vec<Setting<'a>>)>, Fault> {
    match node {
        Some(node) => {
            let alternatives = read_role::<R>(node, family, axes)?;
            Ok(alternatives.into_iter().map(|alternative| (alternative.choice, alternative.settings)).collect())
        }
        None => Ok(vec![(&CONSTANT, Vec::new())]),
    }
}

/// Noise and its parameter, from `{ normal = 0.1, seed = 1 }`.
fn read_noise<'a>(node: &'a Node, axes: &mut AxisReader) -> Result<(Option<Noise>, Vec<Setting<'a>>), Fault> {
    const PATH: &str = "optimizer.noise";
    let [normal] = NORMAL.parameters else { unreachable!("noise should have one parameter") };
    if !matches!(node.value, Value::Table(_)) {
        return Err(wrong_value(node, &format!("`{PATH}`"), "a table").help("write noise = { normal = 0.1, seed = 1 }"));
    }
    let fields = Fields::of(node, PATH)?;
    fields.refuse_others(&[normal.name, "seed"])?;
    let given =
        fields.require(normal.name, normal.meaning, || "write noise = { normal = 0.1, seed = 1 }".to_owned())?;
    let setting = axes.read(given, format!("{PATH}.{}", normal.name), normal.domain)?;
    let seed = match fields.get("seed") {
        Some(node) => integer(node, &format!("`{PATH}.seed`"), 0, i64::MAX as u64)?,
        None => 0,
    };
    Ok((Some(Noise { seed }), vec![setting]))
}

/// Words of a list, or a single one, each for one of `known`.
fn words<T: Copy + PartialEq>(
    node: &Node,
    subject: &str,
    what: &str,
    known: &[T],
    name: fn(T) -> &'static str,
    of: Option<&str>,
) -> Result<Vec<T>, Fault> {
    if !matches!(&node.value, Value::Text(_)) && !matches!(&node.value, Value::List(items) if !items.is_empty()) {
        return Err(wrong_value(node, subject, "a string or a list of strings"));
    }
    each_once(node, subject, |node| {
        let word = text(node, &format!("each of {subject}"))?;
        known.iter().copied().find(|&one| name(one) == word).ok_or_else(|| {
            let of = of.map_or(String::new(), |of| format!(" of `{of}`"));
            let names: Vec<&str> = known.iter().map(|&one| name(one)).collect();
            let plural = format!("the {}s are", what.rsplit(' ').next().unwrap_or(what));
            Fault::new(node.place, format!("unknown {what} {}{of}", quote(word))).help(suggest(word, &names, &plural))
        })
    })
}

/// What `read` makes of each item of a list, or of a single value.
fn each_once<T: PartialEq>(
    node: &Node,
    subject: &str,
    read: impl Fn(&Node) -> Result<T, Fault>,
) -> Result<Vec<T>, Fault> {
    let nodes = match &node.value {
        Value::List(items) if !items.is_empty() => items.as_slice(),
        _ => std::slice::from_ref(node),
    };
    let mut chosen = Vec::new();
    for node in nodes {
        let one = read(node)?;
        if chosen.contains(&one) {
            return Err(Fault::new(node.place, format!("{subject} names {} twice", node.found())));
        }
        chosen.push(one);
    }
    Ok(chosen)
}

/// The penalty steps of a table: those in the loss once for each slope at zero.
fn penalty_steps(rule: &'static optimizer::UpdateRule, fields: &Fields) -> Result<Vec<PenaltyStep>, Fault> {
    let steps = named_penalty_steps(rule, fields)?;
    let Some(node) = fields.get(AT_ZERO) else { return Ok(steps) };
    if !steps.contains(&PenaltyStep::InLoss) {
        let message = format!("`optimizer.{AT_ZERO}` is for a penalty in the loss");
        let help = match rule.penalty_steps.contains(&PenaltyStep::InLoss) {
            true => format!("leave it out, or write {PENALTY_STEP} = \"in_loss\""),
            false => "leave it out".to_owned(),
        };
        return Err(Fault::new(node.place, message).help(help));
    }
    let subject = format!("`optimizer.{AT_ZERO}`");
    let in_loss = each_once(node, &subject, |node| {
        Ok(if integer(node, &subject, 0, 1)? == 0 { PenaltyStep::InLoss } else { PenaltyStep::InLossRight })
    })?;
    Ok(steps
        .into_iter()
        .flat_map(|step| if step == PenaltyStep::InLoss { in_loss.clone() } else { vec![step] })
        .collect())
}

/// The only penalty step of `rule`, or those that the table chooses.
fn named_penalty_steps(rule: &'static optimizer::UpdateRule, fields: &Fields) -> Result<Vec<PenaltyStep>, Fault> {
    if let [only] = rule.penalty_steps {
        return Ok(vec![*only]);
    }
    let names: Vec<&str> = rule.penalty_steps.iter().map(|step| step.name()).collect();
    let subject = format!("`{}.{PENALTY_STEP}`", fields.path);
    let help = || format!("add {PENALTY_STEP} = one of: {}", quote_all(&names));
    let node = fields.require(PENALTY_STEP, "how the penalty enters a step", help)?;
    words(node, &subject, "penalty step", rule.penalty_steps, PenaltyStep::name, Some(rule.member.kind))
}
