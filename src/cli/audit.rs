//! The audit of a run, and what is said of it.

use super::backend::{Backend, judging};
use super::{Failure, duration, grouped, say};
use std::path::Path;
use zerosweep::audit::{self, Audit, Replayed, WeightAudit};
use zerosweep::backend::Cancel;
use zerosweep::plan::Plan;
use zerosweep::statistics::{Rate, Statistics};

/// Trajectories of each sample that are proposed where the default is none.
const PROPOSED: u64 = 8;

/// Replays `size` trajectories of each sample, or as many as cost next to nothing.
pub fn audit(
    plan: &Plan,
    statistics: &Statistics,
    size: Option<u64>,
    backend: &Backend,
    cancel: &Cancel,
) -> Result<Audit, Failure> {
    let is_default = size.is_none();
    let size = size.unwrap_or_else(|| audit::default_size(plan));
    if size == 0 && is_default {
        let (steps, time) = (grouped(plan.limits.steps), duration(audit::estimate_seconds(plan, PROPOSED)));
        say(&format!("audit: none by default, a trajectory has {steps} steps; --audit {PROPOSED} takes about {time}"));
    }
    let outcomes_of = |trajectories: &[u64]| backend.outcomes_of(plan, trajectories, cancel);
    audit::audit(plan, statistics, size, cancel, outcomes_of)?.ok_or(Failure::Interrupted)
}

/// Puts `size` trajectories of many weights to the judge, or as many as cost little.
pub fn of_weights(plan: &Plan, size: Option<u64>, backend: &Backend, cancel: &Cancel) -> Result<Audit, Failure> {
    let model = plan.model.as_ref().expect("a plan of many weights should have a model");
    let size = size.unwrap_or_else(|| audit::default_weights_size(model));
    if size == 0 {
        return Ok(Audit::of_weights(None));
    }
    let bar = judging(size.min(plan.trajectories));
    let outcomes_of = |trajectories: &[u64]| backend.outcomes_of(plan, trajectories, cancel);
    let found = audit::audit_weights(plan, size, cancel, outcomes_of, || bar.inc(1));
    bar.finish_and_clear();
    Ok(Audit::of_weights(Some(found?.ok_or(Failure::Interrupted)?)))
}

/// Says what the judge of many weights found.
fn report_of_weights(found: &WeightAudit) {
    let WeightAudit { judged, differs, differs_not_convex, largest_move, undecided } = *found;
    if judged == 0 {
        say(&match undecided {
            0 => "audit: no trajectory could be judged: all of those that were drawn diverged".to_owned(),
            count => format!(
                "audit: no trajectory could be judged: coordinate descent in f64 came to no minimum from {}, where those were that did not diverge",
                grouped(count)
            ),
        });
        return;
    }
    let Rate { low, high, .. } = found.rate();
    let undecided = match undecided {
        0 => String::new(),
        count => format!("; {} more are not judged: it came to no minimum from there", grouped(count)),
    };
    say(&format!(
        "audit: in f64 coordinate descent from where {} random trajectories ended leaves other weights at zero in {} (95 %: {:.1} to {:.1} %), and moves \
         weights by up to {:.2} % of the largest{undecided}",
        grouped(judged),
        grouped(differs),
        100.0 * low,
        100.0 * high,
        100.0 * largest_move
    ));
    if differs_not_convex > 0 {
        say(&format!(
            "note: {} of these are of penalties that are not convex, where the judge may have come to another minimum",
            grouped(differs_not_convex)
        ));
    }
    if differs > differs_not_convex {
        say(&format!(
            "note: {} of these ended too early for their zeros: give a smaller stop.kkt, or more steps, and judge more with --audit N",
            grouped(differs - differs_not_convex)
        ));
    }
}

/// Says what share differs, and how to look at the first; `spec` is the spec as run.
pub fn report(audit: &Audit, spec: &Path) {
    let Audit { random, boundary, weights, .. } = audit;
    weights.iter().for_each(report_of_weights);
    if random.replayed == 0 {
        return;
    }
    let share = |sample: &Replayed| format!("{} of {}", grouped(sample.differs), grouped(sample.replayed));
    let one = if random.replayed == 1 { "trajectory" } else { "trajectories" };
    let Rate { low, high, .. } = random.rate();
    let about_zero = match (random.differs, boundary.differs) {
        (0, 0) => String::new(),
        _ => format!("; {} and {} of them about zero", grouped(random.about_zero), grouped(boundary.about_zero)),
    };
    say(&format!(
        "audit: in f64 {} random {one} (95 %: {:.1} to {:.1} %) and {} near a boundary end otherwise{about_zero}",
        share(random),
        100.0 * low,
        100.0 * high,
        share(boundary)
    ));
    if let Some(first) = audit.differences.first() {
        let (index, spec) = (first.trajectory, spec.display());
        let (here, there) = (first.fate.name(), first.fate_in_f64.name());
        say(&format!(
            "audit: trajectory {index} is {here}, and {there} in f64; see zerosweep replay {spec} --f64 --trajectory {index}"
        ));
    }
}
