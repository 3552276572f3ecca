//! What a draw of rows makes of the loss, for the lanes in f32, and for the judge in f64.

use crate::kernel::{Kernel, Role};
use crate::model::{DrawnRows, Draws, Model, Penalized};
use crate::plan::{Point, Section};
use crate::spec::AUTOMATIC_RATE;

/// A draw of the rows of a model.
pub struct Drawn<'a> {
    pub rows: DrawnRows<'a>,
    pub form: Form,
    /// 1 over the Lipschitz constant of the slopes.
    pub rate: f32,
    /// What residuals are a share of ([`DrawnRows::largest_slope`]).
    pub largest_slope: f64,
    /// What lambda is multiplied by: the first lambda of the draw over that of the whole table, where each draw has a path of its own.
    lambda_scale: f64,
}

/// How lanes find their slopes.
pub enum Form {
    /// G w - c: a matrix of as many rows as weights.
    Gram { gram: Vec<f32>, slopes: Vec<f32> },
    /// X' (shares l'(X w)): both ways through the rows that count. `forth` is row by row, `back` column by column.
    Rows { forth: Vec<f32>, back: Vec<f32>, shares: Vec<f32>, responses: Vec<f32> },
}

impl<'a> Drawn<'a> {
    /// A draw for trajectories of `section`.
    pub fn new(draws: &Draws<'a>, draw: u32, section: &Section) -> Drawn<'a> {
        let rows = DrawnRows::new(draws, draw);
        let lipschitz = rows.lipschitz();
        let rate = if lipschitz > 0.0 { (1.0 / lipschitz) as f32 } else { 1.0 };
        let largest_slope = rows.largest_slope();
        Drawn { form: Form::new(&rows), lambda_scale: lambda_scale(&rows, section), rows, rate, largest_slope }
    }

    /// The penalty at a point of a section of this kernel.
    pub fn penalized(&self, kernel: Kernel, point: &Point) -> Penalized<'_> {
        Penalized::new(&self.rows, kernel.penalty, kernel.values(Role::Penalty, point)).times(self.lambda_scale)
    }

    /// The values of a kernel's parameters at `point`: with the draw's learning rate where none is given, and its own lambda.
    pub fn parameters<'p>(&self, kernel: Kernel, point: &'p Point) -> impl Iterator<Item = f32> + use<'p, '_, 'a> {
        let rate = kernel.own(Role::Optimizer).start;
        let lambda = kernel.penalty.member.place("lambda").map(|place| kernel.own(Role::Penalty).start + place);
        let own = move |(place, value): (usize, &f32)| match place {
            _ if place == rate && *value == AUTOMATIC_RATE => self.rate,
            _ if Some(place) == lambda => (f64::from(*value) * self.lambda_scale) as f32,
            _ => *value,
        };
        point.parameters[..kernel.parameters().count()].iter().enumerate().map(own)
    }

    /// A slope as a share of the largest of the null model; 0 where both are.
    pub fn share(&self, slope: f64) -> f64 {
        if slope == 0.0 { 0.0 } else { slope / self.largest_slope }
    }

    /// The residual at which a trajectory is done; -1 where none is asked for.
    pub fn bound(&self) -> f64 {
        self.rows.model.kkt.map_or(-1.0, |kkt| kkt * self.largest_slope)
    }
}

/// The penalty at a point of a section, on rows that are drawn for it.
pub fn penalized<'r>(rows: &'r DrawnRows<'r>, section: &Section, point: &Point) -> Penalized<'r> {
    let Section { kernel, .. } = section;
    Penalized::new(rows, kernel.penalty, kernel.values(Role::Penalty, point)).times(lambda_scale(rows, section))
}

/// What lambda is multiplied by: the first lambda of these rows over that of the whole table, where each draw has a path of its own; 1 where the
/// rows have none.
pub fn lambda_scale(rows: &DrawnRows, section: &Section) -> f64 {
    let Some(of_table) = section.first_lambda else { return 1.0 };
    let (kernel, point) = (section.kernel, section.at(0));
    let first = Penalized::new(rows, kernel.penalty, kernel.values(Role::Penalty, &point)).first_of_path();
    first.map_or(1.0, |first| first / of_table)
}

impl Form {
    fn new(rows: &DrawnRows) -> Form {
        let DrawnRows { model, moments, shares, .. } = rows;
        let in_f32 = |values: &[f64]| values.iter().map(|own| *own as f32).collect();
        if model.has_gram() {
            return Form::Gram { gram: in_f32(&moments.gram), slopes: in_f32(&moments.slopes) };
        }
        let value = |row: usize, place: usize| (model.columns[place][row] - moments.means[place]) as f32;
        let places = 0..model.weights();
        let forth = shares.iter().flat_map(|&(row, _)| places.clone().map(move |place| value(row, place)));
        let back = places.clone().flat_map(|place| shares.iter().map(move |&(row, _)| value(row, place)));
        let responses = shares.iter().map(|&(row, _)| (model.responses[row] - moments.mean_response) as f32);
        Form::Rows {
            forth: forth.collect(),
            back: back.collect(),
            shares: shares.iter().map(|(_, share)| *share as f32).collect(),
            responses: responses.collect(),
        }
    }

    /// Multiplications that the slopes of a trajectory take in a step.
    pub fn multiplications(model: &Model) -> u64 {
        let across = if model.has_gram() { model.weights() } else { 2 * model.rows() };
        (model.weights() * across) as u64
    }

    /// Rows that lanes go through on their way to the slopes.
    pub fn rows(&self) -> usize {
        match self {
            Form::Gram { .. } => 0,
            Form::Rows { responses, .. } => responses.len(),
        }
    }
}
