//! What a sweep will cost, from a sample of its own trajectories.

use crate::backend::cpu;
use crate::plan::{Limits, Plan};
use crate::statistics::Summary;
use crate::theory::Forecast;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Time that sampling may take.
const BUDGET: Duration = Duration::from_millis(20);

/// Steps that a sample takes at the most; longer trajectories are taken to go on as they began.
const SAMPLE_STEPS: u32 = 2048;

/// Text and pictures of a cell, while they are written.
const OUTPUT_BYTES: usize = 256;

/// What a sweep will cost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// Time on all cores of this machine.
    pub cpu_seconds: f64,
    /// Memory of tables and summaries; batches add some tens of MiB.
    pub memory_bytes: u64,
}

/// Samples one block of each section, as far as the budget goes.
pub fn estimate(plan: &Plan) -> Estimate {
    let began = Instant::now();
    let steps = plan.limits.steps.min(SAMPLE_STEPS);
    let limits = Limits { steps, tail: plan.limits.tail.min(steps), ..plan.limits.clone() };
    let (mut sampled_seconds, mut sampled, mut unsampled) = (0.0, 0, 0);
    for section in &plan.sections {
        if began.elapsed() > BUDGET {
            unsampled += section.trajectories();
            continue;
        }
        let seconds = cpu::sample(section, &limits).as_secs_f64() * f64::from(plan.limits.steps) / f64::from(steps);
        sampled_seconds += seconds * section.trajectories() as f64 / cpu::LANES as f64;
        sampled += section.trajectories();
    }
    let seconds = sampled_seconds * (1.0 + unsampled as f64 / sampled.max(1) as f64);
    // Sections share their tables, except that of k.
    let axes = plan.sections.iter().flat_map(|section| &section.dimensions);
    let tables: BTreeMap<*const f32, usize> = axes.map(|axis| (axis.values.as_ptr(), axis.values.len())).collect();
    let values = tables.values().map(|&len| len as u64);
    let summary = size_of::<Option<Summary>>() + 8 * plan.limits.tolerances.len() + size_of::<Forecast>();
    let summaries = plan.cells * (summary + OUTPUT_BYTES) as u64;
    Estimate {
        cpu_seconds: seconds / cpu::available_threads() as f64,
        memory_bytes: values.sum::<u64>() * 4 + summaries,
    }
}
