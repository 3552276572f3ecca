//! One alternative of each role as a grid: dimensions to count through, and for each parameter a table to look it up in.

use super::{Axis, Combination, Spacing, Spec};
use std::convert::Infallible;
use std::sync::Arc;

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
    /// One a dimension; 0 where the parameter does not depend on it.
    pub strides: Vec<usize>,
    /// Whether trajectories of one cell may differ in it.
    pub pooled: bool,
    /// Whether it tells which penalty it is.
    pub shapes: bool,
}

impl Slot {
    /// The value at these digits.
    pub fn value(&self, digits: &[u32]) -> f32 {
        let place: usize = digits.iter().zip(&self.strides).map(|(&digit, stride)| digit as usize * stride).sum();
        self.values[place]
    }

    /// The dimensions that it depends on.
    fn dimensions(&self) -> Vec<usize> {
        (0..self.strides.len()).filter(|&dimension| self.strides[dimension] > 0).collect()
    }
}

/// The trajectories of one combination of alternatives.
#[derive(Clone, Debug, PartialEq)]
pub struct Grid {
    /// Slowest first: coordinates, those that shape the penalty before others, then pooled axes.
    pub dimensions: Vec<Dimension>,
    /// One a parameter, in the order of the kernel, and the start.
    pub slots: Vec<Slot>,
}

impl Grid {
    /// The grid of these alternatives of `spec`.
    pub fn new(spec: &Spec, combination: Combination) -> Grid {
        let axes: Vec<&Axis> = combination.axes().chain([&spec.start]).collect();
        let is_pooled = |axis: &Axis| spec.report.pool.contains(&axis.path);
        let mut dimensions: Vec<Dimension> = Vec::new();
        let mut lists: Vec<Option<usize>> = Vec::new();
        // The dimension of each axis that takes several values.
        let mut along: Vec<Option<usize>> = Vec::new();
        for axis in &axes {
            if axis.values.len() == 1 {
                along.push(None);
                continue;
            }
            let list = spec.together.of(axis);
            let known = lists.iter().position(|other| list.is_some() && *other == list);
            let place = known.unwrap_or(dimensions.len());
            if known.is_none() {
                let (path, len) = (axis.path.clone(), axis.values.len());
                dimensions.push(Dimension { path, len, pooled: is_pooled(axis), random: false });
                lists.push(list);
            }
            dimensions[place].random |= axis.spacing == Spacing::Random;
            along.push(Some(place));
        }
        let shapes: Vec<usize> = combination.shapes().collect();
        let shape = |place: usize| shapes.iter().any(|&slot| along[slot] == Some(place));
        let mut order: Vec<usize> = (0..dimensions.len()).collect();
        order.sort_by_key(|&place| (dimensions[place].pooled, !shape(place)));
        let slot = |(place, axis): (usize, &&Axis)| Slot {
            path: axis.path.clone(),
            values: axis.values.as_slice().into(),
            strides: order.iter().map(|dimension| usize::from(along[place] == Some(*dimension))).collect(),
            pooled: is_pooled(axis),
            shapes: shapes.contains(&place),
        };
        let slots = axes.iter().enumerate().map(slot).collect();
        Grid { dimensions: order.iter().map(|&place| dimensions[place].clone()).collect(), slots }
    }

    /// The part of the grid with these digits of each dimension, in this order.
    pub fn part(&self, kept: &[Vec<u32>]) -> Grid {
        let dimensions = self.dimensions.iter().zip(kept);
        let dimensions = dimensions.map(|(own, kept)| Dimension { len: kept.len(), ..own.clone() }).collect();
        let is_whole =
            |dimension: &usize| kept[*dimension].iter().copied().eq(0..self.dimensions[*dimension].len as u32);
        let part = |slot: &Slot| {
            let own = slot.dimensions();
            if own.iter().all(is_whole) {
                return slot.clone();
            }
            let lens: Vec<usize> = kept.iter().map(Vec::len).collect();
            let value = |digits: &[u32]| {
                let digits: Vec<u32> = digits.iter().zip(kept).map(|(&digit, kept)| kept[digit as usize]).collect();
                Ok::<f32, Infallible>(slot.value(&digits))
            };
            let Ok((values, strides)) = tabulate(&lens, &own, value);
            Slot { values, strides, ..slot.clone() }
        };
        Grid { slots: self.slots.iter().map(part).collect(), dimensions }
    }

    /// The slots as the dimensions are: coordinates, those that shape the penalty first, then pooled ones.
    pub fn slots_by_speed(&self) -> Vec<&Slot> {
        let mut slots: Vec<&Slot> = self.slots.iter().collect();
        slots.sort_by_key(|slot| (slot.pooled, !slot.shapes));
        slots
    }

    /// All digits of each dimension.
    pub fn all(&self) -> Vec<Vec<u32>> {
        self.dimensions.iter().map(|dimension| (0..dimension.len as u32).collect()).collect()
    }

    /// One digit a dimension for the trajectory `local` of the grid.
    pub fn digits(&self, mut local: u64) -> Vec<u32> {
        let mut digits = vec![0; self.dimensions.len()];
        for (digit, dimension) in digits.iter_mut().zip(&self.dimensions).rev() {
            let len = dimension.len as u64;
            *digit = (local % len) as u32;
            local /= len;
        }
        digits
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
fn tabulate<E>(
    lens: &[usize],
    own: &[usize],
    mut value: impl FnMut(&[u32]) -> Result<f32, E>,
) -> Result<(Arc<[f32]>, Vec<usize>), E> {
    let mut strides = vec![0; lens.len()];
    let mut size = 1;
    for &dimension in own.iter().rev() {
        strides[dimension] = size;
        size *= lens[dimension];
    }
    let mut digits = vec![0; lens.len()];
    let mut values = Vec::with_capacity(size);
    for _ in 0..size {
        values.push(value(&digits)?);
        for &dimension in own.iter().rev() {
            digits[dimension] += 1;
            if (digits[dimension] as usize) < lens[dimension] {
                break;
            }
            digits[dimension] = 0;
        }
    }
    Ok((values.into(), strides))
}
