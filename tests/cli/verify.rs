//! Trajectories before the laws.

use super::program::{Done, Place};
use serde_json::Value;
use zerosweep::verify::{SUITE, checks};

/// How many laws there are.
fn laws() -> usize {
    checks().count()
}

#[test]
fn the_built_in_sweeps_pass() {
    let place = Place::new();
    let before = place.snapshot("");
    let done = place.run("verify --backend cpu").success();
    let lines: Vec<&str> = done.out.lines().collect();
    let header: Vec<&str> = lines[0].split("  ").map(str::trim).filter(|word| !word.is_empty()).collect();
    assert_eq!(header, ["law", "source", "cells", "agreeing", "trajectories", "worst", "result", "where"]);
    // A header, the laws and two lines of explanation.
    let count = self::laws();
    assert_eq!(lines.len(), count + 3, "{}", done.out);
    assert!(lines[1..=count].iter().all(|line| line.contains("  pass")), "{}", done.out);
    let messages: Vec<&str> = done.err.lines().collect();
    let [size, backend, laws, end] = messages[..] else { panic!("{}", done.err) };
    assert!(
        size.starts_with(&format!("{} built-in sweeps: ", SUITE.len())) && size.contains(" trajectories on cpu ("),
        "{size}"
    );
    assert_eq!(backend, "backend: cpu, as asked for");
    assert!(
        laws.starts_with(&format!("{count} of {count} laws speak of "))
            && laws.ends_with(" of these trajectories, and none of the others"),
        "{laws}"
    );
    assert!(end.starts_with("done in ") && end.ends_with(": all hold"), "{end}");
    place.assert_unchanged(&before);
}

#[test]
fn a_spec_is_put_to_the_laws_that_speak_of_it() {
    let place = Place::new();
    let done = place.run("verify l1.toml --backend cpu").success();
    let notes = "\
agreeing: cells whose every trajectory that the law speaks of does as it says.
worst: the greatest disagreement as a share of what rounding and the law's own conditions allow, so 1.00 passes; - where exact.
";
    let by_subgradient = "\
law                               source             cells  agreeing  trajectories  worst  result  where
L1 crosses at its step            L1, constant step      1         1             1      -  pass
L1 alone lands iff c divides w_0  L1, constant step      1         1             1      -  pass
";
    assert_eq!(done.out, by_subgradient.to_owned() + notes);
    assert!(done.err.contains(&format!("\n2 of {} laws speak of 1 of these trajectories\n", laws())), "{}", done.err);
    let by_proximal_steps = "\
law                                       source             cells  agreeing  trajectories  worst  result  where
L1 lands on zero                          L1, constant step      1         1             1      -  pass
L1 lands at its step                      L1, constant step      1         1             1      -  pass
convex losses end at zero up to lambda r  any loss               1         1             1      -  pass
";
    let done = place.run("verify l1.toml --backend cpu --set optimizer.kind='proximal'").success();
    assert_eq!(done.out, by_proximal_steps.to_owned() + notes);
}

/// Draws of a table with an intercept that is no weight, and a path of lambda of each; the same trajectories ended too early are put to fewer laws.
#[test]
fn many_weights_are_put_to_their_laws() {
    let place = Place::new();
    let row =
        |row: i32| format!("{},{},{},{}\n", row % 7, row * row % 11, row * row * row % 13, 100 + row % 7 + row % 3);
    place.write("t.csv", &format!("a,b,c,y\n{}", (0..40).map(row).collect::<String>()));
    place.write(
        "t.toml",
        "name = 't'\nsteps = 2000\nstop = { kkt = 1e-5 }\nproblem = { kind = 'least_squares', table = 't.csv', response = 'y', resample = { bootstrap = 8 } }\n\
         penalty = { kind = 'lk', k = 1.0, lambda = { path = 9, ratio = 1e-2, per_draw = true } }\n",
    );
    let done = place.run("verify t.toml --backend cpu").success();
    assert!(done.err.contains("t: 72 trajectories on cpu") && done.err.contains(": all hold\n"), "{}", done.err);
    let told = |name: &str, out: &str| out.lines().find(|line| line.starts_with(name)).map(str::to_owned);
    for law in
        ["convex models end at their minimum", "models rest where no slope is left", "objectives grow with lambda"]
    {
        let line = told(law, &done.out).unwrap_or_else(|| panic!("{law}: {}", done.out));
        assert!(line.contains("  pass"), "{line}");
    }
    let early = place.run("verify t.toml --backend cpu --set steps=2").success();
    let judged = |out: &str| {
        out.lines()
            .find(|line| line.starts_with("convex models"))
            .and_then(|line| line.split("  ").filter(|word| !word.is_empty()).nth(4))
            .map(|word| word.trim().parse::<u64>().expect("a count"))
    };
    assert_eq!(judged(&done.out), Some(72));
    assert!(judged(&early.out) < Some(40), "{}", early.out);
}

#[test]
fn json_says_the_same() {
    let done = Place::new().run("verify small.toml --backend cpu --json").success();
    let record: Value = serde_json::from_str(&done.out).expect("one JSON object");
    assert_eq!((&record["spec"], &record["passed"]), (&"small".into(), &true.into()));
    assert_eq!((&record["trajectories"], &record["judged"]), (&128.into(), &128.into()));
    let laws = record["laws"].as_array().expect("a list of laws");
    assert_eq!(laws.len(), self::laws());
    let line = laws.iter().find(|law| law["law"] == "L2's line").expect("a law by its name");
    assert_eq!((&line["source"], &line["passed"], &line["misses"]), (&"L2".into(), &true.into(), &0.into()));
    assert_eq!(line["cells"], line["agreeing"]);
    assert!(line["worst"]["share_of_allowed"].as_f64().is_some_and(|share| share < 1.0), "{line}");
    assert_eq!(line["worst"]["sweep"], "small");
}

#[test]
fn a_huge_spec_is_sampled_and_says_so() {
    let done = Place::new().run("verify huge.toml --backend cpu --set steps=100").success();
    let note = "\nnote: these are a sample, spread evenly over the axes, of 1,000,000,000,000 trajectories\n";
    assert!(done.err.contains(note), "{}", done.err);
    assert!(done.out.contains("\nL1 crosses at its step "), "{}", done.out);
}

/// How it ends where nothing was judged.
const UNJUDGED: &str = ": nothing was judged\nerror: nothing was judged: no law speaks of any of these trajectories; \
                        `zerosweep verify` without a spec puts built-in sweeps to every law\n";

#[test]
fn a_spec_that_no_law_speaks_of_is_said_to_be_one() {
    // Two steps of a penalty below k = 1 beside a target: chaos.
    let place = Place::new();
    place.write(
        "chaos.toml",
        "name = \"chaos\"\nsteps = 2\nproblem = { kind = \"quadratic\", target = 0.1 }\n\
         penalty = { kind = \"lk\", k = 0.5, lambda = 1.0 }\n\
         optimizer = { kind = \"subgradient\", learning_rate = 0.1 }\nstart.w = 0.3\n",
    );
    let done = place.run("verify chaos.toml --backend cpu");
    assert_eq!((done.out.as_str(), done.code), ("", Some(6)));
    assert!(done.err.ends_with(UNJUDGED), "{}", done.err);
    let done = place.run("verify chaos.toml --backend cpu --json");
    assert_eq!(done.code, Some(6));
    let record: Value = serde_json::from_str(&done.out).expect("one JSON object");
    assert_eq!((&record["passed"], &record["laws"][0]["passed"]), (&Value::Null, &Value::Null));
}

/// Where no law speaks of a kernel, or noise silences all of them, nothing waits for a sweep whose outcomes nobody judges.
#[test]
fn a_sweep_of_kernels_that_no_law_speaks_of_is_not_run() {
    let place = Place::new();
    let done = place.run("verify l1.toml --backend cpu --set optimizer.noise={normal=0.1}");
    assert_eq!((done.out.as_str(), done.code), ("", Some(6)));
    let note = "\nnote: no law speaks of any of these trajectories, so none is run\ndone in ";
    assert!(done.err.contains(note), "{}", done.err);
    assert!(done.err.ends_with(UNJUDGED), "{}", done.err);
    for normal in ["0", "[0.1,0]"] {
        let done =
            place.run(&format!("verify l1.toml --backend cpu --set optimizer.noise={{normal={normal}}}")).success();
        assert!(done.err.contains(" laws speak of 1 of these trajectories"), "{}", done.err);
    }
}

#[test]
fn what_is_typed_wrong_is_said() {
    let place = Place::new();
    place.run("verify none.toml").failure(2, "error: cannot read none.toml: there is no such file\n");
    place
        .run("verify --backend cpu --adapter X")
        .failure(2, "error: --adapter X names a GPU adapter, but --backend cpu uses none; drop one of the two\n");
    let mut done = place.run("verify --set steps=3");
    done.err = done.err.replace("zerosweep.exe", "zerosweep");
    done.failure(
        2,
        "error: the following required arguments were not provided:\n  <SPEC>\n\n\
         Usage: zerosweep verify --set <PATH=VALUE> <SPEC>\n\nFor more information, try '--help'.\n",
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_gpu_that_is_not_there_ends_it() {
    let no_hardware = "error: no hardware adapter: this machine shows none; use --backend cpu, or name a software \
                       adapter with --adapter\n";
    Place::new().run("verify --backend gpu").failure(3, no_hardware);
}

#[cfg(unix)]
#[test]
fn an_interrupt_ends_it() {
    use std::io::{BufRead, BufReader, Read};
    use std::process::{Command, Stdio};
    let place = Place::new();
    let mut command = place.zerosweep("verify l1.toml --backend cpu --set steps=2000000000 --set penalty.k=0.77");
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program should start");
    let mut messages = BufReader::new(child.stderr.take().expect("standard error was piped"));
    let mut said = String::new();
    while !said.contains("\nbackend: ") {
        assert_ne!(messages.read_line(&mut said).expect("text"), 0, "it ended early: {said}");
    }
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(sent.expect("kill should start").success());
    let mut rest = String::new();
    messages.read_to_string(&mut rest).expect("text");
    let mut done = Done::from(child.wait_with_output().expect("the program should end"));
    done.err = rest;
    done.failure(130, "error: interrupted; nothing was written\n");
}
