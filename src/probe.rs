//! How a device computes: answers to a few questions, judged by f64.
//!
//! A driver may end loops early, flush subnormal numbers, assume that NaN and infinity do not exist, and fuse products
//! with sums. None of it is asked for; all of it is found by trying.

use crate::formula::math::{portable_exp2, portable_log2};
use serde::{Deserialize, Serialize};
use std::hint::black_box;
use web_time::Instant;

/// Operands of one trial: two factors and a summand; the last is the exponent, too.
pub type Operands = [f32; 4];

/// What a device makes of one sample, in the order of `answer` in `shaders/probe.wgsl`: a, a b, a b + c, fma, a / b,
/// sqrt a, log2 a, exp2 c, portable log2 a, portable exp2 c, a != a, a / 2 == a, NaN by bits, not finite by bits.
pub type Answers = [f32; 14];

/// The samples that are not for accuracy.
const SUBNORMAL: usize = 0;
const TO_SUBNORMAL: usize = 1;
const NAN: usize = 2;
const INFINITY: usize = 3;
const TO_FUSE: usize = 4;
const LEAST_NAN: usize = 5;
const GREATEST: usize = 6;
const SPECIALS: [Operands; 7] = [
    [1e-40, 1.0, 0.0, 0.0],
    [f32::MIN_POSITIVE, 0.5, 0.0, 0.0],
    [f32::NAN, 1.0, 0.0, 0.0],
    [f32::INFINITY, 1.0, 0.0, 0.0],
    // The exact product exceeds -c by 2^-24, which a rounded product loses.
    [1.0 + 1.0 / 4096.0, 1.0 + 1.0 / 4096.0, -1.0 - 1.0 / 2048.0, 0.0],
    [f32::from_bits(0x7f80_0001), 1.0, 0.0, 0.0],
    [f32::MAX, 1.0, 0.0, 0.0],
];

/// The largest error that is told apart.
const MOST_ULPS: f64 = 1e9;

/// Samples for accuracy.
const RANDOM: usize = 8192;

/// Loop iterations below which a device is of no use: a slice would hardly pay for its submission.
const FEWEST_ITERATIONS: u32 = 1 << 10;

/// The largest errors, in units in the last place of an f32 as large as the exact value.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ulps {
    pub division: f64,
    pub sqrt: f64,
    pub log2: f64,
    pub exp2: f64,
    pub portable_log2: f64,
    pub portable_exp2: f64,
}

/// How a device computes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Probe {
    /// Iterations after which loops end unasked; `None` where they do not within 2^20.
    pub loops_end_after: Option<u32>,
    /// Whether integers, atomic counters among them, are exact.
    pub counts_are_exact: bool,
    /// Whether a test of bits tells NaN, infinity and numbers apart.
    pub bit_tests_are_exact: bool,
    pub keeps_stored_subnormals: bool,
    pub keeps_subnormal_products: bool,
    /// Whether x != x for a NaN, as IEEE 754 has it.
    pub nan_differs_from_itself: bool,
    /// Whether x / 2 == x for infinity.
    pub infinity_is_kept: bool,
    /// Whether `fma` rounds once.
    pub fma_is_fused: bool,
    /// Whether a b + c rounds once where nobody asked for it.
    pub products_are_contracted: bool,
    pub ulps: Ulps,
    /// Invocations of a workgroup with which plain steps are fastest; `None` for the CPU.
    pub best_workgroup: Option<u32>,
    /// Plain steps of a full batch within 50 ms; `None` for the CPU, which needs no slices.
    pub steps_in_50_ms: Option<u32>,
    /// Host to device; `None` where there is no way between.
    pub upload_bytes_per_second: Option<u64>,
    pub download_bytes_per_second: Option<u64>,
    /// Time that the probe took.
    pub seconds: f64,
}

impl Probe {
    /// How the CPU computes.
    pub fn of_cpu() -> Probe {
        let began = Instant::now();
        let answers: Vec<Answers> = samples().into_iter().map(|sample| answer(black_box(sample))).collect();
        let probe = Probe::judge(&answers);
        Probe { counts_are_exact: true, seconds: thousandths(began.elapsed().as_secs_f64()), ..probe }
    }

    /// The answers to [`samples`], judged; what they do not tell is left open.
    pub fn judge(answers: &[Answers]) -> Probe {
        let yes = |sample: usize, question: usize| answers[sample][question] != 0.0;
        let by_bits = |sample: usize| (yes(sample, 12), yes(sample, 13));
        Probe {
            loops_end_after: None,
            counts_are_exact: false,
            bit_tests_are_exact: by_bits(NAN) == (true, true)
                && by_bits(LEAST_NAN) == (true, true)
                && by_bits(INFINITY) == (false, true)
                && by_bits(GREATEST) == (false, false)
                && (SPECIALS.len()..answers.len()).all(|sample| by_bits(sample) == (false, false)),
            keeps_stored_subnormals: yes(SUBNORMAL, 0),
            keeps_subnormal_products: yes(TO_SUBNORMAL, 1),
            nan_differs_from_itself: yes(NAN, 10),
            infinity_is_kept: yes(INFINITY, 11),
            fma_is_fused: yes(TO_FUSE, 3),
            products_are_contracted: yes(TO_FUSE, 2),
            ulps: ulps(answers),
            best_workgroup: None,
            steps_in_50_ms: None,
            upload_bytes_per_second: None,
            download_bytes_per_second: None,
            seconds: 0.0,
        }
    }

    /// Why no sweep can be run on the device, if so.
    pub fn refusal(&self) -> Option<String> {
        if !self.counts_are_exact {
            return Some("its integer counters are wrong".to_owned());
        }
        if !self.bit_tests_are_exact {
            return Some("its bit tests do not tell NaN, infinity and numbers apart".to_owned());
        }
        let end = self.loops_end_after.filter(|&end| end < FEWEST_ITERATIONS)?;
        Some(format!("its loops end after {end} iterations, and {FEWEST_ITERATIONS} are needed"))
    }

    /// The questions and answers, for people.
    pub fn rows(&self) -> Vec<(&'static str, String)> {
        let yes = |yes: bool| if yes { "yes" } else { "no" }.to_owned();
        let or_dash = |text: Option<String>| text.unwrap_or("-".to_owned());
        let ulps = |ulps: f64| format!("{ulps:.2}");
        let speed = |speed: Option<u64>| or_dash(speed.map(|speed| format!("{:.2}", speed as f64 / 1e9)));
        vec![
            ("loops end after", self.loops_end_after.map_or("never".to_owned(), |end| end.to_string())),
            ("integer counters are exact", yes(self.counts_are_exact)),
            ("bit tests are exact", yes(self.bit_tests_are_exact)),
            ("keeps subnormals it stores", yes(self.keeps_stored_subnormals)),
            ("keeps subnormal products", yes(self.keeps_subnormal_products)),
            ("NaN differs from itself", yes(self.nan_differs_from_itself)),
            ("infinity is kept", yes(self.infinity_is_kept)),
            ("fma is fused", yes(self.fma_is_fused)),
            ("a b + c is contracted", yes(self.products_are_contracted)),
            ("ULP of division", ulps(self.ulps.division)),
            ("ULP of sqrt", ulps(self.ulps.sqrt)),
            ("ULP of log2, built in", ulps(self.ulps.log2)),
            ("ULP of exp2, built in", ulps(self.ulps.exp2)),
            ("ULP of log2, portable", ulps(self.ulps.portable_log2)),
            ("ULP of exp2, portable", ulps(self.ulps.portable_exp2)),
            ("best size of a workgroup", or_dash(self.best_workgroup.map(|size| size.to_string()))),
            ("steps of a batch in 50 ms", or_dash(self.steps_in_50_ms.map(|steps| steps.to_string()))),
            ("GB/s to the device", speed(self.upload_bytes_per_second)),
            ("GB/s from the device", speed(self.download_bytes_per_second)),
            ("time of the probe", format!("{:.3} s", self.seconds)),
        ]
    }
}

/// What every device is asked: special numbers, then a and b log-uniform in [2^-60, 2^60], every other a in [1/2, 2],
/// where log2 passes 0, and c in [-60, 60].
pub fn samples() -> Vec<Operands> {
    let mut state = 1u32;
    let mut uniform = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        2.0 * f64::from(state) / f64::from(u32::MAX) - 1.0
    };
    let random = |index: usize| {
        let reach = if index.is_multiple_of(2) { 60.0 } else { 1.0 };
        let (a, b, c) = ((reach * uniform()).exp2(), (60.0 * uniform()).exp2(), 60.0 * uniform());
        [a as f32, b as f32, c as f32, 0.0]
    };
    SPECIALS.into_iter().chain((0..RANDOM).map(random)).collect()
}

/// The CPU's answers.
fn answer([a, b, c, _]: Operands) -> Answers {
    let truth = |holds: bool| f32::from(u8::from(holds));
    let magnitude = a.to_bits() & 0x7fff_ffff;
    [
        a,
        a * b,
        a * b + c,
        a.mul_add(b, c),
        a / b,
        a.sqrt(),
        a.log2(),
        c.exp2(),
        portable_log2(a),
        portable_exp2(c),
        truth(a.is_nan()),
        truth(a * 0.5 == a),
        truth(magnitude > 0x7f80_0000),
        truth(magnitude >= 0x7f80_0000),
    ]
}

/// Rounded, so that a number is the same when it comes back from a file.
pub(crate) fn thousandths(value: f64) -> f64 {
    (value * 1e3).round() / 1e3
}

fn ulps(answers: &[Answers]) -> Ulps {
    let samples = samples();
    let worst = |question: usize, exact: fn(f64, f64, f64) -> f64| {
        let pairs = samples.iter().zip(answers).skip(SPECIALS.len());
        let errors = pairs.map(|(sample, answers)| {
            let [a, b, c, _] = sample.map(f64::from);
            let exact = exact(a, b, c);
            let place = if exact == 0.0 { f64::from(f32::EPSILON) } else { (exact.abs().log2().floor() - 23.0).exp2() };
            (f64::from(answers[question]) - exact).abs() / place
        });
        // What is no number counts as the worst there is.
        let errors = errors.map(|error| if error < MOST_ULPS { error } else { MOST_ULPS });
        thousandths(errors.fold(0.0, f64::max))
    };
    Ulps {
        division: worst(4, |a, b, _| a / b),
        sqrt: worst(5, |a, _, _| a.sqrt()),
        log2: worst(6, |a, _, _| a.log2()),
        exp2: worst(7, |_, _, c| c.exp2()),
        portable_log2: worst(8, |a, _, _| a.log2()),
        portable_exp2: worst(9, |_, _, c| c.exp2()),
    }
}

/// The whole WGSL module of the probe.
pub fn wgsl() -> String {
    let text = [
        include_str!("../shaders/prelude.wgsl"),
        include_str!("../shaders/math.wgsl"),
        include_str!("../shaders/probe.wgsl"),
    ]
    .concat();
    #[cfg(feature = "mutants")]
    let text = crate::mutant::applied(text);
    text
}
