//! A sweep that can be ended and gone on with.

use super::backend::{Backend, progress};
use super::{Failure, RunArgs, say, unix_seconds};
use std::ops::ControlFlow;
use std::time::{Duration, Instant};
use zerosweep::backend::{Cancel, Ending, RunOptions};
use zerosweep::output::{
    Folder, Origin, OutputError, PROGRESS, Progress, ProgressError, Rows, RowsDraft, RunFile, Shard, percent, short,
};
use zerosweep::plan::Plan;
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

/// A sweep on its way.
pub struct Sweep<'a> {
    plan: &'a Plan,
    folder: Folder,
    collector: Collector<'a>,
    /// What the counts of cells may take of memory, in bytes.
    room: u64,
    rows: Option<RowsDraft>,
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
        plan: &'a Plan,
        folder: Folder,
        origin: Origin,
        room: u64,
        restart: bool,
    ) -> Result<Sweep<'a>, Failure> {
        let mut collector = Collector::new(plan);
        if restart {
            folder.drop_progress()?;
        }
        let held = folder.progress()?;
        let mut progress = Progress {
            trajectories: plan.trajectories,
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
        Ok(Sweep { plan, folder, collector, room, rows, progress, began: Instant::now(), resumed })
    }

    /// Runs what is not done, and keeps what is done every now and then, and where it is ended.
    pub fn run(&mut self, args: &RunArgs, backend: &Backend, cancel: &Cancel) -> Result<(), Failure> {
        let all = if args.rows { Work::by_index(self.plan) } else { backend.coarse_first(self.plan) };
        let wanted = self.progress.wanted();
        let options = RunOptions {
            threads: args.threads.map(usize::from),
            batch: args.batch,
            slice: args.slice,
            rows: args.rows,
            work: Some(all.at(self.progress.done.gaps(&wanted))),
            ..RunOptions::default()
        };
        let rows = Rows::new(self.plan);
        if let Some(draft) = self.rows.as_mut().filter(|_| self.progress.rows_len == 0) {
            draft.write(&rows.header())?;
        }
        let before = self.progress.seconds;
        let bar = progress(wanted.end - wanted.start, self.plan.limits.steps.into());
        bar.set_position(self.progress.count());
        bar.reset_eta();
        let between_saves = Duration::from_secs(args.save_every.into());
        let mut next_save = Instant::now() + between_saves;
        let mut delivered = Ok(());
        let ending = backend.run(self.plan, &options, cancel, &mut |batch| {
            bar.inc(batch.trajectories);
            delivered = self.rows.as_mut().map_or(Ok(()), |draft| draft.write(&rows.lines(&batch)));
            self.progress.done.insert(batch.position..batch.position + batch.trajectories);
            self.collector.add(batch.tallies);
            if delivered.is_ok() && self.collector.bytes() > self.room {
                delivered = self.shelve();
            }
            self.progress.seconds = before + self.began.elapsed().as_secs_f64();
            if delivered.is_ok() && Instant::now() >= next_save {
                let began = Instant::now();
                delivered = self.save();
                let least = if between_saves.is_zero() { between_saves } else { began.elapsed() * SHARE_OF_SAVES };
                next_save = Instant::now() + between_saves.max(least);
            }
            if delivered.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        bar.finish_and_clear();
        delivered?;
        match ending {
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

    /// What is known of the sweep, which is done, and the folder for it.
    pub fn finish(mut self) -> Result<(Statistics, Folder), Failure> {
        if let Some(rows) = self.rows.take() {
            self.folder.keep_rows(rows)?;
        }
        Ok((self.collector.finish()?, self.folder))
    }
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
