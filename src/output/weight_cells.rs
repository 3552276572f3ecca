//! The cells of a sweep of many weights as pictures and reports tell of them: from what was counted, or from coefficients.csv and cells.csv.

use super::chosen_lambdas::{LAMBDA, setting};
use super::folder::{CELLS, COEFFICIENTS};
use super::held_out::error;
use super::table::{Table, identity};
use crate::model::{Measured, Model};
use crate::plan::Plan;
use crate::statistics::{Rate, Spread, Statistics, Summary};
use crate::verdict::Fate;
use csv::{Reader, ReaderBuilder, StringRecord};
use std::io::{self, Read};
use std::str::FromStr;

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
    pub coefficient: Option<Coefficient>,
}

/// What a weight is: its mean, and its quantiles at 10, 50 and 90 %.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Coefficient {
    pub mean: f32,
    pub p10: f32,
    pub p50: f32,
    pub p90: f32,
}

impl OfWeight {
    fn of(summary: &Summary) -> OfWeight {
        let spread = summary.spreads.first().filter(|spread| spread.count > 0);
        let coefficient =
            |own: &Spread| Coefficient { mean: own.mean as f32, p10: own.p10, p50: own.p50, p90: own.p90 };
        OfWeight {
            trajectories: summary.trajectories,
            draws: summary.draws,
            zero: summary.fates[Fate::Zero as usize],
            diverged: summary.fates[Fate::Diverged as usize],
            coefficient: spread.map(coefficient),
        }
    }

    /// Trajectories that select it ([`Summary::selected`]).
    pub fn selected(&self) -> u64 {
        self.trajectories - self.zero - self.diverged
    }

    /// The share that ends at zero ([`Summary::zero`]).
    pub fn zero_rate(&self) -> Rate {
        Rate::of_draws(self.zero, self.trajectories, self.draws)
    }

    /// Whether all of them end at zero.
    pub fn is_always_zero(&self) -> bool {
        self.zero == self.trajectories
    }
}

/// What is told of all weights together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OfWhole {
    pub trajectories: u64,
    pub draws: Option<u64>,
    pub diverged: u64,
    /// How many found exactly the true weights ([`Measured::Recovered`]), where these are known, and how many are wrong and missed in the mean.
    pub recovered: Option<u64>,
    pub false_selections: Option<f32>,
    pub missed: Option<f32>,
    /// How many came near the true weights ([`Measured::Accurate`]), where these are known.
    pub accurate: Option<u64>,
    /// The largest optimality residual.
    pub residual: Option<f32>,
    pub support: Option<f32>,
    /// The mean loss of rows that draws leave out, and its standard error.
    pub held_out: Option<(f32, Option<f32>)>,
}

impl OfWhole {
    fn of(summary: &Summary, model: &Model) -> OfWhole {
        let held_out = summary.measured(Measured::HeldOutLoss);
        let ones = |measured| summary.measured(measured).map(|spread| spread.negative + spread.positive);
        let mean = |measured| summary.measured(measured).filter(|own| own.count > 0).map(|own| own.mean as f32);
        OfWhole {
            trajectories: summary.trajectories,
            draws: summary.draws,
            diverged: summary.fates[Fate::Diverged as usize],
            recovered: ones(Measured::Recovered),
            false_selections: mean(Measured::FalseSelections),
            missed: mean(Measured::Missed),
            accurate: ones(Measured::Accurate),
            residual: summary.measured(Measured::Residual).map(|spread| spread.greatest),
            support: summary.measured(Measured::Support).map(|spread| spread.mean as f32),
            held_out: held_out
                .map(|spread| (spread.mean as f32, error(spread, summary.draws, model).map(|error| error as f32))),
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
        // With room for just these: there are as many vectors as cells.
        let model = plan.model.as_ref().expect("a plan that counts weights should have a model");
        let room = || Vec::with_capacity(model.weights());
        let mut weights = room();
        for chunk in statistics.chunks(plan)? {
            let (first, summaries) = chunk?;
            for (place, summary) in (first..).zip(&summaries).filter(|(_, summary)| summary.trajectories > 0) {
                if plan.is_whole(place) {
                    cells.add(plan, place, std::mem::replace(&mut weights, room()), OfWhole::of(summary, model));
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
    /// Where a line cannot be read, or is none that a run of this plan writes.
    pub fn read(plan: &Plan, coefficients: impl Read, cells: impl Read) -> Result<WeightCells, DamagedLine> {
        let (mut coefficients, mut wholes) = (Lines::new(COEFFICIENTS, coefficients)?, Lines::new(CELLS, cells)?);
        let mut found = WeightCells { settings: Vec::new(), cells: Vec::new() };
        let mut weights = Vec::new();
        for place in 0..plan.cells {
            if plan.is_whole(place) {
                wholes.next(plan, place)?;
                found.add(plan, place, std::mem::take(&mut weights), wholes.whole()?);
            } else {
                coefficients.next(plan, place)?;
                weights.push(coefficients.weight()?);
            }
        }
        coefficients.end()?;
        wholes.end()?;
        Ok(found)
    }

    fn add(&mut self, plan: &Plan, place: u64, weights: Vec<OfWeight>, whole: OfWhole) {
        let lambda = plan.value(place, LAMBDA);
        let words = setting(plan, place);
        let known = self.settings.iter().position(|own| *own == words);
        let setting = known.unwrap_or(self.settings.len());
        self.settings.extend(known.is_none().then_some(words));
        self.cells.push(CellOfWeights { first: place - weights.len() as u64, setting, lambda, weights, whole });
    }

    /// The place of the cell of a setting that has this lambda.
    pub fn place(&self, setting: &str, lambda: f32) -> Option<usize> {
        let is_own = |cell: &CellOfWeights| self.settings[cell.setting] == setting && cell.lambda == Some(lambda);
        self.cells.iter().position(is_own)
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
        self.unsolved_by_setting(kkt).iter().map(|(_, count)| count).sum()
    }

    /// The same by setting, of those that have any.
    pub fn unsolved_by_setting(&self, kkt: f64) -> Vec<(&str, usize)> {
        // The bound was asked for in f64.
        let is_beyond = |residual: f32| f64::from(residual) > kkt * (1.0 + 1e-6);
        let mut counts = vec![0; self.settings.len()];
        let unsolved = self.cells.iter().filter(|cell| cell.whole.residual.is_some_and(is_beyond));
        unsolved.for_each(|cell| counts[cell.setting] += 1);
        self.settings.iter().map(String::as_str).zip(counts).filter(|(_, count)| *count > 0).collect()
    }
}

/// Why coefficients.csv and cells.csv cannot be drawn from.
#[derive(Debug, thiserror::Error)]
#[error("line {line} of {table} {what}; run the sweep again with --force")]
pub struct DamagedLine {
    pub table: &'static str,
    /// From 1, in which the names of the columns stand.
    pub line: u64,
    /// `says ...`, `is missing`
    pub what: String,
}

/// Characters of a field that an error shows.
const LONGEST: usize = 60;

/// A table of a run, line by line.
struct Lines<R> {
    table: &'static str,
    reader: Reader<R>,
    names: StringRecord,
    record: StringRecord,
    /// That of the record.
    line: u64,
}

impl<R: Read> Lines<R> {
    fn new(table: &'static str, input: R) -> Result<Lines<R>, DamagedLine> {
        let mut own = Lines {
            table,
            reader: ReaderBuilder::new().from_reader(input),
            names: StringRecord::new(),
            record: StringRecord::new(),
            line: 1,
        };
        own.names = own.reader.headers().cloned().map_err(|source| own.damaged(format!("is damaged: {source}")))?;
        Ok(own)
    }

    fn damaged(&self, what: String) -> DamagedLine {
        DamagedLine { table: self.table, line: self.line, what }
    }

    /// Goes on to the next line; whether there is one.
    fn advance(&mut self) -> Result<bool, DamagedLine> {
        self.line += 1;
        let is_there = self.reader.read_record(&mut self.record);
        is_there.map_err(|source| self.damaged(format!("is damaged: {source}")))
    }

    /// Goes on to the next line, which must be that of a cell of the plan by weight.
    fn next(&mut self, plan: &Plan, place: u64) -> Result<(), DamagedLine> {
        if !self.advance()? {
            return Err(self.damaged("is missing".to_owned()));
        }
        let mut cell = plan.cell(place);
        cell.coordinates.pop();
        let mut expected = Table::default();
        identity(&cell, &mut expected);
        if let Some((model, weight)) = plan.model.as_ref().zip(plan.weight_of(place)) {
            expected.field(&model.names[weight]);
            model.groups.names.get(weight).iter().for_each(|group| expected.field(group));
        }
        expected.end_row();
        let text = expected.finish();
        let mut expected = ReaderBuilder::new().has_headers(false).from_reader(&text[..]);
        let expected = expected.records().next().and_then(Result::ok).unwrap_or_default();
        if !expected.iter().zip(&self.record).all(|(own, found)| own == found) {
            return Err(self.damaged("is not of the cell that the sweep has there".to_owned()));
        }
        for (name, field) in self.names.iter().zip(&self.record).skip(expected.len()).filter(|(_, own)| !own.is_empty())
        {
            // Runs count in f32.
            let number = field.parse::<f32>().ok().filter(|number| number.is_finite());
            match number {
                None => return Err(self.wrong(name, "a finite number belongs there")),
                Some(share) if is_share(name) && !(0.0..=1.0).contains(&share) => {
                    return Err(self.wrong(name, "a share from 0 to 1 belongs there"));
                }
                Some(size) if is_size(name) && size < 0.0 => {
                    return Err(self.wrong(name, "0 or more belongs there"));
                }
                Some(_) => {}
            }
        }
        self.add_up(plan, place)
    }

    /// Makes sure that the counts are those of a cell.
    fn add_up(&self, plan: &Plan, place: u64) -> Result<(), DamagedLine> {
        if self.count("trajectories")? != plan.cell_size(place) {
            return Err(self.wrong("trajectories", "a cell of this sweep has another number of them"));
        }
        if self.number("draws")? != plan.draws(place) {
            return Err(self.wrong("draws", "a cell of this sweep has another number of them"));
        }
        let mut fates: u64 = 0;
        for name in Fate::NAMES {
            fates = fates.saturating_add(self.count(name)?);
        }
        let trajectories = plan.cell_size(place);
        if fates == trajectories {
            Ok(())
        } else {
            Err(self.damaged(format!("has {fates} fates for {trajectories} trajectories")))
        }
    }

    /// Makes sure that there is no line more.
    fn end(mut self) -> Result<(), DamagedLine> {
        if self.advance()? { Err(self.damaged("is one more than the sweep has".to_owned())) } else { Ok(()) }
    }

    fn field(&self, name: &str) -> Result<&str, DamagedLine> {
        match self.names.iter().position(|own| own == name) {
            Some(place) => Ok(self.record.get(place).unwrap_or_default()),
            None => Err(DamagedLine { line: 1, ..self.damaged(format!("has no column `{name}`")) }),
        }
    }

    /// That a field holds what it may not.
    fn wrong(&self, name: &str, allowed: &str) -> DamagedLine {
        let found: String = self.field(name).unwrap_or_default().chars().take(LONGEST).collect();
        self.damaged(format!("says `{found}` in the column `{name}`, and {allowed}"))
    }

    /// The number in a column; `None` where it is blank.
    fn number<T: FromStr>(&self, name: &str) -> Result<Option<T>, DamagedLine> {
        match self.field(name)? {
            "" => Ok(None),
            field => field.parse().map(Some).map_err(|_| self.wrong(name, "a whole number belongs there")),
        }
    }

    /// The number in a column that is there where the true weights are known.
    fn of_truth<T: FromStr>(&self, name: &str) -> Result<Option<T>, DamagedLine> {
        let has_truth = self.names.iter().any(|own| own == "recovered_rate");
        if has_truth { self.number(name) } else { Ok(None) }
    }

    fn count(&self, name: &str) -> Result<u64, DamagedLine> {
        self.number(name)?.ok_or_else(|| self.wrong(name, "a count belongs there"))
    }

    fn weight(&self) -> Result<OfWeight, DamagedLine> {
        let numbers = [self.number("mean")?, self.number("p10")?, self.number("p50")?, self.number("p90")?];
        let coefficient = match numbers {
            [Some(mean), Some(p10), Some(p50), Some(p90)] => Some(Coefficient { mean, p10, p50, p90 }),
            _ => None,
        };
        Ok(OfWeight {
            trajectories: self.count("trajectories")?,
            draws: self.number("draws")?,
            zero: self.count(Fate::Zero.name())?,
            diverged: self.count(Fate::Diverged.name())?,
            coefficient,
        })
    }

    fn whole(&self) -> Result<OfWhole, DamagedLine> {
        let (loss, error) = (self.number("held_out_loss_mean")?, self.number("held_out_loss_error")?);
        let trajectories = self.count("trajectories")?;
        let ones = |rate: f64| (rate * trajectories as f64).round() as u64;
        Ok(OfWhole {
            trajectories,
            draws: self.number("draws")?,
            recovered: self.of_truth("recovered_rate")?.map(ones),
            false_selections: self.of_truth("false_selections_mean")?,
            missed: self.of_truth("missed_mean")?,
            accurate: self.of_truth("accurate_rate")?.map(ones),
            diverged: self.count(Fate::Diverged.name())?,
            residual: self.number("residual_max")?,
            support: self.number("support_mean")?,
            held_out: loss.map(|loss| (loss, error)),
        })
    }
}

/// Whether no number of a column is below 0.
fn is_size(name: &str) -> bool {
    let begins = ["support", "steps", "residual", "gap", "learning_rate", "false_selections", "missed", "error"];
    ["negative", "positive", "deviation", "held_out_loss_error"].contains(&name)
        || begins.iter().any(|begin| name.starts_with(begin))
}

/// Whether a column holds shares.
fn is_share(name: &str) -> bool {
    ["_rate", "_rate_low", "_rate_high"].iter().any(|end| name.ends_with(end)) || name == "sign_agreement"
}
