//! The way from the axes of one combination of alternatives to its grid: which parameter follows which dimensions, and the tables of
//! what is computed.

use super::axis::to_f32;
use super::expression::{Expression, Wrong};
use super::grid::{Dimension, Grid, SLOPE_AT_ZERO, Slot, tabulate};
use super::{Axis, Combination, MAX_AXIS_VALUES, RESAMPLE, Spacing, Spec};
use crate::member::Domain;
use std::ops::Range;
use std::sync::Arc;

/// Why a parameter has no table: `part` is what is wrong of its expression.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Misfit {
    /// In the order of the slots.
    pub slot: usize,
    pub part: Range<usize>,
    pub message: String,
    pub help: Option<String>,
}

/// Values and strides.
type Table = (Vec<f32>, Vec<(usize, usize)>);

/// Where the values of a slot come from.
#[derive(Clone, Copy)]
enum Source<'a> {
    Axis(&'a Axis),
    Expression(&'a Expression),
    SlopeAtZero,
}

/// A grid on its way: which slot depends on which dimensions.
pub(super) struct Layout<'a> {
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
    /// The layout of these alternatives of `spec`, with a slot for the slope at 0 or without.
    pub fn new(spec: &'a Spec, combination: Combination<'a>, with_slope: bool) -> Result<Layout<'a>, Misfit> {
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
        let of_design = spec.of_design().count();
        for axis in spec.of_design() {
            let (path, len) = (axis.path.clone(), axis.values.len());
            layout.dimensions.push(Dimension { path, len, pooled: false, random: false });
            lists.push(None);
        }
        if let Some(draws) = spec.model.as_ref().map(|model| model.resample.count).filter(|draws| *draws > 1) {
            let path = RESAMPLE.to_owned();
            layout.dimensions.push(Dimension { path, len: draws as usize, pooled: true, random: true });
            lists.push(None);
        }
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
        for (place, axis) in spec.of_design().enumerate() {
            layout.sources.push(Source::Axis(axis));
            layout.paths.push(&axis.path);
            layout.pooled.push(false);
            layout.along.push(Some(vec![place]));
        }
        if with_slope {
            layout.sources.push(Source::SlopeAtZero);
            layout.paths.push(SLOPE_AT_ZERO);
            layout.pooled.push(false);
            layout.along.push(None);
        }
        (0..layout.sources.len()).try_for_each(|slot| layout.follow(slot, &mut Vec::new()))?;
        layout.order(of_design);
        Ok(layout)
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

    /// Sorts the dimensions: the first of them, which tell designs apart, then other coordinates, and of them those that shape the penalty.
    fn order(&mut self, of_design: usize) {
        let shapes: Vec<usize> = self.combination.shapes().flat_map(|slot| self.along(slot).to_vec()).collect();
        let mut order: Vec<usize> = (0..self.dimensions.len()).collect();
        order.sort_by_key(|place| (self.dimensions[*place].pooled, *place >= of_design, !shapes.contains(place)));
        self.dimensions = order.iter().map(|&place| self.dimensions[place].clone()).collect();
        for along in self.along.iter_mut().flatten() {
            *along = (0..order.len()).filter(|&place| along.contains(&order[place])).collect();
        }
    }

    /// The grid, with every table.
    pub fn grid(self) -> Result<Grid, Misfit> {
        let shapes: Vec<usize> = self.combination.shapes().collect();
        let empty = |slot: usize| Slot {
            path: self.paths[slot].to_owned(),
            values: Arc::new([]),
            strides: Vec::new(),
            pooled: self.pooled[slot],
            shapes: shapes.contains(&slot),
            derived: !matches!(self.sources[slot], Source::Axis(_)),
            geometric: false,
        };
        let mut slots: Vec<Slot> = (0..self.sources.len()).map(empty).collect();
        for (slot, source) in self.sources.iter().enumerate() {
            if let Source::Axis(axis) = source {
                slots[slot].values = axis.values.as_slice().into();
                slots[slot].strides = self.along(slot).iter().map(|&dimension| (dimension, 1)).collect();
                slots[slot].geometric = axis.spacing.is_geometric();
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
    fn compute(&self, slot: usize, slots: &[Slot]) -> Result<Table, Misfit> {
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
            _ => ((self.combination.problem.kind.slope_in_f64)(0.0, own), Domain::Finite),
        };
        to_f32(value, domain, || format!("{value:?}")).map_err(whole)
    }
}
