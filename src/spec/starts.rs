//! Where many weights start.

use super::axis::{AxisReader, Distribution, MOST_VALUES, Setting, to_f32};
use super::document::{Node, Value};
use super::error::Fault;
use super::{Axis, Spacing};
use crate::member::Domain;
use crate::problem::{Curvature, Problem};

/// Where the weights of a problem of many weights start.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Starts {
    /// All of them at what `start.w` is.
    Alike,
    /// Each at numbers of its own, of which it has one a start: `start.w` counts the starts from 0.
    Drawn(Distribution),
    /// At the least loss without a penalty, of each draw of rows.
    LeastSquares,
    /// All that have a penalty at 0, the others at their best, of each draw of rows.
    NullModel,
}

impl Starts {
    /// The word in a spec for what each draw of rows has its own of.
    pub fn word(self) -> Option<&'static str> {
        match self {
            Starts::Alike | Starts::Drawn(_) => None,
            Starts::LeastSquares => Some("least_squares"),
            Starts::NullModel => Some("null_model"),
        }
    }
}

/// The path of the start.
pub(super) const START: &str = "start.w";

/// The starts of many weights that `start.w` gives, and the axis that tells them apart.
pub(super) fn read_starts<'a>(
    node: &'a Node,
    problem: &Problem,
    axes: &mut AxisReader,
) -> Result<(Setting<'a>, Starts), Fault> {
    let of_draw = [Starts::LeastSquares, Starts::NullModel];
    let named = |starts: &Starts| matches!(&node.value, Value::Text(word) if Some(word.as_str()) == starts.word());
    if let Some(starts) = of_draw.into_iter().find(named) {
        if starts == Starts::LeastSquares
            && problem.of_rows.is_none_or(|of_rows| of_rows.curvature != Curvature::Constant)
        {
            let kind = problem.member.kind;
            let message = format!(
                "`{START}` cannot be `least_squares` for `{kind}`: without a penalty its loss need not have a minimum"
            );
            return Err(Fault::new(node.place, message)
                .help("write w = \"null_model\", or draw starts: w = { normal = [0.0, 1.0], count = 16 }"));
        }
        let setting = Setting { node: Some(node), ..Setting::by_default(START.to_owned(), 0.0) };
        return Ok((setting, starts));
    }
    let Some((distribution, count)) = axes.drawn(node, START, Domain::Finite)? else {
        return Ok((axes.read(node, START.to_owned(), Domain::Finite)?, Starts::Alike));
    };
    if distribution.is_sobol() {
        let message = format!("`{START}` cannot be `sobol` for many weights: each draws numbers of its own");
        return Err(Fault::new(node.place, message).help("write uniform = [low, high]"));
    }
    let values = (0..count).map(|number| number as f32).collect();
    let axis = Axis { path: START.to_owned(), values, spacing: Spacing::Random };
    Ok((Setting { axis, node: Some(node) }, Starts::Drawn(distribution)))
}

impl Distribution {
    /// The starts of weights with these names, as many as `count`: one number a weight, which depends on its name and on the number of the
    /// start alone.
    ///
    /// # Errors
    /// Where they are too many, or f32 does not hold one.
    pub(super) fn starts(&self, names: &[String], count: usize) -> Result<Vec<Vec<f32>>, String> {
        if (count * names.len()) as u64 > MOST_VALUES {
            let weights = names.len();
            return Err(format!("{count} starts of {weights} weights are more numbers than {MOST_VALUES}; draw fewer"));
        }
        let mut starts = vec![Vec::with_capacity(names.len()); count];
        for name in names {
            for (start, point) in starts.iter_mut().zip(self.points(&format!("{START}.{name}"), 0)) {
                let value = to_f32(point, Domain::Finite, || format!("{point:?}"));
                start.push(value.map_err(|wrong| format!("a start of {name:?} {wrong}"))?);
            }
        }
        Ok(starts)
    }
}
