//! Several devices with one queue: nobody can tell from the results, even where one of them is lost.

use crate::support::{cells_csv, on_cpu, plan, tampered_gpu};
use std::ops::ControlFlow;
use zerosweep::backend::gpu::{Fault, Gpu, GpuError, Injection, Tampering};
use zerosweep::backend::team::{self, Member};
use zerosweep::backend::{Batch, Cancel, Ending, RunOptions};
use zerosweep::plan::Plan;
use zerosweep::work::Work;

/// 320,000 trajectories that a software GPU and the CPU give the same outcomes.
const SWEEP: &str = "
    steps = 40
    penalty = { kind = 'lk', k = [1.0, 2.0], lambda = { linspace = [0.1, 1.0, 16] } }
    optimizer = { kind = ['subgradient', 'proximal'], learning_rate = 0.1 }
    start = { w = { uniform = [-2.0, 2.0], count = 5000, seed = 3 } }";

/// A device that fails for good in its third batch, or one that does not.
fn device(test: &str, fails: bool) -> Option<Gpu> {
    let injection = fails.then_some(Injection { fault: Fault::Panic, batch: 2, always: true });
    tampered_gpu(test, Tampering { injection, ..Tampering::default() })
}

struct Ended {
    ending: Result<Ending, GpuError>,
    batches: Vec<Batch>,
    lost: Vec<usize>,
}

fn together(members: &[Member], plan: &Plan) -> Ended {
    let (mut batches, mut lost) = (Vec::new(), Vec::new());
    let options = RunOptions { batch: Some(2000), work: Some(Work::coarse_first(plan, 8000)), ..Default::default() };
    let mut deliver = |batch| {
        batches.push(batch);
        ControlFlow::Continue(())
    };
    let ending = team::run(members, plan, &options, &Cancel::default(), &mut deliver, |index, _| lost.push(index));
    Ended { ending, batches, lost }
}

#[test]
fn devices_share_a_sweep() {
    let (Some(one), Some(two)) = (device("devices_share_a_sweep", false), device("devices_share_a_sweep", false))
    else {
        return;
    };
    let plan = plan(SWEEP);
    let alone = cells_csv(&plan, on_cpu(&plan, &RunOptions::default()));
    for members in [vec![Member::Gpu(&one), Member::Gpu(&two)], vec![Member::Cpu, Member::Gpu(&one)], vec![Member::Cpu]]
    {
        let ended = together(&members, &plan);
        assert!(matches!(ended.ending, Ok(Ending::Complete)) && ended.lost.is_empty(), "{:?}", ended.ending);
        assert!(cells_csv(&plan, ended.batches) == alone);
    }
}

#[test]
fn the_others_do_the_work_of_one_that_is_lost() {
    let test = "the_others_do_the_work_of_one_that_is_lost";
    let (Some(whole), Some(fails)) = (device(test, false), device(test, true)) else { return };
    let plan = plan(SWEEP);
    let ended = together(&[Member::Gpu(&fails), Member::Gpu(&whole)], &plan);
    assert!(matches!(ended.ending, Ok(Ending::Complete)), "{:?}", ended.ending);
    assert_eq!(ended.lost, [0]);
    assert!(cells_csv(&plan, ended.batches) == cells_csv(&plan, on_cpu(&plan, &RunOptions::default())));
}

#[test]
fn where_all_are_lost_the_last_one_says_why() {
    let test = "where_all_are_lost_the_last_one_says_why";
    let (Some(one), Some(two)) = (device(test, true), device(test, true)) else { return };
    let ended = together(&[Member::Gpu(&one), Member::Gpu(&two)], &plan(SWEEP));
    assert!(matches!(ended.ending, Err(GpuError::Lost(_))), "{:?}", ended.ending);
    assert_eq!(ended.lost, [0, 1]);
}

#[test]
fn whoever_has_seen_enough_ends_all_of_them() {
    let plan = plan(SWEEP);
    let mut seen = 0;
    let mut deliver = |_| {
        seen += 1;
        ControlFlow::Break(())
    };
    let options = RunOptions { batch: Some(100), ..Default::default() };
    let ending = team::run(&[Member::Cpu, Member::Cpu], &plan, &options, &Cancel::default(), &mut deliver, |_, _| ());
    assert!(matches!(ending, Ok(Ending::Stopped)));
    assert_eq!(seen, 1);
}
