//! Hands the shared formulas to Rust: every function of `shaders/` becomes public and always inlined.
//!
//! The text is valid Rust as it stands, but `include!` alone would leave each function private to one module and free to
//! be called instead of inlined; a call for each lane would keep the lanes from becoming vectors.

use std::{env, error::Error, fs, path::Path};

#[cfg(feature = "mutants")]
#[path = "tests/mutants/generate.rs"]
mod generate;

const SHARED: [&str; 5] = [".", "problem", "penalty", "optimizer", "schedule"];
const WGSL_ALONE: [&str; 4] = ["prelude.wgsl", "step.wgsl", "driver.wgsl", "probe.wgsl"];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=shaders");
    println!("cargo::rerun-if-changed=build.rs");
    let out = env::var("OUT_DIR")?;
    for folder in SHARED {
        let target = Path::new(&out).join(folder);
        fs::create_dir_all(&target)?;
        for entry in fs::read_dir(Path::new("shaders").join(folder))? {
            let path = entry?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if name.ends_with(".wgsl") && !WGSL_ALONE.contains(&name) {
                fs::write(target.join(name), as_rust(&fs::read_to_string(&path)?))?;
            }
        }
    }
    #[cfg(feature = "mutants")]
    generate::write(Path::new(&out), &SHARED, &WGSL_ALONE)?;
    Ok(())
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
