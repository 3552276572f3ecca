//! One alternative of each role as a grid: dimensions to count through, and for each parameter a table to look it up in.

use super::layout::{Layout, Misfit};
use super::{Combination, Spec};
use std::sync::Arc;

/// The path of L'(0), the slope of the loss at 0.
pub const SLOPE_AT_ZERO: &str = "problem.d0";

/// What one digit of a trajectory's index counts: the values of an axis, or of several that move together.
#[derive(Clone, Debug, PartialEq)]
pub struct Dimension {
    /// Path of the axis, the first of several.
    pub path: String,
    pub len: usize,
    pub pooled: bool,
    /// Drawn from a distribution.
    pub random: bool,
}

/// A parameter and its values. A trajectory takes the one at the sum of its digits, each times the stride of its dimension.
#[derive(Clone, Debug, PartialEq)]
pub struct Slot {
    pub path: String,
    pub values: Arc<[f32]>,
    /// The dimensions that it depends on, ascending, each with its stride.
    pub strides: Vec<(usize, usize)>,
    /// Whether trajectories of one cell may differ in it.
    pub pooled: bool,
    /// Whether it tells which penalty it is.
    pub shapes: bool,
    /// Whether it is computed from others.
    pub derived: bool,
    /// Whether all axes that it depends on, of which there are some, are spaced geometrically.
    pub geometric: bool,
}

impl Slot {
    /// The value at these digits.
    pub fn value(&self, digits: &[u32]) -> f32 {
        let place: usize = self.strides.iter().map(|&(dimension, stride)| digits[dimension] as usize * stride).sum();
        self.values[place]
    }

    /// The dimensions that it depends on.
    pub fn dimensions(&self) -> Vec<usize> {
        self.strides.iter().map(|&(dimension, _)| dimension).collect()
    }
}

/// The trajectories of one combination of alternatives.
#[derive(Clone, Debug, PartialEq)]
pub struct Grid {
    /// Slowest first: coordinates, those that shape the penalty before others, then pooled axes.
    pub dimensions: Vec<Dimension>,
    /// One a parameter, in the order of the kernel, and the start.
    pub slots: Vec<Slot>,
    /// What is computed from parameters beside them: the slope at 0, where the spec uses it.
    pub beside: Vec<Slot>,
}

impl Grid {
    /// The grid of these alternatives of a valid spec.
    pub fn new(spec: &Spec, combination: Combination) -> Grid {
        let grid = Grid::try_new(spec, combination, spec.uses_slope_at_zero());
        grid.unwrap_or_else(|misfit| unreachable!("a valid spec should have a grid: {misfit:?}"))
    }

    /// As [`Grid::new`], of a spec whose expressions may have no values.
    pub(super) fn try_new(spec: &Spec, combination: Combination, with_slope: bool) -> Result<Grid, Misfit> {
        Layout::new(spec, combination, with_slope)?.grid()
    }

    /// The part of the grid with these digits of each dimension, in this order.
    pub fn part(&self, kept: &[Vec<u32>]) -> Grid {
        let dimensions = self.dimensions.iter().zip(kept);
        let dimensions = dimensions.map(|(own, kept)| Dimension { len: kept.len(), ..own.clone() }).collect();
        let is_whole =
            |dimension: &usize| kept[*dimension].iter().copied().eq(0..self.dimensions[*dimension].len as u32);
        let lens: Vec<usize> = kept.iter().map(Vec::len).collect();
        let part = |slot: &Slot| {
            let own = slot.dimensions();
            if own.iter().all(is_whole) {
                return slot.clone();
            }
            let mut whole = vec![0; kept.len()];
            let (values, strides) = tabulate(&lens, &own, |digits| {
                own.iter().for_each(|&dimension| whole[dimension] = kept[dimension][digits[dimension] as usize]);
                slot.value(&whole)
            });
            Slot { values: values.into(), strides, ..slot.clone() }
        };
        let parts = |slots: &[Slot]| slots.iter().map(part).collect();
        Grid { slots: parts(&self.slots), beside: parts(&self.beside), dimensions }
    }

    /// The trajectories of some of its cells, each given by its digits: one dimension that counts them, then the pooled ones.
    pub fn of_cells(&self, cells: &[Vec<u32>]) -> Grid {
        let pooled: Vec<usize> = (0..self.dimensions.len()).filter(|&own| self.dimensions[own].pooled).collect();
        let listed = Dimension { path: String::new(), len: cells.len(), pooled: false, random: false };
        let dimensions: Vec<Dimension> =
            [listed].into_iter().chain(pooled.iter().map(|&own| self.dimensions[own].clone())).collect();
        let lens: Vec<usize> = dimensions.iter().map(|dimension| dimension.len).collect();
        let listed = |slot: &Slot| {
            let own = slot.dimensions();
            let place = |dimension: &usize| pooled.iter().position(|pooled| pooled == dimension).map(|place| place + 1);
            let mut places: Vec<usize> = own.iter().filter_map(place).collect();
            if places.len() == own.len() {
                let strides = slot.strides.iter().zip(&places).map(|((_, stride), place)| (*place, *stride)).collect();
                return Slot { strides, ..slot.clone() };
            }
            places.insert(0, 0);
            let mut whole = vec![0; self.dimensions.len()];
            let (values, strides) = tabulate(&lens, &places, |digits| {
                whole.copy_from_slice(&cells[digits[0] as usize]);
                pooled.iter().zip(&digits[1..]).for_each(|(&own, digit)| whole[own] = *digit);
                slot.value(&whole)
            });
            Slot { values: values.into(), strides, ..slot.clone() }
        };
        let all = |slots: &[Slot]| slots.iter().map(listed).collect();
        Grid { slots: all(&self.slots), beside: all(&self.beside), dimensions }
    }

    /// The same trajectories, counted through the dimensions in this order.
    pub fn in_order(&self, order: &[usize]) -> Grid {
        let place = |dimension: usize| {
            order.iter().position(|own| *own == dimension).expect("an order should have all dimensions")
        };
        let turned = |slot: &Slot| {
            let mut strides: Vec<(usize, usize)> =
                slot.strides.iter().map(|&(dimension, stride)| (place(dimension), stride)).collect();
            strides.sort_unstable();
            Slot { strides, ..slot.clone() }
        };
        let all = |slots: &[Slot]| slots.iter().map(turned).collect();
        let dimensions = order.iter().map(|&own| self.dimensions[own].clone()).collect();
        Grid { dimensions, slots: all(&self.slots), beside: all(&self.beside) }
    }

    /// The slot of the parameter at `path`, or of what is beside them.
    pub fn slot(&self, path: &str) -> Option<&Slot> {
        self.slots.iter().chain(&self.beside).find(|slot| slot.path == path)
    }

    /// The slots as the dimensions are: coordinates, those that shape the penalty first, then pooled ones.
    pub fn slots_by_speed(&self) -> Vec<&Slot> {
        let mut slots: Vec<&Slot> = self.slots.iter().chain(&self.beside).collect();
        slots.sort_by_key(|slot| (slot.pooled, !slot.shapes));
        slots
    }

    /// All digits of each dimension.
    pub fn all(&self) -> Vec<Vec<u32>> {
        self.dimensions.iter().map(|dimension| (0..dimension.len as u32).collect()).collect()
    }

    /// One digit a dimension for the trajectory `local` of the grid.
    pub fn digits(&self, local: u64) -> Vec<u32> {
        let mut digits = vec![0; self.dimensions.len()];
        self.digits_into(local, &mut digits);
        digits
    }

    /// Puts them into `digits`, which has one a dimension.
    pub fn digits_into(&self, mut local: u64, digits: &mut [u32]) {
        for (digit, dimension) in digits.iter_mut().zip(&self.dimensions).rev() {
            let len = dimension.len as u64;
            *digit = (local % len) as u32;
            local /= len;
        }
    }

    /// The trajectory of the grid that has these digits.
    pub fn index(&self, digits: &[u32]) -> u64 {
        let digits = digits.iter().zip(&self.dimensions);
        digits.fold(0, |index, (digit, dimension)| index * dimension.len as u64 + u64::from(*digit))
    }

    /// The digits of the next trajectory.
    pub fn advance(&self, digits: &mut [u32]) {
        for (digit, dimension) in digits.iter_mut().zip(&self.dimensions).rev() {
            *digit += 1;
            if (*digit as usize) < dimension.len {
                return;
            }
            *digit = 0;
        }
    }
}

/// A table over the dimensions `own` of all that have these `lens`, the last fastest, and its strides.
pub(super) fn tabulate(
    lens: &[usize],
    own: &[usize],
    mut value: impl FnMut(&[u32]) -> f32,
) -> (Vec<f32>, Vec<(usize, usize)>) {
    let mut size = 1;
    let mut strides: Vec<(usize, usize)> = Vec::new();
    for &dimension in own.iter().rev() {
        strides.push((dimension, size));
        size *= lens[dimension];
    }
    strides.reverse();
    let mut values = Vec::with_capacity(size);
    visit(lens, own, |digits| values.push(value(digits)));
    (values, strides)
}

/// Shows all digits of the dimensions `own` of those that have these `lens`, the last fastest; all others are 0.
pub(crate) fn visit(lens: &[usize], own: &[usize], mut show: impl FnMut(&[u32])) {
    let mut digits = vec![0; lens.len()];
    let count: usize = own.iter().map(|&dimension| lens[dimension]).product();
    for _ in 0..count {
        show(&digits);
        for &dimension in own.iter().rev() {
            digits[dimension] += 1;
            if (digits[dimension] as usize) < lens[dimension] {
                break;
            }
            digits[dimension] = 0;
        }
    }
}
