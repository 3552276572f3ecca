//! A problem of many weights that a matrix gives.

use super::axis::to_f32;
use super::document::{Node, Value};
use super::error::Fault;
use super::fields::{Fields, list, wrong_value};
use super::model::GROUPS;
use crate::member::Domain;
use crate::model::MAX_WEIGHTS;
use serde_json::{Value as Json, json};

/// The loss 1/2 (w - minimum)' matrix (w - minimum).
#[derive(Clone, Debug, PartialEq)]
pub struct Matrix {
    /// Symmetric and positive semidefinite, row by row.
    pub matrix: Vec<Vec<f64>>,
    pub minimum: Vec<f64>,
}

/// The keys of such a problem beside its kind.
pub(super) const KEYS: [&str; 4] = ["matrix", "minimum", "penalty_factor", GROUPS];

/// What the schema says of the first two.
pub(super) fn schema_of(key: &str) -> Json {
    let numbers = json!({ "type": "array", "minItems": 1, "maxItems": MAX_WEIGHTS, "items": { "type": "number" } });
    match key {
        "matrix" => json!({
            "description": "The second derivatives of the loss, row by row; symmetric and positive semidefinite.",
            "type": "array",
            "minItems": 1,
            "maxItems": MAX_WEIGHTS,
            "items": numbers,
        }),
        _ => json!({ "description": "The weights at which the loss is least.", "allOf": [numbers] }),
    }
}

/// What such a problem is of.
pub(super) fn read_matrix(fields: &Fields) -> Result<Matrix, Fault> {
    let example = || "add a line such as matrix = [[1.0, 0.5], [0.5, 1.0]]".to_owned();
    let node = fields.require("matrix", "the second derivatives of the loss", example)?;
    let rows = list(node, "`problem.matrix`")?;
    let count = rows.len();
    if !(1..=MAX_WEIGHTS).contains(&count) {
        return Err(wrong_value(node, "`problem.matrix`", &format!("a list of 1 to {MAX_WEIGHTS} rows")));
    }
    let matrix = rows
        .iter()
        .enumerate()
        .map(|(row, node)| numbers(node, &format!("row {} of `problem.matrix`", row + 1), count))
        .collect::<Result<Vec<_>, _>>()?;
    refuse_matrix(node, rows, &matrix)?;
    let example = || format!("add a line such as minimum = {:?}", vec![1.0; count.min(3)]);
    let minimum = fields.require("minimum", "the weights at which the loss is least", example)?;
    Ok(Matrix { matrix, minimum: numbers(minimum, "`problem.minimum`", count)? })
}

/// So many numbers that f32 holds.
fn numbers(node: &Node, subject: &str, count: usize) -> Result<Vec<f64>, Fault> {
    let items = match &node.value {
        Value::List(items) if items.len() == count => items,
        _ => return Err(wrong_value(node, subject, &format!("a list of {count} numbers, one a weight"))),
    };
    let number = |item: &Node| {
        let value = item.number().ok_or_else(|| wrong_value(item, &format!("each of {subject}"), "a number"))?;
        let wrong = |wrong| Fault::new(item.place, format!("a number of {subject} {wrong}"));
        to_f32(value, Domain::Finite, || item.found()).map_err(wrong)?;
        Ok(value)
    };
    items.iter().map(number).collect()
}

fn refuse_matrix(node: &Node, rows: &[Node], matrix: &[Vec<f64>]) -> Result<(), Fault> {
    for (row, own) in matrix.iter().enumerate() {
        if let Some(column) = (0..row).find(|column| own[*column] != matrix[*column][row]) {
            let message = format!(
                "`problem.matrix` has {:?} in row {}, column {}, and {:?} in row {}, column {}: it must be symmetric",
                own[column],
                row + 1,
                column + 1,
                matrix[column][row],
                column + 1,
                row + 1
            );
            return Err(Fault::new(rows[row].place, message).help("write the same number in both places"));
        }
        if own[row] == 0.0 && own.iter().all(|value| *value == 0.0) {
            let message =
                format!("row {} of `problem.matrix` is 0, so that the loss does not depend on that weight", row + 1);
            return Err(Fault::new(rows[row].place, message).help("leave it out"));
        }
    }
    if is_semidefinite(matrix.to_vec()) {
        return Ok(());
    }
    let message = "`problem.matrix` is not positive semidefinite: somewhere the loss falls without end";
    Err(Fault::new(node.place, message).help("make its diagonal larger, or what is beside it smaller"))
}

/// Whether a symmetric matrix has no negative eigenvalue, but for rounding: by Cholesky's elimination, the greatest of the diagonal first.
fn is_semidefinite(mut left: Vec<Vec<f64>>) -> bool {
    let greatest = |left: &[Vec<f64>]| (0..left.len()).max_by(|a, b| left[*a][*a].total_cmp(&left[*b][*b]));
    let size = left.iter().flatten().fold(0.0, |most: f64, own| most.max(own.abs()));
    let rounding = 1e-14 * left.len() as f64 * size;
    while let Some(pivot) = greatest(&left) {
        let row = left.swap_remove(pivot);
        if row[pivot] <= rounding {
            return row[pivot] >= -rounding && left.iter().flatten().chain(&row).all(|own| own.abs() <= rounding);
        }
        let mut row = row;
        let bend = row.swap_remove(pivot);
        for other in &mut left {
            let factor = other.swap_remove(pivot) / bend;
            other.iter_mut().zip(&row).for_each(|(own, row)| *own -= factor * row);
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matrices_without_negative_eigenvalues_are_known() {
        let of = |rows: &[&[f64]]| is_semidefinite(rows.iter().map(|row| row.to_vec()).collect());
        assert!(of(&[&[1.0, 0.5], &[0.5, 1.0]]) && of(&[&[1.0, 1.0], &[1.0, 1.0]]) && of(&[&[4.0]]));
        assert!(of(&[&[1.0, 2.0, 3.0], &[2.0, 4.0, 6.0], &[3.0, 6.0, 9.0]]));
        assert!(of(&[&[2.0, -1.0, 0.0], &[-1.0, 2.0, -1.0], &[0.0, -1.0, 2.0]]));
        assert!(!of(&[&[1.0, 1.001], &[1.001, 1.0]]) && !of(&[&[-1e-3]]) && !of(&[&[0.0, 1.0], &[1.0, 0.0]]));
        // Eigenvalues 1 + 2 r and 1 - r.
        for (r, holds) in [(-0.5, true), (-0.5001, false), (1.0, true), (1.0001, false)] {
            assert_eq!(of(&[&[1.0, r, r], &[r, 1.0, r], &[r, r, 1.0]]), holds, "{r}");
        }
    }
}
