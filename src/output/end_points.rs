//! The table of end points, end_points.csv: where the trajectories of a draw of rows come to from different starts, and how good that is.

use super::Number;
use super::coefficients::coordinates_header;
use super::table::{Table, identity};
use crate::model::{END_NUMBERS, MEASURES, MOST_END_POINTS};
use crate::plan::Plan;
use crate::statistics::{Spread, Summary};

/// Whether trajectories of some cell differ in their starts alone.
pub fn has_end_points(plan: &Plan) -> bool {
    plan.model.is_some() && plan.sections.iter().any(|section| section.starts().is_some())
}

pub(super) fn header(plan: &Plan, table: &mut Table) {
    coordinates_header(plan, table);
    let own = ["end_point", "draws", "trajectories", "share", "support_mean", "objective_mean", "gap_mean", "gap_max"];
    own.iter().for_each(|name| table.field(name));
    table.end_row();
}

/// The rows of a cell, which is one of all weights together: a row for the best end point of each draw, for the next best, and so on.
pub(super) fn rows(plan: &Plan, place: u64, summary: &Summary, table: &mut Table) {
    let spreads = summary.spreads.get(MEASURES..).unwrap_or_default();
    for (rank, own) in spreads.chunks_exact(END_NUMBERS).enumerate() {
        let [count, support, objective, gap, gap_max] = own else { unreachable!("chunks should be of that length") };
        let mut cell = plan.cell(place);
        cell.coordinates.pop();
        identity(&cell, table);
        if rank < MOST_END_POINTS {
            table.field(rank + 1)
        } else {
            table.field("others")
        }
        let trajectories = (count.mean * count.count as f64).round();
        table.field(count.count);
        table.field(trajectories);
        table.field(format_args!("{:.6}", trajectories / summary.trajectories as f64));
        let mean = |spread: &Spread| Number(spread.mean as f32);
        [support, objective, gap].iter().for_each(|own| table.field(mean(own)));
        table.field(Number(gap_max.greatest));
        table.end_row();
    }
}
