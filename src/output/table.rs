//! CSV: rows of trajectories, and how the share of "zeros" grows.

use super::Number;
use crate::backend::Batch;
use crate::plan::{Cell, Plan, shape_names};
use crate::spec::column;
use crate::statistics::{GroupSummary, Statistics};
use crate::verdict::{Fate, Histogram, NEVER, OCTAVES, octave_bound};
use csv::{ByteRecord, Writer};
use std::fmt::{Display, Write};

/// tolerance_curve.csv: for each group of cells how many tails are within the tolerances 2^-64, 2^-63, ... 2^30, beside those
/// that end at an exact zero, which count in every one, as decays do: one row at each end, and one wherever the count grows.
pub fn curve_csv(statistics: &Statistics) -> Vec<u8> {
    let mut table = Table::default();
    let shapes = shape_names(statistics.groups.iter().map(|summary| &summary.group));
    ["problem", "penalty"].iter().for_each(|name| table.field(name));
    shapes.iter().for_each(|name| table.field(format_args!("penalty.{name}")));
    let header = ["optimizer", "tolerance", "trajectories", "zero", "decayed", "within", "within_rate"];
    header.iter().for_each(|name| table.field(name));
    table.end_row();
    for GroupSummary { group, summary, amplitudes } in statistics.groups_by_penalty() {
        for octave in (0..OCTAVES - 1).filter(|&octave| is_told(amplitudes, octave)) {
            group.roles().iter().for_each(|(_, kind)| table.field(kind));
            shapes.iter().for_each(|name| table.optional(group.shape_called(name).map(Number)));
            table.field(group.optimizer.name());
            table.field(Number(octave_bound(octave) as f32));
            table.field(summary.trajectories);
            table.field(summary.fates[Fate::Zero as usize]);
            table.field(summary.fates[Fate::Decayed as usize]);
            let within = amplitudes.up_to(octave);
            table.field(within);
            table.field(format_args!("{:.6}", within as f64 / summary.trajectories as f64));
            table.end_row();
        }
    }
    table.finish()
}

fn is_told(amplitudes: &Histogram, octave: usize) -> bool {
    octave == 0 || octave == OCTAVES - 2 || amplitudes.count(octave) > 0
}

/// trajectories.csv: one row a trajectory, batch by batch.
pub struct Rows<'a> {
    plan: &'a Plan,
    /// Parameters that are pooled somewhere.
    pooled: Vec<String>,
}

impl<'a> Rows<'a> {
    pub fn new(plan: &'a Plan) -> Rows<'a> {
        let mut pooled: Vec<String> = Vec::new();
        for slot in plan.sections.iter().flat_map(|section| section.grid.slots_by_speed()) {
            if slot.pooled && !pooled.contains(&slot.path) {
                pooled.push(slot.path.clone());
            }
        }
        Rows { plan, pooled }
    }

    /// The line of column names.
    pub fn header(&self) -> Vec<u8> {
        let mut table = Table::default();
        table.field("trajectory");
        identity_header(self.plan, &mut table);
        self.pooled.iter().for_each(|path| table.field(column(path)));
        [
            "fate",
            "first_crossing",
            "first_zero",
            "first_within",
            "arrival",
            "tail_low",
            "tail_high",
            "last_w",
            "last_step",
        ]
        .iter()
        .for_each(|name| table.field(name));
        table.end_row();
        table.finish()
    }

    /// The lines of a batch that came with outcomes.
    pub fn lines(&self, batch: &Batch) -> Vec<u8> {
        let mut table = Table::default();
        for (index, outcome) in (batch.first..).zip(&batch.outcomes) {
            let (section, local) = self.plan.locate(index).expect("a batch should hold trajectories of its plan");
            let digits = section.digits(local);
            table.field(index);
            identity(&self.plan.cell(section.first_cell + local / section.pool), &mut table);
            self.pooled.iter().for_each(|path| table.optional(section.value(&digits, path).map(Number)));
            table.field(outcome.fate().name());
            for step in [outcome.first_crossing, outcome.first_zero, outcome.first_within] {
                table.optional((step != NEVER).then_some(step));
            }
            table.optional((outcome.fate() == Fate::Zero).then_some(outcome.arrival));
            for w in [outcome.tail_low, outcome.tail_high, outcome.last] {
                table.optional((outcome.fate() != Fate::Diverged).then_some(Number(w)));
            }
            table.field(outcome.last_step);
            table.end_row();
        }
        table.finish()
    }
}

pub(super) fn identity_header(plan: &Plan, table: &mut Table) {
    ["problem", "penalty", "optimizer"].iter().for_each(|role| table.field(role));
    plan.coordinates.iter().for_each(|coordinate| table.field(coordinate.column()));
}

pub(super) fn identity(cell: &Cell, table: &mut Table) {
    cell.kinds().iter().for_each(|(_, kind)| table.field(kind));
    cell.coordinates.iter().for_each(|value| table.optional(value.map(Number)));
}

/// CSV in memory, field by field.
pub(super) struct Table {
    writer: Writer<Vec<u8>>,
    row: ByteRecord,
    field: String,
}

impl Default for Table {
    fn default() -> Table {
        Table { writer: Writer::from_writer(Vec::new()), row: ByteRecord::new(), field: String::new() }
    }
}

impl Table {
    pub(super) fn field(&mut self, value: impl Display) {
        self.field.clear();
        write!(self.field, "{value}").expect("a field in memory should be written");
        self.row.push_field(self.field.as_bytes());
    }

    /// Blank where there is no value.
    pub(super) fn optional(&mut self, value: Option<impl Display>) {
        match value {
            Some(value) => self.field(value),
            None => self.row.push_field(b""),
        }
    }

    pub(super) fn end_row(&mut self) {
        self.writer.write_byte_record(&self.row).expect("a row in memory should be written");
        self.row.clear();
    }

    pub(super) fn finish(self) -> Vec<u8> {
        self.writer.into_inner().expect("a table in memory should be whole")
    }
}
