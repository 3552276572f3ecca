//! The command line. Only this module prints, and only `main` exits.

mod answers;
mod audit;
mod backend;
mod bench;
mod draw;
mod explore;
mod merge;
mod parts;
mod plan;
mod replay;
mod results;
mod run;
mod summary;
mod sweep;
mod verify;

use bytesize::ByteSize;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};
use zerosweep::backend::gpu::GpuError;
use zerosweep::estimate::MemoryError;
use zerosweep::output::drawing::PictureError;
use zerosweep::output::{MapsError, OutputError, Shard, grouped};
use zerosweep::plan::At;
use zerosweep::spec::{LoadedSpec, Spec, SpecError};

/// Sweeps regularized gradient descent and counts, cell by cell, which penalties drive a weight to exactly zero.
#[derive(Parser)]
#[command(version, arg_required_else_help = true)]
#[command(
    after_help = "Exit codes: 0 done, 1 failed run, 2 bad spec or usage, 3 no adapter, 4 device lost, 5 merged in part, 6 nothing judged, \
                  130 interrupted."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run a sweep; write its tables and heatmaps to results/NAME
    Run(RunArgs),
    /// Say how far a sweep has come, and what is known so far
    Status {
        /// The folder of its results
        folder: PathBuf,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Draw pictures of results, without a run: of any measure, over any coordinates. Of a sweep that is under way or was ended, what is
    /// known so far, with its tables, into DIR/partial
    Draw(draw::DrawArgs),
    /// Turn the knobs of a sweep in a browser: serve a page to this machine that runs it while a slider moves
    Explore(explore::ExploreArgs),
    /// Put the parts of a sweep together that were run with --shard; the results are those of one run
    Merge(MergeArgs),
    /// Say what a sweep would be: cells, trajectories, kernels, memory, time; run nothing
    Plan {
        #[command(flatten)]
        spec: SpecArgs,
        /// As in run
        #[arg(long, value_name = "SIZE", default_value = MEMORY, value_parser = size, allow_negative_numbers = true)]
        memory: ByteSize,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Print every iterate of one trajectory as CSV, or draw them, and say its fate
    Replay(ReplayArgs),
    /// Put trajectories to the laws of the mathematics: those of built-in sweeps, or of a spec
    Verify(VerifyArgs),
    /// Measure how many steps a second each kernel takes on a device, or compare two measurements
    Bench(BenchArgs),
    /// List the adapters of this machine; with an option, say how one of them computes
    Adapters {
        /// Probe the adapter whose name contains NAME
        #[arg(long, value_name = "NAME")]
        adapter: Option<String>,
        /// Probe the best adapter, and the CPU beside it
        #[arg(long)]
        probe: bool,
    },
    /// List what a spec may choose from: problems, penalties, optimizers, schedules, with formulas and parameters
    Members {
        /// Print one JSON object
        #[arg(long, conflicts_with = "markdown")]
        json: bool,
        /// Print docs/family.md
        #[arg(long)]
        markdown: bool,
        /// Draw each penalty, its slope and its proximal map, as SVG files in DIR
        #[arg(long, value_name = "DIR", conflicts_with_all = ["json", "markdown"])]
        pictures: Option<PathBuf>,
    },
    /// Print the JSON Schema of a spec
    Schema,
}

#[derive(Args)]
struct SpecArgs {
    /// The spec: a TOML or JSON file, or - for standard input
    spec: PathBuf,
    /// Replace a value of the spec, for example --set penalty.k=1.5
    #[arg(long = "set", value_name = "PATH=VALUE")]
    sets: Vec<String>,
}

impl SpecArgs {
    fn load(&self) -> Result<LoadedSpec, Failure> {
        Ok(Spec::load(&self.spec, &self.sets)?)
    }
}

/// Refuses a spec whose problem has many weights, for what is of one alone.
fn refuse_many_weights(spec: &Spec, command: &str) -> Result<(), Failure> {
    match &spec.model {
        None => Ok(()),
        Some(_) => {
            let kind = spec.problems[0].kind.member.kind;
            Err(Failure::Usage(format!(
                "{command} is for problems of one weight, and `{kind}` has many; see zerosweep run"
            )))
        }
    }
}

#[derive(Args)]
struct ReplayArgs {
    #[command(flatten)]
    spec: SpecArgs,
    #[command(flatten)]
    which: Which,
    /// Add the iterates that the audit's driver has in f64, as far as they stay within zero.divergence
    #[arg(long)]
    f64: bool,
    /// Draw the weight over the step into FILE, a new .svg or .png, and print its path instead of the iterates
    #[arg(long, value_name = "FILE", conflicts_with = "f64")]
    plot: Option<PathBuf>,
}

/// The trajectory to replay, named in one of two ways.
#[derive(Args)]
#[group(required = true, multiple = false)]
struct Which {
    /// The trajectory, as trajectories.csv numbers it, from 0
    #[arg(long, value_name = "INDEX")]
    trajectory: Option<u64>,
    /// The first trajectory with this value, for example --at penalty.lambda=0.5 --at optimizer=proximal
    #[arg(long, value_name = "PATH=VALUE")]
    at: Vec<At>,
}

#[derive(Args)]
struct RunArgs {
    #[command(flatten)]
    spec: SpecArgs,
    /// Folder of the results [default: results/NAME]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Where to run; auto takes a hardware GPU where one answers, else the CPU
    #[arg(long, value_enum, default_value = "auto")]
    backend: BackendChoice,
    /// Run on the adapter whose name contains NAME, even a software one, or on cpu; on several: A,B, with cpu among them if
    /// wanted; all for every hardware adapter
    #[arg(long, value_name = "NAME")]
    adapter: Option<String>,
    /// CPU threads [default: all cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Trajectories that a device or thread takes at a time [default: chosen for the device]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1 << 30))]
    batch: Option<u64>,
    /// Steps of one dispatch [default: by measurement]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    slice: Option<u32>,
    /// Memory to stay within, about, for example 500MB or 16GiB; counts of cells that do not fit go to the folder of the
    /// results
    #[arg(long, value_name = "SIZE", default_value = MEMORY, value_parser = size, allow_negative_numbers = true)]
    memory: ByteSize,
    /// Write trajectories.csv, one row a trajectory
    #[arg(long, conflicts_with = "shard")]
    rows: bool,
    /// Write cells.parquet, too: the columns of cells.csv, typed
    #[arg(long, conflicts_with = "shard")]
    parquet: bool,
    /// Run part I of N alone, for example 3/16, to be merged with the others
    #[arg(long, value_name = "I/N", value_parser = shard)]
    shard: Option<Shard>,
    /// Keep what is done every so many seconds; 0 after every batch
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = save_every, allow_negative_numbers = true)]
    save_every: u32,
    /// Replay N random trajectories and N near a boundary between two fates in f64, and say how many end otherwise; 0 for
    /// none [default: as many as take 30,000 steps and 1/50,000 of the sweep's, at most 64]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(0..=zerosweep::audit::LARGEST), allow_negative_numbers = true)]
    audit: Option<u64>,
    /// Replace the results of another spec
    #[arg(long)]
    force: bool,
    /// Begin anew where an earlier run was ended, and drop what it had done
    #[arg(long)]
    restart: bool,
    /// Print one JSON object that sums up the run
    #[arg(long)]
    json: bool,
}

/// The bound on memory where none is given.
const MEMORY: &str = "4GiB";

#[derive(Args)]
struct MergeArgs {
    /// Folders of the parts, in any order
    #[arg(value_name = "DIR", required = true)]
    folders: Vec<PathBuf>,
    /// Folder of the results; a partial merge of the same sweep that it holds is gone on with
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// As in run
    #[arg(long)]
    parquet: bool,
    /// As in run
    #[arg(long, value_name = "SIZE", default_value = MEMORY, value_parser = size, allow_negative_numbers = true)]
    memory: ByteSize,
    /// For parts that were run on a GPU: the adapter whose name contains NAME
    #[arg(long, value_name = "NAME")]
    adapter: Option<String>,
    /// As in run
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(0..=zerosweep::audit::LARGEST), allow_negative_numbers = true)]
    audit: Option<u64>,
    /// Replace the results of another spec, and drop what the folder of the results holds of a sweep
    #[arg(long)]
    force: bool,
    /// Print one JSON object that sums up the run
    #[arg(long)]
    json: bool,
}

/// `3/16`.
fn shard(text: &str) -> Result<Shard, String> {
    let parts = text.split_once('/').and_then(|(number, count)| Some((number.parse().ok()?, count.parse().ok()?)));
    match parts {
        Some((number, count)) if (1..=count).contains(&number) => Ok(Shard { number, count }),
        Some((_, count)) if count > 0 => {
            Err(format!("of {count} parts, give one from --shard 1/{count} to --shard {count}/{count}"))
        }
        _ => Err("give part I of N, with I from 1 to N, for example --shard 3/16".to_owned()),
    }
}

/// Whole seconds of a day at most.
fn save_every(text: &str) -> Result<u32, String> {
    let seconds = text.parse().ok().filter(|seconds| *seconds <= 86400);
    seconds.ok_or_else(|| {
        "give whole seconds from 0 to 86400; --save-every 0 keeps what is done after every batch".to_owned()
    })
}

/// Bytes, as --memory takes them.
fn size(text: &str) -> Result<ByteSize, String> {
    text.parse().map_err(|_| "give a number of bytes, or one with a unit, for example 500MB or 16GiB".to_owned())
}

#[derive(Args)]
struct VerifyArgs {
    /// The spec whose trajectories are judged: a TOML or JSON file, or - for standard input [default: built-in sweeps]
    spec: Option<PathBuf>,
    /// Replace a value of the spec, for example --set penalty.k=1.5
    #[arg(long = "set", value_name = "PATH=VALUE", requires = "spec")]
    sets: Vec<String>,
    /// Where to run; auto takes a hardware GPU where one answers, else the CPU
    #[arg(long, value_enum, default_value = "auto")]
    backend: BackendChoice,
    /// Run on the adapter whose name contains NAME, even a software one
    #[arg(long, value_name = "NAME")]
    adapter: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
struct BenchArgs {
    /// The spec whose kernels are measured [default: a built-in one of many kernels]
    spec: Option<PathBuf>,
    /// Replace a value of the spec, for example --set penalty.k=1.5
    #[arg(long = "set", value_name = "PATH=VALUE")]
    sets: Vec<String>,
    /// Where to run; auto takes a hardware GPU where one answers, else the CPU
    #[arg(long, value_enum, default_value = "auto")]
    backend: BackendChoice,
    /// As in run: one adapter, or several together
    #[arg(long, value_name = "NAME")]
    adapter: Option<String>,
    /// Measure kernels whose name contains TEXT alone
    #[arg(long, value_name = "TEXT")]
    kernel: Option<String>,
    /// Keep the measurement as JSON in FILE, which must be new
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Measure, too, how the size of batches, and of a GPU's slices and workgroups, changes the speed
    #[arg(long)]
    effects: bool,
    /// Draw the speeds, and the kernels under the roof of the device, as SVG files in DIR
    #[arg(long, value_name = "DIR")]
    pictures: Option<PathBuf>,
    /// Compare two files that --out has made: how many times as fast the second is
    #[arg(long, value_names = ["FIRST", "SECOND"], num_args = 2, conflicts_with_all = ["spec", "sets", "adapter", "kernel", "out", "effects", "pictures", "csv"])]
    compare: Vec<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    /// Print CSV
    #[arg(long, conflicts_with = "json")]
    csv: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum BackendChoice {
    Auto,
    Cpu,
    Gpu,
}

/// Why the program ends without having done what it was asked.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("{0}")]
    Spec(#[from] SpecError),
    #[error("{0}")]
    Usage(String),
    #[error("{0}")]
    Gpu(#[from] GpuError),
    #[error("{0}")]
    Output(#[from] OutputError),
    #[error("{0}")]
    Memory(#[from] MemoryError),
    #[error("cannot read the counts of cells: {0}; run that part of the sweep anew with --restart")]
    Counts(#[from] io::Error),
    #[error("{0}")]
    Maps(#[from] MapsError),
    #[error("cannot draw a picture: {0}")]
    Picture(#[from] PictureError),
    #[error("cannot write to standard output: {0}")]
    Stdout(io::Error),
    #[error("{0}")]
    Laws(String),
    #[error(
        "nothing was judged: no law speaks of any of these trajectories; `zerosweep verify` without a spec puts built-in sweeps to \
         every law"
    )]
    Unjudged,
    #[error("{0}")]
    Incomplete(String),
    #[error("interrupted; nothing was written")]
    Interrupted,
    #[error("interrupted; {share} is done and kept in {}: run the same again to go on", folder.display())]
    Paused { share: String, folder: PathBuf },
    #[error("{0}")]
    Other(String),
}

impl Failure {
    fn exit_code(&self) -> u8 {
        match self {
            Failure::Output(_)
            | Failure::Memory(_)
            | Failure::Counts(_)
            | Failure::Maps(_)
            | Failure::Picture(_)
            | Failure::Stdout(_)
            | Failure::Laws(_)
            | Failure::Other(_) => 1,
            Failure::Spec(_) | Failure::Usage(_) => 2,
            Failure::Gpu(GpuError::NoAdapter { .. } | GpuError::Unfit { .. }) => 3,
            Failure::Gpu(GpuError::Memory { .. } | GpuError::Device(_)) => 1,
            Failure::Gpu(_) => 4,
            Failure::Incomplete(_) => 5,
            Failure::Unjudged => 6,
            Failure::Interrupted | Failure::Paused { .. } => 130,
        }
    }
}

/// Reads the command line, does what it says, and gives the exit code.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match &cli.command {
        Command::Run(args) => run::run(args),
        Command::Status { folder, json } => parts::status(folder, *json),
        Command::Draw(args) => draw::draw(args),
        Command::Explore(args) => explore::explore(args),
        Command::Merge(args) => merge::merge(args),
        Command::Plan { spec, memory, json } => plan::plan(spec, memory.as_u64(), *json),
        Command::Replay(args) => replay::replay(args),
        Command::Verify(args) => verify::verify(args),
        Command::Bench(args) => bench::bench(args),
        Command::Adapters { adapter, probe } => answers::adapters(adapter.as_deref(), *probe),
        Command::Members { json, markdown, pictures } => answers::members(*json, *markdown, pictures.as_deref()),
        Command::Schema => answers::schema(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever read our output has seen enough, as `head` has.
        Err(Failure::Stdout(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(failure) => {
            say(&format!("error: {failure}"));
            ExitCode::from(failure.exit_code())
        }
    }
}

/// A message to standard error; where that is closed there is nobody left to tell.
fn say(message: &str) {
    _ = writeln!(io::stderr(), "{message}");
}

/// Data to standard output.
fn print(text: &str) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).map_err(Failure::Stdout)
}

/// Unix time.
fn unix_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// A time for people: `0.4 s`, `3 min 20 s`, `5 h 10 min`, `12 days`.
fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 0.1 => format!("{:.0} ms", s * 1e3),
        s if s < 10.0 => format!("{s:.1} s"),
        s if s < 100.0 => format!("{s:.0} s"),
        s if s < 3600.0 => format!("{:.0} min {:.0} s", (s / 60.0).floor(), s % 60.0),
        s if s < 86400.0 => format!("{:.0} h {:.0} min", (s / 3600.0).floor(), s % 3600.0 / 60.0),
        s => format!("{:.0} days", s / 86400.0),
    }
}

/// A rate of steps for people: `8.7 Gsteps/s`.
fn throughput(steps_per_second: f64) -> String {
    match steps_per_second {
        rate if rate >= 1e12 => format!("{:.2} Tsteps/s", rate / 1e12),
        rate if rate >= 1e9 => format!("{:.2} Gsteps/s", rate / 1e9),
        rate if rate >= 1e5 => format!("{:.1} Msteps/s", rate / 1e6),
        rate => format!("{:.1} ksteps/s", rate / 1e3),
    }
}

/// Bytes for people: `12.3 MiB`.
fn bytes(count: u64) -> String {
    ByteSize(count).display().iec().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn what_could_not_be_recovered_has_the_code_4() {
        let stalled = GpuError::Stalled { patience: Duration::from_secs(1) };
        let truncated = GpuError::Truncated { unfinished: 1 };
        for error in [GpuError::Lost("gone".to_owned()), stalled, truncated, GpuError::OutOfMemory] {
            assert_eq!(Failure::from(error).exit_code(), 4);
        }
        assert_eq!(Failure::from(GpuError::Device("refused".to_owned())).exit_code(), 1);
        assert_eq!(Failure::from(GpuError::NoAdapter { wanted: None, found: Vec::new() }).exit_code(), 3);
    }
}
