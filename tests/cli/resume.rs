//! Runs that are ended and gone on with, whole sweeps in parts, and what becomes of them when the disk fails.

use super::program::{FILES, Place};
use std::collections::BTreeMap;

/// 128 trajectories in 16 batches, each of which is kept.
const RUN: &str = "run small.toml --backend cpu --set report.maps=[] --out a --save-every 0 --batch 8";

/// What a run leaves in its folder, but for the file that tells of the machine.
pub fn results(place: &Place, folder: &str) -> BTreeMap<String, Vec<u8>> {
    let mut files = place.snapshot(folder);
    assert!(files.remove("machine.json").is_some(), "{:?}", files.keys());
    files
}

/// The results of a run that nobody disturbs.
fn undisturbed(options: &str) -> BTreeMap<String, Vec<u8>> {
    let place = Place::new();
    place.run(&format!("{RUN} {options}")).success();
    results(&place, "a")
}

/// Runs that are ended, or fail, before each of their disk operations; the next run gives what an undisturbed one gives. `step` of them
/// are left out between two.
#[cfg(all(debug_assertions, unix))]
pub fn disturbed(what: &str, options: &str, step: usize, ended: impl Fn(&super::program::Done)) {
    let expected = undisturbed(options);
    let line = format!("{RUN} {options}");
    let (mut operation, mut resumed, mut ends) = (0, 0, 0);
    loop {
        let place = Place::new();
        let first =
            super::program::Done::of(place.zerosweep(&line).env("ZEROSWEEP_DISK", format!("{operation},{what}")));
        if first.code == Some(0) {
            break;
        }
        ended(&first);
        let second = place.run(&line).success();
        resumed += usize::from(second.err.contains("\ngoing on: "));
        assert!(results(&place, "a") == expected, "operation {operation}: {:?}", place.names("a"));
        ends += 1;
        operation += step;
    }
    assert!(operation > 80 && 2 * resumed > ends, "{operation}, {resumed} of {ends}");
}

#[cfg(all(debug_assertions, unix))]
#[test]
fn a_run_that_is_killed_goes_on() {
    disturbed("kill", "", 7, |first| assert_eq!(first.code, None));
}

#[cfg(all(debug_assertions, unix))]
#[test]
fn a_run_with_rows_that_is_killed_goes_on() {
    disturbed("kill", "--rows", 17, |first| assert_eq!(first.code, None));
}

/// ENOSPC, EIO and EROFS.
#[cfg(all(debug_assertions, unix))]
#[test]
fn a_run_whose_disk_fails_goes_on_when_it_is_mended() {
    for (error, text) in [(28, "No space left on device"), (5, "Input/output error"), (30, "Read-only file system")] {
        disturbed(&error.to_string(), "", 41, |first| {
            assert_eq!(first.code, Some(1), "{}", first.err);
            assert!(first.err.contains(text), "{}", first.err);
        });
    }
}

#[test]
fn what_is_kept_of_other_work_is_refused_and_left() {
    let place = Place::new();
    place.run("run huge.toml --backend cpu --set steps=2 --set start.w.count=1 --shard 1/2 --out a").success();
    let held = "error: a holds 50.0 % of the work of ";
    for (line, what) in [
        ("run l1.toml --backend cpu", "another spec (spec hash "),
        (
            "run huge.toml --backend cpu --set steps=2 --set start.w.count=1",
            "a run with --shard 1/2; run with --shard 1/2, or ",
        ),
        (
            "run huge.toml --backend cpu --set steps=2 --set start.w.count=1 --shard 2/2",
            "a run with --shard 1/2; run with ",
        ),
        (
            "run huge.toml --backend cpu --set steps=2 --set start.w.count=1 --rows",
            "a run without --rows; run without --rows, or ",
        ),
    ] {
        let before = place.snapshot("");
        let done = place.run(&format!("{line} --out a"));
        let last = done.err.lines().last().expect("a message");
        assert!(last.starts_with(&format!("{held}{what}")), "{last}");
        assert!(last.ends_with(", or drop that work with --restart"), "{last}");
        assert_eq!(done.code, Some(1));
        place.assert_unchanged(&before);
    }
    place.run("run l1.toml --backend cpu --out a --restart").success();
    assert_eq!(place.names("a"), FILES);
}

/// Every byte, and every length: never a table of it.
#[test]
fn what_is_damaged_is_noticed_and_named() {
    let place = Place::new();
    place.run("run small.toml --backend cpu --shard 1/2 --out a").success();
    let whole = std::fs::read(place.path("a/progress.zerosweep")).expect("progress");
    let load = |bytes: &[u8]| {
        std::fs::write(place.path("a/progress.zerosweep"), bytes).expect("a file");
        zerosweep::output::Progress::load(&place.path("a"), "progress.zerosweep").map(|progress| progress.is_some())
    };
    assert!(matches!(load(&whole), Ok(true)));
    for at in 0..whole.len() {
        let mut flipped = whole.clone();
        flipped[at] ^= 1 << (at % 8);
        assert!(load(&flipped).is_err() && load(&whole[..at]).is_err(), "byte {at}");
    }
    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 1;
    std::fs::write(place.path("a/progress.zerosweep"), flipped).expect("a file");
    let path = std::path::Path::new("a").join("progress.zerosweep");
    let message = format!("cannot go on from {}: it is damaged; begin anew with --restart", path.display());
    let done = place.run("run small.toml --backend cpu --shard 1/2 --out a");
    assert!(done.code == Some(1) && done.err.contains(&message), "{}", done.err);
    let done = place.run("status a");
    assert_eq!(done.err, format!("error: cannot use {}: it is damaged\n", path.display()));
    place.run("run small.toml --backend cpu --shard 1/2 --out a --restart").success();
    assert!(whole.len() > 1000 && place.run("status a").success().out.contains("64 of 64 trajectories (100 %)"));
}

/// Rows that were cut off cannot be gone on with.
#[cfg(all(debug_assertions, unix))]
#[test]
fn rows_that_are_lost_are_noticed() {
    let place = Place::new();
    let done = super::program::Done::of(place.zerosweep(&format!("{RUN} --rows")).env("ZEROSWEEP_DISK", "60,28"));
    assert_eq!(done.code, Some(1));
    let mut rows = std::fs::read(place.path("a/trajectories.csv.zerosweep")).expect("rows");
    rows[200] ^= 1;
    std::fs::write(place.path("a/trajectories.csv.zerosweep"), rows).expect("a file");
    let done = place.run(&format!("{RUN} --rows"));
    assert!(done.code == Some(1) && done.err.contains("trajectories.csv.zerosweep: it is damaged; "), "{}", done.err);
    place.write("a/trajectories.csv.zerosweep", "trajectory\n");
    let done = place.run(&format!("{RUN} --rows"));
    assert!(done.code == Some(1) && done.err.contains("it has 11 bytes, and "), "{}", done.err);
    assert!(done.err.contains("; begin anew with --restart"), "{}", done.err);
}

/// Any split, in any order and by way of any partial merges, gives the bytes of one run; a lost part is run again alone.
#[test]
fn parts_merge_to_the_whole() {
    let expected = undisturbed("");
    for count in [2, 7, 40] {
        let place = Place::new();
        let run = |number: u32| {
            let line =
                format!("run small.toml --backend cpu --set report.maps=[] --shard {number}/{count} --out {number}");
            place.run(&line).success();
        };
        (1..=count).for_each(run);
        std::fs::remove_dir_all(place.path("2")).expect("a folder to lose");
        let others: Vec<String> =
            (1..=count).rev().filter(|&number| number != 2).map(|number| number.to_string()).collect();
        let merged = place.run(&format!("merge {} --out most", others.join(" ")));
        let lacks = format!(
            " trajectories are missing: shard 2/{count}; merge them into most, or run the spec with --out most\n"
        );
        assert!(merged.code == Some(5) && merged.err.ends_with(&lacks), "{}", merged.err);
        run(2);
        place.run("merge most 2 --out all").success();
        assert!(results(&place, "all") == expected, "{count}");
        // What a merged folder lacks, a run fills in.
        place.run("run small.toml --backend cpu --set report.maps=[] --out most").success();
        assert!(results(&place, "most") == expected, "{count}");
    }
}

/// A folder of a partial merge takes the rest, part by part or all at once, and with --force anything.
#[test]
fn a_merge_goes_on_where_one_has_ended() {
    let expected = undisturbed("");
    let place = Place::new();
    for number in 1..=3 {
        let line = format!("run small.toml --backend cpu --set report.maps=[] --shard {number}/3 --out {number}");
        place.run(&line).success();
    }
    let missing = |line: &str, what: &str| {
        let merged = place.run(line);
        let start = "error: merged ";
        assert!(merged.err.starts_with(start) && merged.err.contains(what) && merged.code == Some(5), "{}", merged.err);
    };
    missing(
        "merge 1 --out all",
        "32.8 % of the sweep into all, and 86 of 128 trajectories are missing: shard 2/3, shard 3/3; ",
    );
    missing("merge 3 --out all", "66.4 % of the sweep into all, and 43 of 128 trajectories are missing: shard 2/3; ");
    place.run("merge 2 --out all").success();
    assert!(results(&place, "all") == expected);
    for parts in ["1 2 3", "all 2 3"] {
        std::fs::remove_dir_all(place.path("all")).expect("a folder");
        missing("merge 1 --out all", " 86 of 128 trajectories are missing");
        place.run(&format!("merge {parts} --out all")).success();
        assert!(results(&place, "all") == expected, "{parts}");
    }
    let other = "run small.toml --backend cpu --set steps=60 --shard 1/2 --out other";
    place.run(other).success();
    let done = place.run("merge 1 2 3 --out other");
    let start = "error: other holds 50.0 % of the work of another spec (spec hash ";
    let end = "; give another folder with --out, or drop that work with --force\n";
    assert!(done.code == Some(1) && done.err.starts_with(start) && done.err.ends_with(end), "{}", done.err);
    place.run("merge 1 2 3 --out other --force").success();
    assert!(results(&place, "other") == expected);
}

/// A part whose own run has not come to its end is no part that is missing.
#[cfg(all(debug_assertions, unix))]
#[test]
fn a_part_that_is_unfinished_is_named() {
    let place = Place::new();
    place.run("run small.toml --backend cpu --set report.maps=[] --shard 1/4 --out 1").success();
    let line = RUN.replace("--out a", "--shard 2/4 --out 2");
    let ended = super::program::Done::of(place.zerosweep(&line).env("ZEROSWEEP_DISK", "12,28"));
    assert_eq!(ended.code, Some(1), "{}", ended.err);
    let status = place.run("status 2").success().out;
    assert!(status.starts_with("small, shard 2/4: not running; "), "{status}");
    let merged = place.run("merge 1 2 --out most");
    assert_eq!(merged.code, Some(5));
    let (_, missing) = merged.err.split_once(" trajectories are missing: ").expect("what is missing");
    let (unfinished, missing) = missing.split_once("), ").expect("what is unfinished");
    assert!(
        unfinished.starts_with("shard 2/4 (unfinished in 2, ") && unfinished.ends_with(" % of it is done"),
        "{unfinished}"
    );
    assert_eq!(missing, "shard 3/4, shard 4/4; merge them into most, or run the spec with --out most\n");
}

#[test]
fn parts_that_do_not_belong_together_are_named() {
    let place = Place::new();
    let parts = [("a", "--shard 1/3"), ("b", "--shard 1/2"), ("c", "--shard 2/3 --set steps=51")];
    for (folder, options) in parts {
        place.run(&format!("run small.toml --backend cpu --out {folder} {options}")).success();
    }
    let twice = "error: b and a hold the same trajectories; give each part once\n";
    place.run("merge a b --out all").failure(1, twice);
    let foreign = place.run("merge a c --out all");
    let start = "error: c cannot be merged with a: it holds the work of another spec (spec hash ";
    assert!(foreign.code == Some(1) && foreign.err.starts_with(start), "{}", foreign.err);
    place.run("merge a nowhere --out all").failure(
        1,
        "error: nowhere holds nothing of a sweep: there is no progress.zerosweep in it; a run writes one every few seconds\n",
    );
    assert!(!place.path("all").exists());
}

#[test]
fn an_unfinished_sweep_can_be_looked_at() {
    let place = Place::new();
    place.run("run small.toml --backend cpu --shard 2/4 --out a").success();
    let status = place.run("status a").success().out;
    assert!(
        status
            .starts_with("small, shard 2/4: done; put it together with the others: zerosweep merge DIR... --out DIR\n"),
        "{status}"
    );
    assert!(status.contains("\n32 of 32 trajectories (100 %), 8 of 32 cells whole; saved "), "{status}");
    let json: serde_json::Value = serde_json::from_str(&place.run("status a --json").success().out).expect("JSON");
    assert_eq!((&json["done"], &json["whole_cells"], &json["running"]), (&32.into(), &8.into(), &false.into()));
    let before = place.snapshot("a");
    place.run("draw a").success();
    let drawn = place.read("a/partial/cells.csv");
    assert_eq!(drawn.lines().count(), 9);
    place.run("run small.toml --backend cpu --out b").success();
    let whole = place.read("b/cells.csv");
    // What is whole already is as it will be, but for the audit, which waits.
    let plain = |line: &str| line.rsplitn(4, ',').last().map(str::to_owned);
    assert!(drawn.lines().all(|line| whole.lines().any(|other| plain(line) == plain(other))));
    let map = place.names("a/partial").into_iter().find(|name| name.starts_with("zero_rate-")).expect("a map");
    assert!(map.ends_with(".png"));
    for picture in [map.replace(".png", ".svg"), "kinds.svg".to_owned()] {
        assert!(
            place.read(&format!("a/partial/{picture}")).contains("PARTIAL: 25.0 % of the trajectories"),
            "{picture}"
        );
    }
    let record: serde_json::Value = serde_json::from_str(&place.read("a/partial/run.json")).expect("JSON");
    assert_eq!(record["partial"]["trajectories_counted"], 32);
    place.run("status a/partial").failure(
        1,
        "error: a/partial holds what was drawn of a sweep that was not done; give the folder of the sweep\n",
    );
    std::fs::remove_dir_all(place.path("a/partial")).expect("a folder");
    assert_eq!(place.snapshot("a"), before);
}

#[test]
fn finished_results_can_be_looked_at() {
    let place = Place::new();
    let table = place.run("run small.toml --backend cpu --out b").success().out;
    let before = place.snapshot("");
    let status = place.run("status b").success().out;
    let (head, shown) = status.split_once("\n\n").expect("a table");
    let [state, size, machine] = head.lines().collect::<Vec<_>>()[..] else { panic!("{head}") };
    assert_eq!((state, size), ("small: finished", "all 128 trajectories, 32 cells"));
    assert!(
        machine.contains(" on cpu (") && machine.contains("steps/s), its last run begun ") && machine.ends_with(" ago"),
        "{machine}"
    );
    assert_eq!(shown, table);
    let json: serde_json::Value = serde_json::from_str(&place.run("status b --json").success().out).expect("JSON");
    assert_eq!((&json["finished"], &json["done"], &json["backend"]), (&true.into(), &128.into(), &"cpu".into()));
    let path = |folder: &str, name: &str| std::path::Path::new(folder).join(name).display().to_string();
    let (spec, record) = (path("b", "spec.toml"), path("c", "run.json"));
    place
        .run("merge b --out c")
        .failure(1, "error: b holds finished results, and no part of a sweep that is under way\n");
    place.assert_unchanged(&before);
    // Penalties with shapes of their own, a pooled one, and no record of the machine.
    let sets = "--set penalty.k=[0.3,1.0] --set report.pool=['start.w','penalty.k'] --set report.maps=[]";
    let table = place.run(&format!("run small.toml --backend cpu --out c {sets}")).success().out;
    std::fs::remove_file(place.path("c/machine.json")).expect("a file");
    assert_eq!(
        place.run("status c").success().out,
        format!("small: finished\nall 64 trajectories, 8 cells\n\n{table}")
    );
    for damaged in ["{}", "garbage", &place.read("c/run.json").replace("\"fates\"", "\"fate\"")] {
        place.write("c/run.json", damaged);
        place.run("status c").failure(1, &format!("error: cannot use {record}: it is damaged\n"));
    }
    place.write("c/run.json", "{\"zerosweep\": \"0.0.1\"}");
    place.run("status c").failure(1, &format!("error: cannot use {record}: another version of zerosweep wrote it\n"));
    place.write("b/spec.toml", &place.read("b/spec.toml").replace("steps = 50", "steps = 51"));
    place.run("status b").failure(
        1,
        &format!(
            "error: {spec} is not the spec that run.json tells of; run it anew with --force, or give another folder\n"
        ),
    );
}

/// What was drawn on the way goes when the sweep is done, but for what somebody has put beside it.
#[test]
fn pictures_of_a_part_go_when_the_whole_is_there() {
    for theirs in [false, true] {
        let place = Place::new();
        place.run("run small.toml --backend cpu --shard 1/2 --out 1").success();
        assert_eq!(place.run("merge 1 --out a").code, Some(5));
        place.run("draw a").success();
        if theirs {
            place.write("a/partial/notes.txt", "mine");
        }
        let drawn = place.names("a/partial");
        let done = place.run("run small.toml --backend cpu --out a").success();
        assert_eq!(place.path("a/partial").exists(), theirs);
        if theirs {
            assert_eq!(place.names("a/partial"), drawn);
        }
        let end = done.err.lines().last().expect("a message");
        assert!(end.starts_with("done; this run took ") && end.contains(" in all runs together ("), "{end}");
    }
}
