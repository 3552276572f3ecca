//! What `plan` and `schema` say, and what they must not touch.

use super::program::Place;
use serde_json::Value;

#[test]
fn plan_lists_each_axis_and_kernel_once() {
    let place = Place::new();
    let done = place.run("plan small.toml").success();
    let expected = "\
sweep         small
cells         32
trajectories  128
steps         50 each, 6,400 in all; tail 5
axis          problem.target: 2 values from 0 to 1
axis          penalty.k: 4 values from 0.5 to 3.3
axis          penalty.lambda: 2 values from 0.1 to 1
axis          start.w: 4 values from -1.8551702 to 1.5293506, pooled
kernel        quadratic, k = 1/2, subgradient
kernel        quadratic, k = 1, subgradient
kernel        quadratic, k = 2, subgradient
kernel        quadratic, k > 1, subgradient
kernel        quadratic, k = 1/2, proximal
kernel        quadratic, k = 1, proximal
kernel        quadratic, k = 2, proximal
kernel        quadratic, k > 1, proximal
memory        about ";
    assert_eq!(&done.out[..expected.len().min(done.out.len())], expected);
    assert!(done.out.ends_with("Msteps/s, sampled)\n") || done.out.ends_with("Gsteps/s, sampled)\n"), "{}", done.out);
    assert_eq!(done.err, "");
    assert!(!place.path("results").exists());
}

/// Trajectories that end when they are solved may take all of their steps, for all that a look at the first of them says; one that is looked at
/// until then takes what it takes.
#[test]
fn plan_says_where_a_sweep_may_take_much_less() {
    let place = Place::new();
    let sweep = |columns: u32, correlation: f32| {
        let text = format!(
            "name = 'long'\nsteps = 1000000000\nstop = {{ kkt = 1e-6 }}\npenalty = {{ kind = 'lk', k = 1.0, lambda = {{ geomspace = [0.5, 0.01, 100] }} \
             }}\nproblem = {{ kind = 'least_squares', design = {{ rows = {columns}, columns = {columns}, support = 3, correlation = {correlation} }} }}\n"
        );
        place.write("long.toml", &text);
        place.run("plan long.toml").success().out
    };
    let (long, short) = (sweep(200, 0.9999), sweep(4, 0.5));
    assert!(long.contains("\ntime          at most "), "{long}");
    assert!(short.contains("\ntime          about ") && short.ends_with("threads (sampled)\n"), "{short}");
    assert!(short.contains("\nsteps         at most 1,000,000,000 each"), "{short}");
}

#[test]
fn plan_says_what_moves_together_and_what_is_computed() {
    let together = "--set zip=[['penalty.k','start.w']] --set report={pool=['penalty.k','start.w']}";
    let line = format!("plan small.toml {together} --set penalty.lambda=0.1+problem.target");
    let done = Place::new().run(&line).success();
    let expected = "\
cells         4
trajectories  16
steps         50 each, 800 in all; tail 5
axis          problem.target: 2 values from 0 to 1
axis          penalty.k: 4 values from 0.5 to 3.3, pooled, together with start.w
axis          penalty.lambda: 0.1+problem.target
axis          start.w: 4 values from -1.8551702 to 1.5293506, pooled, together with penalty.k
kernel ";
    assert!(done.out.contains(expected), "{}", done.out);
    let line = "plan small.toml --set sample={count=9} --set start.w={sobol=[0.0,1.0]}";
    let alone = Place::new().run(line).success();
    assert!(alone.out.contains("\naxis          start.w: 9 values from "), "{}", alone.out);
    assert!(!alone.out.contains("together"), "{}", alone.out);
}

#[test]
fn plan_in_json_says_the_same() {
    let place = Place::new();
    let plan: Value = serde_json::from_str(&place.run("plan huge.toml --json").success().out).expect("one JSON object");
    assert_eq!(plan["name"], "huge");
    assert_eq!(plan["cells"], 10_000);
    assert_eq!(plan["trajectories"], 1_000_000_000_000_u64);
    assert_eq!(plan["steps_per_trajectory"], 100_000);
    assert_eq!(plan["steps"], 1e17);
    assert_eq!(plan["tail"], 1000);
    assert_eq!(plan["kernels"], serde_json::json!(["quadratic, k = 1, subgradient"]));
}

#[test]
fn the_schema_is_a_json_schema() {
    let done = Place::new().run("schema").success();
    let schema: Value = serde_json::from_str(&done.out).expect("one JSON object");
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert_eq!(done.err, "");
}

#[cfg(target_os = "linux")]
#[test]
fn a_plan_of_a_trillion_trajectories_fits_in_300_mb() {
    let place = Place::new();
    let done = place.run_in_shell("ulimit -v 300000; exec \"$@\"", "plan huge.toml").success();
    assert!(done.out.contains("\ntrajectories  1,000,000,000,000\n"), "{}", done.out);
}

/// Libraries that the program loads, as glibc tells them.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn loaded(line: &str) -> String {
    let place = Place::new();
    super::program::Done::of(place.zerosweep(line).env("LD_DEBUG", "files")).success().err
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[test]
fn only_what_needs_a_gpu_looks_for_vulkan() {
    assert!(loaded("adapters").contains("file=libvulkan.so"));
    let without = ["plan small.toml", "schema", "replay l1.toml --trajectory 0", "run l1.toml --backend cpu"];
    for line in without.into_iter().chain(["verify l1.toml --backend cpu"]) {
        let libraries = loaded(line);
        assert!(libraries.contains("file=libc.so"), "{line}: {libraries}");
        assert!(!libraries.contains("libvulkan"), "{line}");
    }
}

/// 200,000 cells of one trajectory.
#[cfg(target_os = "linux")]
const MANY: &str = "small.toml --set steps=2 --set penalty.k=1 --set start.w=1 --set problem.target={linspace=[-1,1,400]} \
                    --set penalty.lambda={geomspace=[0.01,1,250]} --set report.pool=[]";

#[cfg(target_os = "linux")]
#[test]
fn a_plan_tells_the_memory_that_a_run_takes() {
    let place = Place::new();
    let plan = place.run(&format!("plan {MANY} --json")).success();
    let plan: serde_json::Value = serde_json::from_str(&plan.out).expect("JSON");
    assert_eq!(plan["cells"], 200_000);
    let told = plan["memory_bytes"].as_f64().expect("bytes");
    let mut child = place.zerosweep(&format!("run {MANY} --backend cpu --threads 2"));
    let child = child.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn();
    let id = child.expect("the program should start").id();
    // SAFETY: both are plain data, and the child is waited for once.
    let (mut status, mut usage) = (0, unsafe { std::mem::zeroed::<libc::rusage>() });
    let ended = unsafe { libc::wait4(id as libc::pid_t, &mut status, 0, &mut usage) };
    assert_eq!((ended, status), (id as libc::pid_t, 0));
    let took = usage.ru_maxrss as f64 * 1024.0;
    assert!((0.8..1.2).contains(&(took / told)), "told {told}, took {took}");
}

#[cfg(target_os = "linux")]
#[test]
fn memory_that_is_not_there_is_missed_before_the_run() {
    let place = Place::new();
    let before = place.snapshot("");
    let line = format!("run {MANY} --backend cpu");
    let done = place.run_in_shell("ulimit -v 90000; exec \"$@\"", &line);
    let message =
        " MiB of memory, more than this machine gives; give a bound with --memory: what does not fit goes to disk\n";
    assert!(done.code == Some(1) && done.err.starts_with("error: this sweep needs "), "{:?}", done);
    assert!(done.err.ends_with(message), "{}", done.err);
    place.assert_unchanged(&before);
}
