//! cells.csv and trajectories.csv.

use super::number;
use crate::backend::Batch;
use crate::plan::{Cell, Plan};
use crate::statistics::{Quantiles, Statistics};
use crate::verdict::{Fate, NEVER};
use csv::Writer;

/// cells.csv: one row a cell; no time, path or machine in it.
pub fn cells_csv(plan: &Plan, statistics: &Statistics) -> Vec<u8> {
    let mut writer = Writer::from_writer(Vec::new());
    let mut write = |record: Vec<String>| writer.write_record(record).expect("a record in memory should be written");
    write(cell_header(plan));
    for (index, summary) in (0..).zip(&statistics.cells) {
        let mut record = identity(&plan.cell(index));
        record.push(summary.trajectories.to_string());
        record.extend(summary.fates.map(|count| count.to_string()));
        record.push(summary.crossed.to_string());
        record.extend(summary.within.iter().map(u64::to_string));
        let zero = summary.zero;
        record.extend([zero.rate, zero.low, zero.high].map(|rate| format!("{rate:.6}")));
        record.extend(quantiles(summary.first_zero));
        record.extend(quantiles(summary.first_crossing));
        write(record);
    }
    writer.into_inner().expect("a table in memory should be whole")
}

fn cell_header(plan: &Plan) -> Vec<String> {
    let mut header = identity_header(plan);
    header.push("trajectories".to_owned());
    header.extend(Fate::ALL.map(|fate| fate.name().to_owned()));
    header.push("crossed".to_owned());
    header.extend(plan.limits.tolerances.iter().map(|tolerance| format!("within_{}", number(*tolerance))));
    header.extend(["zero_rate", "zero_rate_low", "zero_rate_high"].map(str::to_owned));
    for event in ["first_zero", "first_crossing"] {
        header.extend(["p10", "p50", "p90"].map(|quantile| format!("{event}_{quantile}")));
    }
    header
}

fn identity_header(plan: &Plan) -> Vec<String> {
    let roles = ["problem", "penalty", "optimizer"].map(str::to_owned);
    roles.into_iter().chain(plan.coordinates.iter().map(|coordinate| coordinate.path.clone())).collect()
}

fn identity(cell: &Cell) -> Vec<String> {
    let coordinates = cell.coordinates.iter().map(|value| value.map(number).unwrap_or_default());
    cell.kinds().into_iter().map(|(_, kind)| kind.to_owned()).chain(coordinates).collect()
}

fn quantiles(quantiles: Quantiles) -> [String; 3] {
    [quantiles.p10, quantiles.p50, quantiles.p90].map(|step| step.map(|step| step.to_string()).unwrap_or_default())
}

/// trajectories.csv: one row a trajectory, batch by batch.
pub struct Rows<'a> {
    plan: &'a Plan,
    /// Pooled parameters that take several values somewhere.
    pooled: Vec<String>,
}

impl<'a> Rows<'a> {
    pub fn new(plan: &'a Plan) -> Rows<'a> {
        let mut pooled: Vec<String> = Vec::new();
        for dimension in plan.sections.iter().flat_map(|section| &section.dimensions) {
            if dimension.pooled && !pooled.contains(&dimension.path) {
                pooled.push(dimension.path.clone());
            }
        }
        Rows { plan, pooled }
    }

    /// The line of column names.
    pub fn header(&self) -> Vec<u8> {
        let mut header = vec!["trajectory".to_owned()];
        header.extend(identity_header(self.plan));
        header.extend(self.pooled.iter().cloned());
        let outcome =
            ["fate", "first_crossing", "first_zero", "first_within", "tail_low", "tail_high", "last_w", "last_step"];
        header.extend(outcome.map(str::to_owned));
        lines([header])
    }

    /// The lines of a batch that came with outcomes.
    pub fn lines(&self, batch: &Batch) -> Vec<u8> {
        lines((batch.first..).zip(&batch.outcomes).map(|(index, outcome)| {
            let (section, local) = self.plan.locate(index).expect("a batch should hold trajectories of its plan");
            let digits = section.digits(local);
            let mut record = vec![index.to_string()];
            record.extend(identity(&self.plan.cell(section.first_cell + local / section.pool)));
            let values = self.pooled.iter().map(|path| section.value(&digits, path));
            record.extend(values.map(|value| value.map(number).unwrap_or_default()));
            record.push(outcome.fate().name().to_owned());
            let steps = [outcome.first_crossing, outcome.first_zero, outcome.first_within];
            record.extend(steps.map(|step| if step == NEVER { String::new() } else { step.to_string() }));
            let finished = outcome.fate() != Fate::Diverged;
            let weights = [outcome.tail_low, outcome.tail_high, outcome.last];
            record.extend(weights.map(|w| if finished { number(w) } else { String::new() }));
            record.push(outcome.last_step.to_string());
            record
        }))
    }
}

fn lines(records: impl IntoIterator<Item = Vec<String>>) -> Vec<u8> {
    let mut writer = Writer::from_writer(Vec::new());
    records.into_iter().for_each(|record| writer.write_record(record).expect("a record in memory should be written"));
    writer.into_inner().expect("lines in memory should be whole")
}
