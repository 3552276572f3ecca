//! The counts of cells, in memory and elsewhere: sorted runs of entries, put together cell by cell whenever they are read.

use super::Summary;
use crate::plan::Plan;
use crate::verdict::Tally;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::fmt::{self, Debug};
use std::io::{self, Read, Write};
use std::ops::Range;
use std::sync::Arc;

/// Cells that are read together.
const CHUNK: u64 = 1 << 13;

/// Cells of a block that is kept elsewhere: of each run one is in memory while all are read.
const BLOCK: usize = 1 << 10;

/// Bytes before a block of a run that is kept elsewhere: its length, and its digest.
const HEADER: usize = 4 + 32;

/// The SHA-256 of a block and of the digest before it; that of the last block stands for the whole run.
pub type Digest = [u8; 32];

fn digest(before: &Digest, block: &[u8]) -> Digest {
    Sha256::new().chain_update(before).chain_update(block).finalize().into()
}

/// What is known of a cell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Entry {
    Whole(Summary),
    /// Counts of some of its trajectories.
    Part(Tally),
}

impl Entry {
    fn is_whole(&self, cell: u64, plan: &Plan) -> bool {
        match self {
            Entry::Whole(_) => true,
            Entry::Part(tally) => tally.trajectories == plan.cell_size(cell),
        }
    }
}

/// A sorted run of entries that is kept elsewhere than in memory.
pub trait Run: Send + Sync {
    /// The bytes that [`super::Collector::shelve`] wrote, from the first on.
    ///
    /// # Errors
    /// Where they cannot be read any more.
    fn open(&self) -> io::Result<Box<dyn Read + Send>>;

    /// The digest that it had when it was written.
    fn digest(&self) -> Digest;

    /// What is wrong, where they are not those that were written.
    fn damaged(&self) -> io::Error;
}

/// The counts of a sweep's cells, or of some of them.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Cells {
    /// Sorted entries, each with its cell before it, as bytes.
    blocks: Vec<Arc<[u8]>>,
    /// Entries that came after those of the blocks, in any order.
    fresh: Vec<(u64, Entry)>,
    /// Those of earlier parts of the sweep.
    #[serde(skip)]
    runs: Vec<Arc<dyn Run>>,
}

impl Debug for Cells {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} blocks, {} fresh entries, {} runs", self.blocks.len(), self.fresh.len(), self.runs.len())
    }
}

impl Cells {
    pub(super) fn add(&mut self, cell: u64, entry: Entry) {
        self.fresh.push((cell, entry));
        if self.fresh.len() as u64 == CHUNK {
            self.blocks.push(sorted(&mut self.fresh).into());
            self.fresh.clear();
        }
    }

    /// Adds the cells of another part of the sweep.
    pub(super) fn append(&mut self, other: Cells) {
        let Cells { blocks, fresh, runs } = other;
        self.blocks.extend(blocks);
        self.runs.extend(runs);
        fresh.into_iter().for_each(|(cell, entry)| self.add(cell, entry));
    }

    pub(super) fn attach(&mut self, run: Arc<dyn Run>) {
        self.runs.push(run);
    }

    pub(super) fn runs(&self) -> &[Arc<dyn Run>] {
        &self.runs
    }

    /// Memory that they take, in bytes.
    pub(super) fn bytes(&self) -> u64 {
        let blocks = self.blocks.iter().map(|block| block.len()).sum::<usize>();
        (blocks + self.fresh.len() * size_of::<(u64, Entry)>()) as u64
    }

    /// Writes all of them as one sorted run, and gives its digest.
    pub(super) fn write(&self, out: &mut dyn Write) -> io::Result<Digest> {
        let mut so_far = Digest::default();
        for present in self.present()? {
            for entries in present?.chunks(BLOCK) {
                let block = block(entries);
                so_far = digest(&so_far, &block);
                out.write_all(&(block.len() as u32).to_le_bytes())?;
                out.write_all(&so_far)?;
                out.write_all(&block)?;
            }
        }
        Ok(so_far)
    }

    /// The entries that there are, put together, sorted by cell, some thousand at a time.
    pub(super) fn present(&self) -> io::Result<impl Iterator<Item = io::Result<Vec<(u64, Entry)>>>> {
        let mut merge = Merge::new(self)?;
        Ok(std::iter::from_fn(move || {
            let first = merge.least()? / CHUNK * CHUNK;
            let present = |entries: Vec<Option<Entry>>| {
                (first..).zip(entries).filter_map(|(cell, entry)| Some((cell, entry?))).collect()
            };
            Some(merge.take(first..first + CHUNK).map(present))
        }))
    }

    /// Gives away what is held in memory and the last `runs` of the runs.
    pub(super) fn take(&mut self, runs: usize) -> Cells {
        let runs = self.runs.split_off(self.runs.len() - runs);
        Cells { blocks: std::mem::take(&mut self.blocks), fresh: std::mem::take(&mut self.fresh), runs }
    }

    /// The entries of all cells of `plan` in their order, put together, some thousand at a time; none of those that are not whole.
    pub(super) fn entries(
        &self,
        plan: &Plan,
    ) -> io::Result<impl Iterator<Item = io::Result<(u64, Vec<Option<Entry>>)>>> {
        let mut merge = Merge::new(self)?;
        let chunk = move |first: u64| {
            let mut entries = merge.take(first..(first + CHUNK).min(plan.cells))?;
            if let Some(cell) = merge.least().filter(|cell| *cell >= plan.cells) {
                return Err(merge.foreign(cell));
            }
            for (cell, entry) in (first..).zip(&mut entries) {
                *entry = entry.take().filter(|entry| entry.is_whole(cell, plan));
            }
            Ok((first, entries))
        };
        Ok((0..plan.cells.div_ceil(CHUNK)).map(|number| number * CHUNK).map(chunk))
    }
}

/// Entries as sorted bytes.
fn sorted(entries: &mut [(u64, Entry)]) -> Vec<u8> {
    entries.sort_by_key(|(cell, _)| *cell);
    block(entries)
}

/// Sorted entries as bytes.
fn block(entries: &[(u64, Entry)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in entries {
        bytes = postcard::to_extend(entry, bytes).expect("an entry in memory should be written");
    }
    bytes.shrink_to_fit();
    bytes
}

/// All sorted sources of entries, on their way.
struct Merge(Vec<Source>);

impl Merge {
    fn new(cells: &Cells) -> io::Result<Merge> {
        let fresh = Arc::from(sorted(&mut cells.fresh.clone()));
        let held = cells.blocks.iter().cloned().chain([fresh]).map(Source::of_block);
        Ok(Merge(held.chain(cells.runs.iter().cloned().map(Source::of_run)).collect::<io::Result<_>>()?))
    }

    /// The least cell of which an entry is left.
    fn least(&self) -> Option<u64> {
        self.0.iter().filter_map(|source| Some(source.next.as_ref()?.0)).min()
    }

    /// The entries of these cells, which no entry that is left comes before.
    fn take(&mut self, cells: Range<u64>) -> io::Result<Vec<Option<Entry>>> {
        let mut taken = vec![None; (cells.end - cells.start) as usize];
        for source in &mut self.0 {
            while let Some((cell, entry)) = source.next.take_if(|(cell, _)| *cell < cells.end) {
                let place = cell.checked_sub(cells.start).ok_or_else(|| source.damaged())?;
                let held: &mut Option<Entry> = &mut taken[place as usize];
                match (held.as_mut(), entry) {
                    (None, entry) => *held = Some(entry),
                    (Some(Entry::Part(sum)), Entry::Part(tally)) => sum.merge(&tally, 0),
                    _ => return Err(source.damaged()),
                }
                source.advance()?;
            }
        }
        Ok(taken)
    }

    /// What is wrong where an entry is of a cell that there is not.
    fn foreign(&self, cell: u64) -> io::Error {
        let own = |source: &&Source| source.next.as_ref().is_some_and(|(next, _)| *next == cell);
        self.0.iter().find(own).map_or_else(damaged, Source::damaged)
    }
}

/// A sorted source of entries.
struct Source {
    next: Option<(u64, Entry)>,
    block: Arc<[u8]>,
    at: usize,
    /// Where the blocks after this one come from.
    run: Option<(Arc<dyn Run>, Box<dyn Read + Send>)>,
    /// That of the last block.
    digest: Digest,
}

impl Source {
    fn of_block(block: Arc<[u8]>) -> io::Result<Source> {
        Source { next: None, block, at: 0, run: None, digest: Digest::default() }.begun()
    }

    fn of_run(run: Arc<dyn Run>) -> io::Result<Source> {
        let bytes = run.open()?;
        Source { next: None, block: Arc::new([]), at: 0, run: Some((run, bytes)), digest: Digest::default() }.begun()
    }

    fn begun(mut self) -> io::Result<Source> {
        self.advance()?;
        Ok(self)
    }

    fn damaged(&self) -> io::Error {
        self.run.as_ref().map_or_else(damaged, |(run, _)| run.damaged())
    }

    fn advance(&mut self) -> io::Result<()> {
        if self.at == self.block.len() {
            self.next_block()?;
        }
        self.next = None;
        if self.at < self.block.len() {
            let rest = &self.block[self.at..];
            let (entry, left) = postcard::take_from_bytes(rest).map_err(|_| self.damaged())?;
            self.at = self.block.len() - left.len();
            self.next = Some(entry);
        }
        Ok(())
    }

    /// Takes the next block of the run, if there is one.
    fn next_block(&mut self) -> io::Result<()> {
        let Some((run, bytes)) = &mut self.run else { return Ok(()) };
        let mut header = Vec::with_capacity(HEADER);
        bytes.by_ref().take(HEADER as u64).read_to_end(&mut header)?;
        if header.is_empty() {
            return if self.digest == run.digest() { Ok(()) } else { Err(run.damaged()) };
        }
        let (len, told) = header.split_first_chunk::<4>().ok_or_else(|| run.damaged())?;
        let len = u32::from_le_bytes(*len).into();
        let mut block = Vec::new();
        bytes.by_ref().take(len).read_to_end(&mut block)?;
        self.digest = digest(&self.digest, &block);
        if block.is_empty() || block.len() as u64 != len || self.digest[..] != *told {
            return Err(run.damaged());
        }
        (self.block, self.at) = (block.into(), 0);
        Ok(())
    }
}

/// What is wrong where entries in memory are not in order, or come twice.
fn damaged() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, super::ForeignCounts)
}
