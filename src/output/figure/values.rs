//! What a measure says of each drawn cell.

use super::{Figure, MapError};
use crate::output::drawing::labels::labels;
use crate::output::map_table::{MapTable, Numbers};
use crate::spec::{Counted, Difference, MapRequest, Measure, Side};
use crate::statistics::Rate;
use crate::verdict::Fate;

/// What a picture shows of a drawn cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::output) enum Value {
    /// Nothing of it was run.
    Missing,
    /// There is nothing to show: no trajectory had the event, nothing was drawn, theory is silent.
    Never,
    Fate(Fate),
    /// So many of so many.
    Share(u64, u64),
    Number(f64),
}

impl Value {
    /// The number, where it is one.
    pub(in crate::output) fn number(self) -> Option<f64> {
        match self {
            Value::Share(part, whole) => Some(part as f64 / whole as f64),
            Value::Number(number) => Some(number),
            Value::Missing | Value::Never | Value::Fate(_) => None,
        }
    }
}

/// The values of all drawn cells; of a `difference`, one less the other, or how many times as many steps.
pub(in crate::output) fn values(
    figure: &Figure,
    table: &MapTable,
    measure: Measure,
    difference: Option<&Difference>,
) -> Vec<Value> {
    let Some(difference) = difference else { return of_rows(figure, table, measure, |_| true) };
    let column = table.column(&difference.name).map(|column| &table.columns[column]);
    let [of, minus] = [difference.of, difference.minus].map(|key| {
        let code = column.and_then(|column| column.place_of(key));
        of_rows(figure, table, measure, |row| column.map(|column| column.codes[row]) == code)
    });
    let apart = |(of, minus): (&Value, &Value)| match (of.number(), minus.number(), measure) {
        (Some(of), Some(minus), Measure::Step(..) | Measure::StandsFor) => Value::Number(of.max(1.0) / minus.max(1.0)),
        (Some(of), Some(minus), _) => Value::Number(of - minus),
        _ if [of, minus].contains(&&Value::Missing) => Value::Missing,
        _ => Value::Never,
    };
    of.iter().zip(&minus).map(apart).collect()
}

/// Refuses a difference of which no drawn cell has both sides.
///
/// # Errors
/// That.
pub(in crate::output) fn refuse_nothing(request: &MapRequest, values: &[Value]) -> Result<(), MapError> {
    match &request.difference {
        Some(difference) if values.iter().all(|value| *value == Value::Missing) => {
            let [of, minus] = [difference.of, difference.minus].map(|key| labels(&[key]).concat());
            Err(MapError::NoPair { name: difference.name.clone(), of, minus })
        }
        _ => Ok(()),
    }
}

/// The values that follow from those rows alone that are to be `kept`.
fn of_rows(figure: &Figure, table: &MapTable, measure: Measure, kept: impl Fn(usize) -> bool) -> Vec<Value> {
    let cells = Cells { figure, table, kept, whole: Vec::new() }.counted();
    match measure {
        Measure::Fate => cells.fates(),
        Measure::PredictedFate => cells.predicted(),
        Measure::Share(of, Side::Rate) => cells.shares(table.numbers(&of.column())),
        Measure::Share(of, side) => cells.intervals(table.numbers(&of.column()), side),
        Measure::Step(..) => cells.medians(table.numbers(&measure.name())),
        Measure::Count(Counted::AuditDiffers | Counted::AuditDiffersZero) => {
            cells.of_audited(table.numbers(&measure.name()))
        }
        Measure::Count(_) => cells.sums(table.numbers(&measure.name())),
        Measure::Value(_) => cells.values(table.numbers(&measure.name())),
        Measure::StandsFor => cells.least(table.numbers(&measure.name())),
        Measure::Uncut => cells.share_of_rows(table.numbers(&measure.name())),
    }
}

/// What a measure says of a row of a refined table, all of whose cells are known; `None` of a measure that needs more than a row.
pub(in crate::output) fn value_of<'t>(
    table: &'t MapTable,
    measure: Measure,
) -> Option<Box<dyn Fn(usize) -> Value + 't>> {
    let trajectories = table.numbers("trajectories");
    Some(match measure {
        Measure::Share(of, Side::Rate) => {
            let part = table.numbers(&of.column());
            Box::new(move |row| Value::Share(part.get(row).unwrap_or(0), trajectories.get(row).unwrap_or(0)))
        }
        Measure::Fate => {
            let columns = Fate::NAMES.map(|name| table.numbers(name));
            Box::new(move |row| Value::Fate(Fate::commonest(&columns.map(|column| column.get(row).unwrap_or(0)))))
        }
        Measure::Step(..) => {
            let steps = table.numbers(&measure.name());
            Box::new(move |row| steps.get(row).map_or(Value::Never, |step| Value::Number(step as f64)))
        }
        _ => return None,
    })
}

struct Cells<'a, K> {
    figure: &'a Figure,
    table: &'a MapTable,
    kept: K,
    /// Trajectories of each.
    whole: Vec<u64>,
}

impl<'a, K: Fn(usize) -> bool> Cells<'a, K> {
    fn counted(mut self) -> Self {
        self.whole = self.sum_of(self.table.numbers("trajectories"));
        self
    }

    /// The rows with their cells.
    fn rows(&self) -> impl Iterator<Item = (usize, usize)> {
        self.figure.placed_rows().filter(|(row, _)| (self.kept)(*row))
    }

    fn sum_of(&self, numbers: &Numbers) -> Vec<u64> {
        let mut sums = vec![0; self.figure.cells.len()];
        self.rows().for_each(|(row, cell)| sums[cell] += numbers.get(row).unwrap_or(0));
        sums
    }

    /// A value of each cell of which something was run.
    fn of_each(&self, value: impl Fn(usize) -> Value) -> Vec<Value> {
        let counted = self.whole.iter().enumerate();
        counted.map(|(cell, whole)| if *whole == 0 { Value::Missing } else { value(cell) }).collect()
    }

    fn shares(&self, part: &Numbers) -> Vec<Value> {
        let part = self.sum_of(part);
        self.of_each(|cell| Value::Share(part[cell], self.whole[cell]))
    }

    fn sums(&self, numbers: &Numbers) -> Vec<Value> {
        let sums = self.sum_of(numbers);
        self.of_each(|cell| Value::Number(sums[cell] as f64))
    }

    /// Numbers that are not whole, of cells of one row each.
    fn values(&self, numbers: &Numbers) -> Vec<Value> {
        let mut values = self.of_each(|_| Value::Never);
        let known = self.rows().filter_map(|(row, cell)| Some((cell, numbers.value(row)?)));
        known.for_each(|(cell, number)| values[cell] = Value::Number(number.into()));
        values
    }

    fn least(&self, numbers: &Numbers) -> Vec<Value> {
        let mut least = vec![u64::MAX; self.figure.cells.len()];
        let known = self.rows().filter_map(|(row, cell)| Some((cell, numbers.get(row)?)));
        known.for_each(|(cell, number)| least[cell] = least[cell].min(number));
        self.of_each(|cell| Value::Number(least[cell] as f64))
    }

    /// The share of a drawn cell's rows of which something holds.
    fn share_of_rows(&self, numbers: &Numbers) -> Vec<Value> {
        let mut rows = vec![0; self.figure.cells.len()];
        self.rows().for_each(|(_, cell)| rows[cell] += 1);
        let sums = self.sum_of(numbers);
        self.of_each(|cell| Value::Share(sums[cell], rows[cell]))
    }

    /// Of cells of which none was audited nothing is known.
    fn of_audited(&self, numbers: &Numbers) -> Vec<Value> {
        let (sums, audited) = (self.sum_of(numbers), self.sum_of(self.table.numbers("audited")));
        self.of_each(|cell| if audited[cell] > 0 { Value::Number(sums[cell] as f64) } else { Value::Never })
    }

    /// What the 95 % interval says of a share, for the draws of the random axes; nothing where nothing is drawn, or where several cells are
    /// drawn as one: their share is a property of the grid.
    fn intervals(&self, part: &Numbers, side: Side) -> Vec<Value> {
        let (part, drawn) = (self.sum_of(part), self.table.numbers("draws"));
        let mut draws: Vec<Option<Option<u64>>> = vec![None; self.whole.len()];
        for (row, cell) in self.rows() {
            draws[cell] = if draws[cell].is_none() { Some(drawn.get(row)) } else { Some(None) };
        }
        self.of_each(|cell| match draws[cell].flatten() {
            None => Value::Never,
            Some(draws) => {
                let Rate { rate, low, high } = Rate::wilson(part[cell], self.whole[cell], draws);
                Value::Number(match side {
                    Side::Rate => rate,
                    Side::Low => low,
                    Side::High => high,
                    Side::Width => high - low,
                })
            }
        })
    }

    /// The median of the numbers of each cell's rows, the lower of two.
    fn medians(&self, numbers: &Numbers) -> Vec<Value> {
        let mut all: Vec<(usize, u64)> =
            self.rows().filter_map(|(row, cell)| Some((cell, numbers.get(row)?))).collect();
        all.sort_unstable();
        let mut values = self.of_each(|_| Value::Never);
        for own in all.chunk_by(|a, b| a.0 == b.0) {
            let (cell, median) = own[(own.len() - 1) / 2];
            values[cell] = Value::Number(median as f64);
        }
        values
    }

    fn fates(&self) -> Vec<Value> {
        let columns = Fate::NAMES.map(|name| self.table.numbers(name));
        let mut counts = vec![[0; Fate::NAMES.len()]; self.whole.len()];
        for (row, cell) in self.rows() {
            counts[cell].iter_mut().zip(columns).for_each(|(count, column)| *count += column.get(row).unwrap_or(0));
        }
        self.of_each(|cell| Value::Fate(Fate::commonest(&counts[cell])))
    }

    /// The fate that theory predicts for every trajectory of a cell.
    fn predicted(&self) -> Vec<Value> {
        let column = self.table.numbers("predicted_fate");
        let mut found: Vec<Option<Option<u64>>> = vec![None; self.whole.len()];
        for (row, cell) in self.rows() {
            let known = found[cell].get_or_insert(column.get(row));
            if *known != column.get(row) {
                *known = None;
            }
        }
        self.of_each(|cell| {
            let fate = found[cell].flatten().and_then(|fate| Fate::ALL.get(fate as usize));
            fate.map_or(Value::Never, |fate| Value::Fate(*fate))
        })
    }
}
