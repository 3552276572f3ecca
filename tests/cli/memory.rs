//! Sweeps whose counts do not fit into the memory that they may take.

use super::program::{Done, Place};
use std::collections::BTreeMap;

/// 200,000 cells of one trajectory, whose counts are some 5 MB.
const CELLS: &str = "small.toml --set steps=2 --set penalty.k=1 --set start.w=1 --set optimizer.kind=proximal --set problem.target={linspace=[-1,1,400]} \
                     --set penalty.lambda={geomspace=[0.01,1,500]} --set report.pool=[] --backend cpu --audit 0";

/// The parts of 6,000 cells, each of which two kernels run one after the other: some 3 MB.
const PARTS: &str = "small.toml --set steps=2 --set penalty.k=[1,2] --set start.w=1 --set optimizer.kind=proximal --set problem.target=0.1 \
                     --set penalty.lambda={geomspace=[0.01,1,6000]} --set report={pool=[\"penalty.k\"],maps=[]} \
                     --backend cpu --audit 0 --rows --batch 500 --save-every 0";

/// Hardly more than the program itself.
const TIGHT: &str = "--memory 35.3MB";

fn results(place: &Place, folder: &str) -> BTreeMap<String, Vec<u8>> {
    let mut files = place.snapshot(folder);
    assert!(files.remove("machine.json").is_some(), "{:?}", files.keys());
    files
}

fn counts_on_disk(place: &Place, folder: &str) -> Vec<String> {
    place.names(folder).into_iter().filter(|name| name.starts_with("cells-")).collect()
}

#[test]
fn counts_that_do_not_fit_go_to_the_disk() {
    let place = Place::new();
    let plan = place.run(&format!("plan {} {TIGHT}", CELLS.replace(" --backend cpu --audit 0", ""))).success().out;
    assert!(plan.contains(" of counts on disk; no maps, they would need more\n"), "{plan}");
    let note =
        "note: no map drawn: its cells need more memory; give more with --memory, or pool more axes with report.pool\n";
    let done = place.run(&format!("run {CELLS} {TIGHT} --out a")).success();
    assert!(done.err.contains(note), "{}", done.err);
    place.run(&format!("run {CELLS} --set report.maps=[] --out b")).success();
    for name in ["cells.csv", "tolerance_curve.csv", "kinds.svg"] {
        assert!(place.read(&format!("a/{name}")) == place.read(&format!("b/{name}")), "{name}");
    }
    assert_eq!(counts_on_disk(&place, "a"), [""; 0]);
    let done = place.run(&format!("run {CELLS} --memory 20MB --out c"));
    let message = "error: 19.1 MiB of memory are too few for this sweep, which needs 33.4 MiB at the least; give more with --memory\n";
    assert_eq!((done.code, done.err.as_str()), (Some(1), message));
}

/// Whatever is kept where, shards put together are one run; a damaged file of counts is noticed and named, wherever it is damaged.
#[test]
fn parts_of_it_merge_and_damage_is_named() {
    let place = Place::new();
    place.run(&format!("run {CELLS} --set report.maps=[] --out whole")).success();
    for number in 1..=3 {
        let line = format!("run {CELLS} --set report.maps=[] {TIGHT} --shard {number}/3 --out {number}");
        place.run(&line).success();
        assert!(!counts_on_disk(&place, &number.to_string()).is_empty());
    }
    let status = place.run("status 2").success().out;
    assert!(status.contains("of 66,667 trajectories (100 %), 66,667 of 200,000 cells whole"), "{status}");
    let merged = place.run(&format!("merge 3 1 --out most {TIGHT}"));
    assert!(merged.code == Some(5), "{}", merged.err);
    assert_eq!(counts_on_disk(&place, "most").len(), 1);
    place.run(&format!("merge most 2 --out all {TIGHT} --audit 0")).success();
    assert!(results(&place, "all") == results(&place, "whole"));

    let name = counts_on_disk(&place, "2").remove(0);
    let whole = std::fs::read(place.path("2").join(&name)).expect("counts");
    let write = |bytes: &[u8]| std::fs::write(place.path("2").join(&name), bytes).expect("a file");
    let path = std::path::Path::new("2").join(&name);
    for at in [0, 3, 4, 35, 36, 1000, whole.len() / 2, whole.len() - 1] {
        let mut flipped = whole.clone();
        flipped[at] ^= 1 << (at % 8);
        write(&flipped);
        let done = place.run("status 2");
        assert_eq!(
            done.err,
            format!("error: cannot read the counts of cells: {}: it is damaged\n", path.display()),
            "{at}"
        );
    }
    write(&whole[..whole.len() - 1]);
    let (held, len) = (whole.len() - 1, whole.len());
    let told = format!("it tells of {name}: it has {held} bytes, and {len} were written");
    let progress = std::path::Path::new("2").join("progress.zerosweep");
    assert_eq!(place.run("status 2").err, format!("error: cannot use {}: {told}\n", progress.display()));
    let again = place.run(&format!("run {CELLS} --set report.maps=[] --shard 2/3 --out 2"));
    assert!(again.code == Some(1) && again.err.contains(&told) && again.err.contains("--restart"), "{}", again.err);
    place.run(&format!("run {CELLS} --set report.maps=[] --shard 2/3 --out 2 --restart")).success();
    place.run("merge most 2 --out again --audit 0").success();
    assert!(results(&place, "again") == results(&place, "whole"));
}

/// Ended before one disk operation after the other, and gone on with: the bytes of an undisturbed run with memory for all, and no
/// file is left over.
#[cfg(all(debug_assertions, unix))]
#[test]
fn a_run_that_is_killed_goes_on() {
    let place = Place::new();
    place.run(&format!("run {PARTS} --out whole")).success();
    let expected = results(&place, "whole");
    let (mut operation, mut seen) = (0, 0);
    loop {
        let place = Place::new();
        let line = format!("run {PARTS} {TIGHT} --out a");
        let what = if operation % 2 == 0 { "kill" } else { "28" };
        let first = Done::of(place.zerosweep(&line).env("ZEROSWEEP_DISK", format!("{operation},{what}")));
        seen += usize::from(!counts_on_disk(&place, "a").is_empty());
        place.run(&line).success();
        assert!(results(&place, "a") == expected, "operation {operation}: {:?}", place.names("a"));
        if first.code == Some(0) {
            break;
        }
        operation += 13;
    }
    assert!(operation > 200 && seen > 5, "{operation}, {seen}");
}
