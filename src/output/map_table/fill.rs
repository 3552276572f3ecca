//! The cells of a refined sweep: those that were run, and those that they stand for.

use super::{Fill, MapTable, Numbers, Run, read::CellsError};
use crate::kernel::Kernel;
use crate::output::caption::named;
use crate::output::cells::{CELL, STANDS_FOR, UNCUT, places};
use crate::plan::{Plan, Section, kinds};
use crate::refine::Panels;
use crate::spec::{Key, Only, Refine, visit};
use std::sync::Arc;

/// The row of a cell that nothing stands for.
const NONE: u32 = u32::MAX;

/// What audits found is of the cells alone that were run.
const OF_RUNS: [&str; 3] = ["audited", "audit_differs", "audit_differs_zero"];

/// The columns, beside those that pictures ask for, that say what a row stands for.
pub(super) fn columns(refine: &Refine) -> Vec<String> {
    [CELL, STANDS_FOR, UNCUT]
        .map(str::to_owned)
        .into_iter()
        .chain(refine.along.iter().flat_map(|path| places(path)))
        .collect()
}

impl MapTable {
    /// The table of all cells of `plan` that have the values of `only`, made from that of those that were run.
    pub(super) fn filled(self, plan: &Plan, refine: &Refine, only: &[Only]) -> Result<MapTable, CellsError> {
        let (owners, runs) = self.owners(plan, refine)?;
        let missing = owners.iter().filter(|row| **row == NONE).count() as u64;
        if missing > 0 {
            return Err(CellsError::TooFew { found: plan.cells - missing, cells: plan.cells });
        }
        let uncut = (0..self.rows).filter(|row| self.numbers(UNCUT).get(*row) == Some(1)).count();
        let mut filled = MapTable { rows: 0, run: Some(Run { cells: self.rows, uncut }), ..self };
        filled.columns.iter_mut().for_each(|column| column.codes.clear());
        let mut fill = Fill::default();
        for sharing in plan.sections.chunk_by(|a, b| a.first_cell == b.first_cell) {
            filled.add_cells(plan, &sharing[0], only, |cell| {
                let row = owners[cell as usize];
                fill.rows.push(row);
                fill.is_run.push(runs[row as usize] == cell);
            });
        }
        filled.rows = fill.rows.len();
        let fill = Arc::new(fill);
        for (name, numbers) in &mut filled.numbers {
            *numbers =
                Numbers { fill: Some(fill.clone()), of_runs: OF_RUNS.contains(&&**name), ..std::mem::take(numbers) };
        }
        Ok(filled)
    }

    /// For each cell of `plan` the row that stands for it, and for each row its cell.
    fn owners(&self, plan: &Plan, refine: &Refine) -> Result<(Vec<u32>, Vec<u64>), CellsError> {
        let panels = Panels::new(plan, &refine.along);
        let ends: Vec<[&Numbers; 2]> =
            refine.along.iter().map(|path| places(path).map(|name| self.numbers(&name))).collect();
        let wrong = |row: usize| CellsError::Standing { line: row + 2 };
        let mut rectangles = Vec::with_capacity(self.rows);
        for row in 0..self.rows {
            let cell = self.numbers(CELL).get(row).ok_or_else(|| wrong(row))?;
            let (panel, at) = panels.locate(cell).ok_or_else(|| wrong(row))?;
            let (mut from, mut to) = ([0, 0], [1, 1]);
            for (way, [first, end]) in ends.iter().enumerate() {
                let len = panels.all[panel].lens[way];
                let place = |numbers: &Numbers| numbers.get(row).filter(|place| *place <= len.into());
                let (Some(first), Some(end)) = (place(first), place(end)) else { return Err(wrong(row)) };
                (from[way], to[way]) = (first as u32, end as u32);
                if !(from[way]..to[way]).contains(&at[way]) {
                    return Err(wrong(row));
                }
            }
            let area = u64::from(to[0] - from[0]) * u64::from(to[1] - from[1]);
            rectangles.push((area, row, cell, panel, from, to));
        }
        // Smaller ones lie in larger ones.
        rectangles.sort_by_key(|(area, ..)| std::cmp::Reverse(*area));
        let (mut owners, mut runs) = (vec![NONE; plan.cells as usize], vec![0; self.rows]);
        for (_, row, cell, panel, from, to) in rectangles {
            runs[row] = cell;
            for y in from[1]..to[1] {
                (from[0]..to[0]).for_each(|x| owners[panels.all[panel].cell([x, y]) as usize] = row as u32);
            }
        }
        let mut stood_for = vec![0; self.rows];
        owners.iter().filter(|row| **row != NONE).for_each(|row| stood_for[*row as usize] += 1);
        let told = self.numbers(STANDS_FOR);
        match (0..self.rows).find(|row| told.get(*row) != Some(stood_for[*row])) {
            Some(row) => Err(wrong(row)),
            None => Ok((owners, runs)),
        }
    }

    /// Adds the codes of those cells of a section that have the values of `only`; `tell` hears of each.
    fn add_cells(&mut self, plan: &Plan, section: &Section, only: &[Only], mut tell: impl FnMut(u64)) {
        let Kernel { problem, penalty, optimizer, .. } = section.kernel;
        let named = kinds(problem, penalty, named(plan)(optimizer));
        let codes: Vec<Looked> = self
            .columns
            .iter()
            .map(|column| {
                let kind = named.iter().find(|(role, _)| *role == column.name).map(|(_, kind)| Key::Text(kind));
                let code = |key: Key| column.place_of(kind.unwrap_or(key));
                Looked::of(section, &column.name, |key| code(key).expect("a plan's table should know its values"))
            })
            .collect();
        let kept: Vec<Looked> = only
            .iter()
            .map(|only| Looked::of(section, &only.name, |key| u32::from(only.keys.contains(&key))))
            .collect();
        let dimensions = &section.grid.dimensions;
        let lens: Vec<usize> = dimensions.iter().map(|dimension| dimension.len).collect();
        let own: Vec<usize> = (0..lens.len()).filter(|&place| !dimensions[place].pooled).collect();
        let mut cell = section.first_cell;
        visit(&lens, &own, |digits| {
            if kept.iter().all(|kept| kept.at(digits) == 1) {
                self.columns.iter_mut().zip(&codes).for_each(|(column, codes)| column.codes.push(codes.at(digits)));
                tell(cell);
            }
            cell += 1;
        });
    }
}

/// What the keys of a section come to on a coordinate, and where each is.
struct Looked {
    values: Vec<u32>,
    strides: Vec<(usize, usize)>,
}

impl Looked {
    fn of(section: &Section, name: &str, mut of: impl FnMut(Key) -> u32) -> Looked {
        let Kernel { problem, penalty, optimizer, .. } = section.kernel;
        let kind = kinds(problem, penalty, optimizer).into_iter().find(|(role, _)| *role == name);
        if let Some((_, kind)) = kind {
            return Looked { values: vec![of(Key::Text(kind))], strides: Vec::new() };
        }
        match section.grid.slot(name).filter(|slot| !slot.pooled) {
            Some(slot) => Looked {
                values: slot.values.iter().map(|value| of(Key::Number(*value))).collect(),
                strides: slot.strides.clone(),
            },
            None => Looked { values: vec![of(Key::Absent)], strides: Vec::new() },
        }
    }

    fn at(&self, digits: &[u32]) -> u32 {
        let place = self.strides.iter().map(|&(dimension, stride)| digits[dimension] as usize * stride).sum::<usize>();
        self.values[place]
    }
}
