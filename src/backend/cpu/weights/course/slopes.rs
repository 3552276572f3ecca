//! The slopes of the loss at the places of many trajectories.

use super::super::product::PRODUCT;
use super::{Course, PARTIES, PARTY};
use crate::backend::weights::Form;
use crate::lanes::{LANES, Lane};
use crate::model::Model;
use std::ops::Range;

/// What the draw of each party makes of the loss; `None` where the party has none.
pub type Forms<'a> = [Option<&'a Form>; PARTIES];

impl Course {
    /// The slopes of the loss at the places of all lanes that have a draw.
    pub(super) fn find_slopes(&mut self, model: &Model, forms: &Forms) {
        let Course { vectors, places, slopes, predictors, scratch, .. } = self;
        // SAFETY: whoever names instructions has them of `Vectors::available`.
        let product = |matrix: &[f32], columns: &[Lane<f32>], rows: &mut [Lane<f32>], lanes: &Range<usize>| unsafe {
            PRODUCT.get(*vectors)(matrix, columns, rows, lanes.clone());
        };
        let mut most_rows = 0;
        for (lanes, form) in together(forms) {
            match form {
                Form::Gram { gram, slopes: at_zero } => {
                    product(gram, places, slopes, &lanes);
                    for (slope, at_zero) in slopes.iter_mut().zip(at_zero) {
                        slope[lanes.clone()].iter_mut().for_each(|own| *own -= at_zero);
                    }
                }
                Form::Rows { forth, .. } => {
                    most_rows = most_rows.max(form.rows());
                    predictors.resize(predictors.len().max(most_rows), [0.0; LANES]);
                    product(forth, places, &mut predictors[..form.rows()], &lanes);
                }
            }
        }
        if most_rows == 0 {
            return;
        }
        // What a row of each party makes of its predictor: of all lanes together, as all are of one kind.
        let mut own: Vec<Lane<f32>> = model.of_rows.own.iter().map(|own| [own.unwrap_or_default(); LANES]).collect();
        let of_response = model.of_rows.own.iter().position(Option::is_none);
        let mut share_of = [0.0; LANES];
        for (row, predictor) in predictors[..most_rows].iter_mut().enumerate() {
            for (lanes, form) in together(forms) {
                let Form::Rows { shares, responses, .. } = form else { continue };
                let (Some(share), Some(response)) = (shares.get(row), responses.get(row)) else { continue };
                of_response.into_iter().for_each(|place| own[place][lanes.clone()].fill(*response));
                share_of[lanes].fill(*share);
            }
            scratch.weight.w = *predictor;
            model.problem.slope.run(*vectors, &mut scratch.weight, &mut scratch.terms, &own);
            *predictor = std::array::from_fn(|lane| share_of[lane] * scratch.terms.slope[lane]);
        }
        for (lanes, form) in together(forms) {
            let Form::Rows { back, .. } = form else { continue };
            product(back, &predictors[..form.rows()], slopes, &lanes);
        }
    }
}

/// The forms, each with the lanes of the parties beside each other that have it.
#[inline(always)]
fn together<'a>(forms: &Forms<'a>) -> impl Iterator<Item = (Range<usize>, &'a Form)> {
    let mut party = 0;
    std::iter::from_fn(move || {
        loop {
            let first = party;
            let form = *forms.get(first)?;
            party += 1;
            let Some(form) = form else { continue };
            while forms.get(party).is_some_and(|next| next.is_some_and(|next| std::ptr::eq(next, form))) {
                party += 1;
            }
            return Some((first * PARTY..party * PARTY, form));
        }
    })
}
