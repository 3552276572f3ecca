//! What is to be swept: a spec file read into a [`Spec`] that is valid by construction.
//!
//! The way of a spec: its text becomes a tree in which every value knows its place (`document`, `json`), each `--set`
//! is put into the tree (`set`), and the tree is read from the top down (`read`, `alternatives`, `axis`, `together`, `report`, `maps`, `stability`).
//! What is computed from other parameters (`expression`) is checked value by value, as a plan lays it out (`layout`, `grid`).
//! Whatever is wrong is a [`SpecError`] that shows the place.

mod alternatives;
mod axis;
mod coordinates;
mod derived;
mod design;
mod document;
mod error;
mod expression;
mod fields;
mod grid;
mod hash;
mod json;
mod key;
mod layout;
mod maps;
mod matrix;
mod measure;
mod model;
mod overlay;
pub(crate) mod points;
mod read;
mod refine;
mod report;
mod role;
mod schema;
mod set;
mod sobol;
mod source;
mod stability;
mod starts;
mod text;
mod together;
mod with_table;

pub use axis::Distribution;
pub(crate) use coordinates::coordinates;
pub use coordinates::{Coordinate, column};
pub use design::Design;
pub use error::SpecError;
pub(crate) use error::suggest;
pub use expression::Expression;
pub(crate) use grid::visit;
pub use grid::{Dimension, Grid, SLOPE_AT_ZERO, Slot};
pub use key::Key;
pub(crate) use key::meant;
pub(crate) use maps::ROLES;
pub use matrix::Matrix;
pub use measure::{Counted, Event, Measure, Side, Told, Trait};
pub use model::{Method, ModelSpec, Over, RESAMPLE, Resample, Rows};
pub use refine::Refine;
pub use schema::schema;
pub use stability::{Assumption, Stability};
pub use starts::Starts;

use crate::member::{FAMILY, Family};
use crate::model::Model;
use crate::optimizer::Optimizer;
use crate::penalty::Penalty;
use crate::problem::Problem;
use error::Fault;
use source::{FILE, Sources};
use std::io::{self, Read as _};
use std::path::Path;
use std::sync::Arc;

/// A whole sweep: what to run, never how. Every value in it has been checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Spec {
    /// Name of the sweep and of its result folder.
    pub name: String,
    /// Updates of one trajectory, T.
    pub steps: u32,
    pub problems: Vec<Choice<&'static Problem>>,
    pub penalties: Vec<Choice<&'static Penalty>>,
    pub optimizers: Vec<Choice<Optimizer>>,
    /// For each penalty the place of its usual optimizer, which alone it goes with; `None` where each goes with all.
    pub usual_optimizers: Option<Vec<usize>>,
    /// The starting weight, `start.w`; of many weights see [`Starts`].
    pub start: Axis,
    /// What a problem of many weights is over; `None` for one weight.
    pub model: Option<ModelSpec>,
    pub together: Together,
    pub zero: ZeroRule,
    pub report: Report,
}

impl Spec {
    /// Every axis of every alternative, in the order of the members' tables: problems, penalties, optimizers, the start.
    pub fn axes(&self) -> impl Iterator<Item = &Axis> {
        let problems = self.problems.iter().flat_map(|choice| &choice.parameters);
        let penalties = self.penalties.iter().flat_map(|choice| &choice.parameters);
        let optimizers = self.optimizers.iter().flat_map(|choice| &choice.parameters);
        problems.chain(penalties).chain(optimizers).chain([&self.start]).chain(self.of_design())
    }

    /// The rows and the support of a design, where it has several.
    pub(super) fn of_design(&self) -> impl Iterator<Item = &Axis> {
        let design = self.model.as_ref().and_then(|model| match &model.over {
            Over::Design(design) => Some(design),
            _ => None,
        });
        let axes = design.into_iter().flat_map(|design| [&design.rows, &design.support]);
        axes.filter(|axis| axis.values.len() > 1)
    }

    /// The paths of all axes that move with `axis`, its own among them, in the order of the axes; none where it moves alone.
    pub fn together_with(&self, axis: &Axis) -> Vec<&str> {
        self.together.of(axis).map_or_else(Vec::new, |list| self.together.lists(self.axes()).swap_remove(list))
    }

    /// Whether an expression or a map uses the slope of the loss at 0.
    pub fn uses_slope_at_zero(&self) -> bool {
        let maps = self.report.maps.iter().flatten();
        let mut names = maps.flat_map(|map| [&map.x, &map.y].into_iter().chain(&map.facets));
        names.any(|name| name == SLOPE_AT_ZERO)
            || self.axes().filter_map(Axis::expression).any(|own| own.paths.iter().any(|path| path == SLOPE_AT_ZERO))
    }

    /// Every choice of one alternative of each role; the optimizer's vary fastest.
    pub fn combinations(&self) -> impl Iterator<Item = Combination<'_>> {
        let [problems, penalties, optimizers] =
            [self.problems.len(), self.penalties.len(), self.optimizers.len()].map(|len| 0..len);
        let all = problems.flat_map(move |problem| {
            let optimizers = optimizers.clone();
            penalties.clone().flat_map(move |penalty| optimizers.clone().map(move |own| [problem, penalty, own]))
        });
        let usual = self.usual_optimizers.as_ref();
        let runs = all.filter(move |[_, penalty, optimizer]| usual.is_none_or(|usual| usual[*penalty] == *optimizer));
        runs.map(|alternatives| {
            let [problem, penalty, optimizer] = alternatives;
            Combination {
                problem: &self.problems[problem],
                penalty: &self.penalties[penalty],
                optimizer: &self.optimizers[optimizer],
                alternatives,
            }
        })
    }
}

/// One alternative of each role.
#[derive(Clone, Copy, Debug)]
pub struct Combination<'a> {
    pub problem: &'a Choice<&'static Problem>,
    pub penalty: &'a Choice<&'static Penalty>,
    pub optimizer: &'a Choice<Optimizer>,
    /// Their places among those of their roles.
    pub alternatives: [usize; 3],
}

impl<'a> Combination<'a> {
    /// The axes of its members, in the order of a kernel's parameters.
    pub fn axes(self) -> impl Iterator<Item = &'a Axis> {
        self.problem.parameters.iter().chain(&self.penalty.parameters).chain(&self.optimizer.parameters)
    }

    /// The places among these of what shapes the penalty.
    pub fn shapes(self) -> impl Iterator<Item = usize> {
        let first = self.problem.parameters.len();
        self.penalty.kind.shapes().map(move |(place, _)| first + place)
    }
}

/// Which axes move together rather than meet each other's values.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Together {
    /// Lists of paths, in the order of the spec's paths. The axes of a list have as many values each.
    pub zip: Vec<Vec<String>>,
    /// Whether all random axes are drawn together, one point a draw.
    pub sample: bool,
}

/// One alternative of a role: a member and the values of its parameters, in the order of the member's table.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice<K> {
    pub kind: K,
    pub parameters: Vec<Axis>,
}

/// The values of one parameter, each an f64 rounded to f32: finite, zero (never -0) or normal, and distinct unless the
/// axis is pooled or moves together with others, whose values then differ with them.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// Path of the parameter, for example `penalty.lambda`.
    pub path: String,
    /// None where they are computed from others.
    pub values: Vec<f32>,
    pub spacing: Spacing,
}

impl Axis {
    /// What its values are computed by.
    pub fn expression(&self) -> Option<&Expression> {
        if let Spacing::Derived(expression) = &self.spacing { Some(expression) } else { None }
    }

    /// Whether its values are computed from those of `path`.
    fn uses(&self, path: &str) -> bool {
        self.expression().is_some_and(|expression| expression.paths.iter().any(|own| own == path))
    }

    /// Whether its values are a path of lambda.
    pub fn is_path(&self) -> bool {
        matches!(self.spacing, Spacing::Path(_))
    }

    /// Whether its values are computed from others.
    pub fn is_derived(&self) -> bool {
        self.expression().is_some()
    }
}

/// How the values of an axis came about; it decides the scale of a heatmap's axis and what is pooled by default.
#[derive(Clone, Debug, PartialEq)]
pub enum Spacing {
    /// One number.
    Fixed,
    /// The values as listed.
    List,
    Linear,
    Geometric,
    /// Shares of the least lambda at which all weights are 0, spaced geometrically; lambdas once a table is read.
    Path(PathOf),
    /// Drawn from a distribution.
    Random,
    /// Computed from other parameters.
    Derived(Expression),
}

/// Whose rows say where a path of lambda begins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum PathOf {
    /// The whole table, for all draws of its rows.
    Table,
    /// Each draw of rows: lambda is so many times that of the table as its first is the table's. The table's, once that is read.
    EachDraw(f64),
}

impl Spacing {
    /// Whether each value is the same multiple of the one before.
    pub fn is_geometric(&self) -> bool {
        matches!(self, Spacing::Geometric | Spacing::Path(_))
    }
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

/// A learning rate that is none: each draw of a table's rows has its own, 1 over the Lipschitz constant of its loss.
pub const AUTOMATIC_RATE: f32 = 0.0;

/// The most tolerances that a spec may give.
pub const MAX_TOLERANCES: usize = 8;

/// The least tolerance, 2^-64: below it a weight counts as decayed.
pub const MIN_TOLERANCE: f32 = f32::from_bits((127 - 64) << 23);

/// The greatest bound on |w| that a spec may give; a weight beyond it is on its way to infinity.
pub const MAX_DIVERGENCE: f64 = 1e30;

/// The most updates of a trajectory.
pub const MAX_STEPS: u32 = 2_000_000_000;

/// The most iterates of a tail.
pub const MAX_TAIL: u32 = 100_000;

/// The longest text of a spec, in bytes.
pub const MAX_SPEC_BYTES: u64 = 64 << 20;

/// The longest name of a sweep, in bytes.
pub const MAX_NAME_LENGTH: usize = 100;

/// The most values of one axis, 2^24.
pub const MAX_AXIS_VALUES: u64 = 1 << 24;

/// The most alternatives of one role.
pub const MAX_ALTERNATIVES: usize = 256;

/// The most cells of a sweep.
pub const MAX_CELLS: u128 = 50_000_000;

/// What is reported: which axes are pooled into a cell, which cells are run, which heatmaps are drawn, and which weights are stable.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// Paths of the pooled axes, in the order of the spec's paths; by default those that some alternative draws at
    /// random, and what moves with them.
    pub pool: Vec<String>,
    /// The maps asked for; `None` where the program is to choose.
    pub maps: Option<Vec<MapRequest>>,
    /// Which cells are run; `None` where all are.
    pub refine: Option<Refine>,
    /// Which weights are stable, of half samples of many weights.
    pub stability: Option<Stability>,
}

/// Pictures of one measure each over the same coordinates, by path or role (`penalty.k`, `optimizer`).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MapRequest {
    /// Empty where the program is to choose x, y and facets.
    pub x: String,
    /// Empty where there is none: a single strip, or a single line.
    pub y: String,
    pub facets: Vec<String>,
    /// None: the share of exact zeros, and the commonest fate.
    pub measures: Vec<Measure>,
    /// Cells that have other values of these are left out.
    pub only: Vec<Only>,
    pub difference: Option<Difference>,
    /// Lines over x, one for each value of y, in the place of a heatmap.
    pub line: bool,
}

/// The values of a coordinate that a picture is of.
#[derive(Clone, Debug, PartialEq)]
pub struct Only {
    pub name: String,
    pub keys: Vec<Key>,
}

/// A picture of what a measure has at one value of a coordinate more than at another.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    pub name: String,
    pub of: Key,
    pub minus: Key,
}

/// The language that a spec is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Toml,
    Json,
}

/// A spec and the text that gives it.
#[derive(Clone, Debug)]
pub struct LoadedSpec {
    pub spec: Spec,
    /// The spec as run: TOML, with every `--set` in it. It has been read back and gives `spec` again. Comments are kept
    /// where the source was TOML, except in values that a `--set` replaces as a whole.
    pub text: String,
    /// What a problem of many weights is made of, once its table is read.
    pub model: Option<Arc<Model>>,
}

impl Spec {
    /// Reads the file at `path`, as JSON if its name ends in `.json` and as TOML otherwise, and puts each
    /// `PATH=VALUE` of `sets` over it. The path `-` is the standard input, JSON if its text starts with `{`.
    ///
    /// # Errors
    /// The file cannot be read, or what it says is no spec: see [`SpecError`].
    pub fn load(path: &Path, sets: &[String]) -> Result<LoadedSpec, SpecError> {
        if path == Path::new("-") {
            let text = decode(read_all(io::stdin().lock()), "the standard input")?;
            let format = if text.trim_start().starts_with('{') { Format::Json } else { Format::Toml };
            return Spec::parse(&text, format, "<stdin>", sets)?.with_table();
        }
        let file_name = path.display().to_string();
        let text = decode(read_file(path), &file_name)?;
        let is_json = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
        let format = if is_json { Format::Json } else { Format::Toml };
        Spec::parse(&text, format, &file_name, sets)?.with_table()
    }

    /// Reads a spec from its text; `file_name` is what errors call it.
    ///
    /// ```
    /// use zerosweep::spec::{Format, Spec};
    ///
    /// let text = r#"
    ///     name = "l1"
    ///     steps = 1000
    ///     penalty = { kind = "lk", k = 1, lambda = { geomspace = [0.01, 10.0, 31] } }
    ///     optimizer = { kind = ["subgradient", "proximal"], learning_rate = 0.05 }
    ///     start.w = { uniform = [-5.0, 5.0], count = 64 }
    /// "#;
    /// let loaded = Spec::parse(text, Format::Toml, "l1.toml", &["steps=500".to_owned()])?;
    /// assert_eq!(loaded.spec.steps, 500);
    /// assert_eq!(loaded.spec.report.pool, ["start.w"]);
    /// # Ok::<(), zerosweep::spec::SpecError>(())
    /// ```
    ///
    /// # Errors
    /// The text, or a `PATH=VALUE` of `sets`, is not valid: see [`SpecError`].
    pub fn parse(text: &str, format: Format, file_name: &str, sets: &[String]) -> Result<LoadedSpec, SpecError> {
        Spec::parse_of(&FAMILY, text, format, file_name, sets)
    }

    /// As [`Spec::parse`], of the members of `family`.
    ///
    /// # Errors
    /// As [`Spec::parse`].
    pub fn parse_of(
        family: &'static Family,
        text: &str,
        format: Format,
        file_name: &str,
        sets: &[String],
    ) -> Result<LoadedSpec, SpecError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let sources = Sources::new(file_name, text, sets);
        parse_sources(family, text, format, &sources).map_err(|fault| fault.explain(&sources))
    }
}

fn parse_sources(family: &'static Family, text: &str, format: Format, sources: &Sources) -> Result<LoadedSpec, Fault> {
    let mut root = document::parse(text, format, FILE)?;
    let edits = set::apply_sets(&mut root, sources)?;
    let spec = read::read_spec(&root, family)?;
    let text = text::as_run(text, format, &edits, &root, &spec, family);
    Ok(LoadedSpec { spec, text, model: None })
}

/// Some systems report a folder as a refusal to read, so it is asked for first.
fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    if path.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    read_all(std::fs::File::open(path)?)
}

/// What a reader holds, as far as a spec may go: a device may go on for ever.
fn read_all(reader: impl io::Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(MAX_SPEC_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_SPEC_BYTES { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(bytes) }
}

fn decode(bytes: io::Result<Vec<u8>>, file_name: &str) -> Result<String, SpecError> {
    let bytes = bytes.map_err(|error| {
        let reason = match error.kind() {
            io::ErrorKind::NotFound => "there is no such file".to_owned(),
            io::ErrorKind::IsADirectory => "it is a folder, not a file".to_owned(),
            io::ErrorKind::FileTooLarge => format!("it has more than {} MiB", MAX_SPEC_BYTES >> 20),
            _ => error.to_string(),
        };
        SpecError::without_text(&format!("cannot read {file_name}: {reason}"), None)
    })?;
    String::from_utf8(bytes).map_err(|error| {
        let offset = error.utf8_error().valid_up_to();
        let line = 1 + error.as_bytes()[..offset].iter().filter(|&&byte| byte == b'\n').count();
        let message = format!("cannot read {file_name}: line {line} is not UTF-8");
        SpecError::without_text(&message, Some("save the file as UTF-8"))
    })
}
