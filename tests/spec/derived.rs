//! Parameters that are computed from others, and the slope of the loss at 0.

use crate::support::{audited, cells_csv, gpu, maps, on_cpu, on_gpu, plan, spec, statistics, table_of_cells};
use zerosweep::backend::RunOptions;
use zerosweep::plan::Plan;
use zerosweep::spec::Spec;
use zerosweep::verify::Sample;

/// The start that an expression gives.
fn start(expression: &str) -> f32 {
    let spec: Spec = spec(&format!(
        "steps = 9
         penalty = {{ kind = 'lk', k = 2.0, lambda = 0.5 }}
         optimizer = {{ kind = 'proximal', learning_rate = 0.25 }}
         start = {{ w = \"{expression}\" }}"
    ));
    let plan = Plan::new(&spec);
    plan.sections[0].at(0).start
}

#[test]
fn expressions_mean_what_mathematics_writes() {
    let cases: [(&str, f64); 19] = [
        ("7", 7.0),
        (" 1.5e-3 ", 1.5e-3),
        ("1 + 2 * 3", 7.0),
        ("(1 + 2) * 3", 9.0),
        ("10 - 4 - 3", 3.0),
        ("16 / 4 / 2", 2.0),
        ("2 ^ 3 ^ 2", 512.0),
        ("-2 ^ 2", -4.0),
        ("(-2) ^ 2", 4.0),
        ("2 ^ -1", 0.5),
        ("2 * -3", -6.0),
        ("--3", 3.0),
        ("2 ^ 0.5", std::f64::consts::SQRT_2),
        ("optimizer.learning_rate", 0.25),
        ("-penalty.lambda / optimizer.learning_rate + penalty.k", 0.0),
        ("3*penalty.lambda^2", 0.75),
        ("abs(1 - 3) ^ 2", 4.0),
        ("-abs (penalty.lambda - penalty.k)", -1.5),
        ("abs(abs(-1) - 3)", 2.0),
    ];
    for (expression, expected) in cases {
        assert_eq!(start(expression), expected as f32, "{expression}");
    }
}

const DERIVED: &str = "steps = 50
    problem = { kind = 'quadratic', target = { linspace = [-1.0, 1.0, 3] } }
    penalty = { kind = 'lk', k = [1.0, 2.0], lambda = '0.1 / optimizer.learning_rate' }
    optimizer = { kind = ['subgradient', 'proximal'], learning_rate = [0.03, 0.1, 0.7] }
    start = { w = { uniform = [-2.0, 2.0], count = 4, seed = 1 } }";

/// The same sweep as one that lists the values and moves them with the rates.
fn listed() -> String {
    let lambdas = [0.03_f32, 0.1, 0.7].map(|rate| (0.1 / f64::from(rate)) as f32);
    let lambdas = format!("[{:?}, {:?}, {:?}]", lambdas[0], lambdas[1], lambdas[2]);
    let listed = DERIVED.replace("'0.1 / optimizer.learning_rate'", &lambdas);
    format!("zip = [['penalty.lambda', 'optimizer.learning_rate']]\n{listed}")
}

#[test]
fn a_derived_parameter_is_as_one_that_is_listed() {
    let (derived, listed) = (plan(DERIVED), plan(&listed()));
    let options = RunOptions::default();
    let found = cells_csv(&derived, on_cpu(&derived, &options));
    assert_eq!(found, cells_csv(&listed, on_cpu(&listed, &options)));
    assert!(found.starts_with("problem,penalty,optimizer,problem.target,penalty.k,penalty.lambda,optimizer.learning_"));
    if let Some(gpu) = gpu("a_derived_parameter_is_as_one_that_is_listed") {
        assert_eq!(found, cells_csv(&derived, on_gpu(gpu, &derived, &options).expect("a run")));
    }
}

/// A trajectory's values of these paths, of every trajectory in order.
fn values(plan: &Plan, paths: &[&str]) -> Vec<Vec<f32>> {
    let one = |index| {
        let (section, local) = plan.locate(index).expect("a trajectory");
        let digits = section.digits(local);
        paths.iter().map(|path| section.value(&digits, path).expect("a parameter")).collect()
    };
    (0..plan.trajectories).map(one).collect()
}

const OF_MANY: &str = "steps = 20
    problem = { kind = 'quadratic', curvature = [0.5, 2.0], target = [-1.0, 0.5, 3.0] }
    penalty = { kind = 'lk', k = [1.0, 1.3], lambda = '0.2 * problem.curvature + (problem.target - start.w) ^ 2' }
    optimizer = { kind = 'proximal', learning_rate = '0.1 / problem.curvature' }
    start = { w = { uniform = [-2.0, 2.0], count = 5 } }";

/// What depends on several axes, some of them pooled, has its value at every point, in parts of the plan, too.
#[test]
fn an_expression_over_many_axes_holds_everywhere() {
    let plan = plan(OF_MANY);
    let paths =
        ["problem.curvature", "problem.target", "start.w", "penalty.lambda", "optimizer.learning_rate", "penalty.k"];
    let all = values(&plan, &paths);
    assert_eq!(all.len(), 2 * 3 * 2 * 5);
    for point in &all {
        let [curvature, target, start] = [0, 1, 2].map(|place| f64::from(point[place]));
        // libm's power of 2 is exact as a product's rounding is.
        assert_eq!(point[3], (0.2 * curvature + (target - start) * (target - start)) as f32);
        assert_eq!(point[4], (0.1 / curvature) as f32);
    }
    let coordinates: Vec<&str> = plan.coordinates.iter().map(|coordinate| &*coordinate.path).collect();
    assert_eq!(coordinates, ["problem.curvature", "problem.target", "penalty.k", "optimizer.learning_rate"]);
    let chosen: Vec<u64> = (0..plan.trajectories).filter(|index| index % 7 < 3).collect();
    let excerpt = plan.excerpt(&chosen);
    let expected: Vec<Vec<f32>> = chosen.iter().map(|&index| all[index as usize].clone()).collect();
    assert_eq!(values(&excerpt, &paths), expected);
    for most in [30, 9, 2] {
        let sample = Sample::new(&plan, most);
        for (index, found) in values(&sample.plan, &paths).into_iter().enumerate() {
            assert_eq!(found, all[sample.index(index as u64) as usize]);
        }
    }
}

#[test]
fn a_device_reads_the_same_tables() {
    let Some(gpu) = gpu("a_device_reads_the_same_tables") else { return };
    let plan = plan(OF_MANY);
    let options = RunOptions { batch: Some(7), ..RunOptions::default() };
    let found = cells_csv(&plan, on_gpu(gpu, &plan, &options).expect("a run"));
    assert_eq!(found, cells_csv(&plan, on_cpu(&plan, &options)));
}

/// An exponent that follows an axis parts it into kernels.
#[test]
fn a_derived_exponent_has_its_kernels() {
    let plan = plan(
        "steps = 20
         penalty = { kind = 'lk', k = '2 * optimizer.learning_rate', lambda = 0.1 }
         optimizer = { kind = 'proximal', learning_rate = [0.5, 1.0, 0.65, 0.25] }
         start = { w = [1.0, 2.0] }",
    );
    let found = values(&plan, &["optimizer.learning_rate", "start.w", "penalty.k"]);
    let rates = [0.5, 1.0, 0.65, 0.25];
    let expected: Vec<Vec<f32>> = rates
        .iter()
        .flat_map(|&rate| [1.0, 2.0].map(|start| vec![rate, start, (2.0 * f64::from(rate)) as f32]))
        .collect();
    assert_eq!(found, expected);
    for section in &plan.sections {
        let point = section.at(0);
        let k = section.kernel.value("penalty.k", &point).expect("an exponent");
        assert_eq!(section.kernel.penalty.variant(k), section.kernel.variant);
    }
    assert!(plan.sections.len() >= 4);
}

/// The columns of cells.csv up to the count, by row.
fn identities(plan: &Plan) -> Vec<String> {
    let csv = cells_csv(plan, on_cpu(plan, &RunOptions::default()));
    let columns = 3 + plan.coordinates.len();
    csv.lines().map(|line| line.split(',').take(columns).skip(3).collect::<Vec<_>>().join(" ")).collect()
}

const SLOPE: &str = "steps = 10
    problem = { kind = 'quadratic', curvature = [1.0, 2.0], target = [0.5, -0.25, 0.0] }
    penalty = { kind = 'lk', k = 1.0, lambda = 0.1 }
    optimizer = { kind = 'proximal', learning_rate = 0.1 }
    start = { w = [1.0, 2.0] }";

#[test]
fn the_slope_at_zero_is_a_column_where_a_map_asks_for_it() {
    let map = "report = { maps = [{ x = 'problem.d0', y = 'start.w', facets = ['problem.curvature'] }] }";
    let found = identities(&plan(&format!("{SLOPE}\n{map}")));
    // curvature (0 - target)
    let expected = [
        "problem.curvature problem.target start.w d0",
        "1 0.5 1 -0.5",
        "1 0.5 2 -0.5",
        "1 -0.25 1 0.25",
        "1 -0.25 2 0.25",
        "1 0 1 0",
        "1 0 2 0",
        "2 0.5 1 -1",
        "2 0.5 2 -1",
        "2 -0.25 1 0.5",
        "2 -0.25 2 0.5",
        "2 0 1 0",
        "2 0 2 0",
    ];
    assert_eq!(found, expected);
    assert_eq!(identities(&plan(SLOPE))[0], "problem.curvature problem.target start.w");
}

#[test]
fn the_slope_at_zero_is_blank_where_it_varies_within_a_cell() {
    let text = "steps = 10
        penalty = { kind = 'lk', k = 1.0, lambda = '0.1 + problem.d0 ^ 2' }
        optimizer = { kind = 'proximal', learning_rate = 0.1 }
        start = { w = 1.0 }
        [[problem]]
        kind = 'none'
        [[problem]]
        kind = 'quadratic'
        target = [1.0, 2.0]
        curvature = 1.0
        [[problem]]
        kind = 'quadratic'
        target = 3.0
        curvature = [4.0, 5.0]";
    let all = identities(&plan(text));
    assert_eq!(all[0], "problem.curvature problem.target penalty.lambda d0");
    assert_eq!(all[1..], ["  0.1 0", "1 1 1.1 -1", "1 2 4.1 -2", "4 3 144.1 -12", "5 3 225.1 -15"]);
    let pooled = identities(&plan(&format!("{text}\n[report]\npool = ['problem.target']")));
    assert_eq!(pooled[0], "problem.curvature penalty.lambda d0");
    assert_eq!(pooled[1..], [" 0.1 0", "1  ", "4 144.1 -12", "5 225.1 -15"]);
}

/// The stems of the maps that a run draws.
fn maps_of(text: &str) -> Vec<String> {
    let spec = spec(text);
    let plan = Plan::new(&spec);
    let statistics = statistics(&plan, on_cpu(&plan, &RunOptions::default()));
    let audit = audited(&plan, &statistics, 1);
    let maps = maps(&spec, &plan, &table_of_cells(&plan, &statistics, &audit));
    assert_eq!(maps.notes, [""; 0]);
    maps.files.into_iter().filter_map(|(name, _)| Some(name.strip_suffix(".svg")?.to_owned())).collect()
}

/// Each of the two takes the place of what it follows from: alone, by facets, or moving together with it.
#[test]
fn what_is_computed_can_be_an_axis_of_a_map() {
    let map =
        |x: &str, facets: &str| format!("report = {{ maps = [{{ x = '{x}', y = 'start.w', facets = [{facets}] }}] }}");
    let one = SLOPE.replace("[1.0, 2.0], target", "2.0, target");
    let found = maps_of(&format!("{one}\n{}", map("problem.d0", "")));
    assert_eq!(found, ["zero_rate-problem.d0-start.w", "fate-problem.d0-start.w"]);
    let found = maps_of(&format!("{SLOPE}\n{}", map("problem.d0", "'problem.curvature'")));
    assert_eq!(found[0], "zero_rate-problem.d0-start.w-by-problem.curvature");
    let together = SLOPE.replace("[0.5, -0.25, 0.0]", "[0.5, -0.25]");
    let zip = "zip = [['problem.curvature', 'problem.target']]";
    let found = maps_of(&format!("{zip}\n{together}\n{}", map("problem.d0", "")));
    assert_eq!(found[0], "zero_rate-problem.d0-start.w");
    let rates = SLOPE
        .replace("learning_rate = 0.1", "learning_rate = [0.1, 0.2]")
        .replace("lambda = 0.1", "lambda = '1 / optimizer.learning_rate'");
    let found = maps_of(&format!("{rates}\n{}", map("penalty.lambda", "'problem.target'")));
    assert_eq!(found[0], "zero_rate-penalty.lambda-start.w-by-problem.target");
    // By itself the program chooses what they follow from.
    let found = maps_of(&rates);
    assert!(!found[0].contains("penalty.lambda"), "{found:?}");
}

/// Equal ratios make equal ratios: the axis of a map is logarithmic, too.
#[test]
fn a_power_of_a_geometric_axis_is_geometric() {
    let text = DERIVED.replace("[0.03, 0.1, 0.7]", "{ geomspace = [0.01, 1.0, 5] }");
    let plan = plan(&text);
    let geometric: Vec<bool> = plan.coordinates.iter().map(|coordinate| coordinate.geometric).collect();
    assert_eq!(geometric, [false, false, true, true]);
    let listed = crate::support::plan(DERIVED);
    assert!(listed.coordinates.iter().all(|coordinate| !coordinate.geometric));
}
