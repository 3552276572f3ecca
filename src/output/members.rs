//! The table of the family: each member with its formula, its parameters and what it has.

use super::portrait;
use crate::kernel::Role;
use crate::member::{FAMILY, Member, Parameter};
use crate::optimizer::{PenaltyStep, SLOPE_AT_ZERO};
use serde_json::{Value, json};
use std::fmt::Write;

/// The members of one role.
#[derive(Debug)]
pub struct Table {
    pub role: Role,
    /// What the last columns say of a member.
    pub has: &'static [&'static str],
    pub rows: Vec<Row>,
}

/// One member.
#[derive(Debug)]
pub struct Row {
    pub member: &'static Member,
    /// For each of the last columns what it has: a penalty's formulas, the penalty steps of an optimizer.
    pub has: Vec<Vec<Value>>,
}

/// Every member, in the order of the family.
pub fn tables() -> [Table; 4] {
    let plain = |member: &'static Member| Row { member, has: Vec::new() };
    let all = FAMILY.all_penalties();
    let penalties = all.iter().map(|penalty| {
        let steps = [PenaltyStep::InLoss, PenaltyStep::Proximal].into_iter().filter(|&step| penalty.takes(step));
        Row { member: &penalty.member, has: vec![steps.map(|step| step.needs().into()).collect()] }
    });
    let optimizers = FAMILY.optimizers.iter().map(|rule| {
        let steps = rule.penalty_steps.iter().map(|step| step.name().into()).collect();
        let in_loss = rule.penalty_steps.contains(&PenaltyStep::InLoss);
        let slopes = if in_loss { vec![0.into(), 1.into()] } else { Vec::new() };
        Row { member: &rule.member, has: vec![steps, slopes] }
    });
    let table = |role, has, rows| Table { role, has, rows };
    [
        table(Role::Problem, &[], FAMILY.all_problems().iter().map(|problem| plain(&problem.member)).collect()),
        table(Role::Penalty, &["has"], penalties.collect()),
        table(Role::Optimizer, &["penalty_step", "slope_at_zero"], optimizers.collect()),
        table(Role::Schedule, &[], FAMILY.schedules.iter().map(|schedule| plain(&schedule.member)).collect()),
    ]
}

impl Table {
    /// A header and one line a member: kind, formula, parameters, and what it has where a role's members differ in that.
    pub fn lines(&self) -> Vec<Vec<String>> {
        let role = if self.role == Role::Schedule { "schedule (of x)" } else { self.role.path() };
        let header = [role, "formula", "parameters"].into_iter().chain(self.has.iter().copied()).map(str::to_owned);
        let line = |row: &Row| {
            let parameters: Vec<String> = row.member.parameters.iter().map(short).collect();
            let own = [row.member.kind.to_owned(), row.member.formula.to_owned(), parameters.join(", ")];
            own.into_iter().chain(row.has.iter().map(|column| words(column))).collect()
        };
        std::iter::once(header.collect()).chain(self.rows.iter().map(line)).collect()
    }
}

/// `in_loss, proximal`
fn words(column: &[Value]) -> String {
    let word = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    column.iter().map(word).collect::<Vec<_>>().join(", ")
}

/// `gamma > 2 (3.7)`
fn short(parameter: &Parameter) -> String {
    let default = parameter.default.map_or(String::new(), |default| format!(" ({default:?})"));
    format!("{}{}{default}", parameter.name, parameter.domain.sign())
}

/// One list of objects a role.
pub fn json() -> Value {
    let parameter = |parameter: &Parameter| {
        json!({
            "name": parameter.name,
            "meaning": parameter.meaning,
            "must_be": parameter.domain.describe(),
            "default": parameter.default,
            "shapes": parameter.shapes,
        })
    };
    let row = |table: &Table, row: &Row| {
        let parameters: Vec<Value> = row.member.parameters.iter().map(parameter).collect();
        let mut object = json!({ "kind": row.member.kind, "formula": row.member.formula, "parameters": parameters });
        table.has.iter().zip(&row.has).for_each(|(&column, own)| object[column] = json!(own));
        object
    };
    let all = tables().map(|table| {
        let rows: Vec<Value> = table.rows.iter().map(|one| row(&table, one)).collect();
        (table.role.path().to_owned(), Value::from(rows))
    });
    Value::Object(all.into_iter().collect())
}

/// `docs/family.md`.
pub fn markdown() -> String {
    let mut text = "# The family\n\nWhat a spec may choose from, as `zerosweep members` prints it (`--markdown` writes this page, `--json`\n\
                    the same for programs, `--pictures docs/img/family` its pictures). A parameter stands with what it must be\n\
                    and, in brackets, with its value where a spec gives none.\n"
        .to_owned();
    for table in tables() {
        let lines = table.lines();
        let row = |cells: &[String]| {
            let cells: Vec<String> = cells.iter().map(|cell| without_bars(cell)).collect();
            format!("| {} |\n", cells.join(" | "))
        };
        _ = write!(text, "\n## {}\n\n{}", table.role.path(), row(&lines[0]));
        _ = writeln!(text, "{}|", "|---".repeat(lines[0].len()));
        lines[1..].iter().for_each(|cells| text += &row(cells));
        let mut meanings: Vec<(&str, &str)> = Vec::new();
        for parameter in table.rows.iter().flat_map(|row| row.member.parameters) {
            if !meanings.contains(&(parameter.name, parameter.meaning)) {
                meanings.push((parameter.name, parameter.meaning));
            }
        }
        if table.has.contains(&"slope_at_zero") {
            meanings.push(("slope_at_zero", SLOPE_AT_ZERO));
        }
        text += if meanings.is_empty() { "" } else { "\n" };
        meanings.iter().for_each(|(name, meaning)| _ = writeln!(text, "- `{name}`: {meaning}"));
        if table.role == Role::Penalty {
            text += &gallery();
        }
    }
    text
}

/// |w| as abs(w): a bar ends a table's cell.
fn without_bars(cell: &str) -> String {
    let part = |(index, part): (usize, &str)| match index {
        0 => part.to_owned(),
        index => format!("{}{part}", if index % 2 == 1 { "abs(" } else { ")" }),
    };
    cell.split('|').enumerate().map(part).collect()
}

/// The picture of every penalty, under its kind.
fn gallery() -> String {
    let mut text = "\nEach penalty with lambda = 1: R, its slope and its proximal map of step 1, by search where it has no formula. A square\n\
                    is a value that stands apart from those on both sides: slopes are 0 at 0, as frameworks have them.\n"
        .to_owned();
    for penalty in FAMILY.penalties {
        let kind = penalty.member.kind;
        _ = write!(text, "\n`{kind}`\n\n![{}](img/family/{kind}.svg)\n", portrait::title(penalty));
    }
    text
}
