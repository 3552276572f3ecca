//! Where trajectories of a draw and a cell come to from different starts.

use super::{Drawn, Ending};
use crate::model::{End, EndPoint, end_points};
use crate::plan::Section;
use crate::verdict::Outcome;
use std::collections::BTreeMap;

/// The most starts whose ends are put together.
const MOST_STARTS: u64 = 1 << 12;

/// The ends of trajectories that have a draw and a cell in common and start from different places.
pub struct Meetings<'a> {
    section: &'a Section,
    starts: u64,
    /// Those that are not all there yet, by draw and cell: how many are, and the ends of those that did not diverge.
    open: BTreeMap<u64, (u64, Vec<End>)>,
}

impl<'a> Meetings<'a> {
    pub fn new(section: &'a Section) -> Meetings<'a> {
        Meetings { section, starts: Meetings::together(section), open: BTreeMap::new() }
    }

    /// Trajectories that are in one batch, as their ends are put together; 1 where none are.
    pub fn together(section: &Section) -> u64 {
        section.starts().filter(|starts| *starts <= MOST_STARTS).unwrap_or(1)
    }

    /// Adds the end of a trajectory of the section, and puts all of them together where it is the last.
    pub fn add(&mut self, local: u64, outcomes: &[Outcome], ending: &Ending, drawn: &Drawn) -> Option<Vec<EndPoint>> {
        if self.starts == 1 {
            return None;
        }
        let cell = local / self.starts;
        let (count, ends) = self.open.entry(cell).or_default();
        *count += 1;
        let end = ending.judged.filter(|judged| judged.objective.is_finite()).map(|judged| End {
            w: outcomes.iter().map(|outcome| outcome.last).collect(),
            objective: judged.objective,
            residual: judged.residual,
        });
        ends.extend(end);
        if *count < self.starts {
            return None;
        }
        let (_, ends) = self.open.remove(&cell)?;
        let (kernel, point) = (self.section.kernel, self.section.at(local));
        let mut penalized = drawn.penalized(kernel, &point);
        Some(end_points(&mut penalized, ends))
    }
}
