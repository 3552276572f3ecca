//! What is to be swept: a spec file read into a [`Spec`] that is valid by construction.

use crate::optimizer::Optimizer;
use crate::penalty::Penalty;
use crate::problem::Problem;

/// A whole sweep: what to run, never how. Every value in it has been checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Spec {
    /// Name of the sweep and of its result folder.
    pub name: String,
    /// Updates of one trajectory, T.
    pub steps: u32,
    pub problems: Vec<Choice<Problem>>,
    pub penalties: Vec<Choice<Penalty>>,
    pub optimizers: Vec<Choice<Optimizer>>,
    /// The starting weight, `start.w`.
    pub start: Axis,
    pub zero: ZeroRule,
    pub report: Report,
}

/// One alternative of a role: a member and the values of its parameters, in the order of the member's table.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice<K> {
    pub kind: K,
    pub parameters: Vec<Axis>,
}

/// The values of one parameter, rounded once to f32.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// Path of the parameter, for example `penalty.lambda`.
    pub path: String,
    pub values: Vec<f32>,
    pub spacing: Spacing,
}

/// How the values of an axis came about; it decides the scale of a heatmap's axis and what is pooled by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spacing {
    /// One number.
    Fixed,
    /// The values as listed.
    List,
    Linear,
    Geometric,
    /// Drawn from a distribution.
    Random,
}

/// What counts as zero and as diverged.
#[derive(Clone, Debug, PartialEq)]
pub struct ZeroRule {
    /// In the order of the spec; distinct, each at least 2^-64, at most [`MAX_TOLERANCES`].
    pub tolerances: Vec<f32>,
    /// |w| above which a trajectory has diverged.
    pub divergence: f32,
    /// Iterates of the tail, M.
    pub tail: u32,
}

/// The most tolerances that a spec may give.
pub const MAX_TOLERANCES: usize = 8;

/// What is reported: which axes are pooled into a cell, and which heatmaps are drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// Paths of the pooled axes.
    pub pool: Vec<String>,
    /// The maps asked for; `None` where the program is to choose.
    pub maps: Option<Vec<MapRequest>>,
}

/// One pair of heatmaps: coordinates by path or role (`penalty.k`, `optimizer`).
#[derive(Clone, Debug, PartialEq)]
pub struct MapRequest {
    pub x: String,
    pub y: String,
    pub facets: Vec<String>,
}
