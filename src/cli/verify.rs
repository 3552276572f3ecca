//! `zerosweep verify`.

use super::backend::{Backend, cancel_on_interrupt, progress};
use super::summary::aligned;
use super::{Failure, VerifyArgs, duration, grouped, print, say};
use indicatif::ProgressBar;
use serde_json::{Value, json};
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Instant;
use zerosweep::backend::{Cancel, Ending, RunOptions};
use zerosweep::output::Device;
use zerosweep::plan::Plan;
use zerosweep::spec::{LoadedSpec, Spec};
use zerosweep::verify::{Finding, MOST_STEPS, MOST_TRAJECTORIES, Report, Row, Sample, Verifier, speaks_of, suite};

const HEADER: [&str; 8] = ["law", "source", "cells", "agreeing", "trajectories", "worst", "result", "where"];

const NOTES: &str = "\
agreeing: cells whose every trajectory that the law speaks of does as it says.
worst: the greatest disagreement as a share of what rounding and the law's own conditions allow, so 1.00 passes; - where exact.
";

/// What is put to the laws, by name.
struct Subject<'a> {
    sweeps: Vec<(String, Sample<'a>)>,
    /// Trajectories of which these are a sample.
    trajectories: u64,
}

/// Puts the built-in sweeps, or a spec, to the laws.
pub fn verify(args: &VerifyArgs) -> Result<(), Failure> {
    let plans = plans(args)?;
    let subject = Subject::of(&plans);
    let cancel = cancel_on_interrupt();
    let backend = Backend::choose(args.backend, args.adapter.as_deref())?;
    if !backend.is_ordered() {
        return Err(Failure::Usage("verify judges one device at a time; name one with --adapter".to_owned()));
    }
    let device = backend.device(None);
    let sampled: u64 = subject.sweeps.iter().map(|(_, sample)| sample.plan.trajectories).sum();
    say(&format!("{}: {} trajectories on {}", subject.name(args), grouped(sampled), device.describe()));
    say(&format!("backend: {}", device.why()));
    if sampled < subject.trajectories {
        let all = grouped(subject.trajectories);
        say(&format!("note: these are a sample, spread evenly over the axes, of {all} trajectories"));
    }
    let is_silent = subject.sweeps.iter().all(|(_, sample)| is_silent(&sample.plan));
    if is_silent {
        say("note: no law speaks of any of these trajectories, so none is run");
    }
    let began = Instant::now();
    let report = subject.judge(&backend, &cancel)?;
    let spoken = report.rows.iter().filter(|row| row.cells > 0).count();
    if spoken > 0 {
        let (met, laws) = (grouped(report.met), report.rows.len());
        let others = if report.met < sampled { ", and none of the others" } else { "" };
        say(&format!("{spoken} of {laws} laws speak of {met} of these trajectories{others}"));
    }
    let failed = report.failures().count();
    let verdict = match failed {
        _ if spoken == 0 => "nothing was judged".to_owned(),
        0 => "all hold".to_owned(),
        failed => format!("{failed} fail"),
    };
    say(&format!("done in {}: {verdict}", duration(began.elapsed().as_secs_f64())));
    let printed = if args.json {
        let record = json!({
            "zerosweep": env!("CARGO_PKG_VERSION"),
            "spec": args.spec.as_ref().map(|_| subject.name(args)),
            "device": device,
            "trajectories": subject.trajectories,
            "judged": sampled,
            "met_by_some_law": report.met,
            "passed": (spoken > 0).then_some(failed == 0),
            "laws": report.rows.iter().map(|row| record(row, &subject)).collect::<Vec<_>>(),
        });
        print(&format!("{record:#}\n"))
    } else if spoken > 0 {
        print(&table(&report))
    } else {
        Ok(())
    };
    // Whoever stopped reading still learns of it by the exit code.
    match failure(&report, &subject, args, &device) {
        Some(message) => Err(Failure::Laws(message)),
        None if spoken == 0 => Err(Failure::Unjudged),
        None => printed,
    }
}

fn plans(args: &VerifyArgs) -> Result<Vec<(String, Plan)>, Failure> {
    let Some(path) = &args.spec else {
        return Ok(suite().into_iter().map(|(name, plan)| (name.to_owned(), plan)).collect());
    };
    let LoadedSpec { spec, model, .. } = Spec::load(path, &args.sets)?;
    Ok(vec![(spec.name.clone(), Plan::new(&spec).with_model(model).by_draw())])
}

impl<'a> Subject<'a> {
    fn of(plans: &'a [(String, Plan)]) -> Subject<'a> {
        // Of many weights each is put to a descent in f64.
        let most = |plan: &Plan| match plan.model {
            None => (MOST_STEPS / u64::from(plan.limits.steps)).clamp(1, MOST_TRAJECTORIES),
            Some(_) => MOST_TRAJECTORIES / 16,
        };
        let sweeps = plans.iter().map(|(name, plan)| (name.clone(), Sample::new(plan, most(plan)))).collect();
        Subject { sweeps, trajectories: plans.iter().map(|(_, plan)| plan.trajectories).sum() }
    }

    fn name(&self, args: &VerifyArgs) -> String {
        match args.spec {
            Some(_) => self.sweeps[0].0.clone(),
            None => format!("{} built-in sweeps", self.sweeps.len()),
        }
    }

    fn judge(&self, backend: &Backend, cancel: &Cancel) -> Result<Report, Failure> {
        let steps = self.sweeps.iter().map(|(_, sample)| sample.plan.steps()).sum::<u128>();
        let progress = progress(u64::try_from(steps).unwrap_or(u64::MAX), 1.0);
        let mut report = Report::default();
        let judged = self.sweeps.iter().try_for_each(|(name, sample)| {
            report.merge(judge(name, &sample.plan, backend, cancel, &progress)?);
            Ok(())
        });
        progress.finish_and_clear();
        judged.map(|()| report)
    }

    /// The index of a finding's trajectory in its whole sweep.
    fn index(&self, finding: &Finding) -> u64 {
        let found = self.sweeps.iter().find(|(name, _)| *name == finding.sweep);
        found.map_or(finding.trajectory, |(_, sample)| sample.index(finding.trajectory))
    }
}

/// Whether no law speaks of any of its sections.
fn is_silent(plan: &Plan) -> bool {
    !plan.sections.iter().any(speaks_of)
}

fn judge(
    name: &str,
    plan: &Plan,
    backend: &Backend,
    cancel: &Cancel,
    progress: &ProgressBar,
) -> Result<Report, Failure> {
    let options = RunOptions { rows: true, ..RunOptions::default() };
    let mut verifier = Verifier::new(name, plan);
    if is_silent(plan) {
        return Ok(verifier.finish());
    }
    let ending = backend.run(plan, &options, cancel, &mut |batch| {
        verifier.add(&batch);
        progress.inc(batch.trajectories * u64::from(plan.limits.steps));
        ControlFlow::Continue(())
    })?;
    if ending == Ending::Stopped { Err(Failure::Interrupted) } else { Ok(verifier.finish()) }
}

/// One line a law that speaks of some trajectory, columns aligned.
fn table(report: &Report) -> String {
    let mut rows = vec![HEADER.map(str::to_owned)];
    for row in report.rows.iter().filter(|row| row.cells > 0) {
        let met = row.worst.as_ref().filter(|worst| worst.share > 0.0);
        rows.push([
            row.check.name.to_owned(),
            row.check.source.to_owned(),
            grouped(row.cells),
            grouped(row.agreeing),
            grouped(row.trajectories),
            met.map_or("-".to_owned(), |worst| share(worst.share)),
            result(row),
            met.map_or(String::new(), |worst| format!("{}: {}", worst.describe(), worst.place)),
        ]);
    }
    aligned(&rows) + NOTES
}

fn share(share: f64) -> String {
    if share.is_finite() { format!("{share:.2}") } else { "miss".to_owned() }
}

fn result(row: &Row) -> String {
    match (row.passes(), row.misses) {
        (true, 0) => "pass".to_owned(),
        (true, by_chance) => format!("pass ({by_chance} by chance)"),
        (false, misses) => format!("FAIL ({})", grouped(misses)),
    }
}

fn record(row: &Row, subject: &Subject) -> Value {
    let worst = row.worst.as_ref().map(|worst| {
        json!({
            "sweep": worst.sweep,
            "trajectory": subject.index(worst),
            "where": worst.place,
            "found": worst.describe(),
            "measured": worst.measured,
            "expected": worst.expected.value,
            "allowed_below": worst.expected.below,
            "allowed_above": worst.expected.above,
            "share_of_allowed": worst.share,
        })
    });
    json!({
        "law": row.check.name,
        "source": row.check.source,
        "statement": row.check.statement,
        "cells": row.cells,
        "agreeing": row.agreeing,
        "trajectories": row.trajectories,
        "misses": row.misses,
        "misses_by_chance_at_most": row.allowed(),
        "passed": (row.cells > 0).then(|| row.passes()),
        "worst": worst,
    })
}

/// What failed, and what to type next.
fn failure(report: &Report, subject: &Subject, args: &VerifyArgs, device: &Device) -> Option<String> {
    let names: Vec<String> = report.failures().map(|row| format!("\"{}\"", row.check.name)).collect();
    let worst = report.failures().next()?.worst.as_ref()?;
    let index = subject.index(worst);
    let has_weights = |(name, sample): &(String, Sample)| *name == worst.sweep && sample.plan.model.is_some();
    let path = match &args.spec {
        Some(path) => typed(path),
        None => format!("sweeps/verify/{}.toml", worst.sweep),
    };
    let sets: String = args.sets.iter().map(|set| format!(" --set {}", quoted(set))).collect();
    let look = match subject.sweeps.iter().any(has_weights) {
        true => format!("zerosweep run {path}{sets}"),
        false => format!("zerosweep replay {path} --trajectory {index}{sets}"),
    };
    let count = if let [_] = names[..] { "1 law fails".to_owned() } else { format!("{} laws fail", names.len()) };
    let device = match device {
        Device::Cpu { .. } => "",
        Device::Gpu { .. } | Device::Several { .. } => {
            "; if --backend cpu passes, it is the device that computes otherwise"
        }
    };
    Some(format!("{count}: {}; see the worst of the first with `{look}`{device}", names.join(", ")))
}

/// A path as a shell takes it and the program does not take it for an option.
fn typed(path: &Path) -> String {
    let text = path.display().to_string();
    let text = if text.starts_with('-') && text != "-" { format!("./{text}") } else { text };
    let is_plain = |c: char| c.is_alphanumeric() || "._-+=,:@%".contains(c) || std::path::is_separator(c);
    if text.chars().all(is_plain) { text } else { quoted(&text) }
}

/// A word of a POSIX shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r#"'"'"'"#))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::BackendChoice;
    use std::path::PathBuf;
    use zerosweep::backend::Batch;
    use zerosweep::spec::Format;
    use zerosweep::verdict::Outcome;

    const SPEC: &str = "name = 'five'
steps = 20
penalty = { kind = 'lk', k = 1, lambda = 1 }
optimizer = { kind = 'subgradient', learning_rate = 0.5 }
start.w = [5, 4, 2]
";

    /// A report on outcomes that land at these steps.
    fn landing(plans: &[(String, Plan)], steps: [u32; 3]) -> Report {
        let outcome = |step: u32| Outcome { fate: 1, first_crossing: step, first_zero: step, ..Outcome::default() };
        let mut verifier = Verifier::new("five", &plans[0].1);
        verifier.add(&Batch { outcomes: steps.map(outcome).to_vec(), ..Batch::default() });
        verifier.finish()
    }

    #[test]
    fn a_failure_names_the_laws_and_what_to_type() {
        let spec = Spec::parse(SPEC, Format::Toml, "five.toml", &[]).unwrap().spec;
        let plans = vec![("five".to_owned(), Plan::new(&spec))];
        let subject = Subject::of(&plans);
        let args = |spec: Option<&str>, sets: &[&str]| VerifyArgs {
            spec: spec.map(PathBuf::from),
            sets: sets.iter().map(|&set| set.to_owned()).collect(),
            backend: BackendChoice::Cpu,
            adapter: None,
            json: false,
        };
        let device = Backend::choose(BackendChoice::Cpu, None).unwrap().device(None);
        let told = |report: &Report, args: &VerifyArgs| failure(report, &subject, args, &device);
        assert_eq!(told(&landing(&plans, [10, 8, 4]), &args(None, &[])), None);
        let wrong = landing(&plans, [10, 9, 4]);
        let laws = "2 laws fail: \"L1 crosses at its step\", \"L1 alone lands iff c divides w_0\"";
        assert_eq!(
            told(&wrong, &args(Some("a/five.toml"), &["steps=20"])).unwrap(),
            format!(
                "{laws}; see the worst of the first with `zerosweep replay a/five.toml --trajectory 1 --set 'steps=20'`"
            )
        );
        let odd = told(&wrong, &args(Some("-a b'c.json"), &["name='x'"])).unwrap();
        let command = r#"`zerosweep replay './-a b'"'"'c.json' --trajectory 1 --set 'name='"'"'x'"'"''`"#;
        assert!(odd.ends_with(command), "{odd}");
        assert!(told(&wrong, &args(Some("-"), &[])).unwrap().ends_with("`zerosweep replay - --trajectory 1`"));
        assert_eq!(Failure::Laws(String::new()).exit_code(), 1);
        let table = table(&wrong);
        let row = table.lines().find(|line| line.starts_with("L1 crosses")).unwrap();
        let place = "subgradient, k = 1, lambda = 1, learning_rate = 0.5, start = 4";
        let words = ["3", "2", "3", "miss", "FAIL (1)"];
        assert!(words.iter().all(|word| row.contains(word)), "{row}");
        assert!(
            row.ends_with(&format!("first crossing at step 9, expected first crossing at step 8: {place}")),
            "{row}"
        );
    }
}
