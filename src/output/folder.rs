//! The folder of a run. Files are written under temporary names and take their final names together, when all are whole.

use rayon::prelude::*;
use serde_json::Value;
use std::fs::{self, File, TryLockError};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// The files of a run whose names are known before it begins. The record says which sweep a folder holds; it gets its name
/// last.
pub const SPEC: &str = "spec.toml";
pub const CELLS: &str = "cells.csv";
pub const CURVE: &str = "tolerance_curve.csv";
pub const ROWS: &str = "trajectories.csv";
pub const CHARTS: [&str; 4] = ["kinds.png", "kinds.svg", "tolerance_curve.png", "tolerance_curve.svg"];
pub const MACHINE: &str = "machine.json";
pub const RECORD: &str = "run.json";

/// The file that a run holds locked while it fills a folder.
const LOCK: &str = ".zerosweep.lock";

/// How the names of unfinished files begin and end.
const PART: (&str, &str) = (".zerosweep-", ".part");

/// Why a folder could not be written.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    #[error("cannot write {}: {source}", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("cannot write {}: {source}; give --pictures another folder", path.display())]
    Picture { path: PathBuf, source: io::Error },
    #[error("cannot write to the folder {}: {source}; give another one with --out", path.display())]
    Closed { path: PathBuf, source: io::Error },
    #[error(
        "{} holds the results of another spec ({found}); give another folder with --out, or replace them with --force",
        path.display()
    )]
    OtherSpec { path: PathBuf, found: String },
    #[error(
        "{} has a {file} that no run.json accounts for; give another folder with --out, or replace it with --force",
        path.display()
    )]
    Unaccounted { path: PathBuf, file: String },
    #[error("{} is not a folder; give another one with --out", path.display())]
    NotAFolder { path: PathBuf },
    #[error("{} is a folder, where a file of the results belongs; give another folder with --out", path.display())]
    NotAFile { path: PathBuf },
    #[error("another run is writing to {}; wait for it, or give another folder with --out", path.display())]
    Busy { path: PathBuf },
}

/// A folder that is being filled.
pub struct Folder {
    path: PathBuf,
    /// Held while the folder is being filled, so that no other run fills it, too.
    lock: Option<File>,
    /// Folders that this run made, deepest first, so that it can take them away again.
    created: Vec<PathBuf>,
    finished: Vec<(String, NamedTempFile)>,
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
            lock: None,
            created: missing,
            finished: Vec::new(),
            earlier: Vec::new(),
            force,
        };
        folder.take()?;
        let (held, earlier) = held_spec(path);
        if let Some(held) = held
            && held != spec_hash
            && !force
        {
            let found = format!("spec hash {}", held.chars().take(12).collect::<String>());
            return Err(OutputError::OtherSpec { path: path.to_owned(), found });
        }
        folder.earlier = earlier;
        names.iter().try_for_each(|name| folder.check_free(name))?;
        Ok(folder)
    }

    /// Makes the folder, keeps other runs out, and clears away what a run that was killed left behind.
    fn take(&mut self) -> Result<(), OutputError> {
        let closed = |source| OutputError::Closed { path: self.path.clone(), source };
        fs::create_dir_all(&self.path).map_err(closed)?;
        let lock = File::create(self.path.join(LOCK)).map_err(closed)?;
        match lock.try_lock() {
            Ok(()) => self.lock = Some(lock),
            Err(TryLockError::WouldBlock) => return Err(OutputError::Busy { path: self.path.clone() }),
            // A file system without locks: there two runs must not be sent to one folder.
            Err(TryLockError::Error(_)) => {}
        }
        let entries = fs::read_dir(&self.path).map_err(closed)?.flatten();
        let left_behind = entries.filter(|entry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            name.starts_with(PART.0) && name.ends_with(PART.1)
        });
        left_behind.for_each(|entry| _ = fs::remove_file(entry.path()));
        self.temporary().map(drop).map_err(closed)
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

    /// Begins a file that is written bit by bit.
    pub fn draft(&self, name: &str) -> Result<Draft, OutputError> {
        let path = self.path.join(name);
        match self.temporary() {
            Ok(file) => Ok(Draft { name: name.to_owned(), path, file: BufWriter::with_capacity(1 << 20, file) }),
            Err(source) => Err(OutputError::Write { path, source }),
        }
    }

    /// Adds a file that is written to its end.
    pub fn keep(&mut self, draft: Draft) -> Result<(), OutputError> {
        let Draft { name, path, file } = draft;
        let written = file.into_inner().map_err(io::IntoInnerError::into_error);
        let file = written.map_err(|error| OutputError::Write { path, source: plain(error) })?;
        self.finished.push((name, file));
        Ok(())
    }

    /// Gives every file its final name once all are on the disk, the record last, and takes away what an earlier run left
    /// and this one did not write again.
    pub fn publish(mut self) -> Result<(), OutputError> {
        self.finished.sort_by_key(|(name, _)| name == RECORD);
        // Together, so that the disk may take them together.
        self.finished.par_iter().try_for_each(|(name, file)| {
            let synced = file.as_file().sync_data();
            synced.map_err(|source| OutputError::Write { path: self.path.join(name), source })
        })?;
        self.finished.iter().try_for_each(|(name, _)| self.check_free(name))?;
        // The earlier record goes first: should this end half-way, it must not speak for files that are not its own.
        _ = fs::remove_file(self.path.join(RECORD));
        self.created.clear();
        let written = self.files();
        let stale: Vec<PathBuf> =
            self.earlier.iter().filter(|name| !written.contains(name)).map(|name| self.path.join(name)).collect();
        for (name, file) in std::mem::take(&mut self.finished) {
            if name == RECORD {
                stale.iter().for_each(|path| _ = fs::remove_file(path));
            }
            let path = self.path.join(name);
            file.persist(&path).map_err(|error| OutputError::Write { path, source: error.error })?;
        }
        Ok(())
    }

    fn temporary(&self) -> io::Result<NamedTempFile> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(PART.0).suffix(PART.1);
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        builder.tempfile_in(&self.path).map_err(plain)
    }
}

impl Drop for Folder {
    /// A run that ends early leaves no trace.
    fn drop(&mut self) {
        self.finished.clear();
        if self.lock.take().is_some() {
            _ = fs::remove_file(self.path.join(LOCK));
        }
        self.created.iter().for_each(|folder| _ = fs::remove_dir(folder));
    }
}

/// A file under its temporary name.
pub struct Draft {
    name: String,
    path: PathBuf,
    file: BufWriter<NamedTempFile>,
}

impl Draft {
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), OutputError> {
        self.file.write_all(bytes).map_err(|error| OutputError::Write { path: self.path.clone(), source: plain(error) })
    }
}

/// The error without the temporary name that tempfile appends: nobody knows a file by that.
fn plain(error: io::Error) -> io::Error {
    let text = error.to_string();
    io::Error::new(error.kind(), text.split(" at path \"").next().unwrap_or_default())
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

/// The spec hash and the files of the run whose record lies in `path`. Only names that a run gives count: the record may
/// have been edited, and what it lists is replaced and taken away.
fn held_spec(path: &Path) -> (Option<String>, Vec<String>) {
    let record = path.join(RECORD);
    let text = if record.is_file() { fs::read(record).ok() } else { None };
    let Some(text) = text else { return (None, Vec::new()) };
    let record: Value = serde_json::from_slice(&text).unwrap_or_default();
    let hash = record["spec"]["hash"].as_str().unwrap_or("unknown").to_owned();
    let names = record["files"].as_array().into_iter().flatten().filter_map(Value::as_str);
    (Some(hash), names.filter(|name| is_result(name)).map(str::to_owned).collect())
}

/// Whether a run gives a file this name.
fn is_result(name: &str) -> bool {
    let is_plain = Path::new(name).file_name().is_some_and(|own| own == name);
    let stem = name.strip_suffix(".png").or_else(|| name.strip_suffix(".svg"));
    let is_map = stem.is_some_and(|stem| stem.starts_with("zero_rate-") || stem.starts_with("fate-"));
    is_plain && (is_map || CHARTS.contains(&name) || [RECORD, MACHINE, SPEC, CELLS, CURVE, ROWS].contains(&name))
}
