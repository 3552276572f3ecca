//! Lists all mutants for `run.py`, one a line: number, file, line, the line's text with the change as `[from -> into]`, and
//! whether that is WGSL at all, as naga sees it.

#[path = "../support/covering.rs"]
mod covering;

use covering::covering;
use zerosweep::kernel::Kernel;
use zerosweep::mutant::{ALL, Mutant};
use zerosweep::probe;

fn is_valid(text: &str) -> bool {
    let mut validator =
        naga::valid::Validator::new(naga::valid::ValidationFlags::all(), naga::valid::Capabilities::empty());
    naga::front::wgsl::parse_str(text).is_ok_and(|module| validator.validate(&module).is_ok())
}

/// The line with the change marked.
fn marked(Mutant { text, at, into, .. }: &Mutant) -> String {
    let start = text[..at.start].rfind('\n').map_or(0, |end| end + 1);
    let end = text[at.end..].find('\n').map_or(text.len(), |len| at.end + len);
    format!("{}[{} -> {into}]{}", text[start..at.start].trim_start(), &text[at.clone()], &text[at.end..end])
}

fn main() {
    let modules: Vec<String> = covering().into_iter().map(Kernel::wgsl).chain([probe::wgsl()]).collect();
    for (number, mutant) in (1..).zip(ALL) {
        let module =
            modules.iter().find(|module| module.contains(mutant.text)).expect("every shader should have its module");
        let status = if is_valid(&mutant.apply(module)) { "valid" } else { "invalid" };
        println!("{number}\t{}\t{}\t{}\t{status}", mutant.file, mutant.line(), marked(mutant));
    }
}
