//! The folder of a run. Files are written under temporary names and take their final names together, when all are whole.

use super::contours::CONTOURS;
use super::disk::{self, Hashing, Lock, Part};
use super::progress::{Progress, ProgressError};
use super::runs::{self, RunFile};
use crate::spec::Measure;
use crate::statistics::{Run, WriteRun};
use rayon::prelude::*;
use serde::Serialize;
use serde_json::{Value, json};
use sha2::Digest;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The files of a run whose names are known before it begins. The record says which sweep a folder holds; it gets its name
/// last.
pub const SPEC: &str = "spec.toml";
pub const CELLS: &str = "cells.csv";
pub const COEFFICIENTS: &str = "coefficients.csv";
pub const END_POINTS: &str = "end_points.csv";
pub const STABILITY: &str = "stability.csv";
pub const CHOSEN: &str = "chosen.csv";
pub const CELLS_PARQUET: &str = "cells.parquet";
pub const CURVE: &str = "tolerance_curve.csv";
pub const ROWS: &str = "trajectories.csv";
pub const CHARTS: [&str; 4] = ["kinds.png", "kinds.svg", "tolerance_curve.png", "tolerance_curve.svg"];
pub const MACHINE: &str = "machine.json";
pub const RECORD: &str = "run.json";
pub const REPORT: &str = "report.html";

/// What is done of a sweep that has not come to its end.
pub const PROGRESS: &str = "progress.zerosweep";

/// Rows of such a sweep.
const ROWS_SO_FAR: &str = "trajectories.csv.zerosweep";

/// The folder of what is drawn of such a sweep.
pub const PARTIAL: &str = "partial";

/// The file that a run holds locked while it fills a folder.
const LOCK: &str = ".zerosweep.lock";

/// What stands while files get their names: whose they are, and which names they may have.
const PUBLISHING: &str = ".zerosweep.publishing";

/// Why a folder could not be written.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    #[error("cannot write {}: {source}", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("cannot keep the counts of cells in {}: {source}", path.display())]
    Shelve { path: PathBuf, source: io::Error },
    #[error("cannot write {}: {source}; give another folder", path.display())]
    Picture { path: PathBuf, source: io::Error },
    #[error("cannot write to the folder {}: {source}; give another one with --out", path.display())]
    Closed { path: PathBuf, source: io::Error },
    #[error(
        "{} holds the results of another spec ({found}); give another folder with --out, or replace them with --force",
        path.display()
    )]
    OtherSpec { path: PathBuf, found: String },
    #[error(
        "{} holds the results of this spec over another {}, which has changed since; give another folder with --out, or replace them with --force",
        path.display(), table.display()
    )]
    OtherTable { path: PathBuf, table: PathBuf },
    #[error(
        "{} has a {file} that no run.json accounts for; give another folder with --out, or replace it with --force",
        path.display()
    )]
    Unaccounted { path: PathBuf, file: String },
    #[error(
        "{} is damaged and does not say whose results these are; give another folder with --out, or replace them with --force",
        path.display()
    )]
    Damaged { path: PathBuf },
    #[error("{} is not a folder; give another one with --out", path.display())]
    NotAFolder { path: PathBuf },
    #[error("{} is a folder, where a file of the results belongs; give another folder with --out", path.display())]
    NotAFile { path: PathBuf },
    #[error("another run is writing to {}; wait for it, or give another folder with --out", path.display())]
    Busy { path: PathBuf },
    #[error("cannot use {}: {source}", path.display())]
    Unusable { path: PathBuf, source: ProgressError },
    #[error(
        "cannot go on from {}: {source}; begin anew with --restart, which drops what it holds, or give another folder with \
         --out",
        path.display()
    )]
    Progress { path: PathBuf, source: ProgressError },
}

/// A folder that is being filled.
pub struct Folder {
    path: PathBuf,
    spec_hash: String,
    /// Held while the folder is being filled, so that no other run fills it, too.
    lock: Option<Lock>,
    /// Folders that this run made, deepest first, so that it can take them away again.
    created: Vec<PathBuf>,
    finished: Vec<(String, Part)>,
    /// Counts in files of their own of which nothing that was kept tells.
    shelved: Vec<RunFile>,
    /// Files of the run that was here before.
    earlier: Vec<String>,
    force: bool,
}

impl Folder {
    /// Opens `path` for the results of the spec with this hash, and makes sure that it can be written and that `names`
    /// are free there or an earlier run's.
    pub fn open(path: &Path, spec_hash: &str, names: &[&str], force: bool) -> Result<Folder, OutputError> {
        let (present, missing) = split(path);
        if let Some(present) = present
            && !present.is_dir()
        {
            return Err(OutputError::NotAFolder { path: present.to_owned() });
        }
        let mut folder = Folder {
            path: path.to_owned(),
            spec_hash: spec_hash.to_owned(),
            lock: None,
            created: missing,
            finished: Vec::new(),
            shelved: Vec::new(),
            earlier: Vec::new(),
            force,
        };
        folder.take()?;
        for path in [RECORD, PUBLISHING].map(|name| path.join(name)) {
            if path.is_dir() {
                return Err(OutputError::NotAFile { path });
            }
            match Held::read(&path) {
                Ok(held) if held.spec_hash != spec_hash && !force => {
                    let found = short(&held.spec_hash);
                    return Err(OutputError::OtherSpec { path: folder.path.clone(), found });
                }
                Ok(held) => folder.earlier.extend(held.files),
                Err(Unread::Damaged) if !force => return Err(OutputError::Damaged { path }),
                Err(_) => {}
            }
        }
        names.iter().try_for_each(|name| folder.check_free(name))?;
        Ok(folder)
    }

    /// Makes the folder, keeps other runs out, and clears away what a run that was killed left behind.
    fn take(&mut self) -> Result<(), OutputError> {
        let closed = |source| OutputError::Closed { path: self.path.clone(), source };
        fs::create_dir_all(&self.path).map_err(closed)?;
        let lock = Lock::take(&self.path.join(LOCK)).map_err(closed)?;
        self.lock = Some(lock.ok_or_else(|| OutputError::Busy { path: self.path.clone() })?);
        disk::clear_parts(&self.path).map_err(closed)?;
        Part::new(&self.path).map(drop).map_err(closed)
    }

    /// Whether the results of an earlier run are there.
    pub fn has_results(&self) -> bool {
        self.path.join(RECORD).exists()
    }

    /// That of the spec whose results it is for.
    pub fn spec_hash(&self) -> &str {
        &self.spec_hash
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What an earlier run has done, if it did not come to its end.
    pub fn progress(&self) -> Result<Option<Progress>, OutputError> {
        Progress::load(&self.path, PROGRESS)
            .map_err(|source| OutputError::Progress { path: self.path.join(PROGRESS), source })
    }

    /// Keeps what is done, in the place of what was kept before.
    pub fn keep_progress<C: Serialize>(&mut self, progress: &Progress<C>) -> Result<(), OutputError> {
        let saved = progress.save(&self.path, PROGRESS);
        let saved = saved.and_then(|()| runs::clear(&self.path, &progress.runs));
        saved.map_err(|source| OutputError::Write { path: self.path.join(PROGRESS), source })?;
        self.created.clear();
        self.shelved.clear();
        Ok(())
    }

    /// Keeps counts that memory has no room for in a file of their own. It stays if what is done says so when that is kept next.
    pub fn shelve(&mut self, write: WriteRun) -> Result<(RunFile, Arc<dyn Run>), OutputError> {
        let file = RunFile::write(&self.path, write)
            .map_err(|source| OutputError::Shelve { path: self.path.clone(), source })?;
        self.shelved.push(file);
        Ok((file, file.run(&self.path)))
    }

    /// Takes away those of these files of which nothing that was kept tells.
    pub fn forget(&mut self, files: &[RunFile]) {
        for file in self.shelved.extract_if(.., |file| files.contains(file)) {
            _ = disk::remove(&self.path.join(file.name()));
        }
    }

    /// Drops what an earlier run has done.
    pub fn drop_progress(&self) -> Result<(), OutputError> {
        [PROGRESS, ROWS_SO_FAR].into_iter().try_for_each(|name| {
            let path = self.path.join(name);
            disk::remove(&path).map_err(|source| OutputError::Write { path, source })
        })?;
        runs::clear(&self.path, &[]).map_err(|source| OutputError::Write { path: self.path.clone(), source })
    }

    /// Refuses a name that bears a file of somebody else, or a folder.
    fn check_free(&self, name: &str) -> Result<(), OutputError> {
        let path = self.path.join(name);
        if path.is_dir() {
            return Err(OutputError::NotAFile { path });
        }
        let ours = name == RECORD || self.earlier.iter().any(|earlier| earlier == name);
        if ours || self.force || path.symlink_metadata().is_err() {
            return Ok(());
        }
        Err(OutputError::Unaccounted { path: self.path.clone(), file: name.to_owned() })
    }

    /// Names of the files so far.
    pub fn files(&self) -> Vec<String> {
        self.finished.iter().map(|(name, _)| name.clone()).collect()
    }

    /// Adds a whole file.
    pub fn add(&mut self, name: &str, contents: &[u8]) -> Result<(), OutputError> {
        let mut draft = self.draft(name)?;
        draft.write(contents)?;
        self.keep(draft)
    }

    /// A file that was added, to be read.
    pub fn reopen(&self, name: &str) -> io::Result<File> {
        let added = self.finished.iter().find(|(own, _)| own == name);
        added.map_or_else(|| Err(io::ErrorKind::NotFound.into()), |(_, part)| part.reopen())
    }

    /// Begins the file `name`.
    pub fn draft(&self, name: &str) -> Result<Draft, OutputError> {
        let path = self.path.join(name);
        match Part::new(&self.path) {
            Ok(part) => Ok(Draft { name: name.to_owned(), path, part }),
            Err(source) => Err(OutputError::Write { path, source }),
        }
    }

    /// Adds a file that is written to its end.
    pub fn keep(&mut self, mut draft: Draft) -> Result<(), OutputError> {
        draft.part.flush_all().map_err(|source| draft.failed(source))?;
        self.finished.push((draft.name, draft.part));
        Ok(())
    }

    /// The rows after their first `len` bytes, whose digest is `digest`.
    pub fn rows(&self, len: u64, digest: &[u8]) -> Result<RowsDraft, OutputError> {
        let (path, so_far) = (self.path.join(ROWS), self.path.join(ROWS_SO_FAR));
        // A run that ended while its files got their names may have given the rows theirs.
        if self.path.join(PUBLISHING).exists() && !so_far.exists() {
            _ = fs::rename(&path, &so_far);
        }
        let mut held = Hashing::new(io::sink());
        if len > 0 {
            let unusable = |source| OutputError::Progress { path: so_far.clone(), source };
            disk::read_first(&so_far, len, &mut held).map_err(|error| unusable(error.into()))?;
            if held.hash.clone().finalize()[..] != *digest {
                return Err(unusable(ProgressError::Damaged));
            }
        }
        match Part::resume(&so_far, len) {
            Ok(part) => Ok(Draft { name: ROWS.to_owned(), path, part: Hashing { out: part, hash: held.hash } }),
            Err(source) => Err(OutputError::Write { path, source }),
        }
    }

    /// Adds the rows, which are written to their end.
    pub fn keep_rows(&mut self, mut draft: RowsDraft) -> Result<(), OutputError> {
        draft.sync()?;
        let Draft { name, part, .. } = draft;
        self.finished.push((name, part.out));
        Ok(())
    }

    /// Gives every file its final name once all are on the disk, the record last, and takes away what an earlier run left
    /// and this one did not write again.
    pub fn publish(mut self) -> Result<(), OutputError> {
        let failed = |name: &str, source| OutputError::Write { path: self.path.join(name), source };
        self.finished.sort_by_key(|(name, _)| name == RECORD);
        // Together, so that the disk may take them together.
        self.finished.par_iter_mut().try_for_each(|(name, part)| part.sync().map_err(|source| failed(name, source)))?;
        let written = self.files();
        written.iter().try_for_each(|name| self.check_free(name))?;
        // Should this end half-way, whoever comes next knows whose files these are. The earlier record must not speak for them.
        let stale: Vec<String> = self.earlier.iter().filter(|name| !written.contains(name)).cloned().collect();
        let names = [&written[..], &stale[..]].concat();
        let held = json!({ "spec": { "hash": self.spec_hash }, "files": names });
        let marked = disk::replace(&self.path, PUBLISHING, |part| part.write_all(held.to_string().as_bytes()));
        marked.map_err(|source| failed(PUBLISHING, source))?;
        self.created.clear();
        let remove = |name: &str| disk::remove(&self.path.join(name)).map_err(|source| failed(name, source));
        remove(RECORD)?;
        stale.iter().filter(|name| *name != RECORD).try_for_each(|name| remove(name))?;
        for (name, part) in std::mem::take(&mut self.finished) {
            let path = self.path.join(&name);
            part.persist(&path).map_err(|source| OutputError::Write { path, source })?;
        }
        disk::sync_folder(&self.path).map_err(|source| failed(RECORD, source))?;
        clear_partial(&self.path.join(PARTIAL));
        // The mark goes last: until then the next run knows whose rows these are.
        self.drop_progress()?;
        remove(PUBLISHING)
    }
}

impl Drop for Folder {
    /// A run that ends early leaves no trace but what it was told to keep.
    fn drop(&mut self) {
        self.finished.clear();
        let shelved = self.shelved.clone();
        self.forget(&shelved);
        if self.lock.is_some() && self.path.join(PROGRESS).symlink_metadata().is_err() {
            _ = disk::remove(&self.path.join(ROWS_SO_FAR));
        }
        self.lock = None;
        self.created.iter().for_each(|folder| _ = fs::remove_dir(folder));
    }
}

/// A file on its way.
pub struct Draft<W = Part> {
    name: String,
    path: PathBuf,
    part: W,
}

impl<W: Write> Draft<W> {
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), OutputError> {
        self.part.write_all(bytes).map_err(|source| self.failed(source))
    }
}

impl Draft {
    /// Where its bytes go.
    pub fn out(&mut self) -> &mut (impl Write + Send + use<>) {
        &mut self.part
    }
}

impl<W> Draft<W> {
    fn failed(&self, source: io::Error) -> OutputError {
        OutputError::Write { path: self.path.clone(), source }
    }
}

/// Rows, which can be gone on with.
pub type RowsDraft = Draft<Hashing<Part>>;

impl RowsDraft {
    /// Puts them on the disk, and gives how many bytes they are and their digest.
    pub fn sync(&mut self) -> Result<(u64, Vec<u8>), OutputError> {
        self.part.out.sync().map_err(|source| self.failed(source))?;
        Ok((self.part.out.len(), self.part.hash.clone().finalize().to_vec()))
    }
}

/// The nearest of `path` and its parents that is there, and the folders that are not, deepest first.
fn split(path: &Path) -> (Option<&Path>, Vec<PathBuf>) {
    let mut folders = path.ancestors().filter(|folder| !folder.as_os_str().is_empty());
    let mut missing = Vec::new();
    let present = folders.find(|folder| {
        let is_there = folder.symlink_metadata().is_ok();
        if !is_there {
            missing.push(folder.to_path_buf());
        }
        is_there
    });
    (present, missing)
}

/// A spec's hash, as long as people need it: `spec hash 0123456789ab`.
pub fn short(spec_hash: &str) -> String {
    format!("spec hash {}", spec_hash.chars().take(12).collect::<String>())
}

/// Whether a run is filling `folder`.
pub fn is_busy(folder: &Path) -> bool {
    Lock::is_held(&folder.join(LOCK))
}

/// Whose results a folder holds.
struct Held {
    spec_hash: String,
    /// Only names that a run gives: what says so may have been edited, and what it lists is replaced and taken away.
    files: Vec<String>,
}

/// Why a record tells nothing.
enum Unread {
    /// There is none, or none that can be read.
    Missing,
    Damaged,
}

impl Held {
    /// What the record `path` says.
    fn read(path: &Path) -> Result<Held, Unread> {
        let text = disk::read(path).ok().flatten().ok_or(Unread::Missing)?;
        let record: Value = serde_json::from_slice(&text).map_err(|_| Unread::Damaged)?;
        let names = record["files"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let spec_hash = record["spec"]["hash"].as_str().ok_or(Unread::Damaged)?.to_owned();
        Ok(Held { spec_hash, files: names.filter(|name| is_result(name)).map(str::to_owned).collect() })
    }
}

/// Takes away what was drawn of a sweep before it was done, if there is nothing else in that folder. What stays is no fault.
fn clear_partial(folder: &Path) {
    let is_folder = folder.symlink_metadata().is_ok_and(|held| held.is_dir());
    let (true, Ok(entries)) = (is_folder, fs::read_dir(folder)) else { return };
    // What was ended while it drew may have left no record.
    let held = [RECORD, PUBLISHING].into_iter().filter_map(|name| Held::read(&folder.join(name)).ok());
    let files: Vec<String> = held.flat_map(|held| held.files).collect();
    let is_drawn = |entry: &fs::DirEntry| {
        let (name, is_file) = (entry.file_name(), entry.file_type().is_ok_and(|kind| kind.is_file()));
        let is_unfinished = name.to_str().is_some_and(|name| disk::is_part(name) || [LOCK, PUBLISHING].contains(&name));
        is_file && (is_unfinished || files.iter().any(|own| name == own.as_str()))
    };
    let entries: Vec<fs::DirEntry> = entries.flatten().collect();
    if is_busy(folder) || !entries.iter().all(is_drawn) {
        return;
    }
    // The record goes last: it tells whose the others are.
    let mut paths: Vec<PathBuf> = entries.iter().map(fs::DirEntry::path).collect();
    paths.sort_by_key(|path| path.ends_with(RECORD));
    paths.iter().for_each(|path| _ = fs::remove_file(path));
    _ = fs::remove_dir(folder);
}

/// Whether a run gives a file this name.
fn is_result(name: &str) -> bool {
    let is_plain = Path::new(name).file_name().is_some_and(|own| own == name);
    let stem = name.strip_suffix(".png").or_else(|| name.strip_suffix(".svg"));
    let shown = stem.and_then(|stem| stem.split_once('-')).map(|(shown, _)| shown);
    let is_map = shown.is_some_and(|shown| shown == CONTOURS || Measure::is_name(shown));
    is_plain
        && (is_map
            || CHARTS.contains(&name)
            || [RECORD, MACHINE, REPORT, SPEC, CELLS, CELLS_PARQUET, COEFFICIENTS, END_POINTS, STABILITY, CHOSEN]
                .contains(&name)
            || [CURVE, ROWS].contains(&name))
}
