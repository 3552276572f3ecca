//! The counts of each check, and where it came off worst.

use super::expected::Met;
use super::{Check, Expected, place};
use crate::plan::Plan;

/// What has been seen of one check.
#[derive(Clone, Debug, Default)]
pub(super) struct Account {
    /// Cells with a trajectory that was put to the check, and whether each such trajectory agrees.
    cells: Vec<(u64, bool)>,
    trajectories: u64,
    misses: u64,
    /// Misses that chance explains, on average.
    chance: f64,
    worst: Option<Worst>,
}

/// The trajectory that came nearest to a miss, or missed by most; the first of several.
#[derive(Clone, Copy, Debug)]
struct Worst {
    share: f64,
    index: u64,
    expected: Expected,
    measured: f64,
}

impl Account {
    pub(super) fn add(&mut self, index: u64, cell: u64, met: &[Met]) {
        let mut greatest: f64 = 0.0;
        for &Met { expected, measured } in met {
            let share = expected.share(measured);
            greatest = greatest.max(share);
            self.chance += expected.chance;
            self.meet(Worst { share, index, expected, measured });
        }
        let agrees = greatest <= 1.0;
        self.trajectories += 1;
        self.misses += u64::from(!agrees);
        self.note(cell, agrees);
    }

    fn meet(&mut self, other: Worst) {
        if self.worst.is_none_or(|worst| other.share > worst.share) {
            self.worst = Some(other);
        }
    }

    fn note(&mut self, cell: u64, agrees: bool) {
        match self.cells.last_mut() {
            Some((last, all)) if *last == cell => *all &= agrees,
            _ => self.cells.push((cell, agrees)),
        }
    }

    /// Adds what was seen of later trajectories.
    pub(super) fn merge(&mut self, later: Account) {
        later.cells.into_iter().for_each(|(cell, agrees)| self.note(cell, agrees));
        self.trajectories += later.trajectories;
        self.misses += later.misses;
        self.chance += later.chance;
        later.worst.into_iter().for_each(|worst| self.meet(worst));
    }

    pub(super) fn row(mut self, check: Check, sweep: &str, plan: &Plan) -> Row {
        // A cell that several sections share came once for each.
        self.cells.sort_unstable();
        self.cells.dedup_by_key(|(cell, _)| *cell);
        Row {
            check,
            cells: self.cells.len() as u64,
            // In that order false comes before true, so it is what a cell with both keeps.
            agreeing: self.cells.iter().filter(|(_, agrees)| *agrees).count() as u64,
            trajectories: self.trajectories,
            misses: self.misses,
            chance: self.chance,
            worst: self.worst.map(|worst| worst.finding(sweep, plan)),
        }
    }
}

impl Worst {
    fn finding(self, sweep: &str, plan: &Plan) -> Finding {
        let Worst { share, index, expected, measured } = self;
        let (section, local) = plan.locate(index).expect("what was judged should be of the plan");
        let place = place(section, local);
        Finding { sweep: sweep.to_owned(), trajectory: index, place, expected, measured, share }
    }
}

/// One trajectory beside what it was to show.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    pub sweep: String,
    /// Its index in the plan that was judged.
    pub trajectory: u64,
    /// Its optimizer and values in words.
    pub place: String,
    pub expected: Expected,
    pub measured: f64,
    /// Its disagreement in units of what is allowed.
    pub share: f64,
}

impl Finding {
    /// Both sides in words: `first crossing at step 44, not at step 43`.
    pub fn describe(&self) -> String {
        let Expected { reading, value, .. } = self.expected;
        let [measured, expected] = [self.measured, value].map(|value| match value {
            value if value.is_nan() => "diverged".to_owned(),
            value => reading.describe(value),
        });
        if self.share > 1.0 { format!("{measured}, expected {expected}") } else { measured }
    }
}

/// What came of one check.
#[derive(Clone, Debug)]
pub struct Row {
    pub check: Check,
    /// Cells with a trajectory that the check speaks of.
    pub cells: u64,
    /// Those in which every such trajectory agrees.
    pub agreeing: u64,
    pub trajectories: u64,
    /// Trajectories that disagree.
    pub misses: u64,
    /// Misses to be expected, at most, of rounding alone.
    pub chance: f64,
    /// Where the disagreement is greatest.
    pub worst: Option<Finding>,
}

impl Row {
    /// Misses that chance exceeds in one of a thousand such runs: of a Poisson law, which for a great mean is a normal one.
    pub fn allowed(&self) -> u64 {
        if self.chance > 500.0 {
            return (self.chance + 3.1 * libm::sqrt(self.chance)) as u64;
        }
        let mut term = libm::exp(-self.chance);
        let (mut sum, mut count) = (term, 0);
        while sum < 0.999 {
            count += 1;
            term *= self.chance / count as f64;
            sum += term;
        }
        count
    }

    pub fn passes(&self) -> bool {
        self.misses <= self.allowed()
    }

    fn merge(&mut self, other: Row) {
        self.cells += other.cells;
        self.agreeing += other.agreeing;
        self.trajectories += other.trajectories;
        self.misses += other.misses;
        self.chance += other.chance;
        if let Some(worst) = other.worst
            && self.worst.as_ref().is_none_or(|own| worst.share > own.share)
        {
            self.worst = Some(worst);
        }
    }
}

/// What came of every check.
#[derive(Clone, Debug, Default)]
pub struct Report {
    pub rows: Vec<Row>,
    /// Trajectories that some check speaks of.
    pub met: u64,
}

impl Report {
    /// Adds the report of another sweep.
    pub fn merge(&mut self, other: Report) {
        self.met += other.met;
        if self.rows.is_empty() {
            self.rows = other.rows;
        } else {
            self.rows.iter_mut().zip(other.rows).for_each(|(row, other)| row.merge(other));
        }
    }

    /// The checks that some trajectory met and that do not hold.
    pub fn failures(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| !row.passes())
    }
}
