//! How a sweep is run shows in no byte of its results: threads, batches, slices and vector instructions, on any spec.

use crate::support::{any_sweep, cells_csv, gpu, is_exact, on_cpu, on_gpu, plan, statistics};
use proptest::prelude::*;
use std::io::{self, Read};
use std::sync::Arc;
use zerosweep::backend::RunOptions;
use zerosweep::backend::cpu::Vectors;
use zerosweep::backend::gpu::WORKGROUPS;
use zerosweep::statistics::{Collector, Counts, Digest, Run, WriteRun};
use zerosweep::work::Work;

fn any_options() -> impl Strategy<Value = RunOptions> {
    let vectors = proptest::sample::select(Vectors::available());
    let workgroup = proptest::sample::select(&WORKGROUPS);
    let flags = (any::<bool>(), any::<bool>(), workgroup);
    (1usize..5, 1u64..500, 1u32..100, flags, vectors).prop_map(
        |(threads, batch, slice, (rows, staged, workgroup), vectors)| RunOptions {
            threads: Some(threads),
            batch: Some(batch),
            slice: Some(slice),
            workgroup: Some(workgroup),
            rows,
            vectors: Some(vectors),
            staged,
            work: None,
        },
    )
}

/// Counts as bytes, and those of them that are kept elsewhere.
struct Part(Vec<u8>, Vec<Arc<dyn Run>>);

impl Part {
    fn of(collector: Collector) -> Part {
        Part(postcard::to_stdvec(collector.counts()).unwrap(), collector.runs().to_vec())
    }

    fn counts(self) -> Counts {
        let mut counts: Counts = postcard::from_bytes(&self.0).unwrap();
        self.1.into_iter().for_each(|run| counts.attach(run));
        counts
    }
}

struct Shelved(Vec<u8>, Digest);

impl Run for Shelved {
    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(io::Cursor::new(self.0.clone())))
    }

    fn digest(&self) -> Digest {
        self.1
    }

    fn damaged(&self) -> io::Error {
        io::Error::other("damaged")
    }
}

/// Whole blocks of another sweep, blocks in another order and blocks that are missing are all noticed.
#[test]
fn a_run_that_is_not_what_was_written_is_noticed() {
    let counted = |k: f64| {
        let plan = plan(&format!(
            "steps = 20
            problem = {{ kind = 'quadratic', target = {{ linspace = [-1, 1, 50] }} }}
            penalty = {{ kind = 'lk', k = {k}, lambda = {{ geomspace = [0.01, 1, 70] }} }}
            optimizer = {{ kind = 'proximal', learning_rate = 0.1 }}
            start.w = 1
            report.pool = []"
        ));
        let mut collector = Collector::new(&plan);
        on_cpu(&plan, &RunOptions::default()).into_iter().for_each(|batch| collector.add(batch.tallies));
        let mut kept = None;
        let keep = |write: WriteRun| -> io::Result<Arc<dyn Run>> {
            let mut bytes = Vec::new();
            let digest = write(&mut bytes)?;
            let run = kept.insert(Arc::new(Shelved(bytes, digest)));
            Ok(Arc::clone(run) as Arc<dyn Run>)
        };
        collector.shelve(0, keep).unwrap();
        let run = kept.unwrap();
        (plan, run.0.clone(), run.1)
    };
    let ((plan, own, digest), (_, other, of_other)) = (counted(1.0), counted(2.0));
    let read = |bytes: &[u8], digest: Digest| {
        let mut collector = Collector::new(&plan);
        let mut counts = Counts::default();
        counts.attach(Arc::new(Shelved(bytes.to_vec(), digest)));
        collector.merge(counts).unwrap();
        collector.so_far().map(|statistics| statistics.whole_cells)
    };
    // Cells and groups, which are elsewhere, are counted apart.
    assert_eq!(read(&own, digest).unwrap(), 3500);
    assert_eq!(read(&other, of_other).unwrap(), 3500);
    assert!(read(&other, digest).is_err());
    let mut blocks: Vec<&[u8]> = Vec::new();
    let mut rest = &own[..];
    while let Some(len) = rest.first_chunk::<4>() {
        let (block, after) = rest.split_at(36 + u32::from_le_bytes(*len) as usize);
        blocks.push(block);
        rest = after;
    }
    assert_eq!(blocks.len(), 4);
    assert!(read(&blocks[..3].concat(), digest).is_err());
    assert!(read(&[blocks[0], blocks[2], blocks[1], blocks[3]].concat(), digest).is_err());
    assert!(read(&[&blocks[..], &blocks[3..]].concat().concat(), digest).is_err());
    assert!(read(&own[..own.len() - 1], digest).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_option_shows_in_the_results_of_the_cpu(sweep in any_sweep(), options in any_options()) {
        let plan = plan(&sweep);
        let plain = cells_csv(&plan, on_cpu(&plan, &RunOptions::default()));
        prop_assert_eq!(plain, cells_csv(&plan, on_cpu(&plan, &options)));
    }

    /// Every trajectory is counted once, in its cell.
    #[test]
    fn ranges_add_up_to_the_whole(sweep in any_sweep(), cut in 0.0f64..1.0) {
        let plan = plan(&sweep);
        let middle = (plan.trajectories as f64 * cut) as u64;
        let part = |range| on_cpu(&plan, &RunOptions { work: Some(Work::of_range(&plan, range)), ..Default::default() });
        let parts = [part(0..middle), part(middle..plan.trajectories)].concat();
        prop_assert_eq!(cells_csv(&plan, on_cpu(&plan, &RunOptions::default())), cells_csv(&plan, parts));
    }
}

/// Places where a sweep of `trajectories` is cut, ascending.
fn any_cuts() -> impl Strategy<Value = Vec<f64>> {
    proptest::collection::vec(0.0f64..1.0, 0..40)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    /// 1 to 40 parts of any size, some of them empty, kept as bytes and merged two by two in any order, have the statistics of one run.
    #[test]
    fn shards_of_any_size_merge_to_one_run(
        sweep in any_sweep(),
        mut cuts in any_cuts(),
        choices in proptest::collection::vec(any::<proptest::sample::Index>(), 80),
        batch in 1u64..300,
    ) {
        let plan = plan(&sweep);
        let work = Work::coarse_first(&plan, batch);
        cuts.sort_by(f64::total_cmp);
        let place = |cut: f64| (plan.trajectories as f64 * cut) as u64;
        let bounds: Vec<u64> = [0.0].into_iter().chain(cuts).chain([1.0]).map(place).collect();
        let mut parts: Vec<Part> = bounds.windows(2).map(|ends| {
            let options = RunOptions { work: Some(work.at(std::iter::once(ends[0]..ends[1]))), batch: Some(batch), ..Default::default() };
            let mut collector = Collector::new(&plan);
            on_cpu(&plan, &options).into_iter().for_each(|batch| collector.add(batch.tallies));
            Part::of(collector)
        }).collect();
        let mut choices = choices.iter().cycle();
        while parts.len() > 1 {
            let mut chosen = || parts.swap_remove(choices.next().unwrap().index(parts.len()));
            let pair = [chosen(), chosen()];
            let mut collector = Collector::new(&plan);
            pair.into_iter().for_each(|part| collector.merge(part.counts()).unwrap());
            let runs = collector.runs().len();
            let choice = choices.next().unwrap().index(2 * runs + 2);
            if choice <= runs {
                let keep = |write: WriteRun| -> io::Result<Arc<dyn Run>> {
                    let mut bytes = Vec::new();
                    let digest = write(&mut bytes)?;
                    Ok(Arc::new(Shelved(bytes, digest)))
                };
                collector.shelve(choice, keep).unwrap();
            }
            parts.push(Part::of(collector));
        }
        let mut collector = Collector::new(&plan);
        collector.merge(parts.remove(0).counts()).unwrap();
        let (found, expected) = (collector.finish().unwrap(), statistics(&plan, on_cpu(&plan, &RunOptions::default())));
        prop_assert_eq!(&found.groups, &expected.groups);
        prop_assert_eq!(&found.endings, &expected.endings);
        prop_assert_eq!(found.summaries(&plan).unwrap(), expected.summaries(&plan).unwrap());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_option_shows_in_the_results_of_a_gpu(sweep in any_sweep(), options in any_options()) {
        if let Some(gpu) = gpu("no_option_shows_in_the_results_of_a_gpu") {
            let plan = plan(&sweep);
            let plain = cells_csv(&plan, on_gpu(gpu, &plan, &RunOptions::default()).unwrap());
            prop_assert_eq!(plain, cells_csv(&plan, on_gpu(gpu, &plan, &options).unwrap()));
        }
    }
}

/// Steps that f32 loses beside the weight are no turns, in whole segments of a tail as in parts of them.
#[test]
fn slices_show_in_no_tail_that_stalls() {
    let Some(gpu) = gpu("slices_show_in_no_tail_that_stalls") else { return };
    let plan = plan(
        "steps = 64
         problem = [{ kind = 'none' }, { kind = 'quadratic', curvature = 0.7, target = [0.0, 0.4] }]
         penalty = { kind = 'lk', k = [3.0, 5.0], lambda = { geomspace = [0.01, 2.0, 3] } }
         optimizer = { kind = 'subgradient', learning_rate = 0.5 }
         start = { w = { uniform = [-2.0, 2.0], count = 200, seed = 530 } }
         zero = { tail = 63 }
         report = { pool = [] }",
    );
    let whole = cells_csv(&plan, on_gpu(gpu, &plan, &RunOptions::default()).unwrap());
    let sliced = RunOptions { slice: Some(17), ..Default::default() };
    assert_eq!(whole, cells_csv(&plan, on_gpu(gpu, &plan, &sliced).unwrap()));
}

/// Slices long enough that trajectories which have ended leave their lanes to others: diverged, at rest, and on their way among each
/// other, in tallies and as outcomes.
#[test]
fn lanes_that_change_hands_show_in_no_result() {
    let Some(gpu) = gpu("lanes_that_change_hands_show_in_no_result") else { return };
    let plan = plan(
        "steps = 2000
         problem = { kind = 'quadratic', curvature = 1.0, target = { uniform = [-2.0, 2.0] } }
         penalty = { kind = 'lk', k = [1.0, 0.5], lambda = 0.5 }
         optimizer = { kind = ['subgradient', 'proximal'], learning_rate = { log_uniform = [1e-4, 4.0] } }
         start = { w = { uniform = [-1.0, 1.0] } }
         sample = { count = 3000, seed = 5 }",
    );
    // Slices that are too short for that.
    let short = RunOptions { slice: Some(255), ..Default::default() };
    let whole = cells_csv(&plan, on_gpu(gpu, &plan, &short).unwrap());
    assert!(!is_exact(gpu) || whole == cells_csv(&plan, on_cpu(&plan, &RunOptions::default())), "GPU and CPU differ");
    for (slice, rows, workgroup) in [(256, false, 64), (300, true, 256), (700, false, 32), (500, false, 128)] {
        let sliced = RunOptions { slice: Some(slice), rows, workgroup: Some(workgroup), ..Default::default() };
        let compacted = cells_csv(&plan, on_gpu(gpu, &plan, &sliced).unwrap());
        assert_eq!(whole, compacted, "slices of {slice}, workgroups of {workgroup}");
    }
}
