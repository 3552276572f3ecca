//! A folder of specs to run the program in, and what it says there.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// 32 cells of 4 trajectories that end in several fates.
pub const SMALL: &str = r#"# Small.
name = "small"
steps = 50

[problem]
kind = "quadratic"
target = [0.0, 1.0]

[penalty]
kind = "lk"
k = [0.5, 1.0, 2.0, 3.3]
lambda = [0.1, 1.0]

[optimizer]
kind = ["subgradient", "proximal"]
learning_rate = 0.1

[start]
w = { uniform = [-2.0, 2.0], count = 4, seed = 1 }

[report]
pool = ["start.w"]
maps = [{ x = "penalty.lambda", y = "problem.target", facets = ["penalty.k", "optimizer"] }]
"#;

/// L1 from 5 by steps of 0.5.
pub const L1: &str = r#"name = "l1"
steps = 20
penalty = { kind = "lk", k = 1, lambda = 1 }
optimizer = { kind = "subgradient", learning_rate = 0.5 }
start.w = 5
"#;

/// 10^12 trajectories in 10^4 cells: years of work.
pub const HUGE: &str = r#"name = "huge"
steps = 100_000

[problem]
kind = "quadratic"
target = { uniform = [-1.0, 1.0], count = 10 }

[penalty]
kind = "lk"
k = 1.0
lambda = { geomspace = [0.01, 10.0, 100] }

[optimizer]
kind = "subgradient"
learning_rate = { geomspace = [0.001, 1.0, 100] }

[start]
w = { uniform = [-1.0, 1.0], count = 10_000_000 }

[report]
pool = ["start.w", "problem.target"]
"#;

/// The files of a run that draws no map, sorted.
pub const FILES: [&str; 10] = [
    "cells.csv",
    "kinds.png",
    "kinds.svg",
    "machine.json",
    "report.html",
    "run.json",
    "spec.toml",
    "tolerance_curve.csv",
    "tolerance_curve.png",
    "tolerance_curve.svg",
];

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_zerosweep");

/// An empty folder with `small.toml`, `l1.toml` and `huge.toml`, in which the program sees no adapter.
pub struct Place(TempDir);

impl Place {
    pub fn new() -> Place {
        let place = Place(tempfile::tempdir().expect("a temporary folder"));
        for (name, text) in [("small.toml", SMALL), ("l1.toml", L1), ("huge.toml", HUGE)] {
            place.write(name, text);
        }
        place
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("a file in the temporary folder");
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// `program` with `arguments`, in this folder and an environment of our choice.
    pub fn command<A: AsRef<OsStr>>(&self, program: &str, arguments: impl IntoIterator<Item = A>) -> Command {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(self.0.path()).stdin(Stdio::null());
        command.env("VK_DRIVER_FILES", "/nonexistent").env("VK_ICD_FILENAMES", "/nonexistent");
        ["NO_COLOR", "CLICOLOR_FORCE", "FORCE_COLOR"].iter().for_each(|name| _ = command.env_remove(name));
        command
    }

    /// The program with the words of `line`.
    pub fn zerosweep(&self, line: &str) -> Command {
        self.command(PROGRAM, line.split_whitespace())
    }

    /// What comes of the program with the words of `line`.
    pub fn run(&self, line: &str) -> Done {
        Done::of(&mut self.zerosweep(line))
    }

    /// As [`Place::run`], by way of a shell line that ends in `exec "$@"` or the like.
    #[cfg(unix)]
    pub fn run_in_shell(&self, shell: &str, line: &str) -> Done {
        let arguments = ["-c", shell, "bash", PROGRAM].into_iter().chain(line.split_whitespace());
        Done::of(&mut self.command("bash", arguments))
    }

    /// Every file below `folder` with its bytes, by its path from there; folders end in `/`.
    pub fn snapshot(&self, folder: &str) -> BTreeMap<String, Vec<u8>> {
        let mut files = BTreeMap::new();
        let root = self.path(folder);
        collect(&root, &root, &mut files);
        files
    }

    /// Checks that the whole place is as it was at the time of the snapshot.
    #[track_caller]
    pub fn assert_unchanged(&self, before: &BTreeMap<String, Vec<u8>>) {
        let after = self.snapshot("");
        let names = before.keys().chain(after.keys());
        let changed: Vec<&String> = names.filter(|name| before.get(*name) != after.get(*name)).collect();
        assert!(changed.is_empty(), "changed: {changed:?}");
    }

    /// Names of the files in a folder.
    pub fn names(&self, folder: &str) -> Vec<String> {
        self.snapshot(folder).into_keys().collect()
    }
}

fn collect(root: &Path, folder: &Path, files: &mut BTreeMap<String, Vec<u8>>) {
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.expect("an entry of the folder").path();
        let name = path.strip_prefix(root).expect("a path below the root").to_string_lossy().replace('\\', "/");
        if path.is_dir() {
            files.insert(name + "/", Vec::new());
            collect(root, &path, files);
        } else {
            files.insert(name, fs::read(&path).expect("a readable file"));
        }
    }
}

/// What the program said and how it ended.
#[derive(Debug, PartialEq)]
pub struct Done {
    /// `None` if a signal ended it.
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Done {
    pub fn of(command: &mut Command) -> Done {
        let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        Done::from(output)
    }

    /// Checks that all went well.
    #[track_caller]
    pub fn success(self) -> Done {
        assert_eq!(self.code, Some(0), "{}", self.err);
        self
    }

    /// Checks the exit code and the whole of what was said; nothing may be on standard output.
    #[track_caller]
    pub fn failure(self, code: i32, err: &str) {
        assert_eq!((self.err.as_str(), self.out.as_str(), self.code), (err, "", Some(code)));
    }
}

impl From<Output> for Done {
    fn from(output: Output) -> Done {
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        Done { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}

/// A CSV text as its header and its records.
pub struct Table {
    header: Vec<String>,
    pub records: Vec<Vec<String>>,
}

impl Table {
    pub fn new(text: &str) -> Table {
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let fields = |record: &csv::StringRecord| record.iter().map(str::to_owned).collect::<Vec<_>>();
        let header = fields(reader.headers().expect("a header"));
        let records = reader.records().map(|record| fields(&record.expect("a record as long as the header"))).collect();
        Table { header, records }
    }

    pub fn column(&self, name: &str) -> usize {
        self.header.iter().position(|column| column == name).unwrap_or_else(|| panic!("no column {name}"))
    }
}
