//! How fast a machine takes steps, kernel by kernel.

use crate::backend::Deliver;
use crate::backend::gpu::WORKGROUPS;
use crate::backend::{Batch, Cancel, Ending, Roofs, RunOptions};
use crate::kernel::Kernel;
use crate::operations::Operations;
use crate::plan::Plan;
use crate::work::Work;
use serde::{Deserialize, Serialize};
use std::ops::ControlFlow;
use web_time::{Duration, Instant};

/// Time that a measured run should take: far more than a clock or a thread's start.
const RUN: Duration = Duration::from_millis(100);

/// Runs before the measured ones: until none is faster by more than [`SETTLED`], at most so many.
const WARM_UPS: usize = 6;
const SETTLED: f64 = 0.97;

/// Measured runs: at least so many, as long as they take no longer than [`PATIENCE`] together.
const RUNS: usize = 7;
const FEWEST_RUNS: usize = 3;
const PATIENCE: Duration = Duration::from_secs(4);

/// What is run where nobody says otherwise: 66 kernels of a quadratic loss, none of whose trajectories comes to rest.
pub const STEPS: &str = include_str!("../benches/steps.toml");

/// The speed of a kernel: quartiles of several runs, in steps a second as if no trajectory had ended early.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Speed {
    /// As [`Kernel::label`] gives it.
    pub kernel: String,
    pub steps_per_second: Quartiles,
    pub runs: usize,
    /// Steps of a run.
    pub steps: f64,
    /// Of a step.
    #[serde(default)]
    pub operations: Operations,
    /// What the first run took beyond the second: a device compiles the kernel in it.
    pub first_run_extra_seconds: f64,
}

impl Speed {
    /// The median, as a share of what the device could do if each unit did nothing but the step's operations: its sums at the rate of
    /// independent ones, its quotients and roots at that of roots.
    pub fn share(&self, roofs: &Roofs) -> f64 {
        let plain = f64::from(self.operations.plain) / roofs.independent_operations_per_second;
        let special = f64::from(self.operations.special) / roofs.special_operations_per_second;
        self.steps_per_second.p50 * (plain + special)
    }
}

/// The speed of a kernel where a run is split in another way.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Effect {
    pub kernel: String,
    /// What is set: `batch` in trajectories, `slice` in steps, `workgroup` in invocations.
    pub setting: &'static str,
    pub value: u64,
    pub steps_per_second: Quartiles,
}

/// Ways to split a run, each with its setting and the value of that; `on_gpu` says whether slices and workgroups are of any effect.
pub fn splits(on_gpu: bool) -> Vec<(&'static str, u64, RunOptions)> {
    let batches = [1 << 10, 1 << 14, 1 << 18];
    let mut splits: Vec<_> =
        batches.map(|batch| ("batch", batch, RunOptions { batch: Some(batch), ..RunOptions::default() })).into();
    if on_gpu {
        let slice =
            |slice: u32| ("slice", u64::from(slice), RunOptions { slice: Some(slice), ..RunOptions::default() });
        splits.extend([64, 512, 4096].map(slice));
        let workgroup =
            |size: u32| ("workgroup", u64::from(size), RunOptions { workgroup: Some(size), ..RunOptions::default() });
        splits.extend(WORKGROUPS.map(workgroup));
    }
    splits
}

/// The least quarter, the half, and all but the greatest quarter are below these.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quartiles {
    pub p25: f64,
    pub p50: f64,
    pub p75: f64,
}

impl Quartiles {
    /// Of values that are given in any order, of which there is at least one; between two of them by the line.
    pub fn of(mut values: Vec<f64>) -> Quartiles {
        values.sort_by(f64::total_cmp);
        let at = |share: f64| {
            let place = share * (values.len() - 1) as f64;
            let (below, above) = (values[place.floor() as usize], values[place.ceil() as usize]);
            below + (above - below) * place.fract()
        };
        Quartiles { p25: at(0.25), p50: at(0.5), p75: at(0.75) }
    }
}

/// Measures `kernel` with its trajectories of `all`, from the first on, `least` or more as far as there are as many; `run` is the
/// device. `None` if it was cancelled.
///
/// # Errors
/// Those of `run`.
pub fn measure<E>(
    plan: &Plan,
    kernel: Kernel,
    (all, least): (&Work, u64),
    mut run: impl FnMut(&RunOptions, &Cancel, Deliver) -> Result<Ending, E>,
    cancel: &Cancel,
) -> Result<Option<Speed>, E> {
    let own = all.of_sections(|section| plan.sections[section].kernel == kernel);
    let of = |count: u64| RunOptions { work: Some(own.first(count)), ..RunOptions::default() };
    let mut seconds = |options: &RunOptions| {
        let began = Instant::now();
        let ending = run(options, cancel, &mut |_: Batch| ControlFlow::Continue(()))?;
        Ok((ending == Ending::Complete).then(|| began.elapsed().as_secs_f64().max(1e-9)))
    };
    // As many trajectories as take a run's time.
    let mut count = own.trajectories().min(least);
    let Some(first) = seconds(&of(count))? else { return Ok(None) };
    let Some(second) = seconds(&of(count))? else { return Ok(None) };
    let took = loop {
        let Some(took) = seconds(&of(count))? else { return Ok(None) };
        if took >= RUN.as_secs_f64() || count == own.trajectories() {
            break took;
        }
        let factor = (RUN.as_secs_f64() / took).clamp(1.5, 16.0);
        count = ((count as f64 * factor) as u64).min(own.trajectories());
    };
    let first_run_extra_seconds = (first - second).max(0.0);
    let options = of(count);
    let mut best = took;
    for _ in 0..WARM_UPS {
        let Some(again) = seconds(&options)? else { return Ok(None) };
        let is_settled = again > SETTLED * best;
        best = best.min(again);
        if is_settled {
            break;
        }
    }
    let steps = count as f64 * f64::from(plan.limits.steps);
    let (began, mut rates) = (Instant::now(), Vec::new());
    while rates.len() < RUNS && (rates.len() < FEWEST_RUNS || began.elapsed() < PATIENCE) {
        let Some(again) = seconds(&options)? else { return Ok(None) };
        rates.push(steps / again);
    }
    let runs = rates.len();
    let steps_per_second = Quartiles::of(rates);
    let operations = Operations::of_step(kernel);
    Ok(Some(Speed { kernel: kernel.label(), steps_per_second, runs, steps, operations, first_run_extra_seconds }))
}

/// How two measurements of a kernel compare.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Ratio {
    pub kernel: String,
    /// The second speed over the first, by their medians.
    pub ratio: f64,
    /// The least and the greatest that the quartiles allow.
    pub low: f64,
    pub high: f64,
}

/// The kernels that both have measured, in the order of the first.
pub fn compare(first: &[Speed], second: &[Speed]) -> Vec<Ratio> {
    let pairs = first.iter().filter_map(|a| Some((a, second.iter().find(|b| b.kernel == a.kernel)?)));
    let ratio = |(a, b): (&Speed, &Speed)| {
        let (first, second) = (a.steps_per_second, b.steps_per_second);
        Ratio {
            kernel: a.kernel.clone(),
            ratio: second.p50 / first.p50,
            low: second.p25 / first.p75,
            high: second.p75 / first.p25,
        }
    };
    pairs.map(ratio).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quartiles_are_those_of_numpy() {
        let values = vec![3.0, 1.0, 4.0, 1.5, 9.0, 2.6];
        let Quartiles { p25, p50, p75 } = Quartiles::of(values);
        assert!((p25 - 1.775).abs() < 1e-12 && (p50 - 2.8).abs() < 1e-12 && (p75 - 3.75).abs() < 1e-12);
        assert_eq!(Quartiles::of(vec![2.0]), Quartiles { p25: 2.0, p50: 2.0, p75: 2.0 });
    }
}
