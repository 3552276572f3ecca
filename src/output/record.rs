//! run.json: what was run and what came of it, the same on every machine; machine.json: where, when and how fast.

use super::{Number, words};
use crate::audit::{Audit, Replayed, WeightAudit};
use crate::backend::gpu::AdapterRecord;
use crate::kernel::Kernel;
use crate::model::{Draws, JUDGED_TO, Model};
use crate::plan::{Group, Plan};
use crate::probe::Probe;
use crate::refine::Refined;
use crate::statistics::{GroupSummary, Quantiles, Rate, Statistics, Summary};
use crate::verdict::{Fate, Histogram};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// Where a sweep ran.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "backend", rename_all = "lowercase")]
pub enum Device {
    Cpu {
        threads: usize,
        vectors: &'static str,
        why: String,
    },
    Gpu {
        adapter: AdapterRecord,
        probe: Box<Probe>,
        why: String,
    },
    /// From one queue.
    Several {
        devices: Vec<Device>,
        why: String,
    },
}

impl Device {
    /// For people: `cpu (2 threads, AVX-512)`.
    pub fn describe(&self) -> String {
        match self {
            Device::Cpu { threads: 1, vectors, .. } => format!("cpu (1 thread, {vectors})"),
            Device::Cpu { threads, vectors, .. } => format!("cpu ({threads} threads, {vectors})"),
            Device::Gpu { adapter, .. } => {
                format!("gpu ({}, {} through {})", adapter.name, adapter.kind, adapter.interface)
            }
            Device::Several { devices, .. } => devices.iter().map(Device::describe).collect::<Vec<_>>().join(" and "),
        }
    }

    /// What tells devices apart whose results may differ in a byte: on every CPU they are the same.
    pub fn identity(&self) -> String {
        match self {
            Device::Cpu { .. } => "cpu".to_owned(),
            Device::Gpu { adapter, .. } => {
                let AdapterRecord { name, interface, driver, driver_version, .. } = adapter;
                format!("gpu {name} ({interface}, {driver} {driver_version})")
            }
            Device::Several { devices, .. } => {
                let mut kinds: Vec<String> = devices.iter().map(Device::identity).collect();
                kinds.sort();
                kinds.dedup();
                kinds.join(" and ")
            }
        }
    }

    /// Why it was chosen.
    pub fn why(&self) -> &str {
        match self {
            Device::Cpu { why, .. } | Device::Gpu { why, .. } | Device::Several { why, .. } => why,
        }
    }
}

/// What is recorded of a run wherever it ran: nothing here depends on the machine, nor on the time.
#[derive(Clone, Debug)]
pub struct RunRecord<'a> {
    pub name: &'a str,
    /// What came of a refinement; `None` where all cells were run.
    pub refined: Option<&'a Refined>,
    pub spec_hash: String,
    pub files: Vec<String>,
}

/// What another run of the same spec may have otherwise.
#[derive(Clone, Debug, Serialize)]
pub struct MachineRecord {
    pub device: Device,
    /// Unix time at which the sweep began.
    pub started_at_unix_seconds: u64,
    /// What the sweep took.
    pub seconds: f64,
    /// Updates of the whole sweep, as if none had ended early, over `seconds`.
    pub steps_per_second: f64,
}

impl MachineRecord {
    /// The record as a JSON object.
    pub fn json(&self) -> Map<String, Value> {
        object(json!(self))
    }
}

impl RunRecord<'_> {
    /// The record and the sums of the sweep as one JSON object.
    pub fn json(&self, plan: &Plan, statistics: &Statistics, audit: &Audit) -> Map<String, Value> {
        let record = json!({
            "zerosweep": env!("CARGO_PKG_VERSION"),
            "spec": { "name": self.name, "hash": self.spec_hash },
            "cells": plan.cells,
            "trajectories": plan.trajectories,
            "steps_per_trajectory": plan.limits.steps,
            "tail": plan.limits.tail,
            "kernels": plan.kernels().into_iter().map(|kernel| kernel.label()).collect::<Vec<_>>(),
            "groups": groups(plan, statistics),
            "audit": audited(audit),
            "files": self.files,
        });
        let mut record = object(record);
        record.extend(self.refined.map(|refined| ("refined".to_owned(), refinement(refined))));
        record.extend(plan.model.as_ref().map(|model| ("model".to_owned(), of_model(model))));
        let counted = statistics.counted();
        let partial = (counted < plan.trajectories).then(|| json!({ "trajectories_counted": counted }));
        let partial = partial.map(|partial| ("partial".to_owned(), partial));
        // First: whoever reads on knows what the sums are of.
        partial.into_iter().chain(record).collect()
    }
}

/// How many cells of how many were run, and what is known of the others.
fn refinement(refined: &Refined) -> Value {
    let wrong = Some(refined.wrong()).filter(|_| refined.checked > 0);
    json!({
        "cells_of_the_grid": refined.all,
        "cells_run": refined.cells.len(),
        "first_cut": refined.widest,
        "uncut": refined.uncut(),
        "checked": refined.checked,
        "differed": refined.differed,
        "wrong_rate": wrong.map(|wrong| wrong.rate),
        "wrong_rate_low": wrong.map(|wrong| wrong.low),
        "wrong_rate_high": wrong.map(|wrong| wrong.high),
    })
}

/// What a problem of many weights is made of, and how its loss is scaled.
pub fn of_model(model: &Model) -> Value {
    let weights = model.names.iter().enumerate().map(|(place, name)| {
        json!({
            "name": name,
            "center": model.centers[place],
            "scale": model.scales[place],
            "penalty_factor": model.factors[place],
            "truth": model.truth.as_ref().map(|truth| truth[place]),
        })
    });
    let mut told = json!({
        "loss": words::loss(model),
        "table_sha256": (!model.digest.is_empty()).then_some(&model.digest),
        "rows": model.designs.is_none().then(|| model.rows()),
        "resample": model.resample.name(),
        "draws": model.resample.count,
        "seed": model.seed(),
        "kkt": model.kkt,
        "one_sided_draws": Draws::new(model).one_sided(),
        "weights": weights.collect::<Vec<_>>(),
    });
    if !model.groups.names.is_empty() {
        told["groups"] = groups_of(model).into();
    }
    told
}

/// The groups that have names, with their weights.
fn groups_of(model: &Model) -> Vec<Value> {
    let group = |(name, weights): (&str, Vec<&str>)| json!({ "name": name, "weights": weights });
    model.named_groups().into_iter().map(group).collect()
}

fn object(record: Value) -> Map<String, Value> {
    if let Value::Object(object) = record { object } else { unreachable!("a record should be an object: {record}") }
}

/// What the audit found; null where it replayed nothing.
fn audited(audit: &Audit) -> Value {
    if let Some(found) = &audit.weights {
        let WeightAudit { judged, differs, differs_not_convex, largest_move, undecided } = *found;
        let Rate { rate, low, high } = found.rate();
        let share = |share: f64| (judged > 0).then_some(share);
        return json!({
            "coordinate_descent": {
                "to": JUDGED_TO,
                "judged": judged,
                "undecided": undecided,
                "differs": differs,
                "differs_not_convex": differs_not_convex,
                "rate": share(rate),
                "low": share(low),
                "high": share(high),
                "largest_move": share(largest_move),
            },
        });
    }
    if audit.random.replayed == 0 {
        return Value::Null;
    }
    let Rate { rate, low, high } = audit.random.rate();
    // Those near a boundary are chosen, not drawn: their share is one of nothing else.
    let Replayed { replayed, differs, about_zero } = audit.boundary;
    let random = &audit.random;
    let differences = audit.differences.iter().map(|difference| {
        json!({
            "trajectory": difference.trajectory,
            "cell": difference.cell,
            "fate": difference.fate.name(),
            "fate_in_f64": difference.fate_in_f64.name(),
            "reason": difference.reason,
        })
    });
    json!({
        "random": {
            "replayed": random.replayed,
            "differs": random.differs,
            "about_zero": random.about_zero,
            "rate": rate,
            "low": low,
            "high": high,
        },
        "boundary": { "replayed": replayed, "differs": differs, "about_zero": about_zero },
        "differences": differences.collect::<Vec<_>>(),
    })
}

fn groups(plan: &Plan, statistics: &Statistics) -> Vec<Value> {
    let entries = statistics.groups.iter().map(|group| Entry::of(group, &plan.limits.tolerances));
    entries.map(|entry| serde_json::to_value(entry).expect("a group's sums should be JSON")).collect()
}

/// The groups that the record of a whole sweep tells of, without their amplitudes and its cells; `None` where they are not those of
/// `plan`.
pub fn recorded_groups(record: &Value, plan: &Plan) -> Option<Statistics> {
    let entries = record["groups"].as_array()?.iter();
    let groups = entries.map(|entry| serde_json::from_value::<Entry>(entry.clone()).ok()?.group(plan));
    let groups = groups.collect::<Option<Vec<_>>>().filter(|groups| !groups.is_empty())?;
    Some(Statistics::of_groups(groups))
}

/// The sums of a group.
#[derive(Serialize, Deserialize)]
struct Entry {
    problem: String,
    penalty: String,
    /// The parameters that shape the penalty; null where one is pooled.
    #[serde(flatten)]
    shape: Map<String, Value>,
    optimizer: String,
    trajectories: u64,
    fates: Map<String, Value>,
    crossed: u64,
    within: Map<String, Value>,
    /// With its interval where it is that of one cell.
    zero_rate: Map<String, Value>,
    draws: Option<u64>,
    commonest_fate: String,
    reached_zero: u64,
    first_zero: Quantiles,
    first_crossing: Quantiles,
    arrival: Quantiles,
}

fn zero_rate(summary: &Summary) -> Map<String, Value> {
    let Rate { rate, low, high } = summary.zero();
    let ends = [("low", low), ("high", high)].into_iter().filter(|_| summary.draws.is_some());
    [("rate", rate)].into_iter().chain(ends).map(|(name, value)| (name.to_owned(), value.into())).collect()
}

impl Entry {
    fn of(group: &GroupSummary, tolerances: &[f32]) -> Entry {
        let GroupSummary { group, summary, .. } = group;
        let fates = Fate::ALL.iter().zip(summary.fates);
        let within = tolerances.iter().zip(&summary.within);
        Entry {
            problem: group.problem.member.kind.to_owned(),
            penalty: group.penalty.member.kind.to_owned(),
            shape: group.shapes().map(|(name, value)| (name.to_owned(), json!(value))).collect(),
            optimizer: group.optimizer.name().to_owned(),
            trajectories: summary.trajectories,
            fates: fates.map(|(fate, count)| (fate.name().to_owned(), count.into())).collect(),
            crossed: summary.crossed,
            within: within.map(|(&tolerance, &count)| (Number(tolerance).to_string(), count.into())).collect(),
            zero_rate: zero_rate(summary),
            draws: summary.draws,
            commonest_fate: Fate::commonest(&summary.fates).name().to_owned(),
            reached_zero: summary.reached_zero,
            first_zero: summary.first_zero,
            first_crossing: summary.first_crossing,
            arrival: summary.arrival,
        }
    }

    /// The group of `plan` that it is of.
    fn group(self, plan: &Plan) -> Option<GroupSummary> {
        let is_own = |kernel: &&Kernel| {
            let kinds = [kernel.problem.member.kind, kernel.penalty.member.kind, kernel.optimizer.name()];
            kinds == [&self.problem, &self.penalty, &self.optimizer].map(String::as_str)
        };
        let Kernel { problem, penalty, optimizer, .. } = *plan.kernels().iter().find(is_own)?;
        let shape = penalty.shapes().map(|(_, name)| Some(self.shape.get(name)?.as_f64().map(|value| value as f32)));
        let shape = shape.collect::<Option<_>>()?;
        let mut fates = [0; 7];
        for (fate, count) in Fate::ALL.iter().zip(&mut fates) {
            *count = self.fates.get(fate.name())?.as_u64()?;
        }
        let within = |tolerance: &f32| self.within.get(&Number(*tolerance).to_string())?.as_u64();
        let summary = Summary {
            trajectories: self.trajectories,
            fates,
            crossed: self.crossed,
            within: plan.limits.tolerances.iter().map(within).collect::<Option<_>>()?,
            draws: self.draws,
            spreads: Box::default(),
            reached_zero: self.reached_zero,
            first_zero: self.first_zero,
            first_crossing: self.first_crossing,
            arrival: self.arrival,
        };
        let group = Group { problem, penalty, shape, optimizer };
        Some(GroupSummary { group, summary, amplitudes: Histogram::default() })
    }
}
