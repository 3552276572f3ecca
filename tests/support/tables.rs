//! Regressions in tests.

use proptest::prelude::*;
use proptest::sample::select;
use std::io::Write;
use std::ops::ControlFlow;
use std::sync::Arc;
use tempfile::NamedTempFile;
use zerosweep::backend::gpu::Gpu;
use zerosweep::backend::{Cancel, Deliver, RunOptions, cpu};
use zerosweep::model::Model;
use zerosweep::plan::Plan;
use zerosweep::spec::{Format, LoadedSpec, Spec};
use zerosweep::statistics::{Collector, Summary};
use zerosweep::verdict::Tally;

/// A regression that was run.
pub struct Regression {
    pub model: Arc<Model>,
    summaries: Vec<Summary>,
}

impl Regression {
    pub fn run(text: &str) -> Regression {
        let plan = plan(text);
        Regression::of(&plan, tallies(&plan, &RunOptions::default()))
    }

    /// The one with these tallies.
    pub fn of(plan: &Plan, tallies: Vec<(u64, Tally)>) -> Regression {
        let counted = plan.by_weight();
        let mut collector = Collector::new(&counted);
        collector.add(tallies);
        let statistics = collector.finish().expect("counts in memory");
        let summaries = statistics.summaries(&counted).expect("counts in memory");
        Regression { model: plan.model.clone().expect("a model"), summaries }
    }

    /// Cells with all weights of each together.
    pub fn cells(&self) -> usize {
        self.summaries.len() / self.places()
    }

    fn places(&self) -> usize {
        self.model.weights() + 1
    }

    /// The weights of a cell.
    pub fn weights(&self, cell: usize) -> &[Summary] {
        &self.summaries[cell * self.places()..][..self.model.weights()]
    }

    /// All weights of a cell together.
    pub fn whole(&self, cell: usize) -> &Summary {
        &self.summaries[cell * self.places() + self.model.weights()]
    }
}

/// The plan of a spec whose table is read.
pub fn plan(text: &str) -> Plan {
    let loaded = Spec::parse(text, Format::Toml, "test.toml", &[]).and_then(LoadedSpec::with_table);
    let LoadedSpec { spec, model, .. } = loaded.unwrap_or_else(|error| panic!("{error}\n{text}"));
    Plan::new(&spec).with_model(model)
}

/// Its tallies as the CPU brings them, put together.
pub fn tallies(plan: &Plan, options: &RunOptions) -> Vec<(u64, Tally)> {
    put_together(|deliver| _ = cpu::run(&plan.by_draw(), options, &Cancel::default(), deliver))
}

/// Its tallies as a GPU brings them, put together.
pub fn tallies_on(gpu: &Gpu, plan: &Plan, options: &RunOptions) -> Vec<(u64, Tally)> {
    put_together(|deliver| {
        let (plan, cancel) = (plan.by_draw(), Cancel::default());
        let ended = pollster::block_on(gpu.run(&plan, options, &cancel, deliver));
        _ = ended.unwrap_or_else(|error| panic!("{error}"));
    })
}

fn put_together(run: impl FnOnce(Deliver)) -> Vec<(u64, Tally)> {
    let mut all: std::collections::BTreeMap<u64, Tally> = Default::default();
    run(&mut |batch| {
        for (place, tally) in batch.tallies {
            all.entry(place).or_default().merge(&tally, 0);
        }
        ControlFlow::Continue(())
    });
    let sorted = |mut tally: Tally| {
        tally.samples.iter_mut().for_each(|sample| sample.others.sort_unstable_by(f32::total_cmp));
        tally
    };
    all.into_iter().map(|(place, tally)| (place, sorted(tally))).collect()
}

/// Names and rows of a reference of this name.
pub fn csv(name: &str) -> (Vec<String>, Vec<Vec<String>>) {
    let path = format!("tests/reference/{name}.csv");
    let mut reader = csv::Reader::from_path(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let names = reader.headers().expect("names").iter().map(str::to_owned).collect();
    let rows = reader.records().map(|row| row.expect("a row").iter().map(str::to_owned).collect());
    (names, rows.collect())
}

/// A table in a file that lasts as long as what is given back.
pub fn scratch_table(text: &str) -> NamedTempFile {
    let mut file = tempfile::Builder::new().suffix(".csv").tempfile().expect("a file");
    file.write_all(text.as_bytes()).expect("a file that takes text");
    file
}

/// A table of random columns, some of which go together, and a regression over it: of any kind, with any penalty, draws, starts, and ways to end.
pub fn any_regression() -> impl Strategy<Value = (NamedTempFile, String)> {
    let path = "{ path = 4, ratio = 0.01, per_draw = true }";
    let list = "{ geomspace = [0.001, 10.0, 4] }";
    let problem = select(vec!["least_squares", "logistic_regression", "poisson_regression"]);
    let penalty = select(vec![
        "kind = 'lk', k = 1.0",
        "kind = 'lk', k = 0.5",
        "kind = 'lk', k = [1.5, 2.0]",
        "kind = 'elastic_net', l1_ratio = 0.4",
        "kind = 'mcp', gamma = [1.5, 5.0]",
        "kind = 'scad'",
        "kind = 'l0'",
        "kind = 'log_sum', delta = 0.5",
        "kind = 'capped_l1', cap = 0.5",
        "kind = 'huberized_l1', delta = 0.1",
    ]);
    let resample = select(vec![
        "",
        "resample = { bootstrap = 3, seed = 5 },",
        "resample = { half_sample = 2 },",
        "resample = { folds = 3 },",
    ]);
    let columns = select(vec![
        "",
        "standardize = false,",
        "intercept = false,",
        "penalty_factor = { x0 = 0.0 },",
        "penalty_factor = { x0 = 3.0 },",
    ]);
    let optimizer = select(vec![
        "",
        "optimizer.kind = 'proximal'",
        "optimizer.kind = 'fista'",
        "optimizer = { kind = 'proximal', learning_rate = 0.05 }",
        "optimizer = { kind = 'adam', penalty_step = 'proximal', learning_rate = 0.01 }",
    ]);
    let stop = select(vec!["", "stop = { kkt = 1e-3 }", "stop = { kkt = 1e-5 }"]);
    let start = select(vec!["", "start.w = 1.0", "start.w = { normal = [0.0, 1.0], count = 3, seed = 2 }"]);
    let numbers = (8usize..40, 2usize..7, -2i32..3, proptest::collection::vec(-1.0f64..1.0, 320));
    (problem, penalty, resample, columns, (optimizer, stop, start), numbers).prop_map(
        move |(problem, penalty, resample, columns, (optimizer, stop, start), (rows, weights, power, numbers))| {
            let own = |row: usize, column: usize| numbers[row * 8 + column];
            let value = |row: usize, column: usize| 10f64.powi(power) * (own(row, column) + 0.5 * own(row, 7) + 0.3);
            let response = |row: usize| {
                let sum = own(row, 0) - 2.0 * own(row, 1) + own(row, 6);
                match problem {
                    // Not the same everywhere, whatever the numbers are.
                    "least_squares" => 3.0 + 5.0 * sum + row as f64 / 8.0,
                    "logistic_regression" => f64::from(row.is_multiple_of(5) || (row % 5 != 1 && sum > 0.0)),
                    _ => (row % 3) as f64 + sum.abs().floor(),
                }
            };
            let names: String = (0..weights).map(|column| format!("x{column},")).collect();
            let line = |row: usize| (0..weights).map(|column| format!("{},", value(row, column))).collect::<String>();
            let table: String = (0..rows).map(|row| format!("{}{}\n", line(row), response(row))).collect();
            let table = scratch_table(&format!("{names}y\n{table}"));
            let has_path = penalty.contains("1.0") && !columns.contains("0.0");
            let lambda = if has_path { path } else { list };
            let text = format!(
                "name = 'any'\nsteps = 1500\n{stop}\n{optimizer}\n{start}\nproblem = {{ kind = '{problem}', {resample} {columns} table = '{}', response = 'y' \
                 }}\npenalty = {{ {penalty}, lambda = {lambda} }}\n",
                table.path().display()
            );
            (table, text)
        },
    )
}
