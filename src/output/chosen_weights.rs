//! chosen.csv: the weights at the lambdas that held-out loss chooses, of all choices of all else below each other.

use super::coefficients::coordinates_header;
use super::table::{Table, identity};
use super::weight_cells::{CellOfWeights, Coefficient, OfWeight, WeightCells};
use super::{ChosenLambda, HeldOut, Number, Rule};
use crate::plan::Plan;
use crate::statistics::Rate;

/// A row for each weight at each of these lambdas; of a lambda that both rules choose, one for each rule. `plan` is the one by weight.
///
/// # Panics
/// If the plan has no model.
pub fn chosen_csv(chosen: &[ChosenLambda], cells: &WeightCells, plan: &Plan) -> Vec<u8> {
    let model = plan.model.as_ref().expect("a plan that counts weights should have a model");
    let mut table = Table::default();
    coordinates_header(plan, &mut table);
    ["rule", "weight"].iter().for_each(|name| table.field(name));
    model.groups.names.first().iter().for_each(|_| table.field("group"));
    model.truth.iter().for_each(|_| table.field("truth"));
    let told = ["trajectories", "draws", "diverged", "zero_rate", "zero_rate_low", "zero_rate_high"];
    let values = ["mean", "p10", "p50", "p90", "held_out_loss", "held_out_loss_error"];
    told.iter().chain(&values).for_each(|name| table.field(name));
    table.end_row();
    let all = chosen.iter().flat_map(|own| Rule::ALL.map(|rule| (own, rule)));
    let found = all.filter_map(|(own, rule)| {
        let held_out = own.by(rule);
        Some((rule, held_out, &cells.cells[cells.place(&own.of, held_out.lambda)?]))
    });
    for (rule, held_out, cell) in found {
        rows(plan, rule, held_out, cell, &mut table);
    }
    table.finish()
}

/// The rows of a cell.
fn rows(plan: &Plan, rule: Rule, held_out: &HeldOut, cell: &CellOfWeights, table: &mut Table) {
    let Some(model) = &plan.model else { return };
    let mut own = plan.cell(cell.first);
    own.coordinates.pop();
    for (weight, OfWeight { trajectories, draws, diverged, coefficient, .. }) in cell.weights.iter().enumerate() {
        identity(&own, table);
        table.field(rule.name());
        table.field(&model.names[weight]);
        model.groups.names.get(weight).iter().for_each(|group| table.field(group));
        model.truth.iter().for_each(|truth| table.field(Number(truth[weight] as f32)));
        table.field(trajectories);
        table.optional(*draws);
        table.field(diverged);
        let Rate { rate, low, high } = cell.weights[weight].zero_rate();
        [rate, low, high].iter().for_each(|rate| table.field(format_args!("{rate:.6}")));
        let values = coefficient.map(|Coefficient { mean, p10, p50, p90 }| [mean, p10, p50, p90]);
        (0..4).for_each(|place| table.optional(values.map(|values| Number(values[place]))));
        table.field(Number(held_out.loss as f32));
        table.optional(held_out.error.map(|error| Number(error as f32)));
        table.end_row();
    }
}
