//! A sweep that can be ended and gone on with.

use super::backend::{Backend, progress};
use super::{Failure, RunArgs, grouped, say, unix_seconds};
use indicatif::ProgressBar;
use rangemap::RangeSet;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use zerosweep::backend::gpu::GpuError;
use zerosweep::backend::{Cancel, Ending, RunOptions};
use zerosweep::output::{
    Folder, Origin, OutputError, PROGRESS, Progress, ProgressError, Rows, RowsDraft, RunFile, SPEC, Shard, percent,
    short,
};
use zerosweep::plan::Plan;
use zerosweep::refine::{Refined, Refinement, fewest_cells};
use zerosweep::spec::{Format, Refine, Spec};
use zerosweep::statistics::{Collector, Statistics};
use zerosweep::work::Work;

/// What saving may take of the time: one part of so many.
const SHARE_OF_SAVES: u32 = 200;

/// Counts, in bytes, that are written anew with whatever is kept; more go to a file of their own, where they are written once.
const SHELF: u64 = 8 << 20;

/// Files of counts of about the same length, that are merged.
const TIER: usize = 32;

/// Time after which a sweep is worth keeping for what comes after it.
const LONG: Duration = Duration::from_secs(5);

/// What a sweep is: the trajectories as they are run, what they are counted by, and what decides which cells are run where not all are.
#[derive(Clone, Copy)]
pub struct Plans<'a> {
    pub run: &'a Plan,
    pub counted: &'a Plan,
    pub refine: Option<&'a Refine>,
}

/// A sweep on its way.
pub struct Sweep<'a> {
    /// What is run.
    plan: &'a Plan,
    folder: Folder,
    collector: Collector<'a>,
    /// What the counts of cells may take of memory, in bytes.
    room: u64,
    rows: Option<RowsDraft>,
    /// What decides which cells are run, where not all are.
    refine: Option<&'a Refine>,
    /// What came of that.
    refined: Option<Refined>,
    /// What is done, but for its counts.
    progress: Progress<()>,
    began: Instant,
    /// Whether it was kept before.
    resumed: bool,
}

impl<'a> Sweep<'a> {
    /// Takes up what an earlier run with the same origin has done, if any has.
    ///
    /// Counts of cells beyond `room` bytes of memory go to the folder.
    pub fn begin(
        Plans { run: plan, counted, refine }: Plans<'a>,
        folder: Folder,
        origin: Origin,
        room: u64,
        restart: bool,
    ) -> Result<Sweep<'a>, Failure> {
        let mut collector = Collector::new(counted);
        if restart {
            folder.drop_progress()?;
        }
        let held = folder.progress()?;
        let mut progress = Progress {
            trajectories: most_trajectories(plan, refine),
            origin,
            done: Default::default(),
            seconds: 0.0,
            saved_at: 0,
            rows_len: 0,
            rows_digest: Vec::new(),
            runs: Vec::new(),
            counts: (),
        };
        let resumed = held.is_some();
        if let Some(held) = held {
            if let Some((what, instead)) = refusal(&held.origin, &progress.origin) {
                let (folder, share) = (folder.path().display(), percent(held.count(), held.trajectories));
                let message = format!(
                    "{folder} holds {share} % of the work of {what}; {instead}, or drop that work with --restart"
                );
                return Err(Failure::Other(message));
            }
            let damaged =
                |_| OutputError::Progress { path: folder.path().join(PROGRESS), source: ProgressError::Damaged };
            let (rest, counts) = held.split();
            collector.merge(counts).map_err(damaged)?;
            progress = rest;
            say(&format!("going on: {} was done before", progress.share()));
        }
        let rows =
            if progress.origin.rows { Some(folder.rows(progress.rows_len, &progress.rows_digest)?) } else { None };
        let began = Instant::now();
        Ok(Sweep { plan, folder, collector, room, rows, refine, refined: None, progress, began, resumed })
    }

    /// Runs what is not done, and keeps what is done every now and then, and where it is ended.
    pub fn run(&mut self, args: &RunArgs, backend: &Backend, cancel: &Cancel) -> Result<(), Failure> {
        let wanted = self.progress.wanted();
        let bar = progress(wanted.end - wanted.start, self.plan.limits.steps.into());
        bar.set_position(self.progress.count());
        bar.reset_eta();
        let between_saves = Duration::from_secs(args.save_every.into());
        let next_save = Instant::now() + between_saves;
        let mut pace = Pace { bar, seconds_before: self.progress.seconds, between_saves, next_save };
        let ending = match self.refine {
            None => self.run_all(args, backend, cancel, &mut pace),
            Some(refine) => self.run_refined(refine, args, backend, cancel, &mut pace),
        };
        pace.bar.finish_and_clear();
        match ending? {
            // What comes after a short sweep is not worth keeping it for.
            Ok(Ending::Complete) if !self.resumed && self.began.elapsed() < LONG => Ok(()),
            Ok(Ending::Complete) => Ok(self.save()?),
            Ok(Ending::Stopped) => {
                self.save()?;
                Err(self.paused())
            }
            Err(fault) => {
                // What was delivered before a fault is whole.
                if !self.progress.done.is_empty() {
                    self.save()?;
                }
                Err(fault.into())
            }
        }
    }

    /// Runs every cell.
    fn run_all(&mut self, args: &RunArgs, backend: &Backend, cancel: &Cancel, pace: &mut Pace) -> Ran {
        let by_index = args.rows || self.plan.model.is_some();
        let all = if by_index { Work::by_index(self.plan) } else { backend.coarse_first(self.plan) };
        let work = all.at(self.progress.done.gaps(&self.progress.wanted()));
        let rows = Rows::new(self.plan);
        if let Some(draft) = self.rows.as_mut().filter(|_| self.progress.rows_len == 0) {
            draft.write(&rows.header())?;
        }
        let mut delivered = Ok(());
        let ending = backend.run(self.plan, &options(args, work), cancel, &mut |batch| {
            let written = self.rows.as_mut().map_or(Ok(()), |draft| draft.write(&rows.lines(&batch)));
            self.progress.done.insert(batch.position..batch.position + batch.trajectories);
            self.collector.add(batch.tallies);
            delivered = written.and_then(|()| self.after_batch(batch.trajectories, pace));
            if delivered.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        delivered?;
        Ok(ending)
    }

    /// Runs the cells that a refinement wants, each time all that it wants together, as a plan of their own.
    fn run_refined(
        &mut self,
        refine: &Refine,
        args: &RunArgs,
        backend: &Backend,
        cancel: &Cancel,
        pace: &mut Pace,
    ) -> Ran {
        let mut refinement = Refinement::new(self.plan, refine);
        for (cell, summary) in self.collector.whole_cells().map_err(|source| self.unreadable(source))? {
            refinement.learn(cell, &summary);
        }
        loop {
            let wanted = refinement.wanted();
            if wanted.is_empty() {
                self.refined = Some(refinement.finish());
                return Ok(Ok(Ending::Complete));
            }
            let part = self.plan.of_cells(&wanted);
            let work = Work::by_index(&part).at(self.left(&part));
            let mut delivered = Ok(());
            let ending = backend.run(&part, &options(args, work), cancel, &mut |batch| {
                for (_, in_whole) in part.in_whole(batch.position..batch.position + batch.trajectories) {
                    self.progress.done.insert(in_whole);
                }
                let tallies = batch.tallies.into_iter().map(|(cell, tally)| (wanted[cell as usize], tally));
                self.collector.add_and_tell(tallies, |cell, summary| refinement.learn(cell, summary));
                delivered = self.after_batch(batch.trajectories, pace);
                if delivered.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            });
            delivered?;
            if !matches!(ending, Ok(Ending::Complete)) {
                return Ok(ending);
            }
        }
    }

    /// The trajectories of a selection of the sweep's cells that are not done.
    fn left(&self, part: &Plan) -> RangeSet<u64> {
        let mut left = RangeSet::new();
        for (own, in_whole) in part.in_whole(0..part.trajectories) {
            let gaps = self.progress.done.gaps(&in_whole);
            left.extend(gaps.map(|gap| own + gap.start - in_whole.start..own + gap.end - in_whole.start));
        }
        left
    }

    /// Keeps counts and what is done, where it is time to.
    fn after_batch(&mut self, trajectories: u64, pace: &mut Pace) -> Result<(), OutputError> {
        pace.bar.inc(trajectories);
        if self.collector.bytes() > self.room {
            self.shelve()?;
        }
        self.progress.seconds = pace.seconds_before + self.began.elapsed().as_secs_f64();
        if Instant::now() >= pace.next_save {
            let began = Instant::now();
            self.save()?;
            let is_always = pace.between_saves.is_zero();
            let least = if is_always { pace.between_saves } else { began.elapsed() * SHARE_OF_SAVES };
            pace.next_save = Instant::now() + pace.between_saves.max(least);
        }
        Ok(())
    }

    fn unreadable(&self, source: std::io::Error) -> OutputError {
        OutputError::Shelve { path: self.folder.path().to_owned(), source }
    }

    fn shelve(&mut self) -> Result<(), OutputError> {
        let lengths: Vec<u64> = self.progress.runs.iter().map(RunFile::bytes).collect();
        let merged = merged_with_next(&lengths);
        shelve(&mut self.collector, &mut self.folder, &mut self.progress.runs, merged)
    }

    /// Keeps what is done.
    pub fn save(&mut self) -> Result<(), OutputError> {
        if self.collector.bytes() > SHELF {
            self.shelve()?;
        }
        if let Some(rows) = &mut self.rows {
            (self.progress.rows_len, self.progress.rows_digest) = rows.sync()?;
        }
        self.progress.saved_at = unix_seconds();
        self.folder.keep_progress(&self.progress.with(self.collector.counts()))
    }

    /// What an interrupt leaves.
    pub fn paused(&self) -> Failure {
        if self.progress.saved_at == 0 {
            return Failure::Interrupted;
        }
        let share = self.progress.share();
        Failure::Paused { share, folder: self.folder.path().to_owned() }
    }

    /// Whether an earlier run has done a part of it.
    pub fn is_resumed(&self) -> bool {
        self.resumed
    }

    /// Time that the sweep took, that of earlier runs included.
    pub fn seconds(&self) -> f64 {
        self.progress.seconds
    }

    /// What is known of the sweep, which is done, the folder for it, and the cells that were run, where not all were.
    pub fn finish(mut self) -> Result<(Statistics, Folder, Option<Selection>), Failure> {
        if let Some(rows) = self.rows.take() {
            self.folder.keep_rows(rows)?;
        }
        let Some(refined) = self.refined else { return Ok((self.collector.finish()?, self.folder, None)) };
        let cells = refined.numbers();
        let plan = self.plan.of_cells(&cells);
        let statistics = self.collector.of_cells(&cells, &plan)?.finish()?;
        Ok((statistics, self.folder, Some(Selection { refined, plan })))
    }
}

/// The cells of a sweep that were run, where not all were.
pub struct Selection {
    pub refined: Refined,
    /// Those cells as a plan of their own.
    pub plan: Plan,
}

/// How a device's run ended, unless what it delivered could not be kept.
type Ran = Result<Result<Ending, GpuError>, OutputError>;

/// When to tell and to keep what is done.
struct Pace {
    bar: ProgressBar,
    /// What earlier runs took.
    seconds_before: f64,
    between_saves: Duration,
    next_save: Instant,
}

fn options(args: &RunArgs, work: Work) -> RunOptions {
    RunOptions {
        threads: args.threads.map(usize::from),
        batch: args.batch,
        slice: args.slice,
        rows: args.rows,
        work: Some(work),
        ..RunOptions::default()
    }
}

/// Refuses a refinement that may not run as many cells as it must.
pub fn refuse_too_few(plan: &Plan, refine: Option<&Refine>) -> Result<(), Failure> {
    let Some(Refine { cells, along, .. }) = refine else { return Ok(()) };
    let fewest = fewest_cells(plan, along);
    if fewest <= *cells {
        return Ok(());
    }
    Err(Failure::Usage(format!(
        "report.refine.cells is {}, and along {} this sweep takes {} cells at the least: all else has too many values; give ten times as many, \
         or pool what else varies",
        grouped(cells),
        along.join(" and "),
        grouped(fewest)
    )))
}

/// Trajectories that a sweep runs at the most.
pub fn most_trajectories(plan: &Plan, refine: Option<&Refine>) -> u64 {
    let largest = plan.sections.iter().map(|section| section.cell_size).max().unwrap_or(1);
    let of_cells = |refine: &Refine| refine.cells.saturating_mul(largest).min(plan.trajectories);
    refine.map_or(plan.trajectories, of_cells)
}

/// Moves counts of cells from memory to a file of the folder, and with them those of the last `merged` runs; `files` are those of the
/// folder, in the order of the runs.
pub fn shelve(
    collector: &mut Collector,
    folder: &mut Folder,
    files: &mut Vec<RunFile>,
    merged: usize,
) -> Result<(), OutputError> {
    let gone = files.split_off(files.len().saturating_sub(merged));
    collector.shelve(merged, |write| {
        let (file, run) = folder.shelve(write)?;
        files.push(file);
        Ok::<_, OutputError>(run)
    })?;
    folder.forget(&gone);
    Ok(())
}

/// How many of the last files, by their lengths, are to be merged into the next: as soon as [`TIER`] of about the same length are there,
/// so that few are open at once, and each count is written anew only a few times.
fn merged_with_next(lengths: &[u64]) -> usize {
    let tiers: Vec<u32> = lengths.iter().rev().map(|len| (len / SHELF).max(1).ilog(TIER as u64)).collect();
    let like_the_last = tiers.iter().take_while(|tier| **tier == tiers[0]).count();
    if like_the_last < TIER { 0 } else { like_the_last }
}

/// What is held, where work with this origin does not add up with it, and what to do instead.
pub fn refusal(held: &Origin, origin: &Origin) -> Option<(String, String)> {
    let Origin { version, spec_hash, backend, rows, shard, .. } = held;
    if *spec_hash != origin.spec_hash {
        if let Some(table) = changed_table(&held.spec, &origin.spec) {
            let what = format!("this spec over another {}, which has changed since", table.display());
            return Some((what, "give another folder with --out".to_owned()));
        }
        return Some((format!("another spec ({})", short(spec_hash)), "give another folder with --out".to_owned()));
    }
    if *version != origin.version {
        return Some((format!("zerosweep {version}"), format!("use that version, this is {}", origin.version)));
    }
    let option = |given: bool, option: &str| format!("{} {option}", if given { "with" } else { "without" });
    if *rows != origin.rows {
        let option = option(*rows, "--rows");
        return Some((format!("a run {option}"), format!("run {option}")));
    }
    if *shard != origin.shard {
        let option = match *shard {
            Shard::WHOLE => option(false, "--shard"),
            shard => option(true, &format!("--shard {shard}")),
        };
        return Some((format!("a run {option}"), format!("run {option}")));
    }
    let choose = "choose that one with --backend and --adapter";
    (*backend != origin.backend).then(|| (format!("{backend}, not {}", origin.backend), choose.to_owned()))
}

/// The table of two specs that differ in what that holds, and in nothing else.
pub fn changed_table(held: &str, own: &str) -> Option<PathBuf> {
    // Before its table is read, a spec does not know what that holds.
    let read = |text: &str| Spec::parse(text, Format::Toml, SPEC, &[]).ok().map(|loaded| loaded.spec);
    let (held, own) = (read(held)?, read(own)?);
    let is_same = held.hash() == own.hash();
    own.model.filter(|_| is_same).and_then(|model| Some(model.rows()?.table.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 32 files make one of 32 times the length, 32 of those the next; no more than some sixty are there at a time.
    #[test]
    fn files_are_merged_tier_by_tier() {
        let (mut files, mut written, mut most) = (Vec::new(), 0, 0);
        for _ in 0..10_000 {
            let merged = merged_with_next(&files);
            let len = SHELF + files.split_off(files.len() - merged).iter().sum::<u64>();
            written += len;
            files.push(len);
            most = most.max(files.len());
        }
        assert_eq!(files.iter().sum::<u64>(), 10_000 * SHELF);
        assert!(most < 100 && written < 4 * 10_000 * SHELF, "{most}, {}", written / SHELF);
    }
}
