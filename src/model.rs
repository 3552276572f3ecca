//! Problems of many weights, ready to run: the rows of a table or a design as numbers, and what a draw of them makes of the loss.
//!
//! The loss is a mean over rows, L(w) = 1/n sum over i of m_i l(b + x_i w, y_i), n = sum of m_i, where l is the loss of one weight at the row's linear
//! predictor ([`OfRows`]), m_i says how often the row counts, and b is an intercept that no penalty is on. Columns are centred and
//! divided by their standard deviations (ddof 0) once, over the whole table: a draw of rows does not change what a coefficient
//! means. Where l is a square, the intercept is eliminated (rows are centred in each draw), else it is the last weight.

mod certificate;
mod design;
mod draw;
mod end_points;
mod groups;
mod judge;
mod moments;
mod rows;
mod table;

pub use certificate::{Mistakes, Penalized};
pub use design::DrawnDesign;
pub use draw::Draws;
pub use end_points::{END_NUMBERS, End, EndPoint, MOST_END_POINTS, end_points};
pub use groups::Groups;
pub use judge::JUDGED_TO;
pub use moments::Moments;
pub(crate) use moments::dot;
pub use rows::DrawnRows;
pub use table::{MAX_ROWS, TableError, TableFile};

use crate::penalty::Penalty;
use crate::problem::{Curvature, OfRows, Problem, Response};
use crate::spec::{Design, Matrix, Method, ModelSpec, Over, Resample, Rows, Starts};
use std::collections::HashSet;
use table::suggest;

/// The most weights of a problem.
pub const MAX_WEIGHTS: usize = 512;

/// What is measured of a trajectory of many weights, in the order of its tally.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measured {
    /// How many weights are not zero and have a penalty.
    Support,
    /// Steps taken.
    Steps,
    /// Loss and penalty together.
    Objective,
    /// The optimality residual, as a share of the largest slope of the null model.
    Residual,
    /// The duality gap, where it is known.
    Gap,
    /// The mean loss of the rows that a draw leaves out, where it does.
    HeldOutLoss,
    /// 1 where the weights that are not zero are those of the truth, else 0; where that is known.
    Recovered,
    /// Weights that are not zero here, and zero in truth.
    FalseSelections,
    /// Weights that are zero here, and not in truth.
    Missed,
    /// The distance from the true weights, as a share of their length.
    Error,
    /// 1 where that is at most [`ACCURATE`], else 0.
    Accurate,
    /// The learning rate of the last step.
    LearningRate,
}

/// How many there are.
pub const MEASURES: usize = 12;

/// The error up to which weights are the true ones but for what the penalty takes off them.
pub const ACCURATE: f64 = 0.1;

impl Measured {
    pub const ALL: [Measured; MEASURES] = [
        Measured::Support,
        Measured::Steps,
        Measured::Objective,
        Measured::Residual,
        Measured::Gap,
        Measured::HeldOutLoss,
        Measured::Recovered,
        Measured::FalseSelections,
        Measured::Missed,
        Measured::Error,
        Measured::Accurate,
        Measured::LearningRate,
    ];

    /// How the names of its columns begin.
    pub fn name(self) -> &'static str {
        match self {
            Measured::Support => "support",
            Measured::Steps => "steps",
            Measured::Objective => "objective",
            Measured::Residual => "residual",
            Measured::Gap => "gap",
            Measured::HeldOutLoss => "held_out_loss",
            Measured::Recovered => "recovered",
            Measured::FalseSelections => "false_selections",
            Measured::Missed => "missed",
            Measured::Error => "error",
            Measured::Accurate => "accurate",
            Measured::LearningRate => "learning_rate",
        }
    }

    /// Whether it is measured against the true weights.
    pub fn needs_truth(self) -> bool {
        matches!(
            self,
            Measured::Recovered | Measured::FalseSelections | Measured::Missed | Measured::Error | Measured::Accurate
        )
    }
}

/// The name of the intercept, where it is a weight.
pub const INTERCEPT: &str = "(intercept)";

/// Why there is no model.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    #[error(transparent)]
    Table(#[from] TableError),
    #[error("{table}: {what}")]
    Unfit { table: String, what: String },
}

/// A problem of many weights.
#[derive(Clone, Debug)]
pub struct Model {
    pub problem: &'static Problem,
    pub of_rows: OfRows,
    /// One a weight, in the order of the table; the intercept last, where it is one.
    pub names: Vec<String>,
    /// What lambda is multiplied by, one a weight; 0 for the intercept.
    pub factors: Vec<f32>,
    /// The groups that some penalties take together, and what all others have: each weight alone.
    pub groups: Groups,
    pub alone: Groups,
    /// What the table's columns were before: a coefficient of the column itself is the weight over `scale`.
    pub centers: Vec<f64>,
    pub scales: Vec<f64>,
    /// The values of each weight's column, row by row; 1 for the intercept.
    pub columns: Vec<Vec<f64>>,
    pub responses: Vec<f64>,
    /// How often each row counts.
    pub counts: Vec<u32>,
    /// The weights behind the responses, where they are known.
    pub truth: Option<Vec<f64>>,
    /// What each draw is a design of, with rows and true weights of its own; there are no others then.
    pub designs: Option<Design>,
    /// What stands for rows, where there are none.
    pub moments: Option<Moments>,
    /// The group of each row, where rows of one stay together: its number in the order of their appearance.
    pub row_groups: Option<Vec<u32>>,
    /// Whether rows are centred in each draw, so that the intercept needs no weight.
    pub centred: bool,
    pub resample: Resample,
    /// Where the weights start, one list a start, by its number; none where they start alike, or where their draw says.
    pub starts: Vec<Vec<f32>>,
    /// What of their draw they start at; `None` where it is nothing of that.
    pub starts_of_draw: Option<Starts>,
    /// A trajectory is done where its residual is at most this share of the largest slope of the null model.
    pub kkt: Option<f64>,
    /// SHA-256 of the table's file.
    pub digest: String,
}

impl Model {
    /// The model of `spec`, whose table is read where it has one.
    ///
    /// # Errors
    /// Where that cannot be read, or is not one for `problem`.
    ///
    /// # Panics
    /// If `problem` is one of a single weight.
    pub fn read(problem: &'static Problem, spec: &ModelSpec) -> Result<Model, ModelError> {
        let of_rows = problem.of_rows.expect("a model should be of a problem of many weights");
        match &spec.over {
            Over::Rows(rows) => Model::over(problem, of_rows, spec, rows),
            Over::Design(design) => Model::of_design(problem, of_rows, spec, design),
            Over::Matrix(matrix) => Model::of_matrix(problem, of_rows, spec, matrix),
        }
    }

    fn of_matrix(
        problem: &'static Problem,
        of_rows: OfRows,
        spec: &ModelSpec,
        Matrix { matrix, minimum }: &Matrix,
    ) -> Result<Model, ModelError> {
        let unfit = |what: String| ModelError::Unfit { table: "problem.matrix".to_owned(), what };
        let model = Model::numbered(problem, of_rows, spec, minimum.len()).map_err(unfit)?;
        Ok(Model { moments: Some(Moments::of_matrix(matrix, minimum)), ..model })
    }

    fn of_design(
        problem: &'static Problem,
        of_rows: OfRows,
        spec: &ModelSpec,
        design: &Design,
    ) -> Result<Model, ModelError> {
        let unfit = |what: String| ModelError::Unfit { table: "problem.design".to_owned(), what };
        let model = Model::numbered(problem, of_rows, spec, design.columns).map_err(unfit)?;
        if spec.resample.method == Method::Designs {
            return Ok(Model { designs: Some(design.clone()), ..model });
        }
        let (rows, _) = design.pair(0);
        let counts = vec![1; rows];
        refuse_too_few_rows(spec.resample, &counts).map_err(unfit)?;
        let DrawnDesign { columns, responses, truth } = design.drawn(of_rows.response, 0, None).map_err(unfit)?;
        refuse_responses(of_rows.response, &responses, &counts)
            .map_err(|what| unfit(format!("the response {what}")))?;
        Ok(Model { columns, responses, counts, truth: Some(truth), ..model })
    }

    /// That of weights with numbers for names, without rows or what stands for them.
    fn numbered(problem: &'static Problem, of_rows: OfRows, spec: &ModelSpec, weights: usize) -> Result<Model, String> {
        let names: Vec<String> = (1..=weights).map(|number| format!("w{number}")).collect();
        let factors = factors(&names, spec)?;
        Ok(Model {
            problem,
            of_rows,
            groups: Groups::new(&names, &factors, &spec.groups)?,
            alone: Groups::alone(&factors),
            names,
            starts_of_draw: starts_of_draw(spec.starts, &factors),
            factors,
            centers: vec![0.0; weights],
            scales: vec![1.0; weights],
            columns: Vec::new(),
            responses: Vec::new(),
            counts: Vec::new(),
            truth: None,
            row_groups: None,
            designs: None,
            moments: None,
            centred: false,
            resample: spec.resample,
            starts: Vec::new(),
            kkt: spec.kkt,
            digest: String::new(),
        })
    }

    /// That over the rows of a table.
    fn over(problem: &'static Problem, of_rows: OfRows, spec: &ModelSpec, rows: &Rows) -> Result<Model, ModelError> {
        let file = TableFile::open(&rows.table)?;
        let shown = rows.table.display().to_string();
        let unfit = |what: String| ModelError::Unfit { table: shown.clone(), what };
        let chosen = choose(&file, rows)?;
        if chosen.columns.is_empty() {
            return Err(unfit("no column is left to explain the response".to_owned()));
        }
        let centred = rows.intercept && of_rows.curvature == Curvature::Constant;
        let has_intercept_weight = rows.intercept && !centred;
        let most = MAX_WEIGHTS - usize::from(has_intercept_weight);
        if chosen.columns.len() > most {
            let count = chosen.columns.len();
            let beside = if has_intercept_weight { " beside the intercept" } else { "" };
            return Err(unfit(format!(
                "{count} columns explain the response, and {most} are the most{beside}; choose some with problem.columns"
            )));
        }
        let wanted: Vec<usize> =
            chosen.columns.iter().copied().chain([chosen.response]).chain(chosen.row_weights).collect();
        let mut values = file.read(&wanted)?;
        let counts = match chosen.row_weights {
            Some(_) => {
                whole_counts(&values.pop().expect("a column of row weights should have been read")).map_err(|what| {
                    unfit(format!("column {:?} {what}", rows.row_weights.as_deref().unwrap_or_default()))
                })?
            }
            None => vec![1; values[0].len()],
        };
        let row_groups = chosen.group.map(|group| file.groups(group)).transpose()?;
        refuse_too_few_rows(spec.resample, &counts).map_err(&unfit)?;
        refuse_too_few_groups(spec.resample, rows, &counts, row_groups.as_deref()).map_err(&unfit)?;
        let responses = values.pop().expect("a response should have been read");
        refuse_responses(of_rows.response, &responses, &counts)
            .map_err(|what| unfit(format!("the response {:?} {what}", rows.response)))?;
        let mut names: Vec<String> = chosen.columns.iter().map(|&column| file.names()[column].clone()).collect();
        let mut factors = factors(&names, spec).map_err(&unfit)?;
        let (mut centers, mut scales) = (vec![0.0; names.len()], vec![1.0; names.len()]);
        for (place, column) in values.iter_mut().enumerate() {
            let (center, scale) = center_and_scale(column, &counts);
            if scale == 0.0 {
                let is_tiny =
                    column.iter().all(|value| value.abs() < 1e-150) && column.iter().any(|value| *value != 0.0);
                let what = if is_tiny {
                    "has values too small to square; multiply them"
                } else {
                    "has the same value in every row; exclude it"
                };
                return Err(unfit(format!("column {:?} {what}", names[place])));
            }
            if !scale.is_finite() {
                return Err(unfit(format!("column {:?} has values too large to square; divide them", names[place])));
            }
            if rows.standardize {
                column.iter_mut().for_each(|value| *value = (*value - center) / scale);
                (centers[place], scales[place]) = (center, scale);
            }
        }
        if has_intercept_weight {
            if names.iter().any(|name| name == INTERCEPT) {
                return Err(unfit(format!("a column has the intercept's name, {INTERCEPT:?}; rename or exclude it")));
            }
            names.push(INTERCEPT.to_owned());
            values.push(vec![1.0; responses.len()]);
            factors.push(0.0);
            centers.push(0.0);
            scales.push(1.0);
        }
        let digest = file.digest().to_owned();
        let (resample, kkt) = (spec.resample, spec.kkt);
        Ok(Model {
            problem,
            of_rows,
            groups: Groups::new(&names, &factors, &spec.groups).map_err(&unfit)?,
            alone: Groups::alone(&factors),
            names,
            starts_of_draw: starts_of_draw(spec.starts, &factors),
            factors,
            centers,
            scales,
            columns: values,
            responses,
            counts,
            truth: None,
            designs: None,
            moments: None,
            row_groups,
            centred,
            resample,
            starts: Vec::new(),
            kkt,
            digest,
        })
    }

    /// How many weights there are.
    pub fn weights(&self) -> usize {
        self.names.len()
    }

    pub fn rows(&self) -> usize {
        self.responses.len()
    }

    /// The groups that a penalty takes together: each weight alone but of penalties over groups.
    pub fn groups_of(&self, penalty: &Penalty) -> &Groups {
        if penalty.over_groups.is_some() { &self.groups } else { &self.alone }
    }

    /// The groups that have names, with those of their weights.
    pub fn named_groups(&self) -> Vec<(&str, Vec<&str>)> {
        let name = |weights: &[usize]| self.groups.names.get(weights[0]).filter(|name| !name.is_empty());
        let names = |weights: &[usize]| weights.iter().map(|weight| self.names[*weight].as_str()).collect();
        self.groups.iter().filter_map(|(weights, _)| Some((name(weights)?.as_str(), names(weights)))).collect()
    }

    /// The seed of its draws.
    pub fn seed(&self) -> u64 {
        self.designs.as_ref().map_or(self.resample.seed, |design| design.seed)
    }

    /// Draws of rows, of all designs.
    pub fn draws(&self) -> u64 {
        u64::from(self.resample.count) * self.designs.as_ref().map_or(1, |design| design.pairs() as u64)
    }

    /// Whether its rows are those of every draw, more or less often.
    pub fn has_rows(&self) -> bool {
        self.moments.is_none() && self.designs.is_none()
    }

    /// Whether true weights are known.
    pub fn has_truth(&self) -> bool {
        self.truth.is_some() || self.designs.is_some()
    }

    /// Whether slopes come from the Gram matrix: where the loss is a parabola and that has fewer numbers than the rows, both ways.
    pub fn has_gram(&self) -> bool {
        !self.has_rows() || (self.is_parabola() && self.weights() <= 2 * self.rows())
    }

    /// Whether the loss is a parabola, which the moments of rows say all of.
    pub fn is_parabola(&self) -> bool {
        self.of_rows.curvature == Curvature::Constant
    }
}

/// Where a draw has its weights start, if that is not the same in all: the null model of weights that all have a penalty is 0.
fn starts_of_draw(starts: Starts, factors: &[f32]) -> Option<Starts> {
    let is_zero = starts == Starts::NullModel && factors.iter().all(|factor| *factor > 0.0);
    (starts.word().is_some() && !is_zero).then_some(starts)
}

/// What lambda is multiplied by, for weights of these names.
fn factors(names: &[String], spec: &ModelSpec) -> Result<Vec<f32>, String> {
    let mut factors = vec![1.0; names.len()];
    for (name, factor) in &spec.penalty_factor {
        let Some(place) = names.iter().position(|own| own == name) else {
            return Err(unknown("penalty_factor", name, names));
        };
        factors[place] = *factor;
    }
    Ok(factors)
}

/// What is wrong with a name under `problem` that is none of these.
fn unknown(key: &str, name: &str, names: &[String]) -> String {
    format!("problem.{key} names {name:?}, which explains nothing here; {}", suggest(name, names))
}

/// Every draw must hold rows, and leave them where parts are left out.
fn refuse_too_few_rows(resample: Resample, counts: &[u32]) -> Result<(), String> {
    let rows = counts.iter().filter(|count| **count > 0).count();
    let least = resample.least_rows();
    if rows < least.max(2) {
        let count = if rows == 1 { "row counts" } else { "rows count" };
        return Err(format!("{rows} {count}, and {} are the least here", least.max(2)));
    }
    Ok(())
}

/// Every fold must hold a group.
fn refuse_too_few_groups(
    resample: Resample,
    spec: &Rows,
    counts: &[u32],
    groups: Option<&[u32]>,
) -> Result<(), String> {
    let Some(groups) = groups else { return Ok(()) };
    let least = resample.least_rows();
    let own: HashSet<u32> = groups.iter().zip(counts).filter(|(_, count)| **count > 0).map(|(own, _)| *own).collect();
    if own.len() >= least {
        return Ok(());
    }
    let column = spec.group.as_deref().unwrap_or_default();
    let values = if own.len() == 1 { "a single value" } else { &format!("{} values", own.len()) };
    Err(format!("the group {column:?} has {values}, and each of {least} folds needs one; ask for fewer folds"))
}

/// The columns that a spec names, by their places in the table.
struct Chosen {
    columns: Vec<usize>,
    response: usize,
    row_weights: Option<usize>,
    group: Option<usize>,
}

fn choose(file: &TableFile, spec: &Rows) -> Result<Chosen, ModelError> {
    let response = file.column(&spec.response)?;
    let row_weights = spec.row_weights.as_deref().map(|name| file.column(name)).transpose()?;
    let group = spec.group.as_deref().map(|name| file.column(name)).transpose()?;
    let exclude: Vec<usize> = spec.exclude.iter().map(|name| file.column(name)).collect::<Result<_, _>>()?;
    let unfit = |column: usize, what: &str| ModelError::Unfit {
        table: spec.table.display().to_string(),
        what: format!("column {:?} cannot {what}", file.names()[column]),
    };
    if let Some(group) = group.filter(|group| [Some(response), row_weights].contains(&Some(*group))) {
        return Err(unfit(group, "be the group and the response, or a row weight"));
    }
    let has_role = |column: &usize| [Some(response), row_weights, group].contains(&Some(*column));
    let columns: Vec<usize> = match &spec.columns {
        Some(names) => names.iter().map(|name| file.column(name)).collect::<Result<_, _>>()?,
        None => (0..file.names().len()).filter(|own| !has_role(own) && !exclude.contains(own)).collect(),
    };
    if let Some(column) = columns.iter().find(|column| has_role(column)) {
        return Err(unfit(*column, "explain the response and be it, a row weight or the group"));
    }
    Ok(Chosen { columns, response, row_weights, group })
}

/// Row weights as whole numbers.
fn whole_counts(values: &[f64]) -> Result<Vec<u32>, String> {
    const MOST: f64 = 65_536.0;
    let whole = |(row, value): (usize, &f64)| match *value {
        value if value.fract() == 0.0 && (0.0..=MOST).contains(&value) => Ok(value as u32),
        value => Err(format!("has {value:?} in row {}, and a row weight is a whole number from 0 to {MOST}", row + 1)),
    };
    values.iter().enumerate().map(whole).collect()
}

fn refuse_responses(response: Response, values: &[f64], counts: &[u32]) -> Result<(), String> {
    let mut counted = values.iter().zip(counts).filter(|(_, count)| **count > 0).map(|(value, _)| *value);
    if response == Response::Classes
        && let Some(row) = values.iter().position(|value| *value != 0.0 && *value != 1.0)
    {
        return Err(format!("has {:?} in row {}, and a class is 0 or 1", values[row], row + 1));
    }
    if response == Response::Counts
        && let Some(row) = values.iter().position(|value| *value < 0.0)
    {
        return Err(format!("has {:?} in row {}, and a count is 0 or more", values[row], row + 1));
    }
    const MOST: f64 = 1e15;
    if let Some(row) = values.iter().position(|value| value.abs() > MOST) {
        return Err(format!(
            "has {:?} in row {}, and squares of more than {MOST:e} are too large; divide it",
            values[row],
            row + 1
        ));
    }
    let first = counted.next();
    if counted.all(|value| Some(value) == first) {
        let what = if response == Response::Classes { "a single class" } else { "the same value" };
        return Err(format!("has {what} in every row, so that there is nothing to explain"));
    }
    Ok(())
}

/// The mean of a column and its standard deviation (ddof 0), over the rows as often as they count. A constant column has 0.
fn center_and_scale(column: &[f64], counts: &[u32]) -> (f64, f64) {
    let total: f64 = counts.iter().map(|&count| f64::from(count)).sum();
    let mean_of = |value: &dyn Fn(f64) -> f64| {
        column.iter().zip(counts).map(|(own, &count)| value(*own) * f64::from(count)).sum::<f64>() / total
    };
    let rough = mean_of(&|own| own);
    // The rounding of a large mean would make a constant column vary.
    let center = rough + mean_of(&|own| own - rough);
    let scale = mean_of(&|own| (own - center) * (own - center)).sqrt();
    let size = column.iter().fold(0.0, |most: f64, own| most.max(own.abs()));
    (center, if scale <= 1e-13 * size { 0.0 } else { scale })
}
