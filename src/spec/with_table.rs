//! A spec once its table is read: with a model, and with numbers where it leaves them to the rows.

use super::{Axis, Choice, LoadedSpec, PathOf, Spacing, SpecError, Starts};
use crate::model::{DrawnRows, Model, Penalized};
use crate::penalty::Penalty;
use std::sync::Arc;

impl LoadedSpec {
    /// Reads the table of a problem of many weights, once, and puts numbers where the spec leaves them to it.
    ///
    /// # Errors
    /// Where the table cannot be read, is not one for the problem, or has no lambda for a path to begin at.
    pub fn with_table(mut self) -> Result<LoadedSpec, SpecError> {
        let Some(own) = self.spec.model.as_ref().filter(|_| self.model.is_none()) else { return Ok(self) };
        let wrong = |message: String, help: Option<&str>| SpecError::without_text(&message, help);
        let mut model = Model::read(self.spec.problems[0].kind, own).map_err(|error| {
            let table = own.rows().map(|rows| &rows.table);
            let help = table.filter(|table| !table.exists() && table.is_relative()).map(|_| {
                let folder = std::env::current_dir().unwrap_or_default();
                format!("a relative path begins at the working directory, {}", folder.display())
            });
            wrong(error.to_string(), help.as_deref())
        })?;
        if let Starts::Drawn(distribution) = own.starts {
            let starts = distribution.starts(&model.names, self.spec.start.values.len());
            model.starts = starts.map_err(|message| wrong(message, None))?;
        }
        if self.spec.report.stability.is_some() && model.factors.iter().all(|factor| *factor == 0.0) {
            let message =
                "`report.stability` is of weights with a penalty, and `problem.penalty_factor` leaves none".to_owned();
            return Err(wrong(message, Some("give a column a factor above 0")));
        }
        let has_path = self.spec.penalties.iter().any(|own| own.parameters.iter().any(Axis::is_path));
        if model.designs.is_some() && has_path {
            let message = "`penalty.lambda` cannot be a path where each draw is a design of its own".to_owned();
            return Err(wrong(message, Some("write geomspace = [first, last, count]")));
        }
        let rows = DrawnRows::whole(&model);
        for penalty in &mut self.spec.penalties {
            let first = first_of_path(&rows, penalty).map_err(|(message, help)| wrong(message, Some(help)))?;
            for (first, path) in first.into_iter().zip(penalty.parameters.iter_mut().find(|axis| axis.is_path())) {
                path.values.iter_mut().for_each(|share| *share = (f64::from(*share) * first) as f32);
                if let Spacing::Path(PathOf::EachDraw(of_table)) = &mut path.spacing {
                    *of_table = first;
                }
            }
        }
        let digest = model.digest.clone();
        self.spec.model.iter_mut().for_each(|own| own.digest = digest.clone());
        self.model = Some(Arc::new(model));
        Ok(self)
    }
}

/// The lambda that a penalty's path begins with, the least at which all weights are 0; `None` where there is no path, and else why there is
/// no such lambda, and what to write.
fn first_of_path(rows: &DrawnRows, penalty: &Choice<&'static Penalty>) -> Result<Option<f64>, (String, &'static str)> {
    if !penalty.parameters.iter().any(Axis::is_path) {
        return Ok(None);
    }
    // What is beside a path is one number: that is made sure of where the spec is read.
    let own: Vec<f32> =
        penalty.parameters.iter().map(|axis| if axis.is_path() { 1.0 } else { axis.values[0] }).collect();
    if rows.null_weights().is_none() {
        let message = "a path of lambda begins where all weights with a penalty are 0 and the others at their best, and these have no best: the loss \
                       falls for ever along them, as where classes part";
        return Err((
            message.to_owned(),
            "leave more columns a penalty, or write lambda = { geomspace = [first, last, count] }",
        ));
    }
    match Penalized::new(rows, penalty.kind, &own).first_of_path() {
        None => {
            let kind = penalty.kind.member.kind;
            let message = format!("no lambda of `{kind}` makes all weights 0, so that no path can begin there");
            Err((message, "write lambda = { geomspace = [first, last, count] }"))
        }
        Some(0.0) => {
            let message = "a path of lambda would begin at 0: no weight has a penalty, or no column with one explains anything of the response";
            Err((
                message.to_owned(),
                "write lambda = { geomspace = [first, last, count] }, or give a column a factor above 0",
            ))
        }
        // f32 must hold the last one, too, which is 1e-9 of the first at the least.
        Some(first) if (1e-25..1e35).contains(&first) => Ok(Some(first)),
        Some(first) => {
            let message = format!("a path of lambda would begin at {first:e}, which f32 cannot reckon with");
            Err((message, "multiply the response, or divide it, by a power of ten"))
        }
    }
}
