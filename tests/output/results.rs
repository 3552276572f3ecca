//! The committed results are those of the committed sweep.

use crate::support::{cells_csv, on_cpu};
use zerosweep::backend::RunOptions;
use zerosweep::plan::Plan;
use zerosweep::spec::Spec;

#[test]
fn the_main_sweep_gives_its_committed_cells() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let spec = Spec::load(&root.join("sweeps/lk-family.toml"), &[]).unwrap().spec;
    let plan = Plan::new(&spec);
    let found = cells_csv(&plan, on_cpu(&plan, &RunOptions::default()));
    let committed = std::fs::read_to_string(root.join("results/lk-family/cells.csv")).unwrap();
    let differing = found.lines().zip(committed.lines()).find(|(found, committed)| found != committed);
    assert_eq!(differing, None);
    assert_eq!(found.len(), committed.len());
}
