//! What the explorer's page calls: the library in a browser, through wasm-bindgen.
//!
//! The page's state is a spec with one value a parameter, as a JSON object. [`open`] makes it from any spec; [`Sweep`] runs
//! it over two axes, part by part, on the CPU or through WebGPU; [`Trajectory`] is followed step by step. A report's page finds
//! its cells by [`Results`]. Errors are texts for the reader.

mod open;

use crate::audit::rules::searched;
use crate::backend::gpu::Gpu;
use crate::backend::{Cancel, RunOptions, cpu};
use crate::kernel::{Kernel, Role};
use crate::member::{Domain, Parameter};
use crate::output::drawing::colour::{CIVIDIS, fate_colour};
use crate::output::members;
use crate::plan::{At, Limits, Plan, Point};
use crate::replay::replay;
use crate::spec::{Axis, Format, Spec};
use crate::statistics::Rate;
use crate::verdict::Fate;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::ops::ControlFlow;
use wasm_bindgen::prelude::wasm_bindgen;

/// How many fates there are: the counts of a cell.
const FATES: usize = Fate::ALL.len();

/// Iterates that a course holds at the most.
const MOST_ITERATES: usize = 200_000;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = console)]
    fn error(text: &str);
}

/// Tells the console of a panic, which the page sees as `unreachable` alone.
#[wasm_bindgen(start)]
pub fn start() {
    std::panic::set_hook(Box::new(|panic| error(&panic.to_string())));
}

/// The family's members, fates in the order of legends, and the colours of rates from 0 to 1, as JSON.
#[wasm_bindgen]
pub fn family() -> String {
    let hex = |colour: u32| format!("#{colour:06x}");
    let fates = Fate::SHOWN
        .map(|fate| json!({ "name": fate.name(), "place": fate as usize, "colour": hex(fate_colour(fate)) }));
    let shades = CIVIDIS.map(hex).to_vec();
    json!({ "members": members::json(), "ranges": ranges(), "fates": fates, "shades": shades }).to_string()
}

/// For each parameter, `penalty.mcp.gamma`, the ends of its slider, whether that goes in even ratios, and the least and the greatest value
/// that a map is zoomed to.
fn ranges() -> Value {
    let range = |parameter: &Parameter| match (parameter.name, parameter.domain) {
        ("learning_rate", _) => json!([0.001, 2.0, true, 1e-6]),
        ("k", _) => json!([0.1, 4.0, false, 0.01]),
        (_, Domain::Finite) => json!([-3.0, 3.0, false]),
        (_, Domain::Share) => json!([0.0, 1.0, false, 0.0, 1.0]),
        (_, Domain::BelowOne) => json!([0.0, 0.999, false, 0.0, 0.999]),
        (_, Domain::AboveTwo) => json!([2.05, 8.0, false, 2.001]),
        (_, Domain::NonNegative) => json!([0.0, 2.0, false, 0.0]),
        (_, Domain::Positive) => json!([0.01, 10.0, true, 1e-6]),
    };
    let rows = members::tables().into_iter().flat_map(|table| {
        let role = table.role.path();
        table.rows.into_iter().map(move |row| (role, row.member))
    });
    let own = rows.flat_map(|(role, member)| {
        let path = move |parameter: &Parameter| format!("{role}.{}.{}", member.kind, parameter.name);
        member.parameters.iter().map(move |parameter| (path(parameter), range(parameter)))
    });
    Value::Object(own.collect())
}

/// The state of the page for a spec, in TOML or JSON, as JSON.
///
/// # Errors
/// The text is no spec, or no state can be made of it.
#[wasm_bindgen]
pub fn open(text: &str, name: &str) -> Result<String, String> {
    open::open(text, name).map(|state| state.to_string())
}

/// A spec that the page has made, as a TOML file.
///
/// # Errors
/// It is no spec.
#[wasm_bindgen]
pub fn toml(spec: &str) -> Result<String, String> {
    read(spec)?;
    let value: Value = serde_json::from_str(spec).map_err(|error| error.to_string())?;
    ::toml::to_string(&value).map_err(|error| error.to_string())
}

/// The ends of Wilson's 95 % interval of `count` out of `total` trajectories with so many independent `draws`.
#[wasm_bindgen]
pub fn interval(count: u32, total: u32, draws: u32) -> Vec<f64> {
    let rate = Rate::wilson(count.into(), total.into(), draws.into());
    vec![rate.low, rate.high]
}

/// One trajectory of a sweep.
#[wasm_bindgen]
pub struct Trajectory {
    kernel: Kernel,
    point: Point,
    limits: Limits,
}

#[wasm_bindgen]
impl Trajectory {
    /// The first trajectory of `spec`.
    ///
    /// # Errors
    /// `spec` is no spec.
    #[wasm_bindgen(js_name = firstOf)]
    pub fn first_of(spec: &str) -> Result<Trajectory, String> {
        let plan = Plan::new(&read(spec)?);
        let section = &plan.sections[0];
        Ok(Trajectory { kernel: section.kernel, point: section.at(0), limits: plan.limits.clone() })
    }

    /// The starting weight.
    #[wasm_bindgen(getter)]
    pub fn start(&self) -> f32 {
        self.point.start
    }

    /// Every iterate and how it ended.
    pub fn course(&self) -> Course {
        let mut weights = Vec::new();
        let outcome = replay(self.kernel, self.point, &self.limits, &mut |iterate| {
            weights.push(iterate.w);
            if weights.len() < MOST_ITERATES { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        Course { weights, fate: outcome.map(|outcome| Fate::ALL[outcome.fate as usize]) }
    }

    /// The penalty lambda R, its slope, its proximal map of step 1, and the loss, in f64, at `count` weights from `from` to `to`: one
    /// after another.
    pub fn curves(&self, from: f64, to: f64, count: u32) -> Vec<f64> {
        let own = |role| self.kernel.values(role, &self.point).iter().copied().map(f64::from).collect::<Vec<f64>>();
        let (penalty, loss) = (own(Role::Penalty), own(Role::Problem));
        let in_f64 = &self.kernel.penalty.in_f64;
        let weights = |of: &dyn Fn(f64) -> f64| {
            let last = f64::from(count.max(2) - 1);
            (0..count).map(|place| of(from + (to - from) * f64::from(place) / last)).collect::<Vec<f64>>()
        };
        let prox =
            |x: f64| in_f64.prox.map_or_else(|| searched(in_f64, x, 1.0, &penalty), |prox| prox(x, 1.0, &penalty));
        [
            weights(&|w| (in_f64.value)(w, &penalty)),
            weights(&|w| (in_f64.slope)(w, &penalty)),
            weights(&prox),
            weights(&|w| (self.kernel.problem.value_in_f64)(w, &loss)),
        ]
        .concat()
    }
}

/// What became of a trajectory.
#[wasm_bindgen]
pub struct Course {
    weights: Vec<f32>,
    fate: Option<Fate>,
}

#[wasm_bindgen]
impl Course {
    /// Iterates from the start on; the first 200,000 of them.
    #[wasm_bindgen(getter)]
    pub fn weights(&self) -> Vec<f32> {
        self.weights.clone()
    }

    /// How it ended; nothing where it goes on beyond its iterates here.
    #[wasm_bindgen(getter)]
    pub fn fate(&self) -> Option<String> {
        self.fate.map(|fate| fate.name().to_owned())
    }
}

/// A sweep whose results stand in a report.
#[wasm_bindgen]
pub struct Results(Plan);

#[wasm_bindgen]
impl Results {
    /// The sweep of a spec as run, in TOML.
    ///
    /// # Errors
    /// It is no spec.
    #[wasm_bindgen(constructor)]
    pub fn new(spec: &str) -> Result<Results, String> {
        let loaded = Spec::parse(spec, Format::Toml, "spec.toml", &[]).map_err(|error| error.to_string())?;
        Ok(Results(Plan::new(&loaded.spec)))
    }

    /// Of the cells with these values, each `penalty.lambda=0.5` or `optimizer=proximal`: the first, how many there are, trajectories
    /// of the first and the draws behind its shares, 0 where nothing is drawn.
    ///
    /// # Errors
    /// No cell has them.
    pub fn find(&self, at: Vec<String>) -> Result<Vec<f64>, String> {
        let at: Result<Vec<At>, &str> = at.iter().map(|text| text.parse()).collect();
        let found = self.0.find(&at?).map_err(|error| error.to_string())?;
        let (section, local) = self.0.locate(found.first).ok_or("the sweep has no such trajectory")?;
        let cell = section.first_cell + local / section.pool;
        let size = self.0.cell_size(cell);
        let draws = self.0.draws(cell).unwrap_or(0);
        Ok([cell, found.count.div_ceil(size), size, draws].map(|number| number as f64).to_vec())
    }

    /// The trajectory `place` of a cell.
    pub fn trajectory(&self, cell: f64, place: f64) -> Trajectory {
        let (section, local) = self.0.trajectory_of_cell(cell as u64, place as u64);
        Trajectory { kernel: section.kernel, point: section.at(local), limits: self.0.limits.clone() }
    }
}

/// A sweep over two axes, that is run part by part.
#[wasm_bindgen]
pub struct Sweep {
    spec: Spec,
    paths: [String; 2],
}

#[wasm_bindgen]
impl Sweep {
    /// The sweep of `spec` over its parameters `x` and `y`, which alone tell its cells apart.
    ///
    /// # Errors
    /// `spec` is no spec, or has no such axes.
    #[wasm_bindgen(constructor)]
    pub fn new(spec: &str, x: String, y: String) -> Result<Sweep, String> {
        let sweep = Sweep { spec: read(spec)?, paths: [x, y] };
        for path in &sweep.paths {
            axis(&sweep.spec, path).ok_or_else(|| format!("the spec has no `{path}`"))?;
        }
        let mut others = Plan::new(&sweep.spec).coordinates.into_iter().filter(|own| !own.follows);
        if let Some(other) = others.find(|own| !sweep.paths.contains(&own.path)) {
            return Err(format!("`{}` has several values, and a map has two axes", other.path));
        }
        if sweep.spec.combinations().count() > 1 || !sweep.spec.together.zip.is_empty() {
            return Err("a map is of one alternative of each role, and its axes are crossed".to_owned());
        }
        Ok(sweep)
    }

    /// The values along x (0) or y (1).
    pub fn values(&self, along: usize) -> Vec<f32> {
        axis(&self.spec, &self.paths[along]).map_or_else(Vec::new, |axis| axis.values.clone())
    }

    /// How many trajectories end in each fate, by [`Fate::ALL`], of the cells at these places along x and y: all x of the first y,
    /// then of the next.
    pub fn counts(&self, x: &[u32], y: &[u32]) -> Vec<u32> {
        let part = self.part(x, y);
        let mut counts = part.zeros();
        let options = RunOptions::default();
        cpu::run(&part.plan, &options, &Cancel::default(), &mut |batch| part.count(&batch.tallies, &mut counts));
        counts
    }

    /// As `counts`, on a GPU.
    ///
    /// # Errors
    /// The device's.
    #[wasm_bindgen(js_name = countsOn)]
    pub async fn counts_on(&self, device: &Device, x: Vec<u32>, y: Vec<u32>) -> Result<Vec<u32>, String> {
        let part = self.part(&x, &y);
        let mut counts = part.zeros();
        let (options, cancel) = (RunOptions::default(), Cancel::default());
        let mut deliver = |batch: crate::backend::Batch| part.count(&batch.tallies, &mut counts);
        let ended = device.0.run(&part.plan, &options, &cancel, &mut deliver).await;
        ended.map_err(|error| error.to_string())?;
        Ok(counts)
    }
}

/// Some rows and columns of a map.
struct Part {
    plan: Plan,
    /// Where in `counts` those of each cell begin.
    places: Vec<usize>,
}

impl Sweep {
    fn part(&self, x: &[u32], y: &[u32]) -> Part {
        let mut spec = self.spec.clone();
        let mut places: [HashMap<u32, usize>; 2] = Default::default();
        for (path, (kept, places)) in self.paths.iter().zip([x, y].into_iter().zip(&mut places)) {
            let axis = axis_mut(&mut spec, path).expect("a sweep should have its axes");
            axis.values = kept.iter().map(|&place| axis.values[place as usize]).collect();
            *places = axis.values.iter().map(|value| value.to_bits()).zip(0..).collect();
        }
        let plan = Plan::new(&spec);
        let mut begins = vec![0; plan.cells as usize];
        for section in &plan.sections {
            let mut digits = section.digits(0);
            for local in 0..section.trajectories() {
                if local % section.pool == 0 {
                    let [column, row] = [0, 1].map(|along| {
                        let value = section.value(&digits, &self.paths[along]);
                        value.and_then(|value| places[along].get(&value.to_bits())).copied().unwrap_or(0)
                    });
                    begins[(section.first_cell + local / section.pool) as usize] = (row * x.len() + column) * FATES;
                }
                section.advance(&mut digits);
            }
        }
        Part { plan, places: begins }
    }
}

impl Part {
    fn zeros(&self) -> Vec<u32> {
        vec![0; self.places.len() * FATES]
    }

    fn count(&self, tallies: &[(u64, crate::verdict::Tally)], counts: &mut [u32]) -> ControlFlow<()> {
        for (cell, tally) in tallies {
            let own = &mut counts[self.places[*cell as usize]..][..FATES];
            own.iter_mut().zip(tally.fates).for_each(|(count, more)| *count += more as u32);
        }
        ControlFlow::Continue(())
    }
}

/// A GPU that the browser lends.
#[wasm_bindgen]
pub struct Device(Gpu);

#[wasm_bindgen]
impl Device {
    /// The GPU; a program that stands in for one only where `any` is set.
    ///
    /// # Errors
    /// There is none, or it does not compute as results need it.
    pub async fn open(any: bool) -> Result<Device, String> {
        let mut gpu = Gpu::open(any.then_some("")).await.map_err(|error| error.to_string())?;
        let probe = gpu.questions().await.map_err(|error| error.to_string())?;
        gpu.heed(&probe).map_err(|error| error.to_string())?;
        Ok(Device(gpu))
    }
}

fn read(spec: &str) -> Result<Spec, String> {
    Spec::parse(spec, Format::Json, "the page's spec", &[]).map(|loaded| loaded.spec).map_err(|error| error.to_string())
}

fn axis<'a>(spec: &'a Spec, path: &str) -> Option<&'a Axis> {
    spec.axes().find(|axis| axis.path == path)
}

fn axis_mut<'a>(spec: &'a mut Spec, path: &str) -> Option<&'a mut Axis> {
    let problems = spec.problems.iter_mut().flat_map(|choice| &mut choice.parameters);
    let penalties = spec.penalties.iter_mut().flat_map(|choice| &mut choice.parameters);
    let optimizers = spec.optimizers.iter_mut().flat_map(|choice| &mut choice.parameters);
    problems.chain(penalties).chain(optimizers).chain([&mut spec.start]).find(|axis| axis.path == path)
}
