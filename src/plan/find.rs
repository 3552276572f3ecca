//! The way from parameters to an index: the first trajectory with the values asked for, found dimension by dimension.

use super::{Plan, Section, kinds};
use crate::spec::{Slot, meant, suggest, visit};
use std::str::FromStr;

/// What a trajectory is asked to have: the value of a parameter, `penalty.lambda=0.5`, or what it has of a role, `optimizer=proximal`.
#[derive(Clone, Debug, PartialEq)]
pub struct At {
    /// Path of a parameter, or a role.
    pub path: String,
    pub value: String,
}

impl FromStr for At {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<At, Self::Err> {
        match text.split_once('=').map(|(path, value)| (path.trim(), value.trim())) {
            Some((path, value)) if !path.is_empty() && !value.is_empty() => {
                Ok(At { path: path.to_owned(), value: value.to_owned() })
            }
            _ => Err("give PATH=VALUE, for example penalty.lambda=0.5 or optimizer=proximal"),
        }
    }
}

/// The trajectories that have what was asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Found {
    /// The least index of them.
    pub first: u64,
    pub count: u64,
}

/// Why there is no such trajectory.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum FindError {
    #[error("{path} is given twice; give it one value")]
    Twice { path: String },
    #[error("no trajectory has the {role} {name:?}; {help}")]
    Name { role: &'static str, name: String, help: String },
    #[error("no trajectory{with} has `{path}`; {help}")]
    Path { path: String, with: String, help: String },
    #[error("{path} takes numbers, found {value:?}; give one such as {path}={example:?}")]
    NotANumber { path: String, value: String, example: f32 },
    #[error("{path} has no value {value}; {}", nearest(near))]
    Value { path: String, value: String, near: Vec<f32> },
    #[error("no trajectory has {} together, but some have each; leave one out", all.join(" and "))]
    Apart { all: Vec<String> },
}

fn nearest(values: &[f32]) -> String {
    match values {
        [one] => format!("the nearest is {one:?}"),
        _ => format!(
            "the nearest are {}",
            values.iter().map(|value| format!("{value:?}")).collect::<Vec<_>>().join(" and ")
        ),
    }
}

impl Plan {
    /// The trajectories that have all of `at`. A number stands for the f32 that it rounds to where some trajectory has that, else for
    /// the nearest value within 0.05 %. The time it takes grows with the values of the axes, not with the trajectories.
    ///
    /// # Errors
    /// Something is asked for that no trajectory has, or none has with the rest: see [`FindError`].
    pub fn find(&self, at: &[At]) -> Result<Found, FindError> {
        for (place, At { path, .. }) in at.iter().enumerate() {
            if at[..place].iter().any(|before| before.path == *path) {
                return Err(FindError::Twice { path: path.clone() });
            }
        }
        let is_role = |at: &&At| kinds_of(&self.sections[0]).iter().any(|(role, _)| *role == at.path);
        let (names, numbers): (Vec<&At>, Vec<&At>) = at.iter().partition(is_role);
        let sections = self.sections_with(&names)?;
        let wanted = numbers.into_iter().map(|at| Ok((at.path.as_str(), value(&sections, at, &names)?)));
        let wanted: Vec<(&str, f32)> = wanted.collect::<Result<_, _>>()?;
        let found = sections.into_iter().filter_map(|section| find_in(section, &wanted));
        let all = found.reduce(|before, next| Found { count: before.count + next.count, ..before });
        all.ok_or_else(|| FindError::Apart { all: at.iter().map(shown).collect() })
    }

    /// The sections that have the members named.
    fn sections_with(&self, names: &[&At]) -> Result<Vec<&Section>, FindError> {
        let mut sections: Vec<&Section> = self.sections.iter().collect();
        for At { path, value } in names {
            let of_role = |section: &Section| kinds_of(section).into_iter().find(|(role, _)| role == path);
            let known = sections.iter().copied().filter_map(of_role);
            let (roles, known): (Vec<&str>, Vec<&str>) = known.unzip();
            sections.retain(|section| of_role(section).is_some_and(|(_, name)| name == value));
            if sections.is_empty() {
                let help = suggest(value, &each_once(known), "there are");
                return Err(FindError::Name { role: roles[0], name: value.clone(), help });
            }
        }
        Ok(sections)
    }
}

/// Each role with what the section has of it.
fn kinds_of(section: &Section) -> [(&'static str, &'static str); 3] {
    let kernel = section.kernel;
    kinds(kernel.problem, kernel.penalty, kernel.optimizer)
}

fn shown(at: &At) -> String {
    format!("{} = {}", at.path, at.value)
}

fn each_once<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let mut once: Vec<&str> = Vec::new();
    names.into_iter().for_each(|name| once.extend((!once.contains(&name)).then_some(name)));
    once
}

/// The value that is meant, of those that the parameter takes in these sections, which were chosen by `names`.
fn value(sections: &[&Section], at: &At, names: &[&At]) -> Result<f32, FindError> {
    let At { path, value } = at.clone();
    let slots: Vec<&Slot> = sections.iter().filter_map(|section| section.grid.slot(&path)).collect();
    let Some(example) = slots.first().map(|slot| slot.values[0]) else {
        let slots = sections.iter().flat_map(|section| section.grid.slots_by_speed());
        let roles = kinds_of(sections[0]).map(|(role, _)| role);
        let known = each_once(slots.map(|slot| slot.path.as_str()).chain(roles));
        let with: Vec<String> = names.iter().copied().map(shown).collect();
        let with = if with.is_empty() { String::new() } else { format!(" with {}", with.join(" and ")) };
        return Err(FindError::Path { help: suggest(&path, &known, "they have"), path, with });
    };
    let Some(wanted) = value.parse().ok().filter(|wanted: &f64| wanted.is_finite()) else {
        return Err(FindError::NotANumber { path, value, example });
    };
    let values = slots.iter().flat_map(|slot| slot.values.iter().copied());
    meant(values, wanted).map_err(|near| FindError::Value { path, value, near })
}

/// The trajectories of a section that have the values, by their index among all.
fn find_in(section: &Section, wanted: &[(&str, f32)]) -> Option<Found> {
    let grid = &section.grid;
    let slots = wanted.iter().map(|&(path, value)| Some((grid.slot(path)?, value)));
    let mut slots: Vec<(&Slot, f32)> = slots.collect::<Option<_>>()?;
    // What follows few dimensions leaves few digits to try for the rest.
    slots.sort_by_key(|(slot, _)| slot.strides.len());
    let lens: Vec<usize> = grid.dimensions.iter().map(|dimension| dimension.len).collect();
    let mut free: Vec<usize> = (0..lens.len()).collect();
    let mut fitting = vec![vec![0; lens.len()]];
    for (slot, value) in slots {
        let (own, others): (Vec<usize>, Vec<usize>) = free.iter().partition(|place| slot.dimensions().contains(place));
        free = others;
        let mut narrowed = Vec::new();
        for mut digits in fitting {
            visit(&lens, &own, |tried| {
                own.iter().for_each(|&place| digits[place] = tried[place]);
                narrowed.extend((slot.value(&digits) == value).then(|| digits.clone()));
            });
        }
        fitting = narrowed;
    }
    let first = fitting.iter().map(|digits| grid.index(digits)).min()?;
    let count = fitting.len() as u64 * free.iter().map(|&place| lens[place] as u64).product::<u64>();
    Some(Found { first: section.first + first, count })
}
