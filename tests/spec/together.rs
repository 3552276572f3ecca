//! Axes that move together: which trajectories there are, and in which cells.

use crate::support::{cells_csv, gpu, gpu_outcomes, on_cpu, plan, spec};
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use zerosweep::backend::RunOptions;
use zerosweep::plan::Plan;
use zerosweep::replay::replay;
use zerosweep::verdict::Outcome;
use zerosweep::verify::Sample;

/// The values of these parameters for every trajectory of the plan, in order, and its cell.
fn trajectories(plan: &Plan, paths: &[&str]) -> Vec<(u64, Vec<f32>)> {
    let one = |index| {
        let (section, local) = plan.locate(index).expect("a trajectory");
        let point = section.at(local);
        let value = |path: &&str| match *path {
            "start.w" => point.start,
            path => section.kernel.value(path, &point).expect("a parameter"),
        };
        (section.first_cell + local / section.pool, paths.iter().map(value).collect())
    };
    (0..plan.trajectories).map(one).collect()
}

fn outcomes(plan: &Plan) -> Vec<Outcome> {
    crate::support::cpu_outcomes(plan, 0..plan.trajectories)
}

const PATHS: [&str; 4] = ["problem.target", "penalty.lambda", "optimizer.learning_rate", "start.w"];

const ZIPPED: &str = "steps = 60
    zip = [['optimizer.learning_rate', 'penalty.lambda']]
    problem = { kind = 'quadratic', target = [-0.5, 0.25, 1.0] }
    penalty = { kind = 'lk', k = 1.0, lambda = [0.8, 0.1, 0.3, 0.1] }
    optimizer = { kind = ['subgradient', 'proximal'], learning_rate = [0.5, 0.1, 0.25, 0.4] }
    start = { w = { uniform = [-2.0, 2.0], count = 5, seed = 3 } }";

/// By the words of the definition: nested loops, of which one takes both of its values at once.
fn expected() -> Vec<(u64, Vec<f32>)> {
    let starts = spec(ZIPPED).start.values;
    let pairs = [(0.8, 0.5), (0.1, 0.1), (0.3, 0.25), (0.1, 0.4)];
    let mut all = Vec::new();
    let mut cell = 0;
    for _optimizer in 0..2 {
        for target in [-0.5, 0.25, 1.0] {
            for (lambda, rate) in pairs {
                all.extend(starts.iter().map(|&start| (cell, vec![target, lambda, rate, start])));
                cell += 1;
            }
        }
    }
    all
}

#[test]
fn axes_of_a_zip_take_their_values_in_step() {
    let plan = plan(ZIPPED);
    assert_eq!(trajectories(&plan, &PATHS), expected());
    let coordinates: Vec<&str> = plan.coordinates.iter().map(|coordinate| &*coordinate.path).collect();
    assert_eq!(coordinates, ["problem.target", "penalty.lambda", "optimizer.learning_rate"]);
    assert_eq!(plan.cell(2).coordinates, [Some(-0.5), Some(0.3), Some(0.25)]);
    assert_eq!(plan.draws(0), Some(5));
}

/// A zipped sweep holds the trajectories of sweeps that fix one pair each, and the same comes of them.
#[test]
fn a_zipped_sweep_is_the_sum_of_its_pairs() {
    let whole = plan(ZIPPED);
    let found = outcomes(&whole);
    let pairs = [(0.8, 0.5), (0.1, 0.1), (0.3, 0.25), (0.1, 0.4)];
    for (place, (lambda, rate)) in pairs.into_iter().enumerate() {
        let text = ZIPPED
            .replace("zip = [['optimizer.learning_rate', 'penalty.lambda']]", "")
            .replace("[0.8, 0.1, 0.3, 0.1]", &format!("{lambda:?}"))
            .replace("[0.5, 0.1, 0.25, 0.4]", &format!("{rate:?}"));
        let of_pair: Vec<Outcome> =
            found.chunks(5).skip(place).step_by(pairs.len()).flat_map(<[Outcome]>::to_vec).collect();
        assert_eq!(outcomes(&plan(&text)), of_pair, "{lambda} {rate}");
    }
}

/// Where the exponent is in the list, its runs of one kernel take their part of what moves with it, pooled or not.
#[test]
fn a_zipped_exponent_parts_into_kernels() {
    let text = "steps = 30
        zip = [['penalty.k', 'penalty.lambda', 'start.w']]
        penalty = { kind = 'lk', k = [1.0, 1.0, 2.0, 1.3, 2.0], lambda = [0.1, 0.2, 0.3, 0.4, 0.5] }
        optimizer = { kind = 'proximal', learning_rate = [0.1, 0.2] }
        start = { w = [1.0, 2.0, 3.0, 4.0, 5.0] }";
    let rows = [[1.0, 0.1, 1.0], [1.0, 0.2, 2.0], [2.0, 0.3, 3.0], [1.3, 0.4, 4.0], [2.0, 0.5, 5.0]];
    let paths = ["penalty.k", "penalty.lambda", "start.w", "optimizer.learning_rate"];
    let mut expected = Vec::new();
    for (row, [k, lambda, start]) in rows.into_iter().enumerate() {
        expected.extend(
            [0.1, 0.2]
                .map(|rate| vec![k, lambda, start, rate])
                .into_iter()
                .enumerate()
                .map(|(place, values)| ((2 * row + place) as u64, values)),
        );
    }
    assert_eq!(trajectories(&plan(text), &paths), expected);

    let pooled = plan(&format!("{text}\nreport = {{ pool = ['penalty.k', 'penalty.lambda', 'start.w'] }}"));
    let mut found = trajectories(&pooled, &paths);
    let mut expected: Vec<(u64, Vec<f32>)> =
        expected.into_iter().map(|(_, values)| (u64::from(values[3] == 0.2), values)).collect();
    let order = |a: &(u64, Vec<f32>), b: &(u64, Vec<f32>)| a.partial_cmp(b).expect("numbers");
    found.sort_by(order);
    expected.sort_by(order);
    assert_eq!(found, expected);
    assert_eq!((pooled.cells, pooled.cell_size(0)), (2, 5));
}

#[test]
fn parts_of_a_zipped_sweep_are_the_same_trajectories() {
    let whole = plan(ZIPPED);
    let (all, values) = (outcomes(&whole), trajectories(&whole, &PATHS));
    let chosen = [0, 1, 4, 7, 38, 39, 59, 60, 119];
    let excerpt = whole.excerpt(&chosen);
    let expected: Vec<Outcome> = chosen.iter().map(|&index| all[index as usize]).collect();
    assert_eq!(outcomes(&excerpt), expected);
    for most in [119, 50, 11, 3, 1] {
        let sample = Sample::new(&whole, most);
        assert!(sample.plan.trajectories <= most.max(2), "one of each optimizer is left");
        for (index, (_, found)) in trajectories(&sample.plan, &PATHS).into_iter().enumerate() {
            assert_eq!(found, values[sample.index(index as u64) as usize].1);
        }
    }
    for (index, outcome) in all.iter().enumerate() {
        let (section, local) = whole.locate(index as u64).expect("a trajectory");
        let point = section.at(local);
        let again = replay(section.kernel, point, &whole.limits, &mut |_| ControlFlow::Continue(()));
        assert_eq!(again.as_ref(), Some(outcome));
    }
}

/// Batches that begin at any trajectory, on a device as on the CPU.
#[test]
fn a_device_runs_the_same_zipped_sweep() {
    let Some(gpu) = gpu("a_device_runs_the_same_zipped_sweep") else { return };
    let plan = plan(ZIPPED);
    let expected = outcomes(&plan);
    assert_eq!(gpu_outcomes(gpu, &plan, 0..plan.trajectories), expected);
    for range in [1..2, 3..60, 58..64, 117..120] {
        let part = &expected[range.start as usize..range.end as usize];
        assert_eq!(gpu_outcomes(gpu, &plan, range), part);
    }
}

#[test]
fn cells_name_every_value_of_a_zip() {
    let plan = plan(ZIPPED);
    let csv = cells_csv(&plan, on_cpu(&plan, &RunOptions::default()));
    let rows: Vec<&str> = csv.lines().collect();
    assert!(
        rows[0].starts_with("problem,penalty,optimizer,problem.target,penalty.lambda,optimizer.learning_rate,traj")
    );
    assert!(rows[5].starts_with("quadratic,lk,subgradient,0.25,0.8,0.5,5,"), "{}", rows[5]);
    assert_eq!(rows.len(), 25);
}

/// Neither cells nor trajectories are multiplied by an axis that moves with another, in whichever role it is.
#[test]
fn the_size_of_a_sweep_counts_a_zip_once() {
    let text = "steps = 9
        zip = [['penalty.lambda', 'optimizer.learning_rate', 'start.w']]
        penalty = { kind = 'lk', k = [1.0, 2.0, 3.0], lambda = { linspace = [0.1, 1.0, 10000] } }
        optimizer = { kind = ['proximal', 'truncated'], learning_rate = { linspace = [0.1, 1.0, 10000] } }
        start = { w = { linspace = [0.1, 1.0, 10000] } }";
    let plan = plan(text);
    assert_eq!((plan.cells, plan.trajectories), (60_000, 60_000));
}

const SAMPLED: &str = "steps = 40
    sample = { count = 7, seed = 3 }
    problem = { kind = 'quadratic', target = { normal = [0.0, 1.0] } }
    penalty = { kind = 'lk', k = [1.0, 2.0], lambda = { log_uniform = [0.01, 1.0] } }
    optimizer = { kind = 'proximal', learning_rate = [0.5, 0.1] }
    start = { w = { uniform = [-2.0, 2.0] } }";

/// The points are those that each axis draws alone; what is new is that they meet one by one.
#[test]
fn a_sample_meets_point_by_point() {
    let alone = SAMPLED.replace("sample = { count = 7, seed = 3 }", "").replace("] } }", "], count = 7, seed = 3 } }");
    let alone = spec(&alone);
    let drawn = |path: &str| alone.axes().find(|axis| axis.path == path).expect("an axis").values.clone();
    let columns = ["problem.target", "penalty.lambda", "start.w"].map(drawn);
    let mut expected = Vec::new();
    for cell in 0..4 {
        let rate = [0.5, 0.1][cell as usize % 2];
        expected.extend((0..7).map(|i| (cell, vec![columns[0][i], columns[1][i], rate, columns[2][i]])));
    }
    let plan = plan(SAMPLED);
    assert_eq!(trajectories(&plan, &PATHS), expected);
    assert_eq!(plan.draws(0), Some(7));
    let coordinates: Vec<&str> = plan.coordinates.iter().map(|coordinate| &*coordinate.path).collect();
    assert_eq!(coordinates, ["penalty.k", "optimizer.learning_rate"]);
}

#[test]
fn a_sample_that_is_not_pooled_gives_each_point_a_cell() {
    let plan = plan(&format!("{SAMPLED}\nreport = {{ pool = [] }}"));
    assert_eq!((plan.cells, plan.cell_size(0)), (2 * 7 * 2, 1));
    let coordinates: Vec<&str> = plan.coordinates.iter().map(|coordinate| &*coordinate.path).collect();
    let expected = ["problem.target", "penalty.k", "penalty.lambda", "optimizer.learning_rate", "start.w"];
    assert_eq!(coordinates, expected);
    let follows: Vec<bool> = plan.coordinates.iter().map(|coordinate| coordinate.follows).collect();
    assert_eq!(follows, [false, false, true, false, true]);
}

#[test]
fn more_draws_keep_the_first() {
    let few = trajectories(&plan(&SAMPLED.replace("[1.0, 2.0]", "1.0").replace("[0.5, 0.1]", "0.5")), &PATHS);
    let more = SAMPLED.replace("[1.0, 2.0]", "1.0").replace("[0.5, 0.1]", "0.5").replace("count = 7", "count = 20");
    assert_eq!(trajectories(&plan(&more), &PATHS)[..7], few);
}

/// How many of the 2^10 boxes of each shape 2^-a x 2^-(10 - a) hold a point of the unit square.
fn boxes(points: &[(f32, f32)]) -> Vec<usize> {
    let of = |a: u32| {
        let (across, up) = ((1 << a) as f32, (1 << (10 - a)) as f32);
        points.iter().map(|(x, y)| ((x * across) as u32, (y * up) as u32)).collect::<BTreeSet<_>>().len()
    };
    (0..=10).map(of).collect()
}

/// The first two dimensions of Sobol's sequence: each elementary box holds one of 2^10 points (I. M. Sobol, 1967). Two axes of
/// the one-dimensional sequence, shifted, would lie on few lines.
#[test]
fn sobol_axes_of_a_sample_are_dimensions_of_one_sequence() {
    let text = "steps = 1
        penalty = { kind = 'lk', k = 1.0, lambda = { sobol = [0.0, 1.0] } }
        optimizer = { kind = 'proximal', learning_rate = 0.1 }
        start = { w = { sobol = [0.0, 1.0] } }";
    let points = |text: &str| {
        let spec = spec(text);
        let lambdas = &spec.penalties[0].parameters[1].values;
        lambdas.iter().copied().zip(spec.start.values.iter().copied()).collect::<Vec<_>>()
    };
    for seed in 0..5 {
        let sampled = points(&format!("sample = {{ count = 1024, seed = {seed} }}\n{text}"));
        assert_eq!(boxes(&sampled), [1024; 11], "seed {seed}");
        let apart = text.replace("1.0] }", &format!("1.0], count = 1024, seed = {seed} }}"));
        let zipped = points(&format!("zip = [['penalty.lambda', 'start.w']]\n{apart}"));
        assert!(boxes(&zipped)[5] <= 64, "seed {seed}");
    }
}

#[test]
fn a_device_runs_the_same_sample() {
    let Some(gpu) = gpu("a_device_runs_the_same_sample") else { return };
    let plan = plan(SAMPLED);
    assert_eq!(gpu_outcomes(gpu, &plan, 0..plan.trajectories), outcomes(&plan));
}
