//! The tables of a problem of many weights: coefficients.csv, a row for each weight of a cell, cells.csv, a row for all of its weights
//! together, and end_points.csv.

use super::held_out::error;
use super::table::{Table, identity, identity_header};
use super::{Number, end_points};
use crate::model::{MEASURES, Measured, Model};
use crate::plan::Plan;
use crate::statistics::{Quantiles, Rate, Spread, Statistics, Summary};
use crate::verdict::Fate;
use std::io;

/// What is told of each measure of the weights together, in the order of [`Measured::ALL`]: the words of its columns, and what is in them.
const TOLD: [&[(&str, Told)]; MEASURES] = [
    &[("mean", Told::Mean), ("p10", Told::P10), ("p50", Told::P50), ("p90", Told::P90)],
    &[("p10", Told::P10), ("p50", Told::P50), ("p90", Told::P90), ("max", Told::Greatest)],
    &[("mean", Told::Mean)],
    &[("p50", Told::P50), ("max", Told::Greatest)],
    &[("p50", Told::P50), ("max", Told::Greatest)],
    &[("mean", Told::Mean), ("error", Told::Error)],
    &[("rate", Told::Mean), ("rate_low", Told::Low), ("rate_high", Told::High)],
    &[("mean", Told::Mean)],
    &[("mean", Told::Mean)],
    &[("p50", Told::P50), ("max", Told::Greatest)],
    &[("rate", Told::Mean), ("rate_low", Told::Low), ("rate_high", Told::High)],
    &[("p10", Told::P10), ("p50", Told::P50), ("p90", Told::P90)],
];

/// A number of a spread.
#[derive(Clone, Copy)]
enum Told {
    Mean,
    /// The standard error of the mean ([`error`]).
    Error,
    /// Of what is 0 or 1, the ends of the interval of its share ([`Rate::wilson`]).
    Low,
    High,
    P10,
    P50,
    P90,
    Greatest,
}

impl Told {
    /// `None` of a sample that is empty. Trajectories of one draw are no draws of their own.
    fn of(self, spread: &Spread, draws: Option<u64>, model: &Model) -> Option<f64> {
        let share = || {
            let ones = spread.negative + spread.positive;
            Rate::of_draws(ones, spread.count, draws)
        };
        let number = match self {
            Told::Mean => spread.mean,
            Told::Error => return error(spread, draws, model),
            Told::Low => share().low,
            Told::High => share().high,
            Told::P10 => spread.p10.into(),
            Told::P50 => spread.p50.into(),
            Told::P90 => spread.p90.into(),
            Told::Greatest => spread.greatest.into(),
        };
        (spread.count > 0).then_some(number)
    }
}

/// The two tables on their way: what is made is taken out now and then.
pub struct WeightTables<'a> {
    /// [`Plan::by_weight`].
    plan: &'a Plan,
    model: &'a Model,
}

/// Lines of coefficients.csv, those of cells.csv, and those of end_points.csv.
pub struct WeightLines {
    pub coefficients: Vec<u8>,
    pub cells: Vec<u8>,
    pub end_points: Vec<u8>,
}

impl WeightLines {
    fn of(coefficients: Table, cells: Table, ends: Table) -> WeightLines {
        WeightLines { coefficients: coefficients.finish(), cells: cells.finish(), end_points: ends.finish() }
    }
}

/// The columns that say what a cell of all weights together is.
pub(super) fn coordinates_header(plan: &Plan, table: &mut Table) {
    ["problem", "penalty", "optimizer"].iter().for_each(|role| table.field(role));
    let (_, coordinates) = plan.coordinates.split_last().expect("a plan that counts weights should say so");
    coordinates.iter().for_each(|coordinate| table.field(coordinate.column()));
}

impl<'a> WeightTables<'a> {
    /// Those of a plan that counts weights.
    ///
    /// # Panics
    /// If the plan has no model.
    pub fn new(plan: &'a Plan) -> WeightTables<'a> {
        let model = plan.model.as_ref().expect("a plan that counts weights should have a model");
        WeightTables { plan, model }
    }

    /// Gives `write` the lines of both tables, some thousand at a time. No time, path or machine is in them.
    ///
    /// # Errors
    /// Those of `write`, and where counts cannot be read.
    pub fn write<E: From<io::Error>>(
        &self,
        statistics: &Statistics,
        mut write: impl FnMut(WeightLines) -> Result<(), E>,
    ) -> Result<(), E> {
        write(self.header())?;
        for chunk in statistics.chunks(self.plan)? {
            let (first, summaries) = chunk?;
            let (mut coefficients, mut cells, mut ends) = (Table::default(), Table::default(), Table::default());
            for (place, summary) in (first..).zip(&summaries).filter(|(_, summary)| summary.trajectories > 0) {
                match self.plan.weight_of(place) {
                    Some(weight) => self.coefficient(place, weight, summary, &mut coefficients),
                    None => {
                        self.cell(place, summary, &mut cells);
                        end_points::rows(self.plan, place, summary, &mut ends);
                    }
                }
            }
            write(WeightLines::of(coefficients, cells, ends))?;
        }
        Ok(())
    }

    /// The measures that there are, and what is told of each.
    fn told(&self) -> impl Iterator<Item = (Measured, &'static [(&'static str, Told)])> {
        let has_truth = self.model.has_truth();
        Measured::ALL.into_iter().zip(TOLD).filter(move |(measured, _)| has_truth || !measured.needs_truth())
    }

    fn header(&self) -> WeightLines {
        let (mut coefficients, mut cells, mut ends) = (Table::default(), Table::default(), Table::default());
        // The last coordinate of the plan is the weight.
        identity_header(self.plan, &mut coefficients);
        self.model.groups.names.first().iter().for_each(|_| coefficients.field("group"));
        self.model.truth.iter().for_each(|_| coefficients.field("truth"));
        coordinates_header(self.plan, &mut cells);
        end_points::header(self.plan, &mut ends);
        for table in [&mut coefficients, &mut cells] {
            ["trajectories", "draws"].iter().chain(&Fate::NAMES).for_each(|name| table.field(name));
            for tolerance in &self.plan.limits.tolerances {
                table.field(format_args!("within_{}", Number(*tolerance)));
            }
            ["zero_rate", "zero_rate_low", "zero_rate_high"].iter().for_each(|name| table.field(name));
        }
        let of_values = ["negative", "positive", "sign_agreement", "mean", "deviation", "p10", "p50", "p90"];
        of_values.iter().for_each(|name| coefficients.field(name));
        for event in ["first_zero", "first_crossing", "arrival"] {
            ["p10", "p50", "p90"].iter().for_each(|quantile| coefficients.field(format_args!("{event}_{quantile}")));
        }
        for (measured, told) in self.told() {
            told.iter().for_each(|(word, _)| cells.field(format_args!("{}_{word}", measured.name())));
        }
        coefficients.end_row();
        cells.end_row();
        WeightLines::of(coefficients, cells, ends)
    }

    /// What is counted of a cell, of one weight or of all.
    fn counts(&self, summary: &Summary, table: &mut Table) {
        let zero = summary.zero();
        table.field(summary.trajectories);
        table.optional(summary.draws);
        summary.fates.iter().chain(&summary.within).for_each(|count| table.field(count));
        [zero.rate, zero.low, zero.high].iter().for_each(|rate| table.field(format_args!("{rate:.6}")));
    }

    fn coefficient(&self, place: u64, weight: usize, summary: &Summary, table: &mut Table) {
        let mut cell = self.plan.cell(place);
        cell.coordinates.pop();
        identity(&cell, table);
        table.field(&self.model.names[weight]);
        self.model.groups.names.get(weight).iter().for_each(|group| table.field(group));
        self.model.truth.iter().for_each(|truth| table.field(Number(truth[weight] as f32)));
        self.counts(summary, table);
        let spread = summary.spreads.first().copied().unwrap_or_default();
        table.field(spread.negative);
        table.field(spread.positive);
        table.optional(spread.sign_agreement().map(|share| format!("{share:.6}")));
        let is_known = spread.count > 0;
        [spread.mean, spread.deviation].iter().for_each(|own| table.optional(is_known.then_some(Number(*own as f32))));
        [spread.p10, spread.p50, spread.p90].iter().for_each(|own| table.optional(is_known.then_some(Number(*own))));
        for Quantiles { p10, p50, p90 } in [summary.first_zero, summary.first_crossing, summary.arrival] {
            [p10, p50, p90].iter().for_each(|step| table.optional(*step));
        }
        table.end_row();
    }

    fn cell(&self, place: u64, summary: &Summary, table: &mut Table) {
        let mut cell = self.plan.cell(place);
        cell.coordinates.pop();
        identity(&cell, table);
        self.counts(summary, table);
        for (measured, told) in self.told() {
            let spread = summary.measured(measured).copied().unwrap_or_default();
            told.iter().for_each(|(_, own)| {
                table.optional(own.of(&spread, summary.draws, self.model).map(|own| Number(own as f32)))
            });
        }
        table.end_row();
    }
}
