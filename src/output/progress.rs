//! What is done of a sweep, kept in its folder so that a run that was ended goes on from there.

use super::disk::{self, Hashing};
use super::{RunFile, percent};
use crate::statistics::Counts;
use rangemap::RangeSet;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::io::{self, Write};
use std::ops::Range;
use std::path::Path;

/// How the file begins; the number is raised whenever its form or the meaning of a position changes.
const MAGIC: &[u8] = b"zerosweep progress 2\n";

/// What must be the same for counts to add up, and for a run to go on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// Of the program.
    pub version: String,
    /// The spec as run.
    pub spec: String,
    pub spec_hash: String,
    /// Devices whose results are the same bytes: `cpu`, or an adapter with its driver.
    pub backend: String,
    /// Whether rows are written; trajectories then run by index.
    pub rows: bool,
    /// The part of the sweep that is wanted.
    pub shard: Shard,
}

/// One of `count` parts of a sweep, about as long each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shard {
    /// From 1.
    pub number: u32,
    pub count: u32,
}

impl Shard {
    /// The whole sweep.
    pub const WHOLE: Shard = Shard { number: 1, count: 1 };

    /// Its positions, of so many trajectories.
    pub fn positions(self, trajectories: u64) -> Range<u64> {
        let bound = |number: u32| (u128::from(trajectories) * u128::from(number) / u128::from(self.count)) as u64;
        bound(self.number - 1)..bound(self.number)
    }
}

impl std::fmt::Display for Shard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.number, self.count)
    }
}

/// What is done, with its counts: a `&Counts` to save, [`Counts`] when it was loaded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Progress<C = Counts> {
    pub origin: Origin,
    /// Positions of the trajectories that are counted.
    pub done: RangeSet<u64>,
    /// Those of the whole sweep.
    pub trajectories: u64,
    /// Time that it took.
    pub seconds: f64,
    /// Unix time.
    pub saved_at: u64,
    /// Bytes of the rows so far.
    pub rows_len: u64,
    /// Their SHA-256.
    pub rows_digest: Vec<u8>,
    /// Where those of the counts are that memory has no room for.
    pub runs: Vec<RunFile>,
    pub counts: C,
}

/// Why a file gives no progress.
#[derive(Debug, thiserror::Error)]
pub enum ProgressError {
    #[error("{0}")]
    Read(#[from] io::Error),
    #[error("another version of zerosweep wrote it")]
    OtherVersion,
    #[error("it is damaged")]
    Damaged,
    #[error("it tells of {name}: {source}")]
    Run { name: String, source: io::Error },
}

impl<C> Progress<C> {
    /// Trajectories that are counted.
    pub fn count(&self) -> u64 {
        self.done.iter().map(|range| range.end - range.start).sum()
    }

    /// Positions of the trajectories that are wanted.
    pub fn wanted(&self) -> Range<u64> {
        self.origin.shard.positions(self.trajectories)
    }

    /// The share that is done of what is wanted: `12.3 %`, `12.3 % of shard 3/16`.
    pub fn share(&self) -> String {
        let wanted = self.wanted();
        let share = percent(self.count(), wanted.end - wanted.start);
        match self.origin.shard {
            Shard::WHOLE => format!("{share} %"),
            shard => format!("{share} % of shard {shard}"),
        }
    }

    /// Whether all of them are done.
    pub fn is_complete(&self) -> bool {
        self.done.gaps(&self.wanted()).next().is_none()
    }

    /// What is done, and its counts.
    pub fn split(self) -> (Progress<()>, C) {
        (self.with(()), self.counts)
    }

    /// The same with these counts.
    pub fn with<D>(&self, counts: D) -> Progress<D> {
        let Progress { origin, done, trajectories, seconds, saved_at, rows_len, rows_digest, runs, .. } = self;
        let (origin, done, runs) = (origin.clone(), done.clone(), runs.clone());
        Progress {
            origin,
            done,
            trajectories: *trajectories,
            seconds: *seconds,
            saved_at: *saved_at,
            rows_len: *rows_len,
            rows_digest: rows_digest.clone(),
            runs,
            counts,
        }
    }
}

impl<C: Serialize> Progress<C> {
    /// Replaces the file `name` of `folder`.
    pub fn save(&self, folder: &Path, name: &str) -> io::Result<()> {
        disk::replace(folder, name, |part| {
            let mut out = Hashing::new(part);
            out.write_all(MAGIC)?;
            // Whole before it is written: what fails then is the disk, and says so.
            let body = postcard::to_extend(self, Vec::new()).map_err(io::Error::other)?;
            out.write_all(&body)?;
            let Hashing { out, hash } = out;
            out.write_all(&hash.finalize())
        })
    }
}

impl Progress {
    /// What the file `name` of `folder` holds; `None` where there is none.
    pub fn load(folder: &Path, name: &str) -> Result<Option<Progress>, ProgressError> {
        let Some(bytes) = disk::read(&folder.join(name))? else { return Ok(None) };
        let body = bytes.strip_prefix(MAGIC).ok_or_else(|| match bytes.starts_with(&MAGIC[..MAGIC.len() - 2]) {
            true => ProgressError::OtherVersion,
            false => ProgressError::Damaged,
        })?;
        let (body, hash) = body.split_last_chunk::<32>().ok_or(ProgressError::Damaged)?;
        if Sha256::new().chain_update(MAGIC).chain_update(body).finalize()[..] != hash[..] {
            return Err(ProgressError::Damaged);
        }
        let mut progress: Progress = postcard::from_bytes(body).map_err(|_| ProgressError::Damaged)?;
        for file in &progress.runs {
            file.check(folder).map_err(|source| ProgressError::Run { name: file.name(), source })?;
            progress.counts.attach(file.run(folder));
        }
        Ok(Some(progress))
    }
}
