//! Counts of cells in files of their own, beside what is done of a sweep.

use super::disk;
use crate::statistics::{Digest, Run, WriteRun};
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How the names of these files begin and end; between stands their number.
const NAME: (&str, &str) = ("cells-", ".zerosweep");

/// One of these files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunFile {
    number: u32,
    /// In bytes.
    len: u64,
    digest: Digest,
}

impl RunFile {
    /// Writes the next one of `folder`.
    pub(super) fn write(folder: &Path, write: WriteRun) -> io::Result<RunFile> {
        let number = numbers(folder)?.max().map_or(0, |(number, _)| number).checked_add(1);
        let number =
            number.ok_or_else(|| io::Error::other(format!("{} is in the way; move it away", name(u32::MAX))))?;
        let (mut len, mut digest) = (0, Digest::default());
        disk::replace(folder, &name(number), |part| {
            digest = write(part)?;
            len = part.len();
            Ok(())
        })?;
        Ok(RunFile { number, len, digest })
    }

    /// How long it is.
    pub fn bytes(&self) -> u64 {
        self.len
    }

    pub fn name(&self) -> String {
        name(self.number)
    }

    /// The run that it holds, in `folder`.
    pub fn run(&self, folder: &Path) -> Arc<dyn Run> {
        Arc::new(InFile { path: folder.join(self.name()), file: *self })
    }

    /// Makes sure that it is there, as long as it was written.
    pub(super) fn check(&self, folder: &Path) -> io::Result<()> {
        disk::open(&folder.join(self.name()), self.len).map(drop)
    }
}

fn name(number: u32) -> String {
    format!("{}{number}{}", NAME.0, NAME.1)
}

/// The number and the path of each that is in `folder`, or bears such a name.
fn numbers(folder: &Path) -> io::Result<impl Iterator<Item = (u32, PathBuf)>> {
    let number = |path: &Path| -> Option<u32> {
        let own = path.file_name()?.to_str()?;
        let number = own.strip_prefix(NAME.0)?.strip_suffix(NAME.1)?.parse().ok()?;
        (own == name(number)).then_some(number)
    };
    let paths = fs::read_dir(folder)?.flatten().map(|entry| entry.path());
    Ok(paths.filter_map(move |path| Some((number(&path)?, path))))
}

/// Takes all of them away but those that are `kept`, and what is no plain file.
pub(super) fn clear(folder: &Path, kept: &[RunFile]) -> io::Result<()> {
    let is_kept = |number: u32| kept.iter().any(|file| file.number == number);
    let is_file = |path: &Path| path.symlink_metadata().is_ok_and(|held| held.is_file());
    let gone = numbers(folder)?.filter(|(number, path)| !is_kept(*number) && is_file(path));
    gone.into_iter().try_for_each(|(_, path)| disk::remove(&path))
}

struct InFile {
    path: PathBuf,
    file: RunFile,
}

impl Run for InFile {
    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        let named = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", self.path.display()));
        Ok(Box::new(BufReader::new(disk::open(&self.path, self.file.len).map_err(named)?)))
    }

    fn digest(&self) -> Digest {
        self.file.digest
    }

    fn damaged(&self) -> io::Error {
        io::Error::new(io::ErrorKind::InvalidData, format!("{}: it is damaged", self.path.display()))
    }
}
