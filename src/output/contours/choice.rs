//! Which cells of a plan with two weights have a panel, and which of their trajectories are drawn.

use crate::output::map_table::{MapTable, key_of};
use crate::plan::Plan;
use crate::spec::Key;
use std::collections::BTreeMap;

/// The most choices of all but lambda that have panels, and how many lambdas each has: fewer, where the choices are many.
const MOST_SETTINGS: usize = 6;
const FEW_SETTINGS: usize = 3;
const LAMBDAS: [usize; 2] = [4, 3];

/// The most trajectories of a panel.
const MOST_COURSES: usize = 8;

/// Trajectories of a cell that are looked at.
const MOST_LOOKED_AT: u64 = 1 << 12;

/// A cell that has a panel.
pub struct ChosenCell {
    /// What it has in the columns of the table.
    pub keys: Vec<Key>,
    /// The place of its section.
    pub section: usize,
    /// Trajectories of the first draw of rows in that section of [`Plan::by_draw`], which differ in their starts alone.
    pub locals: Vec<u64>,
}

/// Cells that have panels, in the order of these, and how many choices of all but lambda there are, and are among them.
pub struct Choice {
    pub cells: Vec<ChosenCell>,
    pub settings: [usize; 2],
}

/// Of each choice of all but lambda some lambdas from the least to the greatest, evenly spread over those that there are.
pub fn choose(plan: &Plan, by_draw: &Plan, table: &MapTable) -> Choice {
    let lambda = table.column("penalty.lambda");
    let mut places: BTreeMap<Vec<Key>, usize> = BTreeMap::new();
    let mut settings: Vec<Vec<(Key, ChosenCell)>> = Vec::new();
    // What moves factors of a weight has a penalty of these, and not of the weight; what a cell shares among sections is none's alone.
    let sections = plan.sections.iter().enumerate();
    for (number, section) in sections.filter(|(_, own)| own.first_place == 0 && !own.kernel.moves_factors()) {
        let pool = by_draw.sections[number].pool;
        for cell in 0..section.cells {
            let told = plan.cell(section.first_cell + cell);
            let keys: Vec<Key> = table.columns.iter().map(|own| key_of(plan, &told, &own.name)).collect();
            let is_own = |place: &usize| Some(*place) != lambda && !table.columns[*place].follows;
            let setting: Vec<Key> = (0..keys.len()).filter(is_own).map(|place| keys[place]).collect();
            let next = settings.len();
            let place = *places.entry(setting).or_insert(next);
            if place == next {
                settings.push(Vec::new());
            }
            let own = lambda.map_or(Key::Absent, |lambda| keys[lambda]);
            let first = cell * pool;
            settings[place].push((own, ChosenCell { keys, section: number, locals: vec![first] }));
        }
    }
    let all = settings.len();
    let lambdas = LAMBDAS[usize::from(all > FEW_SETTINGS)];
    let mut cells = Vec::new();
    for mut setting in spread(settings, MOST_SETTINGS) {
        setting.sort_by_key(|(lambda, _)| *lambda);
        cells.extend(spread(setting, lambdas).into_iter().map(|(_, cell)| cell));
    }
    for cell in &mut cells {
        let section = &by_draw.sections[cell.section];
        let (first, looked_at) = (cell.locals[0], section.pool.min(MOST_LOOKED_AT));
        let parameters = section.at(first).parameters;
        let is_like = |local: &u64| section.at(*local).parameters == parameters;
        cell.locals = spread((first..first + looked_at).filter(is_like).collect(), MOST_COURSES);
    }
    Choice { cells, settings: [all, all.min(MOST_SETTINGS)] }
}

/// At the most so many, evenly spread.
fn spread<T>(all: Vec<T>, most: usize) -> Vec<T> {
    let count = all.len();
    if count <= most {
        return all;
    }
    let places: Vec<usize> = (0..most).map(|place| (2 * place + 1) * count / (2 * most)).collect();
    all.into_iter().enumerate().filter(|(place, _)| places.contains(place)).map(|(_, own)| own).collect()
}
