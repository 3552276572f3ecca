//! The `zerosweep` program: see `zerosweep --help`.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
