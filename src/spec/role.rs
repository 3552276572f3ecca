//! The rows that a spec names by their kinds, role by role.

use super::alternatives::read_role;
use super::axis::{AxisReader, Setting};
use super::document::{Node, Value, quote};
use super::error::{Fault, quote_all, suggest};
use super::fields::{Fields, text, wrong_value};
use super::schema;
use crate::member::{Family, Member};
use crate::optimizer::{self, Optimizer, PenaltyStep, Schedule};
use crate::penalty::Penalty;
use crate::problem::Problem;

/// A row that a table of a spec names.
pub(super) trait Row: Copy + PartialEq + 'static {
    /// The key of such a table, and the head of its parameters' paths.
    const NAME: &'static str;

    /// What a table comes to.
    type Choice: Copy;

    fn all(family: &'static Family) -> &'static [Self];
    fn member(self) -> &'static Member;

    /// Keys that its table takes beside `kind` and the parameters.
    fn parts(self) -> Vec<&'static str> {
        Vec::new()
    }

    /// What the schema says of each of them.
    fn part_schemas(self) -> Vec<serde_json::Value> {
        Vec::new()
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
    ($($row:ty: $name:literal, $all:ident;)+) => {
        $(impl Row for &'static $row {
            const NAME: &'static str = $name;
            type Choice = Self;

            fn all(family: &'static Family) -> &'static [Self] {
                family.$all
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
    Problem: "problem", problems;
    Penalty: "penalty", penalties;
    Schedule: "optimizer.schedule", schedules;
}

/// The keys of an optimizer's parts.
pub(super) const PENALTY_STEP: &str = "penalty_step";
pub(super) const SCHEDULE: &str = "schedule";

impl Row for &'static optimizer::UpdateRule {
    const NAME: &'static str = "optimizer";
    type Choice = Optimizer;

    fn all(family: &'static Family) -> &'static [Self] {
        family.optimizers
    }

    fn member(self) -> &'static Member {
        &self.member
    }

    fn parts(self) -> Vec<&'static str> {
        let step = (self.penalty_steps.len() > 1).then_some(PENALTY_STEP);
        step.into_iter().chain([SCHEDULE]).collect()
    }

    fn part_schemas(self) -> Vec<serde_json::Value> {
        let step = (self.penalty_steps.len() > 1).then(|| schema::penalty_step(self.penalty_steps));
        step.into_iter().chain([schema::schedule()]).collect()
    }

    fn choices<'a>(self, fields: &Fields<'a>, family: &'static Family, axes: &mut AxisReader) -> Choices<'a, Self> {
        let steps = penalty_steps(self, fields)?;
        let schedules = match fields.get(SCHEDULE) {
            Some(node) => read_role::<&Schedule>(node, family, axes)?,
            None => Vec::new(),
        };
        let mut scheduled: Vec<(&'static Schedule, Vec<Setting>)> =
            schedules.into_iter().map(|alternative| (alternative.choice, alternative.settings)).collect();
        if scheduled.is_empty() {
            scheduled.push((&optimizer::CONSTANT, Vec::new()));
        }
        let choice = |penalty_step, (schedule, settings): &(&'static Schedule, Vec<Setting<'a>>)| {
            let optimizer = Optimizer { rule: self, penalty_step, schedule };
            (optimizer, optimizer.name(), settings.clone())
        };
        Ok(steps.into_iter().flat_map(|step| scheduled.iter().map(move |scheduled| choice(step, scheduled))).collect())
    }
}

/// The only penalty step of `rule`, or those that the table chooses.
fn penalty_steps(rule: &'static optimizer::UpdateRule, fields: &Fields) -> Result<Vec<PenaltyStep>, Fault> {
    if let [only] = rule.penalty_steps {
        return Ok(vec![*only]);
    }
    let names: Vec<&str> = rule.penalty_steps.iter().map(|step| step.name()).collect();
    let subject = format!("`{}.{PENALTY_STEP}`", fields.path);
    let help = || format!("add {PENALTY_STEP} = one of: {}", quote_all(&names));
    let node = fields.require(PENALTY_STEP, "how the penalty enters a step", help)?;
    let nodes = match &node.value {
        Value::List(items) if !items.is_empty() => items.as_slice(),
        Value::Text(_) => std::slice::from_ref(node),
        _ => return Err(wrong_value(node, &subject, "a string or a list of strings")),
    };
    let mut steps: Vec<PenaltyStep> = Vec::new();
    for node in nodes {
        let step = read_step(node, &subject, rule, &names)?;
        if steps.contains(&step) {
            return Err(Fault::new(node.place, format!("{subject} names {} twice", node.found())));
        }
        steps.push(step);
    }
    Ok(steps)
}

fn read_step(node: &Node, subject: &str, rule: &optimizer::UpdateRule, names: &[&str]) -> Result<PenaltyStep, Fault> {
    let word = text(node, &format!("each of {subject}"))?;
    rule.penalty_steps.iter().copied().find(|step| step.name() == word).ok_or_else(|| {
        let message = format!("unknown penalty step {} of `{}`", quote(word), rule.member.kind);
        Fault::new(node.place, message).help(suggest(word, names, "the steps are"))
    })
}
