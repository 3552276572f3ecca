//! What a refinement looks at of each cell that was run.

use crate::plan::Plan;
use crate::spec::{Event, Measure, Trait};
use crate::statistics::Summary;
use crate::theory::{ZeroForecast, forecast};
use crate::verdict::Fate;

/// What the measure says of a cell.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Shown {
    Share(f64),
    Fate(Fate),
    /// None where no trajectory had the event.
    Step(Option<u32>),
}

/// What is known of a cell that was run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Seen {
    shown: Shown,
    /// What theory says of exact zeros, where the measure is about them: lines are drawn where that changes.
    predicted: ZeroForecast,
}

impl Seen {
    /// What `summary` says of a cell of `plan`.
    pub fn of(plan: &Plan, measure: Measure, cell: u64, summary: &Summary) -> Seen {
        let total = summary.trajectories as f64;
        let share = |count: u64| Shown::Share(count as f64 / total);
        let shown = match measure {
            Measure::Share(Trait::Ends(fate), _) => share(summary.fates[fate as usize]),
            Measure::Share(Trait::Crossed, _) => share(summary.crossed),
            Measure::Share(Trait::Within(tolerance), _) => {
                let place = plan.limits.tolerances.iter().position(|own| *own == tolerance);
                share(summary.within[place.expect("a measure should be of the spec's tolerances")])
            }
            Measure::Step(event, percent) => {
                let quantiles = match event {
                    Event::FirstZero => summary.first_zero,
                    Event::FirstCrossing => summary.first_crossing,
                    Event::Arrival => summary.arrival,
                };
                Shown::Step(match percent {
                    10 => quantiles.p10,
                    50 => quantiles.p50,
                    _ => quantiles.p90,
                })
            }
            _ => Shown::Fate(Fate::commonest(&summary.fates)),
        };
        let is_about_zero = measure.is_about_zero();
        let predicted = if is_about_zero { forecast(plan, cell).zeros() } else { ZeroForecast::default() };
        Seen { shown, predicted }
    }

    /// How far two cells differ: 0 if they do not, 1 as much as cells can. Shares that are no further apart than `tolerance` do not.
    pub fn apart(&self, other: &Seen, tolerance: f64) -> f64 {
        let shown = match (self.shown, other.shown) {
            (Shown::Share(a), Shown::Share(b)) if (a - b).abs() <= tolerance => 0.0,
            (Shown::Share(a), Shown::Share(b)) => (a - b).abs(),
            (Shown::Step(Some(a)), Shown::Step(Some(b))) => {
                // As a share of all octaves of steps.
                let octaves = |step: u32| libm::log2(f64::from(step.max(1)));
                (octaves(a) - octaves(b)).abs() / f64::from(u32::BITS)
            }
            (a, b) => f64::from(u8::from(a != b)),
        };
        let differ = |a: Option<bool>, b: Option<bool>| a.is_some() && b.is_some() && a != b;
        let (a, b) = (&self.predicted, &other.predicted);
        if differ(a.all(), b.all()) || differ(a.some(), b.some()) { 1.0 } else { shown }
    }
}
