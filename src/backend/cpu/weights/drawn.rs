//! What a draw of rows makes of the loss, for the lanes in f32, and for the judge in f64.

use crate::model::DrawnRows;

/// A draw of the rows of a model.
pub struct Drawn<'a> {
    pub rows: &'a DrawnRows<'a>,
    pub form: Form,
    /// 1 over the Lipschitz constant of the slopes.
    pub rate: f32,
    /// The largest slope at 0 of a weight that has a penalty, in size.
    pub largest_slope: f64,
}

/// How lanes find their slopes.
pub enum Form {
    /// G w - c: a matrix of as many rows as weights.
    Gram { gram: Vec<f32>, slopes: Vec<f32> },
    /// X' l'(X w): both ways through the rows that count. `back` holds their shares, too.
    Rows { forth: Vec<f32>, back: Vec<f32>, responses: Vec<f32> },
}

impl<'a> Drawn<'a> {
    pub fn new(rows: &'a DrawnRows<'a>) -> Drawn<'a> {
        let lipschitz = rows.lipschitz();
        let rate = if lipschitz > 0.0 { (1.0 / lipschitz) as f32 } else { 1.0 };
        let model = rows.model;
        let at_zero = rows.slopes(&vec![0.0; model.weights()]);
        let penalized = at_zero.iter().zip(&model.factors).filter(|(_, factor)| **factor > 0.0);
        let largest_slope = penalized.map(|(slope, factor)| slope.abs() / f64::from(*factor)).fold(0.0, f64::max);
        Drawn { form: Form::new(rows), rows, rate, largest_slope }
    }
}

impl Form {
    /// The Gram matrix where the loss is a parabola and that has fewer numbers than the rows, both ways.
    fn new(rows: &DrawnRows) -> Form {
        let DrawnRows { model, moments, shares, .. } = rows;
        if model.moments.is_some() || (model.is_parabola() && model.weights() <= 2 * shares.len()) {
            let in_f32 = |values: &[f64]| values.iter().map(|own| *own as f32).collect();
            return Form::Gram { gram: in_f32(&moments.gram), slopes: in_f32(&moments.slopes) };
        }
        let value = |row: usize, place: usize| model.columns[place][row] - moments.means[place];
        let places = 0..model.weights();
        let forth = shares.iter().flat_map(|&(row, _)| places.clone().map(move |place| value(row, place) as f32));
        let back =
            places.clone().flat_map(|place| shares.iter().map(move |&(row, share)| (share * value(row, place)) as f32));
        let responses = shares.iter().map(|&(row, _)| (model.responses[row] - moments.mean_response) as f32);
        Form::Rows { forth: forth.collect(), back: back.collect(), responses: responses.collect() }
    }

    /// Rows that lanes go through on their way to the slopes.
    pub fn rows(&self) -> usize {
        match self {
            Form::Gram { .. } => 0,
            Form::Rows { responses, .. } => responses.len(),
        }
    }
}
