//! The `zerosweep` program: see `zerosweep --help`.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    #[cfg(target_os = "linux")]
    give_runtime_folder();
    cli::main()
}

/// A layer of Mesa's Vulkan asks Wayland for a display, which complains on standard error where the environment names no
/// run-time folder. The process's own folder under /proc is private to it, takes no files, and goes with it.
#[cfg(target_os = "linux")]
fn give_runtime_folder() {
    const NAME: &str = "XDG_RUNTIME_DIR";
    if !std::env::var_os(NAME).is_some_and(|folder| std::path::Path::new(&folder).is_absolute()) {
        // SAFETY: no other thread reads the environment, for this is the only one: main begins with it.
        unsafe { std::env::set_var(NAME, "/proc/self") };
    }
}
