//! One alternative of each role as a grid: dimensions to count through, and for each parameter a table to look it up in.

use super::axis::to_f32;
use super::expression::{Expression, Wrong};
use super::{Axis, Combination, MAX_AXIS_VALUES, Spacing, Spec};
use std::ops::Range;
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
    /// One a dimension; 0 where the parameter does not depend on it.
    pub strides: Vec<usize>,
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
        let place: usize = digits.iter().zip(&self.strides).map(|(&digit, stride)| digit as usize * stride).sum();
        self.values[place]
    }

    /// The dimensions that it depends on.
    pub fn dimensions(&self) -> Vec<usize> {
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
    /// What is computed from parameters beside them: the slope at 0, where the spec uses it.
    pub beside: Vec<Slot>,
}

/// Why a parameter has no table: `part` is what is wrong of its expression.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Misfit {
    /// In the order of the slots.
    pub slot: usize,
    pub part: Range<usize>,
    pub message: String,
    pub help: Option<String>,
}

impl Grid {
    /// The grid of these alternatives of a valid spec.
    pub fn new(spec: &Spec, combination: Combination) -> Grid {
        let grid = Grid::try_new(spec, combination, spec.uses_slope_at_zero());
        grid.unwrap_or_else(|misfit| unreachable!("a valid spec should have a grid: {misfit:?}"))
    }

    /// As [`Grid::new`], of a spec whose expressions may have no values.
    pub(super) fn try_new(spec: &Spec, combination: Combination, with_slope: bool) -> Result<Grid, Misfit> {
        let mut layout = Layout::new(spec, combination, with_slope);
        (0..layout.sources.len()).try_for_each(|slot| layout.follow(slot, &mut Vec::new()))?;
        layout.order();
        layout.tabulate_all()
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

/// Where the values of a slot come from.
#[derive(Clone, Copy)]
enum Source<'a> {
    Axis(&'a Axis),
    Expression(&'a Expression),
    SlopeAtZero,
}

/// A grid on its way: which slot depends on which dimensions.
struct Layout<'a> {
    combination: Combination<'a>,
    /// One a slot: the parameters, the start, and the slope at 0 where it is asked for.
    sources: Vec<Source<'a>>,
    paths: Vec<&'a str>,
    pooled: Vec<bool>,
    dimensions: Vec<Dimension>,
    /// For each slot its dimensions, ascending; `None` until its expression was followed.
    along: Vec<Option<Vec<usize>>>,
    /// Slots that are computed, each after those that it uses.
    computed: Vec<usize>,
}

impl<'a> Layout<'a> {
    fn new(spec: &'a Spec, combination: Combination<'a>, with_slope: bool) -> Layout<'a> {
        let axes: Vec<&Axis> = combination.axes().chain([&spec.start]).collect();
        let is_pooled = |axis: &&Axis| spec.report.pool.contains(&axis.path);
        let mut layout = Layout {
            combination,
            sources: Vec::new(),
            paths: axes.iter().map(|axis| axis.path.as_str()).collect(),
            pooled: axes.iter().map(is_pooled).collect(),
            dimensions: Vec::new(),
            along: Vec::new(),
            computed: Vec::new(),
        };
        let mut lists: Vec<Option<usize>> = Vec::new();
        for axis in &axes {
            let (source, along) = match &axis.spacing {
                Spacing::Derived(expression) => (Source::Expression(expression), None),
                _ if axis.values.len() == 1 => (Source::Axis(axis), Some(Vec::new())),
                spacing => {
                    let list = spec.together.of(axis);
                    let known = lists.iter().position(|other| list.is_some() && *other == list);
                    let place = known.unwrap_or(lists.len());
                    if known.is_none() {
                        let (path, len, pooled) = (axis.path.clone(), axis.values.len(), is_pooled(axis));
                        layout.dimensions.push(Dimension { path, len, pooled, random: false });
                        lists.push(list);
                    }
                    layout.dimensions[place].random |= *spacing == Spacing::Random;
                    (Source::Axis(axis), Some(vec![place]))
                }
            };
            layout.sources.push(source);
            layout.along.push(along);
        }
        if with_slope {
            layout.sources.push(Source::SlopeAtZero);
            layout.paths.push(SLOPE_AT_ZERO);
            layout.pooled.push(false);
            layout.along.push(None);
        }
        layout
    }

    /// The slots that a slot uses, each with the part of its expression that names it.
    fn uses(&self, slot: usize) -> Result<Vec<(usize, Range<usize>)>, Misfit> {
        let expression = match self.sources[slot] {
            Source::Axis(_) => return Ok(Vec::new()),
            Source::SlopeAtZero => {
                return Ok((0..self.combination.problem.parameters.len()).map(|own| (own, 0..0)).collect());
            }
            Source::Expression(expression) => expression,
        };
        let found = expression.paths.iter().enumerate().map(|(place, path)| {
            let part = expression.part_of(place);
            let known = self.paths.iter().position(|own| own == path);
            known.map(|used| (used, part.clone())).ok_or_else(|| {
                let role = path.split('.').next().unwrap_or_default();
                let message =
                    format!("`{}` uses `{path}`, which not every alternative of `{role}` has", self.paths[slot]);
                Misfit {
                    slot,
                    part,
                    message,
                    help: Some("give it to each, or write the parameter as numbers".to_owned()),
                }
            })
        });
        found.collect()
    }

    /// Finds the dimensions of a slot, and of all that it uses. `open` are the slots on the way here.
    fn follow(&mut self, slot: usize, open: &mut Vec<usize>) -> Result<(), Misfit> {
        if self.along[slot].is_some() {
            return Ok(());
        }
        open.push(slot);
        let mut along: Vec<usize> = Vec::new();
        for (used, part) in self.uses(slot)? {
            if open.contains(&used) {
                let message = format!("`{}` depends on itself by way of `{}`", self.paths[used], self.paths[slot]);
                return Err(Misfit { slot, part, message, help: None });
            }
            self.follow(used, open)?;
            along.extend(self.along[used].iter().flatten());
        }
        open.pop();
        along.sort_unstable();
        along.dedup();
        self.pooled[slot] = along.iter().any(|&dimension| self.dimensions[dimension].pooled);
        self.along[slot] = Some(along);
        self.computed.push(slot);
        Ok(())
    }

    fn along(&self, slot: usize) -> &[usize] {
        self.along[slot].as_deref().unwrap_or_default()
    }

    /// Sorts the dimensions: coordinates first, and of them those that shape the penalty.
    fn order(&mut self) {
        let shapes: Vec<usize> = self.combination.shapes().flat_map(|slot| self.along(slot).to_vec()).collect();
        let mut order: Vec<usize> = (0..self.dimensions.len()).collect();
        order.sort_by_key(|place| (self.dimensions[*place].pooled, !shapes.contains(place)));
        self.dimensions = order.iter().map(|&place| self.dimensions[place].clone()).collect();
        for along in self.along.iter_mut().flatten() {
            *along = (0..order.len()).filter(|&place| along.contains(&order[place])).collect();
        }
    }

    fn tabulate_all(self) -> Result<Grid, Misfit> {
        let shapes: Vec<usize> = self.combination.shapes().collect();
        let empty = |slot: usize| Slot {
            path: self.paths[slot].to_owned(),
            values: Arc::new([]),
            strides: vec![0; self.dimensions.len()],
            pooled: self.pooled[slot],
            shapes: shapes.contains(&slot),
            derived: !matches!(self.sources[slot], Source::Axis(_)),
            geometric: false,
        };
        let mut slots: Vec<Slot> = (0..self.sources.len()).map(empty).collect();
        for (slot, source) in self.sources.iter().enumerate() {
            if let Source::Axis(axis) = source {
                slots[slot].values = axis.values.as_slice().into();
                self.along(slot).iter().for_each(|&dimension| slots[slot].strides[dimension] = 1);
                slots[slot].geometric = axis.spacing == Spacing::Geometric;
            }
        }
        for &slot in &self.computed {
            self.refuse_too_wide(slot)?;
            let (values, strides) = self.compute(slot, &slots)?;
            let used: Vec<usize> = self.uses(slot)?.into_iter().map(|(used, _)| used).collect();
            let mut swept = used.iter().filter(|used| !self.along(**used).is_empty()).peekable();
            let geometric = swept.peek().is_some() && swept.all(|used| slots[*used].geometric);
            slots[slot] = Slot { values: values.into(), strides, geometric, ..slots[slot].clone() };
        }
        let beside = slots.split_off(self.combination.axes().count() + 1);
        Ok(Grid { dimensions: self.dimensions, slots, beside })
    }

    /// A table has a bound, and what picks a penalty's formula follows one dimension alone.
    fn refuse_too_wide(&self, slot: usize) -> Result<(), Misfit> {
        let along = self.along(slot);
        let size =
            along.iter().fold(1_u64, |size, &dimension| size.saturating_mul(self.dimensions[dimension].len as u64));
        let refuse = |message: String, help: String| {
            let part = self.whole(slot);
            Err(Misfit { slot, part, message, help: Some(help) })
        };
        let path = self.paths[slot];
        let axes: Vec<String> =
            along.iter().map(|&dimension| format!("`{}`", self.dimensions[dimension].path)).collect();
        let axes = axes.join(", ");
        if size > MAX_AXIS_VALUES {
            let message =
                format!("`{path}` takes {size} values, more than {MAX_AXIS_VALUES}, one for each of {axes} together");
            return refuse(
                message,
                "take fewer values of these, or let them move together by `zip` or `sample`".to_owned(),
            );
        }
        let penalty = self.combination.penalty;
        let picks = penalty.kind.variant_by.map(|(place, _)| self.combination.problem.parameters.len() + place);
        if picks == Some(slot) && along.len() > 1 {
            let message = format!("`{path}` picks the formula of the penalty, so it can follow one axis, not {axes}");
            return refuse(message, "let these move together by `zip`".to_owned());
        }
        Ok(())
    }

    fn whole(&self, slot: usize) -> Range<usize> {
        match self.sources[slot] {
            Source::Expression(expression) => 0..expression.text.len(),
            _ => 0..0,
        }
    }

    /// The table of a slot that is computed, and its strides.
    fn compute(&self, slot: usize, slots: &[Slot]) -> Result<(Vec<f32>, Vec<usize>), Misfit> {
        let lens: Vec<usize> = self.dimensions.iter().map(|dimension| dimension.len).collect();
        let used: Vec<&Slot> = self.uses(slot)?.into_iter().map(|(used, _)| &slots[used]).collect();
        let path = self.paths[slot];
        let mut wrong = None;
        let mut own = vec![0.0; used.len()];
        let table = tabulate(&lens, self.along(slot), |digits| {
            if wrong.is_some() {
                return 0.0;
            }
            own.iter_mut().zip(&used).for_each(|(value, slot)| *value = f64::from(slot.value(digits)));
            self.value(slot, &own).unwrap_or_else(|Wrong { message, part }| {
                let at: Vec<String> =
                    used.iter().map(|used| format!("{} = {:?}", used.path, used.value(digits))).collect();
                let at = if at.is_empty() { String::new() } else { format!("at {}, ", at.join(", ")) };
                wrong = Some(Misfit { slot, part, message: format!("{at}`{path}` {message}"), help: None });
                0.0
            })
        });
        wrong.map_or(Ok(table), Err)
    }

    /// The value of a slot that is computed, where those that it uses have these.
    fn value(&self, slot: usize, own: &[f64]) -> Result<f32, Wrong> {
        let whole = |message: String| Wrong { message, part: self.whole(slot) };
        let (value, domain) = match self.sources[slot] {
            Source::Expression(expression) => {
                let no_value = |Wrong { message, part }| Wrong { message: format!("has no value: {message}"), part };
                (expression.value(own).map_err(no_value)?, expression.domain)
            }
            _ => ((self.combination.problem.kind.slope_in_f64)(0.0, own), crate::member::Domain::Finite),
        };
        to_f32(value, domain, || format!("{value:?}")).map_err(whole)
    }
}

/// A table over the dimensions `own` of all that have these `lens`, the last fastest, and its strides.
fn tabulate(lens: &[usize], own: &[usize], mut value: impl FnMut(&[u32]) -> f32) -> (Vec<f32>, Vec<usize>) {
    let mut strides = vec![0; lens.len()];
    let mut size = 1;
    for &dimension in own.iter().rev() {
        strides[dimension] = size;
        size *= lens[dimension];
    }
    let mut values = Vec::with_capacity(size);
    visit(lens, own, |digits| values.push(value(digits)));
    (values, strides)
}

/// Shows all digits of the dimensions `own` of those that have these `lens`, the last fastest; all others are 0.
pub(super) fn visit(lens: &[usize], own: &[usize], mut show: impl FnMut(&[u32])) {
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
