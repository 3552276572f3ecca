//! `cargo page`: compiles the library to WebAssembly and puts it, with the JavaScript that calls it, beside the page.
//! `cargo page --check` fails where that is not what is there already.
//!
//! What it makes is part of the repository, so that `cargo build` needs no second target. It depends on the compiler's
//! version and on nothing else of the machine.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};
use wasm_bindgen_cli_support::Bindgen;

const TARGET: &str = "wasm32-unknown-unknown";

/// What calls the library, and the library itself, packed by zlib.
const SCRIPT: &str = "zerosweep.js";
const LIBRARY: &str = "zerosweep_bg.wasm";
const PACKED: &str = "zerosweep_bg.wasm.zlib";

fn main() -> Result<(), Box<dyn Error>> {
    let is_check = match env::args().skip(1).collect::<Vec<_>>().as_slice() {
        [] => false,
        [only] if only == "--check" => true,
        _ => return Err("usage: cargo page [--check]".into()),
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize()?;
    let (target, page) = (root.join("target/page"), root.join("explorer/page"));
    compile(&root, &target)?;
    let made = target.join("made");
    Bindgen::new()
        .input_path(target.join(TARGET).join("page/zerosweep.wasm"))
        .web(true)?
        .omit_default_module_path(false)
        .typescript(false)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate(&made)?;
    let packed = miniz_oxide::deflate::compress_to_vec_zlib(&fs::read(made.join(LIBRARY))?, 9);
    for (name, new) in [(SCRIPT, fs::read(made.join(SCRIPT))?), (PACKED, packed)] {
        let old = fs::read(page.join(name)).unwrap_or_default();
        if is_check && new != old {
            return Err(format!(
                "explorer/page/{name} is not what this compiler makes of the source; run `cargo page` and commit it"
            )
            .into());
        }
        if new != old {
            fs::write(page.join(name), &new)?;
        }
        println!("explorer/page/{name}: {} bytes{}", new.len(), if new == old { ", as it was" } else { "" });
    }
    Ok(())
}

fn compile(root: &Path, target: &Path) -> Result<(), Box<dyn Error>> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| env::home_dir().map(|home| home.join(".cargo"))).ok_or("there is no home folder")?;
    // Vectors, and no path of this machine.
    let flags = [
        "-Ctarget-feature=+simd128".to_owned(),
        format!("--remap-path-prefix={}=/cargo", home.display()),
        format!("--remap-path-prefix={}=/zerosweep", root.display()),
    ];
    let status = Command::new(env!("CARGO"))
        .args(["rustc", "--locked", "--lib", "--crate-type", "cdylib", "--profile", "page", "--target", TARGET])
        .arg("--target-dir")
        .arg(target)
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f"))
        .current_dir(root)
        .status()?;
    if status.success() {
        return Ok(());
    }
    Err(format!("the library could not be compiled; if the target is missing: rustup target add {TARGET}").into())
}
