//! What is known of devices, kept between runs in the user's cache folder. It saves time and decides nothing: a file that
//! is missing or damaged, or cannot be written, is no fault.

use crate::backend::gpu::AdapterRecord;
use crate::probe::Probe;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::env;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use tempfile::NamedTempFile;

/// Raised whenever a probe asks otherwise.
const FORMAT: u32 = 1;

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
        let text = fs::read_to_string(self.file(adapter)?).ok()?;
        let mut entry: Value = serde_json::from_str(&text).ok()?;
        let probe = entry.as_object_mut()?.remove("probe")?;
        if entry != key(adapter) {
            return None;
        }
        serde_json::from_value(probe).ok()
    }

    /// Keeps `probe`, if that can be done.
    pub fn keep(&self, adapter: &AdapterRecord, probe: &Probe) {
        let mut entry = key(adapter);
        entry["probe"] = json!(probe);
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
        let digest = Sha256::digest(key(adapter).to_string());
        let mut name = "probe-".to_owned();
        digest.iter().take(8).for_each(|byte| _ = write!(name, "{byte:02x}"));
        Some(self.folder.as_ref()?.join(name + ".json"))
    }
}

fn key(adapter: &AdapterRecord) -> Value {
    json!({ "format": FORMAT, "zerosweep": env!("CARGO_PKG_VERSION"), "adapter": adapter })
}
