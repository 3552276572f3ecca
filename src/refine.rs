//! Which cells of a sweep to run, so that a map is sharp where it changes.
//!
//! The cells of a panel are cut into rectangles. The cell in the middle of each is run and stands for all of them. Where two neighbours
//! differ, the larger is cut into three by three, and the middle one of these is known already; that goes on until all that differ
//! are single cells, or as many cells were run as may be. First come the rectangles that would be most in error: those of many cells, whose neighbours
//! differ much.
//!
//! What lies wholly within a rectangle of the first cut is not seen. So at last some cells are run that others stand for, drawn at random: how many
//! of them are not as those others say is an estimate of all that is missed, and around each of them the cutting goes on. As long as some
//! are found and cells are left, others are drawn.

mod cuts;
mod panels;
mod seen;

pub use panels::{At, Panel, Panels};

use crate::plan::Plan;
use crate::spec::{Measure, Refine};
use crate::statistics::{Rate, Summary};
use cuts::{evenly, first_parts, middle, mixed, thirds};
use seen::Seen;
use std::collections::{BTreeMap, HashMap, HashSet};

/// One part in so many of all cells makes the first cut, and one part in so many is run to check the others.
const OF_FIRST: u64 = 10;
const OF_CHECKS: u64 = 20;

/// Rectangles are cut together whose error is no less than that of the worst, divided by this: the cells of one cut run at once.
const TOGETHER: f64 = 8.0;

/// A rectangle of cells, of which the one in its middle stands for all.
#[derive(Clone, Debug)]
struct Block {
    panel: u32,
    from: At,
    lens: [u32; 2],
    /// The cell in its middle.
    cell: u64,
    /// What is known of that; `None` until it was run.
    seen: Option<Seen>,
}

impl Block {
    fn area(&self) -> u64 {
        self.lens.map(u64::from).iter().product()
    }
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    First,
    Cut,
    Check,
    Done,
}

/// A sweep on its way to being refined.
pub struct Refinement<'a> {
    plan: &'a Plan,
    measure: Measure,
    tolerance: f64,
    /// Cells that may be run.
    most: u64,
    panels: Panels,
    blocks: Vec<Block>,
    /// For each cell of the sweep the block that it is in.
    owners: Vec<u32>,
    known: HashMap<u64, Seen>,
    stage: Stage,
    /// Cells that were asked for.
    asked: u64,
    /// Longest side of a rectangle of the first cut.
    widest: u32,
    /// Cells that were run to check others, sorted; those of the last check, and how many of these differed.
    checks: Vec<u64>,
    last_checks: Vec<u64>,
    differed: u64,
    /// Numbers that were drawn for them.
    drawn: u64,
}

/// A cell that was run, and what it stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    pub cell: u64,
    /// The rectangle of places that it stands for, but for single cells within that were run: first places, and those after the last.
    pub from: At,
    pub to: At,
    /// Cells that it stands for, itself among them.
    pub stands_for: u64,
    /// Whether a neighbour differs, and there are cells between the two that were not run.
    pub uncut: bool,
}

/// What came of a refinement.
#[derive(Clone, Debug, PartialEq)]
pub struct Refined {
    /// In the order of their cells.
    pub cells: Vec<Standing>,
    /// Cells of the sweep.
    pub all: u64,
    /// Longest side of a rectangle of the first cut.
    pub widest: u32,
    /// Cells that were run to check others the last time, and those of them that differed from what stood for them.
    pub checked: u64,
    pub differed: u64,
}

impl Refined {
    /// Numbers of the cells that were run.
    pub fn numbers(&self) -> Vec<u64> {
        self.cells.iter().map(|standing| standing.cell).collect()
    }

    /// Rectangles that differ from a neighbour and could be cut further.
    pub fn uncut(&self) -> u64 {
        self.cells.iter().filter(|standing| standing.uncut).count() as u64
    }

    /// The share of cells that differ from what stood for them before the check, with its interval.
    pub fn wrong(&self) -> Rate {
        Rate::wilson(self.differed, self.checked, self.checked)
    }
}

impl<'a> Refinement<'a> {
    pub fn new(plan: &'a Plan, refine: &Refine) -> Refinement<'a> {
        Refinement {
            plan,
            measure: refine.measure,
            tolerance: refine.tolerance,
            most: refine.cells,
            panels: Panels::new(plan, &refine.along),
            blocks: Vec::new(),
            owners: Vec::new(),
            known: HashMap::new(),
            stage: Stage::First,
            asked: 0,
            widest: 1,
            checks: Vec::new(),
            last_checks: Vec::new(),
            differed: 0,
            drawn: 0,
        }
    }

    /// Tells what came of a cell, whether it was wanted or not.
    pub fn learn(&mut self, cell: u64, summary: &Summary) {
        self.known.insert(cell, Seen::of(self.plan, self.measure, cell, summary));
    }

    /// The cells to run next, ascending; none when it is done. Those of the last call must all be known, and some of these may be.
    pub fn wanted(&mut self) -> Vec<u64> {
        loop {
            for block in self.blocks.iter_mut().filter(|block| block.seen.is_none()) {
                block.seen = self.known.get(&block.cell).copied();
            }
            let mut wanted = match self.stage {
                Stage::First => {
                    self.stage = Stage::Cut;
                    self.first_cut()
                }
                Stage::Cut => match self.cut() {
                    Some(wanted) => wanted,
                    None if self.wants_check() => {
                        self.stage = Stage::Check;
                        self.check()
                    }
                    None => {
                        self.stage = Stage::Done;
                        continue;
                    }
                },
                Stage::Check => {
                    let differs = |cell: &&u64| {
                        let standing = self.seen(self.owners[**cell as usize]);
                        self.known[*cell].apart(&standing, self.tolerance) > 0.0
                    };
                    let differing: Vec<u64> = self.last_checks.iter().filter(differs).copied().collect();
                    self.differed = differing.len() as u64;
                    self.stage = Stage::Cut;
                    self.mirrored(&differing)
                }
                Stage::Done => return Vec::new(),
            };
            wanted.sort_unstable();
            self.asked += wanted.len() as u64;
            if !wanted.is_empty() {
                return wanted;
            }
        }
    }

    fn seen(&self, block: u32) -> Seen {
        self.blocks[block as usize].seen.expect("the cells of the last call should be known")
    }

    /// Cells that a check takes.
    fn share_of_check(&self) -> u64 {
        (self.most / OF_CHECKS).max(1)
    }

    fn left(&self) -> u64 {
        self.most.saturating_sub(self.asked)
    }

    /// Whether others are to be checked: there was no check, or it has found something and as many cells again are left to mend it.
    fn wants_check(&self) -> bool {
        let is_of_use = self.checks.is_empty() || self.differed > 0 && self.left() >= 2 * self.share_of_check();
        is_of_use && self.left() > 0 && self.asked < self.plan.cells
    }

    /// Cuts each panel evenly; gives the cells to run.
    fn first_cut(&mut self) -> Vec<u64> {
        self.owners = vec![0; self.plan.cells as usize];
        let most = if self.plan.cells <= self.most { self.most } else { self.most / OF_FIRST };
        let longest = self.panels.all.iter().flat_map(|panel| panel.lens).max().unwrap_or(1);
        let side = (1..longest).find(|side| cells_of_first_cut(&self.panels, *side) <= most).unwrap_or(longest);
        for panel in 0..self.panels.all.len() {
            let lens = self.panels.all[panel].lens;
            let [across, up] = lens.map(|len| evenly(len, first_parts(len, side)));
            for &(y, height) in &up {
                for &(x, width) in &across {
                    self.widest = self.widest.max(width).max(height);
                    self.add(panel as u32, [x, y], [width, height], None);
                }
            }
        }
        self.blocks.iter().map(|block| block.cell).collect()
    }

    /// Adds a block, in the place of another; gives the cell in its middle.
    fn add(&mut self, panel: u32, from: At, lens: [u32; 2], instead: Option<usize>) -> u64 {
        let own = &self.panels.all[panel as usize];
        let cell = own.cell([0, 1].map(|way| middle(from[way], lens[way], own.lens[way])));
        let block = Block { panel, from, lens, cell, seen: self.known.get(&cell).copied() };
        let number = instead.unwrap_or(self.blocks.len());
        for y in from[1]..from[1] + lens[1] {
            for x in from[0]..from[0] + lens[0] {
                self.owners[own.cell([x, y]) as usize] = number as u32;
            }
        }
        match instead {
            Some(place) => self.blocks[place] = block,
            None => self.blocks.push(block),
        }
        cell
    }

    /// How far a block of several cells differs from those around it, and from what was run within it.
    fn change(&self, number: usize) -> f64 {
        let (block, seen) = (&self.blocks[number], self.seen(number as u32));
        let panel = &self.panels.all[block.panel as usize];
        let around = |way: usize| {
            let from = block.from[way].saturating_sub(1);
            from..(block.from[way] + block.lens[way] + 1).min(panel.lens[way])
        };
        let is_inside = |way: usize, place: u32| (block.from[way]..block.from[way] + block.lens[way]).contains(&place);
        let mut most = 0.0_f64;
        let mut look = |at: At| {
            let other = self.seen(self.owners[panel.cell(at) as usize]);
            most = most.max(seen.apart(&other, self.tolerance));
        };
        for y in around(1) {
            if is_inside(1, y) {
                around(0).filter(|x| !is_inside(0, *x)).for_each(|x| look([x, y]));
            } else {
                around(0).for_each(|x| look([x, y]));
            }
        }
        most
    }

    /// The change of every block of several cells that has some, by their numbers.
    fn changes(&self) -> BTreeMap<usize, f64> {
        let several = self.blocks.iter().enumerate().filter(|(_, block)| block.area() > 1);
        let mut found: BTreeMap<usize, f64> = several.map(|(number, _)| (number, self.change(number))).collect();
        for cell in &self.checks {
            let number = self.owners[*cell as usize];
            let apart = self.known[cell].apart(&self.seen(number), self.tolerance);
            found.entry(number as usize).and_modify(|change| *change = change.max(apart));
        }
        found.retain(|_, change| *change > 0.0);
        found
    }

    /// Cuts the blocks that are most in error; gives the cells to run, or `None` where nothing is to be cut, or no more may be run.
    fn cut(&mut self) -> Option<Vec<u64>> {
        let ranked =
            |(number, change): (usize, f64)| (change * self.blocks[number].area() as f64, self.spread(number), number);
        let mut all: Vec<(f64, u64, usize)> = self.changes().into_iter().map(ranked).collect();
        all.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)).then(a.2.cmp(&b.2)));
        let worst = all.first()?.0;
        // What the next check takes, and as much again to mend what it finds, is left to it.
        let reserved = if self.wants_check() { 2 * self.share_of_check() } else { 0 };
        let mut left = self.left().saturating_sub(reserved);
        all.retain(|(error, ..)| *error >= worst / TOGETHER);
        let mut cut: Vec<usize> = Vec::new();
        // Blocks that mirror each other are cut together.
        for mirrored in all.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
            let more = |(_, _, number): &(f64, u64, usize)| {
                self.blocks[*number].lens.map(|len| thirds(len).len() as u64).iter().product::<u64>() - 1
            };
            let more: u64 = mirrored.iter().map(more).sum();
            if more > left {
                break;
            }
            left -= more;
            cut.extend(mirrored.iter().map(|(_, _, number)| number));
        }
        if cut.is_empty() {
            return None;
        }
        let mut wanted = Vec::new();
        for number in cut {
            let Block { panel, from, lens, cell, .. } = self.blocks[number];
            let [across, up] = lens.map(thirds);
            let mut instead = Some(number);
            let mut y = from[1];
            for &height in &up {
                let mut x = from[0];
                for &width in &across {
                    let own = self.add(panel, [x, y], [width, height], instead.take());
                    if own != cell && self.checks.binary_search(&own).is_err() {
                        wanted.push(own);
                    }
                    x += width;
                }
                y += height;
            }
        }
        Some(wanted)
    }

    /// By what blocks of the same error are ordered: evenly over the panel, those that mirror each other beside each other.
    fn spread(&self, number: usize) -> u64 {
        let Block { panel, from, lens, .. } = &self.blocks[number];
        let all = self.panels.all[*panel as usize].lens;
        let folded = |way: usize| {
            let doubled = 2 * u64::from(from[way]) + u64::from(lens[way]);
            doubled.min(2 * u64::from(all[way]) - doubled)
        };
        mixed(mixed(folded(0)) ^ folded(1))
    }

    /// Draws cells to check others by, and gives them.
    fn check(&mut self) -> Vec<u64> {
        let all = self.plan.cells;
        let wanted = self.share_of_check().min(self.left()).min(all - self.asked);
        let mut drawn: HashSet<u64> = HashSet::new();
        while (drawn.len() as u64) < wanted {
            // A product of 64 bits each: no cell is likelier than another but for one part in 2^38.
            let cell = ((u128::from(mixed(self.drawn)) * u128::from(all)) >> 64) as u64;
            self.drawn += 1;
            // What stands for others was run.
            let was_run = self.blocks[self.owners[cell as usize] as usize].cell == cell;
            if !was_run && self.checks.binary_search(&cell).is_err() {
                drawn.insert(cell);
            }
        }
        self.last_checks = drawn.into_iter().collect();
        self.last_checks.sort_unstable();
        self.checks.extend(&self.last_checks);
        self.checks.sort_unstable();
        self.last_checks.clone()
    }

    /// The cells that mirror those that differ from what stands for them: of a symmetric problem they do, too. They are checks from now on.
    fn mirrored(&mut self, differing: &[u64]) -> Vec<u64> {
        let mut found: Vec<u64> = Vec::new();
        for cell in differing {
            let (number, at) = self.panels.locate(*cell).expect("a cell of the sweep should have a place");
            let panel = &self.panels.all[number];
            let mirror = |way: usize, is_mirrored: bool| {
                if is_mirrored { panel.lens[way] - 1 - at[way] } else { at[way] }
            };
            for (across, up) in [(true, false), (false, true), (true, true)] {
                let other = panel.cell([mirror(0, across), mirror(1, up)]);
                let was_run = self.blocks[self.owners[other as usize] as usize].cell == other;
                if !was_run && self.checks.binary_search(&other).is_err() {
                    found.push(other);
                }
            }
        }
        found.sort_unstable();
        found.dedup();
        found.truncate(self.left() as usize);
        self.checks.extend(&found);
        self.checks.sort_unstable();
        found
    }

    /// What came of it, once nothing more is wanted.
    pub fn finish(self) -> Refined {
        let changes = self.changes();
        let standing = |(number, block): (usize, &Block)| Standing {
            cell: block.cell,
            from: block.from,
            to: [0, 1].map(|way| block.from[way] + block.lens[way]),
            stands_for: block.area(),
            uncut: changes.contains_key(&number),
        };
        let mut cells: Vec<Standing> = self.blocks.iter().enumerate().map(standing).collect();
        let own = |cell: u64| self.owners[cell as usize] as usize;
        for cell in self.checks.iter().copied().filter(|cell| self.blocks[own(*cell)].cell != *cell) {
            cells[own(cell)].stands_for -= 1;
            cells.push(Standing { cell, from: [0, 0], to: [0, 0], stands_for: 1, uncut: false });
        }
        // Those that stand for themselves alone have no larger rectangle.
        for alone in cells.iter_mut().filter(|standing| standing.stands_for == 1) {
            let (_, at) = self.panels.locate(alone.cell).expect("a cell of the sweep should have a place");
            (alone.from, alone.to) = (at, at.map(|place| place + 1));
        }
        cells.sort_by_key(|standing| standing.cell);
        let checked = self.last_checks.len() as u64;
        Refined { cells, all: self.plan.cells, widest: self.widest, checked, differed: self.differed }
    }
}

/// The fewest cells that a refinement of `plan` along these paths runs.
pub fn fewest_cells(plan: &Plan, along: &[String]) -> u64 {
    cells_of_first_cut(&Panels::new(plan, along), u32::MAX)
}

/// The cells of a first cut into rectangles whose sides are at most so long.
fn cells_of_first_cut(panels: &Panels, longest: u32) -> u64 {
    let of_panel = |panel: &Panel| panel.lens.map(|len| u64::from(first_parts(len, longest))).iter().product::<u64>();
    panels.all.iter().map(of_panel).sum()
}
