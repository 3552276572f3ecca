//! Where sweeps run, and how they are told to stop.

use super::{BackendChoice, Failure, say, throughput};
use indicatif::{ProgressBar, ProgressStyle};
use std::borrow::Cow;
use std::io::IsTerminal;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};
use zerosweep::backend::cpu::LANES;
use zerosweep::backend::gpu::{AdapterRecord, Gpu, GpuError, hardware};
use zerosweep::backend::{Cancel, Deliver, Ending, Roofs, RunOptions, cpu, team};
use zerosweep::output::{Device, ProbeCache};
use zerosweep::plan::Plan;
use zerosweep::probe::Probe;
use zerosweep::verdict::Outcome;
use zerosweep::work::Work;

/// Time after which a further interrupt is no double press but a wish to end at once.
const IMPATIENCE: Duration = Duration::from_secs(2);

/// The devices of a run, and why they were chosen.
pub struct Backend {
    members: Vec<Member>,
    why: String,
}

/// The CPU, or an open adapter.
enum Member {
    Cpu,
    Gpu(Box<(Gpu, Probe)>),
}

impl Member {
    fn in_team(&self) -> team::Member<'_> {
        match self {
            Member::Cpu => team::Member::Cpu,
            Member::Gpu(open) => team::Member::Gpu(&open.0),
        }
    }
}

/// Batches of each core in a run whose time is measured.
const BATCHES_OF_A_CORE: u64 = 16;

/// What stands for every hardware adapter, and for the CPU beside others.
const ALL: &str = "all";
const CPU: &str = "cpu";

impl Backend {
    pub fn choose(choice: BackendChoice, adapter: Option<&str>) -> Result<Backend, Failure> {
        let usage = |message: String| Err(Failure::Usage(message));
        match (choice, adapter.map(str::trim)) {
            (_, Some("")) => return usage("--adapter has an empty name; give a name, all or cpu".to_owned()),
            (BackendChoice::Gpu, Some(CPU)) => {
                return usage(
                    "--adapter cpu names the CPU, but --backend gpu wants a GPU; drop one of the two".to_owned(),
                );
            }
            (BackendChoice::Cpu, None) => return Ok(Backend::cpu("cpu, as asked for".to_owned())),
            (_, Some(CPU)) => return Ok(Backend::cpu("cpu, by its name".to_owned())),
            (BackendChoice::Cpu, Some(name)) => {
                return usage(format!(
                    "--adapter {name} names a GPU adapter, but --backend cpu uses none; drop one of the two"
                ));
            }
            (_, Some(names)) if names.contains(',') || names == ALL => return Backend::several(names),
            _ => {}
        }
        match pollster::block_on(Gpu::open(adapter)).and_then(heeded) {
            Ok(gpu) => {
                let why = match (adapter, choice) {
                    (Some(_), _) => "gpu, by the adapter's name",
                    (None, BackendChoice::Gpu) => "gpu, as asked for",
                    (None, _) => "gpu, because a hardware adapter answers",
                };
                Ok(Backend { members: vec![Member::Gpu(Box::new(gpu))], why: why.to_owned() })
            }
            Err(error) if choice == BackendChoice::Gpu || adapter.is_some() => Err(error.into()),
            Err(GpuError::NoAdapter { .. }) => Ok(Backend::cpu("cpu, because no hardware GPU answers".to_owned())),
            Err(error) => Ok(Backend::cpu(format!("cpu, because the GPU cannot be used: {error}"))),
        }
    }

    /// The CPU alone, and why.
    pub fn cpu(why: String) -> Backend {
        Backend { members: vec![Member::Cpu], why }
    }

    /// The devices of a list: names of adapters, `all` for every hardware adapter, `cpu`.
    fn several(names: &str) -> Result<Backend, Failure> {
        let mut members: Vec<Member> = Vec::new();
        let mut records: Vec<AdapterRecord> = Vec::new();
        for name in names.split(',') {
            let found = match name.trim() {
                "" => {
                    return Err(Failure::Usage(format!("--adapter {names} has an empty name; give names, all or cpu")));
                }
                CPU => {
                    let is_new = !members.iter().any(|member| matches!(member, Member::Cpu));
                    members.extend(is_new.then_some(Member::Cpu));
                    continue;
                }
                ALL => {
                    let all = pollster::block_on(hardware())?;
                    let new = all.into_iter().filter(|record| !records.contains(record));
                    let opened: Result<Vec<Gpu>, GpuError> =
                        new.map(|record| pollster::block_on(Gpu::open_again(&record))).collect();
                    opened?
                }
                name => vec![pollster::block_on(Gpu::open(Some(name)))?],
            };
            for gpu in found {
                if !records.contains(gpu.record()) {
                    records.push(gpu.record().clone());
                    members.push(Member::Gpu(Box::new(heeded(gpu)?)));
                }
            }
        }
        Ok(Backend { members, why: format!("as named: {names}") })
    }

    pub fn device(&self, threads: Option<u16>) -> Device {
        let why = || self.why.clone();
        let devices = self.members.iter().map(|member| match member {
            Member::Cpu => Device::Cpu {
                threads: threads.map_or_else(cpu::available_threads, usize::from),
                vectors: cpu::Vectors::widest().name(),
                why: why(),
            },
            Member::Gpu(open) => {
                let (gpu, probe) = &**open;
                Device::Gpu { adapter: gpu.record().clone(), probe: Box::new(probe.clone()), why: why() }
            }
        });
        let mut devices: Vec<Device> = devices.collect();
        if devices.len() == 1 { devices.remove(0) } else { Device::Several { devices, why: why() } }
    }

    /// Whether batches come in the order of the work.
    pub fn is_ordered(&self) -> bool {
        self.members.len() == 1
    }

    /// All of `plan`, in an order that spreads over it early; it depends on nothing but the plan and the kind of the device.
    pub fn coarse_first(&self, plan: &Plan) -> Work {
        let batches = self.members.iter().map(|member| member.in_team().default_batch(plan));
        Work::coarse_first(plan, batches.max().unwrap_or(1))
    }

    /// The least number of trajectories whose time tells how fast it is.
    pub fn least_measured(&self, plan: &Plan) -> u64 {
        let least = |member: &Member| match member {
            Member::Cpu => BATCHES_OF_A_CORE * LANES as u64 * cpu::available_threads() as u64,
            Member::Gpu(open) => open.0.default_batch(plan),
        };
        self.members.iter().map(least).sum()
    }

    /// The same in batches that keep all cores busy to the end.
    pub fn evenly(&self, options: &RunOptions) -> RunOptions {
        let parts = BATCHES_OF_A_CORE * cpu::available_threads() as u64;
        let trajectories = options.work.as_ref().map_or(0, Work::trajectories);
        let even = || trajectories.div_ceil(parts).next_multiple_of(LANES as u64);
        let batch = if let [Member::Cpu] = self.members[..] { Some(even()) } else { options.batch };
        RunOptions { batch, ..options.clone() }
    }

    /// Runs what is asked for. A device of several that fails for good is named, and the others go on.
    pub fn run(
        &self,
        plan: &Plan,
        options: &RunOptions,
        cancel: &Cancel,
        deliver: Deliver,
    ) -> Result<Ending, GpuError> {
        let team: Vec<team::Member> = self.members.iter().map(Member::in_team).collect();
        team::run(&team, plan, options, cancel, deliver, |index, fault| {
            if let Member::Gpu(open) = &self.members[index] {
                say(&format!("note: {} went without its end: {fault}", open.0.record().name));
            }
        })
    }

    /// Whether any of its devices is a GPU.
    pub fn has_gpu(&self) -> bool {
        self.members.iter().any(|member| matches!(member, Member::Gpu(_)))
    }

    /// What its devices together can do at the most.
    pub fn roofs(&self) -> Result<Roofs, GpuError> {
        let roofs = self.members.iter().map(|member| match member {
            Member::Cpu => Ok(cpu::roofs()),
            Member::Gpu(open) => pollster::block_on(open.0.roofs()),
        });
        roofs.sum()
    }

    /// The outcomes of the trajectories with these indices, which ascend, as the sweep had them; of many weights one a weight.
    pub fn outcomes_of(&self, plan: &Plan, trajectories: &[u64], cancel: &Cancel) -> Result<Vec<Outcome>, Failure> {
        let member = &self.members[0];
        let work = match (member, &plan.model) {
            (Member::Cpu, None) => return cpu::outcomes_of(plan, trajectories, cancel).ok_or(Failure::Interrupted),
            (Member::Gpu(_), None) => None,
            (_, Some(_)) => Some(Work::by_index(plan).at(trajectories.iter().map(|index| *index..*index + 1))),
        };
        let excerpt = if work.is_none() { Cow::Owned(plan.excerpt(trajectories)) } else { Cow::Borrowed(plan) };
        let options = RunOptions { rows: true, work, ..RunOptions::default() };
        let mut outcomes = Vec::new();
        let ending = member.in_team().run(&excerpt, &options, cancel, &mut |mut batch| {
            outcomes.append(&mut batch.outcomes);
            ControlFlow::Continue(())
        });
        if ending? == Ending::Stopped { Err(Failure::Interrupted) } else { Ok(outcomes) }
    }
}

/// The device, as it computes; it is asked once for each driver.
fn heeded(mut gpu: Gpu) -> Result<(Gpu, Probe), GpuError> {
    let cache = ProbeCache::of_user();
    let probe = match cache.load(gpu.record()) {
        Some(probe) => probe,
        None => {
            let probe = pollster::block_on(gpu.probe())?;
            cache.keep(gpu.record(), &probe);
            probe
        }
    };
    gpu.heed(&probe)?;
    Ok((gpu, probe))
}

/// The first interrupt ends the run in order; one that comes two seconds later or more ends the program at once. A hangup
/// that the program was started to ignore, as by nohup, stays ignored.
pub fn cancel_on_interrupt() -> Arc<Cancel> {
    let cancel = Arc::new(Cancel::default());
    let raised = Arc::clone(&cancel);
    let mut first: Option<Instant> = None;
    let handler = move || {
        if first.get_or_insert_with(Instant::now).elapsed() > IMPATIENCE {
            std::process::exit(130);
        }
        raised.raise();
    };
    #[cfg(unix)]
    // SAFETY: SIG_IGN is valid for SIGHUP, and no handler of ours is installed yet.
    let hangup = unsafe { libc::signal(libc::SIGHUP, libc::SIG_IGN) };
    let handled = ctrlc::set_handler(handler);
    #[cfg(unix)]
    if hangup == libc::SIG_IGN || handled.is_err() {
        // SAFETY: this is what was in force when the program began.
        unsafe { libc::signal(libc::SIGHUP, hangup) };
    }
    if let Err(error) = handled {
        say(&format!("note: an interrupt will leave temporary files behind ({error})"));
    }
    cancel
}

/// A bar of `length` parts of `steps` steps each, with throughput and time left, on a terminal only.
pub fn progress(length: u64, steps: f64) -> ProgressBar {
    let speed = move |state: &indicatif::ProgressState, out: &mut dyn std::fmt::Write| {
        _ = write!(out, "{}", throughput(state.per_sec() * steps));
    };
    bar(length, "{bar:30} {percent:>3} %  {speed}  {eta} left", |style| style.with_key("speed", speed))
}

/// A bar of so many trajectories that an audit judges, on a terminal only.
pub fn judging(length: u64) -> ProgressBar {
    let bar = bar(length, "{bar:30} {percent:>3} %  audit: {pos} of {len} trajectories judged in f64", |style| style);
    bar.tick();
    bar
}

fn bar(length: u64, template: &str, with_keys: impl FnOnce(ProgressStyle) -> ProgressStyle) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template(template).expect("the template should be valid");
    ProgressBar::new(length).with_style(with_keys(style))
}
