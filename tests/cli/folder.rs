//! Where results may go, and what becomes of what was there.

use super::program::{FILES, Place, SMALL};
use serde_json::Value;

#[test]
fn the_results_of_another_spec_are_refused_and_kept() {
    let place = Place::new();
    place.run("run small.toml --backend cpu").success();
    let before = place.snapshot("");
    let record: Value = serde_json::from_str(&place.read("results/small/run.json")).expect("JSON");
    let hash = &record["spec"]["hash"].as_str().expect("a hash")[..12];
    let folder = std::path::Path::new("results").join("small");
    let message = format!(
        "error: {} holds the results of another spec (spec hash {hash}); give another folder with --out, or replace \
         them with --force\n",
        folder.display()
    );
    place.run("run small.toml --backend cpu --set steps=60").failure(1, &message);
    place.assert_unchanged(&before);
}

#[test]
fn force_replaces_another_spec_and_leaves_the_files_of_others() {
    let place = Place::new();
    place.run("run small.toml --backend cpu --rows").success();
    place.write("results/small/notes.txt", "mine");
    place.run("run l1.toml --backend cpu --out results/small --force").success();
    let mut expected = FILES.to_vec();
    expected.push("notes.txt");
    expected.sort();
    assert_eq!(place.names("results/small"), expected);
    assert_eq!(place.read("results/small/notes.txt"), "mine");
    place.run("run l1.toml --backend cpu --out results/small").success();
}

#[test]
fn the_same_spec_takes_away_what_it_no_longer_writes() {
    let place = Place::new();
    place.run("run l1.toml --backend cpu --rows").success();
    place.run("run l1.toml --backend cpu").success();
    assert_eq!(place.names("results/l1"), FILES);
}

#[test]
fn a_file_of_somebody_else_is_refused_before_the_run() {
    let place = Place::new();
    for (name, options) in [
        ("cells.csv", ""),
        ("spec.toml", ""),
        ("kinds.svg", ""),
        ("tolerance_curve.csv", ""),
        ("trajectories.csv", "--rows"),
    ] {
        std::fs::create_dir_all(place.path("mine")).expect("a folder");
        place.write(&format!("mine/{name}"), "mine");
        let message = format!(
            "error: mine has a {name} that no run.json accounts for; give another folder with --out, or replace it with \
             --force\n"
        );
        place.run(&format!("run l1.toml --backend cpu --out mine {options}")).failure(1, &message);
        assert_eq!(place.names("mine"), [name]);
        assert_eq!(place.read(&format!("mine/{name}")), "mine");
        place.run(&format!("run l1.toml --backend cpu --out mine {options} --force")).success();
        assert_ne!(place.read(&format!("mine/{name}")), "mine");
        std::fs::remove_dir_all(place.path("mine")).expect("a folder to remove");
    }
}

#[test]
fn a_file_that_an_earlier_run_did_not_write_is_refused_too() {
    let place = Place::new();
    place.run("run l1.toml --backend cpu").success();
    place.write("results/l1/trajectories.csv", "mine");
    let done = place.run("run l1.toml --backend cpu --rows");
    assert_eq!(done.code, Some(1));
    assert!(done.err.contains(" has a trajectories.csv that no run.json accounts for; "), "{}", done.err);
    assert_eq!(place.read("results/l1/trajectories.csv"), "mine");
}

#[test]
fn missing_folders_are_made() {
    let place = Place::new();
    place.run("run l1.toml --backend cpu --out a/b/c").success();
    assert_eq!(place.names("a").iter().filter(|name| name.ends_with('/')).collect::<Vec<_>>(), ["b/", "b/c/"]);
    assert_eq!(place.names("a/b/c"), FILES);
}

#[test]
fn a_file_is_no_folder() {
    let place = Place::new();
    for out in ["small.toml", "small.toml/a/b"] {
        let message = "error: small.toml is not a folder; give another one with --out\n";
        place.run(&format!("run l1.toml --backend cpu --out {out}")).failure(1, message);
        assert_eq!(place.read("small.toml"), SMALL);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_folder_that_cannot_be_written_is_found_before_the_run() {
    let place = Place::new();
    for out in ["/proc", "/proc/nowhere"] {
        let message = format!(
            "error: cannot write to the folder {out}: No such file or directory (os error 2); give another one with \
             --out\n"
        );
        place.run(&format!("run l1.toml --backend cpu --out {out}")).failure(1, &message);
    }
    std::os::unix::fs::symlink("/nonexistent", place.path("dangling")).expect("a link");
    let message = "error: dangling is not a folder; give another one with --out\n";
    place.run("run l1.toml --backend cpu --out dangling").failure(1, message);
}

/// The parts of a run that a full disk can end: a table as a whole, rows at their end, rows on their way.
#[cfg(target_os = "linux")]
const FULL: [(&str, u32, &str); 3] = [
    ("run small.toml --backend cpu", 1, "cells.csv"),
    ("run small.toml --backend cpu --rows", 1, "trajectories.csv"),
    ("run small.toml --backend cpu --rows --set start.w={uniform=[-1,1],count=2000}", 1000, "trajectories.csv"),
];

/// A shell in which no file can grow beyond some KiB.
#[cfg(target_os = "linux")]
fn limited(kibibytes: u32) -> String {
    format!("trap '' XFSZ; ulimit -f {kibibytes}; exec \"$@\"")
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_leaves_nothing_behind() {
    for (line, limit, file) in FULL {
        let place = Place::new();
        let before = place.names("");
        let done = place.run_in_shell(&limited(limit), &format!("{line} --out a/b"));
        assert_eq!(done.code, Some(1), "{line}");
        let last = done.err.lines().last();
        let message = format!("error: cannot write a/b/{file}: File too large (os error 27)");
        assert_eq!(last, Some(message.as_str()), "{line}");
        assert_eq!(place.names(""), before, "{line}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_leaves_earlier_results_alone() {
    for (line, limit, _) in FULL {
        let place = Place::new();
        place.run("run l1.toml --backend cpu --out a/b").success();
        let before = place.snapshot("");
        let done = place.run_in_shell(&limited(limit), &format!("{line} --out a/b --force"));
        assert_eq!(done.code, Some(1), "{line}");
        place.assert_unchanged(&before);
    }
}

#[test]
fn a_record_names_no_file_of_the_user() {
    let place = Place::new();
    place.run("run l1.toml --backend cpu --out a").success();
    place.write("a/notes.txt", "mine");
    let record = place.read("a/run.json").replacen("\"spec.toml\"", "\"spec.toml\", \"notes.txt\"", 1);
    place.write("a/run.json", &record);
    place.run("run l1.toml --backend cpu --out a").success();
    assert_eq!(place.read("a/notes.txt"), "mine");
}

#[test]
fn a_folder_in_the_place_of_a_file_is_refused_before_the_sweep() {
    let place = Place::new();
    std::fs::create_dir_all(place.path("a/cells.csv")).expect("a folder");
    let message = |path: &std::path::Path| {
        let path = path.display();
        format!("error: {path} is a folder, where a file of the results belongs; give another folder with --out\n")
    };
    let cells = std::path::Path::new("a").join("cells.csv");
    place.run("run l1.toml --backend cpu --out a --force").failure(1, &message(&cells));
    assert_eq!(place.names("a"), ["cells.csv/"]);
    // Years of work, that would end there.
    for name in ["run.json", ".zerosweep.publishing"] {
        std::fs::create_dir_all(place.path("b").join(name)).expect("a folder");
        for options in ["", " --force"] {
            let done = place.run(&format!("run huge.toml --backend cpu --out b{options}"));
            done.failure(1, &message(&std::path::Path::new("b").join(name)));
        }
        std::fs::remove_dir(place.path("b").join(name)).expect("a folder");
    }
}

#[test]
fn a_record_that_is_damaged_is_named() {
    let place = Place::new();
    std::fs::create_dir(place.path("a")).expect("a folder");
    for record in ["garbage", "{}", "{\"spec\": 1}", ""] {
        place.write("a/run.json", record);
        let message = format!(
            "error: {} is damaged and does not say whose results these are; give another folder with --out, or replace them \
             with --force\n",
            std::path::Path::new("a").join("run.json").display()
        );
        place.run("run l1.toml --backend cpu --out a").failure(1, &message);
        assert_eq!(place.read("a/run.json"), record);
    }
    place.run("run l1.toml --backend cpu --out a --force").success();
    assert_eq!(place.names("a"), FILES);
}

#[test]
fn what_a_killed_run_left_is_cleared_away() {
    let place = Place::new();
    std::fs::create_dir(place.path("a")).expect("a folder");
    place.write("a/.zerosweep-x1.part", "half");
    place.write("a/.mine.part", "mine");
    place.run("run l1.toml --backend cpu --out a").success();
    assert!(!place.path("a/.zerosweep-x1.part").exists());
    assert!(place.path("a/.mine.part").exists() && !place.path("a/.zerosweep.lock").exists());
}

/// What bears the name of the lock and is not ours is neither followed, nor waited for, nor written.
#[cfg(unix)]
#[test]
fn a_lock_that_is_not_ours_is_left_alone() {
    let place = Place::new();
    std::fs::create_dir(place.path("a")).expect("a folder");
    place.write("victim", "mine");
    let lock = place.path("a/.zerosweep.lock");
    let refused = |what: &str| {
        let done = place.run("run l1.toml --backend cpu --out a");
        let start = format!("error: cannot write to the folder a: {what}");
        assert!(done.code == Some(1) && done.err.starts_with(&start), "{}", done.err);
        let left = std::fs::read_dir(place.path("a")).expect("a folder").count();
        assert_eq!((place.read("victim").as_str(), left), ("mine", 1));
        std::fs::remove_file(&lock).expect("what bears the lock's name");
    };
    std::os::unix::fs::symlink("../victim", &lock).expect("a link");
    refused("Too many levels of symbolic links");
    assert!(std::process::Command::new("mkfifo").arg(&lock).status().expect("mkfifo").success());
    refused("it is not a plain file");
    place.write("a/.zerosweep.lock", "mine");
    refused("a/.zerosweep.lock is not zerosweep's; move it away");
    place.run("run l1.toml --backend cpu --out a").success();
    assert_eq!(place.names("a"), FILES);
}

/// Whoever comes while another goes never has the folder beside a third.
#[test]
fn one_run_at_a_time_has_a_folder() {
    let place = Place::new();
    let whole = std::thread::scope(|scope| {
        let run = || (0..5).filter(|_| place.run("run l1.toml --backend cpu --out a").code == Some(0)).count();
        let runs: Vec<_> = (0..4).map(|_| scope.spawn(run)).collect();
        runs.into_iter().map(|run| run.join().expect("a thread")).sum::<usize>()
    });
    assert!(whole >= 5, "{whole}");
    assert_eq!(place.names("a"), FILES);
}

/// Rows begin in a file of their own, whatever bore the name.
#[cfg(unix)]
#[test]
fn a_file_with_a_second_name_keeps_what_it_holds() {
    let place = Place::new();
    std::fs::create_dir(place.path("a")).expect("a folder");
    place.write("victim", "mine");
    std::fs::hard_link(place.path("victim"), place.path("a/trajectories.csv.zerosweep")).expect("a link");
    place.run("run l1.toml --backend cpu --rows --out a").success();
    assert_eq!(place.read("victim"), "mine");
}
