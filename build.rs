//! Hands the shared formulas to Rust: every function of `shaders/` becomes public and always inlined.
//!
//! The text is valid Rust as it stands, but `include!` alone would leave each function private to one module and free to
//! be called instead of inlined; a call for each lane would keep the lanes from becoming vectors.

use std::{env, error::Error, fs, path::Path};

#[cfg(feature = "mutants")]
#[path = "tests/mutants/generate.rs"]
mod generate;

/// Folders of `shaders/`.
const FOLDERS: [&str; 8] =
    ["", "problem", "penalty", "optimizer", "schedule", "precision", "penalized", "penalty_step"];

/// Files and folders of it that Rust does not share.
const WGSL_ALONE: [&str; 6] = ["prelude.wgsl", "step.wgsl", "driver.wgsl", "probe.wgsl", "roofs.wgsl", "penalty_step"];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=shaders");
    println!("cargo::rerun-if-changed=build.rs");
    let out = env::var("OUT_DIR")?;
    for folder in FOLDERS {
        fs::create_dir_all(Path::new(&out).join(folder))?;
        for entry in fs::read_dir(Path::new("shaders").join(folder))? {
            let path = entry?.path();
            let inside = path.strip_prefix("shaders")?;
            if path.extension().is_some_and(|extension| extension == "wgsl") && is_shared(inside) {
                fs::write(Path::new(&out).join(inside), as_rust(&fs::read_to_string(&path)?))?;
            }
        }
    }
    #[cfg(feature = "mutants")]
    generate::write(Path::new(&out), &FOLDERS, is_shared)?;
    Ok(())
}

/// Whether a file, by its path in `shaders/`, is Rust, too.
fn is_shared(inside: &Path) -> bool {
    !WGSL_ALONE.iter().any(|alone| inside.starts_with(alone))
}

fn as_rust(shared: &str) -> String {
    let mut rust = String::new();
    for line in shared.lines() {
        match line.strip_prefix("fn ") {
            Some(rest) => rust += &format!("#[inline(always)]\npub fn {rest}\n"),
            None => rust += &format!("{line}\n"),
        }
    }
    rust
}
