//! The folder of a run. Files are written under temporary names and take their final names together, when all are whole.

use serde_json::Value;
use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// The file that says which sweep a folder holds; it gets its name last.
const RECORD: &str = "run.json";

/// Why a folder could not be written.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    #[error("cannot write {}: {source}", path.display())]
    Write { path: PathBuf, source: io::Error },
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
}

/// A folder that is being filled.
pub struct Folder {
    path: PathBuf,
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
        let (held, earlier) = held_spec(path);
        if let Some(held) = held
            && held != spec_hash
            && !force
        {
            let found = format!("spec hash {}", held.chars().take(12).collect::<String>());
            return Err(OutputError::OtherSpec { path: path.to_owned(), found });
        }
        let folder = Folder { path: path.to_owned(), created: missing, finished: Vec::new(), earlier, force };
        names.iter().try_for_each(|name| folder.check_free(name))?;
        let closed = |source| OutputError::Closed { path: path.to_owned(), source };
        fs::create_dir_all(path).map_err(closed)?;
        folder.temporary().map_err(closed)?;
        Ok(folder)
    }

    /// Refuses a name that bears a file of somebody else.
    fn check_free(&self, name: &str) -> Result<(), OutputError> {
        let ours = name == RECORD || self.earlier.iter().any(|earlier| earlier == name);
        if ours || self.force || !self.path.join(name).exists() {
            return Ok(());
        }
        Err(OutputError::Unaccounted { path: self.path.clone(), file: name.to_owned() })
    }

    pub fn path(&self) -> &Path {
        &self.path
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
        let file = written.map_err(plain).and_then(|file| file.as_file().sync_data().map(|()| file));
        let file = file.map_err(|source| OutputError::Write { path, source })?;
        self.finished.push((name, file));
        Ok(())
    }

    /// Gives every file its final name, the record last, and takes away what an earlier run left and this one did not
    /// write again.
    pub fn publish(mut self) -> Result<(), OutputError> {
        self.finished.sort_by_key(|(name, _)| name == RECORD);
        self.finished.iter().try_for_each(|(name, _)| self.check_free(name))?;
        // The earlier record goes first: should this end half-way, it must not speak for files that are not its own.
        _ = fs::remove_file(self.path.join(RECORD));
        let written = self.files();
        let stale = self.earlier.iter().filter(|name| !written.contains(name));
        stale.for_each(|name| _ = fs::remove_file(self.path.join(name)));
        for (name, file) in std::mem::take(&mut self.finished) {
            let path = self.path.join(name);
            file.persist(&path).map_err(|error| OutputError::Write { path, source: error.error })?;
        }
        self.created.clear();
        Ok(())
    }

    fn temporary(&self) -> io::Result<NamedTempFile> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(".zerosweep-").suffix(".part");
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        builder.tempfile_in(&self.path).map_err(plain)
    }
}

impl Drop for Folder {
    /// A run that ends early leaves no trace.
    fn drop(&mut self) {
        self.finished.clear();
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

/// The spec hash and the files of the run whose record lies in `path`.
fn held_spec(path: &Path) -> (Option<String>, Vec<String>) {
    let Ok(text) = fs::read(path.join(RECORD)) else {
        return (None, Vec::new());
    };
    let record: Value = serde_json::from_slice(&text).unwrap_or_default();
    let hash = record["spec"]["hash"].as_str().unwrap_or("unknown").to_owned();
    let names = record["files"].as_array().into_iter().flatten().filter_map(Value::as_str);
    // A name with a separator was never ours to write.
    let names = names.filter(|name| Path::new(name).file_name().is_some_and(|own| own == *name));
    (Some(hash), names.map(str::to_owned).collect())
}
