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

/// What a model is made of, and what a trajectory of it is.
#[test]
fn plan_says_what_many_weights_are_of() {
    let place = Place::new();
    place.write("t.csv", "a,b,c,y\n1,2,3,0\n4,5,1,1\n0,3,2,1\n2,2,9,0\n5,1,1,1\n7,3,3,0\n");
    let spec = |kind: &str| {
        let text = format!(
            "name = 't'\nsteps = 100\nstop = {{ kkt = 1e-5 }}\npenalty = {{ kind = 'group_lasso', lambda = [0.1, 0.2] }}\nproblem = {{ kind = \
             '{kind}', table = 't.csv', response = 'y', groups = {{ body = ['a', 'c'] }}, resample = {{ bootstrap = 7, seed = 3 }} }}\n"
        );
        place.write("t.toml", &text);
    };
    spec("least_squares");
    let expected = "\
sweep         t
loss          L(w) = 1/(2n) |y - intercept - X w|^2 over 6 rows of t.csv, columns standardized, 7 draws by bootstrap
response      y
weights       3, and an intercept that each draw eliminates
groups        body (a, c); 1 in none
draws         7 by bootstrap, seed 3
slopes        from the 3 x 3 Gram matrix of a draw
trajectory    all weights together, of one draw at one value of each axis; done where its residual is 1e-5 of the largest slope of the null model
cells         2
trajectories  14
";
    let text = place.run("plan t.toml").success().out;
    assert_eq!(&text[..expected.len().min(text.len())], expected);
    let told: Value = serde_json::from_str(&place.run("plan t.toml --json").success().out).expect("JSON");
    assert_eq!((&told["model"]["rows"], &told["model"]["response"]), (&6.into(), &"y".into()));
    assert_eq!((&told["model"]["intercept"], &told["model"]["slopes_from"]), (&"eliminated".into(), &"gram".into()));
    assert_eq!((&told["model"]["draws_in_all"], &told["model"]["weights"][1]["name"]), (&7.into(), &"b".into()));
    spec("logistic_regression");
    let text = place.run("plan t.toml").success().out;
    assert!(text.contains("\nweights       4, the intercept among them, which no penalty is on\n"), "{text}");
    assert!(text.contains("\nslopes        from the rows of a draw, there and back\n"), "{text}");
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
    let (told, took) = told_and_taken(&place, MANY);
    assert!((0.8..1.2).contains(&(took / told)), "told {told}, took {took}");
}

/// Of many weights each weight of a cell takes as much as a cell; what waits for others is bounded by more than there is.
#[cfg(target_os = "linux")]
#[test]
fn a_plan_tells_the_memory_that_many_weights_take() {
    let place = Place::new();
    let text = "name = 'm'\nsteps = 20\nstop = { kkt = 0.1 }\npenalty = { kind = 'lk', k = 1.0, lambda = { geomspace = [0.01, 1.0, 50_000] } }\n\
                problem = { kind = 'least_squares', design = { rows = 50, columns = 10, support = 3 } }\n";
    place.write("m.toml", text);
    let (told, took) = told_and_taken(&place, "m.toml");
    assert!((0.7..1.2).contains(&(took / told)), "told {told}, took {took}");
    let (told, took) = told_and_taken(&place, "m.toml --set report.maps=[]");
    assert!((0.7..1.2).contains(&(took / told)), "told {told}, took {took} without maps");
}

/// What a plan tells of the memory that a run takes, and what it takes, in bytes.
#[cfg(target_os = "linux")]
fn told_and_taken(place: &Place, spec: &str) -> (f64, f64) {
    let plan = place.run(&format!("plan {spec} --json")).success();
    let plan: serde_json::Value = serde_json::from_str(&plan.out).expect("JSON");
    let told = plan["memory_bytes"].as_f64().expect("bytes");
    let mut child = place.zerosweep(&format!("run {spec} --backend cpu --threads 2 --force"));
    let child = child.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn();
    let id = child.expect("the program should start").id();
    // SAFETY: both are plain data, and the child is waited for once.
    let (mut status, mut usage) = (0, unsafe { std::mem::zeroed::<libc::rusage>() });
    let ended = unsafe { libc::wait4(id as libc::pid_t, &mut status, 0, &mut usage) };
    assert_eq!((ended, status), (id as libc::pid_t, 0));
    (told, usage.ru_maxrss as f64 * 1024.0)
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
