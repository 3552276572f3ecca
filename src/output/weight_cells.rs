//! The cells of a sweep of many weights as pictures and reports tell of them: from what was counted, or from coefficients.csv and cells.csv.

use super::chosen_lambdas::{LAMBDA, setting};
use super::coefficients::error;
use super::map_table::CellsError;
use super::table::{Table, identity};
use crate::model::Measured;
use crate::plan::Plan;
use crate::statistics::{Statistics, Summary};
use crate::verdict::Fate;
use csv::{Reader, ReaderBuilder, StringRecord};
use std::io::{self, Read};

/// The cells that are whole, in the order of the plan.
pub struct WeightCells {
    /// What else the cells that differ in lambda alone have in common, in words.
    pub settings: Vec<String>,
    pub cells: Vec<CellOfWeights>,
}

/// A cell with its weights.
pub struct CellOfWeights {
    /// The cell of its first weight in the plan by weight.
    pub first: u64,
    /// The place of its setting.
    pub setting: usize,
    pub lambda: Option<f32>,
    pub weights: Vec<OfWeight>,
    pub whole: OfWhole,
}

/// What is told of a weight.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OfWeight {
    pub trajectories: u64,
    pub draws: Option<u64>,
    pub zero: u64,
    pub diverged: u64,
    /// Its mean and its quantiles at 10 and 90 %.
    pub coefficient: Option<[f32; 3]>,
}

impl OfWeight {
    fn of(summary: &Summary) -> OfWeight {
        let spread = summary.spreads.first().filter(|spread| spread.count > 0);
        OfWeight {
            trajectories: summary.trajectories,
            draws: summary.draws,
            zero: summary.fates[Fate::Zero as usize],
            diverged: summary.fates[Fate::Diverged as usize],
            coefficient: spread.map(|spread| [spread.mean as f32, spread.p10, spread.p90]),
        }
    }

    /// Trajectories that select it ([`Summary::selected`]).
    pub fn selected(&self) -> u64 {
        self.trajectories - self.zero - self.diverged
    }
}

/// What is told of all weights together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OfWhole {
    pub trajectories: u64,
    pub draws: Option<u64>,
    pub diverged: u64,
    /// How many came near the true weights ([`Measured::Accurate`]), where these are known.
    pub accurate: Option<u64>,
    /// The largest optimality residual.
    pub residual: Option<f32>,
    pub support: Option<f32>,
    /// The mean loss of rows that draws leave out, and its standard error.
    pub held_out: Option<(f32, Option<f32>)>,
}

impl OfWhole {
    fn of(summary: &Summary) -> OfWhole {
        let held_out = summary.measured(Measured::HeldOutLoss);
        OfWhole {
            trajectories: summary.trajectories,
            draws: summary.draws,
            diverged: summary.fates[Fate::Diverged as usize],
            accurate: summary.measured(Measured::Accurate).map(|spread| spread.negative + spread.positive),
            residual: summary.measured(Measured::Residual).map(|spread| spread.greatest),
            support: summary.measured(Measured::Support).map(|spread| spread.mean as f32),
            held_out: held_out
                .map(|spread| (spread.mean as f32, error(spread, summary.draws).map(|error| error as f32))),
        }
    }
}

impl WeightCells {
    /// Those of a plan by weight.
    ///
    /// # Errors
    /// Where counts cannot be read.
    pub fn of(plan: &Plan, statistics: &Statistics) -> io::Result<WeightCells> {
        let mut cells = WeightCells { settings: Vec::new(), cells: Vec::new() };
        let mut weights = Vec::new();
        for chunk in statistics.chunks(plan)? {
            let (first, summaries) = chunk?;
            for (place, summary) in (first..).zip(&summaries).filter(|(_, summary)| summary.trajectories > 0) {
                if plan.is_whole(place) {
                    cells.add(plan, place, std::mem::take(&mut weights), OfWhole::of(summary));
                } else {
                    weights.push(OfWeight::of(summary));
                }
            }
        }
        Ok(cells)
    }

    /// Those that coefficients.csv and cells.csv tell of, all of a plan by weight.
    ///
    /// # Errors
    /// Where a table cannot be read, or is not of this plan.
    pub fn read(plan: &Plan, coefficients: impl Read, cells: impl Read) -> Result<WeightCells, CellsError> {
        let (mut coefficients, mut wholes) = (Lines::new(coefficients)?, Lines::new(cells)?);
        let mut found = WeightCells { settings: Vec::new(), cells: Vec::new() };
        let mut weights = Vec::new();
        for place in 0..plan.cells {
            match plan.weight_of(place) {
                Some(weight) => {
                    coefficients.next(plan, place, Some(weight))?;
                    weights.push(coefficients.weight()?);
                }
                None => {
                    wholes.next(plan, place, None)?;
                    found.add(plan, place, std::mem::take(&mut weights), wholes.whole()?);
                }
            }
        }
        coefficients.end(plan.cells)?;
        wholes.end(plan.cells)?;
        Ok(found)
    }

    fn add(&mut self, plan: &Plan, place: u64, weights: Vec<OfWeight>, whole: OfWhole) {
        let cell = plan.cell(place);
        let lambda = plan.coordinates.iter().position(|own| own.path == LAMBDA);
        let lambda = lambda.and_then(|lambda| cell.coordinates[lambda]);
        let words = setting(plan, &cell);
        let known = self.settings.iter().position(|own| *own == words);
        let setting = known.unwrap_or(self.settings.len());
        self.settings.extend(known.is_none().then_some(words));
        self.cells.push(CellOfWeights { first: place - weights.len() as u64, setting, lambda, weights, whole });
    }

    /// Trajectories that diverged, and all.
    pub fn diverged(&self) -> (u64, u64) {
        let sum = |of: fn(&OfWhole) -> u64| self.cells.iter().map(|cell| of(&cell.whole)).sum();
        (sum(|whole| whole.diverged), sum(|whole| whole.trajectories))
    }

    /// The largest residual of all.
    pub fn largest_residual(&self) -> f32 {
        self.cells.iter().filter_map(|cell| cell.whole.residual).fold(0.0, f32::max)
    }

    /// How many cells hold a trajectory that is no solution by a bound on residuals.
    pub fn unsolved(&self, kkt: f64) -> usize {
        // The bound was asked for in f64.
        let is_beyond = |residual: f32| f64::from(residual) > kkt * (1.0 + 1e-6);
        self.cells.iter().filter(|cell| cell.whole.residual.is_some_and(is_beyond)).count()
    }
}

/// A table of a run, line by line.
struct Lines<R> {
    reader: Reader<R>,
    names: StringRecord,
    record: StringRecord,
    /// That of the record, from 1; the names stand in the first.
    line: u64,
}

impl<R: Read> Lines<R> {
    fn new(input: R) -> Result<Lines<R>, CellsError> {
        let mut reader = ReaderBuilder::new().from_reader(input);
        let names = reader.headers().map_err(|source| CellsError::Line { line: 1, source })?.clone();
        Ok(Lines { reader, names, record: StringRecord::new(), line: 1 })
    }

    /// Goes on to the next line, which must be that of a cell of the plan by weight.
    fn next(&mut self, plan: &Plan, place: u64, weight: Option<usize>) -> Result<(), CellsError> {
        self.line += 1;
        let line = self.line;
        let is_there = self.reader.read_record(&mut self.record);
        if !is_there.map_err(|source| CellsError::Line { line, source })? {
            return Err(CellsError::TooFew { found: line - 2, cells: plan.cells });
        }
        let mut cell = plan.cell(place);
        cell.coordinates.pop();
        let mut expected = Table::default();
        identity(&cell, &mut expected);
        let names = plan.model.as_ref().map_or(&[][..], |model| &model.names);
        weight.iter().for_each(|weight| expected.field(&names[*weight]));
        expected.end_row();
        let text = expected.finish();
        let mut expected = ReaderBuilder::new().has_headers(false).from_reader(&text[..]);
        let expected = expected.records().next().and_then(Result::ok).unwrap_or_default();
        let is_own = expected.iter().zip(&self.record).all(|(own, found)| own == found);
        if is_own { Ok(()) } else { Err(CellsError::Order { line: line as usize }) }
    }

    /// Makes sure that there is no line more.
    fn end(mut self, cells: u64) -> Result<(), CellsError> {
        match self.reader.read_record(&mut self.record) {
            Ok(true) => Err(CellsError::OtherCells { found: self.line, cells }),
            _ => Ok(()),
        }
    }

    /// The number in a column; `None` where it is blank.
    fn number<T: std::str::FromStr>(&self, name: &str) -> Result<Option<T>, CellsError> {
        let place = self.names.iter().position(|own| own == name);
        let place = place.ok_or_else(|| CellsError::NoColumn(name.to_owned()))?;
        let field = self.record.get(place).unwrap_or_default();
        let wrong = || CellsError::Value {
            line: self.line,
            column: name.to_owned(),
            found: field.chars().take(60).collect(),
            allowed: "a number belongs there",
        };
        if field.is_empty() { Ok(None) } else { field.parse().map(Some).map_err(|_| wrong()) }
    }

    fn count(&self, name: &str) -> Result<u64, CellsError> {
        Ok(self.number(name)?.unwrap_or_default())
    }

    fn weight(&self) -> Result<OfWeight, CellsError> {
        let coefficient = [self.number("mean")?, self.number("p10")?, self.number("p90")?];
        let [Some(mean), Some(p10), Some(p90)] = coefficient else {
            return Ok(OfWeight { coefficient: None, ..self.counts()? });
        };
        Ok(OfWeight { coefficient: Some([mean, p10, p90]), ..self.counts()? })
    }

    fn counts(&self) -> Result<OfWeight, CellsError> {
        Ok(OfWeight {
            trajectories: self.count("trajectories")?,
            draws: self.number("draws")?,
            zero: self.count(Fate::Zero.name())?,
            diverged: self.count(Fate::Diverged.name())?,
            coefficient: None,
        })
    }

    fn whole(&self) -> Result<OfWhole, CellsError> {
        let (loss, error) = (self.number("held_out_loss_mean")?, self.number("held_out_loss_error")?);
        let trajectories = self.count("trajectories")?;
        let has_truth = self.names.iter().any(|name| name == "accurate_rate");
        let accurate = if has_truth { self.number::<f64>("accurate_rate")? } else { None };
        Ok(OfWhole {
            trajectories,
            draws: self.number("draws")?,
            accurate: accurate.map(|rate| (rate * trajectories as f64).round() as u64),
            diverged: self.count(Fate::Diverged.name())?,
            residual: self.number("residual_max")?,
            support: self.number("support_mean")?,
            held_out: loss.map(|loss| (loss, error)),
        })
    }
}
