//! Sweeps whose counts do not fit into the memory that they may take.

use super::program::{Done, Place};
use super::resume::results;

/// 200,000 cells of one trajectory, whose counts are some 5 MB.
const CELLS: &str = "small.toml --set steps=2 --set penalty.k=1 --set start.w=1 --set optimizer.kind=proximal --set problem.target={linspace=[-1,1,400]} \
                     --set penalty.lambda={geomspace=[0.01,1,500]} --set report.pool=[] --backend cpu --audit 0";

/// The parts of 10,000 cells, each of which two kernels run one after the other: some 3 MB.
const PARTS: &str = "small.toml --set steps=2 --set penalty.k=[1,2] --set start.w=1 --set optimizer.kind=proximal --set problem.target=0.1 \
                     --set penalty.lambda={geomspace=[0.01,1,10000]} --set report={pool=[\"penalty.k\"],maps=[]} \
                     --backend cpu --audit 0 --rows --batch 800 --save-every 0";

/// Hardly more than the program itself.
const TIGHT: &str = "--memory 39.5MB";

fn counts_on_disk(place: &Place, folder: &str) -> Vec<String> {
    place.names(folder).into_iter().filter(|name| name.starts_with("cells-")).collect()
}

#[test]
fn counts_that_do_not_fit_go_to_the_disk() {
    let place = Place::new();
    let plan = place.run(&format!("plan {} {TIGHT}", CELLS.replace(" --backend cpu --audit 0", ""))).success().out;
    let needed = plan.split("; no maps: with --memory ").nth(1).and_then(|rest| rest.split(' ').next());
    let needed = needed.expect("an option");
    assert!(plan.contains(" for the table of cells, and ") && plan.contains(" of counts on its way\n"), "{plan}");
    let done = place.run(&format!("run {CELLS} {TIGHT} --out a")).success();
    let note = format!("note: no maps, for want of memory: --memory {needed} would do, or more axes in report.pool\n");
    assert!(done.err.contains(&note), "{}", done.err);
    let with_maps = place.run(&format!("plan {} --memory {needed}", CELLS.replace(" --backend cpu --audit 0", "")));
    assert!(!with_maps.success().out.contains("no maps"));
    place.run(&format!("run {CELLS} --set report.maps=[] --out b")).success();
    for name in ["cells.csv", "tolerance_curve.csv", "kinds.svg"] {
        assert!(place.read(&format!("a/{name}")) == place.read(&format!("b/{name}")), "{name}");
    }
    assert_eq!(counts_on_disk(&place, "a"), [""; 0]);
    let done = place.run(&format!("run {CELLS} --memory 20MB --out c"));
    let message = "error: 19.1 MiB of memory are too few for this sweep, which needs 37.4 MiB at the least; give more with --memory\n";
    assert_eq!((done.code, done.err.as_str()), (Some(1), message));
}

/// The same of many weights: all that is told of their cells at the end is read before results take the place of counts.
#[test]
fn counts_of_weights_that_do_not_fit_go_to_the_disk() {
    let place = Place::new();
    place.write(
        "weights.toml",
        "name = \"weights\"\nsteps = 20\nstop = { kkt = 0.5 }\nreport = { maps = [] }\npenalty = { kind = \"lk\", k = 1.0, lambda = { path = 100, ratio = \
         0.1 } }\nproblem = { kind = \"least_squares\", design = { rows = 20, columns = 500, support = 3 }, resample = { bootstrap = 4 } }\n",
    );
    let run = "run weights.toml --backend cpu --audit 0";
    let told: serde_json::Value =
        serde_json::from_str(&place.run("plan weights.toml --memory 1MB --json").success().out).expect("JSON");
    let least = told["memory_bytes"].as_u64().expect("bytes");
    let refused = place.run(&format!("{run} --out a --memory {}B", least - 1));
    let end = "at the least; give more with --memory\n";
    assert!(refused.code == Some(1) && refused.err.ends_with(end), "{}", refused.err);
    let shelved = place.run(&format!("{run} --out a --memory {least}B --save-every 0")).success();
    let whole = place.run(&format!("{run} --out b")).success();
    assert!(shelved.err.contains("\nheld out: ") && whole.err.contains("\nheld out: "), "{}", shelved.err);
    assert!(results(&place, "a") == results(&place, "b"));
    assert_eq!(counts_on_disk(&place, "a"), [""; 0]);
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
            format!(
                "error: cannot read the counts of cells: {}: it is damaged; run that part of the sweep anew with --restart\n",
                path.display()
            ),
            "{at}"
        );
    }
    // Of another sweep, whole and as long.
    place
        .run(&format!("run {CELLS} --set report.maps=[] {TIGHT} --shard 2/3 --out 4 --set zero.divergence=0.9"))
        .success();
    let foreign = std::fs::read(place.path("4").join(&name)).expect("counts");
    assert!(foreign.len() == whole.len() && foreign != whole);
    write(&foreign);
    assert!(place.run("status 2").err.ends_with(": it is damaged; run that part of the sweep anew with --restart\n"));
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

/// What only looks like a file of counts stays and does not matter; a refused run takes nothing away.
#[cfg(unix)]
#[test]
fn names_that_look_like_it_do_no_harm() {
    let place = Place::new();
    std::fs::create_dir_all(place.path("a/cells-9.zerosweep")).expect("a folder");
    place.write("a/cells-+5.zerosweep", "mine");
    place.run(&format!("run {CELLS} --set report.maps=[] {TIGHT} --shard 1/2 --out a")).success();
    place.run(&format!("run {CELLS} --set report.maps=[] {TIGHT} --shard 2/2 --out b")).success();
    place.run("merge a b --out whole --audit 0").success();
    assert_eq!(place.read("a/cells-+5.zerosweep"), "mine");
    std::fs::rename(place.path("a/progress.zerosweep"), place.path("aside")).expect("a name");
    std::os::unix::fs::symlink("nowhere", place.path("a/progress.zerosweep")).expect("a link");
    let names = || {
        let entries = std::fs::read_dir(place.path("a")).expect("a folder").flatten();
        entries.map(|entry| entry.file_name()).collect::<std::collections::BTreeSet<_>>()
    };
    let before = names();
    let refused = place.run(&format!("run {CELLS} --set report.maps=[] --shard 1/2 --out a"));
    assert!(refused.code == Some(1) && before.len() > 3 && names() == before, "{}", refused.err);
    let again = place.run("merge a b --out whole");
    assert!(again.code == Some(1), "{}", again.err);
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
