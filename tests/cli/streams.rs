//! Data on standard output, messages on standard error, and what happens where one of them ends.

use super::program::{Done, FILES, Place};
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::{Duration, Instant};

#[test]
fn data_goes_to_standard_output_and_messages_to_standard_error() {
    let place = Place::new();
    let done = place.run("run small.toml --backend cpu --threads 1").success();
    let folder = std::path::Path::new("results").join("small");
    let messages: Vec<&str> = done.err.lines().collect();
    let [size, backend, audit, first, end] = messages[..] else { panic!("{}", done.err) };
    assert!(size.starts_with("small: 32 cells, 128 trajectories of 50 steps on cpu (1 thread, "), "{size}");
    assert_eq!(backend, "backend: cpu, as asked for");
    // By plain gradient descent L0.5 is chaotic: after 50 steps its first rounding has grown beyond the weight.
    assert_eq!(
        audit,
        "audit: in f64 1 of 64 random trajectories (95 %: 0.3 to 8.3 %) and 1 of 64 near a boundary end otherwise; 0 and 0 of them about zero"
    );
    let spec = folder.join("spec.toml");
    let told = format!(
        "audit: trajectory 0 is moving, and oscillating in f64; see zerosweep replay {} --f64 --trajectory 0",
        spec.display()
    );
    assert_eq!(first, told);
    assert!(end.starts_with("done in ") && end.ends_with(&format!("; results in {}", folder.display())), "{end}");
    assert!(
        done.out.starts_with("problem quadratic, penalty lk\n  k  optimizer    trajectories  zero  decayed  "),
        "{}",
        done.out
    );
    // What is the same throughout, a header, eight groups and three lines of explanation.
    assert_eq!(done.out.lines().count(), 13);
    // A share over several cells is a property of the grid; one of a single cell is drawn.
    assert!(!done.out.contains("interval"), "{}", done.out);
    let one = place
        .run(
            "run small.toml --backend cpu --set penalty.lambda=1 --set problem.target=0 --set report.maps=[] --out one",
        )
        .success();
    assert!(
        one.out.contains("  zero       interval  decayed  ") && one.out.contains("\ninterval: 95 %, "),
        "{}",
        one.out
    );
}

/// Mesa's drivers are there to be found, on a machine without a desktop.
#[cfg(target_os = "linux")]
#[test]
fn no_driver_complains_where_there_is_no_desktop() {
    let place = Place::new();
    let temporary = place.path("temporary");
    std::fs::create_dir(&temporary).expect("a folder in the temporary folder");
    for line in ["run l1.toml --backend auto", "adapters", "verify l1.toml"] {
        let mut command = place.zerosweep(line);
        for name in ["VK_DRIVER_FILES", "VK_ICD_FILENAMES", "DISPLAY", "WAYLAND_DISPLAY"] {
            command.env_remove(name);
        }
        for folder in [None, Some(""), Some("relative")] {
            match folder {
                Some(folder) => command.env("XDG_RUNTIME_DIR", folder),
                None => command.env_remove("XDG_RUNTIME_DIR"),
            };
            let done = Done::of(command.env("TMPDIR", &temporary)).success();
            assert!(!done.err.contains("error:"), "{line}: {}", done.err);
            assert!(place.names("temporary").is_empty(), "{line}");
        }
    }
}

#[test]
fn one_of_a_kind_is_said_in_the_singular() {
    let place = Place::new();
    let done = place.run("run l1.toml --backend cpu --threads 1 --set steps=1").success();
    assert!(done.err.starts_with("l1: 1 cell, 1 trajectory of 1 step on cpu (1 thread, "), "{}", done.err);
    assert!(
        done.err.contains(
            "\nnote: no map drawn: no parameter is swept outside the pool; give one a list, linspace or geomspace\n"
        ),
        "{}",
        done.err
    );
}

#[test]
fn files_and_pipes_get_no_escape_codes_and_no_progress() {
    let place = Place::new();
    // Long enough for a bar, were there one.
    let long = "run l1.toml --backend cpu --set steps=10000 --set start.w={uniform=[-1,1],count=200000}";
    for line in [long, "plan small.toml", "replay l1.toml --trajectory 0", "schema", "members", "nonsense", "--help"] {
        let done = place.run(line);
        let all = done.out + &done.err;
        assert!(!all.is_empty(), "{line}");
        assert!(!all.contains('\x1b') && !all.contains('\r') && !all.contains(" left"), "{line}: {all}");
    }
}

/// What a terminal gets; `None` where no `script` can play one.
#[cfg(target_os = "linux")]
fn on_terminal(place: &Place, line: &str, no_color: bool) -> Option<String> {
    let shell = format!("{} {line}", super::program::PROGRAM);
    let mut command = place.command("script", ["-qec", &shell, "/dev/null"]);
    command.env("TERM", "xterm");
    if no_color {
        command.env("NO_COLOR", "1");
    }
    match command.output() {
        Ok(output) => Some(Done::from(output).out),
        Err(_) => {
            eprintln!("left out: no script(1) to play a terminal");
            None
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_terminal_gets_progress_and_no_color_is_respected() {
    let place = Place::new();
    // Of selected graphic renditions alone; a bar needs to move the cursor.
    let colored = |text: &str| {
        text.split("\x1b[")
            .skip(1)
            .any(|code| code.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';').starts_with('m'))
    };
    let Some(with_color) = on_terminal(&place, "nonsense", false) else { return };
    assert!(colored(&with_color), "{with_color}");
    let plain = on_terminal(&place, "nonsense", true).expect("script was there before");
    assert_eq!(plain.lines().next(), Some("error: unrecognized subcommand 'nonsense'"));
    assert!(!colored(&plain), "{plain}");
    let line = "run l1.toml --backend cpu --set steps=10000 --set start.w='{uniform=[-1,1],count=200000}'";
    let progress = on_terminal(&place, line, true).expect("script was there before");
    assert!(progress.contains("steps/s") && progress.contains(" left"), "{progress}");
    assert!(!colored(&progress), "{progress}");
}

#[test]
fn nobody_reading_is_no_fault() {
    let place = Place::new();
    let endless = "replay l1.toml --trajectory 0 --set steps=2000000000";
    let lines = [
        "run small.toml --backend cpu",
        "run l1.toml --backend cpu --json",
        "plan small.toml",
        "plan small.toml --json",
        "verify small.toml --backend cpu",
    ];
    for line in
        lines.into_iter().chain([endless, "replay l1.toml --trajectory 0", "schema", "members", "adapters", "--help"])
    {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let mut command = place.zerosweep(line);
        command.stdout(writer).stderr(Stdio::piped());
        let child = command.spawn().expect("the program should start");
        let done = Done::from(child.wait_with_output().expect("the program should end"));
        assert_eq!(done.code, Some(0), "{line}: {}", done.err);
        assert!(!done.err.contains("error") && !done.err.contains("panicked"), "{line}: {}", done.err);
    }
    assert_eq!(place.names("results/l1"), FILES);
    assert_eq!(place.names("results/small").len(), FILES.len() + 4);
}

#[test]
fn a_replay_ends_with_its_reader() {
    let place = Place::new();
    // Tens of seconds, and gigabytes of lines.
    let mut command = place.zerosweep("replay l1.toml --trajectory 0 --set steps=2000000000");
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program should start");
    let mut line = String::new();
    let mut out = BufReader::new(child.stdout.take().expect("standard output was piped"));
    out.read_line(&mut line).expect("text");
    assert_eq!(line, "step,w,events\n");
    drop(out);
    let closed = Instant::now();
    let done = Done::from(child.wait_with_output().expect("the program should end"));
    assert_eq!(done.code, Some(0), "{}", done.err);
    assert_eq!(done.err.lines().count(), 1, "{}", done.err);
    assert!(closed.elapsed() < Duration::from_secs(2), "{:?}", closed.elapsed());
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_standard_output_is_said_and_the_results_are_whole() {
    let place = Place::new();
    let full = "error: cannot write to standard output: No space left on device (os error 28)";
    for line in
        ["run l1.toml --backend cpu", "plan l1.toml", "replay l1.toml --trajectory 0", "schema", "members", "adapters"]
    {
        let done = place.run_in_shell("exec \"$@\" >/dev/full", line);
        assert_eq!(done.code, Some(1), "{line}");
        assert_eq!(done.err.lines().last(), Some(full), "{line}");
    }
    assert_eq!(place.names("results/l1"), FILES);
}

#[cfg(unix)]
#[test]
fn closed_streams_do_no_harm() {
    let place = Place::new();
    let done = place.run_in_shell("exec \"$@\" >&- 2>&- <&-", "run l1.toml --backend cpu");
    assert_eq!(done, Done { code: Some(0), out: String::new(), err: String::new() });
    assert_eq!(place.names("results/l1"), FILES);
}
