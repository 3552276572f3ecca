//! Regressions in tests.

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
