//! What is said to whoever types something wrong, and to whoever asks for help.

use super::program::Place;

/// A command line, its exit code and all that it says.
const WRONG: [(&str, i32, &str); 32] = [
    (
        "nonsense",
        2,
        "error: unrecognized subcommand 'nonsense'\n\nUsage: zerosweep <COMMAND>\n\nFor more information, try '--help'.\n",
    ),
    (
        "rum small.toml",
        2,
        "error: unrecognized subcommand 'rum'\n\n  tip: a similar subcommand exists: 'run'\n\n\
         Usage: zerosweep <COMMAND>\n\nFor more information, try '--help'.\n",
    ),
    (
        "run",
        2,
        "error: the following required arguments were not provided:\n  <SPEC>\n\nUsage: zerosweep run <SPEC>\n\n\
         For more information, try '--help'.\n",
    ),
    (
        "run small.toml --thread 2",
        2,
        "error: unexpected argument '--thread' found\n\n  tip: a similar argument exists: '--threads'\n\n\
         Usage: zerosweep run --threads <N> <SPEC>\n\nFor more information, try '--help'.\n",
    ),
    (
        "run small.toml --threads 0",
        2,
        "error: invalid value '0' for '--threads <N>': 0 is not in 1..=1024\n\nFor more information, try '--help'.\n",
    ),
    (
        "run small.toml --batch 0",
        2,
        "error: invalid value '0' for '--batch <N>': 0 is not in 1..=1073741824\n\n\
         For more information, try '--help'.\n",
    ),
    (
        "run small.toml --slice 0",
        2,
        "error: invalid value '0' for '--slice <N>': 0 is not in 1..=4294967295\n\n\
         For more information, try '--help'.\n",
    ),
    (
        "run small.toml --audit 1000001",
        2,
        "error: invalid value '1000001' for '--audit <N>': 1000001 is not in 0..=1000000\n\n\
         For more information, try '--help'.\n",
    ),
    (
        "run small.toml --backend tpu",
        2,
        "error: invalid value 'tpu' for '--backend <BACKEND>'\n  [possible values: auto, cpu, gpu]\n\n  \
         tip: a similar value exists: 'gpu'\n\nFor more information, try '--help'.\n",
    ),
    (
        "run small.toml --out=",
        2,
        "error: a value is required for '--out <DIR>' but none was supplied\n\nFor more information, try '--help'.\n",
    ),
    (
        "run small.toml --backend cpu --adapter X",
        2,
        "error: --adapter X names a GPU adapter, but --backend cpu uses none; drop one of the two\n",
    ),
    (
        "run small.toml --backend gpu --adapter cpu",
        2,
        "error: --adapter cpu names the CPU, but --backend gpu wants a GPU; drop one of the two\n",
    ),
    ("run small.toml --adapter=,", 2, "error: --adapter , has an empty name; give names, all or cpu\n"),
    (
        "run small.toml --shard 5/3",
        2,
        "error: invalid value '5/3' for '--shard <I/N>': of 3 parts, give one from --shard 1/3 to --shard 3/3\n\n\
         For more information, try '--help'.\n",
    ),
    (
        "run small.toml --shard 3",
        2,
        "error: invalid value '3' for '--shard <I/N>': give part I of N, with I from 1 to N, for example --shard 3/16\n\n\
         For more information, try '--help'.\n",
    ),
    (
        "run small.toml --save-every 0.1",
        2,
        "error: invalid value '0.1' for '--save-every <SECONDS>': give whole seconds from 0 to 86400; --save-every 0 keeps \
         what is done after every batch\n\nFor more information, try '--help'.\n",
    ),
    (
        "run small.toml --save-every 86401",
        2,
        "error: invalid value '86401' for '--save-every <SECONDS>': give whole seconds from 0 to 86400; --save-every 0 keeps \
         what is done after every batch\n\nFor more information, try '--help'.\n",
    ),
    (
        "run small.toml --memory -1",
        2,
        "error: invalid value '-1' for '--memory <SIZE>': give a number of bytes, or one with a unit, for example 500MB or 16GiB\n\nFor more \
         information, try '--help'.\n",
    ),
    ("run none.toml", 2, "error: cannot read none.toml: there is no such file\n"),
    ("run none.toml --out results/none", 2, "error: cannot read none.toml: there is no such file\n"),
    ("plan .", 2, "error: cannot read .: it is a folder, not a file\n"),
    (
        "run small.toml --set steps=0",
        2,
        "error: `steps` must be an integer from 1 to 2000000000, found 0\n  --> command line\n   |\n   | --set \
         steps=0\n   |             ^\n",
    ),
    (
        "replay small.toml",
        2,
        "error: the following required arguments were not provided:\n  <--trajectory <INDEX>|--at <PATH=VALUE>>\n\n\
         Usage: zerosweep replay <--trajectory <INDEX>|--at <PATH=VALUE>> <SPEC>\n\nFor more information, try '--help'.\n",
    ),
    ("replay small.toml --trajectory 128", 2, "error: --trajectory 128 is beyond the last, 127; give 0 to 127\n"),
    (
        "replay small.toml --trajectory 18446744073709551615",
        2,
        "error: --trajectory 18446744073709551615 is beyond the last, 127; give 0 to 127\n",
    ),
    (
        "replay small.toml --trajectory 0 --at start.w=1",
        2,
        "error: the argument '--trajectory <INDEX>' cannot be used with '--at <PATH=VALUE>'\n\n\
         Usage: zerosweep replay <--trajectory <INDEX>|--at <PATH=VALUE>> <SPEC>\n\nFor more information, try '--help'.\n",
    ),
    (
        "replay small.toml --at lambda",
        2,
        "error: invalid value 'lambda' for '--at <PATH=VALUE>': give PATH=VALUE, for example penalty.lambda=0.5 or \
         optimizer=proximal\n\nFor more information, try '--help'.\n",
    ),
    (
        "replay small.toml --at penalty.lamda=1",
        2,
        "error: no trajectory has `penalty.lamda`; did you mean `penalty.lambda`?\n",
    ),
    (
        "replay small.toml --at penalty.lambda=0.7",
        2,
        "error: penalty.lambda has no value 0.7; the nearest are 0.1 and 1.0\n",
    ),
    (
        "replay small.toml --at optimizer=proximl",
        2,
        "error: no trajectory has the optimizer \"proximl\"; did you mean `proximal`?\n",
    ),
    (
        "replay small.toml --trajectory 0 --plot course.pdf",
        2,
        "error: --plot course.pdf is no picture; give a name that ends in .svg or .png\n",
    ),
    (
        "replay small.toml --trajectory 0 --plot results.svg",
        2,
        "error: --plot results.svg is there already; give another name\n",
    ),
];

#[test]
fn whatever_is_typed_wrong_is_said_and_nothing_is_written() {
    let place = Place::new();
    place.write("results.svg", "<svg/>");
    let before = place.snapshot("");
    for (line, code, message) in WRONG {
        // The program's own name ends in .exe on some systems.
        let mut done = place.run(line);
        done.err = done.err.replace("zerosweep.exe", "zerosweep");
        done.failure(code, message);
    }
    place.assert_unchanged(&before);
}

#[test]
fn the_cpu_has_a_name_of_its_own() {
    let place = Place::new();
    for options in ["--adapter cpu", "--adapter cpu --backend cpu"] {
        let done = place.run(&format!("run l1.toml {options}")).success();
        assert!(done.err.contains("\nbackend: cpu, by its name\n"), "{}", done.err);
    }
    place.run("verify l1.toml --adapter cpu").success();
    for name in ["", " "] {
        let mut command = place.zerosweep("run l1.toml --out new");
        let done = super::program::Done::of(command.args(["--adapter", name]));
        done.failure(2, "error: --adapter has an empty name; give a name, all or cpu\n");
    }
}

/// Where drivers can be hidden, so that no adapter answers.
#[cfg(target_os = "linux")]
#[test]
fn a_gpu_that_was_asked_for_and_is_not_there_ends_the_run() {
    let place = Place::new();
    let before = place.snapshot("");
    let no_hardware = "error: no hardware adapter: this machine shows none; use --backend cpu, or name a software \
                       adapter with --adapter\n";
    place.run("run small.toml --backend gpu").failure(3, no_hardware);
    for backend in ["gpu", "auto"] {
        let no_name = "error: no adapter's name contains \"X 1\": this machine shows none; see `zerosweep adapters`\n";
        let mut command = place.zerosweep(&format!("run small.toml --backend {backend}"));
        super::program::Done::of(command.args(["--adapter", "X 1"])).failure(3, no_name);
    }
    place.assert_unchanged(&before);
    let done = place.run("run l1.toml").success();
    assert!(done.err.contains("\nbackend: cpu, because no hardware GPU answers\n"), "{}", done.err);
    let done = place.run("adapters").success();
    assert!(done.out.starts_with("name  kind    interface  driver"), "{}", done.out);
    assert_eq!(done.err, "no Vulkan, Metal or DX12 adapter answers here; sweeps run on the CPU\n");
}

#[test]
fn help_names_every_command_and_exit_code() {
    let place = Place::new();
    let help = place.run("--help").success().out;
    for command in ["run", "plan", "replay", "verify", "adapters", "members", "schema"] {
        assert!(help.contains(&format!("\n  {command} ")), "{command}: {help}");
    }
    let codes = "Exit codes: 0 done, 1 failed run, 2 bad spec or usage, 3 no adapter, 4 device lost, 5 merged in part, 6 nothing judged, \
         130 interrupted.\n";
    assert!(help.ends_with(codes), "{help}");
    // No arguments: the same help, as a fault of usage.
    place.run("").failure(2, &help);
    assert_eq!(place.run("--version").success().out, concat!("zerosweep ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
fn help_of_a_command_names_its_options() {
    let place = Place::new();
    let cases = [
        (
            "run",
            "--set --out --backend --adapter --threads --batch --slice --memory --rows --parquet --shard --save-every --audit --force --restart --json",
        ),
        ("status", "--json"),
        ("draw", "--x --y --facets --measure --where --difference --interval --line --format --out --memory"),
        ("explore", "--set --port --export"),
        ("merge", "--out --parquet --memory --adapter --audit --force --json"),
        ("plan", "--set --memory --json"),
        ("replay", "--set --trajectory --at --f64 --plot"),
        ("verify", "--set --backend --adapter --json"),
        ("bench", "--set --backend --adapter --kernel --out --effects --pictures --compare --json --csv"),
        ("adapters", "--adapter --probe"),
        ("members", "--json --markdown --pictures"),
        ("schema", ""),
    ];
    for (command, options) in cases {
        let help = place.run(&format!("{command} --help")).success().out;
        let shown: Vec<&str> = help.lines().filter_map(|line| line.trim().strip_prefix("--")).collect();
        let shown: Vec<String> =
            shown.iter().filter_map(|line| Some(format!("--{}", line.split(' ').next()?))).collect();
        assert_eq!(shown.join(" "), options, "{command}");
    }
}

#[test]
fn members_are_listed_for_people_and_for_programs() {
    let place = Place::new();
    let text = place.run("members").success().out;
    let record: serde_json::Value = serde_json::from_str(&place.run("members --json").success().out).expect("JSON");
    for (role, rows) in record.as_object().expect("an object of roles") {
        for row in rows.as_array().expect("a list of members") {
            let kind = row["kind"].as_str().expect("a kind");
            let listed = text.lines().any(|line| line.split("  ").next() == Some(kind));
            assert!(listed, "{role} {kind} in:\n{text}");
        }
    }
    let of = |role: &str, kind: &str| {
        let rows = record[role].as_array().unwrap().iter();
        rows.into_iter().find(|row| row["kind"] == kind).unwrap().clone()
    };
    assert_eq!(of("penalty", "l0")["has"], serde_json::json!(["proximal map"]));
    assert_eq!(of("penalty", "scad")["parameters"][1]["default"], 3.7);
    let of_adam = serde_json::json!(["in_loss", "decoupled", "proximal", "proximal_plain"]);
    assert_eq!(of("optimizer", "adam")["penalty_step"], of_adam);
    assert_eq!(of("optimizer", "adam")["slope_at_zero"], serde_json::json!([0, 1]));
    assert_eq!(of("optimizer", "fista")["slope_at_zero"], serde_json::json!([]));
    let ends_with = |kind: &str, end: &str| text.lines().any(|line| line.starts_with(kind) && line.ends_with(end));
    assert!(ends_with("optimizer ", "slope_at_zero"), "{text}");
    assert!(ends_with("subgradient ", "  0, 1"), "{text}");
    assert!(ends_with("truncated ", "truncated"), "{text}");
    assert_eq!(of("optimizer.schedule", "ramp")["parameters"][0]["must_be"], "a number greater than 0");
}

#[test]
fn pictures_of_penalties_are_written_where_they_are_asked_for() {
    let place = Place::new();
    let out = place.run("members --pictures drawn").success().out;
    let paths: Vec<&str> = out.lines().collect();
    assert_eq!(paths.len(), zerosweep::member::FAMILY.penalties.len());
    for path in paths {
        let svg = std::fs::read_to_string(place.path(path)).expect("a picture");
        assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"), "{path}");
    }
    // What the system says of a file where a folder is wanted.
    let said = std::fs::create_dir(place.path("small.toml")).unwrap_err();
    place
        .run("members --pictures small.toml")
        .failure(1, &format!("error: cannot write small.toml: {said}; give another folder\n"));
}
