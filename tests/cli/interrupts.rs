//! Runs that are told to stop.
#![cfg(unix)]

#[cfg(target_os = "linux")]
use super::program::PROGRAM;
use super::program::{Done, Place};
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::time::{Duration, Instant};

/// Time that a run may take to stop: its slices are far shorter, but other tests keep the machine busy.
const PROMPT: Duration = Duration::from_secs(5);

/// A run that has begun to sweep.
struct Running {
    child: Child,
    messages: BufReader<ChildStderr>,
}

impl Running {
    /// Starts the program and waits until it says where it runs.
    fn start(mut command: Command) -> Running {
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program should start");
        let mut messages = BufReader::new(child.stderr.take().expect("standard error was piped"));
        let mut said = String::new();
        while !said.contains("\nbackend: ") {
            assert_ne!(messages.read_line(&mut said).expect("text"), 0, "the run ended early: {said}");
        }
        Running { child, messages }
    }

    fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.child.id().to_string()]).status();
        assert!(sent.expect("kill should start").success());
    }

    /// Waits until the run has used so many clock ticks of processor time; returns the most memory that it has held, in
    /// KiB.
    #[cfg(target_os = "linux")]
    fn work(&self, until: u64) -> u64 {
        loop {
            let (ticks, most) = usage(self.child.id());
            if ticks >= until {
                return most;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// What the run says from here to its end.
    fn end(mut self) -> Done {
        let mut err = String::new();
        self.messages.read_to_string(&mut err).expect("text");
        let mut done = Done::from(self.child.wait_with_output().expect("the program should end"));
        done.err = err;
        done
    }
}

/// Checks that a run was interrupted and says that what it did is kept in `folder`.
#[track_caller]
fn assert_paused(done: Done, folder: &str) {
    let (before, after) =
        ("error: interrupted; ", format!(" % is done and kept in {folder}: run the same again to go on\n"));
    let share = done.err.strip_prefix(before).and_then(|rest| rest.strip_suffix(&after));
    assert!(share.is_some_and(|share| share.trim_start_matches('<').parse::<f64>().is_ok()), "{}", done.err);
    assert_eq!((done.out.as_str(), done.code), ("", Some(130)));
}

#[test]
fn an_interrupted_run_keeps_what_it_has_done() {
    // Between them: many short batches, few long slices of the costliest kernel, and rows on their way to a file.
    let long = "run small.toml --backend cpu --set steps=2000000000 --set penalty.k=[0.77,0.78]";
    let cases = [
        ("-INT", "run huge.toml --backend cpu", false),
        ("-INT", long, false),
        ("-TERM", "run huge.toml --backend cpu --rows --set steps=100", true),
        ("-HUP", "run huge.toml --backend cpu", false),
    ];
    for (signal, line, rows) in cases {
        let place = Place::new();
        let running = Running::start(place.zerosweep(&format!("{line} --out a/b")));
        let told = Instant::now();
        running.signal(signal);
        assert_paused(running.end(), "a/b");
        assert!(told.elapsed() < PROMPT, "{line} took {:?}", told.elapsed());
        let kept: &[&str] =
            if rows { &["progress.zerosweep", "trajectories.csv.zerosweep"] } else { &["progress.zerosweep"] };
        assert_eq!(place.names("a/b"), kept, "{line}");
    }
}

/// A signal ends at once what waits for a spec.
#[test]
fn an_interrupt_ends_the_wait_for_a_spec() {
    let place = Place::new();
    let mut command = place.zerosweep("run - --backend cpu");
    let mut child = command.stdin(Stdio::piped()).spawn().expect("the program should start");
    std::thread::sleep(Duration::from_millis(200));
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(sent.expect("kill should start").success());
    let told = Instant::now();
    let ended = child.wait().expect("the program should end");
    assert!(told.elapsed() < PROMPT && !ended.success());
}

/// A sweep of some tenths of a second, most of which the CPU skips as a cycle, and an audit of minutes.
#[cfg(target_os = "linux")]
#[test]
fn an_interrupt_ends_an_audit() {
    let place = Place::new();
    let before = place.snapshot("");
    let line =
        "run l1.toml --backend cpu --set steps=100000 --set start.w={uniform=[-1,1],count=200000} --audit 200000";
    let running = Running::start(place.zerosweep(line));
    // Three seconds of processor time, at 100 ticks a second.
    let most = running.work(300);
    let told = Instant::now();
    running.signal("-INT");
    running.end().failure(130, "error: interrupted; nothing was written\n");
    assert!(told.elapsed() < PROMPT, "{:?}", told.elapsed());
    assert!(most < 300_000, "{most} KiB");
    place.assert_unchanged(&before);
}

/// The same of many weights, whose judge takes its time where classes can be told apart: a loss without a minimum.
#[cfg(target_os = "linux")]
#[test]
fn an_interrupt_ends_the_audit_of_many_weights() {
    let place = Place::new();
    let text = "name = 'apart'\nsteps = 20\npenalty = { kind = 'mcp', lambda = { geomspace = [1e-9, 1e-5, 20] } }\n\
                problem = { kind = 'logistic_regression', design = { rows = 40, columns = 30, support = 3 }, resample = { bootstrap = 500 } }\n";
    place.write("apart.toml", text);
    let before = place.snapshot("");
    let running = Running::start(place.zerosweep("run apart.toml --backend cpu --audit 10000"));
    running.work(300);
    let told = Instant::now();
    running.signal("-INT");
    running.end().failure(130, "error: interrupted; nothing was written\n");
    assert!(told.elapsed() < PROMPT, "{:?}", told.elapsed());
    place.assert_unchanged(&before);
}

#[test]
fn an_interrupted_run_leaves_earlier_results_alone() {
    let place = Place::new();
    place.run("run l1.toml --backend cpu --out a").success();
    let mut before = place.snapshot("");
    let running = Running::start(place.zerosweep("run huge.toml --backend cpu --out a --force"));
    running.signal("-INT");
    let mut done = running.end();
    let note = "note: a holds finished results; this run makes them anew\n";
    done.err = done.err.strip_prefix(note).expect("a note").to_owned();
    assert_paused(done, "a");
    before.insert(
        "a/progress.zerosweep".to_owned(),
        std::fs::read(place.path("a/progress.zerosweep")).expect("progress"),
    );
    place.assert_unchanged(&before);
}

/// The clock ticks of processor time that a process has used, and the most memory that it has held, in KiB.
#[cfg(target_os = "linux")]
fn usage(id: u32) -> (u64, u64) {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).expect("a running process");
    let after_name = stat.rsplit(") ").next().expect("a name in parentheses");
    // utime is the 14th field of all, the 12th of those after the name.
    let ticks = after_name.split(' ').nth(11).and_then(|ticks| ticks.parse().ok()).expect("utime");
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).expect("a running process");
    let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("VmHWM");
    (ticks, most.trim().trim_end_matches(" kB").parse().expect("a number of KiB"))
}

#[cfg(target_os = "linux")]
#[test]
fn memory_grows_with_cells_and_never_with_trajectories() {
    let place = Place::new();
    let running = Running::start(place.zerosweep("run huge.toml --backend cpu"));
    // Half a second of processor time, at 100 ticks a second: millions of steps and many batches.
    let most = running.work(50);
    running.signal("-INT");
    assert_paused(running.end(), "results/huge");
    assert!(most < 300_000, "{most} KiB");
}

#[cfg(target_os = "linux")]
#[test]
fn a_hangup_that_nohup_ignores_ends_no_run() {
    let place = Place::new();
    let line = "run huge.toml --backend cpu";
    let arguments = ["-c", "trap '' HUP; exec \"$@\"", "bash", PROGRAM].into_iter().chain(line.split_whitespace());
    let running = Running::start(place.command("bash", arguments));
    running.signal("-HUP");
    // Far longer than an interrupt takes; a process that has ended has no memory left to tell of.
    running.work(usage(running.child.id()).0 + 20);
    running.signal("-TERM");
    assert_paused(running.end(), "results/huge");
}

#[test]
fn two_runs_never_fill_one_folder() {
    let place = Place::new();
    let running = Running::start(place.zerosweep("run huge.toml --backend cpu --out a"));
    let busy = "error: another run is writing to a; wait for it, or give another folder with --out\n";
    place.run("run l1.toml --backend cpu --out a").failure(1, busy);
    place.run("run l1.toml --backend cpu --out a --force").failure(1, busy);
    running.signal("-INT");
    // A double press is one wish.
    running.signal("-INT");
    assert_paused(running.end(), "a");
    place.run("run l1.toml --backend cpu --out a --restart").success();
}
