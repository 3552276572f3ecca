//! What a panel shows of a cell: its solution, and the courses of its trajectories.

use super::choice::ChosenCell;
use super::surface::{Place, with_intercept};
use crate::backend::weights::penalized;
use crate::model::{DrawnRows, Draws, Penalized};
use crate::plan::{Limits, Section};
use crate::replay::{WeightCourse, replay_weights};
use crate::verdict::Fate;

/// A cell as its panel shows it.
pub struct Seen<'a> {
    pub penalized: Penalized<'a>,
    /// All weights where loss and penalty together are least, as far as was looked; `None` where they have no number.
    pub solution: Option<Vec<f64>>,
    pub courses: Vec<WeightCourse>,
}

impl<'a> Seen<'a> {
    /// `least` are the weights of the least loss without a penalty.
    pub fn of(
        cell: &ChosenCell,
        section: &Section,
        draws: &Draws,
        rows: &'a DrawnRows<'a>,
        least: Option<&[f64]>,
        limits: &Limits,
    ) -> Seen<'a> {
        let point = section.at(cell.locals[0]);
        let mut penalized = penalized(rows, section, &point);
        let courses = replay_weights(section, draws, &cell.locals, limits);
        let ends = courses.iter().filter(|course| course.end.is_some());
        let ends = ends.map(|course| course.outcomes.iter().map(|own| f64::from(own.last)).collect());
        // One place for each set of weights that may be zero.
        let corners = least.into_iter().flat_map(|w| [(w[0], w[1]), (w[0], 0.0), (0.0, w[1])]);
        let corners = [(0.0, 0.0)].into_iter().chain(corners).map(|place| with_intercept(rows, place, &[]));
        let solution = least_of(&mut penalized, rows, corners.chain(ends));
        Seen { penalized, solution, courses }
    }

    /// The penalty at a place.
    pub fn penalty(&mut self, (x, y): Place) -> f64 {
        self.penalized.penalty(&[x, y])
    }

    /// What its trajectories came to, in a few lines.
    pub fn told(&self, names: &[String], kkt: Option<f64>) -> Vec<String> {
        let count = self.courses.len();
        let of_all = |part: usize| if count == 1 { String::new() } else { format!(" in {part} of {count}") };
        let zeros = |course: &WeightCourse| [0, 1].map(|weight| course.outcomes[weight].fate() == Fate::Zero);
        let mut lines = Vec::new();
        let both = self.courses.iter().filter(|course| zeros(course) == [true; 2]).count();
        if both == count {
            lines.push(format!("both are 0{}", of_all(both)));
        } else {
            for (weight, name) in names.iter().enumerate().take(2) {
                let own = self.courses.iter().filter(|course| zeros(course)[weight]).count();
                lines.extend((own > 0).then(|| format!("{name} = 0{}", of_all(own))));
            }
        }
        if lines.is_empty() && self.diverged() < count {
            lines.push("no weight is 0".to_owned());
        }
        let others = [("diverged", self.diverged()), ("not done", self.unfinished(kkt))];
        let others = others.into_iter().filter(|(_, own)| *own > 0);
        lines.extend(others.map(|(word, own)| format!("{word}{}", of_all(own))));
        lines
    }

    pub fn diverged(&self) -> usize {
        self.courses.iter().filter(|course| course.end.is_none()).count()
    }

    /// Those that are no solution by a bound on residuals; where there is none, those that did not come to rest.
    pub fn unfinished(&self, kkt: Option<f64>) -> usize {
        self.courses.iter().filter(|course| is_unfinished(course, kkt)).count()
    }
}

/// Whether a trajectory that did not diverge is no solution, or goes on.
pub fn is_unfinished(course: &WeightCourse, kkt: Option<f64>) -> bool {
    let Some((_, residual)) = course.end else { return false };
    let goes_on = || course.outcomes.iter().any(|own| [Fate::Moving, Fate::Oscillating].contains(&own.fate()));
    // The bound was asked for in f64, and is kept in f32.
    kkt.map_or_else(goes_on, |kkt| residual > kkt * (1.0 + 1e-6))
}

/// The best of the minima that coordinate descent in f64 comes to from these weights; where it comes to none, of these weights themselves.
fn least_of(
    penalized: &mut Penalized,
    rows: &DrawnRows,
    candidates: impl Iterator<Item = Vec<f64>>,
) -> Option<Vec<f64>> {
    let mut best: Option<(f64, Vec<f64>)> = None;
    for w in candidates {
        let w = rows.judged(penalized, &w).unwrap_or(w);
        let objective = penalized.objective_at(&w);
        // What rounding alone makes better is not.
        let is_better = best.as_ref().is_none_or(|(least, _)| objective < least - 1e-12 * least.abs());
        if objective.is_finite() && is_better {
            best = Some((objective, w));
        }
    }
    best.map(|(_, w)| w)
}
