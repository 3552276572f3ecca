//! `zerosweep replay`: one trajectory, iterate by iterate.

use super::{Failure, ReplayArgs, Which, print, refuse_many_weights, say};
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Write as _};
use std::ops::ControlFlow;
use std::path::Path;
use zerosweep::audit::reference::{follow, iterates};
use zerosweep::audit::rules::Rule;
use zerosweep::output::course::{self, Course, Told};
use zerosweep::output::drawing::{Caption, png};
use zerosweep::output::{Number, OutputError};
use zerosweep::plan::{Found, Plan, Point, Section};
use zerosweep::replay::{Each, Iterate, replay as replay_trajectory};
use zerosweep::verdict::{Fate, NEVER, Outcome};

/// The trajectory to replay.
struct Chosen<'a> {
    plan: &'a Plan,
    section: &'a Section,
    digits: Vec<u32>,
    point: Point,
}

/// `zerosweep replay`.
pub fn replay(args: &ReplayArgs) -> Result<(), Failure> {
    let loaded = args.spec.load()?;
    refuse_many_weights(&loaded.spec, "replay")?;
    let plan = Plan::new(&loaded.spec);
    let Found { first: index, count } = find(&args.which, &plan)?;
    let Some((section, local)) = plan.locate(index) else {
        let last = plan.trajectories - 1;
        return Err(Failure::Usage(format!("--trajectory {index} is beyond the last, {last}; give 0 to {last}")));
    };
    let digits = section.digits(local);
    let chosen = Chosen { plan: &plan, section, point: section.point(local, &digits), digits };
    if let Some(path) = &args.plot {
        refuse(path)?;
    }
    say(&format!("trajectory {index}: {}", chosen.describe()));
    if count > 1 {
        say(&format!("note: several trajectories fit; this is the first of {count}"));
    }
    match &args.plot {
        Some(path) => plot(&chosen, path, format!("{}: trajectory {index}", loaded.spec.name)),
        None => list(&chosen, args.f64),
    }
}

/// The trajectory that was asked for, and how many fit.
fn find(which: &Which, plan: &Plan) -> Result<Found, Failure> {
    match which.trajectory {
        Some(first) => Ok(Found { first, count: 1 }),
        None => plan.find(&which.at).map_err(|error| Failure::Usage(error.to_string())),
    }
}

impl Chosen<'_> {
    /// Its members and every value.
    fn describe(&self) -> String {
        let mut text = self.section.kernel.label();
        for slot in self.section.grid.slots_by_speed() {
            _ = write!(text, ", {} = {}", slot.path, Number(slot.value(&self.digits)));
        }
        text
    }

    fn follow(&self, each: Each) -> Option<Outcome> {
        replay_trajectory(self.section.kernel, self.point, &self.plan.limits, each)
    }
}

/// Prints every iterate as CSV.
fn list(chosen: &Chosen, in_f64: bool) -> Result<(), Failure> {
    let (kernel, point, limits) = (chosen.section.kernel, chosen.point, &chosen.plan.limits);
    print(if in_f64 { "step,w,w_f64,events\n" } else { "step,w,events\n" })?;
    let mut beside = in_f64.then(|| iterates(Rule::new(kernel, &point), point.start, limits));
    let mut printed = Ok(());
    let mut lines = String::new();
    let outcome = chosen.follow(&mut |iterate| {
        // Blank once it has diverged.
        let beside = beside
            .as_mut()
            .map_or(String::new(), |beside| beside.next().map_or(String::new(), |w| Number(w).to_string()) + ",");
        _ = writeln!(lines, "{},{},{beside}{}", iterate.step, Number(iterate.w), events(&iterate));
        if lines.len() > 1 << 16 {
            printed = print(&lines);
            lines.clear();
        }
        if printed.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    printed?;
    print(&lines)?;
    outcome.iter().for_each(|outcome| say(&ending(outcome)));
    if in_f64 && let Some(ending) = follow(&Rule::new(kernel, &point), point.start, limits, &|| false) {
        say(&format!("in f64: fate {}", ending.fate.name()));
    }
    Ok(())
}

/// The losses call the weight that they draw to by this name.
const TARGET: &str = "problem.target";

/// Draws every iterate into a new file.
fn plot(chosen: &Chosen, path: &Path, sweep: String) -> Result<(), Failure> {
    let mut course = Course::default();
    let outcome = chosen.follow(&mut |iterate| {
        course.push(&iterate);
        ControlFlow::Continue(())
    });
    let outcome = outcome.expect("a replay that nothing breaks off should have an outcome");
    // No line breaks between a parameter and its value.
    let detail = chosen.describe().replace(" = ", "\u{a0}=\u{a0}");
    let (caption, limits) = (Caption { sweep, detail }, &chosen.plan.limits);
    let target = chosen.section.value(&chosen.digits, TARGET);
    let svg = course::draw(&course, &Told { outcome: &outcome, limits, target, caption: &caption }).svg;
    let bytes = if ends_in(path, "png") { png(&svg)? } else { svg.into_bytes() };
    let written = File::create_new(path).and_then(|mut file| file.write_all(&bytes));
    written.map_err(|source| OutputError::Write { path: path.to_owned(), source })?;
    say(&ending(&outcome));
    print(&format!("{}\n", path.display()))
}

/// Refuses a file that is there, and one that is no picture, before there is work to lose.
fn refuse(path: &Path) -> Result<(), Failure> {
    let shown = path.display();
    if !ends_in(path, "svg") && !ends_in(path, "png") {
        return Err(Failure::Usage(format!("--plot {shown} is no picture; give a name that ends in .svg or .png")));
    }
    match path.symlink_metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        _ => Err(Failure::Usage(format!("--plot {shown} is there already; give another name"))),
    }
}

fn ends_in(path: &Path, ending: &str) -> bool {
    path.extension().is_some_and(|own| own.eq_ignore_ascii_case(ending))
}

/// The events of an iterate, in words.
fn events(iterate: &Iterate) -> String {
    let events = [
        (iterate.diverges, "diverged"),
        (iterate.crosses, "crossing"),
        (iterate.is_zero, "zero"),
        (iterate.is_within, "within"),
        (iterate.in_tail, "tail"),
    ];
    events.iter().filter(|(happens, _)| *happens).map(|(_, word)| *word).collect::<Vec<_>>().join(" ")
}

fn ending(outcome: &Outcome) -> String {
    let step = |step: u32| {
        if step == NEVER { "never".to_owned() } else { format!("at step {step}") }
    };
    let mut text = format!(
        "fate {} after {} steps; first crossing {}, first zero {}, first within the largest tolerance {}",
        outcome.fate().name(),
        outcome.last_step,
        step(outcome.first_crossing),
        step(outcome.first_zero),
        step(outcome.first_within),
    );
    if outcome.fate() != Fate::Diverged {
        _ = write!(text, "; tail from {} to {}", Number(outcome.tail_low), Number(outcome.tail_high));
    }
    text
}
