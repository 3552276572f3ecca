//! How devices compute: what the probe finds, what is kept of it, and what follows from it.

use crate::support::{gpu, tampered_gpu};
use std::sync::OnceLock;
use zerosweep::backend::gpu::{AdapterRecord, Gpu, Tampering, WORKGROUPS};
use zerosweep::output::ProbeCache;
use zerosweep::probe::{self, Probe};

fn probed(gpu: &Gpu) -> &'static Probe {
    static PROBE: OnceLock<Probe> = OnceLock::new();
    PROBE.get_or_init(|| pollster::block_on(gpu.probe()).unwrap())
}

/// Needs no adapter.
#[test]
fn the_probe_is_valid_wgsl() {
    let text = probe::wgsl();
    let module = naga::front::wgsl::parse_str(&text).unwrap_or_else(|error| panic!("{}", error.emit_to_string(&text)));
    let mut validator =
        naga::valid::Validator::new(naga::valid::ValidationFlags::all(), naga::valid::Capabilities::empty());
    validator.validate(&module).unwrap_or_else(|error| panic!("{}", error.emit_to_string(&text)));
}

/// IEEE 754 and tests/formulas/ say what must come out; standard functions are within an ULP of f64's.
#[test]
fn the_cpu_computes_as_ieee_754_says() {
    let probe = Probe::of_cpu();
    assert_eq!(probe.refusal(), None);
    assert!(probe.keeps_stored_subnormals && probe.keeps_subnormal_products, "{probe:?}");
    assert!(probe.nan_differs_from_itself && probe.infinity_is_kept && probe.fma_is_fused, "{probe:?}");
    assert!(!probe.products_are_contracted, "Rust never contracts: {probe:?}");
    assert!(probe.ulps.division <= 0.5 && probe.ulps.sqrt <= 0.5, "{probe:?}");
    assert!(probe.ulps.log2 <= 1.0 && probe.ulps.exp2 <= 1.0, "{probe:?}");
    assert!(probe.ulps.portable_log2 <= 2.0 && probe.ulps.portable_exp2 <= 1.5, "{probe:?}");
    assert!(probe.ulps.portable_log2 > 0.5 && probe.ulps.portable_exp2 > 0.5, "measured at all: {probe:?}");
}

#[test]
fn the_probe_of_an_adapter_is_consistent() {
    let Some(gpu) = gpu("the_probe_of_an_adapter_is_consistent") else { return };
    let probe = probed(gpu);
    assert_eq!(probe.refusal(), None, "{probe:?}");
    assert!(
        probe.best_workgroup.is_some_and(|best| WORKGROUPS.contains(&best))
            && probe.steps_in_50_ms.unwrap() > 0
            && probe.upload_bytes_per_second.unwrap() > 0,
        "{probe:?}"
    );
    // WGSL's bounds; its logarithm's is absolute near 1, where any number of ULP may be missing.
    assert!(probe.ulps.division <= 2.5 && probe.ulps.exp2 <= 3.0 + 2.0 * 60.0, "{probe:?}");
    // What fusing may add to the project's own: tests/formulas/.
    assert!(probe.ulps.portable_log2 <= 3.0 && probe.ulps.portable_exp2 <= 2.5, "{probe:?}");
    let again = pollster::block_on(gpu.probe()).unwrap();
    let timeless = |probe: &Probe| Probe {
        best_workgroup: None,
        steps_in_50_ms: None,
        upload_bytes_per_second: None,
        download_bytes_per_second: None,
        seconds: 0.0,
        ..probe.clone()
    };
    assert_eq!(timeless(probe), timeless(&again));
}

/// What WGSL says of each answer, which is narrow enough to tell the questions apart: a product and a sum round once or
/// twice, a quotient and a root lie within 2.5 ULP, log2 within 3 ULP or 2^-21 where it passes 0, exp2 within 3 + 2 |c|
/// ULP, and the project's own within tests/formulas/'s budgets, to which fusing may add one.
#[test]
fn every_answer_of_an_adapter_is_one_that_wgsl_allows() {
    let Some(gpu) = gpu("every_answer_of_an_adapter_is_one_that_wgsl_allows") else { return };
    let answers = pollster::block_on(gpu.answers()).unwrap();
    assert_eq!(answers.len(), probe::samples().len());
    // Special numbers, which a device may flush or assume away, come first: their bits are judged elsewhere.
    for (sample, answer) in probe::samples().into_iter().zip(answers).skip(7) {
        let [a, b, c, _] = sample;
        let [x, y, z] = [a, b, c].map(f64::from);
        let near = |question: usize, exact: f64, ulps: f64| {
            let ulp = ((exact.abs().log2().floor() - 23.0).max(-149.0)).exp2();
            let off = (f64::from(answer[question]) - exact).abs();
            assert!(off <= ulps * ulp, "question {question} of {sample:?}: {}, not {exact}", answer[question]);
        };
        near(0, x, 0.0);
        near(1, x * y, 0.5);
        let sums = [a * b + c, (x * y + z) as f32];
        assert!(sums.contains(&answer[2]) && sums.contains(&answer[3]), "{sample:?}: {answer:?}, not one of {sums:?}");
        near(4, x / y, 2.5);
        near(5, x.sqrt(), 2.5);
        let passes_0 = (0.5..=2.0).contains(&a);
        let within = (-21f64).exp2().max(if passes_0 { 0.0 } else { 3.0 * x.log2().abs() * (-23f64).exp2() });
        assert!((f64::from(answer[6]) - x.log2()).abs() <= within, "question 6 of {sample:?}: {}", answer[6]);
        near(7, z.exp2(), 3.0 + 2.0 * z.abs());
        near(8, x.log2(), 3.0);
        near(9, z.exp2(), 2.5);
        assert_eq!(answer[10..], [0.0; 4], "{sample:?}");
    }
}

/// The special numbers as IEEE 754 has them, which Mesa keeps but for NaN: its comparison is the driver's to assume away.
#[test]
fn lavapipe_answers_the_special_questions_as_ieee_754_says() {
    let Some(gpu) = gpu("lavapipe_answers_the_special_questions_as_ieee_754_says") else { return };
    if !gpu.record().name.starts_with("llvmpipe") {
        return eprintln!("left out: lavapipe_answers_the_special_questions_as_ieee_754_says");
    }
    let (found, ieee) = (probed(gpu), Probe::of_cpu());
    assert!(found.keeps_stored_subnormals && found.keeps_subnormal_products && found.infinity_is_kept, "{found:?}");
    assert!(!found.products_are_contracted, "{found:?}");
    let exact =
        |probe: &Probe| [probe.ulps.division, probe.ulps.sqrt, probe.ulps.portable_log2, probe.ulps.portable_exp2];
    assert_eq!(exact(found), exact(&ieee));
    // Halves that equal the whole, NaN, not finite: infinity; quiet and least NaN; all three.
    let answers = pollster::block_on(gpu.answers()).unwrap();
    for (question, truth) in [(11, [0, 0, 0, 1, 0, 0, 0]), (12, [0, 0, 1, 0, 0, 1, 0]), (13, [0, 0, 1, 1, 0, 1, 0])] {
        assert_eq!([0, 1, 2, 3, 4, 5, 6].map(|sample| answers[sample][question]), truth.map(|yes: u8| f32::from(yes)));
    }
}

/// Mesa's llvmpipe, which lavapipe compiles with, ends every invocation's loops after 65,535 iterations.
#[test]
fn the_probe_finds_where_llvmpipe_ends_loops() {
    let Some(gpu) = gpu("the_probe_finds_where_llvmpipe_ends_loops") else { return };
    if !gpu.record().name.starts_with("llvmpipe") {
        return eprintln!("left out, because it is Mesa's alone: the_probe_finds_where_llvmpipe_ends_loops");
    }
    assert_eq!(probed(gpu).loops_end_after, Some(65_535));
}

#[test]
fn an_adapter_that_cannot_be_trusted_is_refused() {
    let Some(mut gpu) = tampered_gpu("an_adapter_that_cannot_be_trusted_is_refused", Tampering::default()) else {
        return;
    };
    let good = probed(&gpu).clone();
    let cases = [
        (Probe { counts_are_exact: false, ..good.clone() }, "its integer counters are wrong"),
        (
            Probe { bit_tests_are_exact: false, ..good.clone() },
            "its bit tests do not tell NaN, infinity and numbers apart",
        ),
        (
            Probe { loops_end_after: Some(1023), ..good.clone() },
            "its loops end after 1023 iterations, and 1024 are needed",
        ),
    ];
    let name = gpu.record().name.clone();
    for (probe, reason) in cases {
        let error = gpu.heed(&probe).unwrap_err();
        assert_eq!(error.to_string(), format!("adapter \"{name}\" cannot run the sweep: {reason}; use --backend cpu"));
    }
    gpu.heed(&good).unwrap();
}

/// Wrong answers to a sample are found by the judge, not only in a probe that is already wrong.
#[test]
fn wrong_answers_are_judged_wrong() {
    let Some(gpu) = gpu("wrong_answers_are_judged_wrong") else { return };
    let mut answers = vec![[1.0; 14]; probe::samples().len()];
    answers[2][12] = 0.0;
    let judged = Probe::judge(&answers);
    assert!(!judged.bit_tests_are_exact && judged.ulps.division > 1e6, "{judged:?}");
    assert_ne!(judged.ulps, probed(gpu).ulps);
}

#[test]
fn slices_stay_below_where_loops_end() {
    let Some(mut gpu) = tampered_gpu("slices_stay_below_where_loops_end", Tampering::default()) else { return };
    let good = probed(&gpu).clone();
    for (end, longest) in [(None, 16_384), (Some(65_535), 16_384), (Some(10_000), 5_000), (Some(1024), 512)] {
        gpu.heed(&Probe { loops_end_after: end, ..good.clone() }).unwrap();
        assert_eq!(gpu.longest_slice(), longest, "{end:?}");
    }
}

fn record() -> AdapterRecord {
    AdapterRecord {
        name: "a \"GPU\" / 2".to_owned(),
        kind: "discrete",
        interface: "vulkan".to_owned(),
        driver: "driver".to_owned(),
        driver_version: "1.0".to_owned(),
        pci_bus_id: "0000:01:00.0".to_owned(),
        max_storage_binding: 1 << 27,
        max_workgroups: 65_535,
    }
}

#[test]
fn a_probe_is_kept_for_its_adapter_and_driver() {
    let folder = tempfile::tempdir().unwrap();
    let cache = ProbeCache::at(folder.path().join("not/yet/there"));
    let probe = Probe::of_cpu();
    assert_eq!(cache.load(&record()), None);
    cache.keep(&record(), &probe);
    assert_eq!(cache.load(&record()), Some(probe.clone()));
    assert_eq!(cache.load(&AdapterRecord { driver_version: "1.1".to_owned(), ..record() }), None);
    // Another adapter's file in its place.
    let other = AdapterRecord { pci_bus_id: "0000:02:00.0".to_owned(), ..record() };
    std::fs::copy(cache.file(&record()).unwrap(), cache.file(&other).unwrap()).unwrap();
    assert_eq!(cache.load(&other), None);
}

#[test]
fn a_damaged_cache_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let cache = ProbeCache::at(folder.path().to_owned());
    let probe = Probe::of_cpu();
    cache.keep(&record(), &probe);
    let file = cache.file(&record()).unwrap();
    let whole = std::fs::read_to_string(&file).unwrap();
    let edited = whole.replacen(": true", ": false", 1);
    assert_ne!(edited, whole);
    for damaged in ["", "null", "{}", &whole[..whole.len() / 2], &whole.replace("fma_is_fused", "fma"), &edited] {
        std::fs::write(&file, damaged).unwrap();
        assert_eq!(cache.load(&record()), None, "{damaged}");
        cache.keep(&record(), &probe);
        assert_eq!(cache.load(&record()).as_ref(), Some(&probe));
    }
}

#[test]
fn no_place_for_a_cache_is_no_fault() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let cache = ProbeCache::at(file.path().join("below a file"));
    cache.keep(&record(), &Probe::of_cpu());
    assert_eq!(cache.load(&record()), None);
}
