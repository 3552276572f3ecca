//! `zerosweep merge`.

use super::backend::{Backend, cancel_on_interrupt};
use super::parts::{self, Held};
use super::results::{Counted, NAMES, has_room_for_maps, json_text};
use super::sweep::{refusal, shelve};
use super::{BackendChoice, Failure, MergeArgs, grouped, print, say, summary};
use rangemap::RangeSet;
use std::ops::Range;
use std::path::{Path, PathBuf};
use zerosweep::estimate::Memory;
use zerosweep::output::{
    CELLS_PARQUET, ChosenLambdas, Folder, MachineRecord, Origin, OutputError, Progress, Shard, percent,
};
use zerosweep::plan::Plan;
use zerosweep::statistics::{Collector, Counts};

/// The most runs of counts, so that all can be open at once.
const MOST_RUNS: usize = 64;

/// Parts of a sweep, put together.
struct Merged<'a> {
    plan: &'a Plan,
    /// Of the results.
    folder: Folder,
    collector: Collector<'a>,
    /// What the counts of cells may take of memory, in bytes.
    room: u64,
    /// Of all of it.
    progress: Progress<()>,
    /// The folders, each with what it holds.
    parts: Vec<(PathBuf, Progress<()>)>,
}

impl<'a> Merged<'a> {
    /// No part of the sweep yet that `first` is of.
    fn new(plan: &'a Plan, folder: Folder, room: u64, first: &Progress<()>) -> Merged<'a> {
        let mut progress =
            Progress { done: RangeSet::new(), seconds: 0.0, saved_at: 0, runs: Vec::new(), ..first.clone() };
        progress.origin.shard = Shard::WHOLE;
        Merged { plan, folder, collector: Collector::new(plan), room, progress, parts: Vec::new() }
    }

    /// Adds what the folder `path` holds.
    fn add(&mut self, path: &Path, part: Progress<()>, counts: Counts) -> Result<(), Failure> {
        let origin = Origin { shard: Shard::WHOLE, ..part.origin.clone() };
        if let Some((what, _)) = refusal(&origin, &self.progress.origin) {
            let (first, path) = (self.parts[0].0.display(), path.display());
            return Err(Failure::Other(format!("{path} cannot be merged with {first}: it holds the work of {what}")));
        }
        let overlaps = |(_, other): &&(PathBuf, Progress<()>)| part.done.iter().any(|own| other.done.overlaps(own));
        if let Some((twice, _)) = self.parts.iter().find(overlaps) {
            let (twice, path) = (twice.display(), path.display());
            return Err(Failure::Other(format!("{path} and {twice} hold the same trajectories; give each part once")));
        }
        parts::add(&mut self.collector, counts, path)?;
        if self.collector.bytes() > self.room || self.collector.runs().len() > MOST_RUNS {
            self.shelve()?;
        }
        self.progress.done.extend(part.done.iter().cloned());
        self.progress.seconds += part.seconds;
        self.progress.saved_at = self.progress.saved_at.max(part.saved_at);
        self.parts.push((path.to_owned(), part));
        Ok(())
    }

    /// Puts the counts of cells into one file of the folder, wherever they are.
    fn shelve(&mut self) -> Result<(), OutputError> {
        let all = self.collector.runs().len();
        shelve(&mut self.collector, &mut self.folder, &mut self.progress.runs, all)
    }

    /// Adds what the folder of the results holds of the sweep already, if the parts lack any of it.
    fn go_on(&mut self) -> Result<(), Failure> {
        let (out, instead) =
            (self.folder.path().to_owned(), "give another folder with --out, or drop that work with --force");
        let held = self.folder.progress().map_err(|error| match error {
            OutputError::Progress { path, source } => {
                Failure::Other(format!("cannot go on from {}: {source}; {instead}", path.display()))
            }
            other => other.into(),
        })?;
        let Some((held, counts)) = held.map(Progress::split) else { return Ok(()) };
        if let Some((what, _)) = refusal(&held.origin, &self.progress.origin) {
            let (out, share) = (out.display(), percent(held.count(), held.trajectories));
            return Err(Failure::Other(format!("{out} holds {share} % of the work of {what}; {instead}")));
        }
        let is_new = held.done.iter().any(|own| self.progress.done.gaps(own).next().is_some());
        if is_new { self.add(&out, held, counts) } else { Ok(()) }
    }

    /// What it lacks: shards that are unfinished, then shards of which nothing was given where these are all, else shares of the order
    /// in which it runs.
    fn missing(&self) -> String {
        let total = self.progress.trajectories;
        let mut known = self.progress.done.clone();
        let mut texts = Vec::new();
        for (path, part) in &self.parts {
            let (shard, wanted) = (part.origin.shard, part.wanted());
            if shard != Shard::WHOLE && self.progress.done.gaps(&wanted).next().is_some() {
                let share = percent(part.count(), wanted.end - wanted.start);
                texts.push(format!("shard {shard} (unfinished in {}, {share} % of it is done)", path.display()));
                known.insert(wanted);
            }
        }
        let gaps: Vec<_> = known.gaps(&(0..total)).collect();
        let lacks = |shard: &Shard| {
            let own = shard.positions(total);
            gaps.iter().any(|gap| gap.start < own.end && own.start < gap.end)
        };
        let count = self.parts.iter().map(|(_, part)| part.origin.shard.count).find(|&count| count > 1).unwrap_or(1);
        let shards: Vec<Shard> = (1..=count).map(|number| Shard { number, count }).filter(lacks).collect();
        let len = |range: Range<u64>| range.end - range.start;
        let of_gaps: u64 = gaps.iter().cloned().map(len).sum();
        let of_shards: u64 = shards.iter().map(|shard| len(shard.positions(total))).sum();
        if count > 1 && of_shards == of_gaps {
            texts.extend(shards.iter().map(|shard| format!("shard {shard}")));
        } else {
            let percent = |position: u64| format!("{:.2}", 100.0 * position as f64 / total as f64);
            texts.extend(gaps.iter().map(|gap| format!("{} to {} %", percent(gap.start), percent(gap.end))));
        }
        texts.join(", ")
    }

    /// Keeps what there is of it, and says what there is not.
    fn keep(mut self) -> Result<Failure, Failure> {
        // What the folders of the parts hold of it must come along.
        if !self.collector.runs().is_empty() {
            self.shelve()?;
        }
        self.folder.keep_progress(&self.progress.with(self.collector.counts()))?;
        let (count, total) = (self.progress.count(), self.plan.trajectories);
        let (share, left, total) = (percent(count, total), grouped(total - count), grouped(total));
        let (out, missing) = (self.folder.path().display(), self.missing());
        Ok(Failure::Incomplete(format!(
            "merged {share} % of the sweep into {out}, and {left} of {total} trajectories are missing: {missing}; merge them into \
             {out}, or run the spec with --out {out}"
        )))
    }
}

/// Puts the parts together and publishes the whole, or keeps what there is of it.
pub fn merge(args: &MergeArgs) -> Result<(), Failure> {
    let mut folders = args.folders.iter();
    let first = Held::load(folders.next().expect("clap should ask for a folder"))?;
    let cancel = cancel_on_interrupt();
    let Held { path, spec, text, plan, counted: _, progress, counts } = first;
    if progress.origin.rows {
        let path = path.display();
        return Err(Failure::Other(format!("{path} holds a run with --rows, which goes on in its own folder alone")));
    }
    if spec.report.refine.is_some() {
        let path = path.display();
        return Err(Failure::Other(format!(
            "{path} holds a refined sweep, which has no parts; run the same again to go on"
        )));
    }
    let memory = Memory::of(&spec, &plan, args.memory.as_u64())?;
    let names: Vec<&str> = NAMES.into_iter().chain(args.parquet.then_some(CELLS_PARQUET)).collect();
    let folder = Folder::open(&args.out, &spec.hash(), &names, args.force)?;
    if !args.force && parts::is_finished(&args.out) {
        let out = args.out.display();
        return Err(Failure::Other(format!(
            "{out} holds finished results of this sweep; give another folder with --out, or make them anew with --force"
        )));
    }
    let mut merged = Merged::new(&plan, folder, memory.counts, &progress);
    merged.add(&path, progress, counts)?;
    for path in folders {
        let Held { progress, counts, .. } = Held::load(path)?;
        merged.add(path, progress, counts)?;
    }
    if !args.force {
        merged.go_on()?;
    }
    if !merged.progress.is_complete() {
        return Err(merged.keep()?);
    }
    let Merged { folder, collector, progress, parts, .. } = merged;
    let backend = backend_of(&progress.origin.backend, args)?;
    let statistics = collector.finish()?;
    let has_room_for_maps = has_room_for_maps(&memory);
    let counted = Counted {
        spec: &spec,
        text: &text,
        plan: &plan,
        by_weight: None,
        lambdas: &ChosenLambdas::default(),
        selection: None,
        statistics: &statistics,
        has_room_for_maps,
        as_parquet: args.parquet,
    };
    let (seconds, started_at_unix_seconds) = (progress.seconds, progress.saved_at);
    let steps_per_second = plan.steps() as f64 / seconds;
    let machine = MachineRecord { device: backend.device(None), started_at_unix_seconds, seconds, steps_per_second };
    let audit = || super::audit::audit(&plan, &statistics, args.audit, &backend, &cancel);
    let records = counted.publish(folder, machine, audit, (&cancel, Failure::Interrupted))?;
    say(&format!("merged {} folders; results in {}", parts.len(), args.out.display()));
    print(&if args.json { json_text(&records) } else { summary::table(&plan, &statistics, false) })
}

/// The backend whose results are to be merged: the audit looks again at some of its trajectories.
fn backend_of(identity: &str, args: &MergeArgs) -> Result<Backend, Failure> {
    let backend = match (identity, args.adapter.as_deref()) {
        ("cpu", None) => return Ok(Backend::cpu("cpu, as that of the parts".to_owned())),
        ("cpu", adapter) => Backend::choose(BackendChoice::Cpu, adapter)?,
        (_, adapter) => Backend::choose(BackendChoice::Gpu, adapter)?,
    };
    let own = backend.device(None).identity();
    if own == identity {
        return Ok(backend);
    }
    let message =
        format!("the parts are of {identity}, and this is {own}; merge where that one is, or name it with --adapter");
    Err(Failure::Other(message))
}
