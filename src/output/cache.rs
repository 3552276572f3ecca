//! What is known of devices, kept between runs in the user's cache folder. It saves time and decides nothing: a file that
//! is missing or damaged, or cannot be written, is no fault.

use super::disk;
use crate::backend::gpu::AdapterRecord;
use crate::probe::Probe;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::env;
use std::fs;
use std::io::Write;
use std::path::PathBuf;
use tempfile::NamedTempFile;

/// Raised whenever a probe asks otherwise.
const FORMAT: u32 = 2;

/// Probes by adapter and driver.
#[derive(Clone, Debug)]
pub struct ProbeCache {
    /// `None` where there is no place for it.
    folder: Option<PathBuf>,
}

impl ProbeCache {
    /// In $XDG_CACHE_HOME or ~/.cache, on Windows in %LOCALAPPDATA%.
    pub fn of_user() -> ProbeCache {
        let folder = |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let base = if cfg!(windows) {
            folder("LOCALAPPDATA")
        } else {
            folder("XDG_CACHE_HOME").or_else(|| folder("HOME").map(|home| home.join(".cache")))
        };
        ProbeCache { folder: base.map(|base| base.join("zerosweep")) }
    }

    /// In `folder`.
    pub fn at(folder: PathBuf) -> ProbeCache {
        ProbeCache { folder: Some(folder) }
    }

    /// What is known of `adapter` with its present driver.
    pub fn load(&self, adapter: &AdapterRecord) -> Option<Probe> {
        let text = disk::read(&self.file(adapter)?).ok()??;
        let entry: Value = serde_json::from_slice(&text).ok()?;
        let probe = entry.get("probe")?;
        if entry != self::entry(adapter, probe) {
            return None;
        }
        serde_json::from_value(probe.clone()).ok()
    }

    /// Keeps `probe`, if that can be done.
    pub fn keep(&self, adapter: &AdapterRecord, probe: &Probe) {
        let entry = entry(adapter, &json!(probe));
        let written = self.file(adapter).and_then(|file| {
            let folder = file.parent()?;
            fs::create_dir_all(folder).ok()?;
            let mut draft = NamedTempFile::new_in(folder).ok()?;
            writeln!(draft, "{entry:#}").ok()?;
            draft.persist(file).ok()
        });
        drop(written);
    }

    /// The file of `adapter`.
    pub fn file(&self, adapter: &AdapterRecord) -> Option<PathBuf> {
        let name = format!("probe-{}.json", &digest(&key(adapter))[..16]);
        Some(self.folder.as_ref()?.join(name))
    }
}

/// The entry of `adapter`, with a digest of its own: one that was edited is none.
fn entry(adapter: &AdapterRecord, probe: &Value) -> Value {
    let mut entry = key(adapter);
    entry["probe"] = probe.clone();
    entry["sha256"] = digest(&entry).into();
    entry
}

/// In hexadecimal.
fn digest(value: &Value) -> String {
    Sha256::digest(value.to_string()).iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

fn key(adapter: &AdapterRecord) -> Value {
    json!({ "format": FORMAT, "zerosweep": env!("CARGO_PKG_VERSION"), "adapter": adapter })
}
